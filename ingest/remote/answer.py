"""An answer as it came, a VOTable, as rows: whether it is whole, and what its columns are."""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from astropy.io.votable import parse
from astropy.utils.exceptions import AstropyWarning
from erfa import ErfaWarning
from pyvo.dal import DALFormatError, DALQueryError, DALResults

from catalogdb.errors import RemoteError
from ingest.arrow import arrow_array
from ingest.remote.patience import Transient
from ingest.remote.session import Saved

_READING = threading.Lock()
"""astropy changes within its functions which warnings are shown; that is the process's, not the thread's."""

_TYPES = {
    "boolean": pa.bool_(),
    "bit": pa.bool_(),
    "unsignedByte": pa.int16(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of an answer, whether the service cut them off, and the bytes they came in.

    The fields of `rows` carry name, unit, ucd and description as metadata, and the schema the frame and
    epoch of the positions (keys `system`, `equinox`, `epoch`) where the answer states them.
    """

    rows: pa.Table
    overflow: bool
    saved: Saved


def read_answer(saved: Saved, what: str) -> Answer:
    """Return the rows of a saved answer.

    Raises Transient where the file ends too early, RemoteError with the words of the service where it
    is an error, or no VOTable.
    """
    with _READING:
        results = _results(saved, what)
        table = results.resultstable
        rows = _arrow(table, _frame(results.votable, table))
    return Answer(rows, results.status[0].lower() == "overflow", saved)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without astropy's and pyvo's warnings: archives break the letter of the standards in harmless ways.

    Which warnings are shown is known to the process, not to a thread: this stands around all threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)
        warnings.simplefilter("ignore", ErfaWarning)  # a job that is kept for long
        yield


class _Results(DALResults):  # type: ignore[misc]
    """Results that do not warn of an overflow: who reads them looks at their status."""

    def _handle_overflow_warning(self, client_set_maxrec: int | None = None) -> None:
        """Do nothing."""


def _results(saved: Saved, what: str) -> DALResults:
    try:
        document = parse(saved.path, verify="ignore")
    except Exception as error:  # astropy raises what its parsers raise: IndexError, expat, struct...
        raise _unreadable(saved, what, error) from error
    try:
        return _Results(document, url=saved.url)
    except DALQueryError as error:
        raise RemoteError(f"{what}: the service says: {' '.join(str(error).split())}") from error
    except DALFormatError as error:
        raise RemoteError(f"{what}: its answer has no table of results ({error})") from error


def _unreadable(saved: Saved, what: str, error: Exception) -> Exception:
    """A VOTable that can not be read was cut; anything else never was one."""
    with saved.path.open("rb") as file:
        start = file.read(2000)
        file.seek(max(0, saved.bytes - 2000))
        end = file.read()
    packed = start.startswith(b"\x1f\x8b")
    if not start.strip() or ((b"<VOTABLE" in start or packed) and b"</VOTABLE>" not in end):
        return Transient(f"the answer ends after {saved.bytes:,} bytes, before its end")
    if b"<VOTABLE" in start:
        return RemoteError(f"{what}: its VOTable can not be read ({error})")
    shown = " ".join(start.decode("utf-8", "replace").split())[:300]
    return RemoteError(f"{what}: it answers with no VOTable but: {shown}")


def _arrow(table: Any, frame: dict[str, str]) -> pa.Table:
    """The rows with the types that the FIELDs state, so that every chunk has the same."""
    names = _distinct([field.name for field in table.fields])
    fields, arrays = [], []
    for name, field, key in zip(names, table.fields, table.array.dtype.names, strict=True):
        kind = _type(field)
        fields.append(pa.field(name, kind, metadata=_notes(field)))
        arrays.append(arrow_array(_plain(table.array[key], kind), kind))
    return pa.table(arrays, schema=pa.schema(fields, metadata=frame))


def _plain(values: Any, kind: pa.DataType) -> Any:
    if pa.types.is_list(kind) and values.ndim > 2:
        return values.reshape(len(values), -1)
    if pa.types.is_boolean(kind) and values.ndim > 1:
        return values.reshape(len(values), -1)[:, 0]
    if values.dtype.kind == "O" and len(values) == 0:
        return np.ma.array([], dtype=object)
    return values


def _type(field: Any) -> pa.DataType:
    if field.datatype in {"char", "unicodeChar"} or field.datatype not in _TYPES:
        return pa.string()
    kind = _TYPES[field.datatype]
    return kind if str(field.arraysize or "1") == "1" else pa.list_(kind)


def _notes(field: Any) -> dict[str, str]:
    notes = {"name": field.name, "unit": field.unit, "ucd": field.ucd, "description": field.description}
    return {key: " ".join(str(value).split()) for key, value in notes.items() if value is not None}


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


def _frame(document: Any, table: Any) -> dict[str, str]:
    """System, equinox and epoch of the COOSYS that the right ascension refers to."""
    named = {each.ID: each for each in document.iter_coosys() if each.ID}
    for field in table.fields:
        if (field.ucd or "").lower().startswith(("pos.eq.ra", "pos_eq_ra")) and field.ref in named:
            found = named[field.ref]
            stated = {"system": found.system, "equinox": found.equinox, "epoch": found.epoch}
            return {key: str(value) for key, value in stated.items() if value}
    return {}
