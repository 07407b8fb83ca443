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
NODES = 5
"""Cells in a width L.

Pixels are shared out among cells, the Gaussian runs over these, and its sums are interpolated: all linear, and
20 times faster than pixel by pixel. Sharing and interpolating widen the kernel by 1/6 of a squared cell each
in variance, which the Gaussian is narrowed by: what remains is below 1e-3 of the kernel.
"""


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
    def _cells(self) -> tuple[Any, Any, Any]:
        """Sparse matrices: pixels to cells (q, p), cells among each other (q, q), cells to pixels (p, q)."""
        from scipy.sparse import csr_array

        at, width = self.wavelength_angstrom, self.width_angstrom
        n = max(2, int(np.ceil((at[-1] - at[0]) / width * NODES)) + 1)
        cell = (at[-1] - at[0]) / (n - 1)
        place = (at - at[0]) / cell
        left = np.minimum(place.astype(np.int64), n - 2)
        share = np.concatenate([1.0 - (place - left), place - left])
        pixel = np.tile(np.arange(len(at)), 2)
        between = csr_array((share, (pixel, np.concatenate([left, left + 1]))), shape=(len(at), n))
        # Pixels count by their size, so that it is a mean over wavelength; those at gaps not by the gap's.
        size = np.gradient(at) / np.median(np.gradient(at))
        into = (between * np.minimum(size, 3.0)[:, None]).T.tocsr()
        narrow2 = max(width**2 - 2.0 * cell**2 / 3.0, 0.2 * width**2)
        reach = min(n - 1, int(np.ceil(REACH * width / cell)))
        row, off = np.divmod(np.arange(n * (2 * reach + 1)), 2 * reach + 1)
        column = row + off - reach
        inside = (column >= 0) & (column < n)
        weight = np.exp(-(((off - reach) * cell) ** 2) / narrow2)
        kernel = csr_array((weight[inside], (row[inside], column[inside])), shape=(n, n))
        return into, kernel, between

    def sums(self, columns: Array) -> Array:
        """Return the weighted sums (n, p) at each pixel of values (n, p)."""
        into, kernel, between = self._cells
        return np.asarray((between @ (kernel @ (into @ np.ascontiguousarray(columns.T)))).T)

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

    def of_model(self, flux: Array, gradient: Array, ivar: Array, norm: Array) -> tuple[Array, Array]:
        """Return model flux (n, p) over its smoothing with the data's weights, and the gradient (n, p, k).

        `norm` (n, p) is `sums(ivar)`. The quotient's derivative is exact: m' / S(m) - m S(m') / S(m)^2.
        """
        n, p, k = gradient.shape
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1.0 / norm
            smoothed = self.sums(flux * ivar) * share
            empty = ~(np.isfinite(smoothed) & (smoothed != 0.0))
            share[empty] = 0.0
            inverse = 1.0 / np.where(empty, 1.0, smoothed)
        made = flux * inverse
        rows = np.swapaxes(gradient, 1, 2)
        change = self.sums((rows * ivar[:, None, :]).reshape(n * k, p)).reshape(n, k, p)
        change *= (made * share)[:, None, :]
        out = (rows - change) * inverse[:, None, :]
        return made, np.swapaxes(out, 1, 2)


def smooth(
    flux: npt.ArrayLike, ivar: npt.ArrayLike, wavelength_angstrom: npt.ArrayLike, width_angstrom: float
) -> Normalised:
    """Return spectra (n, p) over their running Gaussian of width L, as `Smoothing.of_data` does."""
    return Smoothing(wavelength_angstrom, width_angstrom).of_data(np.atleast_2d(flux), np.atleast_2d(ivar))
