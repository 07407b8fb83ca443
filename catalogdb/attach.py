"""The statements that show a snapshot in DuckDB, and attach.sql, which gives them to any client."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import sql
from catalogdb.ddl import create_view, literal, qualified, quoted
from catalogdb.faults import writing
from catalogdb.locks import store_lock
from catalogdb.registry import Registry, Snapshot, TableVersion

FILE = "attach.sql"
ROWS = "rows_"
"""The table of a part file that holds its rows; one name for all, so that a rename copies nothing."""


def attach_statements(root: Path, snapshot: Snapshot, *, again: bool = False) -> Iterator[str]:
    """ATTACH of every part, the schemas, and a view for every table; `again` where they may be there.

    Only a client of its own may use `again`: where several instances of one process attach and
    close the same files, DuckDB 2.0.0 can wait for ever in ATTACH IF NOT EXISTS.
    """
    attach = "ATTACH IF NOT EXISTS" if again else "ATTACH"
    for version in snapshot.tables.values():
        for part in version.parts:
            path = literal(str((root / part.file).absolute()))
            yield f"{attach} {path} AS {quoted(part.alias)} (READ_ONLY)"
    for schema in sorted({version.table.schema for version in snapshot.tables.values()}):
        yield f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)}"
    for version in snapshot.tables.values():
        yield view_statement(version)
        yield _view_comment(version)
    yield from sql.macros(sql.CORE_MACROS)


def view_statement(version: TableVersion) -> str:
    """CREATE OR REPLACE VIEW of the table as the UNION ALL of its parts."""
    return create_view(version.table, (qualified(part.alias, "main", ROWS) for part in version.parts))


def _view_comment(version: TableVersion) -> str:
    target = qualified(version.table.schema, version.table.name)
    return f"COMMENT ON VIEW {target} IS {literal(version.table.about)}"


def _header(root: Path, snapshot: Snapshot) -> str:
    return f"-- catalogdb snapshot {snapshot.number} of {root.absolute()}"


def _text(root: Path, snapshot: Snapshot) -> str:
    lines = [
        _header(root, snapshot),
        "-- Rewritten by every publication. Use: duckdb -init attach.sql",
        *(statement + ";" for statement in attach_statements(root, snapshot, again=True)),
        *(statement + ";" for statement in sql.macros(sql.ADQL_MACROS)),
    ]
    return "\n".join(lines) + "\n"


def is_current(root: Path, snapshot: Snapshot) -> bool:
    """Whether attach.sql was written from this snapshot, in this place."""
    try:
        with (root / FILE).open(encoding="utf-8") as file:
            return file.readline().rstrip("\n") == _header(root, snapshot)
    except OSError:
        return False


def rewrite(root: Path, registry: Registry) -> None:
    """Write attach.sql of the current snapshot, by a temporary file and a rename.

    Within the store's lock and from the registry as it is then, so that of two publications the
    earlier can not overwrite the later's file.
    """
    with writing(root / FILE), store_lock(root / "staging"):
        snapshot = registry.snapshot()
        new = root / "staging" / f"{FILE}.new"
        with new.open("w", encoding="utf-8") as file:
            file.write(_text(root, snapshot))
            file.flush()
            os.fsync(file.fileno())
        new.replace(root / FILE)
