"""What models of stellar labels share: hull, normalisation, grids, errors, published coefficients."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis.labels.cannon import train
from analysis.labels.fit import BEYOND_TRAINING, POOR_FIT, UNDETERMINED, fit
from analysis.labels.grid import C_KM_S, air_from_vacuum, resampled, vacuum_from_air
from analysis.labels.hull import Hull
from analysis.labels.normalise import Smoothing, smooth
from analysis.labels.published import numbers, published
from catalogdb.errors import AnalysisError

LABELS = ("teff", "logg", "fe_h")


def _truth(rng, n_labels=3, n_pixels=150):
    has = rng.random((n_labels, n_pixels)) < 0.4
    slope = np.where(has, rng.normal(0.0, 0.05, has.shape), 0.0)
    curve = np.where(has, rng.normal(0.0, 0.01, has.shape), 0.0)
    return lambda theta: 0.9 + theta @ slope + theta**2 @ curve


# Where the training set is


def _giants(rng, n):
    """A bent, thin sequence of giants, metal-rich and metal-poor: Teff, logg, [Fe/H]."""
    logg = rng.uniform(0.5, 3.3, n)
    metal = np.where(rng.random(n) < 0.8, rng.normal(-0.2, 0.2, n), rng.normal(-1.6, 0.15, n))
    teff = 3900.0 + 330.0 * logg + 20.0 * logg**2 - 250.0 * metal + rng.normal(0.0, 40.0, n)
    return np.column_stack([teff, logg, metal])


def test_nearly_all_stars_beyond_the_training_set_are_recognised_and_few_others():
    rng = np.random.default_rng(1)
    hull = Hull.of(_giants(rng, 1500))
    inside = hull.distance(_giants(rng, 3000))
    assert np.mean(inside > 1.0) < 0.03
    n = 1000
    logg = rng.uniform(0.5, 3.3, n)
    dwarfs = np.column_stack(
        [rng.uniform(4500.0, 6500.0, n), rng.uniform(4.2, 4.8, n), rng.normal(-0.2, 0.2, n)]
    )
    hot = _giants(rng, n) + np.array([600.0, 0.0, 0.0])
    warm = _giants(rng, n) + np.array([300.0, 0.0, 0.0])
    poor = np.column_stack([3900.0 + 330.0 * logg + 20.0 * logg**2 + 700.0, logg, np.full(n, -2.8)])
    for beyond in (dwarfs, hot, warm, poor):
        assert np.mean(hull.distance(beyond) > 1.0) >= 0.95


def test_in_eight_dimensions_too():
    rng = np.random.default_rng(2)
    hull = Hull.of(rng.uniform(-1.0, 1.0, (1500, 8)))
    assert np.mean(hull.distance(rng.uniform(-1.0, 1.0, (2000, 8))) > 1.0) < 0.05
    beyond = rng.uniform(-1.5, 1.5, (4000, 8))
    beyond = beyond[np.abs(beyond).max(1) > 1.0]
    assert np.mean(hull.distance(beyond) > 1.0) >= 0.95
    assert np.isnan(hull.distance(np.full((1, 8), np.nan))).all()


def test_a_hull_needs_stars():
    with pytest.raises(ValueError, match="4 stars with all 3 labels"):
        Hull.of(np.random.default_rng(1).normal(size=(4, 3)))


# The errors are what they say


@pytest.mark.parametrize("scatter", [0.0, 0.02])
def test_the_errors_cover_what_they_say(scatter):
    """Known noise, with and without an error of the model itself, which must be in the covariance."""
    rng = np.random.default_rng(2026)
    flux = _truth(rng)

    def seen(n):
        theta = rng.uniform(-1.0, 1.0, (n, 3))
        made = flux(theta)
        made = made + rng.normal(0.0, 1.0, made.shape) * np.hypot(0.02, scatter)
        return theta, made, np.full(made.shape, 0.02**-2.0)

    model = train(*seen(600), LABELS, np.arange(150.0))
    theta, *spectra = seen(700)
    found = fit(model, *spectra)
    sig = np.sqrt(np.einsum("nkk->nk", found.covariance))
    pull = ((found.theta - theta) / sig)[np.abs(theta).max(1) < 0.9]
    # 1500 numbers: their binomial deviation is 0.012 and 0.006.
    assert np.mean(np.abs(pull) < 1.0) == pytest.approx(0.683, abs=0.03)
    assert np.mean(np.abs(pull) < 2.0) == pytest.approx(0.954, abs=0.018)
    assert found.chi2.sum() / found.dof.sum() == pytest.approx(1.0, abs=0.02)
    away = np.einsum(
        "nk,nkl,nl->n", found.theta - theta, np.linalg.inv(found.covariance), found.theta - theta
    )
    assert np.median(away) == pytest.approx(2.366, rel=0.1)  # of chi2 with 3 degrees of freedom
    if scatter:
        bare = replace(model, scatter=np.zeros(150), noise=np.zeros(150))
        blind = fit(bare, *spectra)
        narrow = np.sqrt(np.einsum("nkk->nk", blind.covariance))
        assert np.mean(np.abs((blind.theta - theta) / narrow) < 1.0) < 0.58
        assert model.scatter.mean() == pytest.approx(scatter, rel=0.03)


def test_a_small_training_set_makes_larger_errors():
    rng = np.random.default_rng(3)
    flux = _truth(rng)
    theta = rng.uniform(-1.0, 1.0, (2000, 3))
    made = flux(theta) + rng.normal(0.0, 0.02, (2000, 150))
    ivar = np.full(made.shape, 2500.0)
    errors, pulls = [], []
    for n in (100, 1000):
        model = train(theta[:n], made[:n], ivar[:n], LABELS, np.arange(150.0))
        found = fit(model, made[1000:], ivar[1000:])
        sig = np.sqrt(np.einsum("nkk->nk", found.covariance))
        errors.append(np.median(sig))
        pulls.append(np.median(np.abs((found.theta - theta[1000:]) / sig)) * 1.4826)
    assert errors[0] > 1.05 * errors[1]
    assert pulls[0] == pytest.approx(1.0, abs=0.06)
    assert pulls[1] == pytest.approx(1.0, abs=0.06)


def test_a_label_that_no_pixel_shows_is_not_determined():
    rng = np.random.default_rng(4)
    theta = rng.uniform(-1.0, 1.0, (100, 2))
    flux = 0.9 + 0.1 * theta[:, :1] * rng.normal(size=40)
    model = train(theta, flux, np.full(flux.shape, 1e4), LABELS[:2], np.arange(40.0))
    model = replace(model, coefficients=np.where(model.powers[:, 1:] > 0, 0.0, model.coefficients))
    model = replace(model, noise=np.zeros(40))
    found = fit(model, flux[:12] + rng.normal(0.0, 0.01, (12, 40)), np.full((12, 40), 1e4))
    assert (found.flags & UNDETERMINED).all()
    assert np.isnan(found.covariance).all()
    held = fit(model, flux[:12], np.full((12, 40), 1e4), prior=(np.zeros(2), np.array([np.inf, 0.3])))
    assert not (held.flags & UNDETERMINED).any()
    assert_allclose(held.covariance[:, 1, 1], 0.09)


def test_stars_at_the_edge_and_beyond_are_told_apart():
    rng = np.random.default_rng(5)
    flux = _truth(rng)
    theta = rng.uniform(-1.0, 1.0, (800, 3))
    model = train(
        theta,
        flux(theta) + rng.normal(0.0, 0.005, (800, 150)),
        np.full((800, 150), 4e4),
        LABELS,
        np.arange(150.0),
    )
    far = rng.uniform(-1.0, 1.0, (200, 3))
    far[:, 0] = rng.choice([-1.0, 1.0], 200) * rng.uniform(1.15, 1.6, 200)
    found = fit(model, flux(far) + rng.normal(0.0, 0.005, (200, 150)), np.full((200, 150), 4e4))
    assert np.mean((found.flags & BEYOND_TRAINING) > 0) >= 0.95
    near = rng.uniform(-0.9, 0.9, (200, 3))
    found = fit(model, flux(near) + rng.normal(0.0, 0.005, (200, 150)), np.full((200, 150), 4e4))
    assert np.mean(found.flags == 0) > 0.95
    odd = fit(model, flux(near)[:20] + rng.normal(0.0, 0.05, (20, 150)), np.full((20, 150), 4e4))
    assert (odd.flags & POOR_FIT).all()


# Normalisation


def test_the_smoothing_is_the_running_gaussian():
    rng = np.random.default_rng(6)
    grid = 10.0 ** (np.log10(3800.0) + 1e-4 * np.arange(1200))
    flux = 1.0 + 0.3 * np.sin(grid / 90.0) + rng.normal(0.0, 0.1, 1200)
    ivar = rng.uniform(0.5, 2.0, 1200) * (rng.random(1200) < 0.8)
    made = smooth(flux, ivar, grid, 50.0)
    weight = np.exp(-(((grid[:, None] - grid) / 50.0) ** 2)) * np.gradient(grid) * ivar
    assert_allclose(made.smoothed[0], weight @ flux / weight.sum(1), rtol=2e-3)
    assert (np.isnan(made.flux[0]) == (ivar == 0.0)).all()
    good = ivar > 0.0
    assert_allclose(made.ivar[0][good], ivar[good] * made.smoothed[0][good] ** 2)
    again = smooth(flux * (2.0 + grid / 3000.0), ivar / (2.0 + grid / 3000.0) ** 2, grid, 50.0)
    assert np.nanmax(np.abs(again.flux / made.flux - 1.0)) < 5e-3  # a smooth response hardly matters


def test_what_is_done_to_the_data_is_done_to_the_model():
    rng = np.random.default_rng(7)
    grid = np.linspace(5000.0, 5300.0, 300)
    smoothing = Smoothing(grid, 40.0)
    theta, step = rng.uniform(-1.0, 1.0, (2, 2)), 1e-6
    lines = rng.normal(0.0, 0.1, (2, 300))
    weights = smoothing.weights(rng.uniform(0.0, 2.0, (2, 300)))

    def model(at):
        return np.exp(at @ lines)

    gradient = model(theta)[:, :, None] * lines.T
    made, slope = smoothing.of_model(model(theta), gradient, weights, smoothing.sums(weights))
    assert_allclose(made, smoothing.of_data(model(theta), weights / smoothing.weights(np.ones(300))).flux)
    for j in range(2):
        moved = theta + step * np.eye(2)[j]
        other, _ = smoothing.of_model(model(moved), gradient, weights, smoothing.sums(weights))
        assert_allclose(slope[:, :, j], (other - made) / step, atol=1e-6)


def test_a_hole_in_a_spectrum_does_not_bias_labels_if_the_model_is_normalised_too():
    rng = np.random.default_rng(8)
    flux, grid = _truth(rng, 3, 400), np.linspace(5000.0, 5400.0, 400)
    smoothing = Smoothing(grid, 30.0)
    theta = rng.uniform(-1.0, 1.0, (500, 3))
    made = smoothing.of_data(flux(theta) + rng.normal(0.0, 0.003, (500, 400)), np.full((500, 400), 1e5))
    model = train(theta, made.flux, made.ivar, LABELS, grid)
    test = rng.uniform(-0.9, 0.9, (300, 3))
    ivar = np.where((np.arange(400) // 25) % 2 == 0, 0.0, 1e5) * np.ones((300, 1))
    seen = smoothing.of_data(flux(test) + rng.normal(0.0, 0.003, (300, 400)), ivar)
    both = fit(model, seen.flux, seen.ivar, normalisation=smoothing)
    one = fit(model, seen.flux, seen.ivar)
    rms = [np.sqrt(np.mean((each.theta - test) ** 2)) for each in (both, one)]
    assert rms[0] < 0.7 * rms[1]


def _broad(rng, n, tilt):
    """Spectra (n, 600) with a line 16 Angstrom wide, narrow ones and sloping continua; labels (n, 2)."""
    grid, theta = np.arange(4700.0, 5300.0), rng.uniform(-1.0, 1.0, (n, 2))
    wide = (6.0 + 3.0 * theta[:, :1]) / (8.0 * np.pi) / (1.0 + ((grid - 4861.0) / 8.0) ** 2)
    depth = 0.25 + theta @ [[-0.03], [0.1]]
    narrow = np.exp(-(((grid[:, None] - np.arange(4720.0, 5290.0, 23.0)) / 2.0) ** 2)).sum(axis=1)
    response = 50.0 * np.exp(tilt * rng.uniform(-1.0, 1.0, (n, 1)) * (grid - 5000.0) / 600.0)
    clean = (1.0 - wide - depth * narrow) * response
    sigma = 0.01 * np.sqrt(clean * response)
    return grid, theta, clean / response, clean + rng.normal(0.0, 1.0, clean.shape) * sigma, sigma**-2.0


@pytest.mark.parametrize("tilt", [0.0, 0.7, 3.0])
def test_smoothed_data_and_a_model_of_smoothed_spectra_are_on_the_same_footing(tilt):
    grid, theta, _, flux, ivar = _broad(np.random.default_rng(1), 900, tilt)
    smoothing = Smoothing(grid, 50.0)
    made = smoothing.of_training(flux, ivar)
    model = train(theta[:500], made.flux[:500], made.ivar[:500], ("width", "depth"), grid)
    found = fit(model, made.flux[500:], made.ivar[500:], normalisation=smoothing)
    pull = (found.theta - theta[500:]) / np.sqrt(np.einsum("nkk->nk", found.covariance))
    assert np.abs(pull.mean(axis=0)).max() < 0.2  # 400 stars: 0.05 by chance
    assert (np.abs(np.sqrt((pull**2).mean(axis=0)) - 1.0) < 0.15).all()


def test_spectra_of_any_continuum_fit_a_model_of_flux_over_it_if_both_are_smoothed():
    rng = np.random.default_rng(2)
    grid, theta, over, flux, ivar = _broad(rng, 700, 0.35)
    exact = train(theta[:300], over[:300], np.full((300, 600), 1e8), ("width", "depth"), grid)
    ivar[300:][rng.random((400, 600)) < 0.05] = 0.0
    ivar[300:] *= np.where(np.abs(grid - 5000.0 - rng.uniform(-250.0, 250.0, (400, 1))) < 15.0, 0.0, 1.0)
    found = fit(exact, flux[300:], ivar[300:], normalisation=Smoothing(grid, 50.0))
    pull = (found.theta - theta[300:]) / np.sqrt(np.einsum("nkk->nk", found.covariance))
    assert np.abs(pull.mean(axis=0)).max() < 0.2
    assert (np.abs(np.sqrt((pull**2).mean(axis=0)) - 1.0) < 0.12).all()


@pytest.mark.parametrize(
    ("width", "grid", "says"), [(0.0, [1, 2], "width of 0"), (5.0, [2, 1], "not ascend")]
)
def test_a_smoothing_that_can_not_be(width, grid, says):
    with pytest.raises(ValueError, match=says):
        Smoothing(np.array(grid, float), width)


# Grids


def test_air_and_vacuum():
    # Na D and a line of APOGEE: NIST ASD gives 5889.950954 and 5891.583264 Angstrom in air and vacuum.
    assert vacuum_from_air(5889.950954) == pytest.approx(5891.583264, abs=2e-4)
    at = np.linspace(3700.0, 17000.0, 50)
    assert_allclose(air_from_vacuum(vacuum_from_air(at)), at, rtol=1e-12)


def test_a_moving_star_comes_to_rest():
    grid = 10.0 ** (np.log10(5000.0) + 2e-5 * np.arange(1500))
    centres = np.linspace(5030.0, 5320.0, 25)

    def star(at):
        return 1.0 - 0.4 * np.exp(-0.5 * ((at[:, None] - centres) / 0.5) ** 2).sum(1)

    speed = np.array([-150.0, 0.0, 37.3])
    seen = np.array([star(grid / (1.0 + v / C_KM_S)) for v in speed])
    flux, ivar = resampled(grid, seen, np.full(seen.shape, 100.0), grid, speed)
    inside = ivar > 0.0
    assert inside.mean() > 0.95
    assert np.abs(flux - star(grid))[inside].max() < 0.004
    assert_allclose(ivar[:, 100:1400], 100.0, rtol=1e-2)
    holed = np.full(seen.shape, 100.0)
    holed[2, 700] = 0.0
    _, ivar = resampled(grid, seen, holed, grid, speed)
    assert (ivar[2, 600:800] == 0.0).sum() == 2


@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0])
def test_resampling_keeps_the_information_of_a_spectrum(factor):
    rng = np.random.default_rng(9)
    grid = np.linspace(5000.0, 5400.0, 4000)
    ivar = rng.uniform(90.0, 110.0, (1, 4000))
    to = np.arange(5010.0, 5390.0, 0.1 * factor)
    flux, new = resampled(grid, np.full((1, 4000), 2.0), ivar, to)
    assert_allclose(flux, 2.0)
    span = (grid > 5010.0) & (grid < 5390.0)
    assert new.sum() == pytest.approx(ivar[:, span].sum(), rel=0.03)


# Published coefficients


@pytest.fixture(scope="module")
def apokasc(data: Path) -> Any:
    name = str(data / "spectra" / "cannon" / "trained_apokasc_gc_ind_feh_fix")
    files = [f"{name}.txt", f"{name}_scatter.txt", f"{name}_baseline_labels.txt"]
    return files, str(data / "spectra" / "payne" / "apogee_wavelength.npz")


RANGES = {"teff": (3500.0, 5500.0), "logg": (0.0, 4.0), "m_h": (-2.5, 0.5), "alpha_m": (-0.1, 0.4)}


def test_the_published_set_of_giants_on_the_spectrum_of_a_dwarf(apokasc, data):
    """Trained on giants, it still reads the metallicity, and says that the fit is poor."""
    coefficients, scatter, pivots = (numbers(file, "") for file in apokasc[0])
    model = published(coefficients, scatter, pivots, numbers(apokasc[1], "wavelength"), RANGES, tuple(RANGES))
    x = np.array([[100.0, -0.2, 0.1, 0.05]])
    terms = [1.0, *x[0], *(x[0, i] * x[0, j] for i in range(4) for j in range(i, 4))]
    assert_allclose(model.flux(pivots + x)[0], np.array(terms) @ coefficients, rtol=1e-12)
    with np.load(data / "spectra" / "payne" / "combined_2M13012770+5754582.npz") as file:
        flux, sigma = file["spectrum"].astype(np.float64), file["spec_err"].astype(np.float64)
    found = fit(model, flux[None], sigma[None] ** -2.0)
    assert found.converged[0]
    assert found.flags[0] & POOR_FIT
    teff, logg, metal, alpha = found.theta[0]
    # The Payne finds 4938 K, 4.53, -0.19; giants end near logg 4.
    assert teff == pytest.approx(5093.0, abs=5.0)
    assert logg == pytest.approx(3.98, abs=0.02)
    assert metal == pytest.approx(-0.19, abs=0.03)
    assert alpha == pytest.approx(0.085, abs=0.01)


@pytest.mark.parametrize(
    ("shape", "ranges", "says"),
    [
        ((9, 5), {"a": (0.0, 1.0), "b": (0.0, 1.0)}, "9 x 5: 2 labels and 5 wavelengths need 6 x 5"),
        ((6, 5), {"a": (0.0, 1.0)}, "ranges has no b"),
    ],
)
def test_published_numbers_that_do_not_agree(shape, ranges, says):
    with pytest.raises(AnalysisError, match=says):
        published(np.zeros(shape), np.ones(5), np.zeros(2), np.arange(5.0), ranges, ("a", "b"))


def test_a_file_that_is_not_there():
    with pytest.raises(AnalysisError, match=r"nowhere.txt can not be read as scatter"):
        numbers("nowhere.txt", "scatter")
