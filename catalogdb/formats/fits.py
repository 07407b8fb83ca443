"""FITS binary tables: the rows go to a spool file first, for the header wants their number and widths."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
from astropy.io import fits

from catalogdb.formats.fits_columns import Column, Seen, settled
from catalogdb.formats.header import Header
from catalogdb.formats.kinds import kind_of, values_of
from catalogdb.formats.rows import Rows
from catalogdb.vocabulary import astropy_unit

_BLOCK = 2880
_CHARACTERS_OF_A_CARD = 68


def encode(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """A FITS file with one table; nothing comes before the last row is known.

    Raises DataError for text beyond ASCII.
    """
    with tempfile.NamedTemporaryFile(dir=folder, prefix="rows-", suffix=".arrow") as file:
        seen = _spool(header, rows, Path(file.name))
        with _spooled(Path(file.name)) as batches:
            columns = [settled(each, (batch.column(i) for batch in batches())) for i, each in enumerate(seen)]
            yield from _document(header, rows, columns, batches)


class _Batches:
    """The batches of a spool file, as often as they are asked for, one in memory at a time."""

    def __init__(self, file: pa.ipc.RecordBatchFileReader) -> None:
        self._file = file

    def __call__(self) -> Iterator[pa.RecordBatch]:
        for i in range(self._file.num_record_batches):
            yield self._file.get_batch(i)


def _spool(header: Header, rows: Rows, path: Path) -> list[Seen]:
    seen = [Seen(field, kind_of(field)) for field in header.fields]
    schema = pa.schema(
        [
            (f"c{i}", pa.large_list(each.kind.arrow) if each.kind.is_list else each.kind.arrow)
            for i, each in enumerate(seen)
        ]
    )
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as spool:
        for batch in rows:
            columns = [
                values_of(each.field, each.kind, column)
                for each, column in zip(seen, batch.columns, strict=True)
            ]
            for each, column in zip(seen, columns, strict=True):
                each.add(column)
            spool.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
    return seen


@contextmanager
def _spooled(path: Path) -> Iterator[_Batches]:
    with pa.memory_map(str(path)) as file:
        yield _Batches(pa.ipc.open_file(file))


def _document(header: Header, rows: Rows, columns: Sequence[Column], batches: _Batches) -> Iterator[bytes]:
    apart = [(i, each) for i, each in enumerate(columns) if each.width is None]
    heap = sum(
        int(each.lengths(batch.column(i)).sum()) * each.kind.width for batch in batches() for i, each in apart
    )
    large = heap >= 2**31
    names = [(f"c{i}", *each.dtype(large=large)) for i, each in enumerate(columns)]
    row = np.dtype(names)
    primary = fits.PrimaryHDU().header
    yield primary.tostring(padding=True).encode("ascii")
    told = _header(header, columns, rows, row.itemsize, heap, large=large)
    yield told.tostring(padding=True).encode("ascii")
    place = 0
    for batch in batches():
        block = np.zeros(batch.num_rows, dtype=row)
        for i, each in enumerate(columns):
            if each.width is None:
                lengths = each.lengths(batch.column(i))
                ends = place + np.cumsum(lengths * each.kind.width)
                block[f"c{i}"][:, 0] = lengths
                block[f"c{i}"][:, 1] = ends - lengths * each.kind.width
                place = int(ends[-1]) if len(ends) else place
            else:
                block[f"c{i}"] = each.in_row(batch.column(i))
        yield block.tobytes()
    for batch in batches() if apart else ():
        for i, each in apart:
            yield bytes(each.in_heap(batch.column(i)))
    yield bytes(-(row.itemsize * rows.count + heap) % _BLOCK)


def _header(
    header: Header, columns: Sequence[Column], rows: Rows, width: int, heap: int, *, large: bool
) -> fits.Header:
    told = fits.Header(
        [
            ("XTENSION", "BINTABLE", "binary table"),
            ("BITPIX", 8),
            ("NAXIS", 2),
            ("NAXIS1", width, "bytes of a row"),
            ("NAXIS2", rows.count, "rows"),
            ("PCOUNT", heap, "bytes of the heap"),
            ("GCOUNT", 1),
            ("TFIELDS", len(columns), "columns"),
        ]
    )
    for place, column in enumerate(columns, start=1):
        for keyword, value in _cards(column, large=large):
            if value is not None:
                told[f"{keyword}{place}"] = value
    told["EXTNAME"] = _ascii(header.table_name)
    if rows.overflow:
        told["OVERFLOW"] = (True, "cut at the most rows that may be given")
    for info in header.infos:
        text = _ascii(info.text)
        if re.fullmatch(r"[A-Za-z0-9_-]{1,8}", info.name) and info.name.upper() not in told:
            told[info.name.upper()] = int(text) if re.fullmatch(r"\d{1,18}", text) else text
        else:
            told.add_history(f"{_ascii(info.name)}: {text}")
    return told


def _cards(column: Column, *, large: bool) -> Iterator[tuple[str, str | int | None]]:
    """The keywords of a column; those that the standard has not are as TOPCAT reads and writes them."""
    field = column.field
    yield "TTYPE", _ascii(field.name)
    yield "TFORM", column.form(large=large)
    yield "TNULL", column.blank
    yield "TUNIT", _unit(field.unit)
    yield "TUCD", field.ucd
    yield "TUTYP", field.utype
    yield "TXTYP", field.xtype
    yield "TCOMM", _ascii(field.about)[:_CHARACTERS_OF_A_CARD] if field.about else None


def _unit(text: str | None) -> str | None:
    """A VOUnit as FITS writes it, where it has it."""
    if not text:
        return None
    try:
        return str(astropy_unit(text).to_string(format="fits"))
    except ValueError:
        return text


def _ascii(text: str) -> str:
    """On one line, and with ? for what a header has not."""
    return "".join(each if " " <= each <= "~" else "?" for each in " ".join(text.split()))
