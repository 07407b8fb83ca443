"""Whether labels are where the training set is: ranges along several directions, and nearest neighbours.

A model is only good where it was trained. In 8 dimensions a convex hull of thousands of stars holds hardly
any star of the same kind, and Mahalanobis' distance knows only ellipses: so a star is beyond the training set
if it is outside its range in any label or along any principal axis, or farther from its neighbours than
the training stars are from theirs when each is left out in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NEIGHBOURS = 5
QUANTILE = 0.995
"""Part of the training stars, each left out in turn, that is within the limit of the neighbours."""


@dataclass(frozen=True, slots=False, eq=False)
class Hull:
    """A training set in label space (n, k); `limit` is that of the mean distance to the nearest stars."""

    theta: Array
    limit: float
    _mean: Array = field(repr=False)
    _axes: Array = field(repr=False)
    """(k, k): labels less the mean, times this, have unit covariance."""
    _low: Array = field(repr=False)
    _high: Array = field(repr=False)

    @classmethod
    def of(cls, theta: npt.ArrayLike) -> Hull:
        """Return the hull of training labels (n, k); rows with a NaN do not count.

        Raises ValueError for fewer than k + 2 whole rows.
        """
        known = np.asarray(theta, np.float64)
        known = known[np.isfinite(known).all(1)]
        n, k = known.shape
        if n < k + 2:
            raise ValueError(f"{n} stars with all {k} labels: a training set needs {k + 2} at least")
        mean = known.mean(0)
        spread = np.maximum(known.std(0), 1e-12 * np.maximum(np.abs(mean), 1.0))
        z = (known - mean) / spread
        width, turn = np.linalg.eigh(np.cov(z, rowvar=False).reshape(k, k))
        axes = (turn / np.sqrt(np.maximum(width, 1e-10))) / spread[:, None]
        along = _along(known, mean, spread, axes)
        low, high = along.min(0), along.max(0)
        own = cls(known, np.inf, mean, axes, low, high)
        limit = float(np.quantile(own.neighbours(known, own=True), QUANTILE))
        return cls(known, max(limit, 1e-12), mean, axes, low, high)

    def neighbours(self, theta: Array, *, own: bool = False) -> Array:
        """Return the mean distance (n,) to the nearest training stars, in standard deviations.

        `own`: each of `theta` is a training star, which does not count as its own neighbour.
        """
        k = min(NEIGHBOURS, len(self.theta) - 1)
        away, _ = self._tree.query((theta - self._mean) @ self._axes, k=k + own)
        away = np.reshape(away, (len(theta), -1))
        return np.asarray(away[:, 1:].mean(1) if own else away.mean(1))

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree((self.theta - self._mean) @ self._axes)

    def distance(self, theta: npt.ArrayLike) -> Array:
        """Return how far labels (n, k) are from the training set (n,): beyond it above 1; NaN gives NaN.

        The largest of the position within each range, where its ends are 1, and the distance to the
        neighbours over its limit.
        """
        at = np.asarray(theta, np.float64)
        out = np.full(len(at), np.nan)
        known = np.isfinite(at).all(1)
        if not known.any():
            return out
        spread = np.maximum(self.theta.std(0), 1e-12 * np.maximum(np.abs(self._mean), 1.0))
        along = _along(at[known], self._mean, spread, self._axes)
        middle, half = (self._high + self._low) / 2.0, np.maximum((self._high - self._low) / 2.0, 1e-12)
        ranges = (np.abs(along - middle) / half).max(1)
        out[known] = np.maximum(ranges, self.neighbours(at[known]) / self.limit)
        return out

    def spread_out(self, n: int) -> Array:
        """Return at most n training labels (n, k) far from each other, the first nearest the mean."""
        z = (self.theta - self._mean) @ self._axes
        chosen = [int(np.argmin((z**2).sum(1)))]
        away = ((z - z[chosen[0]]) ** 2).sum(1)
        while len(chosen) < min(n, len(z)):
            chosen.append(int(np.argmax(away)))
            away = np.minimum(away, ((z - z[chosen[-1]]) ** 2).sum(1))
        return self.theta[chosen]


def _along(theta: Array, mean: Array, spread: Array, axes: Array) -> Array:
    """Return labels (n, 2k) along each label and each principal axis."""
    return np.hstack([(theta - mean) / spread, (theta - mean) @ axes])
