"""What becomes of a part of a query when names and types are known: its DuckDB text, described."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalogdb.adql.tree import Place
from catalogdb.adql.types import Described, Type
from catalogdb.schema import Column, Table


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """A column of a table of the store, by the name that the table goes by in the DuckDB text."""

    alias: str
    column: Column
    table: Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """A column outside of every aggregate, to be checked against GROUP BY; `scope` is that of its SELECT."""

    shown: str
    at: Place
    scope: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A value or a condition.

    `sql` stands alone: it is an atom, a call, or in parentheses. `made_by` is the function in capitals or the
    sign of the operator that makes it (CIRCLE, CONTAINS, =, <=, AND, ...), "" for a column or literal, and
    `parts` are that function's or operator's arguments. A literal and what is made of literals alone has its
    value in `constant`; what is exactly a column is told by `column`. `truth` is the condition behind a value
    that is 1 where it holds and else 0: `= 1` is written as that condition alone.
    """

    sql: str
    described: Described
    at: Place
    made_by: str = ""
    parts: tuple[Typed, ...] = ()
    constant: float | str | None = None
    column: ColumnOf | None = None
    truth: str = ""
    name: str = ""
    """Of a column, its name as its table or query has it."""
    loose: tuple[Loose, ...] = ()
    has_aggregate: bool = False

    @property
    def type(self) -> Type:
        """The type of the value."""
        return self.described.type

    def but(self, **changed: object) -> Typed:
        """The same with some of it changed."""
        return replace(self, **changed)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class FromTable:
    """A table, subquery or named query in FROM; `table` is the store's, None for what is no such table.

    `sql` is what stands before AS; `alias` is unique within the whole text, not quoted.
    """

    alias: str
    sql: str
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class FromJoin:
    """Two of them joined: `kind` is INNER, LEFT, RIGHT, FULL or CROSS; `conditions` are joined by AND."""

    kind: str
    left: From
    right: From
    conditions: tuple[Typed, ...] = ()


From = FromTable | FromJoin
