"""Bins of R: given, or of one width and joined where they have too few stars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

NAME = "rotation_curve"
FEWEST_BINS = 2


def edges_of(settings: Mapping[str, Any]) -> Array:
    """Return the edges [kpc] that are asked for, before bins are joined; raises AnalysisError."""
    if settings["edges"] is not None:
        edges = _numbers("edges", settings["edges"])
        if len(edges) < FEWEST_BINS + 1:
            raise AnalysisError(f"{NAME}: edges is {settings['edges']!r}: give three or more, as 5,6,8,12")
        return edges
    low_high = _numbers("range", settings["range"])
    if len(low_high) != 2:
        raise AnalysisError(f"{NAME}: range is {settings['range']!r}: give two radii [kpc], as 5,25")
    low, high = low_high
    if not 0.0 < settings["bin"] < np.inf:
        raise AnalysisError(f"{NAME}: bin is {settings['bin']:g}: give a width above 0 [kpc]")
    count = round((high - low) / settings["bin"])
    if count < FEWEST_BINS or count > 10_000:
        raise AnalysisError(
            f"{NAME}: {low:g} to {high:g} kpc in bins of {settings['bin']:g} kpc are {count} bins: 2 to "
            "10,000 can be"
        )
    return np.linspace(low, high, count + 1)


def joined(edges_kpc: Array, r_kpc: Array, fewest: int) -> Array:
    """Return edges of bins with `fewest` stars or more: one that has less takes in the next one outwards.

    What is left at the outer end joins the bin before it. Empty bins at the inner end are dropped.
    """
    count = np.histogram(r_kpc, edges_kpc)[0]
    filled = np.flatnonzero(count)
    if not len(filled):
        return edges_kpc[:1]
    made, total = [float(edges_kpc[filled[0]])], 0
    for k in range(filled[0], filled[-1] + 1):
        total += int(count[k])
        if total >= fewest:
            made.append(float(edges_kpc[k + 1]))
            total = 0
    if total and len(made) > 1:
        made[-1] = float(edges_kpc[filled[-1] + 1])
    return np.array(made)


def _numbers(option: str, text: str) -> Array:
    try:
        made = np.array([float(word) for word in text.split(",")])
    except ValueError:
        raise AnalysisError(f"{NAME}: {option} is {text!r}: give radii [kpc] with commas, as 5,6,8") from None
    if not (np.isfinite(made).all() and (made >= 0.0).all() and (np.diff(made) > 0.0).all()):
        raise AnalysisError(f"{NAME}: {option} is {text!r}: radii must be finite, not below 0, and rise")
    return made
