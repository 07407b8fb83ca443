"""Readers of every format: catalogdb against programs that read the same file, in turn.

    python tests/bench/bench_readers.py [--only fixed_width csv ...] [--scale 1] [--repeats 1]
    python tests/bench/bench_readers.py --growth [--only ...]

"reader" is catalogdb's reader alone: every record to typed Arrow batches; "reader again" its second reading
in the process, when the compiled loops are loaded; "reader, in SQL" the same through a SELECT of DuckDB.
"ingest" is all of it: read, check, bring to ICRS, index, sort, publish. The peers only read. Every run is a
process of its own; "read s" and "cpu s" leave out the imports of all; wall time and peak memory are of the
process. Rows/s and the ratios to "reader" come from "read s". pandas and astropy are told the marks of
absence, or else they would make texts of numbers; "pandas, types" is told the types of the columns as well,
so that it gives the same table.
--growth prints the peak memory of the reader and of the ingest on files of 1, 4 and 16 times as many rows,
within a memory_limit of 500 MB.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pyarrow as pa

import catalogdb
import ingest
from catalogdb.settings import load_settings
from ingest.forms import prepared
from ingest.load import load_spec
from ingest.readers import READERS
from ingest.readers.base import match_columns
from ingest.spec import Spec

STARS = """
[catalogue]
name = "stars"
title = "Generated stars"
about = "Generated stars, the same in every format"
frame = "ICRS"
frame_note = "generated"
ref_epoch = 2016.0
columns = [
  { name = "source_id", about = "Identifier" },
  "ra", "dec", "ra_error", "dec_error", "pmra", "pmdec", "pmra_error", "pmdec_error",
  "parallax", "parallax_error",
  { name = "mag", type = "REAL", unit = "mag", ucd = "phot.mag", about = "Magnitude" },
  { name = "n_obs", type = "SMALLINT", unit = "", ucd = "meta.number", about = "Observations" },
  { name = "name", type = "VARCHAR", ucd = "meta.id", about = "Name" },
]
"""
WIDTHS = {"source_id": "I19", "ra": "F16.12", "dec": "F16.12", "mag": "F7.4", "n_obs": "I4", "name": "A14"}
NAMES = ("source_id", "ra", "dec", "ra_error", "dec_error", "pmra", "pmdec", "pmra_error", "pmdec_error",
         "parallax", "parallax_error", "mag", "n_obs", "name")  # fmt: skip
READ = ("fixed_width", "delimited", "csv", "ecsv", "votable", "fits", "hdf5", "json", "parquet")
MEMORY_LIMIT = "500MB"

ASTROPY_WIDTH = """ascii.read(file, format="fixed_width_no_header", guess=False, names=names,
    col_starts=starts, col_ends=[end - 1 for end in ends])"""
DUCKDB = "duckdb.sql(f\"SELECT * FROM read_csv('{file}', {options})\").to_arrow_table()"
VOTABLE = {
    "astropy.io.votable": ("from astropy.io import votable", "votable.parse_single_table(file).array"),
    "Table.read": ("from astropy.table import Table", "Table.read(file, format='votable')"),
}
PEERS: dict[str, dict[str, tuple[str, str]]] = {
    "fixed_width": {
        "astropy.io.ascii": ("from astropy.io import ascii", ASTROPY_WIDTH),
        "pandas": (
            "import pandas",
            "pandas.read_fwf(file, colspecs=list(zip(starts, ends)), names=names, header=None, "
            "na_values=marks)",
        ),
    },
    "delimited": {
        "astropy.io.ascii": (
            "from astropy.io import ascii",
            "ascii.read(file, format='no_header', delimiter='|', names=names, guess=False, "
            "fill_values=[(mark, '0') for mark in ['', *marks]])",
        ),
        "pandas": (
            "import pandas",
            "pandas.read_csv(file, sep='|', names=names, header=None, na_values=marks, low_memory=False)",
        ),
        "pandas, types": (
            "import pandas",
            "pandas.read_csv(file, sep='|', names=names, header=None, na_values=marks, dtype=types)",
        ),
        "duckdb": ("import duckdb", DUCKDB.replace("{options}", "delim=\\'|\\', header=false")),
    },
    "csv": {
        "astropy.io.ascii": (
            "from astropy.io import ascii",
            "ascii.read(file, format='csv', guess=False, fill_values=[(mark, '0') for mark in ['', *marks]])",
        ),
        "pandas": ("import pandas", "pandas.read_csv(file, na_values=marks, low_memory=False)"),
        "pandas, types": ("import pandas", "pandas.read_csv(file, na_values=marks, dtype=types)"),
        "duckdb": ("import duckdb", DUCKDB.replace("{options}", "header=true")),
    },
    "ecsv": {
        "astropy.io.ascii": (
            "from astropy.io import ascii",
            "ascii.read(file, format='ecsv', guess=False)",
        ),
        "pandas": ("import pandas", "pandas.read_csv(file, sep=' ', comment='#', low_memory=False)"),
    },
    "votable": VOTABLE,
    "tabledata": VOTABLE,
    "fits": {
        "astropy.io.fits": (
            "from astropy.io import fits; import numpy",
            "[numpy.array(c) for c in [fits.open(file)[1].data] for c in map(c.field, c.names)][0]",
        ),
        "Table.read": ("from astropy.table import Table", "Table.read(file)"),
    },
    "hdf5": {"Table.read": ("from astropy.table import Table", "Table.read(file, path='stars')")},
    "json": {"json": ("import json as j", "j.load(open(file))['data']")},
    "parquet": {"pandas": ("import pandas", "pandas.read_parquet(file)")},
    "binary": {"numpy": ("import numpy", "numpy.fromfile(file, 'V52')")},
}
PROGRAM = """
import json, sys, time
{imports}
file, (names, starts, ends, marks, types) = sys.argv[1], json.loads(sys.argv[2])
started, before = time.perf_counter(), time.process_time()
rows = {read}
print("read", time.perf_counter() - started, time.process_time() - before, len(rows))
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A file to be read: a form of a spec, and what reads it beside us."""

    name: str
    words: str
    rows: int
    file: str
    form: str
    spec: str = "stars"
    peers: str = ""
    fill: bool = False

    def peer_programs(self) -> dict[str, tuple[str, str]]:
        """Imports and the call of each peer that is installed."""
        programs = PEERS[self.peers or self.name]
        roots = {
            name: imports.replace("from ", "import ").split()[1].split(".")[0]
            for name, (imports, _) in programs.items()
        }
        return {name: programs[name] for name, root in roots.items() if importlib.util.find_spec(root)}


CASES = {
    case.name: case
    for case in (
        Case("fixed_width", "fixed width, 14 columns", 1_000_000, "stars.dat", "fixed_width"),
        Case("delimited", "delimited by |, 14 columns", 3_000_000, "stars.txt", "delimited"),
        Case("csv", "CSV, 14 columns", 3_000_000, "stars.csv", "csv"),
        Case("ecsv", "ECSV, 14 columns", 1_000_000, "stars.ecsv", "ecsv"),
        Case("votable", "VOTable BINARY2, 14 columns", 100_000, "stars.vot", "votable"),
        Case("tabledata", "VOTable TABLEDATA, 14 columns", 100_000, "cells.vot", "votable"),
        Case("fits", "FITS, 14 columns", 300_000, "stars.fits", "fits"),
        Case("hdf5", "HDF5, 14 columns", 300_000, "stars.h5", "hdf5"),
        Case("json", "JSON of TAP, 14 columns", 100_000, "stars.json", "json"),
        Case("parquet", "Parquet, 14 columns", 300_000, "stars.parquet", "parquet"),
        Case("gaia", "Gaia DR3 CSV, 152 columns", 200_000, "gaia.csv", "csv", "gaia_dr3", "csv", fill=True),
        Case("gaia_sparse", "the same, most columns empty", 200_000, "gaia.csv", "csv", "gaia_dr3", "csv"),
        Case("twomass", "2MASS, 60 columns", 400_000, "psc_aaa", "native", "twomass", "delimited", fill=True),
        Case("twomass_sparse", "the same, most empty", 400_000, "psc_aaa", "native", "twomass", "delimited"),
        Case(
            "tycho2", "Tycho-2, 206 bytes, 32 columns", 200_000, "tyc2.dat", "native", "tycho2", "fixed_width"
        ),
        Case("ucac5", "UCAC5 zone, 52 bytes", 500_000, "z400", "native", "ucac5", "binary"),
    )
}


def stars_spec() -> Spec:
    """The spec of the generated stars with a form for each reader."""
    widths = {name: WIDTHS.get(name, "F11.5") for name in NAMES}
    sizes = [int(width[1:].partition(".")[0]) for width in widths.values()]
    ends = list(accumulate(size + 1 for size in sizes))
    text = STARS
    for reader in READ:
        fields = []
        for name, size, end in zip(NAMES, sizes, ends, strict=True):
            place = f', bytes = "{end - size}-{end - 1}", format = "{widths[name]}"'
            kind = ', type = "BIGINT"' if name == "source_id" and reader != "fixed_width" else ""
            fields.append(f'  {{ name = "{name}"{place if reader == "fixed_width" else kind} }},')
        options = 'delimiter = "|"\n' if reader == "delimited" else ""
        options += 'table = "stars"\n' if reader == "hdf5" else ""
        listed = "\n".join(fields)
        text += f'\n[[forms]]\nname = "{reader}"\nreader = "{reader}"\n{options}fields = [\n{listed}\n]\n'
    return ingest.read_spec(text, "stars.toml")


def spec_of(case: Case) -> Spec:
    """The spec of a case."""
    return stars_spec() if case.spec == "stars" else load_spec(case.spec)


def stars(n: int) -> pa.Table:
    """Generated stars with as many digits as catalogues print, some values missing."""
    rng = np.random.default_rng(n)
    columns: dict[str, Any] = {
        "source_id": rng.permutation(n).astype(np.int64) * 6_000_000_007 + 4_000_000_001
    }
    columns["ra"] = rng.uniform(0, 360, n).round(12)
    columns["dec"] = np.degrees(np.arcsin(rng.uniform(-1, 1, n))).round(12)
    for name in NAMES[3:11]:
        spread = rng.normal(0, 8, n) if name in {"pmra", "pmdec", "parallax"} else rng.gamma(2, 0.1, n)
        gone = rng.random(n) < (0.1 if name.startswith(("pm", "parallax")) else 0)
        columns[name] = pa.array(spread.round(5), mask=gone)
    columns["mag"] = pa.array(rng.uniform(3, 21, n).round(4).astype(np.float32))
    columns["n_obs"] = pa.array(rng.integers(3, 900, n).astype(np.int16))
    columns["name"] = pa.array([f"Star {i:08d}" for i in range(n)])
    return pa.table(columns)


def filled(rng: np.random.Generator, kind: str, n: int) -> pa.Array:
    """Values of a column that the simulation leaves empty, a tenth of them missing as well."""
    gone = rng.random(n) < 0.1  # noqa: PLR2004
    if kind == "VARCHAR":
        return pa.array(rng.integers(100, 999, n).astype(str), mask=gone)
    if kind == "BOOLEAN":
        return pa.array(rng.random(n) < 0.5, mask=gone)  # noqa: PLR2004
    if kind in {"DOUBLE", "REAL"}:
        return pa.array(
            rng.uniform(0, 20, n).astype(np.float64 if kind == "DOUBLE" else np.float32), mask=gone
        )
    return pa.array(rng.integers(0, 360, n).astype(np.int16), mask=gone)


def repeated(spec: Spec, rows: pa.Table, n: int, *, fill: bool) -> pa.Table:
    """Simulated rows of a catalogue over and over, with identifiers of their own and scattered positions."""
    rng = np.random.default_rng(n)
    picked = rows.take(pa.array(rng.integers(0, rows.num_rows, n)))
    columns = dict(zip(picked.column_names, picked.columns, strict=True))
    for column in spec.columns if fill else ():
        if column.name not in columns or columns[column.name].null_count == n:
            columns[column.name] = filled(rng, column.type, n)
    number = np.arange(n)
    if rows.schema.field("source_id").type == pa.int64():
        columns["source_id"] = pa.array(number + 1)
        if "designation" in columns:
            columns["designation"] = pa.array([f"Gaia DR3 {i + 1}" for i in range(n)])
    elif "tyc1" in columns:
        columns["tyc1"], columns["tyc2"] = pa.array(number % 9000 + 1), pa.array(number // 9000 + 1)
        columns["source_id"] = pa.array([f"{i % 9000 + 1}-{i // 9000 + 1}-1" for i in range(n)])
    else:
        columns["source_id"] = pa.array([f"{i:016d}" for i in range(n)])
    return pa.table(columns)


def prepare(case: Case, n: int, file: Path) -> None:
    """Write n rows as a native file."""
    from astropy.table import Table  # noqa: PLC0415  (what is measured does without)

    from analysis.simulate import simulate_sky  # noqa: PLC0415

    if case.spec != "stars":
        rows = repeated(spec_of(case), simulate_sky(5000, 2016).catalogues[case.spec], n, fill=case.fill)
        ingest.write_native(case.spec, case.form, rows, file)
    elif case.name in {"hdf5", "tabledata"}:
        table = Table(
            {name: np.asarray(column) for name, column in zip(NAMES, stars(n).columns, strict=True)}
        )
        table["name"] = table["name"].astype("S13" if case.name == "hdf5" else str)
        options = {"path": "stars"} if case.name == "hdf5" else {"tabledata_format": "tabledata"}
        table.write(file, format="hdf5" if case.name == "hdf5" else "votable", **options)
    else:
        ingest.write_native(stars_spec(), case.form, stars(n), file)


class Streams:
    """A connection that remembers the streams of Arrow batches registered with it."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con, self.streams = con, dict[str, Any]()

    def register(self, name: str, stream: Any) -> None:
        """Register it."""
        self.streams[name] = stream
        self._con.register(name, stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)


def read(case: Case, file: Path, readings: int, *, in_sql: bool) -> None:
    """Read a file by our reader alone, to typed Arrow batches of all columns; the last reading counts."""
    spec = spec_of(case)
    form = spec.form(case.form)
    assert form is not None
    for _ in range(readings):
        with duckdb.connect(config={"memory_limit": MEMORY_LIMIT}) as opened:
            con: Any = Streams(opened)
            started, before = time.perf_counter(), time.process_time()
            plan = prepared(con, spec, form, file)
            source = READERS[form.reader].open(con, file, plan.form, "file", lambda rows: None)
            batches = con.streams.get(source.sql)
            if in_sql or batches is None or any(f'"{c}"' != sql for c, sql in source.columns.items()):
                wanted = ", ".join(f'{column} AS "{name}"' for name, column in source.columns.items())
                query = con.sql(f"SELECT {wanted} FROM {source.sql}", params=source.parameters or None)
                batches = query.to_arrow_reader(100_000)
            rows = sum(batch.num_rows for batch in batches)
            seconds, cpu = time.perf_counter() - started, time.process_time() - before
    print("read", seconds, cpu, rows)


def take_in(case: Case, file: Path, store: Path) -> None:
    """The whole ingest of a file."""
    started, before = time.perf_counter(), time.process_time()
    settings = load_settings(store, {"memory_limit": MEMORY_LIMIT})
    with catalogdb.open(store, create=True, settings=settings) as opened:
        report = ingest.ingest(
            opened, spec_of(case), file, form=case.form, mode="replace" if opened.tables() else "create"
        )
    print("read", time.perf_counter() - started, time.process_time() - before, report.rows_kept)


PANDAS_TYPES = {
    "DOUBLE": "float64",
    "REAL": "float32",
    "ROUNDED": "float32",
    "BIGINT": "Int64",
    "INTEGER": "Int32",
    "SMALLINT": "Int16",
    "BOOLEAN": "boolean",
}


def layout(case: Case, file: Path) -> str:
    """Names, starts and ends of the columns, marks of absence and pandas' types of the columns, as JSON.

    For a delimited file with as many names as it has.
    """
    spec = spec_of(case)
    form = spec.form(case.form)
    assert form is not None
    fields = [f for f in form.fields if not (f.source or "").startswith("@")]
    spans = [f.bytes or (1, 0) for f in fields]
    names = [f.name for f in fields]
    with duckdb.connect() as con:
        form = prepared(con, spec, form, file).form
    header = form.reader == "csv" and READERS[form.reader].describe(file, form)
    actual = match_columns(form, [c.name for c in header]) if header else dict(zip(names, names, strict=True))
    types = {
        actual[name]: PANDAS_TYPES.get(kind, "str") for name, kind in form.kinds.items() if name in actual
    }
    marks = sorted({str(mark) for f in form.fields for mark in f.null if isinstance(mark, str)})
    return json.dumps([names, [a - 1 for a, _ in spans], [b for _, b in spans], marks, types])


class Run(NamedTuple):
    """Seconds and CPU seconds of reading, wall time [s] and peak memory [GB] of the process, and rows."""

    read: float
    cpu: float
    wall: float
    memory: float
    rows: int


def timed(arguments: list[str], folder: Path) -> Run:
    """Run a command, which must succeed."""
    started = time.perf_counter()
    with (folder / "out").open("w") as out, (folder / "log").open("w") as log:
        process = subprocess.Popen(arguments, stdout=out, stderr=log, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments[:4]} failed:\n{(folder / 'log').read_text()[-2000:]}")
    _, reading, cpu, rows = (folder / "out").read_text().split()
    scale = 1 if sys.platform == "darwin" else 1024
    return Run(float(reading), float(cpu), seconds, usage.ru_maxrss * scale / 1e9, int(rows))


def ours(what: str, case: Case, file: Path, folder: Path) -> list[str]:
    """The command line of one of our own runs."""
    return [sys.executable, __file__, f"--{what}", case.name, str(file), str(folder / "sky")]


def compare(case: Case, scale: float, repeats: int) -> None:
    """Print the table of one case: medians of runs in turn; what takes long is run once."""
    n = int(case.rows * scale)
    with tempfile.TemporaryDirectory(prefix="catalogdb_bench_") as place:
        folder = Path(place)
        file = folder / case.file
        # In a process of its own: the peak memory of a child begins at that of its parent.
        subprocess.run([*ours("prepare", case, file, folder), "--rows", str(n)], check=True)
        size = file.stat().st_size / 1e6
        print(f"\n{case.name}: {case.words}; {n:,} rows, {size:,.0f} MB")
        print(
            f"{'program':18} {'rows/s':>10} {'MB/s':>6} {'read s':>7} {'cpu s':>7} {'wall s':>7} {'GB':>6}"
            f" {'x':>7}"
        )
        reading = ours("read", case, file, folder)
        again, whole = [*reading, "--readings", "2"], ours("ingest", case, file, folder)
        commands = {
            "reader": reading,
            "reader again": again,
            "reader, in SQL": [*again, "--sql"],
            "ingest": whole,
        }
        for name, (imports, call) in case.peer_programs().items():
            program = PROGRAM.format(imports=imports, read=call)
            commands[name] = [sys.executable, "-c", program, str(file), layout(case, file)]
        timed(commands["reader"], folder)  # compiles what numba has not yet in its cache
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(repeats):
            for name, arguments in commands.items():
                if sum(run.wall for run in runs[name]) < 4:
                    runs[name].append(timed(arguments, folder))
        middle = {
            name: [statistics.median(x) for x in zip(*done, strict=True)] for name, done in runs.items()
        }
        for name, (seconds, cpu, wall, memory, rows) in middle.items():
            if rows != n:
                raise SystemExit(f"{name} read {rows} rows, not {n}")
            print(
                f"{name:18} {n / seconds:10,.0f} {size / seconds:6.1f} {seconds:7.2f} {cpu:7.2f} {wall:7.2f} "
                f"{memory:6.2f} {seconds / middle['reader'][0]:7.1f}",
                flush=True,
            )


def growth(case: Case, scale: float) -> None:
    """Print the peak memory of reader and ingest on files of 1, 4 and 16 times as many rows."""
    peaks: dict[str, list[str]] = {"read": [], "ingest": []}
    with tempfile.TemporaryDirectory(prefix="catalogdb_bench_") as place:
        folder = Path(place)
        file = folder / case.file
        for times in (1, 4, 16):
            n = int(case.rows * scale * times / 16)
            subprocess.run([*ours("prepare", case, file, folder), "--rows", str(n)], check=True)
            for what, found in peaks.items():
                found.append(f"{timed(ours(what, case, file, folder), folder).memory * 1000:6,.0f}")
            size = file.stat().st_size / 1e6
            file.unlink()
    print(f"{case.name:12} {n:11,} rows {size:6,.0f} MB   reader {' '.join(peaks['read'])}   "
          f"ingest {' '.join(peaks['ingest'])}", flush=True)  # fmt: skip


def processor() -> str:
    """The name of the processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.processor(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--scale", type=float, default=1, help="times the usual number of rows")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--growth", action="store_true", help="peak memory on growing files instead")
    for what in ("prepare", "read", "ingest"):
        parser.add_argument(f"--{what}", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--readings", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--sql", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.prepare:
        prepare(CASES[given.prepare[0]], given.rows, Path(given.prepare[1]))
    elif given.read:
        read(CASES[given.read[0]], Path(given.read[1]), given.readings, in_sql=given.sql)
    elif given.ingest:
        take_in(CASES[given.ingest[0]], Path(given.ingest[1]), Path(given.ingest[2]))
    else:
        load = os.getloadavg()[0]
        print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}; load {load:.1f}")
        if given.growth:
            print(f"peak memory [MB], memory_limit {MEMORY_LIMIT}, files of 1, 4 and 16 times as many rows")
        for name in given.only:
            growth(CASES[name], given.scale) if given.growth else compare(
                CASES[name], given.scale, given.repeats
            )


if __name__ == "__main__":
    main()
