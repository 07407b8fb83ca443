"""Conversions of orbital elements: sky plane and ICRS, Campbell and Thiele-Innes, star and planet.

Conventions. Of a visual binary the orbit of B about A is given; position angles count from north
through east; the ascending node is that at which B recedes; the inclination is below 90 deg for
motion of growing position angle. The orbit of A about B, and that of A about the centre of mass, have
the same elements but for arg_periastron, which differs by 180 deg: radial-velocity orbits of a star
with a planet give the star's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.kernels.orbit import thiele_innes

Array = npt.NDArray[np.float64]


class Angles(NamedTuple):
    """Inclination, node and argument of periastron [deg], arrays of one shape."""

    i: Array
    node: Array
    arg_periastron: Array


class Campbell(NamedTuple):
    """Semi-major axis in its own unit, angles [deg]; the node in [0, 180) unless the ascending is known."""

    a: Array
    i: Array
    node: Array
    arg_periastron: Array


def _axes(angles: Angles) -> tuple[Array, Array]:
    """Return the unit vectors (..., 3) to the periastron and 90 deg further along, on the angles' axes."""
    i, node, omega = (np.radians(np.asarray(each, np.float64)) for each in angles)
    ci, si, cn, sn, cw, sw = np.cos(i), np.sin(i), np.cos(node), np.sin(node), np.cos(omega), np.sin(omega)
    first = np.stack([cn * cw - sn * sw * ci, sn * cw + cn * sw * ci, sw * si], axis=-1)
    second = np.stack([-cn * sw - sn * cw * ci, -sn * sw + cn * cw * ci, cw * si], axis=-1)
    return first, second


def _angles(first: Array, second: Array) -> Angles:
    normal = np.cross(first, second)
    flat = np.hypot(normal[..., 0], normal[..., 1])
    return Angles(
        np.degrees(np.arctan2(flat, normal[..., 2])),
        np.mod(np.degrees(np.arctan2(normal[..., 0], -normal[..., 1])), 360.0),
        np.mod(np.degrees(np.arctan2(first[..., 2], second[..., 2])), 360.0),
    )


def _sky(ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> Array:
    """Return north, east and outward at a place as the rows of (..., 3, 3): left-handed, as it is seen."""
    a, d = np.radians(np.asarray(ra_deg, np.float64)), np.radians(np.asarray(dec_deg, np.float64))
    sin_a, cos_a, sin_d, cos_d = np.sin(a), np.cos(a), np.sin(d), np.cos(d)
    north = np.stack([-sin_d * cos_a, -sin_d * sin_a, cos_d], axis=-1)
    east = np.stack([-sin_a, cos_a, np.zeros_like(a)], axis=-1)
    return np.stack([north, east, np.stack([cos_d * cos_a, cos_d * sin_a, sin_d], axis=-1)], axis=-2)


def sky_to_icrs(angles: Angles, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> Angles:
    """Return the angles against the ICRS of an orbit whose angles refer to the plane of the sky there.

    Paper 002, section 2.1: i0 between the orbit's normal and the pole, node0 the right ascension at
    which B crosses the equator northwards, omega0 from there to the periastron.
    """
    frame = _sky(ra_deg, dec_deg)
    first, second = (np.einsum("...k,...kj->...j", axis, frame) for axis in _axes(angles))
    return _angles(first, second)


def icrs_to_sky(angles: Angles, ra_deg: npt.ArrayLike, dec_deg: npt.ArrayLike) -> Angles:
    """Return the angles against the plane of the sky at a place; the inverse of `sky_to_icrs`."""
    frame = _sky(ra_deg, dec_deg)
    first, second = (np.einsum("...j,...kj->...k", axis, frame) for axis in _axes(angles))
    return _angles(first, second)


def campbell_to_thiele_innes(orbit: Campbell) -> tuple[Array, Array, Array, Array]:
    """Return A, B, F, G in the unit of a (Binnendijk 1960, chapter 2)."""
    i, node, omega = (np.radians(np.asarray(each, np.float64)) for each in orbit[1:])
    return thiele_innes(np.asarray(orbit.a, np.float64), i, node, omega)


def thiele_innes_to_campbell(a: Array, b: Array, f: Array, g: Array) -> Campbell:
    """Return the Campbell elements of Thiele-Innes constants, the node in [0, 180).

    Halbwachs et al. 2023, A&A 674, A9, appendix A: u = (A2 + B2 + F2 + G2) / 2, v = A G - B F,
    a2 = u + sqrt((u + v)(u - v)). Astrometry alone can not tell the ascending node.
    """
    a, b, f, g = (np.asarray(each, np.float64) for each in (a, b, f, g))
    # (A+G, B-F) and (A-G, -B-F) are a (1 +- cos i) times the directions of omega +- node.
    plus, minus = np.hypot(a + g, b - f), np.hypot(a - g, b + f)
    total = np.arctan2(b - f, a + g)
    apart = np.arctan2(-b - f, a - g)
    node = np.degrees(0.5 * (total - apart))
    omega = np.degrees(0.5 * (total + apart))
    turns = np.floor(node / 180.0)
    big, small = np.sqrt(plus), np.sqrt(minus)
    return Campbell(
        0.5 * (plus + minus),
        np.degrees(2.0 * np.arctan2(small, big)),
        node - 180.0 * turns,
        np.mod(omega - 180.0 * turns, 360.0),
    )


def of_other_body(arg_periastron_deg: npt.ArrayLike) -> Array:
    """Return the argument of periastron of A's orbit from that of B's, or the other way round [deg]."""
    return np.asarray(np.mod(np.asarray(arg_periastron_deg, np.float64) + 180.0, 360.0))
