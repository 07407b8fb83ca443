"""Robust maximum likelihood with Student's t: locations by reweighting, and error scale and floor.

The likelihood's scatter is `CONSISTENCY` times the covariance, so that normal errors are found as
they are: with the plain t distribution of 4 degrees of freedom their scale would come out a tenth
too small. Lange, Little and Taylor 1989, J. Am. Stat. Assoc. 84, 881; standard errors from the
sandwich of Huber 1967, which holds whatever the true distribution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad
from scipy.optimize import brentq, minimize

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

FREEDOM = 4.0
"""Degrees of freedom of Student's t."""


def consistency(freedom: float) -> float:
    """Return k for which E[(freedom + 2) x / (k freedom + x)] = 2, with x chi-square of 2 dof."""

    def excess(k: float) -> float:
        weighted = quad(lambda x: 0.5 * np.exp(-x / 2.0) * x / (k * freedom + x), 0.0, np.inf)[0]
        return float((freedom + 2.0) * weighted - 2.0)

    return float(brentq(excess, 0.1, 1.0))


CONSISTENCY = consistency(FREEDOM)

WORST = 30.0
"""Squared normalised residual in two dimensions beyond which an entry does not count: of normal errors
none in a million is there."""

MEDIAN_DISTANCE2 = 2.0 * np.log(2.0)
"""Median of chi-square with 2 degrees of freedom."""

STEPS = 30


class Location(NamedTuple):
    """Parameters (p,), their covariance (p, p)."""

    value: Array
    covariance: Array


class Spread(NamedTuple):
    """Error scale and floor [unit of the residuals] with standard errors, NaN where they were not fitted.

    `likelihood` is the mean logarithm of it, of all residuals.
    """

    scale: float
    scale_sig: float
    floor: float
    floor_sig: float
    likelihood: float = np.nan

    @property
    def found(self) -> bool:
        """Whether the residuals say anything of the errors."""
        return bool(np.isfinite(self.scale_sig) or np.isfinite(self.floor_sig))


def inverse2(matrices: Array) -> Array:
    """Return the inverses of (n, 2, 2) symmetric matrices."""
    a, b, d = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 1]
    determinant = a * d - b * b
    result = np.empty_like(matrices)
    result[:, 0, 0], result[:, 1, 1] = d / determinant, a / determinant
    result[:, 0, 1] = result[:, 1, 0] = -b / determinant
    return result


def distance2(residual: Array, covariance: Array) -> Array:
    """Return r' V^-1 r of residuals (n, 2) with covariances (n, 2, 2), shape (n,)."""
    x, y = residual[:, 0], residual[:, 1]
    a, b, d = covariance[:, 0, 0], covariance[:, 0, 1], covariance[:, 1, 1]
    return np.asarray((d * x * x - 2.0 * b * x * y + a * y * y) / (a * d - b * b))


def locate(
    residual: Array, covariance: Array, design: Array, star: Index, start: Array | None = None
) -> Location:
    """Return the parameters of residual (n, 2) = design (n, 2, p) * parameters, robustly.

    `star` (n,) says which residuals are not independent of each other: those of one star.
    `start` is a value to begin with. Raises numpy.linalg.LinAlgError for a singular design.
    """
    root = np.swapaxes(np.linalg.cholesky(inverse2(covariance)), 1, 2)
    z, x = np.einsum("nij,nj->ni", root, residual).ravel(), (root @ design).reshape(2 * len(residual), -1)
    value = np.zeros(design.shape[2]) if start is None else start.copy()
    # Every entry pulls at first: a large offset must not make the entries that show it the worst.
    for limit in (np.inf, WORST):
        for _ in range(STEPS):
            left, w, _ = _weighted(z, x, value, limit)
            pulling = x * np.repeat(w, 2)[:, None]
            normal = _product(pulling, x)
            step = np.linalg.solve(normal, pulling.T @ left)
            value = value + step
            if np.all(np.abs(step) < 1e-3 / np.sqrt(np.diag(normal))):
                break
    left, w, q = _weighted(z, x, value, WORST)
    pulled = (x * left[:, None]).reshape(len(w), 2, -1).sum(axis=1)
    score = np.zeros((int(star.max()) + 1, design.shape[2]))
    np.add.at(score, star, pulled * w[:, None])
    # Minus the derivative of the summed score: weights fall as residuals grow.
    bend = 2.0 * w / (CONSISTENCY * FREEDOM + q)
    bread = np.linalg.inv(
        _product(x * np.repeat(w, 2)[:, None], x) - _product(pulled * bend[:, None], pulled)
    )
    return Location(value, bread @ _product(score, score) @ bread)


def _product(a: Array, b: Array) -> Array:
    """Return a' b of arrays (n, p), without BLAS: its threads cost more than they gain on so few columns."""
    return np.asarray(np.einsum("np,nq->pq", a, b))


def _weighted(z: Array, x: Array, value: Array, limit: float) -> tuple[Array, Array, Array]:
    """Return what is left of whitened residuals (2 n,), each entry's weight and squared length (n,)."""
    left = z - x @ value
    q = np.sum(left.reshape(-1, 2) ** 2, axis=1)
    # Relative to the median, for the errors may still be far from right.
    beyond = q > limit * max(1.0, float(np.median(q)) / MEDIAN_DISTANCE2)
    return left, np.where(beyond, 0.0, (FREEDOM + 2.0) / (CONSISTENCY * FREEDOM + q)), q


def spread(
    residual: Array, listed: Array, predicted: Array, *, scale: bool = True, floor: bool = True
) -> Spread:
    """Return the scale s, and the floor f, of V = s^2 listed + f^2 + predicted; arrays (n, 2), (n, 2, 2).

    Without `scale` or `floor` it stays 1 or 0.
    Standard errors are NaN where the residuals do not determine a value. Entries beyond `WORST`
    at the solution are left out, and the fit repeated.
    """
    unit = float(np.median(listed[:, 0, 0] + listed[:, 1, 1])) / 2.0
    start = _start(residual, listed, predicted)
    best = np.array([start, 0.0]) if scale else np.array([0.0, np.exp(2.0 * start)])
    bounds = [(-6.0, 6.0) if scale else (0.0, 0.0), (0.0, None) if floor else (0.0, 0.0)]
    used = np.ones(len(residual), np.bool_)
    for _ in range(5):
        part = (residual[used], listed[used], predicted[used], unit)
        best = minimize(_loss, best, args=part, jac=True, method="L-BFGS-B", bounds=bounds).x
        near = distance2(residual, _covariance(best, listed, predicted, unit)) <= WORST
        if np.array_equal(near, used):
            break
        used = near
    part = (residual[used], listed[used], predicted[used], unit)
    likelihood, _ = _scores(best, residual, listed, predicted, unit)
    found = _with_errors(best, part, np.array([scale, floor]))
    return found._replace(likelihood=float(likelihood.mean()))


def _start(residual: Array, listed: Array, predicted: Array) -> float:
    """Return the logarithm of a first scale, by medians: no worst entry is left out too early."""
    q = distance2(residual, listed + predicted)
    return float(np.clip(0.5 * np.log(max(float(np.median(q)), 1e-3) / MEDIAN_DISTANCE2), -2.0, 5.0))


def _covariance(at: Array, listed: Array, predicted: Array, unit: float) -> Array:
    return np.asarray(np.exp(2.0 * at[0]) * listed + at[1] * unit * np.eye(2) + predicted)


def _scores(at: Array, residual: Array, listed: Array, predicted: Array, unit: float) -> tuple[Array, Array]:
    """Return each entry's log-likelihood (n,), and its derivatives by (ln s, f^2 / unit) (n, 2).

    Component by component: matrix products of so many matrices of two by two are ten times slower.
    """
    s2, f2 = np.exp(2.0 * at[0]), at[1] * unit
    aa, ad, dd = (s2 * listed[:, i, j] for i, j in ((0, 0), (0, 1), (1, 1)))
    va, vd = aa + predicted[:, 0, 0] + f2, dd + predicted[:, 1, 1] + f2
    vb = ad + predicted[:, 0, 1]
    determinant = va * vd - vb * vb
    x, y = residual[:, 0], residual[:, 1]
    px, py = (vd * x - vb * y) / determinant, (va * y - vb * x) / determinant
    q = x * px + y * py
    kind = CONSISTENCY * FREEDOM
    value = -0.5 * np.log(determinant) - 0.5 * (FREEDOM + 2.0) * np.log1p(q / kind)
    w = (FREEDOM + 2.0) / (kind + q)
    slopes = np.empty((len(q), 2))
    trace = (aa * vd - 2.0 * ad * vb + dd * va) / determinant
    slopes[:, 0] = w * (aa * px * px + 2.0 * ad * px * py + dd * py * py) - trace
    slopes[:, 1] = 0.5 * unit * (w * (px * px + py * py) - (va + vd) / determinant)
    return value, slopes


def _loss(at: Array, *data: Array) -> tuple[float, Array]:
    value, slopes = _scores(at, *data)  # type: ignore[arg-type]
    return -float(value.mean()), -slopes.mean(axis=0)


def _with_errors(best: Array, data: tuple[Array, Array, Array, float], free: Flags) -> Spread:
    """Return the solution with standard errors, NaN where the residuals do not determine it."""
    _, slopes = _scores(best, *data)
    bread = np.zeros((2, 2))
    for j in range(2):
        step = np.zeros(2)
        step[j] = 1e-4
        ahead, behind = (_scores(best + sign * step, *data)[1].sum(axis=0) for sign in (1.0, -1.0))
        bread[j] = -(ahead - behind) / 2e-4
    bread = bread[np.ix_(free, free)]
    meat = (slopes.T @ slopes)[np.ix_(free, free)]
    sig = np.full(2, np.nan)
    if np.linalg.cond(bread) < 1e12:
        turned = np.linalg.inv(bread)
        sig[free] = np.sqrt(np.diag(turned @ meat @ turned))
    scale, square, sig_square = float(np.exp(best[0])), float(best[1] * data[3]), float(sig[1] * data[3])
    root = np.sqrt(square) if free[1] else np.nan
    # Near zero the root's error is not that of the linear expansion: it is at most the root of the square's.
    sig_root = sig_square / max(2.0 * root, np.sqrt(sig_square)) if sig_square > 0.0 else np.nan
    return Spread(scale, scale * float(sig[0]), float(root), float(sig_root))
