"""How far an ingest is: rows that readers count, files done, or DuckDB's own estimate of what it has read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

Progress = Callable[[str, int, int | None], None]
"""Told the step, the units done, and their total where it is known. Called from another thread."""

_INTERVAL_S = 0.2


class Meter:
    """Counts the rows of each file, and tells a Progress while they are read."""

    def __init__(self, name: str, progress: Progress | None, files: int, size: int) -> None:
        self._name, self._progress, self._files, self._size = name, progress, files, size
        self._rows: dict[Path, int] = {}
        self._done = 0

    def counter(self, path: Path) -> Callable[[int], None]:
        """What the reader of a file calls with the rows of each batch; it begins at 0."""
        self._rows[path] = 0

        def count(rows: int) -> None:
            self._rows[path] += rows

        return count

    def rows(self, path: Path) -> int:
        """The rows counted of a file."""
        return self._rows[path]

    def finished(self, rows: dict[Path, int]) -> None:
        """Note files that are done, with their rows."""
        self._rows |= rows
        self._done += len(rows)

    def step(self, what: str) -> Callable[[int], None]:
        """What hears how many of all rows another step has done, such as "merging"."""
        total = sum(self._rows.values())

        def tell(done: int) -> None:
            if self._progress is not None:
                self._progress(f"{what} {self._name}, rows", done, total)

        return tell

    def tick(self) -> None:
        """Tell the files that are done, and the rows."""
        if self._progress is not None:
            self._progress(f"reading {self._name}, files", self._done, self._files)
            self._progress(f"reading {self._name}, rows", sum(self._rows.copy().values()), None)

    @contextmanager
    def watching(self, con: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Tell the progress several times a second while one statement after the other runs on `con`.

        A callback that raises stops the statement, and its error is raised here.
        """
        if self._progress is None:
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
        assert self._progress is not None
        label = f"reading {self._name}"
        if rows := sum(self._rows.copy().values()):
            self._progress(f"{label}, rows", rows, None)
            return
        percent = con.query_progress()
        if percent > 0:
            self._progress(f"{label}, bytes", round(self._size * min(percent, 100.0) / 100), self._size)
