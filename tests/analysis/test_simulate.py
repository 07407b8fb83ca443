"""The simulated sky: noise as stated, stars where they should be, the same sky for the same seed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from analysis import listings, zone_listings
from analysis.simulate import LISTINGS, OUTLIERS_IN, TRUTH, SimulatedSky, simulate_sky, to_arrow
from analysis.surveys import SURVEYS, View, look, random_correlations
from analysis.truesky import EPOCH_YR, angles, displaced, make_sky, triads, true_astrometry
from catalogdb.epoch import MAS_PER_RAD, Astrometry, propagate

SURVEY = {survey.name: survey for survey in SURVEYS}


@pytest.fixture(scope="module")
def sky():
    return make_sky(3000, np.random.default_rng(20))


@pytest.fixture(scope="module")
def simulated() -> SimulatedSky:
    return simulate_sky(2000, 7)


def view_of(sky, name: str) -> View:
    return look(sky, SURVEY[name], np.random.default_rng(1))


def offsets_mas(ra, dec, true: Astrometry) -> np.ndarray:
    """Offsets east and north of the true positions, shape (2, m)."""
    east, north, outward = triads(true.ra, true.dec)
    vectors = triads(np.asarray(ra), np.asarray(dec))[2]
    along = np.sum(vectors * outward, axis=1)
    return np.stack([np.sum(vectors * axis, axis=1) / along for axis in (east, north)]) * MAS_PER_RAD


def assert_chi2(values: np.ndarray, dof: int) -> None:
    """Mean and shape of m values that should follow chi2 with `dof` degrees of freedom."""
    m = len(values)
    assert abs(values.mean() - dof) < 4.5 * np.sqrt(2.0 * dof / m)
    assert stats.kstest(values, stats.chi2(dof).cdf).pvalue > 1e-3


def covariances(columns) -> np.ndarray:
    errors = np.stack([np.asarray(columns[name]) for name in listings.ERRORS], axis=1)
    matrix = np.zeros((len(errors), 5, 5))
    upper = np.triu_indices(5, 1)
    matrix[:, upper[0], upper[1]] = np.stack([columns[name] for name in listings.CORRELATIONS], axis=1)
    matrix += np.swapaxes(matrix, 1, 2) + np.eye(5)
    return matrix * errors[:, :, None] * errors[:, None, :]


def residuals(columns, true: Astrometry) -> np.ndarray:
    """Listed minus true, shape (m, 5), motions compared as vectors."""
    ra, dec = np.asarray(columns["ra"]), np.asarray(columns["dec"])
    east, north, _ = triads(ra, dec)
    motion = east * np.asarray(columns["pmra"])[:, None] + north * np.asarray(columns["pmdec"])[:, None]
    axes = triads(true.ra, true.dec)[:2]
    pmra, pmdec = (np.sum(motion * axis, axis=1) for axis in axes)
    parallax = np.asarray(columns["parallax"]) - true.parallax
    return np.stack([*offsets_mas(ra, dec, true), parallax, pmra - true.pmra, pmdec - true.pmdec], axis=1)


def whitened(columns, true: Astrometry) -> tuple[np.ndarray, np.ndarray]:
    """Residuals of the rows that have five parameters, whitened by their covariance; those rows."""
    rows = np.flatnonzero(np.isfinite(np.asarray(columns["parallax"])))
    chosen = {name: np.asarray(columns[name])[rows] for name in listings.five_parameters_names()}
    factor = np.linalg.cholesky(covariances(chosen))
    return np.linalg.solve(factor, residuals(chosen, true[rows])[:, :, None])[:, :, 0], rows


@pytest.mark.parametrize("name", ["gaia_dr2", "gaia_dr3"])
def test_gaia_noise_is_that_of_the_stated_covariance(sky, name):
    view = view_of(sky, name)
    epoch = {"gaia_dr2": 2015.5, "gaia_dr3": 2016.0}[name]
    normal = np.random.default_rng(3).standard_normal((len(view), 5))
    columns = listings.gaia(view, epoch, normal, 34.0, np.random.default_rng(4))
    white, _ = whitened(columns, view.at(epoch))
    assert_chi2(np.sum(white**2, axis=1), 5)
    # Every pair of parameters: uncorrelated after whitening, hence correlated as stated before.
    np.testing.assert_allclose(np.cov(white.T), np.eye(5), atol=4.5 / np.sqrt(len(white)) * np.sqrt(2))


def test_gaia_correlations_are_not_small(sky):
    values = random_correlations(2000, 0.6, np.random.default_rng(5))
    assert np.quantile(np.abs(values), 0.5) > 0.1
    assert np.abs(values).max() < 1.0


def test_both_hipparcos_reductions_have_their_stated_noise_and_share_it(sky):
    view = view_of(sky, "hipparcos")
    first, second = listings.hipparcos(view, np.random.default_rng(6))
    true = view.at(1991.25)
    old, rows = whitened(first, true)
    assert_chi2(np.sum(old**2, axis=1), 5)
    new, every = whitened(second, true)
    assert len(every) == len(view)
    assert_chi2(np.sum(new**2, axis=1), 5)
    shared = np.corrcoef(old.ravel(), new[rows].ravel())[0, 1]
    assert 0.77 < shared < 0.83
    assert len(rows) == len(view) - 5


@pytest.mark.parametrize("name", ["twomass", "allwise", "urat1", "tycho2", "ucac4", "ucac5"])
def test_positions_have_their_stated_noise(sky, name):
    view = view_of(sky, name)
    columns = LISTINGS[name](view, np.random.default_rng(80))
    ra, dec, ra_epoch, dec_epoch, ra_error, dec_error = independent_position(name, columns)
    if name in ("twomass", "ucac4", "ucac5"):
        # Some sources stand twice or not at all, so rows are compared with the nearest true one.
        view = nearest_rows(view, ra, dec, ra_epoch)
    dated = np.isfinite(ra_epoch)
    epochs = np.where(dated, [ra_epoch, dec_epoch], 2010.5)
    true = replace(view.at(epochs[0]), dec=view.at(epochs[1]).dec)
    east, north = offsets_mas(ra, dec, true)[:, dated] / np.stack([ra_error, dec_error])[:, dated]
    corr = np.asarray(columns.get("ra_dec_corr", np.zeros(len(ra))))[dated]
    chi2 = (east**2 - 2.0 * corr * east * north + north**2) / (1.0 - corr**2)
    assert_chi2(chi2, 2)


def independent_position(name: str, columns) -> tuple[np.ndarray, ...]:
    """ra, dec, their epochs and errors of the position nearest to the observation."""
    names = {
        "tycho2": ("observed_ra", "observed_dec", "observed_ra_epoch", "observed_dec_epoch")
        + ("observed_ra_error", "observed_dec_error"),
        "ucac5": ("ira", "idc", "epu", "epu", "ira_error", "idc_error"),
        "ucac4": ("mean_ra", "mean_dec", "cepra", "cepdc", "sigra", "sigdc"),
    }.get(name, ("ra", "dec", "ref_epoch", "ref_epoch", "ra_error", "dec_error"))
    ra, dec, *rest = (np.asarray(columns[column], np.float64) for column in names)
    return ra, dec, *rest


def nearest_rows(view: View, ra, dec, epoch) -> View:
    from scipy.spatial import cKDTree

    tree = cKDTree(triads(view.at(2000.0).ra, view.at(2000.0).dec)[2])
    guess = tree.query(triads(np.asarray(ra), np.asarray(dec))[2], k=5)[1]
    best = None
    for column in guess.T:
        chosen = view.select(column)
        distance = np.hypot(*offsets_mas(ra, dec, chosen.at(epoch)))
        best = (
            (column, distance)
            if best is None
            else (
                np.where(distance < best[1], column, best[0]),
                np.minimum(distance, best[1]),
            )
        )
    return view.select(best[0])


def test_ucac5_motions_are_those_between_its_two_positions(sky):
    view = view_of(sky, "ucac5")
    rows = zone_listings.ucac5(view, np.random.default_rng(9))
    there = triads(rows["ra"], rows["dec"])[2]
    east, north, outward = triads(rows["ira"], rows["idc"])
    scale = MAS_PER_RAD / np.sum(there * outward, axis=1) / (2015.0 - rows["epu"])
    assert np.abs(np.sum(there * east, axis=1) * scale - rows["pmra"]).max() < 0.0501
    assert np.abs(np.sum(there * north, axis=1) * scale - rows["pmdec"]).max() < 0.0501


def test_acceleration_is_the_second_derivative_of_the_true_position(sky):
    h = 0.5
    before, now, after = (true_astrometry(sky, EPOCH_YR + t) for t in (-h, 0.0, h))
    line = [propagate(sky.star, EPOCH_YR + t) for t in (-h, h)]
    rows = np.hypot(sky.acc_ra, sky.acc_dec) > 0.0
    assert rows.sum() == round(0.09 * len(sky))
    np.testing.assert_allclose(now.pmra, sky.star.pmra, atol=1e-12)
    bend = offsets_mas(before.ra, before.dec, line[0]) + offsets_mas(after.ra, after.dec, line[1])
    # Orbits of sixty years differ from a parabola by (wt)^2 / 12 at half a year.
    np.testing.assert_allclose(bend[0] / h**2, sky.acc_ra, rtol=1e-3, atol=2e-4)
    np.testing.assert_allclose(bend[1] / h**2, sky.acc_dec, rtol=1e-3, atol=2e-4)
    assert np.hypot(*bend)[~rows].max() < 1e-5


def test_motion_is_the_derivative_of_the_true_position(sky):
    h = 0.01
    epoch = 1991.25
    before, now, after = (true_astrometry(sky, epoch + t) for t in (-h, 0.0, h))
    moved = (offsets_mas(after.ra, after.dec, now) - offsets_mas(before.ra, before.dec, now)) / (2.0 * h)
    np.testing.assert_allclose(moved[0], now.pmra, rtol=1e-6, atol=1e-2)
    np.testing.assert_allclose(moved[1], now.pmdec, rtol=1e-6, atol=1e-2)


def test_a_merged_blend_stands_at_the_centre_of_light(sky):
    view = view_of(sky, "allwise")
    merged = view.share > 0.0
    assert merged.sum() > 100
    true = sky.star
    primary, other = view.rows[merged], sky.companion[view.rows[merged]]
    centre = view.at(EPOCH_YR)[merged]
    a, b, c = (triads(s.ra, s.dec)[2] for s in (true[primary], true[other], centre))
    part = np.sum((c - a) * (b - a), axis=1) / np.sum((b - a) ** 2, axis=1)
    np.testing.assert_allclose(part, view.share[merged], rtol=1e-5)
    assert np.all(view.share[merged] < 0.6)  # a redder companion can be the brighter one in w1
    assert not np.isin(other, view.rows).any()


def test_gaia_resolves_what_allwise_does_not(sky):
    assert not (view_of(sky, "gaia_dr3").share > 0.0).any()
    assert sky.secondary[view_of(sky, "gaia_dr3").rows].sum() > 100
    assert sky.secondary[view_of(sky, "allwise").rows].sum() == 0


def test_difficult_places_and_fast_stars_are_there(sky):
    star = sky.star
    for pole in (star.dec, -star.dec):
        assert (pole > 90.0 - 1.0 / 3600.0).sum() >= 2
    seam = (star.ra + 180.0) % 360.0 - 180.0
    near = np.abs(seam) * np.cos(np.radians(star.dec)) < 2.1 / 3600.0
    assert (near & (seam > 0)).sum() >= 5
    assert (near & (seam < 0)).sum() >= 5
    assert (np.hypot(star.pmra, star.pmdec) > 700.0).sum() >= 40


def test_same_seed_same_sky(simulated):
    again = simulate_sky(2000, 7)
    other = simulate_sky(2000, 8)
    assert again.truth.equals(simulated.truth)
    for name, rows in simulated.catalogues.items():
        assert rows.equals(again.catalogues[name])
        assert not rows.equals(other.catalogues[name])


def test_too_few_stars_are_refused():
    with pytest.raises(ValueError, match="at least 500 stars, not 10"):
        simulate_sky(10, 1)


def test_truth_has_its_declared_columns_and_kinds(simulated):
    truth = simulated.truth
    assert truth.schema.names == [column.name for column in TRUTH.columns]
    assert len(truth) == 2000
    assert len(set(truth["source_id"].to_pylist())) == 2000
    kinds = truth["kind"].value_counts().to_pylist()
    assert {row["values"]: row["counts"] for row in kinds} == {
        "single": 2000 - 180 - 200 - 80,
        "accelerating": 180,
        "blend": 200,
        "outlier": 80,
    }
    wrong = truth["outlier_catalogue"].drop_null().unique().to_pylist()
    assert set(wrong) <= set(OUTLIERS_IN)
    accelerating = np.array(truth["kind"]) == "accelerating"
    assert np.all((np.hypot(truth["acc_ra"], truth["acc_dec"]) > 0.0) == accelerating)


def test_ten_catalogues_with_unique_identifiers(simulated):
    assert set(simulated.catalogues) == {
        *("hipparcos", "hipparcos2", "tycho2", "twomass", "allwise"),
        *("ucac4", "ucac5", "urat1", "gaia_dr2", "gaia_dr3"),
    }
    for rows in simulated.catalogues.values():
        assert len(set(rows["source_id"].to_pylist())) == len(rows) > 500


def test_missing_values_are_null_and_nan_never_appears(simulated):
    for rows in simulated.catalogues.values():
        for column in rows.columns:
            if pa.types.is_floating(column.type):
                assert not np.isnan(column.drop_null().to_numpy()).any()
    blanks = {
        "hipparcos": "ra",
        "tycho2": "ra",
        "allwise": "ref_epoch",
        "gaia_dr3": "parallax",
    }
    for name, column in blanks.items():
        assert 0 < simulated.catalogues[name][column].null_count < 0.1 * len(simulated.catalogues[name])


def test_outliers_are_wrong_in_one_catalogue(sky):
    view = view_of(sky, "urat1")
    wrong = replace(view, offset_mas=np.vstack([np.full(len(view), 900.0), np.zeros(len(view))]))
    moved = offsets_mas(wrong.at(2013.0).ra, wrong.at(2013.0).dec, view.at(2013.0))
    np.testing.assert_allclose(moved[0], 900.0, rtol=1e-6)
    np.testing.assert_allclose(moved[1], 0.0, atol=1e-3)


def test_a_catalogue_keeps_to_its_limits(sky):
    for survey in SURVEYS:
        view = look(sky, survey, np.random.default_rng(2))
        band = view.mag[survey.band]
        assert band.min() > survey.bright_mag
        assert band.max() < survey.faint_mag
        assert sky.star.dec[view.rows].min() > survey.south_deg


def test_displaced_is_undone_and_regular_at_the_poles():
    ra = np.array([10.0, 200.0, 0.0, 359.9999])
    dec = np.array([90.0, -90.0, 89.99999, 0.0])
    moved = displaced(ra, dec, np.full(4, 300.0), np.full(4, -200.0))
    east, north, outward = triads(ra, dec)
    vectors = triads(*moved)[2]
    along = np.sum(vectors * outward, axis=1)
    np.testing.assert_allclose(np.sum(vectors * east, axis=1) / along * MAS_PER_RAD, 300.0, rtol=1e-7)
    np.testing.assert_allclose(np.sum(vectors * north, axis=1) / along * MAS_PER_RAD, -200.0, rtol=1e-7)
    np.testing.assert_allclose(angles(outward)[1], dec, atol=1e-12)


def test_designations_truncate_as_2mass_does():
    names = listings.designations(np.array([15.0, 299.99999]), np.array([-0.5, 12.345678]), 2, 1, point=False)
    assert names.tolist() == ["01000000-0030000", "19595999+1220444"]


def test_zone_records_count_from_the_south_by_right_ascension():
    zone, record = zone_listings.zone_records(
        np.array([20.0, 10.0, 5.0, 1.0]), np.array([-89.9, -89.85, 90.0, 0.0])
    )
    assert zone.tolist() == [1, 1, 900, 451]
    assert record.tolist() == [2, 1, 1, 1]


def test_to_arrow_turns_nan_and_masks_into_null():
    table = to_arrow({"a": np.array([1.0, np.nan]), "b": np.ma.MaskedArray(["x", "y"], mask=[True, False])})
    assert table.to_pydict() == {"a": [1.0, None], "b": [None, "y"]}
