"""How many stars there are at each distance modulus, as the sample itself says.

A star of given labels and magnitude is not as probably nearer as farther than the labels say: there are more
stars at some distances than at others. That moves what a parallax is expected to be by some (0.46 s)^2 times
the slope of their number, 1 to 5 % at the ends of a sample, which a fitted zero point would take for its own.
Labels tell distances too: in a disc with a gradient stars of low metallicity are far out. The number is
therefore learned for groups of stars apart, by the distance that is usual for their labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STEP_MAG = 0.05
MARGIN_MAG = 3.0
SMOOTHING_MAG = 0.1
LEAST = 1e-3
"""Of the mean density: so much there is everywhere, lest a star outside be impossible."""
MOST_GROUPS, FEWEST_IN_GROUP = 24, 150


@dataclass(frozen=True, slots=True)
class Population:
    """ln of the density of stars by group and modulus (groups, grid), the grid from `first` [mag] on.

    The group of a star follows from its columns: `usual` (p,) are the coefficients of the modulus that is
    usual for its labels, `edges` (groups - 1,) [mag] divide it.
    """

    first: float
    log_density: Array
    usual: Array
    edges: Array

    def group(self, columns: Array) -> Ints:
        """Return the group (n,) of stars of such columns (n, p)."""
        return np.searchsorted(self.edges, columns @ self.usual)

    def log(self, modulus_mag: Array, group: Ints) -> Array:
        """Return ln of the density at moduli (nodes, n) of stars of such groups (n,)."""
        size = self.log_density.shape[1]
        place = np.clip((modulus_mag - self.first) / STEP_MAG, 0.0, size - 1 - 1e-9)
        below = place.astype(np.int64)
        share = place - below
        flat, at = self.log_density.ravel(), below + group * size
        return np.asarray((1.0 - share) * flat[at] + share * flat[at + 1])


def uniform(modulus_mag: Array, columns: Array) -> Population:
    """Return a density that is the same everywhere, on a grid about moduli (n,) of stars of such columns."""
    low, high = float(modulus_mag.min()) - MARGIN_MAG, float(modulus_mag.max()) + MARGIN_MAG
    groups = int(np.clip(len(modulus_mag) // FEWEST_IN_GROUP, 1, MOST_GROUPS))
    ridge = 1e-6 * len(columns) * np.eye(columns.shape[1])
    usual = np.asarray(np.linalg.solve(columns.T @ columns + ridge, columns.T @ modulus_mag), np.float64)
    edges = np.asarray(np.quantile(columns @ usual, np.arange(1, groups) / groups), np.float64)
    return Population(low, np.zeros((groups, int((high - low) / STEP_MAG) + 2)), usual, edges)


def updated(before: Population, modulus_mag: Array, weight: Array, group: Ints) -> Population:
    """Return the density of moduli (nodes, n) of such weights: the step of expectation and maximisation.

    Smoothed by a normal kernel of 0.1 mag, so that many steps do not make spikes of it.
    """
    groups, size = before.log_density.shape
    place = np.clip(np.rint((modulus_mag - before.first) / STEP_MAG).astype(np.int64), 0, size - 1)
    at = (place + group * size).ravel()
    number = np.bincount(at, weight.ravel(), groups * size).reshape(groups, size)
    reach = np.arange(-8, 9) * STEP_MAG
    kernel = np.exp(-0.5 * (reach / SMOOTHING_MAG) ** 2)
    kernel /= kernel.sum()
    smooth = np.array([np.convolve(each, kernel, "same") for each in number])
    least = (
        LEAST * smooth.mean(axis=1, keepdims=True) + 1e-12
    )  # of a group without stars: the same everywhere
    return Population(before.first, np.log(smooth + least), before.usual, before.edges)
