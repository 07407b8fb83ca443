"""Uploads that are meant to do harm: each is refused, and the service answers on."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import catalogdb
from tests.catalogdb.service.conftest import Serve, Server, fill, served
from tests.catalogdb.service.uploads.sending import csv, send

ALL = "SELECT * FROM TAP_UPLOAD.t"
TABLE = """<VOTABLE version="1.4"><RESOURCE><TABLE>
<FIELD name="x" datatype="char" arraysize="*"/><DATA><TABLEDATA><TR><TD>{}</TD></TR></TABLEDATA></DATA>
</TABLE></RESOURCE></VOTABLE>"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with small limits."""
    store = tmp_path_factory.mktemp("small") / "sky"
    with catalogdb.open(store, create=True) as made:
        fill(made, n=10)
    with served(store, serve_workers=2, serve_upload_size="20MB", serve_upload_rows=100_000) as running:
        yield running
        assert csv(running.sync("SELECT count(*) AS n FROM stars", FORMAT="csv")) == [["n"], ["10"]]


def _laughs() -> str:
    entities = ['<!ENTITY a0 "ha">', *(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))]
    return f"<!DOCTYPE VOTABLE [{''.join(entities)}]>"


@pytest.mark.parametrize(
    ("prolog", "cell"),
    [
        (_laughs(), "&a9;"),
        ('<!DOCTYPE VOTABLE [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "&e;"),
        ('<!DOCTYPE VOTABLE [<!ENTITY e SYSTEM "http://127.0.0.1:1/">]>', "&e;"),
        ('<!DOCTYPE VOTABLE [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]>', ""),
        ('<!DOCTYPE VOTABLE SYSTEM "http://127.0.0.1:1/VOTable.dtd">', ""),
        ("<!DOCTYPE VOTABLE>", ""),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_and_entities(small: Server, prolog: str, cell: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{prolog}{TABLE.format(cell)}'
    response = send(small, ALL, text.encode(encoding))
    assert response.status_code == 400
    assert "declares a document type (VOTABLE)" in response.text
    assert "root:" not in response.text


def test_an_entity_that_nobody_declared(small: Server) -> None:
    response = send(small, ALL, TABLE.format("&e;").encode())
    assert response.status_code == 400
    assert "undefined entity" in response.text


@pytest.mark.parametrize("href", ["file:///etc/passwd", "http://127.0.0.1:1/", "/etc/passwd"])
def test_a_stream_that_stands_elsewhere_is_not_fetched(small: Server, href: str) -> None:
    stream = f'<BINARY><STREAM href="{href}"/></BINARY>'
    text = TABLE.replace("<TABLEDATA><TR><TD>{}</TD></TR></TABLEDATA>", stream)
    response = send(small, ALL, text.encode())
    assert response.status_code == 400
    assert "its data stand apart" in response.text


def _zeros(size: int) -> bytes:
    """So many bytes of a VOTable, packed a thousand times smaller."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = TABLE.partition("{}")[0].encode()
    chunk = b"0" * (1 << 20)
    parts = [pack.compress(head), *(pack.compress(chunk) for _ in range(size >> 20)), pack.flush()]
    return b"".join(parts)


def test_a_bomb_of_gzip(small: Server) -> None:
    bomb = _zeros(1 << 30)
    assert len(bomb) < 2_000_000
    began = time.monotonic()
    response = send(small, ALL, bomb)
    assert response.status_code == 400
    assert "decompressed it is larger than 80 MB" in response.text
    assert time.monotonic() - began < 30
    assert not [path for path in (small.store / "tmp").rglob("*.plain")]


def test_a_bomb_of_parquet(small: Server) -> None:
    """A billion rows of one value take a few kilobytes of Parquet; here ten million."""
    out = io.BytesIO()
    column = pa.repeat(pa.scalar(1, pa.int64()), 10_000_000)
    pq.write_table(pa.table({"x": column}), out, compression="zstd")
    assert len(out.getvalue()) < 1_000_000
    response = send(small, ALL, out.getvalue())
    assert response.status_code == 400
    assert "it has more than 100,000 rows" in response.text


@pytest.mark.parametrize(
    "field",
    [
        'datatype="double" arraysize="9999999999"',
        'datatype="double" arraysize="99999x99999x99999"',
        'datatype="char" arraysize="x*"',
        'datatype="double" arraysize="-1"',
        'datatype="double" arraysize="many"',
        'datatype="double" arraysize="0"',
        'datatype="quaternion"',
    ],
)
@pytest.mark.parametrize("data", ["BINARY", "BINARY2"])
def test_sizes_that_can_not_be(small: Server, field: str, data: str) -> None:
    text = TABLE.replace('datatype="char" arraysize="*"', field)
    stream = f'<{data}><STREAM encoding="base64">{"A" * 400}</STREAM></{data}>'
    response = send(small, ALL, text.replace("<TABLEDATA><TR><TD>{}</TD></TR></TABLEDATA>", stream).encode())
    assert response.status_code in {200, 400}
    if 'arraysize="0"' not in field:
        assert response.status_code == 400
        assert "uploaded table t" in response.text


def test_too_many_columns(small: Server) -> None:
    fields = "".join(f'<FIELD name="c{i}" datatype="int"/>' for i in range(5000))
    text = TABLE.replace('<FIELD name="x" datatype="char" arraysize="*"/>', fields)
    response = send(small, ALL, text.encode())
    assert response.status_code == 400
    assert "it has 5000 columns; 4000 are the most" in response.text


@pytest.mark.parametrize(
    "name", ['x"; DROP TABLE tap_upload.t; --', "x'; ATTACH 'a' --", "c1", "_cell1", "ra"]
)
def test_names_are_names(small: Server, name: str) -> None:
    quoted = name.replace('"', '""')
    query, body = f'SELECT "{quoted}" FROM TAP_UPLOAD.t', f'"{quoted}",y\n1,2\n'
    response = send(small, query, body.encode(), FORMAT="json")
    assert response.status_code == 200, response.text
    assert response.json()["data"] == [[1]]


def test_a_gigabyte_is_refused_and_takes_no_memory(serve: Serve, tmp_path: Path) -> None:
    """The whole of it is sent: a client that still writes hears no answer."""
    catalogdb.open(tmp_path / "sky", create=True).close()
    with serve(tmp_path / "sky", serve_workers=2, serve_upload_size="100MB") as server:
        response, most = _gigabyte(server)
        assert response.status_code == 413
        assert "larger than 102 MB" in response.text
        assert most < 300e6
        assert not list((server.store / "tmp").rglob("upload.*"))
        assert csv(send(server, ALL, b"x\n1\n", FORMAT="csv")) == [["x"], ["1"]]


def _gigabyte(server: Server) -> tuple[httpx.Response, int]:
    """The answer to a gigabyte, and the most memory that the service took meanwhile."""
    parent = psutil.Process(server.process.pid)
    most = 0
    boundary = "frontier"
    chunk = b"0" * (1 << 20)

    def body() -> Iterator[bytes]:
        nonlocal most
        for name, value in {"LANG": "ADQL", "QUERY": ALL, "UPLOAD": "t,param:f"}.items():
            yield f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'.encode()
        for i in range(1000):
            yield chunk
            if i % 10 == 0:
                most = max(most, parent.memory_info().rss)
        yield f"\r\n--{boundary}--\r\n".encode()

    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    return httpx.post(f"{server.tap}/sync", content=body(), headers=headers, timeout=120), most


def test_a_part_named_like_a_path_is_no_path(small: Server, tmp_path: Path) -> None:
    for part in ("../../../../etc/passwd", "/etc/passwd", "..\\x", "\0"):
        response = send(small, ALL, b"x\n1\n", UPLOAD=f"t,param:{part}")
        assert response.status_code == 400
        assert "root:" not in response.text
        found = send(small, ALL, b"x\n1\n", part="../../evil", FORMAT="csv")
        assert csv(found) == [["x"], ["1"]]
    assert not (small.store.parent / "evil").exists()


def test_random_bytes_behind_every_mark(small: Server) -> None:
    """Whatever follows the first bytes of a kind of file, the answer is an error of the user's."""
    marks = [b"SIMPLE  =", b"PAR1", b"<VOTABLE", b"# %ECSV 1.0\n", b"\x89HDF", b"\x1f\x8b", b"BZh9", b"x,y\n"]
    noise = zlib.compress(b"seed" * 1000) * 20
    for mark in marks:
        for body in (mark, mark + noise, gzip.compress(mark + noise)):
            response = send(small, ALL, body)
            assert response.status_code in {200, 400}, (mark, response.text)
            if not body.startswith(b"x,y"):
                assert response.status_code == 400 or mark == b"x,y\n", (mark, response.text)
