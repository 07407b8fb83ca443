"""Files whose rows stand beside each other, joined by a key: all are read before a row can be stored."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from catalogdb.schema import Table
from ingest import faults
from ingest.convert import provided
from ingest.forms import Plan
from ingest.joins import keyed_parts, united
from ingest.planning import PlannedFile
from ingest.readers.stream import raised_in_stream
from ingest.reading import FAULTS, Rows, check_text, explained, unregistered
from ingest.statements import located_statement, part_statement, with_index


def read_together(
    con: duckdb.DuckDBPyConnection, files: Sequence[PlannedFile], table: Table, *, strict: bool, unique: bool
) -> tuple[str, Rows]:
    """Return the SELECT of the joined rows, and the records that were kept of each file.

    Strict: the first bad record is an error. Else bad records, and those that repeat a key or (where it
    is `unique`) an identifier, go to the table faults.REJECTED.
    """
    plans = [file.plan for file in files]
    if not strict:
        _set_aside(con, files, unique=unique)
    kept = {file.path: _part(con, number, file, strict=strict) for number, file in enumerate(files)}
    parts = [f"SELECT * FROM {_name(number)}" for number in range(len(files))]
    return with_index(table, united(plans, table, parts)), kept


def _name(number: int) -> str:
    return f"ingest_part_{number}"


def _part(con: duckdb.DuckDBPyConnection, number: int, file: PlannedFile, *, strict: bool) -> int:
    """Put the rows of one file into a temporary table; return their number."""
    try:
        with unregistered(con):
            if strict:
                statement, values = part_statement(con, file.plan, "file")
            else:
                located, values = located_statement(con, file.plan, "file")
                values = values | {"this_file": str(file.path)}
                bad = f"SELECT 1 FROM {faults.REJECTED} WHERE file = $this_file AND line = rec._line"
                statement = (
                    f"SELECT * EXCLUDE (_line, _raw, _fault) FROM ({located}) AS rec "
                    f"WHERE _fault IS NULL AND NOT EXISTS ({bad})"
                )
            con.execute(f"CREATE OR REPLACE TEMP TABLE {_name(number)} AS {statement}", values)
        ((count,),) = con.execute(f"SELECT count(*) FROM {_name(number)}").fetchall()
    except FAULTS as error:
        raise explained(con, (file,), error) from error
    return int(count)


def _set_aside(con: duckdb.DuckDBPyConnection, files: Sequence[PlannedFile], *, unique: bool) -> None:
    plans = [file.plan for file in files]
    check_text(plans)
    faults.begin(con)
    for file in files:
        try:
            faults.collect(con, file.plan)
        except FAULTS as error:
            raise raised_in_stream(error) or explained(con, (file,), error) from error
    if unique:
        named = [(number, plan) for number, plan in enumerate(plans) if _gives(plan, "source_id")]
        faults.collect_repeated(con, named, "source_id")
    for key, parts in keyed_parts(plans):
        faults.collect_repeated(con, parts, key)


def _gives(plan: Plan, column: str) -> bool:
    """Whether the file gives values to the column."""
    return any(c.name == column for c in provided(plan.spec, plan.form, plan.present))
