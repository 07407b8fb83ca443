"""Coefficients and intrinsic scatter of every pixel at once: weighted least squares in closed form.

For a given scatter s the coefficients of a pixel are those of least squares with weights
1 / (sigma^2 + s^2) (Ness et al. 2015, equation 4); s^2 follows from its restricted likelihood by Fisher
scoring, in all pixels together. "Restricted" takes account of the fitted coefficients: maximum likelihood,
as published, makes the scatter too small by a part m / n of the variance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

ROUNDS = 20
TOLERANCE = 1e-4
CHUNK_BYTES = 48 << 20


class Pixels(NamedTuple):
    """Coefficients (m, p), scatter (p,), and the mean variance about the model (p,)."""

    coefficients: Array
    scatter: Array
    noise: Array


def solve(
    terms: Array, flux: Array, ivar: Array, variance: Array | float = 0.0, *, restricted: bool = True
) -> Pixels:
    """Return what fits spectra (n, p) with terms (n, m); ivar 0 leaves a pixel of a star out.

    `variance` (n, p) comes in addition to 1 / ivar. A pixel that fewer than m + 2 stars have gets
    coefficients 0 and infinite scatter.
    """
    n_terms, n_pixels = terms.shape[1], flux.shape[1]
    coefficients = np.zeros((n_terms, n_pixels))
    scatter, noise = np.full(n_pixels, np.inf), np.zeros(n_pixels)
    enough = np.flatnonzero((ivar > 0.0).sum(0) >= n_terms + 2)
    width = max(1, CHUNK_BYTES // (8 * max(len(flux) * 4, n_terms**2 * 3)))
    for begin in range(0, len(enough), width):
        some = enough[begin : begin + width]
        extra = variance[:, some] if isinstance(variance, np.ndarray) else variance
        found = _chunk(terms, flux[:, some], ivar[:, some], extra, restricted)
        coefficients[:, some], scatter[some], noise[some] = found
    return Pixels(coefficients, scatter, noise)


def closed_form(terms: Array, flux: Array, weight: Array) -> Array:
    """Return the coefficients (m, p) of weighted least squares of spectra (n, p) with terms (n, m)."""
    matrix = gram(terms, weight)
    right = (weight * flux).T @ terms
    # A ridge of rounding size: terms that a pixel's stars can not tell apart would be a division by zero.
    diagonal = np.einsum("pmm->pm", matrix)
    diagonal *= 1.0 + 1e-13
    diagonal += 1e-300
    return np.ascontiguousarray(np.linalg.solve(matrix, right[:, :, None])[:, :, 0].T)


def gram(terms: Array, weight: Array) -> Array:
    """Return terms^T diag(weight) terms (p, m, m) for weights (n, p), as products of few large matrices."""
    n, m = terms.shape
    upper = np.triu_indices(m)
    packed = np.zeros((weight.shape[1], len(upper[0])))
    step = max(1, CHUNK_BYTES // (8 * len(upper[0])))
    for begin in range(0, n, step):
        rows = terms[begin : begin + step]
        packed += weight[begin : begin + step].T @ (rows[:, upper[0]] * rows[:, upper[1]])
    matrix = np.empty((weight.shape[1], m, m))
    matrix[:, upper[0], upper[1]] = packed
    matrix[:, upper[1], upper[0]] = packed
    return matrix


def _chunk(
    terms: Array, flux: Array, ivar: Array, extra: Array | float, restricted: bool
) -> tuple[Array, Array, Array]:
    good = ivar > 0.0
    with np.errstate(divide="ignore"):
        sigma2 = np.where(good, 1.0 / ivar + extra, np.inf)
    count = good.sum(0)
    kept = 1.0 - terms.shape[1] / count if restricted else np.ones(len(count))
    least = np.min(np.where(good, sigma2, np.inf), axis=0)
    coefficients = closed_form(terms, flux, good.astype(np.float64))
    residual2 = np.where(good, (flux - terms @ coefficients) ** 2, 0.0)
    scatter2 = np.maximum(
        residual2.sum(0) / (count * kept) - np.median(np.where(good, sigma2, 0.0), axis=0), 0.0
    )
    active = np.arange(flux.shape[1])
    for _ in range(ROUNDS):
        weight = 1.0 / (sigma2[:, active] + scatter2[active])
        coefficients[:, active] = closed_form(terms, flux[:, active], weight)
        residual2 = (flux[:, active] - terms @ coefficients[:, active]) ** 2
        squares = weight**2
        score = (squares * residual2).sum(0) - kept[active] * weight.sum(0)
        step = score / (kept[active] * squares.sum(0))
        new = np.maximum(scatter2[active] + step, 0.0)
        moved = np.abs(new - scatter2[active]) > TOLERANCE * (new + least[active])
        scatter2[active] = new
        active = active[moved]
        if not len(active):
            break
    weight = 1.0 / (sigma2 + scatter2)
    return closed_form(terms, flux, weight), np.sqrt(scatter2), count / weight.sum(0)
