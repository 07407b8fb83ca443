"""Where a Keplerian orbit is in the sky, and how it moves there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.kernels.kepler import eccentric_anomaly

Array = npt.NDArray[np.float64]


class SkyPath(NamedTuple):
    """Offsets from the focus, east and north, in the unit of the semi-major axis, and their rates."""

    east: Array
    north: Array
    east_rate: Array
    north_rate: Array


def thiele_innes(
    a: Array, inclination: Array, node: Array, periastron: Array
) -> tuple[Array, Array, Array, Array]:
    """Return A, B, F, G in the unit of `a`; angles in rad, the node counted from north through east.

    Binnendijk 1960, Properties of Double Stars, chapter 2: north = A X + F Y, east = B X + G Y, with
    X = cos E - e and Y = sqrt(1 - e^2) sin E.
    """
    cos_w, sin_w, cos_n, sin_n = np.cos(periastron), np.sin(periastron), np.cos(node), np.sin(node)
    cos_i = np.cos(inclination)
    return (
        a * (cos_w * cos_n - sin_w * sin_n * cos_i),
        a * (cos_w * sin_n + sin_w * cos_n * cos_i),
        a * (-sin_w * cos_n - cos_w * sin_n * cos_i),
        a * (-sin_w * sin_n + cos_w * cos_n * cos_i),
    )


def sky_path(
    t: Array,
    *,
    period: Array,
    eccentricity: Array,
    periastron_time: Array,
    a: Array,
    inclination_rad: Array,
    node_rad: Array,
    arg_periastron_rad: Array,
) -> SkyPath:
    """Return the projected orbit at times `t`; all arguments broadcast, times in one unit."""
    big_a, big_b, big_f, big_g = thiele_innes(a, inclination_rad, node_rad, arg_periastron_rad)
    motion = 2.0 * np.pi / period
    anomaly = eccentric_anomaly(motion * (t - periastron_time), eccentricity)
    cos, sin, root = np.cos(anomaly), np.sin(anomaly), np.sqrt(1.0 - eccentricity**2)
    x, y = cos - eccentricity, root * sin
    rate = motion / (1.0 - eccentricity * cos)
    x_rate, y_rate = -sin * rate, root * cos * rate
    return SkyPath(
        big_b * x + big_g * y,
        big_a * x + big_f * y,
        big_b * x_rate + big_g * y_rate,
        big_a * x_rate + big_f * y_rate,
    )
