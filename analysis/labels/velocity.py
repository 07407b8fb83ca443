"""A model of spectra at rest, with the radial velocity as one more label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.boxes import Part
from analysis.labels.doppler import shift
from analysis.labels.hull import Hull
from analysis.labels.model import Saved, SpectralModel
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

LABEL = "radial_velocity"


@dataclass(frozen=True, eq=False)
class WithVelocity:
    """Spectra of `model` shifted by a velocity [km/s], the last label; positive is away from us.

    `velocities` (v,) [km/s] are those at which the fit may begin. The velocity is what is left after the
    spectrum was put to rest: some lines' widths at most, since the pixels stay those of the model.
    """

    model: SpectralModel
    velocities: tuple[float, ...] = (0.0,)

    @property
    def kind(self) -> str:
        """The model's kind."""
        return self.model.kind

    @property
    def labels(self) -> tuple[str, ...]:
        """The model's labels and the velocity."""
        return (*self.model.labels, LABEL)

    @property
    def wavelength_angstrom(self) -> Array:
        """The model's wavelengths (p,)."""
        return self.model.wavelength_angstrom

    @property
    def scatter(self) -> Array:
        """The model's own error (p,), at rest."""
        return self.model.scatter

    @property
    def hull(self) -> Hull:
        """The model's hull: the velocity does not count."""
        return Part.first(self.model.hull)

    @property
    def smooth(self) -> bool:
        """Whether the model's slopes are continuous."""
        return bool(getattr(self.model, "smooth", True))

    def flux(self, theta: Array) -> Array:
        """Return normalised flux (n, p) of labels (n, k + 1)."""
        at = np.atleast_2d(theta)
        return np.asarray(shift(self.wavelength_angstrom, at[:, -1]).apply(self.model.flux(at[:, :-1])))

    def flux_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return flux (n, p) and its derivative by each label (n, p, k + 1), a view of (n, k + 1, p)."""
        at = np.atleast_2d(theta)
        flux, gradient = self.model.flux_and_gradient(at[:, :-1])
        moved = shift(self.wavelength_angstrom, at[:, -1])
        both = np.empty((len(at), at.shape[1], flux.shape[1]))
        for j in range(at.shape[1] - 1):
            both[:, j] = moved.apply(gradient[:, :, j])
        both[:, -1] = moved.slope(flux)
        return np.asarray(moved.apply(flux)), np.swapaxes(both, 1, 2)

    def starts(self) -> Array:
        """Return the model's starts at the first of the velocities, and its first start at the others."""
        own = getattr(self.model, "starts", None)
        base = self.model.hull.theta.mean(0)[None] if own is None else own()
        first = np.column_stack([base, np.full(len(base), self.velocities[0])])
        others = np.array(self.velocities[1:], np.float64)
        return np.vstack([first, np.column_stack([np.repeat(base[:1], len(others), 0), others])])

    def __getattr__(self, name: str) -> Any:
        """Return `variance` or `excess` of a model that has it: at rest, as the scatter is."""
        if name == "variance" and hasattr(self.model, "variance"):
            return lambda theta: self.model.variance(theta[:, :-1])
        if name == "excess" and hasattr(self.model, "excess"):
            return self._excess
        raise AttributeError(name)

    def _excess(self, theta: Array, weights: Array) -> tuple[Array, Array]:
        model: Any = self.model
        slope, curvature = model.excess(theta[:, :-1], weights)
        return np.pad(slope, ((0, 0), (0, 1))), np.pad(curvature, ((0, 0), (0, 1), (0, 1)))

    def quick(self, weights: Array) -> Any:
        """Return the fast way of the fit, for spectra with such mean weights (p,); None if there is none."""
        from analysis.labels.payne import Network
        from analysis.labels.payne_published import PixelNetworks

        if isinstance(self.model, Network | PixelNetworks):
            return self.model.quick(weights, velocity=True)
        return None

    def saved(self) -> Saved:
        """Not for this one: the model itself is saved; raises AnalysisError."""
        raise AnalysisError("a model with a velocity is not stored: store the model at rest")
