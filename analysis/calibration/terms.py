"""The terms of a catalogue's systematic errors, and how each moves a star's position and motion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.frames import along

Array = npt.NDArray[np.float64]

AXES = ("ra", "dec")

HIGHEST_DEGREE = 4
"""Highest power of the magnitude: beyond it a polynomial follows the noise."""

TERMS = ("offset", "rotation", "spin", "magnitude", "colour")
"""In the order in which they are tried: a term that those before it already describe is left out."""

UNITS = {
    "offset": "mas",
    "rotation": "mas",
    "spin": "mas.yr**-1",
    "magnitude": "mas.mag**-1",
    "colour": "mas.mag**-1",
}


class Zero(NamedTuple):
    """Where the terms are zero, and the range in which they were fitted; NaN where they do not apply.

    The spin turns about `epoch_yr`; magnitude and colour count from `magnitude` and `colour`, and
    beyond the ranges the terms stay what they are at the edge.
    """

    epoch_yr: float
    magnitude: float = np.nan
    magnitude_low: float = np.nan
    magnitude_high: float = np.nan
    colour: float = np.nan
    colour_low: float = np.nan
    colour_high: float = np.nan


def parameters(term: str, degree: int = 2) -> tuple[str, ...]:
    """Return the names of a term's parameters; `degree` is the highest power of the magnitude."""
    if term in ("rotation", "spin"):
        return tuple(f"{term}_{axis}" for axis in "xyz")
    if term == "magnitude":
        return tuple(f"magnitude{power}_{axis}" for power in range(1, degree + 1) for axis in AXES)
    return tuple(f"{term}_{axis}" for axis in AXES)


def unit(parameter: str) -> str:
    """Return the unit of a parameter."""
    term, power = term_of(parameter), parameter.split("_")[0][-1]
    return f"mas.mag**-{power}" if term == "magnitude" else UNITS[term]


def term_of(parameter: str) -> str:
    """Return the term that a parameter belongs to."""
    return parameter.split("_")[0].rstrip("0123456789")


class Places(NamedTuple):
    """What terms depend on, of m entries: place [deg], epochs of ra, dec (m, 2) [yr], star's G, BP - RP."""

    ra: Array
    dec: Array
    epoch: Array
    magnitude: Array
    colour: Array


def position_design(at: Places, zero: Zero, names: Sequence[str]) -> Array:
    """Return d(ra*, dec) / d(parameter), shape (m, 2, p), in mas per unit of each parameter."""
    turn = along(at.ra, at.dec)
    years = np.asarray(at.epoch) - zero.epoch_yr
    m = _within(at.magnitude, zero.magnitude, zero.magnitude_low, zero.magnitude_high)
    c = _within(at.colour, zero.colour, zero.colour_low, zero.colour_high)
    matrix = np.zeros((len(m), 2, len(names)))
    for j, name in enumerate(names):
        term, last = term_of(name), name[-1]
        if term in ("rotation", "spin"):
            matrix[:, :, j] = turn[:, :, "xyz".index(last)] * (years if term == "spin" else 1.0)
        else:
            axis = AXES.index(name.rsplit("_", 1)[1])
            power = int(name.split("_")[0][-1]) if term == "magnitude" else 1
            matrix[:, axis, j] = {"offset": np.ones_like(m), "magnitude": m**power, "colour": c}[term]
    return matrix


def motion_design(at: Places, names: Sequence[str]) -> Array:
    """Return d(pmra, pmdec) / d(parameter), shape (m, 2, p): only the spin moves stars with time."""
    turn = along(at.ra, at.dec)
    matrix = np.zeros((len(turn), 2, len(names)))
    for j, name in enumerate(names):
        if term_of(name) == "spin":
            matrix[:, :, j] = turn[:, :, "xyz".index(name[-1])]
    return matrix


def _within(values: Array, zero: float, low: float, high: float) -> Array:
    """Return the values counted from `zero`, held at the edges of the range; 0 where unknown."""
    return np.nan_to_num(np.clip(values, low, high) - zero)
