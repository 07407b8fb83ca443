"""The statements of an ingest, put together from the sources and conversions of its files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import duckdb

from catalogdb.schema import Table
from ingest.convert import provided, select
from ingest.fields import final, quoted
from ingest.forms import Plan, present_of, with_special
from ingest.joins import aligned
from ingest.readers import READERS
from ingest.readers.base import Counter, Member, Source, uncounted
from ingest.spec import Form
from ingest.unroll import unrolled


class _Joining(Protocol):
    def open_joined(
        self, con: duckdb.DuckDBPyConnection, members: Sequence[Member], form: Form, tag: str
    ) -> Source: ...


def rows_statement(
    con: duckdb.DuckDBPyConnection, plan: Plan, table: Table, tag: str, count: Counter = uncounted
) -> tuple[str, dict[str, Any]]:
    """Return the strict SELECT of the table's rows from a file, and the values bound in it."""
    source = unrolled(plan.form, READERS[plan.form.reader].open(con, plan.path, plan.form, tag, count))
    special = with_special(plan.form, source.sql, plan.zone)
    return _strict(plan, table, source, special), source.parameters


def joined_statement(
    con: duckdb.DuckDBPyConnection,
    plans: Sequence[Plan],
    table: Table,
    tag: str,
    counts: Sequence[Counter],
) -> str:
    """Return the strict SELECT of the table's rows from several files of one layout."""
    form = plans[0].form
    reader: _Joining = READERS[form.reader]  # type: ignore[assignment]
    members = [Member(plan.path, plan.zone, count) for plan, count in zip(plans, counts, strict=True)]
    source = reader.open_joined(con, members, form, tag)
    return _strict(plans[0], table, source, source.sql)


def _strict(plan: Plan, table: Table, source: Source, rows: str) -> str:
    return with_index(table, aligned(_given(plan), table, _selected(plan, source, rows)))


def _selected(plan: Plan, source: Source, rows: str) -> str:
    present = present_of(plan.form, source)
    return select(plan.spec, plan.form, present, rows, located=False, broken=source.has_broken)


def part_statement(
    con: duckdb.DuckDBPyConnection, plan: Plan, tag: str, count: Counter = uncounted
) -> tuple[str, dict[str, Any]]:
    """Return the strict SELECT of the columns that a file gives ("k:name"), to be joined with others."""
    source = unrolled(plan.form, READERS[plan.form.reader].open(con, plan.path, plan.form, tag, count))
    return _selected(plan, source, with_special(plan.form, source.sql, plan.zone)), source.parameters


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
    con: duckdb.DuckDBPyConnection,
    plan: Plan,
    table: Table,
    tag: str,
    count: Counter = uncounted,
    condition: str = "true",
) -> tuple[str, dict[str, Any]]:
    """Return the SELECT of the table's rows from the records without fault that fulfil a condition."""
    inner, values = located_statement(con, plan, tag, count)
    kept = f"SELECT * FROM ({inner}) AS rec WHERE _fault IS NULL AND ({condition})"
    return with_index(table, aligned(_given(plan), table, kept)), values


def _given(plan: Plan) -> set[str]:
    return {column.name for column in provided(plan.spec, plan.form, plan.present)}


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
