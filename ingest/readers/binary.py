"""Native binary records of one length, such as the zone files of the USNO catalogues."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import duckdb
import numpy as np
import pyarrow as pa

from catalogdb.errors import DataError, SpecError
from ingest.arrow import arrow_array, arrow_type
from ingest.readers.base import BATCH_ROWS, ArrayReader, FileColumn, batch_rows, stored_fields
from ingest.readers.stream import check_readable, compression, open_bytes
from ingest.spec import Form


class Binary(ArrayReader):
    """Reads and writes fixed binary records; a field's `type` is numpy's, such as "<i4" or "S5"."""

    unit = "record"

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """The form alone knows the columns."""
        return None

    def named(self, form: Form, schema: pa.Schema) -> dict[str, str]:
        """Columns bear the names of the fields."""
        return {name: name for name in schema.names}

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The records in batches; a size that is no multiple of the record's length is a DataError."""
        kind = record_type(form)
        if not compression(path):
            _check_length(path, kind.itemsize, path.stat().st_size)
        names = [f.name for f in stored_fields(form)]
        schema = pa.schema([pa.field(name, arrow_type(kind[name])) for name in names])
        return schema, _records(path, kind, schema)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows as records; a missing number is the field's first mark of absence, else 0."""
        kind = record_type(form)
        with path.open("wb") as stream:
            for batch in con.sql(f"FROM {rows}").to_arrow_reader(BATCH_ROWS):
                records = np.zeros(batch.num_rows, kind)
                for item in stored_fields(form):
                    mark = next((x for x in item.null if not isinstance(x, str)), 0)
                    records[item.name] = _numbers(batch.column(item.name), kind[item.name], mark, item.name)
                stream.write(records.tobytes())


def record_type(form: Form) -> np.dtype[Any]:
    """The numpy type of a record; SpecError for a field type that numpy does not know."""
    try:
        return np.dtype([(f.name, str(f.type)) for f in stored_fields(form)])
    except TypeError as error:
        raise SpecError(f"form {form.name}: {error}") from error


def _check_length(path: Path, length: int, size: int) -> None:
    if size % length:
        raise DataError(
            f"{path} is truncated or of another form: {size} bytes are {size // length} records of "
            f"{length} bytes and {size % length} bytes more; fetch it again"
        )


def _records(path: Path, kind: np.dtype[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for data in _chunks(path, kind.itemsize):
        records = np.frombuffer(data, kind)
        yield pa.record_batch([arrow_array(records[f.name], f.type) for f in schema], schema=schema)


def _chunks(path: Path, length: int) -> Iterator[bytes]:
    """The bytes of whole records, batch by batch; how long a packed file is shows at its end."""
    done = 0
    with open_bytes(path) as stream:
        while data := _next(path, stream, batch_rows(length) * length):
            done += len(data)
            _check_length(path, length, done)
            yield data


def _next(path: Path, stream: IO[bytes], size: int) -> bytes:
    try:
        return stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        check_readable(path)
        raise DataError(f"{path}: it can not be decompressed ({error})") from error


def _numbers(column: pa.Array, kind: np.dtype[Any], mark: float, name: str) -> np.ndarray[Any, Any]:
    if kind.kind == "S":
        return np.array([(x or "").encode() for x in column.to_pylist()], kind)
    values = column.cast(
        pa.float64() if kind.kind == "f" or pa.types.is_floating(column.type) else pa.int64()
    )
    plain = values.fill_null(mark).to_numpy(zero_copy_only=False)
    if kind.kind in "iu":
        # Whole numbers stay so: a double has no room for the 19 digits of an identifier.
        plain = np.rint(plain) if plain.dtype.kind == "f" else np.asarray(plain)
        info = np.iinfo(kind)
        beyond = (plain < info.min) | (plain > info.max)
        if beyond.any():
            raise DataError(f"{name}: {plain[beyond][0]} does not fit {re.sub('[<>|]', '', kind.str)}")
    return np.asarray(plain).astype(kind)
