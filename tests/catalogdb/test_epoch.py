"""Epoch propagation against the vector equations at 50 digits, and the laws that follow from them."""

from __future__ import annotations

import dataclasses

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogdb import epoch
from catalogdb.epoch import Astrometry, astrometry

mp.mp.dps = 50
MAS = mp.pi / (180 * 3600 * 1000)
AU_KM_S = mp.mpf("149597870.7") / mp.mpf(31557600)


def _triad(ra_deg, dec_deg):
    a, d = mp.radians(mp.mpf(float(ra_deg))), mp.radians(mp.mpf(float(dec_deg)))
    p = mp.matrix([-mp.sin(a), mp.cos(a), 0])
    q = mp.matrix([-mp.sin(d) * mp.cos(a), -mp.sin(d) * mp.sin(a), mp.cos(d)])
    r = mp.matrix([mp.cos(d) * mp.cos(a), mp.cos(d) * mp.sin(a), mp.sin(d)])
    return p, q, r


def _dot(a, b):
    return (a.T * b)[0]


def _space_motion(triad, parameters, years):
    """Direction, parallax, tangential and radial motion of a straight path; all in mas and mas/yr."""
    p, q, r = triad
    parallax, pmra, pmdec, radial = (mp.mpf(float(v)) if not isinstance(v, mp.mpf) else v for v in parameters)
    velocity = (p * pmra + q * pmdec + r * radial) * MAS
    place = r + velocity * years
    distance = mp.sqrt(_dot(place, place))
    u = place / distance
    tangential = (velocity - u * _dot(u, velocity)) / distance
    return u, parallax / distance, tangential / MAS, _dot(u, velocity) / distance / MAS


def _angle_nas(u, ra_deg, dec_deg):
    r = _triad(ra_deg, dec_deg)[2]
    cross = mp.matrix([u[1] * r[2] - u[2] * r[1], u[2] * r[0] - u[0] * r[2], u[0] * r[1] - u[1] * r[0]])
    return float(mp.asin(mp.norm(cross)) / MAS * 10**6)


def _sky(n: int, seed: int) -> Astrometry:
    """Stars up to 11 arcsec/yr and 800 km/s, a quarter of them within arcseconds of a pole."""
    rng = np.random.default_rng(seed)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    dec[: n // 8] = 90.0 - rng.uniform(0, 1e-3, n // 8)
    dec[n // 8 : n // 4] = -90.0 + 10.0 ** rng.uniform(-9, -3, n // 4 - n // 8)
    dec[0], dec[1], dec[2] = 90.0, -90.0, 0.0
    ra = rng.uniform(0, 360, n)
    ra[3], ra[4] = 0.0, 360.0 - 6e-14
    speed = 10.0 ** rng.uniform(-1, 4.05, n)
    angle = rng.uniform(0, 2 * np.pi, n)
    return astrometry(
        ra,
        dec,
        rng.uniform(1950, 2016, n),
        parallax_mas=np.where(rng.random(n) < 0.3, -1, 1) * 10.0 ** rng.uniform(-3, 2.9, n),
        pmra_mas_yr=speed * np.cos(angle),
        pmdec_mas_yr=speed * np.sin(angle),
        radial_velocity_km_s=rng.uniform(-800, 800, n),
    )


def _with_covariance(star: Astrometry, covariance) -> Astrometry:
    return dataclasses.replace(star, covariance=covariance)


def test_propagation_agrees_with_fifty_digits_within_one_nanoarcsecond():
    star = _sky(400, seed=1)
    years = np.where(np.arange(400) % 2, 100.0, -100.0)
    moved = epoch.propagate(star, star.epoch_yr + years)
    # The epoch difference in double is part of the input, not of the error.
    years = (star.epoch_yr + years) - star.epoch_yr
    for i in range(len(star)):
        parameters = (star.parallax[i], star.pmra[i], star.pmdec[i], star.radial_motion[i])
        u, parallax, motion, radial = _space_motion(
            _triad(star.ra[i], star.dec[i]), parameters, mp.mpf(float(years[i]))
        )
        assert _angle_nas(u, moved.ra[i], moved.dec[i]) < 1.0
        assert moved.parallax[i] == pytest.approx(float(parallax), rel=1e-13)
        p, q, _ = _triad(moved.ra[i], moved.dec[i])
        speed = np.hypot(np.hypot(star.pmra[i], star.pmdec[i]), star.radial_motion[i])
        rounding = 1e-13 + 2e-15 * speed  # mas/yr
        assert moved.pmra[i] == pytest.approx(float(_dot(p, motion)), abs=rounding)
        assert moved.pmdec[i] == pytest.approx(float(_dot(q, motion)), abs=rounding)
        assert moved.radial_motion[i] == pytest.approx(float(radial), rel=1e-12, abs=1e-12)


def test_jacobian_agrees_with_derivatives_at_fifty_digits():
    star = _sky(60, seed=2)
    years, step = 61.75, mp.mpf(10) ** -15
    jacobian = epoch.jacobian(star, star.epoch_yr + years)
    for i in range(len(star)):
        theirs = _numeric_jacobian(
            star, i, mp.mpf(float((star.epoch_yr[i] + years) - star.epoch_yr[i])), step
        )
        assert np.allclose(jacobian[i], theirs, rtol=1e-11, atol=1e-11)


def _numeric_jacobian(star: Astrometry, i: int, years, step):
    p, q, r = _triad(star.ra[i], star.dec[i])
    start = [mp.mpf(float(v[i])) for v in (star.parallax, star.pmra, star.pmdec, star.radial_motion)]
    u0, *_ = _space_motion((p, q, r), start, years)
    # The new triad from the exact direction, with the old star's meridian at a pole.
    rho = mp.sqrt(u0[0] ** 2 + u0[1] ** 2)
    east = mp.matrix([-u0[1] / rho, u0[0] / rho, 0])
    north = mp.matrix(
        [
            u0[1] * east[2] - u0[2] * east[1],
            u0[2] * east[0] - u0[0] * east[2],
            u0[0] * east[1] - u0[1] * east[0],
        ]
    )

    def outcome(delta):
        da, dd = delta[0] * MAS, delta[1] * MAS
        # Parallel transport of the triad: exact to first order, which is all a derivative sees.
        triad = (p - r * da, q - r * dd, r + p * da + q * dd)
        values = [start[0] + delta[2], start[1] + delta[3], start[2] + delta[4], start[3] + delta[5]]
        u, parallax, motion, radial = _space_motion(triad, values, years)
        return [
            _dot(east, u - u0) / MAS,
            _dot(north, u - u0) / MAS,
            parallax,
            _dot(east, motion),
            _dot(north, motion),
            radial,
        ]

    columns = []
    for k in range(6):
        delta = [mp.mpf(0)] * 6
        delta[k] = step
        up = outcome(delta)
        delta[k] = -step
        down = outcome(delta)
        columns.append([float((a - b) / (2 * step)) for a, b in zip(up, down, strict=True)])
    return np.array(columns).T


def test_covariance_is_carried_by_the_jacobian():
    star = _sky(50, seed=3)
    rng = np.random.default_rng(3)
    root = rng.normal(size=(50, 6, 6))
    star = _with_covariance(star, root @ np.swapaxes(root, 1, 2))
    moved = epoch.propagate(star, 2050.0)
    jacobian = epoch.jacobian(star, 2050.0)
    for i in range(50):
        assert np.allclose(moved.covariance[i], jacobian[i] @ star.covariance[i] @ jacobian[i].T, rtol=1e-12)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), years=st.floats(-150, 150))
def test_there_and_back_returns_the_same_star(seed, years):
    star = _sky(24, seed)
    back = epoch.propagate(epoch.propagate(star, star.epoch_yr + years), star.epoch_yr)
    rotation = epoch.jacobian(star, star.epoch_yr)
    assert np.allclose(rotation, np.eye(6), atol=1e-15)
    cos = np.maximum(np.cos(np.radians(star.dec)), 1e-16)
    turned = (back.ra - star.ra + 180.0) % 360.0 - 180.0
    assert np.allclose(turned * cos * 3.6e12, 0.0, atol=3.0)  # nas
    assert np.allclose((back.dec - star.dec) * 3.6e12, 0.0, atol=3.0)
    assert np.allclose(back.parallax, star.parallax, rtol=1e-11)


def test_at_its_own_epoch_a_star_stays_bit_for_bit():
    star = _sky(40, seed=4)
    same = epoch.propagate(star, star.epoch_yr)
    assert np.array_equal(same.ra, star.ra)
    assert np.array_equal(same.dec, star.dec)


def test_a_star_that_crosses_the_pole_comes_down_the_other_side():
    star = astrometry(10.0, 90.0 - 1.0 / 3600.0, 2000.0, pmra_mas_yr=0.0, pmdec_mas_yr=100.0)
    moved = epoch.propagate(star, 2020.0)
    assert moved.ra[0] == pytest.approx(190.0, abs=1e-9)
    assert (90.0 - moved.dec[0]) * 3600.0 == pytest.approx(1.0, abs=1e-9)
    assert moved.pmdec[0] == pytest.approx(-100.0, abs=1e-6)


def test_missing_motion_counts_as_zero_and_stays_missing():
    star = astrometry(
        [10.0, 20.0], [5.0, 6.0], 2000.0, pmra_mas_yr=[np.nan, 1000.0], pmdec_mas_yr=[np.nan, 0.0]
    )
    moved = epoch.propagate(star, 2100.0)
    assert moved.ra[0] == 10.0
    assert moved.dec[0] == 5.0
    assert np.isnan(moved.pmra[0])
    assert np.isnan(moved.parallax).all()
    assert np.isnan(moved.radial_motion).all()
    assert moved.ra[1] == pytest.approx(20.0 + 100.0 / 3600.0 / np.cos(np.radians(6.0)), abs=1e-8)


def test_masked_columns_are_missing_values():
    star = astrometry(1.0, 2.0, 2000.0, parallax_mas=np.ma.masked_array([3.0], mask=[True]))
    assert np.isnan(star.parallax[0])


def test_errors_that_depend_on_what_is_missing_are_missing():
    star = astrometry([10.0], [5.0], 2000.0)
    errors = np.array([[1.0, 1.0, np.nan, np.nan, np.nan]])
    star = _with_covariance(star, epoch.covariance_matrix(star, errors))
    here, there = epoch.propagate(star, 2000.0), epoch.propagate(star, 2010.0)
    assert here.covariance[0, 0, 0] == 1.0
    assert np.isnan(here.covariance[0, 2, 2])
    assert np.isnan(there.covariance[0, 0, 0])
    assert there.covariance[0, 5, 5] == 0.0


def test_a_missing_parallax_does_not_touch_the_position_error():
    star = astrometry([10.0], [5.0], 2000.0, pmra_mas_yr=10.0, pmdec_mas_yr=5.0)
    errors = np.array([[1.0, 2.0, np.nan, 0.1, 0.2]])
    star = _with_covariance(star, epoch.covariance_matrix(star, errors))
    moved = epoch.propagate(star, 2010.0)
    assert np.sqrt(moved.covariance[0, 0, 0]) == pytest.approx(np.hypot(1.0, 0.1 * 10.0), rel=1e-6)
    assert np.isnan(moved.covariance[0, 2]).all() or np.isnan(moved.covariance[0, 2, 2])


def test_radial_motion_has_the_covariance_of_its_two_factors():
    star = astrometry([10.0], [5.0], 2000.0, parallax_mas=100.0, radial_velocity_km_s=50.0)
    errors = np.array([[0.1, 0.1, 0.5, 0.1, 0.1]])
    correlations = np.zeros((1, 10))
    correlations[0, 1] = 0.4  # ra with parallax
    c = epoch.covariance_matrix(star, errors, correlations, [50.0], [2.0])[0]
    scale = epoch.KM_S_PER_AU_YR
    assert c[5, 5] == pytest.approx((0.5**2 * (50.0**2 + 2.0**2) + (100.0 * 2.0) ** 2) / scale**2)
    assert c[2, 5] == pytest.approx(0.5**2 * 50.0 / scale)
    assert c[0, 5] == pytest.approx(0.4 * 0.1 * 0.5 * 50.0 / scale)
    assert np.array_equal(c, c.T)


@pytest.mark.parametrize("parallax", [0.0, -0.7])
def test_zero_and_negative_parallax_are_formal_but_finite(parallax):
    star = astrometry(
        10.0,
        5.0,
        2000.0,
        parallax_mas=parallax,
        pmra_mas_yr=3.0,
        pmdec_mas_yr=4.0,
        radial_velocity_km_s=100.0,
    )
    moved = epoch.propagate(star, 2100.0)
    assert np.isfinite([moved.ra[0], moved.dec[0], moved.parallax[0], moved.pmra[0]]).all()
    assert moved.parallax[0] == pytest.approx(parallax, rel=1e-3)
    if parallax == 0.0:
        assert np.isnan(moved.radial_velocity[0])
    else:
        assert moved.radial_velocity[0] == pytest.approx(100.0, rel=1e-3)


def test_radial_velocity_of_alpha_centauri_rises_by_the_secular_acceleration():
    # 0.4175 m/s/yr for the barycentre's parallax and motion of Kervella et al. 2016, A&A 594, A107.
    star = astrometry(
        219.9,
        -60.83,
        1991.25,
        parallax_mas=747.80,
        pmra_mas_yr=-3619.9,
        pmdec_mas_yr=693.8,
        radial_velocity_km_s=-22.4,
    )
    later = epoch.propagate(star, 1992.25)
    assert (later.radial_velocity[0] - star.radial_velocity[0]) * 1000.0 == pytest.approx(0.4175, abs=0.001)


def test_rows_can_be_selected():
    star = _sky(10, seed=5)
    star = _with_covariance(star, np.tile(np.eye(6), (10, 1, 1)))
    some = star[np.array([7, 2])]
    assert len(some) == 2
    assert np.array_equal(some.ra, star.ra[[7, 2]])
    assert some.covariance.shape == (2, 6, 6)
