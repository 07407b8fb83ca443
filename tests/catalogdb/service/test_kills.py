"""kill -9 of a worker and of the service while it works: what is there afterwards is true and complete."""

from __future__ import annotations

import concurrent.futures
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psutil

import catalogdb
from tests.catalogdb.service.conftest import STARS, Server, fill, served
from tests.catalogdb.service.hostile import (
    ENDLESS,
    ONE_ROW,
    assert_well,
    counter,
    eventually,
    processes,
    temporary_files,
)

CROSS = "SELECT a.source_id, b.source_id AS b FROM stars AS a CROSS JOIN stars AS b WHERE b.source_id < 20"
SMALL = "SELECT source_id FROM stars"
ROWS = {CROSS: 20 * STARS, SMALL: STARS}


def _filled(path: Path) -> Path:
    with catalogdb.open(path, create=True) as store:
        fill(store)
    return path


def _busy_worker(server: Server) -> psutil.Process:
    """The worker that has used the processor most."""
    return max(processes(server)[1:], key=lambda each: each.cpu_times().user)


def test_a_worker_that_is_killed_is_replaced_and_its_query_says_so(tmp_path: Path) -> None:
    with served(_filled(tmp_path / "sky"), serve_workers=2, threads=1) as server:
        with concurrent.futures.ThreadPoolExecutor(1) as client:
            answer = client.submit(server.sync, ENDLESS)
            eventually(lambda: counter(server, "workers_busy") == 1, what="the query")
            time.sleep(1)
            _busy_worker(server).kill()
            assert answer.result().status_code == 500
        assert "ended unexpectedly" in answer.result().text
        job = server.post("/tap/async", LANG="ADQL", QUERY=ENDLESS, PHASE="RUN").headers["location"]
        eventually(lambda: counter(server, "workers_busy") == 1, what="the job")
        eventually(lambda: counter(server, "workers_replaced") == 1, 30, what="the new worker")
        time.sleep(1)
        for worker in processes(server)[1:]:
            worker.kill()  # those that are idle too
        eventually(lambda: httpx.get(f"{job}/phase").text == "ERROR", what="the end of the job")
        assert "ended unexpectedly" in httpx.get(f"{job}/error").text
        eventually(lambda: counter(server, "workers_replaced") == 3, 30, what="the new workers")
        children = psutil.Process(server.process.pid).children()
        assert all(each.status() != psutil.STATUS_ZOMBIE for each in children)
        assert len(processes(server)) == 3
        assert_well(server)
        leases = list((server.store / "staging" / "leases").iterdir())
        assert len(leases) == 2


class _Clients:
    """Clients who ask and run jobs until the service is gone; the URLs of the jobs, with their queries."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.jobs: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self._threads = [threading.Thread(target=each) for each in (self._ask, self._ask, self._run)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while True:
            try:
                answer = self._server.sync(SMALL, FORMAT="csv")
            except httpx.HTTPError:
                return
            if answer.status_code != 200 or len(answer.text.splitlines()) != STARS + 1:
                self.wrong.append(answer.text[:200])

    def _run(self) -> None:
        while True:
            for query in ROWS:
                try:
                    form = {"LANG": "ADQL", "QUERY": query, "FORMAT": "csv", "PHASE": "RUN"}
                    made = self._server.post("/tap/async", **form)
                except httpx.HTTPError:
                    return
                self.jobs.append((made.headers["location"], query))
                time.sleep(0.02)

    def join(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()


def _check_jobs(server: Server, old: str, jobs: list[tuple[str, str]]) -> dict[str, int]:
    """Every job says what is true of it, and what is complete is there; how many are in which phase."""
    found: dict[str, int] = {}
    with httpx.Client(timeout=60) as client:
        for url, query in jobs:
            here = url.replace(old, server.url)
            eventually(
                lambda here=here: client.get(f"{here}/phase").text not in {"QUEUED", "EXECUTING"},  # type: ignore[misc]
                60,
                what="the end of a job",
            )
            phase = client.get(f"{here}/phase").text
            found[phase] = found.get(phase, 0) + 1
            result = client.get(f"{here}/results/result")
            if phase == "COMPLETED":
                assert len(result.text.splitlines()) == ROWS[query] + 1
            else:
                assert phase == "ERROR"
                assert result.status_code == 404
                assert "run it again" in client.get(f"{here}/error").text
    return found


def test_a_service_that_is_killed_at_any_instant_tells_the_truth_afterwards(tmp_path: Path) -> None:
    path = _filled(tmp_path / "sky")
    chance, jobs, old = random.Random(5), list[tuple[str, str]](), ""
    for _ in range(2):
        with served(path, serve_workers=3, serve_jobs=2) as server:
            if jobs:
                _check_jobs(server, old, jobs)
            clients = _Clients(server)
            time.sleep(chance.uniform(0.5, 1.5))
            workers = processes(server)[1:]
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(10)
            clients.join()
            assert clients.wrong == []
            jobs, old = clients.jobs, server.url
            psutil.wait_procs(workers, timeout=5)
            assert not [each for each in workers if each.is_running()], "workers end with the service"
    with served(path, serve_workers=3, serve_jobs=2) as server:
        assert len(list((path / "tmp").iterdir())) == 1, "what the killed service left is removed"
        found = _check_jobs(server, old, jobs)
        assert found.get("COMPLETED", 0) > 0
        parts = [each for each in (path / "jobs").rglob("result.part")]
        assert parts == []
        assert_well(server)
    assert temporary_files(path) == []
    checked = subprocess.run(
        [sys.executable, "-m", "catalogdb", "check", "--store", str(path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CATALOGDB_PROGRESS": "false"},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_service_that_is_told_to_stop_leaves_nothing(tmp_path: Path) -> None:
    path = _filled(tmp_path / "sky")
    with served(path, serve_workers=1) as server:
        workers = processes(server)[1:]
        assert server.sync(ONE_ROW).status_code == 200
    assert not [each for each in workers if each.is_running()]
    assert list((path / "tmp").iterdir()) == []
    assert list((path / "staging" / "leases").iterdir()) == []
