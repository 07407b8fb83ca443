"""The least-squares fit against dense algebra, simulated nulls and injected accelerations."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.linalg import block_diag

from analysis.acceleration import gls
from analysis.acceleration.entries import entries, without_shared
from analysis.acceleration.reference import residuals
from catalogdb import epoch

YEARS = np.array([1991.25, 1991.9, 2000.0, 2010.5, 2016.0])
ERRORS = np.array([1.0, 30.0, 60.0, 40.0, 0.03])


def test_linear_motion_is_unbiased_with_honest_errors(stars, observed):
    star = stars(10_000, 8)
    fit = gls.core(observed(star, YEARS, ERRORS, 9, motion_error=0.03))
    pull = (fit.pmra - star.pmra) / fit.pmra_error
    assert abs(pull.mean()) < 0.04
    assert pull.std() == pytest.approx(1.0, abs=0.03)
    assert (fit.ref_epoch == 2016.0).all()


def test_perspective_is_no_acceleration_where_the_radial_velocity_is_known(observed):
    # Barnard's star: its motion changes by 1.3 mas/yr2 by perspective alone.
    barnard = epoch.astrometry(
        269.45,
        4.74,
        2016.0,
        parallax_mas=546.98,
        pmra_mas_yr=-801.6,
        pmdec_mas_yr=10362.4,
        radial_velocity_km_s=-110.5,
    )
    rows = observed(barnard, YEARS, ERRORS, 1, motion_error=0.03, noise=0.0)
    assert gls.core(rows).chi2_lin[0] < 1e-9
    blind = dataclasses.replace(rows, radial_velocity=np.full(len(rows), np.nan))
    fit = gls.core(blind)
    assert fit.chi2_lin[0] > 1e4
    assert np.hypot(fit.acc_ra, fit.acc_dec)[0] == pytest.approx(1.3, abs=0.15)


@pytest.mark.parametrize("dec", [0.0, 89.99999, -90.0 + 1e-7])
def test_fast_stars_without_any_listed_motion_are_followed(observed, dec):
    star = epoch.astrometry(
        [0.0001],
        [dec],
        2016.0,
        parallax_mas=100.0,
        pmra_mas_yr=-4000.0,
        pmdec_mas_yr=3000.0,
        radial_velocity_km_s=0.0,
    )
    fit = gls.core(observed(star, YEARS, ERRORS, 1, noise=0.0))
    assert fit.chi2_lin[0] < 1e-6
    assert np.hypot(fit.pmra, fit.pmdec)[0] == pytest.approx(5000.0, abs=1e-5)
    # Next to a pole the direction of north hangs on the last digits of the position.
    assert fit.pmra[0] == pytest.approx(-4000.0, abs=1e-2)


def test_a_parallax_measured_once_changes_nothing(stars, observed):
    """Fitting it as fifth parameter and leaving it out of the measurements are the same."""
    rows = observed(stars(1, 3), YEARS, ERRORS, 4, motion_error=0.03)
    reference = gls.refine(rows)
    left = residuals(rows, reference)
    y, model = left.values, gls.design(left)[:, :, :4]
    ours = gls.solve(rows, y, model)
    five = np.zeros((5, 5))
    last = np.linalg.inv(rows.weight[-1])
    five[np.ix_([0, 1, 3, 4], [0, 1, 3, 4])] = last
    five[2, 2] = 0.02**2
    five[2, [0, 1, 3, 4]] = five[[0, 1, 3, 4], 2] = 0.3 * 0.02 * np.sqrt(np.diag(last))
    dense = block_diag(*(np.diag([e**2, e**2]) for e in ERRORS[:-1]), five)
    a = np.zeros((13, 5))
    for i in range(4):
        a[2 * i : 2 * i + 2, [0, 1, 3, 4]] = model[i, :2]
    a[8:, :][np.ix_([0, 1, 3, 4], [0, 1, 3, 4])] = model[4]
    a[10, 2] = 1.0
    data = np.concatenate([y[:4, :2].ravel(), y[4, :2], [0.7], y[4, 2:]])
    weight = np.linalg.inv(dense)
    theirs = np.linalg.solve(a.T @ weight @ a, a.T @ weight @ data)
    remains = data - a @ theirs
    assert np.allclose(theirs[[0, 1, 3, 4]], ours.value[0], rtol=1e-8, atol=1e-10)
    assert remains @ weight @ remains == pytest.approx(ours.chi2[0], rel=1e-8)


def _entries(**columns):
    m = len(columns["epoch"])
    star = np.asarray(columns.pop("star", np.zeros(m, int)))
    group = columns.pop("group", None)
    base = {"ra": np.full(m, 10.0), "dec": np.full(m, 20.0), "ra_error": np.ones(m), "dec_error": np.ones(m)}
    return entries(star, int(star.max()) + 1, base | columns, group)


def test_stars_with_too_little_keep_their_place_with_nothing_in_it():
    rows = _entries(star=[0, 1, 1, 3, 3, 3], epoch=np.array([2000.0, 2000.0, 2010.0, 2000.0, 2000.0, 2000.0]))
    rows = dataclasses.replace(rows, n_stars=5)
    fit = gls.core(rows)
    assert fit.n_epoch.tolist() == [1, 2, 0, 3, 0]
    assert fit.dof.tolist() == [-2, 0, -4, 2, -4]
    assert np.isfinite(fit.pmra).tolist() == [False, True, False, False, False]
    assert np.isnan(fit.p_lin).all()
    assert np.isnan(fit.p_acc).all()
    assert fit.chi2_lin[1] == pytest.approx(0.0, abs=1e-9)


def test_entries_need_a_place_an_epoch_and_a_covariance():
    rows = _entries(
        epoch=np.array([np.nan, 2000.0, 2000.0, 2000.0, 2000.0]),
        ra=np.array([1.0, np.nan, 1.0, 1.0, 1.0]),
        ra_error=np.array([1.0, 1.0, 0.0, np.nan, 1.0]),
        ra_dec_corr=np.array([0.0, 0.0, 0.0, 0.0, 1.0]),
    )
    assert not rows.usable.any()


def test_an_error_that_is_not_positive_is_none():
    place = _entries(
        epoch=np.full(3, 2000.0), ra_error=np.array([-1.0, 0.0, np.inf]), dec=np.array([0.0, 0.0, 0.0])
    )
    assert not place.usable.any()
    motion = {name: np.zeros(3) for name in ("pmra", "pmdec")}
    errors = {name: np.array([0.0, -1.0, 1.0]) for name in ("pmra_error", "pmdec_error")}
    rows = _entries(epoch=np.full(3, 2000.0), **motion, **errors)
    assert rows.usable.all()
    assert rows.has_motion.tolist() == [False, False, True]


def test_a_place_beyond_a_pole_is_none():
    rows = _entries(epoch=np.full(3, 2000.0), dec=np.array([90.0, 90.1, -90.1]))
    assert rows.usable.tolist() == [True, False, False]


def test_a_default_error_makes_entries_without_errors_usable():
    columns = {"epoch": np.full(2, 2000.0), "ra": np.zeros(2), "dec": np.zeros(2)}
    assert not entries(np.zeros(2, int), 1, columns).usable.any()
    rows = entries(np.zeros(2, int), 1, columns, default_error_mas=150.0)
    assert rows.usable.all()
    assert (rows.ra_error == 150.0).all()


def test_shared_data_counts_once():
    rows = _entries(
        star=[0, 0, 0, 0, 1, 1],
        epoch=np.array([2015.0, 2015.5, 2016.0, 2000.0, 2015.0, 2016.0]),
        ra_error=np.array([0.1, 0.01, 0.05, 9.0, 0.1, 0.1]),
        dec_error=np.array([0.1, 0.01, 0.05, 9.0, 0.1, 0.1]),
        group=np.array([0, 0, 0, -1, 0, 0]),
    )
    assert without_shared(rows, "best").tolist() == [False, True, False, True, False, True]
    assert without_shared(rows, "latest").tolist() == [False, False, True, True, False, True]


def test_of_shared_data_an_unusable_entry_is_never_kept():
    rows = _entries(
        epoch=np.array([2015.0, 2016.0]), ra_error=np.array([1.0, np.nan]), group=np.array([3, 3])
    )
    assert without_shared(rows, "latest").tolist() == [True, False]
