"""Batches of Arrow as the rows of VOTable's TABLEDATA, by the column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.errors import DataError
from catalogdb.formats.header import Field
from catalogdb.formats.joining import ends_of, joined
from catalogdb.formats.kinds import Kind, values_of
from catalogdb.formats.xml import contents


def rows_of(fields: Sequence[Field], kinds: Sequence[Kind], batch: pa.RecordBatch) -> memoryview:
    """The TR elements of a batch in UTF-8; NULL and an empty text are both an empty TD."""
    rows: list[pa.Array | str | bytes] = []
    between = "<TR><TD>"
    for field, kind, column in zip(fields, kinds, batch.columns, strict=True):
        rows += [between, _cells(field, kind, values_of(field, kind, column))]
        between = "</TD><TD>"
    return joined([*rows, "</TD></TR>\n"], pa.large_string())


def _cells(field: Field, kind: Kind, column: pa.Array) -> pa.Array:
    if kind.is_text:
        return contents(column)
    if not kind.is_list:
        return numerals(column, infinity="+Inf", nan="NaN")
    return _lists(field, kind, column)


def _lists(field: Field, kind: Kind, column: pa.Array) -> pa.Array:
    flat = column.flatten()
    if kind.is_whole and pc.any(pc.equal(flat, kind.lowest)).as_py():
        raise DataError(
            f"column {field.name} has the value {kind.lowest}, which would be read as NULL: "
            "ask for another format, or CAST it"
        )
    blank = "NaN" if kind.is_real else "?" if kind.datatype == "boolean" else str(kind.lowest)
    cells = numerals(flat, infinity="+Inf", nan="NaN").fill_null(blank)
    found = joined_lists(column, cells, " ")
    if kind.shape and column.null_count:
        # An empty TD is an array of no elements, which is an error where they have a length.
        found = pc.if_else(pc.is_null(column), " ".join([blank] * kind.shape), found)
    return found


def joined_lists(column: pa.Array, cells: pa.Array, between: str) -> pa.Array:
    """The texts of the elements of each list of `column`, NULL ones being empty."""
    lists = pa.LargeListArray.from_arrays(pa.array(ends_of(column)), cells)
    return pc.binary_join(lists, pa.scalar(between, pa.large_string()))


def numerals(column: pa.Array, *, infinity: str, nan: str) -> pa.Array:
    """Numbers and truth values as the shortest text that reads back to the same."""
    found: Any = column.cast(pa.large_string())
    if pa.types.is_floating(column.type) and not pc.all(pc.is_finite(column), min_count=0).as_py():
        named = (
            (float("inf"), infinity),
            (float("-inf"), "-" + infinity.lstrip("+") if infinity != nan else nan),
        )
        for value, text in named:
            found = pc.if_else(pc.equal(column, value), pa.scalar(text, pa.large_string()), found)
        found = pc.if_else(pc.is_nan(column), pa.scalar(nan, pa.large_string()), found)
    return found
