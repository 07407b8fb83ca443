"""Rows to a file: text, CSV, Parquet, VOTable or FITS, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from astropy.io import fits
from astropy.table import Table

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
    with replaced(path) as new:
        if kind == "csv":
            _write_csv(result, new)
        elif kind == "parquet":
            _write_parquet(result, new)
        elif kind == "votable":
            result.table().write(new, format="votable", tabledata_format="binary2")
        elif kind == "fits":
            _fits_hdu(result.table(), result.columns).writeto(new)
        else:
            new.write_text("\n".join(result.table().pformat(max_lines=-1, max_width=-1)) + "\n")


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


def _write_csv(result: Result, path: Path) -> None:
    """Batch by batch; lists become text such as [1.0, 2.0], which CSV has no form for."""
    batches = result.batches()
    schema = _flat(result.empty()).schema
    with pyarrow.csv.CSVWriter(path, schema) as file:
        for batch in batches:
            file.write_table(_flat(pa.Table.from_batches([batch])))


def _flat(rows: pa.Table) -> pa.Table:
    for i, field in enumerate(rows.schema):
        if pa.types.is_nested(field.type):
            texts = [None if value is None else str(value) for value in rows.column(i).to_pylist()]
            rows = rows.set_column(i, field.name, pa.array(texts, pa.string()))
        elif pa.types.is_decimal(field.type):
            rows = rows.set_column(i, field.name, rows.column(i).cast(pa.float64()))
    return rows


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


def _fits_hdu(table: Table, columns: Sequence[ResultColumn]) -> fits.BinTableHDU:
    """The table as a FITS extension, UCDs and descriptions under the keywords that TOPCAT reads."""
    for name in table.colnames:
        if table[name].dtype == object:
            raise DataError(f"FITS has no form for the lists of column {name}: write votable or parquet")
        table[name].description = None
        table[name].meta.clear()
    # A header takes one line of ASCII; the query may have many.
    table.meta["query"] = " ".join(table.meta["query"].encode("ascii", "replace").decode().split())
    hdu = fits.table_to_hdu(table)
    for number, column in enumerate(columns, start=1):
        if column.ucd:
            hdu.header[f"TUCD{number}"] = column.ucd
        if column.about:
            # FITS headers are ASCII, and a card has 68 characters for text.
            hdu.header[f"TCOMM{number}"] = column.about.encode("ascii", "replace").decode()[:68]
    return hdu
