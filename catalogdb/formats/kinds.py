"""DuckDB's types as the few that astronomers' formats share, and their values as Arrow arrays of these."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.errors import DataError
from catalogdb.formats.header import Field
from catalogdb.formats.joining import ends_of


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the common types: its name in VOTable, in Arrow, and big-endian in numpy.

    `shape` is None for a single value, 0 for lists of any length, else the one length they have.
    """

    datatype: str
    arrow: pa.DataType
    numpy: str
    shape: int | None = None

    @property
    def is_text(self) -> bool:
        """Whether it is text, which is never in lists."""
        return self.datatype == "char"

    @property
    def is_list(self) -> bool:
        """Whether its values are lists."""
        return self.shape is not None

    @property
    def is_whole(self) -> bool:
        """Whether it, or its elements, are whole numbers."""
        return self.datatype in {"short", "int", "long"}

    @property
    def is_real(self) -> bool:
        """Whether it, or its elements, are floating point numbers."""
        return self.numpy[1] == "f"

    @property
    def width(self) -> int:
        """Bytes of one value, or element."""
        return int(self.numpy[2:])

    @property
    def lowest(self) -> int:
        """The whole number that stands for NULL where a format has no other way."""
        return int(np.iinfo(self.numpy).min)


TEXT = Kind("char", pa.large_string(), "|u1")
BOOLEAN = Kind("boolean", pa.bool_(), "|u1")
SHORT = Kind("short", pa.int16(), ">i2")
INT = Kind("int", pa.int32(), ">i4")
LONG = Kind("long", pa.int64(), ">i8")
FLOAT = Kind("float", pa.float32(), ">f4")
DOUBLE = Kind("double", pa.float64(), ">f8")

_BY_NAME = {
    "BOOLEAN": BOOLEAN,
    # Unsigned numbers take the next wider type: VOTable and FITS have one of a byte alone, and in that one
    # no value would be left for NULL.
    "TINYINT": SHORT,
    "UTINYINT": SHORT,
    "SMALLINT": SHORT,
    "USMALLINT": INT,
    "INTEGER": INT,
    "UINTEGER": LONG,
    "BIGINT": LONG,
    "UBIGINT": LONG,
    # A sum of integers is one, and becomes the integer that it is.
    "HUGEINT": LONG,
    "UHUGEINT": LONG,
    "FLOAT": FLOAT,
    "REAL": FLOAT,
    "DOUBLE": DOUBLE,
    '"NULL"': DOUBLE,
    "NULL": DOUBLE,
}
_NOT_IN_ARROW = ("BIT", "BIGNUM", "VARIANT", "TIME WITH TIME ZONE")
_DECIMAL = re.compile(r"DECIMAL\(\d+, ?(\d+)\)")
_LIST = re.compile(r"(.*)\[(\d*)\]", re.DOTALL)
_GEOMETRY = {"point": 2, "circle": 3}


def kind_of(field: Field) -> Kind:
    """The kind of a column; what has none of its own is text, lists of such are JSON."""
    found = _LIST.fullmatch(field.type)
    if found is None:
        return _single(field.type)
    element = _single(found[1])
    if element.is_text:
        return TEXT
    shape = int(found[2] or _GEOMETRY.get(field.xtype or "", 0))
    return Kind(element.datatype, element.arrow, element.numpy, shape)


def _single(name: str) -> Kind:
    decimal = _DECIMAL.fullmatch(name)
    if decimal is not None:
        return DOUBLE if int(decimal[1]) else LONG
    return _BY_NAME.get(name, TEXT)


def values_of(field: Field, kind: Kind, column: pa.Array) -> pa.Array:
    """The values as an array of `kind.arrow`, or for lists as a large_list of it.

    Raises DataError where a whole number is beyond 64 bits, or a list has another length than all.
    """
    if kind.is_list:
        return _lists(field, kind, column)
    if kind.is_text:
        return texts(field, column)
    return _cast(field, column, kind.arrow)


def _cast(field: Field, column: pa.Array, kind: pa.DataType) -> pa.Array:
    if field.type == "UHUGEINT" and pc.any(pc.less(column, 0)).as_py():
        # Arrow has 128 bits with a sign, and DuckDB takes no care.
        raise DataError(f"column {field.name}: an integer is beyond 64 bits: CAST it to DOUBLE or VARCHAR")
    try:
        return column.cast(kind, safe=not pa.types.is_floating(kind))
    except pa.ArrowInvalid as error:
        raise DataError(
            f"column {field.name}: an integer is beyond 64 bits ({error}): CAST it to DOUBLE or VARCHAR"
        ) from error


def _lists(field: Field, kind: Kind, column: pa.Array) -> pa.Array:
    lengths = pc.list_value_length(column)
    if kind.shape and pc.any(pc.not_equal(lengths, kind.shape)).as_py():
        raise DataError(f"column {field.name}: not all of its lists have {kind.shape} elements")
    flat = _cast(field, pc.list_flatten(column), kind.arrow)
    missing = pc.is_null(column) if column.null_count else None
    return pa.LargeListArray.from_arrays(pa.array(ends_of(column)), flat, mask=missing)


def texts(field: Field, column: pa.Array) -> pa.Array:
    """Any values as text: times and intervals in ISO 8601, structures in JSON, bytes in hexadecimal.

    Raises DataError for the few types whose values Arrow does not have as they are.
    """
    if field.type.startswith(_NOT_IN_ARROW):
        raise DataError(f"column {field.name}: {field.type} has no form in a result: CAST it to VARCHAR")
    return _texts(column)


def _texts(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.dictionary_decode())
    for is_of, to_text in _TEXTS:
        if is_of(kind):
            return to_text(column).cast(pa.large_string())
    return _each(column, str)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))


def _is_nested(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind))


def _duration(value: Any) -> str:
    """An interval in ISO 8601, such as P1M2DT3.5S."""
    seconds = f"{value.nanoseconds / 1e9:.9f}".rstrip("0").rstrip(".")
    return f"P{value.months}M{value.days}DT{seconds}S"


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _time(column: pa.Array) -> pa.Array:
    """ISO 8601 with microseconds; those of a time zone in UTC."""
    found = pc.strftime(column.cast(pa.timestamp("us"), safe=False), format="%Y-%m-%dT%H:%M:%S")
    return _with_infinities(column.cast(pa.int64()), 2**63 - 1, found)


def _date(column: pa.Array) -> pa.Array:
    return _with_infinities(column.cast(pa.int32()), 2**31 - 1, column.cast(pa.string()))


def _with_infinities(numbers: pa.Array, limit: int, found: pa.Array) -> pa.Array:
    """DuckDB's times have infinities: the largest number, and its negative."""
    for number, text in ((limit, "infinity"), (-limit, "-infinity")):
        is_one = pc.equal(numbers, pa.scalar(number, numbers.type))
        if pc.any(is_one).as_py():
            found = pc.if_else(is_one, text, found)
    return found


def _json(value: object) -> str:
    return json.dumps(_finite(value), default=str, ensure_ascii=False)


def _finite(value: Any) -> Any:
    """The value with None for what JSON has no number for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_finite(each) for each in value]
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return value


def _each(column: pa.Array, to_text: Callable[[Any], str]) -> pa.Array:
    """One by one, for what Arrow can not turn into text by itself."""
    found = [None if value is None else to_text(value) for value in column.to_pylist()]
    return pa.array(found, pa.large_string())


_TEXTS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (_is_text, lambda column: column),
    (pa.types.is_timestamp, _time),
    (pa.types.is_date, _date),
    (pa.types.is_time, lambda column: column.cast(pa.string())),
    (_is_nested, lambda column: _each(column, _json)),
    (pa.types.is_interval, lambda column: _each(column, _duration)),
    (_is_bytes, lambda column: _each(column, bytes.hex)),
)
