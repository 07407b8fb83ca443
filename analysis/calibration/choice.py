"""Which terms the stars of a catalogue determine, and why the others are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.calibration.robust import inverse2
from analysis.calibration.terms import (
    TERMS,
    Places,
    Zero,
    motion_design,
    parameters,
    position_design,
    term_of,
)

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

FEWEST = 30
"""Stars below which a catalogue is left as it is."""

PER_PARAMETER = 10
"""Stars for each parameter at least."""

DEGENERATE = 100.0
"""Factor by which other terms may increase a parameter's variance before its term is left out."""


class Own(NamedTuple):
    """The entries of one catalogue whose stars the others fix; arrays of k entries."""

    star: Index
    at: Places
    residual: Array
    listed: Array
    predicted: Array
    moving: Flags


def choose(
    own: Own, zero: Zero, degree: int, asked: Sequence[str] = TERMS
) -> tuple[list[str], dict[str, str]]:
    """Return the parameters that these stars determine, and why each other term is left out."""
    names: list[str] = []
    left_out: dict[str, str] = {}
    weight = inverse2(own.listed[:, :2, :2] + own.predicted[:, :2, :2])
    motion = own.listed[own.moving, 2:, 2:] + own.predicted[own.moving, 2:, 2:]
    motion_weight = inverse2(motion) if own.moving.any() else motion
    for term in TERMS:
        wanted = parameters(term, degree)
        reason = "" if term in asked and wanted else "not asked for"
        reason = reason or _missing(term, own, zero) or _too_many(len(own.star), len(names) + len(wanted))
        if not reason:
            trial = [*names, *wanted]
            x, y = position_design(own.at, zero, trial), motion_design(own.at, trial)[own.moving]
            factor = inflation(_normal(x, weight) + _normal(y, motion_weight))
            if factor > DEGENERATE:
                reason = f"not to be told from {', '.join(_terms(names))} in this part of the sky"
                if term in ("spin", "magnitude", "colour"):
                    reason = f"not to be told from {', '.join(_terms(names))} with these stars"
        if reason:
            left_out[term] = reason
        else:
            names += wanted
    return names, left_out


def _normal(design: Array, weight: Array) -> Array:
    """Return the normal matrix (p, p) of a design (n, 2, p) with weights (n, 2, 2)."""
    p = design.shape[2]
    return np.asarray(np.einsum("np,nq->pq", (weight @ design).reshape(-1, p), design.reshape(-1, p)))


def inflation(normal: Array) -> float:
    """Return the largest factor by which correlations increase a parameter's variance; inf if singular."""
    diagonal = np.diag(normal)
    if (diagonal <= 0.0).any():
        return np.inf
    scaled = normal / np.sqrt(np.outer(diagonal, diagonal))
    if np.linalg.cond(scaled) > 1e12:
        return np.inf
    return float(np.diag(np.linalg.inv(scaled)).max())


def _terms(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(term_of(name) for name in names))


def _too_many(n: int, parameters_wanted: int) -> str:
    needed = PER_PARAMETER * parameters_wanted
    return f"{n} stars are too few: {needed} are needed" if n < needed else ""


def _missing(term: str, own: Own, zero: Zero) -> str:
    """Return why the table does not say what the term depends on; "" if it does."""
    if term == "spin" and own.at.epoch.std() < 0.5 and own.moving.sum() < FEWEST:
        return "the catalogue's epochs are too near each other, and it has no motions"
    if term in ("magnitude", "colour"):
        values = getattr(own.at, term)
        low, high = (zero.magnitude_low, zero.magnitude_high) if term == "magnitude" else zero[5:]
        if np.isfinite(values).mean() < 0.5:
            return f"the table has no {'magnitudes' if term == 'magnitude' else 'colours'} of these stars"
        if high - low < 0.5:
            return f"the {term}s are all alike"
    return ""
