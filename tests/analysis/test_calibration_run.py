"""The calibration as an analysis of a store: its rows, how they are read back, and who uses them."""

from __future__ import annotations

from dataclasses import replace

import healpy
import numpy as np
import pyarrow as pa
import pytest

import analysis
import catalogdb
from analysis.acceleration.table import read
from analysis.calibration import RESULT
from analysis.calibration.stored import load
from analysis.calibration.terms import Places
from analysis.epochs_table import RESULT as EPOCHS
from catalogdb.errors import AnalysisError

WRONG = {
    "hipparcos2": {"offset": (3.0, -2.0), "spin": (0.4, -0.2, 0.3), "scale": 1.5},
    "urat1": {"offset": (-9.0, 7.0), "magnitude": (2.0, -1.0, 0.0, 0.0), "scale": 1.3},
    "twomass": {"offset": (40.0, 30.0), "colour": (20.0, 10.0)},
}


def _publish(store, skies, sky, name: str = "sim", catalogue=None, **without) -> None:
    m = len(sky.star)
    own = sky.catalogue == skies.DR3
    columns = {
        "obj_id": [f"s{i:05d}" for i in sky.star],
        "catalogue_name": np.array(skies.NAMES)[sky.catalogue] if catalogue is None else catalogue,
        "shared_data_group": pa.array(["gaia"] * m, mask=sky.group < 0),
        "phot_g_mean_mag": np.where(own, sky.stars.magnitude[sky.star], np.nan),
        "bp_rp": np.where(own, sky.stars.colour[sky.star], np.nan),
        "run_id": ["made"] * m,
        "hpx29": healpy.ang2pix(2**29, sky.numbers["ra"], sky.numbers["dec"], nest=True, lonlat=True),
    }
    columns |= dict(sky.numbers)
    rows = {key: pa.array(values, from_pandas=True) for key, values in columns.items() if key not in without}
    store.publish(replace(EPOCHS, name=name), pa.table(rows))


@pytest.fixture(scope="module")
def calibrated(skies, tmp_path_factory):
    """A store with 400 stars in ten catalogues, their calibration, and the acceleration tests on them."""
    with catalogdb.open(tmp_path_factory.mktemp("calibrated") / "sky", create=True) as store:
        _publish(store, skies, skies.make_sky(400, 1, WRONG))
        plain = store.analyze("acceleration", epochs="results.sim")
        report = store.analyze("calibration", epochs="results.sim")
        latest = store.analyze("acceleration", epochs="results.sim", calibration="latest")
        yield store, report, plain, latest


def _rows(store, run_id):
    return (
        store.sql("SELECT * FROM results.catalogue_calibration WHERE run_id = $r", {"r": run_id})
        .arrow()
        .to_pylist()
    )


def test_every_catalogue_has_its_rows_and_each_number_its_error(calibrated, skies):
    store, report, *_ = calibrated
    rows = _rows(store, report.run_id)
    assert {row["catalogue_name"] for row in rows} == set(skies.NAMES)
    assert len(rows) == report.rows
    for row in rows:
        if row["term"] in ("offset", "rotation", "spin", "magnitude", "colour", "error_scale") and (
            row["param_value"] is not None
        ):
            assert row["sig"] > 0.0
            assert row["n_stars"] > 30
            assert row["unit"] is not None
        elif row["param_value"] is None:
            assert row["note"]
    (reference,) = [row for row in rows if row["term"] == "reference"]
    assert reference["catalogue_name"] == "gaia_dr3"
    found = {(r["catalogue_name"], r["param"]): (r["param_value"], r["sig"]) for r in rows if r["sig"]}
    for key, true in ((("hipparcos2", "spin_x"), 0.4), (("hipparcos2", "offset_dec"), -2.0)):
        value, sig = found[key]
        assert abs(value - true) < 4.0 * sig
    assert report.lines[0] == "9 catalogues calibrated against gaia_dr3 and each other"


def test_what_is_stored_is_what_is_applied(calibrated):
    store, report, *_ = calibrated
    calibration = load(store, report.run_id)
    assert load(store, "latest").run_id == calibration.run_id == report.run_id
    assert load(store, "none") is None
    raw = next(read(store, store.table("results.sim")))
    new = next(read(store, store.table("results.sim"), None, calibration))
    catalogue = np.array(raw.catalogue.to_pylist())
    own = catalogue == "urat1"
    rows = raw.entries
    at = Places(
        rows.ra[own],
        rows.dec[own],
        np.stack([rows.ra_epoch, rows.dec_epoch], axis=1)[own],
        raw.magnitude[rows.star[own]],
        raw.colour[rows.star[own]],
    )
    position, _ = calibration.corrections["urat1"].shifts(at)
    assert np.allclose((rows.dec - new.entries.dec)[own] * 3.6e6, position[:, 1], atol=1e-3)
    assert np.median(np.abs(position[:, 1] - 7.0)) < 4.0
    assert np.array_equal(rows.ra[catalogue == "gaia_dr3"], new.entries.ra[catalogue == "gaia_dr3"])
    assert np.median(new.entries.ra_error[own] / rows.ra_error[own]) == pytest.approx(1.3, abs=0.15)


def test_the_acceleration_test_takes_a_calibration_and_says_which(calibrated):
    store, report, plain, latest = calibrated

    def deviating(run_id):
        query = "SELECT count(*) FROM results.acceleration WHERE run_id = $r AND p_acc < 0.01"
        return store.sql(query, {"r": run_id}).fetchall()[0][0]

    assert deviating(plain.run_id) > 40
    assert deviating(latest.run_id) <= 12  # 4 of 400 are expected
    query = "SELECT settings FROM provenance.runs WHERE run_id = $r"
    (settings,) = store.sql(query, {"r": latest.run_id}).fetchall()[0]
    assert f'"calibration": "{report.run_id}"' in settings
    with pytest.raises(AnalysisError, match="has no run calibration-none-such"):
        store.analyze("acceleration", epochs="results.sim", calibration="calibration-none-such")


def test_pictures_show_catalogues_before_and_after(calibrated, tmp_path):
    store, report, _, latest = calibrated
    file = tmp_path / "calibration.svg"
    analysis.find("calibration").plot(store, file, run_id=report.run_id)
    drawn = file.read_text()
    assert all(word in drawn for word in ("hipparcos2", "before", "after", "residual / error"))
    with pytest.raises(AnalysisError, match="no picture of one star"):
        analysis.find("calibration").plot(store, file, source_id="s00001")
    analysis.find("acceleration").plot(store, tmp_path / "star.png", run_id=latest.run_id, source_id="s00001")


def test_every_run_stays_for_what_was_corrected_by_it(store, skies, tmp_path):
    """A test that names a calibration can be drawn, and its sensitivity asked, after the next one."""
    _publish(store, skies, skies.make_sky(40, 6))
    first = store.analyze("calibration", epochs="results.sim")
    tested = store.analyze("acceleration", epochs="results.sim", calibration="latest")
    again = store.analyze("calibration", epochs="results.sim")
    assert load(store, "latest").run_id == again.run_id != first.run_id
    assert len(_rows(store, first.run_id)) == first.rows
    analysis.find("acceleration").plot(store, tmp_path / "star.svg", run_id=tested.run_id, source_id="s00001")
    asked = {"orbits": 4, "stars": 2, "cells": 2}
    assert store.analyze("sensitivity", acceleration_run=tested.run_id, **asked).rows == 4


def test_a_run_says_which_catalogues_the_calibration_corrects(calibrated, skies):
    store, report, _, latest = calibrated
    (said,) = [line for line in latest.lines if line.startswith(report.run_id)]
    corrected, same = said.split("; in it without a correction: ")
    assert "hipparcos2" in corrected
    assert "gaia_dr3" in same
    sky = skies.make_sky(5, 7)
    names = np.array(skies.NAMES)[sky.catalogue]
    for name, renamed in (("partly", names == "npm1"), ("strange", names != "none")):
        listed = np.where(renamed, np.char.add("my_", names), names)
        _publish(store, skies, sky, name, catalogue=listed)
    for asked in ("acceleration", "proper_motion_anomaly"):
        lines = store.analyze(asked, epochs="results.partly", calibration="latest").lines
        assert any(line.endswith("; not in it, left as they are: my_npm1") for line in lines)
        with pytest.raises(AnalysisError, match="corrects none of the catalogues of results.strange .my_all"):
            store.analyze(asked, epochs="results.strange", calibration="latest")


def test_a_calibration_must_be_there(store, skies):
    _publish(store, skies, skies.make_sky(40, 2))
    with pytest.raises(AnalysisError, match="the store has no calibration"):
        store.analyze("acceleration", epochs="results.sim", calibration="latest")


def test_the_reference_can_be_chosen_and_must_move(store, skies):
    _publish(store, skies, skies.make_sky(50, 3))
    report = store.analyze(
        "calibration",
        epochs="results.sim",
        reference="hipparcos2",
        reference_scale=1.5,
        spin="published",
        magnitude_degree=0,
        terms="offset,spin,magnitude",
    )
    rows = _rows(store, report.run_id)
    applied = load(store, report.run_id).corrections["hipparcos2"]
    assert (applied.scale, applied.motion_scale, applied.values) == (1.5, 1.5, {})
    assert {row["reference_catalogue"] for row in rows} == {"hipparcos2"}
    assert any(row["note"] == "no spin is published for hipparcos2" for row in rows)
    assert all(
        row["note"] == "not asked for" for row in rows if row["term"] in ("magnitude", "rotation", "colour")
    )
    assert {row["term"] for row in rows} >= {"magnitude", "rotation", "colour", "offset"}
    with pytest.raises(AnalysisError, match="twomass has no motions"):
        store.analyze("calibration", epochs="results.sim", reference="twomass")
    with pytest.raises(
        AnalysisError, match="no entry is of the catalogue gaia_dr4; did you mean gaia_dr2, gaia_dr3"
    ):
        store.analyze("calibration", epochs="results.sim", reference="gaia_dr4")
    with pytest.raises(AnalysisError, match="no term twist .there are offset, rotation, spin"):
        store.analyze("calibration", epochs="results.sim", terms="offset,twist")
    with pytest.raises(AnalysisError, match="above its maximum 4"):
        store.analyze("calibration", epochs="results.sim", magnitude_degree=5)


def test_the_published_spin_is_listed_by_magnitude(store, skies):
    _publish(store, skies, skies.make_sky(30, 4))
    report = store.analyze("calibration", epochs="results.sim", spin="published")
    rows = [row for row in _rows(store, report.run_id) if row["term"] == "published_spin"]
    assert len(rows) == 36
    (brightest,) = [row for row in rows if row["param"] == "spin_y" and row["mag_min"] == 0.0]
    assert (brightest["param_value"], brightest["mag_max"]) == (0.0338, 9.0)
    assert load(store, report.run_id).corrections["gaia_dr3"].published


def test_a_table_without_motions_or_entries_is_refused(store, skies):
    sky = skies.make_sky(25, 5)
    _publish(store, skies, sky, pmra_error=None)
    with pytest.raises(AnalysisError, match="nothing defines how the stars move"):
        store.analyze("calibration", epochs="results.sim")
    _publish(store, skies, sky, "bare", ra_error=None)
    with pytest.raises(AnalysisError, match="results.bare has no entry with position, epoch and error"):
        store.analyze("calibration", epochs="results.bare")
    report = store.analyze("calibration", epochs="results.bare", default_error=50.0)
    assert report.rows > 0


def test_every_term_is_described():
    about = RESULT.column("term").about
    assert all(
        word in about for word in ("offset", "error_floor", "term_error", "published_spin", "reference")
    )
