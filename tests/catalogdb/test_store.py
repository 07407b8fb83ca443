"""Publishing, reading, name resolution and snapshots of one store in one process."""

import dataclasses
import gc
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pytest

import catalogdb
from catalogdb import Column, Publication, Store, Table
from catalogdb.errors import (
    DataError,
    QueryError,
    SchemaError,
    StoreBusy,
    StoreError,
    StoreNotFound,
    TableExists,
    TableNotFound,
)
from catalogdb.faults import writing


def named(table: Table, name: str, schema: str = "catalogs") -> Table:
    return dataclasses.replace(table, name=name, schema=schema)


def rows(n: int, start: int = 0) -> pa.Table:
    return pa.table({"source_id": np.arange(start, start + n)})


def values(store: Store, table: str) -> list[int]:
    return [row[0] for row in store.sql(f"SELECT source_id FROM {table} ORDER BY 1").fetchall()]


def test_a_missing_store_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreNotFound, match="no store at .*/sky: name another with --store"):
        catalogdb.open(tmp_path / "sky")
    assert not (tmp_path / "sky").exists()
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        assert store.snapshot == 0
        assert store.tables() == ()


def test_a_folder_of_other_files_is_not_made_a_store(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, match=r"is no store and not empty \(thesis.tex\)"):
        catalogdb.open(tmp_path, create=True)


@pytest.mark.parametrize("form", ["sql", "arrow", "reader"])
def test_rows_come_as_sql_arrow_or_reader(store: Store, plain: Table, form: str) -> None:
    given = {
        "sql": "SELECT range AS source_id FROM range(5)",
        "arrow": rows(5),
        "reader": rows(5).to_reader(),
    }
    assert store.publish(plain, given[form]) == 1
    assert store.snapshot == 1
    assert values(store, "catalogs.plain") == [0, 1, 2, 3, 4]
    assert store.row_count("plain") == 5
    assert store.table("plain") == plain
    assert store.tables() == (plain,)


def test_sql_rows_take_parameters_and_see_the_current_snapshot(store: Store, plain: Table) -> None:
    store.publish(plain, rows(10))
    other = named(plain, "few", "results")
    store.publish(other, "SELECT source_id FROM catalogs.plain WHERE source_id < $n;", parameters={"n": 3})
    assert values(store, "results.few") == [0, 1, 2]


def test_rows_of_a_positional_table_are_stored_in_order_of_the_index(store: Store, stars: Table) -> None:
    given = pa.table(
        {
            "source_id": [4, 3, 2, 1, 0],
            "ra": [1.0, None, 3.0, 4.0, 4.0],
            "dec": [0.0, None, 0.0, 0.0, 0.0],
            "hpx29": [50, None, 10, 30, 30],
        }
    )
    store.publish(stars, given)
    assert store.sql("SELECT source_id FROM catalogs.stars").fetchall() == [(2,), (0,), (1,), (4,), (3,)]
    part = store.info("stars").parts[0]
    assert (part.rows, part.hpx29_min, part.hpx29_max) == (5, 10, 50)


def test_a_position_without_index_is_refused(store: Store, stars: Table) -> None:
    with pytest.raises(DataError, match="catalogs.stars: 1 rows have a position but no hpx29"):
        store.publish(stars, "SELECT 1 AS source_id, 2.0 AS ra, 3.0 AS dec")
    assert store.tables() == ()


def test_nan_is_stored_as_null_and_a_missing_column_is_null(store: Store, plain: Table) -> None:
    lists = Column(name="flux", type="DOUBLE[]", ucd="phot.flux", unit="Jy", about="Fluxes")
    table = dataclasses.replace(plain, columns=(*plain.columns, lists))
    given = pa.table({"source_id": [1, 2], "flux": [[1.0, float("nan")], None]})
    store.publish(table, given)
    store.publish(table, "SELECT 3 AS source_id, 'nan' AS mag", mode="append")
    assert store.sql("FROM catalogs.plain ORDER BY 1").fetchall() == [
        (1, None, [1.0, None]),
        (2, None, None),
        (3, None, None),
    ]


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("SELECT 1 AS source_id, 2 AS magg", SchemaError, r"has no column magg; did you mean mag\?"),
        ("SELECT 1.5 AS mag", SchemaError, r"the rows have no column source_id, which may not be NULL"),
        ("SELECT 1 AS mag, 2 AS mag, 3 AS source_id", SchemaError, r"has no column mag_1; did you mean mag"),
        ("SELECT NULL AS source_id", DataError, r"NOT NULL constraint failed: rows_.source_id"),
        ("SELECT 'x' AS source_id", DataError, r"Could not convert string 'x' to INT64"),
        ("SELECT 1e30 AS source_id", DataError, r"out of range"),
        ("SELECT 1 AS source_id; SELECT 2", QueryError, r"one SELECT is expected, these are 2 statements"),
        ("SELEC 1", QueryError, r"syntax error"),
        ("SELECT 1 AS source_id FROM nothing", QueryError, r"nothing does not exist"),
    ],
)
def test_rows_that_do_not_fit_are_refused(
    store: Store, plain: Table, query: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        store.publish(plain, query)
    assert store.snapshot == 0
    assert not list((store.path / "staging").glob("*.duckdb*"))
    store.publish(plain, rows(1))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 7 AS source_id; -- with a remark; and one more",
        "SELECT 7 AS source_id -- a remark",
        "/* a;b */ SELECT 7 AS source_id WHERE 'é;' = 'é;' ; /* c */ ;",
        "WITH q AS (SELECT 7 AS source_id) FROM q",
        "FROM (VALUES (7)) t(source_id)\n;",
    ],
)
def test_rows_may_be_any_select(store: Store, plain: Table, query: str) -> None:
    store.publish(plain, query)
    assert values(store, "catalogs.plain") == [7]


def test_rows_that_were_refused_can_be_mended(store: Store, plain: Table) -> None:
    with store.writer(plain) as writer:
        with pytest.raises(DataError, match="Could not convert string 'x'"):
            writer.insert("SELECT 1 AS source_id, 'x' AS mag")
        writer.insert("SELECT 1 AS source_id, '2' AS mag")
        writer.publish()
    assert values(store, "catalogs.plain") == [1]
    assert store.check().orphans == ()


def test_ctrl_c_during_a_statement_is_a_keyboard_interrupt(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), writing(tmp_path):
        raise RuntimeError("Query interrupted")
    with pytest.raises(RuntimeError, match="anything else"), writing(tmp_path):
        raise RuntimeError("anything else")


def test_modes(store: Store, plain: Table) -> None:
    with pytest.raises(TableNotFound, match=r"no table catalogs.plain \(there is none yet\)"):
        store.publish(plain, rows(1), mode="append")
    store.publish(plain, rows(2))
    with pytest.raises(TableExists, match="catalogs.plain exists already: --replace publishes a new version"):
        store.publish(plain, rows(2))
    store.publish(plain, rows(2, 10), mode="append")
    assert values(store, "catalogs.plain") == [0, 1, 10, 11]
    store.publish(plain, rows(1, 5), mode="replace")
    assert values(store, "catalogs.plain") == [5]
    assert store.snapshot == 3


def test_parts_are_replaced_or_added_by_key(store: Store, plain: Table) -> None:
    store.publish(plain, rows(1), part="a")
    store.publish(plain, rows(2, 10), part="b")
    store.publish(plain, rows(3, 20), part="a")
    assert values(store, "catalogs.plain") == [10, 11, 20, 21, 22]
    assert [part.key for part in store.info("plain").parts] == ["a", "b"]


def test_added_rows_need_the_same_columns(store: Store, plain: Table) -> None:
    store.publish(plain, rows(1))
    wider = dataclasses.replace(plain, columns=plain.columns[:1])
    told = r"catalogs.plain has other columns than the rows to be added \(mag\): "
    message = told + "--replace"
    with pytest.raises(SchemaError, match=message):
        store.publish(wider, rows(1), mode="append")
    # Whoever writes a part of his own has no --replace.
    with pytest.raises(SchemaError, match=told + "catalogdb drop catalogs.plain removes it"):
        store.publish(wider, rows(1), part="x")
    mag = plain.column("mag")
    for other in (
        dataclasses.replace(mag, unit="Jy", ucd="phot.flux"),
        dataclasses.replace(mag, nullable=False),
    ):
        changed = dataclasses.replace(plain, columns=(plain.columns[0], other))
        with pytest.raises(SchemaError, match=message):
            store.publish(changed, "SELECT 1 AS source_id, 2 AS mag", mode="append")
    turned = dataclasses.replace(plain, columns=plain.columns[::-1])
    store.publish(turned, "SELECT 5 AS mag, 9 AS source_id", mode="append")
    assert store.sql("FROM catalogs.plain ORDER BY source_id").fetchall() == [(None, 0), (5, 9)]
    store.publish(wider, rows(1), mode="replace")


def test_a_constant_column_is_read_like_any_other(store: Store) -> None:
    columns = tuple(
        Column(name=name, type="DOUBLE", unit="yr", ucd="time.epoch", about="Epoch")
        for name in ("epoch", "first_", "last_")
    )
    table = Table(name="dated", about="Rows of one epoch", columns=columns)
    with store.writer(table) as writer:
        writer.insert("SELECT i AS epoch FROM range(5) t(i)", constants={"first_": 1991.25, "last_": None})
        writer.publish()
    with store.writer(table, mode="append") as writer:
        writer.insert("SELECT 7 AS epoch, 8 AS first_, 9 AS last_")
        writer.publish()
    found = store.sql("SELECT * FROM dated WHERE first_ > 1991 OR epoch = 7 ORDER BY epoch").fetchall()
    assert found == [*((float(i), 1991.25, None) for i in range(5)), (7.0, 8.0, 9.0)]
    with (
        store.writer(table, mode="replace") as writer,
        pytest.raises(SchemaError, match="two columns"),
    ):
        writer.insert("SELECT 1 AS epoch, 2 AS first_", constants={"first_": 3.0})


def test_appends_beyond_the_limit_are_compacted_but_parts_with_keys_stay(
    tmp_path: Path, stars: Table
) -> None:
    settings = catalogdb.load_settings(None, {"compact_beyond": 3})
    with catalogdb.open(tmp_path / "sky", create=True, settings=settings) as store:
        store.publish(stars, "SELECT 100 AS source_id, 1.0 AS ra, 1.0 AS dec, 100 AS hpx29", part="run")
        for i in range(6):
            row = f"SELECT {i} AS source_id, 1.0 AS ra, 1.0 AS dec, {60 - 10 * i} AS hpx29"
            store.publish(stars, row, mode="append")
        parts = store.info("stars").parts
        assert [(part.key, part.rows) for part in parts] == [("run", 1), (None, 5), (None, 1)]
        assert values(store, "catalogs.stars") == [0, 1, 2, 3, 4, 5, 100]
        merged = store.sql("SELECT hpx29 FROM catalogs.stars LIMIT 5 OFFSET 1").fetchall()
        assert merged == sorted(merged)
        assert not list((store.path / "staging").glob("*.duckdb*"))
        assert store.check().orphans == ()


def test_publish_many_is_one_commit(store: Store, plain: Table) -> None:
    items = [Publication(table=named(plain, name), rows=rows(2)) for name in ("a", "b")]
    assert store.publish_many(items) == 1
    bad = [
        Publication(table=named(plain, "c"), rows=rows(2)),
        Publication(table=named(plain, "d"), rows="SELECT 1 AS nonsense"),
    ]
    with pytest.raises(SchemaError, match="no column nonsense"):
        store.publish_many(bad)
    assert [table.name for table in store.tables()] == ["a", "b"]
    assert store.publish_many([Publication(table=named(plain, "c"), rows=rows(2))]) == 2


def test_publish_many_of_nothing_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="nothing to publish"):
        store.publish_many([])


def test_a_writer_inserts_once_and_needs_rows(store: Store, plain: Table) -> None:
    with store.writer(plain) as writer:
        with pytest.raises(StoreError, match="catalogs.plain: nothing was inserted"):
            writer.publish()
        assert writer.insert(rows(4)) == 4
        with pytest.raises(StoreError, match="a writer inserts once"):
            writer.insert(rows(4))
    assert store.snapshot == 0


def test_a_writer_has_a_private_connection_with_the_snapshot_and_temp_tables(
    store: Store, plain: Table
) -> None:
    store.publish(plain, rows(3))
    with store.writer(named(plain, "copy")) as writer:
        writer.con.execute("CREATE TEMP TABLE mine AS SELECT source_id + 1 AS source_id FROM catalogs.plain")
        writer.insert("SELECT * FROM mine")
        writer.publish()
    assert values(store, "catalogs.copy") == [1, 2, 3]


def test_the_second_writer_of_a_table_is_told_at_once_who_has_it(store: Store, plain: Table) -> None:
    message = r"catalogs.plain is being written by process \d+ on .* since"
    other = named(plain, "other")
    with store.writer(plain), store.writer(other), pytest.raises(StoreBusy, match=message):
        store.writer(plain)
    store.writer(plain).close()


@pytest.mark.parametrize("schema", ["tap_schema", "provenance", "main", "information_schema"])
def test_schemas_that_are_not_for_tables(store: Store, plain: Table, schema: str) -> None:
    with pytest.raises(SchemaError, match=f"the schema {schema} is not for tables of yours"):
        store.publish(named(plain, "x", schema), rows(1))


def test_names_are_resolved_against_the_registry(store: Store, plain: Table) -> None:
    for name, schema in (("a", "matches"), ("a", "catalogs"), ("b", "mine"), ("c", "mine"), ("c", "yours")):
        store.publish(named(plain, name, schema), rows(1))
    assert store.table("a").qualified_name == "catalogs.a"
    assert store.table("matches.a").qualified_name == "matches.a"
    assert store.table("B").qualified_name == "mine.b"
    assert store.table("tap_schema.tables").schema == "tap_schema"
    with pytest.raises(TableNotFound, match=r"no table c; did you mean mine.c, yours.c\?"):
        store.table("c")
    with pytest.raises(TableNotFound, match="no table catalogs.aa; did you mean catalogs.a"):
        store.table("catalogs.aa")
    with pytest.raises(TableNotFound, match="no table rows.parquet"):
        store.row_count("rows.parquet")


def test_sql_finds_tables_without_their_schema(store: Store, plain: Table) -> None:
    store.publish(plain, "SELECT 1 AS source_id, 2.5 AS mag")
    store.publish(replace(plain, schema="results"), "SELECT 2 AS source_id, 3.5 AS mag")
    store.publish(replace(plain, name="links", schema="matches"), "SELECT 3 AS source_id, 4.5 AS mag")
    found = store.sql("SELECT p.source_id, l.mag FROM plain AS p, links AS l")
    assert found.fetchall() == [(1, 4.5)]
    assert [column.unit for column in found.columns] == [None, "mag"]
    assert found.provenance.tables == ("catalogs.plain", "matches.links")


def test_python_variables_are_no_tables(store: Store) -> None:
    secret = rows(3)
    assert secret.num_rows == 3
    with pytest.raises(QueryError, match="secret does not exist"):
        store.sql("SELECT * FROM secret")


def test_snapshots_stay_readable(store: Store, plain: Table) -> None:
    store.publish(plain, rows(1))
    store.publish(plain, rows(2), mode="append")
    store.drop("plain")
    counts = {}
    for number in (1, 2):
        with catalogdb.open(store.path, snapshot=number) as past:
            assert past.snapshot == number
            counts[number] = past.row_count("plain")
            past.refresh()
            assert past.snapshot == number
            with pytest.raises(StoreError, match=f"snapshot {number} was opened to be read"):
                past.publish(plain, rows(1))
    assert counts == {1: 1, 2: 3}
    with pytest.raises(StoreError, match="there is no snapshot 9: the store has 0 to 3"):
        catalogdb.open(store.path, snapshot=9)


def test_refresh_shows_what_others_published_and_results_keep_theirs(store: Store, plain: Table) -> None:
    store.publish(plain, rows(2))
    with catalogdb.open(store.path) as reader:
        result = reader.sql("SELECT count(*) FROM catalogs.plain")
        store.publish(plain, rows(5), mode="replace")
        assert reader.sql("SELECT count(*) FROM catalogs.plain").fetchall() == [(2,)]
        reader.refresh()
        assert reader.snapshot == 2
        assert reader.sql("SELECT count(*) FROM catalogs.plain").fetchall() == [(5,)]
        assert result.fetchall() == [(2,)]


def test_threads_may_share_a_store_that_publishes(store: Store, plain: Table) -> None:
    store.publish(plain, rows(3000))
    stop = threading.Event()

    def read() -> int:
        reads = 0
        while not stop.is_set() or reads == 0:
            assert store.sql("SELECT count(*), min(source_id) FROM catalogs.plain").fetchall() == [(3000, 0)]
            reads += 1
        return reads

    with ThreadPoolExecutor(3) as pool:
        reading = [pool.submit(read) for _ in range(3)]
        try:
            for _ in range(3):
                store.publish(plain, rows(3000), mode="replace")
        finally:
            stop.set()
        assert all(future.result(timeout=30) > 0 for future in reading)


def test_rename_and_drop(store: Store, plain: Table) -> None:
    ingest = catalogdb.Ingest(file="a.dat", rows_read=3, rows_kept=2, rows_rejected=1)
    store.publish(plain, rows(2), ingests=[ingest])
    store.publish(named(plain, "taken"), rows(1))
    with pytest.raises(TableExists, match="catalogs.taken exists already"):
        store.rename("plain", "taken")
    with pytest.raises(
        SchemaError, match="table 'Bad' names are lower case|table 'Bad': names are lower case"
    ):
        store.rename("plain", "Bad")
    with pytest.raises(TableExists, match="catalogs.plain exists already"):
        store.rename("plain", "plain")
    with pytest.raises(SchemaError, match="schema '': names are lower case"):
        store.rename("plain", "../../plain")
    assert not list(store.path.parent.rglob("plain*.lock"))
    with pytest.raises(SchemaError, match="the schema main is not for tables"):
        store.rename("plain", "main.x")
    store.rename("plain", "mine.fresh")
    assert values(store, "mine.fresh") == [0, 1]
    assert store.table("fresh") == named(plain, "fresh", "mine")
    assert store.sql("SELECT table_name, rows_kept FROM provenance.ingests").fetchall() == [("mine.fresh", 2)]
    store.drop("fresh")
    assert [table.name for table in store.tables()] == ["taken"]
    with pytest.raises(TableNotFound, match="no table fresh"):
        store.drop("fresh")
    with pytest.raises(QueryError, match="fresh"):
        store.sql("FROM mine.fresh")
    assert store.check().orphans == ()


def test_drop_waits_for_no_writer(store: Store, plain: Table) -> None:
    store.publish(plain, rows(2))
    with (
        store.writer(plain, mode="append"),
        pytest.raises(StoreBusy, match="catalogs.plain is being written"),
    ):
        store.drop("plain")


def test_a_run_is_recorded_once_with_what_it_read_and_wrote(store: Store, plain: Table) -> None:
    store.publish(plain, rows(2))
    run = store.start_run("acceleration", {"weighting": "gls"}, seed=4, inputs=["plain"])
    assert run.run_id.startswith("acceleration-")
    for name in ("a", "b"):
        store.publish(named(plain, name, "results"), rows(1), part=run.run_id, run=run)
    found = store.sql(
        "SELECT run_id, analysis, settings, seed, inputs, outputs, input_snapshot FROM provenance.runs"
    )
    part = store.info("plain").parts[0].file
    assert found.fetchall() == [
        (
            run.run_id,
            "acceleration",
            '{"weighting": "gls"}',
            4,
            f'["{part}"]',
            '["results.a", "results.b"]',
            1,
        )
    ]


def test_the_folder_of_spilled_data_goes_with_the_store(store: Store, plain: Table) -> None:
    assert store.sql("SELECT 1").fetchall() == [(1,)]
    path = store.path
    store.close()
    del store
    gc.collect()
    assert shutil.disk_usage(path).free > 0
    assert list((path / "tmp").iterdir()) == []


def test_parts_are_files_that_older_duckdb_reads(store: Store, plain: Table) -> None:
    store.publish(plain, rows(2))
    path = store.path / store.info("plain").parts[0].file
    assert path.match("tables/catalogs/plain.*.duckdb")
    con = duckdb.connect(":memory:")
    con.execute(f"ATTACH '{path}' AS p (READ_ONLY)")
    ((tags,),) = con.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'p'").fetchall()
    ((comment,),) = con.execute(
        "SELECT comment FROM duckdb_columns() WHERE database_name = 'p' AND column_name = 'mag'"
    ).fetchall()
    con.close()
    assert "v1.4.0" in str(tags)
    assert comment == "Magnitude [mag]"
