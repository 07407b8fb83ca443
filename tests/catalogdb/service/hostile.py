"""What the tests of attacks share: raw requests, and a look at the processes and files of a service."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode, urlparse

import psutil

from tests.catalogdb.service.conftest import Server

ENDLESS = (
    "SELECT COUNT(*) AS n FROM stars AS a, stars AS b, stars AS c"
    " WHERE SIN(a.ra + b.ra) * COS(c.dec) > SIN(b.dec * c.ra)"
)
ONE_ROW = "SELECT source_id FROM stars WHERE source_id = 77"


def connected(server: Server, timeout_s: float = 30) -> socket.socket:
    """A connection to the service."""
    place = urlparse(server.url)
    assert place.hostname is not None
    return socket.create_connection((place.hostname, place.port or 80), timeout=timeout_s)


def answer_to(server: Server, request: bytes, timeout_s: float = 30) -> bytes:
    """What comes, until the service closes the connection or is silent, of a request as it is."""
    with connected(server, timeout_s) as connection:
        try:
            connection.sendall(request)
            return read_all(connection)
        except ConnectionError:
            return b""


def read_all(connection: socket.socket) -> bytes:
    """What a connection still says."""
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except (ConnectionError, TimeoutError):
        pass
    return found


def status_of(answer: bytes) -> int:
    """The status of an answer, 0 if there is none."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else 0


def get(path: str, *headers: str, host: str = "localhost") -> bytes:
    """A GET of HTTP/1.1, after which the connection is closed."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def query_request(query: str, form: str = "csv", path: str = "/tap/sync") -> bytes:
    """A POST of a query."""
    body = urlencode({"LANG": "ADQL", "QUERY": query, "FORMAT": form}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode() + body


def processes(server: Server) -> list[psutil.Process]:
    """The service and its workers."""
    parent = psutil.Process(server.process.pid)
    return [parent, *(each for each in parent.children(recursive=True) if _is_worker(each))]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "catalogdb.service.worker" in process.cmdline()
    except psutil.Error:
        return False


def resident_mb(process: psutil.Process) -> float:
    """The memory of a process [MB]."""
    return float(process.memory_info().rss) / 1e6


def counter(server: Server, name: str) -> float:
    """A number of /metrics."""
    text = server.get("/metrics").text
    found = re.search(rf"^catalogdb_{name} (\S+)$", text, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


def eventually(is_so: Callable[[], object], within_s: float = 10, *, what: str = "it") -> None:
    """Wait until something is so."""
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until, f"{what} did not come within {within_s} s"
        time.sleep(0.05)


def is_free(server: Server) -> bool:
    """Whether no query runs, and none waits."""
    return counter(server, "workers_busy") == 0 and counter(server, "requests_waiting") == 0


def temporary_files(store: Path) -> list[str]:
    """The results and the larger spill files in the folder for temporary files.

    Of the latter a worker keeps some kB, until it ends.
    """
    files = [each for each in (store / "tmp").rglob("*") if each.is_file()]
    kept = [each for each in files if "spill" not in str(each) or each.stat().st_size > 1 << 20]
    return sorted(str(each.relative_to(store)) for each in kept)


def assert_well(server: Server) -> None:
    """The service answers within 2 s, nothing runs on, and no file is left."""
    eventually(lambda: is_free(server), what="the end of all queries")
    began = time.monotonic()
    response = server.sync(ONE_ROW, FORMAT="csv")
    assert (response.status_code, response.text.split()) == (200, ['"source_id"', "77"])
    assert time.monotonic() - began < 2
    eventually(lambda: not temporary_files(server.store), what="the removal of temporary files")
