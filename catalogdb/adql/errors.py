"""What is wrong with a query, and where."""

from __future__ import annotations

from catalogdb.adql.tree import Place
from catalogdb.errors import QueryError


class AdqlError(QueryError):
    """A query that is no ADQL, or that names what there is not; `line` and `column` count from 1."""

    def __init__(self, reason: str, at: Place) -> None:
        self.reason = reason
        self.line, self.column = at
        super().__init__(f"line {at.line}, column {at.column}: {reason}")
