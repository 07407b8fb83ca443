"""Functions that ADQL itself does not know: how one is declared, and how a call finds its declaration."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from catalogdb.adql import write
from catalogdb.adql.aggregates import refuse_where_forbidden
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.scope import Scope
from catalogdb.adql.tree import Call
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import DOUBLE, TIMESTAMP, VARCHAR, Described, Type
from catalogdb.errors import did_you_mean

_FORM = re.compile(r"(\w+)\((.*)\) -> (\w+)(\[\d*\])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFunction:
    """A function by its `form`, as TAPRegExt has it: `name(argument TYPE, ...) -> TYPE`.

    `sql` is its DuckDB text with arguments as {argument}; where more is needed `written` makes it of the
    arguments, and may raise AdqlError. A result of 1 or 0 has its condition in `sql` instead, and `is_truth`.
    `constants` are the arguments that must be literals.
    """

    form: str
    about: str
    sql: str = ""
    written: Callable[[Call, tuple[Typed, ...]], str] | None = None
    constants: tuple[str, ...] = ()
    unit: str | None = None
    ucd: str | None = None
    is_truth: bool = False
    is_aggregate: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return self._parts()[0]

    @property
    def parameters(self) -> tuple[tuple[str, str], ...]:
        """The name and type of each argument."""
        return tuple((p.split()[0], p.split()[1]) for p in self._parts()[1].split(", "))

    def result(self, arguments: tuple[Typed, ...]) -> Type:
        """The type of the result; GEOMETRY is that of the geometry among the arguments."""
        _, _, name, array = self._parts()
        if name == "GEOMETRY":
            return next(each.type for each in arguments if each.type.is_geometry)
        return Type(name, is_array=bool(array))

    def _parts(self) -> tuple[str, str, str, str | None]:
        found = _FORM.fullmatch(self.form)
        assert found is not None, self.form
        return found[1], found[2], found[3], found[4]

    def misfit(self, arguments: tuple[Typed, ...]) -> AdqlError | None:
        """What is wrong with the types of the arguments, of which there are as many as it takes."""
        for (name, kind), typed in zip(self.parameters, arguments, strict=True):
            if not _fits(typed, kind):
                return AdqlError(
                    f"{self.name}: {name} is to be {_KINDS[kind]}, and this is {typed.type}", typed.at
                )
            if name in self.constants and typed.constant is None:
                return AdqlError(f"{self.name}: {name} is to be a literal", typed.at)
        return None


_KINDS = {
    "INTEGER": "a whole number",
    "BIGINT": "a whole number",
    "DOUBLE": "a number",
    "VARCHAR": "a character string",
    "TIMESTAMP": "a timestamp",
    "POINT": "a point",
    "GEOMETRY": "a geometry",
}


def _fits(typed: Typed, kind: str) -> bool:
    given = typed.type
    return (
        given.is_unknown
        or {
            "INTEGER": given.is_whole,
            "BIGINT": given.is_whole,
            "DOUBLE": given.is_number,
            "VARCHAR": given.is_text,
            "TIMESTAMP": given == TIMESTAMP or given.is_text,
            "POINT": given.name == "POINT" and given.is_geometry,
            "GEOMETRY": given.is_geometry,
        }[kind]
    )


def call_user_function(node: Call, arguments: tuple[Typed, ...], scope: Scope) -> Typed:
    """The function's value; raises AdqlError for one that there is not, and for wrong arguments."""
    from catalogdb.adql.ivo_functions import USER_FUNCTIONS

    forms = [each for each in USER_FUNCTIONS if each.name == node.name.lower()]
    if not forms:
        names = {each.name for each in USER_FUNCTIONS} | _adql_names()
        raise AdqlError(f"there is no function {node.name}{did_you_mean(node.name, names)}", node.at)
    fitting = [each for each in forms if len(each.parameters) == len(arguments)]
    if not fitting:
        shown = " or ".join(each.form for each in forms)
        raise AdqlError(f"{node.name} has {len(arguments)} arguments here; it is {shown}", node.at)
    misfits = [each.misfit(arguments) for each in fitting]
    for function, misfit in zip(fitting, misfits, strict=True):
        if misfit is None:
            return _called(function, node, arguments, scope)
    raise next(each for each in misfits if each is not None)


def _adql_names() -> set[str]:
    from catalogdb.adql.functions import BY_NAME, GEOMETRY

    return {*BY_NAME, *GEOMETRY, "COALESCE", "IN_UNIT"}


def _called(function: UserFunction, node: Call, arguments: tuple[Typed, ...], scope: Scope) -> Typed:
    if function.is_aggregate:
        refuse_where_forbidden(function.name, scope, node)
    given = tuple(
        replace(typed, sql=_argument(typed, kind))
        for typed, (_, kind) in zip(arguments, function.parameters, strict=True)
    )
    if function.written is not None:
        sql = function.written(node, given)
    else:
        names = [name for name, _ in function.parameters]
        sql = function.sql.format(**{n: typed.sql for n, typed in zip(names, given, strict=True)})
    described = Described(type=function.result(arguments), unit=function.unit, ucd=function.ucd)
    return Typed(
        sql=write.flags(sql) if function.is_truth else sql,
        described=described,
        at=node.at,
        made_by=function.name,
        parts=arguments,
        truth=f"({sql})" if function.is_truth else "",
        has_aggregate=function.is_aggregate,
    )


def _argument(typed: Typed, kind: str) -> str:
    if kind == "TIMESTAMP" and typed.type != TIMESTAMP:
        return write.cast(typed.sql, TIMESTAMP)
    if typed.type.is_unknown:
        return write.cast(typed.sql, {"DOUBLE": DOUBLE, "VARCHAR": VARCHAR}.get(kind, Type("BIGINT")))
    return typed.sql
