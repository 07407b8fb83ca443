"""`matches.identifiers`: which rows of the store's tables are one star, and which stars are one system.

Rows and the identifiers in them are the nodes of a graph. Rows that share an identifier of a star are
that star, unless it would make one of two rows of one catalogue: then the identifier names the system
of both, as one that is declared to name systems does. Stars are then looked for by their positions,
moved to each row's epoch, in the tables that say nothing of them. No position joins two stars.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import MatchError
from catalogdb.match import Progress, no_progress
from catalogdb.schema import Column, Table
from catalogdb.star_graph import StarGraph, of_systems
from catalogdb.writer import Mode
from sql import load

if TYPE_CHECKING:
    from catalogdb.store import Store

NAME = "identifiers"
RADIUS_ARCSEC = 2.0
"""Within which a star is looked for in tables that do not name it."""

_log = logging.getLogger(__name__)


def _text(name: str, ucd: str, about: str, *, nullable: bool = True) -> Column:
    return Column(name=name, type="VARCHAR", ucd=ucd, about=about, nullable=nullable)


COLUMNS = (
    Column(
        name="system_id",
        type="BIGINT",
        ucd="meta.id.parent",
        about="System: all stars and rows that are connected; a number of this version of the table",
        nullable=False,
        principal=True,
    ),
    Column(
        name="object_id",
        type="BIGINT",
        ucd="meta.id",
        about="Star of that system; missing for rows that describe the system as a whole",
        principal=True,
    ),
    _text("namespace", "meta.id.part", "Catalogue that the identifier is from: HIP, Gaia DR3, WDS, ..."),
    _text("identifier", "meta.id", "Identifier in that catalogue", nullable=False),
    _text("table_name", "meta.id;meta.table", "Table of the row that has the identifier", nullable=False),
    _text("row_id", "meta.id.cross", "source_id of that row, as text", nullable=False),
    _text(
        "relation",
        "meta.code",
        "own: the row's own identifier; listed: another of the star, in its row; system: of its system, "
        "in its row; position: the row was found where the star is",
        nullable=False,
    ),
    Column(
        name="separation",
        type="DOUBLE",
        unit="arcsec",
        ucd="pos.angDistance",
        about="From the star, moved to the row's epoch, to the row, where it was found by position",
    ),
    ASTROMETRY["ra"],
    ASTROMETRY["dec"],
    ASTROMETRY["hpx29"],
    _text("search_key", "meta.id", "Identifier in capitals, without zeros before numbers", nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiersReport:
    """What was joined: rows of the table, rows of other tables in it, stars, systems, and positions found."""

    table: Table
    rows: int
    table_rows: int
    stars: int
    systems: int
    by_position: int
    seconds: float


def build_identifiers(
    store: Store,
    tables: Sequence[str] = (),
    *,
    radius_arcsec: float = RADIUS_ARCSEC,
    mode: Mode = "replace",
    progress: Progress | None = None,
) -> IdentifiersReport:
    """Publish `matches.identifiers` of these tables, by default of all that declare identifiers.

    Rows that neither have nor share a cross-identification are not in it. Raises MatchError where no
    table declares identifiers, TableNotFound.
    """
    started = time.monotonic()
    chosen = [store.table(name) for name in tables] if tables else list(store.tables())
    named = [table for table in chosen if table.identifiers and table.has("source_id")]
    if not named:
        raise MatchError(
            "no table here declares identifiers: ingest a catalogue that has some, such as hipparcos"
        )
    positional = [table for table in chosen if _is_star_list(table)]
    read = [*named, *(table for table in positional if table not in named)]
    table = _described(store, read, radius_arcsec)
    names = [each.qualified_name for each in read]
    settings = {"tables": names, "radius_arcsec": radius_arcsec}
    run = store.start_run("identifiers", settings, inputs=names)
    show = progress or no_progress
    with store.writer(table, mode=mode) as writer:
        job = StarGraph(writer.con, read)
        job.collect(named, show)
        job.join()
        found = job.look_around(positional, radius_arcsec, show)
        rows = writer.insert(load("identifiers_rows").text)
        ((table_rows, stars, systems),) = writer.con.execute(
            "SELECT count(DISTINCT (table_name, row_id)), count(DISTINCT object_id), "  # noqa: S608 (quoted)
            f"count(DISTINCT system_id) FROM {writer.built}"
        ).fetchall()
        writer.publish(run=run)
    seconds = time.monotonic() - started
    _log.info("%s: %d stars in %d systems", table.qualified_name, stars, systems)
    return IdentifiersReport(
        table=table,
        rows=rows,
        table_rows=table_rows,
        stars=stars,
        systems=systems,
        by_position=found,
        seconds=seconds,
    )


def versions(store: Store) -> dict[str, list[str]]:
    """Return the parts of every table that matters to `matches.identifiers`, by name."""
    return {
        table.qualified_name: [part.sha256 for part in store.info(table.qualified_name).parts]
        for table in store.tables()
        if table.identifiers or _is_star_list(table)
    }


def _is_star_list(table: Table) -> bool:
    """Whether rows of the table are single stars at positions: a catalogue, not the result of a match."""
    listed = table.is_positional and table.has("ra", "dec", "source_id") and table.name != NAME
    return listed and table.schema not in {"matches", "results"} and not of_systems(table)


def _described(store: Store, read: Sequence[Table], radius_arcsec: float) -> Table:
    names = {table.qualified_name for table in read}
    return Table(
        schema="matches",
        name=NAME,
        title="Identifiers of stars and systems",
        about="Which rows are one star, and which stars one system, by their identifiers and positions",
        columns=COLUMNS,
        unique=False,
        extra={
            "built_from": {name: parts for name, parts in versions(store).items() if name in names},
            "radius_arcsec": radius_arcsec,
        },
    )


def star_lists(tables: Sequence[Table]) -> list[Table]:
    """Return those whose rows are single stars at positions."""
    return [table for table in tables if _is_star_list(table)]
