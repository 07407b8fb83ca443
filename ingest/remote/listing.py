"""What a TAP service has, by its TAP_SCHEMA: the columns of a table, or the names nearest to one."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from catalogdb.errors import DataError, did_you_mean
from ingest.remote import adql
from ingest.remote.answer import quiet
from ingest.remote.chunk import Question
from ingest.remote.tap import Tap

_TEXT = re.compile(r"char|text|string|clob", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RemoteColumn:
    """A column of a remote table, as TAP_SCHEMA describes it."""

    name: str
    is_text: bool
    ucd: str
    unit: str


def columns_of(tap: Tap, table: str) -> list[RemoteColumn]:
    """Return the columns of a table; DataError with the nearest names where the service has no such table."""
    plain = adql.plain(table)
    names = ", ".join(adql.text(each) for each in dict.fromkeys((plain, adql.quoted(plain), table)))
    rows = _ask(tap, f"SELECT * FROM TAP_SCHEMA.columns WHERE table_name IN ({names})")
    if rows.num_rows == 0:
        known = _ask(tap, "SELECT table_name FROM TAP_SCHEMA.tables")
        listed = [adql.plain(str(name)) for name in known.column(0).to_pylist()]
        raise DataError(f"{tap.what} has no table {plain}{did_you_mean(plain, _alike(plain, listed))}")
    return [_column(row) for row in rows.to_pylist()]


def _alike(name: str, known: Sequence[str]) -> Iterable[str]:
    """Of very many names those worth to be compared: with a part of the name in them."""
    if len(known) <= 2000:
        return known
    parts = [part for part in re.split(r"[^a-z0-9]+", name.lower()) if len(part) > 2]
    return [each for each in known if any(part in each.lower() for part in parts)][:2000]


def _column(row: dict[str, object]) -> RemoteColumn:
    given = {key.lower(): item for key, item in row.items()}
    return RemoteColumn(
        name=adql.plain(str(given["column_name"])),
        is_text=bool(_TEXT.search(str(given.get("datatype") or ""))),
        ucd=str(given.get("ucd") or "").lower(),
        unit=str(given.get("unit") or ""),
    )


def _ask(tap: Tap, query: str) -> pa.Table:
    """The rows of a small query, its answer in a file that is gone afterwards."""
    question = Question(query, adql=query, all_rows=True, listing=True)
    with tempfile.TemporaryDirectory(prefix="catalogdb.") as folder, quiet():
        path = Path(folder) / "listing"
        return tap.patience.attempt(tap.what, lambda: tap.ask(question, path)).table()


def find_column(columns: Sequence[RemoteColumn], names: Sequence[str], table: str) -> RemoteColumn:
    """Return the column that has the first of the names that there is; DataError with the nearest to it.

    Case matters only where two columns differ by it alone.
    """
    for name in names:
        exact = [column for column in columns if column.name == name]
        alike = exact or [column for column in columns if column.name.lower() == name.lower()]
        if len(alike) == 1:
            return alike[0]
    known = [column.name for column in columns]
    raise DataError(f"{table} has no column {names[0]}{did_you_mean(names[0], known)}")


def position_of(columns: Sequence[RemoteColumn]) -> tuple[str, str] | None:
    """Return the names of the main position in degrees: by UCD, else by the names that are usual; or None."""
    for main in (";meta.main", ""):
        found = [
            next((c.name for c in columns if c.ucd == f"pos.eq.{axis}{main}" and not c.is_text), None)
            for axis in ("ra", "dec")
        ]
        if found[0] is not None and found[1] is not None:
            return found[0], found[1]
    lowered = {column.name.lower(): column.name for column in columns}
    for ra, dec in (("ra", "dec"), ("raj2000", "dej2000"), ("ra_icrs", "de_icrs"), ("raj2000", "decj2000")):
        if ra in lowered and dec in lowered:
            return lowered[ra], lowered[dec]
    return None


def identifier_of(columns: Sequence[RemoteColumn]) -> str | None:
    """Return the name of the column that identifies a row, by its UCD; None if none is marked."""
    return next((column.name for column in columns if column.ucd == "meta.id;meta.main"), None)
