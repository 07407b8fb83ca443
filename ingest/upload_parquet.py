"""Parquet that a client sends, under the names that its columns have, whatever the case of their letters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalogdb.errors import DataError
from ingest.arrow import duckdb_type
from ingest.readers import FileColumn

_BATCH_ROWS = 16_384
"""Fewer than elsewhere: what a page of repeated texts unfolds to is not known before."""

_INTEGERS = {
    "int8": pa.int16(),
    "uint8": pa.int16(),
    "uint16": pa.int32(),
    "uint32": pa.int64(),
    "uint64": pa.int64(),
    "halffloat": pa.float32(),
}


def parquet_rows(path: Path) -> tuple[tuple[FileColumn, ...], Iterator[pa.RecordBatch]]:
    """The columns and the rows of a Parquet file; raises DataError."""
    try:
        file = pq.ParquetFile(path)
        schema = file.schema_arrow
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: it is no Parquet file that can be read ({_first_line(error)})") from error
    kinds = [_plain_type(field, path) for field in schema]
    columns = tuple(_column(field, kind) for field, kind in zip(schema, kinds, strict=True))
    return columns, _rows(path, file, kinds)


def _rows(path: Path, file: pq.ParquetFile, kinds: list[pa.DataType]) -> Iterator[pa.RecordBatch]:
    names = [f"c{i}" for i in range(len(kinds))]
    before = 0
    try:
        with file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                columns = [_plain(c, kind) for c, kind in zip(batch.columns, kinds, strict=True)]
                yield pa.record_batch(columns, names=names)
                before += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}, after row {before}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(kind, safe=not _is_real(kind))


def _is_real(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_timestamp(kind))


def _column(field: pa.Field, kind: pa.DataType) -> FileColumn:
    notes = {k.decode(): v.decode("utf-8", "replace") for k, v in (field.metadata or {}).items()}
    inner = kind.value_type if pa.types.is_list(kind) else kind
    name = "TIMESTAMP" if pa.types.is_timestamp(inner) else duckdb_type(inner)
    return FileColumn(
        field.name,
        f"{name}[]" if pa.types.is_list(kind) else name,
        notes.get("unit") or None,
        notes.get("ucd") or None,
        notes.get("description", ""),
        xtype=notes.get("xtype") or None,
        utype=notes.get("utype") or None,
    )


def _plain_type(field: pa.Field, path: Path) -> pa.DataType:
    """The type of ours that has the values of a column."""
    kind = field.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        found = _single(kind.value_type)
        found = None if found is None else pa.list_(found)
    else:
        found = _single(kind)
    if found is None:
        raise DataError(f"{path}: column {field.name} is of {kind}, which no VOTable has")
    return found


def _single(kind: pa.DataType) -> pa.DataType | None:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if str(kind) in _INTEGERS:
        return _INTEGERS[str(kind)]
    for is_of, target in _TYPES:
        if is_of(kind):
            return kind if target is None else target
    return None


_TYPES = (
    (pa.types.is_boolean, None),
    (pa.types.is_integer, None),
    (pa.types.is_floating, None),
    (pa.types.is_decimal, pa.float64()),
    (pa.types.is_date, pa.timestamp("us")),
    (pa.types.is_timestamp, pa.timestamp("us")),
    (pa.types.is_time, pa.string()),
    (pa.types.is_string, pa.string()),
    (pa.types.is_large_string, pa.string()),
    (pa.types.is_binary, pa.string()),
    (pa.types.is_large_binary, pa.string()),
    (pa.types.is_null, pa.float64()),
)
