"""An answer as it came, a VOTable, as rows in a file: whether it is whole, and what its columns are."""

from __future__ import annotations

import contextlib
import gzip
import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import astropy.units as u
import pyarrow as pa
from astropy.utils.exceptions import AstropyWarning
from erfa import ErfaWarning

from catalogdb.errors import DataError, RemoteError
from catalogdb.faults import writing
from ingest.readers.stream import open_bytes
from ingest.readers.votable import table_rows
from ingest.readers.votable_document import Document, NoTable, QueryFailed, VoField
from ingest.remote.patience import Transient
from ingest.remote.session import Saved

_GROUP_ROWS, _GROUP_BYTES = 1 << 17, 32 << 20
"""Most rows, and about the most bytes, that are in memory at a time."""

_VOTABLE = re.compile(rb"<(\w+:)?VOTABLE")
_END = re.compile(rb"</(\w+:)?VOTABLE\s*>")


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of an answer in a file, how many they are, whether the service cut them off, and as they came.

    The fields of `schema` carry name, unit, ucd and description as metadata, and the schema the frame and
    epoch of the positions (keys `system`, `equinox`, `epoch`) where the answer states them.
    """

    schema: pa.Schema
    rows: int
    overflow: bool
    saved: Saved

    def tables(self) -> Iterator[pa.Table]:
        """The rows in tables of some size, in their order; one without rows if there are none."""
        kept: list[pa.RecordBatch] = []
        rows = size = 0
        with pa.OSFile(str(rows_file(self.saved.path))) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                kept.append(batch)
                rows, size = rows + batch.num_rows, size + batch.nbytes
                if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
                    yield pa.Table.from_batches(kept, self.schema)
                    kept, rows, size = [], 0, 0
        if kept or not self.rows:
            yield pa.Table.from_batches(kept, self.schema)

    def table(self) -> pa.Table:
        """All rows, of an answer that is known to be small."""
        return pa.concat_tables(self.tables())

    def remove(self) -> None:
        """Remove its files."""
        rows_file(self.saved.path).unlink(missing_ok=True)
        self.saved.path.unlink(missing_ok=True)


def rows_file(saved: Path) -> Path:
    """Where the rows of a saved answer are while it is in work."""
    return saved.with_suffix(".rows")


def read_answer(saved: Saved, what: str) -> Answer:
    """Return the rows of a saved answer, put into a file beside it, in memory that does not grow with them.

    Raises Transient where the file ends too early, RemoteError with the words of the service where it
    is an error, or no VOTable.
    """
    try:
        return _read(saved)
    except QueryFailed as error:
        raise RemoteError(f"{what}: the service says: {error.words}") from error
    except NoTable as error:
        raise RemoteError(f"{what}: its answer has no table of results") from error
    except _Unreadable as error:
        raise _meaning(saved, what, error) from error.__cause__


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without astropy's and pyvo's warnings: archives break the letter of the standards in harmless ways.

    Which warnings are shown is known to the process, not to a thread: this stands around all threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        warnings.simplefilter("ignore", ErfaWarning)  # a job that is kept for long
        yield


class _Unreadable(Exception):
    """A document that can not be read as a VOTable, or not to its end."""


def _read(saved: Saved) -> Answer:
    with _checked(), Document(saved.path, None) as document:
        schema, batches = table_rows(document)
        if not document.table.fields:
            raise NoTable(f"{saved.path}: its table has no columns")
        plain = _plain(document, schema)
        rows = _write(rows_file(saved.path), plain, batches)
        return Answer(plain, rows, document.is_cut_off, saved)


@contextlib.contextmanager
def _checked() -> Iterator[None]:
    try:
        yield
    except (QueryFailed, NoTable, _Unreadable):
        raise
    except (DataError, ValueError, KeyError, IndexError, pa.ArrowException) as error:
        raise _Unreadable(" ".join(str(error).split())) from error


def _write(path: Path, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> int:
    """Write the rows, and return how many they are; a wrong one is an error, since nothing sets it aside."""
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    rows = 0
    with (
        writing(path),
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_stream(file, schema, options=options) as out,
    ):
        for batch in batches:
            *columns, broken = batch.columns
            if broken.null_count < len(broken):
                row, reason = next((n, text) for n, text in enumerate(broken.to_pylist(), 1) if text)
                raise _Unreadable(f"row {rows + row}: {reason}")
            out.write_batch(pa.record_batch(columns, schema=schema))
            rows += batch.num_rows
    return rows


def _meaning(saved: Saved, what: str, error: Exception) -> Exception:
    """A VOTable that can not be read was cut; anything else never was one."""
    try:
        start, end = _ends(saved.path)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return Transient(f"the answer can not be decompressed to its end ({saved.bytes:,} bytes)")
    votable = _VOTABLE.search(start)
    if not start.strip() or (votable and not _END.search(end)):
        return Transient(f"the answer ends after {saved.bytes:,} bytes, before its end")
    if votable:
        return RemoteError(f"{what}: its VOTable can not be read ({error})")
    shown = " ".join(start.decode("utf-8", "replace").split())[:300]
    return RemoteError(f"{what}: it answers with no VOTable but: {shown}")


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last of its bytes, decompressed."""
    with open_bytes(path) as stream:
        start = end = stream.read(2000)
        while chunk := stream.read(1 << 20):
            end = (end + chunk)[-2000:]
    return start, end


def _plain(document: Document, schema: pa.Schema) -> pa.Schema:
    """The schema of the rows alone, with what the document says of each column, and of the positions."""
    fields = document.table.fields
    names = _distinct([field.name for field in fields])
    columns = [
        pa.field(name, schema.field(number).type, metadata=_notes(field, document.version))
        for number, (name, field) in enumerate(zip(names, fields, strict=True))
    ]
    return pa.schema(columns, metadata=_frame(document))


def _notes(field: VoField, version: str) -> dict[str, str]:
    notes = {"name": field.name, "unit": _unit(field.unit, version), "ucd": field.ucd}
    notes["description"] = field.about or None
    return {key: " ".join(str(value).split()) for key, value in notes.items() if value is not None}


def _unit(text: str | None, version: str) -> str | None:
    """The unit in astropy's words: by CDS's rules up to version 1.3 of the standard, then VOUnit's."""
    if text is None:
        return None
    rules = "cds" if version < "1.4" else "vounit"
    return str(u.Unit(text, format=rules, parse_strict="silent"))


def _distinct(names: list[str]) -> list[str]:
    """The names, made different where two are the same but for case, which DuckDB does not tell apart."""
    taken: set[str] = set()
    found = []
    for name in names:
        unique, number = name, 2
        while unique.lower() in taken:
            unique, number = f"{name}_{number}", number + 1
        taken.add(unique.lower())
        found.append(unique)
    return found


def _frame(document: Document) -> dict[str, str]:
    """System, equinox and epoch of the COOSYS that the right ascension refers to."""
    for field in document.table.fields:
        if (field.ucd or "").lower().startswith(("pos.eq.ra", "pos_eq_ra")) and field.ref in document.frames:
            stated = document.frames[field.ref]
            return {key: stated[key] for key in ("system", "equinox", "epoch") if stated.get(key)}
    return {}
