"""Sorted runs of rows merged into one table, a range of hpx29 after the other, within the memory limit."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import duckdb

from catalogdb.ddl import hpx29_quantiles, insert_merged
from catalogdb.schema import Table

_SHARE = 0.2
"""The part of the memory limit that the rows of one range may take, before they are sorted and written."""

_WIDTHS = {"BOOLEAN": 1, "SMALLINT": 2, "INTEGER": 4, "REAL": 4, "VARCHAR": 24}


def merge_sorted(
    con: duckdb.DuckDBPyConnection,
    target: str,
    table: Table,
    selects: Sequence[str],
    rows: int,
    told: Callable[[int], None] | None = None,
) -> int:
    """Insert the rows of the SELECTs into `target` in the order of hpx29; return their number.

    Each SELECT gives its rows in that order, so that a range of it is read without the rest. One sort
    of all would spill them, and of many SELECTs needs more memory than DuckDB may have. `rows` is
    about how many there are; `told` hears of those that are done.
    """
    done = 0
    for condition, ordered in _steps(con, table, selects, rows):
        statement = insert_merged(target, table, selects, condition, ordered=ordered)
        ((count,),) = con.execute(statement).fetchall()
        done += int(count)
        if told is not None:
            told(done)
    return done


def _steps(
    con: duckdb.DuckDBPyConnection, table: Table, selects: Sequence[str], rows: int
) -> list[tuple[str, bool]]:
    """The conditions that divide the rows, in order, and whether those of one are to be sorted."""
    if not table.is_positional:
        return [("true", False)]
    number = math.ceil(rows * row_bytes(table) / (_SHARE * memory_limit_bytes(con)))
    if number <= 1:
        return [("true", True)]
    shares = [i / number for i in range(1, number)]
    ((edges,),) = con.execute(hpx29_quantiles(selects, shares)).fetchall()
    inner = sorted(set(edges or ()))
    if not inner:
        return [("true", False)]
    ranges = [f"hpx29 >= {low} AND hpx29 < {high}" for low, high in pairwise(inner)]
    conditions = [f"hpx29 < {inner[0]}", *ranges, f"hpx29 >= {inner[-1]}"]
    # Rows without position have no order among them that anybody uses.
    return [*((condition, True) for condition in conditions), ("hpx29 IS NULL", False)]


def row_bytes(table: Table) -> int:
    """About the memory that one row takes while it is sorted [bytes]; tables of long lists say it."""
    if "row_bytes" in table.extra:
        return int(table.extra["row_bytes"])
    return sum(64 if c.type.endswith("[]") else _WIDTHS.get(c.type, 8) for c in table.columns)


def memory_limit_bytes(con: duckdb.DuckDBPyConnection) -> float:
    """DuckDB's memory limit in force [bytes]."""
    ((text,),) = con.execute("SELECT current_setting('memory_limit')").fetchall()
    match = re.fullmatch(r"([\d.]+) (bytes|[KMGTP]iB)", text)
    assert match is not None, text
    return float(match[1]) * 1024.0 ** ("KMGTP".find(match[2][0]) + 1)
