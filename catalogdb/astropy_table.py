"""Arrow rows as an astropy table with units, descriptions and UCDs; what is NULL is masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.table import MaskedColumn, Table

if TYPE_CHECKING:
    from catalogdb.result import ResultColumn


def astropy_table(rows: pa.Table, columns: Sequence[ResultColumn]) -> Table:
    """The rows as an astropy Table; a column with NULLs is a MaskedColumn.

    Times are ISO 8601 text (UTC), decimals floats, lists 2-D where all have one length.
    """
    table = Table()
    for described, chunks in zip(columns, rows.columns, strict=True):
        column = _column(described.name, chunks.combine_chunks())
        if described.unit:
            column.unit = u.Unit(described.unit, format="vounit")
        column.description = described.about
        if described.ucd:
            column.meta["ucd"] = described.ucd
        if pa.types.is_timestamp(chunks.type):
            column.meta["xtype"] = "timestamp"
        table.add_column(column)
    return table


def _column(name: str, values: pa.Array) -> MaskedColumn:
    kind = values.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(name, values)
    values = _simple(values)
    mask = pc.is_null(values).to_numpy(zero_copy_only=False)
    data = values.fill_null(_blank(values.type)).to_numpy(zero_copy_only=False)
    if data.dtype == object:
        data = data.astype(str) if len(data) else np.array([], dtype="U1")
    return MaskedColumn(data, name=name, mask=mask if mask.any() else False)


def _simple(values: pa.Array) -> pa.Array:
    """The values as one of the types that numpy, FITS and VOTable share."""
    kind = values.type
    if pa.types.is_decimal(kind) or pa.types.is_uint64(kind):
        return values.cast(pa.float64())
    if pa.types.is_timestamp(kind):
        return pc.strftime(values.cast(pa.timestamp("us")), format="%Y-%m-%dT%H:%M:%S")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return values
    if pa.types.is_null(kind):
        return values.cast(pa.float64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())


def _blank(kind: pa.DataType) -> Any:
    if pa.types.is_floating(kind):
        return float("nan")
    if pa.types.is_integer(kind):
        return 0
    return False if pa.types.is_boolean(kind) else ""


def _lists(name: str, values: pa.Array) -> MaskedColumn:
    """Lists of one length as a 2-D column, others as objects."""
    lists = values.to_pylist()
    lengths = {len(each) for each in lists if each is not None}
    if len(lengths) == 1 and None not in lists and all(None not in each for each in lists):
        return MaskedColumn(np.array(lists), name=name)
    data = np.empty(len(lists), dtype=object)
    for i, each in enumerate(lists):
        data[i] = np.array([] if each is None else each)
    mask = np.array([each is None for each in lists], dtype=bool)
    return MaskedColumn(data, name=name, mask=mask if mask.any() else False)
