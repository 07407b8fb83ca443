"""The Cannon: what it learns, and the labels it gives back."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from numpy.testing import assert_allclose

from analysis.labels.cannon import CannonModel, train
from analysis.labels.fit import NO_CONVERGENCE, TOO_FEW_PIXELS, fit, words
from analysis.labels.pixels import closed_form, solve
from analysis.labels.terms import derivative, quadratic, values
from analysis.labels.velocity import WithVelocity
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]
LABELS = ("teff", "logg", "fe_h")
GRID = np.linspace(15000.0, 15120.0, 120)


class Truth(NamedTuple):
    """Lines (k, p) whose strength goes with a label, and their curvature (k, p)."""

    slope: Array
    curve: Array

    def flux(self, theta: Array) -> Array:
        """Return flux (n, p) of labels (n, k) between about -1 and 1."""
        return np.asarray(0.9 + theta @ self.slope + theta**2 @ self.curve)


def truth(rng: np.random.Generator, n_labels: int = 3, n_pixels: int = 120) -> Truth:
    """Return a truth of which every label has its own lines, some blended."""
    has = rng.random((n_labels, n_pixels)) < 0.4
    return Truth(
        np.where(has, rng.normal(0.0, 0.05, has.shape), 0.0),
        np.where(has, rng.normal(0.0, 0.01, has.shape), 0.0),
    )


def spectra(rng: np.random.Generator, of: Truth, theta: Array, sigma: float) -> tuple[Array, Array]:
    """Return noisy flux and its inverse variance (n, p)."""
    flux = of.flux(theta)
    return flux + rng.normal(0.0, sigma, flux.shape), np.full(flux.shape, sigma**-2.0)


@pytest.fixture(scope="module")
def trained() -> tuple[CannonModel, Truth]:
    rng = np.random.default_rng(1)
    of = truth(rng)
    theta = rng.uniform(-1.0, 1.0, (400, 3))
    return train(theta, *spectra(rng, of, theta, 0.01), LABELS, GRID), of


def test_the_quadratic_has_each_product_once_with_its_derivatives() -> None:
    powers = quadratic(3)
    assert powers.tolist()[:4] == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert powers.tolist()[4:] == [[2, 0, 0], [1, 1, 0], [1, 0, 1], [0, 2, 0], [0, 1, 1], [0, 0, 2]]
    x = np.array([[2.0, 3.0, 5.0]])
    assert values(powers, x).tolist() == [[1, 2, 3, 5, 4, 6, 10, 9, 15, 25]]
    which, slope = derivative(powers, x, 1)
    assert which.tolist() == [2, 5, 7, 8]
    assert slope.tolist() == [[1, 2, 6, 5]]


def test_the_gradient_is_that_of_the_flux(trained: tuple[CannonModel, Truth]) -> None:
    model = trained[0]
    theta = np.array([[0.3, -0.2, 0.5], [-0.6, 0.1, 0.9]])
    flux, gradient = model.flux_and_gradient(theta)
    assert_allclose(flux, model.flux(theta), atol=1e-14)
    for j in range(3):
        moved = np.zeros(3)
        moved[j] = 1e-6
        numerical = (model.flux(theta + moved) - model.flux(theta - moved)) / 2e-6
        assert_allclose(gradient[:, :, j], numerical, atol=1e-9)


def test_coefficients_are_those_of_weighted_least_squares_pixel_by_pixel() -> None:
    rng = np.random.default_rng(2)
    terms, flux = rng.normal(size=(50, 4)), rng.normal(size=(50, 7))
    weight = rng.uniform(0.5, 2.0, flux.shape) * (rng.random(flux.shape) < 0.8)
    found = closed_form(terms, flux, weight)
    for pixel in range(7):
        root = np.sqrt(weight[:, pixel])
        wanted = np.linalg.lstsq(terms * root[:, None], flux[:, pixel] * root, rcond=None)[0]
        assert_allclose(found[:, pixel], wanted, atol=1e-10)


def test_the_scatter_is_the_likeliest_and_what_was_injected() -> None:
    from scipy.optimize import minimize_scalar

    rng = np.random.default_rng(3)
    terms = np.column_stack([np.ones(3000), rng.normal(size=(3000, 2))])
    sigma = rng.uniform(0.01, 0.03, (3000, 6))
    injected = np.array([0.0, 0.01, 0.02, 0.03, 0.05, 0.1])
    flux = terms @ rng.normal(size=(3, 6)) + rng.normal(size=sigma.shape) * np.hypot(sigma, injected)
    found = solve(terms, flux, sigma**-2.0, restricted=False)
    assert_allclose(found.scatter, injected, atol=0.004)
    for pixel in range(1, 6):

        def minus_two_log_likelihood(scatter: float, pixel: int = pixel) -> float:
            variance = sigma[:, pixel] ** 2 + scatter**2
            root = 1.0 / np.sqrt(variance)
            best = np.linalg.lstsq(terms * root[:, None], flux[:, pixel] * root, rcond=None)[0]
            return float(((flux[:, pixel] - terms @ best) ** 2 / variance + np.log(variance)).sum())

        likeliest = minimize_scalar(minus_two_log_likelihood, bounds=(1e-4, 0.3), method="bounded")
        assert found.scatter[pixel] == pytest.approx(likeliest.x, rel=2e-3)
    few = solve(terms[:60], flux[:60], sigma[:60] ** -2.0)
    biased = solve(terms[:60], flux[:60], sigma[:60] ** -2.0, restricted=False)
    assert (few.scatter[3:] > biased.scatter[3:]).all()


def test_labels_come_back_whatever_the_batch(trained: tuple[CannonModel, Truth]) -> None:
    model, of = trained
    rng = np.random.default_rng(4)
    theta = rng.uniform(-0.9, 0.9, (150, 3))
    flux, ivar = spectra(rng, of, theta, 0.02)
    found = fit(model, flux, ivar)
    sig = np.sqrt(np.einsum("nkk->nk", found.covariance))
    pull = (found.theta - theta) / sig
    assert found.converged.all()
    assert 0.88 < pull.std() < 1.12
    assert abs(pull.mean()) < 0.15
    assert found.chi2.sum() / found.dof.sum() == pytest.approx(1.0, abs=0.05)
    for batch in (1, 7, 1000):
        again = fit(model, flux, ivar, batch=batch)
        assert np.abs((again.theta - found.theta) / sig).max() < 1e-4  # of single precision
        assert (again.flags == found.flags).all()


def test_the_solution_is_that_of_scipy(trained: tuple[CannonModel, Truth]) -> None:
    from scipy.optimize import least_squares

    model, of = trained
    rng = np.random.default_rng(5)
    theta = rng.uniform(-0.8, 0.8, (5, 3))
    flux, ivar = spectra(rng, of, theta, 0.02)
    model = replace(model, noise=np.zeros(120))  # for which scipy knows no correction
    found = fit(model, flux, ivar)
    for n in range(5):
        sigma = np.sqrt(1.0 / ivar[n] + model.variance(found.theta[n : n + 1])[0])

        def residuals(at: Array, n: int = n, sigma: Array = sigma) -> Array:
            return np.asarray((model.flux(at[None])[0] - flux[n]) / sigma)

        peer = least_squares(residuals, theta[n], xtol=1e-14)
        slope = np.asarray(peer.jac, np.float64)
        sig = np.sqrt(np.diag(np.linalg.inv(slope.T @ slope)))
        assert np.abs((found.theta[n] - peer.x) / sig).max() < 0.01
        assert found.chi2[n] == pytest.approx(2.0 * peer.cost, rel=2e-4)  # by the weights' labels


def test_what_is_not_there_does_not_count(trained: tuple[CannonModel, Truth]) -> None:
    model, of = trained
    rng = np.random.default_rng(6)
    theta = rng.uniform(-0.8, 0.8, (4, 3))
    flux, ivar = spectra(rng, of, theta, 0.02)
    plain = fit(model, flux, np.where(np.arange(120) % 3 == 0, 0.0, ivar))
    spoilt, holed = flux.copy(), ivar.copy()
    spoilt[:, ::3] = 1e9
    spoilt[:, ::6] = np.nan
    holed[:, ::3], holed[:, 3::9] = 0.0, np.nan
    again = fit(model, spoilt, holed)
    assert_allclose(again.theta, plain.theta, rtol=1e-9)
    assert again.dof.tolist() == [77] * 4
    none = fit(model, flux, np.zeros_like(ivar))
    assert (none.flags == TOO_FEW_PIXELS).all()
    assert np.isnan(none.theta).all()
    assert not none.converged.any()
    assert words(int(none.flags[0])) == "too_few_pixels"


def test_what_has_not_converged_says_so(trained: tuple[CannonModel, Truth]) -> None:
    model, of = trained
    rng = np.random.default_rng(7)
    theta = rng.uniform(-0.8, 0.8, (4, 3))
    flux, ivar = spectra(rng, of, theta, 0.02)
    found = fit(model, flux, ivar, start=np.array([30.0, -30.0, 30.0]), max_iterations=1)
    assert (found.flags & NO_CONVERGENCE).all()
    assert not found.converged.any()


def test_a_prior_holds_what_the_spectrum_does_not_say(trained: tuple[CannonModel, Truth]) -> None:
    model, of = trained
    rng = np.random.default_rng(8)
    flux, ivar = spectra(rng, of, np.array([[0.2, 0.1, -0.3]]), 0.02)
    held = fit(model, flux, ivar, prior=(np.array([0.5, 0.0, 0.0]), np.array([1e-6, np.inf, np.inf])))
    assert held.theta[0, 0] == pytest.approx(0.5, abs=1e-5)
    assert held.covariance[0, 0, 0] == pytest.approx(1e-12, rel=1e-3)
    free = fit(model, flux, ivar)
    wide = fit(model, flux, ivar, prior=(np.zeros(3), np.full(3, np.inf)))
    assert_allclose(wide.theta, free.theta, rtol=1e-12)


def test_missing_labels_of_the_training_set_are_found_in_the_spectra() -> None:
    rng = np.random.default_rng(9)
    of = truth(rng)
    theta = rng.uniform(-1.0, 1.0, (300, 3))
    flux, ivar = spectra(rng, of, theta, 0.01)
    holed = np.where(rng.random(theta.shape) < 0.2, np.nan, theta)
    test = rng.uniform(-0.8, 0.8, (200, 3))
    seen = spectra(rng, of, test, 0.01)
    few = np.flatnonzero(np.isfinite(holed).all(1))[:40]

    def rms(known: Array, rows: Any) -> float:
        model = train(known[rows], flux[rows], ivar[rows], LABELS, GRID)
        return float(np.sqrt(np.mean((fit(model, *seen).theta - test) ** 2)))

    whole_rms, holed_rms, left_rms = rms(theta, slice(None)), rms(holed, slice(None)), rms(theta, few)
    assert holed_rms < 1.05 * whole_rms
    assert holed_rms < left_rms


def test_training_refuses_what_can_not_be_trained() -> None:
    theta, flux = np.random.default_rng(1).normal(size=(30, 3)), np.ones((30, 5))
    grid = np.arange(5.0)
    with pytest.raises(AnalysisError, match=r"8 training stars for 10 coefficients .* give 12 at least"):
        train(theta[:8], flux[:8], flux[:8], LABELS, grid)
    same = theta.copy()
    same[:, 1] = 2.0
    with pytest.raises(AnalysisError, match="label logg: 30 stars have it, or all the same"):
        train(same, flux, flux, LABELS, grid)
    with pytest.raises(AnalysisError, match=r"need \(30, 2\)"):
        train(theta, flux, flux, LABELS[:2], grid)


@pytest.fixture(scope="module")
def apogee(data: Path) -> dict[str, npt.NDArray[Any]]:
    with np.load(data / "spectra" / "cannon" / "cannon_test_data.npz") as file:
        return {name: file[name] for name in file.files}


def test_the_fixture_of_apogee_is_reproduced(apogee: dict[str, npt.NDArray[Any]]) -> None:
    """Its 13 coefficients, by its own label vector, are what our least squares gives for its scatter."""
    names = ["TEFF", "LOGG", "PARAM_M_H"]
    listed = ast.literal_eval(str(apogee["label_vector"]))
    powers = np.zeros((13, 3), np.int64)
    for row, term in enumerate(listed, 1):
        for name, power in term:
            powers[row, names.index(name)] = power
    labels, error = apogee["labels"].astype(np.float64).T, apogee["flux_err"]
    x = labels - apogee["pivots"]
    scale = x.std(0)
    stored = values(powers, x) @ apogee["coefficients"].T
    ours = values(powers, x / scale) @ closed_form(
        values(powers, x / scale), apogee["flux"], 1.0 / (error**2 + apogee["scatter"] ** 2)
    )
    assert np.abs(ours - stored).max() < 1e-10
    found = train(labels, apogee["flux"], error**-2.0, LABELS, np.arange(100.0), powers=powers)
    assert np.abs(found.flux(labels) - stored).max() < 0.002
    assert_allclose(found.scatter, apogee["scatter"], rtol=0.05)


def test_errors_are_right_where_noise_of_the_training_makes_much_of_the_gradient():
    rng = np.random.default_rng(3)
    slope = rng.normal(0.0, 0.02, (4, 150))
    theta, test = rng.normal(0.0, 1.0, (200, 4)), rng.normal(0.0, 1.0, (300, 4))
    noise = np.full((300, 150), 0.1)
    flux = 1.0 + theta @ slope + rng.normal(0.0, 0.1, (200, 150))
    model = train(theta, flux, noise[:200] ** -2, tuple("abcd"), np.arange(150.0) + 5000.0)
    found = fit(model, 1.0 + test @ slope + rng.normal(0.0, 0.1, (300, 150)), noise**-2)
    pull = (found.theta - test) / np.sqrt(np.einsum("nkk->nk", found.covariance))
    assert 0.75 < np.sqrt((pull**2).mean()) < 1.15  # 1.52 without the bias in the errors

    moving = fit(WithVelocity(model), 1.0 + test[:50] @ slope, noise[:50] ** -2)
    sig, own = (np.sqrt(np.einsum("nkk->nk", each.covariance))[:50, :4] for each in (moving, found))
    assert np.median(sig / own) > 0.95  # a velocity takes away nothing of them
    hopeless = fit(replace(model, noise=model.noise * 10.0), flux[:20], noise[:20] ** -2)
    assert all("noisy_model" in (words(int(flag)) or "") for flag in hopeless.flags)


def test_labels_that_follow_from_others_are_refused() -> None:
    rng = np.random.default_rng(1)
    teff, fe_h = rng.uniform(4000.0, 5000.0, 60), rng.uniform(-1.0, 0.0, 60)
    flux, ivar = rng.normal(1.0, 0.01, (60, 5)), np.full((60, 5), 1e4)
    for third, which in ((teff / 1000.0, "teff, logg:"), (np.where(fe_h > -0.5, 2.0, 4.0), "logg:")):
        with pytest.raises(AnalysisError, match=f"labels {which} the training stars do not tell them"):
            train(np.column_stack([teff, third, fe_h]), flux, ivar, LABELS, GRID[:5])


def test_a_spectrum_that_tells_nothing_is_undetermined(trained: tuple[CannonModel, Truth]) -> None:
    model, of = trained
    flux = of.flux(np.zeros((2, 3)))
    ivar = np.full(flux.shape, 1e4) * np.array([[1.0], [1e-12]])
    good, nothing = fit(model, flux, ivar).flags
    assert words(int(good)) is None
    assert "undetermined" in (words(int(nothing)) or "")
