"""FK4 to FK5 and back, as SQL: E-terms of aberration, Newcomb's precession, the step from B1950 to J2000.

The E-terms and the six-vector matrix are those of Standish 1982, A&A 115, 20 and Aoki et al. 1983, A&A
128, 263, with the numbers of Seidelmann 1992, 3.59, as in erfa.fk45z and erfa.fk425. A catalogue of
another equinox than B1950 is first brought to it by Newcomb's precession (Kinoshita 1975, SAO Special
Report 364); its E-terms are those of its equinox. Positions stay at their own epoch. Motions are in mas/yr.
"""

from __future__ import annotations

import math

import numpy as np

from ingest.converters.base import Layer
from ingest.vectors import Matrix, Vector, dot, layer, names, turned

_PMF = 100 * math.degrees(1) * 3600  # radians per Julian year to arcsec per Julian century

_A = (-1.62557e-6, -0.31919e-6, -0.13843e-6)
_A_RATE = (1.245e-3, -1.580e-3, -0.659e-3)
_FK4 = (
    (0.9999256782, -0.0111820611, -0.0048579477),
    (0.0111820610, 0.9999374784, -0.0000271765),
    (0.0048579479, -0.0000271474, 0.9999881997),
)
_FK4_RATE = (
    (-0.000551, -0.238565, 0.435739),
    (0.238514, -0.002667, -0.008541),
    (-0.435623, 0.012254, 0.002117),
)
_FK4_MOTION = (
    (0.99994704, -0.01118251, -0.00485767),
    (0.01118251, 0.99995883, -0.00002718),
    (0.00485767, -0.00002714, 1.00000956),
)
_INVERSE = np.linalg.inv(np.array(_FK4)).tolist()
_MOTION_INVERSE = np.linalg.inv(np.array(_FK4_MOTION)).tolist()


def julian(besselian: float) -> float:
    """The Julian year of a Besselian one (Lieske 1979, A&A 73, 282)."""
    return 2000 + (2415020.31352 + (besselian - 1900) * 365.242198781 - 2451545.0) / 365.25


def precession(first: float, last: float) -> Matrix:
    """Newcomb's precession from one Besselian equinox to another, by the angles of Kinoshita 1975."""
    start, dt = (first - 1850) / 1000, (last - first) / 1000
    rate = (23035.545 + (139.720 + 0.060 * start) * start) * dt
    zeta = rate + (30.240 - 0.27 * start + 17.995 * dt) * dt * dt
    z = rate + (109.480 + 0.39 * start + 18.325 * dt) * dt * dt
    theta = (20051.12 - (85.29 + 0.37 * start) * start) * dt - (42.65 + 0.37 * start + 41.8 * dt) * dt * dt
    matrix = _about_z(-z) @ _about_y(theta) @ _about_z(-zeta)
    return matrix.tolist()  # type: ignore[no-any-return]


def _about_z(arcsec: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    s, c = math.sin(math.radians(arcsec / 3600)), math.cos(math.radians(arcsec / 3600))
    return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])


def _about_y(arcsec: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    s, c = math.sin(math.radians(arcsec / 3600)), math.cos(math.radians(arcsec / 3600))
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])


def _e_terms(epoch: str, equinox: float) -> Vector:
    """The E-terms in axes of B1950: at the epoch, as erfa has them, or at another equinox."""
    year = f"(1900 + (2451545.0 + ({epoch} - 2000) * 365.25 - 2415020.31352) / 365.242198781)"
    at = year if equinox == 1950 else repr(equinox)
    x, y, z = (f"({a!r} + ({at} - 1950) * {r / _PMF!r})" for a, r in zip(_A, _A_RATE, strict=True))
    return x, y, z


def _seen_rate(p: Vector, i: int) -> str:
    """Component of the change of the E-terms that is seen as motion [arcsec per century]."""
    return f"({_A_RATE[i]!r} - {dot(_A_RATE, p)} * {p[i]})"


def to_fk5(
    p: Vector, v: Vector | None, epoch: str, equinox: float, tag: str
) -> tuple[list[Layer], Vector, Vector]:
    """Layers from a direction of FK4 and its motion to those of FK5, and the names of both."""
    layers: list[Layer] = []
    if equinox != 1950:
        matrix = precession(equinox, 1950)
        r, rv = names(tag, "r"), names(tag, "rv")
        layers.append(layer(r, turned(matrix, p)) | (layer(rv, turned(matrix, v)) if v else {}))
        p, v = r, rv if v else None
    e, s, six = names(tag, "e"), names(tag, "s"), names(tag, "six")
    q, w, u = names(tag, "q"), names(tag, "w"), names(tag, "u")
    layers += [
        layer(e, _e_terms(epoch, equinox)),
        layer(s, (f"{p[i]} - {e[i]} + {dot(p, e)} * {p[i]}" for i in range(3))),
        layer(six, turned(_FK4_RATE, s)),
        layer(q, (f"{x} + ({epoch} - 2000) / {_PMF!r} * {six[i]}" for i, x in enumerate(turned(_FK4, s)))),
    ]
    if v:  # arcsec per century are ten times mas per year
        layers += [
            layer(u, (f"{v[i]} / 10 - {_seen_rate(p, i)}" for i in range(3))),
            layer(w, (f"10 * ({six[i]} + {x})" for i, x in enumerate(turned(_FK4_MOTION, u)))),
        ]
    return layers, q, w


def from_fk5(
    q: Vector, w: Vector | None, epoch: str, equinox: float, tag: str
) -> tuple[list[Layer], Vector, Vector]:
    """Layers from a direction of FK5 and its motion to those of FK4, and the names of both."""
    e, s, t, six = names(tag, "be"), names(tag, "bs"), names(tag, "bt"), names(tag, "b6")
    p, v, u = names(tag, "bp"), names(tag, "bv"), names(tag, "bu")
    time = f"({epoch} - 2000) / {_PMF!r}"
    # The part that depends on time is 1e-6 of the rest: its value at the first estimate is exact to 1e-12.
    layers = [
        layer(e, _e_terms(epoch, equinox)) | layer(s, turned(_INVERSE, q)),
        layer(six, turned(_FK4_RATE, s)),
        layer(t, (f"{s[i]} - {time} * {x}" for i, x in enumerate(turned(_INVERSE, six)))),
        layer(p, (f"{t[i]} + {e[i]} - {dot(t, e)} * {t[i]}" for i in range(3))),
    ]
    if w:
        layers += [
            layer(u, (f"{w[i]} / 10 - {six[i]}" for i in range(3))),
            layer(v, (f"10 * ({x} + {_seen_rate(p, i)})" for i, x in enumerate(turned(_MOTION_INVERSE, u)))),
        ]
    if equinox != 1950:
        matrix = np.transpose(precession(equinox, 1950)).tolist()
        r, rv = names(tag, "br"), names(tag, "brv")
        layers.append(layer(r, turned(matrix, p)) | (layer(rv, turned(matrix, v)) if w else {}))
        p, v = r, rv
    return layers, p, v
