"""The paper's fit as it may have been run: a general minimiser, finite differences, degrees in doubles.

Section 3 minimises with `minimize` until chi-square changes by less than 1e-10. SciPy's default is BFGS
with derivatives by steps of 1.5e-8, here mas/yr: they move a Gaia position by less than the last digit
of a right ascension in degrees, so that the derivatives are rounding and the search stops where it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from analysis.reproduction.paper004.sky import DR3, EPOCHS_YR, ERRORS_MAS, Setup, Sky, draw_sky, observe
from catalogdb.epoch import MAS_PER_RAD

Array = npt.NDArray[np.float64]

START_MAS_YR = 10.0
"""The search starts within this of the true motion, in each component."""

MAS_PER_DEG = 3.6e6

_minimize: Any = minimize  # its types know no lists of arguments


class Star(NamedTuple):
    """One star as the objective knows it: where it is, how it recedes, what was observed."""

    ra_rad: float
    dec_rad: float
    radial_rad_yr: float
    observed_deg: Sequence[tuple[float, float]]
    years: Sequence[float]
    weights: Sequence[float]


def objective(motion_mas_yr: Sequence[float], star: Star) -> float:
    """Return equation 8 of the paper, by way of rectangular coordinates and positions in degrees."""
    sin_a, cos_a = math.sin(star.ra_rad), math.cos(star.ra_rad)
    sin_d, cos_d = math.sin(star.dec_rad), math.cos(star.dec_rad)
    east, north = (float(each) / MAS_PER_RAD for each in motion_mas_yr)
    out = star.radial_rad_yr
    velocity = (
        -sin_a * east - cos_a * sin_d * north + cos_a * cos_d * out,
        cos_a * east - sin_a * sin_d * north + sin_a * cos_d * out,
        cos_d * north + sin_d * out,
    )
    total = 0.0
    for (ra, dec), t, weight in zip(star.observed_deg, star.years, star.weights, strict=True):
        x, y = cos_a * cos_d + velocity[0] * t, sin_a * cos_d + velocity[1] * t
        z = sin_d + velocity[2] * t
        apart = ra - math.degrees(math.atan2(y, x)) % 360.0
        apart -= 360.0 * round(apart / 360.0)
        east_mas = apart * MAS_PER_DEG * math.cos(math.radians(dec))
        north_mas = (dec - math.degrees(math.atan2(z, math.hypot(x, y)))) * MAS_PER_DEG
        total += weight * (east_mas**2 + north_mas**2)
    return total


class Search(NamedTuple):
    """Of n stars: |found - true motion| [mas/yr] by F1 and F2 (n, 2), and how many searches gave up."""

    deviation: Array
    stalled: float


def search(stars: int, seed: int) -> Search:
    """Return what the minimiser finds for stars whose place is the true one."""
    rng = np.random.default_rng(seed)
    sky = draw_sky(stars, rng)
    rows = observe(sky, Setup(name="", place_known=True))
    places = np.stack([rows.ra, rows.dec], axis=1).reshape(stars, 10, 2)
    starts = rng.uniform(-START_MAS_YR, START_MAS_YR, (stars, 2))
    deviation, stalled = np.empty((stars, 2)), 0
    years = EPOCHS_YR - EPOCHS_YR[DR3]
    for i in range(stars):
        true = np.array([sky.star.pmra[i], sky.star.pmdec[i]])
        for k, weight in enumerate((1.0 / ERRORS_MAS**2, (years / ERRORS_MAS) ** 2)):
            star = _star(sky, i, places[i], years, weight)
            found = _minimize(objective, true + starts[i], args=(star,), tol=1e-10)
            deviation[i, k] = np.hypot(*(found.x - true))
            stalled += not found.success
    return Search(deviation, stalled / (2 * stars))


def _star(sky: Sky, i: int, observed_deg: Array, years: Array, weight: Array) -> Star:
    return Star(
        math.radians(sky.star.ra[i]),
        math.radians(sky.star.dec[i]),
        float(sky.star.radial_motion[i]) / MAS_PER_RAD,
        [(float(ra), float(dec)) for ra, dec in observed_deg],
        years.tolist(),
        weight.tolist(),
    )
