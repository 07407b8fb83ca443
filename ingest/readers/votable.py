"""VOTables in every serialisation (TABLEDATA, BINARY, BINARY2, FITS), as streams of any length."""

from __future__ import annotations

import logging
import re
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
from ingest.readers.stream import open_bytes
from ingest.readers.votable_columns import BinaryRows, column_type, from_cells
from ingest.readers.votable_document import Document, Row
from ingest.spec import Form

log = logging.getLogger(__name__)


class VOTable(ArrayReader):
    """Reads the first table, or that whose ID or name is `table`.

    What is wrong with a row of a TABLEDATA stands in the last column.
    """

    tells_broken = True

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, types, units, UCDs and descriptions of the FIELDs."""
        with Document(path, form.table) as document:
            return [
                FileColumn(
                    f.name, duckdb_type(column_type(f)), f.unit, f.ucd, f.about, xtype=f.xtype, utype=f.utype
                )
                for f in document.table.fields
            ]

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows in batches."""
        with Document(path, form.table) as document:
            schema = _schema(document)
            if document.table.serialisation == "FITS":
                schema, batches = _from_fits(document)
                return schema, _told(document, batches)
        return schema, _opened_later(path, form)

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


def other_tables(path: Path, form: Form) -> list[str]:
    """Return the names, else the numbers, of the tables of the document that are not read.

    The text is searched for their tags, which takes a tenth of the time of parsing it.
    """
    found: list[str] = []
    resources: list[bool] = []
    is_read, number = False, 0
    for is_end, tag, attributes in _tags(path):
        number += tag == "TABLE" and not is_end
        if is_end and tag == "RESOURCE":
            resources = resources[:-1]
        elif is_end:
            continue
        elif tag == "RESOURCE":
            resources.append("meta" in attributes.get("type", "").lower())
        elif not any(resources):
            names = (attributes.get("ID"), attributes.get("name"))
            wanted = not is_read and (form.table is None or form.table in names)
            is_read |= wanted
            if not wanted:
                found.append(names[1] or names[0] or str(number))
    return found


_TAG = re.compile(rb"<(/?)(?:\w+:)?(TABLE|RESOURCE)(?=[\s>/])([^>]*)>")
_ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*["']([^"']*)["']""")
_SEARCHED = 1 << 20


def _tags(path: Path) -> Iterator[tuple[bool, str, dict[str, str]]]:
    """Whether it ends, name and attributes of each tag of a table or a resource."""
    rest = b""
    with open_bytes(path) as stream:
        while chunk := stream.read(_SEARCHED):
            text = rest + chunk
            opened = text.rfind(b"<")
            rest = text[opened:] if opened > text.rfind(b">") else b""
            if b"TABLE" in text or b"RESOURCE" in text:
                for match in _TAG.finditer(text):
                    attributes = dict(_ATTRIBUTE.findall(match[3].decode("utf-8", "replace")))
                    yield bool(match[1]), match[2].decode(), attributes


def table_rows(document: Document) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The schema of a document's table, and its rows in batches while the document is open.

    The last column, a text, says what is wrong with a row. DataError for a table that is not whole.
    """
    schema, kind = _schema(document), document.table.serialisation
    if kind == "FITS":
        return _from_fits(document)
    return schema, (_from_cells if kind == "TABLEDATA" else _from_binary)(document, schema)


def _schema(document: Document) -> pa.Schema:
    columns = [pa.field(f.name, column_type(f)) for f in document.table.fields]
    return pa.schema([*columns, pa.field(_BROKEN, pa.string())])


def _opened_later(path: Path, form: Form) -> Iterator[pa.RecordBatch]:
    """The rows of a document that is opened when the first is wanted."""
    with Document(path, form.table) as document:
        yield from _told(document, table_rows(document)[1])


def _told(document: Document, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows; what the document says of the whole is told after them."""
    yield from batches
    if document.is_cut_off:
        log.warning("%s: the service cut its result off (OVERFLOW): rows are missing", document.path)


def _from_cells(document: Document, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    fields = document.table.fields
    size = max(1, BATCH_CELLS // max(1, len(fields)))
    kept: list[Row] = []
    for rows in chain(document.rows(), [[]]):
        kept += rows
        while len(kept) >= size or (kept and not rows):
            columns, wrong = from_cells(kept[:size], fields)
            yield pa.record_batch([*columns, pa.array(wrong, pa.string())], schema=schema)
            kept = kept[size:]


def _from_binary(document: Document, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    if not document.table.serialisation:  # a table without data has no rows, but what follows it counts
        yield from (pa.record_batch([], schema=schema) for _ in document.rows())
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
                f"{document.path}: a row announces more than {_LONGEST_ROW} bytes, "
                "so that the stream is not what its FIELDs say; fetch it again"
            )
    if rest:
        raise DataError(
            f"{document.path} is truncated: {len(rest)} bytes stand after its last whole row; fetch it again"
        )


def _from_fits(document: Document) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The table of the FITS file in the document, which is first put into a file of its own."""
    folder = tempfile.TemporaryDirectory(prefix="catalogdb.")
    file = Path(folder.name) / "table.fits"
    with file.open("wb") as stream:
        for content in document.content():
            stream.write(content)
    form = Form(name="fits", reader="fits", fields=(), table=document.table.extension)
    schema, batches = Fits().batches(file, form)
    with_broken = schema.append(pa.field(_BROKEN, pa.string()))

    def rows() -> Iterator[pa.RecordBatch]:
        with folder:
            for batch in batches:
                sound = pa.nulls(batch.num_rows, pa.string())
                yield pa.record_batch([*batch.columns, sound], schema=with_broken)

    return with_broken, rows()
