"""Rows as an astropy table, for the self-describing formats that astropy writes."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
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
        if kind == "string":
            data: Any = np.array([value or "" for value in values], "U") if values else np.array([], "U1")
        else:
            filler = 0 if "int" in kind else False if kind == "bool" else np.nan
            data = np.array([filler if value is None else value for value in values], _DTYPES.get(kind, "f8"))
        table[name] = MaskedColumn(data, mask=mask, unit=item.unit or None)
    return table


def fits_table(con: duckdb.DuckDBPyConnection, rows: str, form: Form) -> fits.HDUList:
    """Return the rows as a FITS binary table; missing whole numbers become TNULL, other ones NaN."""
    table = astropy_table(con, rows, form)
    for name in table.colnames:
        column = table[name]
        if column.dtype.kind == "f":
            table[name] = column.filled(np.nan)
        elif column.dtype.kind == "i" and column.mask.any():
            column.fill_value = np.iinfo(column.dtype).min
    return fits.HDUList([fits.PrimaryHDU(), fits.table_to_hdu(table)])
