"""Work on several batches at once, each in a thread with a cursor of its own; the first error stops all."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar

import duckdb

from catalogdb.connect import tracked
from catalogdb.faults import interruptible

Item = TypeVar("Item")

_INTERVAL_S = 0.2


class Stopped(Exception):
    """Raised in a thread that is to end because another has failed."""


class Crew:
    """Threads that share one DuckDB: they decompress and parse side by side, within one memory limit."""

    def __init__(self, con: duckdb.DuckDBPyConnection, size: int) -> None:
        self._con, self._size = con, size
        self._stop = threading.Event()
        self._cursors: set[duckdb.DuckDBPyConnection] = set()

    def check(self) -> None:
        """Raise Stopped if the caller's thread is to end."""
        if self._stop.is_set():
            raise Stopped

    def run(
        self,
        items: Iterable[Item],
        work: Callable[[duckdb.DuckDBPyConnection, Item], None],
        tick: Callable[[], None],
    ) -> None:
        """Call work(cursor, item) for every item; `tick` several times a second in the caller's thread.

        What `work` or `tick` raises is raised here, when every thread has ended.
        """
        with ThreadPoolExecutor(self._size, thread_name_prefix="ingest") as pool:
            futures = [pool.submit(contextvars.copy_context().run, self._one, work, item) for item in items]
            try:
                pending = set(futures)
                while pending:
                    done, pending = wait(pending, _INTERVAL_S, FIRST_EXCEPTION)
                    _raise_first(done)
                    tick()
            except BaseException:
                self._end(futures)
                raise

    def _one(self, work: Callable[[duckdb.DuckDBPyConnection, Item], None], item: Item) -> None:
        self.check()
        cursor = tracked(self._con.cursor())
        self._cursors.add(cursor)
        try:
            with interruptible():
                work(cursor, item)
        finally:
            self._cursors.discard(cursor)
            cursor.close()

    def _end(self, futures: list[Future[None]]) -> None:
        """Stop what runs: again and again, for a statement may be about to begin."""
        self._stop.set()
        for future in futures:
            future.cancel()
        while wait(futures, _INTERVAL_S).not_done:
            for cursor in list(self._cursors):
                cursor.interrupt()


def _raise_first(done: Iterable[Future[None]]) -> None:
    errors = [error for future in done if (error := future.exception()) is not None]
    # An interrupted thread only follows; what interrupted it is to be told.
    errors.sort(key=lambda error: isinstance(error, KeyboardInterrupt))
    if errors:
        raise errors[0]
