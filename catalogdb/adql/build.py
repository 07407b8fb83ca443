"""From what the parser finds to the tree of the query: a method for each rule of the grammar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from lark import Token, Transformer, v_args

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.forms import check_call, check_names, check_operands, may_be_true, text_of
from catalogdb.adql.tree import (
    Aggregate,
    AllColumns,
    Arithmetic,
    Between,
    Call,
    Case,
    Cast,
    ColumnReference,
    Comparison,
    Condition,
    DerivedColumn,
    DerivedTable,
    Exists,
    InList,
    InQuery,
    IsNull,
    Join,
    Like,
    Logical,
    Name,
    Names,
    Node,
    Not,
    Null,
    Number,
    OrderTerm,
    Place,
    Query,
    Select,
    SetOperation,
    Signed,
    Subquery,
    TableName,
    Text,
    Truth,
    Value,
    With,
)

T = TypeVar("T")


def place(part: Token | Node) -> Place:
    """Where a part begins."""
    return part.at if isinstance(part, Node) else Place(part.line or 1, part.column or 1)


@v_args(inline=True)
class Builder(Transformer[Token, Query]):
    """Makes the tree; what the grammar can not tell apart, a value from a condition, is told apart here."""

    def __init__(self, *, strict: bool) -> None:
        super().__init__()
        self.is_strict = strict

    # Queries

    def query_specification(self, named: tuple[With, ...] | None, query: Query) -> Query:
        return Query(
            query.body, query.order_by, query.offset, named or (), at=named[0].at if named else query.at
        )

    def with_clause(self, *queries: With) -> tuple[With, ...]:
        return queries

    def with_query(self, name: Name, query: Query) -> With:
        return With(name, query, at=name.at)

    def select_expression(self, body: Any, order: tuple[OrderTerm, ...] | None, offset: int | None) -> Query:
        return Query(body, order or (), offset, at=body.at)

    def union(self, left: Any, keeps_all: Token | None, right: Any) -> SetOperation:
        return SetOperation("UNION", keeps_all is not None, left, right, at=left.at)

    def except_rows(self, left: Any, keeps_all: Token | None, right: Any) -> SetOperation:
        return SetOperation("EXCEPT", keeps_all is not None, left, right, at=left.at)

    def intersect(self, left: Any, keeps_all: Token | None, right: Any) -> SetOperation:
        return SetOperation("INTERSECT", keeps_all is not None, left, right, at=left.at)

    def subquery(self, query: Query) -> Query:
        return query

    def select_query(
        self,
        word: Token,
        quantifier: bool | None,
        top: int | None,
        columns: tuple[Any, ...],
        *clauses: Any,
    ) -> Select:
        tables, where, group_by, having = clauses
        return Select(
            columns, tables or (), bool(quantifier), top, where, group_by or (), having, at=place(word)
        )

    def select_limited(self, word: Token, top: int, quantifier: bool, *rest: Any) -> Select:
        return self.select_query(word, quantifier, top, *rest)

    def set_quantifier(self, word: Token) -> bool:
        return word.upper() == "DISTINCT"

    def set_limit(self, count: Token) -> int:
        return _whole(count)

    def offset_clause(self, count: Token) -> int:
        return _whole(count)

    def select_list(self, *columns: Any) -> tuple[Any, ...]:
        return columns

    def asterisk(self, sign: Token) -> AllColumns:
        return AllColumns(at=place(sign))

    def all_of_table(self, names: Names, _sign: Token) -> AllColumns:
        return AllColumns(check_names(names, 3, "table"), at=names[0].at)

    def derived_column(self, value: Value, alias: Name | None) -> DerivedColumn:
        return DerivedColumn(self._value(value), alias, at=value.at)

    def as_clause(self, name: Name) -> Name:
        return name

    correlation_specification = as_clause

    # Tables

    def from_clause(self, *tables: Any) -> tuple[Any, ...]:
        return tables

    def table_name(self, names: Names, alias: Name | None) -> TableName:
        return TableName(check_names(names, 3, "table"), alias, at=names[0].at)

    def derived_table(self, query: Query, alias: Name | None = None) -> DerivedTable:
        return DerivedTable(query, alias, at=query.at)

    def qualified_join(self, left: Any, kind: str | None, right: Any, how: Any) -> Join:
        condition, using = (None, how) if isinstance(how, tuple) else (how, ())
        return Join(kind or "INNER", left, right, condition, using, at=left.at)  # type: ignore[arg-type]

    def natural_join(self, left: Any, kind: str | None, right: Any) -> Join:
        return Join(kind or "INNER", left, right, is_natural=True, at=left.at)  # type: ignore[arg-type]

    def cross_join(self, left: Any, right: Any) -> Join:
        return Join("CROSS", left, right, at=left.at)

    def join_type(self, word: Token, *_outer: Token | None) -> str:
        return word.upper()

    def join_condition(self, condition: Any) -> Any:
        return self._condition(condition)

    def named_columns_join(self, *names: Name) -> Names:
        return names

    # Clauses

    def where_clause(self, condition: Any) -> Any:
        return self._condition(condition)

    having_clause = where_clause

    def group_by_clause(self, *values: Any) -> tuple[Any, ...]:
        return tuple(self._value(v) for v in values)

    def order_by_clause(self, *terms: OrderTerm) -> tuple[OrderTerm, ...]:
        return terms

    def order_by_term(self, value: Any, direction: bool | None) -> OrderTerm:
        return OrderTerm(self._value(value), bool(direction), at=value.at)

    def order_by_direction(self, word: Token) -> bool:
        return word.upper() == "DESC"

    # Conditions

    def disjunction(self, left: Any, _word: Token, right: Any) -> Logical:
        return self._logical("OR", left, right)

    def conjunction(self, left: Any, _word: Token, right: Any) -> Logical:
        return self._logical("AND", left, right)

    def _logical(self, operator: Any, left: Any, right: Any) -> Logical:
        # A long chain is one node, not a tree as deep as the chain is long.
        if isinstance(left, Logical) and left.operator == operator:
            return Logical(operator, (*left.conditions, self._condition(right)), at=left.at)
        return Logical(operator, (self._condition(left), self._condition(right)), at=left.at)

    def negation(self, word: Token, condition: Any) -> Not:
        return Not(self._condition(condition), at=place(word))

    def comparison_predicate(self, left: Any, operator: str, right: Any) -> Comparison:
        return Comparison(operator, self._value(left), self._value(right), at=left.at)  # type: ignore[arg-type]

    def comp_op(self, sign: Token) -> str:
        return "<>" if sign == "!=" else str(sign)

    def between_predicate(self, value: Any, negated: Token | None, low: Any, high: Any) -> Between:
        value, low, high = (self._value(v) for v in (value, low, high))
        return Between(value, low, high, negated is not None, at=value.at)

    def in_subquery(self, value: Any, negated: Token | None, query: Query) -> InQuery:
        return InQuery(self._value(value), query, negated is not None, at=value.at)

    def in_list(self, value: Any, negated: Token | None, *others: Any) -> InList:
        listed = tuple(self._value(v) for v in others)
        return InList(self._value(value), listed, negated is not None, at=value.at)

    def like_predicate(self, value: Any, negated: Token | None, word: Token, pattern: Any) -> Like:
        return Like(
            self._value(value),
            self._value(pattern),
            negated is not None,
            word.upper() == "ILIKE",
            at=value.at,
        )

    def null_predicate(self, value: Any, negated: Token | None) -> IsNull:
        if self.is_strict and not isinstance(value, ColumnReference):
            raise AdqlError("only a column can be tested with IS NULL in ADQL 2.1", value.at)
        return IsNull(self._value(value), negated is not None, at=value.at)

    def exists_predicate(self, word: Token, query: Query) -> Exists:
        return Exists(query, at=place(word))

    # Values

    def arithmetic(self, left: Any, sign: Token, right: Any) -> Arithmetic:
        one, other = self._value(left), self._value(right)
        check_operands(one, other)
        return Arithmetic(str(sign), one, other, at=left.at)  # type: ignore[arg-type]

    def signed(self, sign: Token, value: Any) -> Signed:
        check_operands(value)
        return Signed(str(sign), self._value(value), at=place(sign))  # type: ignore[arg-type]

    def parenthesised(self, value: Any) -> Any:
        return value

    def number(self, digits: Token) -> Number:
        return Number(str(digits), at=place(digits))

    def hexadecimal(self, digits: Token) -> Number:
        return Number(str(int(digits, 16)), at=place(digits))

    def text(self, quoted: Token) -> Text:
        return Text(text_of(quoted), at=place(quoted))

    def null(self, word: Token) -> Null:
        return Null(at=place(word))

    def truth(self, word: Token) -> Truth:
        return Truth(word.upper() == "TRUE", at=place(word))

    def timestamp(self, word: Token, quoted: Token) -> Cast:
        return Cast(self.text(quoted), "TIMESTAMP", at=place(word))

    def column_reference(self, names: Names) -> ColumnReference:
        return ColumnReference(check_names(names, 4, "column"), at=names[0].at)

    def qualifier(self, first: Name | Names, *more: Name) -> Names:
        return (*(first if isinstance(first, tuple) else (first,)), *more)

    def regular_identifier(self, word: Token) -> Name:
        return Name(str(word), at=place(word))

    def delimited_identifier(self, quoted: Token) -> Name:
        return Name(quoted[1:-1].replace('""', '"'), delimited=True, at=place(quoted))

    def count_all(self, word: Token, _asterisk: AllColumns) -> Aggregate:
        return Aggregate("COUNT", None, at=place(word))

    def aggregate(self, word: Token, distinct: bool | None, value: Any) -> Aggregate:
        return Aggregate(word.upper(), self._value(value), bool(distinct), at=place(word))

    def cast_specification(self, word: Token, value: Any, target: tuple[str, int | None]) -> Cast:
        return Cast(self._value(value), *target, at=place(word))

    def cast_target(self, *words: Token | None) -> tuple[str, int | None]:
        given = [w for w in words if w is not None]
        lengths = [_whole(w) for w in given if w.isdigit()]
        return " ".join(w.upper() for w in given if w.isalpha()), lengths[0] if lengths else None

    def scalar_subquery(self, query: Query) -> Subquery:
        return Subquery(query, at=query.at)

    def case_expression(self, word: Token, subject: Any, *parts: Any) -> Case:
        *branches, otherwise = parts
        pairs = list(zip(branches[::2], branches[1::2], strict=True))
        tests = [self._condition(t) if subject is None else self._value(t) for t, _ in pairs]
        results = [self._value(r) for _, r in pairs]
        return Case(
            None if subject is None else self._value(subject),
            tuple(zip(tests, results, strict=True)),
            None if otherwise is None else self._value(otherwise),
            at=place(word),
        )

    # Functions

    def call(self, word: Token, *arguments: Any) -> Call:
        given = arguments[0] if arguments and isinstance(arguments[0], tuple) else arguments
        values = tuple(self._value(v) for v in given if v is not None)
        return check_call(Call(word.upper(), values, at=place(word)))

    def call_in_unit(self, word: Token, value: Any, unit: Token) -> Call:
        return Call("IN_UNIT", (self._value(value), self.text(unit)), at=place(word))

    def call_region(self, word: Token, region: Token) -> Call:
        return Call("REGION", (self.text(region),), at=place(word))

    def user_defined_function(self, word: Token, arguments: Sequence[Any] | None) -> Call:
        values = tuple(self._value(v) for v in arguments or ())
        return Call(str(word), values, is_own=True, at=place(word))

    def arguments(self, *values: Any) -> tuple[Any, ...]:
        return values

    # A value or a condition

    def _value(self, part: Any) -> Any:
        if isinstance(part, Condition):
            raise AdqlError("a value is needed here, and this is a condition", part.at)
        return part

    def _condition(self, part: Any) -> Any:
        if isinstance(part, Value) and (self.is_strict or not may_be_true(part)):
            raise AdqlError("a condition is needed here, such as = 1 makes of this value", part.at)
        return part


def _whole(digits: Token) -> int:
    number = int(digits)
    if number >= 2**63:
        raise AdqlError(f"{digits} is more than any table has", place(digits))
    return number
