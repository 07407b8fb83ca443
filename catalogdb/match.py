"""Cross-match of two tables of a store, in SQL, to a published link table.

Exact at every position and radius: each pair within the radius is found, and no other. A match of
10 million rows with 10 million within an arcsecond takes a few seconds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from catalogdb.errors import MatchError
from catalogdb.join import Join, prepare_join
from catalogdb.links import all_stay, count_crowded, link_table, links_sql, resolve
from catalogdb.match_options import NO_MAGNITUDES, Keep, MagnitudeTest, MatchOptions
from catalogdb.placing import Census, census, plan_joins
from catalogdb.points import Side, SideName, create_rows, side
from catalogdb.schema import Table
from catalogdb.writer import Mode, Writer
from sql import load

if TYPE_CHECKING:
    from catalogdb.store import Store

__all__ = ["MagnitudeTest", "MatchReport", "match"]

Progress = Callable[[str, int, int | None], None]

FAST_RADIUS_ARCSEC = 36000.0
"""Radius up to which sql/match_pairs.sql is right to 1e-9 arcsec."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchReport:
    """What a match found; counts are of rows.

    `left_matched` counts the left identifiers with a link before `keep="mutual"` thins them out.
    `without_position` and `without_epoch` count rows of (left, right) that could not take part.
    """

    table: Table
    rows: int
    left_rows: int
    right_rows: int
    left_matched: int
    without_position: tuple[int, int]
    without_epoch: tuple[int, int]
    seconds: float


def match(
    store: Store,
    left: str,
    right: str,
    *,
    radius_arcsec: float,
    keep: Keep = "all",
    epoch: str | float = "none",
    name: str | None = None,
    mode: Mode = "create",
    left_position: str | None = None,
    right_position: str | None = None,
    left_id: str | None = None,
    right_id: str | None = None,
    ellipse: bool = False,
    max_distance: float | None = None,
    magnitude: MagnitudeTest | None = None,
    exclude_self: bool = False,
    progress: Progress | None = None,
) -> MatchReport:
    """Publish the pairs of rows of `left` and `right` within `radius_arcsec` as a link table.

    `keep` is "all", "nearest" (for each left row its nearest right row, ties to the smaller right_id)
    or "mutual" (nearest both ways, ties to the smaller identifier). A table may be matched with
    itself; `exclude_self` leaves out the pairs of a row with itself. Where identifiers repeat
    (Table.unique is False) rows of one identifier count as one: the closest pair of two identifiers
    stays. The table is called `name`, `[schema.]table`, by default matches.<left>_<right>.

    `epoch` says when positions are compared: "none" as listed; "left" or "right" at the epoch of
    that side's row, the other moved there; a Julian year, both moved there. Stars move by the vector
    model; a missing motion counts as zero. Rows without an epoch then stay out and are counted.
    `left_position`, `right_position` choose another of the table's positions than the listed one.

    `ellipse` adds the normalised distance and chi2 from both sides' errors, to which the errors of
    the motions are added where stars are moved; `max_distance` keeps the pairs up to that normalised
    distance, and none for which it is unknown. `magnitude` compares brightness.

    Raises MatchError, TableNotFound, TableExists, StoreBusy.
    """
    options = MatchOptions(
        radius_arcsec=radius_arcsec,
        keep=keep,
        epoch=epoch,
        ellipse=ellipse,
        max_distance=max_distance,
        magnitude=magnitude,
        exclude_self=exclude_self,
    )
    sides = (
        _side(store, "left", left, left_position, left_id, magnitude),
        _side(store, "right", right, right_position, right_id, magnitude),
    )
    schema, table_name = split_name(name or f"{sides[0].table.name}_{sides[1].table.name}")
    table = link_table(*sides, options, schema=schema, name=table_name)
    return publish_match(store, sides, options, table, mode, progress or no_progress)


def _side(
    store: Store,
    role: SideName,
    name: str,
    position: str | None,
    identifier: str | None,
    test: MagnitudeTest | None,
) -> Side:
    table = store.table(name)
    magnitudes = test.expressions(role, table) if test else {}
    return side(table, position=position, identifier=identifier, magnitudes=magnitudes)


def split_name(name: str) -> tuple[str, str]:
    """Return (schema, table) of `[schema.]table`; the schema of matches is `matches`."""
    schema, _, table = name.rpartition(".")
    return schema or "matches", table


def publish_match(
    store: Store,
    sides: tuple[Side, Side],
    options: MatchOptions,
    table: Table,
    mode: Mode,
    progress: Progress,
) -> MatchReport:
    """Match the two sides on a writer of `table` and publish it."""
    started = time.monotonic()
    names = [given.table.qualified_name for given in sides]
    settings = asdict(options) | {
        "left": names[0],
        "right": names[1],
        "left_position": sides[0].position.name,
        "right_position": sides[1].position.name,
    }
    run = store.start_run("match", settings, inputs=list(dict.fromkeys(names)))
    with store.writer(table, mode=mode) as writer:
        censuses = count_rows(writer.con, sides, progress)
        named = not any(each.without_id for each in censuses)
        if named and are_listed(censuses, options) and all_stay(sides, options):
            rows, matched = _write_all(writer, sides, censuses, options, progress)
        else:
            find_pairs(writer.con, sides, censuses, options, progress)
            progress("links", 0, None)
            matched = resolve(writer.con, *sides, options)
            rows = writer.insert(*links_sql(table, options))
        writer.publish(run=run)
    report = report_of(table, rows, censuses, options, matched, time.monotonic() - started)
    _log.info("%s: %d links of %d left rows", table.qualified_name, rows, report.left_rows)
    return report


def count_rows(
    con: duckdb.DuckDBPyConnection, sides: tuple[Side, Side], progress: Progress
) -> tuple[Census, Census]:
    """Offer both sides as `left_rows` and `right_rows`, and count them."""
    # Pairs need no order of their own, and keeping one costs memory.
    con.execute("SET preserve_insertion_order = false")
    progress("positions", 0, None)
    create_rows(con, "left", sides[0], full=False)
    create_rows(con, "right", sides[1], full=False)
    return census(con, "left"), census(con, "right")


def are_listed(censuses: tuple[Census, Census], options: MatchOptions) -> bool:
    """Whether pairs follow from the listed positions alone, each side at one epoch."""
    simple = all(c.has_one_epoch for c in censuses) and options.radius_arcsec <= FAST_RADIUS_ARCSEC
    return simple and not options.needs_full_rows


def find_pairs(
    con: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    censuses: tuple[Census, Census],
    options: MatchOptions,
    progress: Progress,
) -> None:
    """Make the table `pairs` of all that pass the tests of `options`."""
    if are_listed(censuses, options):
        select, bound = _listed_pairs(con, censuses, options, progress)
        epochs = common_epochs(censuses)
        columns = ", ".join(f"${name}::DOUBLE AS {name}" for name in epochs)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE pairs AS SELECT *, {columns} FROM ({select})",  # noqa: S608 (a file of sql/)
            bound | epochs,
        )
        return
    create_rows(con, "left", sides[0], full=True)
    create_rows(con, "right", sides[1], full=True)
    _find_tested_pairs(con, sides, censuses, options, progress)


def _listed_pairs(
    con: duckdb.DuckDBPyConnection, censuses: tuple[Census, Census], options: MatchOptions, progress: Progress
) -> tuple[str, dict[str, Any]]:
    """Return the SELECT of the pairs by their listed positions, and what it binds."""
    for name in ("left", "right"):
        # No other columns: those of the rows near an edge are set aside.
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW {name}_points AS "  # noqa: S608 (two names)
            f"SELECT id, ra, dec, bin, hpx29 FROM {name}_rows WHERE hpx29 IS NOT NULL"
        )
    progress("join", 0, None)
    join = Join(options.radius_arcsec / 3600, censuses[0].placed, censuses[1].placed)
    return load("match_pairs").text, prepare_join(con, join)


def common_epochs(censuses: tuple[Census, Census]) -> dict[str, float | None]:
    """Return the columns of the epochs [Julian yr] of pairs by listed positions, the same in all of them."""
    first, second = (each.first_epoch for each in censuses)
    return {"left_epoch": first, "right_epoch": second, "match_epoch": None}


def _write_all(
    writer: Writer,
    sides: tuple[Side, Side],
    censuses: tuple[Census, Census],
    options: MatchOptions,
    progress: Progress,
) -> tuple[int, int]:
    """Write every pair as it is found; then correct the count of the few left rows that have several.

    Returns the links and the left rows in them. A third faster than setting the pairs aside first.
    """
    select, bound = _listed_pairs(writer.con, censuses, options, progress)
    rows = writer.insert(
        f"SELECT *, 1::INTEGER AS n_candidates FROM ({select})",  # noqa: S608 (a file of sql/)
        bound,
        constants=common_epochs(censuses),
    )
    progress("links", 0, None)
    writer.con.execute(f"CREATE OR REPLACE TEMP VIEW pairs AS FROM {writer.built}")
    matched = resolve(writer.con, *sides, options)
    writer.con.execute(count_crowded(writer.built))
    return rows, matched


def _find_tested_pairs(
    con: duckdb.DuckDBPyConnection,
    sides: tuple[Side, Side],
    censuses: tuple[Census, Census],
    options: MatchOptions,
    progress: Progress,
) -> None:
    """Pairs by all tests: candidates by where rows are at about the epoch, then each pair exactly."""
    _check_epochs(sides, options)
    joins = plan_joins(con, censuses, options)
    con.execute(load("match_candidates_table").text)
    for done, join in enumerate(joins):
        progress("join", done, len(joins))
        bins = {"left_bin": join.left_bin, "right_bin": join.right_bin}
        con.execute(load("match_candidates").text, prepare_join(con, join) | bins)
    tests = options.magnitude.parameters() if options.magnitude else NO_MAGNITUDES
    exact = {
        "epoch_of": options.epoch_of,
        "epoch_yr": options.epoch_yr,
        "radius_arcsec": options.radius_arcsec,
        "max_distance": options.max_distance,
    }
    con.execute(load("match_refine").text, exact | tests)
    progress("join", len(joins), len(joins))


def _check_epochs(sides: tuple[Side, Side], options: MatchOptions) -> None:
    if options.epoch_of == "none":
        return
    for given in sides:
        if not given.has_epoch:
            raise MatchError(
                f"{given.table.qualified_name} has no epochs, so it can not be matched at another: "
                "use epoch none, or ingest it with an epoch"
            )


def report_of(
    table: Table,
    rows: int,
    censuses: tuple[Census, Census],
    options: MatchOptions,
    matched: int,
    seconds: float,
) -> MatchReport:
    """Return the report of a match of the rows counted by `censuses`."""
    left, right = censuses
    dated = options.epoch_of != "none"
    return MatchReport(
        table=table,
        rows=rows,
        left_rows=left.rows,
        right_rows=right.rows,
        left_matched=matched,
        without_position=(left.without_position, right.without_position),
        without_epoch=(left.without_epoch, right.without_epoch) if dated else (0, 0),
        seconds=seconds,
    )


def no_progress(label: str, done: int, total: int | None) -> None:
    """Take no notice."""
