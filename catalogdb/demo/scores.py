"""How well a run found the accelerations that were put into the simulated sky.

Pure: arrays in, numbers out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

ALPHA = 0.001
"""Stars with p_acc below it are said to be found; of stars that move uniformly it is this share."""

BINS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0, np.inf)
"""Edges of injected significance."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Stars of one bin of injected significance [sigma], and how many of them were found."""

    low: float
    high: float
    injected: int
    found: int


def significance(acc_ra: Array, acc_dec: Array, errors: tuple[Array, Array], corr: Array) -> Array:
    """Return sqrt(a' C^-1 a) of accelerations under the fit's covariance, shape (n,)."""
    x, y = acc_ra / errors[0], acc_dec / errors[1]
    sigma: Array = np.sqrt((x**2 - 2.0 * corr * x * y + y**2) / (1.0 - corr**2))
    return sigma


def injected_significance(stars: Mapping[str, Array]) -> Array:
    """Return how significant each true acceleration is for the data the star has, shape (n,)."""
    errors = (stars["acc_ra_error"], stars["acc_dec_error"])
    return significance(
        stars["true_acc_ra"], stars["true_acc_dec"], errors, np.nan_to_num(stars["acc_ra_acc_dec_corr"])
    )


def pulls(stars: Mapping[str, Array], chosen: Flags) -> Array:
    """Return (fitted - true acceleration) / error of the chosen stars, both coordinates, shape (2 k,)."""
    both = [
        (stars[f"acc_{axis}"] - stars[f"true_acc_{axis}"]) / stars[f"acc_{axis}_error"]
        for axis in ("ra", "dec")
    ]
    values: Array = np.concatenate([pull[chosen] for pull in both])
    finite: Array = values[np.isfinite(values)]
    return finite


def recoveries(true_sigma: Array, found: Flags, accelerating: Flags) -> tuple[Recovery, ...]:
    """Return the recovery of accelerating stars by injected significance."""
    bins = []
    for low, high in zip(BINS, BINS[1:], strict=False):
        inside = accelerating & (true_sigma >= low) & (true_sigma < high)
        bins.append(Recovery(low, high, int(inside.sum()), int((inside & found).sum())))
    return tuple(bins)


def expected_alarms(n: int, share: float = ALPHA) -> tuple[int, int]:
    """Return the range in which false alarms of n uniform stars fall in all but 1 of 1000 cases."""
    from scipy.stats import binom

    low, high = binom.interval(0.999, n, share)
    return int(low), int(high)
