"""Wrong input on the command line: the message says what, where and what to do; the store stays as it was."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from astropy.table import Table
from typer.testing import CliRunner

import catalogdb
import ingest
from catalogdb.cli import app
from catalogdb.store import Store

ROWS = {"id": [1, 2], "ra": [10.0, 20.0], "dec": [1.0, 2.0]}
BAD = {
    "ra": (361.0, "column ra: lies outside 0 to 360 deg (value '361.0')"),
    "dec": (91.0, "column dec: lies outside -90 to 90 deg (value '91.0')"),
}


def refused(store: Store, *arguments: object) -> str:
    """What `catalogdb ingest` says when it ends with 1 and leaves the store alone."""
    before = store.snapshot
    result = CliRunner().invoke(app, ["ingest", *map(str, arguments), "--store", str(store.path)])
    assert result.exit_code == 1, result.output
    with catalogdb.open(store.path) as after:
        assert after.snapshot == before
        assert after.check().orphans == ()
    return " ".join(result.output.split())


@pytest.mark.parametrize("kind", ["csv", "fits", "votable"])
@pytest.mark.parametrize("column", BAD)
def test_a_position_outside_the_sky(store: Store, tmp_path: Path, kind: str, column: str) -> None:
    value, told = BAD[column]
    file = tmp_path / f"x.{kind}"
    Table(ROWS | {column: [value, 2.0]}).write(file, format="ascii.csv" if kind == "csv" else kind)
    text = refused(store, "--table", file, "--as", "x")
    assert f"{file}, {'line 2' if kind == 'csv' else 'row 1'}, {told}" in text
    assert "Mend the record, or pass --rejects FILE" in text


def test_what_is_not_there(store: Store, tmp_path: Path) -> None:
    (tmp_path / "spec.toml").write_text('[catalogue]\nnam = "x"\n')
    (tmp_path / "x.csv").write_text("id,ra,dec\n1,2,3\n")
    assert "unknown key nam; did you mean name?" in refused(store, tmp_path / "spec.toml", tmp_path / "x.csv")
    assert "no catalogue hiparcos; did you mean hipparcos" in refused(store, "hiparcos", tmp_path / "x.csv")
    assert "none.csv: no such file" in refused(store, "--table", tmp_path / "none.csv", "--as", "x")


def test_binary_zones(store: Store, data: Path, tmp_path: Path) -> None:
    assert "ucac4" in ingest.catalogue_names()
    whole = next((data / "ucac4").glob("z*")).read_bytes()
    (tmp_path / "z001").write_bytes(whole[: 78 * 3 + 5])
    assert "truncated" in refused(store, "ucac4", tmp_path / "z001", "--form", "native")


def test_a_full_disk(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    lines = (f"{i},{i * 0.377 % 360},{i * 0.113 % 90}\n" for i in range(200_000))
    file.write_text("id,ra,dec\n" + "".join(lines))
    result = subprocess.run(
        [sys.executable, "-m", "catalogdb", "ingest", "--table", file, "--as", "x", "--store", store.path],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000)),
    )
    assert result.returncode == 1, result.stderr
    assert "the disk is full" in result.stderr
    assert "free some space (catalogdb gc) and repeat" in result.stderr
    with catalogdb.open(store.path) as after:
        assert after.tables() == ()
        assert after.check().orphans == ()
