"""What may be compared with what: numbers, texts, timestamps with ISO texts, truth values with 1 and 0."""

from __future__ import annotations

import operator as operators
import re
from dataclasses import replace

from catalogdb.adql import write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.tree import Between, Like, Place
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import BOOLEAN, TIMESTAMP, Described

_TRUE = Described(type=BOOLEAN)
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?Z?")
_PYTHON = {
    "=": operators.eq,
    "<>": operators.ne,
    "<": operators.lt,
    ">": operators.gt,
    "<=": operators.le,
    ">=": operators.ge,
}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def compared(operator: str, left: Typed, right: Typed, at: Place) -> Typed:
    """Two values compared; `parts` are they, as they are written in the comparison."""
    for one, other, sign in ((left, right, operator), (right, left, _MIRRORED[operator])):
        if one.truth and isinstance(other.constant, int | float):
            return _of_truth(one, sign, other.constant, (left, right), at)
    one, other = _brought_together(left, right, at)
    sql = f"({one.sql} {operator} {other.sql})"
    return Typed(sql=sql, described=_TRUE, at=at, made_by=operator, parts=(one, other))


def _of_truth(value: Typed, sign: str, constant: float, parts: tuple[Typed, ...], at: Place) -> Typed:
    """A value that is 1 or 0 against a number: its condition, or the opposite, where that says the same."""
    holds = _PYTHON[sign]
    if holds(1, constant) == holds(0, constant):
        sql = f"({value.sql} {sign} {write.real(constant)})"
    else:
        sql = value.truth if holds(1, constant) else f"(NOT {value.truth})"
    return Typed(sql=sql, described=_TRUE, at=at, made_by=sign, parts=parts)


def within(value: Typed, low: Typed, high: Typed, node: Between) -> Typed:
    """BETWEEN, both ends included."""
    one, least = _brought_together(value, low, node.at)
    other, most = _brought_together(value, high, node.at)
    words = "NOT BETWEEN" if node.is_negated else "BETWEEN"
    if one.sql != other.sql:
        # The ends are of different kinds, so that the value is written in two ways.
        sql = f"({one.sql} >= {least.sql} AND {other.sql} <= {most.sql})"
        sql = f"(NOT {sql})" if node.is_negated else sql
    else:
        sql = f"({one.sql} {words} {least.sql} AND {most.sql})"
    return Typed(sql=sql, described=_TRUE, at=node.at, made_by=words, parts=(one, least, most))


def liked(value: Typed, pattern: Typed, node: Like) -> Typed:
    """LIKE and ILIKE: % stands for any text and _ for one character."""
    word = "ILIKE" if node.ignores_case else "LIKE"
    for side in (value, pattern):
        if not (side.type.is_text or side.type.is_unknown):
            raise AdqlError(f"{word} compares character strings, and this is {side.type}", side.at)
    words = f"NOT {word}" if node.is_negated else word
    sql = f"({value.sql} {words} {pattern.sql})"
    return Typed(sql=sql, described=_TRUE, at=node.at, made_by=words, parts=(value, pattern))


def condition_of(typed: Typed) -> Typed:
    """A value where a condition is needed: it must be true or false itself."""
    if typed.type == BOOLEAN or typed.type.is_unknown:
        return typed
    hint = ": write = 1 after it" if typed.truth else ""
    raise AdqlError(f"a condition is needed here, and this is {typed.type}{hint}", typed.at)


def _brought_together(left: Typed, right: Typed, at: Place) -> tuple[Typed, Typed]:
    one, other = left.type, right.type
    if one.is_geometry or other.is_geometry or one.is_array or other.is_array:
        which = left if one.is_geometry or one.is_array else right
        hint = ": CONTAINS, INTERSECTS and DISTANCE compare geometries" if which.type.is_geometry else ""
        raise AdqlError(f"{which.type} can not be compared{hint}", which.at)
    if one.is_unknown or other.is_unknown or one.name == other.name:
        return left, right
    if one.is_number and other.is_number:
        return left, right
    for first, second, swapped in ((left, right, False), (right, left, True)):
        brought = _as_kind_of(first, second)
        if brought is not None:
            return (brought, first) if swapped else (first, brought)
    hint = ""
    if {left.type.is_text, right.type.is_text} == {True, False} and (one.is_number or other.is_number):
        text, number = (left, right) if one.is_text else (right, left)
        if number.constant is not None:
            hint = f": write '{number.constant}' in quotes"
        elif _is_number(text.constant):
            hint = ": write the number without quotes"
    raise AdqlError(f"{left.type} can not be compared with {right.type}{hint}", at)


def _is_number(constant: float | str | None) -> bool:
    return isinstance(constant, str) and re.fullmatch(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?", constant) is not None


def _as_kind_of(model: Typed, other: Typed) -> Typed | None:
    """The other value as one of the model's type, if that is what it means."""
    if model.type == TIMESTAMP and isinstance(other.constant, str):
        if not _ISO.fullmatch(other.constant):
            raise AdqlError(
                f"{other.constant!r} is no timestamp; write '2016-01-31' or '2016-01-31T12:00:00'", other.at
            )
        return replace(other, sql=write.cast(other.sql, TIMESTAMP), described=Described(type=TIMESTAMP))
    if model.type == BOOLEAN and other.type.is_number and other.constant in {0, 1}:
        return replace(other, sql="TRUE" if other.constant else "FALSE", described=_TRUE)
    return None
