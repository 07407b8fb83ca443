"""F1 and F2 on the simulated stars, in every set-up that the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.acceleration import paper004 as kernel
from analysis.reproduction.paper004.sky import (
    ALLWISE,
    DR3,
    GSC22,
    NPM1,
    TWOMASS,
    UCAC5,
    Setup,
    Sky,
    observe,
    observe_sigma_f,
    skies,
)
from catalogdb.epoch import propagate

Array = npt.NDArray[np.float64]

FK5_TRAP = (GSC22, UCAC5, TWOMASS, ALLWISE)
"""Catalogues of the paper's list "in the J2000 system" that are on the ICRS: J2000 is their equinox."""

MAIN = Setup(name="", why="the place is that of Gaia DR3, with its error, as in section 4")
"""The set-up of the paper's own fits; its rows have no name in parentheses."""

TRUE_PLACE = Setup(
    name="x0 = truth", place_known=True, why="section 3 to the letter: the true place is known"
)

SETUPS = (
    MAIN,
    TRUE_PLACE,
    Setup(name="free position", free=True, why="the place is fitted too"),
    Setup(name="x0 = NPM", place=NPM1, why="the place is NPM1's, whose error of 150 mas decides all"),
    Setup(name="no DR1, DR2", without=(7, 8), why="the two releases that decide F1 are left out"),
    *(
        Setup(
            name=f"hidden scatter {size:g} mas",
            hidden_mas=size,
            why=f"the three Gaia positions scatter by {size:g} mas more than their errors say: F1 believes "
            "the errors, F2 hardly uses these positions",
        )
        for size in (0.5, 0.8, 1.0, 3.0)
    ),
)

ROTATED = Setup(name="FK5 rotation", rotated=FK5_TRAP)


class Outcome(NamedTuple):
    """Of n stars: |fitted - true motion| [mas/yr] and the chi-square of `core`, by F1 and F2, (n, 2) each.

    Where the place is not Gaia DR3's, F2's chi-square is its objective as it is.
    """

    deviation: Array
    chi2: Array
    dof: int


def fit(sky: Sky, setup: Setup) -> Outcome:
    """Return the fits of a set-up; motions are compared at the epoch of the place that is held."""
    rows = observe(sky, setup)
    true = propagate(sky.star, setup.epochs_yr[setup.place])
    one = kernel.core(rows, weighting="F1", free=setup.free)
    if setup.place == DR3:
        two = kernel.core(rows, weighting="F2", free=setup.free)
    else:
        two = kernel.core(observe_sigma_f(sky, setup), weighting="F1", free=setup.free)
    both = (one, two)
    deviation = [np.hypot(found.pmra - true.pmra, found.pmdec - true.pmdec) for found in both]
    chi2 = [found.chi2_lin for found in both]
    return Outcome(np.stack(deviation, axis=1), np.stack(chi2, axis=1), int(one.dof[0]))


def simulate(setups: Sequence[Setup], stars: int, seed: int) -> Mapping[str, Outcome]:
    """Return each set-up's outcome by its name; all see the same stars and the same noise."""
    parts: dict[str, list[Outcome]] = {setup.name: [] for setup in setups}
    for sky in skies(stars, seed):
        for setup in setups:
            parts[setup.name].append(fit(sky, setup))
    return {
        name: Outcome(
            np.concatenate([part.deviation for part in found]),
            np.concatenate([part.chi2 for part in found]),
            found[0].dof,
        )
        for name, found in parts.items()
    }


class Measured(NamedTuple):
    """A number of a simulation and its standard error."""

    value: float
    error: float


def mean_ratio(deviation: Array) -> Measured:
    """Return mean(F2) / mean(F1) of deviations (n, 2); the error is that of dependent pairs."""
    mean = deviation.mean(axis=0)
    ratio = mean[1] / mean[0]
    spread = np.std(deviation[:, 1] / mean[1] - deviation[:, 0] / mean[0], ddof=1)
    return Measured(float(ratio), float(ratio * spread / np.sqrt(len(deviation))))


def fraction(chosen: npt.NDArray[np.bool_]) -> Measured:
    """Return the fraction that is chosen, with its binomial error."""
    p, n = chosen.mean(), len(chosen)
    # Where none or all are chosen the error is that of one that almost was not.
    error = np.sqrt(max(p * (1.0 - p), 1.0 / n) / n)
    return Measured(float(p), float(error))


def mean(values: Array) -> Measured:
    """Return the mean of values (n,) and its standard error."""
    return Measured(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def variance(values: Array) -> Measured:
    """Return the variance of values (n,) and its standard error, from their fourth moment."""
    square = (values - values.mean()) ** 2
    return Measured(float(square.mean()), float(square.std(ddof=1) / np.sqrt(len(values))))
