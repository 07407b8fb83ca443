"""An ADQL query to what DuckDB runs, with the description of every column of the result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from catalogdb.adql.errors import AdqlError
from catalogdb.adql.outputs import distinct_names
from catalogdb.adql.parse import parse
from catalogdb.adql.queries import resolve_query
from catalogdb.adql.scope import Context
from catalogdb.adql.tree import Place
from catalogdb.adql.types import Described, Type
from catalogdb.schema import Table

SHORTEST_LIMIT = 200_000
"""Characters that a value may have in DuckDB's text, beside 20 for each of the query's own."""


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of the result: its name, and what becomes of it in a FIELD."""

    name: str
    described: Described

    @property
    def type(self) -> Type:
        """The type of its values."""
        return self.described.type


@dataclass(frozen=True, slots=True)
class Translated:
    """The DuckDB text, its columns, the tables it reads by qualified name, and what the user should know."""

    sql: str
    columns: tuple[ResultColumn, ...]
    tables: tuple[str, ...]
    notes: tuple[str, ...]


def translate(
    text: str,
    tables: Iterable[Table],
    *,
    strict: bool = False,
    uploads: Iterable[Table] = (),
    row_count: Callable[[str], int] | None = None,
) -> Translated:
    """Translate an ADQL query over `tables`, and over `uploads` in their own schemas.

    With `strict` it is held to ADQL 2.1 alone. `row_count` tells the rows of a table of the store by its
    qualified name, which makes joins of positions faster. Raises AdqlError with line and column.
    """
    known = {table.qualified_name: table for table in (*tables, *uploads)}
    context = Context(
        known, strict, resolve_query, row_count=row_count, longest=SHORTEST_LIMIT + 20 * len(text)
    )
    try:
        resolved = resolve_query(parse(text, strict=strict), None, context)
    except RecursionError:
        raise AdqlError("the query is nested too deeply", Place(1, 1)) from None
    return Translated(
        sql=resolved.text(),
        columns=tuple(
            ResultColumn(name, column.described)
            for name, column in zip(distinct_names(resolved.columns), resolved.columns, strict=True)
        ),
        tables=tuple(dict.fromkeys(context.used)),
        notes=tuple(context.notes),
    )
