"""A user's own tables in TAP_SCHEMA, for as long as that user's query runs."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterator

import duckdb

from catalogdb.ddl import insert_json, qualified
from catalogdb.service.instance import Instance
from catalogdb.tap_schema import TAP_SCHEMA, tap_schema_rows


@contextlib.contextmanager
def own_tables_listed(
    instance: Instance, cursor: duckdb.DuckDBPyConnection, user: str | None, used: Collection[str]
) -> Iterator[None]:
    """Let TAP_SCHEMA have the user's tables too, within a transaction that is rolled back at the end.

    Nothing is done for a query that reads no table of TAP_SCHEMA.
    """
    own = instance.own_tables(user)
    if not own or not any(name.startswith("tap_schema.") for name in used):
        yield
        return
    names = {table.qualified_name for table in TAP_SCHEMA}
    cursor.execute("BEGIN")
    try:
        for table, rows in tap_schema_rows([*own.values()]):
            added = [row for row in rows if names.isdisjoint(row.values()) and table.name in _LISTS]
            if added:
                text = json.dumps(added, default=str)
                cursor.execute(insert_json(qualified(table.schema, table.name), table), {"rows": text})
        yield
    finally:
        cursor.execute("ROLLBACK")


_LISTS = frozenset({"schemas", "tables", "columns"})
