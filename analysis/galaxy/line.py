"""A straight line through a rotation curve, its errors, and whether the points' errors can be believed.

vc(R) = vc_r0 + slope (R - R0). Published slopes of the Milky Way are such lines through points with
statistical errors alone; chi2 per degree of freedom tells whether those errors describe their scatter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

_P_TOO_SMALL = 1e-3
"""Probability of a larger chi2 below which errors are called too small, and of a smaller one, too large."""


@dataclass(frozen=True, slots=True)
class Line:
    """vc_r0 [km/s] at R0 and slope [km/s/kpc], with their covariance (2, 2) and chi2.

    `scatter_km_s` is the intrinsic scatter that was fitted beside the errors, 0 where none was.
    """

    r0_kpc: float
    vc_r0: float
    slope: float
    covariance: Array
    chi2: float
    dof: int
    scatter_km_s: float = 0.0
    scatter_error_km_s: float = 0.0

    @property
    def vc_error(self) -> float:
        """Standard error of vc_r0 [km/s]."""
        return float(np.sqrt(self.covariance[0, 0]))

    @property
    def slope_error(self) -> float:
        """Standard error of the slope [km/s/kpc]."""
        return float(np.sqrt(self.covariance[1, 1]))

    @property
    def correlation(self) -> float:
        """Correlation of both."""
        return float(self.covariance[0, 1] / (self.vc_error * self.slope_error))

    @property
    def chi2_per_dof(self) -> float:
        """Chi2 per degree of freedom; NaN with two points."""
        return self.chi2 / self.dof if self.dof > 0 else float("nan")

    @property
    def p_value(self) -> float:
        """Probability of a larger chi2, if the line and the errors are right; NaN with two points."""
        from scipy.special import chdtrc  # scipy.stats takes a second to import

        return float(chdtrc(self.dof, self.chi2)) if self.dof > 0 else float("nan")

    @property
    def scaled_covariance(self) -> Array:
        """The covariance (2, 2) if all errors are wrong by one factor, which chi2 per dof tells."""
        return self.covariance * (self.chi2_per_dof if self.dof > 0 else 1.0)

    def at(self, r_kpc: npt.ArrayLike) -> tuple[Array, Array]:
        """Return the line and its standard error [km/s] at radii (n,)."""
        x = np.asarray(r_kpc, float) - self.r0_kpc
        variance = self.covariance[0, 0] + 2.0 * x * self.covariance[0, 1] + x**2 * self.covariance[1, 1]
        return self.vc_r0 + self.slope * x, np.sqrt(variance)

    def judgement(self) -> str:
        """Return a sentence that says what the errors of the points are worth."""
        said = f"chi2 {self.chi2:.1f} for {self.dof} degrees of freedom"
        if self.dof < 1:
            return f"{said}: nothing can be said of the errors"
        if self.scatter_km_s > 0.0:
            return (
                f"{said} with an intrinsic scatter of {self.scatter_km_s:.2f} +- "
                f"{self.scatter_error_km_s:.2f} km/s beside the errors"
            )
        if self.p_value < _P_TOO_SMALL:
            factor = np.sqrt(self.chi2_per_dof)
            vc, slope = np.sqrt(np.diag(self.scaled_covariance))
            return (
                f"{said}: the points scatter {factor:.1f} times more about a line than their errors say, or "
                f"the curve is no line; errors scaled by that: {vc:.2f} km/s and {slope:.3f} km/s/kpc"
            )
        if self.p_value > 1.0 - _P_TOO_SMALL:
            return f"{said}: the errors are larger than the scatter of the points"
        return f"{said}: the errors agree with the scatter of the points"


def fit(r_kpc: npt.ArrayLike, vc_km_s: npt.ArrayLike, error: npt.ArrayLike, r0_kpc: float) -> Line:
    """Fit the line by least squares; `error` [km/s] (n,) or the points' covariance [km2/s2] (n, n).

    Raises AnalysisError for fewer than two radii, and errors that are not above 0.
    """
    r, v, c = _checked(r_kpc, vc_km_s, error)
    design = np.column_stack([np.ones(len(r)), r - r0_kpc])
    if c.ndim == 1:
        half = design / c[:, None]
        white = v / c
    else:
        try:
            lower = np.linalg.cholesky(c)
        except np.linalg.LinAlgError:
            raise AnalysisError(
                "the covariance of the curve's points is not positive definite: give more bootstraps than "
                "bins, or errors"
            ) from None
        half, white = np.linalg.solve(lower, design), np.linalg.solve(lower, v)
    covariance: Array = np.linalg.inv(half.T @ half).astype(np.float64)
    best = covariance @ (half.T @ white)
    chi2 = float(np.sum((white - half @ best) ** 2))
    return Line(r0_kpc, float(best[0]), float(best[1]), covariance, chi2, len(r) - 2)


def fit_scatter(
    r_kpc: npt.ArrayLike,
    v_km_s: npt.ArrayLike,
    error: npt.ArrayLike,
    r0_kpc: float,
    *,
    r_error_kpc: npt.ArrayLike = 0.0,
    student: float | None = None,
) -> Line:
    """Fit line and intrinsic scatter by maximum likelihood; errors (n,) of v [km/s] and of R [kpc].

    Each v is normal about the line (or Student-t with `student` degrees of freedom, which wild values sway
    less) with variance scatter^2 + error^2 + (slope r_error)^2. The covariance is the inverse of the
    information. Raises AnalysisError as `fit` does.
    """
    from scipy.optimize import minimize

    r, v, e = _checked(r_kpc, v_km_s, error)
    e_r = np.broadcast_to(np.asarray(r_error_kpc, float), r.shape)
    x = r - r0_kpc

    def minus_log(p: Array) -> float:
        variance = np.exp(2.0 * p[2]) + e**2 + (p[1] * e_r) ** 2
        squares = (v - p[0] - p[1] * x) ** 2 / variance
        if student is None:
            return float(0.5 * np.sum(squares + np.log(variance)))
        return float(np.sum(0.5 * (student + 1.0) * np.log1p(squares / student) + 0.5 * np.log(variance)))

    slope, level = np.polyfit(x, v, 1)
    spread = max(float(np.std(v - level - slope * x)), 1e-3)
    start = np.array([level, slope, np.log(spread)])
    found = minimize(
        minus_log, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-9, "maxiter": 9000}
    )
    p = found.x
    covariance: Array = np.linalg.inv(_hessian(minus_log, p, np.array([1e-2, 1e-3, 1e-3]))).astype(np.float64)
    variance = np.exp(2.0 * p[2]) + e**2 + (p[1] * e_r) ** 2
    chi2 = float(np.sum((v - p[0] - p[1] * x) ** 2 / variance))
    scatter = float(np.exp(p[2]))
    return Line(
        r0_kpc,
        float(p[0]),
        float(p[1]),
        covariance[:2, :2],
        chi2,
        len(r) - 3,
        scatter,
        scatter * float(np.sqrt(covariance[2, 2])),
    )


def _checked(r_kpc: npt.ArrayLike, v: npt.ArrayLike, error: npt.ArrayLike) -> tuple[Array, Array, Array]:
    r, v, e = (np.asarray(each, float) for each in (r_kpc, v, error))
    if r.ndim != 1 or r.shape != v.shape or e.shape not in (r.shape, r.shape * 2):
        raise AnalysisError(
            f"a line needs as many velocities and errors as radii: {r.shape}, {v.shape}, {e.shape}"
        )
    if not (np.isfinite(r).all() and np.isfinite(v).all() and np.isfinite(e).all()):
        raise AnalysisError("radii, velocities and errors of a line must be finite numbers")
    if len(np.unique(r)) < 2:
        raise AnalysisError(f"a line needs two radii or more: there are {len(np.unique(r))}")
    if not ((e if e.ndim == 1 else np.diag(e)) > 0.0).all():
        raise AnalysisError("errors of the points of a line must be above 0")
    return r, v, e


def _hessian(of: Callable[[Array], float], at: Array, step: Array) -> Array:
    """Return second derivatives (k, k) by central differences."""
    k = len(at)
    made = np.empty((k, k))
    for i in range(k):
        for j in range(i + 1):
            total = 0.0
            for a, b in ((1, 1), (-1, -1), (1, -1), (-1, 1)):
                moved = at.copy()
                moved[i] += a * step[i]
                moved[j] += b * step[j]
                total += a * b * of(moved)
            made[i, j] = made[j, i] = total / (4.0 * step[i] * step[j])
    return made
