"""Polynomials in several labels: which products there are, their values and derivatives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Powers = npt.NDArray[np.int64]


def quadratic(n_labels: int) -> Powers:
    """Return the powers (m, k) of 1, every label, and every product of two; m = (k + 1)(k + 2) / 2.

    The order is that of Ness et al. 2015 and of the coefficients of jobovy/apogee: the constant, the labels,
    then the products ii, ij of each label i with those from it on.
    """
    rows = [np.zeros(n_labels, np.int64)]
    one = np.eye(n_labels, dtype=np.int64)
    rows += list(one)
    rows += [one[i] + one[j] for i in range(n_labels) for j in range(i, n_labels)]
    return np.array(rows)


def values(powers: Powers, x: Array) -> Array:
    """Return the terms (n, m) at scaled labels x (n, k)."""
    table = _tables(powers, x)
    out = np.ones((len(x), len(powers)))
    for j in range(powers.shape[1]):
        has = powers[:, j] > 0
        out[:, has] *= table[powers[has, j], :, j].T
    return out


def derivative(powers: Powers, x: Array, j: int) -> tuple[npt.NDArray[np.int64], Array]:
    """Return which terms depend on label j (q,), and their derivatives by it (n, q)."""
    which = np.flatnonzero(powers[:, j])
    lower = powers[which].copy()
    lower[:, j] -= 1
    return which, values(lower, x) * powers[which, j]


def _tables(powers: Powers, x: Array) -> Array:
    highest = int(powers.max(initial=0))
    table = np.ones((highest + 1, *x.shape))
    for power in range(1, highest + 1):
        table[power] = table[power - 1] * x
    return table
