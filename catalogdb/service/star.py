"""A worker's page of one star: all rows of it in all tables, as HTML or JSON."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import duckdb

from catalogdb.connect import cursor_on
from catalogdb.ddl import qualified, quoted
from catalogdb.errors import MatchError
from catalogdb.schema import Column, Table
from catalogdb.service.instance import Instance
from catalogdb.service.protocol import Message
from catalogdb.star import Star, StarRow, find_in, has_list
from catalogdb.star_names import readings, with_and_without_component
from catalogdb.star_near import rows_near
from sql import load

_NEVER_SHOWN = frozenset({"tap_schema", "provenance"})


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a row, with what its column says."""

    column: Column
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a star: how it is known to be of it, and its values but for those that are missing."""

    row_id: str
    star: str
    relation: str
    principal: list[Value]
    others: list[Value]


class Shown:
    """The tables of an instance, as a star is looked for in them."""

    path = "this service"

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def tables(self) -> tuple[Table, ...]:
        """All but the system's."""
        return tuple(table for table in self._instance.tables.values() if table.schema not in _NEVER_SHOWN)

    def table(self, name: str) -> Table:
        """The table of that qualified name."""
        return self._instance.tables[name]

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor with temporary tables of its own."""
        return cursor_on(self._instance.connection, ())


class StarPage:
    """The page of the star that the request names; `rows` is the number of its rows.

    A name that nothing has gives a page with what is called alike, whose `found` is false.
    """

    def __init__(self, instance: Instance, cursor: duckdb.DuckDBPyConnection, request: Message) -> None:
        self._shown, self._cursor, self._request = Shown(instance), cursor, request
        self._snapshot = instance.snapshot
        self.rows, self.overflow = 0, False

    def chunks(self) -> Generator[bytes, None, None]:
        """The page, in one piece, after a line of JSON that says whether there is such a star."""
        name: str = self._request["name"]
        try:
            star = find_in(self._shown, name, rows_near)
        except MatchError as error:
            near = _nearest(self._shown, name)
            yield _line(found=False)
            yield self._unknown(name, str(error), near)
            return
        self.rows = len(star.rows)
        yield _line(found=True)
        yield self._json(star) if self._is_json else self._html(star)

    @property
    def _is_json(self) -> bool:
        return bool(self._request["format"] == "star/json")

    def _unknown(self, name: str, message: str, near: list[str]) -> bytes:
        if self._is_json:
            return _as_json({"name": name, "error": message, "nearest": near})
        from catalogdb.service.vosi.rendering import render

        return render(
            "no_star.html", name=name, message=message, near=near, base_url=self._request["service"]
        )

    def _json(self, star: Star) -> bytes:
        rows = [
            {
                "table": row.table_name,
                "row_id": row.row_id,
                "object_id": row.object_id,
                "relation": row.relation,
                "separation": row.separation_arcsec,
            }
            for row in star.rows
        ]
        names = [
            {"object_id": number, "namespace": space, "identifier": identifier}
            for number, space, identifier in star.identifiers
        ]
        tables = {name: self._rows_of(star, self._shown.table(name)) for name in star.tables}
        about = {"name": star.name, "left_aside": star.left_aside, "snapshot": self._snapshot}
        return _as_json(about | {"identifiers": names, "rows": rows, "tables": tables})

    def _html(self, star: Star) -> bytes:
        from catalogdb.service.vosi.rendering import render

        number = {object_id: i for i, object_id in enumerate(star.objects, 1)}
        names = [
            (
                "System" if each is None else f"Star {number[each]}",
                [f"{space} {name}" for owner, space, name in star.identifiers if owner == each],
            )
            for each in (*star.objects, None)
        ]
        tables = [
            (table, list(self._described(star, table, number)))
            for table in map(self._shown.table, star.tables)
        ]
        return render(
            "star.html",
            star=star,
            names=[(who, called) for who, called in names if called],
            tables=tables,
            snapshot=self._snapshot,
            base_url=self._request["service"],
        )

    def _described(self, star: Star, table: Table, number: dict[int, int]) -> Iterator[Row]:
        how = {row.row_id: row for row in star.rows if row.table_name == table.qualified_name}
        for record in self._rows_of(star, table):
            link = how[str(record["source_id"])]
            values = [
                Value(column, _text(column, record[column.name]))
                for column in table.columns
                if record[column.name] is not None
            ]
            yield Row(
                row_id=link.row_id,
                star="system" if link.object_id is None else f"star {number[link.object_id]}",
                relation=_relation(link),
                principal=[each for each in values if _is_principal(each.column)],
                others=[each for each in values if not _is_principal(each.column)],
            )

    def _rows_of(self, star: Star, table: Table) -> list[dict[str, Any]]:
        wanted = [row.row_id for row in star.rows if row.table_name == table.qualified_name]
        columns = ", ".join(quoted(column.name) for column in table.columns)
        query = f"""
            SELECT {columns} FROM {qualified(table.schema, table.name)}
            WHERE source_id IN (SELECT CAST(unnest($wanted) AS {table.column("source_id").type}))"""  # noqa: S608 (identifiers of a Table, quoted)
        found = self._cursor.execute(query, {"wanted": wanted}).fetchall()
        return [dict(zip((column.name for column in table.columns), row, strict=True)) for row in found]


def _nearest(shown: Shown, name: str) -> list[str]:
    """Up to five names that are spelled most like one that nothing has."""
    if not has_list(shown):
        return []
    known = {each.namespace for table in shown.tables() for each in table.identifiers if each.namespace}
    text, _ = next(with_and_without_component(name))
    with closing(shown.cursor()) as cursor:
        for namespace, identifier in readings(text, known):
            asked = {"namespace": namespace, "identifier": identifier}
            found = cursor.execute(load("star_nearest").text, asked).fetchall()
            if found:
                return [f"{space} {called}" for space, called in found]
    return []


def _is_principal(column: Column) -> bool:
    return column.principal or column.name == "source_id"


def _relation(row: StarRow) -> str:
    said = {
        "own": "by its own identifier",
        "listed": "by an identifier in the row",
        "system": "of the system",
    }
    if row.relation in said:
        return said[row.relation]
    return f'by position, {row.separation_arcsec or 0:.2f}" away'


def _text(column: Column, value: Any) -> str:
    """The value as a reader wants it: a REAL has seven digits that mean something."""
    if isinstance(value, float):
        return f"{value:.{7 if column.type == 'REAL' else 15}g}"
    if isinstance(value, list):
        return ", ".join("-" if each is None else str(each) for each in value)
    return str(value)


def _line(*, found: bool) -> bytes:
    return _as_json({"found": found})


def _as_json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, default=str, ensure_ascii=False).encode() + b"\n"
