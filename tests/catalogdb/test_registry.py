"""Versions and migrations of the registry, and readers that may not write."""

import re
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

import catalogdb
from catalogdb import Store, Table, migrations
from catalogdb.errors import StoreDamaged, StoreError, StoreTooNew
from catalogdb.folder import create_store
from catalogdb.migrations import MIGRATIONS, check_version, migrate, version
from catalogdb.registry import Registry

Python = Callable[..., subprocess.CompletedProcess[str]]
KNOWN = len(MIGRATIONS)
TEN = "SELECT range AS source_id FROM range(10)"


def add_note(connection: Connection) -> None:
    """An artificial second migration."""
    connection.execute(text("ALTER TABLE snapshot ADD COLUMN note VARCHAR"))


def fail_halfway(connection: Connection) -> None:
    """An artificial migration that breaks after its first step."""
    add_note(connection)
    raise RuntimeError("broken")


def test_a_new_store_has_the_newest_version(store: Store) -> None:
    with Registry(store.path).read() as connection:
        assert version(connection) == len(MIGRATIONS)
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "delete"


def test_an_older_store_is_migrated_and_keeps_its_tables(
    store: Store, plain: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish(plain, TEN)
    steps = (*MIGRATIONS, add_note)
    registry = Registry(store.path)
    with registry.write() as connection:
        assert not check_version(connection, store.path, steps)
        assert migrate(connection, steps) == 1
        assert migrate(connection, steps) == 0
    with registry.read() as connection:
        assert version(connection) == KNOWN + 1
        assert connection.execute(text("SELECT note FROM snapshot")).fetchall() == [(None,), (None,)]
        assert connection.execute(text("SELECT count(applied) FROM schema_version")).scalar() == KNOWN + 1
    # This catalogdb, which knows one step less, refuses what the other has made of it.
    with pytest.raises(
        StoreTooNew,
        match=rf"written by a newer catalogdb \(schema version {KNOWN + 1}, this one knows {KNOWN}\)",
    ):
        catalogdb.open(store.path)
    monkeypatch.setattr(migrations.check_version, "__defaults__", (steps,))
    with catalogdb.open(store.path) as newer:
        assert newer.row_count("plain") == 10


def test_a_store_that_is_migrated_while_open_is_refused(store: Store, plain: Table) -> None:
    with store.writer(plain) as writer:
        writer.insert(TEN)
        with Registry(store.path).write() as connection:
            migrate(connection, (*MIGRATIONS, add_note))
        with pytest.raises(StoreTooNew, match="written by a newer catalogdb"):
            writer.publish()
    with pytest.raises(StoreTooNew, match="written by a newer catalogdb"):
        store.refresh()
    assert not list((store.path / "tables").rglob("*.duckdb"))


def test_open_migrates(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (*MIGRATIONS, add_note)
    monkeypatch.setattr(migrations.check_version, "__defaults__", (steps,))
    monkeypatch.setattr(migrations.migrate, "__defaults__", (steps,))
    catalogdb.open(store.path).close()
    with Registry(store.path).read() as connection:
        assert version(connection) == KNOWN + 1


def test_a_migration_that_fails_leaves_the_old_version(store: Store) -> None:
    registry = Registry(store.path)
    with pytest.raises(RuntimeError, match="broken"), registry.write() as connection:
        migrate(connection, (*MIGRATIONS, fail_halfway))
    with registry.read() as connection:
        assert version(connection) == KNOWN
        names = [column["name"] for column in inspect(connection).get_columns("snapshot")]
    assert "note" not in names


def test_another_database_is_no_registry(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "store.sqlite")
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreDamaged, match="is a database, but not a catalogdb registry"):
        catalogdb.open(tmp_path)


def test_a_locked_registry_says_so(store: Store, plain: Table, tmp_path: Path) -> None:
    settings = catalogdb.load_settings(None, {"busy_timeout_s": 0.1})
    with catalogdb.open(store.path, settings=settings) as impatient:
        holder = sqlite3.connect(store.path / "store.sqlite")
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(
            StoreError, match="stayed locked by another process's transaction.*busy_timeout_s"
        ):
            impatient.publish(plain, TEN)
        holder.rollback()
        holder.close()
        assert impatient.check().orphans == ()
        impatient.publish(plain, TEN)


# Root may read and write everything by two capabilities (1 and 2, CAP_DAC_*); without them the modes
# count for root too. Other users have none to give up.
AS_ANYBODY = """
import ctypes, os, sys
if os.getuid() == 0:
    libc = ctypes.CDLL(None)
    for capability in (1, 2):
        assert libc.prctl(24, capability, 0, 0, 0) == 0
    assert libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()) == 0
import catalogdb
from catalogdb.errors import CatalogError
try:
    with catalogdb.open(sys.argv[1]) as store:
        print(store.sql("SELECT count(*) FROM catalogs.plain").fetchall(), store.sql(
            "SELECT count(*) FROM (SELECT hash(range) AS h FROM range(1000000) ORDER BY h)").fetchall())
        print(store.check().ok, store.check().orphans)
        store.publish(store.table("plain"), "SELECT 1 AS source_id", mode="append")
except CatalogError as error:
    print(type(error).__name__, error)
"""


def set_modes(folder: Path, folders: int, files: int) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(folders if path.is_dir() else files)


def test_a_reader_needs_no_right_to_write(store: Store, plain: Table, python: Python) -> None:
    store.publish(plain, TEN)
    store.close()
    set_modes(store.path, 0o555, 0o444)
    try:
        found = python(AS_ANYBODY, store.path)
    finally:
        set_modes(store.path, 0o755, 0o644)
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert lines[:2] == ["[(10,)] [(1000000,)]", "True ()"]
    assert "may not be written by this user" in lines[2]
    assert lines[2].startswith("StoreError")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("part", r"StoreError .*\.duckdb may not be read by this user: chmod it"),
        ("registry", r"StoreError .*store.sqlite may not be opened or written by this user"),
        ("folder", r"StoreError .*sky may not be read by this user"),
    ],
)
def test_unreadable_files_are_named(
    store: Store, plain: Table, python: Python, target: str, message: str
) -> None:
    store.publish(plain, TEN)
    store.close()
    path = {
        "part": store.path / store.info("plain").parts[0].file,
        "registry": store.path / "store.sqlite",
        "folder": store.path,
    }[target]
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        found = python(AS_ANYBODY, store.path)
    finally:
        path.chmod(mode)
    assert found.returncode == 0, found.stderr
    assert re.match(message, found.stdout), found.stdout


HALF_COMMITTED = """
import os, sqlite3, sys
con = sqlite3.connect(sys.argv[1] + "/store.sqlite", isolation_level=None)
con.execute("PRAGMA cache_size = 1")
con.execute("BEGIN IMMEDIATE")
con.execute("DELETE FROM version_part")
con.executemany(
    "INSERT INTO snapshot VALUES (?, 0, 'half a publication', 'x')", ((i,) for i in range(100, 20000)))
os._exit(9)
"""


def test_what_a_writer_left_half_written_is_rolled_back_by_the_next_reader(
    store: Store, plain: Table, python: Python
) -> None:
    store.publish(plain, TEN)
    journal = store.path / "store.sqlite-journal"
    assert python(HALF_COMMITTED, store.path).returncode == 9
    assert journal.stat().st_size > 0
    with catalogdb.open(store.path) as reader:
        assert (reader.snapshot, reader.row_count("plain")) == (1, 10)
    assert not journal.exists()


def test_a_registry_that_is_created_twice_at_once_is_created_once(tmp_path: Path) -> None:
    for folder in ("staging", "tmp", "tables"):
        (tmp_path / folder).mkdir()
    Registry(tmp_path).create()
    inode = (tmp_path / "store.sqlite").stat().st_ino
    Registry(tmp_path).create()
    assert (tmp_path / "store.sqlite").stat().st_ino == inode
    assert list((tmp_path / "staging").iterdir()) == []


def test_a_store_that_another_made_meanwhile_is_no_foreign_folder(store: Store, plain: Table) -> None:
    create_store(Registry(store.path))
    store.publish(plain, TEN)
    create_store(Registry(store.path))
    assert store.row_count("plain") == 10
