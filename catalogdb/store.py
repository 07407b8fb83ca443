"""A Store: the current (or a past) snapshot in an in-memory DuckDB, and the way to publish the next."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from catalogdb.attach import attach_statements, is_current, rewrite
from catalogdb.connect import connect
from catalogdb.errors import StoreDamaged, StoreError, StoreNotFound, TableNotFound
from catalogdb.provenance import Ingest, Run, new_run_id
from catalogdb.registry import Registry, Snapshot, TableVersion
from catalogdb.result import Result
from catalogdb.schema import Column, Table
from catalogdb.settings import Settings, load_settings
from catalogdb.writer import Mode, Rows, Writer, publish_together

_SEARCHED_FIRST = ("catalogs", "matches", "results")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One table of `Store.publish_many`."""

    table: Table
    rows: Rows
    mode: Mode = "create"
    part: str | None = None
    ingests: tuple[Ingest, ...] = ()
    parameters: Mapping[str, Any] | None = None


def open(
    path: str | Path = "sky",
    *,
    snapshot: int | None = None,
    create: bool = False,
    settings: Settings | None = None,
) -> Store:
    """Open the store at `path`, its current snapshot or an earlier one; `create` makes a missing one.

    Raises StoreNotFound, StoreTooNew, or StoreDamaged.
    """
    root = Path(path).absolute()
    settings = settings or load_settings(root)
    registry = Registry(root, settings.busy_timeout_s)
    if not registry.file.exists():
        if not create:
            raise StoreNotFound(root)
        for folder in ("staging", "tmp", "tables", "jobs"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        registry.create()
    registry.upgrade()
    return Store(root, registry, settings, snapshot)


class Store:
    """One snapshot of a store, ready to be queried; a context manager."""

    def __init__(self, root: Path, registry: Registry, settings: Settings, snapshot: int | None) -> None:
        self.path = root
        self.settings = settings
        self._registry = registry
        self._pinned = snapshot
        self._show(registry.snapshot(snapshot))
        if snapshot is None and not is_current(root, self._snapshot):
            rewrite(root, registry)

    def _show(self, snapshot: Snapshot) -> None:
        connection = connect(self.path, self.settings)
        try:
            for statement in attach_statements(self.path, snapshot):
                connection.execute(statement)
        except duckdb.Error as error:
            connection.close()
            raise StoreDamaged(f"{self.path}: {error}") from error
        self._snapshot, self._con = snapshot, connection

    @property
    def snapshot(self) -> int:
        """The number of the snapshot shown."""
        return self._snapshot.number

    def sql(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        described: Mapping[str, Column] | None = None,
    ) -> Result:
        """The rows of one statement, its `$name` parameters bound; raises QueryError.

        `described` gives the Column of output columns by name where the statement does not tell,
        such as those of `query_table($table)`.
        """
        return Result(self.cursor(), query, parameters, lookup=self._lookup, described=described)

    def _lookup(self, name: str) -> Table | None:
        version = self._snapshot.tables.get(name)
        return version.table if version else None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A fresh cursor on the reading instance; the caller closes it."""
        return self._con.cursor()

    def tables(self) -> tuple[Table, ...]:
        """The tables of this snapshot, by schema and name."""
        return tuple(version.table for version in self._snapshot.tables.values())

    def table(self, name: str) -> Table:
        """The table of that name, qualified or not; raises TableNotFound."""
        return self._version(name).table

    def row_count(self, name: str) -> int:
        """The number of rows of the table."""
        return self._version(name).rows

    def _version(self, name: str) -> TableVersion:
        tables = self._snapshot.tables
        if name in tables:
            return tables[name]
        if "." not in name:
            for schema in _SEARCHED_FIRST:
                if f"{schema}.{name}" in tables:
                    return tables[f"{schema}.{name}"]
            others = [version for version in tables.values() if version.table.name == name]
            if len(others) == 1:
                return others[0]
        raise TableNotFound(name, tables)

    def writer(self, table: Table, *, mode: Mode = "create", part: str | None = None) -> Writer:
        """A Writer of the table, holding its lock; raises StoreBusy, TableExists."""
        if self._pinned is not None:
            raise StoreError(f"snapshot {self._pinned} was opened to be read: open the store without it")
        return Writer(
            self.path,
            self._registry,
            self.settings,
            table,
            mode=mode,
            part=part,
            on_publish=self.refresh,
        )

    def publish(
        self,
        table: Table,
        rows: Rows,
        *,
        mode: Mode = "create",
        part: str | None = None,
        ingests: Sequence[Ingest] = (),
        run: Run | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> int:
        """Publish rows (SQL, Arrow or a RecordBatchReader) as the table; return the new snapshot."""
        with self.writer(table, mode=mode, part=part) as writer:
            writer.insert(rows, parameters)
            return writer.publish(ingests=ingests, run=run)

    def publish_many(self, publications: Sequence[Publication], *, run: Run | None = None) -> int:
        """Publish several tables in one commit; return the new snapshot."""
        writers: list[Writer] = []
        try:
            for item in publications:
                writers.append(self.writer(item.table, mode=item.mode, part=item.part))
                writers[-1].insert(item.rows, item.parameters)
            return publish_together(writers, [item.ingests for item in publications], run)
        finally:
            for writer in writers:
                writer.close()

    def start_run(
        self,
        analysis: str,
        settings: Mapping[str, Any],
        *,
        seed: int | None = None,
        inputs: Sequence[str] = (),
    ) -> Run:
        """Begin a run of an analysis that reads the tables `inputs` of this snapshot."""
        parts = tuple(part.file for name in inputs for part in self._version(name).parts)
        return Run(
            run_id=new_run_id(analysis),
            analysis=analysis,
            settings=dict(settings),
            seed=seed,
            inputs=parts,
            snapshot=self.snapshot,
            started=time.time(),
        )

    def refresh(self) -> None:
        """Show the current snapshot, if it is another one."""
        if self._pinned is None:
            new = self._registry.snapshot()
            if new.number != self._snapshot.number:
                old = self._con
                self._show(new)
                old.close()

    def close(self) -> None:
        """Close the reading instance."""
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
