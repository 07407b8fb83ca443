"""+ - * / % and ||: types, units, and what can not be computed is NULL."""

from __future__ import annotations

import math

from catalogdb.adql import units, write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.scope import Context
from catalogdb.adql.tree import Place
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import BIGINT, DOUBLE, VARCHAR, Described, Type, common_type


def combined(operator: str, left: Typed, right: Typed, context: Context) -> Typed:
    """Two values and what is between them; whole numbers are computed as BIGINT."""
    if operator == "||":
        return _concatenated(left, right)
    for side in (left, right):
        if not (side.type.is_number or side.type.is_unknown):
            raise AdqlError(_refusal(operator, left, right), side.at)
    wide = common_type(left.type, right.type)
    kind = BIGINT if wide is None or wide.is_whole else wide
    if wide is not None and wide.is_unknown:
        kind = DOUBLE
    if kind.is_whole and operator == "/":
        context.note("/ of two whole numbers drops the fraction; write 1.0 * for decimals", left.at)
    return Typed(
        sql=_written(operator, left, right, kind),
        described=Described(type=kind, unit=_unit(operator, left, right, context)),
        at=left.at,
        made_by=operator,
        parts=(left, right),
        constant=_folded(operator, left.constant, right.constant, kind),
    )


def negated(inner: Typed, at: Place) -> Typed:
    """The value with its sign changed."""
    constant = -inner.constant if isinstance(inner.constant, int | float) else None
    kind = BIGINT if inner.type.name == "SMALLINT" else inner.type
    sql = write.cast(inner.sql, kind) if kind != inner.type else inner.sql
    described = Described(
        type=kind, unit=inner.described.unit, ucd=None, about=None if inner.column else inner.described.about
    )
    return Typed(sql=f"(-{sql})", described=described, at=at, constant=constant, made_by="-", parts=(inner,))


def _written(operator: str, left: Typed, right: Typed, kind: Type) -> str:
    one, other = _as(left, kind, right), right.sql
    if right.type.is_unknown or left.type.is_unknown:
        one, other = write.cast(left.sql, kind), write.cast(right.sql, kind)
    if operator in "/%" and not right.constant:
        other = f"nullif({other}, 0)" if _short(other) else write.where_holds(other, "{x} <> 0")
    sign = "//" if operator == "/" and kind.is_whole else operator
    return f"({one} {sign} {other})"


def _short(sql: str) -> bool:
    # nullif is a CASE that has its argument twice.
    return len(sql) <= write.LONG and "random()" not in sql


def _as(typed: Typed, kind: Type, beside: Typed) -> str:
    """The text of an operand, brought to the type of the result unless the other operand does that."""
    if kind in {typed.type, beside.type}:
        return typed.sql
    return write.cast(typed.sql, kind)


def _concatenated(left: Typed, right: Typed) -> Typed:
    for side in (left, right):
        if not (side.type.is_text or side.type.is_number or side.type.is_unknown):
            raise AdqlError(f"|| joins character strings and numbers, and this is {side.type}", side.at)
    constant = None
    if isinstance(left.constant, str) and isinstance(right.constant, str):
        constant = left.constant + right.constant
    lengths = [side.type.length if side.type.is_text else None for side in (left, right)]
    length = None if None in lengths else sum(filter(None, lengths))
    return Typed(
        sql=f"({_as_text(left)} || {_as_text(right)})",
        described=Described(type=Type(VARCHAR.name, length)),
        at=left.at,
        made_by="||",
        parts=(left, right),
        constant=constant,
    )


def _as_text(side: Typed) -> str:
    return side.sql if side.type.is_text else write.cast(side.sql, VARCHAR)


def _refusal(operator: str, left: Typed, right: Typed) -> str:
    hint = "; || joins character strings" if operator == "+" and left.type.is_text else ""
    return f"{operator} needs numbers, and this is {left.type} {operator} {right.type}{hint}"


def _unit(operator: str, left: Typed, right: Typed, context: Context) -> str | None:
    one, other = left.described.unit, right.described.unit
    if operator == "%":
        return one
    if operator in "+-":
        if one == other or not other:
            return one
        if not one:
            return other
        context.note(f"{one} {operator} {other}: units differ, and are not converted", left.at)
        return None
    # What unit a literal has nobody says: 1000 / parallax may be in pc.
    if any(side.constant is not None and abs_(side.constant) != 1 for side in (left, right)):
        return "" if one == other == "" else None
    if one is None or other is None:
        return None
    return units.product(one, other) if operator == "*" else units.quotient(one, other)


def abs_(constant: float | str) -> float:
    """The size of a constant that is a number."""
    return abs(constant) if not isinstance(constant, str) else math.nan


def _folded(operator: str, left: float | str | None, right: float | str | None, kind: Type) -> float | None:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    try:
        match operator:
            case "+":
                found = left + right
            case "-":
                found = left - right
            case "*":
                found = left * right
            case "/":
                found = _whole_quotient(int(left), int(right)) if kind.is_whole else left / right
            case _:
                found = math.fmod(left, right) if kind.is_real else _whole_remainder(int(left), int(right))
    except (ArithmeticError, ValueError):
        return None
    return found if math.isfinite(found) and (kind.is_real or abs(found) < 2**63) else None


def _whole_quotient(left: int, right: int) -> int:
    size = abs(left) // abs(right)
    return size if (left < 0) == (right < 0) else -size


def _whole_remainder(left: int, right: int) -> int:
    return left - right * _whole_quotient(left, right)
