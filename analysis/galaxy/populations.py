"""To which part of the Galaxy a star belongs: by its velocity, and by its abundances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

V_LSR_OF_SUN_KM_S = 12.24
"""The Sun's motion along the rotation against the local standard of rest, Schoenrich et al. 2010."""


class Population(NamedTuple):
    """A velocity ellipsoid near the Sun: share of the stars, dispersions and asymmetric drift [km/s]."""

    share: float
    sigma_u_km_s: float
    sigma_v_km_s: float
    sigma_w_km_s: float
    v_asym_km_s: float


def _ellipsoids(thin: float, thick: float) -> tuple[Population, Population, Population]:
    return (
        Population(thin, 35.0, 20.0, 16.0, -15.0),
        Population(thick, 67.0, 38.0, 35.0, -46.0),
        Population(0.0015, 160.0, 90.0, 90.0, -220.0),
    )


POPULATIONS: Mapping[str, tuple[Population, Population, Population]] = {
    "bensby2003": _ellipsoids(0.94, 0.06),
    "bensby2005": _ellipsoids(0.90, 0.10),
    "bensby2014": _ellipsoids(0.85, 0.09),
}
"""Thin disc, thick disc, halo. 2003: Bensby et al., A&A 410, 527, table 1; 2005: A&A 433, 185, as SteParKin
has it; 2014: A&A 562, A71, shares from memory, not verified (the rest up to 1 is the Hercules stream)."""


def probabilities(u_km_s: Array, v_km_s: Array, w_km_s: Array, which: str) -> Array:
    """Return the probabilities (3, n) of thin disc, thick disc and halo by the velocity against the LSR.

    U to the centre, V along the rotation, W to the north; the three add up to 1. Equations 1 and 2 of Bensby
    et al. 2003: their TD/D is the second over the first. The ellipsoids are those near the Sun.
    """
    logs = []
    for each in POPULATIONS[which]:
        squares = (
            (u_km_s / each.sigma_u_km_s) ** 2
            + ((v_km_s - each.v_asym_km_s) / each.sigma_v_km_s) ** 2
            + (w_km_s / each.sigma_w_km_s) ** 2
        )
        volume = each.sigma_u_km_s * each.sigma_v_km_s * each.sigma_w_km_s
        logs.append(np.log(each.share / volume) - 0.5 * squares)
    stacked = np.stack(logs)
    weights = np.exp(stacked - stacked.max(axis=0))
    made: Array = weights / weights.sum(axis=0)
    return made


class Boundary(NamedTuple):
    """A line in the plane of [Fe/H] and [alpha/Fe]: below it, and above `least_fe_h`, is the thin disc."""

    fe_h: tuple[float, ...]
    alpha_fe: tuple[float, ...]
    least_fe_h: float
    reference: str


BOUNDARIES: Mapping[str, Boundary] = {
    "eilers2019": Boundary(
        (0.0,), (0.12,), -np.inf, "Eilers et al. 2019, ApJ 871, 120: [alpha/M] < 0.12 of APOGEE"
    ),
    "horta2022": Boundary(
        (-0.4, 0.2),
        (0.14, 0.04),
        -0.8,
        "Horta et al. 2022, as a public program that follows them has the line; halo below [Fe/H] -0.8",
    ),
}
"""Named lines; the line is level beyond its first and last point."""


def below(boundary: Boundary, fe_h: Array, alpha_fe: Array) -> Array:
    """Return 1 for stars (n,) of the thin disc by abundances, 0 for others, NaN where one is missing.

    A level line without a least [Fe/H] needs no [Fe/H].
    """
    if len(boundary.fe_h) == 1 and np.isinf(boundary.least_fe_h):
        return np.where(np.isnan(alpha_fe), np.nan, (alpha_fe < boundary.alpha_fe[0]).astype(np.float64))
    line = np.interp(fe_h, boundary.fe_h, boundary.alpha_fe)
    made = (alpha_fe < line) & (fe_h >= boundary.least_fe_h)
    return np.where(np.isnan(fe_h) | np.isnan(alpha_fe), np.nan, made.astype(np.float64))


def line_of(points: Sequence[tuple[float, float]]) -> Boundary:
    """Return the boundary through points of [Fe/H] and [alpha/Fe]; raises ValueError unless [Fe/H] grows."""
    fe_h, alpha_fe = zip(*points, strict=True)
    if not all(a < b for a, b in zip(fe_h, fe_h[1:], strict=False)):
        raise ValueError("[Fe/H] must grow from point to point")
    return Boundary(tuple(fe_h), tuple(alpha_fe), -np.inf, "by hand")
