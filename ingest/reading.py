"""One batch of files read into one file of the store: strictly, or with bad records set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from catalogdb.ddl import create_table, insert_rows
from catalogdb.errors import CatalogError, DataError, QueryError
from catalogdb.faults import writing
from catalogdb.schema import Table
from ingest import faults
from ingest.batches import Batch, groups, reads_streams
from ingest.csv_errors import csv_error
from ingest.files import state_of
from ingest.forms import Plan
from ingest.meter import Meter
from ingest.planning import PlannedFile
from ingest.readers.stream import (
    check_encoding,
    check_readable,
    raised_in_stream,
    without_traceback,
)
from ingest.statements import joined_statement, rows_statement, sound_statement

TEXTS = ("fixed_width", "delimited", "csv", "blanks", "vizier", "ecsv")
"""Readers of plain text."""

RowStore = Callable[[str, Mapping[str, Any], Sequence[str]], int]
"""Takes a SELECT, its parameters and the names of its columns; stores its rows, returns their number."""

Rows = dict[Path, int]
"""The rows that were kept of each file."""

_HEAP = "ingest_heap"

FAULTS = (DataError, QueryError, OSError, duckdb.Error)
"""What a bad record or a damaged file may raise."""


class BatchReader:
    """Reads batches of the files of one table; `check` is called between files, and raises to end it."""

    def __init__(self, table: Table, meter: Meter, check: Callable[[], None] = lambda: None) -> None:
        self._table, self._meter, self._check = table, meter, check
        self._names = [column.name for column in table.columns]

    def strict(self, con: duckdb.DuckDBPyConnection, batch: Batch, store: RowStore) -> Rows:
        """Store the rows of all files; the first bad record is an error that names it."""
        parts = groups(batch)
        if len(parts) == 1:
            return self._strictly(con, parts[0], store)
        with _heap(con, self._table):
            kept: Rows = {}
            for group in parts:
                self._check()
                kept |= self._strictly(con, group, self._heaped(con))
            store(f"SELECT * FROM {_HEAP}", {}, self._names)
        return kept

    def sound(self, con: duckdb.DuckDBPyConnection, batch: Batch, store: RowStore) -> Rows:
        """Store the sound rows of all files; bad records go to the table faults.REJECTED.

        Files are read strictly first: where no record is bad none needs to be located.
        """
        faults.begin(con)
        with _heap(con, self._table):
            kept: Rows = {}
            for group in groups(batch):
                self._check()
                check_text([file.plan for file in group])
                try:
                    kept |= self._group(con, group, self._heaped(con))
                except FAULTS:
                    for file in group:
                        self._check()
                        kept[file.path] = self._located(con, file)
            store(f"SELECT * FROM {_HEAP}", {}, self._names)
        return kept

    def _strictly(self, con: duckdb.DuckDBPyConnection, group: Batch, store: RowStore) -> Rows:
        try:
            return self._group(con, group, store)
        except FAULTS as error:
            raise explained(con, group, error) from error

    def _group(self, con: duckdb.DuckDBPyConnection, group: Batch, store: RowStore) -> Rows:
        """Store the rows of files that one statement reads."""
        plans = [file.plan for file in group]
        counts = [self._meter.counter(plan.path) for plan in plans]
        with unregistered(con):
            if reads_streams(group[0]) and (len(group) > 1 or not _is_text(plans[0])):
                store(joined_statement(con, plans, self._table, "file", counts), {}, self._names)
                return {plan.path: self._meter.rows(plan.path) for plan in plans}
            statement, values = rows_statement(con, plans[0], self._table, "file", counts[0])
            return {plans[0].path: store(statement, values, self._names)}

    def _located(self, con: duckdb.DuckDBPyConnection, file: PlannedFile) -> int:
        """Set the bad records of one file aside and put the others on the heap; return their number."""
        plan = file.plan
        try:
            with unregistered(con):
                faults.collect(con, plan)
                counter = self._meter.counter(plan.path)
                statement, values = sound_statement(con, plan, self._table, "file", counter)
                return self._heaped(con)(statement, values, self._names)
        except FAULTS as error:
            # No record can stop this reading: what the stream says is all.
            raise raised_in_stream(error) or explained(con, (file,), error) from error

    def _heaped(self, con: duckdb.DuckDBPyConnection) -> RowStore:
        """What puts rows on the heap as they come."""

        def store(statement: str, values: Mapping[str, Any], columns: Sequence[str]) -> int:
            insert = insert_rows(_HEAP, self._table, f"({statement})", columns, ordered=False)
            with writing(Path(self._table.qualified_name)):
                ((count,),) = con.execute(insert, dict(values)).fetchall()
            return int(count)

        return store


@contextmanager
def _heap(con: duckdb.DuckDBPyConnection, table: Table) -> Iterator[None]:
    """A table for rows in no order yet, which spills like any work of DuckDB's."""
    con.execute(create_table(_HEAP, table, temporary=True))
    try:
        yield
    finally:
        con.execute(f"DROP TABLE {_HEAP}")


@contextmanager
def unregistered(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let go of the stream registered as "file", so that no reader stays open."""
    try:
        yield
    finally:
        con.unregister("file")


def explained(con: duckdb.DuckDBPyConnection, files: Sequence[PlannedFile], error: Exception) -> CatalogError:
    """The error that names the file and the record; what DuckDB said where no record is at fault."""
    if isinstance(error.__cause__, duckdb.OutOfMemoryException) and isinstance(error, CatalogError):
        return error
    for file in files:
        now = state_of(file.path)
        if (now.size, now.mtime_ns) != (file.file.size, file.file.mtime_ns):
            return DataError(f"{file.path} was changed while it was read: repeat when it is whole")
        if file.path.is_file():
            check_readable(file.path)
    check_text([file.plan for file in files])
    try:
        bad = faults.first_fault(con, [file.plan for file in files])
    except duckdb.Error:  # no record of its own can be told
        bad = None
    named = ", ".join(str(file.path) for file in files[:5])
    told = bad or raised_in_stream(error) or csv_error(files[0].path, str(error))  # csv is read file by file
    return told or DataError(f"{named}: {without_traceback(error)}")


def check_text(plans: Sequence[Plan]) -> None:
    """Text must be of its form's encoding: read otherwise, some letters would become others."""
    for plan in plans:
        if _is_text(plan):
            check_encoding(plan.path, plan.form.encoding)


def _is_text(plan: Plan) -> bool:
    return plan.form.reader in TEXTS
