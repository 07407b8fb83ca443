"""The statements of an ingest, put together from the sources and conversions of its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from catalogdb.schema import Table
from ingest.convert import select
from ingest.fields import final, quoted
from ingest.forms import Plan, present_of, with_special
from ingest.joins import united
from ingest.meter import Meter
from ingest.readers import READERS
from ingest.readers.base import Counter, uncounted
from ingest.unroll import unrolled


def rows_statement(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], table: Table, meter: Meter
) -> tuple[str, dict[str, Any]]:
    """Return the strict SELECT of the table's rows from all files, and the values bound in it."""
    selects: list[str] = []
    values: dict[str, Any] = {}
    for number, plan in enumerate(plans):
        reader = READERS[plan.form.reader]
        source = reader.open(con, plan.path, plan.form, f"file{number}", meter.counter(number))
        source = unrolled(plan.form, source)
        values |= source.parameters
        special = with_special(plan.form, source.sql, plan.zone)
        inner = select(
            plan.spec,
            plan.form,
            present_of(plan.form, source),
            special,
            located=False,
            broken=source.has_broken,
        )
        selects.append(inner)
    return with_index(table, united(plans, table, selects)), values


def located_statement(
    con: duckdb.DuckDBPyConnection, plan: Plan, tag: str, count: Counter = uncounted
) -> tuple[str, dict[str, Any]]:
    """Return the SELECT of a file's columns with `_line`, `_raw` and `_fault`, and its bound values."""
    source = READERS[plan.form.reader].open_located(con, plan.path, plan.form, tag, count)
    source = unrolled(plan.form, source)
    special = with_special(plan.form, source.sql, plan.zone)
    return (
        select(plan.spec, plan.form, present_of(plan.form, source), special, located=True, broken=True),
        source.parameters,
    )


def sound_statement(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], table: Table, rejected: str, meter: Meter
) -> tuple[str, dict[str, Any]]:
    """Return the SELECT of the sound rows: those without fault whose line is not in `rejected`."""
    selects: list[str] = []
    values: dict[str, Any] = {}
    for number, plan in enumerate(plans):
        inner, bound = located_statement(con, plan, f"sound{number}", meter.counter(number))
        values |= bound
        kept = (
            f"SELECT * FROM ({inner}) AS rec WHERE _fault IS NULL AND NOT EXISTS "
            f"(SELECT 1 FROM {rejected} WHERE file_number = {number} AND line = rec._line)"
        )
        selects.append(kept)
    return with_index(table, united(plans, table, selects)), values


def file_rows(con: duckdb.DuckDBPyConnection, plan: Plan) -> int:
    """Number of records, or rows unrolled from them, of a file of which no record is broken."""
    source = READERS[plan.form.reader].open(con, plan.path, plan.form, "counted", uncounted)
    source = unrolled(plan.form, source)
    ((rows,),) = con.execute(f"SELECT count(*) FROM {source.sql}", source.parameters).fetchall()
    return int(rows)


def with_index(table: Table, rows: str) -> str:
    """Return the rows under their own names, with hpx29 where the table has positions."""
    listed = ", ".join(f"{final(c.name)} AS {quoted(c.name)}" for c in table.columns if c.name != "hpx29")
    if not table.is_positional:
        return f"SELECT {listed} FROM ({rows})"
    coordinates = f"{final('ra')} AS ra, {final('dec')} AS dec"
    return (
        f"WITH catalogue_rows AS (SELECT *, {coordinates} FROM ({rows})) "
        f"SELECT {listed}, hpx29 FROM with_hpx29('catalogue_rows')"
    )
