"""Index use: what is written beside the conditions on positions so that few rows are read for them.

A table of the store that has hpx29 is ordered by it. Where rows of it must be in a fixed place, the place's
ranges of hpx29 stand before the condition (places.py). Where rows of two tables must be near each other, the
rows of one stand once in every HEALPix cell that the radius reaches, and the tables meet where cells are
equal (cells.py). Every condition itself stays, so that what is added can only be too wide.

`planned` is all that the writer of a SELECT calls. A pair of near tables is met where its condition is: in
WHERE, or in ON of an INNER, LEFT or RIGHT join; also if one is a table of a query around it, as with EXISTS.
Of an outer join the side that need not match keeps its rows single. FULL joins are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from catalogdb.adql import cells, tree, write
from catalogdb.adql.nearness import Near, Place, RowPosition, Within, told
from catalogdb.adql.places import latitude_band, place_ranges
from catalogdb.adql.typed import From, FromJoin, FromTable, Typed
from catalogdb.adql.types import BOOLEAN, Described
from catalogdb.uploaded import UPLOADS, UploadedTable

_OUTER = {"LEFT": "right", "RIGHT": "left"}
"""Of which side of an outer join rows may be repeated."""


def planned(
    source: From, where: tuple[Typed, ...], row_count: Callable[[str], int] | None = None
) -> tuple[From, tuple[Typed, ...]]:
    """Return both with what makes the index be used.

    `row_count` tells the rows of a table of the store by its qualified name: the smaller of two tables is the
    one whose rows are repeated. Subqueries count as small.
    """
    return _Planning(source, where, row_count or _unknown).planned()


class _Planning:
    def __init__(self, source: From, where: tuple[Typed, ...], row_count: Callable[[str], int]) -> None:
        self.source, self.where, self.row_count = source, where, row_count
        self.tables = {table.alias: table for table in tables(source)}
        self.number = 0
        self.places: dict[RowPosition, tuple[Place, ...]] = {}
        """Where rows must be by WHERE."""

    def planned(self) -> tuple[From, tuple[Typed, ...]]:
        facts = [fact for each in self.where for fact in told(each, self.tables)]
        self.places = {fact.row: fact.places for fact in facts if isinstance(fact, Within)}
        added = self._added(facts, repeatable=set(self.tables))
        source = self._joined(self.source)
        return source, (*added, *self.where)

    def _added(self, facts: Iterable[Within | Near], repeatable: set[str]) -> list[Typed]:
        """What is written beside the conditions that tell the facts."""
        found: list[Typed | None] = []
        for fact in facts:
            if isinstance(fact, Within):
                found.append(self._in_ranges(fact.row, fact.places))
            else:
                found += self._near(fact, repeatable)
        return [each for each in found if each is not None]

    def _joined(self, source: From) -> From:
        if isinstance(source, FromTable):
            return self.tables[source.alias]
        facts = [fact for each in source.conditions for fact in told(each, self.tables)]
        sides = {"left": source.left, "right": source.right}
        repeatable = {"left", "right"} if source.kind in ("INNER", "CROSS") else {_OUTER.get(source.kind, "")}
        aliases = {t.alias for side in repeatable & set(sides) for t in tables(sides[side])}
        added = self._added(facts, aliases)
        conditions = (*added, *source.conditions)
        return FromJoin(source.kind, self._joined(source.left), self._joined(source.right), conditions)

    def _in_ranges(self, row: RowPosition, places: tuple[Place, ...]) -> Typed | None:
        """The condition that rows are in the ranges of places, within the span of all.

        Where there is no hpx29, as in a subquery, the latitude tells which parts of a table are not read.
        """
        if not row.is_indexed:
            low, high = latitude_band(places)
            if not row.lat_column or (low <= -90 and high >= 90):
                return None
            return _condition(f"({row.lat_column} BETWEEN {write.real(low)} AND {write.real(high)})")
        ranges = place_ranges(places)
        if ranges is None:
            return None
        column = write.qualified(row.alias, "hpx29")
        parts = [f"{column} BETWEEN {first} AND {last}" for first, last in ranges.tolist()]
        text = parts[0]
        if len(parts) > 1:
            text = f"({column} BETWEEN {ranges[0, 0]} AND {ranges[-1, 1]} AND ({' OR '.join(parts)}))"
        return _condition(f"({text})" if len(parts) == 1 else text)

    def _near(self, fact: Near, repeatable: set[str]) -> list[Typed | None]:
        """The condition that rows share a cell; the tables are changed to have it."""
        one, other = fact.one, fact.other
        choices = [each for each in (one, other) if each.alias in repeatable]
        if not choices:
            return []
        repeated = min(choices, key=lambda each: self._size(each.alias))
        single = other if repeated is one else one
        self.number += 1
        name = f"_cell{self.number}"
        grid = cells.grid_of(fact.radius_deg, self._size(single.alias))
        table = self.tables[repeated.alias]
        if not single.is_outer and self._is_worth_narrowing(repeated, single):
            table = cells.narrowed(table, repeated, self.tables[single.alias], single, grid)
        self.tables[repeated.alias] = cells.repeated(table, repeated, grid, name)
        if single.is_outer:
            home = cells.home(single, grid)
        elif single.is_indexed:
            home = f"({write.qualified(single.alias, 'hpx29')} >> {grid.shift})"
        else:
            self.tables[single.alias] = cells.placed(self.tables[single.alias], single, grid, name)
            home = write.qualified(single.alias, name)
        meeting = _condition(f"({write.qualified(repeated.alias, name)} = {home})")
        return [meeting, *self._carried(fact)]

    def _carried(self, fact: Near) -> Iterator[Typed | None]:
        """Where one of two near tables has a place, the other has it too, with the radius around it."""
        for here, there in ((fact.one, fact.other), (fact.other, fact.one)):
            if not there.is_outer and here in self.places and there not in self.places:
                wider = tuple(place.wider(fact.radius_deg) for place in self.places[here])
                yield self._in_ranges(there, wider)

    def _is_worth_narrowing(self, repeated: RowPosition, single: RowPosition) -> bool:
        """Whether the rows near the other, smaller table had better be found before they are repeated.

        That reads the other table twice, which must give the same rows: it is one, not a query.
        """
        there = self.tables[single.alias]
        return (
            repeated.is_indexed
            and there.table is not None
            and there.sql == write.qualified(there.table.schema, there.table.name)
            and self._size(single.alias) < self._size(repeated.alias)
        )

    def _size(self, alias: str) -> float:
        if alias not in self.tables:
            return cells.UNKNOWN_ROWS
        table = self.tables[alias].table
        if isinstance(table, UploadedTable):
            return table.rows
        if table is None or not table.is_positional or table.schema == UPLOADS:
            return 0
        return self.row_count(table.qualified_name)


def _unknown(_table: str) -> int:
    return cells.UNKNOWN_ROWS


def tables(source: From) -> Iterator[FromTable]:
    """Give the tables of FROM from left to right."""
    if isinstance(source, FromTable):
        yield source
        return
    # A chain of joins leans to the left, as deep as it is long.
    rights = []
    here: From = source
    while isinstance(here, FromJoin):
        rights.append(here.right)
        here = here.left
    yield here
    for right in reversed(rights):
        yield from tables(right)


def _condition(text: str) -> Typed:
    return Typed(sql=text, described=Described(type=BOOLEAN), at=tree.Place(1, 1))
