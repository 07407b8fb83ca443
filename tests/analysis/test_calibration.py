"""The calibration of catalogues against injected truth: terms, errors, degeneracies, what others predict."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.acceleration.entries import entries
from analysis.calibration.choice import inflation
from analysis.calibration.core import core
from analysis.calibration.correction import Calibration, Correction, calibrated
from analysis.calibration.ensemble import Ensemble, Stars, chosen, draws, of_stars, sample
from analysis.calibration.robust import CONSISTENCY, FREEDOM, locate, spread
from analysis.calibration.terms import Places, Zero, position_design
from analysis.frames import spin, spin_offsets

WRONG = {
    "npm1": {"offset": (80.0, -60.0), "rotation": (30.0, -40.0, 50.0), "magnitude": (10.0, -8.0, 4.0, 3.0)}
    | {"scale": 1.4},
    "gsc22": {"offset": (-30.0, 40.0), "colour": (30.0, -20.0), "scale": 0.9},
    "tycho2": {"offset": (5.0, -3.0), "scale": 1.2, "floor": 20.0},
    "hipparcos2": {"offset": (0.4, 0.2), "rotation": (0.4, -0.3, 0.5), "spin": (0.2, -0.1, 0.15)}
    | {"scale": 1.3, "motion_scale": 1.2},
    "ucac5": {"offset": (3.0, -4.0), "magnitude": (1.0, -1.0, 0.0, 0.0), "colour": (3.0, -2.0)}
    | {"scale": 1.1, "floor": 6.0},
    "twomass": {"offset": (20.0, 15.0), "scale": 1.3},
    "allwise": {"rotation": (15.0, -10.0, 20.0), "scale": 1.6, "floor": 30.0},
    "urat1": {"offset": (-4.0, 3.0), "rotation": (2.0, 1.0, -3.0), "floor": 10.0},
    "gaia_dr2": {"spin": (-0.086, -0.114, -0.037)},
}


@pytest.fixture(scope="module")
def fitted(skies):
    """A sky of ten catalogues with `WRONG` errors, and its calibration by name."""
    sky = skies.make_sky(2000, 1, WRONG)
    return sky, {fit.correction.catalogue_name: fit for fit in core(sky.stars, skies.NAMES, skies.DR3)}


def _true_values(skies, listing, zero: Zero) -> dict[str, float]:
    """The injected terms about the zero points of the fit."""
    truth = skies.Truth(**WRONG[listing.name])
    m, c = zero.magnitude - skies.MAG_ZERO, zero.colour - skies.COLOUR_ZERO
    years = zero.epoch_yr - listing.year
    values = {}
    for j, axis in enumerate(("ra", "dec")):
        linear, square = truth.magnitude[j], truth.magnitude[2 + j]
        values[f"offset_{axis}"] = truth.offset[j] + linear * m + square * m**2 + truth.colour[j] * c
        values[f"magnitude1_{axis}"] = linear + 2.0 * square * m
        values[f"magnitude2_{axis}"] = square
        values[f"colour_{axis}"] = truth.colour[j]
    for j, axis in enumerate("xyz"):
        values[f"rotation_{axis}"] = truth.rotation[j] + truth.spin[j] * years
        values[f"spin_{axis}"] = truth.spin[j]
    return values


def test_injected_terms_are_recovered_within_their_errors(skies, fitted):
    _, fits = fitted
    pulls = []
    for listing in skies.TEN[:-1]:
        fit = fits[listing.name]
        true = _true_values(skies, listing, fit.correction.zero)
        pulls += [(value - true[key]) / fit.sig[key] for key, value in fit.correction.values.items()]
    assert len(pulls) >= 110
    assert 0.8 < np.sqrt(np.mean(np.square(pulls))) < 1.25
    assert np.abs(pulls).max() < 4.0


def test_injected_error_scales_and_floors_are_recovered(skies, fitted):
    _, fits = fitted
    pulls = []
    for listing in skies.TEN[:-2]:
        fit, truth = fits[listing.name], skies.Truth(**WRONG[listing.name])
        pulls.append((fit.errors.scale - truth.scale) / fit.errors.scale_sig)
        # In squares, for a floor of 0 is at the edge of what can be.
        square_sig = 2.0 * max(fit.errors.floor, fit.errors.floor_sig) * fit.errors.floor_sig
        pulls.append((fit.errors.floor**2 - truth.floor**2) / square_sig)
        # What is applied to a typical star, by the bins of its magnitude.
        sigma = listing.error * 10.0 ** (0.1 * 2.0)
        scale, floor = fit.correction.errors(np.array([10.0]))
        assert np.hypot(scale * sigma, floor) == pytest.approx(
            np.hypot(truth.scale * sigma, truth.floor), rel=0.08
        )
    assert np.abs(pulls).max() < 4.0
    hipparcos = fits["hipparcos2"]
    assert abs(hipparcos.motion.scale - 1.2) < 3.0 * hipparcos.motion.scale_sig < 0.1


def test_the_reference_and_those_that_share_its_observations_keep_their_errors(fitted):
    _, fits = fitted
    assert (fits["gaia_dr3"].correction.values, fits["gaia_dr3"].correction.scale) == ({}, 1.0)
    assert fits["gaia_dr2"].correction.scale == 1.0
    assert "shares observations with the reference" in fits["gaia_dr2"].left_out["error_scale"]


def test_without_systematic_errors_nothing_is_found(skies):
    sky = skies.make_sky(800, 2)
    for fit in core(sky.stars, skies.NAMES, skies.DR3):
        pulls = [value / fit.sig[key] for key, value in fit.correction.values.items()]
        assert np.abs(pulls).max(initial=0.0) < 4.2
        if np.isfinite(fit.errors.scale_sig):
            assert abs(fit.errors.scale - 1.0) < 4.0 * fit.errors.scale_sig


def test_degenerate_terms_are_left_out_and_said(skies):
    sky = skies.make_sky(600, 3, radius_deg=1.0, magnitudes=False)
    fits = {fit.correction.catalogue_name: fit for fit in core(sky.stars, skies.NAMES, skies.DR3)}
    for name in ("npm1", "hipparcos2", "twomass"):
        reasons = fits[name].left_out
        assert set(fits[name].correction.values) <= {"offset_ra", "offset_dec"}
        assert reasons["rotation"] == "not to be told from offset in this part of the sky"
        assert reasons["magnitude"] == "the table has no magnitudes of these stars"
        assert reasons["colour"] == "the table has no colours of these stars"
    assert "epochs are too near each other" in fits["twomass"].left_out["spin"]


def test_a_catalogue_of_few_stars_is_left_as_it_is(skies):
    sky = skies.make_sky(20, 4)
    fits = core(sky.stars, skies.NAMES, skies.DR3)
    assert all(fit.correction.values == {} and fit.correction.scale == 1.0 for fit in fits)
    assert all("30 are needed" in fit.left_out["offset"] for fit in fits[:-1])


def test_inflation_is_that_of_the_inverse():
    x = np.random.default_rng(5).normal(size=(50, 3)) @ np.array(
        [[1.0, 0.5, 0.0], [0.0, 1.0, 0.9], [0, 0, 0.1]]
    )
    normal = x.T @ x
    factors = []
    for j in range(3):
        others = np.delete(x, j, axis=1)
        left = x[:, j] - others @ np.linalg.lstsq(others, x[:, j], rcond=None)[0]
        factors.append(np.sum(x[:, j] ** 2) / np.sum(left**2))
    assert inflation(normal) == pytest.approx(max(factors))
    assert inflation(np.ones((2, 2))) == np.inf


def test_predictions_are_those_of_a_dense_fit_to_the_other_catalogues(skies):
    sky = skies.make_sky(40, 6, WRONG)
    ensemble = Ensemble.of(sky.stars, skies.DR3)
    number = skies.NAMES.index("hipparcos2")
    own, residual, predicted = ensemble.predict(number)
    rows = ensemble.stars.entries
    for k in (0, 7, 20):
        star = rows.star[own[k]]
        others = (rows.star == star) & (ensemble.stars.catalogue != number)
        # Gaia DR2 shares its observations with the reference, which stands for both.
        others &= ensemble.stars.catalogue != skies.NAMES.index("gaia_dr2")
        x, y, white = [], [], []
        for i in np.flatnonzero(others):
            size = 4 if rows.has_motion[i] else 2
            white = np.linalg.cholesky(np.linalg.inv(ensemble.covariance[i][:size, :size])).T
            x.append(white @ ensemble.model[i][:size])
            y.append(white @ ensemble.observed[i][:size])
        place, *_ = np.linalg.lstsq(np.concatenate(x), np.concatenate(y), rcond=None)
        covariance = np.linalg.inv(np.concatenate(x).T @ np.concatenate(x))
        model = ensemble.model[own[k]]
        assert np.allclose(residual[k], ensemble.observed[own[k]] - model @ place, atol=1e-7)
        assert np.allclose(predicted[k], model @ covariance @ model.T, rtol=1e-6)


def test_the_likelihood_is_consistent_for_normal_errors_and_robust():
    """Expectation by simulation, and pulls over repeated samples with and without 4 % of outliers."""
    rng = np.random.default_rng(7)
    q = rng.chisquare(2, 1_000_000)
    assert np.mean((FREEDOM + 2.0) * q / (CONSISTENCY * FREEDOM + q)) == pytest.approx(2.0, abs=0.01)
    for outliers, most in ((0, 0.5), (40, 0.8)):
        scales, floors, places = [], [], []
        for _ in range(30):
            sigma = 10.0 ** rng.uniform(0.0, 1.0, 1000)
            listed = sigma[:, None, None] ** 2 * np.array([[1.0, 0.3], [0.3, 1.0]])
            predicted = np.broadcast_to(4.0 * np.eye(2), (1000, 2, 2))
            true = 1.3**2 * listed + 9.0 * np.eye(2) + predicted
            left = np.einsum("nij,nj->ni", np.linalg.cholesky(true), rng.normal(size=(1000, 2)))
            left[:outliers] += rng.normal(0.0, 100.0, (outliers, 2))
            found = spread(left, listed, predicted, floor=True)
            scales.append((found.scale - 1.3) / found.scale_sig)
            floors.append((found.floor - 3.0) / found.floor_sig)
            design = np.broadcast_to(np.eye(2), (1000, 2, 2))
            where = locate(left + 50.0, true, design, np.arange(1000))
            places += list((where.value - 50.0) / np.sqrt(np.diag(where.covariance)))
        for pulls in (scales, floors, places):
            assert abs(np.mean(pulls)) < most
            assert 0.7 < np.std(pulls) < 1.4


def test_a_sample_is_bounded_and_does_not_depend_on_the_chunks(skies):
    sky = skies.make_sky(300, 8)
    every = np.arange(300)
    parts = [of_stars(sky.stars, (every >= low) & (every < low + 60)) for low in range(0, 300, 60)]
    whole, pieces = sample([sky.stars], 40), sample(parts, 40)
    assert whole is not None
    assert pieces is not None
    assert np.array_equal(whole.draw, pieces.draw)
    assert np.array_equal(whole.entries.ra, pieces.entries.ra)
    assert np.array_equal(whole.entries.star, pieces.entries.star)
    for number in range(len(skies.NAMES)):
        members = np.unique(sky.stars.entries.star[sky.stars.catalogue == number])
        smallest = np.sort(sky.stars.draw[members])[:40]
        assert np.isin(smallest, whole.draw).all()
    assert whole.entries.n_stars < 100
    assert sample([], 40) is None
    assert chosen(sky.stars, 1000).entries.n_stars == 300


def test_draws_are_uniform_and_fixed():
    """The first three of SplitMix64 with seed 0, as its authors' C code prints them."""
    known = np.array([0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F], np.uint64)
    assert np.array_equal(draws(0, 3), (known >> np.uint64(11)).astype(float) / 2.0**53)
    assert np.array_equal(draws(5, 10), draws(0, 15)[5:])
    counts = np.histogram(draws(0, 100_000), 10, (0.0, 1.0))[0]
    assert np.sum((counts - 1e4) ** 2 / 1e4) < 30.0


def _columns(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(9)
    columns = {
        "ra": rng.uniform(0.0, 360.0, n),
        "dec": rng.uniform(-80.0, 80.0, n),
        "epoch": np.full(n, 1991.25),
    }
    columns |= {f"{name}_error": rng.uniform(0.5, 2.0, n) for name in ("ra", "dec", "pmra", "pmdec")}
    columns |= {"pmra": rng.normal(0.0, 30.0, n), "pmdec": rng.normal(0.0, 30.0, n)}
    pairs = ("ra_dec", "ra_pmra", "ra_pmdec", "dec_pmra", "dec_pmdec", "pmra_pmdec")
    return columns | {f"{pair}_corr": rng.uniform(-0.25, 0.25, n) for pair in pairs}


def test_applied_errors_are_those_of_the_scaled_covariance():
    n = 50
    columns = _columns(n)
    correction = Correction(
        "hip",
        edges_mag=np.array([5.0, 8.0, 11.0]),
        scales=np.array([1.2, 1.5]),
        floors=np.array([0.3, 0.8]),
        scale=2.0,
        floor=0.1,
        motion_scale=1.4,
        term_error=0.05,
    )
    magnitude = np.where(np.arange(n) % 3 == 0, 7.0, np.where(np.arange(n) % 3 == 1, 12.0, np.nan))
    new = columns | calibrated(correction, columns, magnitude, np.full(n, np.nan))
    before, after = (entries(np.arange(n), n, given) for given in (columns, new))
    for i in range(n):
        scale, floor = {7.0: (1.2, 0.3), 12.0: (1.5, 0.8)}.get(float(magnitude[i]), (2.0, 0.1))
        stretch = np.diag([scale, scale, 1.4, 1.4])
        expected = stretch @ np.linalg.inv(before.weight[i]) @ stretch
        expected += np.diag([1.0, 1.0, 0.0, 0.0]) * (floor**2 + 0.05**2)
        assert np.allclose(np.linalg.inv(after.weight[i]), expected, rtol=1e-9, atol=1e-12)
    assert np.array_equal(new["ra"], columns["ra"])


def test_applied_shifts_undo_the_injected_ones():
    n = 50
    columns = _columns(n)
    values = {"offset_ra": 20.0, "rotation_x": 5.0, "spin_z": 0.3, "magnitude1_dec": 2.0, "colour_ra": -4.0}
    correction = Correction("hip", values, Zero(1990.0, 9.0, 7.0, 11.0, 1.0, 0.0, 2.0))
    magnitude, colour = np.linspace(6.0, 12.0, n), np.linspace(-0.5, 2.5, n)
    new = calibrated(correction, columns, magnitude, colour)
    at = Places(columns["ra"], columns["dec"], np.full((n, 2), 1991.25), magnitude, colour)
    position, motion = correction.shifts(at)
    cos = np.cos(np.radians(columns["dec"]))
    assert np.allclose((columns["ra"] - new["ra"]) * 3.6e6 * cos, position[:, 0], atol=1e-4)
    assert np.allclose((columns["dec"] - new["dec"]) * 3.6e6, position[:, 1], atol=1e-4)
    assert np.allclose(columns["pmra"] - new["pmra"], motion[:, 0])
    # Beyond the range that was fitted the terms stay what they are at its edge.
    edge = correction.shifts(
        at._replace(magnitude=np.clip(magnitude, 7.0, 11.0), colour=np.clip(colour, 0.0, 2.0))
    )
    assert np.array_equal(edge[0], position)
    unknown = correction.shifts(at._replace(magnitude=np.full(n, np.nan), colour=np.full(n, np.nan)))[0]
    plain = Correction("hip", {k: values[k] for k in ("offset_ra", "rotation_x", "spin_z")}, correction.zero)
    assert np.allclose(unknown, plain.shifts(at)[0])


def test_the_published_spin_is_taken_out_of_motions_alone():
    n = 20
    columns = _columns(n) | {"epoch": np.full(n, 2016.0)}
    magnitude = np.linspace(8.0, 14.0, n)
    calibration = Calibration("run", {"gaia_dr3": Correction("gaia_dr3", published=True)})
    names = np.array(["gaia_dr3", "other"] * (n // 2), dtype=object)
    new = calibration.apply(columns, names, magnitude, np.full(n, np.nan))
    *_, pmra, pmdec = spin_offsets(
        columns["ra"], columns["dec"], columns["epoch"], spin("gaia_dr3", magnitude)
    )
    ours = names == "gaia_dr3"
    assert np.allclose((columns["pmra"] - new["pmra"])[ours], pmra[ours], atol=1e-12)
    assert np.allclose((columns["pmdec"] - new["pmdec"])[ours], pmdec[ours], atol=1e-12)
    for name in ("ra", "dec", "ra_error", "pmra_error", "ra_pmra_corr"):
        assert np.array_equal(new[name], columns[name])
    assert np.array_equal(new["pmra"][~ours], columns["pmra"][~ours])


def test_terms_are_independent_of_each_other_where_they_say_so():
    """A rotation about z moves stars along right ascension by cos(dec), an offset by the same everywhere."""
    at = Places(np.array([0.0, 90.0]), np.array([0.0, 60.0]), np.full((2, 2), 2000.0), np.ones(2), np.ones(2))
    design = position_design(at, Zero(1990.0), ["offset_ra", "rotation_z", "spin_z"])
    assert np.allclose(design[:, 0], [[1.0, 1.0, 10.0], [1.0, 0.5, 5.0]])
    assert np.allclose(design[:, 1], 0.0)


def test_motions_need_no_epochs_apart_to_show_a_spin(skies):
    truths = {"hipparcos2": {"spin": (0.5, -0.4, 0.3)}}
    pair = tuple(
        listing for listing in skies.TEN if listing.name in ("hipparcos2", "tycho2", "ucac5", "gaia_dr3")
    )
    sky = skies.make_sky(300, 10, truths, listings=pair)
    fit = core(sky.stars, [listing.name for listing in pair], 3)[1]
    found = np.array([fit.correction.values[f"spin_{axis}"] for axis in "xyz"])
    sig = np.array([fit.sig[f"spin_{axis}"] for axis in "xyz"])
    assert (np.abs(found - [0.5, -0.4, 0.3]) < 4.0 * sig).all()
    assert (sig < 0.2).all()


def test_stars_without_the_reference_do_not_count(skies):
    sky = skies.make_sky(100, 11)
    keep = ~((sky.stars.catalogue == skies.DR3) & (sky.stars.entries.star < 30))
    stars = Stars(sky.stars.entries.rows(keep), sky.stars.catalogue[keep], *sky.stars[2:])
    assert core(stars, skies.NAMES, skies.DR3)[skies.DR3].n_stars == 70
