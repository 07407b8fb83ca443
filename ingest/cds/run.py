"""A table of the CDS, or of the AAS, into the store, by a spec derived from its ReadMe and shown first."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalogdb.errors import BadRecord, SpecError
from catalogdb.store import Store
from ingest.cds.cells import blank_rows
from ingest.cds.derive import Derived, Wishes, derive
from ingest.cds.readme import Readme, read_readme
from ingest.cds.tables import Choice, choose_table
from ingest.engine import IngestReport, Mode, Show, ingest, split_name
from ingest.load import read_spec
from ingest.meter import Progress
from ingest.readers.stream import magic
from ingest.spec import Form, Spec
from ingest.spec_text import spec_text

log = logging.getLogger(__name__)

LOOKED_AT_BYTES = 1 << 20
"""Bytes of a file in which letters outside ASCII tell its encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CdsSpec:
    """The spec derived from a ReadMe, as TOML and read back from it, and the files that it is for.

    `remarks` say what was assumed where the ReadMe is silent; they stand at the head of `text` too.
    """

    readme: Readme
    paths: tuple[Path, ...]
    spec: Spec
    text: str
    remarks: tuple[str, ...]
    derived: Derived


def cds_spec(
    readme: str | Path,
    files: str | Path | Sequence[str | Path] = (),
    name: str | None = None,
    *,
    form: str | None = None,
    id: str | None = None,  # noqa: A002  (the command's --id)
    ra: str | None = None,
    dec: str | None = None,
    epoch: str | float | None = None,
    spec_out: str | Path | None = None,
) -> CdsSpec:
    """Return the spec that the ReadMe gives for these files; without files, for the data below it.

    `form` names the described table where the files' names do not tell; `id`, `ra`, `dec` are labels, and
    `epoch` one or a year, that override what is found; `spec_out` is a new .toml file for the spec.
    Raises SpecError, with the line of the ReadMe, or DataError.
    """
    path = Path(readme)
    listed = [files] if isinstance(files, str | Path) else list(files)
    read = read_readme(path)
    choice = choose_table(read, [Path(file) for file in listed], form)
    plain = split_name(name, _default_name(choice.paths[0]))[1]
    shell = Form(
        name="cds",
        about=f"{' '.join(choice.table.names)}, by {path.name}, line {choice.table.line}",
        reader="fixed_width",
        fields=(),
        comment=_comment(choice),
        skip=(read.data_line or 1) - 1 if choice.within else 0,
        encoding=_encoding(choice.paths),
    )
    derived = derive(read, choice, shell, plain, Wishes(id=id, ra=ra, dec=dec, epoch=epoch))
    head = [
        f"Derived from {path.name}{f' of CDS {read.designation}' if read.designation else ''}.",
        *derived.remarks,
    ]
    text = spec_text(derived.spec, head)
    if spec_out is not None:
        _save(text, Path(spec_out))
    return CdsSpec(
        readme=read,
        paths=choice.paths,
        spec=read_spec(text, f"spec derived from {path}"),
        text=text,
        remarks=derived.remarks,
        derived=derived,
    )


def ingest_cds(
    store: Store,
    readme: str | Path,
    files: str | Path | Sequence[str | Path] = (),
    name: str | None = None,
    *,
    form: str | None = None,
    id: str | None = None,  # noqa: A002  (the command's --id)
    ra: str | None = None,
    dec: str | None = None,
    epoch: str | float | None = None,
    spec_out: str | Path | None = None,
    mode: Mode = "create",
    rejects: str | Path | None = None,
    restart: bool = False,
    skip_known: bool = False,
    progress: Progress | None = None,
    show: Show | None = None,
    show_spec: Show | None = None,
) -> IngestReport:
    """Ingest files by the spec of `cds_spec`, as `ingest` does; `show_spec` gets its text first.

    Raises as `cds_spec`, and BadRecord, with the line of the ReadMe, where the data contradict it.
    """
    found = cds_spec(readme, files, name, form=form, id=id, ra=ra, dec=dec, epoch=epoch, spec_out=spec_out)
    if show_spec is not None:
        show_spec(found.text)
    try:
        report = ingest(
            store,
            found.spec,
            found.paths,
            name=name or found.spec.name,
            mode=mode,
            rejects=rejects,
            restart=restart,
            skip_known=skip_known,
            progress=progress,
            show=show,
        )
    except BadRecord as error:
        raise _contradiction(found, error) from error
    if found.spec.rows not in {None, report.rows_read} and not report.known:
        log.warning(
            "%s says %d records, %d were read: is the file %s?",
            found.readme.path,
            found.spec.rows,
            report.rows_read,
            "complete" if report.rows_read < (found.spec.rows or 0) else "of the same edition",
        )
    return report


def _save(text: str, path: Path) -> None:
    """Write a new .toml file; one that is there may have been edited."""
    if path.suffix != ".toml":
        raise SpecError(f"{path}: the file of a spec ends with .toml")
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise SpecError(f"{path} exists already: name another file, or remove it") from error
    except OSError as error:
        raise SpecError(f"{path} can not be written: {error.strerror or error}") from error


def _contradiction(found: CdsSpec, error: BadRecord) -> BadRecord:
    """The error, with what the ReadMe says of the column and what to do if that is wrong."""
    wanted = error.column or ""
    sources = found.derived.sources
    column = sources.get(wanted) or next((c for c in sources.values() if c.label == wanted), None)
    edit = "save the spec with --spec-out, edit it and ingest by it"
    if column is not None:
        line = found.readme.lines[column.line].strip()
        told = f'the ReadMe says in line {column.line}: "{line}"; if it is wrong'
        if error.reason == "is missing":
            blanks = _blanks(found).items()
            listed = ", ".join(f"{label} ({n} row{'s' if n > 1 else ''})" for label, n in blanks)
            told += f" (no ?, and blanks stand in {listed})"
            edit += ": take out nullable = false there"
    elif "where the record ends" in error.reason:
        told = "if it is sound"
        edit += ": write longest = 0 there"
    elif found.spec.forms[0].width is not None:
        told = "if it is sound"
        edit += f": take out width = {found.spec.forms[0].width} there"
    else:
        return error
    return BadRecord(
        error.file,
        error.line,
        f"{error.reason}; {told}, {edit}",
        column=error.column,
        value=error.value,
        raw=error.raw,
    )


def _blanks(found: CdsSpec) -> dict[str, int]:
    """Rows in which nothing stands though the ReadMe allows no blank, by label."""
    columns = [c for c in found.derived.table.columns if c.is_number and c.named and not c.checks.blank]
    counts = blank_rows(columns, found.paths, found.spec.forms[0])
    return {column.label: count for column, count in zip(columns, counts, strict=True) if count}


def _default_name(path: Path) -> str:
    """A table's name after its file, where none is given."""
    plain = "".join(c if c.isalnum() and c.isascii() else "_" for c in path.name.partition(".")[0].lower())
    return plain if plain[:1].isalpha() else f"_{plain}"


def _comment(choice: Choice) -> str:
    """The mark of lines above the data where a number must stand first in a line; the standard has none."""
    first = min(choice.table.columns, key=lambda column: column.first)
    files = [path for path in choice.paths if path.is_file() and not choice.within]
    marked = first.is_number and first.first == 1 and any(magic(path, 1) == b"#" for path in files)
    return "#" if marked else ""


def _encoding(paths: Sequence[Path]) -> str:
    """UTF-8, which ASCII is, or Latin-1, in which old files have names."""
    for path in paths:
        if path.is_file():
            start = magic(path, LOOKED_AT_BYTES)
            try:
                start.decode("utf-8")
            except UnicodeDecodeError as error:
                if error.start < len(start) - 4:
                    return "latin-1"
    return "utf-8"
