"""What the pictures of the acceleration test are made of: arrays to axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

Array = npt.NDArray[np.float64]


def chi2(axes: Axes, chi2_lin: Array, dof: Array) -> None:
    """Draw how many stars exceed each chi-square of uniform motion, and how many should."""
    from scipy.special import chdtrc

    at = np.geomspace(max(chi2_lin.min(), 0.1), max(chi2_lin.max(), 100.0), 200)
    kinds, stars = np.unique(dof, return_counts=True)
    expected = sum(
        (count * chdtrc(kind, at) for kind, count in zip(kinds, stars, strict=True)), np.zeros(200)
    )
    seen = len(chi2_lin) - np.searchsorted(np.sort(chi2_lin), at)
    axes.loglog(at, seen, drawstyle="steps-post", label="observed")
    axes.loglog(at, expected, "k--", label="expected of uniform motion")
    axes.set(xlabel="chi-square of uniform motion", ylabel="stars with more", ylim=(0.5, 2.0 * len(chi2_lin)))
    axes.legend()


def probabilities(axes: Axes, values: Mapping[str, Array]) -> None:
    """Draw the sorted probabilities, from both ends, against those of as many stars in uniform motion."""
    fewest = 0.5 / max(len(p) for p in values.values())
    axes.plot([fewest, 1.0], [fewest, 1.0], "k--", label="expected of uniform motion")
    for i, (name, p) in enumerate(values.items()):
        known = np.sort(p[np.isfinite(p)])
        if not len(known):
            continue
        ranks = (np.arange(len(known)) + 0.5) / len(known)
        # Dots on every rank of the ends, where each counts, and on some of the others.
        some = np.unique(np.geomspace(1.0, len(known), 500).astype(int)) - 1
        axes.plot(ranks[some], np.maximum(known[some], 1e-16), ".", color=f"C{i}", markersize=4, label=name)
        upper = 1.0 - known[::-1][some]
        axes.plot(
            ranks[some], np.maximum(upper, 1e-16), "+", color=f"C{i}", markersize=3, label=f"1 - {name}"
        )
    axes.set(xscale="log", yscale="log", xlabel="fraction of stars", ylabel="probability at most")
    axes.legend(fontsize="small", loc="lower right")


@dataclass(frozen=True, slots=True)
class Coordinate:
    """One coordinate of one star: its m entries, and the fits as polynomials [mas, mas/yr, mas/yr2].

    `offset` [mas] is from the reference star, which moves by `motion` [mas/yr]; the fits are too.
    """

    name: str
    catalogue: Any
    ref_epoch: float
    years: Array
    offset: Array
    error: Array
    motion: float
    line: Array
    curve: Array


def coordinate(cells: Sequence[Axes], star: Coordinate) -> None:
    """Draw the positions with both fits, what uniform motion leaves of them, and that in errors."""
    positions, left, scaled = cells
    years = np.linspace(star.years.min(), star.years.max(), 200)
    at = star.ref_epoch + years
    straight = _value(star.line, star.years)
    bent = _value(star.curve, years) - _value(star.line, years)
    points(positions, star, star.offset + star.motion * star.years, star.error)
    points(left, star, star.offset - straight, star.error)
    points(scaled, star, (star.offset - straight) / star.error, np.ones_like(star.error))
    moved = star.motion * years
    positions.plot(at, _value(star.line, years) + moved, "k--", label="uniform motion")
    positions.plot(at, _value(star.curve, years) + moved, "C3", label="constant acceleration")
    left.axhline(0.0, color="k", linestyle="--")
    left.plot(at, bent, "C3")
    scaled.axhline(0.0, color="k", linestyle="--")
    at_entries = (_value(star.curve, star.years) - straight) / star.error
    scaled.plot(star.ref_epoch + star.years, at_entries, "C3_", markersize=12)
    positions.set(ylabel=f"{star.name} since {star.ref_epoch:.1f} [mas]")
    left.set(ylabel="observed minus uniform motion [mas]")
    scaled.set(xlabel="epoch [yr]", ylabel="the same over the error")


def _value(polynomial: Array, years: Array) -> Array:
    value: Array = polynomial[0] + polynomial[1] * years + polynomial[2] * years**2 / 2.0
    return value


def points(axes: Axes, star: Coordinate, offset: Array, error: Array) -> None:
    """Draw each catalogue's entries with their errors."""
    for i, name in enumerate(dict.fromkeys(star.catalogue)):
        own = star.catalogue == name
        at = star.ref_epoch + star.years[own]
        axes.errorbar(at, offset[own], error[own], fmt="o", color=f"C{i % 10}", capsize=2, label=name)
