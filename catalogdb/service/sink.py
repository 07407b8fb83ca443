"""Where a worker's result goes: with its last message if it is small, else to a file that grows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from catalogdb.errors import QueryError
from catalogdb.service.protocol import Message

_INLINE = 1 << 20
_TOLD_EVERY = 1 << 20
_SLACK = 1 << 26
"""Bytes beyond the most that a result may have: its last rows, and its end."""


class Sink:
    """The bytes of one result; `tell` sends what the service should know while it grows.

    A file, unlike a pipe, never waits for a client that is slow to read.
    """

    def __init__(
        self, path: Path, most_bytes: int, tell: Callable[[Message], None], *, to_file: bool
    ) -> None:
        self._path, self._most, self._tell = path, most_bytes, tell
        self._inline = 0 if to_file else _INLINE
        self._held: list[bytes] = []
        self._file: BinaryIO | None = None
        self._told = 0
        self.bytes = 0
        self.is_whole = True
        """Whether everything is there that was to be written."""

    def write(self, chunk: bytes) -> None:
        """Take more bytes; raises QueryError far beyond the most that a result may have, OSError."""
        self.is_whole = False
        if self.bytes > self._most + _SLACK:
            self.check()
        self._take(chunk)
        self.is_whole = True

    def _take(self, chunk: bytes) -> None:
        if self._file is None:
            self.bytes += len(chunk)
            self._held.append(chunk)
            if self.bytes > self._inline:
                self._file = self._path.open("wb", buffering=0)
                held, self._held = b"".join(self._held), []
                _write_all(self._file, held)
                self._grown()
            return
        _write_all(self._file, chunk)
        self.bytes += len(chunk)
        if self.bytes - self._told >= _TOLD_EVERY:
            self._grown()

    def check(self) -> None:
        """Raise QueryError beyond the most that a result may have.

        Asked between rows, so that a document which can tell of errors is brought to its end.
        """
        if self.bytes > self._most:
            raise QueryError(f"the result is larger than this service allows ({self._most / 1e6:,.0f} MB)")

    def _grown(self) -> None:
        self._told = self.bytes
        self._tell({"event": "grown", "bytes": self.bytes})

    def end(self) -> bytes:
        """What was held back, if there is no file; else the file is complete."""
        held = b"".join(self._held)
        self.close()
        return held

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()


def _write_all(file: BinaryIO, chunk: bytes) -> None:
    left = memoryview(chunk)
    while left:
        left = left[file.write(left) :]
