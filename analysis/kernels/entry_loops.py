"""Compiled loops over the entries of a multi-epoch table: their weights, and shared data."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from analysis.kernels.spd import PIVOT_FLOOR

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_INNER = _OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@njit(**_INNER)
def _root(size, corr, lower):  # type: ignore[no-untyped-def]
    """Make lower the inverse of the Cholesky root of a correlation matrix; whether it has one."""
    for j in range(size):
        for i in range(j, size):
            total = corr[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i > j:
                lower[i, j] = total / lower[j, j]
            elif total > PIVOT_FLOOR:
                lower[j, j] = np.sqrt(total)
            else:
                return False
    for j in range(size):
        lower[j, j] = 1.0 / lower[j, j]
        for i in range(j + 1, size):
            total = 0.0
            for k in range(j, i):
                total += lower[i, k] * lower[k, j]
            lower[i, j] = -total / lower[i, i]
    return True


@njit(cache=True, **_OPTIONS)
def weights(errors, correlations, has_motion, out):  # type: ignore[no-untyped-def]
    """Fill out (m, 4, 4) with the inverse covariance of (ra*, dec, pmra, pmdec); 0 for no motion.

    errors is 4 arrays (m,), correlations 6, in the order (0, 1), (0, 2), .. (2, 3); a missing one is 0.
    What is no covariance, or not finite, has weights of NaN.
    """
    corr, lower = np.zeros((4, 4)), np.zeros((4, 4))
    for row in range(len(has_motion)):
        size = 4 if has_motion[row] else 2
        good, at = True, 0
        for i in range(4):
            corr[i, i] = 1.0
            good &= i >= size or (np.isfinite(errors[i][row]) and errors[i][row] > 0.0)
            for j in range(i + 1, 4):
                value = correlations[at][row]
                corr[j, i] = 0.0 if np.isnan(value) else value
                at += 1
        if not (good and _root(size, corr, lower)):
            out[row] = np.nan
            continue
        out[row] = 0.0
        for i in range(size):
            for j in range(i + 1):
                total = 0.0
                for k in range(i, size):
                    total += lower[k, i] * lower[k, j]
                out[row, i, j] = out[row, j, i] = total / (errors[i][row] * errors[j][row])


@njit(cache=True, **_OPTIONS)
def once(star, group, usable, first_key, second_key, out):  # type: ignore[no-untyped-def]
    """Set out (m,) false for all but one entry of each star and group: the usable one of smallest keys."""
    for row in range(len(star)):
        out[row] = True
        if group[row] < 0:
            continue
        best = row - 1
        while best >= 0 and star[best] == star[row] and not (out[best] and group[best] == group[row]):
            best -= 1
        if best < 0 or star[best] != star[row]:
            continue
        nearer = first_key[row] < first_key[best] or (
            first_key[row] == first_key[best] and second_key[row] < second_key[best]
        )
        if usable[row] != usable[best]:
            nearer = usable[row]
        out[best], out[row] = not nearer, nearer
