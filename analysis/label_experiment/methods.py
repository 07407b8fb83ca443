"""The methods under one roof: trained on spectra, they tell labels of others."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.label_experiment.population import LABELS
from analysis.labels import baseline, cannon
from analysis.labels.fit import BEYOND_TRAINING, fit
from analysis.labels.synthetic import Synthetic

Array = npt.NDArray[np.float64]

SLOPE_PLACES = 150
"""Training stars at which DD-Payne is told the physical model's slopes."""


@dataclass(frozen=True, slots=True)
class Told:
    """Labels (n, k); errors (n, k), who is beyond the training set and who converged (n,), or None."""

    theta: Array
    error: Array | None = None
    beyond: npt.NDArray[np.bool_] | None = None
    converged: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A trained method; `model` is a SpectralModel, or the black box."""

    name: str
    model: Any

    def read(self, flux: Array, ivar: float) -> Told:
        """Return what it tells of spectra (n, p) of one inverse variance."""
        if self.name == "black_box":
            return Told(self.model.predict(flux))
        found = fit(self.model, flux, np.full_like(flux, ivar))
        error = np.sqrt(np.einsum("nkk->nk", found.covariance))
        theta = np.where(found.converged[:, None], found.theta, np.nan)
        return Told(theta, error, (found.flags & BEYOND_TRAINING) != 0, found.converged)

    def hull_distance(self, theta: Array) -> Array:
        """Return how far labels (n, k) are from the training set (n,): beyond it above 1."""
        return np.asarray(self.model.hull.distance(theta))

    def variance(self, theta: Array) -> Array:
        """Return its own error squared (n, p) at labels (n, k); 0 of the black box."""
        if self.name == "black_box":
            return np.zeros((len(theta), 1))
        if hasattr(self.model, "variance"):
            return np.asarray(self.model.variance(theta))
        return np.broadcast_to(self.model.scatter**2, (len(theta), len(self.model.scatter)))

    def slope(self, theta: Array, flux: Array, label: int) -> Array:
        """Return d flux / d label (p,) at labels (k,); of the black box d label / d flux at the spectrum."""
        if self.name == "black_box":
            return np.asarray(self.model.sensitivity(flux)[label])
        return np.asarray(self.model.flux_and_gradient(theta[None])[1][0][:, label])


def trained(
    name: str, theta: Array, flux: Array, sigma: float, theory: Synthetic, epochs: int, seed: int
) -> Method:
    """Return a method that has learnt labels (n, k) from spectra (n, p) with errors of sigma.

    `theory` is the physical model whose slopes DD-Payne is told; the others are told its wavelengths.
    """
    ivar = np.full_like(flux, sigma**-2)
    if name == "cannon":
        return Method(name, cannon.train(theta, flux, ivar, LABELS, theory.wavelength_angstrom))
    if name == "black_box":
        return Method(name, baseline.train(theta, flux, LABELS))
    payne_training: Any = importlib.import_module("analysis.labels.payne_training")
    recipe = payne_training.Recipe(epochs=epochs, seed=seed)
    slopes = None
    if name == "dd_payne":
        places = theta[:: max(1, len(theta) // SLOPE_PLACES)]
        slopes = payne_training.SlopePrior(places, theory.flux_and_gradient(places)[1])
    model = payne_training.train(theta, flux, ivar, LABELS, theory.wavelength_angstrom, recipe, prior=slopes)
    return Method(name, model)
