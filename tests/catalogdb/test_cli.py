"""The command line: what each command prints, writes and refuses, and how it ends."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import astropy.table
import pyarrow.ipc
import pyarrow.parquet
import pytest
import typer.testing

import catalogdb
from catalogdb import Table
from catalogdb.cli import COMMANDS, app
from catalogdb.settings import SETTINGS

Run = Callable[..., typer.testing.Result]
ROWS = """
    SELECT *, hpx29(ra, dec) AS hpx29 FROM (VALUES
        (1, 10.0, -5.0, 5.5), (2, 10.001, -5.0, NULL), (3, 359.9999, 0.0, 7.25), (4, 0.0001, 0.0, 8.0)
    ) AS four(source_id, ra, dec, mag)
"""


@pytest.fixture
def sky(tmp_path: Path, stars: Table, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one table of four stars, which is the default store of every command."""
    path = tmp_path / "a sky"
    with catalogdb.open(path, create=True) as store:
        store.publish(stars, ROWS)
    monkeypatch.setenv("CATALOGDB_STORE", str(path))
    return path


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command line in this process; a defect shows as its own exception."""
    monkeypatch.setenv("COLUMNS", "200")
    runner = typer.testing.CliRunner()

    def command(*words: object, code: int = 0, stdin: str | None = None) -> typer.testing.Result:
        result = runner.invoke(app, [str(word) for word in words], input=stdin, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    yield command
    for name in ("catalogdb", "ingest", "analysis"):
        logging.getLogger(name).handlers.clear()


# --- every command ---------------------------------------------------------------------------------

NAMES = [*(command.__name__ for command in COMMANDS), "analyze"]


def test_help_lists_every_command(run: Run) -> None:
    text = run("--help").stdout
    for name in NAMES:
        assert re.search(rf"^  {name} ", text, re.MULTILINE)


@pytest.mark.parametrize("name", [*(n for n in NAMES if n != "analyze"), "analyze acceleration"])
def test_every_command_has_help_and_the_store(run: Run, name: str) -> None:
    text = run(*name.split(), "--help").stdout
    for option in ("--store DIR", "CATALOGDB_STORE", "--set NAME=VALUE", "--log-json", "--log-level"):
        assert option in text


@pytest.mark.parametrize(("name", "units"), [
    ("cone", ["[deg, ICRS]", "[deg]", "[Julian yr]"]),
    ("match", ["[arcsec]", "[mag]"]),
    ("epochs", ["[arcsec]", "[mas]"]),
    ("gc", ["[days]"]),
])  # fmt: skip
def test_help_states_units(run: Run, name: str, units: list[str]) -> None:
    text = " ".join(run(name, "--help").stdout.split())
    for unit in units:
        assert unit in text


def test_version(run: Run) -> None:
    assert re.fullmatch(r"catalogdb \d+\.\d+\.\d+\S*\n", run("--version").stdout)


def test_usage_errors_exit_with_2(run: Run, sky: Path) -> None:
    run(code=2)
    assert "No such command 'mach'" in run("mach", code=2).stderr
    assert "No such option: --radus" in run("match", "stars", "stars", "--radus", 1, code=2).stderr
    assert "Missing option '--radius'" in run("match", "stars", "stars", code=2).stderr
    assert "Invalid value for 'RA'" in run("cone", "stars", "ten", 0, 1, code=2).stderr
    assert "'threads' is not NAME=VALUE" in run("info", "--set", "threads", code=2).stderr


def test_data_errors_exit_with_1_and_say_what_to_do(run: Run, tmp_path: Path) -> None:
    told = run("info", "--store", tmp_path / "nowhere", code=1)
    assert told.stderr.startswith(f"catalogdb: no store at {tmp_path / 'nowhere'}: name another with --store")
    assert told.stdout == ""


def test_store_before_or_after_the_command(run: Run, sky: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOGDB_STORE", "/nowhere")
    assert "catalogs.stars" in run("info", "--store", sky).stdout
    assert "catalogs.stars" in run("--store", sky, "info").stdout


# --- sql and cone ----------------------------------------------------------------------------------


def test_sql_prints_a_table_with_units(run: Run, sky: Path) -> None:
    text = run("sql", "SELECT source_id, ra, mag FROM catalogs.stars ORDER BY source_id").stdout
    assert text.splitlines() == [
        "source_id  ra [deg]  mag [mag]",
        "---------  --------  ---------",
        "        1      10.0        5.5",
        "        2    10.001       NULL",
        "        3  359.9999       7.25",
        "        4    0.0001        8.0",
    ]


def test_sql_shows_the_first_rows_of_many(run: Run, sky: Path) -> None:
    told = run("sql", "SELECT i FROM range(1234) t(i)")
    assert len(told.stdout.splitlines()) == 102
    assert "(100 of 1,234 rows: --format csv, or -o FILE, gives all)" in told.stderr


def test_sql_reads_standard_input(run: Run, sky: Path) -> None:
    assert run("sql", "-", "--format", "csv", stdin="SELECT 1 AS one").stdout == '"one"\n1\n'


def test_sql_of_an_earlier_snapshot(run: Run, sky: Path, stars: Table) -> None:
    with catalogdb.open(sky) as store:
        first = store.snapshot
        store.publish(stars, "SELECT 1 AS source_id", mode="replace")
    count = "SELECT count(*) AS n FROM catalogs.stars"
    assert run("sql", count, "--format", "csv").stdout.split() == ['"n"', "1"]
    assert run("sql", count, "--format", "csv", "--snapshot", first).stdout.split() == ['"n"', "4"]


@pytest.mark.parametrize("wrong", ["SELEC 1", "SELECT * FROM nowhere", "SELECT nothing FROM catalogs.stars"])
def test_sql_that_is_refused(run: Run, sky: Path, wrong: str) -> None:
    told = run("sql", wrong, code=1)
    assert told.stderr.startswith("catalogdb: ")
    assert "Traceback" not in told.stderr


READERS: dict[str, Callable[[Path], Any]] = {
    "rows.csv": lambda path: len(list(csv.DictReader(io.StringIO(path.read_text())))),
    "rows.parquet": lambda path: pyarrow.parquet.read_table(path).num_rows,
    "rows.vot": lambda path: len(astropy.table.Table.read(path, format="votable")),
    "rows.fits": lambda path: len(astropy.table.Table.read(path)),
    "rows.txt": lambda path: len(path.read_text().splitlines()) - 3,
    "rows.tsv": lambda path: len(path.read_text().splitlines()) - 1,
    "rows.json": lambda path: len(json.loads(path.read_text())["data"]),
    "rows.arrow": lambda path: pyarrow.ipc.open_stream(path.read_bytes()).read_all().num_rows,
}


@pytest.mark.parametrize("name", READERS)
def test_sql_writes_what_the_suffix_says(run: Run, sky: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    told = run("sql", "SELECT source_id, ra, mag FROM catalogs.stars", "-o", file)
    assert told.stdout == ""
    assert f"{file}: 4 rows" in told.stderr
    assert READERS[name](file) == 4


def test_format_decides_where_the_suffix_does_not(run: Run, sky: Path, tmp_path: Path) -> None:
    file = tmp_path / "rows.dat"
    assert "name a format" in run("sql", "SELECT 1 AS one", "-o", file, code=1).stderr
    run("sql", "SELECT 1 AS one", "-o", file, "--format", "parquet")
    assert pyarrow.parquet.read_table(file).num_rows == 1


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "votable", "fits", "parquet", "arrow"])
def test_sql_streams_to_standard_output(run: Run, sky: Path, form: str, tmp_path: Path) -> None:
    told = run("sql", "SELECT source_id, ra FROM catalogs.stars", "--format", form)
    file = tmp_path / f"rows.{form}"
    file.write_bytes(told.stdout_bytes)
    suffix = {"votable": "vot"}.get(form, form)
    assert READERS[f"rows.{suffix}"](file) == 4


def test_cone(run: Run, sky: Path) -> None:
    told = run("cone", "stars", 10, -5, 0.01, "--columns", "source_id", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(told.stdout)))
    assert [row["source_id"] for row in rows] == ["1", "2"]
    assert float(rows[1]["separation"]) == pytest.approx(3.5863, abs=1e-3)
    assert "--columns" in run("cone", "--help").stdout


def test_cone_across_zero_hours(run: Run, sky: Path) -> None:
    told = run("cone", "catalogs.stars", 0, 0, 0.001)
    assert "separation [arcsec]" in told.stdout.splitlines()[0]
    assert len(told.stdout.splitlines()) == 4


def test_cone_that_can_not_be_asked(run: Run, sky: Path) -> None:
    assert "no table sars; did you mean catalogs.stars" in run("cone", "sars", 0, 0, 1, code=1).stderr
    run("cone", "stars", 0, -91, 1, code=1)
    run("cone", "stars", 0, 0, -1, code=1)
    run("cone", "stars", 0, 0, 1, "--epohc", 2000, code=2)


# --- info, catalogues, analyses, settings ----------------------------------------------------------


def test_info_lists_tables(run: Run, sky: Path) -> None:
    (row,) = json.loads(run("info", "--format", "json").stdout)
    assert row == {"table_name": "catalogs.stars", "rows": 4, "columns": 5, "about": "Stars of a test"}
    assert f"{sky}, snapshot" in run("info").stdout


def test_info_of_a_table(run: Run, sky: Path) -> None:
    rows = json.loads(run("info", "stars", "--format", "json").stdout)
    assert [row["column_name"] for row in rows] == ["source_id", "ra", "dec", "hpx29", "mag"]
    assert rows[4] == {
        "column_name": "mag",
        "type": "REAL",
        "unit": "mag",
        "ucd": "phot.mag",
        "about": "Magnitude",
    }
    text = run("info", "stars").stdout
    assert "catalogs.stars: Stars of a test" in text
    assert "rows: 4" in text
    assert "no table nebulae" in run("info", "nebulae", code=1).stderr


def test_catalogues(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogues = {row["name"]: row for row in json.loads(run("catalogues", "--format", "json").stdout)}
    assert "native" in catalogues["hipparcos2"]["forms"]
    assert catalogues["hipparcos2"]["ref_epoch"] == 1991.25
    assert {c["name"] for c in catalogues["hipparcos2"]["columns"]} >= {"ra", "hpmag", "hpx29"}
    rows = {
        row["name"]: row for row in csv.DictReader(io.StringIO(run("catalogues", "--format", "csv").stdout))
    }
    assert set(rows) == set(catalogues)
    assert (rows["npm1"]["checked_on"], rows["npm1"]["rows"], rows["npm1"]["epoch"]) == (
        "simulated",
        "148940",
        "J2000.0",
    )
    for width in (100, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = run("catalogues").stdout.splitlines()
        assert len(lines) == len(catalogues) + 2
        assert max(map(len, lines)) <= width
        (line,) = (line for line in lines if line.startswith("bsc5 "))
        assert "9110" in line
        assert line.endswith("real rows")


def test_everything_of_one_catalogue(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = run("catalogues", "ucac5").stdout
    assert max(map(len, text.splitlines())) <= 100
    words = " ".join(text.split())
    for told in (
        "2017AJ....153..166Z", "CDS I/340", "107,758,513", "Gaia-CRF1", "as it is, without a rotation",
        "J2015.0", "TT; the table's epochs are TDB", "(ira, idc) at epu, independent", "not independent",
        "group ucac", "Gaia DR1 in source_id", "181 real records", "Binary records of 52 bytes",
        "Images used for ira and idc",
    ):  # fmt: skip
        assert told in words, told
    assert json.loads(run("catalogues", "ucac5", "--format", "json").stdout)["positions"][1]["ra"] == "ira"
    assert "did you mean ucac4, ucac5" in run("catalogues", "ucac6", code=1).stderr
    own = tmp_path / "mine.toml"
    own.write_text(
        '[catalogue]\nname = "mine"\ntitle = "Mine"\nabout = "A list"\n'
        'columns = [{ name = "source_id", about = "Number" }]\n'
        '[[forms]]\nname = "csv"\nreader = "csv"\nfields = ["source_id"]\n'
    )
    assert "mine: Mine. A list." in run("catalogues", str(own)).stdout


def test_analyses(run: Run) -> None:
    (first, *_) = json.loads(run("analyses", "--format", "json").stdout)
    assert first["name"] == "acceleration"
    assert first["results"] == "results.acceleration"


def test_settings_and_their_precedence(run: Run, sky: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def value(*flags: str) -> str:
        told = run("settings", "--format", "json", *flags)
        return str({row["name"]: row["value"] for row in json.loads(told.stdout)}["memory_limit"])

    assert value() == "4GB"
    (sky / "settings.toml").write_text('memory_limit = "1GB"\n')
    assert value() == "1GB"
    monkeypatch.setenv("CATALOGDB_MEMORY_LIMIT", "2GB")
    assert value() == "2GB"
    assert value("--set", "memory_limit=3GB") == "3GB"
    text = run("settings").stdout
    for setting in SETTINGS:
        assert setting.about in text


def test_wrong_settings(run: Run, sky: Path) -> None:
    assert "no setting memory" in run("info", "--set", "memory=1GB", code=1).stderr
    assert "setting threads is 'two', not a int" in run("info", "--set", "threads=two", code=1).stderr
    assert "no log level loud" in run("info", "--log-level", "loud", code=1).stderr


# --- ingest, match, epochs, analyze ----------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A user's own CSV file."""
    file = tmp_path / "mine.csv"
    file.write_text("name,ra,dec,g\na,10.0,-5.0,5\nb,10.001,-5.0,6\nc,200.0,45.0,7\n")
    return file


def test_ingest_of_an_own_table_shows_its_guess_first(run: Run, tmp_path: Path, own: Path) -> None:
    store = tmp_path / "new"
    text = run(
        "ingest", "--table", own, "--as", "mine", "--id", "name", "--epoch", 2000, "--store", store
    ).stdout
    assert re.search(r"name +-> source_id +VARCHAR", text)
    assert re.search(r"^catalogs.mine: 3 rows of 3 read in \d+\.\d s, [\d,]+ rows/s$", text, re.MULTILINE)
    again = ("ingest", "--table", own, "--as", "mine", "--store", store)
    assert "--replace publishes a new version" in run(*again, code=1).stderr
    run(*again, "--replace")


def test_ingest_with_rejects(run: Run, tmp_path: Path) -> None:
    file, rejects = tmp_path / "bad.csv", tmp_path / "rejected.csv"
    file.write_text("id,ra,dec\n1,10,20\n2,361,20\n3,30,40\n")
    command = ("ingest", "--table", file, "--as", "mine", "--store", tmp_path / "new")
    told = run(*command, code=1)
    assert f"catalogdb: {file}, line 3, column" in told.stderr
    assert "361" in told.stderr
    text = run(*command, "--rejects", rejects).stdout
    assert "catalogs.mine: 2 rows of 3 read" in text
    assert f"1 rejected, with reasons in {rejects}" in text
    assert "361" in rejects.read_text()


def test_ingest_usage(run: Run, own: Path) -> None:
    assert "name a catalogue and its files" in run("ingest", code=2).stderr
    assert "name a catalogue and its files" in run("ingest", "hipparcos2", code=2).stderr
    assert "needs --as NAME" in run("ingest", "--table", own, code=2).stderr
    assert "no catalogue" in run("ingest", "hipparcos2", "--table", own, "--as", "x", code=2).stderr
    told = run("ingest", "hipparcos2", own, "--ra", "x", code=2)
    assert "--ra" in told.stderr
    assert "goes with --table or --cds" in told.stderr
    both = run("ingest", "hipparcos2", own, "--replace", "--append", code=2)
    assert "exclude each other" in both.stderr


def test_ingest_of_what_is_not_there(run: Run, tmp_path: Path, own: Path) -> None:
    told = run("ingest", "hiparcos2", own, "--store", tmp_path / "new", code=1)
    assert re.search("no catalogue hiparcos2; did you mean .*hipparcos2", told.stderr)
    told = run("ingest", "hipparcos2", tmp_path / "none.dat", "--store", tmp_path / "new", code=1)
    assert "none.dat" in told.stderr


def test_match(run: Run, sky: Path, own: Path) -> None:
    run("ingest", "--table", own, "--as", "mine", "--id", "name")
    text = run("match", "stars", "mine", "--radius", 1, "--as", "pairs").stdout
    assert re.search(r"^matches.pairs: 2 pairs in \d+\.\d s; 2 of 4 left rows matched$", text, re.MULTILINE)
    told = run("sql", "SELECT left_id, right_id FROM matches.pairs ORDER BY 1", "--format", "csv")
    assert told.stdout.splitlines() == ['"left_id","right_id"', '1,"a"', '2,"b"']
    assert "--replace" in run("match", "stars", "mine", "--radius", 1, "--as", "pairs", code=1).stderr
    run("match", "stars", "mine", "--radius", 5, "--keep", "mutual", "--as", "pairs", "--replace")
    text = run("match", "stars", "mine", "--radius", 5, "--as", "loose").stdout
    assert "matches.loose: 4 pairs" in text
    faint = ("--magnitudes", "mag,g", "--magnitude-tolerance", 0.6)
    text = run("match", "stars", "mine", "--radius", 5, *faint, "--as", "bright").stdout
    assert "matches.bright: 4 pairs" in text, "a star without a magnitude is not excluded"
    run("match", "stars", "mine", "--radius", 5, *faint[:-1], 0.4, "--as", "brighter")
    told = run("sql", "SELECT left_id, right_id FROM matches.brighter ORDER BY ALL", "--format", "csv")
    assert told.stdout.splitlines()[1:] == ['2,"a"', '2,"b"']


def test_match_through_a_third_table(run: Run, sky: Path, own: Path) -> None:
    run("ingest", "--table", own, "--as", "mine", "--id", "name")
    through = ("--through", "mine", "--through-radius", 1)
    text = run("match", "stars", "stars", "--radius", 5, *through, "--as", "over").stdout
    assert re.search(r"^matches.over: 4 pairs in \d+\.\d s; 2 of 4 left rows matched$", text, re.MULTILINE)
    run("match", "stars", "stars", "--radius", 5, *through, "--keep", "nearest", "--as", "nearest")
    told = run("sql", "SELECT left_id, right_id FROM matches.nearest ORDER BY ALL", "--format", "csv")
    assert told.stdout.splitlines()[1:] == ["1,1", "2,2"]
    told = run(
        "sql",
        "SELECT analysis, outputs FROM provenance.runs WHERE outputs LIKE '%nearest%'",
        "--format",
        "csv",
    )
    assert "match_through" in told.stdout


def test_match_through_usage(run: Run, sky: Path) -> None:
    match = ("match", "stars", "stars", "--radius", 1)
    assert "goes with --through TABLE" in run(*match, "--through-radius", 1, code=2).stderr
    assert "needs --through-radius" in run(*match, "--through", "stars", code=2).stderr
    through = (*match, "--through", "stars", "--through-radius", 1)
    for option in (("--epoch", "2000"), ("--ellipse",), ("--max-distance", 3), ("--exclude-self",)):
        assert f"does not go with {option[0]}" in run(*through, *option, code=2).stderr


def test_match_usage(run: Run, sky: Path) -> None:
    match = ("match", "stars", "stars", "--radius", 1)
    assert "'sometime' is none of none, left" in run(*match, "--epoch", "sometime", code=2).stderr
    assert "go with --magnitudes" in run(*match, "--color", "a,b", code=2).stderr
    assert "go with --magnitudes" in run(*match, "--coefficients", "0.1", code=2).stderr
    assert "is not two columns" in run(*match, "--magnitudes", "mag", code=2).stderr
    wrong = ("--magnitudes", "mag,mag", "--magnitude-tolerance", 1, "--coefficients", "a")
    assert "is not numbers" in run(*match, *wrong, code=2).stderr
    assert "'nearly' is not one of" in run(*match, "--keep", "nearly", code=2).stderr
    assert "radius -1.0 arcsec" in run("match", "stars", "stars", "--radius", -1, code=1).stderr


def test_epochs_and_analyze(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATALOGDB_STORE", str(tmp_path / "sky"))
    header = "id,ra,dec,ref_epoch,ra_error,dec_error\n"
    for i, name in enumerate(("one", "two", "three", "four")):
        file = tmp_path / f"{name}.csv"
        file.write_text(header + f"1,{10 + 1e-6 * i},20.0,{1990 + 10 * i},1,1\n")
        run("ingest", "--table", file, "--as", name)
    text = run("epochs", "four", "one", "two", "three", "--radius", 1).stdout
    assert "results.astrom_epoch: 4 entries of 1 stars" in text
    assert "'one' is not TABLE=MAS" in run(
        "epochs", "four", "one", "--radius", 1, "--default-error", "one", code=2
    ).stderr  # fmt: skip
    picture = tmp_path / "picture.png"
    text = run("analyze", "acceleration", "--weighting", "gls", "--plot", picture).stdout
    assert re.search(r"1 rows in results.acceleration, run acceleration-\S+", text)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_analyze_what_there_is_not(run: Run, sky: Path) -> None:
    assert (
        "no analysis acceleraton; did you mean acceleration," in run("analyze", "acceleraton", code=1).stderr
    )
    assert "acceleration" in run("analyze").stdout
    assert "No such option" in run("analyze", "acceleration", "--speed", 3, code=2).stderr
    told = run("analyze", "acceleration", "--epochs", "nowhere", code=1)
    assert "no table nowhere" in told.stderr


def test_analyze_refuses_pictures_before_the_run(run: Run, sky: Path) -> None:
    nowhere = ("analyze", "acceleration", "--epochs", "nowhere")
    assert ".xyz is no format of a picture" in run(*nowhere, "--plot", "x.xyz", code=1).stderr
    assert "there is no folder" in run(*nowhere, "--plot", sky / "none" / "x.png", code=1).stderr
    assert "give --plot FILE too" in run(*nowhere, "--star", "1", code=2).stderr


# --- check, gc, drop, rename -----------------------------------------------------------------------


def test_rename_drop_gc_and_check(run: Run, sky: Path) -> None:
    assert run("rename", "stars", "suns").stdout == "renamed catalogs.stars to catalogs.suns\n"
    assert "catalogs.suns" in run("info").stdout
    assert run("drop", "suns").stdout.startswith("dropped catalogs.suns")
    assert "no table suns" in run("drop", "suns", code=1).stderr
    assert re.search(r"^removed [1-9]\d* files", run("gc", "--retention", 0).stdout)
    assert "all as published" in run("check").stdout
    assert not list(sky.glob("tables/**/*.duckdb"))


def test_check_of_a_damaged_store(run: Run, sky: Path) -> None:
    (part,) = sky.glob("tables/**/*.duckdb")
    with part.open("r+b") as file:
        file.truncate(part.stat().st_size // 2)
    told = run("check", code=1)
    assert f"damaged: {part.relative_to(sky)}" in told.stdout
    assert "1 damaged" in told.stdout


# --- how a command ends ----------------------------------------------------------------------------


def command_line(*words: object) -> list[str]:
    return [sys.executable, "-P", "-m", "catalogdb", *map(str, words)]


def test_module_and_exit_codes_of_a_process(sky: Path, tmp_path: Path) -> None:
    def ends(*words: object) -> int:
        return subprocess.run(command_line(*words), capture_output=True, check=False).returncode

    assert ends("info") == 0
    assert ends("info", "--store", tmp_path / "nowhere") == 1
    assert ends("inof") == 2


def test_interrupt_is_a_sentence_and_130(sky: Path) -> None:
    slow = "SELECT count(*) FROM range(100000000) a JOIN range(1000000) b ON a.range % 1000 = b.range % 1000"
    words = command_line("sql", slow, "--log-level", "debug")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not list(sky.glob("staging/leases/*")):
                assert process.poll() is None
                time.sleep(0.1)
            time.sleep(2)  # the store is open now, and the query takes minutes
            process.send_signal(signal.SIGINT)
            stdout, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert "interrupted: what was not published yet is discarded" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""


def test_reader_that_goes_away(sky: Path) -> None:
    many = "SELECT i, i * 2 AS j FROM range(2000000) t(i)"
    with subprocess.Popen(
        command_line("sql", many, "--format", "csv"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == b""


def test_file_that_may_not_be_written(run: Run, sky: Path, tmp_path: Path) -> None:
    told = run("sql", "SELECT 1 AS one", "-o", tmp_path / "no" / "such" / "folder.csv", code=1)
    assert "folder.csv" in told.stderr
    assert told.stderr.startswith("catalogdb: ")


def test_log_lines_carry_the_run_id(sky: Path, own: Path) -> None:
    words = ("ingest", "--table", own, "--as", "mine", "--log-level", "info", "--log-json")
    ended = subprocess.run(command_line(*words), capture_output=True, text=True, check=True)
    entries = [json.loads(line) for line in ended.stderr.splitlines()]
    assert entries
    assert all(re.fullmatch(r"ingest-\d{8}T\d{6}-[0-9a-f]{6}", entry["run_id"]) for entry in entries)
    assert {"time", "level", "run_id", "name", "message"} <= entries[0].keys()
    ended = subprocess.run(
        command_line(*words[:-1], "--replace"), capture_output=True, text=True, check=True
    )  # fmt: skip
    assert re.match(r"\d{4}-\d\d-\d\dT\S+Z info ingest-\S+ \w+", ended.stderr)
