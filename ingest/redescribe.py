"""A specification's description for a table that was ingested with an earlier one, its rows unchanged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalogdb.errors import DataError
from catalogdb.schema import Column, Table
from ingest.spec import ICRS_ALIGNED, Spec
from ingest.table import extra_of, spec_table, table_of


def described_by(spec: Spec, table: Table) -> Table:
    """Return the table as the spec describes it now; DataError where its rows would have to be read anew.

    Titles, references, notes, positions, and what is said of each column are the spec's; the columns and
    their types are the table's. Nothing is made of what the spec says of bytes and conversions.
    """
    catalogue = table.extra.get("catalogue")
    if catalogue != spec.name:
        raise DataError(
            f"{table.qualified_name} is a table of {catalogue or 'no catalogue'}, not of {spec.name}"
        )
    said = {column.name: column for column in spec_table(spec).columns}
    columns = tuple(_described(table, c, said.get(c.name)) for c in table.columns if c.name != "hpx29")
    new = table_of(spec, columns, table.name, table.schema)
    if table.frame != new.frame and not {table.frame, new.frame} <= set(ICRS_ALIGNED):
        raise _anew(table, "frame", table.frame, new.frame)
    for item in ("time_scale", "ref_epoch"):
        if table.extra.get(item) != new.extra.get(item):
            raise _anew(table, item, table.extra.get(item), new.extra.get(item))
    kept = {key: value for key, value in table.extra.items() if key not in extra_of(spec)}
    return replace(new, unique=table.unique and new.unique, extra=new.extra | kept)


def _described(table: Table, column: Column, said: Column | None) -> Column:
    """The column with what the spec says of it; one that only its file describes stays as it is."""
    if said is None:
        return column
    if said.type != column.type:
        raise _anew(table, f"type of {column.name}", column.type, said.type)
    return replace(
        column,
        about=said.about,
        ucd=said.ucd,
        unit=said.unit,
        principal=said.principal,
        source_name=said.source_name,
    )


def _anew(table: Table, what: str, was: Any, now: Any) -> DataError:
    return DataError(
        f"{table.qualified_name}: its {what} is {was!r}, the spec says {now!r}, and the rows follow from "
        "that: ingest the table anew with --replace"
    )
