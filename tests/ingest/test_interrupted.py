"""A long ingest tells how far it is, stops at Ctrl-C, and survives kill -9 at any instant."""

from __future__ import annotations

import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

import catalogdb
import ingest
from catalogdb.store import Store


def stars(path: Path, rows: int, first: int = 0) -> Path:
    """A CSV file of that many stars."""
    lines = (f"{first + i},{i * 0.37 % 360:.5f},{i * 0.11 % 180 - 90:.5f},{i % 90}\n" for i in range(rows))
    path.write_text("id,ra,dec,plate\n" + "".join(lines))
    return path


def test_text_that_duckdb_reads_shows_its_progress(store: Store, tmp_path: Path) -> None:
    file = stars(tmp_path / "x.csv", 600_000)
    told: list[tuple[str, int, int | None]] = []
    ingest.ingest_table(store, file, "x", progress=lambda *step: told.append(step))
    assert told
    done = [step[1] for step in told]
    assert done == sorted(done)
    assert {(label, total) for label, _, total in told} == {("reading x, bytes", file.stat().st_size)}


def test_a_callback_that_raises_stops_the_ingest(store: Store, tmp_path: Path) -> None:
    def refuse(label: str, done: int, total: int | None) -> None:
        raise LookupError("enough")

    with pytest.raises(LookupError, match="enough"):
        ingest.ingest_table(store, stars(tmp_path / "x.csv", 600_000), "x", progress=refuse)
    assert store.tables() == ()
    assert store.check().orphans == ()


def test_ctrl_c_stops_within_a_second_and_leaves_nothing(tmp_path: Path) -> None:
    file, sky = stars(tmp_path / "x.csv", 1_500_000), tmp_path / "sky"
    command = [sys.executable, "-m", "catalogdb", "ingest", "--table", file, "--as", "x", "--store", sky]
    with subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while process.poll() is None and not list((sky / "staging").glob("*.duckdb")):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        sent = time.monotonic()
        _, errors = process.communicate(timeout=60)
    assert time.monotonic() - sent < 4, "a second, on a machine that has nothing else to do"
    assert process.returncode == 130, errors
    assert "interrupted: what was not published yet is discarded" in errors
    with catalogdb.open(sky) as store:
        assert store.tables() == ()
        assert store.check().orphans == ()


SPEC = """
[catalogue]
name = "stars"
title = "Stars"
about = "Stars of a test"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
columns = [{ name = "source_id", about = "Number" }, "ra", "dec"]
[[forms]]
name = "csv"
reader = "csv"
extra = "drop"
fields = [{ name = "source_id", from = "id" }, "ra", "dec"]
"""

# One interpreter that has imported everything forks an ingest for each kill; it holds no DuckDB itself.
FORGE = """
import os, select, signal, sys, time
from pathlib import Path
import catalogdb, ingest, pyarrow.csv, astropy.io.votable
sky, spec, *files = sys.argv[1:]
spec = ingest.read_spec(spec, "stars.toml")
settings = catalogdb.load_settings(Path(sky), {"threads": 1})
for line in sys.stdin:
    number, delay = line.split()
    listen, ready = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            store = catalogdb.open(sky, settings=settings)
            os.write(ready, b"!")
            ingest.ingest(store, spec, files[int(number) % 2], mode="replace")
        finally:
            os._exit(0)
    os.close(ready)
    assert os.read(listen, 1) == b"!"
    started = time.monotonic()
    select.select([listen], [], [], float(delay))
    elapsed = time.monotonic() - started
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(listen)
    print(int(os.WIFSIGNALED(status)), elapsed, flush=True)
"""

KILLS = 100


def test_kill_at_any_instant_leaves_the_previous_table_whole(tmp_path: Path) -> None:
    sky, spec = tmp_path / "sky", ingest.read_spec(SPEC, "stars.toml")
    files = [stars(tmp_path / "even.csv", 400, first=0), stars(tmp_path / "odd.csv", 500, first=1000)]
    whole = {(400, 0, 399), (500, 1000, 1499)}
    with catalogdb.open(sky, create=True) as store:
        ingest.ingest(store, spec, files[0])
        before = store.snapshot
    reader = catalogdb.open(sky)
    chance = random.Random(20260214)
    killed = 0
    with subprocess.Popen(
        [sys.executable, "-c", FORGE, str(sky), SPEC, *map(str, files)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as forge:  # fmt: skip
        orders, answers = forge.stdin, forge.stdout
        assert orders is not None
        assert answers is not None

        def kill(number: int, delay_s: float) -> tuple[bool, float]:
            print(number, delay_s, file=orders, flush=True)
            dead, elapsed = answers.readline().split()
            return dead == "1", float(elapsed)

        longest = 1.2 * statistics.median(kill(number, 60)[1] for number in range(3))
        for number in range(KILLS):
            killed += kill(number, chance.uniform(0, longest))[0]
            reader.refresh()
            found = reader.sql("SELECT count(*), min(source_id), max(source_id) FROM catalogs.stars")
            assert set(found.fetchall()) <= whole
            assert reader.snapshot >= before
            before = reader.snapshot
            if number % 25 == 24:
                reader.gc(retention_days=0)
                report = reader.check()
                assert (report.ok, report.orphans) == (True, ())
        orders.close()
    reader.close()
    assert killed > KILLS / 4
    with catalogdb.open(sky) as store:
        ingest.ingest(store, spec, files[1], mode="replace")
        assert store.row_count("stars") == 500
    shutil.rmtree(sky)
