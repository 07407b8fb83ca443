"""Items of simulated discs: what assumptions and errors do to a curve that is measured as the paper's was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.galaxy.mock import Errors, MockDisc, draw, observe
from analysis.galaxy.sun import Sun
from analysis.reproduction.item import Item
from analysis.reproduction.paper000 import claims
from analysis.reproduction.paper003.verdicts import INDEPENDENT, calculated
from analysis.reproduction.simulation import Progress
from analysis.rotation_curve.curve import Curve, Model, curve, line_of, twins_of
from analysis.rotation_curve.seen import Stars

Array = npt.NDArray[np.float64]

EDGES_KPC = np.linspace(5.0, 25.0, 41)
WITHIN_KPC = EDGES_KPC[1:-2]
"""Bins that have stars with all distances 5 % wrong too."""
DISC = MockDisc(slope_km_s_kpc=claims.SLOPE.value)
SUN = Sun()
STARS = claims.THIN_DISC
SIZE = 0.25
"""Part by which a shift may differ from the checklist's, whose disc had other dispersions."""


def mock(seed: int, fraction: float, zero_point: float = 0.0) -> Stars:
    """Return simulated stars with relative errors of distance and a zero point of all distances."""
    truth = draw(DISC, STARS, 2 * seed)
    errors = Errors(distance_fraction=fraction, distance_zero_point=zero_point, pm_mas_yr=0.0, rv_km_s=0.0)
    return stars_of(observe(truth, errors, 2 * seed + 1))


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


def items(seed: int, progress: Progress | None = None) -> Iterator[Item]:
    """Yield what one simulated sample of the paper's size shows; shifts are of the same stars."""
    if progress is not None:
        progress("mock disc of paper 000", 0, None)
    model = Model(SUN, deconvolve=False)
    exact = mock(seed, 0.0)
    adopted = curve(exact, EDGES_KPC, model, replicates=50, seed=seed)
    yield from _truth("without errors of distance", adopted, 0.3, 0.05)
    noisy = mock(seed, 0.15)
    undone = replace(model, deconvolve=True)
    freed = curve(noisy, EDGES_KPC, undone, twins_of(noisy, undone, seed), replicates=50, seed=seed)
    yield from _truth("with distances to 15 %, what they do undone", freed, 0.5, 0.05)
    ignored = curve(noisy, EDGES_KPC, model, replicates=50, seed=seed)
    yield from _truth("with distances to 15 %, ignored", ignored, 1.2, 0.1)
    right = curve(exact, WITHIN_KPC, model, seed=seed)
    for shift in (-0.05, 0.05):
        yield from _zero_point(shift, curve(exact.scaled(1.0 + shift), WITHIN_KPC, model, seed=seed), right)
    for length, claimed in ((2.0, 2.5), (4.0, -3.2)):
        other = curve(exact, EDGES_KPC, replace(model, scale_length_kpc=length), seed=seed)
        words = f"scale length of the tracers {length:g} instead of 2.5 kpc, vc at the Sun"
        yield _shift(words, claimed, _near(other.vc - adopted.vc, adopted, SUN.r0_kpc), SIZE)
    for sign in (-1.0, 1.0):
        sun = replace(SUN, v_km_s=SUN.v_km_s + 5.0 * sign)
        other = curve(exact, EDGES_KPC, replace(model, sun=sun), seed=seed)
        words = f"Sun {sign * 5.0:+g} km/s along the rotation, vc of all bins"
        yield _shift(words, 5.0 * sign, float(np.mean(other.vc - adopted.vc)), 0.1)
    apart = float(np.max(np.abs(adopted.vc_drift - adopted.vc)))
    yield calculated(
        "D-12",
        "asymmetric drift in place of the Jeans equation, largest difference of a bin",
        0.0,
        apart,
        0.1,
        "km.s**-1",
        f"{INDEPENDENT}: both forms are one equation",
    )
    off = np.sqrt(adopted.vphi2) - adopted.vc
    for r, claimed in ((8.0, -8.7), (24.0, -4.9)):
        yield _shift(f"no Jeans term, vc at {r:g} kpc", claimed, _near(off, adopted, r), SIZE)


def _truth(words: str, made: Curve, level: float, slope: float) -> Iterator[Item]:
    """Yield level and slope of a line through a curve, less the true ones."""
    found = line_of(made, SUN.r0_kpc)
    true = float(DISC.circular_velocity(np.array([SUN.r0_kpc]))[0])
    why = f"{INDEPENDENT}; {STARS:,} simulated stars, tolerance as the checklist's bound"
    for what, off, error, tolerance, unit in (
        ("vc at the Sun", found.vc_r0 - true, found.vc_error, level, "km.s**-1"),
        ("slope", found.slope - DISC.slope_km_s_kpc, found.slope_error, slope, "km.s**-1.kpc**-1"),
    ):
        yield Item(
            item="D-12",
            quantity=f"{what} less the truth, {words}",
            claimed=0.0,
            ours=off,
            ours_error=error,
            tolerance=tolerance,
            unit=unit,
            reason=why,
        )


def _zero_point(shift: float, other: Curve, adopted: Curve) -> Iterator[Item]:
    words = f"all distances {100 * shift:+g} %"
    off = other.vc - DISC.circular_velocity(other.r_kpc)
    near = _near(off, other, 6.0) - _near(adopted.vc - DISC.circular_velocity(adopted.r_kpc), adopted, 6.0)
    slope = line_slope(other) - line_slope(adopted)
    for what, ours, tolerance, unit in (
        ("vc near 6 kpc", near, 1.3, "km.s**-1"),
        ("slope", slope, 0.03, "km.s**-1.kpc**-1"),
    ):
        yield calculated(
            "D-12",
            f"{words}, {what}: shift",
            0.0,
            ours,
            tolerance,
            unit,
            f"{INDEPENDENT}, which is a bound: up to {tolerance:g}",
        )


def line_slope(made: Curve) -> float:
    """Return the slope of the line through the bins, each of the same weight."""
    return float(np.polyfit(made.r_kpc - SUN.r0_kpc, made.vc, 1)[0])


def _near(values: Array, made: Curve, r_kpc: float) -> float:
    """Return the mean over the bins within a kpc of a radius."""
    return float(np.mean(values[np.abs(made.r_kpc - r_kpc) < 1.0]))


def _shift(words: str, claimed: float, ours: float, part: float) -> Item:
    return calculated(
        "D-12",
        words,
        claimed,
        ours,
        part * abs(claimed),
        "km.s**-1",
        f"{INDEPENDENT}, to {100 * part:g} %: its size follows the dispersion of the simulated disc, here "
        f"{DISC.sigma_r_km_s:g} km/s at the Sun",
    )
