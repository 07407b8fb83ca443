"""How probable a star's parallax is by its predicted absolute magnitude: the scatter is integrated out.

A star of apparent magnitude m and absolute magnitude M = eta + e, e ~ N(0, s^2), has the parallax
w(e) = 10^((10 - m + eta + e) / 5) mas; what Gaia lists is N(w + z, sigma^2) with the zero point z. Nothing is
inverted: a negative parallax is as good as any. The integral over e is taken by Gauss-Hermite quadrature
about its mode (Liu & Pierce 1994, Biometrika 81, 624), which holds from sigma << s w to sigma >> s w.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Prior: TypeAlias = Callable[[Array], Array]

K = np.log(10.0) / 5.0
"""d ln(parallax) / d(absolute magnitude)."""

NODES, WEIGHTS = np.polynomial.hermite.hermgauss(7)
NEWTON_STEPS = 12
LARGEST_STEP_MAG = 1.0
LARGEST_EXPONENT = 30.0
"""A node so far out has no weight; without a limit its parallax would overflow."""


@dataclass(frozen=True, slots=True)
class Moments:
    """Of n stars: ln of the likelihood, and its first and second derivatives.

    `gradient` (n, 3) and `hessian` (n, 3, 3) are by eta, ln s and z; `scatter` and `weight` (nodes, n) are
    values of e with how probable they are.
    """

    log_likelihood: Array
    gradient: Array
    hessian: Array
    scatter: Array
    weight: Array


def mode_mag(parallax_mas: Array, sigma_mas: Array, predicted_mas: Array, scatter_mag: Array) -> Array:
    """Return the most probable e (n,) [mag]; `parallax_mas` is without its zero point."""
    precision = 1.0 / scatter_mag**2
    with np.errstate(invalid="ignore", divide="ignore"):
        own = np.log(np.maximum(parallax_mas, 1e-3 * predicted_mas) / predicted_mas) / K
    weight = (K * np.maximum(parallax_mas, predicted_mas) / sigma_mas) ** 2
    e = np.where(parallax_mas > 0.0, np.clip(own, -3.0, 3.0) * weight / (weight + precision), 0.0)
    for _ in range(NEWTON_STEPS):
        parallax = predicted_mas * np.exp(K * e)
        slope = K * parallax / sigma_mas**2
        step = (e * precision - slope * (parallax_mas - parallax)) / (precision + K * parallax * slope)
        e = e - np.clip(step, -LARGEST_STEP_MAG, LARGEST_STEP_MAG)
        if np.abs(step).max(initial=0.0) < 1e-7:
            break
    return np.asarray(e)


def nodes_of(
    parallax_mas: Array,
    sigma_mas: Array,
    predicted_mas: Array,
    scatter_mag: Array,
    log_prior: Prior | None = None,
) -> tuple[Array, Array, Array, Array]:
    """Return e, weights and residuals / sigma of the nodes (nodes, n), and ln of the likelihood (n,)."""
    e0 = mode_mag(parallax_mas, sigma_mas, predicted_mas, scatter_mag)
    at_mode = predicted_mas * np.exp(K * e0)
    precision = 1.0 / scatter_mag**2
    plain = precision + (K * at_mode / sigma_mas) ** 2
    exact = plain - K**2 * at_mode * (parallax_mas - at_mode) / sigma_mas**2
    width = 1.0 / np.sqrt(np.maximum(exact, 0.25 * plain))
    e = e0 + np.sqrt(2.0) * NODES[:, None] * width
    residual = (parallax_mas - predicted_mas * np.exp(np.minimum(K * e, LARGEST_EXPONENT))) / sigma_mas
    log = (np.log(WEIGHTS) + NODES**2)[:, None] - 0.5 * (e**2 * precision + residual**2)
    if log_prior is not None:
        log = log + log_prior(e)
    top = log.max(axis=0)
    weight = np.exp(log - top)
    total = weight.sum(axis=0)
    norm = np.log(np.sqrt(2.0) * width / (2.0 * np.pi * scatter_mag * sigma_mas))
    return e, weight / total, residual, top + np.log(total) + norm


def moments(
    parallax_mas: Array,
    sigma_mas: Array,
    predicted_mas: Array,
    scatter_mag: Array,
    log_prior: Prior | None = None,
) -> Moments:
    """Return the likelihood of n stars with its derivatives; `parallax_mas` is without its zero point.

    `log_prior` gives ln of how probable a scatter e (nodes, n) is by the distance it means, beside N(0, s^2);
    the likelihood is then that of the parallax at the star's magnitude: divided by what both make of it.
    By Fisher's and Louis's identities: the gradient is the mean of that of the complete likelihood, the
    second derivative is the mean of its second derivative and the covariance of its gradient.
    """
    e, weight, residual, log_likelihood = nodes_of(
        parallax_mas, sigma_mas, predicted_mas, scatter_mag, log_prior
    )
    x = e / scatter_mag
    wx, wr = weight * x, weight * residual
    wxx = wx * x
    x1, x2, x3, x4 = wx.sum(0), wxx.sum(0), (wxx * x).sum(0), (wxx * x * x).sum(0)
    r1, r2, rx, rxx = wr.sum(0), (wr * residual).sum(0), (wr * x).sum(0), (wr * x * x).sum(0)
    s, sigma = scatter_mag, sigma_mas
    gradient = np.stack([x1 / s, x2 - 1.0, r1 / sigma], axis=1)
    hessian = np.empty((len(s), 3, 3))
    hessian[:, 0, 0] = (x2 - x1**2 - 1.0) / s**2
    hessian[:, 1, 1] = x4 - x2**2 - 2.0 * x2
    hessian[:, 2, 2] = (r2 - r1**2 - 1.0) / sigma**2
    hessian[:, 0, 1] = hessian[:, 1, 0] = (x3 - x1 * x2 - 2.0 * x1) / s
    hessian[:, 0, 2] = hessian[:, 2, 0] = (rx - r1 * x1) / (s * sigma)
    hessian[:, 1, 2] = hessian[:, 2, 1] = (rxx - r1 * x2) / sigma
    found = Moments(log_likelihood, gradient, hessian, e, weight)
    return found if log_prior is None else _at_its_magnitude(found, scatter_mag, log_prior)


def _at_its_magnitude(found: Moments, s: Array, log_prior: Prior) -> Moments:
    """Divide the likelihood by that of the magnitude: by the integral of N(0, s^2) times the prior."""
    nodes = np.sqrt(2.0) * NODES[:, None]
    log = log_prior(nodes * s)
    top = log.max(axis=0)
    weight = WEIGHTS[:, None] / np.sqrt(np.pi) * np.exp(log - top)
    total = weight.sum(axis=0)
    weight /= total
    x1, x2, x3, x4 = ((weight * nodes**k).sum(axis=0) for k in (1, 2, 3, 4))
    found.gradient[:, 0] -= x1 / s
    found.gradient[:, 1] -= x2 - 1.0
    found.hessian[:, 0, 0] -= (x2 - x1**2 - 1.0) / s**2
    found.hessian[:, 1, 1] -= x4 - x2**2 - 2.0 * x2
    cross = (x3 - x1 * x2 - 2.0 * x1) / s
    found.hessian[:, 0, 1] -= cross
    found.hessian[:, 1, 0] -= cross
    return replace(found, log_likelihood=found.log_likelihood - top - np.log(total))


def predicted_mas(magnitude: Array, absolute: Array) -> Array:
    """Return the parallax (n,) [mas] of apparent (without extinction) and absolute magnitudes."""
    return np.asarray(np.exp(K * (10.0 - magnitude + absolute)))


def field_log_density(parallax_mas: Array, sigma_mas: Array, centre: float, width: float) -> Array:
    """Return ln of a Cauchy density (n,) of parallaxes that have nothing to do with the star's labels."""
    scale = np.hypot(width, sigma_mas)
    return np.asarray(-np.log(np.pi * scale) - np.log1p(((parallax_mas - centre) / scale) ** 2))
