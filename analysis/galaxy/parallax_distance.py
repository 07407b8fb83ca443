"""Distances from parallaxes, by a stated prior: never 1/parallax in silence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_AT_ONCE, _NODES = 4096, 512


class Distances(NamedTuple):
    """Distances [kpc] of n stars and their standard errors, NaN where there is none."""

    distance_kpc: Array
    error_kpc: Array


def by_prior(parallax_mas: Array, error_mas: Array, length_kpc: float) -> Distances:
    """Return medians and half the central 68 % of the distance's posterior, of parallaxes (n,).

    The prior is a space density that falls as exp(-distance/`length_kpc`) (Bailer-Jones 2015, PASP 127, 994);
    negative parallaxes are welcome. On a grid of `ln` distance about what the parallax allows.
    """
    n = len(parallax_mas)
    found = np.full((2, n), np.nan)
    usable = np.flatnonzero(np.isfinite(parallax_mas) & (error_mas > 0.0) & np.isfinite(error_mas))
    for start in range(0, len(usable), _AT_ONCE):
        at = usable[start : start + _AT_ONCE]
        found[:, at] = _quantiles(parallax_mas[at, None], error_mas[at, None], length_kpc)
    return Distances(found[0], found[1])


def _quantiles(parallax: Array, error: Array, length: float) -> Array:
    """Return median and half width (2, n) of the posteriors of parallaxes and errors (n, 1)."""
    # Seven sigma of the parallax, and within the prior: 3 L is its mean, and beyond 30 L is nothing.
    nearest = np.minimum(1.0 / np.maximum(parallax + 7.0 * error, 1e-3), 3.0 * length)
    farthest = np.minimum(1.0 / np.maximum(parallax - 7.0 * error, 1e-9), 30.0 * length)
    low, high = np.log(nearest), np.log(farthest)
    grid = low + (high - low) * np.linspace(0.0, 1.0, _NODES)
    distance = np.exp(grid)
    # d^2 of the volume, and d more as the grid is even in ln d.
    log_density = 3.0 * grid - distance / length - 0.5 * ((parallax - 1.0 / distance) / error) ** 2
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    cumulative = np.zeros_like(density)
    np.cumsum(0.5 * (density[:, 1:] + density[:, :-1]), axis=1, out=cumulative[:, 1:])
    cumulative /= cumulative[:, -1:]
    ends = [_crossing(cumulative, distance, level) for level in (0.158655, 0.5, 0.841345)]
    return np.array([ends[1], 0.5 * (ends[2] - ends[0])])


def _crossing(cumulative: Array, distance: Array, level: float) -> Array:
    """Return where each row of a distribution (n, k) reaches a level."""
    right = np.clip((cumulative < level).sum(axis=1), 1, cumulative.shape[1] - 1)
    rows = np.arange(len(cumulative))
    below, above = cumulative[rows, right - 1], cumulative[rows, right]
    share = (level - below) / np.maximum(above - below, 1e-300)
    made: Array = distance[rows, right - 1] + share * (distance[rows, right] - distance[rows, right - 1])
    return made


def by_inverse(parallax_mas: Array, error_mas: Array, least_snr: float) -> Distances:
    """Return 1/parallax and its error to first order where the parallax is above `least_snr` errors."""
    with np.errstate(invalid="ignore", divide="ignore"):
        good = (parallax_mas > 0.0) & (error_mas > 0.0) & (parallax_mas >= least_snr * error_mas)
        distance = np.where(good, 1.0 / parallax_mas, np.nan)
        return Distances(distance, distance * error_mas / parallax_mas)
