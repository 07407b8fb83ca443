"""What makes a record bad, as SQL conditions that are true in a bad one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalogdb.schema import FLOATS, INTEGERS, Column
from ingest.converters import CONVERTERS
from ingest.converters.values import sql_literal
from ingest.fields import field_type
from ingest.spec import Conversion, Field, Form, Spec


@dataclass(frozen=True, slots=True)
class Check:
    """A condition that is true in a bad record, the column it concerns, the value to show, the reason.

    `why` is SQL of a closer reason, NULL where there is none.
    """

    column: str
    bad: str
    reason: str
    shown: str = ""
    why: str = ""


def field_checks(
    spec: Spec, fields: Iterable[Field], types: Mapping[str, str], *, located: bool
) -> list[Check]:
    """Checks of the typed fields: wrong type, literal NaN, limits, a closed set of values, a
    text's beginning, the epoch.

    A value of the wrong type stops a strict statement by itself, in its CAST.
    """
    checks = []
    for item in fields:
        raw, typed, value = (f'"{kind}:{item.name}"' for kind in "rtv")
        text = types[item.name] == "VARCHAR"
        kind = field_type(spec, item)
        shown = item.source or item.name
        if text and located and kind != "VARCHAR":
            checks.append(
                Check(shown, f"{raw} IS NOT NULL AND {typed} IS NULL", f"is not {_words(kind)}", raw)
            )
        if text and kind in FLOATS:
            checks.append(
                Check(shown, f"NOT isfinite({typed})", "NaN or infinity is written for a number", raw)
            )
        if item.values:
            marks = [x for x in item.null if not isinstance(x, str) and kind != "VARCHAR"]
            listed = ", ".join(map(sql_literal, (*item.values, *marks)))
            bad = f"{typed} IS NOT NULL AND {typed} NOT IN ({listed})"
            checks.append(Check(shown, bad, f"is none of {', '.join(map(str, item.values))}", raw))
        if item.starts:
            # Some archives have written quotes as a part of the text.
            bad = f"""NOT starts_with(ltrim({typed}, '"'), {sql_literal(item.starts)})"""
            reason = f"does not begin with {item.starts.rstrip()}: a row of another catalogue or release"
            checks.append(Check(shown, bad, reason, raw))
        if item.limits is not None:
            # Limits are in the field's own unit, so they are compared with its raw number.
            number = f"({typed} * {item.scale!r} + {item.offset!r})" if item.linear else typed
            beyond, reason = _beyond(item, number)
            if beyond:  # an infinite limit is none
                checks.append(Check(shown, f"{value} IS NOT NULL AND ({beyond})", reason, number))
        checks += _epoch_checks(spec, item, shown, value)
    return checks


def end_checks(form: Form, fields: Iterable[Field], types: Mapping[str, str]) -> list[Check]:
    """A text at the end of a delimited record, longer than its format, has what follows the record."""
    if form.reader != "delimited" or form.header or not form.fields:
        return []
    last = form.fields[-1]
    if last not in fields or types[last.name] != "VARCHAR" or not (last.format or "").startswith("A"):
        return []
    raw, shown = f'"r:{last.name}"', last.source or last.name
    reason = f"is longer than {last.format}: text stands after the end of the record"
    return [Check(shown, f"length({raw}) > {last.width}", reason, raw)] if last.width else []


def _epoch_checks(spec: Spec, item: Field, shown: str, value: str) -> list[Check]:
    """The names of columns hardly change from release to release: the epoch tells them apart."""
    if item.name != "ref_epoch" or spec.ref_epoch is None:
        return []
    bad = f"{value} IS NOT NULL AND abs({value} - {spec.ref_epoch!r}) > 1e-6"
    reason = f"is not the epoch of {spec.name}, {spec.ref_epoch}: a row of another release"
    return [Check(shown, bad, reason, value)]


def _beyond(item: Field, number: str) -> tuple[str, str]:
    """SQL that is true beyond the limits of a field, and the reason; nothing where they are infinite."""
    assert item.limits is not None
    (low, high), is_open = item.limits, item.open_limits
    below, above = (
        ("<=" if is_open in {"low", "both"} else "<"),
        (">=" if is_open in {"high", "both"} else ">"),
    )
    sides = [
        f"{number} {sign} {edge!r}" for sign, edge in ((below, low), (above, high)) if math.isfinite(edge)
    ]
    if len(sides) == 2 and not is_open:
        return f"{number} NOT BETWEEN {low!r} AND {high!r}", f"lies outside {low} to {high}"
    shown = f"{']' if below == '<=' else '['}{low}, {high}{'[' if above == '>=' else ']'}"
    return " OR ".join(sides), f"lies outside {shown}"


def _words(kind: str) -> str:
    if kind in INTEGERS:
        return f"a whole number that fits {kind}"
    return "a number" if kind in FLOATS else f"a {kind}"


def conversion_checks(conversions: Iterable[Conversion], layer: str) -> list[Check]:
    """A total conversion whose inputs are all there must have a result, in that layer of columns."""
    checks = []
    for number, conversion in enumerate(conversions):
        converter = CONVERTERS[conversion.by]
        if not converter.total or not conversion.source:
            continue
        inputs = [f'"v:{name}"' for name in conversion.source]
        present = " AND ".join(f"{x} IS NOT NULL" for x in inputs)
        if converter.due is not None:
            present = converter.due(conversion, inputs)
        missing = (" AND " if converter.gives_some else " OR ").join(
            f'"{layer}:{name}" IS NULL' for name in conversion.to
        )
        shown = f"concat_ws(' ', {', '.join(inputs)})"
        reason = f"can not be converted by {conversion.by}"
        why = "" if converter.why is None else converter.why(conversion, f"c{number}")
        checks.append(Check(conversion.to[0], f"{present} AND ({missing})", reason, shown, why))
    return checks


def room_checks(columns: Iterable[Column]) -> list[Check]:
    """A whole number must fit its column; a strict statement is stopped by its CAST instead."""
    checks = []
    for column in (c for c in columns if c.type in INTEGERS):
        given, kept = f'"v:{column.name}"', f'"k:{column.name}"'
        bad = f"{given} IS NOT NULL AND {kept} IS NULL"
        checks.append(Check(column.name, bad, f"does not fit {column.type}", given))
    return checks


def column_checks(columns: Iterable[Column]) -> list[Check]:
    """Checks of the finished columns: the sphere, errors, correlations, required values."""
    checks = []
    columns = tuple(columns)
    names = {c.name for c in columns}
    for column in columns:
        name = f'"k:{column.name}"'
        if not column.nullable:
            checks.append(Check(column.name, f"{name} IS NULL", "is missing"))
        if column.name == "ra":
            checks.append(
                Check("ra", f"NOT ({name} >= 0 AND {name} < 360)", "lies outside 0 to 360 deg", name)
            )
        elif column.name == "dec":
            checks.append(
                Check("dec", f"NOT ({name} BETWEEN -90 AND 90)", "lies outside -90 to 90 deg", name)
            )
        elif column.ucd.startswith("stat.error") and column.is_number:
            checks.append(Check(column.name, f"{name} < 0", "is an error and negative", name))
        elif column.name.endswith("_corr") and column.ucd == "stat.correlation":
            checks.append(Check(column.name, f"abs({name}) > 1", "is a correlation outside -1 to 1", name))
    if {"ra", "dec"} <= names:
        half = '("k:ra" IS NULL) <> ("k:dec" IS NULL)'
        checks.append(Check("ra", half, "has one coordinate without the other"))
    return checks
