"""Which columns of the store's tables refer to columns of others: for TAP_SCHEMA and the VO's table set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalogdb.schema import Table


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A column of one table whose values are those of a column of another; tables by qualified name."""

    from_table: str
    from_column: str
    target_table: str
    target_column: str

    @property
    def key_id(self) -> str:
        """Its identifier: a column refers to one column only."""
        return f"{self.from_table}.{self.from_column}"

    @property
    def about(self) -> str:
        """What it says, in words."""
        return f"{self.from_column} is {self.target_column} of {self.target_table}"


_SYSTEM = (
    ForeignKey("tap_schema.tables", "schema_name", "tap_schema.schemas", "schema_name"),
    ForeignKey("tap_schema.columns", "table_name", "tap_schema.tables", "table_name"),
    ForeignKey("tap_schema.keys", "from_table", "tap_schema.tables", "table_name"),
    ForeignKey("tap_schema.keys", "target_table", "tap_schema.tables", "table_name"),
    ForeignKey("tap_schema.key_columns", "key_id", "tap_schema.keys", "key_id"),
    ForeignKey("provenance.ingests", "snapshot", "provenance.snapshots", "snapshot"),
    ForeignKey("provenance.runs", "snapshot", "provenance.snapshots", "snapshot"),
    ForeignKey("provenance.edits", "snapshot", "provenance.snapshots", "snapshot"),
)
"""The first five are those of TAP 1.1, section 4."""


def foreign_keys(tables: Sequence[Table]) -> tuple[ForeignKey, ...]:
    """The keys between these tables, in order; none leads to a table or column that is not among them."""
    columns = {table.qualified_name: {column.name for column in table.columns} for table in tables}
    return tuple(
        key
        for key in _candidates(tables)
        if key.from_column in columns.get(key.from_table, ())
        and key.target_column in columns.get(key.target_table, ())
    )


def _candidates(tables: Iterable[Table]) -> Iterator[ForeignKey]:
    yield from _SYSTEM
    for table in tables:
        name = table.qualified_name
        if table.schema != "provenance" and table.has("run_id"):
            yield ForeignKey(name, "run_id", "provenance.runs", "run_id")
        match = table.extra.get("match", {})
        for side in ("left", "right"):
            # Links made before this was recorded do not say which column their identifiers are from.
            if f"{side}_id" in match:
                yield ForeignKey(name, f"{side}_id", match[side], match[f"{side}_id"])
