"""What only joined files show: keys that stand twice, and rows without a partner."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from ingest.faults import duplicate_error
from ingest.fields import final
from ingest.forms import Plan
from ingest.joins import keyed_parts
from ingest.statements import located_statement

log = logging.getLogger(__name__)


def check_partners(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], *, strict: bool) -> None:
    """Raise BadRecord (if `strict`) for a key that stands twice in a joined file; warn of lone rows.

    Lone rows are kept, without the columns that a partner would give.
    """
    for key, files in keyed_parts(plans) if strict else ():
        _check_different(con, [plan for _, plan in files], key)
    for told in lonely(con, plans):
        log.warning(told)


def _check_different(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], key: str) -> None:
    rows, values = _keys(con, plans, key, "repeated")
    repeated = con.execute(
        f"SELECT id FROM ({rows}) GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 1", values
    ).fetchall()
    if repeated:
        error = duplicate_error(con, plans, repeated[0][0], key)
        assert error is not None  # it stood there a moment ago
        raise error


def lonely(con: duckdb.DuckDBPyConnection, plans: Sequence[Plan]) -> Iterator[str]:
    """Say, for each pair of joined forms, how many rows of either have no partner in the other."""
    for form in {plan.form.name: plan.form for plan in plans if plan.form.joins}.values():
        for join in form.joins:
            for here, there in ((form.name, join.form), (join.form, form.name)):
                yield from _alone(con, _of_form(plans, here), _of_form(plans, there), join.on)


def _of_form(plans: Sequence[Plan], name: str) -> list[Plan]:
    return [plan for plan in plans if plan.form.name == name]


def _alone(
    con: duckdb.DuckDBPyConnection, mine: Sequence[Plan], others: Sequence[Plan], key: str
) -> Iterator[str]:
    if not mine or not others:
        return
    rows, values = _keys(con, mine, key, "mine")
    partners, more = _keys(con, others, key, "others")
    ((count, example),) = con.execute(
        f"SELECT count(*), min(id) FROM ({rows}) ANTI JOIN ({partners}) USING (id)", values | more
    ).fetchall()
    if count:
        files, there = (", ".join(p.path.name for p in plans) for plans in (mine, others))
        yield f"{count} rows of {files} have no partner in {there}, the first {key} {example}"


def _keys(
    con: duckdb.DuckDBPyConnection, plans: Sequence[Plan], key: str, tag: str
) -> tuple[str, dict[str, Any]]:
    """SELECT of the keys, as `id`, of the sound records of these files, and the values bound in it."""
    selects: list[str] = []
    values: dict[str, Any] = {}
    for number, plan in enumerate(plans):
        statement, bound = located_statement(con, plan, f"{tag}{number}")
        values |= bound
        selects.append(f"SELECT {final(key)} AS id FROM ({statement}) WHERE _fault IS NULL")
    return " UNION ALL ".join(selects), values
