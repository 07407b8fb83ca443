"""FITS tables, read in chunks; TNULL, TSCAL and TZERO are honoured."""

from __future__ import annotations

import math
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
from ingest.readers.base import ArrayReader, FileColumn, batch_rows
from ingest.readers.stream import compression, open_bytes
from ingest.spec import Form

_ELEMENTS = {
    "L": "?",
    "B": "u1",
    "I": "i2",
    "J": "i4",
    "K": "i8",
    "E": "f4",
    "D": "f8",
    "C": "c8",
    "M": "c16",
}
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


def other_tables(path: Path, form: Form) -> list[str]:
    """Return the names, else the numbers, of the tables of the file that are not read."""
    with _opened(path) as hdus:
        read = _table(hdus, path, form)
        tables = [(i, hdu) for i, hdu in enumerate(hdus) if isinstance(hdu, fits.BinTableHDU | fits.TableHDU)]
        return [hdu.name or str(number) for number, hdu in tables if hdu is not read]


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
    if size < needed and not compression(path):
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
            element = arrow_type(np.dtype(_ELEMENTS[variable[1]]))
            is_list = pa.types.is_list(element)  # as complex numbers are by themselves
            fields.append(pa.field(column.name, element if is_list else pa.list_(element)))
            continue
        shape = kind.shape if math.prod(kind.shape) != 1 else ()  # TDIM of one element: a scalar all the same
        kind = kind.base
        if _letter(column) == "L":
            kind = np.dtype(bool)
        elif _is_scaled(column):
            kind = _scaled(column)
        fields.append(pa.field(column.name, arrow_type(np.dtype((kind, shape)))))
    return pa.schema(fields)


def _letter(column: Any) -> str:
    """The type of a column as its format says it, such as J of 3J."""
    return str(column.format).lstrip("0123456789")[:1]


def _is_scaled(column: Any) -> bool:
    return column.bscale not in (None, "", 1) or column.bzero not in (None, "", 0)


def _scaled(column: Any) -> np.dtype[Any]:
    """TZERO of 2^15, 2^31 or 2^63 marks unsigned integers; any other scale gives doubles."""
    unsigned = {("I", 2**15): "i4", ("J", 2**31): "i8", ("K", 2**63): "u8"}
    key = (_letter(column), column.bzero)
    if column.bscale in (None, "", 1) and key in unsigned:
        return np.dtype(unsigned[key])
    return np.dtype("f8")


def _rows(path: Path, form: Form, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with _opened(path) as hdus:
        hdu = _table(hdus, path, form)
        if isinstance(hdu, fits.BinTableHDU) and all(_letter(c) in _PLAIN for c in hdu.columns):
            yield from _plain_rows(path, hdu, schema)
        else:
            yield from _mapped_rows(hdu, schema)


_PLAIN = "LBIJKAED"
"""Letters of the formats whose values stand in the rows themselves and need no more than a type."""


def _plain_rows(path: Path, hdu: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows by their bytes; of a mapped file all that was read would count as memory."""
    columns = list(hdu.columns)
    kinds = [hdu.columns.dtype[c.name] for c in columns]
    stored = np.dtype([(f"c{i}", k.newbyteorder(">")) for i, k in enumerate(kinds)])
    total, size = hdu.header["NAXIS2"], batch_rows(stored.itemsize)
    with open_bytes(path) as stream:
        stream.seek(hdu.fileinfo()["datLoc"])
        for start in range(0, total, size):
            rows = min(size, total - start)
            data = stream.read(rows * stored.itemsize)
            if len(data) < rows * stored.itemsize:
                whole = start + len(data) // stored.itemsize
                raise DataError(f"{path} is truncated: {whole} of its {total} rows are whole; fetch it again")
            table = np.frombuffer(data, stored)
            arrays = [
                _array(column, table[f"c{number}"], schema.field(number).type)
                for number, column in enumerate(columns)
            ]
            yield pa.record_batch(arrays, schema=schema)


def _array(column: Any, raw: np.ndarray[Any, Any], kind: pa.DataType) -> pa.Array:
    """The values of raw ones: truth, scaled, or as they are; TNULL marks missing ones among them all."""
    values: Any = raw
    if _letter(column) == "L":
        letters = raw.view(np.uint8)
        values = np.ma.MaskedArray(letters == ord("T"), mask=letters == 0)
    elif _is_scaled(column):
        scale, zero = (1 if column.bscale in (None, "") else column.bscale), column.bzero or 0
        gone = raw == column.null if column.null is not None else np.zeros(raw.shape, bool)
        target = _scaled(column)
        plain = raw.astype(np.int64) + zero if target.kind == "i" else raw * float(scale) + float(zero)
        if target.kind == "u":  # 2^63 beyond a signed number: the highest bit, turned over
            plain = raw.astype(np.int64).view(np.uint64) ^ np.uint64(2**63)
        return arrow_array(np.ma.MaskedArray(plain, mask=gone), kind)
    return arrow_array(values, kind, column.null)


def _mapped_rows(hdu: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows by astropy: columns of lists of any length, of bits, of complex numbers, and tables of text."""
    size, data = batch_rows(hdu.header["NAXIS1"]), hdu.data
    for start in range(0, hdu.header["NAXIS2"], size):
        chunk = data[start : start + size]
        arrays = [_mapped_array(hdu, chunk, c, schema.field(i).type) for i, c in enumerate(hdu.columns)]
        yield pa.record_batch(arrays, schema=schema)


def _mapped_array(hdu: Any, chunk: Any, column: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(hdu, fits.BinTableHDU) and _letter(column) in _PLAIN:
        return _array(column, chunk.view(np.ndarray)[column.name], kind)
    return arrow_array(np.asarray(chunk.field(column.name)), kind, column.null)
