"""OS locks on files in staging/: a writer's lock of its table, and the store's for attach.sql.

flock, not a file's existence: the kernel releases it when the process ends, also by kill -9. The
files stay; removing one would let two writers lock different files of the same name.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from catalogdb.errors import StoreBusy

# check and gc take a table's lock for an instant; a writer must not call that a rival.
_TRIES = 4
_PAUSE_S = 0.03


class TableLock:
    """The writer's lock of one table, held from construction to `release`; a context manager."""

    def __init__(self, staging: Path, table: str) -> None:
        """Take the lock at once or raise StoreBusy naming the holder."""
        self.table = table
        self._owner = os.getpid()
        self._fd = os.open(lock_path(staging, table), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        if not _take(self._fd, _TRIES):
            holder = _holder(self._fd)
            os.close(self._fd)
            raise StoreBusy(table, holder)
        note = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%H:%M:%S")}
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, json.dumps(note).encode(), 0)

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._fd >= 0:
            if self._owner == os.getpid():
                # Closing is not enough: a child forked meanwhile has the lock too.
                fcntl.flock(self._fd, fcntl.LOCK_UN)
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


def lock_path(staging: Path, table: str) -> Path:
    """`staging/<schema>.<name>.lock` of the qualified name."""
    return staging / f"{table}.lock"


def _take(fd: int, tries: int) -> bool:
    for attempt in range(tries):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if attempt + 1 < tries:
                time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _holder(fd: int) -> str:
    try:
        note = json.loads(os.pread(fd, 4096, 0))
        return f"process {note['pid']} on {note['host']} since {note['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"


@contextmanager
def store_lock(staging: Path) -> Iterator[None]:
    """Hold the store's own lock, waiting for it; guards attach.sql."""
    fd = os.open(staging / "store.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
