"""A function with its arguments: their number and types, its DuckDB text, and what is known of the result."""

from __future__ import annotations

import math
from dataclasses import replace

from catalogdb.adql import arithmetic, geometry, units, write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.functions import BY_NAME, GEOMETRY, Function
from catalogdb.adql.scope import Scope
from catalogdb.adql.tree import Call
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import DOUBLE, TIMESTAMP, VARCHAR, Described, Type, common_type
from catalogdb.adql.user_functions import call_user_function

MOST_DECIMALS = 300
"""Places before or after the point; a DOUBLE has no others."""

_KINDS = {"number": "a number", "whole": "a whole number", "text": "a character string"}


def call(node: Call, arguments: tuple[Typed, ...], scope: Scope) -> Typed:
    """The function's value; raises AdqlError for one that there is not, and for wrong arguments."""
    if node.is_own:
        return call_user_function(node, arguments, scope)
    if node.name in GEOMETRY:
        return geometry.resolve_geometry(node, arguments)
    match node.name:
        case "COALESCE":
            return _coalesce(node, arguments)
        case "IN_UNIT":
            return _in_unit(node, *arguments)
        case "TIMESTAMP":
            return _timestamp(node, arguments[0])
        case "MOD":
            _check(BY_NAME["MOD"], node, arguments)
            found = arithmetic.combined("%", arguments[0], arguments[1], scope.context)
            return replace(found, at=node.at, made_by="MOD")
    if node.name == "RAND" and arguments:
        scope.context.note("the seed of RAND is not used", node.at)
    return _from_table(BY_NAME[node.name], node, arguments)


def _from_table(function: Function, node: Call, arguments: tuple[Typed, ...]) -> Typed:
    _check(function, node, arguments)
    first = arguments[0] if arguments else None
    kind = Type(function.result)
    if function.result == "same" and first is not None:
        kind = first.type
        if kind.is_unknown:
            kind = VARCHAR if function.parameters[0] == "text" else DOUBLE
    written = [_argument(each, i, function) for i, each in enumerate(arguments)]
    template = function.sql
    if len(written) < len(function.parameters):
        template = template.replace(", {1}", "")
    sql = template.format(*written)
    if function.finite:
        sql = write.where_holds(sql, "isfinite({x})")
    if kind.is_whole and function.name in {"CEILING", "FLOOR"}:
        sql = written[0]
    return Typed(
        sql=sql,
        described=Described(type=kind, unit=_unit(function, arguments)),
        at=node.at,
        made_by=node.name,
        parts=arguments,
        constant=_folded(function, arguments),
    )


def _argument(typed: Typed, index: int, function: Function) -> str:
    sql = typed.sql
    if typed.type.is_unknown:
        sql = write.cast(sql, VARCHAR if function.parameters[index] == "text" else DOUBLE)
    if function.domain and index == 0 and _folded(function, (typed,)) is None:
        sql = write.where_holds(sql, function.domain)
    return sql


def _check(function: Function, node: Call, arguments: tuple[Typed, ...]) -> None:
    most = len(function.parameters)
    least = most if function.least is None else function.least
    if not least <= len(arguments) <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        raise AdqlError(f"{node.name} takes {wanted} arguments, these are {len(arguments)}", node.at)
    decimals = arguments[1].constant if node.name in {"ROUND", "TRUNCATE"} and len(arguments) > 1 else 0
    if abs(int(decimals or 0)) > MOST_DECIMALS:
        raise AdqlError(
            f"{node.name}: decimals are from -{MOST_DECIMALS} to {MOST_DECIMALS}", arguments[1].at
        )
    for typed, kind in zip(arguments, function.parameters, strict=False):
        fits = {"number": typed.type.is_number, "whole": typed.type.is_whole, "text": typed.type.is_text}
        if not (fits[kind] or typed.type.is_unknown):
            raise AdqlError(f"{node.name} needs {_KINDS[kind]}, and this is {typed.type}", typed.at)


def _unit(function: Function, arguments: tuple[Typed, ...]) -> str | None:
    if function.unit != "same" and function.unit is not None:
        return function.unit
    first = arguments[0].described.unit if arguments else None
    if function.unit == "same" or first is None:
        return first
    if function.name == "SQRT":
        return units.power(first, 0.5)
    exponent = arguments[1].constant if function.name == "POWER" else None
    if first == "":
        return "" if function.name == "POWER" else None
    return units.power(first, float(exponent)) if isinstance(exponent, int | float) else None


def _folded(function: Function, arguments: tuple[Typed, ...]) -> float | None:
    given = [each.constant for each in arguments]
    if function.folded is None or not all(isinstance(each, int | float) for each in given):
        return None
    try:
        found = function.folded(*given)
    except (ValueError, ArithmeticError):
        return None
    return found if math.isfinite(found) else None


def _coalesce(node: Call, arguments: tuple[Typed, ...]) -> Typed:
    kind = arguments[0].type
    for each in arguments[1:]:
        wider = common_type(kind, each.type)
        if wider is None:
            raise AdqlError(
                f"the values of COALESCE must be of one kind: this is {each.type}, not {kind}", each.at
            )
        kind = wider
    known = [each.described for each in arguments if each.constant is None and not each.type.is_unknown]
    unit = known[0].unit if known and all(d.unit == known[0].unit for d in known) else None
    ucd = known[0].ucd if known and all(d.ucd == known[0].ucd for d in known) else None
    about = known[0].about if len(known) == 1 else None
    written = [
        each.sql
        if each.type.sql == kind.sql and not each.type.is_unknown
        else "NULL"
        if each.type.is_unknown
        else write.cast(each.sql, kind)
        for each in arguments
    ]
    described = Described(type=kind, unit=unit, ucd=ucd, about=about)
    return Typed(
        sql=f"coalesce({', '.join(written)})",
        described=described,
        at=node.at,
        made_by="COALESCE",
        parts=arguments,
    )


def _in_unit(node: Call, value: Typed, unit: Typed) -> Typed:
    target = str(unit.constant)
    if not value.type.is_number:
        raise AdqlError(f"IN_UNIT needs a number, and this is {value.type}", value.at)
    source = value.described.unit
    if source is None:
        raise AdqlError("the unit of this value is not known: IN_UNIT can not convert it", value.at)
    try:
        factor = units.factor(source, target)
    except ValueError as error:
        raise AdqlError(f"IN_UNIT can not convert {source!r} to {target!r}: {error}", unit.at) from None
    known = value.described
    described = Described(type=DOUBLE, unit=target, ucd=known.ucd, about=known.about)
    constant = value.constant * factor if isinstance(value.constant, int | float) else None
    return Typed(
        sql=f"({value.sql} * {write.real(factor)})",
        described=described,
        at=node.at,
        made_by="IN_UNIT",
        parts=(value,),
        constant=constant,
    )


def _timestamp(node: Call, value: Typed) -> Typed:
    if not (value.type.is_text or value.type == TIMESTAMP):
        raise AdqlError(f"TIMESTAMP needs a character string, and this is {value.type}", value.at)
    return Typed(
        sql=write.cast(value.sql, TIMESTAMP), described=Described(type=TIMESTAMP), at=node.at, parts=(value,)
    )
