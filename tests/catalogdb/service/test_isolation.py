"""One query harms no other: limits of memory, time, disk and size; overload; clients that leave."""

from __future__ import annotations

import concurrent.futures
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import catalogdb
from tests.catalogdb.service.conftest import STARS, Server, fill, served
from tests.catalogdb.service.hostile import (
    ENDLESS,
    ONE_ROW,
    answer_to,
    assert_well,
    connected,
    counter,
    eventually,
    is_free,
    processes,
    query_request,
    resident_mb,
    temporary_files,
)

CROSS = "FROM stars AS a CROSS JOIN stars AS b"
WIDE = "a.name || b.name || a.name || b.name || a.name || b.name || a.name || b.name AS text"
LIMITS = {
    "serve_workers": 3,
    "serve_sync_s": 3,
    "serve_memory": "60MB",
    "serve_temp": "10MB",
    "serve_result_size": "5MB",
    "serve_queue": 2,
    "serve_wait_s": 1,
    "threads": 1,
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service that allows little."""
    path = tmp_path_factory.mktemp("limited") / "sky"
    with catalogdb.open(path, create=True) as store:
        fill(store)
    with served(path, **LIMITS) as running:
        yield running


@pytest.mark.parametrize(
    ("query", "why"),
    [
        (ENDLESS, "more than 3 s"),
        (f"SELECT ivo_string_agg(a.name || b.name, ',') AS x {CROSS}", "more memory than"),
        (f"SELECT a.*, b.* {CROSS}", "larger than this service allows"),
        (f"SELECT a.source_id, b.name {CROSS} ORDER BY b.ra, a.dec", "more temporary files than"),
    ],
    ids=["time", "memory", "result", "temporary files"],
)
def test_a_query_beyond_a_limit_is_stopped_and_says_so(limited: Server, query: str, why: str) -> None:
    with limited_others(limited) as others:
        response = limited.sync(query, MAXREC=100_000_000)
    assert re.search(f'QUERY_STATUS" value="ERROR">[^<]*({why})', response.text), response.text[-600:]
    assert response.status_code in {200, 400, 408}
    assert "/tmp" not in response.text[-600:], "no path of the server is told"
    assert others
    assert set(others) == {200}
    assert_well(limited)
    eventually(lambda: len(processes(limited)) == 4, 20, what="the new worker")
    assert max(resident_mb(each) for each in processes(limited)) < 500


class limited_others:
    """Other clients, who ask for one row again and again; the statuses of their answers."""

    def __init__(self, server: Server) -> None:
        self._server, self._over = server, threading.Event()
        self.statuses: list[int] = []
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        while not self._over.is_set():
            self.statuses.append(self._server.sync(ONE_ROW).status_code)
            time.sleep(0.1)

    def __enter__(self) -> list[int]:
        self._thread.start()
        return self.statuses

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def test_overload_is_told_with_a_time_to_come_again(limited: Server) -> None:
    with concurrent.futures.ThreadPoolExecutor(12) as clients:
        began = time.monotonic()
        busy = [clients.submit(limited.sync, ENDLESS) for _ in range(12)]
        answers = [each.result() for each in busy]
    assert time.monotonic() - began < 20
    refused = [each for each in answers if each.status_code == 503]
    assert len(refused) == 12 - 3
    for each in refused:
        assert 1 <= int(each.headers["retry-after"]) <= 30
        assert "try again in" in each.text
    assert {each.status_code for each in answers} == {503, 408}
    assert_well(limited)


def test_a_client_that_leaves_takes_its_query_along(limited: Server) -> None:
    assert_well(limited)
    connection = connected(limited)
    connection.sendall(query_request(ENDLESS))
    eventually(lambda: counter(limited, "workers_busy") == 1, what="the query")
    connection.close()
    eventually(lambda: is_free(limited), 2, what="the end of the query")
    assert_well(limited)


def test_a_client_that_leaves_in_the_middle_of_the_rows(limited: Server) -> None:
    query = f"SELECT a.ra, a.dec, b.ra AS ra2, b.dec AS dec2 {CROSS} WHERE a.source_id < 30"
    for _ in range(3):
        connection = connected(limited)
        connection.sendall(query_request(query, "votable/b2"))
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        connection.close()
    assert_well(limited)


def test_a_half_closed_connection_is_no_harm(limited: Server) -> None:
    connection = connected(limited, 10)
    connection.sendall(query_request(ENDLESS))
    connection.shutdown(socket.SHUT_WR)
    eventually(lambda: is_free(limited), 5, what="the end of the query")
    connection.close()
    assert_well(limited)


def three_queries(server: Server) -> list[socket.socket]:
    """Clients whose queries run at once: begun again while a worker that was replaced is not ready yet."""
    for _ in range(10):
        running = [connected(server) for _ in range(3)]
        for each in running:
            each.sendall(query_request(ENDLESS))
        until = time.monotonic() + 2.0
        while time.monotonic() < until:
            if counter(server, "workers_busy") == 3:
                return running
            time.sleep(0.02)
        for each in running:
            each.close()
        eventually(lambda: counter(server, "workers_busy") == 0, what="the end of the queries")
    raise AssertionError("three queries never ran at once")


def test_who_waits_for_a_worker_and_leaves_makes_room(limited: Server) -> None:
    running = three_queries(limited)
    waiting = connected(limited)
    waiting.sendall(query_request(ONE_ROW))
    eventually(lambda: counter(limited, "requests_waiting") == 1, what="the request that waits")
    waiting.close()
    eventually(lambda: counter(limited, "requests_waiting") == 0, 2, what="its end")
    for each in running:
        each.close()
    assert_well(limited)


def test_a_slow_reader_holds_no_worker(limited: Server) -> None:
    query = f"SELECT a.ra, a.dec, b.ra AS ra2, b.dec AS dec2 {CROSS} WHERE a.source_id < 60"
    readers = [connected(limited) for _ in range(4)]
    for each in readers:
        each.sendall(query_request(query, "votable/b2"))
    for each in readers:
        assert each.recv(1)
    eventually(lambda: counter(limited, "workers_busy") == 0, 15, what="the end of the queries")
    assert len(temporary_files(limited.store)) == 4
    assert limited.sync(ONE_ROW).status_code == 200
    for each in readers:
        each.close()
    assert_well(limited)


def test_a_query_keeps_its_version_and_its_files(tmp_path: Path) -> None:
    path = tmp_path / "sky"
    with catalogdb.open(path, create=True) as store:
        fill(store)
        with served(path, serve_workers=2, threads=1) as server:
            slow = (
                "SELECT COUNT(*) AS n FROM stars AS a, stars AS b, stars AS c"
                " WHERE c.source_id < 3 AND SIN(a.ra + b.ra) * COS(b.dec + c.dec) < 2"
            )
            with concurrent.futures.ThreadPoolExecutor(1) as client:
                old = client.submit(server.sync, slow, FORMAT="csv")
                eventually(lambda: counter(server, "workers_busy") == 1, what="the query")
                fill(store, n=10)
                count = "SELECT COUNT(*) AS n FROM stars"
                eventually(
                    lambda: server.sync(count, FORMAT="csv").text.split()[-1] == "10",
                    what="the new version",
                )
                was_running = not old.done()
                store.gc(retention_days=0)
                rows = old.result().text.split()[-1]
            assert rows == str(STARS * STARS * 3)
            assert was_running
            assert httpx.get(f"{server.tap}/availability").status_code == 200
            assert server.sync(count, FORMAT="csv").text.split()[-1] == "10"
        assert store.check() is not None


def test_nothing_runs_on_after_a_request_that_is_half_there(limited: Server) -> None:
    whole = query_request(ENDLESS)
    assert answer_to(limited, whole[:-20], 1) == b""
    assert_well(limited)
