"""Sums over stars drawn anew from a group, many times: the bootstrap's inner loop.

Every draw takes a star with equal probability, as `numpy.random.Generator.integers` would: high bits of a
64-bit number of splitmix64 (Steele, Lea & Flood 2014, OOPSLA) times the number of stars, whose remainder of
unequal probabilities is below n / 2^32. The numbers depend on seed and replicate alone, not on the order of
work.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

WIDTH = 8
"""Columns of a group: one line of the processor's cache."""


@numba.njit(cache=True)
def resampled_sums(columns: Array, seed: np.uint64, replicates: int, sums: Array) -> None:
    """Add to `sums` (k, 8) what k replicates of a group's stars, `columns` (n, 8), sum to."""
    n = np.uint64(columns.shape[0])
    golden = np.uint64(0x9E3779B97F4A7C15)
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    for k in range(replicates):
        state = seed + np.uint64(k) * np.uint64(0xD1342543DE82EF95)
        t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = 0.0
        drawn = np.uint64(0)
        while drawn < n:
            state += golden
            x = state
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x = x ^ (x >> np.uint64(31))
            i = ((x >> half) * n) >> half
            t0 += columns[i, 0]
            t1 += columns[i, 1]
            t2 += columns[i, 2]
            t3 += columns[i, 3]
            t4 += columns[i, 4]
            t5 += columns[i, 5]
            t6 += columns[i, 6]
            t7 += columns[i, 7]
            drawn += np.uint64(1)
            if drawn < n:
                i = ((x & low) * n) >> half
                t0 += columns[i, 0]
                t1 += columns[i, 1]
                t2 += columns[i, 2]
                t3 += columns[i, 3]
                t4 += columns[i, 4]
                t5 += columns[i, 5]
                t6 += columns[i, 6]
                t7 += columns[i, 7]
                drawn += np.uint64(1)
        sums[k, 0] += t0
        sums[k, 1] += t1
        sums[k, 2] += t2
        sums[k, 3] += t3
        sums[k, 4] += t4
        sums[k, 5] += t5
        sums[k, 6] += t6
        sums[k, 7] += t7
