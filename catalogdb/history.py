"""What the rows of a table were read from, through appends, compactions and renames."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields

from sqlalchemy import Connection, select

from catalogdb.migrations import INGEST, PART
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


def _with_sources(connection: Connection, files: set[str]) -> set[str]:
    """The files, and all whose rows they have."""
    found: set[str] = set()
    while files:
        found |= files
        made = connection.scalars(select(PART.c.made_from).where(PART.c.file.in_(files)))
        files = {source for text in made if text for source in json.loads(text)} - found
    return found
