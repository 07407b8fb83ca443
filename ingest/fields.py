"""Fields in SQL: their quoted names in each layer, their types, and the factors between units."""

from __future__ import annotations

import math

import astropy.units as u

from catalogdb.schema import FLOATS, INTEGERS
from ingest.spec import Field, Form, Spec


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
        kind = {"I": "BIGINT", "F": "DOUBLE", "E": "DOUBLE", "D": "DOUBLE"}.get(item.format[0], "VARCHAR")
    elif column is not None:
        kind = column.type
    else:
        kind = "DOUBLE" if item.unit is not None or item.linear else "VARCHAR"
    factor = unit_factor(item.unit, column.unit if column else None)
    if kind in INTEGERS and item.type is None and (item.linear or factor != 1):
        return "DOUBLE"
    return kind


def text_kinds(spec: Spec, form: Form) -> dict[str, str]:
    """The type in which each field of text that is kept is best read, by name.

    As `field_type`, or narrower where its column is and nothing else depends on the value: "ROUNDED" is
    a double rounded to REAL, which is what CAST makes of it in the end.
    """
    inputs = {name for conversion in form.convert for name in conversion.source}
    return {
        f.name: _narrowed(spec, f, f.name in inputs)
        for f in form.fields
        if spec.column(f.name) is not None or f.name in inputs
    }


def _narrowed(spec: Spec, item: Field, is_input: bool) -> str:
    if (item.format or "").startswith("D"):
        return "VARCHAR"  # its exponent is a D, 1.5D+02
    kind, column = field_type(spec, item), spec.column(item.name)
    if column is None or is_input or item.linear or item.limits is not None or item.values:
        return kind
    if unit_factor(item.unit, column.unit) != 1 or any(not isinstance(x, str) for x in item.null):
        return kind
    if kind == "DOUBLE" and column.type == "REAL":
        return "ROUNDED"
    narrower = kind == "BIGINT" and column.type in INTEGERS or kind == "INTEGER" and column.type == "SMALLINT"
    return column.type if narrower else kind
