"""catalogdb ingest --cds: what it shows, saves, refuses and reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import typer.testing

import catalogdb
from catalogdb.cli import app

from .conftest import RULE, Published, described

Run = Callable[..., typer.testing.Result]
COLUMNS = """
   1-  2  I2    ---     Seq       Number
   4- 10  F7.3  deg     RAdeg     Right ascension (ICRS) at Ep=2016.0
  12- 18  F7.3  deg     DEdeg     Declination
  20- 24  F5.2  mag     Vmag      [0/20]?=-9.99 V magnitude
"""
ROWS = [" 1  10.500 -20.500  5.50", " 2  11.500 -21.500 -9.99"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line with a store of its own."""
    monkeypatch.setenv("CATALOGDB_STORE", str(tmp_path / "sky"))
    monkeypatch.setenv("COLUMNS", "200")

    def command(*words: object, code: int = 0) -> typer.testing.Result:
        result = typer.testing.CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return command


def test_the_spec_is_shown_saved_edited_and_used(run: Run, published: Published, tmp_path: Path) -> None:
    readme, data = published(COLUMNS, ROWS, records=2)
    saved = tmp_path / "mine.toml"
    told = run("ingest", "--cds", readme, data, "--as", "by_readme", "--spec-out", saved).stdout
    text = saved.read_text()
    assert told.startswith(text)
    assert "catalogs.by_readme: 2 rows of 2 read" in told
    run("ingest", saved, data, "--as", "by_spec")
    query = "SELECT count(*) FROM (FROM catalogs.by_readme EXCEPT FROM catalogs.by_spec)"
    assert run("sql", query, "--format", "csv").stdout.splitlines()[1] == "0"
    with catalogdb.open(tmp_path / "sky") as store:
        assert store.table("by_readme").columns == store.table("by_spec").columns
        assert store.table("by_readme").frame_note == store.table("by_spec").frame_note
    assert (
        "mine.toml exists already"
        in run("ingest", "--cds", readme, data, "--dry-run", "--spec-out", saved, code=1).stderr
    )
    assert (
        "ends with .toml"
        in run("ingest", "--cds", readme, data, "--dry-run", "--spec-out", "x.txt", code=1).stderr
    )


def test_a_dry_run_writes_a_spec_and_nothing_else(run: Run, published: Published, tmp_path: Path) -> None:
    readme, data = published(COLUMNS, ROWS)
    told = run("ingest", "--cds", readme, data, "--dry-run", "--epoch", "1999.5").stdout
    (tmp_path / "spec.toml").write_text(told)
    assert not (tmp_path / "sky").exists()
    run("ingest", tmp_path / "spec.toml", data)
    assert (
        run("sql", "SELECT max(ref_epoch) FROM catalogs.stars", "--format", "csv").stdout.splitlines()[1]
        == "1999.5"
    )


def test_existing_tables_appends_and_rejects(run: Run, published: Published, tmp_path: Path) -> None:
    readme, data = published(COLUMNS, ROWS)
    cds = ("ingest", "--cds", readme, data, "--as", "t")
    run(*cds)
    assert "exists already" in run(*cds, code=1).stderr
    run(*cds, "--replace")
    more = tmp_path / "more.dat"
    more.write_text(" 3  12.500 -22.500 99.50\n 4  13.500 -23.500  7.00\n")
    bad = run("ingest", "--cds", readme, more, "--form", "stars.dat", "--as", "t", "--append", code=1)
    assert "line 1, column Vmag" in bad.stderr or "line 1, column vmag" in bad.stderr
    assert "lies outside 0 to 20" in bad.stderr
    assert "the ReadMe says in line 27" in bad.stderr
    rejects = tmp_path / "rejects.csv"
    told = run(
        "ingest", "--cds", readme, more, "--form", "stars.dat", "--as", "t", "--append", "--rejects", rejects
    )
    assert "1 rejected, with reasons in" in told.stdout
    assert "99.50" in rejects.read_text()
    assert run("sql", "SELECT count(*) FROM catalogs.t", "--format", "csv").stdout.splitlines()[1] == "3"


def test_data_below_their_description(run: Run, tmp_path: Path) -> None:
    """A machine-readable table of the AAS: no file is named."""
    mrt = tmp_path / "apj1_mrt.txt"
    mrt.write_text(
        "Title: Stars\nAuthors: Somebody S.\nTable: The stars\n" + "=" * 80 + "\n"
        + described(COLUMNS, "apj1_mrt.txt", "Note (1): None.") + "\n".join(ROWS) + "\n"
    )  # fmt: skip
    told = run("ingest", "--cds", mrt, "--as", "mrt").stdout
    assert 'title = "Stars"' in told
    assert 'about = "The stars"' in told
    assert "catalogs.mrt: 2 rows of 2 read" in told
    mrt.write_text(mrt.read_text().partition(RULE + "\n 1")[0] + RULE + "\n")
    assert "no data stand below it" in run("ingest", "--cds", mrt, "--as", "none", code=1).stderr


def test_a_file_with_other_than_the_stated_records_is_told(run: Run, published: Published) -> None:
    readme, data = published(COLUMNS, ROWS, records=17)
    told = run("ingest", "--cds", readme, data, "--as", "t")
    assert "says 17 records, 2 were read: is the file complete?" in told.stderr
    readme, data = published(COLUMNS, ROWS, records=1)
    told = run("ingest", "--cds", readme, data, "--as", "t", "--replace")
    assert "says 1 records, 2 were read: is the file of the same edition?" in told.stderr


def test_files_by_folder_and_pattern_and_files_that_are_none(
    run: Run, published: Published, tmp_path: Path
) -> None:
    readme, data = published(COLUMNS, ROWS)
    cds = ("ingest", "--cds", readme)
    assert "2 rows of 2 read" in run(*cds, tmp_path, "--as", "by_folder").stdout
    assert "2 rows of 2 read" in run(*cds, f"{tmp_path}/st*.dat", "--as", "by_pattern").stdout
    assert "no file matches this pattern" in run(*cds, f"{tmp_path}/x*.dat", "--as", "t", code=1).stderr
    assert "other.dat: no such file" in run(*cds, tmp_path / "other.dat", "--as", "t", code=1).stderr
    assert "is named twice" in run(*cds, data, data, "--as", "t", code=1).stderr
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "x.txt").touch()
    told = run(*cds, tmp_path / "empty", "--as", "t", code=1).stderr
    assert "no file in this folder has a name that" in told
    assert "it describes stars.dat (line 20)" in told
    data.write_bytes(bytes(range(256)) * 40)
    assert "stars.dat is a binary file" in run(*cds, data, "--as", "t", code=1).stderr
    data.write_bytes(b"")
    assert "stars.dat is empty" in run(*cds, data, "--as", "t", code=1).stderr


def test_known_files_are_passed_over_and_notes_told(run: Run, published: Published, tmp_path: Path) -> None:
    readme, data = published(COLUMNS, ROWS, records=2)
    run("ingest", "--cds", readme, data, "--as", "t")
    cds = ("ingest", "--cds", readme, data, "--as", "t")
    assert "--append" in run(*cds, "--skip-known", code=2).stderr
    told = run(*cds, "--append", "--skip-known")
    assert "has all 1 files already" in told.stdout
    assert "is the file" not in told.stderr


def test_usage(run: Run, published: Published) -> None:
    readme, data = published(COLUMNS, ROWS)
    assert "needs --as NAME" in run("ingest", "--cds", readme, data, code=2).stderr
    assert "excludes --table" in run("ingest", "--cds", readme, "--table", data, "--as", "x", code=2).stderr
    assert "goes with --cds" in run("ingest", "hipparcos", data, "--dry-run", code=2).stderr
    assert "goes with --cds" in run("ingest", "--table", data, "--spec-out", "x.toml", code=2).stderr
    assert (
        "--ra and --dec go together"
        in run("ingest", "--cds", readme, data, "--as", "x", "--ra", "RAdeg", code=2).stderr
    )
    assert "describes no file other.dat" not in run("ingest", "--cds", readme, data, "--as", "ok").stderr
    assert (
        "has no column Xdeg"
        in run("ingest", "--cds", readme, data, "--as", "x", "--id", "Xdeg", code=1).stderr
    )


def test_from_python(published: Published, tmp_path: Path) -> None:
    readme, data = published(COLUMNS, ROWS)
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        report = store.ingest_cds(readme, [data], "t", epoch=2000)
        assert report.rows_kept == 2
        assert store.sql("SELECT DISTINCT ref_epoch FROM t").fetchall() == [(2000.0,)]
