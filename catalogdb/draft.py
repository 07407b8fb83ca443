"""A draft: one file in staging/ that is being filled with the rows of a table, checked and in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from catalogdb.adql.macros import load_macros_of
from catalogdb.attach import ROWS
from catalogdb.ddl import Constants, count_unindexed, insert_rows, qualified, quoted
from catalogdb.errors import DataError, QueryError, SchemaError, StoreError, did_you_mean
from catalogdb.faults import writing
from catalogdb.merging import merge_sorted
from catalogdb.schema import Table
from catalogdb.staging import begin_part, discard

if TYPE_CHECKING:
    import pyarrow as pa

Rows: TypeAlias = "str | pa.Table | pa.RecordBatchReader"

_SOURCE = "catalogdb_rows"


class Draft:
    """A file attached to `con`, which gets its rows once, by `insert` or by `merge`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path, table: Table) -> None:
        self.con, self.path, self.table = con, path, table
        self.rows: int | None = None

    @property
    def built(self) -> str:
        """The stored rows as a FROM item on `con`."""
        return qualified(self.path.stem, "main", ROWS)

    def insert(
        self,
        rows: Rows,
        parameters: Mapping[str, Any] | None = None,
        *,
        columns: Sequence[str] | None = None,
        constants: Constants | None = None,
    ) -> int:
        """Store the rows, in the order of hpx29 where the table has one; return their number.

        `rows` is a SELECT that runs on `con` (with its parameters), or Arrow. Columns go by name:
        a missing nullable one is NULL, an unknown one a SchemaError. NaN becomes NULL. To say the
        names of the `columns` spares a long statement its second planning. `constants` are further
        columns, which have one number or NULL in all rows and take no room.
        """

        def store() -> int:
            source, given = self._source(rows, parameters, columns)
            self._check_columns([*given, *(constants or {})])
            target = qualified(begin_part(self.con, self.path, self.table, constants), "main", ROWS)
            statement = insert_rows(target, self.table, source, given)
            ((count,),) = self.con.execute(statement, parameters or {}).fetchall()
            self._check_index(target)
            return int(count)

        return self._filled(store)

    def merge(self, selects: Sequence[str], rows: int, told: Callable[[int], None] | None = None) -> int:
        """Store the rows of several SELECTs, each of which has the order of hpx29; return their number.

        `rows` is about how many there are, and `told` is called with the number stored so far.
        """

        def store() -> int:
            target = qualified(begin_part(self.con, self.path, self.table), "main", ROWS)
            return merge_sorted(self.con, target, self.table, selects, rows, told)

        return self._filled(store)

    def _filled(self, store: Callable[[], int]) -> int:
        if self.rows is not None:
            raise StoreError(f"{self.table.qualified_name}: a writer inserts once; use one per part")
        with writing(self.path):
            try:
                self.rows = store()
                for name in self.table.indexed:
                    target = qualified(self.path.stem, "main", ROWS)
                    self.con.execute(f"CREATE INDEX {quoted(f'by_{name}')} ON {target} ({quoted(name)})")
            except BaseException:
                self.discard()  # so that the caller may mend the rows and insert them
                raise
        return self.rows

    def discard(self) -> None:
        """Detach and remove the file; a second call does nothing."""
        self.con.execute(f"DETACH DATABASE IF EXISTS {quoted(self.path.stem)}")
        discard(self.path)

    def _source(
        self, rows: Rows, parameters: Mapping[str, Any] | None, columns: Sequence[str] | None
    ) -> tuple[str, list[str]]:
        """The FROM item for `rows` and the names of its columns."""
        if isinstance(rows, str):
            load_macros_of(self.con, rows)
            source = f"({_one_statement(self.con, rows)}\n)"
            if columns is not None:
                return source, list(columns)
            cursor = self.con.execute(f"FROM {source} LIMIT 0", parameters or {})
            return source, [column[0] for column in cursor.description or ()]
        self.con.register(_SOURCE, rows)
        return _SOURCE, list(rows.schema.names)

    def _check_columns(self, given: Sequence[str]) -> None:
        name = self.table.qualified_name
        known = [column.name for column in self.table.columns]
        for column in given:
            if column not in known:
                raise SchemaError(f"{name} has no column {column}{did_you_mean(column, known)}")
            if given.count(column) > 1:
                raise SchemaError(f"{name}: the rows have two columns {column}")
        for missing in self.table.columns:
            if not missing.nullable and missing.name not in given:
                raise SchemaError(f"{name}: the rows have no column {missing.name}, which may not be NULL")

    def _check_index(self, target: str) -> None:
        """A row with a position but without hpx29 would be found by no search: refuse it."""
        if not (self.table.is_positional and self.table.has("ra", "dec")):
            return
        ((bad,),) = self.con.execute(count_unindexed(target)).fetchall()
        if bad:
            raise DataError(f"{self.table.qualified_name}: {bad} rows have a position but no hpx29")


def _one_statement(con: duckdb.DuckDBPyConnection, text: str) -> str:
    statements = con.extract_statements(text)
    if len(statements) != 1:
        raise QueryError(f"one SELECT is expected, these are {len(statements)} statements")
    # A statement's text has what stands behind its semicolon too, such as a comment.
    data = text.encode()
    for start, kind in duckdb.tokenize(text):
        if kind == duckdb.token_type.operator and data[start : start + 1] == b";":
            return data[:start].decode()
    return text
