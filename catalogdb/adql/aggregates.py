"""AVG, COUNT, MAX, MIN and SUM: of what, of which type and unit."""

from __future__ import annotations

from collections.abc import Callable

from catalogdb.adql import write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.scope import Scope
from catalogdb.adql.tree import Aggregate, Operand
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import BIGINT, DOUBLE, Described

_STATISTIC = {"MIN": "stat.min", "MAX": "stat.max", "AVG": "stat.mean"}
_ABOUT = {"MIN": "Smallest", "MAX": "Largest", "AVG": "Mean", "SUM": "Sum"}


def aggregate(node: Aggregate, scope: Scope, value: Callable[[Operand, Scope], Typed]) -> Typed:
    """The aggregate; raises AdqlError where there can be none, and for what it can not be of."""
    refuse_where_forbidden(node.name, scope, node)
    if node.value is None:
        return _typed(node, scope, "count(*)", _COUNT, None)
    inside = scope.but(forbids="within another aggregate", keys=frozenset())
    inner = value(node.value, inside)
    if inner.has_aggregate:
        raise AdqlError("an aggregate can not stand within another aggregate", node.at)
    quantifier = "DISTINCT " if node.is_distinct else ""
    written = f"{node.name.lower()}({quantifier}{inner.sql})"
    kind = inner.type
    if node.name == "COUNT":
        return _typed(node, scope, written, _COUNT, inner)
    if node.name in {"MIN", "MAX"}:
        if kind.is_geometry or kind.is_array:
            raise AdqlError(f"{node.name} needs values that have an order, and this is {kind}", inner.at)
        return _typed(node, scope, written, _described(node.name, inner), inner)
    if not (kind.is_number or kind.is_unknown):
        raise AdqlError(f"{node.name} needs a number, and this is {kind}", inner.at)
    if node.name == "SUM" and kind.is_whole:
        # DuckDB adds whole numbers up to a type that VOTable has not.
        described = _described("SUM", inner).but(type=BIGINT)
        return _typed(node, scope, write.cast(written, BIGINT), described, inner)
    return _typed(node, scope, written, _described(node.name, inner).but(type=DOUBLE), inner)


def refuse_where_forbidden(name: str, scope: Scope, node: Aggregate | Operand) -> None:
    """Raise AdqlError if there can be no aggregate here."""
    if scope.forbids:
        hint = "; HAVING tests groups" if scope.forbids == "in WHERE" else ""
        raise AdqlError(f"the aggregate {name} can not stand {scope.forbids}{hint}", node.at)


_COUNT = Described(type=BIGINT, unit="", ucd="meta.number", about="Number of rows")


def _described(name: str, inner: Typed) -> Described:
    known = inner.described
    ucd = None
    if known.ucd and name in _STATISTIC:
        # These are second words in the vocabulary. A mean of the main position is not the main position.
        ucd = f"{known.ucd.replace(';meta.main', '')};{_STATISTIC[name]}"
    about = f"{_ABOUT[name]} of: {known.about}" if known.about else None
    return Described(type=known.type, unit=known.unit, ucd=ucd, about=about)


def _typed(node: Aggregate, scope: Scope, sql: str, described: Described, inner: Typed | None) -> Typed:
    # Columns of this SELECT are aggregated now; those of the queries around it are not.
    outer = tuple(each for each in inner.loose if each.scope != scope.number) if inner else ()
    return Typed(
        sql=sql,
        described=described,
        at=node.at,
        made_by=node.name,
        parts=(inner,) if inner else (),
        loose=outer,
        has_aggregate=True,
    )
