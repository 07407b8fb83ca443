"""Text that is to become a number: SQL's own casts take more forms than catalogues have."""

from __future__ import annotations

from catalogdb.schema import FLOATS, INTEGERS

WHOLE = "[+-]?[0-9]+"
"""What a whole number looks like."""

DECIMAL = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
"""What any number looks like."""


def plain(text: str, kind: str) -> str:
    """SQL of the text, to be cast to `kind`: made one that no cast takes where it is no plain number.

    DuckDB reads 1_0 as 10 and +-1 as -1, and as whole numbers also 0x10, 0b11, 1e-3 (as 0), 0.5 (as 1).
    """
    if kind in INTEGERS:
        odd = f"NOT regexp_full_match({text}, '{WHOLE}([eE][+]?[0-9]+)?')"
    elif kind in {"FLOAT", *FLOATS}:  # twice as fast as a pattern, and all that DuckDB takes beyond it
        odd = f"contains({text}, '_') OR starts_with({text}, '+-')"
    else:
        return text
    return f"CASE WHEN {odd} THEN 'no number' ELSE {text} END"


def double(value: str) -> str:
    """SQL of a text, or of any value, as DOUBLE; NULL if it is no number."""
    return f"TRY_CAST({plain(f'CAST({value} AS VARCHAR)', 'DOUBLE')} AS DOUBLE)"


def whole(value: str) -> str:
    """SQL of a text, or of any value, as BIGINT; NULL if it is no whole number."""
    sound = f"regexp_full_match(CAST({value} AS VARCHAR), '{WHOLE}(\\.0)?')"
    return f"CASE WHEN {sound} THEN TRY_CAST({value} AS BIGINT) END"
