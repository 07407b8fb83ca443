"""Which run's rows of a table of results are read: such a table keeps those of several runs."""

from __future__ import annotations

from typing import Any, NamedTuple

import sql
from analysis.options import Option
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

OPTION = Option(
    "run_id", str, None, "Run whose rows are read, of a table of results with several; by default the latest"
)


class RowsOf(NamedTuple):
    """The run that is read (None: the table has no runs), its rows as a condition of SQL, what is told."""

    run_id: str | None
    where: str
    lines: tuple[str, ...]


def rows_of(analysis: str, store: Any, table: Table, run_id: str | None = None) -> RowsOf:
    """Return the rows of a table that are read: of `run_id`, by default the latest, if it is one of results.

    Raises AnalysisError for a run that the table has not, or where it is no table of runs.
    """
    if table.schema != "results" or not table.has("run_id"):
        if run_id is not None:
            raise AnalysisError(f"{analysis}: run_id: {table.qualified_name} is not a table of runs")
        return RowsOf(None, "", ())
    given = {"stars": table.qualified_name, "run_id": run_id}
    found = store.sql(sql.load("run_of_table").text, given).arrow().to_pylist()
    if not found:
        if run_id is None:
            return RowsOf(None, "", ())
        raise AnalysisError(
            f"{analysis}: run_id: {table.qualified_name} has no rows of run {run_id}: its column run_id has "
            "those that there are"
        )
    read, runs = found[0]["run_id"], found[0]["runs"]
    if read is None:
        return RowsOf(None, "", ())
    several = f", {'the latest' if run_id is None else 'one'} of {runs:,} (--run-id)" if runs > 1 else ""
    quoted = "'" + str(read).replace("'", "''") + "'"
    return RowsOf(read, f"run_id = {quoted}", (f"{table.qualified_name}: run {read} is read{several}",))
