"""Queries with an uploaded table, from the file to the rows, in the instance of a worker.

    python tests/bench/bench_uploads.py [--rows 1000000] [--sent 10000]

Prints the seconds to load the CSV file, and those of joins by position in the forms that people write.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

import catalogdb
from catalogdb.adql.translate import translate
from catalogdb.leases import Lease
from catalogdb.registry import Registry
from catalogdb.service.instance import open_current
from catalogdb.service.uploads.load import loaded_uploads
from catalogdb.settings import load_settings
from tests.catalogdb.service.conftest import fill

JOINS = (
    "tap_upload.u JOIN stars s ON DISTANCE(u.ra, u.dec, s.ra, s.dec) < 0.02",
    "tap_upload.u JOIN stars s ON DISTANCE(POINT(u.ra, u.dec), POINT(s.ra, s.dec)) < 0.02",
    "stars s JOIN tap_upload.u ON 1 = CONTAINS(POINT(s.ra, s.dec), CIRCLE(u.ra, u.dec, 0.02))",
    "stars s, tap_upload.u WHERE 1 = CONTAINS(POINT(u.ra, u.dec), CIRCLE(s.ra, s.dec, 0.02))",
    "tap_upload.u LEFT JOIN stars s ON DISTANCE(u.ra, u.dec, s.ra, s.dec) < 0.02",
    "tap_upload.u WHERE EXISTS (SELECT 1 FROM stars s WHERE DISTANCE(u.ra, u.dec, s.ra, s.dec) < 0.02)",
    "tap_upload.u JOIN tap_upload.u AS v ON DISTANCE(u.ra, u.dec, v.ra, v.dec) < 0.02",
)


def write_positions(path: Path, n: int) -> None:
    """Write `n` random positions as CSV."""
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    lines = [f"{i},{a:.8f},{d:.8f}" for i, (a, d) in enumerate(zip(ra, dec, strict=True))]
    path.write_text("id,ra,dec\n" + "\n".join(lines))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--sent", type=int, default=10_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="catalogdb_bench_") as name:
        folder, root = Path(name), Path(name) / "sky"
        with catalogdb.open(root, create=True) as store:
            fill(store, n=arguments.rows)
        write_positions(folder / "u.csv", arguments.sent)
        instance = open_current(root, load_settings(root), Registry(root), Lease(root), folder)
        upload = {"name": "u", "path": str(folder / "u.csv"), "most_rows": 10**9, "most_bytes": 10**10}
        cursor = instance.connection.cursor()
        started = time.perf_counter()
        with loaded_uploads(cursor, [upload], lambda: None) as uploads:
            print(f"{time.perf_counter() - started:7.2f} s  to load {arguments.sent:,} rows")
            for join in JOINS:
                query = f"SELECT count(*) AS n FROM {join}"
                started = time.perf_counter()
                translated = translate(
                    query, instance.tables.values(), uploads=uploads, row_count=instance.row_count
                )
                ((rows,),) = cursor.execute(translated.sql).fetchall()
                print(f"{time.perf_counter() - started:7.2f} s  {rows:9,} rows  {join}")


if __name__ == "__main__":
    main()
