"""Normalisation by a running Gaussian, the same linear operation for data and model.

Ho et al. 2017, ApJ 836, 5, section 2: the pseudo-continuum at a wavelength is the mean of the flux with
weights ivar exp(-(difference / L)^2), L = 50 Angstrom for LAMOST; Xiang et al. 2019, ApJS 245, 34 do so for
data and model. No true continuum is sought: what matters is that noise hardly moves it, and that both get
the same.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

NODES = 5
"""Cells in a width L.

Pixels are shared out among cells, the Gaussian runs over these, and its sums are interpolated: all linear,
and much faster than pixel by pixel. Sharing and interpolating widen the kernel by 1/6 of a squared cell each
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

        at = self.wavelength_angstrom
        n = max(2, int(np.ceil((at[-1] - at[0]) / self.width_angstrom * NODES)) + 1)
        cell = (at[-1] - at[0]) / (n - 1)
        place = (at - at[0]) / cell
        self._left = np.minimum(place.astype(np.int64), n - 2)
        self._share = place - self._left
        self._first = np.flatnonzero(np.diff(self._left, prepend=-1))
        off = np.subtract.outer(np.arange(n), np.arange(n)) * cell
        narrow2 = max(self.width_angstrom**2 - 2.0 * cell**2 / 3.0, 0.2 * self.width_angstrom**2)
        self._kernel = np.exp(-(off**2) / narrow2)
        # Pixels count by their size, so that it is a mean over wavelength; those at gaps not by the gap's.
        size = np.gradient(at) / np.median(np.gradient(at))
        self._size = np.minimum(size, 3.0)

    def weights(self, ivar: Array) -> Array:
        """Return the weights of pixels (n, p) in the mean: ivar times the pixel's size."""
        return np.asarray(ivar * self._size)

    def sums(self, values: Array) -> Array:
        """Return the sums (n, p) at each pixel of values (n, p), which have their weights in them."""
        cells = np.zeros((len(values), len(self._kernel)))
        filled = self._left[self._first]
        right = np.add.reduceat(values * self._share, self._first, axis=1)
        cells[:, filled] = np.add.reduceat(values, self._first, axis=1) - right
        cells[:, filled + 1] += right
        smooth = cells @ self._kernel
        out: Array = np.take(np.diff(smooth, axis=1), self._left, axis=1)
        out *= self._share
        out += np.take(smooth, self._left, axis=1)
        return out

    def of_data(self, flux: npt.ArrayLike, ivar: npt.ArrayLike) -> Normalised:
        """Return normalised spectra (n, p); NaN flux and ivar 0 do not count and stay out (NaN, ivar 0).

        So does what has no positive pseudo-continuum, or hardly a pixel within reach.
        """
        return self.with_weights(flux, ivar)[0]

    def of_training(self, flux: npt.ArrayLike, ivar: npt.ArrayLike) -> Normalised:
        """Return spectra (n, p) divided twice, as models are trained on them and the fit gets them.

        Weights follow the spectrum: of a slope that differs from star to star one division leaves some per
        cent. No label tells it, so that training would take it for scatter of the pixels, and the errors of
        labels would be too large (1.4 times, where the fit divides once more and it is gone).
        """
        once = self.of_data(flux, ivar)
        twice = self.of_data(once.flux, once.ivar)
        return Normalised(twice.flux, twice.ivar, once.smoothed * twice.smoothed)

    def with_weights(self, flux: npt.ArrayLike, ivar: npt.ArrayLike) -> tuple[Normalised, Array, Array]:
        """Return what `of_data` does, and for `of_model` the weights and their sums (n, p)."""
        y, weight = np.asarray(flux, np.float64), np.asarray(ivar, np.float64)
        good = np.isfinite(y) & np.isfinite(weight) & (weight > 0.0)
        used = np.where(good, weight, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            weights = self.weights(used)
            norm = self.sums(weights)
            smoothed = self.sums(np.where(good, y, 0.0) * weights) / norm
            good &= (smoothed > 0.0) & (self.sums(self.weights(good.astype(np.float64))) > 1.0)
            made = Normalised(
                np.where(good, y / smoothed, np.nan), np.where(good, weight * smoothed**2, 0.0), smoothed
            )
        return made, weights, norm

    def of_model(self, flux: Array, gradient: Array, weights: Array, norm: Array) -> tuple[Array, Array]:
        """Return model flux (n, p) over its smoothing with the data's weights, and the gradient (n, p, k).

        `norm` (n, p) is `sums(weights)`. The quotient's derivative is exact: m' / S(m) - m S(m') / S(m)^2.
        """
        n, p, k = gradient.shape
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1.0 / norm
            smoothed = self.sums(flux * weights) * share
            empty = ~(np.isfinite(smoothed) & (smoothed != 0.0))
            share[empty] = 0.0
            inverse = 1.0 / np.where(empty, 1.0, smoothed)
        made = flux * inverse
        rows = np.swapaxes(gradient, 1, 2)
        change = self.sums((rows * weights[:, None, :]).reshape(n * k, p)).reshape(n, k, p)
        change *= (made * share)[:, None, :]
        np.subtract(rows, change, out=change)
        change *= inverse[:, None, :]
        return made, np.swapaxes(change, 1, 2)


def smooth(
    flux: npt.ArrayLike, ivar: npt.ArrayLike, wavelength_angstrom: npt.ArrayLike, width_angstrom: float
) -> Normalised:
    """Return spectra (n, p) over their running Gaussian of width L, as `Smoothing.of_data` does."""
    return Smoothing(wavelength_angstrom, width_angstrom).of_data(np.atleast_2d(flux), np.atleast_2d(ivar))
