"""Items of many simulated discs: how far bins are from the truth, and what wrong distances do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.galaxy.line import fit
from analysis.reproduction.item import Item
from analysis.reproduction.paper000.discs import DISC, EDGES_KPC, STARS, SUN, mock, near, off
from analysis.reproduction.paper003.verdicts import INDEPENDENT, SIGMAS
from analysis.reproduction.simulation import Progress
from analysis.rotation_curve.curve import Curve, Model, curve, twins_of

Array = npt.NDArray[np.float64]

SPLIT_KPC = 20.0
BOUNDS = {"from 5 to 20 kpc": 0.5, "from 20 to 25 kpc": 1.0}
"""Largest biases [km/s] that a curve of distances to 15 % may have."""
IGNORED = 1.2
EXACT = 0.3
ZERO_POINT_KM_S, ZERO_POINT_SLOPE = 1.3, 0.03
SIZE = 0.25
"""Part by which a shift may differ from the checklist's, beside chance."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one disc gave: biases of bins (b,) [km/s] and of the line, and shifts by wrong distances."""

    exact: Array
    ignored: Array
    undone: Array
    line: tuple[float, float]
    shift: dict[float, tuple[float, float]]


def sample(seed: int) -> Sample:
    """Return one disc, its curves with distances that are exact, to 15 %, and all 5 % wrong as well."""
    undone, plain = Model(SUN), Model(SUN, deconvolve=False)
    exact = curve(mock(seed, 0.0), EDGES_KPC, plain, seed=seed)
    noisy = mock(seed, 0.15)
    twins = twins_of(noisy, undone, seed)
    assert twins is not None  # the distances have errors
    ignored = curve(noisy, EDGES_KPC, plain, seed=seed)
    freed = curve(noisy, EDGES_KPC, undone, twins, seed=seed)
    level, slope = _line(freed)
    shift = {}
    for part in (-0.05, 0.05):
        other = curve(noisy.scaled(1.0 + part), EDGES_KPC, undone, twins.scaled(1.0 + part), seed=seed)
        six = near(off(other), other, 6.0) - near(off(freed), freed, 6.0)
        shift[part] = (six, _line(other)[1] - slope)
    true = float(DISC.circular_velocity(np.array([SUN.r0_kpc]))[0])
    line = (level - true, slope - DISC.slope_km_s_kpc)
    return Sample(off(exact), off(ignored), off(freed), line, shift)


def _line(made: Curve) -> tuple[float, float]:
    """Return level and slope of the line through the bins, each of the same weight."""
    found = fit(made.r_kpc, made.vc, np.ones_like(made.vc), SUN.r0_kpc)
    return found.vc_r0, found.slope


def items(mocks: int, seed: int, progress: Progress | None = None) -> Iterator[Item]:
    """Yield biases and shifts, means of so many discs with their errors."""
    samples = []
    for k in range(mocks):
        if progress is not None:
            progress("mock discs of paper 000", k, mocks)
        samples.append(sample(seed + k))
    middle = 0.5 * (EDGES_KPC[:-1] + EDGES_KPC[1:])
    inner = middle < SPLIT_KPC
    yield _largest("without errors of distance, bins", EXACT, [s.exact for s in samples])
    yield _largest("with distances to 15 %, ignored, bins", IGNORED, [s.ignored for s in samples])
    for (words, bound), keep in zip(BOUNDS.items(), (inner, ~inner), strict=True):
        of = f"with distances to 15 %, what they do undone, bins {words}"
        yield _largest(of, bound, [s.undone[keep] for s in samples])
    for what, k, bound, unit in (
        ("vc at the Sun", 0, BOUNDS["from 5 to 20 kpc"], "km.s**-1"),
        ("slope", 1, 0.05, "km.s**-1.kpc**-1"),
    ):
        mean, error = _mean([s.line[k] for s in samples])
        why = f"a bound; mean of {mocks} discs of {STARS:,} stars"
        yield _item(f"{what} less the truth, distances to 15 % undone", 0.0, mean, error, bound, unit, why)
    for part in (-0.05, 0.05):
        yield from _zero_point(part, samples)


def _zero_point(part: float, samples: list[Sample]) -> Iterator[Item]:
    """Yield the shifts by distances that are all wrong, of the claimed sign and size."""
    sign = 1.0 if part > 0.0 else -1.0
    for what, k, claimed, unit, sense in (
        ("vc near 6 kpc", 0, -sign * ZERO_POINT_KM_S, "km.s**-1", "the sign is that of the geometry"),
        (
            "slope",
            1,
            sign * ZERO_POINT_SLOPE,
            "km.s**-1.kpc**-1",
            "its signs go with those of the zero point",
        ),
    ):
        mean, error = _mean([s.shift[part][k] for s in samples])
        yield _item(
            f"all distances {100 * part:+g} %, {what}: shift",
            claimed,
            mean,
            error,
            SIZE * abs(claimed) + SIGMAS * error,
            unit,
            f"to {100 * SIZE:g} % and {SIGMAS:g} standard errors of {len(samples)} discs, whose distances to "
            f"15 % are undone; the checklist says up to {abs(claimed):g} for 5 %, {sense}",
        )


def _largest(words: str, bound: float, biases: list[Array]) -> Item:
    """Return the item of the bin that is farthest from the truth, and how far it is above a bound."""
    mean = np.mean(biases, axis=0)
    k = int(np.argmax(np.abs(mean)))
    error = float(np.std([bias[k] for bias in biases], ddof=1) / np.sqrt(len(biases)))
    above = max(0.0, abs(float(mean[k])) - bound)
    return _item(
        f"{words}: by how much the largest bias is above {bound:g}",
        0.0,
        above,
        error,
        SIGMAS * error,
        "km.s**-1",
        f"the largest of {len(mean)} bins is off by {mean[k]:+.2f} +- {error:.2f} km/s, mean of "
        f"{len(biases)} discs; tolerance {SIGMAS:g} of these errors",
    )


def _mean(values: list[float]) -> tuple[float, float]:
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _item(
    words: str, claimed: float, ours: float, error: float, tolerance: float, unit: str, why: str
) -> Item:
    return Item(
        item="D-12",
        quantity=words,
        claimed=claimed,
        ours=ours,
        ours_error=error,
        tolerance=tolerance,
        unit=unit,
        reason=f"{INDEPENDENT}; {why}",
    )
