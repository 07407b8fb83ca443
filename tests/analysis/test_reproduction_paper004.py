"""The numbers of paper 004: simulation against linear algebra, scipy and the checklist's values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import FK5, SkyCoord
from astropy.table import Table
from scipy.optimize import least_squares, minimize
from scipy.stats import chi2

from analysis.acceleration import paper004 as kernel
from analysis.frames import fk5_to_icrs
from analysis.reproduction import core
from analysis.reproduction.item import DIFFERS, HOLDS, NOT_TESTABLE
from analysis.reproduction.paper004 import fits, of_data, of_text, optimiser, sky, theory
from analysis.reproduction.simulation import Simulation
from catalogdb.epoch import MAS_PER_RAD, astrometry
from catalogdb.errors import AnalysisError

HOW = Simulation(stars=4000, searches=30, seed=4)


@pytest.fixture(scope="module")
def items():
    found = core("004", HOW)
    return {(i.item, i.quantity): i for i in found}


@pytest.fixture(scope="module")
def outcomes():
    return fits.simulate((*fits.SETUPS, fits.ROTATED), HOW.stars, 11)


# F1 and F2 mean error [mas/yr], 100 (F2/F1 - 1), F2 better [%] of the checklist, to its rounding and to the
# noise of its 10,000 stars.
CHECKLIST = {
    "": (0.099, 1.107, 1018, 0.7),
    "x0 = truth": (0.087, 1.107, 1174, 0.6),
    "free position": (0.099, 1.247, 1165, 0.5),
    "x0 = NPM": (3.089, 3.131, 1, 0.1),
    "no DR1, DR2": (0.570, 1.186, 108, 16),
    "hidden scatter 0.5 mas": (1.14, 1.11, -3, 52),
    "hidden scatter 0.8 mas": (1.84, 1.11, -39, 73),
    "hidden scatter 1 mas": (2.29, 1.12, -51, 81),
    "hidden scatter 3 mas": (6.88, 1.21, -82, 97),
}


@pytest.mark.parametrize("setup", fits.SETUPS, ids=lambda setup: setup.name)
def test_linear_algebra_gives_the_numbers_of_the_checklist(setup):
    one, two, excess, better = CHECKLIST[setup.name]
    found = theory.expectation(setup)
    assert found.mean_error[0] == pytest.approx(one, rel=0.012)
    assert found.mean_error[1] == pytest.approx(two, rel=0.006)
    ratio = 1.0 + excess / 100.0
    assert found.mean_error[1] / found.mean_error[0] == pytest.approx(ratio, rel=0.02, abs=0.006)
    assert 100.0 * found.better == pytest.approx(better, abs=0.6)


@pytest.mark.parametrize("setup", fits.SETUPS, ids=lambda setup: setup.name)
def test_the_simulation_gives_what_linear_algebra_expects(outcomes, setup):
    expected, deviation = theory.expectation(setup), outcomes[setup.name].deviation
    for i in range(2):
        ours = fits.mean(deviation[:, i])
        assert abs(ours.value - expected.mean_error[i]) < 4.0 * ours.error
    ratio = fits.mean_ratio(deviation)
    # Where one place decides all, both deviations are nearly the same and the ratio has next to no noise.
    assert abs(ratio.value - expected.mean_error[1] / expected.mean_error[0]) < 4.0 * ratio.error + 1e-4
    better = fits.fraction(deviation[:, 1] < deviation[:, 0])
    assert abs(better.value - expected.better) < 4.0 * better.error


def test_f1_is_never_beaten_where_errors_are_right(items):
    for setup in fits.SETUPS:
        sigma = theory.expectation(setup).sigma
        assert (sigma[0] <= sigma[1]) == (setup.hidden_mas == 0.0), setup.name
    assert items["C-5", "F2/F1 mean error ratio"].ours > 10.0
    assert items["C-5", "F2 better"].ours < 0.02


def test_no_set_up_gives_both_numbers_of_the_paper(items):
    ratios = {q.partition(" ratio")[2]: i for (_, q), i in items.items() if q.startswith("F2/F1 mean")}
    shares = {q.partition("better")[2]: i for (_, q), i in items.items() if q.startswith("F2 better")}
    assert ratios.keys() == shares.keys()
    assert len(ratios) == 10
    assert all(DIFFERS in (ratios[name].verdict, shares[name].verdict) for name in ratios)
    assert ratios[" (hidden scatter 0.8 mas)"].verdict == HOLDS
    assert shares[" (hidden scatter 3 mas)"].verdict == HOLDS


# --- the fits against scipy ------------------------------------------------------------------------


def _place(motion, star, i, years):
    """Right ascension and declination [rad] of straight motion in space, by the vectors of section 3."""
    a, d = np.radians([star.ra[i], star.dec[i]])
    east = np.array([-np.sin(a), np.cos(a), 0.0])
    north = np.array([-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)])
    out = np.array([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])
    v = (motion[0] * east + motion[1] * north + star.radial_motion[i] * out) / MAS_PER_RAD
    x, y, z = (out[:, None] + v[:, None] * years).reshape(3, -1)
    return np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))


@pytest.mark.parametrize("weighting", ["F1", "F2"])
def test_the_fits_are_those_of_scipy(weighting):
    setup = next(s for s in fits.SETUPS if s.place_known)
    few = sky.draw_sky(12, np.random.default_rng(3))
    rows = sky.observe(few, setup)
    ours = kernel.core(rows, weighting=weighting)
    years = sky.EPOCHS_YR - sky.EPOCHS_YR[sky.DR3]
    sigma_f = sky.ERRORS_MAS if weighting == "F1" else sky.ERRORS_MAS[:9] / np.abs(years[:9])
    for i in range(12):
        ra, dec = (np.radians(v[10 * i : 10 * i + 9]) for v in (rows.ra, rows.dec))

        def left(motion, i=i, ra=ra, dec=dec):
            a, d = _place(motion, few.star, i, years[:9])
            east = (np.mod(ra - a + np.pi, 2.0 * np.pi) - np.pi) * np.cos(dec)
            return np.concatenate([east, dec - d]) * MAS_PER_RAD / np.tile(sigma_f[:9], 2)

        start = np.array([few.star.pmra[i], few.star.pmdec[i]]) + 5.0
        theirs = least_squares(left, start, method="lm", x_scale=[1e3, 1e3], diff_step=1e-4, xtol=1e-14)
        # The linear model is about the F1 solution: a step of 1 mas/yr bends by some 1e-5 mas/yr.
        assert ours.pmra[i] == pytest.approx(theirs.x[0], abs=2e-4)
        assert ours.pmdec[i] == pytest.approx(theirs.x[1], abs=2e-4)
        if weighting == "F1":
            assert ours.chi2_lin[i] == pytest.approx(2.0 * theirs.cost, rel=1e-4)


def test_it_is_the_search_that_stalls_not_the_objective():
    """Without finite differences the minimum of equation 8 is that of the linear fit."""
    setup = next(s for s in fits.SETUPS if s.place_known)
    few = sky.draw_sky(3, np.random.default_rng(6))
    rows = sky.observe(few, setup)
    ours = kernel.core(rows, weighting="F1")
    years = sky.EPOCHS_YR - sky.EPOCHS_YR[sky.DR3]
    for i in range(3):
        seen = np.stack([rows.ra, rows.dec], axis=1)[10 * i : 10 * i + 10]
        star = optimiser._star(few, i, seen, years, 1.0 / sky.ERRORS_MAS**2)
        start = np.array([few.star.pmra[i], few.star.pmdec[i]]) + 3.0
        how = {"xatol": 1e-7, "fatol": 1e-12, "maxiter": 2000}
        found = minimize(optimiser.objective, start, args=(star,), method="Nelder-Mead", options=how)
        assert found.x == pytest.approx([ours.pmra[i], ours.pmdec[i]], abs=1e-4)


def test_a_search_by_differences_of_rounding_stalls(items):
    found = optimiser.search(30, 1)
    one, two = found.deviation.mean(axis=0)
    assert found.stalled > 0.9
    # The checklist has 2.9 and 1.19 of its own rounding; a fit that converges has 0.088 and 1.10.
    assert 1.5 < one < 5.0
    assert 0.8 < two < 1.7
    ratio = items["C-5", "F2/F1 mean error ratio (not converged, start +-10 mas/yr)"]
    assert ratio.ours == pytest.approx(0.4, abs=4.0 * ratio.ours_error)


# --- the objective of F2 ---------------------------------------------------------------------------


def test_probabilities_of_quadratic_forms_are_those_of_chi_square():
    even = np.array([1.0] * 16 + [0.0] * 4)
    for limit in (3.942, 16.0, 39.252):
        assert theory.probability_above(limit, even) == pytest.approx(chi2.sf(limit, 16), abs=1e-7)
    assert theory.chi2_variance(even) == pytest.approx(32.0)
    free = theory.objective_spectrum(replace(fits.MAIN, free=True), "F1")
    assert np.sort(free) == pytest.approx(np.sort(even), abs=1e-9)


def test_f2_has_heavy_tails_as_simulated_and_as_calculated(outcomes):
    statistic = outcomes[""].chi2[:, 1]
    spectrum = theory.objective_spectrum(fits.MAIN, "F2")
    scale = spectrum.sum() / 16.0
    spread = fits.variance(statistic)
    assert abs(spread.value - theory.chi2_variance(spectrum)) < 4.0 * spread.error
    high, low = (theory.probability_above(limit * scale, spectrum) for limit in (39.252, 3.942))
    for chosen, expected in ((statistic > 39.252, high), (statistic < 3.942, 1.0 - low)):
        ours = fits.fraction(chosen)
        assert abs(ours.value - expected) < 4.0 * ours.error
    # The checklist: 3.5 %, 3.6 % and a variance of 103.
    assert 100.0 * high == pytest.approx(3.5, abs=0.2)
    assert 100.0 * (1.0 - low) == pytest.approx(3.6, abs=0.2)


def test_the_variance_of_the_checklist_is_that_of_npm1_in_1960():
    later = theory.objective_spectrum(replace(fits.MAIN, npm1_yr=1960.0), "F2")
    assert theory.chi2_variance(later) == pytest.approx(103.6, abs=0.1)
    assert theory.chi2_variance(theory.objective_spectrum(fits.MAIN, "F2")) == pytest.approx(108.0, abs=0.1)


def test_the_low_tail_of_the_paper_is_that_of_f2_by_chance(items):
    assert items["0-2", "low tail, 229 of 6310, against F2 under the null"].verdict == HOLDS
    assert items["0-2", "uniform stars above 39.252 (F2)"].verdict == DIFFERS
    assert items["0-2", "uniform stars below 3.942 (F2)"].verdict == DIFFERS
    assert items["0-2", "uniform stars above 39.252 (F1)"].verdict == HOLDS
    assert items["C-3", "false accelerating stars of 6310 uniform ones, F2"].ours > 150.0


# --- the rotation that is none ---------------------------------------------------------------------


def test_the_rotation_is_refused_unless_it_is_forced():
    with pytest.raises(AnalysisError):
        fk5_to_icrs("ICRS", np.array([10.0]), np.array([20.0]), np.array([2000.0]))
    star = sky.draw_stars(50, np.random.default_rng(1))
    ra, dec = fk5_to_icrs("ICRS", star.ra, star.dec, 2000.0, force=True)
    theirs = SkyCoord(star.ra, star.dec, unit="deg", frame=FK5(equinox="J2000")).icrs
    apart = theirs.separation(SkyCoord(ra, dec, unit="deg")).to_value(u.mas)
    assert apart.max() < 0.05


def test_rotated_uniform_stars_are_flagged_by_f1(items):
    assert items["0-3", "displacement of ICRS positions by FK5 to ICRS, median"].ours == pytest.approx(
        27.6, abs=0.2
    )
    assert items["0-3", "displacement of ICRS positions by FK5 to ICRS, largest"].ours == pytest.approx(
        31.7, abs=0.1
    )
    one = items["0-3", "uniform stars flagged after FK5 rotation, F1"]
    two = items["0-3", "uniform stars flagged after FK5 rotation, F2"]
    assert one.ours == pytest.approx(0.70, abs=0.01 + 4.0 * one.ours_error)
    # The checklist has 5.4 % with 3.2 % before the rotation; here these are 6.0 and 3.65 (NPM1 in 1955).
    assert two.ours == pytest.approx(0.060, abs=4.0 * two.ours_error)
    assert (one.verdict, two.verdict) == (DIFFERS, DIFFERS)


def test_the_checklist_has_npm1_in_the_sixties():
    """Its F2 flags 3.2 % of uniform stars before the rotation and 5.4 % after it."""
    before, after = (replace(setup, npm1_yr=1963.0) for setup in (fits.MAIN, fits.ROTATED))
    found = fits.simulate((before, after), HOW.stars, 12)
    for name, expected in (("", 0.032), (fits.ROTATED.name, 0.054)):
        ours = fits.fraction(found[name].chi2[:, 1] > 39.252)
        assert abs(ours.value - expected) < 3.0 * ours.error + 5e-4


# --- what follows from the text --------------------------------------------------------------------


def test_numbers_that_need_no_simulation(items):
    for key, ours, tolerance in (
        (("C-1", "chi2(0.999, 16)"), 39.25235, 1e-5),
        (("C-1", "chi2(0.001, 16)"), 3.94163, 1e-5),
        (("C-2", "dof, place fixed"), 16, 0),
        (("C-2", "dof, place and motion free"), 16, 0),
        (("C-3", "expected false at 0.1 %"), 6.31, 1e-9),
        (("C-4", "median period of ultra-wide pairs"), 5.11, 0.005),
        (("C-5", "sigma_mu of F1"), 0.070, 5e-4),
        (("C-5", "sigma_mu of F2"), 0.88, 5e-3),
        (("C-7", "G-V relation of DR3 minus that of DR2, largest"), -32.4, 0.1),
        (("C-8", "TGAS agreement within 3 sigma, 1-D"), 0.9973, 5e-5),
        (("C-8", "APOP agreement within 3 sigma, 2-D"), 0.9889, 5e-5),
        (("C-9", "true matches discarded by the 1 sigma magnitude cut"), 0.3173, 5e-5),
        (("0-4", "deviation of the median wide pair in 60 yr at 100 pc"), 0.16, 0.005),
        (("0-4", "deviation of the median wide pair in 60 yr at 200 pc"), 0.08, 0.005),
        (("C2", "long-term motion, old catalogues"), 0.46, 0.005),
        (("C2", "sigma(acc) with Gaia"), 0.048, 5e-4),
    ):
        assert items[key].ours == pytest.approx(ours, abs=tolerance), key
    assert theory.sigma_acceleration(hipparcos=True, motion_error_mas_yr=0.02) == pytest.approx(
        0.0036, abs=5e-5
    )


def test_hit_rates_are_compared_with_all_stars(items):
    names = [name for name, *_ in of_text.SAMPLES]
    rates = [items["C-4", f"hit rate of {name} against all stars"] for name in names]
    assert [rate.claimed for rate in rates] == pytest.approx([0.727, 0.923, 0.292], abs=5e-4)
    assert [rate.verdict for rate in rates] == [DIFFERS, DIFFERS, HOLDS]
    assert "62 of 212 can not be told from the 35.1 %" in rates[2].reason


def test_what_needs_the_table_of_the_paper_says_so(items):
    missing = [item for item in items.values() if item.verdict == NOT_TESTABLE]
    assert len(missing) == 14
    assert all("not here" in item.reason or "212 separations" in item.reason for item in missing)


def test_errors_of_small_fractions_are_not_zero():
    none = fits.fraction(np.zeros(1000, bool))
    assert none.value == 0.0
    assert none.error == pytest.approx(1e-3)


# --- the simulated sky -----------------------------------------------------------------------------


def test_any_number_of_stars_comes_in_blocks_with_seeds_of_their_own(monkeypatch):
    monkeypatch.setattr(sky, "STARS_AT_ONCE", 40)
    blocks = list(sky.skies(100, 1))
    assert [len(block.star) for block in blocks] == [40, 40, 20]
    assert not np.isin(blocks[0].star.ra, blocks[1].star.ra).any()
    again = fits.simulate((fits.MAIN,), 100, 1)
    assert again[""].deviation.shape == (100, 2)
    assert np.array_equal(again[""].deviation, fits.simulate((fits.MAIN,), 100, 1)[""].deviation)


def test_stars_stand_evenly_in_the_range_of_the_paper():
    star = sky.draw_stars(20_000, np.random.default_rng(2))
    assert star.dec.min() > -16.0
    height = (np.sin(np.radians(star.dec)) - np.sin(np.radians(-16.0))) / (1.0 + np.sin(np.radians(16.0)))
    assert height.mean() == pytest.approx(0.5, abs=0.01)
    assert np.abs(star.pmra).max() <= 200.0


# --- real rows -------------------------------------------------------------------------------------


def test_real_stars_show_perspective_and_what_the_cut_costs(data):
    found = {item.item: item for item in of_data.of_data(data)}
    assert found["C-6"].verdict == DIFFERS
    assert 1.0 < found["C-6"].ours < 3.0
    assert found["C-9"].ours == pytest.approx(0.511, abs=1e-3)
    assert found["C-9"].reason.startswith("45 stars of APASS around EY UMa")


def test_perspective_changes_the_motion_by_twice_its_radial_share():
    # Barnard's star: the motion changes by -2 mu zeta a year, zeta = parallax v / 4.74.
    ones = np.ones(1)
    motion = (546.98 * ones, -801.6 * ones, 10362.4 * ones, -110.5 * ones)
    ratio = of_data.perspective_ratio(269.45 * ones, 4.74 * ones, motion, (1e9 * ones, 1e9 * ones, ones))
    zeta = 546.98 * -110.5 / 4.740470464 / MAS_PER_RAD
    mu = np.hypot(801.6, 10362.4)
    first_order = 100.0 * 2.0 * mu * abs(zeta)
    assert ratio[0] == pytest.approx(first_order, rel=0.03)


def test_parts_of_the_folder_are_enough(data, tmp_path: Path):
    for name in (of_data.APASS, of_data.REFCAT):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(data / name)
    found = {item.item: item.verdict for item in of_data.of_data(tmp_path)}
    assert found == {"C-6": NOT_TESTABLE, "C-9": DIFFERS}


def _bench(**columns):
    names = ("ra", "dec", "parallax", "pmra", "pmdec", "radial_velocity", "phot_g_mean_mag")
    names += ("parallax_error", "pmra_error", "pmdec_error")
    return Table({name: [columns.get(name, 10.0)] for name in names})


def test_tables_that_can_not_be_used_are_told():
    quiet = next(of_data.perspective(_bench(pmra=1.0, pmdec=1.0, parallax=1.0, pmra_error=0.5)))
    assert quiet.verdict == HOLDS
    with pytest.raises(AnalysisError, match="no star with a velocity in the paper's ranges"):
        list(of_data.perspective(_bench(dec=-60.0)))
    table = _bench()
    table.remove_column("radial_velocity")
    with pytest.raises(AnalysisError, match="lacks the columns radial_velocity"):
        list(of_data.perspective(table))
    apass = Table({"RAJ2000": [1.0], "DEJ2000": [2.0], "Vmag": [10.0], "e_Vmag": [0.1]})
    gaia = Table({name: [50.0] for name in ("RA_ICRS", "DE_ICRS", "Gmag", "BPmag", "RPmag")})
    with pytest.raises(AnalysisError, match="have no star in common"):
        list(of_data.cut(apass, gaia))


def test_motions_do_not_depend_on_where_the_zero_of_right_ascension_is():
    few = sky.draw_sky(30, np.random.default_rng(8))
    star = few.star
    turned = astrometry(
        np.mod(star.ra + 200.0, 360.0),
        star.dec,
        star.epoch_yr,
        parallax_mas=star.parallax,
        pmra_mas_yr=star.pmra,
        pmdec_mas_yr=star.pmdec,
        radial_velocity_km_s=star.radial_velocity,
    )
    both = [fits.fit(each, fits.MAIN).deviation for each in (few, replace(few, star=turned))]
    assert both[0] == pytest.approx(both[1], abs=1e-5)
