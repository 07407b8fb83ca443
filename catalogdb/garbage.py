"""gc: remove the files of snapshots that are neither kept by the retention nor leased, and leftovers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select, update

from catalogdb.faults import writing
from catalogdb.leases import leased_snapshots, remove_expired
from catalogdb.leftovers import abandoned, old_drafts, old_fetches, old_temp_folders, unregistered
from catalogdb.migrations import PART, SNAPSHOT, TABLE_VERSION, VERSION_PART
from catalogdb.pieces import SUFFIX
from catalogdb.registry import Registry
from catalogdb.settings import Settings


@dataclass(frozen=True, slots=True)
class GcReport:
    """What gc removed: files relative to the store, their bytes, and how many of them were orphans."""

    files: tuple[str, ...]
    bytes: int
    orphans: int


def collect_garbage(
    root: Path, registry: Registry, settings: Settings, *, retention_days: float | None = None
) -> GcReport:
    """Remove what no snapshot within the retention and no leased one needs, and what crashes left.

    Parts are first marked in the registry, then unlinked: a crash between leaves an orphan, never a
    snapshot that seems readable and is not. Unlinking below a running reader is safe.
    """
    days = settings.retention_days if retention_days is None else retention_days
    with registry.write() as connection:
        leased = leased_snapshots(root, settings.lease_hours)
        live = _live(connection, _kept(connection, time.time() - days * 86400, leased))
        superseded = _superseded(connection, live)
        connection.execute(update(PART).where(PART.c.id.in_(superseded)).values(removed=time.time()))
        gone = TABLE_VERSION.c.id.not_in(live)
        connection.execute(update(TABLE_VERSION).where(gone).values(description_file=None))
        doomed = unregistered(connection, root)
    files = [str(file.relative_to(root)) for file in doomed]
    size = _remove(root, doomed)
    orphans = len(set(files) - set(superseded.values()))
    for lock, torn, pieces in abandoned(root, registry):
        old = pieces is not None and pieces.touched < time.time() - days * 86400
        staged = [*torn, *(pieces.files if pieces is not None and old else ())]
        files += [str(file.relative_to(root)) for file in staged]
        orphans += len(staged)
        size += _remove(root, staged)
        _remove_empty(root, root / "staging" / f"{lock.table}{SUFFIX}")
    _remove(root, old_drafts(root))
    for _, folder in old_fetches(root, days):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in old_temp_folders(root, days=settings.retention_days):
        shutil.rmtree(folder, ignore_errors=True)
    remove_expired(root, settings.lease_hours)
    return GcReport(tuple(files), size, orphans)


def _kept(connection: Connection, since: float, leased: set[int]) -> set[int]:
    """The snapshots to keep: the current, those superseded after `since`, the leased."""
    rows = connection.execute(
        select(SNAPSHOT.c.snapshot, SNAPSHOT.c.created).order_by(SNAPSHOT.c.snapshot)
    ).all()
    ends = {row.snapshot: later.created for row, later in zip(rows, rows[1:], strict=False)}
    return {row.snapshot for row in rows if ends.get(row.snapshot, float("inf")) > since} | leased


def _live(connection: Connection, kept: set[int]) -> set[int]:
    """The ids of the table versions that one of the kept snapshots shows."""
    versions = connection.execute(
        select(TABLE_VERSION.c.id, TABLE_VERSION.c.since_snapshot, TABLE_VERSION.c.until_snapshot)
    )
    return {
        row.id
        for row in versions
        if any(
            row.since_snapshot <= number and (row.until_snapshot is None or number < row.until_snapshot)
            for number in kept
        )
    }


def _superseded(connection: Connection, live: set[int]) -> dict[int, str]:
    """The parts, not yet removed, that belong to no live version: id to file."""
    used = {row.part_id for row in connection.execute(select(VERSION_PART)) if row.version_id in live}
    present = connection.execute(select(PART.c.id, PART.c.file).where(PART.c.removed.is_(None)))
    return {row.id: row.file for row in present if row.id not in used}


def _remove_empty(root: Path, folder: Path) -> None:
    """Remove the folder of a table's pieces, if it has none any more."""
    with writing(root):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _remove(root: Path, files: Iterable[Path]) -> int:
    """Unlink the files; return their bytes."""
    total = 0
    with writing(root):
        for file in files:
            if file.exists():
                total += file.stat().st_size
                file.unlink(missing_ok=True)
    return total
