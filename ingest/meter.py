"""How far an ingest is: rows that readers count, or DuckDB's own estimate while it reads a file itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb

Progress = Callable[[str, int, int | None], None]
"""Told the step, the units done, and their total where it is known. Called from another thread."""

_INTERVAL_S = 0.2


class Meter:
    """Counts the rows of each file, and tells a Progress while a statement runs."""

    def __init__(self, label: str, progress: Progress | None, size: int) -> None:
        self.label, self.progress, self.size = label, progress, size
        self.rows: dict[int, int] = {}

    def counter(self, number: int) -> Callable[[int], None]:
        """What the reader of file `number` calls with the rows of each batch."""
        self.rows[number] = 0

        def count(rows: int) -> None:
            self.rows[number] += rows

        return count

    @contextmanager
    def watching(self, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Tell the progress several times a second while a statement runs on `con`.

        A callback that raises stops the statement, and its error is raised here.
        """
        if self.progress is None:
            yield
            return
        con.execute("SET enable_progress_bar = true")
        con.execute("SET enable_progress_bar_print = false")
        stop = threading.Event()
        errors: list[Exception] = []

        def poll() -> None:
            while not stop.wait(_INTERVAL_S):
                try:
                    self._tell(con)
                except Exception as error:  # noqa: BLE001  (the callback is the caller's)
                    errors.append(error)
                    con.interrupt()
                    return

        thread = threading.Thread(target=poll, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            if errors:
                raise errors[0]

    def _tell(self, con: duckdb.DuckDBPyConnection) -> None:
        assert self.progress is not None
        if rows := sum(self.rows.values()):
            self.progress(f"{self.label}, rows", rows, None)
            return
        percent = con.query_progress()
        if percent > 0:
            self.progress(f"{self.label}, bytes", round(self.size * min(percent, 100.0) / 100), self.size)
