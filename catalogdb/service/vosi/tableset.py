"""The table set (VOSI 1.1, VODataService 1.2): schemas, tables, columns and keys, as in TAP_SCHEMA."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from xml.etree.ElementTree import Element

from catalogdb.foreign_keys import ForeignKey, foreign_keys
from catalogdb.schema import Column, Table
from catalogdb.service.vosi.tap_plus import mark_columns
from catalogdb.service.vosi.xml import add, add_if, document, root
from catalogdb.tap_schema import is_indexed, query_name, schema_about
from catalogdb.vo_types import vo_type

RowCount = Callable[[str], int | None]
"""The number of rows of a table by its qualified name; None if it is not known."""

_PREFIXES = ("vosi", "vs", "xsi")


def tableset(
    tables: Sequence[Table], row_count: RowCount, *, detail: bool = True, tap_plus: bool = False
) -> bytes:
    """The tables by schema; without `detail` (VOSI's detail=min) the tables have no columns and keys.

    With `tap_plus` it is what astroquery's TapPlus can read.
    """
    element = root("vosi:tableset", _PREFIXES)
    fill_tableset(element, tables, row_count, detail=detail)
    if tap_plus:
        mark_columns(element)
    return document(element)


def fill_tableset(
    element: Element, tables: Sequence[Table], row_count: RowCount, *, detail: bool = True
) -> None:
    """Put the schemas with their tables into an element, such as that of a registry record."""
    keys = foreign_keys(tables) if detail else ()
    for schema, members in groupby(sorted(tables, key=_schema_order(tables)), key=lambda t: t.schema):
        child = add(element, "schema")
        add(child, "name", schema)
        add(child, "description", schema_about(schema))
        for table in members:
            _fill(add(child, "table", type="table"), table, row_count, keys, detail=detail)


def table_document(table: Table, tables: Sequence[Table], row_count: RowCount) -> bytes:
    """One table with its columns, and its keys to others of `tables`."""
    element = root("vosi:table", _PREFIXES, type="table")
    _fill(element, table, row_count, foreign_keys(tables), detail=True)
    return document(element)


def _schema_order(tables: Sequence[Table]) -> Callable[[Table], int]:
    order = {name: i for i, name in enumerate(dict.fromkeys(table.schema for table in tables))}
    return lambda table: order[table.schema]


def _fill(
    element: Element, table: Table, row_count: RowCount, keys: Iterable[ForeignKey], *, detail: bool
) -> None:
    add(element, "name", table.qualified_name)
    add_if(element, "title", table.title)
    add(element, "description", table.about)
    rows = row_count(table.qualified_name)
    if rows is not None:
        add(element, "nrows", str(rows))
    if not detail:
        return
    for column in table.columns:
        _add_column(element, table, column)
    for key in keys:
        if key.from_table == table.qualified_name:
            _add_key(element, key)


def _add_column(parent: Element, table: Table, column: Column) -> None:
    std = "true" if table.schema == "tap_schema" else "false"
    element = add(parent, "column", std=std)
    add(element, "name", query_name(column))
    add(element, "description", column.about)
    add_if(element, "unit", column.unit)
    add(element, "ucd", column.ucd)
    kind = vo_type(column.type)
    shape = {"arraysize": kind.arraysize, "extendedType": kind.xtype}
    given = {name: value for name, value in shape.items() if value is not None}
    add(element, "dataType", kind.datatype, xsi_type="vs:VOTableType", **given)
    for flag, holds in (
        ("indexed", is_indexed(table, column)),
        ("primary", is_primary(table, column)),
        ("principal", column.principal),
        ("nullable", column.nullable),
    ):
        if holds:
            add(element, "flag", flag)


def is_primary(table: Table, column: Column) -> bool:
    """Whether the column's values identify the rows of the table."""
    return table.unique and column.ucd == "meta.id;meta.main"


def _add_key(parent: Element, key: ForeignKey) -> None:
    element = add(parent, "foreignKey")
    add(element, "targetTable", key.target_table)
    pair = add(element, "fkColumn")
    add(pair, "fromColumn", key.from_column)
    add(pair, "targetColumn", key.target_column)
    add(element, "description", key.about)
