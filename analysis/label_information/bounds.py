"""The Cramer-Rao bound: no unbiased estimate has a smaller covariance than Fisher's matrix inverted.

Ting et al. 2017, ApJ 843, 32 and Sandford et al. 2020, ApJS 249, 24 ask it of spectra: with independent
Gaussian noise the matrix is the sum over pixels of (d flux / d label_i) (d flux / d label_j) ivar.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SINGULAR = 1e-13
"""Smallest eigenvalue of the scaled matrix below which the labels are not determined together."""


class Bounds(NamedTuple):
    """Bounds of k labels: `together` (k,) if all are fitted, `alone` (k,) if the others are known.

    `correlation` (k, k) is that of the best possible errors. What is not determined is infinite, its
    correlations NaN.
    """

    together: Array
    alone: Array
    correlation: Array


def fisher(gradient: npt.ArrayLike, ivar: npt.ArrayLike) -> Array:
    """Return Fisher's matrix (k, k) of gradients (p, k) and inverse variances (p,) of the flux."""
    slope = np.asarray(gradient, np.float64)
    return np.asarray(slope.T @ (slope * np.asarray(ivar, np.float64)[:, None]))


def bounds(information: npt.ArrayLike) -> Bounds:
    """Return the bounds that a Fisher matrix (k, k) sets, labels together and alone.

    A label without any information is left out of the inversion of the others.
    """
    matrix = np.asarray(information, np.float64)
    k = len(matrix)
    diagonal = np.diag(matrix)
    known = diagonal > 0.0
    together, correlation = np.full(k, np.inf), np.full((k, k), np.nan)
    with np.errstate(divide="ignore"):
        alone = np.where(known, 1.0 / np.sqrt(diagonal), np.inf)
    if known.any():
        root = np.sqrt(diagonal[known])
        scaled = matrix[np.ix_(known, known)] / np.outer(root, root)
        if np.linalg.eigvalsh(scaled)[0] > SINGULAR:
            covariance = np.linalg.inv(scaled)
            sigma = np.sqrt(np.diag(covariance))
            together[known] = sigma / root
            correlation[np.ix_(known, known)] = covariance / np.outer(sigma, sigma)
    return Bounds(together, alone, correlation)
