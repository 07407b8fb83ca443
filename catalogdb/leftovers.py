"""Files that belong to nothing: what a crash left in tables/, staging/ and tmp/."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from catalogdb.errors import StoreBusy
from catalogdb.locks import TableLock
from catalogdb.migrations import PART, TABLE_VERSION
from catalogdb.pieces import SUFFIX, finished, older, unfinished
from catalogdb.registry import Registry

_DRAFT_AGE_S = 3600.0


def unregistered(connection: Connection, root: Path) -> list[Path]:
    """The files in tables/ that are no part and no description.

    True only within a write transaction of the registry: a publication renames its files inside one.
    """
    known = {*connection.scalars(select(PART.c.file).where(PART.c.removed.is_(None)))}
    known |= {*connection.scalars(select(TABLE_VERSION.c.description_file))}
    files = sorted(file for file in (root / "tables").rglob("*") if file.is_file())
    return [file for file in files if str(file.relative_to(root)) not in known]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """The pieces of an ingest that did not come to its end: the same command goes on with them.

    `touched` is when the last was finished (Unix time [s]).
    """

    table: str
    files: tuple[Path, ...]
    bytes: int
    touched: float


def abandoned(root: Path, registry: Registry) -> Iterator[tuple[TableLock, list[Path], Unfinished | None]]:
    """For each table with files in staging/ that no living writer holds: its lock, taken, and the files.

    First what was never finished or is older than the table, then the finished pieces of an ingest.
    """
    staging = root / "staging"
    for table in sorted({".".join(file.name.split(".")[:2]) for file in _staged(staging)}):
        with suppress(StoreBusy):
            lock = TableLock(staging, table)
            try:
                # Listed anew: the writer may have published between the first look and the lock.
                old = older(staging / f"{table}{SUFFIX}", registry.snapshot().since(table))
                yield lock, [*_torn(staging, table), *old], _pieces(staging, table, old)
            finally:
                lock.release()


def _staged(staging: Path) -> list[Path]:
    patterns = ("*.*.*.duckdb", "*.*.*.duckdb.wal", f"*.*{SUFFIX}")
    return [file for pattern in patterns for file in staging.glob(pattern)]


def _torn(staging: Path, table: str) -> list[Path]:
    files = [file for file in _staged(staging) if file.name.startswith(f"{table}.") and file.is_file()]
    return files + unfinished(staging / f"{table}{SUFFIX}")


def _pieces(staging: Path, table: str, old: list[Path]) -> Unfinished | None:
    files = [file for file in finished(staging / f"{table}{SUFFIX}") if file not in old]
    if not files:
        return None
    states = [file.stat() for file in files]
    return Unfinished(
        table=table,
        files=tuple(files),
        bytes=sum(state.st_size for state in states),
        touched=max(state.st_mtime for state in states),
    )


def old_drafts(root: Path) -> list[Path]:
    """The unfinished registries that a killed `open(create=True)` or rebuild left."""
    return [file for file in (root / "staging").glob("store.sqlite.*") if _older(file, _DRAFT_AGE_S)]


def old_fetches(root: Path, days: float) -> Iterator[tuple[TableLock, Path]]:
    """The folders of fetches that nobody has resumed for so many days: each with its lock, taken."""
    for folder in sorted((root / "staging").glob("fetch.*/")):
        if _older(folder, days * 86400):
            with suppress(StoreBusy):
                lock = TableLock(root / "staging", folder.name)
                try:
                    yield lock, folder
                finally:
                    lock.release()


def old_temp_folders(root: Path, days: float) -> list[Path]:
    """The spill folders of processes that ended without removing them.

    Age alone does not tell: a query may write to one of its files for long, or the retention be 0.
    """
    folders = [folder for folder in (root / "tmp").glob("*.*") if _older(folder, days * 86400)]
    return [folder for folder in folders if not _lives(folder.name.partition(".")[0])]


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _older(path: Path, age_s: float) -> bool:
    try:
        return path.stat().st_mtime < time.time() - age_s
    except FileNotFoundError:
        return False
