"""Ingest of generated native files: catalogdb against programs that only read them.

    python tests/bench/bench_ingest.py [--rows 1000000] [--repeats 3]

Each file holds the same simulated stars in one native form. catalogdb reads, checks, converts, indexes,
orders and publishes them; the peers only read the file (pandas), or copy it to FITS (stilts). Every run
is a process of its own. Prints rows/s of the median run, peak memory and the ratio to catalogdb.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

import ingest
from analysis.simulate import simulate_sky

FORMS = {
    "tycho2": ("native", "tyc2.dat", "fixed width, 206 bytes"),
    "twomass": ("native", "psc_aaa", "delimited by |, 60 columns"),
    "gaia_dr3": ("csv", "gaia.csv", "CSV, 152 columns"),
    "ucac5": ("native", "z400", "binary, 52 bytes"),
}
PANDAS = (
    "import sys, pandas; pandas.read_csv(sys.argv[1], sep=sys.argv[2], header={header}, low_memory=False)"
)


def repeated(rows: pa.Table, n: int) -> pa.Table:
    """The simulated rows over and over, with identifiers of their own and scattered positions."""
    rng = np.random.default_rng(n)
    picked = rows.take(pa.array(rng.integers(0, rows.num_rows, n)))
    columns = dict(zip(picked.column_names, picked.columns, strict=True))
    number = np.arange(n)
    if rows.schema.field("source_id").type == pa.int64():
        columns["source_id"] = pa.array(number + 1)
    elif "tyc1" in columns:
        columns["tyc1"], columns["tyc2"] = pa.array(number % 9000 + 1), pa.array(number // 9000 + 1)
        columns["source_id"] = pa.array([f"{i % 9000 + 1}-{i // 9000 + 1}-1" for i in range(n)])
    else:
        columns["source_id"] = pa.array([f"{i:016d}" for i in range(n)])
    return pa.table(columns)


def commands(name: str, file: Path, folder: Path) -> dict[str, list[str]]:
    """The command line of every program that can read this form and is installed."""
    found = {
        "catalogdb": [sys.executable, "-m", "catalogdb", "ingest", name, str(file), "--replace",
                      "--form", FORMS[name][0], "--store", str(folder / "sky")],
    }  # fmt: skip
    separator = {"twomass": "|", "gaia_dr3": ","}.get(name)
    if separator is not None:
        code = PANDAS.format(header=0 if separator == "," else None)
        found["pandas"] = [sys.executable, "-c", code, str(file), separator]
    if name == "gaia_dr3" and shutil.which("stilts"):
        found["stilts"] = ["stilts", "tcopy", f"in={file}", "ifmt=csv", f"out={folder / 'out.fits'}"]
    return found


def timed(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Wall time [s] and peak memory [GB] of a process, which must succeed."""
    started = time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(arguments, stdout=log, stderr=log, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments[0]} failed:\n{(folder / 'log').read_text()[-2000:]}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def prepare(name: str, n: int, file: Path) -> None:
    """Write n simulated rows of the catalogue as a native file."""
    rows = repeated(simulate_sky(5000, 2016).catalogues[name], n)
    ingest.write_native(name, FORMS[name][0], rows, file)


def compare(name: str, n: int, repeats: int) -> None:
    """Print the table of one form."""
    _, file_name, words = FORMS[name]
    with tempfile.TemporaryDirectory(prefix="catalogdb_bench_") as place:
        folder = Path(place)
        file = folder / file_name
        # In a process of its own: the peak memory of a child begins at that of its parent.
        subprocess.run([sys.executable, __file__, "--prepare", name, str(file), "--rows", str(n)], check=True)
        print(f"\n{name}: {words}; {n:,} rows, {file.stat().st_size / 1e6:,.0f} MB")
        print(f"{'program':10} {'rows/s':>10} {'seconds':>8} {'ratio':>6} {'GB':>6}")
        ours = None
        for peer, arguments in commands(name, file, folder).items():
            runs = [timed(arguments, folder) for _ in range(repeats)]
            seconds = statistics.median(run[0] for run in runs)
            ours = ours or seconds
            memory = max(run[1] for run in runs)
            print(
                f"{peer:10} {n / seconds:10,.0f} {seconds:8.2f} {seconds / ours:6.2f} {memory:6.2f}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--prepare", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.prepare:
        prepare(arguments.prepare[0], arguments.rows, Path(arguments.prepare[1]))
        return
    print(f"{os.cpu_count()} cores")
    for name in FORMS:
        compare(name, arguments.rows, arguments.repeats)


if __name__ == "__main__":
    main()
