"""Text of which only some sections hold records, and whose other lines say what the records belong to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalogdb.errors import DataError
from ingest.converters.values import sql_literal
from ingest.readers.base import BATCH_ROWS
from ingest.readers.stream import open_text
from ingest.readers.text import skipped
from ingest.spec import Context, Form


def has_sections(form: Form) -> bool:
    """Whether not every line of the form's files is a record."""
    return bool(form.section or form.context)


def check_section(path: Path, form: Form) -> None:
    """Raise DataError if the form's records stand in sections, and the file has none."""
    if not form.section:
        return
    with open_text(path, form.encoding) as stream:
        if not any(line.startswith(form.section[0]) for line in stream):
            raise DataError(f"{path}: it has no section that begins with {form.section[0]!r}")


def section_lines(path: Path, form: Form) -> Iterator[pa.RecordBatch]:
    """Yield the records (_line, _raw), each with the last line of every context before it ("@name").

    Records are the lines of the sections that are neither blank nor of a context.
    """
    first, inside = skipped(path, form), not form.section
    context: dict[str, str | None] = {each.name: None for each in form.context}
    patterns = [(each.name, re.compile(each.line)) for each in form.context]
    rows: list[tuple[int, str, *tuple[str | None, ...]]] = []
    with open_text(path, form.encoding) as stream:
        for number, line in enumerate(stream, 1):
            text = line.rstrip("\r\n")
            if number <= first or not text.strip():
                continue
            name = next((name for name, pattern in patterns if pattern.match(text)), None)
            if name is not None:
                context[name] = text
            elif form.section and text.startswith(form.section[0]):
                inside = True
            elif form.section and text.startswith(form.section[1]):
                inside = False
            elif inside:
                rows.append((number, text, *context.values()))
            if len(rows) == BATCH_ROWS:
                yield _batch(rows, form)
                rows = []
    yield _batch(rows, form)


def _batch(rows: list[tuple[int, str, *tuple[str | None, ...]]], form: Form) -> pa.RecordBatch:
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * (2 + len(form.context))
    kinds = section_schema(form)
    arrays = [pa.array(c, t.type) for c, t in zip(columns, kinds, strict=True)]
    return pa.record_batch(arrays, schema=kinds)


def section_schema(form: Form) -> pa.Schema:
    """Return the schema of `section_lines`."""
    texts = [pa.field(f"@{each.name}", pa.string()) for each in form.context]
    return pa.schema([pa.field("_line", pa.int64()), pa.field("_raw", pa.string()), *texts])


def context_line(context: Context, fields: list[tuple[int, int, str]]) -> str:
    """SQL of a line of that context, with the SQL of fields (first byte, last, text) in its sample line."""
    parts, at = [], 1
    for first, last, text in sorted(fields):
        parts += [sql_literal(context.sample[at - 1 : first - 1].ljust(first - at)), text]
        at = last + 1
    return " || ".join([*parts, sql_literal(context.sample[at - 1 :])])
