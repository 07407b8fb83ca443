"""drop, rename and describe: publications that write no rows."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from catalogdb.editing import Edit, edits, marked
from catalogdb.errors import SchemaError, TableExists, TableNotFound
from catalogdb.faults import writing
from catalogdb.locks import TableLock
from catalogdb.publication import Change, commit
from catalogdb.registry import Part, Registry, TableVersion
from catalogdb.schema import Table, check_name
from catalogdb.staging import BuiltPart
from catalogdb.writer import FORBIDDEN_SCHEMAS


def drop_table(root: Path, registry: Registry, name: str) -> int:
    """Publish a snapshot without the table; earlier ones keep it until gc. Return its number."""
    with ExitStack() as stack:
        version = _locked(root, registry, name, stack)
        return commit(root, registry, [Change(name=name, action="drop", base=version, table=None)])


def rename_table(root: Path, registry: Registry, old: str, new: str) -> int:
    """Publish a snapshot in which the table `old` has the qualified name `new`; return its number.

    No row is copied: the parts get a second name on disk (a hard link), so that a rebuilt registry
    knows the new one.
    """
    schema, _, name = new.partition(".")
    if schema in FORBIDDEN_SCHEMAS:
        raise SchemaError(f"{new}: the schema {schema} is not for tables of yours")
    check_name(schema, "schema")
    check_name(name, "table")
    if new == old:
        raise TableExists(new)
    with ExitStack() as stack:
        version = _locked(root, registry, old, stack)
        stack.callback(_lock(root, new).release)
        if new in registry.snapshot().tables:
            raise TableExists(new)
        table = dataclasses.replace(version.table, schema=schema, name=name)
        with writing(root / "staging"):
            parts = tuple(_linked(root, new, part) for part in version.parts)
        for part in parts:
            stack.callback(part.path.unlink, missing_ok=True)
        changes = [
            Change(name=old, action="rename", base=version, table=None, renamed_to=new),
            Change(
                name=new,
                action="to",
                base=None,
                table=table,
                parts=parts,
                describes=version.description_file is not None,
            ),
        ]
        return commit(root, registry, changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditReport:
    """What was edited in the description of a table, and the snapshot that first shows it."""

    table: Table
    edits: tuple[Edit, ...]
    snapshot: int


def describe_table(root: Path, registry: Registry, name: str, change: Callable[[Table], Table]) -> EditReport:
    """Publish a snapshot in which the table has another description, and the same parts.

    `change` gets the present description. Raises SchemaError for one that other rows would belong to.
    Where nothing is changed nothing is published.
    """
    with ExitStack() as stack:
        version = _locked(root, registry, name, stack)
        new = change(version.table)
        found = tuple(edits(version.table, new))
        if not found:
            return EditReport(table=version.table, edits=(), snapshot=registry.snapshot().number)
        table = marked(new, found)
        number = commit(
            root,
            registry,
            [
                Change(
                    name=name,
                    action="describe",
                    base=version,
                    table=table,
                    parts=version.parts,
                    describes=True,
                    edits=found,
                )
            ],
        )
        return EditReport(table=table, edits=found, snapshot=number)


def _lock(root: Path, name: str) -> TableLock:
    with writing(root / "staging"):
        return TableLock(root / "staging", name)


def _locked(root: Path, registry: Registry, name: str, stack: ExitStack) -> TableVersion:
    stack.callback(_lock(root, name).release)
    tables = registry.snapshot().tables
    if name not in tables:
        raise TableNotFound(name, tables)
    return tables[name]


def _linked(root: Path, name: str, part: Part) -> BuiltPart:
    path = root / "staging" / f"{name}.{os.urandom(4).hex()}.duckdb"
    os.link(root / part.file, path)
    return BuiltPart(
        path=path,
        key=part.key,
        rows=part.rows,
        hpx29_min=part.hpx29_min,
        hpx29_max=part.hpx29_max,
        sha256=part.sha256,
        bytes=part.bytes,
        created=part.created,
        made_from=(part.file,),
    )
