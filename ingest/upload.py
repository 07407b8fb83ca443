"""A table that a client of the service sends: its columns as it has them, and its rows in batches.

The kind of file is seen by its content. Nothing is guessed of what columns mean; that of text columns is
their type. What comes from strangers is read within limits, and XML without document type or entities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.parsers import expat

import duckdb
import pyarrow as pa

from catalogdb.errors import DataError
from ingest.forms import kind_of
from ingest.numbers import double
from ingest.readers import READERS, FileColumn
from ingest.readers.base import BATCH_ROWS, uncounted
from ingest.readers.fits import Fits
from ingest.readers.stream import compression, magic, open_bytes, raised_in_stream
from ingest.readers.votable import VOTable
from ingest.scratch import scratch
from ingest.spec import Field, Form
from ingest.upload_parquet import parquet_rows

KINDS = "VOTable, FITS, Parquet, CSV, TSV or ECSV, as it is or in gzip"

_CHUNK = 1 << 20
_MISSING = ("null", "Null", "NULL", "NaN", "nan", "NAN", "None", "N/A")
"""Written by other programs for missing numbers in text."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's columns, and its rows as batches of them in that order."""

    columns: tuple[FileColumn, ...]
    batches: Iterator[pa.RecordBatch]


def open_upload(path: Path, most_bytes: int) -> Opened:
    """Open a file that a client sent, of at most `most_bytes` when it is decompressed.

    Raises DataError, as the batches do. A decompressed copy is left beside the file.
    """
    path = _decompressed(path, most_bytes)
    if _is_xml(path):
        _refuse_document_type(path)
        return _from_arrays(VOTable(), path, Form(name="votable", reader="votable", fields=()))
    kind = kind_of(path)
    if kind == "fits":
        return _from_arrays(Fits(), path, Form(name=kind, reader=kind, fields=()))
    if kind == "parquet":
        return Opened(*parquet_rows(path))
    if kind in {"text", "ecsv"}:
        return _from_text(path, kind)
    raise DataError(f"{path}: it is none of {KINDS}")


def _decompressed(path: Path, most_bytes: int) -> Path:
    """The file itself, or a plain copy beside it that has no more than so many bytes."""
    if not compression(path):
        return path
    plain = path.with_name(f"{path.name}.plain")
    size = 0
    try:
        with open_bytes(path) as source, plain.open("wb") as target:
            while chunk := source.read(_CHUNK):
                size += len(chunk)
                if size > most_bytes:
                    raise DataError(f"{path}: decompressed it is larger than {most_bytes / 1e6:,.0f} MB")
                target.write(chunk)
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: it can not be decompressed to its end ({error})") from error
    if compression(plain):
        raise DataError(f"{path}: it is compressed twice: send it compressed once")
    return plain


def _is_xml(path: Path) -> bool:
    start = magic(path)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        return b"<" in start
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _refuse_document_type(path: Path) -> None:
    """Raise DataError if anything is declared before the first element, where alone it can be."""
    parser = expat.ParserCreate()
    begun = False

    def declared(name: str, *_: object) -> None:
        where = f"{path}, line {parser.CurrentLineNumber}"
        raise DataError(f"{where}: it declares a document type ({name}), which is not read: leave it out")

    def start(name: str, _: object) -> None:
        nonlocal begun
        begun = True

    parser.StartDoctypeDeclHandler = declared
    parser.StartElementHandler = start
    with open_bytes(path) as stream:
        try:
            while not begun and (chunk := stream.read(_CHUNK)):
                parser.Parse(chunk, False)
        except expat.ExpatError as error:
            if not begun:
                raise DataError(f"{path}, line {error.lineno}: it is no VOTable ({error})") from error


def _from_arrays(reader: VOTable | Fits, path: Path, form: Form) -> Opened:
    described = reader.describe(path, form) or []
    _, batches = reader.batches(path, form)
    return Opened(tuple(described), _sound(path, batches) if reader.tells_broken else batches)


def _sound(path: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches without their last column, which says what is wrong with a row."""
    before = 0
    for batch in batches:
        wrong = batch.column(batch.num_columns - 1)
        if wrong.null_count < len(wrong):
            row = wrong.is_valid().index(True).as_py()
            raise DataError(f"{path}, row {before + row + 1}: {wrong[row].as_py()}")
        before += batch.num_rows
        yield batch.select(range(batch.num_columns - 1))


def _from_text(path: Path, kind: str) -> Opened:
    form = _text_form(path) if kind == "text" else Form(name=kind, reader=kind, fields=(), null=_MISSING)
    columns = tuple(READERS[form.reader].describe(path, form) or ())
    if all(_is_number(column.name) for column in columns):
        raise DataError(f"{path}, line 1: numbers stand where the names of columns should")
    if len({column.name for column in columns}) < len(columns):
        raise DataError(f"{path}, line 1: two columns have the same name")
    return Opened(columns, _text_rows(path, form, columns))


def _text_form(path: Path) -> Form:
    with open_bytes(path) as stream:
        lines = (line for line in stream if line.strip() and not line.startswith(b"#"))
        first, second = next(lines, b""), next(lines, b"")
    bare = re.sub(b'"[^"]*"', b"", first)
    delimiter = max(b",;|\t", key=bare.count)
    if not bare.count(delimiter):
        if len(first.split()) != 1 or not second:
            raise DataError(f"{path}: it is none of {KINDS}: no delimiter stands in its first line")
        delimiter = ord(",")
    return Form(
        name="csv",
        reader="csv",
        fields=(),
        delimiter=chr(delimiter),
        header=True,
        comment="#",
        null=_MISSING,
    )


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _text_rows(path: Path, form: Form, columns: tuple[FileColumn, ...]) -> Iterator[pa.RecordBatch]:
    """The rows by DuckDB's own reader; if that stops, the line at which it does is looked for."""
    fields = tuple(Field(name=f"f{i}", source=column.name) for i, column in enumerate(columns))
    form = replace(form, fields=fields)
    reader = READERS[form.reader]
    with scratch() as con:
        source = reader.open(con, path, form, "upload", uncounted)
        listed = ", ".join(
            f"{_typed(source.columns[f.name], column.type)} AS c{i}"
            for i, (f, column) in enumerate(zip(fields, columns, strict=True))
        )
        query = f"SELECT {listed} FROM {source.sql}"  # noqa: S608  (made here, of numbered columns)
        try:
            yield from con.sql(query, params=source.parameters or None).to_arrow_reader(BATCH_ROWS)
        except duckdb.Error as error:
            raise raised_in_stream(error) or _located(con, path, form, error) from error


def _typed(text: str, kind: str) -> str:
    plain = f"trim({text})"
    if kind == "VARCHAR":
        return f"nullif({text}, '')"
    marks = ", ".join(f"'{mark}'" for mark in ("", *_MISSING))
    value = double(plain) if kind in {"DOUBLE", "REAL"} else f"CAST({plain} AS {kind})"
    return f"CASE WHEN {plain} NOT IN ({marks}) THEN {value} END"


def _located(con: duckdb.DuckDBPyConnection, path: Path, form: Form, error: duckdb.Error) -> DataError:
    """The first line that has another number of fields than the header; else what DuckDB says."""
    source = READERS[form.reader].open_located(con, path, form, "located")
    query = f"SELECT _line, _broken FROM {source.sql} WHERE _broken IS NOT NULL ORDER BY _line LIMIT 1"  # noqa: S608
    row = con.execute(query, source.parameters).fetchone()
    if row is not None:
        return DataError(f"{path}, line {row[0]}: {row[1]}")
    return DataError(f"{path}: {str(error).splitlines()[0]}")
