"""FROM: which tables a query reads, how they are joined, and which columns can then be named."""

from __future__ import annotations

from collections.abc import Sequence

from catalogdb.adql import write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.expressions import conjuncts
from catalogdb.adql.scope import Context, Relation, Scope, Tables, Visible, named, same, shown
from catalogdb.adql.tree import DerivedTable, Join, Name, Place, TableName, TableReference
from catalogdb.adql.typed import ColumnOf, FromJoin, FromTable, Typed
from catalogdb.adql.types import BOOLEAN, Described, common_type
from catalogdb.errors import did_you_mean
from catalogdb.schema import Table
from catalogdb.uploaded import UploadedColumn

SEARCHED_FIRST = ("catalogs", "matches", "results")
"""Where a table without schema is looked for, in turn."""

SYSTEM = ("provenance", "tap_schema")
"""Schemas whose tables are not listed among what there is."""

MOST_TABLES = 100
"""Tables in one FROM."""


def resolve_from(
    references: Sequence[TableReference], outer: Scope | None, context: Context, number: int
) -> Tables:
    """The tables of the FROM clause of SELECT `number`; those with a comma between them are a cross join."""
    given = _Given(outer, context, number)
    found = given.resolve(references[0])
    for each in references[1:]:
        found = _joined("CROSS", found, given.resolve(each), each.at)
    return found


class _Given:
    def __init__(self, outer: Scope | None, context: Context, number: int) -> None:
        self.outer, self.context, self.number = outer, context, number
        self.left = MOST_TABLES

    def resolve(self, reference: TableReference) -> Tables:
        # A chain of joins leans to the left, as deep as it is long.
        chain: list[Join] = []
        while isinstance(reference, Join):
            chain.append(reference)
            reference = reference.left
        found = self._one(reference)
        for join in reversed(chain):
            found = self._join(join, found)
        return found

    def _one(self, reference: TableName | DerivedTable) -> Tables:
        self.left -= 1
        if self.left < 0:
            raise AdqlError(f"more than {MOST_TABLES} tables in one FROM", reference.at)
        if isinstance(reference, TableName):
            return self._table(reference)
        resolved = self.context.resolve_query(reference.query, self.outer, self.context)
        public = reference.alias.text if reference.alias else ""
        alias = self.context.alias(public or "subquery")
        columns = tuple(
            Visible(c.name, write.qualified(alias, c.sql_name), c.described) for c in resolved.columns
        )
        source = FromTable(alias, f"({resolved.text()})")
        return Tables(source, (Relation(public or alias, columns),), columns)

    def _table(self, reference: TableName) -> Tables:
        names, context = reference.names, self.context
        query = context.named.get(names[0].text.lower()) if len(names) == 1 else None
        if query is not None:
            public = (reference.alias or names[0]).text
            alias = context.alias(public)
            columns = tuple(
                Visible(c.name, write.qualified(alias, c.sql_name), c.described) for c in query.columns
            )
            source = FromTable(alias, write.name(names[0].text.lower()))
            return Tables(source, (Relation(public, columns, hidden=_hidden(reference)),), columns)
        table = find_table(names, context)
        context.used.append(table.qualified_name)
        public = reference.alias.text if reference.alias else table.name
        alias = context.alias(public)
        columns = tuple(
            Visible(
                each.name,
                write.qualified(alias, each.sql_name if isinstance(each, UploadedColumn) else each.name),
                Described.of(each),
                ColumnOf(alias, each, table),
            )
            for each in table.columns
        )
        source = FromTable(alias, write.qualified(table.schema, table.name), table)
        schema = None if reference.alias else table.schema
        hidden = table.qualified_name if reference.alias else ""
        return Tables(source, (Relation(public, columns, schema, hidden),), columns)

    def _join(self, join: Join, left: Tables) -> Tables:
        right = self.resolve(join.right)
        found = _joined(join.kind, left, right, join.at)
        if join.is_natural:
            pairs = _natural(left, right)
            return _merged(join, found, left, right, pairs)
        if join.using:
            pairs = [_using(each, left, right) for each in join.using]
            return _merged(join, found, left, right, pairs)
        if join.condition is None:
            return found
        scope = Scope(self.context, found, self.outer, self.number, forbids="in a join's condition")
        conditions = conjuncts(join.condition, scope)
        assert isinstance(found.source, FromJoin)
        source = FromJoin(join.kind, found.source.left, found.source.right, conditions)
        return Tables(source, found.relations, found.columns)


def find_table(names: Sequence[Name], context: Context) -> Table:
    """Return the table of the store; raises AdqlError with the nearest names."""
    tables = context.tables
    if len(names) > 2:
        raise AdqlError(f"{shown(names)}: tables here are called schema.table", names[0].at)
    *schema, last = names
    known = [t for t in tables.values() if same(last, t.name)]
    if schema:
        found = [t for t in known if same(schema[0], t.schema)]
    else:
        preferred = [t for where in SEARCHED_FIRST for t in known if t.schema == where]
        found = preferred[:1] or known
    if len(found) > 1:
        raise AdqlError(
            f"{last.text} is the name of {' and '.join(t.qualified_name for t in found)}", names[0].at
        )
    if not found:
        raise AdqlError(f"there is no table {shown(names)}{_nearest(names, context)}", names[0].at)
    return found[0]


def _nearest(names: Sequence[Name], context: Context) -> str:
    last, tables = names[-1], context.tables
    alike = [full for full, t in tables.items() if t.name == last.text.lower()]
    if alike:
        # The schema is what is wrong, or the case of letters in double quotes.
        hint = f"; did you mean {', '.join(alike)}?"
        return f"; in double quotes the case of letters counts{hint}" if last.delimited else hint
    every = list(tables) if len(names) > 1 else [*context.named, *tables]
    near = did_you_mean(last.text, every)
    if near.startswith(";"):
        return near
    return did_you_mean(last.text, [each for each in every if each.partition(".")[0] not in SYSTEM])


def _hidden(reference: TableName) -> str:
    return ".".join(n.text.lower() for n in reference.names) if reference.alias else ""


def _joined(kind: str, left: Tables, right: Tables, at: Place) -> Tables:
    for one in left.relations:
        for other in right.relations:
            told_apart = one.schema and other.schema and one.schema != other.schema
            if one.name.lower() == other.name.lower() and not told_apart:
                raise AdqlError(f"two tables are called {one.name}: give one another name with AS", at)
    assert left.source is not None
    assert right.source is not None
    source = FromJoin(kind, left.source, right.source)
    return Tables(source, (*left.relations, *right.relations), (*left.columns, *right.columns))


def _natural(left: Tables, right: Tables) -> list[tuple[Visible, Visible]]:
    pairs = []
    for one in left.columns:
        others = [other for other in right.columns if other.name.lower() == one.name.lower()]
        pairs += [(one, other) for other in others]
    return pairs


def _using(name: Name, left: Tables, right: Tables) -> tuple[Visible, Visible]:
    found = []
    for side, tables in (("left", left), ("right", right)):
        columns = named(name, tables.columns)
        if not columns:
            hint = did_you_mean(name.text, [c.name for c in tables.columns])
            raise AdqlError(f"the {side} table of the join has no column {name.text}{hint}", name.at)
        if len(columns) > 1:
            raise AdqlError(f"the {side} side of the join has {len(columns)} columns {name.text}", name.at)
        found.append(columns[0])
    return found[0], found[1]


def _merged(
    join: Join, found: Tables, left: Tables, right: Tables, pairs: list[tuple[Visible, Visible]]
) -> Tables:
    """The join on columns of the same names, each of which is one column afterwards."""
    conditions, merged = [], []
    gone: set[int] = set()
    for one, other in pairs:
        if {id(one), id(other)} & gone:
            raise AdqlError(f"there are several columns {one.name} on one side of the natural join", join.at)
        if common_type(one.described.type, other.described.type) is None:
            kinds = f"{one.described.type} and {other.described.type}"
            raise AdqlError(f"the columns {one.name} do not go together: {kinds}", join.at)
        conditions.append(
            Typed(
                sql=f"({one.sql} = {other.sql})",
                described=Described(type=BOOLEAN),
                at=join.at,
                made_by="=",
                parts=tuple(
                    Typed(sql=c.sql, described=c.described, at=join.at, column=c.column) for c in (one, other)
                ),
            )
        )
        merged.append(_one_of(join.kind, one, other))
        gone |= {id(one), id(other)}
    assert isinstance(found.source, FromJoin)
    kind = "CROSS" if not conditions and join.kind == "INNER" else join.kind
    source = FromJoin(kind, found.source.left, found.source.right, tuple(conditions))
    rest = [c for c in (*left.columns, *right.columns) if id(c) not in gone]
    return Tables(source, found.relations, (*merged, *rest))


def _one_of(kind: str, left: Visible, right: Visible) -> Visible:
    if kind == "RIGHT":
        return Visible(left.name, right.sql, right.described, right.column)
    if kind == "FULL":
        wide = common_type(left.described.type, right.described.type)
        described = left.described.but(type=wide)
        return Visible(left.name, f"coalesce({left.sql}, {right.sql})", described)
    return left
