"""What the tables of a store are good for: positions, motions, magnitudes, and which belong together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalogdb.foreign_keys import ForeignKey, foreign_keys
from catalogdb.schema import Column, Table
from catalogdb.service.vosi.tableset import RowCount
from catalogdb.tap_schema import query_name

Place = tuple[float, float]
"""Right ascension and declination [deg]."""

PLEIADES: Place = (56.75, 24.12)

_NO_CATALOGUES = frozenset({"matches", "results", "tap_schema", "provenance"})


@dataclass(frozen=True, slots=True)
class Holdings:
    """The published tables, with the number of their rows and a place in each where rows are."""

    tables: Sequence[Table]
    row_count: RowCount
    place_of: Callable[[str], Place | None] = lambda name: None

    @property
    def catalogues(self) -> list[Table]:
        """Those with positions of stars; first those that say most of their motion, then the largest."""
        found = [t for t in self.tables if t.schema not in _NO_CATALOGUES and has_places(t)]
        return sorted(found, key=self._weight, reverse=True)

    def _weight(self, table: Table) -> tuple[int, int]:
        return richness(table), self.row_count(table.qualified_name) or 0

    def named(self, name: str) -> Table | None:
        """The table of that qualified name, if it is published."""
        return next((table for table in self.tables if table.qualified_name == name), None)

    def place(self, table: Table) -> Place:
        """A place where the table has rows, or a famous one if it is not known."""
        return self.place_of(table.qualified_name) or PLEIADES

    @property
    def keys(self) -> tuple[ForeignKey, ...]:
        """The foreign keys between the tables."""
        return foreign_keys(self.tables)

    def links(self) -> list[tuple[Table, ForeignKey, ForeignKey]]:
        """The tables of links with their keys to the left and to the right table."""
        keys = {key.key_id: key for key in self.keys}
        found = []
        for table in self.tables:
            left = keys.get(f"{table.qualified_name}.left_id")
            right = keys.get(f"{table.qualified_name}.right_id")
            if left and right and left.target_table != right.target_table:
                found.append((table, left, right))
        return found


def has_places(table: Table) -> bool:
    """Whether the table is ordered by its positions ra and dec."""
    return table.is_positional and table.has("ra", "dec")


def richness(table: Table) -> int:
    """How much of a star's place and motion the table gives."""
    return sum(table.has(name) for name in ("parallax", "pmra", "pmdec", "ref_epoch", "radial_velocity"))


def identifier(table: Table) -> str | None:
    """The name, as in a query, of the column that identifies the rows."""
    for name in ("source_id", "obj_id"):
        if table.has(name):
            return name
    return next((query_name(c) for c in table.columns if c.ucd == "meta.id;meta.main"), None)


def magnitude(table: Table) -> Column | None:
    """The first magnitude of the table."""
    return next(
        (c for c in table.columns if c.unit == "mag" and c.ucd.split(";")[0] == "phot.mag"),
        None,
    )


def shown_columns(table: Table, *more: str) -> str:
    """Identifier, position and `more`, as far as the table has them, for a select list."""
    first = [name for name in (identifier(table), "ra", "dec") if name]
    return ", ".join([*first, *(name for name in more if table.has(name))])
