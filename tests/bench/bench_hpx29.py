"""Position to hpx29 in SQL for ten million random positions: equal to healpy, and how fast.

    python tests/bench/bench_hpx29.py [--rows 10000000]

Prints the positions whose cell differs and how far they lie from the nearest edge of a cell: where it
is less than the rounding of a position, 1e-6 cells, either cell is right. Then the speed of both.
"""

from __future__ import annotations

import argparse
import time

import duckdb
import healpy
import mpmath as mp
import numpy as np
import pyarrow as pa

import sql

NSIDE = 2**29


def edge_distance(ra: float, dec: float) -> float:
    """How far, in cells, a position is from the nearest edge of its cell, with 50 digits."""
    with mp.workdps(50):
        turn, z = mp.mpf(float(ra)) / 90, mp.sin(mp.mpf(float(dec)) * mp.pi / 180)
        if abs(z) <= mp.mpf(2) / 3:
            x, y = NSIDE * (0.5 + turn + 0.75 * z), NSIDE * (0.5 + turn - 0.75 * z)
        else:
            ring = NSIDE * mp.sqrt(3 * (1 - abs(z)))
            x, y = (turn - mp.floor(turn)) * ring, (1 - turn + mp.floor(turn)) * ring
        return float(min(abs(x - mp.nint(x)), abs(y - mp.nint(y))))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    n = parser.parse_args().rows
    rng = np.random.default_rng(29)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    con = duckdb.connect()
    for statement in sql.macros():
        con.execute(statement)
    con.register("given", pa.table({"ra": ra, "dec": dec}))
    con.execute("CREATE TABLE positions AS FROM given")
    started = time.perf_counter()
    con.execute("CREATE TABLE indexed AS FROM with_hpx29('positions')")
    in_sql = time.perf_counter() - started
    started = time.perf_counter()
    expected = healpy.ang2pix(NSIDE, ra, dec, nest=True, lonlat=True)
    in_healpy = time.perf_counter() - started
    rows = con.sql("FROM indexed").fetchnumpy()
    order = np.array_equal(rows["ra"], ra)
    if not order:
        expected = healpy.ang2pix(NSIDE, rows["ra"], rows["dec"], nest=True, lonlat=True)
    differ = np.flatnonzero(rows["hpx29"] != expected)
    print(f"{len(differ)} of {n:,} positions differ from healpy")
    for ra_deg, dec_deg in zip(rows["ra"][differ], rows["dec"][differ], strict=True):
        print(f"  {ra_deg} {dec_deg}: {edge_distance(ra_deg, dec_deg):.1e} cells from an edge")
    print(f"SQL {n / in_sql / 1e6:.1f} Mrow/s (into a table)")
    print(f"healpy {n / in_healpy / 1e6:.1f} Mrow/s (in memory)")


if __name__ == "__main__":
    main()
