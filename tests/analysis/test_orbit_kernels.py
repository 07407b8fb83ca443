"""Kepler's equation and projected orbits against arithmetic of 40 digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from analysis.kernels.kepler import eccentric_anomaly
from analysis.kernels.orbit import sky_path

NEXT_TO_ONE = float(np.nextafter(1.0, 0.0))


@pytest.mark.parametrize("e", [0.0, 1e-9, 0.05, 0.5, 0.95, 0.999, 1.0 - 1e-10, NEXT_TO_ONE])
def test_kepler_holds_to_the_last_digit(e):
    """|E - e sin E - M| <= 1e-15, evaluated with 40 digits."""
    rng = np.random.default_rng(1)
    mean = np.concatenate(
        [rng.uniform(-np.pi, np.pi, 200), 10.0 ** rng.uniform(-18.0, 0.4, 200), [np.pi, 0.0]]
    )
    anomaly = eccentric_anomaly(mean, e)
    with mpmath.workdps(40):
        left = [
            abs(mpmath.mpf(x) - mpmath.mpf(e) * mpmath.sin(mpmath.mpf(x)) - mpmath.mpf(m))
            for x, m in zip(anomaly.tolist(), mean.tolist(), strict=True)
        ]
        assert max(left) <= 1e-15


def test_many_turns_keep_their_phase():
    """The mean anomaly of a million turns is reduced as with 40 digits."""
    turns = np.array([1.0, -3.0, 12_345.0, 1e6])
    mean = 2.0 * np.pi * turns + 0.7
    with mpmath.workdps(40):
        exact = [
            float(mpmath.mpf(m) - 2 * mpmath.pi * int(k)) for m, k in zip(mean.tolist(), turns, strict=True)
        ]
    assert np.abs(eccentric_anomaly(mean, 0.0) - exact).max() < 1e-15


@pytest.mark.parametrize(
    ("mean", "e"), [(1.0, 1.0), (1.0, -0.1), (np.nan, 0.1), (np.inf, 0.1), (1.0, np.nan)]
)
def test_what_is_no_ellipse_has_no_anomaly(mean, e):
    assert np.isnan(eccentric_anomaly(mean, e))


def test_a_path_is_the_rotated_ellipse_and_its_rates_are_its_derivatives():
    """Against rotation matrices (position) and mpmath's derivative of that (motion)."""
    orbit = {"period": 7.3, "eccentricity": 0.6, "periastron_time": 1.2, "a": 2.5}
    angles = {"inclination_rad": 0.9, "node_rad": 2.1, "arg_periastron_rad": 4.0}

    def place(t):
        mean = 2 * mpmath.pi * (t - orbit["periastron_time"]) / orbit["period"]
        e = mpmath.mpf(orbit["eccentricity"])
        anomaly = mpmath.findroot(lambda x: x - e * mpmath.sin(x) - mean, mean)
        flat = mpmath.matrix([mpmath.cos(anomaly) - e, mpmath.sqrt(1 - e**2) * mpmath.sin(anomaly), 0])

        def turned(angle, axis):
            c, s = mpmath.cos(angle), mpmath.sin(angle)
            if axis == "z":
                return mpmath.matrix([[c, -s, 0], [s, c, 0], [0, 0, 1]])
            return mpmath.matrix([[1, 0, 0], [0, c, -s], [0, s, c]])

        space = turned(angles["node_rad"], "z") * turned(angles["inclination_rad"], "x")
        north, east, _ = orbit["a"] * (space * turned(angles["arg_periastron_rad"], "z") * flat)
        return east, north

    times = np.array([0.0, 1.2, 3.9, 25.0])
    path = sky_path(times, **{k: np.float64(v) for k, v in (orbit | angles).items()})
    with mpmath.workdps(40):
        for i, t in enumerate(times.tolist()):
            east, north = place(mpmath.mpf(t))
            assert abs(path.east[i] - east) < 1e-14
            assert abs(path.north[i] - north) < 1e-14
            assert abs(path.east_rate[i] - mpmath.diff(lambda s: place(s)[0], t)) < 1e-12
            assert abs(path.north_rate[i] - mpmath.diff(lambda s: place(s)[1], t)) < 1e-12
