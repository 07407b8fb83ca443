"""Values as text of a native file: Fortran-like formats, widths, and the marks of absence."""

from __future__ import annotations

import re

from ingest.converters.values import sql_literal
from ingest.spec import Field


def printed(item: Field, width: int | None, *, exact: bool = True) -> str:
    """SQL of the field "name" as text, right-adjusted in `width` (text to the left); blank if missing.

    A value that needs more room stops the writing, error(), where the width is `exact`.
    """
    name = '"' + item.name + '"'
    text = f"CAST({_formatted(item, name)} AS VARCHAR)"
    missing = sql_literal(_absent(item))
    if width is None:
        return f"coalesce({text}, {missing})"
    pad = "rpad" if _is_text(item) else "lpad"
    whole = f"coalesce({text}, {missing})"
    if item.decimals is not None:
        # Fortran leaves the zero out where it has no room: -.02 in F4.2.
        shorter = f"regexp_replace({whole}, '^([+-]?)0[.]', '\\1.')"
        whole = f"CASE WHEN length({whole}) > {width} THEN {shorter} ELSE {whole} END"
    if not exact:
        return f"CASE WHEN length({whole}) > {width} THEN {whole} ELSE {pad}({whole}, {width}, ' ') END"
    too_long = f"error('{item.name} needs more than {width} characters: ' || {whole})"
    return f"CASE WHEN length({whole}) > {width} THEN {too_long} ELSE {pad}({whole}, {width}, ' ') END"


def _is_text(item: Field) -> bool:
    return (
        item.type == "VARCHAR" or (item.format or "").startswith("A") or (not item.format and not item.type)
    )


def _absent(item: Field) -> str:
    """The text that stands for a missing value: the first mark of the field, else a blank."""
    if not item.null:
        return ""
    mark = item.null[0]
    if isinstance(mark, str):
        return mark
    decimals = item.decimals
    return f"{mark:.{decimals}f}" if decimals is not None else str(mark)


def _formatted(item: Field, name: str) -> str:
    decimals = item.decimals
    if decimals is not None:
        plus = "+" if item.plus else ""
        # printf's exponent is E; Fortran's D is written so too, and read.
        how = f"{decimals}E" if (item.format or "")[0] in "ED" else f"{decimals}f"
        return f"printf('%{plus}.{how}', {name})"
    match = re.fullmatch(r"I(\d+)(?:\.(\d+))?", item.format or "")
    if match and match[2]:
        return f"printf('%0{match[2]}d', CAST(round({name}) AS BIGINT))"
    if match or item.type in {"SMALLINT", "INTEGER", "BIGINT"}:
        return f"CAST(round({name}) AS BIGINT)" if match else name
    return name
