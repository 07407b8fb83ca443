"""VOTables in every serialisation (TABLEDATA, BINARY, BINARY2, FITS), by astropy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from astropy.io.votable import parse
from astropy.io.votable.exceptions import W03, W31, W39

from catalogdb.errors import DataError
from ingest.arrow import arrow_array, arrow_type, duckdb_type
from ingest.readers.base import BATCH_ROWS, ArrayReader, FileColumn
from ingest.spec import Form


class VOTable(ArrayReader):
    """Reads the first table, or that named `table`. astropy holds the table in memory as a whole."""

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, types, units, UCDs and descriptions of the FIELDs."""
        table = _table(path, form)
        schema = _schema(table)
        return [
            FileColumn(
                f.name,
                duckdb_type(schema.field(i).type),
                None if f.unit is None else str(f.unit),
                f.ucd,
                " ".join((f.description or "").split()),
            )
            for i, f in enumerate(table.fields)
        ]

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows in batches."""
        table = _table(path, form)
        schema = _schema(table)
        return schema, _rows(table.array, schema)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows as BINARY2 with the units of the form."""
        from ingest.readers.write_table import astropy_table  # noqa: PLC0415  (writing alone needs it)

        table = astropy_table(con, rows, form)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", W03)  # names such as 2MASS are no XML identifiers
            try:
                table.write(path, format="votable", tabledata_format="binary2", overwrite=True)
            except (W31, W39) as error:
                raise DataError(
                    f"{path}: a VOTable has no mark for whole numbers and truth values missing in lists"
                ) from error


def _table(path: Path, form: Form) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # archives break the letter of the standard in harmless ways
        try:
            document = parse(path, verify="ignore")
            tables = list(document.iter_tables())
        except Exception as error:  # astropy raises what its parsers raise: IndexError, expat, struct...
            raise DataError(f"{path}: it is no VOTable that can be read ({error}); fetch it again") from error
    if form.table is not None:
        tables = [t for t in tables if form.table in {t.ID, t.name}]
    if not tables:
        raise DataError(f"{path}: it has no table" + (f" {form.table}" if form.table is not None else ""))
    return tables[0]


def _schema(table: Any) -> pa.Schema:
    kinds = []
    for name in table.array.dtype.names:
        kind = table.array.dtype[name]
        if kind.kind == "O":
            kind = _object_type(table.array[name])
        kinds.append(arrow_type(kind) if isinstance(kind, np.dtype) else kind)
    return pa.schema([pa.field(f.name, k) for f, k in zip(table.fields, kinds, strict=True)])


def _object_type(values: Any) -> pa.DataType:
    """Text, or a list of numbers for variable-length vectors."""
    for value in np.ma.getdata(values):
        if isinstance(value, np.ndarray):
            return pa.list_(arrow_type(value.dtype))
        if isinstance(value, str):
            return pa.string()
    return pa.string()


def _rows(array: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(array), BATCH_ROWS):
        chunk = array[start : start + BATCH_ROWS]
        arrays = [arrow_array(chunk[n], f.type) for n, f in zip(array.dtype.names, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)
