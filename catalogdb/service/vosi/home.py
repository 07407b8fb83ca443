"""The pages for people: what the service has and how to connect, and what one table is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath

from catalogdb.foreign_keys import foreign_keys
from catalogdb.provenance import Ingest
from catalogdb.schema import Column, Table
from catalogdb.service.vosi.availability import timestamp
from catalogdb.service.vosi.holdings import Holdings, has_places, identifier, shown_columns
from catalogdb.service.vosi.rendering import render
from catalogdb.service.vosi.tableset import RowCount
from catalogdb.tap_schema import is_indexed, query_name, schema_about
from catalogdb.vo_types import vo_type

TITLE = "catalogdb: star catalogues by TAP"

_SYSTEM = frozenset({"tap_schema", "provenance"})


@dataclass(frozen=True, slots=True)
class _Section:
    """A schema with its tables and the rows of each."""

    name: str
    about: str
    tables: list[tuple[Table, int | None]]


def home_page(
    base_url: str, tables: Sequence[Table], row_count: RowCount, *, snapshot: int, title: str = TITLE
) -> bytes:
    """The page at `base_url`/tap: the tables with their rows, and how programs connect."""
    sections = [
        _Section(name, schema_about(name), [(t, row_count(t.qualified_name)) for t in members])
        for name, members in groupby(tables, key=lambda table: table.schema)
    ]
    catalogues = Holdings(tables, row_count).catalogues
    first = catalogues[0] if catalogues else tables[0]
    return render(
        "home.html",
        base_url=base_url,
        title=title,
        snapshot=snapshot,
        sections=sections,
        n_tables=sum(table.schema not in _SYSTEM for table in tables),
        query=f"SELECT TOP 10 * FROM {first.qualified_name}",
        example=first.qualified_name,
    )


def table_page(
    base_url: str,
    table: Table,
    tables: Sequence[Table],
    row_count: RowCount,
    ingests: Sequence[Ingest] = (),
    *,
    has_cone: bool = False,
) -> bytes:
    """The page of one table: where it is from, what is known of it, its columns, keys and files."""
    keys = [k for k in foreign_keys(tables) if table.qualified_name in (k.from_table, k.target_table)]
    listed = shown_columns(table) if has_places(table) and identifier(table) else "*"
    return render(
        "table.html",
        base_url=base_url,
        table=table,
        n_rows=row_count(table.qualified_name),
        facts=_facts(table),
        positions=table.positions,
        columns=[_described(table, column) for column in table.columns],
        outgoing=[k for k in keys if k.from_table == table.qualified_name],
        incoming=[k for k in keys if k.target_table == table.qualified_name],
        # Where the file was on the disk is nobody's business.
        ingests=[(PurePath(each.file).name, each, timestamp(each.started)) for each in ingests],
        query=f"SELECT TOP 10 {listed} FROM {table.qualified_name}",
        has_cone=has_cone,
    )


def _facts(table: Table) -> list[tuple[str, str]]:
    """What the table says of itself, as far as it does."""
    extra = table.extra
    frame = ". ".join(text for text in (table.frame, table.frame_note) if text)
    known = (
        ("Source", table.source),
        ("Reference", table.reference),
        ("Bibcode", table.bibcode),
        ("Frame", frame),
        ("Epoch", extra.get("epoch_note", "")),
        ("Time scale", extra.get("time_scale", "")),
        ("Systematic errors", extra.get("systematics", "")),
        ("Shares observations with", table.shared_data_group),
        ("Rows of the whole catalogue", _number(extra.get("rows_expected"))),
        ("Checked", extra.get("verified", "")),
    )
    return [(name, str(text)) for name, text in known if text]


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


@dataclass(frozen=True, slots=True)
class _ShownColumn:
    """A row of the list of columns."""

    name: str
    kind: str
    unit: str
    ucd: str
    about: str
    source_name: str
    is_indexed: bool


def _described(table: Table, column: Column) -> _ShownColumn:
    kind = vo_type(column.type)
    shape = "" if kind.arraysize is None else f"[{kind.arraysize}]"
    return _ShownColumn(
        name=query_name(column),
        kind=kind.xtype or ("text" if column.type == "VARCHAR" else kind.datatype + shape),
        unit=column.unit or "",
        ucd=column.ucd,
        about=column.about,
        source_name=column.source_name or "",
        is_indexed=is_indexed(table, column),
    )
