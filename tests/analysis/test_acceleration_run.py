"""The acceleration test on tables of a store: anyone's multi-epoch table in, results and pictures out."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

import analysis
import catalogdb
from analysis.acceleration import job, table
from catalogdb.errors import AnalysisError, TableNotFound
from catalogdb.schema import Column, Table

N = 12


def _column(name: str, kind: str, unit: str | None, ucd: str) -> Column:
    return Column(name=name, type=kind, unit=unit, ucd=ucd, about=f"Column {name}")


REQUIRED = (
    _column("obj_id", "BIGINT", None, "meta.id;meta.main"),
    _column("catalogue_name", "VARCHAR", None, "meta.id"),
    _column("epoch", "DOUBLE", "yr", "time.epoch"),
    _column("ra", "DOUBLE", "deg", "pos.eq.ra"),
    _column("dec", "DOUBLE", "deg", "pos.eq.dec"),
    _column("ra_error", "DOUBLE", "mas", "stat.error;pos.eq.ra"),
    _column("dec_error", "DOUBLE", "mas", "stat.error;pos.eq.dec"),
)
GROUP = _column("shared_data_group", "VARCHAR", None, "meta.id.part")


def _fill(store: catalogdb.Store, paper_sky) -> None:
    """Ten catalogues of N stars, the last three sharing data; star 1 has one entry, star 2 no errors."""
    _, rows = paper_sky(N, 1)
    names = np.array([f"c{i}" for i in range(10)])
    bare = rows.star == 2
    columns = {
        "obj_id": rows.star + 1000,
        "catalogue_name": np.tile(names, N),
        "epoch": rows.ra_epoch,
        "ra": rows.ra,
        "dec": rows.dec,
        "ra_error": pa.array(rows.ra_error, mask=bare),
        "dec_error": pa.array(rows.dec_error, mask=bare),
        "shared_data_group": np.tile([None] * 7 + ["gaia"] * 3, N),
    }
    keep = (rows.star != 1) | (rows.ra_epoch == 2000.0)
    mine = Table(name="mine", schema="results", about="Ten catalogues", columns=(*REQUIRED, GROUP))
    store.publish(mine, pa.table(columns).filter(pa.array(keep)))


def _run(store: catalogdb.Store, **given):
    return analysis.find("acceleration").run(store, {"epochs": "mine", **given})


def _results(store: catalogdb.Store, run_id: str):
    query = "SELECT * FROM results.acceleration WHERE run_id = $run ORDER BY source_id"
    return {row["source_id"]: row for row in store.sql(query, {"run": run_id}).arrow().to_pylist()}


def test_every_star_has_a_row_and_what_limits_it(store, paper_sky):
    _fill(store, paper_sky)
    report = _run(store)
    rows = _results(store, report.run_id)
    assert sorted(rows) == [str(1000 + i) for i in range(N)]
    star = rows["1000"]
    assert (star["n_epoch"], star["dof"], star["weighting"], star["flags"]) == (8, 12, "gls", "shared_data")
    assert star["ref_epoch"] == 2016.0
    assert star["q_fdr"] >= star["p_acc"]
    assert (rows["1001"]["n_epoch"], rows["1001"]["dof"], rows["1001"]["pmra"]) == (1, -2, None)
    assert rows["1001"]["flags"] == "few_epochs no_test no_acceleration"
    assert (rows["1002"]["n_epoch"], rows["1002"]["p_lin"]) == (0, None)
    assert rows["1002"]["flags"] == "unused_entries few_epochs no_test no_acceleration"
    assert report.rows == N
    assert report.lines[0] == "12 stars, 10 with more measurements than parameters"


def test_jerk_span_and_what_companions_can_do_are_published(store, paper_sky):
    _, rows = paper_sky(3, 5)
    columns = {c.name: getattr(rows, c.name) for c in REQUIRED[3:]}
    given = {"obj_id": rows.star, "catalogue_name": ["c"] * len(rows), "epoch": rows.ra_epoch, **columns}
    given["parallax"] = pa.array(np.where(rows.star == 1, np.nan, 5.0), from_pandas=True)
    given["ruwe"] = np.where((rows.star == 2) & (rows.ra_epoch == 2016.0), 3.0, 1.0)
    more = (
        _column("parallax", "DOUBLE", "mas", "pos.parallax"),
        _column("ruwe", "DOUBLE", "", "stat.error"),
    )
    mine = Table(name="mine", schema="results", about="x", columns=(*REQUIRED, *more))
    store.publish(mine, pa.table(given))
    found = _results(store, _run(store).run_id)
    for star in found.values():
        assert (star["epoch_first"], star["epoch_last"]) == (1955.0, 2016.0)
        assert star["chi2_jerk"] <= star["chi2_acc"] <= star["chi2_lin"]
        assert star["p_jerk"] == pytest.approx(np.exp((star["chi2_jerk"] - star["chi2_acc"]) / 2.0), rel=1e-6)
        assert star["acc_snr"] ** 2 == pytest.approx(star["chi2_lin"] - star["chi2_acc"], rel=1e-6)
    # Companion and star of one Sun in an orbit of 122 years at 200 pc.
    assert found["0"]["a_max"] == pytest.approx(
        4.0 * np.pi**2 / (2.0 * 122.0**2) ** (2.0 / 3.0) * 5.0, rel=1e-3
    )
    assert found["0"]["physically_possible"] is True
    assert found["0"]["separation_max"] > 0.0
    assert [found["1"][c] for c in ("parallax", "a_max", "physically_possible", "separation_max")] == [
        None
    ] * 4
    assert [found[name]["flags"] for name in "012"] == [None, None, "high_ruwe"]
    half = _results(store, _run(store, companion_mass=0.5, star_mass=1.5).run_id)
    assert half["0"]["a_max"] == pytest.approx(0.5 * found["0"]["a_max"], rel=1e-12)
    f1 = _results(store, _run(store, weighting="F1").run_id)["0"]
    assert (f1["epoch_first"], f1["epoch_last"]) == (1955.0, 2016.0)
    assert [f1[c] for c in ("chi2_jerk", "p_jerk", "acc_snr", "a_max", "physically_possible")] == [None] * 5


def test_f1_and_f2_use_all_positions_and_say_nothing_of_acceleration(store, paper_sky):
    _fill(store, paper_sky)
    for weighting in ("F1", "F2"):
        rows = _results(store, _run(store, weighting=weighting).run_id)
        star = rows["1003"]
        assert (star["n_epoch"], star["dof"], star["weighting"], star["flags"]) == (10, 16, weighting, None)
        assert (star["p_acc"], star["q_fdr"], star["chi2_acc"], star["acc_ra"]) == (None, None, None, None)
        assert 0.0 < star["p_lin"] <= 1.0
        assert rows["1001"]["flags"] == "few_epochs no_test"


def test_a_default_error_lets_bare_entries_count(store, paper_sky):
    _fill(store, paper_sky)
    rows = _results(store, _run(store, default_error=100.0).run_id)
    assert rows["1002"]["n_epoch"] == 8
    assert rows["1002"]["p_lin"] is not None


def test_the_same_run_again_replaces_its_rows_and_others_stay(store, paper_sky):
    _fill(store, paper_sky)
    first, other, again = _run(store), _run(store, shared="latest"), _run(store)
    runs = {row[0] for row in store.sql("SELECT DISTINCT run_id FROM results.acceleration").fetchall()}
    assert runs == {other.run_id, again.run_id}
    recorded = store.sql("SELECT run_id FROM provenance.runs WHERE analysis = 'acceleration'").fetchall()
    assert {row[0] for row in recorded} == {first.run_id, other.run_id, again.run_id}


def test_stars_are_whole_wherever_a_batch_ends(store, paper_sky, monkeypatch):
    _fill(store, paper_sky)
    whole = list(table.read(store, store.table("mine")))
    monkeypatch.setattr(table, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(
        type(store.sql("SELECT 1")),
        "batches",
        lambda self, size: iter(self.arrow().combine_chunks().to_batches(max_chunksize=size)),
    )
    parts = list(table.read(store, store.table("mine")))
    assert len(parts) > 5
    for joined in (whole, parts):
        names = pa.concat_arrays([part.source_id for part in joined])
        assert names.to_pylist() == [str(1000 + i) for i in range(N)]
        assert np.isnan(np.concatenate([part.magnitude for part in joined])).all()
        counts = np.concatenate([part.entries.count() for part in joined])
        assert counts.tolist() == [10, 1, *[10] * (N - 2)]


def test_rates_are_of_all_stars_however_many_are_in_memory(store, paper_sky, monkeypatch):
    _fill(store, paper_sky)
    whole = _results(store, _run(store).run_id)
    monkeypatch.setattr(table, "ROWS_AT_ONCE", 7)
    monkeypatch.setattr(
        type(store.sql("SELECT 1")),
        "batches",
        lambda self, size: iter(self.arrow().combine_chunks().to_batches(max_chunksize=size)),
    )
    parts = _results(store, _run(store).run_id)
    for rows in (whole, parts):
        for row in rows.values():
            del row["run_id"]
    assert parts == whole


def test_tables_of_another_kind_are_refused(store):
    plain = Table(name="plain", schema="results", about="No entries", columns=REQUIRED[:5])
    store.publish(plain, pa.table({c.name: pa.array([], pa.float64()) for c in REQUIRED[2:5]}))
    with pytest.raises(
        AnalysisError, match=r"results.plain is no multi-epoch table: it has no ra_error, dec_error"
    ):
        _run(store, epochs="plain")
    with pytest.raises(TableNotFound, match="no table nowhere"):
        _run(store, epochs="nowhere")
    text = _column("parallax", "VARCHAR", None, "pos.parallax")
    store.publish(
        Table(name="worded", schema="results", about="Text", columns=(*REQUIRED, text)),
        pa.table({"obj_id": [1]}),
    )
    with pytest.raises(AnalysisError, match="parallax is VARCHAR, a number is needed"):
        _run(store, epochs="worded")


def test_numbers_are_single_and_in_their_units(store):
    lists = _column("parallax", "DOUBLE[]", "mas", "pos.parallax")
    seconds = _column("parallax_error", "DOUBLE", "arcsec", "stat.error;pos.parallax")
    for name, column in (("lists", lists), ("seconds", seconds)):
        mine = Table(name=name, schema="results", about="x", columns=(*REQUIRED, column))
        store.publish(mine, pa.table({"obj_id": [1]}))
    with pytest.raises(AnalysisError, match=r"parallax is DOUBLE\[\], a number is needed"):
        _run(store, epochs="lists")
    with pytest.raises(AnalysisError, match="parallax_error is in arcsec, mas is needed"):
        _run(store, epochs="seconds")


def test_shared_data_may_be_numbered(store, paper_sky):
    _, rows = paper_sky(1, 3)
    columns = {c.name: getattr(rows, c.name) for c in REQUIRED[3:]}
    given = {"obj_id": np.full(10, 5), "catalogue_name": ["c"] * 10, "epoch": rows.ra_epoch, **columns}
    given["shared_data_group"] = pa.array([None] * 7 + [1] * 3, pa.int64())
    group = _column("shared_data_group", "BIGINT", None, "meta.id.part")
    store.publish(
        Table(name="mine", schema="results", about="x", columns=(*REQUIRED, group)), pa.table(given)
    )
    assert _results(store, _run(store).run_id)["5"]["n_epoch"] == 8


def test_a_file_of_the_users_own_can_be_tested(store, paper_sky, tmp_path):
    _, rows = paper_sky(3, 4)
    columns = {c.name: getattr(rows, c.name) for c in REQUIRED[3:]}
    given = {"obj_id": rows.star + 7, "catalogue_name": ["c"] * len(rows), "epoch": rows.ra_epoch, **columns}
    pyarrow.parquet.write_table(pa.table(given), tmp_path / "mine.parquet")
    store.ingest_table(tmp_path / "mine.parquet", "results.mine")
    report = _run(store)
    found = _results(store, report.run_id)
    assert [(name, row["n_epoch"], row["dof"]) for name, row in found.items()] == [
        (str(7 + i), 10, 16) for i in range(3)
    ]
    plot = tmp_path / "star.png"
    analysis.find("acceleration").plot(store, plot, run_id=report.run_id, source_id="7")
    assert plot.exists()


def test_entries_of_no_star_are_refused(store):
    store.publish(
        Table(name="mine", schema="results", about="x", columns=REQUIRED),
        pa.table({"obj_id": pa.array([1, None], pa.int64()), "catalogue_name": ["a", "b"]}),
    )
    with pytest.raises(AnalysisError, match="1 entries have no obj_id"):
        _run(store)


def test_an_empty_table_is_refused(store):
    store.publish(
        Table(name="mine", schema="results", about="x", columns=REQUIRED),
        pa.table({"obj_id": pa.array([], pa.int64())}),
    )
    with pytest.raises(AnalysisError, match="results.mine has no entries: nothing to test"):
        _run(store)


def test_pictures_are_drawn_of_a_run_and_of_a_star(store, paper_sky, tmp_path):
    _fill(store, paper_sky)
    entry = analysis.find("acceleration")
    with pytest.raises(TableNotFound):
        entry.plot(store, tmp_path / "none.png")
    report = _run(store)
    entry.plot(store, tmp_path / "all.png", run_id=report.run_id)
    entry.plot(store, tmp_path / "one.svg", source_id="1000")
    assert (tmp_path / "all.png").read_bytes().startswith(b"\x89PNG")
    drawn = (tmp_path / "one.svg").read_text()
    assert "<svg" in drawn
    with pytest.raises(AnalysisError, match="has no rows of run none"):
        entry.plot(store, tmp_path / "x.png", run_id="none")
    with pytest.raises(AnalysisError, match="no run of the acceleration test has star 7"):
        entry.plot(store, tmp_path / "x.png", source_id="7")
    with pytest.raises(AnalysisError, match="star 1002 has no usable entry"):
        entry.plot(store, tmp_path / "x.png", source_id="1002")


def test_a_picture_of_a_run_shows_its_stars_on_the_sky(store, paper_sky, tmp_path):
    """As dots, one for each; without them, and it says so, once the multi-epoch table is gone."""
    _fill(store, paper_sky)
    entry = analysis.find("acceleration")
    for given in ({}, {"weighting": "F1"}):
        _run(store, **given)
        entry.plot(store, tmp_path / "sky.svg")
        assert "ecliptic longitude" in _said(tmp_path / "sky.svg")
    store.drop("mine")
    entry.plot(store, tmp_path / "none.svg")
    assert "mine is no longer in the store" in _said(tmp_path / "none.svg")


def _said(file) -> str:
    """What a picture says: matplotlib leaves each text beside its outlines as a comment."""
    return " ".join(re.findall(r"<!-- (.*?) -->", file.read_text()))


def test_every_flag_is_described():
    about = job.RESULT.column("flags").about
    assert all(word in about for word in job.FLAGS)


def test_a_free_position_is_refused_where_the_fit_has_no_other(store, paper_sky):
    _fill(store, paper_sky)
    with pytest.raises(AnalysisError, match="position free is for the weightings F1 and F2: gls fits"):
        _run(store, position="free")
    assert not store.sql("SELECT * FROM provenance.runs").fetchall()
    assert _run(store, position="free", weighting="F1").rows == N
