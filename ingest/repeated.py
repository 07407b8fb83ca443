"""Identifiers that stand more than once: in the files of an ingest, or in the table they are added to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from catalogdb.ddl import create_table, insert_rows
from catalogdb.errors import DataError
from catalogdb.schema import Table
from ingest import faults
from ingest.fields import final
from ingest.planning import PlannedFile
from ingest.readers import READERS
from ingest.statements import located_statement, sound_statement

REPEATED = "ingest_repeated"
"""Temporary table: source_id, and whether the table that is added to has it."""

KEEPERS = "ingest_keepers"
"""Temporary table: the rows of the first record of each repeated identifier."""

_FOUND = "ingest_found"


def first_repeated(
    con: duckdb.DuckDBPyConnection, sources: Sequence[str], old: str | None
) -> tuple[Any, bool] | None:
    """Return an identifier that stands twice in the sources, or in `old` too, and which of both it is."""
    for query, in_table in ((_TWICE, False), (_KNOWN, True)):
        if in_table and old is None:
            continue
        rows = con.execute(query.format(ids=_ids(sources), old=old) + " LIMIT 1").fetchall()
        if rows:
            return rows[0][0], in_table
    return None


_TWICE = "SELECT source_id FROM ({ids}) GROUP BY source_id HAVING count(*) > 1"
_KNOWN = "SELECT DISTINCT source_id FROM ({ids}) SEMI JOIN {old} USING (source_id)"


def _ids(sources: Sequence[str]) -> str:
    return " UNION ALL ".join(f"SELECT source_id FROM {s} WHERE source_id IS NOT NULL" for s in sources)


def repeated_error(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[PlannedFile],
    identifier: Any,
    table: str,
    *,
    in_table: bool,
) -> DataError:
    """Return the error for the record that repeats an identifier, of these files or of the table."""
    if not in_table:
        error = faults.duplicate_error(con, [file.plan for file in files], identifier)
        return error or DataError(f"{table}: {identifier} stands twice")
    for file in files:
        for line, raw in faults.occurrences(con, file.plan, identifier):
            reason = f"stands in {table} already (--replace publishes a new version instead)"
            fault = {"column": "source_id", "value": str(identifier), "reason": reason}
            return faults.bad_record(file.plan, line, raw, fault)
    return DataError(f"{identifier} stands in {table} already")


def _unit(file: PlannedFile) -> str:
    return READERS[file.plan.form.reader].unit


def find_repeated(con: duckdb.DuckDBPyConnection, sources: Sequence[str], old: str | None) -> int:
    """Fill the table REPEATED from the sources and return how many identifiers are in it."""
    ids = _ids(sources)
    known = f" UNION ALL SELECT source_id, true FROM ({_KNOWN.format(ids=ids, old=old)})" if old else ""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE {REPEATED} AS SELECT source_id, bool_or(known) AS known FROM (
            SELECT source_id, false AS known FROM ({_TWICE.format(ids=ids)}){known}) GROUP BY source_id"""
    )
    ((count,),) = con.execute(f"SELECT count(*) FROM {REPEATED}").fetchall()
    return int(count)


def set_aside(con: duckdb.DuckDBPyConnection, files: Sequence[PlannedFile], table: Table) -> None:
    """Add the records that repeat an identifier to faults.REJECTED, and the rows of the first to KEEPERS.

    Of an identifier that the table which is added to has, every record is one too many.
    """
    con.execute(create_table(KEEPERS, table, temporary=True))
    kind = table.column("source_id").type
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {_FOUND} "
        f"(number INTEGER, file VARCHAR, place VARCHAR, line BIGINT, raw VARCHAR, source_id {kind})"
    )
    for number, file in enumerate(files):
        _find(con, number, file)
    name = table.qualified_name
    con.execute(
        f"""INSERT INTO {faults.REJECTED} SELECT file, line, 'source_id', CAST(source_id AS VARCHAR),
            CASE WHEN known THEN 'stands in ' || $name || ' already'
            ELSE 'repeats the identifier of ' || first_file || ', ' || first_place END, raw
            FROM ({_NUMBERED}) WHERE n > 1 OR known""",
        {"name": name},
    )
    for number, file in enumerate(files):
        _keep(con, number, file, table)


_NUMBERED = f"""SELECT *, row_number() OVER ids AS n, first_value(place) OVER ids AS first_place,
    first_value(file) OVER ids AS first_file FROM {_FOUND} JOIN {REPEATED} USING (source_id)
    WINDOW ids AS (PARTITION BY source_id ORDER BY number, line)"""


def _find(con: duckdb.DuckDBPyConnection, number: int, file: PlannedFile) -> None:
    statement, values = located_statement(con, file.plan, "fault")
    name = final("source_id")
    con.execute(
        f"""INSERT INTO {_FOUND} SELECT $number, $path, $unit || ' ' || _line, _line, _raw, {name}
            FROM ({statement}) WHERE _fault IS NULL AND {name} IN (SELECT source_id FROM {REPEATED})""",
        values | {"number": number, "path": str(file.path), "unit": _unit(file)},
    )
    con.unregister("fault")


def _keep(con: duckdb.DuckDBPyConnection, number: int, file: PlannedFile, table: Table) -> None:
    lines = f"SELECT line FROM ({_NUMBERED}) WHERE n = 1 AND NOT known AND number = {number}"
    ((count,),) = con.execute(f"SELECT count(*) FROM ({lines})").fetchall()
    if not count:
        return
    statement, values = sound_statement(con, file.plan, table, "fault", condition=f"_line IN ({lines})")
    names = [column.name for column in table.columns]
    con.execute(insert_rows(KEEPERS, table, f"({statement})", names, ordered=False), values)
    con.unregister("fault")
