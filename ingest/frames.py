"""Rotation of positions and motions from FK5 and FK4 to the ICRS, as SQL, and back for FK5.

FK5 (equinox J2000) to the Hipparcos frame: orientation and spin of Mignard and Froeschle 2000, A&A 354,
732, as in erfa.fk5hip. FK4 (equinox B1950) to FK5: removal of the E-terms and the six-vector matrix of
Standish 1982, A&A 115, 20 and Aoki et al. 1983, A&A 128, 263, with the numbers of Seidelmann 1992, 3.59,
as in erfa.fk45z and erfa.fk425. Positions stay at their own epoch. Errors turn by less than 1 arcmin
near the poles and 30 mas elsewhere and are left as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import erfa
import numpy as np

from catalogdb.schema import Column, Position
from ingest.converters.base import Layer
from ingest.spec import Spec

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

Vector = tuple[str, str, str]
"""SQL of three components."""


def rotation_layers(
    spec: Spec, columns: Iterable[Column], value: Callable[[str], str], *, forwards: bool
) -> list[Layer]:
    """Return the layers that turn every position of the spec to the ICRS; none where it is there."""
    if not spec.rotate:
        return []
    names = {c.name for c in columns} | {"ref_epoch"}
    layers: list[Layer] = []
    positions = spec.positions or (Position(name="listed", pmra="pmra", pmdec="pmdec"),)
    done: set[str] = set()
    for number, position in enumerate(positions):
        if {position.ra, position.dec} <= names and position.ra not in done:
            done.add(position.ra)
            motion = _motion(position, names) if number == 0 else None
            layers += _turn(spec, position, motion, value, f"f{number}", forwards=forwards)
    return layers


def _motion(position: Position, names: set[str]) -> tuple[str, str] | None:
    pair = (position.pmra or "pmra", position.pmdec or "pmdec")
    return pair if set(pair) <= names else None


def _dot(row: Sequence[float] | Vector, vector: Vector) -> str:
    return (
        "("
        + " + ".join(
            f"{a} * {b}" if isinstance(a, str) else f"{a!r} * {b}" for a, b in zip(row, vector, strict=True)
        )
        + ")"
    )


def _names(tag: str, kind: str) -> Vector:
    return (f'"{tag}:{kind}x"', f'"{tag}:{kind}y"', f'"{tag}:{kind}z"')


def _layer(names: Vector, values: Iterable[str]) -> Layer:
    return dict(zip(names, values, strict=True))


def _turn(
    spec: Spec,
    position: Position,
    motion: tuple[str, str] | None,
    value: Callable[[str], str],
    tag: str,
    *,
    forwards: bool,
) -> list[Layer]:
    """Layers for one position, and its motion [mas/yr] if there is one."""
    ra, dec, epoch = value(position.ra), value(position.dec), value(position.ra_epoch)
    p, v = _names(tag, "p"), _names(tag, "v")
    a, d = f"radians({ra})", f"radians({dec})"
    layers = [_layer(p, (f"cos({d}) * cos({a})", f"cos({d}) * sin({a})", f"sin({d})"))]
    if motion is not None:
        east, north = (f"coalesce({value(m)}, 0)" for m in motion)
        layers.append(
            _layer(
                v,
                (
                    f"-sin({a}) * {east} - sin({d}) * cos({a}) * {north}",
                    f"cos({a}) * {east} - sin({d}) * sin({a}) * {north}",
                    f"cos({d}) * {north}",
                ),
            )
        )
    moving = motion is not None
    if spec.rotate == "fk4_to_icrs":
        layers += _fk4(p, v, epoch, tag, moving=moving)
        p, v = _names(tag, "q"), _names(tag, "w")
    layers += _fk5(p, v, epoch, tag, moving=moving, forwards=forwards)
    return [*layers, *_sphere(position, motion, value, tag)]


def _fk4(p: Vector, v: Vector, epoch: str, tag: str, *, moving: bool) -> list[Layer]:
    """FK4 to FK5: q, and the motion w [mas/yr]."""
    besselian = f"(1900 + (2451545.0 + ({epoch} - 2000) * 365.25 - 2415020.31352) / 365.242198781)"
    e, s, six = _names(tag, "e"), _names(tag, "s"), _names(tag, "six")
    aberration = tuple(
        f"({a!r} + ({besselian} - 1950) * {rate / _PMF!r})" for a, rate in zip(_A, _A_RATE, strict=True)
    )
    layers = [
        _layer(e, aberration),
        _layer(s, (f"{p[i]} - {e[i]} + {_dot(p, e)} * {p[i]}" for i in range(3))),
        _layer(six, (_dot(row, s) for row in _FK4_RATE)),
        _layer(
            _names(tag, "q"),
            (f"{_dot(row, s)} + ({epoch} - 2000) / {_PMF!r} * {six[i]}" for i, row in enumerate(_FK4)),
        ),
    ]
    if moving:  # arcsec per century are ten times mas per year
        u = _names(tag, "u")
        rates = tuple(repr(r) for r in _A_RATE)
        layers += [
            _layer(
                u,
                (
                    f"{v[i]} / 10 - {_A_RATE[i]!r} + {_dot((rates[0], rates[1], rates[2]), p)} * {p[i]}"
                    for i in range(3)
                ),
            ),
            _layer(
                _names(tag, "w"), (f"10 * ({six[i]} + {_dot(row, u)})" for i, row in enumerate(_FK4_MOTION))
            ),
        ]
    return layers


def _fk5(p: Vector, v: Vector, epoch: str, tag: str, *, moving: bool, forwards: bool) -> list[Layer]:
    """FK5 to ICRS or back: h, and the motion k [mas/yr]."""
    matrix, spin = erfa.fk5hip()
    rows = [[float(x) for x in row] for row in (matrix if forwards else np.transpose(matrix))]
    # The spin of FK5 [rad/yr] shifts a position of another epoch, and every motion.
    sign = 1 if forwards else -1
    turned = spin if forwards else matrix @ spin
    s = [sign * float(x) for x in turned]
    c = _names(tag, "c")
    mas = math.degrees(1) * 3600e3
    layers = [
        _layer(
            c,
            (
                f"({p[1]} * {s[2]!r} - {p[2]} * {s[1]!r})",
                f"({p[2]} * {s[0]!r} - {p[0]} * {s[2]!r})",
                f"({p[0]} * {s[1]!r} - {p[1]} * {s[0]!r})",
            ),
        )
    ]
    at: Vector = tuple(f"({p[i]} + ({epoch} - 2000) * {c[i]})" for i in range(3))  # type: ignore[assignment]
    layers.append(_layer(_names(tag, "h"), (_dot(row, at) for row in rows)))
    if moving:
        w: Vector = tuple(f"({v[i]} + {mas!r} * {c[i]})" for i in range(3))  # type: ignore[assignment]
        layers.append(_layer(_names(tag, "k"), (_dot(row, w) for row in rows)))
    return layers


def _sphere(
    position: Position, motion: tuple[str, str] | None, value: Callable[[str], str], tag: str
) -> list[Layer]:
    """From vectors back to ra, dec [deg] and motions [mas/yr]; a missing motion stays missing."""
    h, k = _names(tag, "h"), _names(tag, "k")
    rho = f"sqrt({h[0]} * {h[0]} + {h[1]} * {h[1]})"
    turn = f"degrees(atan2({h[1]}, {h[0]}))"
    new: Layer = {
        value(position.ra): f"CASE WHEN {turn} < 0 THEN {turn} + 360 ELSE {turn} END",
        value(position.dec): f"degrees(atan2({h[2]}, {rho}))",
    }
    if motion is not None:
        size = f"({rho} * {rho} + {h[2]} * {h[2]})"
        east = f"({h[0]} * {k[1]} - {h[1]} * {k[0]}) / ({rho} * sqrt({size}))"
        north = f"({k[2]} * {rho} * {rho} - {h[2]} * ({h[0]} * {k[0]} + {h[1]} * {k[1]})) / ({rho} * {size})"
        for name, expression in zip(motion, (east, north), strict=True):
            new[value(name)] = f"CASE WHEN {value(name)} IS NULL THEN NULL ELSE {expression} END"
    return [new]
