"""Which rows of a list are of which star: by a common identifier, through others, or by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sql
from catalogdb.identifiers import build_identifiers
from catalogdb.match import match
from catalogdb.schema import Table
from catalogdb.star import is_old

ANOMALIES = "results.proper_motion_anomaly"


class Stars(NamedTuple):
    """How the stars are known: their multi-epoch table, or their own identifier's namespace.

    `namespaces` maps each namespace to the catalogues of the multi-epoch table with such identifiers.
    """

    table: str
    entries: str | None
    mother: Table | None
    namespaces: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Way:
    """A statement whose rows are pairs of (source_id, list_id, separation [arcsec]), and its name."""

    name: str
    statement: str
    given: dict[str, Any] = field(default_factory=dict)


class Pairs:
    """The pairs of one list, in a temporary table `comparison_found` of one cursor, on disk if many.

    A pair is there once for each way that found it, `turn` being the way's place.
    """

    def __init__(self, store: Any) -> None:
        # A query of its own has a cursor of its own: a temporary table is seen by one cursor alone.
        self._con = store.cursor()
        self._con.execute(sql.load("comparison_found").text)
        self.how = ""
        self.number = 0

    def add(self, way: Way, turn: int) -> None:
        """Add the pairs that a way finds."""
        select = sql.load(way.statement).text
        insert = "INSERT INTO comparison_found SELECT source_id, list_id, separation"
        self._con.execute(
            f"{insert}, {turn:d}, $way FROM ({select}\n)",  # noqa: S608 (a file of sql/)
            {**way.given, "way": way.name},
        )
        ((self.number,),) = self._con.execute("SELECT count(*) FROM comparison_found").fetchall()

    def batches(self, statement: str, given: Mapping[str, Any], size: int) -> Iterator[Any]:
        """Yield the rows of a statement that may name `comparison_found`, as Arrow batches."""
        yield from self._con.sql(statement, params=dict(given)).to_arrow_reader(size)

    def close(self) -> None:
        """Drop the pairs."""
        self._con.close()


def stars_of(store: Any, table: str, entries: Table | None, namespace: str | None) -> Stars:
    """Return how the stars of a table are known."""
    if entries is None:
        return Stars(table, None, None, {namespace: ()} if namespace else {})
    rows = store.sql(sql.load("comparison_catalogues").text, {"entries": entries.qualified_name}).fetchall()
    namespaces: dict[str, tuple[str, ...]] = {}
    mother = None
    known = {each.name: each for each in store.tables() if each.schema == "catalogs"}
    for name, is_mother in rows:
        if name not in known:
            continue
        own = next((each.namespace for each in known[name].identifiers if each.column == "source_id"), None)
        if own:
            namespaces[own] = (*namespaces.get(own, ()), name)
        mother = known[name] if is_mother else mother
    return Stars(table, entries.qualified_name, mother, namespaces)


def pairs(store: Any, stars: Stars, known: Table, radius_arcsec: float, graph: bool) -> Pairs:
    """Return which rows of the list are of which star; the caller closes it.

    By every identifier that both state; where they share no kind of identifier, by `graph` through
    those of other tables (matches.identifiers); where that finds nothing, by position.
    """
    by_graph = graph and stars.entries is not None and bool(known.identifiers)
    if by_graph and known.qualified_name != ANOMALIES and is_old(store):
        build_identifiers(store, mode="replace")
    ways = _ways(stars, known, by_graph)
    found = Pairs(store)
    for turn, way in enumerate(ways):
        found.add(way, turn)
    if found.number or any(way.name != "identifiers" for way in ways):
        found.how = ", ".join(dict.fromkeys(way.name for way in ways))
        return found
    if stars.mother is None or not known.has("ra", "dec", "source_id"):
        found.how = "no common identifier, no position"
        return found
    found.close()
    links = _near(store, stars.mother, known, radius_arcsec)
    found = Pairs(store)
    found.add(Way("position", "comparison_links", {"links": links}), 0)
    found.how = f"position within {radius_arcsec:g} arcsec"
    return found


def _ways(stars: Stars, known: Table, by_graph: bool) -> list[Way]:
    """Return the ways by identifiers, the one that counts most first."""
    if known.qualified_name == ANOMALIES:
        given = {"stars": stars.table, "list": ANOMALIES, "column": "source_id", "separator": None}
        return [Way("source_id", "comparison_named", given)]
    ways = [
        _shared(stars, known, identifier)
        for identifier in known.identifiers
        if identifier.namespace is not None and identifier.namespace in stars.namespaces
    ]
    if by_graph:
        given = {"entries": stars.entries, "list": known.qualified_name}
        ways.append(Way("identifiers", "comparison_graph", given))
    return ways


def _shared(stars: Stars, known: Table, identifier: Any) -> Way:
    given = {"list": known.qualified_name, "column": identifier.column}
    given["separator"] = identifier.separator or None
    if stars.entries is None:
        return Way(identifier.namespace, "comparison_named", {**given, "stars": stars.table})
    catalogues = list(stars.namespaces[identifier.namespace])
    given |= {"entries": stars.entries, "catalogues": catalogues}
    return Way(identifier.namespace, "comparison_shared", given)


def _near(store: Any, mother: Table, known: Table, radius_arcsec: float) -> str:
    """Publish the pairs by position and return the name of their table."""
    report = match(
        store,
        mother.qualified_name,
        known.qualified_name,
        radius_arcsec=radius_arcsec,
        keep="all",
        epoch="right" if known.has("ref_epoch") else "none",
        name=f"matches.comparison_{known.name}",
        mode="replace",
        left_id="source_id",
        right_id="source_id",
    )
    return str(report.table.qualified_name)
