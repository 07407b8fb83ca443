"""Hostile requests: afterwards the service answers as before, with the memory and the files it had."""

from __future__ import annotations

import concurrent.futures
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

import catalogdb
from tests.catalogdb.service.conftest import Server, fill, served
from tests.catalogdb.service.hostile import (
    ONE_ROW,
    answer_to,
    assert_well,
    connected,
    get,
    processes,
    query_request,
    read_all,
    resident_mb,
    status_of,
)

SECRET = "root:"
"""What /etc/passwd begins with."""

FOREIGN = [
    *("SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM \"read_csv('/etc/passwd')\""),
    *("SELECT * FROM '/etc/passwd'", 'SELECT * FROM "/etc/passwd"', 'SELECT * FROM "main"."/etc/passwd"'),
    *("SELECT read_text('/etc/passwd') AS x FROM stars", "SELECT * FROM read_text('/etc/passwd')"),
    *("SELECT getenv('HOME') AS x FROM stars", "SELECT glob('/*') AS x FROM stars"),
    *("SELECT current_setting('temp_directory') AS x FROM stars", "SELECT query('SELECT 1') AS x FROM stars"),
    *("SELECT * FROM duckdb_settings()", "SELECT * FROM duckdb_tables", "SELECT * FROM sqlite_master"),
    *("SELECT * FROM information_schema.tables", "SELECT * FROM pg_catalog.pg_class"),
    *("SELECT * FROM query_table('stars')", "SELECT * FROM main.stars", "SELECT * FROM temp.stars"),
    *("ATTACH '/tmp/x.db'", "COPY stars TO '/tmp/x'", "PRAGMA database_list", "SET threads = 1"),
    *("INSTALL httpfs", "LOAD httpfs", "EXPORT DATABASE '/tmp/x'", "CALL pragma_version()", "CHECKPOINT"),
    *("DROP TABLE stars", "DELETE FROM stars", "CREATE TABLE x AS SELECT 1", "EXPLAIN SELECT 1"),
    *("SELECT 1 AS x FROM stars; DROP TABLE stars", "SELECT TOP 1 ra INTO OUTFILE '/tmp/x' FROM stars"),
    *("SELECT ? AS x FROM stars", "SELECT $1 AS x FROM stars", "SELECT COLUMNS('.*') FROM stars"),
]

INJECTED = "x'; COPY (SELECT 1) TO '/tmp/injected'; --"


@pytest.mark.parametrize("query", FOREIGN)
def test_nothing_but_the_tables_can_be_asked(server: Server, query: str) -> None:
    response = server.sync(query, FORMAT="csv")
    assert response.status_code == 400
    assert "line 1, column" in response.text
    assert SECRET not in response.text


def test_the_attached_parts_have_no_names_of_their_own(server: Server) -> None:
    """The databases below the views are known to DuckDB alone."""
    import duckdb

    attach = (server.store / "attach.sql").read_text()
    names = {word.strip('"') for line in attach.splitlines() if " AS " in line for word in line.split()}
    aliases = {word for word in names if word.startswith(("p", "part", "cdb"))} | {"p1", "memory", "system"}
    assert duckdb.__version__
    for alias in aliases:
        for name in (f'"{alias}".stars', f'"{alias}".main.stars', f'"{alias}"."main"."stars"'):
            assert server.sync(f"SELECT * FROM {name}").status_code == 400


def test_names_and_texts_stay_such(server: Server) -> None:
    name = "a\"\"; COPY (SELECT 1) TO '/tmp/injected'; --"
    response = server.sync(
        f"SELECT TOP 1 ra AS \"{name}\", '{INJECTED.replace(chr(39), chr(39) * 2)}' AS t FROM stars"
    )
    assert response.status_code == 200
    assert not Path("/tmp/injected").exists()  # noqa: S108
    text = server.sync(
        "SELECT TOP 1 '''; --' || name AS x FROM stars WHERE name = 'star 77'", FORMAT="csv"
    ).text
    assert text.splitlines()[1] == '"\'; --star 77"'
    assert_well(server)


@pytest.mark.parametrize(
    "name",
    [
        "QUERY",
        "LANG",
        "FORMAT",
        "RESPONSEFORMAT",
        "MAXREC",
        "REQUEST",
        "STRICT",
        "RUNID",
        "UPLOAD",
        "VERSION",
        "NAME",
    ],
)
@pytest.mark.parametrize(
    "value", [INJECTED, "x\r\nSet-Cookie: a=b", "\0", "9" * 6000, "<script>alert(1)</script>"]
)
def test_every_parameter_takes_what_comes(server: Server, name: str, value: str) -> None:
    form = {"LANG": "ADQL", "QUERY": ONE_ROW, "FORMAT": "csv"} | {name: value}
    response = httpx.post(f"{server.tap}/sync", data=form, timeout=60)
    assert response.status_code in {200, 400}, response.text
    assert "set-cookie" not in response.headers
    assert "<script>" not in response.text
    assert "defect" not in response.text
    if response.status_code == 200:
        assert response.text.split() == ['"source_id"', "77"]


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("phase", {"PHASE": "RUN'; DROP TABLE job; --"}),
        ("destruction", {"DESTRUCTION": "2026-01-01'; --"}),
        ("destruction", {"DESTRUCTION": "0001-01-01T00:00:00+14:00"}),
        ("executionduration", {"EXECUTIONDURATION": "nan"}),
        ("executionduration", {"EXECUTIONDURATION": "1e999"}),
        ("parameters", {"MAXREC": "'; DELETE FROM job; --"}),
        ("", {"ACTION": "'; DELETE FROM job; --"}),
    ],
)
def test_jobs_take_what_comes(server: Server, part: str, values: dict[str, str]) -> None:
    made = server.post("/tap/async", LANG="ADQL", QUERY=ONE_ROW)
    url = made.headers["location"]
    response = httpx.post(f"{url}/{part}".rstrip("/"), data=values)
    assert response.status_code in {303, 400}, response.text
    assert "defect" not in response.text
    httpx.delete(url)
    for query in (
        "LAST=" + "9" * 6000,
        "LAST=" + "9" * 30,
        "PHASE=%27--",
        "AFTER=%27--",
        "AFTER=9999-12-31T23:59:59-23:59",
    ):
        assert httpx.get(f"{server.tap}/async?{query}").status_code in {200, 400}
    cookies = {"catalogdb_jobs": "' OR 1=1 --"}
    assert b"jobref" not in httpx.get(f"{server.tap}/async", cookies=cookies).content


PATHS = [
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "stars'--",
    "\0",
    "<script>alert(1)</script>",
    "x" * 20_000,
]


@pytest.mark.parametrize(
    "path", ["/tables/", "/tap/tables/", "/scs/", "/moc/", "/density/", "/datalink/", "/tap/async/"]
)
def test_no_path_leads_elsewhere(server: Server, path: str) -> None:
    for name in (*PATHS, ".."):
        text = quote(name, safe="%") if "%" in name else quote(name, safe="")
        answer = answer_to(server, get(path + text))
        assert status_of(answer) in {400, 404}, answer[:300]
        assert SECRET.encode() not in answer
        assert b"<script>" not in answer
        assert b"defect" not in answer


def test_pages_run_no_script(server: Server) -> None:
    for path in ("/tap", "/tap/examples", "/tables/catalogs.stars", "/tap/nothing"):
        headers = httpx.get(server.url + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
    shown = server.sync("SELECT TOP 1 '<script>alert(1)</script>' AS \"<b>\" FROM stars", FORMAT="html")
    assert shown.status_code == 200
    assert "<script" not in shown.text
    assert "<b>" not in shown.text


@pytest.mark.parametrize(
    "host", ['evil"><script>', "a b", "evil.example/path", "a\x01b", "user@evil", "x" * 300, "[::1"]
)
def test_a_host_that_is_no_host_is_refused(server: Server, host: str) -> None:
    answer = answer_to(server, get("/tap", host=host))
    assert status_of(answer) == 400
    assert b"evil" not in answer


def test_the_log_has_a_line_for_a_request(server: Server) -> None:
    log = server.store.parent / f"{server.store.name}.log"
    answer_to(server, get("/forged%0a2026-01-01T00:00:00Z%20info%20forged-line"))
    server.sync("SELECT 1 AS x FROM stars\n2026 forged-line", RUNID="a\nforged-line")
    assert_well(server)
    lines = [line for line in log.read_text().splitlines() if "forged-line" in line]
    assert lines
    assert all("catalogdb.service.access" in line for line in lines)


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: xchunked",
        b"Content-Length: 4\r\nContent-Length: 5",
        b"Content-Length: +4",
        b"Transfer-Encoding : chunked",
        b"X: a\r\n b: c",
        b"X: a\nContent-Length: 3",
    ],
)
def test_a_request_that_may_be_read_in_two_ways_is_refused(server: Server, headers: bytes) -> None:
    request = b"POST /tap/sync HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n\r\n0\r\n\r\n" + SMUGGLED
    answer = answer_to(server, request)
    assert status_of(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1


DEEP = {
    "parentheses": "SELECT " + "(" * 10_000 + "1" + ")" * 10_000 + " AS x FROM stars",
    "functions": "SELECT " + "ABS(" * 3000 + "1" + ")" * 3000 + " AS x FROM stars",
    "subqueries": "SELECT ra FROM " + "(SELECT ra FROM " * 3000 + "stars" + ") AS t" * 3000,
    "tables": "SELECT TOP 1 1 AS x FROM " + ", ".join(f"stars AS a{i}" for i in range(3000)),
    "letters": "x" * 1_000_000,
    "open text": "'" * 299_999,
}


@pytest.mark.parametrize("query", DEEP.values(), ids=DEEP)
def test_a_query_of_any_depth_is_refused(server: Server, query: str) -> None:
    began = time.monotonic()
    assert server.sync(query).status_code == 400
    assert time.monotonic() - began < 10


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service whose memory is watched."""
    path = tmp_path_factory.mktemp("target") / "sky"
    with catalogdb.open(path, create=True) as store:
        fill(store)
    with served(path, serve_workers=2, serve_queue=600) as running:
        assert_well(running)
        yield running


def parent_mb(server: Server) -> float:
    """The memory of the service itself [MB]."""
    return resident_mb(processes(server)[0])


def flooded(server: Server, start: bytes, piece: bytes) -> int:
    """Send a piece again and again until the service ends the connection; the bytes sent, 50 MB at most."""
    sent = 0
    with connected(server) as connection:
        connection.sendall(start)
        try:
            while sent < 50e6:
                connection.sendall(piece)
                sent += len(piece)
        except ConnectionError:
            pass
    return sent


@pytest.mark.parametrize(
    "start",
    [
        b"GET /tap HTTP/1.1\r\nHost: a\r\nX: ",
        b"GET /tap HTTP/1.1\r\nHost: a\r\n",
        b"GET /tap?",
        b"POST /tap/sync HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
    ids=["header", "headers", "url", "trailer"],
)
def test_endless_headers_are_cut(target: Server, start: bytes) -> None:
    piece = b"X-Name: " + b"y" * 100 + b"\r\n" if start.endswith(b"a\r\n") else b"y" * 110
    began = time.monotonic()
    sent = flooded(target, start, piece * 1000)
    assert sent < 20e6
    assert time.monotonic() - began < 10
    assert parent_mb(target) < 300
    assert_well(target)


@pytest.mark.parametrize("path", ["/tap/sync", "/tap/async", "/scs/stars"])
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_body_of_a_gigabyte_is_refused(target: Server, path: str, is_announced: bool) -> None:
    size = b"Content-Length: 1000000000" if is_announced else b"Transfer-Encoding: chunked"
    chunk = b"x" * 1_000_000 if is_announced else b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n"
    highest = 0.0
    with connected(target) as connection:
        connection.sendall(b"POST " + path.encode() + b" HTTP/1.1\r\nHost: a\r\n" + size + b"\r\n\r\n")
        connection.setblocking(True)
        for number in range(60):
            connection.sendall(chunk)
            highest = max(highest, parent_mb(target)) if number % 10 == 0 else highest
        answer = connection.recv(65536)
    assert status_of(answer) == 413
    assert highest < 300
    assert_well(target)


def test_who_asks_before_sending_is_told_at_once(target: Server) -> None:
    head = b"POST /tap/sync HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\nExpect: 100-continue\r\n\r\n"
    with connected(target) as connection:
        connection.sendall(head)
        assert status_of(connection.recv(65536)) == 413


def test_idle_connections_and_slow_requests_are_no_harm(target: Server) -> None:
    before = parent_mb(target)
    idle = [connected(target) for _ in range(200)]
    slow = [connected(target) for _ in range(50)]
    request = query_request(ONE_ROW)
    for byte in request[:40]:
        for each in slow:
            each.sendall(bytes([byte]))
    assert_well(target)
    slow[0].sendall(request[40:])
    assert status_of(slow[0].recv(65536)) == 200
    for each in (*idle, *slow):
        each.close()
    assert_well(target)
    assert parent_mb(target) < before + 50


def test_five_hundred_at_once_are_all_answered(target: Server) -> None:
    request = get(f"/tap/sync?LANG=ADQL&FORMAT=csv&QUERY={quote(ONE_ROW)}")
    connections = [connected(target, 60) for _ in range(500)]
    for each in connections:
        each.sendall(request)
    with concurrent.futures.ThreadPoolExecutor(20) as readers:
        answers = list(readers.map(read_all, connections))
    for each in connections:
        each.close()
    statuses = [status_of(answer) for answer in answers]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) > 50
    assert all(b"retry-after" in answer for answer in answers if status_of(answer) == 503)
    assert_well(target)
    assert parent_mb(target) < 300


def test_connections_that_break_at_any_place_leave_nothing(target: Server) -> None:
    request = query_request("SELECT * FROM stars")
    for end in range(1, len(request), 17):
        with connected(target) as connection:
            connection.sendall(request[:end])
            if end % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert_well(target)
    assert len(processes(target)) == 3


def test_form_parts_are_few(target: Server) -> None:
    many = {f"P{i}": (f"f{i}", b"x") for i in range(100)}
    assert httpx.post(f"{target.tap}/sync", files=many, timeout=60).status_code == 400
    fields = "&".join(f"P{i}=1" for i in range(2000))
    assert httpx.post(f"{target.tap}/sync", content=fields, timeout=60).status_code == 400
    assert_well(target)
