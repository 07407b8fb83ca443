"""Clusters whose members share a distance: which stars may be members, and published distances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

CANTAT = "Cantat-Gaudin et al. 2020, A&A 640, A1"
CANTAT_RELATIVE = 0.07
"""Error of its distances, 0.15 mag (0.1 to 0.2 in the paper: from memory, not verified)."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Centre, radius of half of the members [deg], motion [mas/yr], parallax [mas], distance [kpc]."""

    name: str
    ra: float
    dec: float
    radius: float
    pmra: float
    pmdec: float
    parallax: float
    dist: float
    dist_error: float
    reference: str


def _cantat(name: str, values: tuple[float, float, float, float, float, float], dist: float) -> Cluster:
    return Cluster(name, *values, dist, CANTAT_RELATIVE * dist, CANTAT)


CLUSTERS = (
    _cantat("NGC 6705", (282.766, -6.272, 0.074, -1.568, -4.144, 0.427), 2.203),
    Cluster(
        *("NGC 6791", 290.221, 37.778, 0.07, -0.419, -2.284, 0.192, 4.170, 0.262),
        "Ahmed 2025, MNRAS 543, 1584",
    ),
    _cantat("NGC 6811", (294.340, 46.378, 0.190, -3.399, -8.812, 0.870), 1.161),
    _cantat("NGC 6819", (295.327, 40.190, 0.095, -2.916, -3.856, 0.356), 2.765),
    _cantat("NGC 6866", (300.983, 44.158, 0.104, -1.365, -5.743, 0.686), 1.406),
    _cantat("NGC 6939", (307.917, 60.653, 0.123, -1.841, -5.413, 0.506), 1.815),
    _cantat("NGC 7044", (318.284, 42.494, 0.050, -4.976, -5.526, 0.273), 3.252),
    _cantat("NGC 7142", (326.290, 65.782, 0.102, -2.747, -1.288, 0.392), 2.406),
    _cantat("Ruprecht 147", (289.087, -16.333, 0.652, -0.939, -26.576, 3.250), 0.323),
)
"""Clusters old enough for red giants; the parallaxes still have their zero point."""

RADII = 3.0
MOTION_MAS_YR = 0.6
PARALLAX_SIGMAS = 4.0
PARALLAX_MAS = 0.06
MOST_OFF_MAG = 0.5
"""A member is within 3 such radii, 0.6 mas/yr and 4 errors (with 0.06 mas for zero points) in parallax.

Where the field is dense and there are no motions, stars more than 0.5 mag from the median are not counted.
"""


def candidates(
    cluster: Cluster,
    place: tuple[Array, Array],
    motion: tuple[Array, Array],
    parallax: tuple[Array, Array],
) -> npt.NDArray[np.bool_]:
    """Return which stars (n,) may be members; without motion and parallax none is: a place says little."""
    ra, dec = place
    east = (ra - cluster.ra + 180.0) % 360.0 - 180.0
    separation = np.hypot(east * np.cos(np.radians(cluster.dec)), dec - cluster.dec)
    with np.errstate(invalid="ignore"):
        near = separation <= RADII * cluster.radius
        apart = np.hypot(motion[0] - cluster.pmra, motion[1] - cluster.pmdec)
        off = np.abs(parallax[0] - cluster.parallax) / np.hypot(parallax[1], PARALLAX_MAS)
        known = np.isfinite(apart) | np.isfinite(off)
        return np.asarray(near & known & ~(apart > MOTION_MAS_YR) & ~(off > PARALLAX_SIGMAS))


def shared_modulus(modulus: Array, error: Array) -> tuple[float, float, float, npt.NDArray[np.bool_]]:
    """Return the mean modulus of members (m,), its error, their scatter [mag], and which were counted."""
    counted = np.abs(modulus - np.median(modulus)) <= MOST_OFF_MAG
    weight = counted / error**2
    mean = float((weight * modulus).sum() / weight.sum())
    m = int(counted.sum())
    scatter = float(np.sqrt(((modulus - mean)[counted] ** 2).sum() / max(m - 1, 1)))
    expected = float(weight.sum() ** -0.5)
    return mean, max(expected, scatter / np.sqrt(m)), scatter, counted
