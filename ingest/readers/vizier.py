"""Text as VizieR writes it: what each column is in comments, then names, units, dashes and records."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from catalogdb.errors import DataError
from ingest.readers.base import Counter, FileColumn, Source, stored_fields, uncounted
from ingest.readers.delimited import Delimited
from ingest.readers.stream import open_text
from ingest.spec import Form

MARK = "VizieR"
"""A word that stands in one of the first lines of what VizieR writes."""

_COLUMN = re.compile(r"#Column\t(?P<name>[^\t]*)\t\((?P<format>[^)]*)\)\t(?P<about>.*)")
_UCD = re.compile(r"\t\[ucd=([^\]]*)\]\s*$")
_LONGEST_HEAD = 10_000


class Vizier(Delimited):
    """Reads and writes one table as VizieR's text (`-out.form` of tabs, bars or semicolons)."""

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, types, units, UCDs and descriptions, as the file's head states them."""
        return list(_head(path, form).columns)

    def open(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        """Columns by DuckDB's own reader, all as text."""
        return super().open(con, path, _adapted(path, form), tag, count)

    def open_located(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter = uncounted
    ) -> Source:
        """Numbered records, split in SQL."""
        return super().open_located(con, path, _adapted(path, form), tag, count)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows below names, units and dashes; without the descriptions, which the spec has."""
        plain = replace(form, delimiter=form.delimiter if form.delimiter != "," else "\t", header=False)
        super().write(con, rows, plain, path)
        fields = stored_fields(form)
        lines = [
            f"#   {MARK} Astronomical Server",
            "",
            plain.delimiter.join(f.source or f.name for f in fields),
            plain.delimiter.join(f.unit or " " for f in fields),
            plain.delimiter.join("-" * (f.width or 9) for f in fields),
        ]
        records = path.read_bytes()
        path.write_bytes("\n".join([*lines, ""]).encode(form.encoding) + records)


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the records: the columns, the delimiter, and how many lines it takes."""

    columns: tuple[FileColumn, ...]
    delimiter: str
    lines: int


def _head(path: Path, form: Form) -> _Head:
    with open_text(path, form.encoding) as stream:
        lines = [line.rstrip("\r\n") for line in islice(stream, _LONGEST_HEAD)]
    dashes = next((i for i, line in enumerate(lines) if _is_rule(line)), None)
    if dashes is None or dashes < 2 or lines[dashes - 2].startswith("#"):
        raise DataError(f"{path}: it is not text of VizieR, with names, units and dashes above the records")
    rest = set(lines[dashes]) - {"-"}
    delimiter = rest.pop() if rest else "\t"
    names, units = (lines[dashes - i].split(delimiter) for i in (2, 1))
    if len(names) != len(units):
        raise DataError(f"{path}, line {dashes}: {len(units)} units for {len(names)} columns; fetch it again")
    said = {m["name"].strip(): m for m in map(_COLUMN.match, lines[:dashes]) if m}
    columns = tuple(
        _column(name.strip(), unit.strip(), said.get(name.strip()))
        for name, unit in zip(names, units, strict=True)
    )
    return _Head(columns, delimiter, dashes + 1)


def _is_rule(line: str) -> bool:
    """Whether the line is one of dashes and one delimiter between them."""
    return bool(re.fullmatch(r"-+(([^-\w])-+(\2-+)*)?", line))


def _column(name: str, unit: str, said: re.Match[str] | None) -> FileColumn:
    if said is None:
        return FileColumn(name, "VARCHAR", unit or None)
    ucd = _UCD.search(said["about"])
    about = _UCD.sub("", said["about"]).strip()
    kind = {"I": "BIGINT", "F": "DOUBLE", "E": "DOUBLE"}.get(said["format"][:1], "VARCHAR")
    return FileColumn(name, kind, unit or None, ucd[1] if ucd else None, about)


def _adapted(path: Path, form: Form) -> Form:
    """The form with the file's own delimiter, and its head left out."""
    head = _head(path, form)
    return replace(form, delimiter=head.delimiter, header=True, quote="", comment="", skip=head.lines - 1)
