"""Arrow rows as an astropy table with units, descriptions and UCDs; what is NULL is masked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from astropy.table import MaskedColumn, Table

from catalogdb.errors import DataError
from catalogdb.vocabulary import astropy_unit

if TYPE_CHECKING:
    from catalogdb.result import ResultColumn


def astropy_table(rows: pa.Table, columns: Sequence[ResultColumn]) -> Table:
    """The rows as an astropy Table; a column with NULLs is a MaskedColumn.

    Times are ISO 8601 text (UTC), decimals floats or integers, lists 2-D where all have one length.
    """
    table = Table()
    for described, chunks in zip(columns, rows.columns, strict=True):
        column = _column(described.name, chunks.combine_chunks())
        if described.unit:
            column.unit = astropy_unit(described.unit)
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
    values = simple(values)
    mask = pc.is_null(values).to_numpy(zero_copy_only=False)
    data = values.fill_null(_blank(values.type)).to_numpy(zero_copy_only=False)
    if data.dtype == object:
        data = data.astype(str) if len(data) else np.array([], dtype="U1")
    return MaskedColumn(data, name=name, mask=mask if mask.any() else False)


def simple(values: pa.Array) -> pa.Array:
    """The values as one of the types that numpy, FITS and VOTable share."""
    kind = values.type
    if pa.types.is_decimal(kind) or kind in _WIDER:
        return number(values)
    if pa.types.is_timestamp(kind):
        return pc.strftime(values.cast(pa.timestamp("us"), safe=False), format="%Y-%m-%dT%H:%M:%S")
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return values
    if pa.types.is_null(kind):
        return values.cast(pa.float64())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    return pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())


# FITS and VOTable have one unsigned integer, of a byte, and no signed one of that size.
_WIDER = {
    pa.int8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.int64(),
}


def number(values: pa.Array | pa.ChunkedArray) -> Any:
    """Decimals and unsigned integers as a type that all readers know; raises DataError beyond 64 bits.

    A sum of integers is a decimal(38, 0) in Arrow, and becomes the integer that it is.
    """
    kind = values.type
    if pa.types.is_decimal(kind) and kind.scale > 0:
        return values.cast(pa.float64())
    try:
        return values.cast(_WIDER.get(kind, pa.int64()))
    except pa.ArrowInvalid as error:
        raise DataError(f"an integer is beyond 64 bits ({error}): CAST it to DOUBLE or VARCHAR") from error


def _blank(kind: pa.DataType) -> Any:
    if pa.types.is_floating(kind):
        return float("nan")
    if pa.types.is_integer(kind):
        return 0
    return False if pa.types.is_boolean(kind) else ""


def _lists(name: str, values: pa.Array) -> MaskedColumn:
    """Lists of one length as a 2-D column, others as objects."""
    flat = _elements(simple(pc.list_flatten(values)))
    lengths = pc.list_value_length(values).fill_null(0).to_numpy(zero_copy_only=False)
    mask = pc.is_null(values).to_numpy(zero_copy_only=False)
    if not mask.any() and len(set(lengths)) <= 1:
        # Without rows no length is known; one element keeps the column a list of its type.
        return MaskedColumn(flat.reshape(len(values), lengths[0] if len(lengths) else 1), name=name)
    data = np.empty(len(values), dtype=object)
    ends = np.cumsum(lengths)
    for i, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        data[i] = flat[end - length : end]
    return MaskedColumn(data, name=name, mask=mask if mask.any() else False)


def _elements(flat: pa.Array) -> np.ndarray[Any, Any]:
    """The elements of lists: a NULL among floats is NaN; other NULLs, and text, stay objects."""
    if pa.types.is_floating(flat.type):
        flat = flat.fill_null(float("nan"))
    if flat.null_count:
        return np.array(flat.to_pylist(), dtype=object)
    data: np.ndarray[Any, Any] = flat.to_numpy(zero_copy_only=False)
    return data.astype(str) if data.dtype == object else data
