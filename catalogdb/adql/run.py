"""An ADQL query run on a store: its rows, with what is known of every column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalogdb.adql.translate import translate
from catalogdb.result import Result, ResultColumn

if TYPE_CHECKING:
    from catalogdb.store import Store


def run_adql(store: Store, query: str, *, strict: bool = False) -> Result:
    """The rows of an ADQL query; its columns have units, UCDs and descriptions, also where they are computed.

    With `strict` it is held to ADQL 2.1. Raises AdqlError with line and column, and QueryError for what
    only shows when DuckDB runs it, such as an overflow.
    """
    translated = translate(query, store.tables(system=True), strict=strict, row_count=store.row_count)
    columns = [
        ResultColumn(each.name, each.type.sql, each.described.unit, each.described.ucd, each.described.about)
        for each in translated.columns
    ]
    return store.sql(translated.sql, described=columns)
