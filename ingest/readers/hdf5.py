"""HDF5: a table as a compound dataset, or a group of datasets of one length; needs h5py."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from catalogdb.errors import DataError
from ingest.arrow import arrow_array, arrow_type, duckdb_type
from ingest.readers.base import ArrayReader, FileColumn, batch_rows
from ingest.spec import Form


class Hdf5(ArrayReader):
    """Reads the compound dataset or the group of columns at `table`, by default the first in the file."""

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, types, and units from attributes called unit or units."""
        with _opened(path) as file:
            return [
                FileColumn(name, duckdb_type(_arrow(data, name)), _unit(data, name))
                for name, data in _columns(file, path, form).items()
            ]

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows in batches."""
        with _opened(path) as file:
            columns = _columns(file, path, form)
            schema = pa.schema([pa.field(name, _arrow(data, name)) for name, data in columns.items()])
        return schema, _rows(path, form, schema)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write each column as a dataset."""
        from ingest.readers.write_table import astropy_table  # noqa: PLC0415  (writing alone needs it)

        table = astropy_table(con, rows, form)
        with _h5py().File(path, "w") as file:
            for name in table.colnames:
                values = table[name]
                kind = values.dtype
                plain = np.ma.filled(values, b"" if kind.kind in "SU" else np.nan if kind.kind == "f" else 0)
                file[name] = np.char.encode(plain, "utf-8") if kind.kind == "U" else plain


def other_tables(path: Path, form: Form) -> list[str]:
    """Return the names of the tables of the file that are not read."""
    with _opened(path) as file:
        read = _chosen(file, path, form)
        return [name for name in _tables(file) if name != read]


def _h5py() -> Any:
    try:
        import h5py  # noqa: PLC0415  (an optional dependency)
    except ImportError as error:
        raise DataError("HDF5 files need h5py: pip install 'catalogdb[hdf5]'") from error
    return h5py


def _opened(path: Path) -> Any:
    try:
        return _h5py().File(path, "r")
    except OSError as error:
        raise DataError(f"{path}: it is no HDF5 file that can be read ({error}); fetch it again") from error


def _columns(file: Any, path: Path, form: Form) -> dict[str, Any]:
    """Column name -> its dataset, which is the compound dataset itself for a field of one."""
    name = _chosen(file, path, form)
    try:
        found = file[name]
    except KeyError as error:
        raise DataError(f"{path}: it has no {name}") from error
    if isinstance(found, _h5py().Group):
        datasets = _datasets(found)
        compound = [item for item in datasets.values() if item.dtype.names]
        if len(compound) != 1:
            _check_lengths(path, datasets)
            return datasets
        found = compound[0]
    if not found.dtype.names:
        raise DataError(f"{path}: {name} is no table")
    return dict.fromkeys(found.dtype.names, found)


def _chosen(file: Any, path: Path, form: Form) -> str:
    """The name of the table that is read: the form's, else the first, from the root downwards."""
    if form.table is not None:
        return str(form.table)
    found = next(iter(_tables(file)), None)
    if found is None:
        raise DataError(f"{path}: it has no table")
    return found


def _tables(group: Any) -> list[str]:
    """The compound datasets in a group, the group itself if it has columns, and those of its groups."""
    datasets = _datasets(group)
    found = [item.name.lstrip("/") for item in datasets.values() if item.dtype.names]
    if any(not item.dtype.names for item in datasets.values()):
        found.append(group.name.lstrip("/") or "/")
    inner = (item for item in group.values() if isinstance(item, _h5py().Group))
    return [*found, *(name for each in inner for name in _tables(each))]


_NOTES = ".__table_column_meta__"
"""Ending of the name of a dataset with which astropy describes the table beside it."""


def _datasets(group: Any) -> dict[str, Any]:
    return {
        name: item
        for name, item in group.items()
        if isinstance(item, _h5py().Dataset) and item.ndim and not name.endswith(_NOTES)
    }


def _check_lengths(path: Path, datasets: dict[str, Any]) -> None:
    lengths = {item.shape[0] for item in datasets.values()}
    if len(lengths) != 1:
        raise DataError(
            f"{path}: its datasets have {len(lengths)} different lengths: name a table in the form"
        )


def _kind(data: Any, name: str) -> np.dtype[Any]:
    kind: np.dtype[Any] = data.dtype[name] if data.dtype.names else data.dtype
    return kind


def _arrow(data: Any, name: str) -> pa.DataType:
    plain = arrow_type(_kind(data, name))
    return pa.list_(plain) if not data.dtype.names and data.ndim > 1 else plain


def _unit(data: Any, name: str) -> str | None:
    unit = data.attrs.get("unit", data.attrs.get("units"))
    return unit.decode() if isinstance(unit, bytes) else unit if isinstance(unit, str) else None


def _rows(path: Path, form: Form, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with _opened(path) as file:
        columns = _columns(file, path, form)
        datasets = {data.id: data for data in columns.values()}
        total = next(iter(columns.values())).shape[0] if columns else 0
        size = batch_rows(sum(_row_bytes(data) for data in datasets.values()))
        for start in range(0, total, size):
            rows = slice(start, min(start + size, total))
            read = {key: data[rows] for key, data in datasets.items()}  # a compound one once for all
            arrays = [
                arrow_array(
                    read[data.id][name] if data.dtype.names else read[data.id], schema.field(name).type
                )
                for name, data in columns.items()
            ]
            yield pa.record_batch(arrays, schema=schema)


def _row_bytes(data: Any) -> int:
    size: int = data.dtype.itemsize * math.prod(data.shape[1:])
    return size
