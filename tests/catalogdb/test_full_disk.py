"""A file-size limit stops the build, the registry or an output: a clear error, and the store as it was."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import catalogdb
from catalogdb import Store, Table
from catalogdb.errors import QueryError

Python = Callable[..., subprocess.CompletedProcess[str]]

LIMITED = """
import resource, sys
import catalogdb
from catalogdb.errors import CatalogError
sky, limit, step = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def full(*_):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
store = catalogdb.open(sky)
try:
    table = store.table("plain")
    if step == "build":
        full()
        store.publish(table, "SELECT range AS source_id, random() AS mag FROM range(3000000)", mode="append")
    elif step == "commit":
        with store.writer(table, mode="append") as writer:
            writer.insert("SELECT 1 AS source_id")
            import catalogdb.writer as module
            commit = module.commit
            def limited(*arguments):
                full()
                return commit(*arguments)
            module.commit = limited
            writer.publish()
    elif step == "create":
        full()
        catalogdb.open(sky + "2", create=True)
    else:
        full()
        store.sql("SELECT range AS i, random() AS x FROM range(1000000)").write(sky + "/../out." + step)
except CatalogError as error:
    print(type(error).__name__, error)
else:
    print("nothing was raised")
"""


@pytest.mark.parametrize(
    ("step", "limit", "file"),
    [
        ("build", 2_000_000, "catalogs.plain."),
        ("commit", 8192, "store.sqlite"),
        ("create", 0, "sky2"),
        ("csv", 100_000, "out.csv"),
        ("parquet", 100_000, "out.parquet"),
        ("fits", 100_000, "out.fits"),
    ],
)
def test_a_full_disk(
    store: Store, plain: Table, python: Python, tmp_path: Path, step: str, limit: int, file: str
) -> None:
    store.publish(plain, "SELECT range AS source_id FROM range(10)")
    found = python(LIMITED, store.path, limit, step)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("StoreError the disk is full: "), found.stdout
    assert file in found.stdout
    assert "free some space (catalogdb gc) and repeat" in found.stdout
    assert not list(tmp_path.glob("*out*"))
    store.refresh()
    assert (store.snapshot, store.row_count("plain")) == (1, 10)
    report = store.check()
    assert (report.ok, report.parts, report.orphans) == (True, 1, ())
    # With space again the same publication succeeds.
    store.publish(plain, "SELECT range AS source_id FROM range(10)", mode="append")
    assert store.sql("SELECT count(*) FROM catalogs.plain").fetchall() == [(20,)]


def test_too_little_memory_names_the_settings(tmp_path: Path, plain: Table) -> None:
    settings = catalogdb.load_settings(None, {"memory_limit": "40MB", "max_temp_size": "1MB", "threads": 1})
    with catalogdb.open(tmp_path / "sky", create=True, settings=settings) as store:
        query = "SELECT count(DISTINCT range) AS source_id FROM range(20000000)"
        with pytest.raises(QueryError, match="Raise the setting memory_limit or max_temp_size"):
            store.publish(plain, query)
        assert store.tables() == ()


def test_a_publication_stands_even_if_attach_sql_can_not_be_rewritten(
    store: Store, plain: Table, caplog: pytest.LogCaptureFixture
) -> None:
    (store.path / "attach.sql").unlink()
    (store.path / "attach.sql").mkdir()
    assert store.publish(plain, "SELECT 1 AS source_id") == 1
    assert "snapshot 1 is published, but attach.sql could not be rewritten" in caplog.text
    (store.path / "attach.sql").rmdir()
    catalogdb.open(store.path).close()
    assert (store.path / "attach.sql").read_text().startswith("-- catalogdb snapshot 1 of")
