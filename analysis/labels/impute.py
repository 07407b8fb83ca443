"""Training labels that are missing: the model being trained finds them in the spectra, and says how surely.

They begin as what the other labels let expect (a multivariate normal). Then, in turn: the model is trained,
and each missing label is fitted to the star's spectrum with the known labels held and that expectation as
prior. The error of an imputed label, times the model's gradient, adds to the variance of the star's pixels,
so that stars with missing labels weigh less where these matter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from analysis.labels.fit import fit
from analysis.labels.model import SpectralModel

Array = npt.NDArray[np.float64]
M = TypeVar("M", bound=SpectralModel)

ROUNDS = 5
HELD = 1e-6
"""Width of the prior of a known label, in standard deviations of the label: it stays what it is."""


def expected(theta: Array, rounds: int = 30) -> tuple[Array, Array]:
    """Return labels (n, k) with NaN replaced by their conditional mean, and its variance (n, k), 0 if known.

    Expectation maximisation of a multivariate normal (Little & Rubin, chapter 11).
    """
    missing = np.isnan(theta)
    mean, spread = np.nanmean(theta, 0), np.nanstd(theta, 0)
    z = (theta - mean) / spread
    filled, variance = np.where(missing, 0.0, z), missing.astype(np.float64)
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    for _ in range(rounds):
        centre = filled.mean(0)
        away = filled - centre
        covariance = (away.T @ away + np.diag(variance.sum(0))) / len(z) + 1e-9 * np.eye(z.shape[1])
        for number, pattern in enumerate(patterns):
            if not pattern.any():
                continue
            rows, gone, known = np.flatnonzero(which.ravel() == number), pattern, ~pattern
            slope = np.linalg.solve(covariance[np.ix_(known, known)], covariance[np.ix_(known, gone)])
            filled[np.ix_(rows, gone)] = centre[gone] + (z[np.ix_(rows, known)] - centre[known]) @ slope
            rest = covariance[np.ix_(gone, gone)] - covariance[np.ix_(gone, known)] @ slope
            variance[np.ix_(rows, gone)] = np.maximum(np.diag(rest), 1e-9)
    return filled * spread + mean, variance * spread**2


def imputed(theta: Array, flux: Array, ivar: Array, train: Callable[[Array, Array | float], M]) -> M:
    """Return the model of labels (n, k) with NaN; `train` makes one of whole labels and extra variance."""
    missing = np.isnan(theta)
    some = np.flatnonzero(missing.any(1))
    prior_mean, prior_variance = expected(theta)
    spread = np.nanstd(theta, 0)
    full, covariance = prior_mean.copy(), np.zeros((len(some), theta.shape[1], theta.shape[1]))
    np.einsum("nkk->nk", covariance)[:] = prior_variance[some]
    # To begin with, stars with gaps weigh as if complete: there is no gradient yet to say what a gap costs.
    model = train(full, 0.0)
    width = np.where(missing[some], np.sqrt(prior_variance[some]), HELD * spread)
    for _ in range(ROUNDS):
        found = fit(model, flux[some], ivar[some], start=full[some], prior=(prior_mean[some], width))
        usable = found.converged & np.isfinite(found.theta).all(1)
        full[some] = np.where(missing[some] & usable[:, None], found.theta, full[some])
        covariance[usable] = found.covariance[usable]
        model = train(full, _spectral(model, full[some], covariance, some, len(flux)))
    return model


def _spectral(
    model: SpectralModel, theta: Array, covariance: Array, some: npt.NDArray[np.int64], n: int
) -> Array:
    """Return the variance of spectra (n, p) that the labels' covariance (s, k, k) makes."""
    out = np.zeros((n, len(model.scatter)))
    for begin in range(0, len(some), 64):
        part = slice(begin, begin + 64)
        _, gradient = model.flux_and_gradient(theta[part])
        out[some[part]] = np.einsum("npk,nkl,npl->np", gradient, covariance[part], gradient, optimize=True)
    return out
