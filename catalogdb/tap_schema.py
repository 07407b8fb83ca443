"""TAP_SCHEMA: the five tables of TAP 1.1 section 4, described like any table, themselves included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalogdb.schema import Column, Table

Row = dict[str, Any]

_DATATYPES = {
    "BOOLEAN": "boolean",
    "SMALLINT": "short",
    "INTEGER": "int",
    "BIGINT": "long",
    "REAL": "float",
    "DOUBLE": "double",
    "VARCHAR": "char",
    "TIMESTAMP": "char",
}
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

_FOREIGN_KEYS = (
    ("k1", TABLES, SCHEMAS, "schema_name", "schema_name"),
    ("k2", COLUMNS, TABLES, "table_name", "table_name"),
    ("k3", KEYS, TABLES, "from_table", "table_name"),
    ("k4", KEYS, TABLES, "target_table", "table_name"),
    ("k5", KEY_COLUMNS, KEYS, "key_id", "key_id"),
)


def tap_schema_rows(tables: Sequence[Table]) -> list[tuple[Table, list[Row]]]:
    """The rows of the five tables for the `tables` of a store; TAP_SCHEMA itself is among them."""
    return [
        (SCHEMAS, _schema_rows(tables)),
        (TABLES, [_table_row(table, i) for i, table in enumerate(tables)]),
        (COLUMNS, [_column_row(t, c, i) for t in tables for i, c in enumerate(t.columns)]),
        (KEYS, [_key_row(*key) for key in _FOREIGN_KEYS]),
        (
            KEY_COLUMNS,
            [{"key_id": k, "from_column": f, "target_column": t} for k, _, _, f, t in _FOREIGN_KEYS],
        ),
    ]


def _schema_rows(tables: Sequence[Table]) -> list[Row]:
    names = list(dict.fromkeys(table.schema for table in tables))
    return [
        {"schema_name": name, "description": _SCHEMAS_ABOUT.get(name), "schema_index": i}
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
    element = column.type.removesuffix("[]")
    varies = column.type != element or _DATATYPES[element] == "char"
    return {
        "table_name": table.qualified_name,
        "column_name": f'"{column.name}"' if column.delimited else column.name,
        "datatype": _DATATYPES[element],
        "arraysize": "*" if varies else None,
        "xtype": "timestamp" if column.type == "TIMESTAMP" else None,
        "description": column.about,
        "unit": column.unit,
        "ucd": column.ucd,
        "indexed": int(column.name in _INDEXED and table.is_positional),
        "principal": int(column.principal),
        "std": int(table.schema == "tap_schema"),
        "column_index": index,
    }


def _key_row(key: str, source: Table, target: Table, from_column: str, target_column: str) -> Row:
    return {
        "key_id": key,
        "from_table": source.qualified_name,
        "target_table": target.qualified_name,
        "description": f"{from_column} is {target_column} of {target.qualified_name}",
    }
