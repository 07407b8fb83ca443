"""What can not be published or drawn is refused before anything is computed."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pyarrow as pa
import pytest

import analysis
import catalogdb
from analysis.acceleration.result import RESULT
from catalogdb.errors import AnalysisError, SchemaError, StoreBusy, StoreError
from catalogdb.writer import table_lock

ROW = {"source_id": ["1"], "weighting": ["gls"], "run_id": ["r"]}


@pytest.fixture
def unasked(monkeypatch):
    """The acceleration test, which may not be run."""
    entry = analysis.find("acceleration")

    def run(*_):
        pytest.fail("it was run")

    monkeypatch.setattr(entry.module, "run", run)
    return entry


def test_an_older_result_of_other_columns(store, unasked):
    """With a way out that there is: the table is renamed or dropped."""
    older = replace(RESULT, columns=tuple(c for c in RESULT.columns if c.name != "q_fdr"))
    store.publish(older, pa.table(ROW), part="old")
    with pytest.raises(SchemaError) as refused:
        unasked.run(store, {})
    assert "(q_fdr)" in str(refused.value)
    assert "catalogdb drop results.acceleration removes it" in str(refused.value)
    assert "catalogdb rename results.acceleration NEW keeps the old one" in str(refused.value)
    assert "--replace" not in str(refused.value)
    store.rename("results.acceleration", "older")
    with pytest.raises(pytest.fail.Exception, match="it was run"):
        unasked.run(store, {})


def test_a_table_that_another_writes_and_a_store_that_may_not_be_written(store, unasked, monkeypatch):
    with table_lock(store.path, RESULT.qualified_name), pytest.raises(StoreBusy):
        unasked.run(store, {})
    store.publish(
        replace(RESULT, name="other_results"),
        pa.table({"source_id": ["1"], "weighting": ["gls"], "run_id": ["r"]}),
    )
    with (
        catalogdb.open(store.path, snapshot=store.snapshot) as pinned,
        pytest.raises(StoreError, match="was opened to be read"),
    ):
        unasked.run(pinned, {})
    shutil.rmtree(store.path / "staging")  # as good as a folder without permission, also for root
    with pytest.raises(StoreError, match="staging"):
        unasked.run(store, {})
    assert not list(store.path.glob("staging/*.duckdb"))


def test_every_table_of_an_analysis_is_asked_for(store, monkeypatch):
    entry = analysis.find("injection")
    monkeypatch.setattr(entry.module, "run", lambda *_: pytest.fail("it was run"))
    for table in entry.results:
        with table_lock(store.path, table.qualified_name), pytest.raises(StoreBusy):
            entry.run(store, {})


def test_a_file_that_is_no_picture(store, tmp_path):
    entry = analysis.find("acceleration")
    for name, said in (
        ("x.xyz", r"x\.xyz: \.xyz is no format of a picture: there are .*pdf, png.*svg"),
        ("x", "the suffix says which format"),
        ("x.pgf", "is no format of a picture"),
        ("none/x.png", "there is no folder .*none: make it first"),
    ):
        with pytest.raises(AnalysisError, match=said):
            entry.plot(store, tmp_path / name)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(AnalysisError, match="or is a folder"):
        entry.plot(store, tmp_path / "folder.png")
