"""Reproductions of papers: the verdict's rule, the table, the command, what is refused."""

from __future__ import annotations

import json
import math
import re

import pytest
import typer.testing
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.reproduction import RESULT, job, papers
from analysis.reproduction.item import DIFFERS, HOLDS, NOT_TESTABLE, Item, not_testable
from catalogdb.cli import app
from catalogdb.errors import AnalysisError, TableNotFound
from catalogdb.vocabulary import is_unit

SMALL = {"stars": 300, "searches": 10}

numbers = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


def _item(**given):
    base = {"item": "C-1", "quantity": "q", "claimed": 1.0, "ours": 1.0, "tolerance": 0.0, "unit": ""}
    return Item(**base | given)


@settings(max_examples=300, deadline=None)
@given(claimed=numbers, ours=numbers, tolerance=st.floats(0.0, 1e300))
def test_a_claim_holds_exactly_within_its_tolerance(claimed, ours, tolerance):
    found = _item(claimed=claimed, ours=ours, tolerance=tolerance, reason="why")
    assert found.verdict == (HOLDS if abs(ours - claimed) <= tolerance else DIFFERS)


@given(claimed=numbers, tolerance=st.floats(1e-300, 1e300))
@settings(max_examples=100, deadline=None)
def test_the_edge_of_the_tolerance_holds_and_the_next_number_does_not(claimed, tolerance):
    edge = claimed + tolerance
    inside = _item(claimed=claimed, ours=edge, tolerance=abs(edge - claimed))
    assert inside.verdict == HOLDS
    beyond = math.nextafter(abs(edge - claimed), -math.inf)
    if 0.0 <= beyond < abs(edge - claimed):
        assert _item(claimed=claimed, ours=edge, tolerance=beyond, reason="why").verdict == DIFFERS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ours": 2.0}, "a reason is needed, for it differs"),
        ({"ours": None, "tolerance": None}, "a reason is needed, for it not testable here"),
        ({"ours": math.nan}, "not every number is finite"),
        ({"ours_error": math.inf}, "not every number is finite"),
        ({"ours": None, "reason": "why"}, "a result needs a tolerance, and only a result"),
        ({"tolerance": None, "reason": "why"}, "a result needs a tolerance, and only a result"),
    ],
)
def test_a_claim_is_never_without_a_number_or_a_reason(given, message):
    with pytest.raises(ValueError, match=message):
        _item(**given)


def test_what_is_not_testable_has_no_number_of_ours():
    found = not_testable("C-3", "stars", 6310.0, "", "no table")
    assert (found.verdict, found.ours, found.tolerance) == (NOT_TESTABLE, None, None)


def _run(store, **given):
    return analysis.find("reproduction").run(store, {"paper": "004", **SMALL, **given})


def _rows(store):
    return store.sql("SELECT * FROM results.reproduction").arrow().to_pylist()


def test_a_run_writes_a_row_for_each_claim_and_every_verdict_follows_the_rule(store):
    report = _run(store)
    rows = _rows(store)
    assert report.rows == len(rows) > 90
    assert {row["run_id"] for row in rows} == {report.run_id}
    assert {row["paper"] for row in rows} == {"004"}
    assert len({(row["item"], row["quantity"]) for row in rows}) == len(rows)
    for row in rows:
        tested = row["ours"] is not None
        holds = tested and abs(row["ours"] - row["claimed"]) <= row["tolerance"]
        assert row["verdict"] == (HOLDS if holds else DIFFERS if tested else NOT_TESTABLE), row
        assert holds or row["reason"], row
        assert (row["tolerance"] is None) == (not tested)
        assert is_unit(row["unit"]), row["unit"]
    assert {row["verdict"] for row in rows} == {HOLDS, DIFFERS, NOT_TESTABLE}
    labels = {f"C-{i}" for i in range(1, 10)} | {"C2", "0-2", "0-3", "0-4"}
    assert {row["item"] for row in rows} == labels
    in_sql = "(verdict = 'holds') <> coalesce(abs(ours - claimed) <= tolerance, false)"
    assert store.sql(f"SELECT count(*) FROM results.reproduction WHERE {in_sql}").fetchall() == [(0,)]


def test_a_run_is_recorded_with_its_seed_and_replaces_the_one_before(store):
    first, again, other = _run(store), _run(store), _run(store, seed=5)
    query = "SELECT run_id, seed, settings FROM provenance.runs WHERE analysis = 'reproduction'"
    recorded = {run: (seed, json.loads(text)) for run, seed, text in store.sql(query).fetchall()}
    assert [recorded[report.run_id][0] for report in (first, again, other)] == [4, 4, 5]
    assert recorded[first.run_id][1]["stars"] == SMALL["stars"]
    assert {row["run_id"] for row in _rows(store)} == {other.run_id}
    assert first.lines == again.lines
    assert first.lines != other.lines


def test_its_lines_can_be_read_on_a_terminal(store):
    report = _run(store)
    head, *body = report.lines[: report.rows + 1]
    assert head.split() == ["item", "quantity", "claimed", "ours", "unit", "verdict"]
    assert all(len(line) <= 130 for line in report.lines)
    at = head.index("verdict")
    assert {line[at:] for line in body} == {HOLDS, DIFFERS, NOT_TESTABLE}
    assert re.search(r"both in \d of 10 set-ups$", report.lines[-1])


def test_the_command_needs_no_store_and_draws(tmp_path):
    picture = tmp_path / "figure.png"
    words = ["analyze", "reproduction", "--paper", "004", "--store", str(tmp_path / "sky")]
    words += ["--stars", "300", "--searches", "10", "--plot", str(picture)]
    result = typer.testing.CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "F2/F1 mean error ratio" in result.output
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("paper", ["0", "999", "4"])
def test_a_paper_that_there_is_not_is_told_with_those_there_are(store, paper):
    known = ", ".join(papers.PAPERS)
    with pytest.raises(AnalysisError, match=f"no reproduction of paper {paper}: there is {known}"):
        _run(store, paper=paper)
    with pytest.raises(TableNotFound):
        store.table(RESULT.qualified_name)


def test_a_further_paper_is_a_module_and_a_line(store, monkeypatch):
    monkeypatch.setitem(papers.PAPERS, "005", "analysis.reproduction.paper004")
    _run(store)
    _run(store, paper="005")
    assert {row["paper"] for row in _rows(store)} == {"004", "005"}


def test_wrong_folders_are_told(store, tmp_path):
    with pytest.raises(AnalysisError, match="is no folder"):
        _run(store, data=str(tmp_path / "none"))
    with pytest.raises(AnalysisError, match=r"has none of .* benchmark_stars/gaiadr3\.fits, apass"):
        _run(store, data=str(tmp_path))
    (tmp_path / "benchmark_stars").mkdir()
    (tmp_path / "benchmark_stars" / "gaiadr3.fits").write_bytes(b"no table")
    with pytest.raises(AnalysisError, match=r"gaiadr3\.fits can not be read"):
        _run(store, data=str(tmp_path))
    (tmp_path / "benchmark_stars" / "gaiadr3.fits").unlink()
    (tmp_path / "apass").mkdir()
    for name in ("apass", "refcat2"):
        (tmp_path / "apass" / f"ey_uma_{name}.ecsv").write_text("no table")
    with pytest.raises(AnalysisError, match=r"ey_uma_apass\.ecsv can not be read"):
        _run(store, data=str(tmp_path))


def test_the_paper_has_to_be_named(store):
    with pytest.raises(AnalysisError, match="reproduction needs paper"):
        analysis.find("reproduction").run(store, {})


def test_only_runs_that_there_are_can_be_drawn(store, tmp_path):
    entry = analysis.find("reproduction")
    with pytest.raises(TableNotFound):
        entry.plot(store, tmp_path / "none.png")
    _run(store)
    entry.plot(store, tmp_path / "all.svg")
    assert "<svg" in (tmp_path / "all.svg").read_text()
    with pytest.raises(AnalysisError, match="has no rows of run none"):
        entry.plot(store, tmp_path / "x.png", run_id="none")
    with pytest.raises(AnalysisError, match="has no stars of the store to draw"):
        entry.plot(store, tmp_path / "x.png", source_id="1")


def test_searches_are_no_more_than_stars():
    assert job.simulation({"stars": 100, "searches": 300, "seed": 1, "fits": 100, "draws": 5}).searches == 100
