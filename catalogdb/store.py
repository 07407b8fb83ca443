"""A Store: the current (or a past) snapshot in an in-memory DuckDB, and the way to publish the next."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import duckdb

from catalogdb.connect import cursor_on
from catalogdb.draft import Rows
from catalogdb.errors import StoreDamaged, StoreError, TableNotFound
from catalogdb.folder import attach_snapshot, open_instance, repair
from catalogdb.garbage import GcReport, collect_garbage
from catalogdb.history import ingests_of
from catalogdb.integrity import CheckReport, Progress, check_store
from catalogdb.leases import Lease
from catalogdb.locks import TableLock
from catalogdb.log import RUN_ID
from catalogdb.maintenance import EditReport, describe_table, drop_table, rename_table
from catalogdb.provenance import Ingest, Run, new_run_id
from catalogdb.registry import Registry, Snapshot, TableInfo
from catalogdb.result import Descriptions, Result
from catalogdb.schema import Table
from catalogdb.settings import Settings
from catalogdb.system_tables import SYSTEM_TABLES
from catalogdb.writer import Bench, Mode, Publication, Writer, publish_together

_T = TypeVar("_T")
_SEARCHED_FIRST = ("catalogs", "matches", "results")


class Store:
    """One snapshot of a store, ready to be queried; a context manager."""

    def __init__(self, root: Path, registry: Registry, settings: Settings, snapshot: int | None) -> None:
        self.path = root
        self.settings = settings
        self._registry = registry
        self._pinned = snapshot
        self._lease = Lease(root)
        self._finalizer = weakref.finalize(self, self._lease.end)
        self._snapshot = self._lease.hold(registry, snapshot)
        self._opened: tuple[duckdb.DuckDBPyConnection, dict[str, int]] | None = None
        self._opening = threading.Lock()
        if snapshot is None:
            repair(root, registry, self._snapshot)

    def attach(self) -> None:
        """Make the reading instance now; a query would. Raises StoreDamaged, SettingError."""
        self._instance()

    def _instance(self) -> tuple[duckdb.DuckDBPyConnection, dict[str, int]]:
        """The reading instance, made when it is first asked for, and the rows of its system tables."""
        with self._opening:
            if self._opened is None:
                self._opened = self._shown(
                    lambda seen: open_instance(self.path, self.settings, self._registry, seen)
                )
            return self._opened

    def _shown(self, opened: Callable[[Snapshot], _T]) -> _T:
        """What `opened` makes of the snapshot, or of the next if that is no longer there."""
        while True:
            seen = self._snapshot
            try:
                return opened(seen)
            except StoreDamaged:  # gc may be faster than a reader that can hold no lease
                self._snapshot = self._lease.hold(self._registry, self._pinned)
                if self._snapshot.number == seen.number:
                    raise

    def bench(self) -> Bench:
        """A connection to plan on what a writer then does on it; the caller closes it.

        It has the tables, but not those of the system.
        """
        con = self._shown(lambda seen: attach_snapshot(self.path, self.settings, seen))
        return Bench(self._snapshot, con)

    @property
    def _con(self) -> duckdb.DuckDBPyConnection:
        return self._instance()[0]

    @property
    def snapshot(self) -> int:
        """The number of the snapshot shown."""
        return self._snapshot.number

    def sql(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        described: Descriptions | None = None,
    ) -> Result:
        """The rows of one statement, its `$name` parameters bound; raises QueryError.

        A table without schema is looked for in catalogs, matches and results. `described` tells of columns
        by name or of all in order, where the statement does not, such as those of `query_table($table)`.
        """
        return Result(
            self._con,
            query,
            parameters,
            lookup=self._lookup,
            described=described,
            store=str(self.path),
            snapshot=self.snapshot,
            schemas=self._schemas(),
        )

    def _schemas(self) -> list[str]:
        """Where SQL looks for a table without schema; DuckDB refuses a path to a schema that is missing."""
        present = {version.table.schema for version in self._snapshot.tables.values()}
        return [schema for schema in _SEARCHED_FIRST if schema in present]

    def _lookup(self, name: str) -> Table | None:
        wanted = [name] if "." in name else [f"{schema}.{name}" for schema in _SEARCHED_FIRST]
        for full in wanted:
            if full in self._snapshot.tables:
                return self._snapshot.tables[full].table
        return SYSTEM_TABLES.get(name)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A fresh cursor on the reading instance; the caller closes it."""
        return cursor_on(self._con, self._schemas())

    def tables(self, *, system: bool = False) -> tuple[Table, ...]:
        """The tables of this snapshot, by schema and name; `system` adds tap_schema and provenance."""
        tables = tuple(version.table for version in self._snapshot.tables.values())
        return tables + tuple(SYSTEM_TABLES.values()) if system else tables

    def table(self, name: str) -> Table:
        """The table of that name; raises TableNotFound, which suggests the nearest names.

        A name without schema is looked for in catalogs, matches and results, then in any one other.
        """
        return self._tables()[self._resolve(name)]

    def row_count(self, name: str) -> int:
        """The number of rows of the table, from the registry."""
        version = self._snapshot.tables.get(found := self._resolve(name))
        return version.rows if version else self._instance()[1][found]

    def info(self, name: str) -> TableInfo:
        """Rows, parts and size of the table, beside its description."""
        version = self._snapshot.tables.get(self._resolve(name))
        if version is None:
            return TableInfo(self.table(name), self.row_count(name), parts=(), bytes=0)
        size = sum(part.bytes for part in version.parts)
        return TableInfo(version.table, version.rows, version.parts, size, version.since)

    def ingests(self, name: str) -> tuple[Ingest, ...]:
        """The files whose rows the table has, as they were read."""
        version = self._snapshot.tables.get(self._resolve(name))
        if version is None:
            return ()
        with self._registry.read() as connection:
            return ingests_of(connection, [part.file for part in version.parts])

    def _tables(self) -> dict[str, Table]:
        return {table.qualified_name: table for table in self.tables(system=True)}

    def _resolve(self, name: str) -> str:
        """The qualified name of a table in the registry; nothing else may reach query_table."""
        tables = self._tables()
        wanted = name.lower()
        if "." in wanted:
            if wanted in tables:
                return wanted
            raise TableNotFound(name, tables)
        for schema in _SEARCHED_FIRST:
            if f"{schema}.{wanted}" in tables:
                return f"{schema}.{wanted}"
        others = [full for full, table in tables.items() if table.name == wanted]
        if len(others) != 1:
            raise TableNotFound(name, others or tables)
        return others[0]

    def writer(
        self,
        table: Table,
        *,
        mode: Mode = "create",
        part: str | None = None,
        lock: TableLock | None = None,
        bench: Bench | None = None,
    ) -> Writer:
        """A Writer of the table, holding its lock, or `lock` that was taken; raises StoreBusy, TableExists.

        Writers need a local disk: file locks and SQLite can not be trusted on network file systems.
        It works on `bench`, made after the lock was taken, or on one of its own.
        With `part` the rows replace the part of that key or are added under it, whatever the mode.
        """
        self._refuse_pinned()
        return Writer(
            self.path,
            self._registry,
            self.settings,
            table,
            mode=mode,
            part=part,
            lock=lock,
            bench=bench,
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
        run_id = new_run_id(analysis)
        RUN_ID.set(run_id)
        return Run(
            run_id=run_id,
            analysis=analysis,
            settings=dict(settings),
            seed=seed,
            inputs=tuple(part.file for name in inputs for part in self.info(name).parts),
            snapshot=self.snapshot,
            started=time.time(),
        )

    def ingest(self, catalogue: str, files: Sequence[str | Path], **options: Any) -> Any:
        """Ingest files of a catalogue that has a specification; see `ingest.ingest`."""
        from catalogdb import app

        return app.ingest(self, catalogue, files, **options)

    def ingest_table(self, file: str | Path, name: str, **options: Any) -> Any:
        """Ingest a user's own table; see `ingest.ingest_table`."""
        from catalogdb import app

        return app.ingest_table(self, file, name, **options)

    def ingest_cds(self, readme: str | Path, files: Sequence[str | Path], name: str, **options: Any) -> Any:
        """Ingest a table of the CDS or the AAS by its ReadMe; see `ingest.cds.ingest_cds`."""
        from catalogdb import app

        return app.ingest_cds(self, readme, files, name, **options)

    def spectra(self, files: str | Path | Sequence[str | Path], **options: Any) -> Any:
        """Ingest files of spectra; see `catalogdb.app.spectra`."""
        from catalogdb import app

        return app.spectra(self, files, **options)

    def fetch(self, catalogue: str | None = None, **options: Any) -> Any:
        """Fetch rows of a remote service into a table; see `catalogdb.app.fetch`."""
        from catalogdb import app

        return app.fetch(self, catalogue, **options)

    def match(self, left: str, right: str, *, radius_arcsec: float, **options: Any) -> Any:
        """Cross-match two tables; see `catalogdb.match.match`."""
        from catalogdb import app

        return app.match(self, left, right, radius_arcsec=radius_arcsec, **options)

    def match_through(
        self, left: str, through: str, right: str, *, radii_arcsec: tuple[float, float], **options: Any
    ) -> Any:
        """Cross-match two tables by way of a third; see `catalogdb.match_through.match_through`."""
        from catalogdb import app

        return app.match_through(self, left, through, right, radii_arcsec=radii_arcsec, **options)

    def identifiers(self, tables: Sequence[str] = (), **options: Any) -> Any:
        """Publish which rows are one star; see `catalogdb.identifiers.build_identifiers`."""
        from catalogdb import app

        return app.identifiers(self, tables, **options)

    def star(self, name: str, **options: Any) -> Any:
        """What the store knows of one star, by any of its names; see `catalogdb.star.find_star`."""
        from catalogdb import app

        return app.star(self, name, **options)

    def cone(self, table: str, ra_deg: float, dec_deg: float, radius_deg: float, **options: Any) -> Result:
        """The rows of the table within a circle; see `catalogdb.cone.cone`."""
        from catalogdb import app

        return app.cone(self, table, ra_deg, dec_deg, radius_deg, **options)

    def adql(self, query: str, *, strict: bool = False) -> Result:
        """The rows of an ADQL query, described; see `catalogdb.adql.run.run_adql`."""
        from catalogdb import app

        return app.adql(self, query, strict=strict)

    def epochs(self, mother: str, tables: Sequence[str], *, radius_arcsec: float, **options: Any) -> Any:
        """Build the multi-epoch table; see `analysis.epochs.build`."""
        from catalogdb import app

        return app.epochs(self, mother, tables, radius_arcsec=radius_arcsec, **options)

    def analyze(self, name: str, /, **options: Any) -> Any:
        """Run an analysis with its options and return its report."""
        from catalogdb import app

        return app.analyze(self, name, **options)

    def drop(self, name: str) -> int:
        """Remove the table from the next snapshot, which is returned; gc removes its files later."""
        self._refuse_pinned()
        number = drop_table(self.path, self._registry, self._resolve(name))
        self.refresh()
        return number

    def rename(self, old: str, new: str) -> int:
        """Give the table another name (`name` or `schema.name`); return the new snapshot."""
        self._refuse_pinned()
        source = self._resolve(old)
        target = new if "." in new else f"{source.partition('.')[0]}.{new}"
        number = rename_table(self.path, self._registry, source, target)
        self.refresh()
        return number

    def describe(self, name: str, **what: Any) -> EditReport:
        """Give the table another description, its rows as they are; see `catalogdb.app.description`."""
        from catalogdb import app

        self._refuse_pinned()
        report = describe_table(self.path, self._registry, self._resolve(name), app.description(**what))
        self.refresh()
        return report

    def _refuse_pinned(self) -> None:
        if self._pinned is not None:
            raise StoreError(f"snapshot {self._pinned} was opened to be read: open the store without it")

    def check(self, progress: Progress | None = None) -> CheckReport:
        """Verify every file against its checksum; `check_store` does so where `open` fails."""
        return check_store(self.path, busy_timeout_s=self.settings.busy_timeout_s, progress=progress)

    def gc(self, *, retention_days: float | None = None) -> GcReport:
        """Remove the files of superseded snapshots that are old enough and not in use, and leftovers."""
        return collect_garbage(self.path, self._registry, self.settings, retention_days=retention_days)

    def refresh(self) -> None:
        """Show the current snapshot, if it is another one; results already made keep theirs."""
        if self._pinned is not None:
            return
        new = self._lease.hold(self._registry)
        if new.number != self._snapshot.number:
            # The old instance is not closed: results that are still to be fetched live in it.
            self._snapshot, self._opened = new, None

    def close(self) -> None:
        """Close the reading instance and end its lease."""
        if self._opened is not None:
            self._opened[0].close()
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
