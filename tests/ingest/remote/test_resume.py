"""A fetch that is interrupted, by an error, Ctrl-C or kill -9, goes on where it was; what is published is whole."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

import catalogdb
from catalogdb.errors import RemoteError, StoreBusy, TableExists, TableNotFound
from catalogdb.locks import TableLock
from catalogdb.store import Store
from ingest.remote.cells import Cone
from ingest.remote.fetch import How, fetch
from ingest.remote.request import Request
from ingest.remote.source import Address

SETTINGS = {"fetch_rows": 60, "fetch_backoff_s": 0.01, "fetch_retries": 1, "threads": 1}
REQUEST = Request(table="II/246/out", cone=Cone(130, 20, 3))


def reopened(store: Store, **more: object) -> Store:
    return catalogdb.open(store.path, settings=catalogdb.load_settings(None, {**SETTINGS, **more}))


def folders(store: Store) -> list[Path]:
    return sorted((store.path / "staging").glob("fetch.*/"))


def got(store: Store, server: Any, **how: Any) -> Any:
    with reopened(store) as again:
        return fetch(again, REQUEST, Address(tap=server.url), How(name="x", **how))


def keys(server: Any) -> list[str]:
    return [query for query in server.queries() if "II/246/out" in query]


def test_finished_chunks_are_not_fetched_again_after_an_error(
    store: Store, server: Any, vizier: Table
) -> None:
    expected = got(store, server).ingest.rows_kept
    store.refresh()
    store.drop("x")
    whole = len(keys(server))
    server.log.clear()
    stop_after(server, 8)
    with pytest.raises(
        RemoteError, match=r"it answers 404.*\n\d+ chunks that have come are kept: the same command goes on"
    ):
        got(store, server)
    (folder,) = folders(store)
    done = {json.loads(file.read_text())["question"] for file in folder.glob("*.done")}
    assert len(done) >= 3
    assert json.loads((folder / "request.json").read_text())["table"] == "II/246/out"
    server.faults.clear()
    del server.answer
    before = len(keys(server))
    told: list[str] = []
    report = got(store, server, show=told.append)
    assert told[0].startswith(f"going on from {len(done)} chunks with ")
    assert not done & set(keys(server)[before:]), "what has come is not asked for again"
    assert len(keys(server)[before:]) < whole
    assert report.ingest.rows_kept == expected
    assert folders(store) == []
    assert store.check().orphans == ()


def stop_after(server: Any, queries: int) -> None:
    """Refuse every query for rows after so many."""
    answer = server.answer

    def counted(adql: str, *args: Any) -> bytes:
        if "CIRCLE" in adql and len(keys(server)) > queries:
            server.fail("404", "CIRCLE", times=99)
        return bytes(answer(adql, *args))

    server.answer = counted


def test_fresh_begins_anew(store: Store, server: Any, vizier: Table) -> None:
    stop_after(server, 8)
    with pytest.raises(RemoteError):
        got(store, server)
    server.faults.clear()
    del server.answer
    server.log.clear()
    got(store, server, fresh=True)
    assert any("POLYGON" not in query for query in keys(server)), (
        "the first chunk, the cone itself, is asked again"
    )


def test_another_request_does_not_take_the_chunks(store: Store, server: Any, vizier: Table) -> None:
    stop_after(server, 8)
    with pytest.raises(RemoteError):
        got(store, server)
    server.faults.clear()
    del server.answer
    other = Request(table="II/246/out", cone=Cone(130, 20, 3), where="Jmag < 10")
    with reopened(store) as again:
        fetch(again, other, Address(tap=server.url), How(name="y"))
        bright = again.sql("SELECT max(jmag) FROM y").fetchall()[0][0]
    assert bright < 10
    assert len(folders(store)) == 1, "those of the first are still there"


def test_the_same_request_twice_at_once_is_refused(store: Store, server: Any, vizier: Table) -> None:
    stop_after(server, 8)
    with pytest.raises(RemoteError):
        got(store, server)
    (folder,) = folders(store)
    lock = TableLock(store.path / "staging", folder.name)
    with pytest.raises(StoreBusy, match="is being written by process"):
        got(store, server)
    lock.release()


def test_gc_removes_what_nobody_has_resumed(store: Store, server: Any, vizier: Table) -> None:
    stop_after(server, 8)
    with pytest.raises(RemoteError):
        got(store, server)
    store.gc(retention_days=1)
    (folder,) = folders(store)
    lock = TableLock(store.path / "staging", folder.name)
    store.gc(retention_days=0)
    assert folders(store) == [folder], "one in work stays"
    lock.release()
    store.gc(retention_days=0)
    assert folders(store) == []


def test_a_table_that_is_there_is_told_before_anything_is_fetched(
    store: Store, server: Any, vizier: Table
) -> None:
    got(store, server)
    server.log.clear()
    with pytest.raises(TableExists):
        got(store, server)
    with reopened(store) as again, pytest.raises(TableNotFound):
        fetch(again, REQUEST, Address(tap=server.url), How(name="y", mode="append"))
    assert server.log == []


def test_answers_that_change_their_columns_are_refused(store: Store, server: Any, vizier: Table) -> None:
    stop_after(server, 8)
    with pytest.raises(RemoteError):
        got(store, server)
    server.faults.clear()
    del server.answer
    server.con.execute('ALTER TABLE "II/246/out" ALTER Jmag TYPE VARCHAR')
    with pytest.raises(
        RemoteError,
        match=r"answers differ in their columns: Jmag double became Jmag string. Repeat with --fresh",
    ):
        got(store, server)
    assert store.tables() == ()
    assert got(store, server, fresh=True).ingest.rows_kept > 200


FETCH = [
    sys.executable,
    "-m",
    "catalogdb",
    "fetch",
    "--table",
    "II/246/out",
    "--cone",
    "130,20,3",
    "--as",
    "x",
]


def command(store: Path, server: Any, *more: str) -> list[str]:
    sets = [f"--set={key}={value}" for key, value in SETTINGS.items()]
    return [*FETCH, "--tap", server.url, "--store", str(store), *sets, *more]


def started(store: Path, server: Any, *more: str) -> subprocess.Popen[str]:
    root = str(Path(catalogdb.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": root}
    return subprocess.Popen(
        command(store, server, *more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def wait_for_chunks(store: Path, number: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while len(list(store.glob("staging/fetch.*/*.done"))) < number and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_ctrl_c_keeps_what_has_come(tmp_path: Path, server: Any, vizier: Table) -> None:
    server.sync_s = 0.2
    sky = tmp_path / "sky"
    with started(sky, server) as process:
        wait_for_chunks(sky, 2, process)
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        _, errors = process.communicate(timeout=60)
    assert time.monotonic() - sent < 6
    assert process.returncode == 130, errors
    assert "the chunks that have come are kept: the same command goes on from there" in errors
    server.sync_s = 0.0
    with started(sky, server) as process:
        out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert "going on from" in errors
    with catalogdb.open(sky) as store:
        check_whole(store, vizier)
    assert not list(sky.glob("staging/fetch.*/"))


def check_whole(store: Store, vizier: Table) -> None:
    from astropy.coordinates import SkyCoord  # noqa: PLC0415

    centre = SkyCoord(130, 20, unit="deg")
    stars = SkyCoord(np.asarray(vizier["RAJ2000"]), np.asarray(vizier["DEJ2000"]), unit="deg")
    expected = sorted(np.asarray(vizier["2MASS"])[stars.separation(centre).deg <= 3].tolist())
    found = [row[0] for row in store.sql("SELECT source_id FROM x ORDER BY source_id").fetchall()]
    assert found == expected


FETCHER = """
import sys, catalogdb
from ingest.remote.cells import Cone
from ingest.remote.fetch import How, fetch
from ingest.remote.request import Request
from ingest.remote.source import Address
import ingest.engine, ingest.remote.xmatch, astropy.io.votable, pyvo.dal
sky, url = sys.argv[1:]
settings = catalogdb.load_settings(None, {"fetch_rows": 60, "fetch_backoff_s": 0.01, "threads": 1})
def act(ready):
    store = catalogdb.open(sky, settings=settings)
    ready()
    fetch(store, Request(table="II/246/out", cone=Cone(130, 20, 3)), Address(tap=url), How(name="x"))
"""


@pytest.mark.parametrize("seed", [20260815])
def test_kill_at_any_instant(tmp_path: Path, server: Any, vizier: Table, forge: Any, seed: int) -> None:
    """Killed again and again it comes to its end; no chunk that was finished is asked for twice, no row is lost."""
    chance = random.Random(seed)
    sky = tmp_path / "sky"
    catalogdb.open(sky, create=True).close()
    kills, longest = 0, 0.6
    with forge(FETCHER, sky, server.url) as kill:
        while not list(sky.glob("tables/catalogs/x.*")) or list(sky.glob("staging/fetch.*/")):
            done = {json.loads(file.read_text())["question"] for file in sky.glob("staging/fetch.*/*.done")}
            before = len(keys(server))
            kills += kill(chance.uniform(0.05, longest))[0]
            longest *= 1.1  # where others use the machine it would hardly come on
            assert not done & set(keys(server)[before:])
            with catalogdb.open(sky) as store:
                if store.tables():
                    break
    assert kills > 2
    with catalogdb.open(sky) as store:
        check_whole(store, vizier)
        store.gc(retention_days=0)
        assert (store.check().ok, store.check().orphans) == (True, ())


def test_a_job_that_was_running_is_taken_up_again(tmp_path: Path, server: Any, vizier: Table) -> None:
    """Killed while it waits for a job, the next attempt waits for the same job, and asks for no other."""
    services = tmp_path / "services.toml"
    services.write_text(
        f'[[services]]\nname = "mine"\nprotocol = "tap"\nurl = "{server.url}"\nmode = "async"\n'
    )
    sky = tmp_path / "sky"
    server.job_s = 600.0
    more = ["--set=fetch_rows=100000", f"--set=fetch_services={services}", "--from", "mine"]
    line = [each for each in command(sky, server, *more) if each not in {"--tap", server.url}]
    environment = os.environ | {"PYTHONPATH": str(Path(catalogdb.__file__).parents[1])}
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        deadline = time.monotonic() + 60
        while not any(job.phase == "EXECUTING" for job in server.jobs.values() if "CIRCLE" in job.query):
            assert time.monotonic() < deadline
            assert process.poll() is None, process.stderr
            time.sleep(0.02)
        process.kill()
    for job in server.jobs.values():
        job.until = time.monotonic() + 1
    made = len([a for a in server.log if a.method == "POST" and a.path == "/tap/async"])
    ended = subprocess.run(line, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    rows = [a for a in server.log if a.method == "POST" and a.path == "/tap/async" and "CIRCLE" in a.query]
    assert len(rows) == 1
    assert made >= 1
    with catalogdb.open(sky) as store:
        check_whole(store, vizier)
