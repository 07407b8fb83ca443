"""What a reader offers: a fast source of raw fields, and a located one in which bad records are found."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
import pyarrow as pa

from catalogdb.errors import DataError
from ingest.converters.values import sql_literal
from ingest.spec import Field, Form

BATCH_ROWS = 65_536
"""Most rows of one Arrow batch: enough to be fast."""

BATCH_BYTES = 16 << 20
"""Most bytes of rows in their file's form of one batch, so that wide tables take no more memory."""

BATCH_CELLS = 1 << 19
"""Most values of one batch where each is an object of Python."""

Counter = Callable[[int], None]
"""Told how many rows were read since it was last called."""


def batch_rows(row_bytes: int) -> int:
    """Rows of a batch of a file whose rows have so many bytes."""
    return max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, row_bytes)))


def uncounted(rows: int) -> None:
    """Count nothing."""


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column that a file describes itself, with what it says of it; `type` is DuckDB's.

    `mostly_number`: text, because of some values that are no numbers. `sentinels`: how many values of
    plain text are a number that many programs write for a missing one.
    """

    name: str
    type: str
    unit: str | None = None
    ucd: str | None = None
    about: str = ""
    mostly_number: bool = False
    sentinels: int = 0
    xtype: str | None = None
    utype: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Something to select FROM, the columns of each field in it, their types, and values bound in it.

    A located source has `_line`, `_raw` and `_broken` (what is wrong with the record as a whole);
    a fast one has `_broken` if `has_broken`. In a clean one blanks and textual marks are NULL already.
    `has_lines`: it is one of lists that may be unrolled, and has `_line`.
    """

    sql: str
    columns: dict[str, str]
    types: dict[str, str]
    parameters: dict[str, Any] = field(default_factory=dict)
    has_broken: bool = False
    is_clean: bool = False
    has_lines: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One of several files that are read as one: the zone of its name, and who counts its rows."""

    path: Path
    zone: str | None
    count: Counter = uncounted


class Reader(Protocol):
    """Reads and writes one kind of file; DataError for a file that is not of its kind."""

    unit: str

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Columns that the file itself names; None where the form alone knows them."""

    def open(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        """The fast source; names registered on `con` and bound values begin with `tag`."""

    def open_located(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter = uncounted
    ) -> Source:
        """The source in which each record is known by its number and its text."""

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows of the table `rows`, which has a column for each stored field, to `path`."""


def stored_fields(form: Form) -> list[Field]:
    """Fields that stand in the record, not in the file's name or the record's numbers."""
    return [f for f in form.fields if not (f.source or "").startswith("@")]


def joined(
    members: Sequence[Member],
    form: Form,
    schema: pa.Schema,
    batches: Callable[[Path], Iterator[pa.RecordBatch]],
) -> pa.RecordBatchReader:
    """The batches of one file after the other, each opened when its turn comes.

    Fields from "@zone" and "@record" have columns of these names.
    """
    wanted = [name for name in ("@zone", "@record") if any(f.source == name for f in form.fields)]
    placed = schema
    for name in wanted:
        placed = placed.append(pa.field(name, pa.string() if name == "@zone" else pa.int64()))

    def rows() -> Iterator[pa.RecordBatch]:
        for member in members:
            before = 0
            for batch in counted(batches(member.path), member.count):
                last = before + batch.num_rows
                place = {
                    "@zone": pa.array([member.zone], pa.string()).take(
                        pa.array(np.zeros(batch.num_rows, "i4"))
                    ),
                    "@record": pa.array(np.arange(before + 1, last + 1)),
                }
                before = last
                added = [place[name] for name in wanted]
                yield pa.record_batch([*batch.columns, *added], schema=placed)

    return pa.RecordBatchReader.from_batches(placed, rows())


def written_fields(form: Form) -> list[Field]:
    """The same, and those that stand in the lines of a context."""
    contexts = {f"@{context.name}" for context in form.context}
    return [f for f in form.fields if not (f.source or "").startswith("@") or f.source in contexts]


def zone_of(path: Path, form: Form) -> str | None:
    """The zone, or other word, that the form's `zone_from_name` finds in the file's name."""
    if form.zone_from_name is None:
        return None
    match = re.search(form.zone_from_name, path.name)
    return match[1] if match else None


def match_columns(form: Form, names: list[str]) -> dict[str, str]:
    """Return field name -> name in the file; case matters only where two names differ by it alone."""
    lowered: dict[str, str] = {}
    for name in names:
        lowered.setdefault(name.lower(), name)
    found = {}
    for item in stored_fields(form):
        actual = match_name(item, names, lowered)
        if actual is not None:
            found[item.name] = actual
    return found


def match_name(item: Field, names: Collection[str], lowered: Mapping[str, str]) -> str | None:
    """Return the name of a field in a file: the first of its own that is there; None if none is."""
    for wanted in item.source_names:
        actual = wanted if wanted in names else lowered.get(wanted.lower())
        if actual is not None:
            return actual
    return None


def bound(tag: str, **values: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the placeholders ($tag_name) of values, and the values by parameter name."""
    names = {key: f"{tag}_{key}" for key in values}
    return {k: f"${n}" for k, n in names.items()}, {names[k]: v for k, v in values.items()}


class ArrayReader(ABC):
    """A reader whose file comes as Arrow batches of typed columns.

    With `tells_broken` the last column says what is wrong with a row as a whole.
    """

    unit = "row"
    tells_broken = False

    @abstractmethod
    def batches(self, path: Path, form: Form) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """The schema of the file and its rows in batches."""

    def named(self, form: Form, schema: pa.Schema) -> dict[str, str]:
        """Field name -> name in the schema."""
        return match_columns(form, list(schema.names))

    def open(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        """The batches as a stream that can be read once."""
        schema, batches = self.batches(path, form)
        inner = self._inner(schema)
        plain = _renamed(counted(batches, count), inner)
        con.register(tag, pa.RecordBatchReader.from_batches(inner, plain))
        return self._source(con, tag, form, schema)

    def open_joined(
        self, con: duckdb.DuckDBPyConnection, members: Sequence[Member], form: Form, tag: str
    ) -> Source:
        """The batches of several files of one layout as one stream that can be read once."""
        schema, first = self.batches(members[0].path, form)
        inner, opened = self._inner(schema), [first]

        def batches(path: Path) -> Iterator[pa.RecordBatch]:
            if opened:
                return _renamed(opened.pop(), inner)
            found, rows = self.batches(path, form)
            if found != schema:
                raise DataError(f"{path}: its columns are not those of {members[0].path}")
            return _renamed(rows, inner)

        con.register(tag, joined(members, form, inner, batches))
        return self._source(con, tag, form, schema)

    def open_located(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter = uncounted
    ) -> Source:
        """The batches with the number of each row, counted from 1, and its text."""
        schema, batches = self.batches(path, form)
        with_line = self._inner(schema).append(pa.field("_line", pa.int64()))
        numbered = _numbered(counted(batches, count), with_line)
        con.register(tag, pa.RecordBatchReader.from_batches(with_line, numbered))
        plain = self._source(con, tag, form, schema)
        broken = "" if self.tells_broken else ", CAST(NULL AS VARCHAR) AS _broken"
        sql = f"(SELECT *, {self._raw(schema)} AS _raw{broken} FROM {tag})"
        return Source(sql, plain.columns, plain.types, has_broken=True, has_lines=True)

    def _inner(self, schema: pa.Schema) -> pa.Schema:
        """The columns by number: names may differ by case alone, or be those that we add."""
        names = [f"c{number}" for number in range(len(schema))]
        if self.tells_broken:
            names[-1] = "_broken"
        return pa.schema([field.with_name(name) for field, name in zip(schema, names, strict=True)])

    def _source(self, con: duckdb.DuckDBPyConnection, tag: str, form: Form, schema: pa.Schema) -> Source:
        types = [str(row[1]) for row in con.execute(f"DESCRIBE {tag}").fetchall()]
        found = {name: schema.names.index(actual) for name, actual in self.named(form, schema).items()}
        columns = {name: f"c{number}" for name, number in found.items()}
        kinds = {name: types[number] for name, number in found.items()}
        return Source(tag, columns, kinds, has_broken=self.tells_broken)

    def _raw(self, schema: pa.Schema) -> str:
        """SQL of a row as text."""
        names = schema.names[:-1] if self.tells_broken else schema.names
        parts = [
            f"{sql_literal(f'{name!r}: ')} || coalesce(CAST(c{number} AS VARCHAR), 'NULL')"
            for number, name in enumerate(names)
        ]
        return f"'{{' || array_to_string([{', '.join(parts)}], ', ') || '}}'"


def counted(batches: Iterator[pa.RecordBatch], count: Counter) -> Iterator[pa.RecordBatch]:
    """The same batches, whose rows are counted as they pass."""
    for batch in batches:
        yield batch
        count(batch.num_rows)


def _renamed(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    return (pa.record_batch(batch.columns, schema=schema) for batch in batches)


def _numbered(batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    before = 0
    for batch in batches:
        numbers = pa.array(range(before + 1, before + batch.num_rows + 1), pa.int64())
        before += batch.num_rows
        yield pa.record_batch([*batch.columns, numbers], schema=schema)
