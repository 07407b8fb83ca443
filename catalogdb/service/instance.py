"""The DuckDB instance of a worker: one snapshot, read-only and locked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import duckdb

from catalogdb.adql.macros import load_adql_macros
from catalogdb.folder import attach_snapshot
from catalogdb.leases import Lease
from catalogdb.registry import Registry, Snapshot
from catalogdb.schema import Table
from catalogdb.service.limits import SPILL, is_hidden, is_private
from catalogdb.settings import Settings
from catalogdb.system_tables import SYSTEM_TABLES, build_system_tables
from catalogdb.tokens import PRIVATE, schema_of
from catalogdb.uploaded import UPLOADS

_NOT_SHOWN = "a table that is not shown"


class Instance:
    """A snapshot without the tables that are hidden: its connection, tables and numbers of rows.

    Files, the network, extensions and settings are out of reach of every statement that follows.
    """

    def __init__(
        self, root: Path, settings: Settings, registry: Registry, snapshot: Snapshot, folder: Path
    ) -> None:
        self.root, self.settings = root, settings
        self.snapshot = snapshot.number
        shown = {
            name: version
            for name, version in snapshot.tables.items()
            if not is_hidden(version.table, settings.serve_hide)
        }
        hidden = {name for name, table in SYSTEM_TABLES.items() if is_hidden(table, settings.serve_hide)}
        public = {name: version for name, version in shown.items() if not is_private(version.table)}
        self.connection = attach_snapshot(root, settings, replace(snapshot, tables=shown))
        # What is a user's own is in no list of tables.
        system = build_system_tables(self.connection, registry, replace(snapshot, tables=public), hidden)
        self.tables: dict[str, Table] = {name: version.table for name, version in public.items()}
        self._private = {n: version.table for n, version in shown.items() if is_private(version.table)}
        self.tables |= {name: table for name, table in SYSTEM_TABLES.items() if name not in hidden}
        self._rows = system | {name: version.rows for name, version in shown.items()}
        if "provenance.snapshots" not in hidden:
            self._hide_names({name for name in snapshot.tables if name not in public})
        load_adql_macros(self.connection)
        spill = str(folder / f"{SPILL}.{os.getpid()}.{os.urandom(4).hex()}")
        self.connection.execute("SET temp_directory = '{}'".format(spill.replace("'", "''")))
        lock(self.connection)

    def _hide_names(self, names: set[str]) -> None:
        """Let the history of the snapshots tell that something was changed, but not the name of what."""
        for name in sorted(names):
            self.connection.execute(
                "UPDATE provenance.snapshots SET changes = replace(changes, $name, $instead)",
                {"name": name, "instead": _NOT_SHOWN},
            )
        pattern = rf"\b{PRIVATE}[a-z0-9_]+\.[a-z0-9_]+"
        self.connection.execute(
            "UPDATE provenance.snapshots SET changes = regexp_replace(changes, $pattern, $instead, 'g')",
            {"pattern": pattern, "instead": _NOT_SHOWN},
        )

    def tables_for(self, user: str | None) -> dict[str, Table]:
        """The tables that this user may name: those of all, and the user's own."""
        return self.tables | self.own_tables(user)

    def own_tables(self, user: str | None) -> dict[str, Table]:
        """The tables of a user alone."""
        if user is None:
            return {}
        return {name: table for name, table in self._private.items() if table.schema == schema_of(user)}

    def row_count(self, name: str) -> int:
        """The rows of a table by its qualified name."""
        return self._rows[name]

    def close(self) -> None:
        """Close the connection; its cursors end with it."""
        self.connection.close()


def lock(connection: duckdb.DuckDBPyConnection) -> None:
    """Shut the connection off from everything but its tables; nothing opens it again."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {UPLOADS}")
    for statement in (
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)


def open_current(root: Path, settings: Settings, registry: Registry, lease: Lease, folder: Path) -> Instance:
    """The current snapshot; `lease` holds its files, and `folder` has what queries spill."""
    return Instance(root, settings, registry, lease.hold(registry), folder)
