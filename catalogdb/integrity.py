"""check: every part against its checksum, and what lies about that belongs to nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from catalogdb.errors import StoreDamaged, StoreError
from catalogdb.leftovers import Unfinished, abandoned, unregistered
from catalogdb.migrations import PART
from catalogdb.registry import Registry

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Damage:
    """A part that is not what was published; `file` is relative to the store."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What `check` found: parts verified, their bytes, damage, and orphans that gc would remove.

    `unfinished` are ingests that were interrupted; gc removes what they left after the retention.
    """

    parts: int
    bytes: int
    damaged: tuple[Damage, ...]
    orphans: tuple[str, ...]
    unfinished: tuple[Unfinished, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no damage; orphans are none."""
        return not self.damaged


def check_store(
    path: str | Path, *, busy_timeout_s: float = 30.0, progress: Progress | None = None
) -> CheckReport:
    """Verify the parts of every snapshot that is kept; works also where `open` refuses a damaged part.

    Raises StoreNotFound, StoreTooNew, and StoreDamaged where the registry itself is damaged.
    """
    root = Path(path).absolute()
    registry = Registry(root, busy_timeout_s)
    registry.require()
    with registry.read() as connection:
        rows = connection.execute(
            select(PART.c.file, PART.c.sha256, PART.c.bytes)
            .where(PART.c.removed.is_(None))
            .order_by(PART.c.file)
        ).all()
    total = sum(row.bytes for row in rows)
    damaged, done = [], 0
    for row, found in zip(rows, digests([root / row.file for row in rows]), strict=True):
        if found.get("sha256") != row.sha256:
            damaged.append(Damage(row.file, _reason(root / row.file, found.get("error"), row.bytes)))
        done += row.bytes
        if progress is not None:
            progress("check", done, total)
    damaged = [damage for damage in damaged if not _removed(registry, damage.file)]
    orphans, begun = _orphans(root, registry)
    return CheckReport(len(rows), total, tuple(damaged), tuple(orphans), tuple(begun))


def _removed(registry: Registry, file: str) -> bool:
    """Whether gc has removed the part meanwhile."""
    with registry.read() as connection:
        return connection.scalar(select(PART.c.removed).where(PART.c.file == file)) is not None


def _reason(file: Path, error: str | None, size: int) -> str:
    if error is not None or not file.exists():
        return f"can not be read: {error or 'it has gone'}"
    found = file.stat().st_size
    if found != size:
        return f"has {found} bytes, {size} were published"
    return "has another checksum than was published"


def digests(files: Sequence[Path]) -> Iterator[dict[str, str]]:
    """`{"sha256": ...}` or `{"error": ...}` of each file, computed in a subprocess."""
    if not files:
        return
    # -I: the script's folder, which has modules of common names, stays off the import path.
    command = [sys.executable, "-I", str(Path(__file__).with_name("checksum.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise StoreError("the process that computes checksums could not be started")
        for file in files:
            process.stdin.write(json.dumps(str(file)) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise StoreError(f"the process that computes checksums ended at {file}")
            yield json.loads(line)
        process.stdin.close()


def _orphans(root: Path, registry: Registry) -> tuple[list[str], list[Unfinished]]:
    """The files that belong to nothing, and the ingests that wait to be repeated."""
    if not os.access(root / "staging", os.W_OK):
        with registry.read() as connection:
            return [str(file.relative_to(root)) for file in unregistered(connection, root)], []
    with registry.write() as connection:
        found = unregistered(connection, root)
    begun = []
    for _, torn, pieces in abandoned(root, registry):
        found += torn
        begun += [pieces] if pieces is not None else []
    return [str(file.relative_to(root)) for file in found], begun


def attach_fault(root: Path, files: Sequence[tuple[str, int]], error: Exception) -> StoreError:
    """The error for a snapshot that DuckDB could not attach: which part, what is wrong, what to do."""
    if "too many open files" in str(error).lower():
        return StoreError(
            f"{root} has {len(files)} parts, more files than this process may open: "
            "raise the limit (ulimit -n), or publish tables of many parts anew with --replace"
        )
    advice = "restore it from a copy, or ingest the table anew (catalogdb check lists all damage)"
    for name, size in files:
        file = root / name
        if not file.exists():
            return StoreDamaged(f"{file} is missing: {advice}")
        if not os.access(file, os.R_OK):
            return StoreError(f"{file} may not be read by this user: chmod it, or run as its owner")
        if file.stat().st_size != size:
            return StoreDamaged(f"{file} has {file.stat().st_size} bytes, {size} were published: {advice}")
    return StoreDamaged(f"{root} can not be shown ({error}): run catalogdb check")
