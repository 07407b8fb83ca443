"""Values and conditions: each node of the tree to its DuckDB text, checked and described."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from catalogdb.adql import write
from catalogdb.adql.aggregates import aggregate
from catalogdb.adql.arithmetic import combined, negated
from catalogdb.adql.calls import call
from catalogdb.adql.casts import cast
from catalogdb.adql.comparisons import compared, condition_of, liked, within
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.forms import check_nesting
from catalogdb.adql.scope import Scope
from catalogdb.adql.tree import (
    Aggregate,
    Arithmetic,
    Between,
    Call,
    Case,
    Cast,
    ColumnReference,
    Comparison,
    Condition,
    Exists,
    InList,
    InQuery,
    IsNull,
    Like,
    Logical,
    Node,
    Not,
    Null,
    Number,
    Operand,
    Query,
    Signed,
    Subquery,
    Text,
    Truth,
)
from catalogdb.adql.typed import Typed
from catalogdb.adql.types import BIGINT, BOOLEAN, DOUBLE, INTEGER, NULL, VARCHAR, Described, common_type

LONGEST = 500
"""Operators in a row; DuckDB itself takes a thousand."""

MOST_CONDITIONS = {"AND": 500, "OR": 5000}
"""Conditions in a row. DuckDB compares each that must hold with each other: 2,000 took 6 s and 2 GB."""


def value(node: Operand, scope: Scope) -> Typed:
    """The value of a node; raises AdqlError."""
    typed = _HANDLERS[type(node)](node, scope)
    if len(typed.sql) > scope.context.longest:
        raise AdqlError("the value is too long: compute a part of it in a subquery", node.at)
    if typed.sql in scope.keys:
        # It is what the rows are grouped by, so that its columns need no aggregate.
        return replace(typed, loose=tuple(each for each in typed.loose if each.scope != scope.number))
    return typed


def condition(node: Operand, scope: Scope) -> Typed:
    """A condition, or a value that is true or false in its place; raises AdqlError."""
    typed = value(node, scope)
    return typed if isinstance(node, Condition) else condition_of(typed)


def conjuncts(node: Operand, scope: Scope) -> tuple[Typed, ...]:
    """The conditions that all must hold."""
    if not (isinstance(node, Logical) and node.operator == "AND"):
        return (condition(node, scope),)
    _check_length(node)
    found = tuple(each for part in node.conditions for each in conjuncts(part, scope))
    if len(found) > MOST_CONDITIONS["AND"]:
        raise AdqlError(f"more than {MOST_CONDITIONS['AND']} conditions that all must hold", node.at)
    return found


def _check_length(node: Logical) -> None:
    most = MOST_CONDITIONS[node.operator]
    if len(node.conditions) > most:
        hint = "; IN takes a list of any length" if node.operator == "OR" else ""
        raise AdqlError(f"more than {most} conditions joined by {node.operator}{hint}", node.at)


def _merged(typed: Typed, parts: Iterable[Typed]) -> Typed:
    """The value with what is told of its parts: columns outside of aggregates, and whether there are such."""
    given = list(parts)
    loose = tuple(each for part in given for each in part.loose)
    return replace(typed, loose=loose, has_aggregate=any(part.has_aggregate for part in given))


# Literals and columns


def _number(node: Number, _scope: Scope) -> Typed:
    if node.text.isdigit() and int(node.text) < 2**63:
        whole = int(node.text)
        kind = INTEGER if whole < 2**31 else BIGINT
        return Typed(
            sql=write.whole(whole), described=Described(type=kind, unit=""), at=node.at, constant=whole
        )
    real = float(node.text)
    if real == float("inf"):
        raise AdqlError(f"{node.text} is more than a DOUBLE can be", node.at)
    return Typed(sql=write.real(real), described=Described(type=DOUBLE, unit=""), at=node.at, constant=real)


def _text(node: Text, _scope: Scope) -> Typed:
    kind = replace(VARCHAR, length=len(node.text))
    return Typed(sql=write.text(node.text), described=Described(type=kind), at=node.at, constant=node.text)


def _null(node: Null, _scope: Scope) -> Typed:
    return Typed(sql="NULL", described=Described(type=NULL), at=node.at)


def _truth(node: Truth, _scope: Scope) -> Typed:
    return Typed(sql="TRUE" if node.is_true else "FALSE", described=Described(type=BOOLEAN), at=node.at)


def _column(node: ColumnReference, scope: Scope) -> Typed:
    return scope.column(node)


# Arithmetic


def _arithmetic(node: Arithmetic, scope: Scope) -> Typed:
    # A chain leans to the left, as deep as it is long.
    chain = [node]
    while isinstance(chain[-1].left, Arithmetic):
        chain.append(chain[-1].left)
        if len(chain) > LONGEST:
            raise AdqlError(f"more than {LONGEST} operators in a row", node.at)
    typed = value(chain[-1].left, scope)
    for each in reversed(chain):
        right = value(each.right, scope)
        joined = _merged(combined(each.operator, typed, right, scope.context), (typed, right))
        if joined.sql in scope.keys:
            joined = replace(joined, loose=tuple(x for x in joined.loose if x.scope != scope.number))
        typed = joined
    return typed


def _signed(node: Signed, scope: Scope) -> Typed:
    inner = value(node.value, scope)
    if not (inner.type.is_number or inner.type.is_unknown):
        raise AdqlError(f"a sign needs a number, and this is {inner.type}", node.at)
    if node.sign == "+":
        return replace(inner, at=node.at)
    return _merged(negated(inner, node.at), (inner,))


# Functions


def _call(node: Call, scope: Scope) -> Typed:
    check_nesting(node)
    arguments = tuple(value(each, scope) for each in node.arguments)
    found = call(node, arguments, scope)
    if not found.has_aggregate:
        return _merged(found, arguments)
    if any(each.has_aggregate for each in arguments):
        raise AdqlError("an aggregate can not stand within another aggregate", node.at)
    outer = tuple(x for each in arguments for x in each.loose if x.scope != scope.number)
    return replace(found, loose=outer)


def _aggregate(node: Aggregate, scope: Scope) -> Typed:
    return aggregate(node, scope, value)


def _cast(node: Cast, scope: Scope) -> Typed:
    inner = value(node.value, scope)
    return _merged(cast(node, inner), (inner,))


def _case(node: Case, scope: Scope) -> Typed:
    parts: list[Typed] = []
    subject = None if node.subject is None else value(node.subject, scope)
    written, results = [], []
    for test, result in node.branches:
        if subject is None:
            holds = condition(test, scope)
            parts.append(holds)
        else:
            other = value(test, scope)
            parts.append(other)
            holds = compared("=", subject, other, test.at)
        results.append(value(result, scope))
        written.append(holds.sql)
    otherwise = None if node.otherwise is None else value(node.otherwise, scope)
    every = [*results, *([otherwise] if otherwise else [])]
    kind = every[0].type
    for each in every[1:]:
        wider = common_type(kind, each.type)
        if wider is None:
            raise AdqlError(f"one value of CASE is {kind}, and this is {each.type}", each.at)
        kind = wider
    branches = " ".join(
        f"WHEN {test} THEN {to_type(r, kind)}" for test, r in zip(written, results, strict=True)
    )
    rest = f" ELSE {to_type(otherwise, kind)}" if otherwise else ""
    units = {each.described.unit for each in every if not each.type.is_unknown and each.constant is None}
    described = Described(type=kind, unit=units.pop() if len(units) == 1 else None)
    typed = Typed(sql=f"(CASE {branches}{rest} END)", described=described, at=node.at, made_by="CASE")
    return _merged(typed, [*([subject] if subject else []), *parts, *every])


def to_type(typed: Typed, kind: Any) -> str:
    """The text of a value as that type."""
    return (
        typed.sql if typed.type.sql == kind.sql and not typed.type.is_unknown else write.cast(typed.sql, kind)
    )


# Conditions


def _comparison(node: Comparison, scope: Scope) -> Typed:
    left, right = value(node.left, scope), value(node.right, scope)
    return _merged(compared(node.operator, left, right, node.at), (left, right))


def _logical(node: Logical, scope: Scope) -> Typed:
    _check_length(node)
    parts = [condition(each, scope) for each in node.conditions]
    sql = f"({f' {node.operator} '.join(part.sql for part in parts)})"
    typed = Typed(sql=sql, described=_true, at=node.at, made_by=node.operator, parts=tuple(parts))
    return _merged(typed, parts)


def _not(node: Not, scope: Scope) -> Typed:
    inner: Operand = node
    times = 0
    while isinstance(inner, Not):
        times, inner = times + 1, inner.condition
    part = condition(inner, scope)
    if times % 2 == 0:
        return part
    typed = Typed(sql=f"(NOT {part.sql})", described=_true, at=node.at, made_by="NOT", parts=(part,))
    return _merged(typed, (part,))


def _between(node: Between, scope: Scope) -> Typed:
    parts = tuple(value(each, scope) for each in (node.value, node.low, node.high))
    return _merged(within(parts[0], parts[1], parts[2], node), parts)


def _in_list(node: InList, scope: Scope) -> Typed:
    first = value(node.value, scope)
    others = [value(each, scope) for each in node.others]
    written = []
    for each in others:
        equal = compared("=", first, each, each.at)
        written.append(equal.parts[1].sql)
    # A value may have been brought to another type for the comparison, such as a text to a timestamp.
    subject = compared("=", first, others[0], node.at).parts[0].sql
    words = "NOT IN" if node.is_negated else "IN"
    typed = Typed(
        sql=f"({subject} {words} ({', '.join(written)}))",
        described=_true,
        at=node.at,
        made_by=words,
        parts=(first, *others),
    )
    return _merged(typed, (first, *others))


def _in_query(node: InQuery, scope: Scope) -> Typed:
    first = value(node.value, scope)
    inner = _one_column(node.query, scope, "IN")
    compared("=", first, inner, node.at)
    words = "NOT IN" if node.is_negated else "IN"
    typed = Typed(sql=f"({first.sql} {words} {inner.sql})", described=_true, at=node.at, made_by=words)
    return _merged(typed, (first, inner))


def _like(node: Like, scope: Scope) -> Typed:
    parts = value(node.value, scope), value(node.pattern, scope)
    return _merged(liked(parts[0], parts[1], node), parts)


def _is_null(node: IsNull, scope: Scope) -> Typed:
    part = value(node.value, scope)
    words = "IS NOT NULL" if node.is_negated else "IS NULL"
    typed = Typed(sql=f"({part.sql} {words})", described=_true, at=node.at, made_by=words, parts=(part,))
    return _merged(typed, (part,))


def _exists(node: Exists, scope: Scope) -> Typed:
    resolved = scope.context.resolve_query(node.query, scope, scope.context)
    sql = f"EXISTS ({resolved.text()})"
    return Typed(sql=sql, described=_true, at=node.at, made_by="EXISTS", loose=resolved.loose)


def _subquery(node: Subquery, scope: Scope) -> Typed:
    return _one_column(node.query, scope, "a subquery that stands for a value")


def _one_column(query: Query, scope: Scope, who: str) -> Typed:
    resolved = scope.context.resolve_query(query, scope, scope.context)
    if len(resolved.columns) != 1:
        raise AdqlError(f"{who} needs a query of one column; this has {len(resolved.columns)}", query.at)
    described = resolved.columns[0].described
    return Typed(sql=f"({resolved.text()})", described=described, at=query.at, loose=resolved.loose)


_true = Described(type=BOOLEAN)

_HANDLERS: dict[type[Node], Callable[[Any, Scope], Typed]] = {
    Number: _number,
    Text: _text,
    Null: _null,
    Truth: _truth,
    ColumnReference: _column,
    Arithmetic: _arithmetic,
    Signed: _signed,
    Call: _call,
    Aggregate: _aggregate,
    Cast: _cast,
    Case: _case,
    Subquery: _subquery,
    Comparison: _comparison,
    Logical: _logical,
    Not: _not,
    Between: _between,
    InList: _in_list,
    InQuery: _in_query,
    Like: _like,
    IsNull: _is_null,
    Exists: _exists,
}
