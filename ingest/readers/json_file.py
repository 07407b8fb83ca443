"""Tables in the JSON of TAP services: {"metadata": [{name, datatype, unit...}, ...], "data": [[...], ...]}.

As the Gaia archive and others write it with FORMAT=json; datatypes are those of VOTable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO, cast

import duckdb
import pyarrow as pa

from catalogdb.errors import DataError
from ingest.arrow import duckdb_type
from ingest.readers.base import BATCH_CELLS, ArrayReader, FileColumn, stored_fields
from ingest.readers.stream import check_readable, open_text
from ingest.readers.votable_columns import DATATYPES, column_type
from ingest.readers.votable_document import VoField
from ingest.spec import Form

_CHUNK = 1 << 20
_BROKEN = "_broken"


class Json(ArrayReader):
    """Reads and writes the one table of the file, row by row; null is missing."""

    tells_broken = True

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names, types, units, UCDs and descriptions of the metadata."""
        with _Document(path) as document:
            return [
                FileColumn(f.name, duckdb_type(column_type(f)), f.unit, f.ucd, f.about)
                for f in document.fields
            ]

    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The rows in batches."""
        with _Document(path) as document:
            columns = [pa.field(f.name, column_type(f)) for f in document.fields]
        schema = pa.schema([*columns, pa.field(_BROKEN, pa.string())])
        return schema, _batches(path, schema)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows with the names, types and units of the form."""
        reader = con.sql(f"FROM {rows}").to_arrow_reader(10_000)
        fields = stored_fields(form)
        described = [
            {"name": f.source or f.name, **_datatype(reader.schema.field(f.name).type), "unit": f.unit}
            for f in fields
        ]
        with path.open("w", encoding="utf-8") as stream:
            stream.write(f'{{"metadata": {json.dumps(described)},\n"data": [')
            before = "\n"
            for batch in reader:
                for row in zip(*(batch.column(f.name).to_pylist() for f in fields), strict=True):
                    stream.write(before + json.dumps(row, default=str))
                    before = ",\n"
            stream.write("\n]}\n")


_DATATYPES = {"bool": "boolean", "int16": "short", "int32": "int", "int64": "long", "float": "float"}


def _datatype(kind: pa.DataType) -> dict[str, str | None]:
    if pa.types.is_list(kind):
        return _datatype(kind.value_type) | {"arraysize": "*"}
    if pa.types.is_string(kind):
        return {"datatype": "char", "arraysize": "*"}
    return {"datatype": _DATATYPES.get(str(kind), "double"), "arraysize": None}


class _Document:
    """A context manager; on entry the document is read up to the first row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fields: list[VoField] = []
        self._stream: TextIO = cast(TextIO, open_text(path, "utf-8"))
        self._text, self._at, self._ended = "", 0, False
        self._decoder = json.JSONDecoder()

    def __enter__(self) -> _Document:
        try:
            if not self._to_data():  # the metadata stand behind the data
                self._stream.close()
                self._stream = cast(TextIO, open_text(self.path, "utf-8"))
                self._text, self._at = "", 0
                self._to_data()
        except BaseException:
            self._stream.close()
            raise
        return self

    def _to_data(self) -> bool:
        """Go on to the first row; whether the fields are known then. If not, they are at the end."""
        self._expect("{")
        skipped = False
        while True:
            key = self._value()
            self._expect(":")
            if key == "data":
                self._expect("[")
                if self.fields:
                    return True
                skipped = True
                for _ in self.rows():
                    pass
                self._expect("]")
            else:
                value = self._value()
                if key == "metadata":
                    self.fields = [self._field(item) for item in value]
            if self._next() != ",":
                break
            self._at += 1
        if not (skipped and self.fields):
            raise self._no_table()
        return False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def rows(self) -> Iterator[list[Any]]:
        """The elements of the data, one after the other."""
        if self._next() == "]":
            return
        while True:
            row = self._value()
            if not isinstance(row, list):
                raise self._no_table()
            yield row
            if self._next() == "]":
                return
            self._expect(",")

    def _field(self, item: Any) -> VoField:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise self._no_table()
        texts = {key: str(value) for key, value in item.items() if value is not None}
        datatype = texts.get("datatype", "char")
        return VoField(
            item["name"],
            datatype if datatype in DATATYPES else "char",
            texts.get("arraysize", "") if datatype in DATATYPES else "*",
            texts.get("unit"),
            texts.get("ucd"),
            " ".join(texts.get("description", "").split()),
        )

    def _more(self) -> bool:
        """Read on; False at the end."""
        try:
            chunk = self._stream.read(_CHUNK)
        except (OSError, EOFError) as error:
            check_readable(self.path)
            raise DataError(f"{self.path}: {error}") from error
        self._text, self._at = self._text[self._at :] + chunk, 0
        self._ended = not chunk
        return bool(chunk)

    def _next(self) -> str:
        """The next character that is no blank, which stays."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                raise self._fault("it ends too early")

    def _expect(self, character: str) -> None:
        if (found := self._next()) != character:
            raise self._fault(f"{found} stands where {character} is expected")
        self._at += 1

    def _value(self) -> Any:
        self._next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
                # A number at the end of what was read may go on.
                if end < len(self._text) or self._ended:
                    self._at = end
                    return value
            except json.JSONDecodeError as error:
                if self._ended:
                    raise self._fault(str(error)) from error
            self._more()

    def _fault(self, what: str) -> DataError:
        return DataError(f"{self.path}: it is no JSON that can be read ({what}); fetch it again")

    def _no_table(self) -> DataError:
        return DataError(
            f"{self.path}: it is no table in the JSON of a TAP service: metadata and data are needed"
        )


def _batches(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with _Document(path) as document:
        fields = document.fields
        rows: list[list[Any | None]] = []
        for row in document.rows():
            rows.append(row)
            if len(rows) * len(fields) >= BATCH_CELLS:
                yield _batch(rows, fields, schema)
                rows = []
        if rows:
            yield _batch(rows, fields, schema)


def _batch(rows: list[list[Any]], fields: list[VoField], schema: pa.Schema) -> pa.RecordBatch:
    wrong: list[str | None] = [None] * len(rows)
    for number, row in enumerate(rows):
        if len(row) != len(fields):
            wrong[number] = f"it has {len(row)} values for {len(fields)} columns"
            rows[number] = [None] * len(fields)
    columns = [
        _column(field, schema.field(place).type, list(values), wrong)
        for place, (field, values) in enumerate(zip(fields, zip(*rows, strict=True), strict=True))
    ]
    return pa.record_batch([*columns, pa.array(wrong, pa.string())], schema=schema)


def _column(field: VoField, kind: pa.DataType, values: list[Any], wrong: list[str | None]) -> pa.Array:
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        for number, value in enumerate(values):
            try:
                pa.scalar(value, kind)
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
                wrong[number] = f"column {field.name} does not hold {kind}: {value!r}"
                values[number] = None
        return pa.array(values, kind)
