"""How far points of a rotation curve may be from a model: errors, what all of them share, what was left out.

A covariance is turned to its own axes once, so that white noise beyond the errors, or a factor of all of
them, costs no more than a sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.mass_model.curve import Curve
from analysis.mass_model.file import NAME
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

EXTRA = {"given": None, "jitter": "jitter", "scale": "scale"}
"""What is sampled beside the halo, for each way to take the errors."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What the errors of n points are.

    `axes` (n, n) turns residuals to where they are independent, with variances (n,); None where they are so.
    `minus` and `plus` (n,) are errors on both sides, None where they are the same. `extra` is None, `jitter`
    (white noise [km/s] in quadrature) or `scale` (a factor of all errors).
    """

    variance: Array
    axes: Array | None
    minus: Array | None
    plus: Array | None
    extra: str | None

    def squares(self, residual: Array, extra: Array | None = None) -> tuple[Array, Array]:
        """Return chi2 (m,) and ln of the norm (m,) of residuals model - point (m, n), with `extra` (m,)."""
        size = 0.0 if extra is None else extra[:, None]
        if self.minus is not None and self.plus is not None:
            low, high = (self._widened(each**2, size) for each in (self.minus, self.plus))
            # A model above the point is judged by the error upwards. Both halves are one density.
            chi2 = residual**2 / np.where(residual > 0.0, high, low)
            norm = np.log(0.5 * (np.sqrt(low) + np.sqrt(high)))
        else:
            turned = residual if self.axes is None else residual @ self.axes
            variance = self._widened(self.variance, size)
            chi2, norm = turned**2 / variance, 0.5 * np.log(variance)
        wide = np.broadcast_to(norm, chi2.shape)
        return chi2.sum(axis=1), wide.sum(axis=1) + 0.5 * chi2.shape[1] * np.log(2.0 * np.pi)

    def _widened(self, variance: Array, size: Array | float) -> Array:
        if self.extra == "scale":
            return np.asarray(variance * np.asarray(size) ** 2)
        return np.asarray(variance + np.asarray(size) ** 2)


def noise(curve: Curve, settings: Mapping[str, Any], r0_kpc: float) -> Noise:
    """Return the noise that the settings describe.

    Systematic errors are `sys_point` (a share of each velocity, independent), `sys_level` [km/s] (all points
    together) and `sys_slope` [km/s/kpc] (turning all about R0). Raises AnalysisError where both sides of
    errors are asked for together with errors that points share.
    """
    shared = settings["sys_level"] > 0.0 or settings["sys_slope"] > 0.0 or curve.covariance is not None
    point = (settings["sys_point"] * curve.vc) ** 2
    extra = EXTRA[settings["errors"]]
    if settings["asymmetric"] and shared:
        raise AnalysisError(
            f"{NAME}: errors of two sides (asymmetric) are of points that share nothing: leave out "
            "sys_level, sys_slope and the covariance"
        )
    if settings["asymmetric"]:
        low, high = np.sqrt(curve.minus**2 + point), np.sqrt(curve.plus**2 + point)
        return Noise(0.5 * (low**2 + high**2), None, low, high, extra)
    if not shared:
        return Noise(curve.error**2 + point, None, None, None, extra)
    base = np.diag(curve.error**2) if curve.covariance is None else curve.covariance
    lever = curve.r - r0_kpc
    full = (
        base
        + np.diag(point)
        + settings["sys_level"] ** 2
        + settings["sys_slope"] ** 2 * np.outer(lever, lever)
    )
    variance, axes = np.linalg.eigh(full)
    if variance[0] <= 1e-9 * variance[-1]:
        raise AnalysisError(
            f"{NAME}: the covariance of {curve.name} is not positive definite (its eigenvalues are from "
            f"{variance[0]:.3g} to {variance[-1]:.3g} km2/s2): give more bootstraps than bins"
        )
    return Noise(variance, axes, None, None, extra)
