"""Which rows of a table of stars are compared, and whether they can be: its run and its probability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import sql
from catalogdb.errors import AnalysisError
from catalogdb.schema import FLOATS, INTEGERS, Table

NONE = "none"
MOST_NAMED = 12
"""Runs that an error names at most."""


class Tested(NamedTuple):
    """Rows of a run: how many, of how many stars, how many with a value, its range, and the weighting."""

    rows: int
    stars: int
    tested: int
    low: float | None
    high: float | None
    weighting: str | None


def check(stars: Table, settings: Mapping[str, Any]) -> None:
    """Raise AnalysisError unless the table has the columns that are asked for, of the right kind."""
    words = settings["class_column"]
    needed = ["source_id", words or settings["probability"]]
    needed += ["q_fdr"] if settings["q"] is not None and not words else []
    missing = [name for name in needed if not stars.has(name)]
    if missing:
        raise AnalysisError(
            f"{stars.qualified_name} has no {', '.join(missing)}: "
            "name its column with probability or class_column"
        )
    if settings["epochs"] == NONE and not settings["namespace"]:
        raise AnalysisError("comparison: epochs is none, so namespace has to say what source_id is")
    for name in ("alpha", "uniform_above", "q"):
        if settings[name] is not None and not settings[name] <= 1.0:
            raise AnalysisError(f"comparison: {name} is {settings[name]:g}, but a probability is at most 1")
    for name in needed[1:]:
        kind = stars.column(name).type
        if words and kind != "VARCHAR":
            raise AnalysisError(
                f"{stars.qualified_name}: class_column {name} is {kind}, "
                "not text that says accelerating or uniform"
            )
        if not words and kind not in INTEGERS + FLOATS:
            raise AnalysisError(
                f"{stars.qualified_name}: {name} is {kind}, not a number: "
                "probability has to name a column of probabilities (class_column one of words)"
            )


def run_of(store: Any, table: Table, wanted: str | None = None) -> str | None:
    """Return the run of a table of results that is wanted, or the one that started last.

    None for a table without runs. Raises AnalysisError where there is no such run.
    """
    if not table.has("run_id"):
        if wanted is not None:
            raise AnalysisError(f"{table.qualified_name} has no run_id, so there is no run {wanted} of it")
        return None
    runs = _runs(store, table)
    if not runs:
        raise AnalysisError(f"{table.qualified_name} has no rows: nothing to compare")
    if wanted is not None and wanted not in runs:
        listed = ", ".join(runs[:MOST_NAMED]) + (", ..." if len(runs) > MOST_NAMED else "")
        raise AnalysisError(
            f"{table.qualified_name} has no run {wanted}; its runs, the latest first: {listed}"
        )
    return wanted or runs[0]


def _runs(store: Any, table: Table) -> list[str]:
    """Return the runs of a table of results, the one that started last first."""
    rows = store.sql(sql.load("comparison_runs").text, {"table": table.qualified_name}).fetchall()
    return [str(run) for (run,) in rows if run is not None]


def rank(settings: Mapping[str, Any]) -> str:
    """Return the column that tells what became of a star; of several rows of it the smallest counts."""
    return str(settings["class_column"] or settings["probability"])


def tested(store: Any, stars: Table, run: str | None, settings: Mapping[str, Any]) -> Tested:
    """Return what the rows of the run say; raises AnalysisError where they say nothing, or no probability."""
    name = rank(settings)
    found = _tested(store, stars, name, run)
    _some(store, found, stars, name, run)
    if settings["class_column"]:
        return found
    _probable(found, stars, name)
    if settings["q"] is not None:
        rates = _tested(store, stars, "q_fdr", run)
        _some(store, rates, stars, "q_fdr", run)
        _probable(rates, stars, "q_fdr")
    return found


def _tested(store: Any, stars: Table, column: str, run: str | None) -> Tested:
    given = {"table": stars.qualified_name, "column": column, "run": run}
    return Tested(*store.sql(sql.load("comparison_tested").text, given).fetchall()[0])


def _some(store: Any, found: Tested, stars: Table, column: str, run: str | None) -> None:
    if found.tested:
        return
    where, advice = f"all {found.rows:,} rows", "choose "
    if run:
        where += f" of run {run}"
        others = [
            each for each in _runs(store, stars)[:MOST_NAMED] if _tested(store, stars, column, each).tested
        ]
        advice = (
            f"choose --run {' or '.join(others)}, " if others else "no other of its runs has one: choose "
        )
    where += f" (weighting {found.weighting})" if found.weighting else ""
    raise AnalysisError(
        f"{stars.qualified_name} has no tested star: {column} is NULL in {where}; {advice}"
        "another probability with --probability, or a column of classes with --class-column"
    )


def _probable(found: Tested, stars: Table, column: str) -> None:
    low, high = found.low, found.high
    if low is not None and high is not None and not (0.0 <= low <= high <= 1.0):
        raise AnalysisError(
            f"{stars.qualified_name}: {column} is no probability: "
            f"its values are {low:g} to {high:g}, not within 0 to 1"
        )
