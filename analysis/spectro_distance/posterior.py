"""Distances of stars by their predicted absolute magnitude, alone and with their own parallax."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.spectro_distance.likelihood import K, mode_mag

Array = npt.NDArray[np.float64]

ONE_SIGMA = (0.15865525393145707, 0.8413447460685429)
GRID_SIGMAS = np.linspace(-5.0, 5.0, 161)


@dataclass(frozen=True, slots=True)
class Distance:
    """Median, 16 and 84 % of a distance [kpc] (n,), half of their difference, and the modulus."""

    dist: Array
    dist_error: Array
    dist_lo: Array
    dist_hi: Array
    modulus: Array
    modulus_error: Array


def kpc_of_modulus(modulus_mag: Array) -> Array:
    """Return the distance (n,) [kpc] of m - M without extinction."""
    return np.asarray(np.exp(K * (modulus_mag - 10.0)))


def spectroscopic(magnitude: Array, absolute: Array, error_mag: Array) -> Distance:
    """Return the distance by magnitudes (n,) alone: lognormal, as the absolute magnitude is normal."""
    modulus = magnitude - absolute
    low, high = kpc_of_modulus(modulus - error_mag), kpc_of_modulus(modulus + error_mag)
    return Distance(kpc_of_modulus(modulus), 0.5 * (high - low), low, high, modulus, error_mag)


def parallax_of(modulus_mag: Array, error_mag: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation (n,) [mas] of the parallax by a normal modulus."""
    spread = (K * error_mag) ** 2
    mean = np.exp(K * (10.0 - modulus_mag) + 0.5 * spread)
    return mean, mean * np.sqrt(np.expm1(spread))


def combined(modulus_mag: Array, error_mag: Array, parallax_mas: Array, sigma_mas: Array) -> Distance:
    """Return the distance by magnitudes and parallax (n,), whose zero point is subtracted.

    The posterior of the modulus is N(modulus, error^2) N(parallax; 1/d, sigma^2), on a grid about its mode.
    NaN where there is no parallax.
    """
    predicted = np.exp(K * (10.0 - modulus_mag))
    known = np.isfinite(parallax_mas + sigma_mas + modulus_mag + error_mag)
    found = np.full((5, len(modulus_mag)), np.nan)
    for chosen in np.array_split(np.flatnonzero(known), max(1, int(known.sum()) // 20_000)):
        if len(chosen):
            found[:, chosen] = _on_a_grid(
                *(each[chosen] for each in (predicted, error_mag, parallax_mas, sigma_mas))
            )
    low, median, high, mean, sd = found
    modulus = modulus_mag - np.stack([low, median, high])
    far, middle, near = kpc_of_modulus(modulus)
    return Distance(middle, 0.5 * (far - near), near, far, modulus_mag - mean, sd)


def _on_a_grid(predicted: Array, scatter: Array, parallax: Array, sigma: Array) -> Array:
    """Return quantiles, mean and standard deviation (5, n) of the scatter e [mag] of stars."""
    e0 = mode_mag(parallax, sigma, predicted, scatter)
    width = 1.0 / np.sqrt(1.0 / scatter**2 + (K * predicted * np.exp(K * e0) / sigma) ** 2)
    e = e0[:, None] + width[:, None] * GRID_SIGMAS
    residual = (parallax[:, None] - predicted[:, None] * np.exp(K * e)) / sigma[:, None]
    log = -0.5 * ((e / scatter[:, None]) ** 2 + residual**2)
    density = np.exp(log - log.max(axis=1, keepdims=True))
    mass = np.cumsum(density, axis=1)
    mass = (mass - 0.5 * density) / mass[:, -1:]
    weight = density / density.sum(axis=1, keepdims=True)
    mean = (weight * e).sum(axis=1)
    sd = np.sqrt((weight * (e - mean[:, None]) ** 2).sum(axis=1))
    quantiles = [_crossing(mass, e, level) for level in (ONE_SIGMA[0], 0.5, ONE_SIGMA[1])]
    return np.stack([*quantiles, mean, sd])


def _crossing(mass: Array, e: Array, level: float) -> Array:
    """Return where the cumulative probability (n, grid) passes a level, between nodes linearly."""
    after = np.clip((mass < level).sum(axis=1), 1, mass.shape[1] - 1)
    row = np.arange(len(mass))
    low, high = mass[row, after - 1], mass[row, after]
    share = (level - low) / np.maximum(high - low, 1e-300)
    return np.asarray(e[row, after - 1] + share * (e[row, after] - e[row, after - 1]))
