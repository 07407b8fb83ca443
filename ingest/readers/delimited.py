"""Text with a delimiter between fields: CSV, TSV, pipes; with a header line or without."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalogdb.errors import DataError
from ingest.converters.values import sql_literal
from ingest.printing import printed
from ingest.readers.base import (
    BATCH_CELLS,
    BATCH_ROWS,
    Counter,
    FileColumn,
    Member,
    Source,
    counted,
    joined,
    match_columns,
    stored_fields,
    uncounted,
)
from ingest.readers.stream import check_encoding, compression, open_text
from ingest.readers.text import (
    csv_options,
    fast_lines,
    joined_lines,
    located_lines,
    skipped,
    skipped_head,
    write_lines,
)
from ingest.readers.typed_text import TextFile, Wanted, is_worth_loops, open_typed, wanted_kind
from ingest.spec import Form


class Delimited:
    """Reads and writes delimited text; without a header the fields stand in the form's order."""

    unit = "line"

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """The names of the header line; None if the form has none."""
        if not form.header:
            return None
        with open_text(path, form.encoding) as stream:
            rows = csv.reader(stream, **dialect(form))
            for _ in range(skipped(path, form) - 1):
                next(stream, None)
            names = next(rows, None)
        if names is None:
            raise DataError(f"{path}: it has no header line")
        names = [name.strip() for name in names]
        for name in names:
            if "\ufffd" in name:
                check_encoding(path, form.encoding)
            if names.count(name) > 1:
                raise DataError(f"{path}: its header line names two columns {name!r}: rename one")
        return [FileColumn(name, "VARCHAR") for name in names]

    def open(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        """Typed columns of a large file; else by DuckDB's own reader, all as text. A torn line stops both."""
        if form.kinds and is_worth_loops(path) and self._has_single_bytes(form):
            return self._open_typed(con, path, form, tag, count)
        if compression(path) == "bzip2":
            if form.quote:
                return self._quoted(con, path, form, tag, count, strict=True)
            lines, values = fast_lines(con, path, form, tag, count)
            return self._split(path, form, lines, values)
        names = self._names(path, form)
        options, values = csv_options(path, form, tag)
        options = options.replace("escape = ''", f"escape = {sql_literal(form.quote)}")
        listed = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
        sql = (
            f"read_csv({options}, columns = {{{listed}}}, delim = {sql_literal(form.delimiter)}, "
            f"quote = {sql_literal(form.quote)}, strict_mode = true, null_padding = false)"
        )
        columns = {name: f"c{i}" for name, i in self._places(form, names).items()}
        return Source(sql, columns, dict.fromkeys(columns, "VARCHAR"), values)

    def _has_single_bytes(self, form: Form) -> bool:
        return len(form.delimiter.encode()) == 1 and len(form.quote.encode()) <= 1

    def _open_typed(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        names = self._names(path, form)
        text = TextFile(
            path=path,
            encoding=form.encoding,
            skip=skipped(path, form),
            columns=len(names),
            delimiter=ord(form.delimiter),
            quote=ord(form.quote) if form.quote else 0,
        )
        fields = {f.name: f for f in stored_fields(form)}
        wanted = [
            Wanted(fields[name], kind, place=place)
            for name, place in self._places(form, names).items()
            if (kind := wanted_kind(form, fields[name])) is not None
        ]

        def careful(con: duckdb.DuckDBPyConnection, tag: str) -> Source:
            return Delimited.open_located(self, con, path, form, tag)

        return open_typed(con, text, wanted, careful, tag, count)

    def open_located(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter = uncounted
    ) -> Source:
        """Numbered records, split in SQL, or by Python's csv where fields may be quoted."""
        if form.quote:
            return self._quoted(con, path, form, tag, count, strict=False)
        return self._split(path, form, located_lines(con, path, form, tag, count), {})

    def open_joined(
        self, con: duckdb.DuckDBPyConnection, members: Sequence[Member], form: Form, tag: str
    ) -> Source:
        """The records of several files of one header as one stream, split likewise."""
        first = members[0].path
        if not form.quote:
            return self._split(first, form, joined_lines(con, members, form, tag), {})
        con.register(
            tag, joined(members, form, _PARTS, lambda path: _quoted_records(path, form, strict=True))
        )
        return self._parts(first, form, tag, {})

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write each row as a line, padded where a field's format has a width."""
        fields = stored_fields(form)
        texts = ", ".join(f"{printed(f, f.width, exact=False)} AS t{i}" for i, f in enumerate(fields))
        # One call of many arguments: a chain of || over hundreds of columns takes the binder seconds.
        line = f", {sql_literal(form.delimiter)}, ".join(_quoted(form, f"t{i}") for i in range(len(fields)))
        head = form.delimiter.join(f.source or f.name for f in fields) + "\n" if form.header else ""
        statement = f"SELECT concat({line}) FROM (SELECT {texts} FROM {rows})"
        write_lines(con, statement, path, form.encoding, skipped_head(form) + head)

    def _quoted(
        self,
        con: duckdb.DuckDBPyConnection,
        path: Path,
        form: Form,
        tag: str,
        count: Counter,
        *,
        strict: bool,
    ) -> Source:
        batches = counted(_quoted_records(path, form, strict=strict), count)
        con.register(tag, pa.RecordBatchReader.from_batches(_PARTS, batches))
        return self._parts(path, form, tag, {})

    def _names(self, path: Path, form: Form) -> list[str]:
        described = self.describe(path, form)
        if described is None:
            return [f.name for f in stored_fields(form)]
        return [column.name for column in described]

    def _places(self, form: Form, names: list[str]) -> dict[str, int]:
        """Field name -> number of its column in the file, from 0."""
        if not form.header:
            return {name: i for i, name in enumerate(names)}
        return {field: names.index(actual) for field, actual in match_columns(form, names).items()}

    def _split(self, path: Path, form: Form, lines: str, values: dict[str, Any]) -> Source:
        split = f"(SELECT *, string_split(_raw, {sql_literal(form.delimiter)}) AS _parts FROM {lines})"
        return self._parts(path, form, split, values)

    def _parts(self, path: Path, form: Form, source: str, values: dict[str, Any]) -> Source:
        names = self._names(path, form)
        columns = {name: f"_parts[{i + 1}]" for name, i in self._places(form, names).items()}
        wrong = (
            f"CASE WHEN len(_parts) <> {len(names)} THEN "
            f"printf('%d fields stand where {len(names)} are expected', len(_parts)) END"
        )
        sql = f"(SELECT *, {wrong} AS _broken FROM {source})"
        return Source(sql, columns, dict.fromkeys(columns, "VARCHAR"), values, has_broken=True)


_PARTS = pa.schema([("_line", pa.int64()), ("_raw", pa.string()), ("_parts", pa.list_(pa.string()))])


def dialect(form: Form) -> dict[str, Any]:
    """The delimiter and quotes as Python's csv takes them."""
    if not form.quote:
        return {"delimiter": form.delimiter, "quoting": csv.QUOTE_NONE}
    return {"delimiter": form.delimiter, "quotechar": form.quote}


def _quoted(form: Form, text: str) -> str:
    """SQL of the text in quotes where it holds a delimiter or a quote, if the form has quotes."""
    if not form.quote:
        return text
    quote, twice = sql_literal(form.quote), sql_literal(form.quote * 2)
    unsafe = f"contains({text}, {sql_literal(form.delimiter)}) OR contains({text}, {quote})"
    return f"CASE WHEN {unsafe} THEN {quote} || replace({text}, {quote}, {twice}) || {quote} ELSE {text} END"


def _quoted_records(path: Path, form: Form, *, strict: bool = False) -> Iterator[pa.RecordBatch]:
    records: list[tuple[int, str, list[str]]] = []
    first = skipped(path, form)
    with open_text(path, form.encoding, strict=strict) as stream:
        for _ in range(first):
            next(stream, None)
        csv.field_size_limit(2**31 - 1)
        reader = csv.reader(stream, **dialect(form))
        line = first + 1
        for parts in reader:
            if parts and (len(parts) > 1 or parts[0].strip()):
                records.append((line, form.delimiter.join(parts), parts))
            line = first + reader.line_num + 1
            if len(records) == BATCH_ROWS or len(records) * len(parts) >= BATCH_CELLS:
                yield _record_batch(records)
                records = []
    if records:
        yield _record_batch(records)


def _record_batch(records: list[tuple[int, str, list[str]]]) -> pa.RecordBatch:
    columns = list(zip(*records, strict=True))
    return pa.record_batch([pa.array(c, t.type) for c, t in zip(columns, _PARTS, strict=True)], schema=_PARTS)
