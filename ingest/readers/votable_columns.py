"""Cells and bytes of a VOTable as Arrow columns (VOTable 1.5, sections 2.1, 5.1, 5.2 and 6)."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.errors import DataError
from ingest.arrow import arrow_array, arrow_type, list_array
from ingest.readers.votable_document import Row, VoField

_NUMPY = {
    "unsignedByte": "u1",
    "short": ">i2",
    "int": ">i4",
    "long": ">i8",
    "float": ">f4",
    "double": ">f8",
    "floatComplex": ">f4",
    "doubleComplex": ">f8",
}
DATATYPES = (*_NUMPY, "boolean", "bit", "char", "unicodeChar")
"""All that the standard has."""

_TRUTH = {"T": True, "1": True, "TRUE": True, "F": False, "0": False, "FALSE": False, "?": None}


def column_type(item: VoField) -> pa.DataType:
    """The Arrow type of a field's column."""
    if item.is_text:
        single: pa.DataType = pa.string()
    elif item.datatype in {"boolean", "bit"}:
        single = pa.bool_()
    elif item.datatype in _NUMPY:
        single = arrow_type(np.dtype(_NUMPY[item.datatype]))
    else:
        raise DataError(f"field {item.name}: VOTables have no datatype {item.datatype}")
    return pa.list_(single) if item.is_list else single


def from_cells(rows: Sequence[Row], fields: Sequence[VoField]) -> tuple[list[pa.Array], list[str | None]]:
    """Columns of the cells of rows, and what is wrong with each row; what is wrong is NULL."""
    wrong: list[str | None] = [None] * len(rows)
    for number, row in enumerate(rows):
        if len(row) != len(fields):
            wrong[number] = f"{len(row)} cells stand where {len(fields)} are expected"
            rows = [*rows[:number], [""] * len(fields), *rows[number + 1 :]]
    cells = zip(*rows, strict=True) if rows else [()] * len(fields)
    return [_cells_column(item, list(c), wrong) for item, c in zip(fields, cells, strict=True)], wrong


def _cells_column(item: VoField, texts: list[str], wrong: list[str | None]) -> pa.Array:
    kind = column_type(item)
    if not item.is_list:
        plain = [None if not text or text == item.null else text for text in map(str.strip, texts)]
        return _values(item, plain, kind, range(len(texts)), wrong)
    parts = [_elements(item, text) for text in texts]
    rows = [row for row, part in enumerate(parts) for _ in part]
    flat = [None if x == item.null else x for part in parts for x in part]
    return list_array(_values(item, flat, kind.value_type, rows, wrong), [len(part) for part in parts])


def _elements(item: VoField, text: str) -> list[str | None]:
    if item.datatype == "bit":  # with or without blanks between them
        return [x for x in text if not x.isspace()]
    if not item.is_text:
        return list(text.split())
    width = int(item.arraysize.partition("x")[0])
    return [text[i : i + width].strip() or None for i in range(0, len(text), width)]


def _values(
    item: VoField, texts: list[str | None], kind: pa.DataType, rows: Sequence[int], wrong: list[str | None]
) -> pa.Array:
    """The texts in their type; `rows` are those in which they stand."""
    if pa.types.is_string(kind):
        return pa.array(texts, kind)
    if pa.types.is_boolean(kind):
        return _each(item, texts, kind, rows, wrong)
    own = pa.uint8() if item.datatype == "unsignedByte" else kind  # its column is wider than itself
    try:
        values = pc.cast(pa.array(texts, pa.string()), own)
    except pa.ArrowInvalid:
        values = _each(item, texts, own, rows, wrong)
    return _without(values.cast(kind), item)


def _each(
    item: VoField, texts: list[str | None], kind: pa.DataType, rows: Sequence[int], wrong: list[str | None]
) -> pa.Array:
    """The same, one by one: what is wrong is NULL, and told."""
    values: list[Any] = [None] * len(texts)
    for number, text in enumerate(texts):
        try:
            values[number] = None if text is None else _value(text, kind)
        except (KeyError, ValueError, OverflowError, pa.ArrowInvalid):
            wrong[rows[number]] = f"field {item.name}: {text!r} is no {item.datatype}"
    return pa.array(values, kind)


def _value(text: str, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind):
        return _TRUTH[text.upper()]
    value: float = float(text) if pa.types.is_floating(kind) else int(text, 0)
    return pa.scalar(value, kind).as_py()


def _without(values: pa.Array, item: VoField) -> pa.Array:
    """Without those that are the field's null, however it is written: -1 is -1.0."""
    try:
        null = pa.scalar(_null_number(item), values.type)
    except (DataError, pa.ArrowInvalid):  # a word, compared as text already, or a number that none can be
        return values
    return pc.if_else(pc.equal(values, null), None, values) if null.is_valid else values


@dataclass(frozen=True, slots=True)
class _Run:
    """Fields of fixed length that follow each other, then one whose length stands before it, if any."""

    kind: np.dtype[Any]
    fields: tuple[int, ...]
    variable: int | None


class BinaryRows:
    """Takes rows of a BINARY or BINARY2 stream out of its bytes; a row may be cut anywhere."""

    def __init__(self, fields: Sequence[VoField], *, with_flags: bool) -> None:
        self._fields = tuple(fields)
        self._flag_bytes = (len(fields) + 7) // 8 if with_flags else 0
        self._runs = tuple(self._split())

    def _split(self) -> list[_Run]:
        runs: list[_Run] = []
        kinds: list[tuple[str, str, tuple[int, ...]]] = [("flags", "u1", (self._flag_bytes,))]
        numbers: list[int] = []
        for number, item in enumerate(self._fields):
            if item.size is None:
                runs.append(_Run(np.dtype(kinds), tuple(numbers), number))
                kinds, numbers = [], []
            else:
                kinds.append((str(number), *_stored(item, item.size)))
                numbers.append(number)
        return [*runs, _Run(np.dtype(kinds), tuple(numbers), None)]

    def take(self, data: bytes) -> tuple[list[pa.Array], int]:
        """The columns of all whole rows in `data`, and how many bytes they are."""
        starts, sizes, used = self._places(data)
        columns: dict[int, pa.Array] = {}
        flags = None
        for run, begins, counts in zip(self._runs, starts, sizes, strict=True):
            width = run.kind.itemsize
            if width:
                fixed = np.frombuffer(b"".join([data[s : s + width] for s in begins]), run.kind)
                if self._flag_bytes and flags is None:
                    flags = np.unpackbits(fixed["flags"], axis=1).astype(bool)
                for number in run.fields:
                    values, mask = fixed[str(number)], _mask(flags, number)
                    columns[number] = _fixed_column(self._fields[number], values, mask)
            if run.variable is not None:
                item, mask = self._fields[run.variable], _mask(flags, run.variable)
                _check_counts(item, counts)
                after = [start + width + _COUNT.size for start in begins]
                parts = [data[a : a + _bytes_of(item, n)] for a, n in zip(after, counts, strict=True)]
                columns[run.variable] = _variable_column(item, parts, counts, mask)
        return [columns[number] for number in range(len(self._fields))], used

    def _places(self, data: bytes) -> tuple[list[list[int]], list[list[int]], int]:
        """Where each run of each whole row begins, how many elements follow it, where the last row ends."""
        if len(self._runs) == 1:
            width = self._runs[0].kind.itemsize
            rows = len(data) // width if width else 0
            return [list(range(0, rows * width, width))], [[]], rows * width
        starts: list[list[int]] = [[] for _ in self._runs]
        sizes: list[list[int]] = [[] for _ in self._runs]
        steps = [
            (r.kind.itemsize, None if r.variable is None else self._fields[r.variable]) for r in self._runs
        ]
        at, end = 0, len(data)
        while at < end:
            here, row = at, []
            for width, item in steps:
                n = 0
                if item is not None and here + width + _COUNT.size <= end:
                    (n,) = _COUNT.unpack_from(data, here + width)
                row.append((here, n))
                here += width + (0 if item is None else _COUNT.size + _bytes_of(item, n))
            if here > end:
                break
            for place, (start, n) in enumerate(row):
                starts[place].append(start)
                sizes[place].append(n)
            at = here
        return starts, sizes, at


_COUNT = struct.Struct(">I")
"""The number of elements, in all dimensions, before those of a field of variable length."""


def _check_counts(item: VoField, counts: Sequence[int]) -> None:
    """All elements are counted, as the standard and STIL have it; astropy counts the last dimension alone."""
    for count in counts if item.slice_size > 1 else ():
        if count % item.slice_size:
            raise DataError(
                f"field {item.name} ({item.arraysize}): a row announces {count} elements, "
                "which do not fill its dimensions; write the table anew as TABLEDATA"
            )


def _mask(flags: np.ndarray[Any, Any] | None, number: int) -> np.ndarray[Any, Any] | None:
    return None if flags is None else flags[:, number]


def _stored(item: VoField, size: int) -> tuple[str, tuple[int, ...]]:
    """The numpy type of so many elements of a field, and its shape."""
    if item.datatype in _NUMPY:
        size *= 2 if "Complex" in item.datatype else 1
        return _NUMPY[item.datatype], (size,) if item.is_list else ()
    return "u1", (_bytes_of(item, size),)


def _bytes_of(item: VoField, size: int) -> int:
    if item.datatype == "bit":
        return (size + 7) // 8
    width = {"unicodeChar": 2, "char": 1, "boolean": 1}.get(item.datatype)
    if width is None:
        width = np.dtype(_NUMPY[item.datatype]).itemsize * (2 if "Complex" in item.datatype else 1)
    return size * width


def _fixed_column(item: VoField, values: np.ndarray[Any, Any], mask: np.ndarray[Any, Any] | None) -> pa.Array:
    if item.datatype not in _NUMPY:
        size = item.size or 0
        return _variable_column(item, [row.tobytes() for row in values], [size] * len(values), mask)
    if item.is_list:
        return _numbers(item, values.reshape(-1), [item.size or 0] * len(values), mask)
    column = arrow_array(values, column_type(item), _null_number(item))
    return column if mask is None else pc.if_else(pa.array(mask), None, column)


def _variable_column(
    item: VoField, parts: list[bytes], sizes: list[int], mask: np.ndarray[Any, Any] | None
) -> pa.Array:
    """A column of the bytes of each row, which are so many elements."""
    if item.datatype in _NUMPY:
        return _numbers(item, np.frombuffer(b"".join(parts), _NUMPY[item.datatype]), sizes, mask)
    gone = [False] * len(parts) if mask is None else mask.tolist()
    if item.is_text:
        return _texts(item, parts, gone)
    truths = [_truths(item, part, size) for part, size in zip(parts, sizes, strict=True)]
    rows = [None if g else row if item.is_list else row[0] for row, g in zip(truths, gone, strict=True)]
    return pa.array(rows, column_type(item))


def _numbers(
    item: VoField, flat: np.ndarray[Any, Any], sizes: Sequence[int], mask: np.ndarray[Any, Any] | None
) -> pa.Array:
    kind = column_type(item)
    factor = 2 if "Complex" in item.datatype else 1
    values = arrow_array(flat, kind.value_type, _null_number(item))
    lists = list_array(values, [size * factor for size in sizes])
    return lists if mask is None else pc.if_else(pa.array(mask), None, lists)


def _texts(item: VoField, parts: list[bytes], gone: list[bool]) -> pa.Array:
    encoding = "utf-16-be" if item.datatype == "unicodeChar" else "utf-8"
    texts = [part.decode(encoding, "replace").partition("\0")[0] for part in parts]
    if not item.is_list:
        return pa.array(
            [None if g or t == item.null else t for t, g in zip(texts, gone, strict=True)], pa.string()
        )
    rows = [None if g else _elements(item, t) for t, g in zip(texts, gone, strict=True)]
    return pa.array(rows, column_type(item))


def _truths(item: VoField, part: bytes, size: int) -> list[bool | None]:
    if item.datatype == "bit" and not item.is_list:
        return [part != b"\0"]  # the standard has it in the highest bit, astropy 8 writes the fourth
    if item.datatype == "bit":
        return [bool(x) for x in np.unpackbits(np.frombuffer(part, np.uint8))[:size]]
    return [_TRUTH.get(chr(byte).upper()) for byte in part]


def _null_number(item: VoField) -> object:
    """The mark of absence as the number it is; None without one, NaN is none of its own."""
    if item.null is None:
        return None
    try:
        number: float = float(item.null) if "f" in _NUMPY[item.datatype] else int(item.null, 0)
    except ValueError as error:
        raise DataError(f"field {item.name}: its null {item.null!r} is no {item.datatype}") from error
    return None if math.isnan(number) else number
