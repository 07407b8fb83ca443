"""Two stars in one spectrum (simulated): found where their velocities differ, and hardly ever in one star."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.labels.binary import Pair, fit_pairs
from analysis.labels.payne import Network
from analysis.labels.payne_training import Recipe, train
from analysis.labels.two_stars import TwoStars
from analysis.labels.velocity import WithVelocity
from catalogdb.errors import AnalysisError
from tests.analysis.toy_spectra import GRID, HIGH, LOW, NAMES, labels, truth

SIGMA = 0.01
SECOND = (3, 4, 5, 6, 7)


@pytest.fixture(scope="module")
def network() -> Network:
    theta = labels(300, 1)
    return train(theta, truth(theta), None, NAMES, GRID, Recipe(hidden=(30, 30), epochs=120, batch=60))


def noisy(flux: np.ndarray, seed: int) -> np.ndarray:
    return flux + np.random.default_rng(seed).normal(0.0, SIGMA, flux.shape)


def pairs(n: int, seed: int) -> np.ndarray:
    """Labels of pairs: a velocity, the second star's teff and logg, its light, its velocity."""
    random = np.random.default_rng(seed)
    first = 0.5 * (labels(n, seed) + LOW + (HIGH - LOW) / 2.0)
    second = first[:, :2] - random.uniform(0.0, 1.0, (n, 2)) * [500.0, 0.5]
    apart = random.choice([-1.0, 1.0], n) * random.uniform(50.0, 110.0, n)
    return np.column_stack([first, np.zeros(n), second, random.uniform(-1.4, -0.3, n), apart])


def found(network: Network, flux: np.ndarray) -> Pair:
    return fit_pairs(network, flux, np.full(flux.shape, SIGMA**-2.0))


def test_the_gradient_is_that_of_differences(network: Network) -> None:
    model = TwoStars(network)
    assert model.labels == (*NAMES, "radial_velocity", "teff_2", "logg_2", "share", "radial_velocity_2")
    theta = pairs(3, 3)
    theta[:, 3] = 0.7  # between pixels: at one, the second derivative by velocity jumps
    flux, gradient = model.flux_and_gradient(theta)
    assert np.allclose(flux, model.flux(theta), atol=1e-12)
    for j, step in enumerate((1.0, 1e-3, 1e-3, 1e-3, 1.0, 1e-3, 1e-3, 1e-3)):
        move = np.eye(8)[j] * step
        difference = (model.flux(theta + move) - model.flux(theta - move)) / (2.0 * step)
        assert np.abs(gradient[:, :, j] - difference).max() < 1e-5 * np.abs(difference).max()


def test_the_flux_is_the_sum_of_both_stars(network: Network) -> None:
    theta = np.array([[5500.0, 4.0, 0.1, 5.0, 4500.0, 3.0, np.log(0.25), -30.0]])
    one = WithVelocity(network).flux(np.array([[5500.0, 4.0, 0.1, 5.0]]))
    two = WithVelocity(network).flux(np.array([[4500.0, 3.0, 0.1, -30.0]]))
    assert np.allclose(TwoStars(network).flux(theta), (one + 0.25 * two) / 1.25, atol=1e-12)


def test_stars_exchanged_are_the_same_spectrum(network: Network) -> None:
    model = TwoStars(network)
    theta = pairs(4, 5)
    theta[:2, 6] *= -1.0
    covariance = np.array([np.diag(np.arange(1.0, 9.0))] * 4)
    swapped, errors = model.exchanged(theta, covariance)
    assert (swapped[:, 6] <= 0.0).all()
    assert np.allclose(model.flux(swapped), model.flux(theta), atol=1e-12)
    assert np.diag(errors[0]).tolist() == [5.0, 6.0, 3.0, 8.0, 1.0, 2.0, 7.0, 4.0]
    assert np.diag(errors[3]).tolist() == np.diag(covariance[3]).tolist()


def test_binaries_are_found_and_single_stars_are_not(network: Network) -> None:
    true = pairs(20, 1)
    both = found(network, noisy(TwoStars(network).flux(true), 2))
    assert both.found.mean() >= 0.8
    z = (both.theta - true)[both.found] / np.sqrt(np.einsum("nkk->nk", both.covariance))[both.found]
    assert np.median(np.abs(z)) == pytest.approx(0.674, abs=0.15)
    # What one star makes of them is wrong, by far more than its errors say.
    wrong = (both.single.theta[:, 0] - true[:, 0]) / np.sqrt(both.single.covariance[:, 0, 0])
    assert np.median(np.abs(wrong)) > 5.0
    singles = found(network, noisy(truth(labels(25, 3)), 4))
    assert singles.found.mean() <= 0.05
    assert np.median(singles.bic) < 0.0


def test_pixels_that_are_not_there_do_not_count(network: Network) -> None:
    true = pairs(2, 7)
    flux = noisy(TwoStars(network).flux(true), 8)
    ivar = np.full(flux.shape, SIGMA**-2.0)
    ivar[:, 40:60] = 0.0
    whole = fit_pairs(network, flux, ivar)
    flux[:, 40:60] = np.nan
    assert np.array_equal(fit_pairs(network, flux, ivar).theta, whole.theta)
    ivar[1] = 0.0
    nothing = fit_pairs(network, flux, ivar)
    assert np.isnan(nothing.theta[1]).all()
    assert nothing.found.tolist() == [bool(whole.found[0]), False]


def test_stars_that_share_all_labels_can_not_be_told_apart(network: Network) -> None:
    from dataclasses import replace

    with pytest.raises(AnalysisError, match="would be the same"):
        _ = TwoStars(replace(network, labels=("mg_fe", "si_fe", "fe_h"))).labels
