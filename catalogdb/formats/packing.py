"""Batches of Arrow as the rows of VOTable's BINARY and BINARY2, by the column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.errors import DataError
from catalogdb.formats.header import Field
from catalogdb.formats.joining import ends_of, fixed, is_missing, joined, numpy_of, offsets_of, pieces
from catalogdb.formats.kinds import Kind, values_of

Bytes = np.ndarray[Any, np.dtype[np.uint8]]


class Packer:
    """Rows as BINARY2 has them with `masked`, else as BINARY.

    `kinds` are those of the fields; `wide` tells which texts are of UTF-16. Without a mask, a NULL is the
    value that `Kind.lowest` names, NaN, `?` or an empty text; in lists it is so with a mask too.
    """

    def __init__(
        self, fields: Sequence[Field], kinds: Sequence[Kind], wide: Sequence[bool], *, masked: bool
    ) -> None:
        self._columns = list(zip(fields, kinds, wide, strict=True))
        self._masked = masked
        self._runs = list(self._blocks())

    def _blocks(self) -> Iterator[tuple[list[tuple[str, str, tuple[int, ...]]], int | None]]:
        """Runs of columns of one size, each with the column of varying size that follows it, if any."""
        run: list[tuple[str, str, tuple[int, ...]]] = []
        if self._masked:
            run.append(("mask", "|u1", (-(-len(self._columns) // 8),)))
        for i, (_, kind, _) in enumerate(self._columns):
            if kind.is_text or kind.shape == 0:
                run.append((f"n{i}", ">i4", ()))
                yield run, i
                run = []
            else:
                run.append((f"c{i}", kind.numpy, (kind.shape,) if kind.shape else ()))
        if run:
            yield run, None

    def __call__(self, batch: pa.RecordBatch) -> memoryview:
        """The bytes of all rows of the batch; raises DataError for what can not be written."""
        values = [
            values_of(field, kind, column)
            for (field, kind, _), column in zip(self._columns, batch.columns, strict=True)
        ]
        rows: list[pa.Array | str | bytes] = []
        for run, after in self._runs:
            block = np.zeros(batch.num_rows, dtype=[(name, kind, shape) for name, kind, shape in run])
            for name, _, _ in run:
                if name == "mask":
                    self._fill_mask(block[name], values)
                elif name[0] == "c":
                    self._fill(block, name, values)
            if after is None:
                rows.append(fixed(block))
            else:
                lengths, data = self._varying(after, values[after])
                block[f"n{after}"] = lengths
                rows += [fixed(block), data]
        return joined(rows, pa.large_binary())

    @staticmethod
    def _fill_mask(mask: Bytes, values: Sequence[pa.Array]) -> None:
        for i, column in enumerate(values):
            if column.null_count:
                mask[:, i // 8] |= is_missing(column).view(np.uint8) << (7 - i % 8)

    def _fill(self, block: Any, name: str, values: Sequence[pa.Array]) -> None:
        field, kind, _ = self._columns[int(name[1:])]
        column = values[int(name[1:])]
        if not kind.is_list:
            block[name] = elements(field, kind, column, magic=not self._masked)
            return
        present = ~is_missing(column)
        flat = elements(field, kind, column.flatten(), magic=True)
        block[name] = missing_element(kind)
        block[name][present] = flat.reshape(-1, kind.shape or 1)

    def _varying(self, i: int, column: pa.Array) -> tuple[Any, pa.Array]:
        """The number of elements in each row, and their bytes."""
        field, kind, wide = self._columns[i]
        if kind.is_text:
            column = column.fill_null("")
            if wide:
                data, ends = utf16(column)
                return np.diff(ends) // 2, pieces(data, ends)
            require_ascii(field, column)
            return np.diff(offsets_of(column)), column.cast(pa.large_binary())
        ends = ends_of(column)
        flat = elements(field, kind, column.flatten(), magic=True)
        flat = np.ascontiguousarray(flat.astype(kind.numpy, copy=False))
        return np.diff(ends), pieces(flat.view(np.uint8), ends * kind.width)


def missing_element(kind: Kind) -> int | float:
    """What stands for NULL where there is no mask."""
    if kind.is_real:
        return float("nan")
    return ord("?") if kind.datatype == "boolean" else kind.lowest


def elements(field: Field, kind: Kind, column: pa.Array, *, magic: bool) -> Any:
    """Single values as numpy has them, NULL among whole numbers as `kind.lowest` if `magic`, else 0.

    Raises DataError if a value is the one that stands for NULL.
    """
    if kind.datatype == "boolean":
        letters = np.array([ord("F"), ord("T"), ord("?")], dtype=np.uint8)
        return letters[numpy_of(column.cast(pa.uint8()).fill_null(2))]
    if kind.is_whole and magic and pc.any(pc.equal(column, kind.lowest)).as_py():
        raise DataError(
            f"column {field.name} has the value {kind.lowest}, which would be read as NULL: "
            "ask for another format, or CAST it"
        )
    if column.null_count:
        blank = 0 if kind.is_whole and not magic else missing_element(kind)
        column = column.fill_null(pa.scalar(blank, kind.arrow))
    return numpy_of(column)


def require_ascii(field: Field, column: pa.Array) -> None:
    """Raises DataError if a text that was said to be ASCII is not."""
    if not pc.all(pc.string_is_ascii(column), min_count=0).as_py():
        raise DataError(f"column {field.name} has characters beyond ASCII, which it was said not to have")


def utf16(column: pa.Array) -> tuple[Bytes, np.ndarray[Any, np.dtype[np.int64]]]:
    """All texts in UTF-16, big-endian, one after another, and where each begins and the last ends."""
    ends = offsets_of(column)
    buffer = column.buffers()[2]
    raw: Bytes = np.frombuffer(b"" if buffer is None else buffer, dtype=np.uint8)[ends[0] : ends[-1]]
    ends = ends - ends[0]
    if not (raw & 0x80).any():
        data = np.zeros((len(raw), 2), dtype=np.uint8)
        data[:, 1] = raw
        return data.reshape(-1), ends * 2
    # Of each character the first byte counts, twice where it is beyond the first 65536.
    units = np.zeros(len(raw) + 1, dtype=np.int64)
    np.cumsum(((raw & 0xC0) != 0x80).astype(np.int64) + (raw >= 0xF0), out=units[1:])
    wide = raw.tobytes().decode().encode("utf-16-be")
    return np.frombuffer(wide, dtype=np.uint8), units[ends] * 2
