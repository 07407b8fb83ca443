"""SQL text that follows from a Table: names and literals quoted, CREATE TABLE, views, the insert."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from catalogdb.schema import FLOATS, Column, Table


def quoted(name: str) -> str:
    """The identifier in double quotes, inner ones doubled."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as an SQL string literal, for statements such as ATTACH that take no parameters."""
    return "'" + text.replace("'", "''") + "'"


def qualified(*names: str) -> str:
    """The identifiers quoted and joined by dots."""
    return ".".join(quoted(name) for name in names)


Constants: TypeAlias = Mapping[str, float | None]
"""Columns that have one value in all rows, by name."""


def create_table(
    target: str, table: Table, constants: Constants | None = None, *, temporary: bool = False
) -> str:
    """CREATE TABLE for the columns of `table`; `target` is a quoted name. Never a PRIMARY KEY.

    The `constants` become generated columns: read like any other, and nothing is stored for them.

    An index on a big table costs more than everything else of an ingest; uniqueness is the
    ingest's to check.
    """
    lines = ",\n  ".join(f"{quoted(c.name)} {c.type}{_kind(c, constants or {})}" for c in table.columns)
    return f"CREATE {'TEMP ' if temporary else ''}TABLE {target} (\n  {lines}\n)"


def _kind(column: Column, constants: Constants) -> str:
    if column.name not in constants:
        return "" if column.nullable else " NOT NULL"
    value = constants[column.name]
    text = "NULL" if value is None else repr(value)
    return f" GENERATED ALWAYS AS (CAST({text} AS {column.type})) VIRTUAL"


def comment_statements(kind: str, target: str, table: Table) -> list[str]:
    """COMMENT ON for the table or view and each of its columns."""
    return [
        f"COMMENT ON {kind} {target} IS {literal(table.about)}",
        *(f"COMMENT ON COLUMN {target}.{quoted(c.name)} IS {literal(_comment(c))}" for c in table.columns),
    ]


def _comment(column: Column) -> str:
    return f"{column.about} [{column.unit}]" if column.unit else column.about


def _value(column: Column) -> str:
    name = quoted(column.name)
    if column.type in FLOATS:
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END"
    if column.type.removesuffix("[]") in FLOATS:
        # To add them up is fast, and few lists have to be gone through; inf - inf, too, does no harm.
        mended = f"list_transform({name}, lambda v: CASE WHEN isnan(v) THEN NULL ELSE v END)"
        return f"CASE WHEN isnan(list_sum({name})) THEN {mended} ELSE {name} END"
    return name


def insert_rows(
    target: str, table: Table, source: str, given: Collection[str], *, ordered: bool = True
) -> str:
    """INSERT of the `given` columns of `source` (a FROM item), ordered by position where there is one.

    A NaN becomes NULL, which is what the store calls missing. Each value is first cast to the
    column's type, so that a text column can not reach isnan().
    """
    columns = [c for c in table.columns if c.name in given]
    casts = ", ".join(f"CAST({quoted(c.name)} AS {c.type}) AS {quoted(c.name)}" for c in columns)
    values = ", ".join(f"{_value(c)} AS {quoted(c.name)}" for c in columns)
    rows = f"SELECT {values} FROM (SELECT {casts} FROM {source})"
    return f"INSERT INTO {target} BY NAME {rows}{order_by(table, given) if ordered else ''}"


def insert_json(target: str, table: Table) -> str:
    """INSERT of the rows in the parameter `rows`, a JSON array of objects; a missing name is NULL.

    For small tables: Arrow made of Python values imports pandas where there is one, for 0.3 s.
    """
    shape = json.dumps([{c.name: c.type for c in table.columns}])
    rows = f"SELECT unnest(from_json($rows, {literal(shape)}), recursive := true)"
    return f"INSERT INTO {target} BY NAME {rows}"


def order_by(table: Table, given: Collection[str]) -> str:
    """The ORDER BY of a positional table, rows without position last; "" for any other."""
    if not table.is_positional:
        return ""
    keys = [
        text
        for name, text in (("hpx29", '"hpx29" NULLS LAST'), ("source_id", '"source_id"'))
        if name in given
    ]
    return f" ORDER BY {', '.join(keys)}" if keys else ""


def select_all(table: Table, sources: Iterable[str]) -> str:
    """SELECT of the columns from each source, as one UNION ALL."""
    names = ", ".join(quoted(c.name) for c in table.columns)
    return "\nUNION ALL ".join(f"SELECT {names} FROM {source}" for source in sources)


def create_view(table: Table, sources: Iterable[str]) -> str:
    """CREATE OR REPLACE VIEW schema.name over the parts."""
    target = qualified(table.schema, table.name)
    return f"CREATE OR REPLACE VIEW {target} AS {select_all(table, sources)}"


def select_aligned(table: Table, source: str, given: Collection[str], where: str = "") -> str:
    """SELECT of the columns of `table` from a FROM item that has the `given` ones; NULL for the others."""
    values = ", ".join(
        f"CAST({quoted(c.name) if c.name in given else 'NULL'} AS {c.type}) AS {quoted(c.name)}"
        for c in table.columns
    )
    return f"SELECT {values} FROM {source}{where}"


def insert_merged(target: str, table: Table, selects: Iterable[str], condition: str, *, ordered: bool) -> str:
    """INSERT of those rows of several SELECTs that fulfil a condition."""
    order = order_by(table, [column.name for column in table.columns]) if ordered else ""
    rows = "\nUNION ALL ".join(selects)
    return f"INSERT INTO {target} BY NAME SELECT * FROM ({rows}) WHERE {condition}{order}"


def hpx29_quantiles(selects: Iterable[str], shares: Iterable[float]) -> str:
    """SELECT of the hpx29 below which about these shares of the rows lie."""
    rows = "\nUNION ALL ".join(selects)
    return f"SELECT approx_quantile(hpx29, [{', '.join(map(repr, shares))}]) FROM ({rows})"


def extent(source: str, table: Table) -> str:
    """SELECT of the number of rows and the least and greatest hpx29."""
    extremes = "min(hpx29), max(hpx29)" if table.is_positional else "NULL, NULL"
    return f"SELECT count(*), {extremes} FROM {source}"


def count_unindexed(source: str) -> str:
    """SELECT of the number of rows that have a position but no hpx29."""
    return f"SELECT count(*) FROM {source} WHERE hpx29 IS NULL AND ra IS NOT NULL AND dec IS NOT NULL"


def insert_document(target: str) -> str:
    """INSERT of the one JSON document that describes a part."""
    return f"INSERT INTO {target} VALUES ($document)"


def select_document(source: str) -> str:
    """SELECT of the JSON document that describes a part."""
    return f"SELECT document FROM {source}"
