"""ADQL asked of a store, from Python and on the command line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.testing

import catalogdb
from catalogdb import Column, Store, Table
from catalogdb.adql.errors import AdqlError
from catalogdb.astrometry import ASTROMETRY
from catalogdb.cli import app
from catalogdb.errors import QueryError

ROWS = """
    SELECT *, hpx29(ra, dec) AS hpx29 FROM (
        SELECT i AS source_id, i * 3.6 AS ra, 0.9 * i - 45 AS dec, i * 0.7 - 3 AS parallax, 5 + i * 0.1 AS mag
        FROM range(100) AS t(i)
    )
"""
FIRST = "SELECT TOP 5 source_id, ra FROM catalogs.gaia_dr3 WHERE parallax > 10 ORDER BY ra"

Run = Callable[..., typer.testing.Result]


@pytest.fixture
def gaia() -> Table:
    return Table(
        name="gaia_dr3",
        about="A hundred stars",
        columns=(
            Column(name="source_id", type="BIGINT", ucd="meta.id;meta.main", about="Identifier"),
            *(ASTROMETRY[name] for name in ("ra", "dec", "hpx29", "parallax")),
            Column(name="mag", type="REAL", ucd="phot.mag", unit="mag", about="Magnitude"),
        ),
    )


@pytest.fixture
def filled(store: Store, gaia: Table) -> Store:
    store.publish(gaia, ROWS)
    return store


@pytest.fixture
def run(filled: Store, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CATALOGDB_STORE", str(filled.path))
    runner = typer.testing.CliRunner()

    def command(*words: str, code: int = 0, stdin: str | None = None) -> typer.testing.Result:
        result = runner.invoke(app, ["adql", *words], input=stdin, catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return command


# From Python


def test_rows_with_units_ucds_and_descriptions(filled: Store) -> None:
    result = filled.adql(FIRST)
    assert result.fetchall() == [(i, pytest.approx(3.6 * i)) for i in range(19, 24)]
    assert [dataclasses.astuple(c) for c in result.columns] == [
        ("source_id", "BIGINT", None, "meta.id;meta.main", "Identifier"),
        ("ra", "DOUBLE", "deg", "pos.eq.ra;meta.main", "Right ascension (ICRS) at ref_epoch"),
    ]
    table = result.table()
    assert str(table["ra"].unit) == "deg"
    assert table["ra"].meta["ucd"] == "pos.eq.ra;meta.main"


def test_what_is_computed_is_described_too(filled: Store) -> None:
    result = filled.adql(
        "SELECT ROUND(mag) AS bin, COUNT(*) AS n, AVG(parallax) AS mean, MAX(ra) - MIN(ra) AS span "
        "FROM gaia_dr3 GROUP BY bin ORDER BY bin"
    )
    assert [(c.name, c.unit, c.ucd) for c in result.columns] == [
        ("bin", "mag", None),
        ("n", "", "meta.number"),
        ("mean", "mas", "pos.parallax.trig;stat.mean"),
        ("span", "deg", None),
    ]
    mag = np.float32(5 + np.arange(100) * 0.1)
    assert sum(result.arrow()["n"].to_pylist()) == 100
    assert result.arrow()["bin"].to_pylist() == sorted(set(np.floor(mag + np.float32(0.5)).tolist()))


def test_names_are_those_of_the_rows(filled: Store) -> None:
    result = filled.adql('SELECT mag AS "u", mag AS "U", mag, mag FROM gaia_dr3')
    assert [c.name for c in result.columns] == result.arrow().column_names == ["u", "U_1", "mag", "mag_1"]
    assert [c.type for c in result.columns] == ["FLOAT"] * 4


def test_a_result_is_written_as_any_other(filled: Store, tmp_path: Path) -> None:
    file = filled.adql(FIRST).write(tmp_path / "five.csv")
    assert file.read_text().splitlines()[0].replace(chr(34), "") == "source_id,ra"
    assert len(file.read_text().splitlines()) == 6


def test_provenance_names_the_tables(filled: Store) -> None:
    assert filled.adql(FIRST).provenance.tables == ("catalogs.gaia_dr3",)


def test_tap_schema_can_be_asked(filled: Store) -> None:
    query = (
        "SELECT column_name, unit FROM TAP_SCHEMA.columns "
        "WHERE table_name = 'catalogs.gaia_dr3' AND ucd LIKE 'pos.eq%' ORDER BY column_name"
    )
    assert filled.adql(query).fetchall() == [("dec", "deg"), ("ra", "deg")]


def test_errors_are_raised_at_once(filled: Store) -> None:
    with pytest.raises(AdqlError, match=r"^line 1, column 8: there is no column raa; did you mean ra\?$"):
        filled.adql("SELECT raa FROM gaia_dr3")
    with pytest.raises(AdqlError, match="can not stand here"):
        filled.adql("SELECT *, ra FROM gaia_dr3", strict=True)
    with pytest.raises(QueryError, match="[Oo]verflow|out of range"):
        filled.adql("SELECT SUM(source_id * 9000000000000000000) FROM gaia_dr3").fetchall()


# On the command line


def test_the_command_shows_the_duckdb_text(run: Run, filled: Store) -> None:
    text = run(FIRST).stdout
    assert text.count("\n") == 1
    assert filled.sql(text).fetchall() == filled.adql(FIRST).fetchall()


def test_an_error_is_told_with_line_and_column(run: Run) -> None:
    result = run("SELECT source_id\nFROM gaia_dr4", code=1)
    assert "line 2, column 6: there is no table gaia_dr4; did you mean catalogs.gaia_dr3?" in result.stderr
    assert result.stdout == ""


def test_notes_go_to_stderr(run: Run) -> None:
    result = run("SELECT source_id / 7 FROM gaia_dr3")
    assert "drops the fraction" in result.stderr
    assert "drops" not in result.stdout


def test_strict_refuses_extensions(run: Run) -> None:
    run("SELECT *, ra FROM gaia_dr3")
    assert "line 1, column 9" in run("SELECT *, ra FROM gaia_dr3", "--strict", code=1).stderr


def test_parse_only_needs_no_store(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CATALOGDB_STORE", str(tmp_path / "nowhere"))
    assert run("SELECT nothing FROM nowhere", "--parse-only").stdout == ""
    assert "line 1, column 8" in run("SELECT FROM nowhere", "--parse-only", code=1).stderr
    assert "no store at" in run("SELECT nothing FROM nowhere", code=1).stderr


def answers(result: typer.testing.Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_line_is_answered(run: Run) -> None:
    given = ["SELECT ra FROM gaia_dr3", "SELECT\n FROM x", "SELECT raa FROM gaia_dr3", "SELECT 'ünïcode'", ""]
    lines = "".join(json.dumps(each) + "\n" for each in given)
    found = answers(run("-", stdin=lines))
    assert found[0] == {"ok": True, "sql": 'SELECT "gaia_dr3"."ra" FROM "catalogs"."gaia_dr3" AS "gaia_dr3"'}
    assert (found[1]["ok"], found[1]["line"], found[1]["column"]) == (False, 2, 2)
    assert found[2] == {
        "ok": False,
        "line": 1,
        "column": 8,
        "message": "there is no column raa; did you mean ra?",
    }
    assert found[3]["ok"]
    assert found[4] == {"ok": False, "line": 1, "column": 1, "message": "the query is empty"}


def test_parse_only_answers_every_line(run: Run) -> None:
    lines = '"SELECT a FROM b"\n"SELECT TOP 3 a FROM b c d"\nno json\n5\n"SELECT a;"\n"SELECT \\ud800"'
    found = answers(run("-", "--parse-only", stdin=lines))
    assert [each["ok"] for each in found] == [True, False, False, False, True, False]
    assert found[0] == {"ok": True}
    assert (found[1]["line"], found[1]["column"]) == (1, 25)
    assert "no JSON" in found[2]["message"]
    assert found[3]["message"] == "the line is no JSON string"
    strict = answers(run("-", "--parse-only", "--strict", stdin=lines))
    assert [each["ok"] for each in strict] == [True, False, False, False, False, False]


def test_no_query_ends_the_answers(run: Run) -> None:
    deep = ["(" * 10_000, "SELECT " + "(" * 99 + "1" + ")" * 99, "SELECT " + "-(" * 60 + "1" + ")" * 60]
    found = answers(run("-", stdin="".join(json.dumps(each) + "\n" for each in deep)))
    assert [each["ok"] for each in found] == [False, True, True]


def test_the_session_is_of_catalogdb() -> None:
    assert issubclass(AdqlError, catalogdb.CatalogError)
