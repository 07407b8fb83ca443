"""Bootstrap of means within bins: as many stars as a bin has are drawn anew from its stars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

COMPILED_FROM = 4_000_000
"""Draws from which on a compiled loop is worth its compilation."""

_AT_ONCE = 4_000_000


def bin_means(columns: Array, bins: Integers, n_bins: int) -> Array:
    """Return the means (b, m) of columns (n, m) of the stars of each bin; `bins` (n,), -1 for none."""
    count = np.bincount(bins[bins >= 0], minlength=n_bins)
    kept = bins >= 0
    sums = [np.bincount(bins[kept], column[kept], n_bins) for column in columns.T]
    return np.stack(sums, axis=1) / count[:, None]


def resampled(
    columns: Array, bins: Integers, n_bins: int, replicates: int, rng: np.random.Generator
) -> Array:
    """Return the means (k, b, m) of columns (n, m), m <= 8, over stars drawn with replacement in each bin."""
    made = np.empty((replicates, n_bins, columns.shape[1]))
    few = replicates * len(columns) < COMPILED_FROM
    for b in range(n_bins):
        mine = columns[bins == b]
        centre = mine.mean(axis=0)
        sums = _counted if few else _compiled
        made[:, b] = centre + sums(mine - centre, replicates, rng) / len(mine)
    return made


def _compiled(mine: Array, replicates: int, rng: np.random.Generator) -> Array:
    from analysis.kernels.resample import WIDTH, resampled_sums

    padded = np.zeros((len(mine), WIDTH))
    padded[:, : mine.shape[1]] = mine
    sums = np.zeros((replicates, WIDTH))
    resampled_sums(padded, rng.integers(0, 2**64, dtype=np.uint64), replicates, sums)
    return sums[:, : mine.shape[1]]


def _counted(mine: Array, replicates: int, rng: np.random.Generator) -> Array:
    """Count how often each star is drawn; counts times columns is one matrix product."""
    n = len(mine)
    made = np.empty((replicates, mine.shape[1]))
    step = max(1, _AT_ONCE // n)
    for low in range(0, replicates, step):
        k = min(step, replicates - low)
        drawn = rng.integers(0, n, (k, n)) + (np.arange(k) * n)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=k * n).reshape(k, n)
        made[low : low + k] = counts.astype(np.float64) @ mine
    return made
