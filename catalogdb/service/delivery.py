"""A worker's result on its way to a client, who may be slow or gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from starlette.requests import Request

from catalogdb.service.pool import Pool, QueryFailed, Worker
from catalogdb.service.protocol import Message

_CHUNK = 1 << 18

T = TypeVar("T")


class ClientGone(Exception):
    """The client closed the connection before there was an answer."""


class Delivery:
    """The bytes of one query: `begin` waits for the first, `chunks` gives all, `close` is always called.

    The worker writes as fast as it can, to a file if there is much: it is free before the client has read it.
    """

    def __init__(self, pool: Pool, worker: Worker, request: Message, limit_s: float) -> None:
        self._path = pool.new_file()
        self._run = pool.run(request | {"path": str(self._path)}, worker, limit_s)
        self._first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._news = asyncio.Event()
        self._there = 0
        self._inline = b""
        self._failure: QueryFailed | None = None
        self.ended: Message | None = None
        self._pump = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        try:
            async with self._run as run:
                while self.ended is None:
                    message, payload = await run.next()
                    self._there = message["bytes"]
                    if message["event"] == "ended":
                        self._inline, self.ended = payload, message
                    self._tell()
        except QueryFailed as error:
            self._failure = error
            self._there = max(self._there, error.bytes)
            self._tell()

    def _tell(self) -> None:
        if not self._first.done():
            self._first.set_result(None)
        self._news.set()

    @property
    def in_file(self) -> bool:
        """Whether there is so much that the worker has written it to a file."""
        return self._path.exists()

    async def begin(self) -> None:
        """Wait until there is something to send; raises QueryFailed."""
        await self._first
        if self._failure is not None:
            raise self._failure

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes, as they come; raises QueryFailed if the query fails before its end."""
        if self.ended is not None and self._inline:
            yield self._inline
            return
        with self._path.open("rb", buffering=0) as file:
            sent = 0
            while True:
                self._news.clear()
                while sent < self._there:
                    chunk = file.read(min(_CHUNK, self._there - sent))
                    if not chunk:
                        raise QueryFailed("the result is shorter than it was told to be", "internal")
                    sent += len(chunk)
                    yield chunk
                if self._failure is not None:
                    if self._failure.bytes:
                        return
                    raise self._failure
                if self.ended is not None and sent >= self._there:
                    return
                if sent >= self._there:
                    await self._news.wait()

    async def close(self) -> None:
        """Stop the query if it still runs, and remove the file."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self._run.give_up()
        self._path.unlink(missing_ok=True)


async def while_connected(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, which is given up if the client closes the connection: ClientGone."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    task = asyncio.ensure_future(work())
    watch = asyncio.create_task(gone())
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientGone
    finally:
        for each in (watch, task):
            each.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await each


def file_name(suffix: str) -> dict[str, str]:
    """The header that names a result if it is saved."""
    return {"Content-Disposition": f'inline; filename="{Path("result").with_suffix(suffix)}"'}
