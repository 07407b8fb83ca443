"""Polygons on the sphere that do not change from row to row: what the macro `outline` makes, made once.

All in unit vectors. A polygon's sides are arcs of great circles below 180 deg, its inside is the smaller of
the two regions that they part, whichever way round the vertices go; of two halves of the sky it is the one to
the left, as DALI has it. Where sides cross each other, what is enclosed twice is outside. `Outline.sql` is
the text that the macros of sql/macros take for the polygon.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ON_SIDE_RAD = 1e-14
"""Positions as near as that to a side are on it: a double of degrees is no more exact."""

DEG2_PER_SR = math.degrees(1) ** 2

# Directions that nothing on the sky prefers, as in sql/macros/outline_of_sides.sql.
_REFERENCES = np.array(
    [
        [0.2374, 0.8519, 0.4668],
        [-0.7129, 0.2216, 0.6654],
        [0.5483, -0.3217, 0.7719],
        [-0.3121, -0.8637, 0.3957],
        [0.9317, 0.3347, -0.1417],
        [-0.2846, 0.6911, -0.6643],
        [0.4138, -0.7793, -0.4704],
        [-0.8913, -0.2289, -0.3914],
    ]
)

_VECTORS = ("a", "b", "n", "after_a", "before_b", "from_a", "from_b")
_TYPE = (
    f"STRUCT(sides STRUCT({', '.join(f'{name} DOUBLE[3]' for name in _VECTORS)}, "
    "length DOUBLE, q_left BOOLEAN)[], area DOUBLE, q_inside BOOLEAN)"
)


def unit_vectors(lon_deg: npt.ArrayLike, lat_deg: npt.ArrayLike) -> Floats:
    """Return the unit vectors of positions, shape (n, 3)."""
    lon, lat = np.radians(np.asarray(lon_deg, float)), np.radians(np.asarray(lat_deg, float))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)


@dataclass(frozen=True, slots=True)
class Outline:
    """A polygon: for each of its n sides, `a` to `b`, the normal to the left and the directions at its ends.

    `area_sr` is negative where the inside is to the right; `from_a` and `from_b` are the products of the ends
    with a reference direction, which is inside if `is_inside`. Vectors have shape (n, 3).
    """

    a: Floats
    b: Floats
    length_rad: Floats
    normal: Floats
    after_a: Floats
    before_b: Floats
    from_a: Floats
    from_b: Floats
    is_left: Bools
    area_sr: float
    is_inside: bool

    @classmethod
    def of(cls, coordinates_deg: Sequence[float]) -> Outline:
        """Return the polygon of longitude and latitude of each vertex in turn.

        Raises ValueError where fewer than three vertices differ, and where a side is 180 deg long.
        """
        pairs = np.asarray(coordinates_deg, float).reshape(-1, 2)
        a = unit_vectors(pairs[:, 0], pairs[:, 1])
        a = a[np.any(a != np.roll(a, 1, axis=0), axis=1)]
        b = np.roll(a, -1, axis=0)
        length = angle(a, b)
        if len(a) < 3 or length.min(initial=np.inf) < 1e-15:
            raise ValueError("a polygon needs three different vertices")
        if length.max() > math.pi - 1e-13:
            raise ValueError("a side of 180 deg can go any way: put a vertex between its ends")
        normal = np.cross(a - b, a + b)
        normal /= np.linalg.norm(normal, axis=1)[:, None]
        q = _REFERENCES[np.argmax(np.abs(_REFERENCES @ normal.T).min(axis=1))]
        ends = (np.cross(normal, a), np.cross(b, normal), np.cross(a, q), np.cross(b, q))
        area = _area(a, b, q)
        made = cls(a, b, length, normal, *ends, normal @ q > 0, area, is_inside=False)
        is_inside = made._has_reference_inside()
        return cls(a, b, length, normal, *ends, made.is_left, area, is_inside)

    def _has_reference_inside(self) -> bool:
        """Whether the direction that `from_a` and `from_b` refer to is inside."""
        centre = self.a.sum(axis=0)
        centre /= np.linalg.norm(centre) or 1
        if (self.a @ centre).min() > 0.1:
            # The direction opposite of a polygon within half the sky is outside: each side between it and the
            # reference turns the answer round, also where sides cross each other.
            return bool(self._crossed(-centre[None]).sum() % 2 == 1)
        # The reference is left of the first side itself, unless others are between it and that side's middle.
        # Of a short side the difference of the ends is mostly rounding, as is the sum of those of a long one.
        short = self.length_rad[0] < 2
        middle = self.a[0] + self.b[0] if short else np.cross(self.normal[0], self.a[0] - self.b[0])
        crossed = self._crossed(middle[None])[0, 1:].sum() % 2 == 1
        return bool((self.is_left[0] != crossed) == (self.area_sr > 0))

    def _crossed(self, points: Floats) -> Bools:
        """Which sides the arcs from the reference direction cross; shape (points, sides)."""
        behind_a, behind_b = points @ self.from_a.T >= 0, points @ self.from_b.T >= 0
        above = points @ self.normal.T > 0
        return np.asarray((self.is_left != above) & (behind_a != behind_b) & (behind_a != self.is_left))

    def contains(self, points: Floats) -> Bools:
        """Whether each of the unit vectors, shape (m, 3), is inside or on a side."""
        on_side = (
            (np.abs(points @ self.normal.T) <= ON_SIDE_RAD)
            & (points @ self.after_a.T >= -ON_SIDE_RAD)
            & (points @ self.before_b.T >= -ON_SIDE_RAD)
        )
        odd = self._crossed(points).sum(axis=1) % 2 == 1
        return np.asarray(on_side.any(axis=1) | (odd != self.is_inside))

    def distance_rad(self, points: Floats) -> Floats:
        """Return the angle from each of the unit vectors, shape (m, 3), to the nearest point of a side."""
        along = np.hypot(points @ self.a.T, points @ self.after_a.T)
        across = np.arctan2(np.abs(points @ self.normal.T), along)
        beside = (points @ self.after_a.T > 0) & (points @ self.before_b.T > 0)
        return np.asarray(np.where(beside, across, angle(points[:, None], self.a)).min(axis=1))

    @property
    def area_deg2(self) -> float:
        """The area inside."""
        return abs(self.area_sr) * DEG2_PER_SR

    @property
    def sql(self) -> str:
        """The polygon as the macro `outline` gives it."""
        # One text for DuckDB to cast: it plans that ten times faster than so many numbers.
        columns = (self.a, self.b, self.normal, self.after_a, self.before_b, self.from_a, self.from_b)
        vectors = np.stack(columns, axis=1).tolist()
        sides = ", ".join(
            ", ".join(f"{name}: {value}" for name, value in zip(_VECTORS, of_side, strict=True)).join(
                ("{", f", length: {length!r}, q_left: {left}}}")
            )
            for of_side, length, left in zip(
                vectors, self.length_rad.tolist(), self.is_left.tolist(), strict=True
            )
        )
        return f"'{{sides: [{sides}], area: {self.area_sr!r}, q_inside: {self.is_inside}}}'::{_TYPE}"


@functools.lru_cache(maxsize=64)
def outline_of(coordinates_deg: tuple[float, ...]) -> Outline:
    """Return Outline.of the coordinates; a query asks for the same several times."""
    return Outline.of(coordinates_deg)


def box_vertices(lon_deg: float, lat_deg: float, width_deg: float, height_deg: float) -> list[float]:
    """Return the vertices of a box in turn [deg]; see sql/macros/box_polygon.sql."""
    x, y = math.tan(math.radians(width_deg) / 2), math.tan(math.radians(height_deg) / 2)
    sin_lat, cos_lat = math.sin(math.radians(lat_deg)), math.cos(math.radians(lat_deg))
    found = []
    for east, north in ((-x, -y), (x, -y), (x, y), (-x, y)):
        out = cos_lat - north * sin_lat
        lon = lon_deg + math.degrees(math.atan2(east, out))
        found += [lon % 360, math.degrees(math.atan2(sin_lat + north * cos_lat, math.hypot(east, out)))]
    return found


def angle(a: Floats, b: Floats) -> Floats:
    """Return the angle between unit vectors [rad], right from 0 to pi."""
    apart, together = np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)
    return np.asarray(2 * np.arctan2(apart, together))


def _area(a: Floats, b: Floats, q: Floats) -> float:
    """The area on the smaller side [sr], negative if that is to the right; see sql/macros/sides_area.sql."""
    apex = a[0] if np.all(a @ a[0] > 0.5) else q / np.linalg.norm(q)
    triple = np.cross(a - apex, b - apex) @ apex
    total = float(2 * np.arctan2(triple, 1 + a @ apex + (a * b).sum(axis=1) + b @ apex).sum())
    return total - 4 * math.pi * math.ceil((total - 2 * math.pi - 1e-12) / (4 * math.pi))
