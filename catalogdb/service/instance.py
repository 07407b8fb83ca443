"""The DuckDB instance of a worker: one snapshot, read-only and locked."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import duckdb

from catalogdb.adql.macros import load_adql_macros
from catalogdb.folder import open_instance
from catalogdb.leases import Lease
from catalogdb.registry import Registry, Snapshot
from catalogdb.schema import Table
from catalogdb.service.limits import SPILL, is_hidden
from catalogdb.settings import Settings
from catalogdb.system_tables import SYSTEM_TABLES
from catalogdb.uploaded import UPLOADS


class Instance:
    """A snapshot without the tables that are hidden: its connection, tables and numbers of rows.

    Files, the network, extensions and settings are out of reach of every statement that follows.
    """

    def __init__(
        self, root: Path, settings: Settings, registry: Registry, snapshot: Snapshot, folder: Path
    ) -> None:
        self.snapshot = snapshot.number
        shown = {
            name: version
            for name, version in snapshot.tables.items()
            if not is_hidden(version.table, settings.serve_hide)
        }
        hidden = {name for name, table in SYSTEM_TABLES.items() if is_hidden(table, settings.serve_hide)}
        self.connection, system = open_instance(
            root, settings, registry, replace(snapshot, tables=shown), hidden
        )
        self.tables: dict[str, Table] = {name: version.table for name, version in shown.items()}
        self.tables |= {name: table for name, table in SYSTEM_TABLES.items() if name not in hidden}
        self._rows = system | {name: version.rows for name, version in shown.items()}
        load_adql_macros(self.connection)
        spill = str(folder / f"{SPILL}.{os.getpid()}.{os.urandom(4).hex()}")
        self.connection.execute("SET temp_directory = '{}'".format(spill.replace("'", "''")))
        lock(self.connection)

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
