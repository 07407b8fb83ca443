"""Fields in SQL: their quoted names in each layer, their types, and the factors between units."""

from __future__ import annotations

import math

import astropy.units as u

from catalogdb.schema import FLOATS, INTEGERS
from ingest.spec import Field, Spec


def quoted(name: str) -> str:
    """Return an identifier in SQL quotes."""
    return '"' + name.replace('"', '""') + '"'


def raw(name: str) -> str:
    """The quoted name of a raw field."""
    return quoted(f"r:{name}")


def typed(name: str) -> str:
    """The quoted name of a typed field."""
    return quoted(f"t:{name}")


def value(name: str) -> str:
    """The quoted name of a value."""
    return quoted(f"v:{name}")


def final(name: str) -> str:
    """The quoted name of a finished column."""
    return quoted(f"k:{name}")


def times(expression: str, factor: float) -> str:
    """SQL of expression * factor; by division where 1 / factor is whole, which rounds once."""
    if factor == 1:
        return expression
    inverse = 1 / factor
    if abs(inverse) > 1 and math.isclose(inverse, round(inverse), rel_tol=1e-13):
        return f"({expression} / {float(round(inverse))!r})"
    return f"({expression} * {factor!r})"


def unit_factor(source: str | None, target: str | None) -> float:
    """Return the number by which a value in `source` is multiplied to be in `target`."""
    if not source or not target or source == target:
        return 1.0
    factor = float(u.Unit(source).to(u.Unit(target)))
    # deg to mas comes out as 3599999.9999999995
    return float(round(factor)) if math.isclose(factor, round(factor), rel_tol=1e-13) else factor


def field_type(spec: Spec, item: Field) -> str:
    """The DuckDB type in which a field is read: its own, that of its format, or of its column."""
    column = spec.column(item.name)
    if item.type in (*INTEGERS, *FLOATS, "VARCHAR", "BOOLEAN", "TIMESTAMP"):
        kind = str(item.type)
    elif item.format:
        kind = {"I": "BIGINT", "F": "DOUBLE", "E": "DOUBLE"}.get(item.format[0], "VARCHAR")
    elif column is not None:
        kind = column.type
    else:
        kind = "DOUBLE" if item.unit is not None or item.linear else "VARCHAR"
    factor = unit_factor(item.unit, column.unit if column else None)
    if kind in INTEGERS and item.type is None and (item.linear or factor != 1):
        return "DOUBLE"
    return kind
