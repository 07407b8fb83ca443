"""What a condition says of where positions are: near a fixed shape, or near each other.

Only what must hold is told, never more: CONTAINS and INTERSECTS that are 1, and DISTANCE below a constant,
however they are written. A circle or box around the position of a row is that position with a reach; shapes
whose size differs from row to row tell nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from catalogdb.adql import relations, units
from catalogdb.adql.outline import Outline
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import POLYGON

_QUALIFIER = re.compile(r'"((?:[^"]|"")+)"\."')
_COLUMN = re.compile(r'"(?:[^"]|"")+"\."(?:[^"]|"")+"')
_CONTAINMENT = ("CONTAINS", "INTERSECTS")


@dataclass(frozen=True, slots=True)
class RowPosition:
    """A position of the rows of one table of FROM: its DuckDB texts, and whether hpx29 is of it."""

    alias: str
    lon: str
    lat: str
    is_indexed: bool
    lat_column: str
    """The column that the latitude is; "" if it is no column."""
    is_outer: bool = False
    """Whether the table is one of a query around that with the condition."""


@dataclass(frozen=True, slots=True)
class Place:
    """A fixed circle, or polygon, of which positions are within `reach_deg`."""

    lon_deg: float = 0.0
    lat_deg: float = 0.0
    outline: Outline | None = None
    reach_deg: float = 0.0

    def wider(self, by_deg: float) -> Place:
        """The same with a farther reach."""
        return Place(self.lon_deg, self.lat_deg, self.outline, self.reach_deg + by_deg)


@dataclass(frozen=True, slots=True)
class Within:
    """Rows are within one of the places."""

    row: RowPosition
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Rows of two tables are within `radius_deg` of each other."""

    one: RowPosition
    other: RowPosition
    radius_deg: float


def told(condition: Typed, aliases: Collection[str]) -> Iterator[Within | Near]:
    """Give what a condition on the tables that go by `aliases` says of their rows."""
    if condition.made_by == "AND":
        for part in condition.parts:
            yield from told(part, aliases)
    elif condition.made_by == "OR":
        yield from _either([list(told(part, aliases)) for part in condition.parts])
    else:
        found = _pair(condition)
        if found is not None:
            yield from _related(*found, aliases)


def _either(branches: list[list[Within | Near]]) -> Iterator[Within]:
    """What holds whichever branch does: rows of a table that each branch places somewhere."""
    by_row: list[dict[RowPosition, tuple[Place, ...]]] = []
    for branch in branches:
        by_row.append({each.row: each.places for each in branch if isinstance(each, Within)})
    for row in by_row[0]:
        if all(row in each for each in by_row):
            yield Within(row, tuple(place for each in by_row for place in each[row]))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What has a position: fixed, or of a row; and how far it reaches from there."""

    lon: Typed | None
    lat: Typed | None
    reach_deg: float = 0.0
    place: Place | None = None


def _pair(condition: Typed) -> tuple[_Shape, _Shape] | None:
    """Return two shapes that the condition says have a point in common."""
    for part in condition.parts:
        if part.made_by in _CONTAINMENT and part.truth and condition.sql == part.truth:
            one, other = _shape(part.parts[0]), _shape(part.parts[1])
            return (one, other) if one and other else None
    limit = _limit(condition)
    if limit is None:
        return None
    (lon1, lat1, lon2, lat2), radius_deg = limit
    if radius_deg < 0:
        return None
    one, other = _position(lon1, lat1, 0.0), _position(lon2, lat2, radius_deg)
    return one, other


def _limit(condition: Typed) -> tuple[tuple[Typed, ...], float] | None:
    """Return the coordinates that a DISTANCE is of and the most [deg] that it may be."""
    parts, sign = condition.parts, condition.made_by
    if sign in ("<", "<=", "="):
        ways = [(parts[0], parts[1])] + ([(parts[1], parts[0])] if sign == "=" else [])
    elif sign in (">", ">="):
        ways = [(parts[1], parts[0])]
    elif sign == "BETWEEN":
        ways = [(parts[0], parts[2])]
    else:
        return None
    for value, most in ways:
        scaled = _scaled(value)
        if scaled is not None and isinstance(most.constant, (int, float)):
            # Rounding in the multiplication may let a position in that is so much farther.
            return scaled[0], float(most.constant) / scaled[1] * (1 + 1e-12)
    return None


def _scaled(value: Typed) -> tuple[tuple[Typed, ...], float] | None:
    """Return the coordinates of a DISTANCE and by what positive number it is multiplied."""
    if value.made_by == "DISTANCE":
        return value.parts, 1.0
    if value.made_by == "IN_UNIT":
        inner = _scaled(value.parts[0])
        source, target = value.parts[0].described.unit, value.described.unit
        return (inner[0], inner[1] * units.factor(source, target)) if inner and source and target else None
    if value.made_by in ("*", "/") and len(value.parts) == 2:
        left, right = value.parts
        if value.made_by == "*" and isinstance(left.constant, (int, float)):
            left, right = right, left
        inner, by = _scaled(left), right.constant
        if inner is not None and isinstance(by, (int, float)) and by > 0:
            return inner[0], inner[1] * by if value.made_by == "*" else inner[1] / by
    return None


def _shape(value: Typed) -> _Shape | None:
    """A shape, or None if its size is not constant."""
    outline = relations.constant_outline(value)
    if outline is not None:
        return _Shape(None, None, place=Place(outline=outline))
    if value.made_by not in relations.CONSTRUCTORS or value.made_by == "POLYGON":
        return None if value.type == POLYGON or value.made_by else _column_shape(value)
    lon, lat, *sizes = value.parts
    constants = [size.constant for size in sizes]
    given = [float(size) for size in constants if isinstance(size, (int, float))]
    if len(given) < len(sizes):
        return None
    if value.made_by == "BOX":
        x, y = (math.tan(math.radians(size) / 2) for size in given)
        return _position(lon, lat, math.degrees(math.atan(math.hypot(x, y))) * (1 + 1e-12))
    return _position(lon, lat, *given)


def _column_shape(value: Typed) -> _Shape | None:
    """A point of a column, whose coordinates are in its list."""
    if value.type.name != "POINT" or value.column is None:
        return None
    lon, lat, _ = relations.coordinates(value)
    return _Shape(lon, lat)


def _position(lon: Typed, lat: Typed, reach_deg: float = 0.0) -> _Shape:
    if isinstance(lon.constant, (int, float)) and isinstance(lat.constant, (int, float)):
        return _Shape(None, None, place=Place(float(lon.constant), float(lat.constant), reach_deg=reach_deg))
    return _Shape(lon, lat, reach_deg)


def _related(one: _Shape, other: _Shape, aliases: Collection[str]) -> Iterator[Within | Near]:
    if one.place is not None:
        one, other = other, one
    first = _row(one, aliases)
    if first is None:
        return
    if other.place is not None:
        if first.is_outer:
            return
        yield Within(first, (other.place.wider(one.reach_deg),))
        return
    second = _row(other, aliases)
    if second is not None and second.alias != first.alias and not (first.is_outer and second.is_outer):
        yield Near(first, second, one.reach_deg + other.reach_deg)


def _row(shape: _Shape, aliases: Collection[str]) -> RowPosition | None:
    """The position of a row of a table, or None if there are columns of none or of several."""
    lon, lat = shape.lon, shape.lat
    if lon is None or lat is None or "random()" in lon.sql + lat.sql:
        return None
    found = {each.replace('""', '"') for each in _QUALIFIER.findall(f"{lon.sql} {lat.sql}")}
    if len(found) != 1:
        return None
    indexed = relations.is_position(lon, "ra") and relations.is_position(lat, "dec")
    (alias,) = found
    texts = relations.longitude(lon), relations.latitude(lat)
    return RowPosition(
        alias, *texts, indexed, lat.sql if _COLUMN.fullmatch(lat.sql) else "", is_outer=alias not in aliases
    )
