"""The rotation curve on simulated discs of known truth, and each of its parts against independent sums."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from analysis.galaxy import jeans
from analysis.galaxy.coords import galactocentric
from analysis.galaxy.mock import Errors, MockDisc, Selection, draw, observe
from analysis.galaxy.sun import Sun
from analysis.rotation_curve import distances, resample
from analysis.rotation_curve.bins import joined
from analysis.rotation_curve.curve import Model, curve, line_of, twins_of
from analysis.rotation_curve.density import measured_scale_length
from analysis.rotation_curve.profiles import Statistics, fit_profiles, statistics_of
from analysis.rotation_curve.response import OUTPUTS, correction, response
from analysis.rotation_curve.seen import MOMENTS, Stars, moments, place, seen
from analysis.rotation_curve.systematics import Assumed, Change, _parts, _smooth, changes, errors
from catalogdb.errors import AnalysisError

SUN = Sun()
DISC = MockDisc()
EDGES = np.linspace(5.0, 25.0, 41)
PLAIN = Model(SUN)


def stars_of(columns):
    n = len(columns["ra"])
    names = ("pmra", "pmdec", "radial_velocity", "pmra_error", "pmdec_error")
    relative = columns["dist_error"] / columns["dist"]
    motion = [columns[name] for name in names]
    rest = (np.zeros(n), columns["radial_velocity_error"], np.ones(n))
    return Stars(columns["ra"], columns["dec"], columns["dist"], relative, *motion, *rest)


def mock(seed, n=54_000, selection="uniform", **given):
    truth = draw(DISC, n, 2 * seed, Selection(kind=selection))
    return stars_of(observe(truth, Errors(**given), 2 * seed + 1))


def off(found):
    return found.vc - DISC.circular_velocity(found.r_kpc)


# --- the equation ------------------------------------------------------------------------------------


def test_the_jeans_equation_by_hand_and_by_the_asymmetric_drift():
    # R 8 kpc, h 2.5 kpc, sigma_R 35 km/s falling as exp(-R/16 kpc), <vphi> 220, var_phi 22^2, cross term 100.
    vphi2, vr2 = 220.0**2 + 22.0**2, 35.0**2
    by_hand = np.sqrt(vphi2 - vr2 * (1.0 - 8.0 / 2.5 - 2.0 * 8.0 / 16.0) - 100.0)
    terms = (np.array(vr2), np.array(-8.0 / 2.5), np.array(-1.0), np.array(100.0))
    found = jeans.circular_velocity(np.array(vphi2), *terms)
    assert found == pytest.approx(by_hand, rel=1e-14)
    drift = jeans.drift_velocity(np.array(220.0), np.array(22.0**2), *terms)
    assert drift == pytest.approx(by_hand, abs=0.1)
    va = by_hand - 220.0
    first = jeans.drift_velocity_first_order(np.array(220.0), np.array(22.0**2), *terms)
    assert by_hand - first == pytest.approx(va**2 / (2.0 * by_hand), rel=0.1)
    assert np.isnan(jeans.circular_velocity(np.array(0.0), np.array(1.0), *np.ones(3)))


def test_the_simulated_discs_own_moments_give_its_circular_velocity():
    r, z = np.linspace(5.0, 25.0, 9), 0.1 * np.ones(9)
    found = jeans.circular_velocity(
        DISC.vphi2(r, z), DISC.vr2(r), DISC.dlnnu_dlnr(r), DISC.dlnvr2_dlnr(r), DISC.cross_term(r, z)
    )
    assert found == pytest.approx(DISC.circular_velocity(r), rel=1e-12)
    fall = 0.1 * np.tanh(0.1 / 0.6) / 0.3
    cross = jeans.cross_term(DISC.vr2(r), DISC.vz2(r), fall * np.ones(9), np.ones(9))
    assert cross == pytest.approx(DISC.cross_term(r, z), rel=2e-3)  # to first order in z/R


def test_gradients_of_dispersions_have_no_bias_of_logarithms():
    rng = np.random.default_rng(1)
    x, n = np.linspace(-0.5, 1.5, 20), np.full(20, 10.0)
    truth = np.exp(6.0 - 1.3 * x)
    y = truth * rng.chisquare(10.0, (4000, 20)) / 10.0
    coefficients, _ = jeans.log_polynomial(x, y, n, 1)
    by_theory = np.sqrt(2.0 / 10.0 / np.sum((x - x.mean()) ** 2))
    assert coefficients[:, 1].std() == pytest.approx(by_theory, rel=0.05)
    assert coefficients.mean(axis=0) == pytest.approx(
        [6.0, -1.3], abs=3.5 * by_theory / np.sqrt(4000) + 0.006
    )
    steeper = jeans.log_slope(np.array([1.0, -2.0, 0.5]), x)
    assert steeper == pytest.approx(-2.0 + x)
    below = y[0].copy()
    below[3] = -5.0  # what noise has made negative has no logarithm
    assert np.isfinite(jeans.log_polynomial(x, below, n, 1)[0]).all()


# --- moments -----------------------------------------------------------------------------------------


def test_moments_are_those_of_the_galactocentric_coordinates():
    stars = mock(1, 500)
    view = seen(stars, SUN)
    at = place(view.along, stars.distance_kpc, view.place)
    found = moments(
        replace(stars, pmra_error=0 * stars.rv, pmdec_error=0 * stars.rv, rv_error=0 * stars.rv),
        view,
        at,
        0.3,
    )
    own = galactocentric(
        stars.ra_deg, stars.dec_deg, stars.distance_kpc, stars.pmra, stars.pmdec, stars.rv, SUN
    )
    expected = (
        own.vphi,
        own.vphi**2,
        own.vR,
        own.vR**2,
        own.vz**2,
        own.vR * own.vz * own.z_kpc,
        own.z_kpc**2,
    )
    for k, each in enumerate(expected):
        assert found[:, k] == pytest.approx(each, rel=1e-9, abs=1e-8), MOMENTS[k]
    assert at.r_kpc == pytest.approx(own.R_kpc)
    assert at.phi_rad == pytest.approx(own.phi_rad)


def test_errors_of_motion_and_velocity_are_taken_off_the_second_moments():
    exact = mock(2, distance_fraction=0.0, pm_mas_yr=0.0, rv_km_s=0.0)
    rng = np.random.default_rng(3)
    n = len(exact)
    first, second, third = rng.normal(size=(3, n))
    corr = np.full(n, 0.6)
    noisy = replace(
        exact,
        pmra=exact.pmra + 0.3 * first,
        pmdec=exact.pmdec + 0.4 * (0.6 * first + 0.8 * second),
        rv=exact.rv + 12.0 * third,
        pmra_error=np.full(n, 0.3),
        pmdec_error=np.full(n, 0.4),
        pm_corr=corr,
        rv_error=np.full(n, 12.0),
    )
    one = [EDGES[0], 9.0, EDGES[-1]]
    view = seen(exact, SUN)
    at = place(view.along, exact.distance_kpc, view.place)
    bins = np.searchsorted(one, at.r_kpc, side="right") - 1
    means = [resample.bin_means(moments(s, seen(s, SUN), at, 0.3), bins, 2) for s in (exact, noisy)]
    spread = [moments(s, seen(s, SUN), at, 0.3)[bins == 1].std(axis=0) for s in (exact, noisy)]
    error = spread[1] / np.sqrt((bins == 1).sum())
    assert (np.abs(means[1] - means[0])[1] < 4.0 * error + 1e-9).all()
    assert (spread[1][:6] > 1.1 * spread[0][:6]).all()  # noise that would have shown


def test_bins_are_joined_until_they_have_enough_stars():
    r = np.concatenate(
        [np.full(5, 6.2), np.full(40, 7.2), np.full(9, 8.2), np.full(9, 9.2), np.full(3, 12.1)]
    )
    found = joined(np.arange(5.0, 26.0), r, 15)
    assert found.tolist() == [6.0, 8.0, 13.0]
    assert len(joined(np.arange(5.0, 26.0), r[:3], 15)) == 1


def test_the_scale_length_of_stars_whose_weights_undo_the_choice():
    stars = mock(6, 20_000, "steep", distance_fraction=0.0)  # as many as exp(-R/5 kpc) by R
    view = seen(stars, SUN)
    r = place(view.along, stars.distance_kpc, view.place).r_kpc
    weighted = replace(stars, weight=r * np.exp(r / 5.0 - r / 2.5))
    length, error = measured_scale_length(weighted, PLAIN, 1)
    assert length == pytest.approx(2.5, abs=3.5 * error)
    assert 0.0 < error < 0.1
    with pytest.raises(AnalysisError, match="does not fall"):
        measured_scale_length(replace(stars, weight=r * np.exp(r / 3.0)), PLAIN, 1)


# --- resampling --------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [False, True])
def test_bootstraps_draw_within_bins_with_the_spread_of_theory(compiled, monkeypatch):
    monkeypatch.setattr(resample, "COMPILED_FROM", 0 if compiled else 10**12)
    rng = np.random.default_rng(4)
    bins = np.repeat([0, 1, 2], [7, 400, 93])
    columns = rng.normal(size=(500, 5)) * [1.0, 2.0, 3.0, 4.0, 5.0] + 10.0
    columns[:, 1] += columns[:, 0]
    found = resample.resampled(columns, bins, 3, 8000, np.random.default_rng(5))
    assert found.shape == (8000, 3, 5)
    for b, n in enumerate((7, 400, 93)):
        mine = columns[bins == b]
        theory = np.cov(mine, rowvar=False, ddof=0) / n
        scale = np.sqrt(np.outer(np.diag(theory), np.diag(theory)))
        assert np.abs(np.cov(found[:, b], rowvar=False) - theory).max() < 0.06 * scale.max()
        assert (np.abs(np.cov(found[:, b], rowvar=False) - theory) / scale).max() < 0.06
        assert found[:, b].mean(axis=0) == pytest.approx(
            mine.mean(axis=0), abs=5.0 * np.sqrt(theory.max() / 8000)
        )
    # Bins are independent, and a replicate is a mean of stars: of one bin with one star it is that star.
    assert abs(np.corrcoef(found[:, 0, 0], found[:, 1, 0])[0, 1]) < 0.05
    lone = resample.resampled(columns[:1], np.zeros(1, np.intp), 1, 5, np.random.default_rng(1))
    assert lone == pytest.approx(np.broadcast_to(columns[0], (5, 1, 5)))
    again = resample.resampled(columns, bins, 3, 8000, np.random.default_rng(5))
    assert (again == found).all()


# --- errors of distance ------------------------------------------------------------------------------


@pytest.mark.parametrize("noise", distances.NOISES)
def test_true_distances_are_drawn_from_the_distribution_behind_the_noise(noise):
    rng = np.random.default_rng(6)
    n = 6000
    true = 5.0 + rng.exponential(1.2, n)
    factor = np.exp(0.15 * rng.normal(size=n)) if noise == "magnitude" else 1.0 + 0.15 * rng.normal(size=n)
    seen_at = true * factor
    found = distances.draw(seen_at, np.full(n, 0.15), np.zeros(n, np.intp), 4, noise, rng)
    beyond = [float((each > 10.0).mean()) for each in (true, seen_at, found)]
    assert beyond[1] > 1.25 * beyond[0]
    assert beyond[2] == pytest.approx(beyond[0], abs=0.35 * (beyond[1] - beyond[0]))
    again = distances.observe(found, np.full(n, 0.15), noise, rng)
    shares = [np.quantile(each, [0.05, 0.25, 0.5, 0.75, 0.95]) for each in (seen_at, again)]
    assert shares[1] == pytest.approx(shares[0], rel=0.02)
    assert (distances.draw(seen_at, np.zeros(n), np.zeros(n, np.intp), 2, noise, rng) == seen_at).all()


def test_expected_moments_at_wrong_distances_are_those_of_simulated_velocities():
    stars = mock(3, 20_000, distance_fraction=0.0)
    view = seen(stars, SUN)
    rng = np.random.default_rng(7)
    true = place(view.along, stars.distance_kpc, view.place)
    ratio = 1.0 + 0.15 * rng.normal(size=len(stars))
    at = place(view.along, stars.distance_kpc * ratio, view.place)
    bins = np.searchsorted([7.0, 9.0, 14.0, 20.0], at.r_kpc, side="right") - 1
    bins[bins == 3] = -1
    fold = response(view.along, view.motion, true, at, ratio, bins, 3)
    exact = Statistics(np.linspace(5.0, 25.0, 81), np.zeros((6, 81)), np.full(81, 0.09), np.ones(81))
    r, z = exact.r_kpc, np.full(81, 0.3)
    mean = np.sqrt(DISC.vphi_mean_squared(r, z))
    tilt = (DISC.vr2(r) - DISC.vz2(r)) * 0.09 / r
    profiles = fit_profiles(
        exact.at(np.stack([mean, mean**2 + DISC.vphi_variance(r), 0 * r, DISC.vr2(r), DISC.vz2(r), tilt]))
    )
    assert profiles.tilt == pytest.approx(1.0, abs=0.01)
    assert statistics_of(profiles, r, exact.z2)[3] == pytest.approx(DISC.vr2(r), rel=1e-6)
    wrong = replace(stars, distance_kpc=stars.distance_kpc * ratio)
    columns = moments(wrong, seen(wrong, SUN), at, 0.3)
    drawn = resample.bin_means(columns, bins, 3).T
    count = np.bincount(bins[bins >= 0])
    for b in range(3):
        error = columns[bins == b].std(axis=0) / np.sqrt(count[b])
        for k, name in enumerate(OUTPUTS):
            assert abs(fold.folded(profiles)[k, b] - drawn[k, b]) < 4.5 * error[k], (name, b)
    assert fold.share.sum(axis=1) == pytest.approx(np.ones(3))


def test_without_errors_the_curve_is_the_truth():
    found = curve(mock(4, distance_fraction=0.0), EDGES, PLAIN, replicates=60, seed=1)
    pulls = off(found) / found.error
    assert np.sqrt(np.mean(pulls**2)) == pytest.approx(1.0, abs=0.35)
    assert np.abs(found.vc - found.vc_drift).max() < 0.1
    assert found.count.sum() + found.outside == 54_000
    line = line_of(found, SUN.r0_kpc)
    assert abs(line.slope + 1.83) < 3.5 * line.slope_error
    assert abs(line.vc_r0 - 234.0) < 3.5 * line.vc_error
    assert found.tilt == pytest.approx(1.0, abs=0.3)
    assert found.dlnvr2 == pytest.approx(DISC.dlnvr2_dlnr(found.r_kpc), rel=0.05)


def test_what_errors_of_distance_do_is_undone():
    """The short form of tests/bench/bench_rotation_curve.py --part bias: three surveys with a far tail."""
    before, after, slopes = [], [], []
    edges = np.array([8.0, 10.0, 12.0, 15.0, 18.0, 20.0, 23.0])
    for seed in (1, 2, 3):
        stars = mock(seed, selection="anticentre")
        found = curve(stars, edges, PLAIN, twins_of(stars, PLAIN, seed), replicates=20, seed=seed)
        before.append(off(curve(stars, edges, PLAIN)))
        after.append(off(found))
        slopes.append(line_of(found, SUN.r0_kpc).slope + 1.83)
    sem = found.error / np.sqrt(3.0)
    assert np.mean(before, axis=0)[-1] > 2.0
    assert np.mean(before, axis=0)[0] < -0.3
    assert (np.abs(np.mean(after, axis=0)[:-1]) < 0.5 + 2.0 * sem[:-1]).all()
    assert abs(np.mean(after, axis=0)[-1]) < 1.0
    assert abs(np.mean(slopes)) < 0.05


def test_error_bars_cover_the_truth(monkeypatch):
    """The short form of tests/bench/bench_rotation_curve.py --part coverage: 30 small surveys."""
    monkeypatch.setattr(distances, "TWINS", 12_000)
    monkeypatch.setattr(resample, "COMPILED_FROM", 10**12)
    edges = np.array([6.0, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0])
    pulls, lines = [], []
    for seed in range(30):
        stars = mock(seed, 3000)
        found = curve(stars, edges, PLAIN, twins_of(stars, PLAIN, seed), replicates=60, seed=seed)
        line = line_of(found, SUN.r0_kpc)
        pulls.append(off(found) / found.error)
        lines.append([(line.vc_r0 - 234.0) / line.vc_error, (line.slope + 1.83) / line.slope_error])
    for each in (np.array(pulls), np.array(lines)):
        for level, limit in ((0.6827, 1.0), (0.9545, 2.0)):
            low, high = binom(each.size, level).ppf([0.0005, 0.9995]) / each.size
            assert low <= (np.abs(each) < limit).mean() <= high


def test_an_error_of_the_correction_is_carried_as_one_of_the_moments():
    """Twins of other stars make another bias: what is left of it after the profiles are fitted again."""
    edges = np.linspace(6.0, 24.0, 10)
    stars = mock(1, 3000)
    fixed = curve(stars, edges, PLAIN, twins_of(stars, PLAIN, 1)).correction
    assert fixed is not None
    more = 0.001 * fixed.observed.moments * np.linspace(-1.0, 1.0, 9)
    again = correction(fixed.fold, fixed.observed.less(more))
    exact = (again.observed.moments - again.bias) - (fixed.observed.moments - fixed.bias)
    carried = fixed.carried(-more[None])[0]
    for k in (OUTPUTS.index("vr2"), OUTPUTS.index("vz2")):
        size = np.abs(exact[k]).max()
        assert np.abs(carried[k] - exact[k]).max() < 0.05 * size
        assert np.abs(-more[k] - exact[k]).max() > 0.08 * size  # the profiles follow


def test_what_can_not_be_undone_is_said_and_not_left_in():
    """An iteration that runs off ends in profiles that are no numbers: that is no correction of 0."""
    edges = np.linspace(6.0, 24.0, 10)
    stars = mock(1, 3000)
    fixed = curve(stars, edges, PLAIN, twins_of(stars, PLAIN, 1)).correction
    assert fixed is not None
    wild = fixed.observed.moments.copy()
    wild[3] = -1000.0  # <vR^2> below 0 throughout
    with pytest.raises(AnalysisError, match="can not be undone"):
        correction(fixed.fold, fixed.observed.at(wild))
    made = [Change("distance scatter", "", s, np.full(9, v)) for s, v in ((-0.33, np.nan), (0.33, 0.66))]
    adopted = curve(stars, edges, PLAIN, replicates=20)
    some = Assumed(0.0, 0.33, 0.0, 0.0, 0.0, 0.0)
    of = errors(made, PLAIN, adopted, some, lambda other: adopted).of
    assert of["e_sys_scatter"] == pytest.approx(np.full(9, 0.66))  # by the shift that there is


# --- systematics -------------------------------------------------------------------------------------


def test_each_systematic_has_the_sign_and_size_that_theory_gives():
    stars = mock(5, 12_000, distance_fraction=0.0)
    edges = np.linspace(6.0, 24.0, 10)
    adopted = curve(stars, edges, PLAIN, replicates=30, seed=1)
    made = list(changes(stars, edges, PLAIN, adopted, None, 1, 3))

    def one(name: str, words: str) -> Change:
        return next(each for each in made if each.assumption == name and words in each.change)

    for length in (2.0, 4.0):
        square = adopted.vc**2 + adopted.vr2 * adopted.r_kpc * (1.0 / length - 1.0 / 2.5)
        assert one("scale length", f"{length:g} kpc").dvc == pytest.approx(np.sqrt(square) - adopted.vc)
    assert one("scale length", "2 kpc").dvc[0] > 1.8
    assert one("scale length", "4 kpc").dvc[0] < -2.7
    for sign in (-1.0, 1.0):
        moved = one("Sun's velocity", f"{5.0 * sign:+g} km/s").dvc
        assert moved == pytest.approx(np.full(9, 5.0 * sign), abs=0.6)  # rigid, but for stars at azimuths
    jeans_term = one("no Jeans term", "").dvc
    assert jeans_term[1] == pytest.approx(-8.7, abs=1.0)
    assert jeans_term[-1] == pytest.approx(-4.9, abs=1.0)
    assert np.abs(one("cross term", "none").dvc).max() < 2.0
    parts = [one("azimuth", "").count, one("side", "north").count]
    assert all(each is not None and each.sum() > 0 for each in parts)
    of = errors(
        made, PLAIN, adopted, Assumed(0.05, 0.33, 0.5, 1.4, 0.031, 0.1), lambda m: curve(stars, edges, m)
    )
    assert of.of["e_sys_vsun"] == pytest.approx(np.full(9, 1.4), abs=0.2)
    assert np.linalg.eigvalsh(of.covariance).min() > -1e-9
    assert of.of["e_sys"] == pytest.approx(np.sqrt(np.diag(of.covariance)))
    off_diagonal = of.covariance[0, -1] / (of.of["e_sys"][0] * of.of["e_sys"][-1])
    assert off_diagonal > 0.3  # the bins share them


def test_systematic_errors_hold_what_another_height_flare_tilt_or_dispersion_changes():
    # Tracers of twice the height that is told: the cross term's average is no longer what is measured.
    disc = MockDisc(scale_height_kpc=0.6)
    stars = stars_of(observe(draw(disc, 20_000, 3), Errors(distance_fraction=0.0), 4))
    edges = np.linspace(6.0, 24.0, 10)
    right = curve(stars, edges, replace(PLAIN, scale_height_kpc=0.6), replicates=40, seed=1)
    wrong = curve(stars, edges, PLAIN, replicates=40, seed=1)
    assert np.mean((off(right) / right.error)[:4] ** 2) < 4.0
    assert (off(wrong) > 2.0)[:2].all()
    made = list(changes(stars, edges, PLAIN, wrong, None, 1, 2))

    def again(model):
        return curve(stars, edges, model)

    of = errors(made, PLAIN, wrong, Assumed(0.0, 0.0, 0.0, 0.0, 0.0, 0.3), again).of
    assert (of["e_sys_height"] > 0.5 * np.abs(wrong.vc - right.vc)).all()
    by_hand = {
        "e_sys_flare": replace(PLAIN, flare_kpc=9.0),
        "e_sys_cross": replace(PLAIN, cross="none"),
        "e_sys_dispersion": replace(PLAIN, dispersion_degree=2),
    }
    for name, model in by_hand.items():
        assert of[name] == pytest.approx(np.abs(again(model).vc - wrong.vc)), name
        assert (of["e_sys"] >= of[name]).all()


def test_a_disc_that_flares_by_sums_over_its_heights():
    """<vR^2> and tilt given, (R/nu) d(nu <vR vz>)/dz and dln nu/dlnR by differences of nu, at one R."""
    flare, height, r, step = 9.0, 0.3, 15.0, 1e-5

    def ln_nu(r, z):
        h = height * np.exp((r - 8.122) / flare)
        return -r / 2.5 - np.log(h) - 2.0 * np.log(np.cosh(z / (2.0 * h)))

    z = np.random.default_rng(1).normal(0.0, 0.4, 1000)  # not those of the tracers
    by_z = (ln_nu(r, z + step) - ln_nu(r, z - step)) / (2.0 * step)
    by_r = (ln_nu(r + step, z) - ln_nu(r - step, z)) / (2.0 * step)
    model = replace(PLAIN, flare_kpc=flare, cross="spherical")
    stars = mock(1, 1000, distance_fraction=0.0)
    view = seen(stars, SUN)
    at = replace(place(view.along, stars.distance_kpc, view.place), r_kpc=np.full(1000, r), z_kpc=z)
    columns = moments(stars, view, at, model.height_kpc(at.r_kpc)).mean(axis=0)
    fall = columns[MOMENTS.index("z_fall")]
    # vrvz = (vr2 - vz2) z/R: its part of the cross term is (vr2 - vz2) (1 + z dln nu/dz).
    assert 1.0 - fall == pytest.approx(np.mean(1.0 + z * by_z), rel=1e-6)
    assert -r / 2.5 - r / flare * (1.0 - fall) == pytest.approx(np.mean(r * by_r), rel=1e-6)


def test_what_distances_all_too_large_do_is_smoothed_and_kept():
    """A change of sign between 6 and 9 kpc, as all distances 5 % wrong make, under noise of bins."""
    r = np.linspace(5.25, 24.75, 40)
    true = 1.5 * np.tanh(2.0 * (r - 7.3)) * np.exp(-np.maximum(r - 9.0, 0.0) / 12.0)
    noisy = true + 0.3 * np.random.default_rng(1).normal(size=40)
    smooth = _smooth(r, noisy, np.full(40, 0.7))
    assert np.abs(smooth - true).max() < 0.75
    assert np.sqrt(np.mean((smooth - true) ** 2)) < 0.25
    assert smooth[1] < -0.8
    assert smooth[7] > 0.8
    straight = 2.0 - 0.1 * r
    assert _smooth(r, straight, np.full(40, 0.7)) == pytest.approx(straight)


def test_parts_of_the_stars_differ_from_the_whole_by_their_errors():
    edges = np.linspace(6.0, 24.0, 7)
    pulls = []
    for seed in range(12):
        stars = mock(seed, 3000, distance_fraction=0.0)
        whole = curve(stars, edges, PLAIN, replicates=30, seed=seed)
        for part in _parts(stars, edges, PLAIN, whole, None, seed, 3):
            pulls.append(part.dvc / part.error)
    assert np.std(pulls) == pytest.approx(1.0, abs=0.1)
