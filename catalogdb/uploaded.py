"""Tables that come with a query: their columns have the user's own names, units and UCDs, unchecked."""

from __future__ import annotations

from dataclasses import dataclass

from catalogdb.schema import Column, Table

UPLOADS = "tap_upload"
"""The schema of these tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedColumn(Column):
    """A column under its own name, which may be any text; `sql_name` is what DuckDB calls it.

    `ucd` and `about` are empty, and `unit` is None, where the file says nothing.
    """

    sql_name: str
    xtype: str | None = None
    utype: str | None = None

    def __post_init__(self) -> None:
        """Nothing is checked: a user's UCD need not be in the vocabulary, nor the unit a VOUnit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedTable(Table):
    """An uploaded table under the name that the request gives it, in any case of letters."""

    rows: int = 0

    def __post_init__(self) -> None:
        """Its name was checked by who read the request; two columns that differ by case are two."""

    @property
    def is_positional(self) -> bool:
        """Never: a column hpx29 of a user's table is like any other."""
        return False
