"""Cross-match of two generated catalogues within an arcsecond, all pairs: catalogdb against its peers.

    python tests/bench/bench_match.py [--rows 1000000 10000000] [--peers catalogdb stilts astropy lsdb]

Every program gets the same rows, each in a process of its own; catalogdb from ingested tables to the
published link table, the others from FITS files to an output file. Prints wall and CPU time, peak memory,
pairs and the ratio to catalogdb. Peers that are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table as AstropyTable

import catalogdb
from catalogdb.astrometry import ASTROMETRY

PEERS = ("catalogdb", "stilts", "astropy", "lsdb")
ID = catalogdb.Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier")
NAMES = ("ra", "dec", "ref_epoch", "pmra", "pmdec", "parallax", "ra_error", "dec_error", "hpx29")

ASTROPY = """
import sys
from astropy.coordinates import SkyCoord, search_around_sky
from astropy.table import Table
import astropy.units as u
left, right = (Table.read(f) for f in sys.argv[1:3])
sky = [SkyCoord(t["ra"], t["dec"], unit="deg") for t in (left, right)]
i, j, separation, _ = search_around_sky(*sky, 1 * u.arcsec)
links = Table({"left_id": left["source_id"][i], "right_id": right["source_id"][j], "separation": separation})
links.write(sys.argv[3], overwrite=True)
"""

LSDB = """
import sys
import lsdb
from astropy.table import Table
from dask.distributed import Client
if __name__ == "__main__":
    left, right = (
        lsdb.from_dataframe(Table.read(f)["source_id", "ra", "dec"].to_pandas(), ra_column="ra",
                            dec_column="dec", margin_threshold=10)
        for f in sys.argv[1:3])
    with Client(n_workers=2, dashboard_address=None):
        found = left.crossmatch(right, radius_arcsec=1, n_neighbors=100, suffixes=("_l", "_r")).compute()
    Table.from_pandas(found).write(sys.argv[3], overwrite=True)
"""


def sky(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A Galactic disc, a uniform halo, clusters, and stars crowding the poles and the RA seam."""
    disc, crowd, seam = int(0.7 * n), n // 1000, n // 1000
    clustered = n // 100
    halo = n - disc - crowd - seam - clustered
    latitude = np.clip(rng.laplace(0, 9, disc), -90, 90)
    plane = SkyCoord(np.degrees(rng.vonmises(0, 1, disc)) * u.deg, latitude * u.deg, frame="galactic").icrs
    centres = rng.uniform(0, 360, 60), rng.uniform(-80, 80, 60)
    member = rng.integers(0, 60, clustered)
    east = rng.normal(0, 0.05, clustered) / np.cos(np.radians(centres[1][member]))
    ra = [
        plane.ra.deg,
        rng.uniform(0, 360, halo + crowd),
        rng.normal(0, 0.01, seam),
        centres[0][member] + east,
    ]
    dec = [
        plane.dec.deg,
        np.degrees(np.arcsin(rng.uniform(-1, 1, halo))),
        np.where(rng.random(crowd) < 0.5, 1, -1) * (90 - 0.05 * np.sqrt(rng.random(crowd))),
        rng.uniform(-90, 90, seam),
        centres[1][member] + rng.normal(0, 0.05, clustered),
    ]
    order = rng.permutation(n)
    return np.concatenate(ra)[order] % 360, np.concatenate(dec)[order]


def catalogue(rng: np.random.Generator, ra: np.ndarray, dec: np.ndarray) -> pa.Table:
    """Eight columns a star catalogue has, of positions."""
    n = len(ra)
    columns = {"source_id": rng.permutation(n).astype(np.int64) * 1000 + 7, "ra": ra, "dec": dec}
    columns |= {"ref_epoch": np.full(n, 2016.0), "pmra": rng.normal(0, 8, n), "pmdec": rng.normal(0, 8, n)}
    return pa.table(columns | {name: rng.gamma(2, 0.1, n) for name in ("parallax", "ra_error", "dec_error")})


def pair(n: int) -> tuple[pa.Table, pa.Table]:
    """Two catalogues of n rows; 70 % of the second are stars of the first, a quarter arcsecond off."""
    rng = np.random.default_rng(n)
    ra, dec = sky(rng, n)
    same = int(0.7 * n)
    new = sky(rng, n - same)
    moved_dec = np.clip(dec[:same] + rng.normal(0, 0.25 / 3600, same), -90, 90)
    moved_ra = ra[:same] + rng.normal(0, 0.25 / 3600, same) / np.maximum(np.cos(np.radians(dec[:same])), 1e-6)
    second = np.concatenate([moved_ra % 360, new[0]]), np.concatenate([moved_dec, new[1]])
    return catalogue(rng, ra, dec), catalogue(rng, *second)


def prepare(folder: Path, n: int) -> None:
    """Write both catalogues as FITS and into a store."""
    columns = (ID, *(ASTROMETRY[name] for name in NAMES))
    with catalogdb.open(folder / "sky", create=True) as store:
        for name, rows in zip("ab", pair(n), strict=True):
            table = catalogdb.Table(name=name, about="Generated stars", columns=columns)
            with store.writer(table) as writer:
                writer.con.register("given", rows)
                writer.insert("FROM with_hpx29('given')")
                writer.publish()
            values = {column: rows[column].to_numpy() for column in rows.column_names}
            AstropyTable(values).write(folder / f"{name}.fits")


def command(peer: str, folder: Path) -> list[str] | None:
    """The command line of a peer, or None where it is not installed."""
    left, right, out = (str(folder / f"{name}.fits") for name in ("a", "b", f"{peer}_out"))
    if peer == "catalogdb":
        program = [sys.executable, "-m", "catalogdb"]
        return [*program, "match", "a", "b", "--radius", "1", "--replace", "--store", str(folder / "sky")]
    if peer == "stilts":
        if shutil.which("stilts") is None:
            return None
        keys = {"in1": left, "in2": right, "ra1": "ra", "dec1": "dec", "ra2": "ra", "dec2": "dec"}
        keys |= {"error": "1", "find": "all", "join": "1and2", "out": out}
        return ["stilts", "tskymatch2", *(f"{key}={value}" for key, value in keys.items())]
    if importlib.util.find_spec(peer) is None:
        return None
    return [sys.executable, "-c", {"astropy": ASTROPY, "lsdb": LSDB}[peer], left, right, out]


class Run(NamedTuple):
    """Wall and CPU time [s] and peak memory [GB] of a process and what it starts."""

    wall: float
    cpu: float
    memory: float


def timed(arguments: list[str], folder: Path) -> Run:
    """Run a command, which must succeed."""
    started = time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments[0]} failed:\n{(folder / 'log').read_text()[-2000:]}")
    scale = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * scale / 1e9)


def pairs(peer: str, folder: Path) -> int:
    """How many pairs the peer found."""
    if peer == "catalogdb":
        with catalogdb.open(folder / "sky") as store:
            return store.row_count("matches.a_b")
    with fits.open(folder / f"{peer}_out.fits") as file:
        return int(file[1].header["NAXIS2"])


def prepare_apart(folder: Path, n: int) -> None:
    """Prepare in a process of its own: the peak memory of a child begins at that of its parent."""
    subprocess.run([sys.executable, __file__, "--prepare", str(folder), "--rows", str(n)], check=True)


def compare(n: int, peers: list[str], repeats: int) -> None:
    """Print the table of one size: medians, and the ratio of each peer's wall time to catalogdb's.

    The programs take turns, so that a machine that changes its speed changes it for all.
    """
    with tempfile.TemporaryDirectory(prefix="catalogdb_bench_") as name:
        folder = Path(name)
        prepare_apart(folder, n)
        print(f"\n{n:,} x {n:,} rows within 1 arcsec, all pairs; {repeats} runs of each in turn")
        print(f"{'program':10} {'wall s':>8} {'cpu s':>8} {'ratio':>6} {'GB':>6} {'pairs':>12}")
        commands = {peer: command(peer, folder) for peer in dict.fromkeys(("catalogdb", *peers))}
        runs: dict[str, list[Run]] = {peer: [] for peer, arguments in commands.items() if arguments}
        for _ in range(repeats):
            for peer in runs:
                runs[peer].append(timed(commands[peer] or [], folder))
        ours = statistics.median(run.wall for run in runs["catalogdb"])
        for peer in commands:
            if peer not in runs:
                print(f"{peer:10} not installed")
                continue
            wall, cpu = (statistics.median(column) for column in list(zip(*runs[peer], strict=True))[:2])
            memory = max(run.memory for run in runs[peer])
            print(
                f"{peer:10} {wall:8.2f} {cpu:8.2f} {wall / ours:6.1f} {memory:6.2f} {pairs(peer, folder):12,}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--repeats", type=int, default=3, help="runs of each program; the median counts")
    parser.add_argument("--prepare", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.prepare:
        prepare(arguments.prepare, arguments.rows[0])
        return
    for n in arguments.rows:
        compare(n, arguments.peers, arguments.repeats)


if __name__ == "__main__":
    main()
