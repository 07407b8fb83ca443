"""Warm worker processes: one query each at a time, within its limits, and no query harms another."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Coroutine
from dataclasses import asdict, replace
from pathlib import Path

import psutil

from catalogdb.errors import CatalogError
from catalogdb.service.limits import SPILL, Limits
from catalogdb.service.protocol import Message, pack, receive
from catalogdb.settings import Settings

_GRACE_S = 1.0
_START_S = 60.0
_WATCHED_EVERY_S = 0.1
_SPOOL = ".serve"

_log = logging.getLogger(__name__)


class Overloaded(CatalogError):
    """Every worker is busy and enough requests wait already; `retry_s` is when to come again."""

    def __init__(self, retry_s: int, why: str = "the service is busy") -> None:
        self.retry_s = retry_s
        super().__init__(f"{why}: try again in {retry_s} s")


class QueryFailed(CatalogError):
    """A query that ended without a result; `kind` is query, timeout, memory, cancelled or internal.

    `bytes` is what was written before, if that is a document of its own, with the error at its end.
    """

    def __init__(self, message: str, kind: str = "query", bytes_: int = 0) -> None:
        self.kind, self.bytes = kind, bytes_
        super().__init__(message)


class Worker:
    """A worker process as the service sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process, self._in, self._out = process, process.stdin, process.stdout
        self.pid = process.pid
        self.is_busy = False
        self._hearing: asyncio.Task[tuple[Message, bytes]] | None = None
        self.stopped_for = ""
        """Why the service itself ended the process; empty where it did not."""

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process.returncode is None

    async def tell(self, message: Message) -> None:
        """Send a message; a worker that is gone shows when it is listened to."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._in.write(pack(message))
            await self._in.drain()

    async def hear(self) -> tuple[Message, bytes]:
        """The next message; raises QueryFailed if the process ended instead."""
        # A task of its own: one who stops waiting must not take half a frame with him.
        if self._hearing is None:
            self._hearing = asyncio.create_task(receive(self._out))
            self._hearing.add_done_callback(_seen)
        try:
            return await asyncio.shield(self._hearing)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            code = await self.process.wait()
            if self.stopped_for:
                raise QueryFailed(self.stopped_for, "memory") from error
            raise QueryFailed(
                f"the process that ran the query ended unexpectedly ({code})", "internal"
            ) from error
        finally:
            if self._hearing.done():
                self._hearing = None

    def kill(self, why: str = "") -> None:
        """End the process at once."""
        self.stopped_for = self.stopped_for or why
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()


class Run:
    """One query in a worker: an async context manager, from which the worker goes back to the pool."""

    def __init__(self, pool: Pool, request: Message, worker: Worker, limit_s: float) -> None:
        self._pool, self._request, self._worker = pool, request, worker
        self._limit_s = limit_s
        self._until = asyncio.get_running_loop().time() + limit_s
        self._fresh: bool | None = None
        self._has_begun = False

    async def __aenter__(self) -> Run:
        self._has_begun = True
        try:
            await self._worker.tell(self._request)
        except BaseException:
            self._pool.stop_later(self._worker, self._request)
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._fresh is None:
            # The caller went away. A task of its own waits until the query has stopped.
            self._pool.stop_later(self._worker, self._request)
        else:
            self._pool.release(self._worker, fresh=self._fresh)

    def give_up(self) -> None:
        """Give the worker back if the query never began: a task can be cancelled before its first step."""
        if not self._has_begun:
            self._has_begun = True
            self._pool.release(self._worker, fresh=True)

    async def next(self) -> tuple[Message, bytes]:
        """The next message: `grown`, or `ended` with what is not in a file; raises QueryFailed."""
        try:
            async with asyncio.timeout_at(self._until):
                message, payload = await self._worker.hear()
        except TimeoutError:
            message = await self._pool.stop(self._worker, self._request["id"])
            self._fresh = bool(message.get("fresh"))
            self._pool.failures += 1
            text = f"the query was stopped: it ran for more than {self._limit_s:g} s"
            raise QueryFailed(text, "timeout", message.get("complete", 0)) from None
        except QueryFailed:
            self._fresh = False
            self._pool.failures += 1
            raise
        if message["event"] in {"ended", "failed"}:
            self._fresh = bool(message.get("fresh"))
        if message["event"] == "failed":
            self._pool.failures += 1
            raise QueryFailed(message["message"], message["kind"], message["complete"])
        return message, payload


class Pool:
    """The workers of a service on the store at `root`; an async context manager."""

    def __init__(self, root: Path, settings: Settings, limits: Limits) -> None:
        self._root, self._limits = root, limits
        temp = settings.serve_temp or settings.max_temp_size
        self._settings = replace(settings, memory_limit=settings.serve_memory, max_temp_size=temp)
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._waiting: deque[asyncio.Future[Worker]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self._closing = False
        self.folder = _spool_folder(root)
        self.queries = self.failures = self.restarts = self.refused = 0

    async def __aenter__(self) -> Pool:
        # What a service that was killed has left: the jobs of a store are locked by one service alone.
        for left in (self._root / "tmp").glob(f"*.*{_SPOOL}"):
            shutil.rmtree(left, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            started = await asyncio.gather(*(self._start() for _ in range(self._limits.workers)))
        except BaseException:
            await self.__aexit__()
            raise
        self._idle.extend(started)
        self._spawn(self._watch())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._closing = True
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in [*self._all]:
            worker.kill()
            await worker.process.wait()
            self._forget(worker)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def busy(self) -> int:
        """Workers that run a query now."""
        return sum(worker.is_busy for worker in self._all)

    @property
    def waiting(self) -> int:
        """Requests that wait for a worker."""
        return len(self._waiting)

    @property
    def has_room(self) -> bool:
        """Whether a worker is free, and nobody waits for it."""
        return bool(self._idle) and not self._waiting

    def new_file(self) -> Path:
        """A path for a result or an upload, in a folder that ends with the service."""
        return self.folder / f"{next(self._numbers)}"

    async def acquire(self, *, patient: bool = False) -> Worker:
        """A worker of one's own, to be given back with `release`; raises Overloaded unless `patient`."""
        if self._idle and not self._waiting:
            return self._taken(self._idle.pop())
        wait_s = None if patient else self._limits.wait_s
        if wait_s is not None and len(self._waiting) >= self._limits.queue:
            self.refused += 1
            raise Overloaded(_retry_s(wait_s))
        place: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            async with asyncio.timeout(wait_s):
                return self._taken(await place)
        except TimeoutError:
            self.refused += 1
            raise Overloaded(_retry_s(self._limits.wait_s)) from None
        finally:
            if place in self._waiting:
                self._waiting.remove(place)
            elif place.done() and not place.cancelled() and not place.result().is_busy:
                self._hand_on(place.result())  # it came in the moment in which the request gave up

    def _taken(self, worker: Worker) -> Worker:
        worker.is_busy = True
        return worker

    def release(self, worker: Worker, *, fresh: bool) -> None:
        """Give a worker back; one that is not `fresh` is replaced."""
        worker.is_busy = False
        if fresh and worker.is_alive and not self._closing:
            self._hand_on(worker)
            return
        worker.kill()
        if not self._closing:
            self._spawn(self._replace(worker))

    def _hand_on(self, worker: Worker) -> None:
        while self._waiting:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(worker)
                return
        self._idle.append(worker)

    def run(self, request: Message, worker: Worker, limit_s: float) -> Run:
        """Let an acquired worker answer a request, for `limit_s` at most."""
        self.queries += 1
        return Run(self, request | {"do": "query", "id": next(self._numbers)}, worker, limit_s)

    def stop_later(self, worker: Worker, request: Message) -> None:
        """Stop the query of a worker that nobody listens to any more, and give the worker back."""
        self._spawn(self._stop_and_release(worker, request))

    async def _stop_and_release(self, worker: Worker, request: Message) -> None:
        message = await self.stop(worker, request["id"])
        if not message:
            await worker.process.wait()
        # Only now: until it has stopped, the worker may still make the file.
        Path(request["path"]).unlink(missing_ok=True)
        self.release(worker, fresh=bool(message.get("fresh")))

    async def stop(self, worker: Worker, number: int) -> Message:
        """Interrupt the query, and kill the process if that does not help; its last message, if any."""
        await worker.tell({"do": "cancel", "id": number})
        try:
            async with asyncio.timeout(_GRACE_S):
                while True:
                    message, _ = await worker.hear()
                    if message["event"] in {"ended", "failed"}:
                        return message
        except (TimeoutError, QueryFailed):
            worker.kill()
            return {}

    async def _start(self) -> Worker:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "catalogdb.service.worker",
            str(self._root),
            json.dumps(asdict(self._settings)),
            str(self.folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl-C is for the service, which lets queries finish
        )
        worker = Worker(process)
        self._all.add(worker)
        try:
            async with asyncio.timeout(_START_S):
                await worker.hear()
        except BaseException:
            worker.kill()
            self._spawn(self._bury(worker))
            raise
        return worker

    async def _bury(self, worker: Worker) -> None:
        await worker.process.wait()
        self._forget(worker)

    async def _replace(self, old: Worker) -> None:
        await self._bury(old)
        wait_s = 0.1
        while True:
            try:
                self._hand_on(await self._start())
                self.restarts += 1
                return
            except (QueryFailed, TimeoutError, OSError) as error:
                _log.error("a worker did not start: %s", error)
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, 10)

    def _forget(self, worker: Worker) -> None:
        """Remove what a worker that has ended left: its spill files and its lease."""
        self._all.discard(worker)
        for left in self.folder.glob(f"{SPILL}.{worker.pid}.*"):
            shutil.rmtree(left, ignore_errors=True)
        for lease in (self._root / "staging" / "leases").glob(f"*.{worker.pid}.*"):
            lease.unlink(missing_ok=True)

    async def _watch(self) -> None:
        """Stop the workers that use more memory than is allowed; replace those that ended by themselves."""
        while True:
            await asyncio.sleep(_WATCHED_EVERY_S)
            for worker in [*self._all]:
                with contextlib.suppress(psutil.Error):
                    if (
                        worker.is_busy
                        and psutil.Process(worker.pid).memory_info().rss > self._limits.memory_bytes
                    ):
                        most = self._limits.memory_bytes / 1e9
                        worker.kill(f"the query was stopped: it used more than {most:.1f} GB of memory")
            for worker in [each for each in self._idle if not each.is_alive]:
                self._idle.remove(worker)
                self._spawn(self._replace(worker))

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _seen(task: asyncio.Task[tuple[Message, bytes]]) -> None:
    """Take note of how a task ended that nobody may wait for any more."""
    if not task.cancelled():
        task.exception()


def _retry_s(wait_s: float) -> int:
    return max(1, min(30, round(wait_s)))


def _spool_folder(root: Path) -> Path:
    """A folder of this service's own; gc knows the pattern of its name."""
    name = f"{os.getpid()}.{os.urandom(4).hex()}{_SPOOL}"
    if os.access(root / "tmp", os.W_OK | os.X_OK):
        return root / "tmp" / name
    return Path(tempfile.gettempdir()) / f"catalogdb.{name}"
