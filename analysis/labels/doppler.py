"""Spectra shifted by a radial velocity, with the derivative by it and the transpose of the shift.

Between pixels a cubic runs through the four nearest (Catmull & Rom 1974), whose slope is continuous: the
linear interpolation of The_Payne's utils.doppler_shift smooths lines, and its derivative jumps from pixel to
pixel. Positive velocities are away from us. What would come in at the end of a detector is its last pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[Any]
Integers = npt.NDArray[np.intp]

LIGHT_KM_S = 299792.458

GAP = 3.0
"""Neighbours farther apart than this times the usual step are on different detectors."""

EVEN = 1e-3
"""Steps of ln wavelength that are equal to this part of a pixel, summed up, are all the same."""


class Shift(Protocol):
    """A shift of spectra (n, p), or of several for each star (n, k, p)."""

    def apply(self, flux: Floats) -> Floats:
        """Return flux shifted."""
        ...

    def slope(self, flux: Floats) -> Floats:
        """Return the derivative of shifted flux by velocity, per km/s."""
        ...

    def transposed(self, values: Floats) -> Floats:
        """Return the transpose of `apply`: what pixels (n, p) after the shift mean for those before it."""
        ...


def shift(wavelength_angstrom: Floats, velocity_km_s: Floats) -> Shift:
    """Return the shift of spectra on wavelengths (p,) by velocities (n,)."""
    beta = np.asarray(velocity_km_s, np.float64) / LIGHT_KM_S
    ends = detectors(wavelength_angstrom)
    step = even_step(wavelength_angstrom, ends)
    if step is None:
        return _general(wavelength_angstrom, beta, ends)
    pixels = 0.5 * (np.log1p(-beta) - np.log1p(beta)) / step
    whole = np.floor(pixels).astype(np.intp)
    weights, slopes = _cubic(pixels - whole)
    rate = -1.0 / ((1.0 - beta**2) * LIGHT_KM_S * step)
    return _Even(ends, whole, np.stack(weights), np.stack(slopes) * rate)


def detectors(wavelength_angstrom: Floats) -> list[tuple[int, int]]:
    """Return the first and last-but-one pixel of each detector: between them the wavelengths have gaps."""
    step = np.diff(wavelength_angstrom)
    cuts = np.flatnonzero(step > GAP * np.median(step)) + 1
    edges = [0, *cuts.tolist(), len(wavelength_angstrom)]
    return list(zip(edges[:-1], edges[1:], strict=True))


def even_step(wavelength_angstrom: Floats, ends: list[tuple[int, int]]) -> float | None:
    """Return the step of ln wavelength if it is the same all over every detector, else None."""
    logs = np.log(wavelength_angstrom)
    step = float(np.median(np.diff(logs)))
    for first, last in ends:
        part = logs[first:last]
        if np.abs(part - part[0] - step * np.arange(last - first)).max() > EVEN * step:
            return None
    return step


def _cubic(u: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Return the weights of four pixels at u (0 to 1) from the second, and their derivatives by u."""
    weights = (
        0.5 * u * (u * (2 - u) - 1),
        0.5 * (u * u * (3 * u - 5) + 2),
        0.5 * u * (u * (4 - 3 * u) + 1),
        0.5 * u * u * (u - 1),
    )
    slopes = (
        0.5 * (u * (4 - 3 * u) - 1),
        0.5 * u * (9 * u - 10),
        0.5 * (u * (8 - 9 * u) + 1),
        0.5 * u * (3 * u - 2),
    )
    return weights, slopes


@dataclass(frozen=True, slots=True)
class _Even:
    """On even steps of ln wavelength: all pixels of a star move alike, by `whole` (n,) and a part of one."""

    ends: list[tuple[int, int]]
    whole: Integers
    weights: Floats
    slopes: Floats

    def apply(self, flux: Floats) -> Floats:
        return self._moved(flux, self.weights)

    def slope(self, flux: Floats) -> Floats:
        return self._moved(flux, self.slopes)

    def _moved(self, flux: Floats, four: Floats) -> Floats:
        out = np.empty_like(flux)
        four = four.astype(flux.dtype)
        for first, last in self.ends:
            wide, margin = self._margin(last - first)
            padded = np.empty((*flux.shape[:-1], last - first + 2 * margin), flux.dtype)
            padded[..., :margin] = flux[..., first, None]
            padded[..., margin:-margin] = flux[..., first:last]
            padded[..., -margin:] = flux[..., last - 1, None]
            for star, begin in enumerate(margin + wide - 1):
                total = four[0, star] * padded[star, ..., begin : begin + last - first]
                for j in range(1, 4):
                    total += four[j, star] * padded[star, ..., begin + j : begin + j + last - first]
                out[star, ..., first:last] = total
        return out

    def transposed(self, values: Floats) -> Floats:
        out = np.empty_like(values)
        four = self.weights.astype(values.dtype)
        for first, last in self.ends:
            wide, margin = self._margin(last - first)
            padded = np.zeros((len(values), last - first + 2 * margin), values.dtype)
            for star, begin in enumerate(margin + wide - 1):
                for j in range(4):
                    padded[star, begin + j : begin + j + last - first] += (
                        four[j, star] * values[star, first:last]
                    )
            out[:, first:last] = padded[:, margin:-margin]
            out[:, first] += padded[:, :margin].sum(axis=1)
            out[:, last - 1] += padded[:, -margin:].sum(axis=1)
        return out

    def _margin(self, length: int) -> tuple[Integers, int]:
        """Return whole pixels (n,) that stay near a detector of such a length, and how far they reach."""
        wide = np.clip(self.whole, -length, length)
        return wide, int(np.abs(wide).max(initial=0)) + 3


@dataclass(frozen=True, slots=True)
class _General:
    """On any grid: four pixels (4, n, p) for each, with their weights and slopes."""

    pixels: Integers
    weights: Floats
    slopes: Floats

    def apply(self, flux: Floats) -> Floats:
        return self._moved(flux, self.weights)

    def slope(self, flux: Floats) -> Floats:
        return self._moved(flux, self.slopes)

    def _moved(self, flux: Floats, four: Floats) -> Floats:
        between = (slice(None), *(None for _ in range(flux.ndim - 2)))
        total = np.zeros_like(flux)
        for pixels, weights in zip(self.pixels, four, strict=True):
            total += np.take_along_axis(flux, pixels[between], -1) * weights[between].astype(flux.dtype)
        return total

    def transposed(self, values: Floats) -> Floats:
        n, p = values.shape
        rows = np.arange(n)[:, None] * p
        total = np.zeros(n * p)
        for pixels, weights in zip(self.pixels, self.weights, strict=True):
            total += np.bincount((rows + pixels).ravel(), (values * weights).ravel(), n * p)
        return total.reshape(n, p).astype(values.dtype)


def _general(wavelength_angstrom: Floats, beta: Floats, ends: list[tuple[int, int]]) -> _General:
    beta = beta[:, None]
    p = len(wavelength_angstrom)
    length = [last - first for first, last in ends]
    low = np.repeat([first for first, _ in ends], length)
    high = np.repeat([last - 1 for _, last in ends], length)
    wanted = wavelength_angstrom * np.sqrt((1.0 - beta) / (1.0 + beta))
    at = np.clip(np.interp(wanted, wavelength_angstrom, np.arange(p, dtype=np.float64)), low, high)
    first = np.minimum(at.astype(np.intp), np.maximum(high - 1, low))
    weights, slopes = _cubic(at - first)
    step = np.diff(wavelength_angstrom, append=np.inf)[first]
    rate = -wanted / ((1.0 - beta**2) * LIGHT_KM_S) / step
    # At the ends of a detector nothing moves: what would come in there is not known.
    rate = np.where((at > low) & (at < high), rate, 0.0)
    pixels = np.stack([np.clip(first + offset, low, high) for offset in (-1, 0, 1, 2)])
    return _General(pixels, np.stack(weights), np.stack(slopes) * rate)
