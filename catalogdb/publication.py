"""The commit: staged parts renamed into tables/, their registry rows, snapshot + 1, all or nothing."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from catalogdb.attach import rewrite
from catalogdb.descriptions import write_description
from catalogdb.editing import Edit
from catalogdb.errors import StoreError
from catalogdb.faults import writing
from catalogdb.history import edits_of, insert_edits
from catalogdb.migrations import EDIT, INGEST, PART, SNAPSHOT, TABLE_VERSION, check_version
from catalogdb.provenance import Ingest, Run, ingest_row
from catalogdb.records import (
    insert_ingests,
    insert_part,
    insert_version,
    link_part,
    record_run,
    set_description_file,
)
from catalogdb.registry import Part, Registry, TableVersion, current_number, snapshot_row
from catalogdb.schema import Table
from catalogdb.staging import BuiltPart, sync_folder

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one publication does to one table.

    `base` is the version it starts from (None for a new name), `table` the new description
    (None drops the table), `parts` its parts in order: old ones kept, built ones added. The ingests and
    edits recorded for a table follow it to the name `renamed_to`. With `describes` the description gets
    a file of its own, since no part has it; `edits` are recorded.
    """

    name: str
    action: str
    base: TableVersion | None
    table: Table | None
    parts: tuple[Part | BuiltPart, ...] = ()
    ingests: tuple[Ingest, ...] = ()
    run: Run | None = None
    renamed_to: str | None = None
    describes: bool = False
    edits: tuple[Edit, ...] = ()


def commit(root: Path, registry: Registry, changes: Sequence[Change]) -> int:
    """Publish the changes as one new snapshot and return its number.

    The caller holds the writer's lock of every table named. Nothing is visible before SQLite's
    commit; whatever stops it earlier leaves the previous snapshot, and the moved files are removed.
    """
    moved: list[Path] = []
    action = ", ".join(f"{change.action} {change.name}" for change in changes)
    try:
        with registry.write() as connection:
            check_version(connection, root)
            number = current_number(connection) + 1
            connection.execute(insert(SNAPSHOT).values(**snapshot_row(number, action)))
            for change in changes:
                _apply(connection, root, number, change, moved)
            for folder in {file.parent for file in moved}:
                sync_folder(folder)
    except BaseException:
        _take_back(root, registry, moved)
        raise
    _log.info("published snapshot %d of %s: %s", number, root, action)
    try:
        rewrite(root, registry)
    except StoreError as error:
        # The publication stands; the next `open` or publication writes the file.
        _log.warning("snapshot %d is published, but attach.sql could not be rewritten: %s", number, error)
    return number


def _apply(connection: Connection, root: Path, number: int, change: Change, moved: list[Path]) -> None:
    _end_version(connection, number, change)
    if change.renamed_to is not None:
        for each in (INGEST, EDIT):
            connection.execute(
                update(each).where(each.c.table_name == change.name).values(table_name=change.renamed_to)
            )
    if change.table is None:
        return
    version_id = insert_version(connection, number, change.table)
    _describe(connection, root, number, change, version_id, moved)
    for ordinal, part in enumerate(change.parts):
        if isinstance(part, Part):
            part_id = part.id
        else:
            file = _move(root, number, change.table, part)
            moved.append(root / file)
            part_id = insert_part(connection, file, part)
            rows = [ingest_row(ingest) for ingest in change.ingests]
            insert_ingests(connection, number, change.name, part.key, file, rows)
        link_part(connection, version_id, ordinal, part_id)
    if change.run is not None:
        record_run(connection, number, change.name, change.run.row())


def _describe(
    connection: Connection, root: Path, number: int, change: Change, version_id: int, moved: list[Path]
) -> None:
    """Record the edits, and write the description file of a version whose parts have another one."""
    rows = [{"snapshot": number, "edited": time.time()} | edit.row() for edit in change.edits]
    insert_edits(connection, change.name, rows)
    if not change.describes or change.table is None:
        return
    file = write_description(root, number, change.table, edits_of(connection, change.name))
    moved.append(file)
    set_description_file(connection, version_id, str(file.relative_to(root)))


def _end_version(connection: Connection, number: int, change: Change) -> None:
    schema, _, name = change.name.partition(".")
    current = connection.scalar(
        select(TABLE_VERSION.c.id).where(
            TABLE_VERSION.c.schema_name == schema,
            TABLE_VERSION.c.table_name == name,
            TABLE_VERSION.c.until_snapshot.is_(None),
        )
    )
    if current != (change.base.id if change.base else None):
        raise StoreError(f"{change.name} was changed by another process meanwhile: repeat")
    if current is not None:
        connection.execute(
            update(TABLE_VERSION).where(TABLE_VERSION.c.id == current).values(until_snapshot=number)
        )


def _move(root: Path, number: int, table: Table, part: BuiltPart) -> str:
    """Rename the staged file to its place; the name carries the snapshot, for `rebuild_registry`."""
    folder = root / "tables" / table.schema
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
    file = folder / f"{table.name}.{number}_{os.urandom(4).hex()}.duckdb"
    part.path.rename(file)
    return str(file.relative_to(root))


def _take_back(root: Path, registry: Registry, moved: Sequence[Path]) -> None:
    """Remove the moved files, unless the commit that seemed to fail did happen.

    If the registry can not be read now, the files stay: gc finds out later, deleting is for ever.
    """
    if not moved:
        return
    try:
        with registry.read() as connection:
            known = {*connection.scalars(select(PART.c.file))}
            known |= {*connection.scalars(select(TABLE_VERSION.c.description_file))}
    except StoreError:
        return
    with writing(root):
        for file in moved:
            if str(file.relative_to(root)) not in known:
                file.unlink(missing_ok=True)
