"""Simulated orbits seen through a star's own entries, and how often its test finds them.

The light of the companion is ignored: what moves is the star itself, by m2 / (m1 + m2) of the orbit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.kernels.kepler import eccentric_anomaly
from analysis.kernels.orbit import thiele_innes
from analysis.sensitivity.filters import Detection, Filter

Array = npt.NDArray[np.float64]

ECCENTRICITIES = ("circular", "uniform", "thermal")
LARGEST = 0.95
"""Largest eccentricity that is drawn."""

AT_ONCE_BELOW = 0.01
"""Width of a window [rad of mean anomaly] below which an orbit is taken at its middle (right to 1e-5)."""

ORIENTATIONS = 4
"""Orientations in which each drawn orbit is seen."""


class Draws(NamedTuple):
    """k orbits: eccentricity and mean anomaly at the year 0 (k,), angles (k, ORIENTATIONS) [rad]."""

    eccentricity: Array
    phase: Array
    inclination: Array
    node: Array
    periastron: Array


def draw(orbits: int, eccentricity: str, key: Sequence[int]) -> Draws:
    """Return `orbits` orbits, isotropic and at random phases, that depend on the integers `key` alone.

    Eccentricities: circular; uniform up to LARGEST; thermal, with a density of 2 e up to there.
    """
    rng = np.random.default_rng(key)
    shape = (max(1, orbits // ORIENTATIONS), ORIENTATIONS)
    uniform = rng.uniform(0.0, 1.0, shape[0])
    e = {"circular": 0.0 * uniform, "uniform": LARGEST * uniform, "thermal": LARGEST * np.sqrt(uniform)}
    return Draws(
        e[eccentricity],
        rng.uniform(0.0, 2.0 * np.pi, shape[0]),
        np.arccos(rng.uniform(-1.0, 1.0, shape)),
        rng.uniform(0.0, 2.0 * np.pi, shape),
        rng.uniform(0.0, 2.0 * np.pi, shape),
    )


def core(
    star: Filter,
    parallax_mas: float,
    masses: Array,
    separations: Array,
    *,
    primary_mass: float,
    detection: Detection,
    draws: Draws,
) -> Array:
    """Return the detection probability of each companion, shape (masses, separations).

    `masses` and `primary_mass` [solar masses], `separations` the semi-major axes [au]. NaN for a star
    whose test is not determined, or without a positive parallax.
    """
    shape = (len(masses), len(separations))
    dof = len(star.gain)
    if dof == 0 or not parallax_mas > 0.0:
        return np.full(shape, np.nan)
    total = primary_mass + masses[:, None]
    period = np.sqrt(separations[None, :] ** 3 / total)
    size = parallax_mas * separations[None, :] * masses[:, None] / total
    unit = unit_lengths(star, period.ravel(), draws).reshape(*shape, -1)
    return np.asarray(detection(dof, size[:, :, None] * unit).mean(axis=2))


def unit_lengths(star: Filter, period_yr: Array, draws: Draws) -> Array:
    """Return the square root of the non-centrality of orbits of 1 mas, (periods, k * ORIENTATIONS)."""
    x_ra, y_ra = _seen(star.ra_epoch, star.window, period_yr, draws)
    same = np.array_equal(star.ra_epoch, star.dec_epoch)
    x_dec, y_dec = (x_ra, y_ra) if same else _seen(star.dec_epoch, star.window, period_yr, draws)
    # Columns as in v = (A, B, F, G): north = A X + F Y, east = B X + G Y.
    response = np.stack(
        [
            _filtered(star.gain[:, :, 1::2], x_dec),
            _filtered(star.gain[:, :, 0::2], x_ra),
            _filtered(star.gain[:, :, 1::2], y_dec),
            _filtered(star.gain[:, :, 0::2], y_ra),
        ],
        axis=-1,
    )
    one = np.ones_like(draws.node)
    elements = np.stack(thiele_innes(one, draws.inclination, draws.node, draws.periastron), axis=-1)
    moved = np.einsum("pkrv,kov->pkor", response, elements)
    return np.asarray(np.sqrt((moved**2).sum(axis=-1)).reshape(len(period_yr), -1))


def _filtered(gain: Array, path: Array) -> Array:
    """Return sum over entries of gain (r, m, 2) * (place, rate) (periods, k, m, 2), (periods, k, r)."""
    r = len(gain)
    return np.asarray(path.reshape(*path.shape[:2], -1) @ gain.reshape(r, -1).T)


def _seen(epoch: Array, window: Array, period_yr: Array, draws: Draws) -> tuple[Array, Array]:
    """Return X and Y as the entries see them: place and rate [1/yr], each (periods, k, m, 2)."""
    mean = 2.0 * np.pi / period_yr[:, None, None]
    phase = mean * epoch + draws.phase[None, :, None]
    # Near 0 the products of angles in what follows keep their digits.
    phase -= 2.0 * np.pi * np.round(phase / (2.0 * np.pi))
    e = draws.eccentricity[None, :, None]
    x, y = at_once(phase, e)
    width = np.broadcast_to(mean * window, phase.shape)
    smeared = width > AT_ONCE_BELOW
    if smeared.any():
        of_each = np.broadcast_to(e, phase.shape)[smeared]
        x[smeared], y[smeared] = over(phase[smeared], width[smeared], of_each)
    x[..., 1] *= mean
    y[..., 1] *= mean
    return x, y


def at_once(phase: Array, e: Array) -> tuple[Array, Array]:
    """Return X and Y of an instant: place and rate per radian of mean anomaly, shape (..., 2)."""
    anomaly = eccentric_anomaly(phase, e)
    cos, sin, root = np.cos(anomaly), np.sin(anomaly), np.sqrt(1.0 - e**2)
    speed = 1.0 / (1.0 - e * cos)
    x = np.stack([cos - e, -sin * speed], axis=-1)
    return x, np.stack([root * sin, root * cos * speed], axis=-1)


def over(phase: Array, width: Array, e: Array) -> tuple[Array, Array]:
    """Return X and Y of the line fitted to all of a window, `width` of mean anomaly about `phase`.

    Exact: with dM = (1 - e cos E) dE the integrals of X dM and of M X dM have closed forms.
    """
    early, late = (_integrals(phase + sign * width / 2.0, e) for sign in (-1.0, 1.0))
    lines = []
    for i in (0, 2):
        whole, moment = late[i] - early[i], late[i + 1] - early[i + 1]
        lines.append(np.stack([whole / width, 12.0 * (moment - phase * whole) / width**3], axis=-1))
    return lines[0], lines[1]


def _integrals(phase: Array, e: Array) -> tuple[Array, Array, Array, Array]:
    """Return antiderivatives of X dM, M X dM, Y dM and M Y dM at a mean anomaly."""
    turn = 2.0 * np.pi * np.round(phase / (2.0 * np.pi))
    big = eccentric_anomaly(phase, e) + turn
    cos, sin, root = np.cos(big), np.sin(big), np.sqrt(1.0 - e**2)
    # cos(2 E) = 1 - 2 sin(E)^2 and sin(2 E) = 2 sin(E) cos(E) are written out.
    x = (1.0 + e**2) * sin - 1.5 * e * big - 0.5 * e * sin * cos
    x_again = (
        -(1.0 + e**2) * (cos + 0.5 * e * sin**2)
        - 1.5 * e * (0.5 * big**2 - e * (big * sin + cos))
        - 0.25 * e * (sin**2 + 2.0 / 3.0 * e * cos**3)
    )
    y = -root * (cos + 0.5 * e * sin**2)
    y_again = -root * (
        sin - 0.5 * e * (big + sin * cos) + 0.5 * e * (0.5 * (big - sin * cos) - e * sin**3 / 3.0)
    )
    # By parts: the integral of M f dM is M F minus the integral of F dM.
    return x, phase * x - x_again, y, phase * y - y_again
