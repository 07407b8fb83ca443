"""Normalisation by a running Gaussian, the same linear operation for data and model.

Ho et al. 2017, ApJ 836, 5, section 2: the pseudo-continuum at a wavelength is the mean of the flux with
weights ivar exp(-(difference / L)^2), L = 50 Angstrom for LAMOST; Xiang et al. 2019, ApJS 245, 34 do so for
data and model. No true continuum is sought: what matters is that noise hardly moves it, and that both get
the same.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

REACH = 3.8
"""Widths L to which the Gaussian is taken: beyond, its weight is below 1e-6."""
NODES = 8
"""Nodes in a width L at which it is computed; linear between them, and so still a linear operation."""


class Normalised(NamedTuple):
    """Flux over its smoothing, its inverse variance, the smoothing (n, p); NaN and 0 where there is none."""

    flux: Array
    ivar: Array
    smoothed: Array


class Smoothing:
    """The running Gaussian of one wavelength grid (p,), ascending, and width L [Angstrom]."""

    def __init__(self, wavelength_angstrom: npt.ArrayLike, width_angstrom: float) -> None:
        self.wavelength_angstrom = np.asarray(wavelength_angstrom, np.float64)
        self.width_angstrom = float(width_angstrom)
        if not (self.width_angstrom > 0.0 and np.isfinite(self.width_angstrom)):
            raise ValueError(f"a smoothing width of {width_angstrom} Angstrom is not above 0")
        if not (np.diff(self.wavelength_angstrom) > 0.0).all():
            raise ValueError("wavelengths do not ascend")

    @cached_property
    def _nodes(self) -> tuple[Any, Any]:
        """Sparse matrices: weights of pixels at nodes (q, p), and of nodes at pixels (p, q)."""
        from scipy.sparse import csr_array

        at, width = self.wavelength_angstrom, self.width_angstrom
        n = max(2, int(np.ceil((at[-1] - at[0]) / width * NODES)) + 1)
        nodes = np.linspace(at[0], at[-1], n)
        first = np.searchsorted(at, nodes - REACH * width)
        last = np.searchsorted(at, nodes + REACH * width)
        column = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])
        row = np.repeat(np.arange(n), last - first)
        # Pixels of unequal size count by their size, so that it is a mean over wavelength.
        size = np.gradient(at) / np.median(np.gradient(at))
        weight = np.exp(-(((at[column] - nodes[row]) / width) ** 2)) * np.minimum(size[column], 3.0)
        place = (at - at[0]) / (nodes[1] - nodes[0])
        left = np.minimum(place.astype(np.int64), n - 2)
        part = place - left
        pixel = np.arange(len(at))
        between = csr_array(
            (np.concatenate([1.0 - part, part]), (np.tile(pixel, 2), np.concatenate([left, left + 1]))),
            shape=(len(at), n),
        )
        return csr_array((weight, (row, column)), shape=(n, len(at))), between

    def sums(self, columns: Array) -> Array:
        """Return the weighted sums (n, p) at each pixel of values (n, p)."""
        kernel, between = self._nodes
        return np.asarray((between @ (kernel @ np.ascontiguousarray(columns.T))).T)

    def of_data(self, flux: npt.ArrayLike, ivar: npt.ArrayLike) -> Normalised:
        """Return normalised spectra (n, p); NaN flux and ivar 0 do not count and stay out (NaN, ivar 0).

        So does what has no positive pseudo-continuum, or hardly a pixel within reach.
        """
        y, weight = np.asarray(flux, np.float64), np.asarray(ivar, np.float64)
        good = np.isfinite(y) & np.isfinite(weight) & (weight > 0.0)
        used = np.where(good, weight, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            norm = self.sums(used)
            smoothed = self.sums(np.where(good, y * used, 0.0)) / norm
            good &= (smoothed > 0.0) & (self.sums(good.astype(np.float64)) > 1.0)
            return Normalised(
                np.where(good, y / smoothed, np.nan), np.where(good, weight * smoothed**2, 0.0), smoothed
            )

    def of_model(self, flux: Array, gradient: Array, ivar: Array) -> tuple[Array, Array]:
        """Return model flux (n, p) over its smoothing with the data's weights, and the gradient (n, p, k)."""
        norm = self.sums(ivar)
        with np.errstate(divide="ignore", invalid="ignore"):
            smoothed = self.sums(flux * ivar) / norm
            empty = ~(np.isfinite(smoothed) & (smoothed != 0.0))
            smoothed = np.where(empty, 1.0, smoothed)
            made = flux / smoothed
            out = np.empty((len(flux), gradient.shape[2], flux.shape[1]))
            for j in range(gradient.shape[2]):
                change = self.sums(gradient[:, :, j] * ivar) / norm
                out[:, j] = (gradient[:, :, j] - made * np.where(empty, 0.0, change)) / smoothed
        return made, np.swapaxes(out, 1, 2)


def smooth(
    flux: npt.ArrayLike, ivar: npt.ArrayLike, wavelength_angstrom: npt.ArrayLike, width_angstrom: float
) -> Normalised:
    """Return spectra (n, p) over their running Gaussian of width L, as `Smoothing.of_data` does."""
    return Smoothing(wavelength_angstrom, width_angstrom).of_data(np.atleast_2d(flux), np.atleast_2d(ivar))
