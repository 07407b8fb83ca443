"""Which column a name means: aliases, tables, derived tables, and the queries around a subquery."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.tree import ColumnReference, Name, Names, Place
from catalogdb.adql.typed import ColumnOf, From, Loose, Typed
from catalogdb.adql.types import Described
from catalogdb.errors import did_you_mean
from catalogdb.schema import Table

if TYPE_CHECKING:
    from catalogdb.adql.queries import ResolvedQuery
    from catalogdb.adql.tree import Query


@dataclass(frozen=True, slots=True)
class Visible:
    """A column that can be named: as what, how it is written, and what is known of it."""

    name: str
    sql: str
    described: Described
    column: ColumnOf | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A table of FROM under the name it goes by; `schema` if that is its own, `hidden` if it is another."""

    name: str
    columns: tuple[Visible, ...]
    schema: str | None = None
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Tables:
    """What a FROM clause gives; `columns` are in the order of the asterisk, joined ones once."""

    source: From | None = None
    relations: tuple[Relation, ...] = ()
    columns: tuple[Visible, ...] = ()


@dataclass(slots=True)
class Context:
    """What is one for the whole query: the tables there are, and what is said on the way."""

    tables: Mapping[str, Table]
    is_strict: bool
    resolve_query: Callable[[Query, Scope | None, Context], ResolvedQuery]
    row_count: Callable[[str], int] | None = None
    longest: int = 200_000
    """Characters of a value's text: some functions write an argument twice, at every level."""
    notes: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    named: dict[str, ResolvedQuery] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def alias(self, wanted: str) -> str:
        """A name for a table that nothing else in the text has; DuckDB ignores the case of letters."""
        new = wanted
        for n in itertools.count(2):
            if new.lower() not in self._taken:
                break
            new = f"{wanted}_{n}"
        self._taken.add(new.lower())
        return new

    def number(self) -> int:
        """The number of a new SELECT."""
        return next(self._numbers)

    def note(self, text: str, at: Place) -> None:
        """Tell the user something, once."""
        told = f"line {at.line}, column {at.column}: {text}"
        if told not in self.notes:
            self.notes.append(told)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: the tables it may name, and whether it may have aggregates.

    `forbids` says why there can be no aggregate. `keys` are the texts of what GROUP BY names. `outputs` are
    the select list's own names, which ORDER BY and HAVING may use; `unreachable` are those of WHERE.
    """

    context: Context
    tables: Tables
    parent: Scope | None
    number: int
    forbids: str = ""
    keys: frozenset[str] = frozenset()
    outputs: Mapping[str, Typed] = field(default_factory=dict)
    unreachable: frozenset[str] = frozenset()

    def but(self, **changed: object) -> Scope:
        """The same with some of it changed."""
        return replace(self, **changed)  # type: ignore[arg-type]

    def column(self, reference: ColumnReference) -> Typed:
        """Return the column; raises AdqlError if there is none, or more than one."""
        scope: Scope | None = self
        while scope is not None:
            if (found := scope._own(reference)) is not None:
                return found
            scope = scope.parent
        raise self._unknown(reference)

    def _own(self, reference: ColumnReference) -> Typed | None:
        *qualifier, last = reference.names
        found: Sequence[Visible]
        if qualifier:
            among = matching(tuple(qualifier), self.tables.relations)
            if len(among) > 1:
                raise AdqlError(f"there are several tables {shown(qualifier)} here", reference.at)
            if not among:
                return None
            found = named(last, among[0].columns)
            if not found:
                raise self._no_column(last, among[0].columns, f"{shown(qualifier)} has", reference.at)
        else:
            found = named(last, self.tables.columns)
        if len(found) > 1:
            raise self._ambiguous(reference, found)
        if not found:
            return self.outputs.get(last.folded) if not qualifier else None
        return self.typed(found[0], shown(reference.names), reference.at)

    def typed(self, column: Visible, written: str, at: Place) -> Typed:
        """A column of this SELECT; what rows are grouped by is as good as an aggregate."""
        loose = Loose(shown=written, at=at, scope=self.number)
        return Typed(
            sql=column.sql,
            described=column.described,
            at=at,
            column=column.column,
            name=column.name,
            loose=() if column.sql in self.keys else (loose,),
        )

    def _ambiguous(self, reference: ColumnReference, found: Sequence[Visible]) -> AdqlError:
        last = reference.names[-1]
        owners = [r.name for r in self.tables.relations if any(c in found for c in r.columns)]
        if len(reference.names) > 1 or len(owners) < 2:
            return AdqlError(f"there are {len(found)} columns {shown(reference.names)}", reference.at)
        written = " or ".join(f"{owner}.{last.text}" for owner in owners)
        return AdqlError(f"{last.text} is in {' and in '.join(owners)}: write {written}", reference.at)

    def _unknown(self, reference: ColumnReference) -> AdqlError:
        *qualifier, last = reference.names
        if not qualifier:
            if last.folded in self.unreachable:
                reason = f"{last.text} is a name of the select list, which has none here: repeat its value"
                return AdqlError(reason, last.at)
            if not self.tables.relations and self.parent is None:
                return AdqlError(f"there is no column {last.text}: the query has no FROM", last.at)
            return self._no_column(last, self._all_columns(), "there is", last.at)
        for relation in self._all_relations():
            if relation.hidden and relation.hidden.split(".")[-len(qualifier) :] == [
                n.text.lower() for n in qualifier
            ]:
                meant = f"{relation.name}.{last.text}"
                reason = f"{shown(qualifier)} is called {relation.name} here: write {meant}"
                return AdqlError(reason, reference.at)
        names = [relation.name for relation in self._all_relations()]
        hint = did_you_mean(qualifier[-1].text, names) if names else ": the query has no FROM"
        return AdqlError(f"there is no table {shown(qualifier)} in FROM{hint}", reference.at)

    @staticmethod
    def _no_column(last: Name, columns: Iterable[Visible], who: str, at: Place) -> AdqlError:
        names = list(dict.fromkeys(column.name for column in columns))
        if last.delimited and (other := [n for n in names if n.lower() == last.text.lower()]):
            hint = f"; in double quotes the case of letters counts: {name_shown(other[0])}"
        else:
            hint = did_you_mean(last.text, names)
        return AdqlError(f"{who} no column {last.text}{hint}", at)

    def _all_relations(self) -> list[Relation]:
        return [*self.tables.relations, *(self.parent._all_relations() if self.parent else ())]

    def _all_columns(self) -> list[Visible]:
        return [*self.tables.columns, *(self.parent._all_columns() if self.parent else ())]


def same(written: Name, known: str) -> bool:
    """Whether a name means this one: exactly if it is in quotes, else whatever the case of its letters."""
    return written.text == known if written.delimited else written.text.lower() == known.lower()


def named(written: Name, columns: Iterable[Visible]) -> list[Visible]:
    """The columns of that name; of names that differ by case alone, the one as it is written."""
    found = [column for column in columns if same(written, column.name)]
    exact = [column for column in found if column.name == written.text]
    return exact if len(exact) == 1 else found


def matching(qualifier: Names, relations: Iterable[Relation]) -> list[Relation]:
    """The tables that a qualifier means: `alias` or `table` or `schema.table`."""
    *schema, last = qualifier
    found = [relation for relation in relations if same(last, relation.name)]
    if schema:
        found = [r for r in found if len(schema) == 1 and r.schema is not None and same(schema[0], r.schema)]
    return found


def shown(names: Sequence[Name]) -> str:
    """Names as they are written."""
    return ".".join(name_shown(each.text) if each.delimited else each.text for each in names)


def name_shown(text: str) -> str:
    """A name in double quotes."""
    return '"' + text.replace('"', '""') + '"'
