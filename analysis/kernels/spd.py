"""Many small symmetric positive definite systems at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# A pivot below this, in a matrix scaled to unit diagonal, is rounding: the parameters are degenerate.
PIVOT_FLOOR = 1e-11


class Inverse(NamedTuple):
    """Inverses (n, k, k) and whether each matrix is positive definite (n,); where not, NaN."""

    matrix: Array
    ok: npt.NDArray[np.bool_]


def invert(matrices: Array) -> Inverse:
    """Return the inverse of each symmetric positive definite matrix of shape (n, k, k).

    By Cholesky after scaling to unit diagonal, so that units do not matter. A matrix that is not
    finite, or singular to rounding, gives NaN and ok False instead of an exception.
    """
    n, k, _ = matrices.shape
    diagonal = np.einsum("nii->ni", matrices)
    ok = np.isfinite(matrices).all(axis=(1, 2)) & (diagonal > 0.0).all(axis=1)
    scale = 1.0 / np.sqrt(np.where(ok[:, None], diagonal, 1.0))
    scaled = np.where(ok[:, None, None], matrices * scale[:, :, None] * scale[:, None, :], np.eye(k))
    lower = np.zeros((n, k, k))
    for j in range(k):
        pivot = scaled[:, j, j] - (lower[:, j, :j] ** 2).sum(axis=1)
        ok &= pivot > PIVOT_FLOOR
        lower[:, j, j] = np.sqrt(np.where(ok, pivot, 1.0))
        below = scaled[:, j + 1 :, j] - np.einsum("nij,nj->ni", lower[:, j + 1 :, :j], lower[:, j, :j])
        lower[:, j + 1 :, j] = below / lower[:, j, j, None]
    root = _inverse_of_lower(lower)
    inverse = np.swapaxes(root, 1, 2) @ root * scale[:, :, None] * scale[:, None, :]
    inverse[~ok] = np.nan
    return Inverse(inverse, ok)


def _inverse_of_lower(lower: Array) -> Array:
    n, k, _ = lower.shape
    inverse = np.zeros((n, k, k))
    for i in range(k):
        inverse[:, i, :i] = -np.einsum("nj,njl->nl", lower[:, i, :i], inverse[:, :i, :i])
        inverse[:, i, i] = 1.0
        inverse[:, i] /= lower[:, i, i, None]
    return inverse
