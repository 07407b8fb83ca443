"""One run of the comparison: a table of stars and the store's known lists in, both results out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import pyarrow as pa

import sql
from analysis import Report
from analysis.columns import ARROW, arrow_schema
from analysis.comparison.account import Account
from analysis.comparison.chosen import NONE, check, rank, run_of, tested
from analysis.comparison.lists import KnownList, known_list
from analysis.comparison.matching import ANOMALIES, Stars, pairs, stars_of
from analysis.comparison.result import RESULT, SUMMARY
from analysis.comparison.rows import compared, star_columns
from analysis.spill import Spill, spill
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table
from catalogdb.writer import Publication

SCHEMA = arrow_schema(RESULT)
ROWS_AT_ONCE = 50_000


class Ours(NamedTuple):
    """The stars that are compared: their table, its run, and how they are known."""

    table: Table
    run: str | None
    how: Stars


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Hold the stars of a run against every known list of the store and publish what comes out.

    The rows replace those of an earlier run with the same settings. Raises AnalysisError for a table
    without the columns that are asked for, a run that it has not, one without a tested star, an
    unknown list, or if the store has none of the lists.
    """
    begin = time.monotonic()
    stars = store.table(settings["stars"])
    check(stars, settings)
    entries = None if settings["epochs"] == NONE else store.table(settings["epochs"])
    chosen = _lists(store, settings["lists"])
    stars_run = run_of(store, stars, settings["run"])
    seen = tested(store, stars, stars_run, settings)
    ours = Ours(stars, stars_run, stars_of(store, stars.qualified_name, entries, settings["namespace"]))
    inputs = [each.qualified_name for each in (stars, entries, *(table for table, _ in chosen)) if each]
    this = store.start_run("comparison", settings, inputs=inputs)
    same = {"stars_run": stars_run, "run_id": this.run_id}
    with spill(store.path, SCHEMA) as waiting:
        sums = pa.concat_tables(
            [
                _arrow(SUMMARY, _compare(store, (table, of), ours, settings, (waiting, same)), same)
                for table, of in chosen
            ]
        )
        key = " ".join(f"{name}={value}" for name, value in {**settings, "run": stars_run}.items())
        rows = waiting.read(SCHEMA, lambda part, _: part)
        store.publish_many(
            [Publication(table=RESULT, rows=rows, part=key), Publication(table=SUMMARY, rows=sums, part=key)],
            run=this,
        )
    lines = [_sentence(row) for row in sums.to_pylist()]
    if seen.stars < seen.rows:
        lines.append(
            f"{seen.rows:,} rows of {seen.stars:,} stars: of several rows of a star the one with the "
            f"smallest {rank(settings)} counts"
        )
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name, SUMMARY.qualified_name),
        rows=waiting.rows,
        seconds=time.monotonic() - begin,
        lines=tuple(lines),
    )


def _lists(store: Any, named: str | None) -> list[tuple[Table, KnownList]]:
    """Return the tables of the known lists that are asked for, or all that the store has."""
    if named is None:
        tables = sorted(
            (t for t in store.tables() if t.schema == "catalogs"), key=lambda table: str(table.name)
        )
        tables += [table for table in store.tables() if table.qualified_name == ANOMALIES]
        found = [(table, of) for table in tables if (of := known_list(table.name)) and table.has("source_id")]
        if not found:
            raise AnalysisError("the store has none of the known lists (gaia_nss, hgca, orb6, sb9, wds, ...)")
        return found
    result = []
    for name in (part.strip() for part in named.split(",")):
        table = store.table(name)
        if (of := known_list(table.name)) is None:
            raise AnalysisError(f"{name} begins with the name of no known list: comparison can not read it")
        result.append((table, of))
    return result


def _compare(
    store: Any,
    chosen: tuple[Table, KnownList],
    ours: Ours,
    settings: Mapping[str, Any],
    to: tuple[Spill, Mapping[str, Any]],
) -> dict[str, Sequence[Any]]:
    """Write the rows of one list and return its line of the summary."""
    table, of = chosen
    waiting, same = to
    quality, sign = of.quality or ("", 0.0)
    given = {
        "stars": ours.table.qualified_name,
        "star_columns": star_columns(settings),
        "star_rank": rank(settings),
        "run": ours.run,
        "list": table.qualified_name,
        "list_columns": ["source_id", "run_id", *of.columns],
        # A list without a number that tells its rows' quality has none by its identifiers either.
        "list_rank": quality if table.has(quality) else "source_id",
        "sign": sign if table.has(quality) else 0.0,
        "list_run": run_of(store, table) if table.schema == "results" else None,
    }
    account = Account(table.qualified_name)
    with closing(pairs(store, ours.how, table, settings["radius"], settings["graph"])) as found:
        for batch in found.batches(sql.load("comparison_both").text, given, ROWS_AT_ONCE):
            rows = compared(batch, table.qualified_name, of, settings)
            account.add(rows)
            waiting.write(_arrow(RESULT, rows, same))
    return {name: [value] for name, value in account.line(found.how).items()}


def _arrow(table: Table, rows: Mapping[str, Any], same: Mapping[str, Any]) -> pa.Table:
    n = len(rows["list_name"])
    # NaN becomes NULL: from_pandas is Arrow's name for that.
    return pa.table(
        {
            of.name: pa.array(
                [same[of.name]] * n if of.name in same else rows[of.name], ARROW[of.type], from_pandas=True
            )
            for of in table.columns
        }
    )


def _sentence(row: Mapping[str, Any]) -> str:
    if not row["n_common"]:
        return f"{row['list_name']}: no star in common ({row['matched_by']})"
    text = (
        f"{row['list_name']}: in common {row['n_common']:,} ({row['matched_by']}), "
        f"tested {row['n_tested']:,}, accelerating {row['n_accelerating']:,}, uniform {row['n_uniform']:,}"
    )
    if row["n_claimed"]:
        text += f"; of {row['n_claimed']:,} known ones {row['n_claimed_accelerating']:,} found"
    if row["n_motion"]:
        text += (
            f"; motions within 3 sigma {row['within_3_ra']:.1%}, {row['within_3_dec']:.1%} "
            f"(99.7 % expected), both {row['within_3_both']:.1%} (98.9 %)"
        )
    return text
