"""Queries: SELECT with its order and limits, set operations, WITH; their columns, and their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from catalogdb.adql import write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.outputs import Output, output_named
from catalogdb.adql.scope import Context, Scope
from catalogdb.adql.selects import ResolvedSelect, resolve_select
from catalogdb.adql.tree import Body, ColumnReference, Number, OrderTerm, Query, Select, SetOperation, With
from catalogdb.adql.typed import Loose
from catalogdb.adql.types import Type, common_type

LONGEST_CHAIN = 100
"""Set operations in a row."""


@dataclass(frozen=True, slots=True)
class ResolvedQuery:
    """A query whose names and types are known; `loose` are the columns it takes from queries around it."""

    columns: tuple[Output, ...]
    body: ResolvedSelect | ResolvedSet | ResolvedQuery
    order: str = ""
    limits: str = ""
    named: str = ""
    loose: tuple[Loose, ...] = field(default=())

    def text(self, kinds: Sequence[Type] | None = None) -> str:
        """The query for DuckDB, its columns brought to `kinds`."""
        body = self.body.text(kinds)
        if isinstance(self.body, ResolvedQuery) and (self.order or self.limits):
            body = f"SELECT * FROM ({body})"
        return " ".join(filter(None, (self.named, body, self.order, self.limits)))


@dataclass(frozen=True, slots=True)
class ResolvedSet:
    """Two queries as sets of rows."""

    columns: tuple[Output, ...]
    words: str
    left: ResolvedSelect | ResolvedSet | ResolvedQuery
    right: ResolvedSelect | ResolvedSet | ResolvedQuery
    loose: tuple[Loose, ...]

    def text(self, kinds: Sequence[Type] | None = None) -> str:
        """The operation for DuckDB, the columns of both sides brought to the same types."""
        wanted = tuple(kinds or (column.described.type for column in self.columns))
        return f"({self.left.text(wanted)}) {self.words} ({self.right.text(wanted)})"


def resolve_query(query: Query, outer: Scope | None, context: Context) -> ResolvedQuery:
    """Return the query with names and types known; raises AdqlError."""
    named = ", ".join(_named(each, context) for each in query.named)
    with_ = f"WITH {named}" if named else ""
    body = query.body
    if isinstance(body, Select):
        select = resolve_select(body, query.order_by, outer, context)
        limits = _limits(body.top, query.offset)
        return ResolvedQuery(select.columns, select, select.order, limits, with_, select.loose)
    resolved = _body(body, outer, context)
    order = _order(query.order_by, resolved.columns)
    return ResolvedQuery(
        resolved.columns, resolved, order, _limits(None, query.offset), with_, resolved.loose
    )


def _named(each: With, context: Context) -> str:
    name = each.name.text.lower()
    if name in context.named:
        raise AdqlError(f"WITH names two queries {each.name.text}", each.at)
    resolved = resolve_query(each.query, None, context)
    context.named[name] = resolved
    return f"{write.name(name)} AS ({resolved.text()})"


def _limits(top: int | None, offset: int | None) -> str:
    limit = "" if top is None else f"LIMIT {top}"
    skip = "" if offset is None else f"OFFSET {offset}"
    return " ".join(filter(None, (limit, skip)))


def _body(body: Body, outer: Scope | None, context: Context) -> ResolvedSelect | ResolvedSet | ResolvedQuery:
    if isinstance(body, Query):
        return resolve_query(body, outer, context)
    if isinstance(body, Select):
        if body.top is None:
            return resolve_select(body, (), outer, context)
        return resolve_query(Query(body, at=body.at), outer, context)
    # A chain of operations leans to the left, as deep as it is long.
    chain = [body]
    while isinstance(chain[-1].left, SetOperation):
        chain.append(chain[-1].left)
        if len(chain) > LONGEST_CHAIN:
            raise AdqlError(f"more than {LONGEST_CHAIN} set operations in a row", body.at)
    found = _body(chain[-1].left, outer, context)
    for each in reversed(chain):
        found = _combined(each, found, _body(each.right, outer, context))
    return found


def _combined(
    node: SetOperation,
    left: ResolvedSelect | ResolvedSet | ResolvedQuery,
    right: ResolvedSelect | ResolvedSet | ResolvedQuery,
) -> ResolvedSet:
    if len(left.columns) != len(right.columns):
        counts = f"{len(left.columns)} and {len(right.columns)}"
        raise AdqlError(
            f"{node.operator} needs as many columns on both sides; these are {counts}", node.right.at
        )
    columns = tuple(
        _both(node, i, one, other)
        for i, (one, other) in enumerate(zip(left.columns, right.columns, strict=True), 1)
    )
    words = f"{node.operator} ALL" if node.keeps_all else node.operator
    return ResolvedSet(columns, words, left, right, (*left.loose, *right.loose))


def _both(node: SetOperation, number: int, left: Output, right: Output) -> Output:
    one, other = left.described, right.described
    kind = common_type(one.type, other.type)
    if kind is None:
        reason = f"{node.operator}: column {number} is {one.type} on the left and {other.type} on the right"
        raise AdqlError(reason, node.right.at)
    # What only one of them says is true of half the rows.
    kept = {
        key: getattr(one, key) if getattr(one, key) == getattr(other, key) else None
        for key in ("unit", "ucd", "about", "utype")
    }
    if one.type.is_unknown:
        kept = {key: getattr(other, key) for key in kept}
    elif other.type.is_unknown:
        kept = {key: getattr(one, key) for key in kept}
    return replace(left, described=one.but(type=kind, **kept))


def _order(terms: Sequence[OrderTerm], columns: Sequence[Output]) -> str:
    """ORDER BY of a set operation, which has no tables to name columns of."""
    written = []
    for term in terms:
        found = output_named(term, columns)
        if found is None:
            if isinstance(term.value, ColumnReference | Number):
                names = ", ".join(column.name for column in columns)
                raise AdqlError(f"ORDER BY names none of the columns: {names}", term.at)
            raise AdqlError("ORDER BY after a set operation names columns of the result alone", term.at)
        written.append(f"{found}{' DESC' if term.descends else ''} NULLS LAST")
    return f"ORDER BY {', '.join(written)}" if written else ""
