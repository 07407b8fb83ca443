"""Ingest: files of a catalogue to a published table, or an error that names the record at fault."""

from __future__ import annotations

import hashlib
import logging
import time
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import duckdb

from catalogdb.errors import DataError, QueryError
from catalogdb.provenance import Ingest
from catalogdb.schema import Table, check_name
from catalogdb.store import Store
from catalogdb.writer import Writer
from ingest import faults
from ingest.forms import Plan, plan_file
from ingest.joins import check_files
from ingest.load import load_spec
from ingest.meter import Meter, Progress
from ingest.origin import Origin
from ingest.partners import check_partners
from ingest.readers.parquet import parquet_files
from ingest.readers.stream import check_encoding, check_readable, unreadable
from ingest.spec import Spec
from ingest.statements import file_rows, rows_statement, sound_statement
from ingest.table import planned_table

log = logging.getLogger(__name__)

TEXTS = ("fixed_width", "delimited", "csv", "blanks", "vizier", "ecsv")
"""Readers of plain text."""

Mode = Literal["create", "replace", "append"]


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """What an ingest read and published; rows_read = rows_kept + rows_rejected."""

    table: Table
    rows_read: int
    rows_kept: int
    rows_rejected: int
    without_position: int
    without_epoch: int
    seconds: float
    snapshot: int
    ingests: tuple[Ingest, ...] = field(default=())

    @property
    def rows_per_second(self) -> float:
        """Rows read for each second of the whole ingest."""
        return self.rows_read / self.seconds if self.seconds > 0 else 0.0


def ingest(
    store: Store,
    catalogue: str | Path | Spec,
    files: str | Path | Sequence[str | Path],
    *,
    form: str | None = None,
    name: str | None = None,
    mode: Mode = "create",
    rejects: str | Path | None = None,
    progress: Progress | None = None,
    origin: Origin | None = None,
) -> IngestReport:
    """Read files of a catalogue into one table, check every record, publish it, and report the counts.

    `name` is [schema.]name, `form` one of the spec's forms. The first bad record stops with BadRecord
    and nothing is published; with `rejects` bad records go to that CSV file. `origin` tells of
    files that are not the source's own. Raises SpecError for an unknown catalogue, DataError for a
    file that is missing, truncated or of no known form.
    """
    spec = catalogue if isinstance(catalogue, Spec) else load_spec(catalogue)
    paths = [Path(files)] if isinstance(files, str | Path) else [Path(f) for f in files]
    if not paths:
        raise DataError(f"{spec.name}: no file is named")
    schema, table_name = split_name(name, spec.name)
    if rejects is not None and not Path(rejects).absolute().parent.is_dir():
        raise DataError(f"{rejects} can not be written: its folder does not exist")
    with closing(store.cursor()) as con:
        plans = [_planned(con, spec, path, form) for path in paths]
    check_files(spec, plans)
    table = planned_table(plans, table_name, schema)
    if origin is not None:
        table = origin.described(table)
    job = _Job(store, spec, plans, table, mode, progress, origin)
    return job.run(None if rejects is None else Path(rejects))


def _planned(con: duckdb.DuckDBPyConnection, spec: Spec, path: Path, form: str | None) -> Plan:
    try:
        return plan_file(con, spec, path, form)
    except (OSError, EOFError, zlib.error, duckdb.Error) as error:
        if path.is_file():
            check_readable(path)
        raise DataError(f"{path} can not be read: {error}") from error


def split_name(name: str | None, default: str) -> tuple[str, str]:
    """Return (schema, name) of [schema.]name; the schema is catalogs where none is given."""
    schema, dot, plain = (name or default).rpartition(".")
    schema = schema if dot else "catalogs"
    check_name(schema, "schema")
    check_name(plain, "table")
    return schema, plain


class _Job:
    """One ingest, from its plans to its publication."""

    def __init__(
        self,
        store: Store,
        spec: Spec,
        plans: Sequence[Plan],
        table: Table,
        mode: Mode,
        progress: Progress | None,
        origin: Origin | None,
    ) -> None:
        self.store, self.spec, self.plans, self.table, self.mode = store, spec, plans, table, mode
        self.origin = origin
        self.meter = Meter(f"reading {table.name}", progress, sum(map(size_of, (p.path for p in plans))))
        self.started = time.time()

    def run(self, rejects: Path | None) -> IngestReport:
        """Insert, check what only the whole table shows, publish."""
        with self.store.writer(self.table, mode=self.mode) as writer:
            rejected: dict[int, int] = {}
            if rejects is None:
                kept = self._insert(writer)
            else:
                rejected = self._set_aside(writer, rejects)
                kept = self._insert_sound(writer)
            self._check_unique(writer)
            check_partners(self.store, self.plans, strict=rejects is None)
            counts = self._counts(writer)
            ingests = self._records(writer, kept, rejected)
            if self.origin is not None:
                ingests = tuple(each for ingest in ingests for each in self.origin.recorded(ingest))
            snapshot = writer.publish(ingests=ingests)
        report = IngestReport(
            table=self.table,
            rows_read=kept + sum(rejected.values()),
            rows_kept=kept,
            rows_rejected=sum(rejected.values()),
            without_position=counts[0],
            without_epoch=counts[1],
            seconds=time.time() - self.started,
            snapshot=snapshot,
            ingests=ingests,
        )
        log.info("%s: %d rows in %.1f s", self.table.qualified_name, kept, report.seconds)
        return report

    def _insert(self, writer: Writer) -> int:
        """Insert strictly; on failure say which record it was."""
        try:
            statement, values = rows_statement(writer.con, self.plans, self.table, self.meter)
            with self.meter.watching(writer.con):
                return writer.insert(statement, values)
        except (DataError, QueryError) as error:
            raise self._explained(error) from error

    def _insert_sound(self, writer: Writer) -> int:
        statement, values = sound_statement(writer.con, self.plans, self.table, faults.REJECTED, self.meter)
        with self.meter.watching(writer.con):
            return writer.insert(statement, values)

    def _explained(self, error: Exception) -> DataError:
        """The error that names the record; what DuckDB said where no record is at fault."""
        for plan in (p for p in self.plans if p.path.is_file()):
            check_readable(plan.path)
        self._check_text()
        with closing(self.store.cursor()) as con:
            try:
                bad = faults.first_fault(con, self.plans)
            except duckdb.Error:  # no record of its own can be told
                bad = None
        return bad or DataError(f"{', '.join(str(p.path) for p in self.plans)}: {error}")

    def _check_text(self) -> None:
        """Text must be of its form's encoding: read otherwise, some letters would become others."""
        for plan in self.plans:
            if plan.form.reader in TEXTS:
                check_encoding(plan.path, plan.form.encoding)

    def _set_aside(self, writer: Writer, rejects: Path) -> dict[int, int]:
        """Collect bad records first, write them to `rejects`, and return their number by file."""
        unique = self.spec.unique and self.table.has("source_id")
        self._check_text()
        try:
            faults.collect(writer.con, self.plans, unique=unique)
        except duckdb.Error as error:
            raise self._explained(error) from error
        faults.write_rejects(writer.con, rejects)
        return faults.rejected_by_file(writer.con)

    def _check_unique(self, writer: Writer) -> None:
        if not (self.spec.unique and self.table.has("source_id")):
            return
        repeated = writer.con.execute(
            f"SELECT source_id FROM {writer.built} GROUP BY source_id HAVING count(*) > 1 LIMIT 1"
        ).fetchall()
        if repeated:
            with closing(self.store.cursor()) as con:
                error = faults.duplicate_error(con, self.plans, repeated[0][0])
            raise error or DataError(f"{self.table.qualified_name}: {repeated[0][0]} stands twice")
        if self.mode == "append":
            self._check_new(writer)

    def _check_new(self, writer: Writer) -> None:
        """Appended identifiers must not stand in the table already."""
        old = f"{self.table.schema}.{self.table.name}"
        repeated = writer.con.execute(
            f"SELECT source_id FROM {writer.built} SEMI JOIN {old} USING (source_id) LIMIT 1"
        ).fetchall()
        if repeated:
            raise DataError(
                f"{self.plans[0].path}: identifier {repeated[0][0]} stands in {old} already: "
                "--replace publishes a new version instead"
            )

    def _counts(self, writer: Writer) -> tuple[int, int]:
        """Rows without position and rows without epoch; 0 where the table has no such columns."""
        wanted = [
            "ra" if self.table.has("ra", "dec") else None,
            "ref_epoch" if self.table.has("ref_epoch") else None,
        ]
        parts = ", ".join("count(*) - count(*)" if c is None else f"count(*) - count({c})" for c in wanted)
        ((positions, epochs),) = writer.con.execute(f"SELECT {parts} FROM {writer.built}").fetchall()
        return int(positions), int(epochs)

    def _records(self, writer: Writer, kept: int, rejected: dict[int, int]) -> tuple[Ingest, ...]:
        sizes = [kept + sum(rejected.values())] if len(self.plans) == 1 else self._sizes(writer)
        seconds = time.time() - self.started
        return tuple(
            Ingest(
                file=str(plan.path.absolute()),
                sha256=sha256_of(plan.path),
                catalogue=self.spec.name,
                form=plan.form.name,
                spec_sha256=self.spec.sha256,
                rows_read=size,
                rows_kept=size - rejected.get(number, 0),
                rows_rejected=rejected.get(number, 0),
                started=self.started,
                seconds=seconds,
            )
            for number, (plan, size) in enumerate(zip(self.plans, sizes, strict=True))
        )

    def _sizes(self, writer: Writer) -> list[int]:
        """Records of each file: as its reader counted them, else by a second, quicker look."""
        return [
            (0 if plan.form.unroll else self.meter.rows[number]) or file_rows(writer.con, plan)
            for number, plan in enumerate(self.plans)
        ]


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files below a folder."""
    return sum(Path(file).stat().st_size for file in parquet_files(path))


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal; of a folder, that of its files' one after the other."""
    if path.is_dir():
        return hashlib.sha256("".join(map(sha256_of, map(Path, parquet_files(path)))).encode()).hexdigest()
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
