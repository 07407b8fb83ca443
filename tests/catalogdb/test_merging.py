"""Sorted runs merged by ranges of hpx29: every row once, in order, within the memory limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import catalogdb
from catalogdb import Store, Table, merging
from catalogdb.pieces import Pieces, finished
from catalogdb.schema import Column


def rows(first: int, count: int, nowhere: int = 0) -> str:
    """SELECT of stars of which the last have no position."""
    cell = "(range * 7919::HUGEINT * 3458764513 * 1013) % 3458764513820540928"
    return (
        f"SELECT range AS source_id, CASE WHEN there THEN (range * 61.7) % 360 END AS ra, "
        "CASE WHEN there THEN (range * 7.3) % 180 - 90 END AS dec, "
        f"CASE WHEN there THEN {cell} END::BIGINT AS hpx29, "
        f"range % 17 AS mag FROM (SELECT range, range < {first + count - nowhere} AS there "
        f"FROM range({first}, {first + count}))"
    )


def merged(store: Store, table: Table, pieces: list[str], told: list[int] | None = None) -> int:
    with store.writer(table) as writer:
        kept = []
        for query in pieces:
            draft = writer.pieces.begin(writer.con, table)
            draft.insert(query)
            kept.append(writer.pieces.keep(draft, {"files": []}))
        writer.merge(kept, told=None if told is None else told.append)
        return writer.publish()


@pytest.mark.parametrize("ranges", [1, 7, 50])
def test_every_row_once_and_in_order(
    store: Store, stars: Table, monkeypatch: pytest.MonkeyPatch, ranges: int
) -> None:
    limit = 9000 * merging.row_bytes(stars) / (ranges - 0.5) / merging._SHARE
    monkeypatch.setattr(merging, "memory_limit_bytes", lambda con: limit)
    told: list[int] = []
    merged(store, stars, [rows(3000 * k, 3000, nowhere=20) for k in range(3)], told)
    assert len(told) == (1 if ranges == 1 else ranges + 1)
    assert told[-1] == 9000
    found = store.sql("SELECT source_id, hpx29 FROM catalogs.stars").arrow()
    ids = np.asarray(found.column("source_id"))
    assert sorted(ids) == list(range(9000))
    cells = found.column("hpx29").to_pylist()
    assert cells[-60:] == [None] * 60
    assert cells[:-60] == sorted(cells[:-60])
    (part,) = store.info("stars").parts
    assert (part.rows, part.hpx29_min, part.hpx29_max) == (9000, cells[0], cells[-61])
    assert not (store.path / "staging" / "catalogs.stars.pieces").exists()


@pytest.mark.parametrize("nowhere", [500, 499])
def test_rows_without_position(
    store: Store, stars: Table, monkeypatch: pytest.MonkeyPatch, nowhere: int
) -> None:
    monkeypatch.setattr(merging, "memory_limit_bytes", lambda con: 10_000.0)
    merged(store, stars, [rows(0, 500, nowhere=nowhere), rows(500, 500, nowhere=nowhere)])
    assert store.row_count("stars") == 1000


def test_a_table_without_positions_keeps_the_order_of_the_pieces(store: Store, plain: Table) -> None:
    merged(store, plain, ["SELECT 3 AS source_id UNION ALL SELECT 1", "SELECT 2 AS source_id"])
    assert store.sql("SELECT source_id FROM catalogs.plain").fetchall() == [(3,), (1,), (2,)]


def test_pieces_of_other_columns_fit(store: Store, stars: Table) -> None:
    fewer = Table(name="stars", about="Fewer", columns=stars.columns[:-1])
    more = Table(
        name="stars",
        about="More",
        columns=(
            *stars.columns[:-1],
            Column(name="mag", type="DOUBLE", ucd="phot.mag", unit="mag", about="Magnitude"),
        ),
    )
    with store.writer(more) as writer:
        kept = []
        for number, table in enumerate((fewer, stars)):
            draft = writer.pieces.begin(writer.con, table)
            names = ", ".join(column.name for column in table.columns)
            draft.insert(f"SELECT {names} FROM ({rows(100 * number, 100)})")
            kept.append(writer.pieces.keep(draft, {"files": []}))
        writer.merge(kept)
        writer.publish()
    assert store.sql("SELECT count(*), count(mag) FROM catalogs.stars").fetchall() == [(200, 100)]


def test_rows_left_out_and_rows_added(store: Store, plain: Table) -> None:
    with store.writer(plain) as writer:
        draft = writer.pieces.begin(writer.con, plain)
        draft.insert("SELECT range AS source_id FROM range(5)")
        piece = writer.pieces.keep(draft, {"files": []})
        writer.con.execute("CREATE TEMP TABLE out AS SELECT 3 AS source_id")
        writer.con.execute("CREATE TEMP TABLE more AS SELECT 9 AS source_id, 1.5 AS mag")
        assert writer.merge([piece], without="out", more="more") == 5
        writer.publish()
    found = store.sql("SELECT source_id FROM catalogs.plain ORDER BY 1").fetchall()
    assert found == [(0,), (1,), (2,), (4,), (9,)]


def test_pieces_outlive_their_writer_and_drafts_do_not(store: Store, plain: Table) -> None:
    with store.writer(plain) as writer:
        draft = writer.pieces.begin(writer.con, plain)
        draft.insert("SELECT 1 AS source_id")
        writer.pieces.keep(draft, {"files": ["a"]})
        begun = writer.pieces.begin(writer.con, plain)
        begun.insert("SELECT 2 AS source_id")
    folder = store.path / "staging" / "catalogs.plain.pieces"
    assert len(finished(folder)) == 1
    assert begun.path.exists(), "as a kill would leave it"
    with store.writer(plain) as writer:
        (piece,) = writer.pieces.found(writer.con)
        assert (piece.rows, piece.note, piece.table) == (1, {"files": ["a"]}, plain)
        writer.pieces.remove([])
        assert not begun.path.exists()
        writer.pieces.remove([piece])
    assert not folder.exists()


def test_many_sorted_runs_need_no_more_memory_than_allowed(tmp_path: Path) -> None:
    """One sort of as many runs fails under this limit, and spills under a larger one."""
    numbers = tuple(
        Column(name=f"x{i}", type="DOUBLE", ucd="stat.value", unit="", about="A number") for i in range(12)
    )
    columns = (
        Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier", nullable=False),
        Column(name="hpx29", type="BIGINT", ucd="pos.healpix", unit="", about="Cell"),
        *numbers,
    )
    table = Table(name="wide", about="A wide table", columns=columns)
    drawn = ", ".join(f"random() AS x{i}" for i in range(12))
    settings = catalogdb.load_settings(None, {"memory_limit": "120MB", "threads": 2, "max_temp_size": "1MB"})
    with catalogdb.open(tmp_path / "sky", create=True, settings=settings) as store:
        queries = [
            f"SELECT range AS source_id, (random() * 3e18)::BIGINT AS hpx29, {drawn} "
            f"FROM range({first}, {first + 40_000})"
            for first in range(0, 960_000, 40_000)
        ]
        merged(store, table, queries)
        assert store.row_count("wide") == 960_000
        (ordered,) = store.sql(
            "SELECT bool_and(hpx29 >= before) FROM (SELECT hpx29, lag(hpx29) OVER (ORDER BY rowid) AS before "
            "FROM (SELECT hpx29, row_number() OVER () AS rowid FROM catalogs.wide))"
        ).fetchall()
        assert ordered == (True,)
        assert Pieces(store.path / "staging", "catalogs.wide").exists() is False
