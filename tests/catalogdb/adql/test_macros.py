"""The macros of ADQL are there for every statement that names one, and for no other."""

from __future__ import annotations

import threading
from contextlib import closing

import duckdb
import pytest

import catalogdb
import sql
from catalogdb import Column, Store, Table
from catalogdb.adql.macros import load_adql_macros
from catalogdb.adql.translate import translate
from catalogdb.astrometry import ASTROMETRY

STARS = Table(
    name="stars",
    about="A hundred stars",
    columns=(
        Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier"),
        *(ASTROMETRY[name] for name in ("ra", "dec", "hpx29")),
    ),
)
ROWS = """
    SELECT *, hpx29(ra, dec) AS hpx29
    FROM (SELECT i AS source_id, i * 3.6 AS ra, 0.9 * i - 45 AS dec FROM range(100) AS t(i))
"""
BOX = "stars WHERE 1 = CONTAINS(POINT(ra, dec), POLYGON(90, -80, 270, -80, 270, 80, 90, 80))"
IN_BOX = f"SELECT COUNT(*) FROM {BOX}"


@pytest.fixture
def filled(store: Store) -> Store:
    store.publish(STARS, ROWS)
    return store


def present(store: Store) -> set[str]:
    found = store.sql("SELECT DISTINCT function_name FROM duckdb_functions() WHERE NOT internal")
    return {name for (name,) in found.fetchall()}


def test_they_come_with_the_first_statement_that_names_one(filled: Store) -> None:
    assert present(filled) == set(sql.CORE_MACROS)
    assert filled.adql("SELECT COUNT(*) FROM stars WHERE dec > 0").fetchall() == [(49,)]
    assert present(filled) == set(sql.CORE_MACROS)
    ((inside,),) = filled.adql(IN_BOX).fetchall()
    assert 40 < inside < 60
    assert present(filled) == set(sql.MACROS)


def test_sql_runs_what_adql_became(filled: Store) -> None:
    text = translate(IN_BOX, filled.tables()).sql
    assert filled.sql(text).fetchall() == filled.adql(IN_BOX).fetchall()
    with catalogdb.open(filled.path) as other:
        assert other.sql(text).fetchall() == filled.adql(IN_BOX).fetchall()


def test_each_snapshot_and_each_writer_gets_them(filled: Store) -> None:
    inside = filled.adql(IN_BOX).fetchall()
    text = translate(f"SELECT source_id, ra, dec, hpx29 FROM {BOX}", filled.tables()).sql
    assert sql.names_adql_macro(text)
    copied = Table(name="copied", about="A copy", columns=STARS.columns)
    filled.publish(copied, text)
    assert [(filled.row_count("copied"),)] == inside
    assert present(filled) == set(sql.CORE_MACROS)
    assert filled.adql(IN_BOX.replace("stars", "copied")).fetchall() == inside


def test_threads_that_ask_at_once_all_have_them(filled: Store) -> None:
    together, found = threading.Barrier(4), []

    def ask() -> None:
        together.wait()
        found.extend(filled.adql(IN_BOX).fetchall())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_connection_of_a_caller_has_them_on_all_cursors() -> None:
    with duckdb.connect() as con:
        for statement in sql.macros(sql.CORE_MACROS):
            con.execute(statement)
        with closing(con.cursor()) as earlier:
            load_adql_macros(con)
            load_adql_macros(con)
            assert earlier.execute("SELECT hpx29_of_point([45.0, 0.0]) = hpx29(45.0, 0.0)").fetchall() == [
                (True,)
            ]
