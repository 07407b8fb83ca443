"""What a FITS table must know of a column before its first row: the form, the width, the value of NULL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.errors import DataError
from catalogdb.formats.header import Field
from catalogdb.formats.joining import content_of, ends_of, is_missing, numpy_of, offsets_of
from catalogdb.formats.kinds import DOUBLE, INT, LONG, SHORT, Kind

_CODES = {
    "boolean": "L",
    "short": "I",
    "int": "J",
    "long": "K",
    "float": "E",
    "double": "D",
    "char": "A",
}
_WIDER = {SHORT.datatype: INT, INT.datatype: LONG}
_FEW = 2**28
"""Bytes that texts may be padded to before those of very different lengths go to the heap."""


@dataclass(slots=True)
class Seen:
    """What was found among the values of a column; whole numbers in lists count as values."""

    field: Field
    kind: Kind
    nulls: bool = False
    least: int | None = None
    most: int | None = None
    longest: int = 0
    total: int = 0
    rows: int = 0

    def add(self, column: pa.Array) -> None:
        """Take the values of one batch into account; raises DataError for text beyond ASCII."""
        self.rows += len(column)
        values = column.flatten() if self.kind.is_list else column
        # A NULL instead of a list of any length is an empty one.
        self.nulls |= values.null_count > 0 or (column.null_count > 0 and self.kind.shape != 0)
        if self.kind.is_text:
            self._add_lengths(pc.binary_length(column))
            if not pc.all(pc.string_is_ascii(column), min_count=0).as_py():
                raise DataError(
                    f"FITS has ASCII alone, and column {self.field.name} has other characters: "
                    "write votable or parquet"
                )
        elif self.kind.is_list:
            self._add_lengths(pc.list_value_length(column))
        if self.kind.is_whole and len(values) > values.null_count:
            ends = pc.min_max(values)
            self.least = min(ends["min"].as_py(), ends["min"].as_py() if self.least is None else self.least)
            self.most = max(ends["max"].as_py(), ends["max"].as_py() if self.most is None else self.most)

    def _add_lengths(self, lengths: pa.Array) -> None:
        self.longest = max(self.longest, pc.max(lengths, min_count=0).as_py() or 0)
        self.total += pc.sum(lengths, min_count=0).as_py() or 0


@dataclass(frozen=True, slots=True)
class Column:
    """How a column is written: its kind, the whole number that is NULL, and where its values stand.

    `width` is the number of elements or characters in the row; None if they stand in the heap.
    """

    field: Field
    kind: Kind
    blank: int | None
    width: int | None
    longest: int

    def form(self, *, large: bool) -> str:
        """TFORM; with `large` the heap needs addresses of 64 bits."""
        code = _CODES[self.kind.datatype]
        if self.width is None:
            return f"1{'Q' if large else 'P'}{code}({self.longest})"
        return f"{self.width}{code}" if self.kind.is_text or self.kind.is_list else code

    def dtype(self, *, large: bool) -> tuple[Any, ...]:
        """Type and shape of the field of numpy that has the row's bytes."""
        if self.width is None:
            return (">i8" if large else ">i4", (2,))
        if self.kind.is_text:
            return ("|u1", (self.width,))
        return (self.kind.numpy, (self.width,)) if self.kind.is_list else (self.kind.numpy,)

    def in_row(self, column: pa.Array) -> Any:
        """The values as they stand in the rows."""
        if self.kind.is_text:
            padded = pc.ascii_rpad(column.fill_null(""), self.width, "\0")
            return np.frombuffer(content_of(padded), dtype=np.uint8).reshape(-1, self.width or 1)
        if not self.kind.is_list:
            return self._elements(column)
        found = np.full((len(column), self.width or 1), self._missing(), dtype=self.kind.numpy)
        found[~is_missing(column)] = self._elements(column.flatten()).reshape(-1, self.width or 1)
        return found

    def lengths(self, column: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The number of elements or characters that each row has in the heap."""
        return np.diff(offsets_of(column.fill_null("")) if self.kind.is_text else ends_of(column))

    def in_heap(self, column: pa.Array) -> memoryview:
        """The bytes that all rows have in the heap."""
        if self.kind.is_text:
            return content_of(column.fill_null(""))
        flat = self._elements(column.flatten()).astype(self.kind.numpy, copy=False)
        return memoryview(np.ascontiguousarray(flat).tobytes())

    def _elements(self, column: pa.Array) -> Any:
        if self.kind.datatype == "boolean":
            letters = np.array([ord("F"), ord("T"), 0], dtype=np.uint8)
            return letters[numpy_of(column.cast(pa.uint8()).fill_null(2))]
        column = column.cast(self.kind.arrow)
        return numpy_of(
            column.fill_null(pa.scalar(self._missing(), self.kind.arrow)) if column.null_count else column
        )

    def _missing(self) -> int | float:
        if self.kind.is_real:
            return float("nan")
        return self.blank or 0


def settled(seen: Seen, batches: Iterable[pa.Array]) -> Column:
    """How the column is to be written; `batches` gives its values again, if they must be looked through."""
    kind, blank = seen.kind, None
    if seen.nulls and kind.datatype == "boolean" and not kind.is_list:
        # Most readers take the NULL that FITS has for logicals as False: 0, 1 and NULL instead.
        kind, blank = SHORT, SHORT.lowest
    elif seen.nulls and kind.is_whole and kind.shape == 0:
        # Some readers fail where lists in the heap have a TNULL.
        if max(abs(seen.least or 0), abs(seen.most or 0)) > 2**53:
            raise DataError(
                f"FITS has no form for NULLs among the large whole numbers in the lists of column "
                f"{seen.field.name}: write votable or parquet"
            )
        kind = Kind(DOUBLE.datatype, DOUBLE.arrow, DOUBLE.numpy, 0)
    elif seen.nulls and kind.is_whole:
        blank = _unused(seen, batches)
        if blank is None:
            wider = _WIDER[kind.datatype]
            kind = Kind(wider.datatype, wider.arrow, wider.numpy, kind.shape)
            blank = kind.lowest
    width: int | None = kind.shape or None if kind.is_list else 1
    if kind.is_text:
        padded = seen.rows * seen.longest
        width = None if padded > _FEW and padded > 4 * seen.total else max(seen.longest, 1)
    return Column(seen.field, kind, blank, width, seen.longest)


def _unused(seen: Seen, batches: Iterable[pa.Array]) -> int | None:
    """A whole number of the type that is none of the values, or None if those tried all are."""
    info = np.iinfo(seen.kind.numpy)
    if seen.least is None or seen.most is None or seen.least > info.min:
        return int(info.min)
    if seen.most < info.max:
        return int(info.max)
    tried: set[int] = set(
        np.linspace(float(info.min) / 2, float(info.max) / 2, 255).astype(seen.kind.numpy).tolist()
    )
    for column in batches:
        values = column.flatten() if seen.kind.is_list else column
        wanted = pa.array(sorted(tried), seen.kind.arrow)
        tried -= set(pc.unique(values.filter(pc.is_in(values, value_set=wanted))).to_pylist())
        if not tried:
            return None
    return min(tried, key=abs)
