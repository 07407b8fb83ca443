"""Spectra onto a model's wavelength grid: out of air, to rest, resampled with honest errors.

What neighbouring new pixels share of an old one makes their noise correlate. The fit takes pixels for
independent, so the inverse variance given here is the information per new pixel, and its sum over a stretch
of spectrum stays what it was: interpolating twice as finely does not make labels more certain.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

C_KM_S = 299792.458
COARSER = 1.5
"""New pixels wider than so many old ones get the mean of what they cover, others an interpolation."""
COVERED = 0.8
"""Part of a wide new pixel that good old pixels must cover."""


def vacuum_from_air(air_angstrom: npt.ArrayLike) -> Array:
    """Return vacuum wavelengths [Angstrom] of those in standard air, 2000 to 25,000 Angstrom.

    Index of refraction by Ciddor 1996, Applied Optics 35, 1566, dry air at 15 C, 101325 Pa, 450 ppm CO2.
    """
    air = np.asarray(air_angstrom, np.float64)
    vacuum = air.copy()
    for _ in range(3):  # the index is a function of the wavelength in vacuum
        vacuum = air * _index(vacuum)
    return vacuum


def air_from_vacuum(vacuum_angstrom: npt.ArrayLike) -> Array:
    """Return wavelengths in standard air [Angstrom]: the inverse of `vacuum_from_air`."""
    vacuum = np.asarray(vacuum_angstrom, np.float64)
    return np.asarray(vacuum / _index(vacuum))


def _index(vacuum_angstrom: Array) -> Array:
    wavenumber2 = (1e4 / vacuum_angstrom) ** 2
    return np.asarray(1.0 + 0.05792105 / (238.0185 - wavenumber2) + 0.00167917 / (57.362 - wavenumber2))


def edges(wavelength: Array) -> Array:
    """Return the edges (p + 1,) of pixels with these centres."""
    middle = (wavelength[1:] + wavelength[:-1]) / 2.0
    return np.concatenate(
        [[1.5 * wavelength[0] - 0.5 * wavelength[1]], middle, [2 * wavelength[-1] - middle[-1]]]
    )


def resampled(
    wavelength_angstrom: Array,
    flux: npt.ArrayLike,
    ivar: npt.ArrayLike,
    to_angstrom: Array,
    velocity_km_s: npt.ArrayLike = 0.0,
) -> tuple[Array, Array]:
    """Return flux and inverse variance (n, q) at rest wavelengths of spectra (n, p) of stars that recede so.

    Rest = observed / (1 + velocity / c). Flux is interpolated by cubics (Catmull & Rom) through four good
    pixels, linearly where a farther one of them is bad; wide new pixels get means. What has a bad pixel next
    to it, or lies outside, gets NaN and 0.
    """
    y, weight = np.atleast_2d(np.asarray(flux, np.float64)), np.atleast_2d(np.asarray(ivar, np.float64))
    speed = np.broadcast_to(np.asarray(velocity_km_s, np.float64), (len(y),))
    good = np.isfinite(y) & np.isfinite(weight) & (weight > 0.0)
    old = np.asarray(wavelength_angstrom, np.float64)
    if not speed.any() and len(old) == len(to_angstrom) and np.array_equal(old, to_angstrom):
        return np.where(good, y, np.nan), np.where(good, weight, 0.0)
    y = np.where(good, y, 0.0)
    with np.errstate(divide="ignore"):
        variance = np.where(good, 1.0 / weight, 0.0)
    out = np.full((2, len(y), len(to_angstrom)), np.nan)
    wide = np.median(np.diff(to_angstrom)) > COARSER * np.median(np.diff(old))
    one = _averaged if wide else _interpolated
    for n in range(len(y)):
        out[:, n] = one(old, y[n], variance[n], good[n], to_angstrom * (1.0 + speed[n] / C_KM_S))
    return out[0], np.nan_to_num(out[1])


def _interpolated(old: Array, y: Array, variance: Array, good: Mask, at: Array) -> tuple[Array, Array]:
    left = np.clip(np.searchsorted(old, at, side="right") - 1, 0, len(old) - 2)
    part = (at - old[left]) / (old[left + 1] - old[left])
    before, after = np.maximum(left - 1, 0), np.minimum(left + 2, len(old) - 1)
    smooth = good[before] & good[after] & (before < left) & (after > left + 1)
    cubic = sum(w * y[i] for w, i in zip(catmull_rom(part), (before, left, left + 1, after), strict=True))
    line = (1.0 - part) * y[left] + part * y[left + 1]
    flux = np.where(smooth, cubic, line)
    usable = (
        (good[left] | (part > 1.0 - 1e-9)) & (good[left + 1] | (part < 1e-9)) & (part >= 0.0) & (part <= 1.0)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (1.0 - part) * variance[left] + part * variance[left + 1]
        ivar = np.gradient(at) / ((old[left + 1] - old[left]) * between)
    return np.where(usable, flux, np.nan), np.where(usable, ivar, 0.0)


def _averaged(old: Array, y: Array, variance: Array, good: Mask, at: Array) -> tuple[Array, Array]:
    side, size = edges(old), np.diff(edges(old))
    new = edges(at)

    def integral(values: Array) -> Array:
        total = np.concatenate([[0.0], np.cumsum(values * size)])
        return np.asarray(np.diff(np.interp(new, side, total)))

    cover = integral(good.astype(np.float64))
    usable = cover >= COVERED * np.diff(new)
    with np.errstate(divide="ignore", invalid="ignore"):
        flux = integral(y) / cover
        ivar = cover**2 / integral(variance * size)
    return np.where(usable, flux, np.nan), np.where(usable, ivar, 0.0)


def catmull_rom(part: Array) -> tuple[Array, Array, Array, Array]:
    """Return the weights of four neighbours for a point at `part` (0 to 1) between the middle two."""
    t, t2 = part, part * part
    t3 = t2 * t
    return (
        0.5 * (-t3 + 2.0 * t2 - t),
        0.5 * (3.0 * t3 - 5.0 * t2 + 2.0),
        0.5 * (-3.0 * t3 + 4.0 * t2 + t),
        0.5 * (t3 - t2),
    )
