"""The jobs of a service in jobs/jobs.sqlite: they outlive it, and say after a crash what became of them."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    func,
    literal,
    select,
)
from sqlalchemy.pool import StaticPool

from catalogdb.errors import StoreBusy, StoreError, StoreTooNew
from catalogdb.faults import writing
from catalogdb.locks import TableLock

PENDING, QUEUED, EXECUTING = "PENDING", "QUEUED", "EXECUTING"
COMPLETED, ERROR, ABORTED = "COMPLETED", "ERROR", "ABORTED"
PHASES = (PENDING, QUEUED, EXECUTING, COMPLETED, ERROR, ABORTED)
ACTIVE = (PENDING, QUEUED, EXECUTING)
"""The phases from which a job goes on."""

QUERY, INDEX = "query", "index"
"""The kinds of jobs: a query, or the indexing of a user's table."""

_VERSION = 2

_LARGE = ("parameters", "uploads")

_METADATA = MetaData()
_JOB = Table(
    "job",
    _METADATA,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("phase", String, nullable=False, index=True),
    Column("owner", String, nullable=False, index=True),
    Column("run_id", String, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("uploads", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("started", Float),
    Column("ended", Float),
    Column("duration_s", Float, nullable=False),
    Column("destruction", Float, nullable=False),
    Column("error", Text),
    Column("error_is_transient", Integer, nullable=False),
    Column("content_type", String),
    Column("suffix", String),
    Column("bytes", Integer),
    Column("rows", Integer),
    Column("snapshot", Integer),
    Column("user_name", String),
    Column("service", String, nullable=False),
)

_BRIEF = [literal("[]").label(each.name) if each.name in _LARGE else each for each in _JOB.c]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it is now. Times are Unix times [s]; `owner` is the secret by which its list is asked for.

    `user_name` is the user whose token made it, None where anybody may know of it who has its URL; `service`
    is the URL by which its client knows the service.
    """

    id: str
    kind: str = QUERY
    phase: str = PENDING
    owner: str = ""
    run_id: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    uploads: tuple[dict[str, Any], ...] = ()
    created: float = field(default_factory=time.time)
    started: float | None = None
    ended: float | None = None
    duration_s: float
    destruction: float
    error: str | None = None
    error_is_transient: bool = False
    content_type: str | None = None
    suffix: str | None = None
    bytes: int | None = None
    rows: int | None = None
    snapshot: int | None = None
    user_name: str | None = None
    service: str = ""

    @property
    def is_active(self) -> bool:
        """Whether it can still come to a result."""
        return self.phase in ACTIVE


class Listed(NamedTuple):
    """What a list tells of a job."""

    id: str
    phase: str
    run_id: str
    user_name: str | None
    created: float


class Jobs:
    """The table of jobs, and the folder of each. One process alone has it open."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "jobs"
        self._file = self.folder / "jobs.sqlite"
        with writing(self.folder):
            self.folder.mkdir(exist_ok=True)
            self._lock = _locked(root, self.folder)
            self._engine = create_engine(
                f"sqlite:///{self._file}",
                poolclass=StaticPool,
                connect_args={"check_same_thread": False},
            )
            event.listen(self._engine, "connect", _configure)
            _bring_up(self._engine, self._file)
            _METADATA.create_all(self._engine)

    def recover(self, why: str) -> list[str]:
        """Tell the truth of what an earlier process left; the ids of the jobs that wait, oldest first.

        What ran has failed, and says `why`. What is complete has its result, or says that it has none.
        Folders that belong to no job are removed.
        """
        for job in self.all(phases=[EXECUTING]):
            self.change(job, phase=ERROR, ended=time.time(), error=why, error_is_transient=True)
        for job in self.all(phases=[COMPLETED]):
            if not self.result(job).is_file():
                self.change(job, phase=ERROR, error="the result is no longer there", bytes=None)
        known = {job.id: job for job in self.all()}
        for left in self.folder.iterdir():
            if left.is_dir() and left.name not in known:
                shutil.rmtree(left, ignore_errors=True)
        for job in known.values():
            if job.phase != COMPLETED:
                self.result(job).unlink(missing_ok=True)
            self.part(job).unlink(missing_ok=True)
        return [job.id for job in reversed(self.all(phases=[QUEUED]))]

    def add(self, **what: Any) -> Job:
        """A new job with a folder of its own; its id can not be guessed."""
        job = Job(id=os.urandom(16).hex(), **what)
        with writing(self.folder):
            self.folder_of(job).mkdir()
            with self._engine.begin() as connection:
                connection.execute(_JOB.insert().values(_row(job)))
        return job

    def get(self, number: str) -> Job | None:
        """The job of that id, unless its time is over."""
        with self._engine.begin() as connection:
            row = connection.execute(select(_JOB).where(_JOB.c.id == number)).mappings().first()
        if row is None or row["destruction"] <= time.time():
            return None
        return _job(dict(row))

    def all(self, *, phases: Sequence[str] = ()) -> list[Job]:
        """The jobs, newest first: of these phases.

        They come without their parameters, which together may be larger than the memory.
        """
        query = select(*_BRIEF).order_by(_JOB.c.created.desc())
        if phases:
            query = query.where(_JOB.c.phase.in_(phases))
        with self._engine.begin() as connection:
            return [_job(dict(row)) for row in connection.execute(query).mappings()]

    def listed(
        self, owner: str, *, phases: Sequence[str] = (), after: float | None = None, last: int
    ) -> list[Listed]:
        """What a list tells of an owner's jobs, newest first: of these phases, the `last` after a time."""
        query = select(*(_JOB.c[name] for name in Listed._fields)).where(_JOB.c.owner == owner)
        if phases:
            query = query.where(_JOB.c.phase.in_(phases))
        if after is not None:
            query = query.where(_JOB.c.created > after)
        with self._engine.begin() as connection:
            rows = connection.execute(query.order_by(_JOB.c.created.desc()).limit(last)).all()
        return [Listed(*row) for row in rows]

    def totals(self) -> tuple[int, int]:
        """How many jobs there are, and the bytes of their results."""
        query = select(func.count(), func.coalesce(func.sum(_JOB.c.bytes), 0)).select_from(_JOB)
        with self._engine.begin() as connection:
            count, size = connection.execute(query).one()
        return int(count), int(size)

    def save(self, job: Job) -> Job:
        """Keep the job as it is now."""
        with writing(self._file), self._engine.begin() as connection:
            connection.execute(_JOB.update().where(_JOB.c.id == job.id).values(_row(job)))
        return job

    def change(self, job: Job, **what: Any) -> None:
        """Keep something else of a job, whose other columns stay as they are."""
        with writing(self._file), self._engine.begin() as connection:
            connection.execute(_JOB.update().where(_JOB.c.id == job.id).values(what))

    def remove(self, job: Job) -> None:
        """Forget the job and remove its files; the row goes first, so that no job lacks its result."""
        with writing(self._file), self._engine.begin() as connection:
            connection.execute(_JOB.delete().where(_JOB.c.id == job.id))
        shutil.rmtree(self.folder_of(job), ignore_errors=True)

    def remove_expired(self) -> list[str]:
        """Remove the jobs whose destruction is past; their ids."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(*_BRIEF).where(_JOB.c.destruction <= time.time())).mappings()
            expired = [_job(dict(row)) for row in rows]
        for job in expired:
            self.remove(job)
        return [job.id for job in expired]

    def folder_of(self, job: Job) -> Path:
        """Where the job's uploads and its result are."""
        return self.folder / job.id

    def result(self, job: Job) -> Path:
        """The file of the result, which is there once the job is complete."""
        return self.folder_of(job) / "result"

    def part(self, job: Job) -> Path:
        """The file into which the result is written."""
        return self.folder_of(job) / "result.part"

    def close(self) -> None:
        """Close the file, and let another service have it."""
        self._engine.dispose()
        self._lock.release()


def _locked(root: Path, folder: Path) -> TableLock:
    try:
        return TableLock(folder, "jobs")
    except StoreBusy as error:
        raise StoreError(f"{root} is served already by {error.holder}: stop that service first") from error


def _configure(connection: Any, _: object) -> None:
    # Of a process that is killed nothing is lost so, and a commit waits for no disk.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _bring_up(engine: Engine, file: Path) -> None:
    """Give the file of an earlier version the columns that it has not; raises StoreTooNew for a later one."""
    with engine.begin() as connection:
        found = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if found > _VERSION:
            raise StoreTooNew(file, found, _VERSION)
        if found == 1:
            connection.exec_driver_sql("ALTER TABLE job ADD COLUMN service VARCHAR NOT NULL DEFAULT ''")
        connection.exec_driver_sql(f"PRAGMA user_version={_VERSION}")


def _row(job: Job) -> dict[str, Any]:
    row = asdict(job)
    return row | {"parameters": json.dumps(job.parameters), "uploads": json.dumps(job.uploads)}


def _job(row: dict[str, Any]) -> Job:
    names = {each.name for each in fields(Job)}
    row = {name: value for name, value in row.items() if name in names}
    row["parameters"] = tuple((name, value) for name, value in json.loads(row["parameters"]))
    row["uploads"] = tuple(json.loads(row["uploads"]))
    row["error_is_transient"] = bool(row["error_is_transient"])
    return Job(**row)
