"""Which rows of a list are of which star: by a common identifier, through others, or by position."""

from __future__ import annotations

from collections.abc import Mapping
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


class Pairs(NamedTuple):
    """Pairs of (source_id, list_id) with how they were found and, by position, how far apart [arcsec]."""

    found: dict[tuple[str, str], tuple[str, float | None]]
    how: str


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
    """Return which rows of the list are of which star.

    By every identifier that both state; where they share no kind of identifier, by `graph` through
    those of other tables (matches.identifiers); where that finds nothing, by position.
    """
    found: dict[tuple[str, str], tuple[str, float | None]] = {}
    ways: list[str] = []
    if known.qualified_name == ANOMALIES:
        given = {"stars": stars.table, "list": ANOMALIES, "column": "source_id", "separator": None}
        _add(found, store.sql(sql.load("comparison_named").text, given).fetchall(), "source_id")
        return Pairs(found, "source_id")
    for identifier in known.identifiers:
        if identifier.namespace is not None and identifier.namespace in stars.namespaces:
            _add(found, _shared(store, stars, known, identifier), identifier.namespace)
            ways.append(identifier.namespace)
    if graph and stars.entries is not None and known.identifiers:
        if is_old(store):
            build_identifiers(store, mode="replace")
        given = {"entries": stars.entries, "list": known.qualified_name}
        _add(found, store.sql(sql.load("comparison_graph").text, given).fetchall(), "identifiers")
        ways.append("identifiers")
    if found or any(way != "identifiers" for way in ways):
        return Pairs(found, ", ".join(dict.fromkeys(ways)))
    if stars.mother is None or not known.has("ra", "dec", "source_id"):
        return Pairs({}, "no common identifier, no position")
    _add(found, _near(store, stars.mother, known, radius_arcsec), "position")
    return Pairs(found, f"position within {radius_arcsec:g} arcsec")


def _add(found: dict[tuple[str, str], tuple[str, float | None]], rows: Any, how: str) -> None:
    for source_id, list_id, separation in rows:
        found.setdefault((source_id, list_id), (how, separation))


def _shared(store: Any, stars: Stars, known: Table, identifier: Any) -> Any:
    given = {"list": known.qualified_name, "column": identifier.column}
    given["separator"] = identifier.separator or None
    if stars.entries is None:
        return store.sql(sql.load("comparison_named").text, {**given, "stars": stars.table}).fetchall()
    catalogues = list(stars.namespaces[identifier.namespace])
    given |= {"entries": stars.entries, "catalogues": catalogues}
    return store.sql(sql.load("comparison_shared").text, given).fetchall()


def _near(store: Any, mother: Table, known: Table, radius_arcsec: float) -> Any:
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
    return store.sql(sql.load("comparison_links").text, {"links": report.table.qualified_name}).fetchall()
