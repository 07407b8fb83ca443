"""Which companion could pull a star so: the largest acceleration that one of a given mass can cause."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

GM_SUN_AU3_YR2 = 1.3271244e20 * 31_557_600.0**2 / 149_597_870_700.0**3
"""Nominal solar mass parameter (IAU 2015 resolution B3) in au and Julian years: about 4 pi^2."""

PERIODS_IN_BASELINE = 0.5
"""An orbit looks like constant acceleration while the baseline is at most this part of its period."""

SIGMAS = 3.0


class Plausibility(NamedTuple):
    """Per star, arrays of shape (n,); NaN where parallax, baseline or acceleration are not known.

    `possible` is 1 or 0: whether |acceleration| - 3 sigma is at most `a_max` [mas/yr2].
    """

    a_max: Array
    separation_max: Array
    possible: Array


def closest_separation(baseline_yr: Array, total_mass: float) -> Array:
    """Return the semi-major axis [au] of a period of two baselines, by Kepler's third law; mass in Suns."""
    period = np.asarray(baseline_yr, np.float64) / PERIODS_IN_BASELINE
    axis: Array = np.cbrt(GM_SUN_AU3_YR2 * total_mass * (period / (2.0 * np.pi)) ** 2)
    return axis


def pull(separation_au: Array, companion_mass: float, parallax_mas: Array) -> Array:
    """Return the acceleration G M / s^2 [mas/yr2] of a star whose companion is at right angles to us."""
    acceleration: Array = GM_SUN_AU3_YR2 * companion_mass / separation_au**2 * parallax_mas
    return acceleration


def plausibility(
    acceleration: tuple[Array, Array],
    errors: tuple[Array, Array],
    correlation: Array,
    parallax_mas: Array,
    baseline_yr: Array,
    *,
    star_mass: float,
    companion_mass: float,
) -> Plausibility:
    """Return what a companion of `companion_mass` [solar masses] can do to a star of `star_mass`.

    Accelerations are in mas/yr2, each array (n,). A parallax counts as exact, and only if positive. The
    orbit is taken as circular and the pull as at right angles to the line of sight, where it shows most.
    """
    east, north = acceleration
    size = np.hypot(east, north)
    with np.errstate(divide="ignore", invalid="ignore"):
        known = np.where((parallax_mas > 0.0) & (baseline_yr > 0.0), parallax_mas, np.nan)
        a_max = pull(closest_separation(baseline_yr, star_mass + companion_mass), companion_mass, known)
        x, y = east / size * errors[0], north / size * errors[1]
        sigma = np.sqrt(np.maximum(x**2 + 2.0 * correlation * x * y + y**2, 0.0))
        farthest = np.sqrt(GM_SUN_AU3_YR2 * companion_mass * known / size)
    tested = np.isfinite(a_max) & np.isfinite(sigma)
    return Plausibility(
        a_max=a_max,
        separation_max=np.where(np.isfinite(farthest), farthest, np.nan),
        possible=np.where(tested, size - SIGMAS * sigma <= a_max, np.nan),
    )
