"""TAP_SCHEMA: the five tables of TAP 1.1 section 4, described like any table, themselves included."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from catalogdb.ddl import quoted
from catalogdb.foreign_keys import ForeignKey, foreign_keys
from catalogdb.reserved import ADQL_RESERVED
from catalogdb.schema import Column, Table
from catalogdb.vo_types import vo_type

Row = dict[str, Any]

_REGULAR = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_INDEXED = frozenset({"ra", "dec", "hpx29"})
_SCHEMAS_ABOUT = {
    "catalogs": "Star catalogues, brought to ICRS and to common names and units",
    "matches": "Links between catalogues, from cross-matches",
    "results": "Results of analyses, each row with the run it comes from",
    "tap_schema": "The tables and columns of this service, as TAP 1.1 defines them",
    "provenance": "Where the rows come from: ingested files, runs of analyses, parts and snapshots",
}


def _text(name: str, about: str, ucd: str = "meta.note", *, nullable: bool = True) -> Column:
    return Column(name=name, type="VARCHAR", ucd=ucd, about=about, nullable=nullable, principal=True)


def _integer(name: str, about: str, *, nullable: bool = False, delimited: bool = False) -> Column:
    return Column(
        name=name,
        type="INTEGER",
        ucd="meta.number",
        unit="",
        about=about,
        nullable=nullable,
        delimited=delimited,
        principal=True,
    )


def _table(name: str, about: str, *columns: Column) -> Table:
    return Table(schema="tap_schema", name=name, about=about, columns=columns, unique=False)


_ABOUT = _text("description", "Description")
_UTYPE = _text("utype", "Data model role")

SCHEMAS = _table(
    "schemas",
    "The schemas that can be queried",
    _text("schema_name", "Schema name", "meta.id;meta.main", nullable=False),
    _UTYPE,
    _ABOUT,
    _integer("schema_index", "Order in which to list the schemas", nullable=True),
)
TABLES = _table(
    "tables",
    "The tables that can be queried",
    _text("schema_name", "Schema of the table", "meta.id", nullable=False),
    _text("table_name", "Qualified name, as it stands in a query", "meta.id;meta.main", nullable=False),
    _text("table_type", "table or view", "meta.code.class", nullable=False),
    _UTYPE,
    _ABOUT,
    _integer("table_index", "Order in which to list the tables", nullable=True),
)
COLUMNS = _table(
    "columns",
    "The columns of the tables",
    _text("table_name", "Table of the column", "meta.id", nullable=False),
    _text("column_name", "Name, as it stands in a query", "meta.id;meta.main", nullable=False),
    _text("datatype", "Type, as in VOTable", "meta.code.class", nullable=False),
    _text("arraysize", "Shape of an array or text, as in VOTable", "meta.code"),
    _text("xtype", "Extended type, as in DALI", "meta.code"),
    _integer("size", "Length of an array of fixed length", nullable=True, delimited=True),
    _ABOUT,
    _UTYPE,
    _text("unit", "Unit, as in VOUnit", "meta.unit"),
    _text("ucd", "Unified content descriptor", "meta.ucd"),
    _integer("indexed", "1 where a condition on the column is fast"),
    _integer("principal", "1 for a column to show first"),
    _integer("std", "1 for a column that a standard defines"),
    _integer("column_index", "Order in which to list the columns", nullable=True),
)
KEYS = _table(
    "keys",
    "Foreign keys between the tables",
    _text("key_id", "Identifier of the key", "meta.id;meta.main", nullable=False),
    _text("from_table", "Table that refers", "meta.id", nullable=False),
    _text("target_table", "Table referred to", "meta.id", nullable=False),
    _ABOUT,
    _UTYPE,
)
KEY_COLUMNS = _table(
    "key_columns",
    "The columns of the foreign keys",
    _text("key_id", "Identifier of the key", "meta.id;meta.main", nullable=False),
    _text("from_column", "Column of the table that refers", "meta.id", nullable=False),
    _text("target_column", "Column of the table referred to", "meta.id", nullable=False),
)

TAP_SCHEMA = (SCHEMAS, TABLES, COLUMNS, KEYS, KEY_COLUMNS)


def tap_schema_rows(tables: Sequence[Table]) -> list[tuple[Table, list[Row]]]:
    """The rows of the five tables for the `tables` of a store; TAP_SCHEMA itself is among them."""
    keys = foreign_keys(tables)
    return [
        (SCHEMAS, _schema_rows(tables)),
        (TABLES, [_table_row(table, i) for i, table in enumerate(tables)]),
        (COLUMNS, [_column_row(t, c, i) for t in tables for i, c in enumerate(t.columns)]),
        (KEYS, [_key_row(key) for key in keys]),
        (KEY_COLUMNS, [_key_column_row(key) for key in keys]),
    ]


def schema_about(name: str) -> str:
    """What a schema is for, in one sentence."""
    if name in _SCHEMAS_ABOUT:
        return _SCHEMAS_ABOUT[name]
    user = name.removeprefix("user_")
    return f"Tables of the user {user}" if user != name else f"Tables of {name}"


def query_name(column: Column) -> str:
    """The name of the column as it stands in a query: in double quotes where a query needs them."""
    regular = _REGULAR.fullmatch(column.name) and column.name not in ADQL_RESERVED
    return column.name if regular else quoted(column.name)


def is_indexed(table: Table, column: Column) -> bool:
    """Whether a condition on the column is fast: those of the position by which the rows are ordered."""
    return column.name in table.indexed or column.name in _INDEXED and table.is_positional


def _schema_rows(tables: Sequence[Table]) -> list[Row]:
    names = list(dict.fromkeys(table.schema for table in tables))
    return [
        {"schema_name": name, "description": schema_about(name), "schema_index": i}
        for i, name in enumerate(names)
    ]


def _table_row(table: Table, index: int) -> Row:
    return {
        "schema_name": table.schema,
        "table_name": table.qualified_name,
        "table_type": "table",
        "description": table.about,
        "table_index": index,
    }


def _column_row(table: Table, column: Column, index: int) -> Row:
    kind = vo_type(column.type)
    return {
        "table_name": table.qualified_name,
        "column_name": query_name(column),
        "datatype": kind.datatype,
        "arraysize": kind.arraysize,
        "xtype": kind.xtype,
        "description": column.about,
        "unit": column.unit,
        "ucd": column.ucd,
        "indexed": int(is_indexed(table, column)),
        "principal": int(column.principal),
        "std": int(table.schema == "tap_schema"),
        "column_index": index,
    }


def _key_row(key: ForeignKey) -> Row:
    return {
        "key_id": key.key_id,
        "from_table": key.from_table,
        "target_table": key.target_table,
        "description": key.about,
    }


def _key_column_row(key: ForeignKey) -> Row:
    return {"key_id": key.key_id, "from_column": key.from_column, "target_column": key.target_column}
