"""attach.sql gives any DuckDB client the current snapshot."""

import dataclasses
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

import catalogdb
from catalogdb import Store, Table
from catalogdb.adql.translate import translate
from catalogdb.errors import StoreError

Python = Callable[..., subprocess.CompletedProcess[str]]
TEN = "SELECT range AS source_id FROM range(10)"

# What `duckdb -init attach.sql` does, in a DuckDB that knows nothing of catalogdb.
CLIENT = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
for _ in range(2):
    con.execute(open(sys.argv[2]).read())
print(con.execute(sys.argv[3]).fetchall())
"""


def test_any_client_reads_the_current_snapshot(
    store: Store, plain: Table, stars: Table, python: Python, tmp_path: Path
) -> None:
    store.publish(plain, TEN)
    store.publish(plain, TEN, mode="append")
    store.publish(stars, "SELECT 1 AS source_id, 2.0 AS ra, 3.0 AS dec, 4 AS hpx29")
    file = store.path / "attach.sql"
    query = (
        "SELECT count(*), (SELECT round(separation_arcsec(ra, dec, ra, dec + 1)) FROM catalogs.stars) "
        "FROM catalogs.plain"
    )
    found = python(CLIENT, ":memory:", file, query)
    assert found.stdout == "[(20, 3600.0)]\n", found.stderr
    # Also into a file of the client's own, and again after the next publication.
    modes: tuple[tuple[Literal["append", "replace"], int], ...] = (("append", 30), ("replace", 10))
    for mode, rows in modes:
        store.publish(plain, TEN, mode=mode)
        found = python(CLIENT, tmp_path / "mine.duckdb", file, "SELECT count(*) FROM catalogs.plain")
        assert found.stdout == f"[({rows},)]\n", found.stderr


def test_any_client_runs_what_adql_became(store: Store, stars: Table, python: Python) -> None:
    store.publish(stars, "SELECT 1 AS source_id, 2.0 AS ra, 3.0 AS dec, 4 AS hpx29")
    query = "SELECT COUNT(*) FROM stars WHERE 1 = CONTAINS(POINT(ra, dec), POLYGON(0, 0, 4, 0, 4, 6))"
    text = translate(query, store.tables()).sql
    found = python(CLIENT, ":memory:", store.path / "attach.sql", text)
    assert found.stdout == f"{store.adql(query).fetchall()}\n", found.stderr


def test_quotes_and_spaces_in_the_path(tmp_path: Path, plain: Table, python: Python) -> None:
    path = tmp_path / 'O\'Neill "sky" 100%#'
    with catalogdb.open(path, create=True) as store:
        store.publish(plain, TEN)
        assert store.sql("SELECT count(*) FROM catalogs.plain").fetchall() == [(10,)]
        assert store.check().ok
    found = python(CLIENT, ":memory:", path / "attach.sql", "SELECT count(*) FROM catalogs.plain")
    assert found.stdout == "[(10,)]\n", found.stderr


@pytest.mark.parametrize("letter", ["?", "\\", "\n", "\udcff"])
def test_what_duckdb_can_not_have_in_a_path_is_refused(tmp_path: Path, letter: str) -> None:
    with pytest.raises(StoreError, match="DuckDB opens no file below a folder with .* in its name"):
        catalogdb.open(tmp_path / f"s{letter}y", create=True)
    assert list(tmp_path.iterdir()) == []


def test_an_alias_never_equals_a_schema(store: Store, plain: Table) -> None:
    store.publish(dataclasses.replace(plain, name="plain", schema="plain"), TEN)
    names = store.sql("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()
    aliases = [name for (name,) in names if name != "memory"]
    assert aliases
    assert all("." in name for name in aliases)
    assert store.sql("SELECT count(*) FROM plain.plain").fetchall() == [(10,)]


def test_open_repairs_an_old_or_missing_attach_sql(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    file = store.path / "attach.sql"
    good = file.read_text()
    for broken in ("", good.replace("snapshot 1", "snapshot 0"), None):
        file.unlink() if broken is None else file.write_text(broken)
        catalogdb.open(store.path).close()
        assert file.read_text() == good
    # A reader of the past leaves it alone.
    file.write_text("mine")
    catalogdb.open(store.path, snapshot=1).close()
    assert file.read_text() == "mine"


def test_attach_sql_is_all_that_changes_after_a_commit_was_cut_short(store: Store, plain: Table) -> None:
    store.publish(plain, TEN)
    assert (store.path / "attach.sql").read_text().startswith(f"-- catalogdb snapshot 1 of {store.path}\n")
    assert not (store.path / "staging" / "attach.sql.new").exists()
