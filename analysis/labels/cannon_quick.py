"""The fit of a quadratic model without its gradient: far less work for each step, and the same result.

Flux is linear in the terms d of the labels, f = d C: so J^T W r = D (C W r), D the derivatives of the terms
by the labels, and J^T W J = D (C W C^T) D^T. C W C^T, (m, m), is made once, of the mean weights of all
spectra; each star's curvature is that one times the ratio of its weights to the mean ones, near enough to
step by. The way down is exact in every step, so that it ends where chi2 is least; what is reported is the
curvature of the star's own weights there. Products along pixels are in single precision, the rest in double.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from analysis.labels.normal_equations import Data, Step, with_prior
from analysis.labels.terms import derivative, values

if TYPE_CHECKING:
    from analysis.labels.cannon import CannonModel

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CannonQuick:
    """A quadratic model's fast way: `middle` (m, m) is C W C^T, `rates` (1 + k, k m) terms' derivatives.

    `factors` are the places in (1, x) of the two factors of each term. The derivatives are linear in the
    labels: (1, x) times `rates`.
    """

    model: CannonModel
    coefficients: npt.NDArray[np.float32]
    middle: Array
    total_weight: float
    rates: Array
    factors: tuple[Whole, Whole]

    @classmethod
    def of(cls, model: CannonModel, weights: Array) -> CannonQuick | None:
        """Return the fast way for spectra with such mean weights (p,); None for more than quadratic terms."""
        if int(model.powers.sum(1).max()) > 2 or not weights.sum() > 0.0:
            return None
        k = len(model.labels)
        middle = (model.coefficients * weights) @ model.coefficients.T
        at = np.vstack([np.zeros(k), np.eye(k)])
        slopes = np.zeros((k + 1, k, len(model.powers)))
        for j in range(k):
            which, by = derivative(model.powers, at, j)
            slopes[:, j, which] = by / model.scale[j]
        slopes[1:] -= slopes[0]
        flat = slopes.reshape(k + 1, -1)
        # Each term is a product of two of (1, x).
        pairs = [[j + 1 for j, p in enumerate(row) for _ in range(p)] for row in model.powers]
        factors = np.array([[0] * (2 - len(pair)) + pair for pair in pairs]).T
        single = model.coefficients.astype(np.float32)
        return cls(model, single, middle, float(weights.sum()), flat, (factors[0], factors[1]))

    def step(self, data: Data, theta: Array) -> Step:
        """Return chi2 with its slope, and a curvature near it, at labels (n, k)."""
        model, n = self.model, len(theta)
        x = (theta - model.pivot) / model.scale
        both, (first, second) = np.column_stack([np.ones(n), x]), self.factors
        weights = np.square(data.root, dtype=np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            away = data.flux.astype(np.float32)
            away -= (both[:, first] * both[:, second]).astype(np.float32) @ self.coefficients
            weighed = away * weights
            chi2 = np.einsum("np,np->n", weighed, away, dtype=np.float64)
            along = (weighed @ self.coefficients.T).astype(np.float64)
            slopes = (both @ self.rates).reshape(n, x.shape[1], -1)
            slope = np.matmul(slopes, along[:, :, None])[:, :, 0]
            curvature = np.matmul(slopes @ self.middle, np.swapaxes(slopes, 1, 2))
        share = weights.sum(1) / self.total_weight
        return with_prior(data, theta, chi2, slope, curvature * share[:, None, None])

    def exact(self, data: Data, theta: Array) -> Step:
        """Return what `step` does with each star's own curvature, and chi2 in double precision."""
        model, n = self.model, len(theta)
        x = (theta - model.pivot) / model.scale
        gradient = np.empty((n, x.shape[1], data.flux.shape[1]), np.float32)
        for j in range(x.shape[1]):
            which, by = derivative(model.powers, x, j)
            part = self.coefficients[which]
            np.matmul((by / model.scale[j]).astype(np.float32), part, out=gradient[:, j])
        gradient *= data.root.astype(np.float32)[:, None, :]
        residual = (data.flux - values(model.powers, x) @ model.coefficients) * data.root
        chi2 = np.einsum("np,np->n", residual, residual)
        slope = np.matmul(gradient, residual.astype(np.float32)[:, :, None])[:, :, 0]
        curvature = np.matmul(gradient, np.swapaxes(gradient, 1, 2))
        return with_prior(data, theta, chi2, slope.astype(np.float64), curvature.astype(np.float64))
