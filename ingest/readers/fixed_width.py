"""Text with fields at fixed bytes, one record to a line, as CDS describes it in a ReadMe."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.printing import printed
from ingest.readers.base import Counter, FileColumn, Member, Source, counted, stored_fields, uncounted
from ingest.readers.sections import check_section, context_line, has_sections, section_lines, section_schema
from ingest.readers.text import (
    fast_lines,
    joined_lines,
    located_lines,
    skipped,
    skipped_head,
    write_lines,
)
from ingest.readers.typed_text import TextFile, Wanted, is_worth_loops, open_typed, wanted_kind
from ingest.spec import Context, Field, Form

_PIECE = 48
"""Characters of the pieces into which a line is cut first: substr reads its text from the start."""


class FixedWidth:
    """Reads and writes fixed-width lines, of the form's `width` or not longer than its record."""

    unit = "line"

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """The form alone knows the columns."""
        check_section(path, form)
        return None

    def open(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        """Typed columns of a large file; else lines by DuckDB's own reader, cut by substr."""
        if has_sections(form):
            return self.open_located(con, path, form, tag, count)
        if form.kinds and is_worth_loops(path):
            return _open_typed(con, path, form, tag, count)
        lines, values = fast_lines(con, path, form, tag, count)
        return _cut(form, lines, values)

    def open_located(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter = uncounted
    ) -> Source:
        """Numbered lines, cut likewise."""
        if has_sections(form):
            batches = counted(section_lines(path, form), count)
            con.register(tag, pa.RecordBatchReader.from_batches(section_schema(form), batches))
            return _cut(form, tag, {})
        return _cut(form, located_lines(con, path, form, tag, count), {})

    def open_joined(
        self, con: duckdb.DuckDBPyConnection, members: Sequence[Member], form: Form, tag: str
    ) -> Source:
        """The lines of several files as one stream, cut likewise."""
        return _cut(form, joined_lines(con, members, form, tag), {})

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write each row as a line, every field in its bytes, blanks between them; its contexts before it."""
        contexts = [context_line(c, _written(_from_context(form, c))) for c in form.context if c.sample]
        line = " || chr(10) || ".join([*contexts, _line(form)])
        head = skipped_head(form) + "".join(f"{text}\n" for text in form.section[:1])
        write_lines(con, f"SELECT {line} FROM {rows}", path, form.encoding, head)


def _open_typed(con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter) -> Source:
    text = TextFile(
        path=path,
        encoding=form.encoding,
        skip=skipped(path, form),
        width=form.width or 0,
        longest=_longest(form),
    )
    wanted = [
        Wanted(item, kind, first=_start(item), last=_end(item))
        for item in stored_fields(form)
        if (kind := wanted_kind(form, item)) is not None
    ]

    def careful(con: duckdb.DuckDBPyConnection, tag: str) -> Source:
        return _cut(form, located_lines(con, path, form, tag, uncounted), {})

    return open_typed(con, text, wanted, careful, tag, count)


def _cut(form: Form, lines: str, values: dict[str, object]) -> Source:
    columns, pieces = {}, {}
    piece_start = -_PIECE
    for item in sorted(stored_fields(form), key=_start):
        if _end(item) >= piece_start + _PIECE:
            piece_start = _start(item)
        piece = f"_piece{piece_start}"
        pieces[piece] = f"substr(_raw, {piece_start}, {max(_PIECE, _end(item) - piece_start + 1)})"
        columns[item.name] = (
            f"substr({piece}, {_start(item) - piece_start + 1}, {_end(item) - _start(item) + 1})"
        )
    wrong = "NULL"
    if form.width is not None:
        wrong = (
            f"CASE WHEN length(_raw) <> {form.width} THEN "
            f"printf('the line has %d characters, not {form.width}: it is torn', length(_raw)) END"
        )
    elif longest := _longest(form):
        wrong = (
            f"CASE WHEN length(rtrim(_raw, ' ' || chr(9) || chr(13))) > {longest} THEN "
            f"'text stands after character {longest}, where the record ends' END"
        )
    for context in form.context:
        for item in _from_context(form, context):
            columns[item.name] = f'substr("@{context.name}", {_start(item)}, {_end(item) - _start(item) + 1})'
    cut = "".join(f", {sql} AS {name}" for name, sql in pieces.items())
    sql = f"(SELECT *, CAST({wrong} AS VARCHAR) AS _broken{cut} FROM {lines})"
    return Source(sql, columns, dict.fromkeys(columns, "VARCHAR"), values, has_broken=True)


def _longest(form: Form) -> int:
    """The most characters that a line may have, blanks at its end apart; 0 for any number."""
    if form.width is not None:
        return 0
    return max(map(_end, stored_fields(form)), default=0) if form.longest is None else form.longest


def _from_context(form: Form, context: Context) -> list[Field]:
    return [f for f in form.fields if f.source == f"@{context.name}"]


def _written(fields: list[Field]) -> list[tuple[int, int, str]]:
    return [(_start(f), _end(f), printed(f, _end(f) - _start(f) + 1)) for f in fields]


def _start(item: Field) -> int:
    assert item.bytes is not None
    return item.bytes[0]


def _end(item: Field) -> int:
    assert item.bytes is not None
    return item.bytes[1]


def _line(form: Form) -> str:
    """SQL of a whole line: fields padded to their widths, blanks where no field stands."""
    parts, at = [], 1
    for item in sorted(stored_fields(form), key=_start):
        if _start(item) > at:
            parts.append(f"repeat(' ', {_start(item) - at})")
        parts.append(printed(item, _end(item) - _start(item) + 1))
        at = _end(item) + 1
    if form.width is not None and form.width >= at:
        parts.append(f"repeat(' ', {form.width - at + 1})")
    return f"concat({', '.join(parts)})"
