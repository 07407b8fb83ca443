"""What one step of the fit needs: chi2, its slope and curvature at labels, for a batch of spectra."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.labels.model import SpectralModel
from analysis.labels.normalise import Smoothing

Array = npt.NDArray[np.float64]


class Data(NamedTuple):
    """Spectra (n, p), their variances (n, p), infinite where there is nothing, and what goes with them.

    `root` (n, p) is the square root of the weights; `pixels` (n,) how many pixels have any. `weights` and
    `norm` (n, p) are weights of the smoothing and their sums.
    """

    flux: Array
    variance: Array
    root: Array
    pixels: npt.NDArray[np.int64]
    weights: Array
    norm: Array
    prior: tuple[Array, Array] | None
    smoothing: Smoothing | None

    def rows(self, which: npt.NDArray[np.int64]) -> Data:
        """Return the data of some spectra."""
        if len(which) == len(self.flux):
            return self
        bound = None if self.prior is None else (self.prior[0][which], self.prior[1][which])
        return Data(
            self.flux[which],
            self.variance[which],
            self.root[which],
            self.pixels[which],
            self.weights[which],
            self.norm[which],
            bound,
            self.smoothing,
        )

    def weighed(self, model_variance: Array) -> Data:
        """Return the data with that variance (n, p) of the model in the weights."""
        return self._replace(root=1.0 / np.sqrt(self.variance + model_variance))


class Step(NamedTuple):
    """Labels (n, k), chi2 of the pixels and of the prior (n,), half its downward slope (n, k), curvature."""

    theta: Array
    chi2: Array
    prior: Array
    slope: Array
    curvature: Array


def prepared(
    model: SpectralModel,
    flux: Array,
    ivar: Array,
    prior: tuple[Array, Array] | None,
    smoothing: Smoothing | None,
) -> Data:
    """Return the data of a batch, with the model's scatter in the weights.

    With `smoothing` spectra are divided by theirs here, as `step` divides the model: by the same weights.
    """
    ivar = np.where(np.isfinite(model.scatter), ivar, 0.0)
    weights = norm = ivar
    if smoothing is not None:
        (flux, ivar, _), weights, norm = smoothing.with_weights(flux, ivar)
    good = np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(good, 1.0 / ivar, np.inf)
    data = Data(
        flux=np.where(good, flux, 0.0),
        variance=variance,
        root=variance,
        pixels=good.sum(1),
        weights=weights,
        norm=norm,
        prior=prior,
        smoothing=smoothing,
    )
    return data.weighed(np.where(np.isfinite(model.scatter), model.scatter, 0.0) ** 2)


def step(model: SpectralModel, data: Data, theta: Array) -> Step:
    """Return chi2 with its slope and curvature at labels (n, k)."""
    with np.errstate(over="ignore", invalid="ignore"):
        made, gradient = model.flux_and_gradient(theta)
        if data.smoothing is not None:
            made, gradient = data.smoothing.of_model(made, gradient, data.weights, data.norm)
        residual = (data.flux - made) * data.root
        # Labels before pixels in memory: the products below then run along pixels.
        weighed = np.swapaxes(gradient, 1, 2) * data.root[:, None, :]
        chi2 = np.einsum("np,np->n", residual, residual)
        slope = np.matmul(weighed, residual[:, :, None])[:, :, 0]
        curvature = np.matmul(weighed, np.swapaxes(weighed, 1, 2))
    return with_prior(data, theta, chi2, slope, curvature)


def with_prior(data: Data, theta: Array, chi2: Array, slope: Array, curvature: Array) -> Step:
    """Return the normal equations of pixels and prior together; changes those of the pixels."""
    of_prior = np.zeros(len(theta))
    if data.prior is not None:
        away, weight = data.prior[0] - theta, data.prior[1] ** -2.0
        away = np.where(weight > 0.0, away, 0.0)
        of_prior = (away**2 * weight).sum(1)
        slope = slope + away * weight
        np.einsum("nkk->nk", curvature)[:] += weight
    lost = ~np.isfinite(chi2)
    return Step(theta.copy(), np.where(lost, np.inf, chi2), of_prior, slope, curvature)


def begin_at(model: SpectralModel, data: Data) -> Array:
    """Return where to begin (n, k): of the model's starts the one with the smallest chi2."""
    candidates = model.starts() if hasattr(model, "starts") else model.hull.spread_out(1)
    if len(candidates) == 1:
        return np.repeat(candidates, len(data.flux), 0)
    # Single precision will do to choose among starts.
    made = model.flux(candidates).astype(np.float32)
    weight = np.square(data.root, dtype=np.float32)
    # Less what is the same for all candidates; the smoothing of the model, close to 1, hardly matters here.
    chi2 = weight @ (made**2).T - 2.0 * (weight * data.flux.astype(np.float32)) @ made.T
    if data.prior is not None:
        width = data.prior[1][:, None, :] ** -2.0
        away = candidates[None] - data.prior[0][:, None, :]
        chi2 = chi2 + np.where(width > 0.0, away**2 * width, 0.0).sum(2)
    return np.asarray(candidates[np.argmin(chi2, 1)])
