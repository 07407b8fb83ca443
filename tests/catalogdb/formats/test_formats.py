"""Each format as other programs read it, what plain SQL can produce, and what happens half-way."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from astropy.io import fits
from astropy.table import Table as AstropyTable

from catalogdb.errors import DataError
from catalogdb.formats import FORMATS, CooSys, Field, Header, Info, Rows, TimeSys, find_format
from tests.catalogdb.formats.test_votable import EVERYTHING, asked, encoded, header_of, parsed

NAMES = [each.name for each in FORMATS]
STILTS = shutil.which("stilts")
needs_stilts = pytest.mark.skipif(STILTS is None, reason="stilts is not installed")

ODD = """
SELECT 170141183460469231731687303715884105727::HUGEINT % 1000 AS huge, 1.25::DECIMAL(10, 2) AS dec,
       255::UTINYINT AS ub, (-128)::TINYINT AS tb, 65535::USMALLINT AS us, 4294967295::UINTEGER AS ui,
       9223372036854775807::UBIGINT AS ul, '00000000-0000-0000-0000-000000000001'::UUID AS id,
       INTERVAL '1 month 2 days 3.5 seconds' AS took, DATE '2026-01-02' AS day, TIME '01:02:03' AS at,
       TIMESTAMPTZ '2026-01-02 03:04:05+01' AS zoned, {'a': 1, 'b': [1.5, 'nan'::DOUBLE]} AS struct,
       MAP {'k': 1} AS map, ['x', NULL] AS texts, [[1], NULL] AS nested, 'a'::ENUM('a', 'b') AS enum,
       '\\x41\\xFF'::BLOB AS bytes, NULL AS nothing, sum(1) AS total
"""
AS_TEXT = {
    "id": "00000000-0000-0000-0000-000000000001",
    "took": "P1M2DT3.5S",
    "day": "2026-01-02",
    "at": "01:02:03.000000",
    "zoned": "2026-01-02T02:04:05.000000",
    "enum": "a",
    "bytes": "41ff",
}
AS_NUMBER = {
    "huge": 727,
    "dec": 1.25,
    "ub": 255,
    "tb": -128,
    "us": 65535,
    "ui": 4294967295,
    "ul": 2**63 - 1,
    "total": 1,
}
AS_JSON = {
    "struct": {"a": 1, "b": [1.5, None]},
    "map": [["k", 1]],
    "texts": ["x", None],
    "nested": [[1], None],
}


def run_stilts(*words: str) -> str:
    run = subprocess.run([str(STILTS), *words], capture_output=True, check=False, timeout=120)
    told = run.stdout.decode(errors="replace") + run.stderr.decode(errors="replace")
    assert run.returncode == 0, told
    return told


@pytest.mark.parametrize("form", ["votable", "votable/td", "votable/b", "fits"])
def test_what_plain_sql_can_produce(form: str, tmp_path: Path) -> None:
    document = encoded(form, ODD, tmp_path)
    if form == "fits":
        table = AstropyTable.read(io.BytesIO(document), format="fits")
    else:
        table = parsed(document).get_first_table().to_table()
    (row,) = table
    assert {name: str(row[name]) for name in AS_TEXT} == AS_TEXT
    assert {name: row[name] for name in AS_NUMBER} == AS_NUMBER
    assert {name: json.loads(str(row[name])) for name in AS_JSON} == AS_JSON
    assert np.ma.is_masked(row["nothing"]) or np.isnan(row["nothing"])


def test_what_plain_sql_can_produce_in_json(tmp_path: Path) -> None:
    found = json.loads(encoded("json", ODD, tmp_path))
    row = dict(zip((each["name"] for each in found["metadata"]), found["data"][0], strict=True))
    assert row == AS_TEXT | AS_NUMBER | AS_JSON | {"nothing": None}


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_what_plain_sql_can_produce_in_columns(form: str, tmp_path: Path) -> None:
    document = encoded(form, ODD, tmp_path)
    if form == "arrow":
        table = pa.ipc.open_stream(document).read_all()
    else:
        table = pyarrow.parquet.read_table(io.BytesIO(document))
    (row,) = table.to_pylist()
    assert {name: row[name] for name in AS_NUMBER} == AS_NUMBER
    assert (row["took"], row["id"], row["bytes"]) == tuple(AS_TEXT[name] for name in ("took", "id", "bytes"))
    assert str(row["day"]) == "2026-01-02"
    assert json.loads(row["struct"]) == AS_JSON["struct"]


@pytest.mark.parametrize("form", NAMES)
def test_a_number_beyond_64_bits_is_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column x: an integer is beyond 64 bits .* CAST it to DOUBLE"):
        encoded(form, "SELECT 9223372036854775808::HUGEINT AS x", tmp_path)


@pytest.mark.parametrize(
    "value", ["'101'::BIT", "5::BIGNUM", "'10:00:00+02'::TIMETZ", f"{2**128 - 1}::UHUGEINT"]
)
def test_what_arrow_would_change_is_refused(value: str, tmp_path: Path) -> None:
    for form in NAMES:
        with pytest.raises(DataError, match="column x: .* CAST it to"):
            encoded(form, f"SELECT {value} AS x", tmp_path)


def test_times_without_end(tmp_path: Path) -> None:
    query = "SELECT 'infinity'::TIMESTAMP AS a, '-infinity'::TIMESTAMP AS b, '-infinity'::DATE AS c"
    assert json.loads(encoded("json", query, tmp_path))["data"] == [["infinity", "-infinity", "-infinity"]]


@pytest.mark.parametrize("form", NAMES)
def test_no_rows(form: str, tmp_path: Path) -> None:
    query = EVERYTHING.replace("range(50)", "range(0)")
    assert encoded(form, query, tmp_path)
    assert encoded(form, EVERYTHING if form != "fits" else "SELECT 1 AS a", tmp_path, 0)


@pytest.mark.parametrize("form", NAMES)
def test_an_error_among_the_rows_goes_through_and_leaves_nothing(form: str, tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": pa.array([1, 2, 3], pa.int32())})
        raise DataError("the disk is full")

    header = Header((Field(name="a", type="INTEGER"),))
    with pytest.raises(DataError, match="the disk is full"):
        b"".join(find_format(form).encode(header, Rows(batches()), folder=tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", NAMES)
def test_an_error_before_the_first_row_comes_before_the_first_byte(form: str, tmp_path: Path) -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": pa.array([], pa.int32())})
        raise DataError("the disk is full")

    header = Header((Field(name="a", type="INTEGER"),))
    given = find_format(form).encode(header, Rows(batches()), folder=tmp_path)
    with pytest.raises(DataError, match="the disk is full"):
        next(given)


@pytest.mark.parametrize("form", NAMES)
def test_a_client_may_leave_half_way(form: str, tmp_path: Path) -> None:
    asked_for = []

    def batches() -> Iterator[pa.RecordBatch]:
        for i in range(1000):
            asked_for.append(i)
            yield pa.record_batch({"a": pa.array(range(60_000), pa.int32())})

    header = Header((Field(name="a", type="INTEGER"),))
    given = find_format(form).encode(header, Rows(batches(), 300_000), folder=tmp_path)
    first = [next(given), next(given)]
    given.close()  # type: ignore[attr-defined]
    assert all(first)
    assert len(asked_for) <= (6 if form == "fits" else 5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", [name for name in NAMES if name != "fits"])
def test_rows_are_streamed(form: str, tmp_path: Path) -> None:
    """What comes out follows what goes in; FITS alone must know all rows first."""
    taken = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield pa.record_batch({"a": pa.array(np.random.default_rng(1).random(100_000))})

    header = Header((Field(name="a", type="DOUBLE"),))
    seen = [taken for _ in find_format(form).encode(header, Rows(batches()), folder=tmp_path)]
    assert len(seen) >= 20
    assert all(later - earlier <= 2 for earlier, later in zip(seen, seen[1:], strict=False))


SKY = """SELECT 10.5::DOUBLE AS ra, NULL::DOUBLE AS dec, 1::BIGINT AS id, 'é'::VARCHAR AS name,
    TIMESTAMP '2026-01-02' AS seen"""


def sky_header() -> Header:
    return Header(
        (
            Field(name="ra", type="DOUBLE", unit="deg", ucd="pos.eq.ra;meta.main", about="RA <&>", ref="sys"),
            Field(name="dec", type="DOUBLE", unit="deg", ucd="pos.eq.dec;meta.main", ref="sys"),
            Field(name="id", type="BIGINT", ucd="meta.id;meta.main", utype="a:b.c"),
            Field(name="name", type="VARCHAR", length=10),
            Field(name="seen", type="TIMESTAMP", xtype="timestamp", ref="time"),
        ),
        infos=(Info("QUERY", SKY), Info("citation", "2022A&A...616A...1G", ucd="meta.bib.bibcode")),
        coosys=(CooSys("sys", "ICRS", epoch="J2016.0"),),
        timesys=(TimeSys("time", "TCB", "BARYCENTER"),),
        description="A <table>",
        table_name="stars",
    )


def sky(form: str, tmp_path: Path) -> Path:
    path = tmp_path / f"sky{find_format(form).suffix}"
    rows = Rows(asked(SKY).to_arrow_reader())
    path.write_bytes(b"".join(find_format(form).encode(sky_header(), rows, folder=tmp_path)))
    return path


@needs_stilts
@pytest.mark.parametrize("form", ["votable", "votable/td", "votable/b"])
def test_votlint_has_nothing_to_say(form: str, tmp_path: Path) -> None:
    assert run_stilts("votlint", str(sky(form, tmp_path))) == ""
    path = tmp_path / "everything.vot"
    path.write_bytes(encoded(form, EVERYTHING, tmp_path, 30))
    assert run_stilts("votlint", str(path)) == ""
    columns = asked(EVERYTHING).columns
    nulls = ", ".join(f"CASE WHEN id % 2 = 1 THEN {name} END AS {name}" for name in columns)
    path.write_bytes(encoded(form, f"SELECT {nulls} FROM ({EVERYTHING})", tmp_path))
    assert run_stilts("votlint", str(path)) == ""


@needs_stilts
@pytest.mark.parametrize("form", ["votable", "votable/td", "votable/b", "fits"])
def test_stilts_reads_the_values(form: str, tmp_path: Path) -> None:
    query = EVERYTHING.replace("'Mø𝄞' || i AS u,", "")
    path = tmp_path / f"in{find_format(form).suffix}"
    path.write_bytes(encoded(form, query, tmp_path))
    columns = "id s n d f b t ts h dec ub ui day lt"
    out = run_stilts("tpipe", f"in={path}", f"cmd=keepcols '{columns}'", "ofmt=csv")
    found = list(csv.DictReader(io.StringIO(out)))
    relation = asked(query)
    assert len(found) == 50
    for row, values in zip(found, relation.fetchall(), strict=True):
        expected = dict(zip(relation.columns, values, strict=True))
        for name in ("id", "s", "n", "h", "ub", "ui"):
            assert int(row[name]) == expected[name]
        assert (float(row["d"]), float(row["f"])) == (expected["d"], expected["f"])
        assert float(row["dec"]) == float(expected["dec"])
        assert row["b"] == str(expected["b"]).lower()
        assert (row["t"], row["lt"], row["day"]) == (expected["t"], '["x", null]', "2026-01-02")
        assert row["ts"] == f"{expected['ts'].isoformat()}.000000"


@needs_stilts
@pytest.mark.parametrize("form", ["votable", "fits"])
def test_stilts_knows_units_ucds_and_descriptions(form: str, tmp_path: Path) -> None:
    query = SKY.replace("'é'", "'e'")
    path = tmp_path / f"in{find_format(form).suffix}"
    rows = Rows(asked(query).to_arrow_reader())
    path.write_bytes(b"".join(find_format(form).encode(sky_header(), rows, folder=tmp_path)))
    out = run_stilts("tpipe", f"in={path}", "cmd=meta name units ucd utype description", "ofmt=csv")
    rows_told = {row["Name"]: row for row in csv.DictReader(io.StringIO(out))}
    assert rows_told["ra"] == {
        "Name": "ra",
        "Units": "deg",
        "UCD": "pos.eq.ra;meta.main",
        "Utype": "",
        "Description": "RA <&>",
    }
    assert rows_told["id"]["Utype"] == "a:b.c"


def test_astropy_reads_voparquet(tmp_path: Path) -> None:
    path = sky("parquet", tmp_path)
    with pytest.warns(UserWarning, match="No table::len"):
        table = AstropyTable.read(path, format="parquet.votable")
    assert str(table["ra"].unit) == "deg"
    assert table["ra"].meta["ucd"] == "pos.eq.ra;meta.main"
    assert table["ra"].description == "RA <&>"
    assert [table[name][0] for name in ("ra", "id", "name", "seen")] == [
        10.5,
        1,
        "é",
        "2026-01-02T00:00:00.000000",
    ]
    assert np.isnan(table["dec"][0])
    query = "SELECT CASE WHEN i > 0 THEN 'a' || i END AS name, [i, 1]::DOUBLE[2] AS p FROM range(3) t(i)"
    path.write_bytes(encoded("parquet", query, tmp_path))
    with pytest.warns(UserWarning, match="No table::len"):
        table = AstropyTable.read(path, format="parquet.votable")
    assert list(table["name"]) == ["", "a1", "a2"]
    assert table["p"].tolist() == [[0, 1], [1, 1], [2, 1]]


def test_the_votable_in_parquet_is_whole(tmp_path: Path) -> None:
    told = pyarrow.parquet.ParquetFile(sky("parquet", tmp_path)).metadata.metadata
    assert told[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    table = parsed(told[b"IVOA.VOTable-Parquet.content"]).get_first_table()
    fields = {each.name: (each.datatype, each.arraysize, each.xtype) for each in table.fields}
    assert fields["name"] == ("unicodeChar", "1*", None)
    assert fields["seen"] == ("char", "26*", "timestamp")
    schema = pyarrow.parquet.read_schema(sky("parquet", tmp_path))
    assert schema.field("ra").metadata[b"ucd"] == b"pos.eq.ra;meta.main"


def test_fits_keeps_the_extremes_beside_nulls(tmp_path: Path) -> None:
    """With both ends of a type among the values, another one stands for NULL, or the type gets wider."""
    query = """SELECT CASE WHEN i < 65536 THEN i - 32768 END::SMALLINT AS full,
        CASE i WHEN 0 THEN -9223372036854775808 WHEN 1 THEN 9223372036854775807 WHEN 2 THEN 5 END::BIGINT
        AS big FROM range(65600) t(i)"""
    document = encoded("fits", query, tmp_path)
    with fits.open(io.BytesIO(document)) as file:
        assert file[1].columns["full"].format == "J"
        table = AstropyTable.read(file)
    assert table["full"].mask.sum() == 64
    assert table["full"][:65536].tolist() == list(range(-32768, 32768))
    assert table["big"][:3].tolist() == [-(2**63), 2**63 - 1, 5]
    assert table["big"].mask[3:].all()


def test_fits_refuses_what_it_has_not(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="FITS has ASCII alone, and column x has other characters"):
        encoded("fits", "SELECT 'Møller' AS x", tmp_path)
    with pytest.raises(DataError, match="large whole numbers in the lists of column x"):
        encoded("fits", "SELECT [9007199254740993, NULL]::BIGINT[] AS x", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_fits_texts_of_very_different_lengths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalogdb.formats.fits_columns._FEW", 1000)
    query = "SELECT repeat('x', CASE WHEN i = 3 THEN 5000 ELSE i END) AS t, [i] AS l FROM range(9) t(i)"
    with fits.open(io.BytesIO(encoded("fits", query, tmp_path))) as file:
        assert file[1].columns["t"].format == "1PA(5000)"
        assert [len(each) for each in file[1].data["t"]] == [0, 1, 2, 5000, 4, 5, 6, 7, 8]
        assert [each.tolist() for each in file[1].data["l"]] == [[i] for i in range(9)]


def test_lists_of_one_length(tmp_path: Path) -> None:
    uneven = "SELECT unnest([[1.0, 2.0], [1.0]])::DOUBLE[] AS p"
    with pytest.raises(DataError, match="column p: not all of its lists have 2 elements"):
        encoded("votable", uneven, tmp_path)
    for form in ("votable", "votable/td", "votable/b"):
        table = parsed(encoded(form, "SELECT [1, 2]::INTEGER[2] AS a", tmp_path)).get_first_table()
        assert table.fields[0].arraysize == "2"
        assert table.array["a"].tolist() == [[1, 2]]


class Cells(HTMLParser):
    """The texts of the elements of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[list[str]] = []
        self.is_cell = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "tr":
            self.found.append([])
        if tag in ("td", "th"):
            self.found[-1].append("")
            self.is_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.is_cell = self.is_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self.is_cell:
            self.found[-1][-1] += data


def test_html(tmp_path: Path) -> None:
    query = "SELECT '<script>&' AS a, NULL::INTEGER AS b, 1.5::DOUBLE AS c FROM range(3)"
    page = encoded("html", query, tmp_path, 2).decode()
    cells = Cells()
    cells.feed(page)
    assert cells.found == [["a", "b", "c"], *[["<script>&", "", "1.5"]] * 2]
    assert "There are more rows" in page
    assert "<script>" not in page


def test_text(tmp_path: Path) -> None:
    query = "SELECT 'a\nb' AS words, NULL::INTEGER AS b, i * 1.5::DOUBLE AS number FROM range(3) t(i)"
    assert encoded("text", query, tmp_path, 2).decode().splitlines() == [
        "words  b  number",
        "-----  -  ------",
        "a b            0",
        "a b          1.5",
        "There are more rows: this result is cut at the most that was asked for or may be given.",
    ]


def test_tsv(tmp_path: Path) -> None:
    query = "SELECT 'a\tb\nc' AS \"x\ty\", NULL AS n, 'inf'::DOUBLE AS i"
    assert encoded("tsv", query, tmp_path).decode() == "x y\tn\ti\na b c\t\tinf\n"


def test_csv(tmp_path: Path) -> None:
    query = 'SELECT \'a,"b"\' AS "x""y", \'\' AS e, NULL::VARCHAR AS n, [1, NULL] AS l, true AS b'
    expected = '"x""y","e","n","l","b"\r\n"a,""b""","",,"[1, null]",true\r\n'
    assert encoded("csv", query, tmp_path).decode() == expected


def test_json_says_where_it_was_cut(tmp_path: Path) -> None:
    found = json.loads(
        encoded("json", "SELECT 'a\x01\"' AS t, 'nan'::DOUBLE AS n FROM range(2)", tmp_path, 1)
    )
    assert found["data"] == [['a\x01"', None]]
    assert found["info"] == [{"name": "QUERY_STATUS", "value": "OVERFLOW"}]


def test_header_and_rows_agree() -> None:
    relation = duckdb.sql("SELECT 1 AS a")
    with pytest.raises(ValueError, match="zip"):
        b"".join(
            find_format("csv").encode(
                Header((*header_of(relation).fields, Field(name="b", type="DOUBLE"))),
                Rows(relation.to_arrow_reader()),
                folder=Path(),
            )
        )


def test_what_is_said_of_a_result_goes_along(tmp_path: Path) -> None:
    infos = (
        Info("QUERY", "SELECT é\n1"),
        Info("source", "a", "first"),
        Info("source", "b"),
        Info("snapshot", "7"),
    )
    parts = {
        form: encoded(form, "SELECT 1 AS a", tmp_path, infos=infos) for form in ("fits", "arrow", "parquet")
    }
    header = fits.getheader(io.BytesIO(parts["fits"]), 1)
    assert (header["QUERY"], header["SOURCE"], header["SNAPSHOT"]) == ("SELECT ? 1", "a: first", 7)
    assert list(header["HISTORY"]) == ["source: b"]
    expected = {b"QUERY": "SELECT é\n1".encode(), b"source": b"a: first\nb", b"snapshot": b"7"}
    assert pa.ipc.open_stream(parts["arrow"]).schema.metadata == expected
    assert pyarrow.parquet.read_schema(io.BytesIO(parts["parquet"])).metadata == expected
