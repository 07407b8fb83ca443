"""The schema `provenance`: ingests, runs, parts and snapshots, described like any table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from catalogdb.migrations import EDIT, INGEST, RUN, SNAPSHOT
from catalogdb.registry import Snapshot
from catalogdb.schema import Column, Table

Row = dict[str, Any]


def _text(name: str, ucd: str, about: str, *, nullable: bool = True) -> Column:
    return Column(name=name, type="VARCHAR", ucd=ucd, about=about, nullable=nullable, principal=True)


def _count(name: str, about: str) -> Column:
    return Column(name=name, type="BIGINT", ucd="meta.number", unit="", about=about, principal=True)


def _time(name: str, about: str) -> Column:
    return Column(name=name, type="TIMESTAMP", ucd="time.creation", about=about, principal=True)


def _table(name: str, about: str, *columns: Column) -> Table:
    return Table(schema="provenance", name=name, about=about, columns=columns, unique=False)


_TABLE_NAME = _text("table_name", "meta.id;meta.table", "Qualified name of the table", nullable=False)
_PART = _text("part", "meta.id.part", "Key of the part, where it was published under one")
_SNAPSHOT = Column(
    name="snapshot", type="BIGINT", ucd="meta.version", unit="", about="Snapshot that first shows it"
)
_SECONDS = Column(name="seconds", type="DOUBLE", ucd="time.duration", unit="s", about="Duration")
_VERSION = _text("code_version", "meta.version;meta.software", "Version of catalogdb")

INGESTS = _table(
    "ingests",
    "The files that were read, with the number of their rows",
    _TABLE_NAME,
    _PART,
    _text("part_file", "meta.ref;meta.file", "File of the store that the rows went to"),
    _SNAPSHOT,
    _text("file", "meta.id;meta.dataset", "File that was read"),
    _text("sha256", "meta.checksum", "SHA-256 of the file that was read"),
    _text("catalogue", "meta.id", "Catalogue whose specification was used"),
    _text("form", "meta.code", "Form of the catalogue that the file has"),
    _text("spec_sha256", "meta.checksum", "SHA-256 of the specification"),
    _count("rows_read", "Rows read"),
    _count("rows_kept", "Rows stored"),
    _count("rows_rejected", "Rows set aside as bad"),
    _time("started", "Begin (UTC)"),
    _SECONDS,
    _text("note", "meta.note", "Note"),
)
RUNS = _table(
    "runs",
    "The runs of analyses and matches; each result row carries its run_id",
    _text("run_id", "meta.id;meta.main", "Identifier of the run", nullable=False),
    _text("analysis", "meta.id", "What was run"),
    _text("settings", "meta.note", "Settings, as JSON"),
    _count("seed", "Random seed"),
    _text("inputs", "meta.ref;meta.file", "Part files that were read, as JSON"),
    Column(name="input_snapshot", type="BIGINT", ucd="meta.version", unit="", about="Snapshot that was read"),
    _VERSION,
    _time("started", "Begin (UTC)"),
    _SECONDS,
    _text("outputs", "meta.id;meta.table", "Tables written, as JSON"),
    _SNAPSHOT,
)
PARTS = _table(
    "parts",
    "The files that make up each table in this snapshot, in order",
    _TABLE_NAME,
    _count("part_index", "Place of the part in the table"),
    _PART,
    _text("part_file", "meta.ref;meta.file", "File, relative to the store"),
    _count("n_rows", "Rows"),
    Column(name="hpx29_min", type="BIGINT", ucd="pos.healpix;stat.min", unit="", about="Least hpx29"),
    Column(name="hpx29_max", type="BIGINT", ucd="pos.healpix;stat.max", unit="", about="Greatest hpx29"),
    _text("sha256", "meta.checksum", "SHA-256 of the file"),
    Column(name="n_bytes", type="BIGINT", ucd="meta.number", unit="byte", about="Size of the file"),
    _time("created", "When it was written (UTC)"),
)
EDITS = _table(
    "edits",
    "What was changed in the description of a table whose rows stayed as they are",
    _TABLE_NAME,
    _text("column_name", "meta.id", "Column whose description was changed; missing where it is the table's"),
    _text("item", "meta.id", "What was changed: title, about, ucd and so on", nullable=False),
    _text("was", "meta.note", "What was said before"),
    _text("now", "meta.note", "What is said since"),
    _SNAPSHOT,
    _time("edited", "When it was changed (UTC)"),
)
SNAPSHOTS = _table(
    "snapshots",
    "The publications, of which each makes a snapshot",
    Column(name="snapshot", type="BIGINT", ucd="meta.version", unit="", about="Number", nullable=False),
    _time("created", "When it was published (UTC)"),
    _text("changes", "meta.note", "What was published"),
    _VERSION,
)

PROVENANCE = (INGESTS, RUNS, PARTS, EDITS, SNAPSHOTS)


def provenance_rows(connection: Connection, snapshot: Snapshot) -> list[tuple[Table, list[Row]]]:
    """The rows of the schema as of `snapshot`."""
    until = snapshot.number
    ingests = connection.execute(select(INGEST).where(INGEST.c.snapshot <= until).order_by(INGEST.c.id))
    runs = connection.execute(select(RUN).where(RUN.c.snapshot <= until).order_by(RUN.c.started))
    edits = connection.execute(select(EDIT).where(EDIT.c.snapshot <= until).order_by(EDIT.c.id))
    published = connection.execute(
        select(SNAPSHOT).where(SNAPSHOT.c.snapshot <= until).order_by(SNAPSHOT.c.snapshot)
    )
    return [
        (INGESTS, [_row(INGESTS, row._mapping, part=row.part_key) for row in ingests]),
        (RUNS, [_row(RUNS, row._mapping) for row in runs]),
        (PARTS, _part_rows(snapshot)),
        (EDITS, [_row(EDITS, row._mapping) for row in edits]),
        (SNAPSHOTS, [_row(SNAPSHOTS, row._mapping, changes=row.action) for row in published]),
    ]


def _row(table: Table, values: Mapping[Any, Any], **renamed: Any) -> Row:
    given = {**values, **renamed}
    row = {column.name: given[column.name] for column in table.columns}
    return {name: _time_of(table, name, value) for name, value in row.items()}


def _time_of(table: Table, name: str, value: Any) -> Any:
    if value is None or table.column(name).type != "TIMESTAMP":
        return value
    # TIMESTAMP has no zone; ours are UTC.
    return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)


def _part_rows(snapshot: Snapshot) -> list[Row]:
    return [
        {
            "table_name": name,
            "part_index": index,
            "part": part.key,
            "part_file": part.file,
            "n_rows": part.rows,
            "hpx29_min": part.hpx29_min,
            "hpx29_max": part.hpx29_max,
            "sha256": part.sha256,
            "n_bytes": part.bytes,
            "created": _time_of(PARTS, "created", part.created),
        }
        for name, version in snapshot.tables.items()
        for index, part in enumerate(version.parts)
    ]
