"""One table of a VOTable document as it streams by: its fields, then its cells or its decoded bytes."""

from __future__ import annotations

import binascii
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any
from xml.parsers import expat

from catalogdb.errors import DataError
from ingest.readers.stream import check_readable, open_bytes

_CHUNK_BYTES = 1 << 20
_SERIALISATIONS = ("TABLEDATA", "BINARY", "BINARY2", "FITS")

Row = list[str]


@dataclass(frozen=True, slots=True)
class VoField:
    """A FIELD; `size` is the number of its elements, None where each row has its own."""

    name: str
    datatype: str
    arraysize: str = ""
    unit: str | None = None
    ucd: str | None = None
    about: str = ""
    null: str | None = None
    ref: str | None = None
    xtype: str | None = None
    utype: str | None = None

    @property
    def is_text(self) -> bool:
        """Whether it holds characters."""
        return self.datatype in {"char", "unicodeChar"}

    @property
    def is_list(self) -> bool:
        """Whether a row holds several values: numbers, or texts of a fixed length."""
        if "complex" in self.datatype.lower():
            return True
        dimensions = self.arraysize.split("x")
        return len(dimensions) > 1 or (not self.is_text and dimensions[0] not in {"", "1"})

    @property
    def size(self) -> int | None:
        """Elements of a row; of a text, its characters."""
        return None if "*" in self.arraysize else math.prod(_dimensions(self.arraysize))

    @property
    def slice_size(self) -> int:
        """Elements of all dimensions but the last; of texts one, since the last of them may be short."""
        return 1 if self.is_text else math.prod(_dimensions(self.arraysize.rpartition("x")[0]))


def _dimensions(arraysize: str) -> list[int]:
    return [int(dimension) for dimension in arraysize.split("x") if dimension]


@dataclass(slots=True)
class _Table:
    """What the start of the document says of the table."""

    fields: list[VoField] = field(default_factory=list)
    serialisation: str = ""
    extension: int | None = None


class QueryFailed(DataError):
    """A document that is a service's message that a query failed: `words` are the service's."""

    def __init__(self, path: Path, words: str) -> None:
        self.words = words
        said = f": {words}" if words else ""
        super().__init__(f"{path}: it is a service's message that the query failed, and no result{said}")


class NoTable(DataError):
    """A document without the table that is wanted."""


class Document:
    """A context manager; on entry the document is read up to the data of the first table, or that named.

    Tables of a RESOURCE of type meta, which describe services, do not count as first. `frames` are the
    attributes of each COOSYS before the table by its ID; whether the table `is_cut_off` (QUERY_STATUS
    OVERFLOW, before or after it) is known when all has been read.
    Raises QueryFailed for a QUERY_STATUS that says so, wherever it stands, NoTable where there is no such
    table, DataError for what is no VOTable or ends too early.
    """

    def __init__(self, path: Path, table: str | int | None) -> None:
        self.path, self._wanted = path, table
        self.table = _Table()
        self.version = ""
        self._stream: Any = None
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.buffer_size = _CHUNK_BYTES
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._prefix, self._element, self._description = "", "", False
        self._is_votable = self._inside = self._found = self._done = self._in_stream = False
        self._resources: list[str] = []
        self._status: str | None = None
        self._words = ""
        self._pieces: list[str] = []
        self._nulls: dict[str, str | None] = {}
        self.is_cut_off = False
        self.frames: dict[str, dict[str, str]] = {}
        self._row: Row = []
        self._rows: list[Row] = []

    def __enter__(self) -> Document:
        self._stream = open_bytes(self.path)
        try:
            while not (self.table.serialisation or self._done) and self._feed():
                pass
            if not self._is_votable:
                raise DataError(f"{self.path}: it is no VOTable")
            if not self._found:
                named = "" if self._wanted is None else f" {self._wanted}"
                raise NoTable(f"{self.path}: it has no table{named}")
        except BaseException:
            self._stream.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def rows(self) -> Iterator[list[Row]]:
        """The cells of some rows at a time, as text; of a TABLEDATA."""
        more = True
        while more or self._rows:
            if self._rows:
                rows, self._rows = self._rows, []
                yield rows
            more = self._feed()

    def content(self) -> Iterator[bytes]:
        """The decoded bytes of the table's STREAM, in pieces."""
        more, rest = True, ""
        while more or self._pieces:
            text = rest + re.sub(r"\s+", "", "".join(self._pieces))
            self._pieces.clear()
            whole = len(text) if not more or self._done else len(text) // 4 * 4
            try:
                yield binascii.a2b_base64(text[:whole], strict_mode=True)
            except binascii.Error as error:
                raise DataError(f"{self.path}: its STREAM is no base64 text ({error})") from error
            rest = text[whole:]
            more = self._feed()

    def _feed(self) -> bool:
        """Parse some more; whether there may be more still."""
        try:
            chunk = self._stream.read(_CHUNK_BYTES)
        except (OSError, EOFError, zlib.error) as error:
            check_readable(self.path)
            raise DataError(f"{self.path}: {error}") from error
        try:
            self._parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            what = "it ends too early" if not chunk else "it is no VOTable that can be read"
            raise DataError(f"{self.path}, line {error.lineno}: {what} ({error}); fetch it again") from error
        except LookupError as error:
            raise DataError(
                f"{self.path}: its XML declaration names no encoding that is known ({error})"
            ) from error
        return bool(chunk)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "TABLE":
            self._start_table(attributes)
            self._prefix = name.removesuffix("TABLE")
        elif tag == "VOTABLE":
            self.version, self._is_votable = attributes.get("version", ""), True
        elif tag == "RESOURCE":
            self._resources.append(attributes.get("type", "results").lower())
        elif tag == "INFO" and attributes.get("name", "").upper() == "QUERY_STATUS":
            self._status, self._words = attributes.get("value", "").upper(), ""
        elif tag == "COOSYS" and "ID" in attributes:
            self.frames[attributes["ID"]] = attributes
        elif self._inside:
            self._start_within(tag, attributes)

    def _start_table(self, attributes: dict[str, str]) -> None:
        names = (attributes.get("ID"), attributes.get("name"))
        wanted = "meta" not in self._resources if self._wanted is None else self._wanted in names
        self._inside = wanted and not self._found
        self._found |= self._inside

    def _start_within(self, tag: str, attributes: dict[str, str]) -> None:
        fields = self.table.fields
        if tag in {"FIELD", "PARAM"}:
            self._element = tag
            if tag == "FIELD":
                fields.append(_field(attributes))
        elif tag == "VALUES" and self._element == "FIELD":
            null = attributes.get("null", self._nulls.get(attributes.get("ref", "")))
            fields[-1] = replace(fields[-1], null=null)
            self._nulls[attributes.get("ID", "")] = null
        elif tag == "DESCRIPTION":
            self._description = self._element == "FIELD"
        elif tag in _SERIALISATIONS:
            self.table.serialisation = tag
            self.table.extension = int(attributes["extnum"]) if "extnum" in attributes else None
            if tag == "TABLEDATA":
                self._read_cells()
        elif tag == "STREAM":
            self._check_stream(attributes)
            self._in_stream = True

    def _take_status(self, status: str) -> None:
        """As DALI has it, and pyvo reads it: what is neither OK nor OVERFLOW is a failure."""
        self._status = None
        if status not in {"OK", "OVERFLOW"}:
            raise QueryFailed(self.path, " ".join(self._words.split()) or status)
        self.is_cut_off |= status == "OVERFLOW"

    def _check_stream(self, attributes: dict[str, str]) -> None:
        if "href" in attributes:
            raise DataError(
                f"{self.path}: its data stand apart, at {attributes['href']}: fetch it with the data inside, "
                "or ingest the file that holds them"
            )
        if attributes.get("encoding", "base64") != "base64":
            raise DataError(f"{self.path}: its STREAM is {attributes['encoding']}, not base64")

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in {"FIELD", "PARAM"}:
            self._element = ""
        elif tag == "DESCRIPTION":
            self._description = False
        elif tag == "INFO" and self._status is not None:
            self._take_status(self._status)
        elif tag == "STREAM":
            self._in_stream = False
        elif tag == "RESOURCE":
            self._resources.pop()
        elif tag == "TABLE" and self._inside:
            self._inside, self._done = False, True

    def _characters(self, text: str) -> None:
        if self._status is not None:
            self._words += text
        elif self._description:
            last = self.table.fields[-1]
            self.table.fields[-1] = replace(last, about=" ".join((last.about + text).split()))
        elif self._in_stream:
            self._pieces.append(text)

    def _read_cells(self) -> None:
        """Handle cells by the quickest handlers, until the table data end."""
        parser, cell = self._parser, self._prefix + "TD"
        pieces = self._pieces
        rows, ends = self._prefix + "TR", self._prefix + "TABLEDATA"

        def start(name: str, attributes: dict[str, str]) -> None:
            pieces.clear()
            if attributes and "encoding" in attributes:
                raise DataError(
                    f"{self.path}, line {parser.CurrentLineNumber}: a cell is {attributes['encoding']}, "
                    "not plain text: write the table anew, as by stilts tcopy"
                )

        def end(name: str) -> None:
            if name == cell:
                self._row.append("".join(pieces))
                pieces.clear()
            elif name == rows:
                self._rows.append(self._row)
                self._row = []
            elif name == ends:
                pieces.clear()
                parser.StartElementHandler = self._start
                parser.EndElementHandler = self._end
                parser.CharacterDataHandler = self._characters

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = pieces.append


_TEXTS = {"string": "char", "unicodeString": "unicodeChar"}
_NUMBERS = {"unsignedShort": "int", "unsignedInt": "long"}
"""Datatypes that some services write though the standard has them not, as astropy reads them."""


def _field(attributes: dict[str, str]) -> VoField:
    name = attributes.get("name") or attributes.get("ID", "")
    size = attributes.get("arraysize", "").replace(" ", "")
    datatype = attributes.get("datatype", "char")
    if datatype in _TEXTS:
        datatype, size = _TEXTS[datatype], size or "*"
    return VoField(
        name,
        _NUMBERS.get(datatype, datatype),
        "*" if size.endswith("*") and "x" not in size else size,
        attributes.get("unit") or None,
        attributes.get("ucd") or None,
        ref=attributes.get("ref"),
        xtype=attributes.get("xtype") or None,
        utype=attributes.get("utype") or None,
    )
