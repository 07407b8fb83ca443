"""Damage, orphans, garbage, lost registries and moved folders."""

import dataclasses
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

import catalogdb
from catalogdb import (
    Ingest,
    Publication,
    Settings,
    Store,
    Table,
    check_store,
    integrity,
    rebuild_registry,
    writer,
)
from catalogdb.errors import StoreDamaged, StoreError, StoreNotFound
from catalogdb.registry import Snapshot

Python = Callable[..., subprocess.CompletedProcess[str]]
TEN = "SELECT range AS source_id, range / 2 AS mag FROM range(10)"


def part(store: Store, name: str = "plain") -> Path:
    return store.path / store.info(name).parts[0].file


def test_a_whole_store_has_no_damage(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    seen: list[tuple[str, int, int | None]] = []
    report = store.check(lambda *progress: seen.append(progress))
    assert (report.ok, report.parts, report.orphans) == (True, 1, ())
    assert report.bytes == part(store).stat().st_size
    assert seen == [("check", report.bytes, report.bytes)]


def test_check_does_not_break_the_readers_lock(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    store.attach()
    store.check()
    held = Path("/proc/locks")
    if held.exists():
        assert f":{part(store).stat().st_ino} " in held.read_text()
    assert store.sql("SELECT count(*) FROM catalogs.plain").fetchall() == [(10,)]


def test_a_changed_byte_is_found(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    file = part(store)
    store.close()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    report = check_store(store.path)
    assert not report.ok
    assert [(each.file, each.reason) for each in report.damaged] == [
        (str(file.relative_to(store.path)), "has another checksum than was published")
    ]


def test_a_cut_part_is_found_and_named_by_open(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    file = part(store)
    size = file.stat().st_size
    store.close()
    os.truncate(file, 5000)
    assert f"has 5000 bytes, {size} were published" in check_store(store.path).damaged[0].reason
    with pytest.raises(StoreDamaged, match=f"{file.name} has 5000 bytes, {size} were published: restore it"):
        catalogdb.open(store.path)


FEW_FILES = """
import os, resource, sys, catalogdb
limit = len(os.listdir("/dev/fd")) + 8
resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
try:
    catalogdb.open(sys.argv[1])
except catalogdb.CatalogError as error:
    print(type(error).__name__, error)
"""


def test_more_parts_than_files_may_be_open(store: Store, plain: Table, python: Python) -> None:
    tables = [dataclasses.replace(plain, name=f"t{i}") for i in range(16)]
    store.publish_many([Publication(table=table, rows=TEN) for table in tables])
    found = python(FEW_FILES, store.path)
    assert found.stdout.startswith("StoreError "), found.stderr
    assert "sky has 16 parts, more files than this process may open: raise the limit" in found.stdout


def test_a_missing_part_is_found_and_named_by_open(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    file = part(store)
    store.close()
    file.unlink()
    assert check_store(store.path).damaged[0].reason == "can not be read: No such file or directory"
    with pytest.raises(StoreDamaged, match=f"{file.name} is missing: restore it from a copy"):
        catalogdb.open(store.path)


def test_a_registry_that_is_none(store: Store) -> None:
    path = store.path
    store.close()
    (path / "store.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreDamaged, match=r"store.sqlite is damaged .*rebuild_registry makes it anew"):
        catalogdb.open(path)
    with pytest.raises(StoreNotFound):
        check_store(path / "elsewhere")


def test_orphans_are_found_by_check_and_removed_by_gc(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    strays = [
        store.path / "tables" / "catalogs" / "plain.9_00000000.duckdb",
        store.path / "tables" / "stray.txt",
        store.path / "staging" / "catalogs.other.00000000.duckdb",
        store.path / "staging" / "catalogs.other.00000000.duckdb.wal",
    ]
    for file in strays:
        file.write_bytes(b"left")
    names = {str(file.relative_to(store.path)) for file in strays}
    assert set(store.check().orphans) == names
    assert store.check().ok
    report = store.gc()
    assert (set(report.files), report.bytes, report.orphans) == (names, 16, 4)
    assert not any(file.exists() for file in strays)
    assert store.check().orphans == ()


def test_what_a_living_writer_stages_is_no_orphan(store: Store, plain: Table) -> None:
    with store.writer(plain) as writer:
        writer.insert(TEN)
        assert store.check().orphans == ()
        assert store.gc().files == ()
        writer.publish()
    assert store.row_count("plain") == 10


def test_gc_keeps_the_retention_and_leased_snapshots(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    first = store.info("plain").parts[0].file
    with catalogdb.open(store.path, snapshot=1) as past:
        store.publish(plain, TEN, mode="replace")
        assert store.gc().files == ()
        # Without retention the lease of `past` still holds snapshot 1.
        assert store.gc(retention_days=0).files == ()
        assert past.row_count("plain") == 10
    report = store.gc(retention_days=0)
    assert (report.files, report.orphans) == ((first,), 0)
    with pytest.raises(
        StoreError, match=r"snapshot 1 can no longer be read: gc has removed files of catalogs.plain"
    ):
        catalogdb.open(store.path, snapshot=1)
    assert store.sql("SELECT count(*) FROM catalogs.plain").fetchall() == [(10,)]
    assert store.check().ok


def test_gc_in_the_midst_of_a_check_is_no_damage(
    store: Store, plain: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish(plain, TEN)
    store.publish(plain, TEN, mode="replace")

    digests = integrity.digests

    def late(files: Sequence[Path]) -> Iterator[dict[str, str]]:
        assert len(store.gc(retention_days=0).files) == 1
        return digests(files)

    monkeypatch.setattr(integrity, "digests", late)
    report = store.check()
    assert (report.ok, report.parts) == (True, 2)


def test_a_writer_that_begins_while_gc_runs_finds_its_files(
    store: Store, plain: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.publish(plain, TEN)
    attach = writer.attach_snapshot

    def late(root: Path, settings: Settings, snapshot: Snapshot) -> duckdb.DuckDBPyConnection:
        monkeypatch.undo()
        with catalogdb.open(root) as rival:
            rival.publish(plain, TEN, mode="replace")
            for lease in (root / "staging" / "leases").glob("1.*"):
                lease.unlink()
            assert len(rival.gc(retention_days=0).files) == 1
        return attach(root, settings, snapshot)

    monkeypatch.setattr(writer, "attach_snapshot", late)
    other = dataclasses.replace(plain, name="other")
    store.publish(other, "FROM catalogs.plain")
    assert store.row_count("other") == 10


def test_a_writer_names_the_part_that_is_missing(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    part(store).unlink()
    with pytest.raises(StoreDamaged, match="is missing: restore it from a copy"):
        store.writer(dataclasses.replace(plain, name="other"))


def test_gc_leaves_the_spill_folders_of_living_processes(store: Store, python: Python) -> None:
    ended = int(python("import os; print(os.getpid())").stdout)
    folders = {pid: store.path / "tmp" / f"{pid}.00000000" for pid in (os.getpid(), ended)}
    for folder in folders.values():
        folder.mkdir()
        os.utime(folder, (0, 0))
    store.gc()
    assert (folders[os.getpid()].exists(), folders[ended].exists()) == (True, False)


def test_files_may_be_unlinked_under_a_reader(store: Store, plain: Table) -> None:
    store.publish(plain, "SELECT range AS source_id FROM range(300000)")
    with catalogdb.open(store.path) as reader:
        part(store).unlink()
        assert reader.sql("SELECT count(DISTINCT source_id) FROM catalogs.plain").fetchall() == [(300000,)]


def test_a_moved_store_works_and_its_attach_sql_follows(store: Store, plain: Table, tmp_path: Path) -> None:
    store.publish(plain, TEN)
    store.close()
    moved = tmp_path / "other's sky"
    store.path.rename(moved)
    with catalogdb.open(moved) as found:
        assert found.row_count("plain") == 10
        assert found.sql("SELECT count(*) FROM catalogs.plain").fetchall() == [(10,)]
        assert found.check().ok
        found.publish(plain, TEN, mode="append")
    text = (moved / "attach.sql").read_text()
    assert str(moved).replace("'", "''") in text
    assert str(store.path) + "/" not in text


def published(store: Store, plain: Table) -> dict[str, list[tuple[object, ...]]]:
    """Tables with parts, appends, ingests and a run; and what they show."""
    other = dataclasses.replace(plain, name="other", schema="results")
    run = store.start_run("test", {"a": 1}, seed=7)
    store.publish(plain, TEN, ingests=[Ingest(file="a.dat", rows_read=10, rows_kept=10)])
    store.publish(plain, "SELECT 20 AS source_id", mode="append")
    store.publish(plain, "SELECT 30 AS source_id", part="k")
    store.publish(plain, "SELECT 31 AS source_id", part="k")
    store.publish(other, "SELECT 1 AS source_id", run=run)
    store.publish(other, "SELECT 2 AS source_id", mode="replace", run=run)
    store.publish(dataclasses.replace(plain, name="gone"), TEN)
    store.drop("gone")
    store.rename("other", "renamed")
    return shown(store)


def shown(store: Store) -> dict[str, list[tuple[object, ...]]]:
    queries = (
        "SELECT * FROM catalogs.plain ORDER BY source_id",
        "SELECT * FROM results.renamed",
        "SELECT schema_name, table_name, description FROM tap_schema.tables ORDER BY 2",
        "SELECT table_name, file, rows_read, rows_kept FROM provenance.ingests",
        "SELECT analysis, settings, seed FROM provenance.runs",
        "SELECT table_name, part_index, part, n_rows, sha256 FROM provenance.parts ORDER BY 1, 2",
    )
    return {query: store.sql(query).fetchall() for query in queries}


@pytest.mark.parametrize("loss", ["gone", "damaged"])
def test_the_registry_is_rebuilt_from_the_parts(store: Store, plain: Table, loss: str) -> None:
    before, snapshot = published(store, plain), store.snapshot
    store.close()
    registry = store.path / "store.sqlite"
    if loss == "gone":
        registry.unlink()
        with pytest.raises(StoreDamaged, match="has tables but no store.sqlite: catalogdb.rebuild_registry"):
            catalogdb.open(store.path, create=True)
    else:
        registry.write_bytes(b"x" * 4096)
    report = rebuild_registry(store.path)
    assert (report.snapshot, report.tables, report.parts, report.damaged) == (snapshot, 2, 4, ())
    with catalogdb.open(store.path) as found:
        assert shown(found) == before
        assert found.check().ok
        # What earlier snapshots needed belongs to nothing now.
        assert found.gc().orphans > 0
        assert found.publish(plain, TEN, mode="append") == snapshot + 1


def test_without_attach_sql_the_publications_are_replayed(store: Store, plain: Table) -> None:
    before = published(store, plain)
    store.close()
    (store.path / "store.sqlite").unlink()
    (store.path / "attach.sql").unlink()
    rebuild_registry(store.path)
    with catalogdb.open(store.path) as found:
        # Nothing on disk tells of a drop or of the old name: both are back.
        assert {table.name for table in found.tables()} == {"plain", "renamed", "gone", "other"}
        found.drop("gone")
        found.drop("other")
        assert shown(found)["SELECT * FROM catalogs.plain ORDER BY source_id"] == next(iter(before.values()))


def test_a_rebuild_leaves_out_what_can_not_be_read(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    store.publish(dataclasses.replace(plain, name="other"), TEN)
    broken = part(store, "other")
    store.close()
    broken.write_bytes(b"no duckdb")
    report = rebuild_registry(store.path)
    assert [each.file for each in report.damaged] == [str(broken.relative_to(store.path))]
    with catalogdb.open(store.path) as found:
        assert [table.name for table in found.tables()] == ["plain"]
    with pytest.raises(StoreNotFound):
        rebuild_registry(store.path / "nowhere")
