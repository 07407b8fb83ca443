"""`catalogdb serve` as its operator sees it: the proxy, the log, the counters, and how it stops."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.catalogdb.service.conftest import STARS, Serve, Server, fill, served

PROXY = {
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "stars.example.org",
    "X-Forwarded-Prefix": "/vo",
    "X-Forwarded-For": "203.0.113.9",
}
PAGES = ["/tap", "/tap/capabilities", "/tap/examples", "/tables/catalogs.stars"]


@pytest.mark.parametrize("page", PAGES)
def test_a_proxy_on_this_machine_says_what_the_urls_are(server: Server, page: str) -> None:
    text = httpx.get(server.url + page, headers=PROXY).text
    assert "https://stars.example.org/vo/tap" in text or "/tables/" in page
    assert "127.0.0.1" not in text


def test_urls_of_jobs_and_results_are_the_proxys(server: Server) -> None:
    form = {"LANG": "ADQL", "QUERY": "SELECT TOP 1 ra FROM stars", "PHASE": "RUN"}
    made = httpx.post(f"{server.tap}/async", data=form, headers=PROXY)
    location = made.headers["location"]
    assert location.startswith("https://stars.example.org/vo/tap/async/")
    local = location.replace("https://stars.example.org/vo", server.url)
    document = httpx.get(f"{local}?WAIT=20", headers=PROXY).text
    assert f'{location}/results/result"' in document
    assert "127.0.0.1" not in document


def test_a_named_base_url_stands_in_every_document(small_store: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(small_store, tmp_path / "sky", ignore=shutil.ignore_patterns("jobs", "tmp"))
    for folder in ("jobs", "tmp"):
        (tmp_path / "sky" / folder).mkdir(exist_ok=True)
    url = "https://named.example.org/x"
    with served(tmp_path / "sky", "--base-url", url, serve_workers=1) as running:
        for page in PAGES:
            text = httpx.get(running.url + page, headers={"X-Forwarded-Host": "evil.example"}).text
            assert "evil.example" not in text
            assert url in text
        answer = httpx.post(
            f"{running.tap}/sync", data={"LANG": "ADQL", "QUERY": "SELECT TOP 1 ra FROM stars"}
        )
        assert f'value="{url}"' in answer.text


def test_counters_count(server: Server) -> None:
    def value(name: str) -> float:
        lines = server.get("/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split()[-1])

    rows, queries, failed = (
        value(f"catalogdb_{each}") for each in ("rows_total", "queries", "queries_failed")
    )
    server.sync("SELECT TOP 7 ra FROM stars")
    server.sync("SELECT nothing FROM stars")
    assert value("catalogdb_rows_total") == rows + 7
    assert value("catalogdb_queries") == queries + 2
    assert value("catalogdb_queries_failed") == failed + 1
    assert value("catalogdb_workers_busy") == 0


def test_the_log_tells_who_asked_what(tmp_path: Path, serve: Serve) -> None:
    import catalogdb

    with catalogdb.open(tmp_path / "sky", create=True) as store:
        fill(store, n=10)
    with serve(tmp_path / "sky", serve_workers=1) as running:
        query = "SELECT TOP 2 ra\nFROM stars -- \u2028 fake\nline"
        httpx.post(
            f"{running.tap}/sync",
            data={"LANG": "ADQL", "QUERY": query, "RUNID": "mine"},
            headers={"X-Forwarded-For": "203.0.113.9"},
        )
    log = (tmp_path / "sky.log").read_text()
    (line,) = [each for each in log.split("\n") if "/tap/sync" in each]
    for part in (
        "203.0.113.9 POST /tap/sync 200",
        " ms ",
        "rows=2",
        'run_id="mine"',
        "SELECT TOP 2 ra FROM stars",
    ):
        assert part in line
    assert "\u2028" not in log


def test_sigterm_lets_an_answer_be_finished(tmp_path: Path, serve: Serve) -> None:
    import catalogdb

    with catalogdb.open(tmp_path / "sky", create=True) as store:
        fill(store)
    with serve(tmp_path / "sky", serve_workers=1) as running:
        query = "SELECT a.source_id, b.ra FROM stars AS a, (SELECT TOP 100 ra FROM stars) AS b"
        form = {"LANG": "ADQL", "QUERY": query, "FORMAT": "csv"}
        with httpx.stream("POST", f"{running.tap}/sync", data=form, timeout=60) as response:
            threading.Timer(0.1, running.process.send_signal, [signal.SIGTERM]).start()
            lines = 0
            for chunk in response.iter_text():
                lines += chunk.count("\n")
                time.sleep(0.002)
        assert lines == 100 * STARS + 1
        assert running.process.wait(30) in {0, -signal.SIGTERM}
    assert not [each for each in (tmp_path / "sky" / "tmp").iterdir() if each.is_dir()]
