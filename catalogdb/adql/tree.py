"""The tree of a query: what was written, with the place of each part, before names and types are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias


class Place(NamedTuple):
    """Where a part of the query begins, both counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of the query."""

    at: Place


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name; a delimited one means what it says, to the case of its letters."""

    text: str
    delimited: bool = False

    @property
    def folded(self) -> str:
        """The name as it is compared with others."""
        return self.text if self.delimited else self.text.lower()


Names: TypeAlias = tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Value(Node):
    """A part that has a value of some type."""


@dataclass(frozen=True, slots=True)
class Condition(Node):
    """A part that is true, false or unknown."""


Operand: TypeAlias = Value | Condition
"""What stands between parentheses, or in a clause such as WHERE, before types are known."""


@dataclass(frozen=True, slots=True)
class Number(Value):
    """A number as it is written: an integer if it has digits alone."""

    text: str


@dataclass(frozen=True, slots=True)
class Text(Value):
    """A character string, without its quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Null(Value):
    """NULL."""


@dataclass(frozen=True, slots=True)
class Truth(Value):
    """TRUE or FALSE."""

    is_true: bool


@dataclass(frozen=True, slots=True)
class ColumnReference(Value):
    """A column, with the names of its table, schema and catalogue before it where they are written."""

    names: Names


@dataclass(frozen=True, slots=True)
class Signed(Value):
    """A value with a sign."""

    sign: Literal["+", "-"]
    value: Operand


@dataclass(frozen=True, slots=True)
class Arithmetic(Value):
    """Two values and what is between them."""

    operator: Literal["+", "-", "*", "/", "%", "||"]
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Call(Value):
    """A function with its arguments; `name` in capitals for those that ADQL knows."""

    name: str
    arguments: tuple[Operand, ...]
    is_own: bool = False
    """Whether it is a user-defined function, which ADQL itself does not know."""


@dataclass(frozen=True, slots=True)
class Aggregate(Value):
    """AVG, COUNT, MAX, MIN or SUM; COUNT(*) has no value."""

    name: str
    value: Operand | None
    is_distinct: bool = False


@dataclass(frozen=True, slots=True)
class Cast(Value):
    """A value brought to another type."""

    value: Operand
    target: str
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Case(Value):
    """The value of the first branch whose condition holds, or whose value equals `subject`."""

    subject: Operand | None
    branches: tuple[tuple[Operand, Operand], ...]
    otherwise: Operand | None


@dataclass(frozen=True, slots=True)
class Subquery(Value):
    """The one value of a query."""

    query: Query


@dataclass(frozen=True, slots=True)
class Comparison(Condition):
    """Two values compared."""

    operator: Literal["=", "<>", "<", ">", "<=", ">="]
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Logical(Condition):
    """Conditions joined by AND or by OR."""

    operator: Literal["AND", "OR"]
    conditions: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The opposite of a condition."""

    condition: Operand


@dataclass(frozen=True, slots=True)
class Between(Condition):
    """A value within two others, both included."""

    value: Operand
    low: Operand
    high: Operand
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class InList(Condition):
    """A value that is one of others."""

    value: Operand
    others: tuple[Operand, ...]
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class InQuery(Condition):
    """A value that is one of those of a query."""

    value: Operand
    query: Query
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Like(Condition):
    """A text that has a pattern."""

    value: Operand
    pattern: Operand
    is_negated: bool = False
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class IsNull(Condition):
    """A value that is missing."""

    value: Operand
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Exists(Condition):
    """A query that has a row."""

    query: Query


@dataclass(frozen=True, slots=True)
class AllColumns(Node):
    """The asterisk: all columns, or those of one table."""

    table: Names = ()


@dataclass(frozen=True, slots=True)
class DerivedColumn(Node):
    """A value of the select list, with its name if one is given."""

    value: Operand
    alias: Name | None


@dataclass(frozen=True, slots=True)
class TableName(Node):
    """A table, with its schema and catalogue where they are written, and its other name in this query."""

    names: Names
    alias: Name | None


@dataclass(frozen=True, slots=True)
class DerivedTable(Node):
    """A query that stands for a table."""

    query: Query
    alias: Name | None


@dataclass(frozen=True, slots=True)
class Join(Node):
    """Two tables joined by a condition, by columns of the same names, by all such (natural) or not at all."""

    kind: Literal["INNER", "LEFT", "RIGHT", "FULL", "CROSS"]
    left: TableReference
    right: TableReference
    condition: Operand | None = None
    using: Names = ()
    is_natural: bool = False


TableReference: TypeAlias = TableName | DerivedTable | Join


@dataclass(frozen=True, slots=True)
class OrderTerm(Node):
    """By what rows are ordered: a value, or a whole number that counts the columns of the result."""

    value: Operand
    descends: bool = False


@dataclass(frozen=True, slots=True)
class Select(Node):
    """One SELECT, without order and offset."""

    columns: tuple[AllColumns | DerivedColumn, ...]
    tables: tuple[TableReference, ...]
    is_distinct: bool = False
    top: int | None = None
    where: Operand | None = None
    group_by: tuple[Operand, ...] = ()
    having: Operand | None = None


@dataclass(frozen=True, slots=True)
class SetOperation(Node):
    """Two queries as sets of rows, or with ALL as bags of rows."""

    operator: Literal["UNION", "EXCEPT", "INTERSECT"]
    keeps_all: bool
    left: Body
    right: Body


@dataclass(frozen=True, slots=True)
class With(Node):
    """A query with a name, to be used in those that follow it."""

    name: Name
    query: Query


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query, or one in parentheses."""

    body: Body
    order_by: tuple[OrderTerm, ...] = ()
    offset: int | None = None
    named: tuple[With, ...] = ()


Body: TypeAlias = Select | SetOperation | Query
