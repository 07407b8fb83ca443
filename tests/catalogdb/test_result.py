"""What a Result knows of its columns, and every form its rows can take."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import json
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from astropy.io import fits
from astropy.table import Table as AstropyTable

import catalogdb
from catalogdb import CatalogError, Column, Result, Store, Table
from catalogdb.errors import DataError, QueryError, SettingError, StoreError
from catalogdb.output import FORMATS

MIXED = """
SELECT source_id, mag, source_id % 2 = 0 AS even, 'star ' || source_id AS label,
       TIMESTAMP '2026-01-02 03:04:05.5' AS seen, [source_id, 2] AS pair, 1.5 AS dec_number
FROM catalogs.plain ORDER BY source_id
"""


@pytest.fixture
def filled(store: Store, plain: Table, stars: Table) -> Store:
    store.publish(plain, "SELECT range AS source_id, CASE WHEN range > 0 THEN range END AS mag FROM range(4)")
    store.publish(stars, "SELECT 1 AS source_id, 2.0 AS ra, 3.0 AS dec, 4 AS hpx29, 5 AS mag")
    return store


def units(result: Result) -> list[str | None]:
    return [column.unit for column in result.columns]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM catalogs.stars", [None, "deg", "deg", "", "mag"]),
        ("FROM catalogs.stars SELECT mag, ra", ["mag", "deg"]),
        ("SELECT MAG AS brightness FROM catalogs.STARS", ["mag"]),
        (
            "SELECT s.* FROM catalogs.stars AS s JOIN catalogs.plain AS p USING (source_id)",
            [None, "deg", "deg", "", "mag"],
        ),
        ("SELECT p.mag, s.ra FROM catalogs.stars s, catalogs.plain p", ["mag", "deg"]),
        (
            "SELECT * FROM catalogs.plain JOIN catalogs.stars USING (source_id)",
            [None, "mag", "deg", "deg", "", "mag"],
        ),
        ("SELECT * EXCLUDE (ra) FROM catalogs.stars", [None, "deg", "", "mag"]),
        ("SELECT * REPLACE (ra * 3600 AS ra) FROM catalogs.stars", [None, None, "deg", "", "mag"]),
        ("WITH q AS (SELECT mag AS m FROM catalogs.plain) SELECT m, m + 1 FROM q", ["mag", None]),
        ("WITH q(x, y) AS (SELECT * FROM catalogs.plain) SELECT y FROM q", ["mag"]),
        ("SELECT a FROM (SELECT ra AS a, mag FROM catalogs.stars) ORDER BY a LIMIT 1", ["deg"]),
        ("SELECT mag FROM catalogs.plain UNION ALL SELECT mag FROM catalogs.stars", ["mag"]),
        ("SELECT mag FROM catalogs.plain UNION ALL SELECT ra FROM catalogs.stars", [None]),
        ("SELECT ra * 3600 AS ra, max(mag) AS mag FROM catalogs.stars GROUP BY ra", [None, None]),
        ("SELECT seconds FROM provenance.ingests", ["s"]),
        ("SELECT $x AS mag", [None]),
        ("SELECT mag FROM query_table('catalogs.plain')", [None]),
        ("PIVOT catalogs.plain ON mag USING count(*)", [None] * 4),
        ("SHOW TABLES", [None]),
        ("SELECT mag FROM other.catalogs.stars", [None]),
        ("SELECT mag FROM memory.catalogs.stars", ["mag"]),
        (
            "SELECT * FROM (SELECT mag AS x FROM catalogs.plain) FULL JOIN "
            "(SELECT ra AS x FROM catalogs.stars) USING (x)",
            [None],
        ),
        (
            "SELECT x FROM (SELECT mag AS x FROM catalogs.plain) FULL JOIN "
            "(SELECT ra AS x FROM catalogs.stars) USING (x)",
            [None],
        ),
        ("SELECT * FROM catalogs.stars SEMI JOIN catalogs.plain USING (source_id)", [None] * 5),
        ("SELECT * LIKE 'r%' FROM catalogs.stars", [None]),
        ("SELECT mag FROM catalogs.plain UNION ALL BY NAME SELECT mag FROM catalogs.stars", ["mag"]),
    ],
)
def test_units_follow_plain_columns_and_nothing_else(
    filled: Store, tmp_path: Path, query: str, expected: list[str | None]
) -> None:
    # A database of the user's own, with a table of the same name and other units.
    with duckdb.connect(tmp_path / "other.duckdb") as other:
        other.execute("CREATE SCHEMA catalogs; CREATE TABLE catalogs.stars AS SELECT 1 AS mag")
    filled.sql(f"ATTACH '{tmp_path}/other.duckdb' AS other (READ_ONLY)")
    assert units(filled.sql(query, {"x": 1} if "$x" in query else None)) == expected


def test_columns_carry_ucd_and_description(filled: Store) -> None:
    (column,) = filled.sql("SELECT ra FROM catalogs.stars").columns
    assert dataclasses.astuple(column) == (
        "ra",
        "DOUBLE",
        "deg",
        "pos.eq.ra;meta.main",
        "Right ascension (ICRS) at ref_epoch",
    )


def test_provenance_names_the_snapshot_the_query_and_its_tables(filled: Store, tmp_path: Path) -> None:
    query = (
        "SELECT mag\nFROM catalogs.stars WHERE source_id IN (SELECT source_id FROM catalogs.plain) AND 1 = $x"
    )
    result = filled.sql(query, {"x": 1})
    found = result.provenance
    assert (found.query, found.parameters, found.snapshot) == (query, {"x": 1}, 2)
    assert (found.store, found.tables) == (str(filled.path), ("catalogs.plain", "catalogs.stars"))
    assert result.table().meta == {"query": query, "snapshot": 2}
    result.write(tmp_path / "x.fits")
    assert fits.getheader(tmp_path / "x.fits", 1)["SNAPSHOT"] == 2
    result.write(tmp_path / "x.parquet")
    assert pyarrow.parquet.read_schema(tmp_path / "x.parquet").metadata[b"query"] == query.encode()


def test_a_caller_may_describe_what_the_query_does_not_tell(filled: Store) -> None:
    separation = Column(
        name="separation", type="DOUBLE", ucd="pos.angDistance", unit="arcsec", about="Distance"
    )
    described = {"separation": separation}
    result = filled.sql("SELECT 1.0::DOUBLE AS separation, 2 AS x", described=described)
    assert units(result) == ["arcsec", None]


def test_rows_in_every_form(filled: Store) -> None:
    result = filled.sql(MIXED)
    assert (result.rows, len(result)) == (4, 4)
    first = result.fetchall()[0]
    assert first[:4] == (0, None, True, "star 0")
    assert [row[0] for row in result] == [0, 1, 2, 3]
    assert result.arrow().column_names[:2] == ["source_id", "mag"]
    assert list(result.df()["source_id"]) == [0, 1, 2, 3]
    assert result.pl()["mag"].null_count() == 1
    assert "star 3" in str(result)


def test_batches_stream_without_holding_all(filled: Store) -> None:
    result = filled.sql("SELECT range AS i FROM range(10000)")
    sizes = [batch.num_rows for batch in result.batches(3000)]
    assert sum(sizes) == 10000
    assert max(sizes) <= 3000
    assert result.arrow().num_rows == 10000
    assert sum(batch.num_rows for batch in result.batches(3000)) == 10000


def test_the_astropy_table_has_units_ucds_and_masks(filled: Store) -> None:
    table = filled.sql(MIXED).table()
    assert str(table["mag"].unit) == "mag"
    assert table["mag"].description == "Magnitude"
    assert table["mag"].meta["ucd"] == "phot.mag"
    assert table["mag"].mask.tolist() == [True, False, False, False]
    assert table["source_id"].dtype == np.int64
    assert table["mag"].dtype == np.float32
    assert table["seen"][0] == "2026-01-02T03:04:05.500000"
    assert table["pair"].shape == (4, 2)
    assert table["dec_number"][0] == 1.5


def test_uneven_lists_and_empty_results_become_tables(filled: Store) -> None:
    table = filled.sql("SELECT unnest([[1], [1, 2], NULL]) AS x").table()
    assert [list(each) for each in table["x"].data.data] == [[1], [1, 2], []]
    assert table["x"].mask.tolist() == [False, False, True]
    empty = filled.sql(f"SELECT * FROM ({MIXED}) WHERE false").table()
    assert len(empty) == 0
    assert str(empty["mag"].unit) == "mag"


@pytest.mark.parametrize("form", ["csv", "parquet", "votable", "fits"])
def test_files_are_read_back_by_others(filled: Store, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"out.{'vot' if form == 'votable' else form}"
    assert filled.sql(MIXED).write(path) == path
    if form == "parquet":
        metadata = pyarrow.parquet.read_schema(path).field("mag").metadata
        assert metadata == {b"unit": b"mag", b"ucd": b"phot.mag", b"description": b"Magnitude"}
        found = AstropyTable(pyarrow.parquet.read_table(path).select(["source_id", "label"]).to_pydict())
    else:
        found = AstropyTable.read(path, format={"csv": "ascii.csv"}.get(form, form))
        assert found["mag"].mask.tolist() == [True, False, False, False]
        assert [str(value) for value in found["even"]] == ["True", "False", "True", "False"] or form == "csv"
    assert list(found["source_id"]) == [0, 1, 2, 3]
    assert [str(value) for value in found["label"]] == [f"star {i}" for i in range(4)]
    if form in ("votable", "fits"):
        assert str(found["mag"].unit) == "mag"
    if form == "votable":
        assert found["mag"].meta["ucd"] == "phot.mag"
        assert found["mag"].description == "Magnitude"
    if form == "fits":
        header = fits.getheader(path, 1)
        assert (header["TUCD2"], header["TCOMM2"]) == ("phot.mag", "Magnitude")
    assert list(tmp_path.glob(".*")) == []


EXTREMES = """
SELECT * FROM (VALUES
    (1, 9223372036854775807, true, 32767::SMALLINT, 'a', TIMESTAMP '0001-01-01', 1e308),
    (2, -9223372036854775808, false, (-32768)::SMALLINT, '', TIMESTAMP '9999-12-31 23:59:59.999999', 5e-324),
    (3, 999999, NULL, NULL, 'b ', TIMESTAMP '1969-12-31 23:59:59.5', 'inf'),
    (4, NULL, true, 16959, NULL, NULL, NULL)
) t(n, big, flag, small, label, seen, value)
"""


@pytest.mark.parametrize("form", ["votable", "fits", "parquet", "csv"])
def test_extremes_and_nulls_come_back_equal(filled: Store, tmp_path: Path, form: str) -> None:
    path = filled.sql(EXTREMES).write(tmp_path / "out", form)
    if form in ("parquet", "csv"):
        read = "read_csv" if form == "csv" else "read_parquet"
        found = duckdb.sql(f"SELECT big, flag, small, value FROM {read}('{path}')").fetchall()
    else:
        table = AstropyTable.read(path, format=form)
        columns = [table[name].tolist() for name in ("big", "flag", "small", "value")]
        found = list(zip(*columns, strict=True))
        # Neither format tells an empty text from none.
        assert [each.strip() for each in np.ma.filled(table["label"], "")] == ["a", "", "b", ""]
        assert np.ma.filled(table["seen"], "").tolist()[1::2] == ["9999-12-31T23:59:59.999999", ""]
    assert found[:3] == [
        (2**63 - 1, True, 32767, 1e308),
        (-(2**63), False, -32768, 5e-324),
        (999999, None, None, np.inf),
    ]
    assert found[3][:3] == (None, True, 16959)


def test_identifiers_beside_nulls_are_not_rounded_in_frames(filled: Store) -> None:
    result = filled.sql(EXTREMES)
    frame = result.df()
    assert frame["big"][0] == 2**63 - 1
    assert frame["big"].isna().tolist() == [False, False, False, True]
    assert str(frame["n"].dtype) == "int32"
    assert result.pl()["big"].to_list() == [2**63 - 1, -(2**63), 999999, None]
    assert filled.sql("SELECT sum(n) AS total FROM (VALUES (1), (2)) t(n)").df()["total"].dtype == np.int64


LISTS = """
SELECT * FROM (VALUES (NULL, [1::BIGINT]), ([1.5, NULL], [9223372036854775807, 2]), ([], [])) t(x, i)
"""


def test_lists_of_numbers_come_back_from_votable(filled: Store, tmp_path: Path) -> None:
    path = filled.sql("SELECT x::DOUBLE[] AS x, i FROM (" + LISTS + ")").write(tmp_path / "x.vot")
    table = AstropyTable.read(path, format="votable")
    assert [list(map(str, each)) for each in table["x"].data.data] == [[], ["1.5", "--"], []]
    assert [list(each) for each in table["i"]] == [[1], [2**63 - 1, 2], []]
    assert filled.sql("SELECT [1.5] AS x WHERE false").write(path) == path
    assert len(AstropyTable.read(path, format="votable")) == 0


def test_lists_become_json_in_csv(filled: Store, tmp_path: Path) -> None:
    query = "SELECT ['a\"', NULL] AS texts, [1, NULL] AS numbers, [TIMESTAMP '2026-01-02'] AS times"
    path = filled.sql(query).write(tmp_path / "x.csv")
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert [json.loads(each) for each in rows[1]] == [['a"', None], [1, None], ["2026-01-02 00:00:00"]]


@pytest.mark.parametrize("form", FORMATS)
def test_columns_of_one_name_are_told_apart(filled: Store, tmp_path: Path, form: str) -> None:
    query = "SELECT p.source_id, s.source_id, s.mag FROM catalogs.plain p JOIN catalogs.stars s USING (mag)"
    result = filled.sql(query.replace("USING (mag)", "ON true"))
    names = ["source_id", "source_id_1", "mag"]
    assert [column.name for column in result.columns] == names
    assert units(result) == [None, None, "mag"]
    assert result.arrow().column_names == result.empty().column_names == list(result.df()) == names
    assert next(filled.sql(result.query).batches()).schema.names == names
    assert result.write(tmp_path / "x", form).exists()


def test_text_is_written_whole(filled: Store, tmp_path: Path) -> None:
    filled.sql("SELECT range AS i FROM range(200)").write(tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text().split()[-1] == "199"


def test_parquet_and_arrow_keep_nulls_times_and_lists(filled: Store, tmp_path: Path) -> None:
    result = filled.sql("SELECT ['a', NULL] AS t, TIMESTAMP '2026-01-02' AS at, NULL::VARCHAR AS n, '' AS e")
    parquet = pyarrow.parquet.read_table(result.write(tmp_path / "x.parquet")).to_pylist()
    arrow = pa.ipc.open_stream(result.write(tmp_path / "x.arrow").read_bytes()).read_all().to_pylist()
    assert parquet == arrow == [{"t": ["a", None], "at": datetime.datetime(2026, 1, 2), "n": None, "e": ""}]


def test_a_failed_write_leaves_the_old_file(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")
    with pytest.raises(QueryError, match="Could not convert string 'x'"):
        filled.sql("SELECT CASE WHEN range < 5 THEN range ELSE 'x'::INT END AS i FROM range(9)").write(path)
    assert path.read_text() == "old"
    assert list(tmp_path.glob(".*")) == []


def test_output_that_can_not_be(filled: Store, tmp_path: Path) -> None:
    result = filled.sql("SELECT 1 AS x")
    with pytest.raises(DataError, match="FITS has ASCII alone, and column x has other characters"):
        filled.sql("SELECT 'Møller' AS x").write(tmp_path / "out.fits")
    with pytest.raises(DataError, match=r"an integer is beyond 64 bits .* CAST it to DOUBLE"):
        filled.sql("SELECT 12345678901234567890::UBIGINT AS x").write(tmp_path / "out.fits")
    assert list(tmp_path.glob("*out*")) == []
    with pytest.raises(SettingError, match=r"no format vottable; did you mean table, votable"):
        result.write(tmp_path / "x", "vottable")
    with pytest.raises(SettingError, match=r"x.dat: name a format \(table, csv"):
        result.write(tmp_path / "x.dat")
    with pytest.raises(StoreError, match="No such file or directory"):
        result.write(tmp_path / "nowhere" / "x.csv")


@pytest.mark.parametrize(("package", "call"), [("pandas", "df"), ("polars", "pl")])
def test_optional_packages_are_asked_for(
    filled: Store, monkeypatch: pytest.MonkeyPatch, package: str, call: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        CatalogError, match=rf"{package} is not installed: pip install 'catalogdb\[dataframes\]'"
    ):
        getattr(filled.sql("SELECT 1"), call)()


@pytest.mark.parametrize(
    ("query", "parameters", "message"),
    [
        ("SELEC 1", None, "syntax error"),
        ("SELECT * FROM catalogs.plane", None, "plane does not exist"),
        ("SELECT $x", None, "Values were not provided"),
        ("SELECT 1", {"x": 1}, "mismatch"),
        ("SELECT 1; DROP VIEW catalogs.plain", None, "one statement is expected"),
        ("CREATE TABLE results.wide AS SELECT 1 AS a", None, "makes nothing that lasts: .* ingest --table"),
        ("", None, "the query is empty"),
        (" ;\n-- nothing", None, "the query is empty"),
        ("INSERT INTO catalogs.plain VALUES (1, 2)", None, "not an table|view"),
    ],
)
def test_bad_queries_are_refused_at_once(
    filled: Store, query: str, parameters: dict[str, int] | None, message: str
) -> None:
    with pytest.raises(QueryError, match=message):
        filled.sql(query, parameters)


def test_statements_without_rows_give_an_empty_result(filled: Store) -> None:
    result = filled.sql("SET threads = 1")
    assert result.rows == 0
    assert result.fetchall() == []


def test_a_part_can_not_be_written_through_a_reader(filled: Store) -> None:
    alias = filled.info("plain").parts[0].alias
    with pytest.raises(QueryError, match="read-only"):
        filled.sql(f'DELETE FROM "{alias}".main.rows_').fetchall()
    assert catalogdb.check_store(filled.path).ok
