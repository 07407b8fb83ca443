"""Injection and recovery: what goes in comes out, and what is found is what the covariance predicts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binomtest, chi2, kstest

import analysis
import catalogdb
from analysis.acceleration import gls
from analysis.acceleration.table import chunk
from analysis.injection import inject, score
from analysis.injection.draw import Faults, counted, inject_chunk
from analysis.injection.job import injected
from analysis.injection.result import OPTIONS
from analysis.options import settings
from analysis.truesky import triads
from catalogdb.errors import AnalysisError
from catalogdb.schema import Column, Table

YEARS = np.array([1955.0, 1991.25, 2000.0, 2010.6, 2016.0])
ERRORS = np.array([100.0, 1.0, 70.0, 5.0, 0.02])
NAMES = np.array(["npm1", "hipparcos", "twomass", "allwise", "gaia_dr3"])
N = 1500


def _sky(stars, observed, n=N, seed=7):
    star = stars(n, seed)
    return star, observed(star, YEARS, ERRORS, seed + 1, motion_error=0.02)


def _settings(**given):
    return settings("injection", OPTIONS, given)


def _drawn(rows, number=0, **given):
    chosen = _settings(**given)
    faults = Faults(chosen["systematics"], chosen["seed"])
    mag = np.linspace(5.0, 15.0, rows.n_stars)
    return inject_chunk(rows, np.tile(NAMES, rows.n_stars), mag, chosen, number, faults)


# --- what is injected --------------------------------------------------------------------------------


def test_an_injected_acceleration_is_what_the_fit_finds_without_noise(stars, observed):
    """To the digits; within arcseconds of a pole to 1 %, where east and north turn with the place itself."""
    _, rows = _sky(stars, observed, 200)
    star = gls.refine(rows)
    still = inject.redrawn(rows, star, np.random.default_rng(1), 0.0)
    acceleration = np.random.default_rng(2).normal(0.0, 0.1, (200, 2))
    bent = inject.shifted(still, star, inject.acceleration_shift(still, star, acceleration))
    fit = gls.core(bent)
    assert np.abs(gls.core(still).acc_ra).max() < 1e-6
    size = np.hypot(*acceleration.T)
    assert (np.abs(np.hypot(fit.acc_ra, fit.acc_dec) / size - 1.0) < 0.01).all()
    away = np.abs(star.dec) < 89.9
    assert np.abs(np.stack([fit.acc_ra, fit.acc_dec], axis=1) - acceleration)[away].max() < 5e-6
    assert fit.chi2_acc.max() < 1e-3


def test_redrawn_entries_scatter_as_their_covariance_says(stars, observed):
    """The chi-squares of uniform motion follow the distribution of their degrees of freedom."""
    _, rows = _sky(stars, observed)
    fit = gls.core(inject.redrawn(rows, gls.refine(rows), np.random.default_rng(3)))
    assert kstest(fit.chi2_lin, chi2(8).cdf).pvalue > 1e-3
    assert kstest(fit.p_acc, "uniform").pvalue > 1e-3


def test_a_turned_catalogue_is_turned_as_by_a_matrix(stars, observed):
    """Against vectors multiplied by the rotation's matrix, position and motion."""
    star, rows = _sky(stars, observed, 100)
    star = gls.refine(rows)
    turn, spin = np.array([30.0, -80.0, 50.0]), np.array([0.5, 0.2, -0.9])
    m = len(rows)
    moved = inject.shifted(
        rows, star, inject.rotation_shift(rows, star, np.tile(turn, (m, 1)), np.tile(spin, (m, 1)))
    )
    angle = (turn + spin * (rows.ra_epoch - star.epoch_yr[rows.star])[:, None]) / 206264806.24709636
    before, after = triads(rows.ra, rows.dec)[2], triads(moved.ra, moved.dec)[2]
    left = (after - before - np.cross(angle, before)) * 206264806.24709636
    # A star is turned as a whole: within the arcseconds by which it moves, and to the first order.
    assert np.abs(left).max() < 0.05
    east, north, outward = triads(rows.ra, rows.dec)
    change = np.cross(spin, outward)
    away = (np.abs(rows.dec) < 80.0) & rows.has_motion
    for along, new, old in ((east, moved.pmra, rows.pmra), (north, moved.pmdec, rows.pmdec)):
        assert np.abs(new - old - np.sum(change * along, axis=1))[away].max() < 2e-3


def test_an_outlier_is_one_position_without_a_motion(stars, observed):
    _, rows = _sky(stars, observed, 300)
    made = _drawn(rows, kind="outlier", fraction=1.0)
    moved = (made.after.ra != made.before.ra) | (made.after.dec != made.before.dec)
    assert np.array_equal(np.bincount(made.before.star[moved], minlength=300), np.ones(300))
    assert not made.before.has_motion[moved].any()
    east, north, _ = triads(made.before.ra, made.before.dec)
    apart = triads(made.after.ra, made.after.dec)[2] - triads(made.before.ra, made.before.dec)[2]
    size = np.hypot(np.sum(apart * east, axis=1), np.sum(apart * north, axis=1))[moved] * 206264806.24709636
    assert np.allclose(size, made.truth.displacement, rtol=1e-4)


def test_a_blend_moves_the_coarse_catalogues_alone(stars, observed):
    """A neighbour at 0.3 to 5 arcsec: those of finer resolution keep their places."""
    _, rows = _sky(stars, observed, 300)
    made = _drawn(rows, kind="blend", fraction=1.0)
    moved = (made.after.ra != made.before.ra) | (made.after.dec != made.before.dec)
    apart = made.truth.displacement[rows.star] / 1000.0
    names = np.tile(NAMES, 300)
    for name, limit in (("hipparcos", 0.5), ("twomass", 3.0), ("allwise", 6.0), ("gaia_dr3", 0.5)):
        assert np.array_equal(moved[names == name], apart[names == name] < limit), name


def test_a_companion_beyond_the_years_is_an_acceleration(stars, observed):
    """Wide circular orbits: the change of the fit is G m / r^2 in projection, at most."""
    _, rows = _sky(stars, observed, 300)
    made = _drawn(rows, kind="companion", fraction=1.0, separation_min=200.0, separation_max=400.0)
    before, after = gls.core(made.before), gls.core(made.after)
    size = np.hypot(after.acc_ra - before.acc_ra, after.acc_dec - before.acc_dec)
    parallax = gls.refine(rows).parallax
    nearest = made.truth.separation * (1.0 - 0.9)
    assert (size <= 4.0 * np.pi**2 * made.truth.mass / nearest**2 * parallax).all()
    circular = 4.0 * np.pi**2 * made.truth.mass / made.truth.separation**2 * parallax
    assert 0.3 < np.median(size / circular) < 1.5


def test_what_is_not_chosen_stays_as_it_is(stars, observed):
    _, rows = _sky(stars, observed, 400)
    made = _drawn(rows, fraction=0.25)
    kept = ~made.truth.injected[rows.star]
    assert 60 < made.truth.injected.sum() < 140
    assert np.array_equal(made.after.ra[kept], rows.ra[kept])
    assert np.array_equal(made.after.pmdec[kept], rows.pmdec[kept], equal_nan=True)


def test_faults_are_those_of_the_catalogue(stars, observed):
    """The same whatever chunk asks, and none in the most precise."""
    _, rows = _sky(stars, observed, 200)
    faults = Faults(1.0, 5)
    star, names, mag = gls.refine(rows), np.tile(NAMES, 200), np.full(200, 12.0)
    whole = faults.apply(rows, star, names, mag)
    assert np.array_equal(whole.ra[names == "gaia_dr3"], rows.ra[names == "gaia_dr3"])
    assert (whole.ra[names == "npm1"] != rows.ra[names == "npm1"]).all()
    half = np.arange(200) < 100
    part = faults.apply(rows.of_stars(half), star[half], np.tile(NAMES, 100), mag[:100])
    assert np.array_equal(part.ra, whole.ra[half[rows.star]])


# --- how it is scored --------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "of"), [(0, 20), (20, 20), (3, 40), (500, 1000)])
def test_the_interval_is_that_of_scipy(found, of):
    low, high = score.wilson(found, of)
    exact = binomtest(found, of).proportion_ci(0.95, "wilson")
    assert (float(low), float(high)) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_the_prediction_is_what_draws_give():
    """Two normal deviates about a displaced mean, against the same limit."""
    rng = np.random.default_rng(11)
    limit = chi2(2).isf(1e-2)
    for snr in (0.0, 1.0, 3.0, 5.0):
        draws = rng.standard_normal((200_000, 2)) + [snr, 0.0]
        share = ((draws**2).sum(axis=1) >= limit).mean()
        assert score.predicted(np.array([snr]), 1e-2)[0] == pytest.approx(share, abs=0.004)


def test_every_value_within_the_limits_is_in_one_bin():
    limits = np.array([1.0, 2.0, 4.0])
    value = np.array([0.5, 1.0, 1.5, 2.0, 4.0, 5.0, np.nan])
    rates = score.binned(value, np.arange(7) % 2 == 0, np.full(7, 0.5), limits)
    assert rates.n_star.tolist() == [2, 2]
    assert rates.n_found.tolist() == [1, 1]
    assert rates.predicted.tolist() == [0.5, 0.5]


# --- a run -------------------------------------------------------------------------------------------


def _column(name: str, kind: str, unit: str | None, ucd: str) -> Column:
    return Column(name=name, type=kind, unit=unit, ucd=ucd, about=f"Column {name}")


def _number(name: str, unit: str, ucd: str) -> Column:
    return _column(name, "DOUBLE", unit, ucd)


EPOCHS = Table(
    name="mine",
    schema="results",
    about="Five catalogues",
    columns=(
        _column("obj_id", "VARCHAR", None, "meta.id;meta.main"),
        _column("catalogue_name", "VARCHAR", None, "meta.id"),
        _number("epoch", "yr", "time.epoch"),
        _number("ra", "deg", "pos.eq.ra"),
        _number("dec", "deg", "pos.eq.dec"),
        _number("ra_error", "mas", "stat.error;pos.eq.ra"),
        _number("dec_error", "mas", "stat.error;pos.eq.dec"),
        _number("parallax", "mas", "pos.parallax"),
        _number("parallax_error", "mas", "stat.error;pos.parallax"),
        _number("pmra", "mas.yr**-1", "pos.pm;pos.eq.ra"),
        _number("pmdec", "mas.yr**-1", "pos.pm;pos.eq.dec"),
        _number("pmra_error", "mas.yr**-1", "stat.error;pos.pm;pos.eq.ra"),
        _number("pmdec_error", "mas.yr**-1", "stat.error;pos.pm;pos.eq.dec"),
        _number("phot_g_mean_mag", "mag", "phot.mag;em.opt"),
    ),
)


@pytest.fixture
def filled(store: catalogdb.Store, stars, observed) -> catalogdb.Store:
    """A store with a multi-epoch table of N stars that move uniformly."""
    star, rows = _sky(stars, observed)
    columns = {
        "obj_id": np.char.add("s", rows.star.astype(str)),
        "catalogue_name": np.tile(NAMES, N),
        "epoch": rows.ra_epoch,
        "parallax": star.parallax[rows.star],
        "parallax_error": np.full(len(rows), 0.02),
        **{name: pa.array(getattr(rows, name), from_pandas=True) for name in ("pmra", "pmdec")},
        **{
            name: pa.array(np.where(rows.has_motion, 0.02, np.nan), from_pandas=True)
            for name in ("pmra_error", "pmdec_error")
        },
        "phot_g_mean_mag": np.repeat(np.linspace(6.0, 14.0, N), 5),
        **{name: getattr(rows, name) for name in ("ra", "dec", "ra_error", "dec_error")},
    }
    store.publish(EPOCHS, pa.table({c.name: columns[c.name] for c in EPOCHS.columns}))
    return store


def _run(store, **given):
    report = analysis.find("injection").run(store, {"epochs": "mine", **given})
    query = (
        "SELECT * FROM results.injection_recovery WHERE run_id = $run ORDER BY criterion, quantity, bin_low"
    )
    return report, store.sql(query, {"run": report.run_id}).arrow().to_pylist()


def test_what_is_found_is_what_the_covariance_predicts(filled):
    """Every bin within 4 standard deviations of its prediction, and the whole within 3.5."""
    _, rows = _run(filled, noise="simulated")
    curve = [row for row in rows if row["quantity"] == "snr" and row["n_star"]]
    assert len(curve) == 24
    for row in curve:
        expected = min(max(row["predicted"], 1e-4), 1.0 - 1e-4)
        spread = np.sqrt(expected * (1.0 - expected) / row["n_star"]) + 1.0 / row["n_star"]
        assert abs(row["rate"] - row["predicted"]) < 4.0 * spread, row
    for row in rows:
        if row["quantity"] is None and row["measure"] == "completeness":
            spread = np.sqrt(row["predicted"] * (1.0 - row["predicted"]) / row["n_star"])
            assert abs(row["rate"] - row["predicted"]) < 3.5 * spread
        if row["measure"] == "untouched" and row["quantity"] == "p_acc":
            assert binomtest(row["n_found"], row["n_star"], row["predicted"]).pvalue > 1e-3
        if row["measure"] == "fdr" and row["predicted"] is not None:
            assert row["rate_low"] < row["predicted"]


def test_every_star_has_a_row_and_the_rates_are_theirs(filled):
    report, rows = _run(filled, noise="simulated", kind="companion", fraction=0.5)
    (whole,) = (
        row
        for row in rows
        if row["measure"] == "completeness" and row["quantity"] is None and "p_acc" in row["criterion"]
    )
    counted_again = filled.sql(
        "SELECT count(*), count(*) FILTER (injected AND p_acc IS NOT NULL), "
        "count(*) FILTER (injected AND p_acc <= 0.001), count(mass), count(snr) "
        "FROM results.injection_star WHERE run_id = $run",
        {"run": report.run_id},
    ).fetchall()
    ((stars, of, seen, masses, signals),) = counted_again
    assert (stars, of, seen) == (N, whole["n_star"], whole["n_found"])
    assert masses == signals > 0
    assert {row["quantity"] for row in rows} == {"snr", "separation", "mass", "p_acc", None}


def test_the_same_seed_gives_the_same_and_replaces_it(filled):
    first, rows = _run(filled, seed=3)
    second, again = _run(filled, seed=3)
    other, others = _run(filled, seed=4)
    without = [{k: v for k, v in row.items() if k != "run_id"} for row in rows]
    assert without == [{k: v for k, v in row.items() if k != "run_id"} for row in again]
    assert without != [{k: v for k, v in row.items() if k != "run_id"} for row in others]
    runs = filled.sql("SELECT DISTINCT run_id FROM results.injection_recovery").fetchall()
    assert {run for (run,) in runs} == {second.run_id, other.run_id}
    assert first.run_id != second.run_id


def test_without_an_injection_the_test_is_the_test(filled):
    """fraction 0 into the observed entries: p_acc is that of the acceleration test, to the last bit."""
    report, _ = _run(filled, fraction=0.0)
    tested = analysis.find("acceleration").run(filled, {"epochs": "mine"})
    ((apart, stars),) = filled.sql(
        "SELECT count(*) FILTER (a.p_acc IS DISTINCT FROM b.p_acc), count(*) FROM results.injection_star a "
        "JOIN results.acceleration b USING (source_id) WHERE a.run_id = $a AND b.run_id = $b",
        {"a": report.run_id, "b": tested.run_id},
    ).fetchall()
    assert (apart, stars) == (0, N)


def test_systematics_and_wrong_errors_are_seen_as_false_alarms(filled):
    _, right = _run(filled, noise="simulated", fraction=0.0)
    _, turned = _run(filled, noise="simulated", fraction=0.0, systematics=3.0)
    _, wrong = _run(filled, noise="simulated", fraction=0.0, error_factor=2.0)

    def false(rows):
        (rate,) = (
            r["rate"]
            for r in rows
            if r["measure"] == "untouched" and r["criterion"] == "p_acc <= 0.01" and r["quantity"]
        )
        return rate

    assert false(right) < 0.03
    assert false(turned) > 0.1
    assert false(wrong) > 0.1


def test_a_run_is_drawn(filled, tmp_path):
    _run(filled, noise="simulated")
    file = tmp_path / "curves.png"
    analysis.find("injection").plot(filled, file)
    assert file.stat().st_size > 10_000
    with pytest.raises(AnalysisError, match="no picture of one star"):
        analysis.find("injection").plot(filled, file, source_id="s1")
    with pytest.raises(AnalysisError, match="no rows of run none"):
        analysis.find("injection").plot(filled, file, run_id="none")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fraction": 1.5}, "fraction is 1.5, a share is at most 1"),
        ({"snr_min": 5.0, "snr_max": 2.0}, "snr_min 5 is not below snr_max 2"),
        ({"error_factor": 2.0}, "needs noise simulated"),
        ({"p_limit": 2.0}, "p_limit is 2, a probability is at most 1"),
        ({"kind": "planet"}, "kind is 'planet', not one of"),
        ({"seed": -1}, "below its minimum"),
    ],
)
def test_wrong_settings_are_told(filled, given, message):
    with pytest.raises(AnalysisError, match=message):
        _run(filled, **given)


def test_an_empty_table_is_told(filled):
    filled.publish(
        Table(name="none", schema="results", about="No entry", columns=EPOCHS.columns),
        "SELECT * FROM results.mine WHERE false",
    )
    with pytest.raises(AnalysisError, match=r"results\.none has no stars"):
        _run(filled, epochs="none")


@pytest.mark.parametrize(
    ("given", "rows", "message"),
    [
        ({}, "SELECT * FROM results.mine WHERE epoch = 2000", "no star's entries determine an acceleration"),
        (
            {"kind": "companion"},
            "SELECT * REPLACE (NULL AS parallax) FROM results.mine",
            "no star that was drawn has a positive parallax",
        ),
    ],
)
def test_a_table_in_which_nothing_can_be_found_is_told(filled, given, rows, message):
    filled.publish(Table(name="few", schema="results", about="Too few", columns=EPOCHS.columns), rows)
    with pytest.raises(AnalysisError, match=message):
        _run(filled, epochs="few", **given)


def test_what_is_found_of_observed_stars_has_no_expectation(filled):
    """Some of them may accelerate: neither their rate nor that of false discoveries is known."""
    _, rows = _run(filled)
    others = [row for row in rows if row["measure"] != "completeness"]
    assert others
    assert all(row["predicted"] is None for row in others)


def test_chunks_are_the_same_when_they_are_read_again(filled):
    chosen = _settings(epochs="mine", noise="simulated", systematics=1.0)
    table = filled.table("mine")
    first, again = (list(injected(filled, table, chosen)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.after.numbers["ra"], other.after.numbers["ra"])
    assert sum(len(counted(chunk(made.after).entries)) for made in first) == 5 * N


def test_calibration_mends_what_is_wrong_with_the_catalogues(filled):
    """Turned catalogues with errors 1.5 times too small: false alarms fall to the nominal rate."""
    wrong = {"noise": "simulated", "fraction": 0.02, "systematics": 1.0, "error_factor": 1.5}
    rates = []
    for calibrate in (False, True):
        _, rows = _run(filled, **wrong, calibrate=calibrate)
        (row,) = (
            row
            for row in rows
            if row["measure"] == "untouched" and row["criterion"] == "p_acc <= 0.01" and row["quantity"]
        )
        rates.append(row)
    assert rates[0]["rate"] > 0.1
    assert rates[1]["rate_low"] <= 0.01 <= rates[1]["rate_high"] + 0.005
