"""Tables in the JSON of TAP services: {"metadata": [{name, datatype, unit...}, ...], "data": [[...], ...]}.

As the Gaia archive and others write it with FORMAT=json; datatypes are those of VOTable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalogdb.errors import DataError
from ingest.arrow import duckdb_type
from ingest.readers.base import BATCH_ROWS, ArrayReader, FileColumn, stored_fields
from ingest.readers.stream import open_bytes
from ingest.spec import Form

_TYPES = {
    "boolean": pa.bool_(),
    "unsignedByte": pa.int16(),
    "short": pa.int16(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
}
_DATATYPES = {str(kind): name for name, kind in _TYPES.items()}


class Json(ArrayReader):
    """Reads the one table of the file, which is held in memory as a whole; null is missing."""

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, types, units, UCDs and descriptions of the metadata."""
        metadata, _ = _table(path)
        return [
            FileColumn(
                column["name"],
                duckdb_type(_type(column)),
                column.get("unit"),
                column.get("ucd"),
                " ".join((column.get("description") or "").split()),
            )
            for column in metadata
        ]

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows in batches."""
        metadata, rows = _table(path)
        schema = pa.schema([pa.field(column["name"], _type(column)) for column in metadata])
        return schema, _batches(path, rows, schema)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the metadata that the form has, and each row as a line."""
        table = con.sql(f"FROM {rows}").to_arrow_table()
        fields = stored_fields(form)
        kinds = [table.schema.field(item.name).type for item in fields]
        metadata = [
            {"name": item.source or item.name, "unit": item.unit or None, **_told(kind)}
            for item, kind in zip(fields, kinds, strict=True)
        ]
        values = zip(*(table.column(item.name).to_pylist() for item in fields), strict=True)
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in values)
        head = ",\n".join(map(json.dumps, metadata))
        path.write_text(f'{{"metadata":\n[\n{head}\n],\n"data":\n[\n{lines}\n]\n}}\n', encoding="utf-8")


def _table(path: Path) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    try:
        with open_bytes(path) as stream:
            content = json.load(stream)
    except ValueError as error:
        raise DataError(f"{path}: it is no JSON that can be read ({error}); fetch it again") from error
    try:
        metadata, rows = content["metadata"], content["data"]
        names = [column["name"] for column in metadata]
        widths = [len(row) for row in rows]
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path}: it is no table in the JSON of a TAP service: metadata and data are needed"
        ) from error
    for number, width in enumerate(widths, 1):
        if width != len(names):
            raise DataError(f"{path}, row {number}: it has {width} values for {len(names)} columns")
    return metadata, rows


def _type(column: dict[str, Any]) -> pa.DataType:
    kind = _TYPES.get(column.get("datatype") or "", pa.string())
    several = str(column.get("arraysize") or "1") != "1"
    return pa.list_(kind) if several and not pa.types.is_string(kind) else kind


def _told(kind: pa.DataType) -> dict[str, str | None]:
    if pa.types.is_list(kind):
        return _told(kind.value_type) | {"arraysize": "*"}
    datatype = _DATATYPES.get(str(kind), "char")
    return {"datatype": datatype, "arraysize": "*" if datatype == "char" else None}


def _batches(path: Path, rows: list[list[Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), BATCH_ROWS):
        columns = list(zip(*rows[start : start + BATCH_ROWS], strict=True))
        arrays = [_array(path, field, values, start) for field, values in zip(schema, columns, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _array(path: Path, field: pa.Field, values: tuple[Any, ...], start: int) -> pa.Array:
    try:
        return pa.array(values, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(
            f"{path}, rows from {start + 1}: column {field.name} does not hold {field.type}: {error}"
        ) from error
