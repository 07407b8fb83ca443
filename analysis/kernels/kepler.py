"""Kepler's equation, to the last digit for every ellipse."""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# 2 pi in three parts of 30 bits and less, so that multiples of the first two are exact (Cody & Waite 1980).
_TURN_1, _TURN_2, _TURN_3 = 6.283185303211212, 3.9683743166540886e-09, 2.068073192717642e-18

_SERIES_BELOW = 0.5


@numba.njit(cache=True)
def _less_sine(x: float) -> float:
    """Return x - sin(x) without the cancellation at small x."""
    if abs(x) > _SERIES_BELOW:
        return x - math.sin(x)
    square = x * x
    term = x * square / 6.0
    total, k = term, 4.0
    while abs(term) > 1e-18 * abs(total):
        term *= -square / (k * (k + 1.0))
        total += term
        k += 2.0
    return total


@numba.njit(cache=True)
def _reduced(mean: float) -> float:
    turns = round(mean / (2.0 * math.pi))
    return ((mean - turns * _TURN_1) - turns * _TURN_2) - turns * _TURN_3


@numba.njit(cache=True)
def _start(mean: float, e: float) -> float:
    """Return Markley's cubic estimate of the eccentric anomaly for 0 <= mean <= pi (equations 15 to 20)."""
    alpha = (3.0 * math.pi**2 + 1.6 * math.pi * (math.pi - mean) / (1.0 + e)) / (math.pi**2 - 6.0)
    d = 3.0 * (1.0 - e) + alpha * e
    q = 2.0 * alpha * d * (1.0 - e) - mean * mean
    r = 3.0 * alpha * d * (d - 1.0 + e) * mean + mean**3
    w = (abs(r) + math.sqrt(q**3 + r * r)) ** (2.0 / 3.0)
    below = w * w + w * q + q * q
    if below == 0.0:
        return 0.0
    return float((2.0 * r * w / below + mean) / d)


@numba.njit(cache=True)
def eccentric_anomaly_of(mean: float, e: float) -> float:
    """Return one eccentric anomaly; see `eccentric_anomaly`."""
    if not (0.0 <= e < 1.0) or not math.isfinite(mean):
        return math.nan
    m = _reduced(mean)
    sign = -1.0 if m < 0.0 else 1.0
    m = abs(m)
    x = _start(m, e)
    # One step of fifth order is enough but next to a parabola's periastron, where another is taken.
    for _ in range(3):
        # Of both forms, that which has no difference of large numbers: next to pi, x - m is exact.
        f = (x - m) - e * math.sin(x) if x > _SERIES_BELOW else (1.0 - e) * x + e * _less_sine(x) - m
        half = math.sin(0.5 * x)
        f1 = (1.0 - e) + 2.0 * e * half * half
        if f == 0.0 or f1 == 0.0:
            break
        f2 = e * math.sin(x)
        f3 = e - 2.0 * e * half * half
        step = -f / (f1 - 0.5 * f * f2 / f1)
        step = -f / (f1 + 0.5 * step * f2 + step * step * f3 / 6.0)
        step = -f / (f1 + 0.5 * step * f2 + step * step * f3 / 6.0 - step**3 * f2 / 24.0)
        x += step
        if abs(step) <= 1e-16 * abs(x):
            break
    return float(sign * x)


@numba.njit(cache=True)
def _all(mean: Array, e: Array, out: Array) -> None:
    for i in range(len(mean)):
        out[i] = eccentric_anomaly_of(mean[i], e[i])


def eccentric_anomaly(mean_anomaly_rad: npt.ArrayLike, eccentricity: npt.ArrayLike) -> Array:
    """Return E in [-pi, pi] with E - e sin E = M, of the broadcast shape of both.

    |E - e sin E - M| <= 1e-15 for every 0 <= e < 1; NaN for another e or a mean anomaly that is not
    finite. Markley 1995, Celest. Mech. Dyn. Astron. 63, 101, with the differences E - sin E and
    1 - e cos E in forms that keep their digits near the periastron of an almost parabolic orbit.
    """
    mean, e = np.broadcast_arrays(
        np.asarray(mean_anomaly_rad, np.float64), np.asarray(eccentricity, np.float64)
    )
    out = np.empty(mean.size)
    # Copies: numba warns of arrays that numpy has broadcast, even where they are of one element.
    _all(mean.flatten(), e.flatten(), out)
    return out.reshape(mean.shape)
