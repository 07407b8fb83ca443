"""A Writer builds one part of one table and publishes it; it holds the table's lock from the start."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

import duckdb

from catalogdb.attach import ROWS
from catalogdb.ddl import Constants, count_unindexed, insert_parts, insert_rows, qualified, quoted
from catalogdb.errors import (
    DataError,
    QueryError,
    SchemaError,
    StoreDamaged,
    StoreError,
    TableExists,
    TableNotFound,
    did_you_mean,
)
from catalogdb.faults import writing
from catalogdb.folder import attach_snapshot
from catalogdb.locks import TableLock
from catalogdb.provenance import Ingest, Run
from catalogdb.publication import Change, commit
from catalogdb.registry import Part, Registry, TableVersion
from catalogdb.schema import Table
from catalogdb.settings import Settings
from catalogdb.staging import BuiltPart, begin_part, discard, finish_part

if TYPE_CHECKING:
    import pyarrow as pa

Mode = Literal["create", "replace", "append"]
Rows: TypeAlias = "str | pa.Table | pa.RecordBatchReader"

SYSTEM_SCHEMAS = ("tap_schema", "provenance")
FORBIDDEN_SCHEMAS = (*SYSTEM_SCHEMAS, "main", "temp", "system", "memory", "information_schema", "pg_catalog")
_SOURCE = "catalogdb_rows"


class Writer:
    """Builds one part in staging/ on `con`, a private connection that sees the current snapshot.

    A context manager; leaving it without `publish` discards what was built.
    """

    con: duckdb.DuckDBPyConnection

    def __init__(
        self,
        root: Path,
        registry: Registry,
        settings: Settings,
        table: Table,
        *,
        mode: Mode = "create",
        part: str | None = None,
        on_publish: Callable[[], None] | None = None,
    ) -> None:
        if table.schema in FORBIDDEN_SCHEMAS:
            raise SchemaError(f"{table.qualified_name}: the schema {table.schema} is not for tables of yours")
        self.table, self.mode, self.part = table, mode, part
        self._root, self._registry, self._settings = root, registry, settings
        self._on_publish = on_publish
        self._rows: int | None = None
        with writing(root / "staging"):
            self._lock = TableLock(root / "staging", table.qualified_name)
        try:
            self._base, self.con = self._begin()
            self._path = self._new_path()
        except BaseException:
            self._lock.release()
            raise

    def _begin(self) -> tuple[TableVersion | None, duckdb.DuckDBPyConnection]:
        """The version to start from, and a connection that sees the current snapshot.

        No lease is taken, which a killed writer would leave: what is attached may be unlinked, and
        where gc was faster the next snapshot is attached.
        """
        snapshot = self._registry.snapshot()
        while True:
            base = _base(snapshot.tables, self.table, self.mode, self.part)
            try:
                return base, attach_snapshot(self._root, self._settings, snapshot)
            except StoreDamaged:
                seen, snapshot = snapshot.number, self._registry.snapshot()
                if snapshot.number == seen:
                    raise

    def _new_path(self) -> Path:
        return self._root / "staging" / f"{self.table.qualified_name}.{os.urandom(4).hex()}.duckdb"

    def insert(
        self,
        rows: Rows,
        parameters: Mapping[str, Any] | None = None,
        *,
        constants: Constants | None = None,
    ) -> int:
        """Store the rows, in the order of hpx29 where the table has one; return their number.

        `rows` is a SELECT that runs on `con` (with its parameters), or Arrow. Columns go by name:
        a missing nullable one is NULL, an unknown one a SchemaError. NaN becomes NULL. `constants` are
        further columns, which have one number or NULL in all rows and take no room. Called once.
        """
        if self._rows is not None:
            raise StoreError(f"{self.table.qualified_name}: a writer inserts once; use one per part")
        with writing(self._path):
            source, given = self._source(rows, parameters)
            self._check_columns([*given, *(constants or {})])
            try:
                self._rows = self._store(source, given, parameters, constants)
            except BaseException:
                # So that the caller may mend the rows and insert them.
                self.con.execute(f"DETACH DATABASE IF EXISTS {quoted(self._path.stem)}")
                discard(self._path)
                raise
        return self._rows

    def _store(
        self,
        source: str,
        given: Sequence[str],
        parameters: Mapping[str, Any] | None,
        constants: Constants | None,
    ) -> int:
        target = qualified(begin_part(self.con, self._path, self.table, constants), "main", ROWS)
        statement = insert_rows(target, self.table, source, given)
        ((count,),) = self.con.execute(statement, parameters or {}).fetchall()
        self._check_index(target)
        return int(count)

    def _source(self, rows: Rows, parameters: Mapping[str, Any] | None) -> tuple[str, list[str]]:
        """The FROM item for `rows` and the names of its columns."""
        if isinstance(rows, str):
            source = f"({_one_statement(self.con, rows)}\n)"
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

    def publish(self, *, ingests: Sequence[Ingest] = (), run: Run | None = None) -> int:
        """Commit what was inserted as a new snapshot and return its number."""
        return publish_together([self], [tuple(ingests)], run)

    def change(self, ingests: tuple[Ingest, ...], run: Run | None) -> Change:
        """Finish the file and say what the publication does to the table."""
        if self._rows is None:
            raise StoreError(f"{self.table.qualified_name}: nothing was inserted")
        kept = self._base.parts if self._base else ()
        merged = self._compactable(kept)
        with writing(self._path):
            if merged:
                self._compact(merged)
            note = {
                "mode": self.mode if self.part is None else "part",
                "merged": [part.file for part in merged],
                "ingests": [asdict(ingest) for ingest in ingests],
                "run": run.row() if run else None,
            }
            built = finish_part(self.con, self._path, self.table, self.part, note)
        return Change(
            name=self.table.qualified_name,
            action=self.mode if self.part is None else f"part {self.part} of",
            base=self._base,
            table=self.table,
            parts=self._arranged(tuple(part for part in kept if part not in merged), built),
            ingests=ingests,
            run=run,
        )

    def _arranged(self, kept: tuple[Part, ...], built: BuiltPart) -> tuple[Part | BuiltPart, ...]:
        if self.part is not None:
            if any(part.key == self.part for part in kept):
                return tuple(built if part.key == self.part else part for part in kept)
            return (*kept, built)
        return (*kept, built) if self.mode == "append" else (built,)

    def _compactable(self, kept: tuple[Part, ...]) -> tuple[Part, ...]:
        """The parts that this append merges into one; those with a key stay, being replaceable by it."""
        if self.part is not None or self.mode != "append" or len(kept) < self._settings.compact_beyond:
            return ()
        return tuple(part for part in kept if part.key is None)

    def _compact(self, merged: tuple[Part, ...]) -> None:
        """Build a second file with the rows of the merged parts and the new ones, in order."""
        old = self._path
        sources = [qualified(part.alias, "main", ROWS) for part in merged]
        sources.append(qualified(old.stem, "main", ROWS))
        self._path = self._new_path()
        target = qualified(begin_part(self.con, self._path, self.table), "main", ROWS)
        self.con.execute(insert_parts(target, self.table, sources))
        self.con.execute(f"DETACH {quoted(old.stem)}")
        discard(old)

    def published(self) -> None:
        """Let the lock go and tell the store, after the commit."""
        self.close()
        if self._on_publish is not None:
            self._on_publish()

    def close(self) -> None:
        """Discard what was not published and release the lock; a second call does nothing."""
        self.con.close()
        discard(self._path)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def built(self) -> str:
        """The inserted rows as a FROM item on `con`, for checks of the whole table before `publish`."""
        return qualified(self._path.stem, "main", ROWS)

    @property
    def store(self) -> tuple[Path, Registry]:
        """The store's folder and registry."""
        return self._root, self._registry


def publish_together(
    writers: Sequence[Writer], ingests: Sequence[tuple[Ingest, ...]], run: Run | None
) -> int:
    """Commit what several writers of one store built as one snapshot; return its number."""
    if not writers:
        raise StoreError("nothing to publish: the list is empty")
    root, registry = writers[0].store
    changes = [writer.change(files, run) for writer, files in zip(writers, ingests, strict=True)]
    number = commit(root, registry, changes)
    for writer in writers:
        writer.published()
    return number


def _base(
    tables: Mapping[str, TableVersion], table: Table, mode: Mode, part: str | None
) -> TableVersion | None:
    """The version that is added to or replaced; None for a new table."""
    name = table.qualified_name
    base = tables.get(name)
    if part is None and mode == "create" and base is not None:
        raise TableExists(name)
    if part is None and mode == "append" and base is None:
        raise TableNotFound(name, tables)
    if base is not None and (part is not None or mode == "append"):
        _check_same_columns(base.table, table)
    return base


def _check_same_columns(old: Table, new: Table) -> None:
    """The new description is that of the old rows too: it may not give them another unit or forbid NULLs."""
    was = {column.name: column for column in old.columns}
    now = {column.name: column for column in new.columns}
    different = was.keys() ^ now.keys() | {
        name
        for name in was.keys() & now.keys()
        if (was[name].type, was[name].unit) != (now[name].type, now[name].unit)
        or (was[name].nullable and not now[name].nullable)
    }
    if different:
        raise SchemaError(
            f"{old.qualified_name} has other columns than the rows to be added "
            f"({', '.join(sorted(different))}): --replace publishes a new version"
        )


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
