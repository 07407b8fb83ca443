"""VOTables in every serialisation (TABLEDATA, BINARY, BINARY2, FITS), as streams of any length."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import duckdb
import pyarrow as pa
from astropy.io.votable import from_table
from astropy.io.votable.converters import get_converter
from astropy.io.votable.exceptions import W03, W31

from catalogdb.errors import DataError
from ingest.arrow import duckdb_type
from ingest.readers.base import BATCH_CELLS, ArrayReader, FileColumn
from ingest.readers.fits import Fits
from ingest.readers.votable_columns import BinaryRows, column_type, from_cells
from ingest.readers.votable_document import Document, Row
from ingest.spec import Form


class VOTable(ArrayReader):
    """Reads the first table, or that whose ID or name is `table`.

    What is wrong with a row of a TABLEDATA stands in the last column.
    """

    tells_broken = True

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, types, units, UCDs and descriptions of the FIELDs."""
        with Document(path, form.table) as document:
            return [
                FileColumn(f.name, duckdb_type(column_type(f)), f.unit, f.ucd, f.about)
                for f in document.table.fields
            ]

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows in batches."""
        with Document(path, form.table) as document:
            table = document.table
            columns = [pa.field(f.name, column_type(f)) for f in table.fields]
        schema = pa.schema([*columns, pa.field(_BROKEN, pa.string())])
        if table.serialisation == "TABLEDATA":
            return schema, _from_cells(path, form, schema)
        if table.serialisation == "FITS":
            return _from_fits(path, form)
        return schema, _from_binary(path, form, schema)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows as BINARY2 with the units of the form."""
        from ingest.readers.write_table import astropy_table  # noqa: PLC0415  (writing alone needs it)

        table = astropy_table(con, rows, form)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", W03)  # names such as 2MASS are no XML identifiers
            file = from_table(table)
            for field in file.get_first_table().fields:
                if field.datatype == "bit":  # it can not be missing, and astropy packs it in its own way
                    field.datatype = "boolean"
                    field.converter = get_converter(field)
            try:
                file.to_xml(str(path), tabledata_format="binary2")
            except W31 as error:
                raise DataError(
                    f"{path}: a VOTable has no mark for whole numbers that are missing in lists"
                ) from error


_BROKEN = "_broken"
_LONGEST_ROW = 64 << 20


def _from_cells(path: Path, form: Form, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with Document(path, form.table) as document:
        fields = document.table.fields
        size = max(1, BATCH_CELLS // max(1, len(fields)))
        kept: list[Row] = []
        for rows in chain(document.rows(), [[]]):
            kept += rows
            while len(kept) >= size or (kept and not rows):
                columns, wrong = from_cells(kept[:size], fields)
                yield pa.record_batch([*columns, pa.array(wrong, pa.string())], schema=schema)
                kept = kept[size:]


def _from_binary(path: Path, form: Form, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with Document(path, form.table) as document:
        if not document.table.serialisation:  # a table without data has no rows
            return
        taker = BinaryRows(document.table.fields, with_flags=document.table.serialisation == "BINARY2")
        rest = b""
        for content in document.content():
            rest += content
            columns, used = taker.take(rest)
            rest = rest[used:]
            if used:
                sound = pa.nulls(len(columns[0]), pa.string())
                yield pa.record_batch([*columns, sound], schema=schema)
            if len(rest) > _LONGEST_ROW:
                raise DataError(
                    f"{path}: a row announces more than {_LONGEST_ROW} bytes, "
                    "so that the stream is not what its FIELDs say; fetch it again"
                )
        if rest:
            raise DataError(
                f"{path} is truncated: {len(rest)} bytes stand after its last whole row; fetch it again"
            )


def _from_fits(path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The table of the FITS file in the document, which is first put into a file of its own."""
    folder = tempfile.TemporaryDirectory(prefix="catalogdb.")
    file = Path(folder.name) / "table.fits"
    with Document(path, form.table) as document, file.open("wb") as stream:
        for content in document.content():
            stream.write(content)
        extension = document.table.extension
    schema, batches = Fits().batches(file, Form(name=form.name, reader="fits", fields=(), table=extension))
    with_broken = schema.append(pa.field(_BROKEN, pa.string()))

    def rows() -> Iterator[pa.RecordBatch]:
        with folder:
            for batch in batches:
                sound = pa.nulls(batch.num_rows, pa.string())
                yield pa.record_batch([*batch.columns, sound], schema=with_broken)

    return with_broken, rows()
