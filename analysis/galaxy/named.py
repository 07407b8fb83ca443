"""A result table under a name of the user's own, which must not take the place of another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from catalogdb.errors import AnalysisError, SchemaError, TableNotFound
from catalogdb.schema import Table


def named(analysis: str, option: str, store: Any, table: Table, name: str) -> Table:
    """Return `table` under that name, in its own schema.

    Raises AnalysisError for what is no name, or the name of a table of other columns.
    """
    try:
        made = replace(table, name=name)
    except SchemaError as error:
        raise AnalysisError(f"{analysis}: {option}: {error}") from None
    try:
        there = store.table(made.qualified_name)
    except TableNotFound:
        return made
    if [column.name for column in there.columns] != [column.name for column in made.columns]:
        raise AnalysisError(
            f"{analysis}: {option}: {made.qualified_name} is another table, which would be replaced: choose "
            "another name"
        )
    return made
