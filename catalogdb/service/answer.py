"""One query answered: translated, run, described, and encoded in the format that was asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalogdb.adql.translate import Translated, translate
from catalogdb.errors import QueryError
from catalogdb.formats import Header, Rows, find_format
from catalogdb.schema import Table
from catalogdb.service.header import header_of
from catalogdb.service.instance import Instance
from catalogdb.service.uploads.load import loaded_uploads
from catalogdb.service.users.listing import own_tables_listed

_BATCH = 65_536
_LIMITED = 100_000
"""Up to so many rows DuckDB is told of MAXREC; beyond, a LIMIT would hold all before the first leaves."""


class Answer:
    """The chunks of a result; afterwards `rows` and `overflow`."""

    def __init__(
        self,
        instance: Instance,
        cursor: duckdb.DuckDBPyConnection,
        request: dict[str, Any],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._instance, self._cursor, self._request = instance, cursor, request
        self._is_cancelled = is_cancelled
        self.rows, self.overflow = 0, False

    def chunks(self) -> Generator[bytes]:
        """Translate and run the query; the first chunk comes when the first rows are there."""
        with loaded_uploads(self._cursor, self._request.get("uploads") or (), self._go_on) as uploads:
            yield from self._chunks({table.qualified_name: table for table in uploads})

    def _chunks(self, uploads: dict[str, Table]) -> Generator[bytes]:
        request = self._request
        tables = self._instance.tables_for(request.get("user"))
        translated = translate(
            request["query"],
            tables.values(),
            strict=bool(request.get("strict")),
            uploads=uploads.values(),
            row_count=self._instance.row_count,
        )
        self._go_on()
        with own_tables_listed(self._instance, self._cursor, request.get("user"), translated.tables):
            yield from self._encoded(translated, tables | uploads)

    def _encoded(self, translated: Translated, tables: Mapping[str, Table]) -> Generator[bytes]:
        request = self._request
        maxrec: int = request["maxrec"]
        # Bound here, so that a query is wrong or right with MAXREC=0 too.
        relation = self._cursor.sql(_limited(translated.sql, maxrec))
        header = self._header(translated, tables)
        encode = find_format(request["format"]).encode
        # A result that is left half-read would hold the tables that are dropped after it.
        with contextlib.closing(self._batches(relation, translated)) as batches:
            rows = Rows(batches, maxrec)
            yield from encode(header, rows, folder=Path(request["path"]).parent)
        # With MAXREC=0 nothing runs, and what is sent is the description alone: it says that it is cut.
        self.rows, self.overflow = rows.count, rows.overflow

    def _header(self, translated: Translated, tables: Mapping[str, Table]) -> Header:
        used = [tables[name] for name in translated.tables]
        return header_of(translated, used, self._request, self._instance.snapshot)

    def _batches(
        self, relation: duckdb.DuckDBPyRelation, translated: Translated
    ) -> Generator[pa.RecordBatch]:
        names = [column.name for column in translated.columns]
        with relation.to_arrow_reader(_BATCH) as reader:
            for batch in reader:
                self._go_on()
                yield batch.rename_columns(names)

    def _go_on(self) -> None:
        if self._is_cancelled():
            raise QueryError("the query was stopped")


def _limited(text: str, maxrec: int) -> str:
    return f"SELECT * FROM ({text}) LIMIT {maxrec + 1}" if maxrec <= _LIMITED else text
