"""JSON as ESA's and CDS's services have it, streamed: `{"metadata": [...], "data": [[...], ...]}`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.formats.header import Field, Header
from catalogdb.formats.joining import joined
from catalogdb.formats.kinds import Kind, kind_of, texts, values_of
from catalogdb.formats.rows import Rows
from catalogdb.formats.tabledata import joined_lists, numerals
from catalogdb.formats.votable_head import arraysize

_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CONTROLS = {chr(i): f"\\u{i:04x}" for i in range(32) if chr(i) not in _SHORT}


def encode(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """The document; NaN and infinities, which JSON has not, are null.

    After a cut a last member says so: `"info": [{"name": "QUERY_STATUS", "value": "OVERFLOW"}]`.
    """
    kinds = [kind_of(each) for each in header.fields]
    told = [_described(field, kind) for field, kind in zip(header.fields, kinds, strict=True)]
    yield ('{"metadata": ' + json.dumps(told, ensure_ascii=False) + ',\n"data": [').encode()
    lead = "\n"
    for batch in rows:
        if not batch.num_rows:
            continue
        pieces: list[pa.Array | str | bytes] = []
        between = ",\n["
        for field, kind, column in zip(header.fields, kinds, batch.columns, strict=True):
            pieces += [between, _cells(field, kind, column)]
            between = ","
        # Of the comma before the first row of all there is no need.
        yield lead.encode() + bytes(joined([*pieces, "]"], pa.large_string())[len(",\n") :])
        lead = ",\n"
    overflow = ',\n"info": [{"name": "QUERY_STATUS", "value": "OVERFLOW"}]' if rows.overflow else ""
    yield f"\n]{overflow}}}\n".encode()


def _described(field: Field, kind: Kind) -> dict[str, str | None]:
    # All of them, as astroquery's TapPlus wants each: what a column has not is null.
    told = {
        "name": field.name,
        "description": field.about,
        "datatype": kind.datatype,
        "arraysize": arraysize(kind, field.length),
        "xtype": field.xtype,
        "unit": field.unit,
        "ucd": field.ucd,
        "utype": field.utype,
    }
    return {key: value or None for key, value in told.items()}


def _cells(field: Field, kind: Kind, column: pa.Array) -> pa.Array:
    if kind.is_text:
        # Of lists and structures the text is JSON.
        cells = texts(field, column) if pa.types.is_nested(column.type) else _quoted(texts(field, column))
    elif kind.is_list:
        values = values_of(field, kind, column)
        inside = joined_lists(values, _numerals(values.flatten()).fill_null("null"), ",")
        cells = pc.if_else(pc.is_valid(values), _around(inside, "[", "]"), pa.scalar(None, pa.large_string()))
    else:
        cells = _numerals(values_of(field, kind, column))
    return cells.fill_null("null")


def _numerals(column: pa.Array) -> pa.Array:
    return numerals(column, infinity="null", nan="null")


def _quoted(column: pa.Array) -> pa.Array:
    for raw, escaped in _SHORT.items():
        column = pc.replace_substring(column, raw, escaped)
    if pc.any(pc.match_substring_regex(column, r"[\x00-\x1f]")).as_py():
        for raw, escaped in _CONTROLS.items():
            column = pc.replace_substring(column, raw, escaped)
    return _around(column, '"', '"')


def _around(column: pa.Array, before: str, after: str) -> pa.Array:
    kind = pa.large_string()
    return pc.binary_join_element_wise(
        pa.scalar(before, kind), column, pa.scalar(after, kind), pa.scalar("", kind)
    )
