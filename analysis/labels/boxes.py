"""Where a model may be trusted, if not by its training set alone: ranges of labels, some labels of a hull."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.labels.hull import Hull

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=False, eq=False)
class Box(Hull):
    """The ranges of labels alone, as a published network comes without the labels of its training set.

    `theta` (2, k) are the lowest and the highest labels.
    """

    @classmethod
    def between(cls, low: npt.ArrayLike, high: npt.ArrayLike) -> Box:
        """Return the box of labels between `low` and `high` (k,)."""
        ends = np.array([low, high], np.float64)
        return cls(ends, np.inf, ends.mean(0), np.eye(ends.shape[1]), ends[0], ends[1])

    def distance(self, theta: npt.ArrayLike) -> Array:
        """Return how far labels (n, k) are from the middle (n,), 1 at the nearest end; NaN gives NaN."""
        at, (low, high) = np.asarray(theta, np.float64), self.theta
        away = np.abs(at - (low + high) / 2.0) / ((high - low) / 2.0)
        # Not fmax: one label that is not known is enough not to know.
        return np.asarray(away.max(axis=1))

    def spread_out(self, n: int) -> Array:
        """Return the middle and n - 1 points (n, k) that fill the inner half of the box evenly."""
        low, high = self.theta
        inside = _halton(n - 1, len(low)) * 0.5 + 0.25
        return np.vstack([(low + high) / 2.0, low + inside * (high - low)])


@dataclass(frozen=True, slots=False, eq=False)
class Part(Hull):
    """The hull of the first labels of a model with more: velocities and the like, which are nowhere trained.

    `whole` is that of the first `len(whole.theta.T)` labels.
    """

    whole: Hull

    @classmethod
    def first(cls, whole: Hull) -> Part:
        """Return what tells of the first labels only."""
        return cls(whole.theta, whole.limit, whole._mean, whole._axes, whole._low, whole._high, whole)

    def distance(self, theta: npt.ArrayLike) -> Array:
        """Return the distance (n,) of the first labels of (n, k and more)."""
        return self.whole.distance(np.asarray(theta, np.float64)[:, : self.theta.shape[1]])


def _halton(n: int, k: int) -> Array:
    """Return n points (n, k) that fill the unit cube, always the same ones."""
    from scipy.stats import qmc

    return np.asarray(qmc.Halton(k, scramble=False).random(n + 1)[1:])
