"""Normalisation by a polynomial through chosen pixels of each detector, as APOGEE's spectra for The Payne.

The_Payne's utils.get_apogee_continuum (after J. Bovy's apogee package): on each detector a Chebyshev
polynomial of degree 4 is fitted to the pixels that The Cannon found to hang on no label, weighted by the
inverse variance, and the spectrum divided by it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.labels.doppler import detectors

Array = npt.NDArray[np.float64]

DEGREE = 4


def continuum(
    flux: Array, ivar: Array, wavelength_angstrom: Array, pixels: npt.NDArray[np.bool_], degree: int = DEGREE
) -> Array:
    """Return the continuum (n, p) of spectra (n, p) by chosen pixels (p,).

    Pixels with ivar 0, without flux or with none above 0 do not count. NaN on a detector where too few are
    left, and where the polynomial is not above 0.
    """
    out = np.full(flux.shape, np.nan)
    with np.errstate(invalid="ignore"):
        good = (ivar > 0.0) & np.isfinite(ivar) & (flux > 0.0) & np.isfinite(flux) & pixels
    for first, last in detectors(wavelength_angstrom):
        terms = np.polynomial.chebyshev.chebvander(np.linspace(-1.0, 1.0, last - first), degree)
        here = good[:, first:last]
        enough = here.sum(axis=1) > degree
        weight = np.where(here, ivar[:, first:last], 0.0)[enough]
        weight /= weight.max(axis=1, keepdims=True)
        seen = np.where(here, flux[:, first:last], 0.0)[enough]
        matrix = np.einsum("np,pi,pj->nij", weight, terms, terms, optimize=True)
        right = (weight * seen) @ terms
        matrix += 1e-12 * np.einsum("nii->n", matrix)[:, None, None] * np.eye(degree + 1)
        out[enough, first:last] = np.linalg.solve(matrix, right[:, :, None])[:, :, 0] @ terms.T
    return np.where(out > 0.0, out, np.nan)


def divided(
    flux: Array, ivar: Array, wavelength_angstrom: Array, pixels: npt.NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Return spectra over their continuum and their inverse variances (n, p); NaN and 0 without one."""
    level = continuum(flux, ivar, wavelength_angstrom, pixels)
    known = np.isfinite(level)
    return flux / level, np.where(known, ivar * np.where(known, level, 1.0) ** 2, 0.0)
