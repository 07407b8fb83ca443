"""How many stars there are at each distance modulus, as the sample itself says.

A star of given labels and magnitude is not as probably nearer as farther than the labels say: there are more
stars at some distances than at others. That moves what a parallax is expected to be by some (0.46 s)^2 times
the slope of their number, 1 to 5 % at the ends of a sample, which a fitted zero point would take for its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

STEP_MAG = 0.05
MARGIN_MAG = 3.0
SMOOTHING_MAG = 0.1
LEAST = 1e-3
"""Of the mean density: so much there is everywhere, lest a star outside be impossible."""


@dataclass(frozen=True, slots=True)
class Population:
    """ln of the density of stars by modulus, on a regular grid from `first` [mag]."""

    first: float
    log_density: Array

    def log(self, modulus_mag: Array) -> Array:
        """Return ln of the density at moduli of any shape."""
        last = len(self.log_density) - 1
        place = np.clip((modulus_mag - self.first) / STEP_MAG, 0.0, last - 1e-9)
        below = place.astype(np.int64)
        share = place - below
        return (1.0 - share) * self.log_density[below] + share * self.log_density[below + 1]


def uniform(modulus_mag: Array) -> Population:
    """Return a density that is the same everywhere, on a grid about moduli (n,)."""
    low, high = float(modulus_mag.min()) - MARGIN_MAG, float(modulus_mag.max()) + MARGIN_MAG
    return Population(low, np.zeros(int((high - low) / STEP_MAG) + 2))


def updated(before: Population, modulus_mag: Array, weight: Array) -> Population:
    """Return the density of moduli (nodes, n) of such weights: the step of expectation and maximisation.

    Smoothed by a normal kernel of 0.1 mag, so that many steps do not make spikes of it.
    """
    size = len(before.log_density)
    place = np.clip(np.rint((modulus_mag - before.first) / STEP_MAG).astype(np.int64), 0, size - 1)
    number = np.bincount(place.ravel(), weight.ravel(), size)
    reach = np.arange(-8, 9) * STEP_MAG
    kernel = np.exp(-0.5 * (reach / SMOOTHING_MAG) ** 2)
    smooth = np.convolve(number, kernel / kernel.sum(), "same")
    return Population(before.first, np.log(smooth + LEAST * smooth.mean()))
