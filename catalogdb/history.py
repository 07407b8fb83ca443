"""What a table has gone through: the files its rows were read from, the edits of its description."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, insert, select

from catalogdb.migrations import EDIT, INGEST, PART
from catalogdb.provenance import Ingest


def ingests_of(connection: Connection, files: Iterable[str]) -> tuple[Ingest, ...]:
    """The ingests whose rows these part files have, in the order in which they were published."""
    names = [field.name for field in fields(Ingest)]
    wanted = _with_sources(connection, set(files))
    rows = connection.execute(
        select(*(INGEST.c[name] for name in names))
        .where(INGEST.c.part_file.in_(wanted))
        .order_by(INGEST.c.id)
    )
    return tuple(Ingest(**dict(zip(names, row, strict=True))) for row in rows)


def edits_of(connection: Connection, table_name: str) -> list[dict[str, Any]]:
    """What was edited in the description of the table, in order, as EDIT has it but for the table's name."""
    rows = connection.execute(select(EDIT).where(EDIT.c.table_name == table_name).order_by(EDIT.c.id))
    return [
        {name: value for name, value in row._mapping.items() if name not in {"id", "table_name"}}
        for row in rows
    ]


def insert_edits(connection: Connection, table_name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Record what was edited in the description of the table."""
    for row in rows:
        connection.execute(insert(EDIT).values(**row, table_name=table_name))


def _with_sources(connection: Connection, files: set[str]) -> set[str]:
    """The files, and all whose rows they have."""
    found: set[str] = set()
    while files:
        found |= files
        made = connection.scalars(select(PART.c.made_from).where(PART.c.file.in_(files)))
        files = {source for text in made if text for source in json.loads(text)} - found
    return found
