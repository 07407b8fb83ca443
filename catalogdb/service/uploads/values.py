"""An uploaded file's values: NaN and blanks are NULL, timestamps are such, and shapes are whole."""

from __future__ import annotations

from typing import Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.errors import DataError
from catalogdb.schema import TYPES
from catalogdb.uploaded import UploadedColumn

_TIMESTAMPS = {"timestamp", "adql:timestamp"}
_SHAPES = {"point": 2, "circle": 3, "polygon": 0}
_REALS = {"REAL[]", "DOUBLE[]"}


class FileColumn(Protocol):
    """What a reader tells of a column of a file."""

    @property
    def name(self) -> str:
        """The name in the file."""

    @property
    def type(self) -> str:
        """DuckDB's type."""

    @property
    def unit(self) -> str | None:
        """The unit as it is written."""

    @property
    def ucd(self) -> str | None:
        """The UCD as it is written."""

    @property
    def about(self) -> str:
        """The description."""

    @property
    def xtype(self) -> str | None:
        """The extended type."""

    @property
    def utype(self) -> str | None:
        """The role in a data model."""


def value(given: FileColumn, name: str, sql_name: str) -> UploadedColumn:
    """The column of a file under that name, with the type that the xtype gives to timestamps and shapes."""
    xtype = given.xtype
    kind = given.type if given.type in TYPES else "VARCHAR"
    known = (xtype or "").strip().lower()
    if known in _TIMESTAMPS and kind == "VARCHAR":
        kind, xtype = "TIMESTAMP", "timestamp"
    elif known in _SHAPES and kind in _REALS:
        kind, xtype = "DOUBLE[]", known
    return UploadedColumn(
        name=name,
        sql_name=sql_name,
        type=kind,
        ucd=given.ucd or "",
        about=given.about,
        unit=given.unit,
        xtype=xtype,
        utype=given.utype,
    )


def plain(column: UploadedColumn, array: pa.Array, before: int) -> pa.Array:
    """The values without NaN and blanks; `before` is the number of rows before them. Raises DataError."""
    if pa.types.is_list(array.type):
        array = _lists(array)
        if column.xtype in _SHAPES and column.type == "DOUBLE[]":
            array = _shapes(column, array, before)
        return array
    return _without_blanks(array) if pa.types.is_string(array.type) else _without_nan(array)


def _without_blanks(array: pa.Array) -> pa.Array:
    """Texts of nothing but blanks are missing ones, whose only other mark is in BINARY2."""
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(array), ""), None, array)


def _without_nan(array: pa.Array) -> pa.Array:
    if not pa.types.is_floating(array.type):
        return array
    return pc.if_else(pc.is_nan(array), None, array)


def _lists(array: pa.ListArray) -> pa.Array:
    """The same with NULL for NaN; a VOTable has no array without elements but a missing one."""
    lengths = pc.list_value_length(array)
    whole = pa.ListArray.from_arrays(array.offsets, _without_nan(array.values))
    return pc.if_else(pc.greater(lengths, 0), whole, None)


def _shapes(column: UploadedColumn, array: pa.Array, before: int) -> pa.Array:
    """Shapes that have all their numbers, NULL for others: DALI has NaN for a point that there is not."""
    size = _SHAPES[column.xtype or ""]
    lengths = pc.list_value_length(array)
    right = pc.equal(lengths, size) if size else _is_polygon(lengths)
    if pc.any(pc.invert(right)).as_py():
        row = right.index(False).as_py()
        told = f"{size}" if size else "an even number, of at least 6,"
        raise DataError(
            f"row {before + row + 1}: column {column.name} has {lengths[row]} numbers, "
            f"where a {column.xtype} has {told}"
        )
    counts = pc.list_value_length(array).fill_null(0).to_pylist()
    flat = array.flatten().is_null().to_pylist()
    gaps, at = [], 0
    for count in counts:
        gaps.append(any(flat[at : at + count]))
        at += count
    return pc.if_else(pa.array(gaps, pa.bool_()), None, array)


def _is_polygon(lengths: pa.Array) -> pa.Array:
    odd = pc.bit_wise_and(lengths, pa.scalar(1, lengths.type))
    return pc.and_(pc.greater_equal(lengths, 6), pc.equal(odd, 0))


def timestamp_fault(
    connection: duckdb.DuckDBPyConnection, batch: str, column: UploadedColumn, schema: pa.Schema, before: int
) -> None:
    """Raise DataError for the first text that is no timestamp."""
    if column.type != "TIMESTAMP" or pa.types.is_timestamp(schema.field(column.sql_name).type):
        return
    name = column.sql_name
    query = (
        f"SELECT row, {name} FROM (SELECT row_number() OVER () AS row, {name} FROM {batch}) "  # noqa: S608
        f"WHERE {name} IS NOT NULL AND TRY_CAST({name} AS TIMESTAMP) IS NULL ORDER BY row LIMIT 1"
    )
    for row, text in connection.execute(query).fetchall():
        raise DataError(f"row {before + row}: column {column.name}: {text!r} is no timestamp")
