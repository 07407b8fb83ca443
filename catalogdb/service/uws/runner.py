"""What runs the jobs: as many at a time as may, in the order in which they came."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from catalogdb.errors import CatalogError
from catalogdb.formats import Format, find_format
from catalogdb.service.parameters import Parameters
from catalogdb.service.pool import Overloaded, Worker
from catalogdb.service.protocol import Message
from catalogdb.service.query import TapQuery
from catalogdb.service.users.quotas import index_request
from catalogdb.service.uws.jobs import ABORTED, COMPLETED, ERROR, EXECUTING, INDEX, QUEUED, Job, Jobs

if TYPE_CHECKING:
    from catalogdb.service.service import Service

_SWEPT_EVERY_S = 30.0
_MOST_QUEUED = 1000
_MOST_KEPT = 10_000
_FULL_RETRY_S = 600
_AGAIN_S = 5.0
_RESTARTED = "the service was stopped while the job ran: run it again"

_log = logging.getLogger(__name__)


class Runner:
    """The jobs of a service at work; `start` and `stop` belong to the service."""

    def __init__(self, service: Service, jobs: Jobs) -> None:
        self._service, self.jobs = service, jobs
        self._queue: deque[str] = deque()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._work = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take up what an earlier process left in the queue."""
        self._queue.extend(self.jobs.recover(_RESTARTED))
        self._work.set()
        self._tasks = [asyncio.create_task(self._dispatch()), asyncio.create_task(self._sweep())]

    async def stop(self) -> None:
        """Stop what runs; the jobs say so."""
        tasks = [*self._tasks, *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for job in self.jobs.all(phases=[EXECUTING]):
            self.jobs.change(job, phase=ERROR, ended=time.time(), error=_RESTARTED, error_is_transient=True)
        self.jobs.close()

    @property
    def queued(self) -> int:
        """Jobs that wait to run."""
        return len(self._queue)

    @property
    def running(self) -> int:
        """Jobs that run."""
        return len(self._running)

    def save(self, job: Job) -> Job:
        """Keep a job as it is now, and wake who waits for it to change."""
        self.jobs.save(job)
        self._wake(job.id)
        return job

    async def wait(self, job: Job, seconds: float) -> None:
        """Wait until the job is saved anew, or so long."""
        event = self._changed.setdefault(job.id, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()

    async def run(self, job: Job) -> Job:
        """Run a pending job: at once where there is room, else when its turn comes. Raises Overloaded."""
        if len(self._queue) >= _MOST_QUEUED:
            raise Overloaded(30)
        if self._has_slot() and not self._queue and self._service.pool.has_room:
            return self._begin(job, await self._service.pool.acquire())
        job = self.save(replace(job, phase=QUEUED))
        self._queue.append(job.id)
        self._work.set()
        return job

    async def abort(self, job: Job) -> Job:
        """End a job that is not at its end."""
        await self._halt(job.id)
        job = self.jobs.get(job.id) or job
        if not job.is_active:
            return job
        return self.save(replace(job, phase=ABORTED, ended=time.time()))

    async def remove(self, job: Job) -> None:
        """End a job and forget it."""
        await self._halt(job.id)
        self.jobs.remove(job)
        self._wake(job.id)

    def check_room(self) -> None:
        """Raise Overloaded if there are as many jobs, or as large results, as the service keeps."""
        count, size = self.jobs.totals()
        if count >= _MOST_KEPT:
            raise Overloaded(_FULL_RETRY_S, "the service keeps as many jobs as it can; remove your old ones")
        if size >= self._service.limits.jobs_bytes:
            raise Overloaded(_FULL_RETRY_S, "the results of jobs fill their space; remove your old ones")

    async def _halt(self, number: str) -> None:
        """See to it that the job neither runs nor waits to run."""
        if number in self._queue:
            self._queue.remove(number)
        if (task := self._running.get(number)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _wake(self, number: str) -> None:
        if (event := self._changed.pop(number, None)) is not None:
            event.set()

    def _has_slot(self) -> bool:
        return len(self._running) < self._service.limits.jobs

    async def _dispatch(self) -> None:
        """Start the jobs of the queue, one after the other, as slots and workers come free."""
        while True:
            await self._work.wait()
            self._work.clear()
            while self._queue and self._has_slot():
                worker = await self._service.pool.acquire(patient=True)
                number = self._queue.popleft() if self._queue else ""
                try:
                    self._begin_queued(number, worker)
                except CatalogError as error:
                    # The disk may be full: the job keeps its place, and others their turn.
                    _log.error("job %s can not begin: %s", number, error)
                    self._queue.append(number)
                    await asyncio.sleep(_AGAIN_S)

    def _begin_queued(self, number: str, worker: Worker) -> None:
        """Begin a job whose turn it is, unless it has been aborted or removed."""
        try:
            job = self.jobs.get(number)
        except BaseException:
            self._service.pool.release(worker, fresh=True)
            raise
        if job is None or job.phase != QUEUED:
            self._service.pool.release(worker, fresh=True)
        else:
            self._begin(job, worker)

    def _begin(self, job: Job, worker: Worker) -> Job:
        try:
            job = self.save(replace(job, phase=EXECUTING, started=time.time()))
        except BaseException:
            self._service.pool.release(worker, fresh=True)
            raise
        started: list[Worker] = []
        task = asyncio.create_task(self._execute(job, worker, started))
        self._running[job.id] = task
        task.add_done_callback(lambda _: self._ended(job.id, worker, started))
        return job

    def _ended(self, number: str, worker: Worker, started: list[Worker]) -> None:
        self._running.pop(number, None)
        if not started:  # cancelled before its first step
            self._service.pool.release(worker, fresh=True)
        self._work.set()

    async def _execute(self, job: Job, worker: Worker, started: list[Worker]) -> None:
        """Let the worker write the result of a job to its file; whatever happens, the job says it."""
        started.append(worker)
        try:
            done = await self._written(job, worker)
        except CatalogError as error:
            self.jobs.part(job).unlink(missing_ok=True)
            await self._say(_failed(job, str(error)))
        except asyncio.CancelledError:
            self.jobs.part(job).unlink(missing_ok=True)
            raise
        except Exception as error:
            _log.exception("job %s failed in a way that is no fault of the query", job.id)
            await self._say(_failed(job, f"a defect of this service: {type(error).__name__}"))
        else:
            await self._say(done)

    async def _say(self, job: Job) -> None:
        """Keep the end of a job; where that can not be written now, as on a full disk, try again."""
        while True:
            try:
                self.save(job)
                return
            except CatalogError as error:
                _log.error("the end of job %s can not be kept: %s", job.id, error)
                await asyncio.sleep(_AGAIN_S)

    async def _written(self, job: Job, worker: Worker) -> Job:
        service = self._service
        try:
            asked, format_ = self._asked(job)
        except BaseException:
            service.pool.release(worker, fresh=True)
            raise
        request = asked | {
            "snapshot": service.catalogue().snapshot,
            "path": str(self.jobs.part(job)),
            "most_bytes": service.limits.result_bytes,
            "to_file": True,
            "user": job.user_name,
        }
        limit_s = job.duration_s or service.limits.async_max_s
        async with service.pool.run(request, worker, limit_s) as run:
            message, _ = await run.next()
            while message["event"] != "ended":
                message, _ = await run.next()
        self.jobs.part(job).replace(self.jobs.result(job))
        if job.kind == INDEX:
            # Who is told that the job is done sees the table as it is now.
            await service.look(at_once=True)
        _log.info("job %s: %d rows in %s ms", job.id, message["rows"], message["ms"])
        return replace(
            job,
            phase=COMPLETED,
            ended=time.time(),
            content_type=format_.content_type,
            suffix=format_.suffix,
            bytes=message["bytes"],
            rows=message["rows"],
            snapshot=message["snapshot"],
        )

    def _asked(self, job: Job) -> tuple[Message, Format]:
        """What a worker is asked for, and the format of what it writes; raises CatalogError."""
        service, parameters = self._service, Parameters.of(job.parameters)
        if job.kind == INDEX:
            return index_request(service, parameters), find_format("text")
        query = TapQuery.of(parameters, service.limits, strict=service.settings.serve_strict)
        return query.request(job.service) | {"uploads": list(job.uploads)}, query.format

    async def _sweep(self) -> None:
        """Remove the jobs whose time is over."""
        while True:
            for job in self.jobs.all(phases=[QUEUED, EXECUTING]):
                if job.destruction <= time.time():
                    await self._halt(job.id)
            for number in self.jobs.remove_expired():
                self._wake(number)
                _log.info("job %s has come to the end of its time", number)
            await asyncio.sleep(_SWEPT_EVERY_S)


def _failed(job: Job, why: str, *, is_transient: bool = False) -> Job:
    return replace(job, phase=ERROR, ended=time.time(), error=why, error_is_transient=is_transient)
