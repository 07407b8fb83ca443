"""What a model of spectra is to the fit: labels in, normalised flux, its gradient and its error out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from analysis.labels.hull import Hull

Array = npt.NDArray[np.float64]

UNITS = {"teff": "K", "logg": "dex", "c12_c13": ""} | dict.fromkeys(
    ("vmic", "vmacro", "vturb", "vsini", "vbroad", "radial_velocity"), "km.s**-1"
)
"""Units of labels; that of every other one is dex: abundances. C12/C13 is a ratio."""


class SpectralModel(Protocol):
    """A forward model: normalised flux (n, p) of labels (n, k), in the labels' natural units.

    Attributes: `kind`, the name under which it is stored; `labels` (k,), lower case; `wavelength_angstrom`
    (p,); `scatter` (p,), the model's own error as a standard deviation of normalised flux, infinite in pixels
    it can not predict; `hull`, where its training set is. What scales the labels is inside the model.

    A model may also have `starts() -> (s, k)`, labels of which the fit begins with the best, and
    `variance(theta) -> (n, p)`, its error where that depends on the labels; `excess(theta, weights)`, what
    the noise of its training adds to slope and curvature of the fit; and `quick(weights)`, a cheaper way to
    the steps of the fit for spectra with such mean weights (p,), see `analysis.labels.quick`. Of one with
    `smooth` False the slopes jump: its fit ends earlier.
    """

    @property
    def kind(self) -> str:
        """Name under which such models are stored."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels (k,)."""
        ...

    @property
    def wavelength_angstrom(self) -> Array:
        """Wavelengths (p,) [Angstrom]."""
        ...

    @property
    def scatter(self) -> Array:
        """The model's own error (p,) in normalised flux."""
        ...

    @property
    def hull(self) -> Hull:
        """Where the training set is."""
        ...

    def flux(self, theta: Array) -> Array:
        """Return normalised flux (n, p) of labels (n, k)."""
        ...

    def flux_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return flux (n, p) and its derivative by each label (n, p, k), which may be a view."""
        ...

    def saved(self) -> Saved:
        """Return all that `rebuilt` of the same class needs."""
        ...


class Saved(NamedTuple):
    """A model as arrays of numbers and words, from which it can be rebuilt."""

    arrays: Mapping[str, Array]
    words: Mapping[str, Any]


class TrainingSet(NamedTuple):
    """What a model learns from: labels (n, k), NaN where missing, and spectra (n, p) on one grid."""

    theta: Array
    flux: Array
    ivar: Array
    labels: tuple[str, ...]
    wavelength_angstrom: Array


def unit(label: str) -> str:
    """Return the VOUnit of a label."""
    return UNITS.get(label, "dex")
