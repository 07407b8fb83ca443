"""Whether an abundance is read from its own lines, or inferred from those of others that go with it.

Paper 001 asks: can the abundance of B be told from lines of A, because stars with much A have much B? A
method that was trained on such stars can, and is right for all that are like them. Here it is asked what
it says of spectra in which one abundance alone is changed, and of stars in which they do not go together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Reader = Callable[[Array], Array]
"""A method: spectra (n, p) in, labels (n, k) out."""

OWN_LEAST = 0.7
LEAK_MOST = 0.3
"""An abundance is read from its own lines if it answers them by 0.7 or more, and no others by above 0.3."""
OWN, INFERRED, MIXED = "own lines", "inferred from others", "own lines and others"


class Test(NamedTuple):
    """Of m abundances: `response` (m, m), by which of the second (true) the first (told) changes."""

    response: Array
    names: tuple[str, ...]

    def own(self) -> Array:
        """Return the answers to their own change (m,): 1 is right."""
        return np.diag(self.response).copy()

    def leak(self) -> tuple[Array, list[str]]:
        """Return the largest answer to another's change (m,), 0 is right, and whose it is."""
        others = self.response - np.diag(np.diag(self.response))
        itself = np.eye(len(others), dtype=np.bool_)
        worst = np.where(itself, -1.0, np.abs(others)).argmax(axis=1)
        return others[np.arange(len(worst)), worst], [self.names[j] for j in worst]


def responses(read: Reader, flux: Array, slopes: Array, step: Array) -> Array:
    """Return d label_told / d label_true (k, k), the mean of n stars.

    `flux` (n, p) are spectra without noise, `slopes` (n, p, k) how the true spectrum changes with each label,
    `step` (k,) by how much it is changed, either way.
    """
    columns = []
    for i, size in enumerate(step):
        change = size * slopes[:, :, i]
        columns.append(((read(flux + change) - read(flux - change)) / (2.0 * size)).mean(axis=0))
    return np.stack(columns, axis=1)


def swapped(told: Array, true: Array) -> Array:
    """Return the coefficients (k, k) of told labels (n, k) on true ones (n, k) of decorrelated stars.

    Linear least squares with a constant; stars that have no told labels do not count.
    """
    there = np.isfinite(told).all(axis=1)
    middle, spread = true[there].mean(axis=0), true[there].std(axis=0)
    design = np.column_stack([np.ones(there.sum()), (true[there] - middle) / spread])
    found = np.linalg.lstsq(design, told[there], rcond=None)[0]
    return np.asarray(found[1:].T / spread)


def share(slope: Array, own: npt.NDArray[np.bool_]) -> float:
    """Return the part of a slope's (p,) square that is in an element's own pixels (p,)."""
    square = np.nan_to_num(slope) ** 2
    return float(square[own].sum() / square.sum()) if square.sum() > 0.0 else float("nan")


def cosine(slope: Array, true: Array) -> float:
    """Return the cosine between two slopes (p,): 1 is the same shape."""
    a, b = np.nan_to_num(slope), np.nan_to_num(true)
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0.0 else float("nan")


def verdict(own: float, leak: float) -> str:
    """Return what the answers say of where an abundance is read from."""
    if own < OWN_LEAST:
        return INFERRED
    return OWN if abs(leak) <= LEAK_MOST else MIXED
