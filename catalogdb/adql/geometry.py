"""The functions of ADQL on points, circles, boxes and polygons, with their types, units and mistakes.

What a constructor gives has the numbers of its shape as `parts`, whichever way it is written: POINT lon,
lat; CIRCLE lon, lat, radius; BOX lon, lat, width, height; POLYGON lon1, lat1, lon2, lat2, ...; all DOUBLE, in
degrees of the ICRS. DISTANCE has the numbers lon1, lat1, lon2, lat2. So who looks for positions in a
condition finds them alike. A REGION is the shape that it tells of.

A number that makes no shape (a latitude beyond 90 deg, a radius below 0 or above 180 deg, a box whose cross
reaches 180 deg, a polygon of no three vertices) is an error where it is a constant, and in a row makes NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from catalogdb.adql import relations, tree, write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.outline import box_vertices, outline_of
from catalogdb.adql.regions import TO_ICRS, icrs, is_galactic, parse_region
from catalogdb.adql.tree import Place
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import CIRCLE, DOUBLE, INTEGER, POINT, POLYGON, VARCHAR, Described, Type

GEOMETRY_FUNCTIONS = frozenset(
    """
    POINT CIRCLE BOX POLYGON REGION CONTAINS INTERSECTS DISTANCE AREA CENTROID COORD1 COORD2 COORDSYS
    """.split()  # noqa: SIM905
)

_DEG = Described(type=DOUBLE, unit="deg")
_TYPES = {"POINT": POINT, "CIRCLE": CIRCLE, "BOX": POLYGON, "POLYGON": POLYGON}
_FORMS = {
    "POINT": "POINT(longitude, latitude)",
    "CIRCLE": "CIRCLE(longitude, latitude, radius) or CIRCLE(point, radius)",
    "BOX": "BOX(longitude, latitude, width, height) or BOX(point, width, height)",
    "POLYGON": "POLYGON(longitude, latitude, longitude, latitude, ...) or POLYGON(point, point, ...) "
    "of three vertices or more",
    "DISTANCE": "DISTANCE(point, point) or DISTANCE(longitude, latitude, longitude, latitude)",
}
_COUNTS = {"POINT": 2, "CIRCLE": 3, "BOX": 4, "DISTANCE": 4}


def resolve_geometry(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    """Return what the call of one of GEOMETRY_FUNCTIONS gives; raises AdqlError."""
    made = _FUNCTIONS[call.name](call, arguments)
    loose = tuple(each for argument in arguments for each in argument.loose)
    return replace(made, loose=loose, has_aggregate=any(each.has_aggregate for each in arguments))


# --- shapes ----------------------------------------------------------------------------------------


def _constructor(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    system, rest = _split_system(call, arguments)
    return make_shape(
        call.name, _numbers(call, rest), call.at, turn=system is not None and is_galactic(system)
    )


def _region(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    if len(arguments) != 1 or not isinstance(arguments[0].constant, str):
        raise AdqlError("REGION needs one literal, as in REGION('CIRCLE ICRS 10.68 41.27 0.5')", call.at)
    return shape_of_text(arguments[0].constant, arguments[0].at)


def shape_of_text(text: str, at: Place) -> Typed:
    """Return the shape that a text tells of, as DALI or STC-S writes it; raises AdqlError."""
    try:
        region = parse_region(text)
    except ValueError as error:
        raise AdqlError(str(error), at) from None
    parts = tuple(_constant(x, at) for x in region.numbers_deg)
    return make_shape(region.shape, parts, at, turn=region.is_galactic)


def make_shape(name: str, parts: tuple[Typed, ...], at: Place, *, turn: bool = False) -> Typed:
    """Return the POINT, CIRCLE, BOX or POLYGON of its numbers; `turn` from galactic ones.

    Raises AdqlError where constants are no shape.
    """
    for i, part in enumerate(parts):
        _check_number(name, i, part)
    if turn:
        name, parts = _turned(name, parts, at)
    constants = [part.constant for part in parts]
    given = [float(x) for x in constants if isinstance(x, (int, float))]
    if len(given) == len(parts) and _TYPES[name] == POLYGON:
        try:
            outline_of(tuple(box_vertices(*given) if name == "BOX" else given))
        except ValueError as error:
            raise AdqlError(str(error), at) from None
    kind = _TYPES[name]
    described = Described(type=kind, unit="deg", ucd="pos.eq" if kind == POINT else "pos.outline;obs.field")
    return Typed(sql=_list(name, parts), described=described, at=at, made_by=name, parts=parts)


def _list(name: str, parts: tuple[Typed, ...]) -> str:
    """The list of a shape's numbers, NULL if they are no shape."""
    if name == "CIRCLE":
        texts = [relations.longitude(parts[0]), relations.latitude(parts[1]), relations.radius(parts[2])]
    else:
        given = parts[:2] if name == "BOX" else parts
        texts = [(relations.latitude if i % 2 else relations.longitude)(part) for i, part in enumerate(given)]
    if name == "BOX":
        return f"box_polygon({', '.join((*texts, *(part.sql for part in parts[2:])))})"
    listed = f"[{', '.join(texts)}]"
    return f"({relations.known(listed, texts)})"


def _check_number(name: str, i: int, part: Typed) -> None:
    value = part.constant
    if not isinstance(value, (int, float)):
        return
    if i == 2 and name == "CIRCLE":
        if not 0 <= value <= 180:
            raise AdqlError(f"the radius {value:g} of a circle is not in [0, 180] deg", part.at)
    elif i >= 2 and name == "BOX":
        if not 0 < value < 180:
            raise AdqlError(f"the size {value:g} of a box is not between 0 and 180 deg", part.at)
    elif i % 2 and not -90 <= value <= 90:
        raise AdqlError(f"the latitude {value:g} is not in [-90, 90] deg", part.at)


def _turned(name: str, parts: tuple[Typed, ...], at: Place) -> tuple[str, tuple[Typed, ...]]:
    """The shape of galactic numbers in the ICRS; a box, whose sides follow the axes, becomes a polygon."""
    if name == "BOX":
        values = [float(part.constant) for part in parts if isinstance(part.constant, (int, float))]
        if len(values) < len(parts):
            raise AdqlError("a BOX in GALACTIC needs constants: make a POLYGON of the columns", at)
        name, parts = "POLYGON", tuple(_constant(x, at) for x in box_vertices(*values))
    sizes = parts[2:] if name == "CIRCLE" else ()
    places = parts[:2] if name == "CIRCLE" else parts
    pairs = zip(places[::2], places[1::2], strict=True)
    return name, (*(each for pair in pairs for each in _turned_point(*pair)), *sizes)


def _turned_point(lon: Typed, lat: Typed) -> tuple[Typed, ...]:
    if isinstance(lon.constant, (int, float)) and isinstance(lat.constant, (int, float)):
        return tuple(_constant(x, lon.at) for x in icrs(lon.constant, lat.constant))
    listed = f"[{relations.longitude(lon)}, {relations.latitude(lat)}]"
    sql = f"rotated_point({listed}, {list(TO_ICRS)}::DOUBLE[])"
    found = Typed(sql=sql, described=Described(type=POINT), at=lon.at, made_by="GALACTIC")
    return relations.coordinates(found)[:2]


def _constant(value: float, at: Place) -> Typed:
    return Typed(sql=write.real(value), described=_DEG, at=at, constant=value)


# --- arguments -------------------------------------------------------------------------------------


def _split_system(call: tree.Call, arguments: tuple[Typed, ...]) -> tuple[str | None, tuple[Typed, ...]]:
    """The coordinate system, if the call begins with one, and the other arguments."""
    if not arguments:
        raise AdqlError(f"{call.name} needs arguments: {_FORMS[call.name]}", call.at)
    first, rest = arguments[0], arguments[1:]
    if first.type.is_text:
        if not isinstance(first.constant, str):
            raise AdqlError(f"the coordinate system of {call.name} is not a literal, as 'ICRS' is", first.at)
        try:
            is_galactic(first.constant)
        except ValueError as error:
            raise AdqlError(str(error), first.at) from None
        return first.constant, rest
    numbers = sum(1 if each.type != POINT else 2 for each in arguments)
    wanted = _COUNTS.get(call.name)
    is_extra = numbers == wanted + 1 if wanted else numbers % 2 == 1
    return (None, rest) if first.type.is_unknown and is_extra else (None, arguments)


def _numbers(call: tree.Call, arguments: tuple[Typed, ...]) -> tuple[Typed, ...]:
    """The numbers of the call, each point among its arguments as two."""
    name = call.name
    found: list[Typed] = []
    for i, argument in enumerate(arguments):
        if argument.type == POINT and _takes_point(name, i):
            found += _coordinates(argument)
        elif argument.type.is_number or argument.type.is_unknown:
            found.append(_double(argument))
        else:
            raise AdqlError(
                f"{name} is made of numbers, and one of these is {argument.type}: {_FORMS[name]}", argument.at
            )
    points = [argument.type == POINT for argument in arguments]
    mixed = name in ("POLYGON", "DISTANCE") and any(points) and not all(points)
    wanted = _COUNTS.get(name)
    wrong = len(found) != wanted if wanted else len(found) < 6 or len(found) % 2
    if mixed or wrong:
        raise AdqlError(f"{name} has the wrong number of arguments: {_FORMS[name]}", call.at)
    return tuple(found)


def _takes_point(name: str, i: int) -> bool:
    return name in ("POLYGON", "DISTANCE") or (name in ("CIRCLE", "BOX") and i == 0)


def _coordinates(point: Typed) -> tuple[Typed, Typed]:
    """Longitude and latitude of a point."""
    if point.made_by == "POINT":
        return point.parts[0], point.parts[1]
    lon, lat, _ = relations.coordinates(point)
    return lon, lat


def _double(value: Typed) -> Typed:
    """The number as a DOUBLE."""
    if isinstance(value.constant, (int, float)):
        return replace(_constant(float(value.constant), value.at), loose=value.loose)
    if value.type == DOUBLE:
        return value
    return value.but(
        sql=f"({value.sql})::DOUBLE", described=value.described.but(type=DOUBLE), made_by="", parts=()
    )


def _geometries(call: tree.Call, arguments: tuple[Typed, ...], count: int) -> tuple[Typed, ...]:
    needs = "two geometries" if count == 2 else "one geometry"
    if len(arguments) != count:
        raise AdqlError(f"{call.name} needs {needs}, and here are {len(arguments)} arguments", call.at)
    for argument, which in zip(arguments, ("first", "second"), strict=False):
        if not (argument.type.is_geometry or argument.type.is_unknown):
            told = f"the {which} is" if count == 2 else "this is"
            raise AdqlError(f"{call.name} needs {needs}, and {told} {argument.type}", argument.at)
    return arguments


# --- relations and measures ------------------------------------------------------------------------


def _relation(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    first, second = _geometries(call, arguments, 2)
    relation = relations.contains if call.name == "CONTAINS" else relations.intersects
    unknown = first.type.is_unknown or second.type.is_unknown
    truth = "(NULL::BOOLEAN)" if unknown else f"({relation(first, second)})"
    about = Described(type=INTEGER, unit="", ucd="meta.code")
    return Typed(
        sql=write.flags(truth),
        described=about,
        at=call.at,
        made_by=call.name,
        parts=(first, second),
        truth=truth,
    )


def _distance(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    parts = _numbers(call, arguments)
    for i, part in enumerate(parts):
        _check_number("POLYGON", i, part)
    texts = [(relations.latitude if i % 2 else relations.longitude)(part) for i, part in enumerate(parts)]
    about = Described(type=DOUBLE, unit="deg", ucd="pos.angDistance")
    return Typed(
        sql=f"separation_deg({', '.join(texts)})",
        described=about,
        at=call.at,
        made_by="DISTANCE",
        parts=parts,
    )


def _measure(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    (shape,) = _geometries(call, arguments, 1)
    unknown = shape.type.is_unknown
    if call.name == "AREA":
        sql = "(NULL::DOUBLE)" if unknown else f"({relations.area(shape)})"
        described = Described(type=DOUBLE, unit="deg**2", ucd="phys.angArea")
    else:
        sql = "(NULL::DOUBLE[])" if unknown else f"({relations.centroid(shape)})"
        described = Described(type=POINT, unit="deg", ucd="pos.eq")
    return Typed(sql=sql, described=described, at=call.at, made_by=call.name, parts=arguments)


def _coordinate(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    (point,) = _geometries(call, arguments, 1)
    if point.type not in (POINT, Type("NULL")):
        raise AdqlError(f"{call.name} needs a POINT, and this is {point.type}", point.at)
    index = int(call.name[-1]) - 1
    described = Described(type=DOUBLE, unit="deg", ucd=("pos.eq.ra", "pos.eq.dec")[index])
    if point.made_by == "POINT" and isinstance(point.parts[index].constant, (int, float)):
        other = point.parts[1 - index]
        if isinstance(other.constant, (int, float)):
            return point.parts[index].but(described=described, at=call.at)
    sql = "(NULL::DOUBLE)" if point.type.is_unknown else f"({point.sql})[{index + 1}]"
    return Typed(sql=sql, described=described, at=call.at, made_by=call.name, parts=arguments)


def _system(call: tree.Call, arguments: tuple[Typed, ...]) -> Typed:
    (shape,) = _geometries(call, arguments, 1)
    sql = (
        "(NULL::VARCHAR)" if shape.type.is_unknown else f"(CASE WHEN {shape.sql} IS NOT NULL THEN 'ICRS' END)"
    )
    described = Described(type=replace(VARCHAR, length=4), ucd="meta.code")
    return Typed(sql=sql, described=described, at=call.at, made_by=call.name, parts=arguments)


_FUNCTIONS: dict[str, Callable[[tree.Call, tuple[Typed, ...]], Typed]] = {
    **dict.fromkeys(_TYPES, _constructor),
    "REGION": _region,
    "CONTAINS": _relation,
    "INTERSECTS": _relation,
    "DISTANCE": _distance,
    "AREA": _measure,
    "CENTROID": _measure,
    "COORD1": _coordinate,
    "COORD2": _coordinate,
    "COORDSYS": _system,
}
