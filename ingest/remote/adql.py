"""ADQL as fetch writes it: names, values, and the conditions by which a sky is asked for in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from catalogdb.errors import DataError
from catalogdb.reserved import ADQL_RESERVED
from ingest.remote.cells import Cone

_REGULAR = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def column(name: str) -> str:
    """Return a column's name, in double quotes where it is no regular identifier of ADQL."""
    if _REGULAR.fullmatch(name) and name.lower() not in ADQL_RESERVED:
        return name
    return quoted(name)


def quoted(name: str) -> str:
    """Return a delimited identifier."""
    return '"' + name.replace('"', '""') + '"'


def table(name: str) -> str:
    """Return a table's name: `schema.name` as it is, any other, such as VizieR's, in double quotes."""
    if name.startswith('"'):
        return name
    parts = name.split(".")
    if len(parts) <= 3 and all(_REGULAR.fullmatch(part) for part in parts):
        return ".".join(map(column, parts))
    return quoted(name)


def plain(name: str) -> str:
    """Return a name without the quotes that TAP_SCHEMA may give it."""
    stripped = name.strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1].replace('""', '"')
    return stripped


def text(value: str) -> str:
    """Return a character literal."""
    return "'" + value.replace("'", "''") + "'"


def number(value: float) -> str:
    """Return a decimal number that reads back the same, without an exponent."""
    return format(Decimal(repr(float(value))), "f")


def in_circle(ra: str, dec: str, cone: Cone) -> str:
    """Return the condition that (ra, dec), columns in degrees, lie within a circle."""
    circle = ", ".join(map(number, (cone.ra_deg, cone.dec_deg, cone.radius_deg)))
    return f"1=CONTAINS(POINT('ICRS', {ra}, {dec}), CIRCLE('ICRS', {circle}))"


def in_polygon(ra: str, dec: str, corners: Iterable[tuple[float, float]]) -> str:
    """Return the condition that (ra, dec) lie within a convex polygon of great circles."""
    listed = ", ".join(f"{number(a)}, {number(d)}" for a, d in corners)
    return f"1=CONTAINS(POINT('ICRS', {ra}, {dec}), POLYGON('ICRS', {listed}))"


def between(name: str, first: int | None, end: int | None) -> str:
    """Return the condition first <= name < end, open where a bound is None."""
    parts = [f"{name} >= {first}"] if first is not None else []
    if end is not None:
        parts.append(f"{name} < {end}")
    return " AND ".join(parts)


def one_of(names: Sequence[str], values: Iterable[Sequence[str]]) -> str:
    """Return the condition that the columns have one of the values, written as literals.

    One column makes an IN list, several a disjunction.
    """
    if len(names) == 1:
        return f"{names[0]} IN ({', '.join(value[0] for value in values)})"
    rows = (" AND ".join(f"{n}={v}" for n, v in zip(names, value, strict=True)) for value in values)
    return "(" + " OR ".join(f"({row})" for row in rows) + ")"


def select(columns: Sequence[str], source: str, conditions: Iterable[str]) -> str:
    """Return SELECT columns FROM source WHERE all conditions; all columns where none is listed."""
    listed = ", ".join(columns) if columns else "*"
    where = " AND ".join(c for c in conditions if c)
    return f"SELECT {listed} FROM {source}" + (f" WHERE {where}" if where else "")


def condition(where: str | None) -> str:
    """Return a user's own condition in parentheses; DataError where they would not enclose it."""
    if not where:
        return ""
    depth = 0
    for character in re.sub(r"'[^']*'|\"[^\"]*\"", "", where):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or character == ";":
            break
    if depth != 0 or ";" in re.sub(r"'[^']*'", "", where) or "--" in where:
        raise DataError(f"--where {where!r} is no condition: its parentheses, or a ; or --, are at fault")
    return f"({where})"


def one_query(query: str) -> str:
    """Return an ADQL query without a closing semicolon; DataError if it is empty."""
    found = query.strip().rstrip(";").strip()
    if not found:
        raise DataError("--query is empty: it is an ADQL query, such as SELECT TOP 10 * FROM basic")
    return found
