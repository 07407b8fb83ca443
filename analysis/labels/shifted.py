"""The radial velocity as one more label: any model's spectrum, shifted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from analysis.labels.grid import C_KM_S, catmull_rom, catmull_rom_slope
from analysis.labels.hull import Region
from analysis.labels.model import SpectralModel

Array = npt.NDArray[np.float64]

LABEL = "radial_velocity"
LARGEST_KM_S = 300.0
"""Velocities that are tried to begin with; pixels that these would move in from outside do not count."""


@dataclass(frozen=True)
class ShiftedRegion:
    """The hull of a model whose last label, the velocity, is free."""

    inner: Region

    def distance(self, theta: npt.ArrayLike) -> Array:
        """Return the distance of the other labels (n,)."""
        return self.inner.distance(np.asarray(theta, np.float64)[:, :-1])

    def spread_out(self, n: int) -> Array:
        """Return labels of the inner hull (n, k) at rest."""
        inner = self.inner.spread_out(n)
        return np.column_stack([inner, np.zeros(len(inner))])


@dataclass(frozen=True, eq=False)
class Shifted:
    """A model with the label radial_velocity [km/s] after its own: flux(w) is the inner one at w / (1 + v/c).

    Between pixels it is interpolated by the cubics of `analysis.labels.grid`, the gradient with it.
    """

    inner: SpectralModel

    @property
    def kind(self) -> str:
        """The inner model's."""
        return self.inner.kind

    @property
    def labels(self) -> tuple[str, ...]:
        """The inner model's, and the velocity."""
        return (*self.inner.labels, LABEL)

    @property
    def wavelength_angstrom(self) -> Array:
        """The inner model's (p,)."""
        return self.inner.wavelength_angstrom

    @cached_property
    def scatter(self) -> Array:
        """The inner model's (p,), infinite in pixels that may come in from outside."""
        at, scatter = self.wavelength_angstrom, self.inner.scatter.copy()
        reach = LARGEST_KM_S / C_KM_S
        scatter[(at < at[0] * (1.0 + reach)) | (at > at[-1] * (1.0 - reach))] = np.inf
        return scatter

    @property
    def hull(self) -> Region:
        """The inner model's, whatever the velocity."""
        return ShiftedRegion(self.inner.hull)

    def flux(self, theta: Array) -> Array:
        """Return normalised flux (n, p) of labels (n, k + 1)."""
        index, part, _ = self._places(theta[:, -1])
        return _mixed(self.inner.flux(theta[:, :-1]), index, catmull_rom(part))

    def flux_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return flux (n, p) and its derivative by each label (n, p, k + 1), a view of (n, k + 1, p)."""
        index, part, rate = self._places(theta[:, -1])
        flux, gradient = self.inner.flux_and_gradient(theta[:, :-1])
        weights = catmull_rom(part)
        out = np.empty((len(theta), len(self.labels), flux.shape[1]))
        for j in range(gradient.shape[2]):
            out[:, j] = _mixed(gradient[:, :, j], index, weights)
        out[:, -1] = _mixed(flux, index, catmull_rom_slope(part)) * rate
        return _mixed(flux, index, weights), np.swapaxes(out, 1, 2)

    def starts(self) -> Array:
        """Return the inner model's starts at rest, and its first at velocities two pixels apart."""
        inner = self.inner.starts() if hasattr(self.inner, "starts") else self.inner.hull.spread_out(1)
        pixel = float(np.median(np.diff(np.log(self.wavelength_angstrom)))) * C_KM_S
        speeds = np.arange(-LARGEST_KM_S, LARGEST_KM_S + pixel, 2.0 * pixel)
        moved = np.column_stack([np.repeat(inner[:1], len(speeds), 0), speeds])
        return np.vstack([np.column_stack([inner, np.zeros(len(inner))]), moved])

    def saved(self) -> NoReturn:
        """Refuse: the inner model is what is saved."""
        raise TypeError("save the inner model: a velocity is not trained")

    def _places(self, velocity_km_s: Array) -> tuple[npt.NDArray[np.int64], Array, Array]:
        """Return which pixel is left of each (n, p), how far to the next, and that distance's rate by v."""
        grid = self.wavelength_angstrom
        at = grid / (1.0 + velocity_km_s[:, None] / C_KM_S)
        place = np.interp(at, grid, np.arange(len(grid), dtype=np.float64))
        index = np.clip(place.astype(np.int64), 1, len(grid) - 3)
        rate = -at / (C_KM_S * (1.0 + velocity_km_s[:, None] / C_KM_S)) / np.diff(grid)[index]
        return index, np.clip(place - index, -1.0, 2.0), rate


def _mixed(values: Array, index: npt.NDArray[np.int64], weights: tuple[Array, ...]) -> Array:
    """Return the weighted sum (n, p) of four neighbours of values (n, p)."""
    out = np.zeros_like(values)
    for offset, weight in enumerate(weights, -1):
        out += weight * np.take_along_axis(values, index + offset, axis=1)
    return out
