"""The registry made anew from the parts and descriptions, which carry Table and provenance as JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, insert

from catalogdb.attach import FILE as ATTACH_FILE
from catalogdb.attach import rewrite
from catalogdb.connect import connect
from catalogdb.ddl import literal, qualified, quoted, select_document
from catalogdb.descriptions import Description, newest_description, read_descriptions
from catalogdb.errors import StoreNotFound
from catalogdb.faults import writing
from catalogdb.history import insert_edits
from catalogdb.integrity import Damage, digests
from catalogdb.locks import store_lock
from catalogdb.migrations import SNAPSHOT, migrate
from catalogdb.records import (
    insert_ingests,
    insert_part,
    insert_version,
    link_part,
    record_run,
    set_description_file,
)
from catalogdb.registry import FILE, Registry, snapshot_row
from catalogdb.schema import Table
from catalogdb.settings import load_settings
from catalogdb.staging import NOTE, BuiltPart


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """The snapshot that the new registry holds, its tables and parts, and the parts that can not be read."""

    snapshot: int
    tables: int
    parts: int
    damaged: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A part file and what it says of itself; `name` comes from its path, which follows renames."""

    file: str
    name: str
    snapshot: int
    built: BuiltPart
    document: dict[str, Any]

    @property
    def alias(self) -> str:
        path = Path(self.file)
        return f"{path.parent.name}.{path.stem}"

    def table(self) -> Table:
        schema, _, name = self.name.partition(".")
        return dataclasses.replace(
            Table.from_json(json.dumps(self.document["table"])), schema=schema, name=name
        )


def rebuild_registry(path: str | Path) -> RebuildReport:
    """Replace store.sqlite of the store at `path` by one made from its parts; the old one is kept beside it.

    The new registry has one snapshot. What it shows is what attach.sql lists, where that is not older
    than the parts; else each table's publications are replayed in their order, which brings dropped
    tables back until they are dropped again. Earlier snapshots are lost; gc removes their files. No
    other process may write to the store meanwhile.
    """
    root = Path(path).absolute()
    if not (root / "tables").is_dir():
        raise StoreNotFound(root)
    with writing(root), store_lock(root / "staging"):
        found, damaged = _read_parts(root)
        described = read_descriptions(root)
        newest = max([0, *(part.snapshot for part in found), *(each.snapshot for each in described)])
        attached = _attached(root)
        number = max(newest, attached[0])
        shown = _listed(found, attached[1]) if attached[0] >= newest else _replayed(found)
        tables = _store(root, number, shown, described)
    rewrite(root, Registry(root))
    return RebuildReport(number, tables, len(shown), tuple(damaged))


def _read_parts(root: Path) -> tuple[list[_Found], list[Damage]]:
    files = sorted((root / "tables").glob("*/*.*.duckdb"))
    found, damaged = [], []
    connection = connect(root, load_settings(root))
    for file, digest in zip(files, digests(files), strict=True):
        name = str(file.relative_to(root))
        try:
            document = _document(connection, file)
        except duckdb.Error as error:
            damaged.append(Damage(name, str(error).splitlines()[0]))
            continue
        found.append(_found(name, file, digest["sha256"], document))
    connection.close()
    return found, damaged


def _document(connection: duckdb.DuckDBPyConnection, file: Path) -> dict[str, Any]:
    alias = "catalogdb.rebuild"
    connection.execute(f"ATTACH {literal(str(file))} AS {quoted(alias)} (READ_ONLY)")
    try:
        ((text,),) = connection.execute(select_document(qualified(alias, "main", NOTE))).fetchall()
    finally:
        connection.execute(f"DETACH {quoted(alias)}")
    document: dict[str, Any] = json.loads(text)
    return document


def _found(name: str, file: Path, sha256: str, document: dict[str, Any]) -> _Found:
    table, run = file.name.split(".")[:2]
    built = BuiltPart(
        path=file,
        key=document["key"],
        rows=document["rows"],
        hpx29_min=document["hpx29_min"],
        hpx29_max=document["hpx29_max"],
        sha256=sha256,
        bytes=file.stat().st_size,
        created=document["created"],
    )
    return _Found(name, f"{file.parent.name}.{table}", int(run.split("_")[0]), built, document)


def _attached(root: Path) -> tuple[int, str]:
    """The snapshot that attach.sql was written from, and its text; -1 where there is none."""
    try:
        text = (root / ATTACH_FILE).read_text(encoding="utf-8")
        return int(text.split(maxsplit=4)[3]), text
    except (OSError, ValueError, IndexError):
        return -1, ""


def _listed(found: Iterable[_Found], text: str) -> list[_Found]:
    """The parts that attach.sql lists, in its order."""
    places = {part.file: text.find(quoted(part.alias)) for part in found}
    return sorted((part for part in found if places[part.file] >= 0), key=lambda part: places[part.file])


def _replayed(found: Iterable[_Found]) -> list[_Found]:
    """The parts that remain when every publication is repeated in its order."""
    tables: dict[str, list[_Found]] = {}
    for part in sorted(found, key=lambda part: (part.snapshot, part.built.created)):
        kept = tables.get(part.name, [])
        tables[part.name] = [*_kept(kept, part), part]
    return [part for parts in tables.values() for part in parts]


def _kept(parts: list[_Found], new: _Found) -> list[_Found]:
    mode = new.document["mode"]
    if mode == "append":
        merged = set(new.document["merged"])
        return [part for part in parts if part.file not in merged]
    if mode == "part":
        return [part for part in parts if part.built.key != new.built.key]
    return []


def _store(root: Path, number: int, shown: list[_Found], described: list[Description]) -> int:
    """Write the new registry beside the old one and put it in its place; return the number of tables."""
    registry = Registry(root)
    draft = Registry(root)
    draft.file = root / "staging" / f"{FILE}.{os.getpid()}.{os.urandom(4).hex()}"
    draft.file.touch()
    by_table: dict[str, list[_Found]] = {}
    for part in shown:
        by_table.setdefault(part.name, []).append(part)
    with draft.write() as connection:
        migrate(connection)
        for each in sorted({0, number}):
            connection.execute(insert(SNAPSHOT).values(**snapshot_row(each, "rebuild")))
        for parts in by_table.values():
            version = _insert_version(connection, number, parts, described)
            for ordinal, part in enumerate(parts):
                link_part(connection, version, ordinal, insert_part(connection, part.file, part.built))
                note = part.document
                insert_ingests(connection, number, part.name, part.built.key, part.file, note["ingests"])
                if note["run"]:
                    record_run(connection, number, part.name, note["run"])
    for file in (registry.file, registry.file.with_name(f"{FILE}-journal")):
        if file.exists():
            file.rename(file.with_name(f"{file.name}.{int(time.time())}.old"))
    draft.file.rename(registry.file)
    return len(by_table)


def _insert_version(
    connection: Connection, number: int, parts: list[_Found], described: list[Description]
) -> int:
    """Insert the table as its last part describes it, or an edit that is not older; return the version."""
    last = max(reversed(parts), key=lambda part: part.snapshot)
    found = newest_description(described, last.name, last.snapshot)
    version = insert_version(connection, number, found.table if found else last.table())
    insert_edits(connection, last.name, found.edits if found else last.document.get("edits", ()))
    if found:
        set_description_file(connection, version, found.file)
    return version
