"""One SELECT: its tables, conditions, groups, columns and order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from catalogdb.adql import positional, write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.expressions import conjuncts, value
from catalogdb.adql.outputs import Output, aliases, output_named, outputs
from catalogdb.adql.scope import Context, Scope, Tables, matching, named, shown
from catalogdb.adql.tables import resolve_from
from catalogdb.adql.tree import (
    AllColumns,
    ColumnReference,
    DerivedColumn,
    Name,
    Number,
    Operand,
    OrderTerm,
    Select,
)
from catalogdb.adql.typed import From, FromJoin, FromTable, Loose, Typed
from catalogdb.adql.types import Type
from catalogdb.errors import did_you_mean


@dataclass(frozen=True, slots=True)
class ResolvedSelect:
    """A SELECT whose names and types are known; `rest` begins with FROM."""

    columns: tuple[Output, ...]
    word: str
    rest: str
    order: str
    loose: tuple[Loose, ...]

    def text(self, kinds: Sequence[Type] | None = None) -> str:
        """The SELECT for DuckDB without its order, its columns brought to `kinds`."""
        wanted = kinds or [column.described.type for column in self.columns]
        items = ", ".join(
            _item(column, kind, is_cast=kinds is not None)
            for column, kind in zip(self.columns, wanted, strict=True)
        )
        return f"{self.word} {items}{self.rest}"


def resolve_select(
    node: Select, order_by: Sequence[OrderTerm], outer: Scope | None, context: Context
) -> ResolvedSelect:
    """Return the SELECT with names and types known; raises AdqlError."""
    return _Selecting(node, outer, context).resolved(order_by)


class _Selecting:
    def __init__(self, node: Select, outer: Scope | None, context: Context) -> None:
        self.node, self.context = node, context
        number = context.number()
        tables = resolve_from(node.tables, outer, context, number) if node.tables else Tables()
        self.tables = tables
        self.aliases = aliases(node.columns)
        self.scope = Scope(context, tables, outer, number, unreachable=frozenset(self.aliases))
        self.items: dict[int, Typed] = {}
        """Values of the select list that GROUP BY needed already."""
        self.seen: list[Typed] = []
        """Every value and condition, for the columns they take from queries around this one."""

    def resolved(self, order_by: Sequence[OrderTerm]) -> ResolvedSelect:
        where = self._where()
        keys = [self._key(each) for each in self.node.group_by]
        scope = self.scope = self.scope.but(keys=frozenset(each.sql for each in keys))
        items = [pair for i, each in enumerate(self.node.columns) for pair in self._item(i, each)]
        columns = outputs(items)
        typed = [each for _, each in items]
        known = {alias.folded: replace(each, constant=None) for alias, each in items if alias is not None}
        having: tuple[Typed, ...] = ()
        if self.node.having is not None:
            after = scope if self.context.is_strict else scope.but(outputs=known)
            having = conjuncts(self.node.having, after)
        order, ordered = self._order(order_by, columns, scope.but(outputs=known))
        grouped = [*typed, *having, *ordered]
        if self.node.group_by or self.node.having or any(each.has_aggregate for each in grouped):
            self._check_grouped(grouped)
        self.seen += [*where, *keys, *grouped]
        return ResolvedSelect(
            columns,
            "SELECT DISTINCT" if self.node.is_distinct else "SELECT",
            self._rest(where, keys, having),
            order,
            tuple(loose for each in self.seen for loose in each.loose if loose.scope != scope.number),
        )

    def _where(self) -> tuple[Typed, ...]:
        if self.node.where is None:
            return ()
        return conjuncts(self.node.where, self.scope.but(forbids="in WHERE"))

    def _rest(self, where: tuple[Typed, ...], keys: Sequence[Typed], having: tuple[Typed, ...]) -> str:
        text = ""
        if self.tables.source is not None:
            source, where = positional.planned(self.tables.source, where, self.context.row_count)
            text = f" FROM {_from(source)}"
        if where:
            text += f" WHERE {_all(where)}"
        if keys:
            text += f" GROUP BY {', '.join(_key_text(each) for each in keys)}"
        if having:
            text += f" HAVING {_all(having)}"
        return text

    # Groups

    def _key(self, node: Operand) -> Typed:
        index = self._index_of_key(node)
        if index is not None:
            column = self.node.columns[index]
            assert isinstance(column, DerivedColumn)
            scope = self.scope.but(forbids="in GROUP BY")
            found = self.items[index] = value(column.value, scope)
            return found
        return value(node, self.scope.but(forbids="in GROUP BY"))

    def _index_of_key(self, node: Operand) -> int | None:
        """Which column of the select list GROUP BY means: by its name or, unless strict, its position."""
        if isinstance(node, Number) and node.text.isdigit() and not self.context.is_strict:
            index = int(node.text) - 1
            if not 0 <= index < len(self.node.columns):
                raise AdqlError(
                    f"GROUP BY {node.text}: there are columns 1 to {len(self.node.columns)}", node.at
                )
            if isinstance(self.node.columns[index], AllColumns):
                raise AdqlError(f"GROUP BY {node.text}: column {node.text} is an asterisk", node.at)
            return index
        if isinstance(node, ColumnReference) and len(node.names) == 1:
            column = self.aliases.get(node.names[0].folded)
            if column is not None and not named(node.names[0], self.tables.columns):
                return self.node.columns.index(column)
        return None

    def _check_grouped(self, values: Iterable[Typed]) -> None:
        for each in values:
            for loose in each.loose:
                if loose.scope == self.scope.number:
                    where = "neither in GROUP BY nor in an aggregate"
                    if not self.node.group_by:
                        where = "beside an aggregate: it needs GROUP BY, or an aggregate of its own"
                    raise AdqlError(f"{loose.shown} is {where}", loose.at)

    # The select list

    def _item(self, index: int, node: AllColumns | DerivedColumn) -> list[tuple[Name | None, Typed]]:
        if isinstance(node, AllColumns):
            return [(None, each) for each in self._all(node)]
        if index in self.items:
            mine = self.scope.number
            known = self.items[index]
            return [(node.alias, replace(known, loose=tuple(x for x in known.loose if x.scope != mine)))]
        return [(node.alias, value(node.value, self.scope))]

    def _all(self, node: AllColumns) -> list[Typed]:
        columns = self.tables.columns
        if not self.tables.relations:
            raise AdqlError("* needs tables: the query has no FROM", node.at)
        if node.table:
            found = matching(node.table, self.tables.relations)
            if len(found) != 1:
                names = [relation.name for relation in self.tables.relations]
                hint = did_you_mean(node.table[-1].text, names)
                raise AdqlError(f"there is no table {shown(node.table)} in FROM{hint}", node.at)
            columns = found[0].columns
        return [self.scope.typed(column, column.name, node.at) for column in columns]

    # Order

    def _order(
        self, terms: Sequence[OrderTerm], columns: Sequence[Output], scope: Scope
    ) -> tuple[str, list[Typed]]:
        written, ordered = [], []
        for term in terms:
            position = output_named(term, columns)
            if position is None:
                typed = value(term.value, scope)
                ordered.append(typed)
                if typed.constant is not None or typed.type.is_unknown:
                    continue  # the same for every row
                same = [i for i, column in enumerate(columns, 1) if column.sql == typed.sql]
                position = same[0] if same else None
                self._check_order(typed.type, term)
                if position is None and self.node.is_distinct:
                    raise AdqlError("after DISTINCT rows are ordered by what is selected alone", term.at)
            else:
                self._check_order(columns[position - 1].described.type, term)
            by = typed.sql if position is None else str(position)
            written.append(f"{by}{' DESC' if term.descends else ''} NULLS LAST")
        return (f"ORDER BY {', '.join(written)}" if written else ""), ordered

    @staticmethod
    def _check_order(kind: Type, term: OrderTerm) -> None:
        if kind.is_geometry or kind.is_array:
            raise AdqlError(f"{kind} has no order", term.at)


def _item(column: Output, kind: Type, *, is_cast: bool) -> str:
    sql = column.sql
    known = column.described.type
    if known.is_unknown or (is_cast and kind.sql != known.sql):
        sql = write.cast(sql, kind)
    own = sql.endswith(f".{write.name(column.sql_name)}") and not sql.startswith("(")
    return sql if own else f"{sql} AS {write.name(column.sql_name)}"


def _key_text(key: Typed) -> str:
    # DuckDB takes a literal for the position of a column.
    return write.cast(key.sql, key.type) if key.constant is not None or key.type.is_unknown else key.sql


def _all(conditions: Sequence[Typed]) -> str:
    return " AND ".join(each.sql for each in conditions)


def _from(source: From) -> str:
    if isinstance(source, FromTable):
        return f"{source.sql} AS {write.name(source.alias)}"
    assert isinstance(source, FromJoin)
    left, right = _from(source.left), _from(source.right)
    if isinstance(source.right, FromJoin):
        right = f"({right})"
    if source.kind == "CROSS":
        return f"{left} CROSS JOIN {right}"
    return f"{left} {source.kind} JOIN {right} ON {_all(source.conditions) or 'TRUE'}"
