"""Latency of cone searches in an ingested table, from the call to the rows in Arrow.

    python tests/bench/bench_cone.py [--rows 10000000] [--cones 60]

Circles of 1', 10' and 1 deg about random stars; prints median and 95th percentile in ms, the median
number of rows, and the same for a scan with the exact test alone, which is what the ranges save.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_match import prepare

import catalogdb
from catalogdb.cone import cone

SCAN = """
    SELECT *, separation_arcsec($ra, $dec, ra, dec) AS separation FROM catalogs.a
    WHERE separation <= $radius ORDER BY separation"""


def latencies(searches: list) -> tuple[float, float, float]:
    """Median and 95th percentile of the time [ms], and the median number of rows."""
    times, rows = [], []
    for search in searches:
        started = time.perf_counter()
        rows.append(search().arrow().num_rows)
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times)), float(np.percentile(times, 95)), float(np.median(rows))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--cones", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="catalogdb_bench_") as folder:
        prepare(Path(folder), arguments.rows)
        with catalogdb.open(Path(folder) / "sky") as store:
            stars = store.sql(
                f"SELECT ra, dec FROM catalogs.a USING SAMPLE {arguments.cones} (reservoir, 1)"
            ).fetchall()
            print(f"{arguments.rows:,} rows   median ms   95 % ms   rows")
            for radius_deg in (1 / 60, 1 / 6, 1.0):
                cones = [lambda c=c, r=radius_deg: cone(store, "a", *c, r) for c in stars]
                latencies(cones[:5])
                print(f"cone {60 * radius_deg:3.0f}'  " + "{:9.1f} {:9.1f} {:8.0f}".format(*latencies(cones)))
            bound = [{"ra": ra, "dec": dec, "radius": 60.0} for ra, dec in stars[:5]]
            scans = [lambda p=p: store.sql(SCAN, p) for p in bound]
            print("scan   1'  " + "{:9.1f} {:9.1f} {:8.0f}".format(*latencies(scans)))


if __name__ == "__main__":
    main()
