"""How many of the injected stars were found, bin by bin, and how many should have been."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri
from scipy.stats import ncx2, norm

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Rates(NamedTuple):
    """Of b bins: their limits, stars, stars found, share, its 95 % interval, and the share predicted."""

    low: Array
    high: Array
    n_star: npt.NDArray[np.int64]
    n_found: npt.NDArray[np.int64]
    rate: Array
    rate_low: Array
    rate_high: Array
    predicted: Array


def wilson(found: npt.ArrayLike, of: npt.ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Return the limits of a binomial share's confidence interval; NaN of nothing.

    Wilson 1927, J. Am. Stat. Assoc. 22, 209: right for shares near 0 and 1 too.
    """
    k, n = np.asarray(found, np.float64), np.asarray(of, np.float64)
    z = norm.ppf(0.5 + level / 2.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = k / n
        middle = (share + z**2 / (2.0 * n)) / (1.0 + z**2 / n)
        half = z / (1.0 + z**2 / n) * np.sqrt(share * (1.0 - share) / n + z**2 / (4.0 * n**2))
    low, high = np.where(k == 0, 0.0, middle - half), np.where(k == n, 1.0, middle + half)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def predicted(snr: Array, p_limit: float) -> Array:
    """Return the probability that an acceleration of this signal-to-noise is found at p <= p_limit.

    `snr` is sqrt(a' C^-1 a) with the covariance C of the fitted acceleration a: the test statistic
    is then a non-central chi-square variable with 2 degrees of freedom and non-centrality snr^2.
    """
    if not p_limit > 0.0:
        return np.zeros_like(snr)
    return np.asarray(ncx2.sf(chdtri(2.0, p_limit), 2.0, np.maximum(snr, 1e-9) ** 2))


def binned(value: Array, found: Flags, chance: Array, limits: Array) -> Rates:
    """Return the share found in each bin of `value` (n,), with the mean of `chance` (n,) as the prediction.

    `limits` (b + 1,) ascend; a value outside them is in no bin.
    """
    place = np.searchsorted(limits, value, side="right") - 1
    place[value == limits[-1]] = len(limits) - 2
    inside = (place >= 0) & (place < len(limits) - 1) & np.isfinite(value)
    place, b = place[inside], len(limits) - 1
    of = np.bincount(place, minlength=b)
    seen = np.bincount(place, weights=found[inside], minlength=b).astype(np.int64)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.bincount(place, weights=chance[inside], minlength=b) / of
        share = seen / of
    return Rates(limits[:-1], limits[1:], of, seen, share, *wilson(seen, of), expected)
