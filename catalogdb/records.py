"""The registry's rows of a new table version: its columns, parts, ingests and run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, update

from catalogdb.migrations import INGEST, PART, RUN, TABLE_COLUMN, TABLE_VERSION, VERSION_PART
from catalogdb.schema import Table
from catalogdb.staging import BuiltPart


def insert_version(connection: Connection, number: int, table: Table) -> int:
    """Insert the table, as of snapshot `number`, and its columns; return the version's id."""
    result = connection.execute(
        insert(TABLE_VERSION).values(
            schema_name=table.schema,
            table_name=table.name,
            since_snapshot=number,
            about=table.about,
            document=table.to_json(),
        )
    )
    version_id = int(result.lastrowid)
    rows = [
        {
            "version_id": version_id,
            "ordinal": ordinal,
            "name": column.name,
            "type": column.type,
            "unit": column.unit,
            "ucd": column.ucd,
            "about": column.about,
        }
        for ordinal, column in enumerate(table.columns)
    ]
    connection.execute(insert(TABLE_COLUMN), rows)
    return version_id


def set_description_file(connection: Connection, version_id: int, file: str) -> None:
    """Say where the description of the version stands that its parts do not have."""
    connection.execute(
        update(TABLE_VERSION).where(TABLE_VERSION.c.id == version_id).values(description_file=file)
    )


def insert_part(connection: Connection, file: str, part: BuiltPart) -> int:
    """Insert a part, whose file now stands at `file`; return its id."""
    result = connection.execute(
        insert(PART).values(
            file=file,
            part_key=part.key,
            rows=part.rows,
            hpx29_min=part.hpx29_min,
            hpx29_max=part.hpx29_max,
            sha256=part.sha256,
            bytes=part.bytes,
            created=part.created,
            made_from=json.dumps(part.made_from) if part.made_from else None,
        )
    )
    return int(result.lastrowid)


def link_part(connection: Connection, version_id: int, ordinal: int, part_id: int) -> None:
    """Make the part the one at place `ordinal` of the version."""
    connection.execute(insert(VERSION_PART).values(version_id=version_id, ordinal=ordinal, part_id=part_id))


def insert_ingests(
    connection: Connection,
    number: int,
    table_name: str,
    part_key: str | None,
    file: str,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Insert the ingests whose rows went to the part at `file`."""
    where = {"snapshot": number, "table_name": table_name, "part_key": part_key, "part_file": file}
    for row in rows:
        connection.execute(insert(INGEST).values(**row, **where))


def record_run(connection: Connection, number: int, table_name: str, row: Mapping[str, Any]) -> None:
    """Insert the run, or add the table to the outputs of one that is published in several steps."""
    same = RUN.c.run_id == row["run_id"]
    known = connection.scalar(select(RUN.c.outputs).where(same))
    outputs = json.loads(known) if known else []
    if table_name not in outputs:
        outputs.append(table_name)
    values = {**row, "snapshot": number, "outputs": json.dumps(outputs)}
    statement = insert(RUN) if known is None else update(RUN).where(same)
    connection.execute(statement.values(**values))
