"""Uploaded files as tables of a worker's DuckDB, for as long as a query runs."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from catalogdb import app
from catalogdb.adql import write
from catalogdb.errors import CatalogError, DataError
from catalogdb.faults import query_error
from catalogdb.service.protocol import Message
from catalogdb.service.uploads.values import FileColumn, plain, timestamp_fault, value
from catalogdb.uploaded import UPLOADS, UploadedColumn, UploadedTable

MOST_COLUMNS = 4000

_BATCH = "uploaded_batch"

_log = logging.getLogger(__name__)


@contextlib.contextmanager
def loaded_uploads(
    connection: duckdb.DuckDBPyConnection, uploads: Sequence[Message], go_on: Callable[[], None]
) -> Iterator[list[UploadedTable]]:
    """The tables of a request, which are dropped at the end; raises DataError that names the table.

    `go_on` is called between batches, and raises to stop.
    """
    try:
        yield [_load(connection, each, go_on) for each in uploads]
    finally:
        for each in uploads:
            connection.execute(f"DROP TABLE IF EXISTS {write.qualified(UPLOADS, each['name'])}")


def _load(connection: duckdb.DuckDBPyConnection, upload: Message, go_on: Callable[[], None]) -> UploadedTable:
    path, called = Path(upload["path"]), f"uploaded table {upload['name']}"
    try:
        opened = app.open_upload(path, upload["most_bytes"])
        columns = _columns(opened.columns)
        name = write.qualified(UPLOADS, upload["name"])
        listed = ", ".join(f"{each.sql_name} {each.type}" for each in columns)
        connection.execute(f"CREATE OR REPLACE TABLE {name} ({listed})")
        rows = 0
        for batch in opened.batches:
            go_on()
            _insert(connection, name, columns, batch, rows)
            rows += batch.num_rows
            if rows > upload["most_rows"]:
                raise DataError(f"it has more than {upload['most_rows']:,} rows")
    except DataError as error:
        raise DataError(_told(str(error), path, called)) from error
    except duckdb.OutOfMemoryException as error:
        raise query_error(error) from error
    except (CatalogError, MemoryError):
        raise
    except Exception as error:
        # Nothing but the file decides what a reader meets.
        _log.warning("an uploaded file could not be read", exc_info=error)
        reason = str(error).partition("\n")[0]
        text = f"it can not be read ({type(error).__name__}: {reason})"
        raise DataError(_told(text, path, called)) from error
    finally:
        path.with_name(f"{path.name}.plain").unlink(missing_ok=True)
    return UploadedTable(
        name=upload["name"],
        schema=UPLOADS,
        about="A table that came with the query",
        columns=columns,
        rows=rows,
        unique=False,
    )


def _told(text: str, path: Path, called: str) -> str:
    """What is wrong, with the name of the table instead of the file's."""
    text = text.replace(f"{path}.plain", called).replace(str(path), called)
    return text if called in text else f"{called}: {text}"


def _columns(described: Sequence[FileColumn]) -> tuple[UploadedColumn, ...]:
    if not described:
        raise DataError("it has no columns")
    if len(described) > MOST_COLUMNS:
        raise DataError(f"it has {len(described)} columns; {MOST_COLUMNS} are the most")
    taken = {each.name for each in described}
    found: list[UploadedColumn] = []
    seen: set[str] = set()
    for number, each in enumerate(described, 1):
        name = each.name or _made(number, taken)
        if name in seen:
            raise DataError(f"it has two columns {name!r}: rename one")
        seen.add(name)
        found.append(value(each, name, f"c{number}"))
    return tuple(found)


def _made(number: int, taken: set[str]) -> str:
    """A name for a column without one."""
    name = f"col_{number}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def _insert(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[UploadedColumn],
    batch: pa.RecordBatch,
    before: int,
) -> None:
    arrays = [plain(each, array, before) for each, array in zip(columns, batch.columns, strict=True)]
    rows = pa.Table.from_arrays(arrays, names=[each.sql_name for each in columns])
    connection.register(_BATCH, rows)
    try:
        for each in columns:
            timestamp_fault(connection, _BATCH, each, rows.schema, before)
        listed = ", ".join(f"CAST({each.sql_name} AS {each.type})" for each in columns)
        connection.execute(f"INSERT INTO {name} SELECT {listed} FROM {_BATCH}")  # noqa: S608
    finally:
        connection.unregister(_BATCH)
