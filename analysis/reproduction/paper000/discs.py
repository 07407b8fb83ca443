"""Simulated discs of the paper's size, as `rotation_curve` takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.galaxy.mock import Errors, MockDisc, draw, observe
from analysis.galaxy.sun import Sun
from analysis.reproduction.paper000 import claims
from analysis.rotation_curve.curve import Curve
from analysis.rotation_curve.seen import Stars

Array = npt.NDArray[np.float64]

EDGES_KPC = np.linspace(5.0, 25.0, 41)
DISC = MockDisc(slope_km_s_kpc=claims.SLOPE.value)
SUN = Sun()
STARS = claims.THIN_DISC
MOCKS = 24
"""Samples over which biases and shifts of distances are averaged: one has chance of their size."""


def mock(seed: int, fraction: float) -> Stars:
    """Return simulated stars with relative errors of distance, and those of motions and velocities."""
    truth = draw(DISC, STARS, 2 * seed)
    return stars_of(observe(truth, Errors(distance_fraction=fraction), 2 * seed + 1))


def stars_of(columns: dict[str, Any]) -> Stars:
    """Return columns of a simulated survey as `rotation_curve` takes them."""
    n = len(columns["ra"])
    return Stars(
        ra_deg=columns["ra"],
        dec_deg=columns["dec"],
        distance_kpc=columns["dist"],
        relative_error=columns["dist_error"] / columns["dist"],
        pmra=columns["pmra"],
        pmdec=columns["pmdec"],
        rv=columns["radial_velocity"],
        pmra_error=columns["pmra_error"],
        pmdec_error=columns["pmdec_error"],
        pm_corr=np.zeros(n),
        rv_error=columns["radial_velocity_error"],
        weight=np.ones(n),
    )


def off(made: Curve) -> Array:
    """Return how far the bins (b,) are from the true curve [km/s]."""
    return np.asarray(made.vc - DISC.circular_velocity(made.r_kpc), np.float64)


def near(values: Array, made: Curve, r_kpc: float) -> float:
    """Return the mean over the bins within a kpc of a radius."""
    return float(np.mean(values[np.abs(made.r_kpc - r_kpc) < 1.0]))
