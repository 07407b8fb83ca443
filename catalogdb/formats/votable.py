"""VOTable 1.4, in each of its serialisations, streamed."""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.formats.header import Field, Header, Info
from catalogdb.formats.kinds import Kind, kind_of, texts
from catalogdb.formats.packing import Packer
from catalogdb.formats.rows import Rows
from catalogdb.formats.tabledata import rows_of
from catalogdb.formats.votable_head import OVERFLOW, document_end, document_start, failure
from catalogdb.formats.xml import has_illegal

LOOKED_AT = 100_000
"""Rows that are looked at for characters beyond ASCII before the FIELDs are written."""
_LINE = 57
"""Bytes that make one line of base64, of 76 characters."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the FIELDs say, and so what the data must hold to."""

    header: Header
    kinds: tuple[Kind, ...]
    wide: tuple[bool, ...]


def tabledata(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """A VOTable with TABLEDATA."""

    def data(layout: _Layout) -> Iterator[bytes | memoryview]:
        for batch in rows:
            yield rows_of(header.fields, layout.kinds, batch)

    return _document(header, rows, "TABLEDATA", data, magic=False)


def binary2(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """A VOTable with BINARY2, which has a mask for NULLs."""
    return _document(header, rows, "BINARY2", lambda layout: _packed(rows, layout, masked=True), magic=False)


def binary(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """A VOTable with BINARY, where NULLs are NaN, or the lowest whole number of the type."""
    return _document(header, rows, "BINARY", lambda layout: _packed(rows, layout, masked=False), magic=True)


def _document(
    header: Header,
    rows: Rows,
    name: str,
    data: Callable[[_Layout], Iterable[bytes | memoryview]],
    *,
    magic: bool,
) -> Iterator[bytes]:
    """The document; an error among the rows becomes its last INFO and is then raised."""
    layout = _laid_out(header, rows)
    lengths = [each.length for each in header.fields]
    start = document_start(header, layout.kinds, layout.wide, magic=magic, lengths=lengths)
    stream = "" if name == "TABLEDATA" else '<STREAM encoding="base64">\n'
    stream_end = "" if name == "TABLEDATA" else "</STREAM>"
    yield f"{start}<DATA><{name}>{stream}".encode()
    told: list[Info] = []
    broken: Exception | None = None
    try:
        for chunk in data(layout):
            yield bytes(chunk)
    except Exception as error:
        told, broken = [failure(str(error) or type(error).__name__)], error
    if rows.overflow and broken is None:
        told = [OVERFLOW]
    yield f"{stream_end}</{name}></DATA>\n{document_end(header, told)}".encode()
    if broken is not None:
        raise broken


def _packed(rows: Rows, layout: _Layout, *, masked: bool) -> Iterator[bytes]:
    """The rows in base64, each line whole until the last.

    After an error what was packed before it is given whole, that the document may be closed.
    """
    pack = Packer(layout.header.fields, layout.kinds, layout.wide, masked=masked)
    rest = b""
    broken: Exception | None = None
    try:
        for batch in rows:
            packed = memoryview(b"".join((rest, pack(batch))))
            whole = len(packed) // _LINE * _LINE
            rest = bytes(packed[whole:])
            yield lines(packed[:whole])
    except Exception as error:
        broken = error
    yield binascii.b2a_base64(rest) if rest else b""
    if broken is not None:
        raise broken


def lines(whole: memoryview) -> bytes:
    """Bytes, a multiple of 57, as lines of base64."""
    if not whole:
        return b""
    letters = np.frombuffer(binascii.b2a_base64(whole, newline=False), dtype=np.uint8).reshape(-1, 76)
    found = np.full((len(letters), 77), ord("\n"), dtype=np.uint8)
    found[:, :76] = letters
    return found.tobytes()


def _laid_out(header: Header, rows: Rows) -> _Layout:
    """The kinds, and which texts need UTF-16.

    VOTable 1.4 has ASCII in `char`, and readers fail on more. Where it is not known that a text is ASCII,
    the first rows are looked at if they are all; else it is `unicodeChar`.
    """
    kinds = tuple(map(kind_of, header.fields))
    open_ = [
        i
        for i, (each, kind) in enumerate(zip(header.fields, kinds, strict=True))
        if each.ascii is None and kind.is_text and not _always_ascii(each.type)
    ]
    wide = [kind.is_text and each.ascii is False for each, kind in zip(header.fields, kinds, strict=True)]
    if open_:
        first, are_all = rows.look(LOOKED_AT)
        for i in open_:
            wide[i] = not are_all or not all(_is_ascii(header.fields[i], batch.column(i)) for batch in first)
    return _Layout(header, kinds, tuple(wide))


def _always_ascii(name: str) -> bool:
    """Whether the text of these is made of digits and such."""
    return name.startswith(("TIMESTAMP", "DATE", "TIME", "UUID", "INTERVAL"))


def _is_ascii(field: Field, column: pa.Array) -> bool:
    """Whether it is written as ASCII: what XML has no form for becomes a character that is not."""
    found = texts(field, column)
    return bool(pc.all(pc.string_is_ascii(found), min_count=0).as_py()) and not has_illegal(found)
