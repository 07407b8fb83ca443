"""What the grammar of the standard tells by types: the forms of geometries, and where they may stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.tree import Aggregate, Arithmetic, Call, Names, Node, Null, Number, Operand, Signed, Text

GEOMETRIES = frozenset({"POINT", "CIRCLE", "BOX", "POLYGON", "REGION", "CENTROID"})
"""Functions whose value is a geometry."""

_COUNTS = {"POINT": (2,), "CIRCLE": (2, 3), "BOX": (3, 4), "DISTANCE": (2, 4)}
"""Arguments beside the name of a coordinate system; the smaller number is with a point in the first place."""

_MEASURES = frozenset({"AREA", "CONTAINS", "DISTANCE", "INTERSECTS"})

MOST_MEASURES = 4
"""Measures within each other. DuckDB repeats the arguments of a macro: each level takes ten times longer."""

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_SEPARATOR = re.compile(r"(?:\s|--[^\n]*\n)+")


def check_call(call: Call) -> Call:
    """Return the call; raises AdqlError for a number of arguments that no form of the function has."""
    values = call.arguments
    if call.name == "COALESCE" and all(isinstance(value, Null) for value in values):
        raise AdqlError("COALESCE needs a value that may be other than NULL", call.at)
    if call.name not in {*_COUNTS, "POLYGON"} or call.is_own:
        return call
    fits = not isinstance(values[0], Text) and _fits(call.name, values)
    # A column or NULL in the first place may be the name of a coordinate system as well.
    if not fits and call.name != "DISTANCE" and not _is_number(values[0]):
        fits = _fits(call.name, values[1:])
    if not fits:
        raise AdqlError(f"wrong number of arguments: {call.name} is {_SHOWN[call.name]}", call.at)
    return call


_SHOWN = {
    "POINT": "POINT(longitude, latitude)",
    "CIRCLE": "CIRCLE(longitude, latitude, radius) or CIRCLE(point, radius)",
    "BOX": "BOX(longitude, latitude, width, height) or BOX(point, width, height)",
    "POLYGON": "POLYGON(longitude, latitude, ...) or POLYGON(point, ...) of at least three points",
    "DISTANCE": "DISTANCE(longitude, latitude, longitude, latitude) or DISTANCE(point, point)",
}


def _fits(name: str, values: tuple[Operand, ...]) -> bool:
    numbers = bool(values) and _is_number(values[0])
    if name == "POLYGON":
        return len(values) >= 6 and len(values) % 2 == 0 if numbers else len(values) >= 3
    counts = _COUNTS[name]
    return len(values) in (counts[-1:] if numbers else counts)


def _is_number(value: Operand) -> bool:
    return isinstance(value, Number | Signed) or (isinstance(value, Arithmetic) and value.operator != "||")


def check_nesting(call: Call) -> None:
    """Raise AdqlError for measures of geometries that stand too deep within each other."""
    left: list[tuple[Node, int]] = [(call, 0)] if call.name in _MEASURES else []
    while left:
        part, depth = left.pop()
        depth += isinstance(part, Call) and part.name in _MEASURES
        if depth > MOST_MEASURES:
            names = ", ".join(sorted(_MEASURES))
            raise AdqlError(f"more than {MOST_MEASURES} of {names} within each other", call.at)
        left += [(each, depth) for each in _parts(part)]


def _parts(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        for field in fields(value):
            inner = getattr(value, field.name)
            yield from [inner] if isinstance(inner, Node) else _parts(inner)
    elif isinstance(value, tuple):
        for each in value:
            yield from [each] if isinstance(each, Node) else _parts(each)


def check_operands(*values: Node) -> None:
    """Raise AdqlError for a geometry between operators of numbers and texts."""
    for value in values:
        if isinstance(value, Call) and value.name in GEOMETRIES and not value.is_own:
            raise AdqlError("a geometry has no sum, product or sign, and is no text", value.at)


def may_be_true(value: Node) -> bool:
    """Whether a value may be true or false: a column, a subquery, a function of the user's."""
    if isinstance(value, Number | Text | Arithmetic | Signed | Aggregate):
        return False
    return not isinstance(value, Call) or value.is_own or value.name == "COALESCE"


def check_names(names: Names, most: int, what: str) -> Names:
    """Return the names; raises AdqlError if there are more than catalogue, schema, table (and column)."""
    if len(names) > most:
        raise AdqlError(f"a {what} has {most} names at most, these are {len(names)}", names[0].at)
    return names


def text_of(quoted: str) -> str:
    """The text of a literal; parts of it on lines of their own are one text."""
    parts, position = [], 0
    while found := _LITERAL.match(quoted, position):
        parts.append(found.group()[1:-1].replace("''", "'"))
        between = _SEPARATOR.match(quoted, found.end())
        position = between.end() if between else len(quoted)
    return "".join(parts)
