"""Result formats: catalogdb against astropy and stilts, writing the same rows.

    python tests/bench/bench_formats.py [--rows 1000000] [--peer-rows 50000] [--only votable fits ...]
    python tests/bench/bench_formats.py --growth [--only ...]

The table has 12 columns: an identifier, five doubles, four floats, an integer, a short text, with NULLs in
seven. "ours" is from Arrow batches to bytes, "query" from DuckDB's file to bytes. astropy writes its Table,
stilts copies a FITS file (start of Java included). Every run is a process of its own; rows/s of wall time,
and of CPU time where the machine is shared. --growth prints peak memory for 1 and 5 million rows,
with a memory_limit of 500 MB for DuckDB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from catalogdb.formats import FORMATS, Field, Header, Rows, find_format

STARS = """SELECT (i * 7919)::BIGINT AS source_id, random() * 360 AS ra, random() * 180 - 90 AS dec,
    random() * 2 AS ra_error, CASE WHEN random() < .1 THEN NULL ELSE random() * 100 - 50 END AS pmra,
    CASE WHEN random() < .1 THEN NULL ELSE random() END AS parallax, (random() * 20)::REAL AS g,
    CASE WHEN random() < .05 THEN NULL ELSE (random() * 20)::REAL END AS bp,
    CASE WHEN random() < .05 THEN NULL ELSE (random() * 20)::REAL END AS rp,
    CASE WHEN random() < .5 THEN NULL ELSE (random() * 20)::REAL END AS rv,
    CASE WHEN random() < .2 THEN NULL ELSE (random() * 1000)::INTEGER END AS n,
    CASE WHEN random() < .2 THEN NULL ELSE 'HD' || (random() * 300000)::INTEGER END AS name
    FROM range({rows}) t(i)"""
TYPES = ["BIGINT", *["DOUBLE"] * 5, *["REAL"] * 4, "INTEGER", "VARCHAR"]
NAMES = ["source_id", "ra", "dec", "ra_error", "pmra", "parallax", "g", "bp", "rp", "rv", "n", "name"]
HEADER = Header(
    tuple(Field(name=n, type=t, ascii=True) for n, t in zip(NAMES, TYPES, strict=True)), table_name="stars"
)
ASTROPY = {
    "votable": {"format": "votable", "tabledata_format": "binary2"},
    "votable/td": {"format": "votable", "tabledata_format": "tabledata"},
    "fits": {"format": "fits"},
    "csv": {"format": "ascii.csv"},
    "parquet": {"format": "parquet"},
    "html": {"format": "ascii.html"},
    "text": {"format": "ascii.fixed_width"},
    "tsv": {"format": "ascii.tab"},
}
STILTS = {
    "votable": "votable-binary2-inline",
    "votable/td": "votable-tabledata",
    "votable/b": "votable-binary-inline",
    "fits": "fits-basic",
    "csv": "csv",
    "html": "html",
    "text": "text",
    "tsv": "tst",
}
BATCH = 50_000


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    with duckdb.connect(str(path), read_only=True, config={"memory_limit": "500MB"}) as con:
        yield from con.sql("SELECT * FROM stars").to_arrow_reader(BATCH)


def ours(name: str, path: Path, *, query: bool) -> dict[str, float]:
    source = batches(path) if query else iter(list(batches(path)))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, Path(os.devnull).open("wb") as out:
        encode = find_format(name).encode
        b"".join(encode(HEADER, Rows(iter(()), None), folder=Path(folder)))
        wall, cpu = time.perf_counter(), time.process_time()
        size = sum(out.write(chunk) for chunk in encode(HEADER, Rows(source), folder=Path(folder)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"wall": wall, "cpu": cpu, "peak_mb": peak, "size": size}


def astropy(name: str, path: Path) -> dict[str, float]:
    from catalogdb.astropy_table import astropy_table

    table = astropy_table(pa.Table.from_batches(batches(path)), HEADER.fields)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        table.write(Path(folder) / "out", **ASTROPY[name])
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def stilts(name: str, path: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        words = [f"in={path}", f"out={folder}/out", f"ofmt={STILTS[name]}"]
        subprocess.run(["stilts", "tcopy", "ifmt=fits", *words], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return {"wall": time.perf_counter() - wall, "cpu": cpu}


def apart(*words: str) -> dict[str, float]:
    """One run, as a process of its own."""
    run = subprocess.run(
        [sys.executable, __file__, "--one", *words], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(run.stdout)
    return found


def one(what: str, name: str, path: Path) -> dict[str, float]:
    if what in ("ours", "query"):
        return ours(name, path, query=what == "query")
    return astropy(name, path) if what == "astropy" else stilts(name, path)


def made(folder: Path, rows: int) -> Path:
    path = folder / f"{rows}.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(f"CREATE TABLE stars AS {STARS.format(rows=rows)}")
    return path


def rate(rows: int, found: dict[str, float] | None) -> str:
    if found is None:
        return f"{'':>19}"
    return f"{rows / found['wall'] / 1e3:>8,.0f} k ({rows / found['cpu'] / 1e3:>6,.0f})"


def compare(folder: Path, names: list[str], rows: int, peer_rows: int) -> None:
    path, small = made(folder, rows), made(folder, peer_rows)
    table = folder / "stars.fits"
    encode = find_format("fits").encode
    table.write_bytes(b"".join(encode(HEADER, Rows(batches(path)), folder=folder)))
    print(f"{rows:,} rows ({peer_rows:,} for astropy); rows/s of wall time (of CPU time)")
    heads = "".join(f"{head:>19}" for head in ("ours", "query", "astropy", "stilts"))
    print(f"{'format':12}{heads}  bytes/row")
    for name in names:
        mine, query = apart("ours", name, str(path)), apart("query", name, str(path))
        theirs = apart("astropy", name, str(small)) if name in ASTROPY else None
        java = apart("stilts", name, str(table)) if name in STILTS and shutil.which("stilts") else None
        rates = rate(rows, mine), rate(rows, query), rate(peer_rows, theirs), rate(rows, java)
        print(f"{name:12}{''.join(rates)}  {mine['size'] / rows:>8.0f}", flush=True)


def growth(folder: Path, names: list[str]) -> None:
    print(f"{'format':12}{'1 M rows':>12}{'5 M rows':>12}  peak memory, DuckDB's included")
    paths = [made(folder, rows) for rows in (1_000_000, 5_000_000)]
    for name in names:
        peaks = [apart("query", name, str(path))["peak_mb"] for path in paths]
        print(f"{name:12}" + "".join(f"{peak:>9,.0f} MB" for peak in peaks), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=50_000)
    parser.add_argument(
        "--only", nargs="+", default=[each.name for each in FORMATS if each.name != "votable/b2"]
    )
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        what, name, path = options.one
        print(json.dumps(one(what, name, Path(path))))
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.growth:
            growth(Path(folder), options.only)
        else:
            compare(Path(folder), options.only, options.rows, options.peer_rows)


if __name__ == "__main__":
    main()
