"""Wrong input on the command line: the message says what, where and what to do; the store stays as it was."""

from __future__ import annotations

import gzip
import json
import math
import resource
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.table import Table
from typer.testing import CliRunner

import catalogdb
import ingest
from catalogdb.cli import app
from catalogdb.migrations import MIGRATIONS
from tests.ingest.stars import stars_in_csv

ROWS: dict[str, Sequence[float]] = {
    "source_id": [1, 2, 3, 4],
    "ra": [10.0, 20.0, 30.0, 40.0],
    "dec": [1.0, -2.0, 3.0, -4.0],
}
# What a record of UCAC5 must say besides.
UCAC5 = {"flg": [1] * 4, "epu": [2000.0] * 4, "ra_error": [1.0] * 4, "dec_error": [1.0] * 4}

# Kind of file: the catalogue and form that write it (None: a table of the user's own), what it calls a
# record, and the number that the third of ROWS has.
KINDS = {
    "fixed": ("hipparcos2", "native", "line", 3),
    "delimited": ("hipparcos", "native", "line", 3),
    "binary": ("ucac5", "native", "record", 3),
    "archive": ("hipparcos2", "archive", "row", 3),
    "csv": (None, "ascii.csv", "line", 4),
    "fits": (None, "fits", "row", 3),
}
TEXT = ("fixed", "delimited", "csv")
MEND = "Mend the record, or pass --rejects FILE to set bad records aside"


def written(kind: str, folder: Path, **changed: Sequence[float]) -> Path:
    """A file of four stars, some columns changed."""
    catalogue, form, *_ = KINDS[kind]
    file = folder / f"z001.{kind}"
    rows = ROWS | (UCAC5 if catalogue == "ucac5" else {}) | changed
    if catalogue is None:
        Table(rows).write(file, format=form)
    else:
        ingest.write_native(catalogue, form, pa.table(rows), file)
    return file


def command(kind: str, file: Path) -> tuple[str, ...]:
    """The arguments by which a user ingests a file of that kind."""
    catalogue = KINDS[kind][0]
    return ("--table", f"{file}", "--as", "own") if catalogue is None else (catalogue, f"{file}")


def place(kind: str, file: Path) -> str:
    """How a message names the third star."""
    _, _, unit, number = KINDS[kind]
    return f"{file}, {unit} {number}"


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one table; no test of this module changes it."""
    folder = tmp_path_factory.mktemp("wrong")
    file = written("csv", folder)
    result = CliRunner().invoke(
        app, ["ingest", "--table", f"{file}", "--as", "own", "--store", f"{folder}/sky"]
    )
    assert result.exit_code == 0, result.output
    return folder / "sky"


def assert_unchanged(sky: Path) -> None:
    """The store shows its one snapshot, and `catalogdb check` finds neither damage nor orphans."""
    with catalogdb.open(sky) as store:
        assert (store.snapshot, [table.name for table in store.tables()]) == (1, ["own"])
        rows = store.sql("SELECT source_id, ra, dec FROM catalogs.own ORDER BY 1").fetchall()
        assert rows == list(zip(*ROWS.values(), strict=True))
    result = CliRunner().invoke(app, ["check", "--store", str(sky)])
    assert result.exit_code == 0, result.output
    assert "orphan" not in result.output


def refused(sky: Path, *arguments: object, code: int = 1) -> str:
    """What `catalogdb ingest` says, on one line, when it refuses and leaves the store alone."""
    if "--table" in arguments and code == 1:
        arguments = (*arguments, "--replace")
    result = CliRunner().invoke(app, ["ingest", *map(str, arguments), "--store", str(sky)])
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit), "a message, not a traceback"
    assert_unchanged(sky)
    return " ".join(result.output.split())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("ra", 361.0, "lies outside 0 to 360 deg"), ("dec", 91.0, "lies outside -90 to 90 deg")],
)
def test_a_position_outside_the_sky(
    sky: Path, tmp_path: Path, kind: str, column: str, value: float, reason: str
) -> None:
    file = written(kind, tmp_path, **{column: [*ROWS[column][:2], value, ROWS[column][3]]})
    text = refused(sky, *command(kind, file))
    before, _, after = text.partition(f"{place(kind, file)}, column {column}: {reason} (value '")
    assert after, text
    assert float(after.partition("'")[0]) == pytest.approx(value, abs=1e-6)
    assert MEND in after


@pytest.mark.parametrize("kind", ["fixed", "delimited", "csv", "fits"])
def test_a_position_that_is_no_number(sky: Path, tmp_path: Path, kind: str) -> None:
    file = written(kind, tmp_path, ra=[10.0, 20.0, math.nan if kind == "fits" else 30.0, 40.0])
    written_as = {"fixed": "0.5235987756", "delimited": "30.00000000", "csv": "30.0"}.get(kind)
    if written_as is not None:
        text = file.read_text()
        assert text.count(written_as) == 1
        file.write_text(text.replace(written_as, "NaN".rjust(len(written_as))))
    told = refused(sky, *command(kind, file))
    # A NaN in FITS is a missing value, and only half a position is missing here.
    reason = (
        "has one coordinate without the other"
        if kind == "fits"
        else "NaN or infinity is written for a number (value 'NaN')"
    )
    assert f"{place(kind, file)}, column ra: {reason}" in told
    assert MEND in told


SPEC = stars_in_csv('"source_id", "ra", "dec"')


# A table of the user's own may repeat identifiers; only a spec can say that they are unique.
@pytest.mark.parametrize("kind", ["fixed", "delimited", "binary", "archive", "csv"])
def test_a_repeated_identifier(sky: Path, tmp_path: Path, kind: str) -> None:
    file = written(kind, tmp_path, source_id=[1, 2, 1, 4])
    (tmp_path / "stars.toml").write_text(SPEC)
    _, _, unit, number = KINDS[kind]
    told = refused(sky, *((tmp_path / "stars.toml", file) if kind == "csv" else command(kind, file)))
    first = f"repeats the identifier of {file.name}, {unit} {number - 2} (value '1')"
    assert f"{place(kind, file)}, column source_id: {first}" in told
    assert MEND in told


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("fixed", "the line has 100 characters, not 276: it is torn"),
        ("delimited", "fields stand where 78 are expected"),
        ("csv", "1 fields stand where 3 are expected"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_torn_line(sky: Path, tmp_path: Path, kind: str, reason: str, last: bool) -> None:
    file = written(kind, tmp_path)
    lines = file.read_text().splitlines(keepends=True)
    number = KINDS[kind][3]
    torn = lines[number - 1][: 100 if kind != "csv" else 1]
    file.write_text("".join([*lines[: number - 1], torn] + ([] if last else ["\n", *lines[number:]])))
    told = refused(sky, *command(kind, file))
    assert f"{place(kind, file)}: " in told
    assert f"{reason} {' '.join(torn.split())} {MEND}" in told


@pytest.mark.parametrize(
    ("kind", "added", "reason"),
    [
        ("fixed", " 17", "the line has 279 characters, not 276"),
        ("delimited", "|17", "79 fields stand where 78 are expected"),
        ("csv", ",17", "4 fields stand where 3 are expected"),
    ],
)
def test_a_column_too_many(sky: Path, tmp_path: Path, kind: str, added: str, reason: str) -> None:
    file = written(kind, tmp_path)
    lines = file.read_text().splitlines()
    lines[KINDS[kind][3] - 1] += added
    file.write_text("\n".join(lines) + "\n")
    told = refused(sky, *command(kind, file))
    assert f"{place(kind, file)}: {reason}" in told
    assert MEND in told


def test_a_column_too_few(sky: Path, tmp_path: Path) -> None:
    whole = Table.read(written("archive", tmp_path), format="fits")
    whole.remove_column("ra_rad")
    whole.write(tmp_path / "few.fits")
    told = refused(sky, "hipparcos2", tmp_path / "few.fits")
    assert f"{tmp_path}/few.fits: form archive needs a column ra_rad; did you mean" in told


@pytest.mark.parametrize("kind", TEXT)
def test_a_truncated_compressed_file(sky: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "x.gz"
    file.write_bytes(gzip.compress(written(kind, tmp_path).read_bytes())[:-12])
    told = refused(sky, *command(kind, file))
    assert f"{file} is truncated or damaged: it can be decompressed to byte " in told
    assert "fetch it again" in told


@pytest.mark.parametrize(
    ("kind", "size", "reason"),
    [
        ("binary", -5, "203 bytes are 3 records of 52 bytes and 47 bytes more"),
        (
            "fits",
            5800,
            "5800 bytes, but its header announces 4 rows that end at byte 5856 (1 rows are whole)",
        ),
        ("archive", 1000, "no FITS file that can be read"),
    ],
)
def test_a_truncated_binary_file(sky: Path, tmp_path: Path, kind: str, size: int, reason: str) -> None:
    file = written(kind, tmp_path)
    file.write_bytes(file.read_bytes()[:size])
    told = refused(sky, *command(kind, file))
    assert f"{file}" in told
    assert reason in told
    assert "fetch it again" in told


def test_what_is_not_there(sky: Path, tmp_path: Path) -> None:
    file = written("csv", tmp_path)
    assert "no catalogue hiparcos; did you mean hipparcos" in refused(sky, "hiparcos", file)
    for kind in KINDS:
        none = tmp_path / f"none.{kind}"
        assert f"{none}: no such file" in refused(sky, *command(kind, none))
    assert f"{tmp_path}/no.toml: no such spec file" in refused(sky, tmp_path / "no.toml", file)
    told = refused(sky, "--table", file, "--as", "own", "--id", "sourceid")
    assert f"{file}: it has no column sourceid; did you mean source_id?" in told
    told = refused(sky, "hipparcos", file, "--form", "natve")
    assert "hipparcos has no form natve; did you mean native?" in told


SPECS = {
    'nam = "x"': "[catalogue]: unknown key nam; did you mean name? (allowed: ",
    'name = "x': "Illegal character",
    'name = "x\xf6"': "is not UTF-8 text (byte 21): save it as UTF-8",
}


@pytest.mark.parametrize("line", SPECS)
def test_a_wrong_spec(sky: Path, tmp_path: Path, line: str) -> None:
    spec = tmp_path / "spec.toml"
    spec.write_bytes(f"[catalogue]\n{line}\n".encode("latin-1"))
    told = refused(sky, spec, written("csv", tmp_path))
    assert str(spec) in told
    assert SPECS[line] in told


def test_text_of_another_encoding(sky: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes("id,ra,dec,name\n1,2,3,Vega\n2,2,3,Bo\xf6tes\n".encode("latin-1"))
    told = refused(sky, "--table", file, "--as", "own")
    assert f"{file}, line 3: is not UTF-8 text" in told
    assert "iconv -f latin1 -t utf-8" in told
    assert "Error" not in told


def test_an_integer_beyond_64_bits_with_sign(sky: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.fits"
    Table(ROWS | {"source_id": np.array([1, 2, 2**64 - 1, 4], np.uint64)}).write(file)
    told = refused(sky, "--table", file, "--as", "own")
    assert f"{place('fits', file)}, column source_id: " in told
    assert "does not fit BIGINT (value '18446744073709551615')" in told


USAGE = {
    (): "name a catalogue and its files",
    ("hipparcos",): "name a catalogue and its files",
    ("--table", "x.csv"): "needs --as NAME",
    ("hipparcos", "x.csv", "--tabel"): "No such option: --tabel",
    ("hipparcos", "x.csv", "--ra", "ra"): "goes with --table or --cds",
    ("hipparcos", "x.csv", "--replace", "--append"): "exclude each other",
}


@pytest.mark.parametrize("arguments", USAGE)
def test_usage_errors_end_with_2(sky: Path, arguments: tuple[str, ...]) -> None:
    assert USAGE[arguments] in refused(sky, *arguments, code=2)


# Root may read everything by two capabilities (CAP_DAC_*); without them the modes count for root too.
AS_ANYBODY = """
import ctypes, json, os, sys
if os.getuid() == 0:
    libc = ctypes.CDLL(None)
    for capability in (1, 2):
        assert libc.prctl(24, capability, 0, 0, 0) == 0
    assert libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()) == 0
from typer.testing import CliRunner
from catalogdb.cli import app
for arguments in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, ["ingest", *arguments])
    print(json.dumps([result.exit_code, " ".join(result.output.split())]))
"""


def test_files_that_may_not_be_read(sky: Path, tmp_path: Path) -> None:
    files = {kind: written(kind, tmp_path) for kind in KINDS}
    commands = [[*map(str, command(k, f)), "--replace", "--store", str(sky)] for k, f in files.items()]
    spec = tmp_path / "spec.toml"
    spec.write_text("[catalogue]\n")
    commands.append([str(spec), str(tmp_path / "none"), "--store", str(sky)])
    for file in (*files.values(), spec):
        file.chmod(0)
    ran = subprocess.run(
        [sys.executable, "-c", AS_ANYBODY, json.dumps(commands)], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    for file, (code, told) in zip((*files.values(), spec), answers, strict=True):
        assert code == 1, told
        assert f"{file} may not be read by this user: chmod it, or run as its owner" in told
    assert_unchanged(sky)


def test_a_full_disk(sky: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    lines = (f"{i},{i * 0.377 % 360},{i * 0.113 % 90}\n" for i in range(100_000))
    file.write_text("id,ra,dec\n" + "".join(lines))
    result = subprocess.run(
        [sys.executable, "-m", "catalogdb", "ingest", *command("csv", file), "--replace", "--store", sky],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )
    assert result.returncode == 1, result.stderr
    assert f"the disk is full: {sky}/staging/catalogs.own." in result.stderr
    assert "free some space (catalogdb gc) and repeat" in result.stderr
    assert_unchanged(sky)


def test_a_store_of_a_newer_version(sky: Path, tmp_path: Path) -> None:
    newer = tmp_path / "sky"
    shutil.copytree(sky, newer)
    with sqlite3.connect(newer / "store.sqlite") as registry:
        registry.execute(
            "INSERT INTO schema_version SELECT max(version) + 1, max(applied) FROM schema_version"
        )
    registry.close()
    before = {file: file.stat().st_size for file in newer.rglob("*")}
    result = CliRunner().invoke(
        app, ["ingest", *map(str, command("csv", written("csv", tmp_path))), "--store", str(newer)]
    )
    assert result.exit_code == 1, result.output
    told, known = " ".join(result.output.split()), len(MIGRATIONS)
    assert (
        f"{newer} was written by a newer catalogdb (schema version {known + 1}, this one knows {known})"
        in told
    )
    assert "upgrade catalogdb to use it" in told
    assert {file: file.stat().st_size for file in newer.rglob("*")} == before
    with sqlite3.connect(newer / "store.sqlite") as registry:
        registry.execute("DELETE FROM schema_version WHERE version = ?", (known + 1,))
    registry.close()
    assert_unchanged(newer)
