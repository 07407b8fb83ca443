"""Columns that hold a list in each row: lists written as text, and elements that are missing."""

from __future__ import annotations

from catalogdb.schema import FLOATS
from ingest.numbers import plain

MISSING = ("", "null", "nan", "none", "--")
"""What stands in a written list for an element that is missing, in lower case."""


def is_list(kind: str) -> bool:
    """Whether a DuckDB type, or a column's, is a list."""
    return kind.endswith("[]")


def parsed(text: str, kind: str, *, located: bool) -> str:
    """SQL of the list of type `kind` that `text` holds, as [1, 2, null] or (1, 2, null).

    An element that is of another type stops a strict statement; a `located` one gets NULL for the list.
    """
    element = kind.removesuffix("[]")
    marks = ", ".join(f"'{mark}'" for mark in MISSING)
    missing = f"lower(trim(x)) IN ({marks})"
    parts = f"string_split(trim({text}, '[]() '), ',')"
    value = f"{'TRY_CAST' if located else 'CAST'}({plain('trim(x)', element)} AS {element})"
    values = f"list_transform({parts}, lambda x: CASE WHEN {missing} THEN NULL ELSE {value} END)"
    if not located:
        return values
    sound = f"list_bool_and(list_transform({parts}, lambda x: {missing} OR {value} IS NOT NULL))"
    return f"CASE WHEN {sound} THEN {values} END"


def cleaned(expression: str, kind: str) -> str:
    """SQL of a list without NaN; one that is empty, or has no element that is there, is missing."""
    element = "FLOAT" if kind == "FLOAT[]" else kind.removesuffix("[]")
    if element in {"FLOAT", *FLOATS}:
        expression = f"list_transform({expression}, lambda x: CASE WHEN isnan(x) THEN NULL ELSE x END)"
    return f"CASE WHEN list_count({expression}) > 0 THEN {expression} END"
