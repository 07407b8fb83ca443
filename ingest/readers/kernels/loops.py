"""The compiled loops as functions of arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ingest.readers.kernels.layout import TOO_LONG, Fields, Layout
from ingest.readers.kernels.machine import function

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]

TILE_BYTES = 192 << 10
"""Bytes of text that are cut and read in turn, so that all stays in the processor's own memory."""

_ODD_VALUES = 64


class Found(NamedTuple):
    """What reading a text found: what is wrong, if anything (then all else is void), its rows, odd values.

    `odd` has (field, row, first byte, byte after the last) of every value that others must tell.
    """

    state: int
    rows: int
    odd: Numbers


def count_lines(text: Bytes, start: int, end: int) -> int:
    """Number of line ends in text[start:end]."""
    return function("count_lines")(text.ctypes.data, start, end)


def read(
    text: Bytes, start: int, end: int, layout: Layout, fields: Fields, memory: Bytes, there: Bytes
) -> Found:
    """Read the records of text[start:end] into the columns of `memory`; `there` [field, row] is 1 or 0."""
    layouts = np.array(layout, np.int64)
    listed = np.concatenate(fields[:6], dtype=np.int64)
    marks = np.concatenate(fields[6:], dtype=np.uint64)
    found = np.zeros(2, np.int64)
    tile, room = TILE_BYTES, _ODD_VALUES
    while True:
        odd = np.empty((room, 4), np.int64)
        scratch = np.empty(9 * tile + 64, np.uint64)
        state = function("read")(
            text.ctypes.data, start, end, layouts.ctypes.data, len(fields.kinds), listed.ctypes.data,
            marks.ctypes.data, memory.ctypes.data, memory.size, there.ctypes.data, there.shape[1],
            odd.ctypes.data, room, scratch.ctypes.data, tile, found.ctypes.data,
        )  # fmt: skip
        rows, n_odd = found.tolist()
        if state == TOO_LONG:
            tile *= 2
        elif n_odd > room:
            room = n_odd
        else:
            return Found(state, rows, odd[:n_odd])
