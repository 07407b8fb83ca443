"""FITS binary tables, mapped into memory and read in chunks; TNULL, TSCAL and TZERO are honoured."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from catalogdb.errors import DataError
from ingest.arrow import arrow_array, arrow_type, duckdb_type
from ingest.readers.base import BATCH_ROWS, ArrayReader, FileColumn
from ingest.spec import Form

_ELEMENTS = {"L": "?", "B": "u1", "I": "i2", "J": "i4", "K": "i8", "E": "f4", "D": "f8"}
"""Type of the elements of a variable-length column, by the letter of its format."""


class Fits(ArrayReader):
    """Reads the first binary table of a FITS file, or the one that the form's `table` names."""

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, units and comments of the table's header."""
        with _opened(path) as hdus:
            hdu = _table(hdus, path, form)
            schema = _schema(hdu)
            return [
                FileColumn(
                    name,
                    duckdb_type(schema.field(name).type),
                    _text(hdu.columns[name].unit),
                    _text(hdu.header.get(f"TUCD{i}")),
                    _text(hdu.header.get(f"TCOMM{i}")) or "",
                )
                for i, name in enumerate(hdu.columns.names, 1)
            ]

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The table's rows in batches; a file shorter than its header says is a DataError."""
        with _opened(path) as hdus:
            hdu = _table(hdus, path, form)
            _check_length(path, hdu)
            return _schema(hdu), _rows(path, form, _schema(hdu))

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows as a binary table under the names and units of the form."""
        from ingest.readers.write_table import fits_table  # noqa: PLC0415  (writing alone needs it)

        fits_table(con, rows, form).writeto(path, overwrite=True)


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None


def _opened(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyUserWarning)  # a truncated file is our error, told below
        try:
            hdus = fits.open(path, memmap=True)
            len(hdus)
        except OSError as error:
            raise DataError(
                f"{path}: it is no FITS file that can be read ({error}); fetch it again"
            ) from error
    return hdus


def _table(hdus: Any, path: Path, form: Form) -> Any:
    if form.table is not None:
        try:
            return hdus[form.table]
        except (KeyError, IndexError) as error:
            raise DataError(f"{path}: it has no extension {form.table}") from error
    for hdu in hdus:
        if isinstance(hdu, fits.BinTableHDU | fits.TableHDU):
            return hdu
    raise DataError(f"{path}: it has no table")


def _check_length(path: Path, hdu: Any) -> None:
    info = hdu.fileinfo()
    needed = info["datLoc"] + hdu.header["NAXIS1"] * hdu.header["NAXIS2"]
    size = path.stat().st_size
    if size < needed and not str(path).endswith((".gz", ".bz2")):
        rows = max(0, size - info["datLoc"]) // max(1, hdu.header["NAXIS1"])
        raise DataError(
            f"{path} is truncated: {size} bytes, but its header announces {hdu.header['NAXIS2']} rows "
            f"that end at byte {needed} ({rows} rows are whole); fetch it again"
        )


def _schema(hdu: Any) -> pa.Schema:
    fields = []
    for column in hdu.columns:
        kind = hdu.columns.dtype[column.name]
        if (variable := re.search("[PQ]([A-Z])", column.format)) is not None:
            fields.append(pa.field(column.name, pa.list_(arrow_type(np.dtype(_ELEMENTS[variable[1]])))))
            continue
        if kind.subdtype is not None and int(np.prod(kind.shape)) == 1:
            kind = kind.subdtype[0]  # TDIM of one element: a scalar all the same
        if column.format.startswith("L") or column.format.endswith("L"):
            kind = np.dtype(bool)
        elif column.bscale not in (None, "", 1) or column.bzero not in (None, "", 0):
            kind = _scaled(column)
        fields.append(pa.field(column.name, arrow_type(kind)))
    return pa.schema(fields)


def _scaled(column: Any) -> np.dtype[Any]:
    """TZERO of 2^15, 2^31 or 2^63 marks unsigned integers; any other scale gives doubles."""
    unsigned = {("I", 2**15): "i4", ("J", 2**31): "i8", ("K", 2**63): "u8"}
    key = (column.format[-1], column.bzero)
    if column.bscale in (None, "", 1) and key in unsigned:
        return np.dtype(unsigned[key])
    return np.dtype("f8")


def _rows(path: Path, form: Form, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with _opened(path) as hdus:
        hdu = _table(hdus, path, form)
        nulls = {c.name: c.null for c in hdu.columns}
        total = hdu.header["NAXIS2"]
        data = hdu.data
        for start in range(0, total, BATCH_ROWS):
            chunk = data[start : start + BATCH_ROWS]
            arrays = [arrow_array(np.asarray(chunk.field(f.name)), f.type, nulls[f.name]) for f in schema]
            yield pa.record_batch(arrays, schema=schema)
