"""Numpy columns as Arrow arrays: byte order, text, masks and vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

_TYPES = {
    "b1": pa.bool_(),
    "i1": pa.int16(),
    "u1": pa.int16(),
    "i2": pa.int16(),
    "u2": pa.int32(),
    "i4": pa.int32(),
    "u4": pa.int64(),
    "i8": pa.int64(),
    "u8": pa.uint64(),
    "f2": pa.float32(),
    "f4": pa.float32(),
    "f8": pa.float64(),
}


def arrow_type(kind: np.dtype[Any]) -> pa.DataType:
    """Return the Arrow type for a numpy type; vectors become lists, unknown types text.

    Complex numbers become lists of their real and imaginary parts in turn, as those of VOTables.
    """
    if kind.base.kind == "c":
        return pa.list_(_TYPES[f"f{kind.base.itemsize // 2}"])
    if kind.subdtype is not None:
        return pa.list_(arrow_type(kind.subdtype[0]))
    return _TYPES.get(kind.str[1:], pa.string())


def arrow_array(values: np.ndarray[Any, Any], kind: pa.DataType, null: object = None) -> pa.Array:
    """Return `values` as Arrow of that type; masked elements and those equal to `null` are NULL."""
    mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    plain = np.asarray(np.ma.getdata(values))
    if plain.dtype.kind == "c":
        values = plain = _parts(plain).reshape(len(plain), -1)
    if pa.types.is_list(kind):
        if plain.dtype.kind == "O":  # lists of different lengths
            return pa.array([_parts(np.ma.asarray(row).ravel()).tolist() for row in plain], kind)
        sizes = [math.prod(plain.shape[1:])] * len(plain)
        return list_array(arrow_array(values.reshape(-1), kind.value_type, null), sizes)
    plain = plain.reshape(len(plain))
    if null is not None and plain.dtype.kind in "iuf":
        equal = plain == null
        mask = equal if mask is None else mask | equal
    if plain.dtype.kind in "SUO":
        return _text(plain, mask)
    native = plain.astype(plain.dtype.newbyteorder("="), copy=False)
    return pa.array(native, mask=mask if mask is None or mask.any() else None).cast(kind)


def _parts(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Complex numbers as real ones, twice as many in the last dimension; others as they are."""
    if values.dtype.kind != "c":
        return values
    half = values.dtype.str.replace("c", "f").replace(str(values.itemsize), str(values.itemsize // 2))
    return np.ascontiguousarray(values).view(half)


def list_array(values: pa.Array, sizes: Sequence[int]) -> pa.Array:
    """Return lists of so many values each."""
    offsets = np.concatenate(([0], np.cumsum(np.asarray(sizes, np.int64))))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _text(plain: np.ndarray[Any, Any], mask: np.ndarray[Any, Any] | None) -> pa.Array:
    if plain.dtype.kind == "S":
        plain = np.char.decode(plain, "utf-8", "replace")
    texts = [None if x is None else str(x) for x in plain.tolist()]
    return pa.array(texts, pa.string(), mask=mask)


_DUCKDB = {
    "bool": "BOOLEAN",
    "int16": "SMALLINT",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "uint64": "BIGINT",  # what is beyond it is a bad record
    "float": "REAL",
    "double": "DOUBLE",
    "string": "VARCHAR",
}


def duckdb_type(kind: pa.DataType) -> str:
    """Return DuckDB's name of an Arrow type."""
    if pa.types.is_list(kind):
        return duckdb_type(kind.value_type) + "[]"
    return _DUCKDB.get(str(kind), "VARCHAR")
