"""Arrow IPC streams and Parquet, with what is known of the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from catalogdb.formats.header import Field, Header
from catalogdb.formats.joining import is_missing, numpy_of
from catalogdb.formats.kinds import kind_of, texts, values_of
from catalogdb.formats.rows import Rows
from catalogdb.formats.sink import Sink
from catalogdb.formats.votable_head import OVERFLOW, document_end, document_start

ROW_GROUP = 100_000
"""Rows of a row group of Parquet, or a few more."""

_OWN = {
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP_S": pa.timestamp("us"),
    "TIMESTAMP_MS": pa.timestamp("us"),
    "TIMESTAMP_NS": pa.timestamp("ns"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
}


def arrow(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """An IPC stream with the types of Arrow; it does not tell whether it was cut."""
    schema = pa.schema(map(_arrow_field, header.fields), metadata=_metadata(header))
    sink = Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema) as stream:
        for batch in rows:
            stream.write_batch(_converted(header, batch, schema))
            yield sink.taken()
    yield sink.taken()


def parquet(
    header: Header, rows: Rows, *, folder: Path, metadata: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """Parquet with the types of Arrow, NULLs among texts, and `metadata` beside that of the columns."""
    schema = pa.schema(map(_arrow_field, header.fields), metadata={**_metadata(header), **(metadata or {})})
    sink = Sink()
    with pyarrow.parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for group in _groups(rows):
            writer.write_table(pa.Table.from_batches([_converted(header, each, schema) for each in group]))
            yield sink.taken()
    yield sink.taken()


def voparquet(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """Parquet with a VOTable of the columns among its metadata (VOParquet 1.0), as astropy reads it.

    Times are text, for VOTable has no other type for them. What astropy can not read is written otherwise: a
    NULL among texts is an empty text, and one instead of a list of one length for all is NaNs. The VOTable
    is written last, when the lengths of the texts are known.
    """
    kinds = [kind_of(each) for each in header.fields]
    schema = pa.schema(
        [pa.field(each.name, _vo_type(each), metadata=_described(each)) for each in header.fields],
        metadata=_metadata(header),
    )
    lengths: list[int | None] = [0 if kind.is_text else None for kind in kinds]
    wide = [False] * len(kinds)
    sink = Sink()
    with pyarrow.parquet.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for group in _groups(rows):
            converted = []
            for batch in group:
                columns = [_vo_column(*each) for each in zip(header.fields, batch.columns, strict=True)]
                converted.append(pa.RecordBatch.from_arrays(columns, schema=schema))
                for i, column in enumerate(columns):
                    if kinds[i].is_text:
                        longest = pc.max(pc.utf8_length(column), min_count=0).as_py() or 0
                        lengths[i] = max(lengths[i] or 0, longest)
                        wide[i] |= not pc.all(pc.string_is_ascii(column), min_count=0).as_py()
            writer.write_table(pa.Table.from_batches(converted))
            yield sink.taken()
        infos = (OVERFLOW,) if rows.overflow else ()
        start = document_start(header, kinds, wide, magic=False, lengths=lengths)
        writer.add_key_value_metadata(
            {
                "IVOA.VOTable-Parquet.version": "1.0",
                "IVOA.VOTable-Parquet.content": start + document_end(header, infos),
            }
        )
    yield sink.taken()


def _groups(rows: Rows) -> Iterator[list[pa.RecordBatch]]:
    """The batches, so many together that they make a row group."""
    group: list[pa.RecordBatch] = []
    for batch in rows:
        group.append(batch)
        if sum(each.num_rows for each in group) >= ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


def _converted(header: Header, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        _column(field, column, wanted.type)
        for field, column, wanted in zip(header.fields, batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(field: Field, column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if field.type == "VARCHAR[]" or (not pa.types.is_string(wanted) and kind_of(field).is_text):
        return column.cast(wanted)
    return values_of(field, kind_of(field), column).cast(wanted)


def _arrow_field(field: Field) -> pa.Field:
    return pa.field(field.name, _arrow_type(field), metadata=_described(field))


def _arrow_type(field: Field) -> pa.DataType:
    """Arrow's type of a column: its own where it is a number, text, time, or list of numbers or texts."""
    if field.type == "VARCHAR[]":
        return pa.list_(pa.string())
    return _OWN.get(field.type) or _vo_type(field)


def _vo_type(field: Field) -> pa.DataType:
    """Arrow's type of a column that has one of VOTable's types."""
    kind = kind_of(field)
    if kind.is_list:
        return pa.list_(kind.arrow, kind.shape or -1)
    return pa.string() if kind.is_text else kind.arrow


def _vo_column(field: Field, column: pa.Array) -> pa.Array:
    kind = kind_of(field)
    if kind.is_text:
        return texts(field, column).fill_null("").cast(pa.string())
    values = values_of(field, kind, column)
    if kind.shape and kind.is_real and values.null_count:
        flat = np.full((len(values), kind.shape), np.nan)
        flat[~is_missing(values)] = numpy_of(values.flatten().fill_null(np.nan)).reshape(-1, kind.shape)
        values = pa.FixedSizeListArray.from_arrays(pa.array(flat.reshape(-1)), kind.shape)
    return values.cast(_vo_type(field))


def _described(field: Field) -> dict[str, str]:
    told = {
        "unit": field.unit,
        "ucd": field.ucd,
        "description": field.about,
        "utype": field.utype,
        "xtype": field.xtype,
    }
    return {key: value for key, value in told.items() if value is not None}


def _metadata(header: Header) -> dict[str, str]:
    """The INFOs; those of one name on lines of one text."""
    told: dict[str, list[str]] = {}
    for info in header.infos:
        told.setdefault(info.name, []).append(info.text)
    return {name: "\n".join(lines) for name, lines in told.items()}
