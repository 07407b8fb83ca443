"""The text that goes to DuckDB: names in quotes, literals made from values, nothing as the user wrote it."""

from __future__ import annotations

import math

from catalogdb.adql.types import Type

LONG = 120
"""Characters of a text that may stand twice: nested, longer ones would double the query at every level."""


def name(text: str) -> str:
    """A name in quotes."""
    return '"' + text.replace('"', '""') + '"'


def qualified(*names: str) -> str:
    """Names in quotes with points between them."""
    return ".".join(map(name, names))


def text(value: str) -> str:
    """A character string."""
    return "'" + value.replace("'", "''") + "'"


def real(value: float) -> str:
    """A DOUBLE: DuckDB reads a number without exponent as DECIMAL."""
    digits = repr(float(value))
    literal = digits if "e" in digits else f"{digits}e0"
    return f"({literal})" if math.copysign(1, value) < 0 else literal


def whole(value: int) -> str:
    """A whole number."""
    return f"({value})" if value < 0 else str(value)


def cast(sql: str, kind: Type) -> str:
    """A value brought to a type."""
    return f"CAST({sql} AS {kind.sql})"


def where_holds(sql: str, condition: str) -> str:
    """The value where the condition holds, which names it as {x}; else NULL.

    A value that is long, or is not the same when asked again, is computed once.
    """
    if len(sql) <= LONG and "random()" not in sql:
        return f"(CASE WHEN {condition.format(x=sql)} THEN {sql} END)"
    return f"list_filter([{sql}], lambda v: {condition.format(x='v')})[1]"


def flags(condition: str) -> str:
    """1 where the condition holds, 0 where not, NULL where that is unknown."""
    return f"CAST({condition} AS INTEGER)"
