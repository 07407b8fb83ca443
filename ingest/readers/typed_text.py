"""Large text files as typed columns, by compiled loops on every processor.

It is optimistic: whatever it does not understand stops it, and the careful reading of the same file, line
by line, then names the record or reads it. Values written in an unusual way are asked of DuckDB's CAST.
"""

from __future__ import annotations

import csv
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from catalogdb.errors import DataError
from catalogdb.schema import FLOATS
from ingest.converters.values import sql_literal
from ingest.numbers import plain
from ingest.readers.base import BATCH_ROWS, Counter, Source, counted
from ingest.readers.kernels import layout, loops, machine
from ingest.readers.pieces import NotUnderstood, Piece, PieceMaker
from ingest.readers.stream import compression
from ingest.spec import Field, Form

Located = Callable[[duckdb.DuckDBPyConnection, str], Source]
"""Opens the same file line by line on a connection, under a tag."""

LARGE_BYTES = 32 << 20
"""Files from this size on are read by compiled loops, which take ten seconds to compile, the first time."""

_LOADED = 4
"""By how much smaller files are worth the loops that are compiled already, which take 0.04 s to load."""

_PACKED = 4
"""How much smaller compressed text is taken to be."""

MOST_WORKERS = 8

_TYPES = {
    "DOUBLE": pa.float64(),
    "REAL": pa.float32(),
    "ROUNDED": pa.float32(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "BOOLEAN": pa.bool_(),
    "TEXT": pa.string_view(),
}
_NUMPY = {
    "DOUBLE": np.float64,
    "REAL": np.float32,
    "ROUNDED": np.float32,
    "BIGINT": np.int64,
    "INTEGER": np.int32,
    "SMALLINT": np.int16,
    "BOOLEAN": np.uint8,
}
_VIEW_BYTES = 16
_BYTES = {kind: np.dtype(number).itemsize for kind, number in _NUMPY.items()} | {"TEXT": _VIEW_BYTES}
_WORD = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file and how its records look; `columns` is 0 for fixed width, `width` and `longest` for any."""

    path: Path
    encoding: str
    skip: int
    columns: int = 0
    delimiter: int = 0
    quote: int = 0
    width: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field to be read, as what, and its first and last character (fixed width) or its column, from 0."""

    field: Field
    kind: str
    place: int = 0
    first: int = 1
    last: int = 0

    @property
    def marks(self) -> list[bytes]:
        """The textual marks of absence."""
        return [x.encode() for x in self.field.null if isinstance(x, str)]


def wanted_kind(form: Form, item: Field) -> str | None:
    """What the field is to be read as; None where nobody wants it."""
    kind = form.kinds.get(item.name)
    return None if kind is None else kind if kind in _TYPES else "TEXT"


def is_large(path: Path) -> bool:
    """Whether the file is worth to compile the loops, and has lines that they can tell."""
    return _size(path) >= LARGE_BYTES and _has_lines(path)


def is_worth_loops(path: Path) -> bool:
    """The same, or whether it is worth to load the loops and they are compiled."""
    size = _size(path)
    if size < LARGE_BYTES // _LOADED or not _has_lines(path):
        return False
    return machine.is_usable(may_compile=size >= LARGE_BYTES)


def _size(path: Path) -> int:
    """Bytes of its text, about."""
    return path.stat().st_size * (_PACKED if compression(path) else 1)


def _has_lines(path: Path) -> bool:
    if compression(path):
        return True
    with path.open("rb") as stream:
        start = stream.read(1 << 16)
    return b"\n" in start or b"\r" not in start


def open_typed(
    con: duckdb.DuckDBPyConnection,
    text: TextFile,
    wanted: Sequence[Wanted],
    careful: Located,
    tag: str,
    count: Counter,
) -> Source:
    """Register the typed columns of the fields as the stream `tag`; blanks and marks are NULL already."""
    reader = TypedText(con, text, wanted, careful)
    con.register(tag, pa.RecordBatchReader.from_batches(reader.schema, counted(reader.batches(), count)))
    columns = {w.field.name: f'"{w.field.name}"' for w in wanted}
    types = {w.field.name: _duckdb_type(w.kind) for w in wanted}
    return Source(tag, columns, types, is_clean=True)


def _duckdb_type(kind: str) -> str:
    return {"ROUNDED": "REAL", "TEXT": "VARCHAR"}.get(kind, kind)


class TypedText:
    """The fields of a file as Arrow batches, in the order of its records.

    What follows a place where the text can not be read in pieces is read by `careful`.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        text: TextFile,
        wanted: Sequence[Wanted],
        careful: Located,
    ) -> None:
        self._path, self._wanted = text.path, tuple(wanted)
        self._layout = layout.Layout(text.columns, text.delimiter, text.quote, text.width, text.longest)
        self._maker = PieceMaker(
            text.path,
            text.encoding,
            room=layout.PAD,
            skip=text.skip,
            quote=bytes([text.quote] if text.quote else []),
            single=not text.columns,
        )
        self._cursor, self._lock, self._careful = con.cursor(), threading.Lock(), careful
        ((threads,),) = con.execute("SELECT current_setting('threads')").fetchall()
        self._workers = max(1, min(int(threads), MOST_WORKERS))
        self.schema = pa.schema([pa.field(w.field.name, _TYPES[w.kind]) for w in self._wanted])
        self._marks = self._packed_marks()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The batches, to be read once."""
        rows = 0
        try:
            for batch in self._in_pieces():
                rows += batch.num_rows
                yield batch
        except NotUnderstood:
            yield from self._line_by_line(rows)

    def _in_pieces(self) -> Iterator[pa.RecordBatch]:
        """The batches, a few of which are made ahead of the one that is wanted."""
        pending: deque[Future[pa.RecordBatch]] = deque()
        with ThreadPoolExecutor(self._workers, thread_name_prefix="text") as pool:
            try:
                for piece in self._maker.pieces():
                    pending.append(pool.submit(self.batch, piece))
                    if len(pending) > self._workers:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()

    def batch(self, piece: Piece) -> pa.RecordBatch:
        """The rows of one piece; DataError for what the compiled loops do not understand."""
        rows = loops.count_lines(piece.text, piece.start, piece.end)
        fields, size = self._fields(rows)
        memory = np.empty(size, np.uint8)
        there = np.empty((len(self._wanted), rows), np.uint8)
        state, rows, odd = loops.read(piece.text, piece.start, piece.end, self._layout, fields, memory, there)
        if state != layout.SOUND:
            # A quote within a value may end it or not: reading line by line decides.
            unsure = state == layout.OPEN_END or self._layout.quote
            raise (NotUnderstood if unsure else DataError)(f"{self._path}: {_STATES[state]}")
        columns = _Columns(self._wanted, piece, fields.offsets, memory, there, rows)
        self._tell(columns, odd)
        return pa.record_batch(columns.arrays(), schema=self.schema)

    def _line_by_line(self, done: int) -> Iterator[pa.RecordBatch]:
        """The batches of the records after the first `done` ones, read carefully; a bad one stops it."""
        source = self._careful(self._cursor, "careful_text")
        columns = [self._careful_column(w, source.columns[w.field.name]) for w in self._wanted]
        sound = "CASE WHEN _broken IS NULL THEN 0 ELSE error(_broken) END AS _sound"
        query = f"SELECT {', '.join([*columns, sound])} FROM {source.sql} OFFSET {done}"
        for batch in self._cursor.sql(query, params=source.parameters or None).to_arrow_reader(BATCH_ROWS):
            arrays = [batch.column(i).cast(field.type) for i, field in enumerate(self.schema)]
            yield pa.record_batch(arrays, schema=self.schema)

    def _careful_column(self, wanted: Wanted, text: str) -> str:
        marks = ", ".join(sql_literal(mark) for mark in ["", *(m.decode() for m in wanted.marks)])
        text, kind = f"trim({text})", _duckdb_type(wanted.kind)
        value = f"CAST({plain(text, kind)} AS {kind})"
        if kind in FLOATS:
            value = f"CASE WHEN isfinite({value}) THEN {value} ELSE error({text}) END"
        return f'CASE WHEN {text} IN ({marks}) THEN NULL ELSE {value} END AS "{wanted.field.name}"'

    def _fields(self, rows: int) -> tuple[layout.Fields, int]:
        sizes = np.array([(_BYTES[w.kind] * rows + 63) // 64 * 64 for w in self._wanted], np.int64)
        ends = np.cumsum(sizes)
        wanted = self._wanted
        ends_of_marks, words, lengths = self._marks
        delimited = self._layout.columns > 0
        return layout.Fields(
            np.array([getattr(layout, w.kind) for w in wanted], np.int64),
            np.array([w.place for w in wanted], np.int64),
            np.array([w.first for w in wanted], np.int64),
            np.array([layout.FAR if delimited else w.last for w in wanted], np.int64),
            ends - sizes,
            ends_of_marks,
            words,
            lengths,
        ), int(ends[-1]) if len(ends) else 0

    def _packed_marks(self) -> tuple[Any, Any, Any]:
        """Where the marks of each field end, and those that fit a word as the kernels compare them."""
        marks = [[m for m in w.marks if 0 < len(m) <= _WORD] for w in self._wanted]
        packed = [
            int.from_bytes(bytes(c ^ ord("0") for c in mark).rjust(_WORD, b"\0"), "little")
            for listed in marks
            for mark in listed
        ]
        ends = np.cumsum([0, *map(len, marks)])
        lengths = [len(mark) for listed in marks for mark in listed]
        return ends.astype(np.int64), np.array(packed, np.uint64), np.array(lengths, np.uint64)

    def _tell(self, columns: _Columns, odd: np.ndarray[Any, Any]) -> None:
        """Put in the values that the kernels left to others."""
        for number in np.unique(odd[:, 0]):
            wanted = self._wanted[number]
            places = odd[odd[:, 0] == number]
            plain = [self._plain(columns.piece, start, end) for start, end in places[:, 2:]]
            absent = {"", *(mark.decode() for mark in wanted.marks)}
            texts = [None if text in absent else text for text in plain]
            columns.put(int(number), places[:, 1].tolist(), self._cast(wanted.kind, texts))

    def _plain(self, piece: Piece, start: int, end: int) -> str:
        text = piece.text[start:end].tobytes().decode("latin-1" if piece.single else "utf-8")
        quote = chr(self._layout.quote)
        if self._layout.quote and text.startswith(quote):
            (text,) = next(csv.reader([text], delimiter="\0", quotechar=quote))
        return text.strip(" ")

    def _cast(self, kind: str, texts: list[str | None]) -> list[Any]:
        kind = _duckdb_type(kind)
        if kind == "VARCHAR":
            return list(texts)
        with self._lock:
            rows = self._cursor.execute(
                f"SELECT t, TRY_CAST({plain('t', kind)} AS {kind}) FROM (SELECT unnest($texts) AS t)",
                {"texts": texts},
            ).fetchall()
        for text, value in rows:
            lost = value is None or not np.isfinite(value)
            if text is not None and lost:
                raise DataError(f"{self._path}: {text} is no {kind}")
        return [value for _, value in rows]


_STATES = (
    "",
    "a line has another number of fields",
    "a line has another width",
    "its last record does not end",
)


class _Columns:
    """The memory of the columns of one piece, and Arrow arrays over it."""

    def __init__(
        self,
        wanted: Sequence[Wanted],
        piece: Piece,
        offsets: Iterable[int],
        memory: np.ndarray[Any, Any],
        there: np.ndarray[Any, Any],
        rows: int,
    ) -> None:
        self.wanted, self.piece, self.offsets = wanted, piece, list(offsets)
        self.memory, self.there, self.rows = memory, there, rows
        self.texts: dict[int, list[tuple[int, str | None]]] = {}

    def put(self, number: int, rows: list[int], values: list[Any]) -> None:
        """Replace values of a column."""
        kind = self.wanted[number].kind
        self.there[number, rows] = [value is not None for value in values]
        if kind == "TEXT":
            self.texts[number] = list(zip(rows, values, strict=True))
            return
        start = int(self.offsets[number])
        column = self.memory[start : start + _BYTES[kind] * self.rows].view(_NUMPY[kind])
        column[rows] = [0 if value is None else value for value in values]

    def arrays(self) -> list[pa.Array]:
        """The columns as Arrow arrays."""
        there = self.there[:, : self.rows]
        bits = pa.py_buffer(np.packbits(there, axis=1, bitorder="little"))
        nulls = self.rows - np.count_nonzero(there, axis=1)
        memory, text = pa.py_buffer(self.memory), pa.py_buffer(self.piece.text)
        width = (self.rows + 7) // 8
        arrays = []
        for number, wanted in enumerate(self.wanted):
            valid = bits.slice(number * width, width) if nulls[number] else None
            start = int(self.offsets[number])
            if wanted.kind == "BOOLEAN":
                data = pa.py_buffer(np.packbits(self.memory[start : start + self.rows], bitorder="little"))
            else:
                data = memory.slice(start, _BYTES[wanted.kind] * self.rows)
            buffers = [valid, data, text] if wanted.kind == "TEXT" else [valid, data]
            kind = _TYPES[wanted.kind]
            array = pa.Array.from_buffers(kind, self.rows, buffers, null_count=int(nulls[number]))
            arrays.append(self._mended(number, array) if wanted.kind == "TEXT" else array)
        return arrays

    def _mended(self, number: int, array: pa.Array) -> pa.Array:
        """A text column with its odd values, without its long marks, and recoded where it is not UTF-8."""
        marks = {mark.decode() for mark in self.wanted[number].marks if len(mark) > _WORD}
        odd = self.texts.get(number, [])
        if not (marks or odd or self.piece.single):
            return array
        if self.piece.single:
            binary = array.view(pa.binary_view()).to_pylist()
            texts: list[str | None] = [None if b is None else b.decode("latin-1") for b in binary]
        else:
            texts = array.to_pylist()
        for row, text in odd:
            texts[row] = text
        return pa.array([None if text in marks else text for text in texts], pa.string_view())
