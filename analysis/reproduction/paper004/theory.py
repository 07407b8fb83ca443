"""What linear algebra expects of F1 and F2 under uniform motion, without any simulation.

Each weighting's motion is a linear combination of the ten offsets, its objective a quadratic form of
them: means, variances and the probability that one is nearer to the truth follow from table 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad

from analysis.reproduction.paper004.sky import DR3, EPOCHS_YR, ERRORS_MAS, GAIA, Setup

Array = npt.NDArray[np.float64]

WEIGHTINGS = ("F1", "F2")

BOTH = 2
"""Coordinates of a position, each fitted for itself."""


class Expectation(NamedTuple):
    """Standard error of the motion [mas/yr] by F1 and F2, their mean error, and how often F2 is better."""

    sigma: Array
    mean_error: Array
    better: float


def weights(setup: Setup, weighting: str) -> Array:
    """Return the weights of one coordinate's ten positions, shape (10,): 0 for what is not used."""
    lever = setup.epochs_yr - setup.epochs_yr[DR3]
    weight = 1.0 / ERRORS_MAS**2 * (lever**2 if weighting == "F2" else 1.0)
    weight[list(setup.without)] = 0.0
    if not setup.free:
        weight[setup.place] = 0.0
    return weight


def _left(setup: Setup) -> Array:
    """Return how offsets become offsets from the place that is held: y - y0, shape (10, 10)."""
    matrix = np.eye(10)
    if not setup.free:
        matrix[:, setup.place] -= 1.0
    return matrix


def estimator(setup: Setup, weighting: str) -> Array:
    """Return the coefficients (10,) of the offsets in the fitted motion [1/yr]."""
    years = setup.epochs_yr - setup.epochs_yr[setup.place]
    weight = weights(setup, weighting)
    model = np.stack([years, np.ones(10)], axis=1) if setup.free else years[:, None]
    solution = np.linalg.solve(model.T @ (weight[:, None] * model), model.T * weight)
    return np.asarray(solution[0] @ _left(setup), np.float64)


def variances(setup: Setup) -> Array:
    """Return the true variances [mas2] of the offsets of one coordinate, shape (10,)."""
    variance = ERRORS_MAS**2
    variance[list(GAIA)] += setup.hidden_mas**2
    if setup.place_known:
        variance[setup.place] = 0.0
    return variance


def expectation(setup: Setup) -> Expectation:
    """Return what a set-up's simulation must show, but for the rotated one.

    The error of the motion is a two-dimensional normal variable, its length's mean sqrt(pi/2) sigma.
    d1^2 - d2^2 of one coordinate has the form a u^2 - b v^2 with u, v normal; over two coordinates
    u^2 and v^2 become exponential, so that F2 is better with probability a / (a + b).
    """
    rows = np.stack([estimator(setup, weighting) for weighting in WEIGHTINGS])
    covariance = (rows * variances(setup)) @ rows.T
    values = np.linalg.eigvals(np.diag([1.0, -1.0]) @ covariance).real
    sigma = np.sqrt(np.diag(covariance))
    better = values.max() / (values.max() - values.min())
    return Expectation(sigma, np.sqrt(np.pi / 2.0) * sigma, float(better))


def objective_spectrum(setup: Setup, weighting: str) -> Array:
    """Return the factors of the objective Q = sum of factor * normal^2 over both coordinates, shape (20,)."""
    weight = weights(setup, weighting)
    years = setup.epochs_yr - setup.epochs_yr[setup.place]
    model = np.stack([years, np.ones(10)], axis=1) if setup.free else years[:, None]
    fit = model @ np.linalg.solve(model.T @ (weight[:, None] * model), model.T * weight)
    residual = (np.eye(10) - fit) @ _left(setup) * np.sqrt(variances(setup))
    values = np.linalg.eigvalsh(residual.T @ (weight[:, None] * residual))
    return np.repeat(np.clip(values, 0.0, None), BOTH)


def probability_above(limit: float, spectrum: Array) -> float:
    """Return the probability that sum of spectrum * normal^2 exceeds a limit by Imhof 1961.

    Biometrika 48, 419, equation 3.2.
    """

    def integrand(u: float) -> float:
        angle = 0.5 * np.arctan(spectrum * u).sum() - 0.5 * limit * u
        return float(np.sin(angle) / (u * np.prod((1.0 + (spectrum * u) ** 2) ** 0.25)))

    value, _ = quad(integrand, 0.0, np.inf, limit=500, epsabs=1e-9)
    return 0.5 + value / np.pi


def chi2_variance(spectrum: Array, dof: int = 16) -> float:
    """Return the variance of dof * Q / E(Q), where Q has that spectrum; of a chi-square it is 2 dof."""
    return float(2.0 * dof**2 * (spectrum**2).sum() / spectrum.sum() ** 2)


def scale_to_mean_weight(setup: Setup) -> float:
    """Return (Q / mean of (t - t0)^2) / (16 Q / E(Q)): F2's weights scaled to a mean of 1, against ours."""
    lever = (setup.epochs_yr - setup.epochs_yr[DR3])[weights(setup, "F2") > 0.0]
    return float(objective_spectrum(setup, "F2").sum() / (16.0 * (lever**2).mean()))


def sigma_acceleration(
    *, hipparcos: bool = False, without: tuple[int, ...] = (), motion_error_mas_yr: float = 0.025
) -> float:
    """Return the standard error [mas/yr2] of one component of a constant acceleration, by covariance.

    Of Gaia only DR3 counts, with its motion: the releases share data. Table 1 has no error of the
    motion; 0.025 mas/yr is the number of its position. `hipparcos` adds one position of 1 mas at 1991.25.
    """
    kept = [i for i in range(10) if i not in (*GAIA, *without)]
    years, errors = EPOCHS_YR[kept] - EPOCHS_YR[DR3], ERRORS_MAS[kept]
    rows = [np.stack([np.ones(len(kept)), years, years**2 / 2.0], axis=1) / errors[:, None]]
    rows.append(np.diag([1.0 / ERRORS_MAS[DR3], 1.0 / motion_error_mas_yr, 0.0])[:2])
    if hipparcos:
        t = 1991.25 - EPOCHS_YR[DR3]
        rows.append(np.array([[1.0, t, t**2 / 2.0]]))
    model = np.concatenate(rows)
    return float(np.sqrt(np.linalg.inv(model.T @ model)[2, 2]))
