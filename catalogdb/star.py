"""One star by any of its names: every row of the store that is of it, or of its system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from catalogdb.ddl import qualified, quoted
from catalogdb.errors import MatchError
from catalogdb.identifiers import NAME, RADIUS_ARCSEC, build_identifiers, star_lists, versions
from catalogdb.match import Progress
from catalogdb.result import Result
from catalogdb.schema import Table
from catalogdb.star_graph import nearest_rows, of_systems, unseen_row
from catalogdb.star_names import readings, with_and_without_component
from sql import load

if TYPE_CHECKING:
    import duckdb

    from catalogdb.store import Store

QUALIFIED = f"matches.{NAME}"


class Reader(Protocol):
    """What a star is looked for in: a Store, or another that shows its tables."""

    @property
    def path(self) -> object:
        """What it is called in messages."""

    def tables(self) -> tuple[Table, ...]:
        """Its tables."""

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor that shows them; the caller closes it."""


@dataclass(frozen=True, slots=True)
class StarRow:
    """A row of the store that belongs to a star (`object_id`) or, where that is None, to its system.

    `relation` is "own" or "listed" (by identifiers), "system", or "position" with its separation [arcsec].
    """

    table_name: str
    row_id: str
    object_id: int | None
    relation: str
    separation_arcsec: float | None


@dataclass(frozen=True, slots=True)
class Star:
    """What the store knows by a name: identifiers by star, and the rows of every table."""

    name: str
    identifiers: tuple[tuple[int | None, str, str], ...]
    """(object_id, namespace, identifier); object_id is None for those of the system."""

    rows: tuple[StarRow, ...]
    left_aside: str = ""
    """The letter of a component at the end of the name, where nothing is called so: all is as without it."""

    @property
    def objects(self) -> tuple[int, ...]:
        """The stars of the system, by number."""
        return tuple(sorted({row.object_id for row in self.rows if row.object_id is not None}))

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that have rows of it."""
        return tuple(sorted({row.table_name for row in self.rows}))


Around: TypeAlias = Callable[[Reader, Sequence[StarRow]], list[StarRow]]


def find_star(store: Store, name: str, *, progress: Progress | None = None) -> Star:
    """Return the star or system that `name` names: "HIP 71683", "alpha Cen", "WDS 14396-6050".

    Reads `matches.identifiers`, which is built first where it is missing or older than the tables. A
    name that stands there in no row is looked for among the identifiers of the tables themselves.
    A component that nothing has ("HIP 71683 A") is left aside, as `left_aside` of the Star says.
    Raises MatchError where the name is unknown, or stands for several systems.
    """
    if is_old(store):
        build_identifiers(store, progress=progress)
    return find_in(store, name)


def find_in(store: Reader, name: str, around: Around | None = None) -> Star:
    """The same by `matches.identifiers` as it is, or by the identifiers of the tables where it is missing.

    `around` finds the rows of other tables where a row is that nothing connects to them.
    """
    known = _namespaces(store)
    for text, left_aside in with_and_without_component(name):
        for namespace, identifier in readings(text, known):
            star = _called(store, name, namespace, identifier, around or _around)
            if star is not None:
                return replace(star, left_aside=left_aside)
    listed = ", ".join(sorted(known))
    raise MatchError(
        f"no row of {store.path} is called {name}; names begin with one of: {listed}; "
        "or stand in a column of names, such as alpha Cen"
    )


def _called(store: Reader, name: str, namespace: str | None, identifier: str, around: Around) -> Star | None:
    """What has this identifier, if anything has."""
    system = _system(store, name, namespace, identifier)
    if system is not None:
        return _connected(store, name, system)
    return None if namespace is None else _alone(store, name, namespace, identifier, around)


def is_old(store: Store) -> bool:
    """Whether `matches.identifiers` is missing, or was built from other versions of the tables."""
    present = {table.qualified_name: table for table in store.tables()}
    if QUALIFIED not in present:
        return True
    return bool(present[QUALIFIED].extra.get("built_from") != versions(store))


def rows_of(store: Store, star: Star, table_name: str, columns: Sequence[str] | None = None) -> Result:
    """Return the star's rows of a table, by default with all of its columns."""
    table = store.table(table_name)
    chosen = ", ".join(map(quoted, columns or [column.name for column in table.columns]))
    wanted = [row.row_id for row in star.rows if row.table_name == table.qualified_name]
    source = qualified(table.schema, table.name)
    kind = table.column("source_id").type
    # Cast on the identifiers' side: on the table's it would be cast for every row of it.
    query = f"SELECT {chosen} FROM {source} WHERE source_id IN (SELECT CAST(unnest($wanted) AS {kind}))"  # noqa: S608
    return store.sql(query, {"wanted": wanted}, described={c.name: c for c in table.columns})


def _namespaces(store: Reader) -> tuple[str, ...]:
    known = {each.namespace for table in store.tables() for each in table.identifiers if each.namespace}
    if has_list(store):
        with closing(store.cursor()) as con:
            known |= {row[0] for row in con.execute(load("star_namespaces").text).fetchall()}
    return tuple(sorted(known))


def has_list(store: Reader) -> bool:
    """Whether there is a `matches.identifiers`."""
    return any(table.qualified_name == QUALIFIED for table in store.tables())


def _system(store: Reader, name: str, namespace: str | None, identifier: str) -> int | None:
    """The system with that identifier; None if there is none, MatchError if there are several."""
    if not has_list(store):
        return None
    with closing(store.cursor()) as con:
        found = con.execute(
            load("star_systems").text, {"identifier": identifier, "namespace": namespace}
        ).fetchall()
    if len({row[0] for row in found}) > 1:
        called = ", ".join(f"{row[1]} {row[2]}" for row in found)
        raise MatchError(f"{name} may be any of {called}: say which catalogue it is from")
    return int(found[0][0]) if found else None


def _connected(store: Reader, name: str, system: int) -> Star:
    with closing(store.cursor()) as con:
        found = con.execute(load("star_rows").text, {"system": system}).fetchall()
    rows: dict[tuple[str, str], StarRow] = {}
    for _, _, table, row_id, object_id, relation, separation in found:
        # Of the identifiers in one row the strongest relation comes first.
        rows.setdefault((table, row_id), StarRow(table, row_id, object_id, relation, separation))
    return Star(name, _names(found), tuple(rows.values()))


def _names(found: Sequence[tuple[Any, ...]]) -> tuple[tuple[int | None, str, str], ...]:
    """The identifiers by star; the system's are those that are no star's."""
    of_stars = {
        (object_id, namespace, identifier)
        for namespace, identifier, _, _, object_id, relation, _ in found
        if namespace is not None and relation in {"own", "listed"} and object_id is not None
    }
    known = {each[1:] for each in of_stars}
    of_system = {
        (None, namespace, identifier)
        for namespace, identifier, _, _, object_id, relation, _ in found
        if namespace is not None
        and (relation == "system" or object_id is None)
        and (namespace, identifier) not in known
    }
    return tuple(sorted(of_stars | of_system, key=lambda each: (each[0] or 0, *each[1:])))


def _alone(store: Reader, name: str, namespace: str, identifier: str, around: Around) -> Star | None:
    """The rows that have this identifier as their own, where nothing connects them to any other row.

    The star is looked for in the other tables by its position.
    """
    rows: list[StarRow] = []
    for table in store.tables():
        for each in table.identifiers:
            if each.column == "source_id" and each.namespace == namespace:
                rows += _own_rows(store, table, identifier)
    if not rows:
        return None
    return Star(name, ((1, namespace, identifier),), (*rows, *around(store, rows)))


def _around(store: Reader, rows: Sequence[StarRow]) -> list[StarRow]:
    """The nearest row of each other table to where the first of these rows with a position is."""
    lists = {table.qualified_name: table for table in star_lists(store.tables())}
    first = next((row for row in rows if row.table_name in lists), None)
    if first is None:
        return []
    seen = {row.table_name for row in rows}
    found = []
    with closing(store.cursor()) as con:
        con.execute(unseen_row(lists[first.table_name]), {"row_id": first.row_id})
        for name, table in lists.items():
            if name not in seen:
                near = con.execute(nearest_rows(con, table, RADIUS_ARCSEC)).fetchall()
                found += [StarRow(name, row_id, 1, "position", distance) for _, row_id, distance, *_ in near]
    return found


def _own_rows(store: Reader, table: Table, identifier: str) -> list[StarRow]:
    source = qualified(table.schema, table.name)
    kind = table.column("source_id").type
    condition = (
        "identifier_key(source_id) = identifier_key($identifier)"
        if kind == "VARCHAR"
        else f"source_id = TRY_CAST($identifier AS {kind})"
    )
    query = f"SELECT DISTINCT CAST(source_id AS VARCHAR) FROM {source} WHERE {condition}"  # noqa: S608
    with closing(store.cursor()) as con:
        found = con.execute(query, {"identifier": identifier}).fetchall()
    number = None if of_systems(table) else 1
    return [StarRow(table.qualified_name, row[0], number, "own", None) for row in found]
