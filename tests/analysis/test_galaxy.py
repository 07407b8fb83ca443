"""Galactocentric coordinates against astropy and draws; the simulated disc against the Jeans equation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import ICRS, CartesianDifferential, Galactocentric, SkyCoord
from scipy.integrate import quad

from analysis.galaxy import coords
from analysis.galaxy.mock import DISTRIBUTIONS, Errors, MockDisc, Selection, draw, observe
from analysis.galaxy.sun import NAMED, OPTIONS, Sun
from analysis.options import settings
from catalogdb.errors import AnalysisError

SUNS = (Sun(), NAMED["astropy_v4"].sun, Sun(8.0, -0.2, 1.0, 220.0, 3.0))


def sky(n: int, seed: int) -> tuple[Any, ...]:
    """Stars all over the sky: ra, dec, distance, pmra, pmdec, radial velocity."""
    rng = np.random.default_rng(seed)
    dec = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))
    motions = rng.normal(0.0, 5.0, (2, n))
    return (
        rng.uniform(0.0, 360.0, n),
        dec,
        rng.uniform(0.01, 20.0, n),
        *motions,
        rng.normal(0.0, 80.0, n),
    )


@pytest.mark.parametrize("sun", SUNS)
def test_coordinates_are_those_of_astropy(sun):
    ra, dec, distance, pmra, pmdec, rv = sky(500, 1)
    found = coords.galactocentric(ra, dec, distance, pmra, pmdec, rv, sun)
    frame = Galactocentric(
        galcen_coord=ICRS(266.4051 * u.deg, -28.936175 * u.deg),
        galcen_distance=sun.r0_kpc * u.kpc,
        z_sun=sun.z0_kpc * u.kpc,
        galcen_v_sun=CartesianDifferential([sun.u_km_s, sun.v_km_s, sun.w_km_s] * u.km / u.s),
        roll=0.0 * u.deg,
    )
    star = SkyCoord(
        ra * u.deg,
        dec * u.deg,
        distance=distance * u.kpc,
        pm_ra_cosdec=pmra * u.mas / u.yr,
        pm_dec=pmdec * u.mas / u.yr,
        radial_velocity=rv * u.km / u.s,
    ).transform_to(frame)
    x, y = star.x.to_value(u.kpc), star.y.to_value(u.kpc)
    star.representation_type = "cylindrical"
    spin = (star.rho * star.d_phi).to_value(u.km / u.s, equivalencies=u.dimensionless_angles())
    expected = {
        "R_kpc": star.rho.to_value(u.kpc),
        "phi_rad": np.arctan2(y, -x),
        "z_kpc": star.z.to_value(u.kpc),
        "vR": star.d_rho.to_value(u.km / u.s),
        "vphi": -spin,  # astropy's azimuth grows against the rotation
        "vz": star.d_z.to_value(u.km / u.s),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(getattr(found, name), value, rtol=0.0, atol=1e-9, err_msg=name)


def test_the_sun_is_where_it_is_said_to_be():
    sun = Sun()
    here = coords.galactocentric(10.0, 20.0, 1e-12, 0.0, 0.0, 0.0, sun)
    assert here.R_kpc[0] == pytest.approx(math.sqrt(8.122**2 - 0.025**2), abs=1e-9)
    assert here.phi_rad[0] == pytest.approx(0.0, abs=1e-9)
    assert here.z_kpc[0] == pytest.approx(0.025, abs=1e-9)
    assert (here.vR[0], here.vphi[0], here.vz[0]) == pytest.approx((-11.1, 245.8, 7.8), abs=1e-7)
    # Towards l = 90 deg the Galaxy turns: azimuth grows there, seen from us.
    ahead = SkyCoord(l=90.0 * u.deg, b=0.0 * u.deg, frame="galactic").icrs
    assert coords.galactocentric(ahead.ra.deg, ahead.dec.deg, 1.0, 0.0, 0.0, 0.0, sun).phi_rad[0] > 0.12


def test_what_is_observed_comes_back():
    given = sky(500, 2)
    found = coords.observed(coords.galactocentric(*given, SUNS[2]), SUNS[2])
    for name, value in zip(found._fields, given, strict=True):
        np.testing.assert_allclose(getattr(found, name), value, rtol=0.0, atol=1e-8, err_msg=name)


def test_derivatives_are_those_of_differences():
    ra, dec, *free = sky(200, 3)
    _, slopes = coords.jacobian(ra, dec, *free, Sun())
    for k in range(4):
        ends = []
        for step in (1e-5, -1e-5):
            moved = [x.copy() for x in free]
            moved[k] += step
            ends.append(np.array(coords.galactocentric(ra, dec, *moved, Sun())))
        np.testing.assert_allclose(slopes[:, :, k], ((ends[0] - ends[1]) / 2e-5).T, rtol=1e-6, atol=1e-5)


def test_the_covariance_is_that_of_draws():
    rng = np.random.default_rng(1)
    given = covariance = None
    errors = (0.05, 0.1, 0.12, 1.5)
    made = coords.covariance(*errors, pmra_pmdec_corr=0.4, parallax_pmra_corr=0.5, parallax_pmdec_corr=-0.3)
    by_hand = np.outer(errors, errors) * [
        [1.0, -0.5, 0.3, 0.0],
        [-0.5, 1.0, 0.4, 0.0],
        [0.3, 0.4, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0],
    ]
    np.testing.assert_allclose(made[0], by_hand, rtol=1e-14)
    given = (80.0, 25.0, 4.0, -1.0, 2.0, 30.0)
    _, covariance = coords.with_errors(*given, Sun(), made)
    drawn = rng.multivariate_normal(given[2:], by_hand, 200_000).T
    sample = np.cov(np.array(coords.galactocentric(given[0], given[1], *drawn, Sun())))
    scale = np.sqrt(np.outer(np.diag(sample), np.diag(sample)))
    np.testing.assert_allclose(covariance[0] / scale, sample / scale, atol=0.02)


def test_the_suns_options_are_checked():
    def of(**given: Any) -> Sun:
        return Sun.of(settings("x", OPTIONS, given))

    assert of() == Sun(8.122, 0.025, 11.1, 245.8, 7.8)
    assert of(R0=8.178, sun="10,248,7") == Sun(8.178, 0.025, 10.0, 248.0, 7.0)
    assert of(sun="astropy_v4", z0=0.0) == Sun(8.122, 0.0, 12.9, 245.6, 7.78)
    # At rest in the centre Sgr A* is seen to move as Reid & Brunthaler 2020 saw it, at any R0.
    still = coords.Cylinder(*(np.array([x]) for x in (1e-9, 0.0, 0.0, 0.0, 0.0, 0.0)))
    seen = coords.observed(still, of(sun="sgr_a", R0=8.3))
    moves = SkyCoord(
        seen.ra_deg * u.deg,
        seen.dec_deg * u.deg,
        pm_ra_cosdec=seen.pmra_mas_yr * u.mas / u.yr,
        pm_dec=seen.pmdec_mas_yr * u.mas / u.yr,
    ).galactic
    assert moves.pm_l_cosb.to_value(u.mas / u.yr)[0] == pytest.approx(-6.411, abs=0.01)
    assert moves.pm_b.to_value(u.mas / u.yr)[0] == pytest.approx(-0.219, abs=0.03)
    for wrong, words in (
        ({"sun": "11.1,12.24,7.25"}, "local standard of rest"),
        ({"sun": "me"}, "give U,V,W"),
        ({"sun": "1,nan,3"}, "finite"),
        ({"R0": 8122.0}, "R0 is"),
        ({"z0": 25.0}, "z0 is"),
    ):
        with pytest.raises(AnalysisError, match=words):
            of(**wrong)


def one(x: float) -> Any:
    return np.array([x])


@pytest.mark.parametrize(
    "disc", [MockDisc(), MockDisc(break_kpc=15.0, tilt=0.7, scale_height_kpc=0.5, sigma_scale_kpc=25.0)]
)
def test_the_moments_satisfy_the_jeans_equation(disc):
    # In integral form: nu <vR^2>(R) is what pushes inward from R to infinity; no derivative of the module.
    def nu(r: float, z: float) -> float:
        return float(np.exp(disc.log_density(one(r), one(z)) - disc.log_density(one(8.0), one(0.0)))[0])

    def flux(r: float, z: float) -> float:
        return nu(r, z) * float(disc.vrvz(one(r), one(z))[0])

    for radius in (5.0, 16.0):
        for z in (0.0, -0.8):

            def push(r: float, z: float = z) -> float:
                v_c = float(disc.circular_velocity(one(r))[0])
                inward = float(disc.vr2(one(r))[0] - disc.vphi2(one(r), one(z))[0]) + v_c**2
                return nu(r, z) * inward / r + (flux(r, z + 1e-4) - flux(r, z - 1e-4)) / 2e-4

            pressure = quad(push, radius, 80.0, epsrel=1e-8, epsabs=0.0, limit=200)[0]
            assert pressure == pytest.approx(nu(radius, z) * disc.vr2(one(radius))[0], rel=1e-6)


def test_drawn_stars_have_the_moments_and_the_tilt():
    disc = MockDisc()
    star = draw(disc, 200_000, 1, Selection(r_min_kpc=9.0, r_max_kpc=9.5, z_max_kpc=1.0))
    expected = {
        "vR": (star.vR**2, disc.vr2(star.R_kpc)),
        "vphi": (star.vphi**2, disc.vphi2(star.R_kpc, star.z_kpc)),
        "vz": (star.vz**2, disc.vz2(star.R_kpc)),
        "vRvz": (star.vR * star.vz * star.z_kpc, disc.vrvz(star.R_kpc, star.z_kpc) * star.z_kpc),
    }
    for name, (drawn, true) in expected.items():
        sigma = drawn.std() / math.sqrt(len(drawn))
        assert abs(drawn.mean() - true.mean()) < 4.0 * sigma, name
    where = Selection(r_min_kpc=9.0, r_max_kpc=9.5, z_max_kpc=1.0)
    skewed = draw(MockDisc(skewness=-1.0), 200_000, 1, where)
    left = (skewed.vphi - skewed.vphi.mean()) / skewed.vphi.std()
    assert (left**3).mean() == pytest.approx(-1.0, abs=0.1)
    assert math.sqrt((skewed.vphi**2).mean()) == pytest.approx(math.sqrt(expected["vphi"][0].mean()), abs=0.3)


def test_a_warp_lifts_the_plane_and_moves_it_as_it_turns():
    # Each star on a circle: its height changes as the warp under it does.
    disc = MockDisc(warp_kpc=1.0, sigma_r_km_s=1e-3, scale_height_kpc=1e-6)
    star = draw(disc, 1000, 1, Selection(z_max_kpc=1e-5))
    later = star.phi_rad + star.vphi * 1e-4 / star.R_kpc
    rise = (disc.warp(star.R_kpc, later)[0] - disc.warp(star.R_kpc, star.phi_rad)[0]) / 1e-4
    np.testing.assert_allclose(star.vz, rise, atol=0.05)
    assert np.abs(star.z_kpc).max() > 0.5


def test_a_pattern_has_two_arms():
    disc = MockDisc(streaming_vr_km_s=5.0, streaming_vphi_km_s=7.0, streaming_pitch_deg=20.0)
    phi = np.linspace(-math.pi, math.pi, 721)
    v_r, v_phi = disc.streaming(np.full(721, 12.0), phi)
    assert (v_r.max(), v_phi.max()) == pytest.approx((5.0, 7.0), rel=1e-3)
    assert np.abs(v_phi[1:360] - v_phi[361:720]).max() < 1e-9


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_listed_errors_are_those_that_were_made(distribution):
    truth = draw(MockDisc(), 100_000, 1)
    true = coords.observed(truth, Sun())
    seen = observe(truth, Errors(distribution=distribution, distance_zero_point=0.05), 2)
    ratio = seen["dist"] / true.distance_kpc / 1.05
    centre = np.log(ratio) if distribution == "lognormal" else ratio - 1.0
    assert centre.std() == pytest.approx(0.15, abs=0.004)
    assert centre.mean() == pytest.approx(0.0, abs=0.002)
    assert (ratio > 0.0).all()
    np.testing.assert_allclose(seen["dist_error"], 0.15 * seen["dist"])
    for name, value in (("pmra", true.pmra_mas_yr), ("radial_velocity", true.rv_km_s)):
        pull = (seen[name] - value) / seen[f"{name}_error"]
        assert (pull.mean(), pull.std()) == pytest.approx((0.0, 1.0), abs=0.015)
    assert (seen["parallax"] - 1.0 / true.distance_kpc).std() == pytest.approx(0.02, rel=0.02)


@pytest.mark.parametrize("kind", ["uniform", "anticentre", "steep"])
def test_a_survey_stays_in_its_range(kind):
    star = draw(MockDisc(), 5000, 1, Selection(kind, 6.0, 20.0, 20.0, 0.5))
    assert star.R_kpc.min() > 6.0
    assert star.R_kpc.max() < 20.0
    assert np.abs(star.z_kpc).max() < 0.5
    again = draw(MockDisc(), 5000, 1, Selection(kind, 6.0, 20.0, 20.0, 0.5))
    assert all(np.array_equal(a, b) for a, b in zip(star, again, strict=True))


def test_what_is_no_disc_is_refused():
    for given, words in (
        ({"sigma_r_km_s": 200.0}, "too hot"),
        ({"tilt": 3.0}, "correlates"),
        ({"scale_length_kpc": 0.0}, "above 0"),
        ({"vc_r0_km_s": math.nan}, "finite"),
        ({"skewness": 3.0}, "skewness"),
    ):
        with pytest.raises(ValueError, match=words):
            MockDisc(**given)
    with pytest.raises(ValueError, match="no range"):
        Selection(r_min_kpc=9.0, r_max_kpc=8.0)
    with pytest.raises(ValueError, match="above 0.5"):
        Errors(distance_fraction=0.8)
    with pytest.raises(ValueError, match="next to no stars"):
        draw(MockDisc(), 10, 1, Selection("anticentre", 80.0, 90.0))
