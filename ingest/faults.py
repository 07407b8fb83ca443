"""Finding the record that stopped an ingest, and setting bad records aside in a file."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from catalogdb.errors import BadRecord, DataError
from ingest.fields import final
from ingest.files import NamedFile
from ingest.forms import Plan
from ingest.readers import READERS
from ingest.statements import located_statement

REJECTED = "ingest_rejected"
"""Temporary table of the records set aside."""

REJECTED_COLUMNS = 'file, line, "column", value, reason, raw'

_HEADER = ("file", "line", "column", "value", "reason", "raw")

_DDL = f"""CREATE OR REPLACE TEMP TABLE {REJECTED} (
    file VARCHAR, line BIGINT, "column" VARCHAR, value VARCHAR, reason VARCHAR, raw VARCHAR)"""


def first_fault(con: duckdb.DuckDBPyConnection, plans: Iterable[Plan]) -> BadRecord | None:
    """Return the first bad record of the files as the error it is; None if every record is sound."""
    for plan in plans:
        statement, values = located_statement(con, plan, "fault")
        rows = con.execute(
            f"SELECT _line, _raw, _fault FROM ({statement}) WHERE _fault IS NOT NULL LIMIT 1", values
        ).fetchall()
        con.unregister("fault")
        if rows:
            line, raw, fault = rows[0]
            return bad_record(plan, line, raw, fault)
    return None


def bad_record(plan: Plan, line: int, raw: str | None, fault: dict[str, Any]) -> BadRecord:
    """Return the error for a record, from its line, text and fault."""
    return BadRecord(
        str(plan.path),
        line,
        fault["reason"],
        column=fault["column"],
        value=fault["value"],
        raw=raw,
        unit=READERS[plan.form.reader].unit,
    )


def begin(con: duckdb.DuckDBPyConnection) -> None:
    """Make the table REJECTED anew."""
    con.execute(_DDL)


def collect(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Add the bad records of a file to the table REJECTED."""
    statement, values = located_statement(con, plan, "fault")
    con.execute(
        f"""INSERT INTO {REJECTED} SELECT $path, _line, _fault['column'], _fault['value'],
            _fault['reason'], _raw FROM ({statement}) WHERE _fault IS NOT NULL""",
        values | {"path": str(plan.path)},
    )
    con.unregister("fault")


def duplicate_error(
    con: duckdb.DuckDBPyConnection, plans: Iterable[Plan], identifier: Any, column: str = "source_id"
) -> BadRecord | None:
    """Return the error for the second record with that identifier; None if the files hold it once."""
    seen: list[tuple[Plan, int, str]] = []
    for plan in plans:
        seen += [(plan, line, raw) for line, raw in occurrences(con, plan, identifier, column)]
        if len(seen) > 1:
            break
    else:
        return None
    (first, first_line, _), (plan, line, raw) = seen[:2]
    reason = f"repeats the identifier of {first.path.name}, {READERS[first.form.reader].unit} {first_line}"
    return bad_record(plan, line, raw, {"column": column, "value": str(identifier), "reason": reason})


def collect_repeated(con: duckdb.DuckDBPyConnection, files: Sequence[tuple[int, Plan]], column: str) -> None:
    """Add every record but the first of each identifier in these numbered files to the table REJECTED."""
    selects: list[str] = []
    values: dict[str, Any] = {}
    for number, plan in files:
        statement, bound = located_statement(con, plan, f"repeat{number}")
        values |= bound
        selects.append(
            f"SELECT {number} AS file_number, $path{number} AS file, _line, _raw, "
            f"CAST({final(column)} AS VARCHAR) AS id FROM ({statement}) WHERE _fault IS NULL"
        )
        values[f"path{number}"] = str(plan.path)
    numbered = (
        "SELECT *, row_number() OVER ids AS n, first_value(_line) OVER ids AS first_line, "
        f"first_value(file) OVER ids AS first_file FROM ({' UNION ALL '.join(selects)}) "
        "WINDOW ids AS (PARTITION BY id ORDER BY file_number, _line)"
    )
    con.execute(
        f"""INSERT INTO {REJECTED} SELECT file, _line, $column, id,
            'repeats the identifier of ' || first_file || ', line ' || first_line, _raw
            FROM ({numbered}) WHERE n > 1 AND id IS NOT NULL""",
        values | {"column": column},
    )


def occurrences(
    con: duckdb.DuckDBPyConnection, plan: Plan, identifier: Any, column: str = "source_id"
) -> list[tuple[int, str]]:
    """Return line and text of the sound records of a file that have this identifier, at most two."""
    statement, values = located_statement(con, plan, "fault")
    name = final(column)
    rows = con.execute(
        f"SELECT _line, _raw FROM ({statement}) WHERE {name} = $wanted_id ORDER BY _line LIMIT 2",
        values | {"wanted_id": identifier},
    ).fetchall()
    con.unregister("fault")
    return rows


def rejected_by_file(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Number of records set aside, by file."""
    return dict(con.execute(f"SELECT file, count(*) FROM {REJECTED} GROUP BY ALL").fetchall())


def check_rejects(path: Path, files: Sequence[NamedFile]) -> None:
    """Raise DataError unless the file for rejects can be made, or replaces such a file of an earlier ingest.

    No file that is named to be read is replaced; what merely lies in a named folder may be such an older one.
    """
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path} can not be written: its folder does not exist")
    if not path.is_file():  # new, or a device
        return
    own = _is_rejects(path)
    for file in files:
        if (file.folder is None or not own) and path.samefile(file.path):
            raise DataError(f"{path} is a file to be read, and can not take the rejects: name another")
    if not own and path.stat().st_size:
        raise DataError(
            f"{path} exists and is no file of rejects: it is not replaced; name another file, or remove it"
        )


def _is_rejects(path: Path) -> bool:
    """Whether the file begins as `write_rejects` begins it."""
    head = ",".join(_HEADER).encode()
    try:
        with path.open("rb") as stream:
            return stream.readline(len(head) + 2).rstrip(b"\r\n") == head
    except OSError as error:
        raise DataError(f"{path} can not be written: {error.strerror or error}") from error


def write_rejects(con: duckdb.DuckDBPyConnection, path: Path, files: Sequence[Path]) -> None:
    """Write the records set aside as CSV (file, line, column, value, reason, raw), in the order of files."""
    cursor = con.execute(
        f"SELECT {REJECTED_COLUMNS} FROM {REJECTED} ORDER BY list_position($files, file), line",
        {"files": list(map(str, files))},
    )
    try:
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(_HEADER)
            while rows := cursor.fetchmany(10_000):
                writer.writerows(rows)
    except OSError as error:
        raise DataError(f"{path} can not be written: {error.strerror or error}") from error
