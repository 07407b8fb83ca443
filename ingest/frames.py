"""Rotation of positions and motions from FK5 and FK4 to the ICRS, as SQL, and back.

FK5 (equinox J2000) to the Hipparcos frame: orientation and spin of Mignard and Froeschle 2000, A&A 354,
732, as in erfa.fk5hip. FK4, of B1950 or another equinox, to FK5: `ingest.fk4`. Positions stay at their own
epoch; one that is not known is taken for the equinox. Errors turn by less than 1 arcmin near the poles and
30 mas elsewhere and are left as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import erfa
import numpy as np

from catalogdb.schema import Column, Position
from ingest.converters.base import Layer
from ingest.fk4 import from_fk5, julian, to_fk5
from ingest.spec import Spec
from ingest.vectors import Vector, dot, layer, names

_B1950 = 1950.0


def rotation_layers(
    spec: Spec, columns: Iterable[Column], value: Callable[[str], str], *, forwards: bool
) -> list[Layer]:
    """Return the layers that turn every position of the spec to the ICRS; none where it is there."""
    if not spec.rotate:
        return []
    given = {c.name for c in columns}
    layers: list[Layer] = []
    positions = spec.positions or (Position(name="listed", pmra="pmra", pmdec="pmdec"),)
    done: set[str] = set()
    for number, position in enumerate(positions):
        if {position.ra, position.dec} <= given and position.ra not in done:
            done.add(position.ra)
            motion = _motion(position, given) if number == 0 else None
            epoch = _epoch(spec, position, given, value)
            layers += _turn(spec, position, motion, epoch, value, f"f{number}", forwards=forwards)
    return layers


def equinox_of(spec: Spec) -> float:
    """The Besselian year of an FK4 spec's equinox, such as 1875 of "B1875"; 1950 by default."""
    return float(spec.equinox.removeprefix("B")) if spec.equinox else _B1950


def _motion(position: Position, given: set[str]) -> tuple[str, str] | None:
    pair = (position.pmra or "pmra", position.pmdec or "pmdec")
    return pair if set(pair) <= given else None


def _epoch(spec: Spec, position: Position, given: set[str], value: Callable[[str], str]) -> str:
    """SQL of the epoch; the equinox where a row has none, or the file."""
    other = repr(julian(equinox_of(spec)) if spec.frame == "FK4" else 2000.0)
    if position.ra_epoch == "ref_epoch" and spec.ref_epoch is not None:
        other = repr(spec.ref_epoch)
    return f"coalesce({value(position.ra_epoch)}, {other})" if position.ra_epoch in given else other


def _turn(
    spec: Spec,
    position: Position,
    motion: tuple[str, str] | None,
    epoch: str,
    value: Callable[[str], str],
    tag: str,
    *,
    forwards: bool,
) -> list[Layer]:
    """Layers for one position, and its motion [mas/yr] if there is one."""
    layers, p, v = _vectors(position, motion, value, tag)
    old = spec.rotate == "fk4_to_icrs"
    if old and forwards:
        more, p, w = to_fk5(p, v, epoch, equinox_of(spec), tag)
        layers, v = [*layers, *more], w if v else None
    more, p, w = _fk5(p, v, epoch, tag, forwards=forwards)
    layers, v = [*layers, *more], w if v else None
    if old and not forwards:
        more, p, w = from_fk5(p, v, epoch, equinox_of(spec), tag)
        layers, v = [*layers, *more], w if v else None
    return [*layers, *_sphere(position, motion, value, p, v)]


def _vectors(
    position: Position, motion: tuple[str, str] | None, value: Callable[[str], str], tag: str
) -> tuple[list[Layer], Vector, Vector | None]:
    """The direction, and the motion in space [mas/yr] of unit distance; a missing motion counts as none."""
    p, v = names(tag, "p"), names(tag, "v")
    a, d = f"radians({value(position.ra)})", f"radians({value(position.dec)})"
    layers = [layer(p, (f"cos({d}) * cos({a})", f"cos({d}) * sin({a})", f"sin({d})"))]
    if motion is None:
        return layers, p, None
    east, north = (f"coalesce({value(m)}, 0)" for m in motion)
    along = (
        f"-sin({a}) * {east} - sin({d}) * cos({a}) * {north}",
        f"cos({a}) * {east} - sin({d}) * sin({a}) * {north}",
        f"cos({d}) * {north}",
    )
    return [*layers, layer(v, along)], p, v


def _fk5(
    p: Vector, v: Vector | None, epoch: str, tag: str, *, forwards: bool
) -> tuple[list[Layer], Vector, Vector]:
    """FK5 to ICRS or back: the direction h, and the motion k [mas/yr]."""
    matrix, spin = erfa.fk5hip()
    rows = [[float(x) for x in row] for row in (matrix if forwards else np.transpose(matrix))]
    # The spin of FK5 [rad/yr] shifts a position of another epoch, and every motion.
    sign = 1 if forwards else -1
    s = [sign * float(x) for x in (spin if forwards else matrix @ spin)]
    c, at, drift = names(tag, "c"), names(tag, "at"), names(tag, "dr")
    h, k = names(tag, "h"), names(tag, "k")
    mas = math.degrees(1) * 3600e3
    across = (
        f"({p[1]} * {s[2]!r} - {p[2]} * {s[1]!r})",
        f"({p[2]} * {s[0]!r} - {p[0]} * {s[2]!r})",
        f"({p[0]} * {s[1]!r} - {p[1]} * {s[0]!r})",
    )
    layers = [
        layer(c, across),
        layer(at, (f"({p[i]} + ({epoch} - 2000) * {c[i]})" for i in range(3))),
        layer(h, (dot(row, at) for row in rows)),
    ]
    if v:
        layers += [
            layer(drift, (f"({v[i]} + {mas!r} * {c[i]})" for i in range(3))),
            layer(k, (dot(row, drift) for row in rows)),
        ]
    return layers, h, k


def _sphere(
    position: Position,
    motion: tuple[str, str] | None,
    value: Callable[[str], str],
    h: Vector,
    k: Vector | None,
) -> list[Layer]:
    """From vectors back to ra, dec [deg] and motions [mas/yr]; a missing motion stays missing."""
    rho = f"sqrt({h[0]} * {h[0]} + {h[1]} * {h[1]})"
    turn = f"degrees(atan2({h[1]}, {h[0]}))"
    new: Layer = {
        value(position.ra): f"CASE WHEN {turn} < 0 THEN {turn} + 360 ELSE {turn} END",
        value(position.dec): f"degrees(atan2({h[2]}, {rho}))",
    }
    if motion is not None and k is not None:
        size = f"({rho} * {rho} + {h[2]} * {h[2]})"
        east = f"({h[0]} * {k[1]} - {h[1]} * {k[0]}) / ({rho} * sqrt({size}))"
        north = f"({k[2]} * {rho} * {rho} - {h[2]} * ({h[0]} * {k[0]} + {h[1]} * {k[1]})) / ({rho} * {size})"
        for name, expression in zip(motion, (east, north), strict=True):
            new[value(name)] = f"CASE WHEN {value(name)} IS NULL THEN NULL ELSE {expression} END"
    return [new]
