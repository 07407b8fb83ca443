"""Rows put together from columns of bytes or text, in Arrow, without a loop over rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def joined(pieces: Sequence[pa.Array | str | bytes], kind: pa.DataType) -> memoryview:
    """All rows, one after another: of each the pieces in order, of which the constants stand in every row.

    `kind` is large_string or large_binary; NULL is nothing.
    """
    given = [each if isinstance(each, pa.Array) else pa.scalar(each, kind) for each in pieces]
    nothing = pa.scalar("" if pa.types.is_large_string(kind) else b"", kind)
    rows = pc.binary_join_element_wise(
        *given, nothing, null_handling="replace", null_replacement=nothing.as_py()
    )
    return content_of(rows)


def content_of(rows: pa.Array) -> memoryview:
    """The bytes of all values of a large_string or large_binary array, one after another."""
    if not len(rows):
        return memoryview(b"")
    ends = offsets_of(rows)
    data = rows.buffers()[2]
    return memoryview(b"" if data is None else data)[ends[0] : ends[-1]]


def offsets_of(rows: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where each value of a large_string, large_binary or large_list array begins, and the last ends."""
    found = np.frombuffer(rows.buffers()[1], dtype=np.int64)
    return found[rows.offset : rows.offset + len(rows) + 1]


def fixed(block: np.ndarray[tuple[int], np.dtype[np.void]]) -> pa.Array:
    """Records of one size as a large_binary array."""
    return pieces(block.view(np.uint8), np.arange(len(block) + 1, dtype=np.int64) * block.dtype.itemsize)


def pieces(
    data: np.ndarray[tuple[int], np.dtype[np.uint8]], ends: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> pa.Array:
    """A large_binary array of the bytes between each two of `ends`."""
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(ends) - 1, buffers)


def numpy_of(column: pa.Array) -> np.ndarray[Any, Any]:
    """The values of a column of numbers or truth values without NULLs; `to_numpy` would load pandas."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    buffer = column.buffers()[1]
    kind = {"double": "float64", "float": "float32"}.get(str(column.type), str(column.type))
    found = np.frombuffer(b"" if buffer is None else buffer, dtype=kind)
    return found[column.offset : column.offset + len(column)]


def is_missing(column: pa.Array) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where the values of any column are NULL."""
    return numpy_of(pc.is_null(column)).view(np.bool_)


def ends_of(column: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Where each list begins among the elements that `flatten` gives, and the last ends."""
    ends = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(numpy_of(pc.list_value_length(column).fill_null(0)), out=ends[1:])
    return ends
