"""A part while it is built in staging/: rows in order, its Table inside, then closed, summed and synced."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from catalogdb.attach import ROWS
from catalogdb.connect import transaction
from catalogdb.ddl import (
    Constants,
    comment_statements,
    create_table,
    extent,
    insert_document,
    literal,
    qualified,
    quoted,
)
from catalogdb.schema import Table

STORAGE_VERSION = "v1.4.0"
NOTE = "catalogdb_part"
"""The table of a part file with one JSON document: what the registry knows of the part."""


@dataclass(frozen=True, slots=True)
class BuiltPart:
    """A finished part file in staging/, closed and synced.

    `made_from` are the part files, relative to the store, whose rows it has beside any new ones.
    """

    path: Path
    key: str | None
    rows: int
    hpx29_min: int | None
    hpx29_max: int | None
    sha256: str
    bytes: int
    created: float
    made_from: tuple[str, ...] = ()


def begin_part(
    con: duckdb.DuckDBPyConnection, path: Path, table: Table, constants: Constants | None = None
) -> str:
    """Attach a new file with the empty table in it; return its attached name."""
    alias = path.stem
    options = f"STORAGE_VERSION '{STORAGE_VERSION}'"
    if table.row_group is not None:
        options += f", ROW_GROUP_SIZE {table.row_group}"
    con.execute(f"ATTACH {literal(str(path))} AS {quoted(alias)} ({options})")
    target = qualified(alias, "main", ROWS)
    # Each commit waits for the disk.
    with transaction(con):
        con.execute(create_table(target, table, constants))
        for statement in comment_statements("TABLE", target, table):
            con.execute(statement)
    return alias


def finish_part(
    con: duckdb.DuckDBPyConnection, path: Path, table: Table, key: str | None, note: Mapping[str, Any]
) -> BuiltPart:
    """Write the part's own description into it, checkpoint, close `con`, sync and sum the file."""
    document = close_file(con, path, table, {**note, "key": key})
    with ThreadPoolExecutor(max_workers=1) as pool:
        # To free what the instance held takes as long as to sum the file.
        digest = pool.submit(_synced_sum, path)
        con.close()
    return BuiltPart(
        path=path,
        key=key,
        rows=document["rows"],
        hpx29_min=document["hpx29_min"],
        hpx29_max=document["hpx29_max"],
        sha256=digest.result(),
        bytes=path.stat().st_size,
        created=document["created"],
    )


def close_file(
    con: duckdb.DuckDBPyConnection, path: Path, table: Table, note: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the file's own description into it, checkpoint and detach it; return the description."""
    alias = path.stem
    rows, low, high = _extent(con, alias, table)
    document = {
        **note,
        "table": json.loads(table.to_json()),
        "rows": rows,
        "hpx29_min": low,
        "hpx29_max": high,
        "created": time.time(),
    }
    target = qualified(alias, "main", NOTE)
    con.execute(f"CREATE TABLE {target} (document VARCHAR NOT NULL)")
    con.execute(insert_document(target), {"document": json.dumps(document, default=str)})
    con.execute(f"CHECKPOINT {quoted(alias)}")
    con.execute(f"DETACH {quoted(alias)}")
    return document


def _synced_sum(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_file(path: Path) -> None:
    """Make what was written to the file outlive a crash of the system."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _extent(con: duckdb.DuckDBPyConnection, alias: str, table: Table) -> tuple[int, int | None, int | None]:
    ((rows, low, high),) = con.execute(extent(qualified(alias, "main", ROWS), table)).fetchall()
    return rows, low, high


def discard(path: Path) -> None:
    """Remove a staged file and its write-ahead log."""
    for file in (path, path.with_name(path.name + ".wal")):
        file.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder outlive a crash of the system."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
