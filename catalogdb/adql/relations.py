"""How two shapes lie to each other, and the measures of one, as DuckDB text.

A shape is a value whose type is POINT, CIRCLE or POLYGON. Its numbers are written where they stand, if it was
made right there: no list is made of them. A point is a circle without a radius. What is no shape, such as a
circle of a negative radius, is NULL, and so is all that is asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from catalogdb.adql import write
from catalogdb.adql.outline import DEG2_PER_SR, Outline, box_vertices, outline_of
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import CIRCLE, DOUBLE, POINT, POLYGON, Described
from catalogdb.uploaded import UPLOADS

CONSTRUCTORS = {"POINT", "CIRCLE", "BOX", "POLYGON"}
MADE_HERE = {"POINT", "CIRCLE", "CENTROID", "GALACTIC"}
"""What makes points and circles whose numbers need no further look."""

SAME_DEG = "6e-13"
"""How far two points that are the same may be from each other by rounding."""

CHECKED = "a number of a shape"
"""What makes a number that needs no look whether it makes a shape."""


def constants(shape: Typed) -> list[float] | None:
    """Return the numbers of a shape that is made of constants alone, else None."""
    if shape.made_by not in CONSTRUCTORS:
        return None
    found = [part.constant for part in shape.parts]
    return None if any(not isinstance(x, (int, float)) for x in found) else [float(x) for x in found]  # type: ignore[arg-type]


def coordinates(shape: Typed) -> tuple[Typed, Typed, Typed]:
    """Return the numbers of a point or circle out of its list; those not made here are yet to be checked."""
    lon, lat, r = (
        Typed(
            sql=f"({shape.sql})[{i}]",
            described=Described(type=DOUBLE, unit="deg"),
            at=shape.at,
            made_by=CHECKED if shape.made_by in MADE_HERE else "",
        )
        for i in (1, 2, 3)
    )
    return lon, lat, r


def longitude(part: Typed) -> str:
    """The text of a longitude; NULL where it is not finite, of which DuckDB takes no sine."""
    if part.constant is not None or part.made_by == CHECKED or is_position(part, "ra"):
        return part.sql
    return write.where_holds(part.sql, "isfinite({x})")


def latitude(part: Typed) -> str:
    """The text of a latitude; NULL beyond the poles."""
    if part.constant is not None or part.made_by == CHECKED or is_position(part, "dec"):
        return part.sql
    return write.where_holds(part.sql, "abs({x}) <= 90")


def radius(part: Typed) -> str:
    """The text of a radius; NULL below 0 and above 180 deg."""
    if part.constant is not None or part.made_by == CHECKED:
        return part.sql
    return write.where_holds(part.sql, "{x} BETWEEN 0 AND 180")


def is_position(part: Typed, name: str) -> bool:
    """Whether it is the column of which a table's index is made, whose values are checked at ingest."""
    given = part.column
    if given is None or given.column.name != name or given.table is None:
        return False
    # An upload may have any column by that name.
    return given.table.is_positional and given.table.schema != UPLOADS


def box_corners(lon: str, lat: str, width: str, height: str) -> str:
    """The text of the polygon of a box."""
    return f"box_polygon({lon}, {lat}, {width}, {height})"


def round_shape(shape: Typed) -> tuple[str, str, str]:
    """Return the texts of longitude, latitude and radius of a point or circle; a point's radius is 0."""
    if shape.made_by in CONSTRUCTORS:
        lon, lat, *rest = shape.parts
        return longitude(lon), latitude(lat), radius(rest[0]) if rest else "0e0"
    lon, lat, r = coordinates(shape)
    return longitude(lon), latitude(lat), radius(r) if shape.type == CIRCLE else "0e0"


def outline(shape: Typed) -> str:
    """The text of a polygon as the macro `outline` gives it."""
    given = constant_outline(shape)
    return given.sql if given else f"outline({shape.sql})"


def constant_outline(shape: Typed) -> Outline | None:
    """Return the outline of a polygon or box that is made of constants alone."""
    numbers = constants(shape)
    if numbers is None or shape.type != POLYGON:
        return None
    return outline_of(tuple(box_vertices(*numbers) if shape.made_by == "BOX" else numbers))


def contains(inner: Typed, outer: Typed) -> str:
    """The condition that `inner` is within `outer`; they may touch."""
    if outer.type == POLYGON:
        if inner.type == POLYGON:
            return f"outline_in_outline({outline(inner)}, {outline(outer)})"
        lon, lat, r = round_shape(inner)
        if inner.type == POINT:
            return _once(outer, lambda o: f"in_outline({lon}, {lat}, {o})")
        return _once(outer, lambda o: f"circle_in_outline({lon}, {lat}, {r}, {o})")
    lon, lat, r = round_shape(outer)
    if inner.type == POLYGON:
        return _once(inner, lambda o: f"outline_in_circle({o}, {lon}, {lat}, {r})")
    inner_lon, inner_lat, inner_r = round_shape(inner)
    apart = f"separation_deg({inner_lon}, {inner_lat}, {lon}, {lat})"
    if inner.type == POINT:
        return f"{apart} <= {r if outer.type == CIRCLE else SAME_DEG}"
    # Beyond the point opposite, a circle only grows over what it has.
    return f"least({apart} + {inner_r}, 180e0 + 0 * {inner_r}) <= {r}"


def intersects(one: Typed, other: Typed) -> str:
    """The condition that two shapes have a point in common."""
    if one.type == POLYGON and other.type == POLYGON:
        return f"outlines_meet({outline(one)}, {outline(other)})"
    if POLYGON in (one.type, other.type):
        polygon, around = (one, other) if one.type == POLYGON else (other, one)
        lon, lat, r = round_shape(around)
        if around.type == POINT:
            return _once(polygon, lambda o: f"in_outline({lon}, {lat}, {o})")
        return _once(polygon, lambda o: f"circle_meets_outline({lon}, {lat}, {r}, {o})")
    lon1, lat1, r1 = round_shape(one)
    lon2, lat2, r2 = round_shape(other)
    reach = " + ".join(r for r in (r1, r2) if r != "0e0") or SAME_DEG
    return f"separation_deg({lon1}, {lat1}, {lon2}, {lat2}) <= {reach}"


def area(shape: Typed) -> str:
    """The area of a shape [deg2]; that of a point is 0."""
    if shape.type == POLYGON:
        return f"(abs(({outline(shape)}).area) * {write.real(DEG2_PER_SR)})"
    lon, lat, r = round_shape(shape)
    value = f"circle_area_deg2({r})" if shape.type == CIRCLE else "0e0"
    return known(value, [lon, lat])


def centroid(shape: Typed) -> str:
    """The centre of mass of a shape, as a point."""
    if shape.type == POLYGON:
        return f"outline_centre({outline(shape)})"
    if shape.type == POINT:
        return shape.sql
    lon, lat, r = round_shape(shape)
    return known(f"[{lon}, {lat}]", [lon, lat, r])


def known(value: str, numbers: Sequence[str]) -> str:
    """The value where none of the numbers is NULL."""
    tests = [f"{x} IS NOT NULL" for x in dict.fromkeys(numbers) if not _is_literal(x)]
    return f"CASE WHEN {' AND '.join(tests)} THEN {value} END" if tests else value


def _is_literal(text: str) -> bool:
    return (
        text.lstrip("(-")
        .rstrip(")")
        .replace(".", "")
        .replace("e", "")
        .replace("-", "")
        .replace("+", "")
        .isdigit()
    )


def _once(polygon: Typed, condition: Callable[[str], str]) -> str:
    """The condition on a polygon, made once a row however many of its sides ask for it."""
    if constant_outline(polygon):
        return condition(outline(polygon))
    return f"list_transform([{outline(polygon)}], lambda _o: {condition('_o')})[1]"
