"""Rows to a file: text, CSV, Parquet, VOTable or FITS, whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from catalogdb.astropy_table import number
from catalogdb.errors import DataError, SettingError, did_you_mean
from catalogdb.faults import writing

if TYPE_CHECKING:
    from catalogdb.result import Result, ResultColumn

FORMATS = ("table", "csv", "parquet", "votable", "fits")
_SUFFIXES = {
    ".txt": "table",
    ".csv": "csv",
    ".parquet": "parquet",
    ".vot": "votable",
    ".xml": "votable",
    ".votable": "votable",
    ".fits": "fits",
}


def format_of(path: Path, name: str | None) -> str:
    """The format `name`, or the one that the suffix of `path` says; raises SettingError."""
    if name is None:
        found = _SUFFIXES.get(path.suffix.lower())
        if found is None:
            raise SettingError(f"{path}: name a format ({', '.join(FORMATS)}), the suffix says none")
        return found
    if name not in FORMATS:
        raise SettingError(f"no format {name}{did_you_mean(name, FORMATS)}")
    return name


def write_result(result: Result, path: Path, kind: str) -> None:
    """Write the rows to a temporary file beside `path`, then rename it; raises StoreError, DataError."""
    try:
        with replaced(path) as new:
            _WRITERS[kind](result, new)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{path}: {kind} has no form for a column ({error}): CAST it to VARCHAR") from error


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place if the block succeeds."""
    new = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with writing(path):
            yield new
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def _write_text(result: Result, path: Path) -> None:
    path.write_text("\n".join(result.table().pformat(max_lines=-1, max_width=-1)) + "\n", encoding="utf-8")


def _write_csv(result: Result, path: Path) -> None:
    """Batch by batch; lists, which CSV has no form for, become JSON such as [1.0, null]."""
    batches = result.batches()
    schema = _flat(result.empty()).schema
    with pyarrow.csv.CSVWriter(path, schema) as file:
        for batch in batches:
            file.write_table(_flat(pa.Table.from_batches([batch])))


def _flat(rows: pa.Table) -> pa.Table:
    for i, field in enumerate(rows.schema):
        if pa.types.is_nested(field.type) or pa.types.is_interval(field.type):
            texts = [None if value is None else _json(value) for value in rows.column(i).to_pylist()]
            rows = rows.set_column(i, field.name, pa.array(texts, pa.string()))
        elif pa.types.is_decimal(field.type):
            rows = rows.set_column(i, field.name, number(rows.column(i)))
    return rows


def _json(value: object) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)


def _write_parquet(result: Result, path: Path) -> None:
    """Batch by batch; unit, ucd and description stand in each field's metadata."""
    batches = result.batches()
    fields = [
        field.with_metadata(
            {
                key: value
                for key, value in (("unit", c.unit), ("ucd", c.ucd), ("description", c.about))
                if value is not None
            }
        )
        for field, c in zip(result.empty().schema, result.columns, strict=True)
    ]
    origin = {"query": result.query, "snapshot": str(result.provenance.snapshot)}
    schema = pa.schema(fields, metadata=origin)
    with pyarrow.parquet.ParquetWriter(path, schema, compression="zstd") as file:
        for batch in batches:
            file.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def _write_votable(result: Result, path: Path) -> None:
    table = result.table()
    for name in table.colnames:
        column = table[name]
        texts = column.dtype.kind == "U" and column.ndim > 1
        if column.dtype != object and not texts:
            continue
        if column.ndim > 1 or any(each.dtype.kind not in "biuf" for each in column.data.data):
            raise DataError(
                f"VOTable has no form for the texts or NULLs in the lists of column {name}: write parquet"
            )
        # The writer wants each element masked, and no list: a NULL one is written as an empty one.
        column.mask = False
        for i, each in enumerate(column.data.data):
            column.data.data[i] = np.ma.array(each, mask=np.zeros(each.shape, dtype=bool))
    table.write(path, format="votable", tabledata_format="binary2")


def _write_fits(result: Result, path: Path) -> None:
    _fits_hdu(result.table(), result.columns).writeto(path)


_WRITERS: Mapping[str, Callable[[Result, Path], None]] = {
    "table": _write_text,
    "csv": _write_csv,
    "parquet": _write_parquet,
    "votable": _write_votable,
    "fits": _write_fits,
}


def _fits_column(column: MaskedColumn) -> MaskedColumn:
    """The column in a form that FITS has, its NULLs under a value that it does not contain."""
    name = column.name
    if column.dtype == object:
        raise DataError(f"FITS has no form for the lists of column {name}: write votable or parquet")
    if column.dtype.kind == "U" and not all(map(str.isascii, column.data.data.flat)):
        raise DataError(
            f"FITS has ASCII alone, and column {name} has other characters: write votable or parquet"
        )
    missing = np.ma.getmaskarray(column)
    if column.dtype.kind not in "biu" or not missing.any():
        return column
    if column.dtype.kind == "b":
        # Most readers take the NULL that FITS has for logicals as False: 0, 1 and NULL instead.
        column = column.astype(np.int16)
    present, blank = column.data.data[~missing], np.iinfo(column.dtype).min
    while (present == blank).any():
        blank += 1
    column.fill_value = blank
    return column


def _fits_hdu(table: Table, columns: Sequence[ResultColumn]) -> fits.BinTableHDU:
    """The table as a FITS extension, UCDs and descriptions under the keywords that TOPCAT reads."""
    for name in table.colnames:
        table[name] = _fits_column(table[name])
        table[name].description = None
        table[name].meta.clear()
    # A header takes one line of ASCII; the query may have many.
    table.meta["query"] = " ".join(table.meta["query"].encode("ascii", "replace").decode().split())
    hdu = fits.table_to_hdu(table)
    for place, column in enumerate(columns, start=1):
        if column.ucd:
            hdu.header[f"TUCD{place}"] = column.ucd
        if column.about:
            # FITS headers are ASCII, and a card has 68 characters for text.
            hdu.header[f"TCOMM{place}"] = column.about.encode("ascii", "replace").decode()[:68]
    return hdu
