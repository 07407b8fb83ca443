"""Cross-match through an intermediary: a bright-star list reaches a faint catalogue by way of a third."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from catalogdb.links import link_table, links_sql, resolve
from catalogdb.match import (
    MatchReport,
    Progress,
    count_rows,
    find_pairs,
    no_progress,
    report_of,
    split_name,
)
from catalogdb.match_options import Keep, MatchOptions
from catalogdb.points import side
from catalogdb.writer import Mode
from sql import load

if TYPE_CHECKING:
    from catalogdb.store import Store


def match_through(
    store: Store,
    left: str,
    through: str,
    right: str,
    *,
    radii_arcsec: tuple[float, float],
    keep: Keep = "all",
    name: str | None = None,
    mode: Mode = "create",
    progress: Progress | None = None,
) -> MatchReport:
    """Publish the pairs of `left` and `right` rows that a row of `through` connects.

    The intermediary is within the first radius of the left row, the right row within the second of
    the intermediary, as listed; so paper 004 goes from its mother catalogue to APASS within 15 arcsec
    and from there to the others within 5. `separation` and `position_angle` are from left to right,
    and `keep` chooses among the pairs of left and right by them. The table is called `name`, by
    default matches.<left>_<through>_<right>. Raises what `match` raises.
    """
    started = time.monotonic()
    sides = [side(store.table(table)) for table in (left, through, right)]
    hops = [MatchOptions(radius_arcsec=radius, keep=keep) for radius in radii_arcsec]
    schema, table_name = split_name(name or "_".join(given.table.name for given in sides))
    names = [given.table.qualified_name for given in sides]
    ends = sides[0], sides[2]
    table = replace(
        link_table(*ends, hops[1], schema=schema, name=table_name),
        about=f"Rows of {names[0]} and {names[2]} that a row of {names[1]} connects ({keep})",
        extra={
            "match": {
                "left": names[0],
                "left_id": ends[0].id,
                "through": names[1],
                "right": names[2],
                "right_id": ends[1].id,
                "radii_arcsec": radii_arcsec,
            }
        },
    )
    settings = {
        "left": names[0],
        "through": names[1],
        "right": names[2],
        "radii_arcsec": radii_arcsec,
        "keep": keep,
    }
    run = store.start_run("match_through", settings, inputs=list(dict.fromkeys(names)))
    show = progress or no_progress
    with store.writer(table, mode=mode) as writer:
        first = count_rows(writer.con, (sides[0], sides[1]), show)
        find_pairs(writer.con, (sides[0], sides[1]), first, hops[0], show)
        writer.con.execute(load("match_first_hop").text)
        second = count_rows(writer.con, (sides[1], sides[2]), show)
        find_pairs(writer.con, (sides[1], sides[2]), second, hops[1], show)
        writer.con.execute(load("match_second_hop").text)
        matched = resolve(writer.con, *ends, hops[1])
        rows = writer.insert(*links_sql(table, hops[1]))
        writer.publish(run=run)
    return report_of(table, rows, (first[0], second[1]), hops[1], matched, time.monotonic() - started)
