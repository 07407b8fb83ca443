"""Control of the false-discovery rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def benjamini_hochberg(p: Array) -> Array:
    """Return the q-value of each p-value, shape (n,); NaN stays NaN and does not count.

    Choosing all q <= x keeps the expected fraction of false discoveries at or below x (Benjamini &
    Hochberg 1995, J. R. Stat. Soc. B 57, 289; q as the smallest such x).
    """
    q = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    ranked = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1]
    return q
