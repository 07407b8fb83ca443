"""The TAP service beside another on the same rows: cones, large results, jobs, clients at once.

    python tests/bench/bench_tap.py make DIR --rows 1000000          a store, and stars.csv for the peer
    python tests/bench/bench_tap.py run --store DIR/sky --peer http://localhost:8080/tap
    python tests/bench/bench_tap.py scale DIR --rows 1000000 50000000   cones on stores of these sizes
    python tests/bench/bench_tap.py export --store DIR/sky --rows 10000000

`make` also writes q.rd, by which DaCHS imports stars.csv (`dachs imp q` in /var/gavo/inputs/stars). A peer
that is not named is not measured. Latencies are of whole requests by one client on one connection each.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil

import catalogdb
from catalogdb import Column, Table
from catalogdb.astrometry import ASTROMETRY

_SELECT = """
    SELECT i AS source_id, ra, dec, hpx29(ra, dec) AS hpx29,
        CASE WHEN i % 10 = 0 THEN NULL ELSE random() * 20 - 10 END AS pmra,
        CASE WHEN i % 10 = 0 THEN NULL ELSE random() * 20 - 10 END AS pmdec,
        CASE WHEN i % 10 = 0 THEN NULL ELSE random() * 5 END AS parallax,
        (6 + random() * 15)::REAL AS g_mag,
        CASE WHEN i % 5 = 0 THEN NULL ELSE (6 + random() * 15)::REAL END AS bp_mag,
        CASE WHEN i % 5 = 0 THEN NULL ELSE (6 + random() * 15)::REAL END AS rp_mag,
        CASE WHEN i % 3 = 0 THEN NULL ELSE (random() * 200 - 100)::REAL END AS rv,
        (i % 1000)::INTEGER AS flags, 'star' || (i % 100000) AS name
    FROM (SELECT range AS i, random() * 360 AS ra, degrees(asin(random() * 2 - 1)) AS dec FROM range({n}))"""

_RD = """<resource schema="stars" resdir="stars">
  <meta name="title">Stars</meta><meta name="description">Random stars</meta>
  <meta name="creationDate">2026-01-01T00:00:00Z</meta><meta name="subject">stars</meta>
  <table id="main" onDisk="True" adql="True" mixin="//scs#q3cindex">
    <column name="source_id" type="bigint" ucd="meta.id;meta.main" required="True"/>
    <column name="ra" type="double precision" unit="deg" ucd="pos.eq.ra;meta.main"/>
    <column name="dec" type="double precision" unit="deg" ucd="pos.eq.dec;meta.main"/>
    <column name="pmra" type="double precision" unit="mas/yr"/>
    <column name="pmdec" type="double precision" unit="mas/yr"/>
    <column name="parallax" type="double precision" unit="mas"/>
    <column name="g_mag" unit="mag"/><column name="bp_mag" unit="mag"/><column name="rp_mag" unit="mag"/>
    <column name="rv" unit="km/s"/><column name="flags" type="integer" required="True"/>
    <column name="name" type="text"/>
  </table>
  <data id="import"><sources>stars.csv</sources><csvGrammar/>
    <make table="main"><rowmaker idmaps="*"/></make></data>
</resource>
"""
_NAMES = "source_id, ra, dec, pmra, pmdec, parallax, g_mag, bp_mag, rp_mag, rv, flags, name"


def _table() -> Table:
    def number(name: str, kind: str, unit: str) -> Column:
        return Column(name=name, type=kind, ucd="meta.number", unit=unit, about=name)

    sky = [ASTROMETRY[name] for name in ("ra", "dec", "hpx29", "pmra", "pmdec", "parallax")]
    return Table(
        name="stars",
        about="Random stars",
        columns=(
            Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="id", nullable=False),
            *sky,
            *(number(name, "REAL", "mag") for name in ("g_mag", "bp_mag", "rp_mag")),
            number("rv", "REAL", "km.s**-1"),
            number("flags", "INTEGER", ""),
            Column(name="name", type="VARCHAR", ucd="meta.id", about="name"),
        ),
    )


def make(folder: Path, rows: int, *, csv: bool = True) -> Path:
    """A store with catalogs.stars, and the same rows for a peer."""
    path = folder / "sky"
    folder.mkdir(parents=True, exist_ok=True)
    with catalogdb.open(path, create=True) as store:
        if not any(table.name == "stars" for table in store.tables()):
            store.publish(_table(), _SELECT.format(n=rows))
        if csv:
            store.sql(f"SELECT {_NAMES} FROM catalogs.stars").write(folder / "stars.csv")
            (folder / "q.rd").write_text(_RD)
    return path


@contextlib.contextmanager
def served(store: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The service on a free port: its TAP URL and its process."""
    command = [sys.executable, "-m", "catalogdb", "serve", "--store", str(store), "--port", "0"]
    with (store.parent / "serve.log").open("w") as log:
        process = subprocess.Popen(command, stderr=log)
        try:
            while not (found := re.search(r"http\S+/tap", (store.parent / "serve.log").read_text())):
                time.sleep(0.1)
            httpx.get(found[0] + "/availability", timeout=60)
            yield found[0], psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(60)


def ask(client: httpx.Client, tap: str, query: str, **more: str) -> tuple[float, bytes]:
    """Seconds and body of a synchronous query."""
    began = time.perf_counter()
    form = {"LANG": "ADQL", "REQUEST": "doQuery", "QUERY": query} | more
    response = client.post(f"{tap}/sync", data=form)
    response.raise_for_status()
    return time.perf_counter() - began, response.content


def cone(table: str, radius_deg: float, rng: random.Random) -> str:
    """A cone somewhere."""
    ra, dec = rng.uniform(0, 360), rng.uniform(-85, 85)
    circle = f"CIRCLE('ICRS', {ra:.5f}, {dec:.5f}, {radius_deg})"
    return f"SELECT {_NAMES} FROM {table} WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), {circle})"


def cones(tap: str, table: str, radius_deg: float, n: int = 60) -> list[float]:
    """Seconds of `n` cones, after five that do not count."""
    rng = random.Random(7)
    with httpx.Client(timeout=600) as client:
        times = [ask(client, tap, cone(table, radius_deg, rng))[0] for _ in range(n + 5)]
    return times[5:]


def at_once(tap: str, table: str, clients: int = 8, n: int = 25) -> list[float]:
    """Seconds of cones of several clients at once."""
    times: list[float] = []

    def run(seed: int) -> None:
        rng = random.Random(seed)
        with httpx.Client(timeout=600) as client:
            times.extend(ask(client, tap, cone(table, 0.1, rng))[0] for _ in range(n))

    threads = [threading.Thread(target=run, args=(seed,)) for seed in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == clients * n, "a client met an error"
    return times


def result(tap: str, table: str, format_: str, rows: int = 100_000, n: int = 3) -> list[float]:
    """Seconds of a result of so many rows."""
    query = f"SELECT TOP {rows} {_NAMES} FROM {table}"
    with httpx.Client(timeout=600) as client:
        return [ask(client, tap, query, FORMAT=format_, MAXREC=str(rows))[0] for _ in range(n)]


def job(tap: str, table: str, n: int = 5) -> list[float]:
    """Seconds of a job with one row, by pyvo."""
    import pyvo

    service = pyvo.dal.TAPService(tap)

    def run() -> float:
        began = time.perf_counter()
        assert len(service.run_async(f"SELECT TOP 1 source_id FROM {table}")) == 1
        return time.perf_counter() - began

    return [run() for _ in range(n + 1)][1:]


def _ms(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{1000 * statistics.median(ordered):8.1f} {1000 * ordered[int(0.95 * (len(ordered) - 1))]:8.1f}"


def run(arguments: argparse.Namespace) -> None:
    """Measure the service, and the peer where one is named, in turn."""
    measures: list[tuple[str, Callable[[str, str], list[float]]]] = [
        ("cone 0.1 deg", lambda tap, table: cones(tap, table, 0.1)),
        ("cone 1 deg", lambda tap, table: cones(tap, table, 1.0)),
        ("8 clients, cone 0.1 deg", at_once),
        ("100 k rows, BINARY2", lambda tap, table: result(tap, table, "votable/b2")),
        ("100 k rows, TABLEDATA", lambda tap, table: result(tap, table, "votable/td")),
        ("100 k rows, csv", lambda tap, table: result(tap, table, "csv")),
        ("job of 1 row, pyvo", job),
    ]
    with served(arguments.store) as (tap, _):
        services = [("catalogdb", tap, "catalogs.stars")]
        if arguments.peer:
            services.append(("peer", arguments.peer, arguments.peer_table))
        print(f"{'':26}{'':10}  p50 [ms]  p95 [ms]  ratio of p50")
        for name, measure in measures:
            medians = {}
            for who, url, table in services:
                times = measure(url, table)
                medians[who] = statistics.median(times)
                ratio = f"{medians[who] / medians['catalogdb']:8.1f}" if who == "peer" else ""
                print(f"{name:26}{who:10}  {_ms(times)} {ratio}", flush=True)


def scale(arguments: argparse.Namespace) -> None:
    """Cones of one size on the sky's stars, so that all stores give about as many rows."""
    print(f"{'rows':>12}  radius [deg]  p50 [ms]  p95 [ms]")
    for rows in arguments.rows:
        store = make(arguments.folder / f"n{rows}", rows, csv=False)
        with served(store) as (tap, _):
            for radius in (0.1, 0.1 * (min(arguments.rows) / rows) ** 0.5):
                print(f"{rows:12,}  {radius:12.4f}  {_ms(cones(tap, 'catalogs.stars', radius))}", flush=True)


def export(arguments: argparse.Namespace) -> None:
    """One large result, streamed: the time, and the most memory of the processes meanwhile."""
    peak = {"service": 0, "worker": 0}
    with served(arguments.store) as (tap, process):
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                with contextlib.suppress(psutil.Error):
                    peak["service"] = max(peak["service"], process.memory_info().rss)
                    workers = [child.memory_info().rss for child in process.children()]
                    peak["worker"] = max(peak["worker"], *workers)

        thread = threading.Thread(target=watch)
        thread.start()
        many = "(SELECT TOP 50 source_id AS again FROM catalogs.stars) AS b"
        query = f"SELECT TOP {arguments.rows} a.* FROM catalogs.stars AS a, {many}"
        form = {"LANG": "ADQL", "QUERY": query, "FORMAT": arguments.format, "MAXREC": str(arguments.rows)}
        began, size = time.perf_counter(), 0
        with httpx.stream("POST", f"{tap}/sync", data=form, timeout=600) as response:
            response.raise_for_status()
            for chunk in response.iter_raw():
                size += len(chunk)
        seconds = time.perf_counter() - began
        done.set()
        thread.join()
    print(
        f"{arguments.rows:,} rows of {arguments.format}: {size / 1e6:,.0f} MB in {seconds:.1f} s; "
        f"peak memory: service {peak['service'] / 1e6:.0f} MB, worker {peak['worker'] / 1e6:.0f} MB"
    )


def main() -> None:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    making = commands.add_parser("make")
    making.add_argument("folder", type=Path)
    making.add_argument("--rows", type=int, default=1_000_000)
    making.set_defaults(do=lambda a: print(make(a.folder, a.rows)))
    running = commands.add_parser("run")
    running.add_argument("--store", type=Path, required=True)
    running.add_argument("--peer")
    running.add_argument("--peer-table", default="stars.main")
    running.set_defaults(do=run)
    scaling = commands.add_parser("scale")
    scaling.add_argument("folder", type=Path)
    scaling.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 50_000_000])
    scaling.set_defaults(do=scale)
    exporting = commands.add_parser("export")
    exporting.add_argument("--store", type=Path, required=True)
    exporting.add_argument("--rows", type=int, default=10_000_000)
    exporting.add_argument("--format", default="votable")
    exporting.set_defaults(do=export)
    arguments = parser.parse_args()
    os.environ.setdefault("CATALOGDB_LOG_LEVEL", "warning")
    arguments.do(arguments)


if __name__ == "__main__":
    main()
