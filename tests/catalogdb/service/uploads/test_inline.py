"""Tables in the body of a request: how UPLOAD names them, kinds of files, limits and errors."""

from __future__ import annotations

import bz2
import gzip
import io
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import pyvo
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

import catalogdb
from tests.catalogdb.service.conftest import STARS, Serve, Server
from tests.catalogdb.service.uploads.sending import csv, document, parsed, send

ALL = "SELECT * FROM TAP_UPLOAD.t"
TABLE = Table({"id": [1, 2, 3], "ra": [10.5, np.nan, 30.25], "name": ["a", "b", "ç"]})
ROWS = [["id", "ra", "name"], ["1", "10.5", "a"], ["2", "", "b"], ["3", "30.25", "ç"]]


def _parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({name: TABLE[name].tolist() for name in TABLE.colnames}), out)
    return out.getvalue()


def _fits(table: Table) -> bytes:
    out = io.BytesIO()
    plain = table.copy()
    if "name" in plain.colnames:
        plain["name"] = [b"a", b"b", "ç".encode()]
    plain.write(out, format="fits")
    return out.getvalue()


def _text(delimiter: str) -> bytes:
    return "\n".join(delimiter.join(row) for row in ROWS).encode()


FILES = {
    "tabledata": document(TABLE),
    "binary": document(TABLE, "binary"),
    "binary2": document(TABLE, "binary2"),
    "fits": _fits(TABLE),
    "parquet": _parquet(),
    "csv": _text(","),
    "tsv": _text("\t"),
    "semicolons": _text(";"),
}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
@pytest.mark.parametrize("kind", FILES)
def test_the_kind_of_file_is_seen_by_its_content(server: Server, kind: str, pack: object) -> None:
    assert callable(pack)
    assert csv(send(server, ALL, pack(FILES[kind]), FORMAT="csv")) == ROWS


def test_pyvo_uploads_and_joins(server: Server) -> None:
    service = pyvo.dal.TAPService(server.tap)
    query = """SELECT s.source_id, m.id FROM stars s JOIN tap_upload.mine m ON s.source_id = m.id * 10
        ORDER BY m.id"""
    found = service.run_sync(query, uploads={"mine": TABLE})
    assert found["source_id"].tolist() == [10, 20, 30]
    assert found["id"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "upload",
    [
        ["a,param:p1", "b,param:p2"],
        ["a,param:p1;b,param:p2"],
        [" a , param:p1 ; b , param:p2 ;"],
        ["A,param:P1;B,PARAM:P2"],
        ["tap_upload.a,param:p1;TAP_UPLOAD.b,param:p2"],
    ],
)
def test_several_tables(server: Server, upload: list[str]) -> None:
    form = {
        "LANG": "ADQL",
        "QUERY": "SELECT a.x, b.y FROM TAP_UPLOAD.a JOIN tap_upload.B AS b ON a.x = b.x ORDER BY 1",
        "FORMAT": "csv",
        "upload": upload,
    }
    files = {"p1": ("1", b"x,z\n1,1\n2,2\n"), "p2": ("2", b"x,y\n1,5\n2,6\n")}
    response = httpx.post(f"{server.tap}/sync", data=form, files=files, timeout=60)
    assert csv(response) == [["x", "y"], ["1", "5"], ["2", "6"]]


def test_a_part_without_a_file_name_is_a_table_too(server: Server) -> None:
    form = {"LANG": (None, "ADQL"), "QUERY": (None, ALL), "FORMAT": (None, "csv")}
    files = form | {"UPLOAD": (None, "t,param:mine"), "mine": (None, "x\n1\n")}
    response = httpx.post(f"{server.tap}/sync", files=files, timeout=60)  # type: ignore[arg-type]
    assert csv(response) == [["x"], ["1"]]


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        ("t", "it is NAME,param:PART"),
        ("t,", "it is NAME,param:PART"),
        ("1t,param:part", "'1t' is no name of a table"),
        ("a b,param:part", "'a b' is no name of a table"),
        ("a.b,param:part", "'a.b' is no name of a table"),
        (",param:part", "'' is no name of a table"),
        ('t" DROP TABLE x --,param:part', "is no name of a table"),
        ("t,param:other", "the request has no part 'other' for table t"),
        ("t,param:part;T,param:part", "UPLOAD names two tables T"),
        ("t,file:///etc/passwd", "tables come by http:, https:, or with the request"),
        ("t,ftp://example.org/x", "tables come by http:, https:, or with the request"),
        (";".join(f"t{i},param:part" for i in range(101)), "100 are the most"),
    ],
)
def test_what_upload_may_not_say(server: Server, upload: str, said: str) -> None:
    response = send(server, ALL, b"x\n1\n", UPLOAD=upload)
    assert response.status_code == 400
    assert 'value="ERROR"' in response.text
    assert said in response.text.replace("&gt;", ">")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "uploaded table t is empty"),
        (b"hello", "uploaded table t: it is none of VOTable, FITS"),
        (b"one two three\nfour", "uploaded table t: it is none of VOTable, FITS"),
        (bytes(range(256)) * 9, "uploaded table t: it is none of VOTable, FITS"),
        (b"a,b\n1,2\n3\n", "uploaded table t, line 3: 1 fields stand where 2 are expected"),
        (b"a,a\n1,2\n", "names two columns 'a'"),
        (b"1,2\n3,4\n", "numbers stand where the names of columns should"),
        (b"<html><p>sorry</html>", "uploaded table t, line 1: it is no VOTable"),
        (b"<VOTABLE></VOTABLE>", "uploaded table t: it has no table"),
        (document(TABLE)[:-60], "it ends too early"),
        (document(TABLE).replace(b">3<", b">many<"), "row 3: field id: 'many' is no long"),
        (document(TABLE).replace(b'name="ra"', b'name="id"'), "it has two columns 'id'"),
        (FILES["parquet"][:-40], "uploaded table t: it is no Parquet file"),
        (_fits(Table({"x": np.arange(2000)}))[:-4000], "is truncated"),
        (gzip.compress(FILES["csv"], mtime=0)[:-9], "can not be decompressed to its end"),
        (gzip.compress(gzip.compress(FILES["csv"], mtime=0), mtime=0), "it is compressed twice"),
    ],
)
def test_what_is_no_table_is_told(server: Server, body: bytes, said: str) -> None:
    response = send(server, ALL, body)
    assert response.status_code == 400
    assert said in response.text
    assert "/tmp" not in response.text


def test_a_table_lasts_as_long_as_its_query(server: Server) -> None:
    assert send(server, ALL, b"x\n1\n").status_code == 200
    for _ in range(4):
        response = server.sync(ALL)
        assert response.status_code == 400
        assert "there is no table TAP_UPLOAD.t" in response.text
        assert send(server, "SELECT nothing FROM TAP_UPLOAD.t", b"x\n1\n").status_code == 400


def test_its_files_are_gone_after_the_query(server: Server) -> None:
    send(server, ALL, gzip.compress(FILES["csv"]))
    assert not [path for path in (server.store / "tmp").rglob("upload.*")]


def test_limits_of_rows_and_bytes(serve: Serve, tmp_path: Path) -> None:
    catalogdb.open(tmp_path / "sky", create=True).close()
    with serve(tmp_path / "sky", serve_workers=2, serve_upload_rows=1000, serve_upload_size="1MB") as server:
        column = "x\n" + "1\n" * 1000
        assert csv(send(server, "SELECT count(*) AS n FROM tap_upload.t", column.encode(), FORMAT="csv")) == [
            ["n"],
            ["1000"],
        ]
        response = send(server, ALL, (column + "1\n").encode())
        assert response.status_code == 400
        assert "uploaded table t: it has more than 1,000 rows" in response.text
        response = send(server, ALL, b"x\n" + b"1" * 4_000_000)
        assert response.status_code == 413
        assert "larger than" in response.text
        response = send(server, ALL, gzip.compress(b"x\n" + b"1" * 40_000_000))
        assert response.status_code == 400
        assert "uploaded table t: decompressed it is larger than 4 MB" in response.text


def test_maxrec_and_the_source_are_told(server: Server) -> None:
    response = send(server, ALL, FILES["csv"], MAXREC="1")
    assert len(parsed(response).array) == 1
    assert 'value="OVERFLOW"' in response.text
    assert 'name="source_table" value="tap_upload.t"' in response.text


def test_positions_are_not_said_to_be_on_the_icrs(server: Server) -> None:
    table = document(Table({"ra": [1.0]}), ra={"ucd": "pos.eq.ra"})
    assert "COOSYS" not in send(server, ALL, table).text
    joined = "SELECT s.ra, t.ra AS r FROM stars AS s, TAP_UPLOAD.t AS t WHERE s.source_id < 5"
    fields = {field.name: field.ref for field in parsed(send(server, joined, table)).fields}
    assert fields == {"ra": "icrs", "r": None}
    assert STARS >= 5


@pytest.mark.parametrize(
    "condition",
    [
        "DISTANCE(t.l, t.b, s.ra, s.dec) < 3",
        "DISTANCE(POINT(s.ra, s.dec), POINT(t.l, t.b)) < 3",
        "CONTAINS(POINT('ICRS', s.ra, s.dec), CIRCLE('ICRS', t.l, t.b, 3)) = 1",
        "1 = CONTAINS(POINT(t.l, t.b), CIRCLE(s.ra, s.dec, 3))",
        "INTERSECTS(CIRCLE(t.l, t.b, 1), CIRCLE(s.ra, s.dec, 2)) = 1",
    ],
)
def test_joins_by_position_find_what_astropy_finds(server: Server, condition: str) -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(0, 360, 100), np.degrees(np.arcsin(rng.uniform(-1, 1, 100)))
    lon[:3], lat[:3] = [0.0, 359.999, 12.0], [0.0, 89.999, -90.0]
    sent = Table({"n": np.arange(100), "l": lon, "b": lat})
    query = f"SELECT t.n, s.source_id FROM TAP_UPLOAD.t AS t JOIN stars AS s ON {condition}"
    found = csv(send(server, query, document(sent, "binary2"), FORMAT="csv"))[1:]
    i = np.arange(STARS)
    stars = SkyCoord((i * 137.50776405) % 360, np.degrees(np.arcsin(-1 + (2 * i + 1) / STARS)), unit="deg")
    near = SkyCoord(lon, lat, unit="deg")[:, None].separation(stars[None, :]).deg < 3
    assert near.sum() > 100
    assert {(int(n), int(s)) for n, s in found} == set(
        zip(*map(np.ndarray.tolist, near.nonzero()), strict=True)
    )


def test_the_larger_table_may_be_the_uploaded_one(server: Server) -> None:
    rng = np.random.default_rng(4)
    n = 3 * STARS
    lon, lat = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    query = """SELECT t.n, s.source_id FROM TAP_UPLOAD.t AS t
        JOIN stars AS s ON DISTANCE(t.l, t.b, s.ra, s.dec) < 0.2 ORDER BY 1, 2"""
    body = document(Table({"n": np.arange(n), "l": lon, "b": lat}), "binary2")
    found = csv(send(server, query, body, FORMAT="csv"))[1:]
    i = np.arange(STARS)
    stars = SkyCoord((i * 137.50776405) % 360, np.degrees(np.arcsin(-1 + (2 * i + 1) / STARS)), unit="deg")
    here, there, _, _ = stars.search_around_sky(SkyCoord(lon, lat, unit="deg"), 0.2 * u.deg)
    expected = sorted(zip(here.tolist(), there.tolist(), strict=True))
    assert len(expected) > 100
    assert [(int(a), int(b)) for a, b in found] == expected


@pytest.mark.parametrize(
    ("query", "form", "said"),
    [
        ("SELECT * FROM TAP_UPLOAD.t", "fits", "FITS has ASCII alone"),
        (
            "SELECT CAST(name AS INTEGER) AS n FROM TAP_UPLOAD.t",
            "csv",
            "Could not convert string 'a' to INT32",
        ),
    ],
)
def test_what_fails_half_way_is_told_as_it_is_and_leaves_nothing(
    server: Server, query: str, form: str, said: str
) -> None:
    failed = send(server, query, FILES["csv"], FORMAT=form)
    assert failed.status_code == 400
    assert said in failed.text
    assert "TAP_UPLOAD" not in failed.text.upper()
    assert len(csv(send(server, ALL, FILES["csv"], FORMAT="csv"))) == 4
