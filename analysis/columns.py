"""Columns that result tables have alike, and their types in Arrow."""

from __future__ import annotations

import pyarrow as pa

from catalogdb.schema import Column, Table

ARROW = {
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "BOOLEAN": pa.bool_(),
    "DOUBLE[]": pa.list_(pa.float64()),
    "INTEGER[]": pa.list_(pa.int32()),
    "VARCHAR[]": pa.list_(pa.string()),
}
"""Arrow's types of the types that result tables have."""


def arrow_schema(table: Table) -> pa.Schema:
    """Return the schema of a result table's rows."""
    return pa.schema([(column.name, ARROW[column.type]) for column in table.columns])


def number(name: str, ucd: str, unit: str, about: str, *, principal: bool = False) -> Column:
    """Return a column of numbers."""
    return Column(name=name, type="DOUBLE", ucd=ucd, unit=unit, about=about, principal=principal)


def text(name: str, ucd: str, about: str, *, nullable: bool = True, principal: bool = True) -> Column:
    """Return a column of words."""
    return Column(name=name, type="VARCHAR", ucd=ucd, about=about, nullable=nullable, principal=principal)
