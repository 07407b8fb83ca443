"""Rows as an astropy table, for the self-describing formats that astropy writes."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from ingest.readers.base import stored_fields
from ingest.spec import Form

_DTYPES = {"double": "f8", "float": "f4", "bool": "?", "int64": "i8", "int32": "i4", "int16": "i2"}


def astropy_table(con: duckdb.DuckDBPyConnection, rows: str, form: Form) -> Table:
    """Return the rows under the names and units of the form's fields, missing values masked."""
    arrow = con.sql(f"FROM {rows}").to_arrow_table()
    table = Table()
    for item in stored_fields(form):
        column = arrow.column(item.name)
        mask = np.asarray(column.is_null())
        name = item.source or item.name
        values = column.to_pylist()
        kind = str(column.type)
        if pa.types.is_list(column.type):
            table[name] = _lists(values, _DTYPES.get(str(column.type.value_type), "f8"))
            continue
        if kind == "string":
            data: Any = np.array([value or "" for value in values], "U") if values else np.array([], "U1")
        else:
            filler = 0 if "int" in kind else False if kind == "bool" else np.nan
            data = np.array([filler if value is None else value for value in values], _DTYPES.get(kind, "f8"))
        table[name] = MaskedColumn(data, mask=mask, unit=item.unit or None)
    return table


def _lists(values: list[list[Any] | None], kind: str) -> np.ndarray[Any, Any]:
    """The lists as masked arrays in one of objects; missing elements are masked.

    A missing list is empty, of floats a NaN: astropy can not write a VOTable that begins with an empty one.
    """
    lists = np.empty(len(values), object)
    nothing = [None] if kind.startswith("f") else []
    for number, elements in enumerate(nothing if given is None else given for given in values):
        gone = [x is None for x in elements]
        filler: Any = np.nan if kind.startswith("f") else False if kind == "?" else 0
        plain = [filler if x is None else x for x in elements]
        lists[number] = np.ma.MaskedArray(np.array(plain, kind), mask=np.array(gone, bool))
    return lists


def fits_table(con: duckdb.DuckDBPyConnection, rows: str, form: Form) -> fits.HDUList:
    """Return the rows as a FITS binary table, in the place or under the name of the form's `table`.

    Missing whole numbers become TNULL, other ones NaN; extensions before it are without data.
    """
    table = astropy_table(con, rows, form)
    for name in table.colnames:
        column = table[name]
        if column.dtype.kind == "f":
            table[name] = column.filled(np.nan)
        elif column.dtype.kind == "i" and column.mask.any():
            column.fill_value = np.iinfo(column.dtype).min
    hdu = fits.table_to_hdu(table)
    if isinstance(form.table, str):
        hdu.name = form.table
    before = form.table - 1 if isinstance(form.table, int) else 0
    return fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU() for _ in range(before)), hdu])
