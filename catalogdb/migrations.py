"""The registry's tables, and the numbered steps that bring an older registry to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    inspect,
    select,
)

from catalogdb.errors import StoreDamaged, StoreTooNew

METADATA = MetaData()

SCHEMA_VERSION = Table(
    "schema_version",
    METADATA,
    Column("version", Integer, primary_key=True),
    Column("applied", Float, nullable=False),
)
SNAPSHOT = Table(
    "snapshot",
    METADATA,
    Column("snapshot", Integer, primary_key=True, autoincrement=False),
    Column("created", Float, nullable=False),
    Column("action", String, nullable=False),
    Column("code_version", String, nullable=False),
)
TABLE_VERSION = Table(
    "table_version",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("schema_name", String, nullable=False),
    Column("table_name", String, nullable=False),
    Column("since_snapshot", Integer, ForeignKey("snapshot.snapshot"), nullable=False),
    Column("until_snapshot", Integer),
    Column("about", String, nullable=False),
    Column("document", String, nullable=False),
    # The file with the description, where that was edited and is not the one in the parts.
    Column("description_file", String),
    UniqueConstraint("schema_name", "table_name", "since_snapshot"),
)
TABLE_COLUMN = Table(
    "table_column",
    METADATA,
    Column("version_id", Integer, ForeignKey("table_version.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("type", String, nullable=False),
    Column("unit", String),
    Column("ucd", String, nullable=False),
    Column("about", String, nullable=False),
)
PART = Table(
    "part",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("file", String, nullable=False, unique=True),
    Column("part_key", String),
    Column("rows", Integer, nullable=False),
    Column("hpx29_min", Integer),
    Column("hpx29_max", Integer),
    Column("sha256", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("created", Float, nullable=False),
    Column("removed", Float),
    # JSON list of the part files whose rows it has: those that an append merged, or it was renamed from.
    Column("made_from", String),
)
VERSION_PART = Table(
    "version_part",
    METADATA,
    Column("version_id", Integer, ForeignKey("table_version.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("part_id", Integer, ForeignKey("part.id"), nullable=False),
)
INGEST = Table(
    "ingest",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("snapshot", Integer, ForeignKey("snapshot.snapshot"), nullable=False),
    Column("table_name", String, nullable=False),
    Column("part_key", String),
    Column("part_file", String, nullable=False),
    Column("file", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("catalogue", String, nullable=False),
    Column("form", String, nullable=False),
    Column("spec_sha256", String, nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("rows_kept", Integer, nullable=False),
    Column("rows_rejected", Integer, nullable=False),
    Column("started", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("note", String, nullable=False),
)
RUN = Table(
    "run",
    METADATA,
    Column("run_id", String, primary_key=True),
    Column("analysis", String, nullable=False),
    Column("settings", String, nullable=False),
    Column("seed", Integer),
    Column("inputs", String, nullable=False),
    Column("input_snapshot", Integer, nullable=False),
    Column("code_version", String, nullable=False),
    Column("started", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("outputs", String, nullable=False),
    Column("snapshot", Integer, nullable=False),
)
EDIT = Table(
    "edit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("snapshot", Integer, nullable=False),
    Column("table_name", String, nullable=False),
    Column("column_name", String),
    Column("item", String, nullable=False),
    Column("was", String, nullable=False),
    Column("now", String, nullable=False),
    Column("edited", Float, nullable=False),
)

Migration = Callable[[Connection], None]


def _first_tables(connection: Connection) -> None:
    """The tables above; of an older store the later steps add what it lacks."""
    METADATA.create_all(connection)


def _lineage_and_edits(connection: Connection) -> None:
    """What a part was made from, and descriptions that are edited after their parts were written."""
    for table, name in ((PART, "made_from"), (TABLE_VERSION, "description_file")):
        if name not in {column["name"] for column in inspect(connection).get_columns(table.name)}:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {name} VARCHAR")
    EDIT.create(connection, checkfirst=True)


MIGRATIONS: tuple[Migration, ...] = (_first_tables, _lineage_and_edits)
"""Step i brings a registry of version i to version i + 1. Steps are only ever appended."""


def version(connection: Connection) -> int:
    """The registry's schema version; 0 for an empty file."""
    if not inspect(connection).has_table(SCHEMA_VERSION.name):
        return 0
    found = connection.scalar(select(func.max(SCHEMA_VERSION.c.version)))
    return int(found or 0)


def check_version(connection: Connection, root: Path, migrations: Sequence[Migration] = MIGRATIONS) -> bool:
    """Whether the registry is up to date; False where it must be migrated.

    Raises StoreTooNew if a newer catalogdb wrote it, StoreDamaged if it is no registry at all.
    """
    found = version(connection)
    if found > len(migrations):
        raise StoreTooNew(root, found, len(migrations))
    if found == 0 and inspect(connection).get_table_names():
        raise StoreDamaged(f"{root}/store.sqlite is a database, but not a catalogdb registry")
    return found == len(migrations)


def migrate(connection: Connection, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """Apply the missing steps within the caller's transaction; return how many were applied."""
    found = version(connection)
    for number, step in enumerate(migrations[found:], start=found + 1):
        step(connection)
        connection.execute(insert(SCHEMA_VERSION).values(version=number, applied=time.time()))
    return len(migrations) - found
