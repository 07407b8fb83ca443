"""SQL that turns a form's raw fields into a catalogue's columns; the one place where it is generated.

The statement is a stack of layers, each a SELECT over the one before:

    "r:x"  the raw field, blanks and textual marks of absence made NULL
    "t:x"  the same as a number or whatever its type is
    "v:x"  its value: scaled, shifted, in the unit of its column; then results of conversions
    "u:x"  the result of a conversion before it is rotated, where it is
    "k:x"  the column, rotated to the ICRS where the frame asks for it, in the column's own type

Beside the columns stand `_line`, `_raw` and `_fault` when records are to be located. Values come
from files and never become part of the SQL; names of the user's columns are quoted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from catalogdb.schema import FLOATS, INTEGERS, Column
from ingest.checks import (
    Check,
    column_checks,
    conversion_checks,
    end_checks,
    field_checks,
    room_checks,
)
from ingest.converters import CONVERTERS
from ingest.converters.base import SAME, Layer
from ingest.converters.values import sql_literal
from ingest.fields import field_type, final, raw, times, typed, unit_factor, value
from ingest.frames import rotation_layers
from ingest.lists import cleaned, is_list, parsed
from ingest.numbers import plain
from ingest.spec import Conversion, Field, Form, Spec


@dataclass(frozen=True, slots=True)
class Present:
    """The fields of a form that a file has, with the source column and the DuckDB type of each.

    In a clean one blanks, textual marks of absence and NaN are NULL already.
    """

    columns: Mapping[str, str]
    types: Mapping[str, str]
    is_clean: bool = False

    def has(self, name: str) -> bool:
        """Whether the file has that field."""
        return name in self.columns


def kept_fields(spec: Spec, form: Form, present: Present) -> list[Field]:
    """The fields whose values are used, in the order of the form."""
    inputs = {name for conv in form.convert for name in conv.source}
    return [
        f
        for f in form.fields
        if present.has(f.name) and (spec.column(f.name) is not None or f.name in inputs)
    ]


def usable(form: Form, present: Present) -> list[Conversion]:
    """The conversions all of whose inputs the file has, directly or through another conversion."""
    have = set(present.columns) | {"ref_epoch"}
    kept = []
    for conversion in form.convert:
        if set(conversion.source) <= have:
            kept.append(conversion)
            have |= set(conversion.to)
    return kept


def provided(spec: Spec, form: Form, present: Present) -> list[Column]:
    """The columns of the catalogue to which this file gives values."""
    names = {f.name for f in kept_fields(spec, form, present)}
    names |= {name for conv in usable(form, present) for name in conv.to}
    if spec.ref_epoch is not None or {"ra", "dec"} <= names:
        names.add("ref_epoch")  # missing in every row where neither the file nor the spec knows it
    return [column for column in spec.columns if column.name in names]


def select(spec: Spec, form: Form, present: Present, source: str, *, located: bool, broken: bool) -> str:
    """Return the SELECT of the catalogue's columns ("k:name") from `source`.

    Strict: any fault stops the statement. Located: every record comes, with `_line`, `_raw` and
    `_fault` (column, value, reason), NULL in a sound one. `broken`: the source has `_broken`.
    """
    fields = kept_fields(spec, form, present)
    conversions = usable(form, present)
    columns = provided(spec, form, present)
    layers = [
        _raw_layer(fields, present),
        {typed(f.name): _typed(spec, f, present, located) for f in fields},
        _value_layer(spec, fields, present),
    ]
    for number, conversion in enumerate(conversions):
        layers += conversion_layers(spec, form, conversion, f"c{number}", forwards=True)
    rotation = rotation_layers(spec, columns, value, forwards=True)
    if rotation:  # one missing coordinate takes the other along
        layers.append({f'"u:{name}"': value(name) for conv in conversions for name in conv.to})
    layers += rotation
    layers.append({final(c.name): _final(c, located) for c in columns})
    checks = [
        *field_checks(spec, fields, present.types, located=located),
        *end_checks(form, fields, present.types),
        *conversion_checks(conversions, "u" if rotation else "v"),
        *(room_checks(columns) if located else ()),
        *column_checks(c for c in columns if c.name not in form.loose),
    ]
    names = ", ".join(final(c.name) for c in columns)
    if located:
        # random() keeps the optimizer from pushing conditions on _fault down below the layers, which writes
        # every expression out again for each check: half a minute for fifty columns of text.
        fault = f"CASE WHEN random() < 2 THEN {_fault(checks)} END AS _fault"
        return stack(source, layers, f'{names}, "_line", "_raw", {fault}')
    conditions = [f"({check.bad})" for check in checks] + ['("_broken" IS NOT NULL)'] * broken
    bad = " OR ".join(conditions) or "false"
    # The check stands in a column that is always stored: as a filter it would be pushed down below the
    # layers, which doubles the work and takes the optimizer seconds for a hundred columns.
    first, *others = [final(c.name) for c in columns]
    guarded = f"CASE WHEN coalesce({bad}, false) THEN error('bad record') ELSE {first} END AS {first}"
    return stack(source, layers, ", ".join([guarded, *others]))


def stack(source: str, layers: Iterable[Layer], listed: str) -> str:
    """Return SELECT `listed` over the layers over the source; each adds its columns or replaces them.

    A layer carries only what those above it use: the planner's time grows with all columns of all layers.
    """
    needed = _names_in(listed)
    statements = [f"SELECT {listed}"]
    for layer in reversed([layer for layer in layers if layer]):
        own = {name: sql for name, sql in layer.items() if name in needed}
        carried = sorted(needed - set(own))
        columns = [*carried, *(f"{sql} AS {name}" for name, sql in own.items())]
        statements.append(f"SELECT {', '.join(columns)}")
        needed = set(carried).union(*map(_names_in, own.values()))
    return (
        "".join(f"{s} FROM (" for s in statements[:-1])
        + f"{statements[-1]} FROM {source}"
        + ")" * (len(statements) - 1)
    )


_QUOTED = re.compile(r"""'[^']*'|(?:AS )?"[^"]*\"""")


def _names_in(sql: str) -> set[str]:
    """The quoted names in SQL but for those it gives; all that layers refer to is quoted."""
    return {token for token in _QUOTED.findall(sql) if token.startswith('"')}


def _raw_layer(fields: list[Field], present: Present) -> Layer:
    layer = {}
    for item in fields:
        expression, kind = present.columns[item.name], present.types[item.name]
        if present.is_clean:
            layer[raw(item.name)] = expression
            continue
        if kind == "VARCHAR":
            marks = [x for x in item.null if isinstance(x, str)]
            trimmed = f"trim({expression})"  # with a list of characters it is six times slower
            listed = ", ".join(sql_literal(x) for x in ["", *marks])
            expression = f"CASE WHEN {trimmed} IN ({listed}) THEN NULL ELSE {trimmed} END"
        elif is_list(kind):
            expression = cleaned(expression, kind)
        elif kind in {"FLOAT", *FLOATS}:
            expression = f"CASE WHEN isnan({expression}) THEN NULL ELSE {expression} END"
        layer[raw(item.name)] = expression
    return layer


def _exponent(item: Field, text: str) -> str:
    """Fortran's double precision, 1.5D+02, with the exponent that SQL knows."""
    return f"translate({text}, 'dD', 'EE')" if (item.format or "").startswith("D") else text


def _typed(spec: Spec, item: Field, present: Present, located: bool) -> str:
    kind, have = field_type(spec, item), present.types[item.name]
    private_number = kind == "VARCHAR" and spec.column(item.name) is None
    if is_list(have) or kind == have or private_number:
        return raw(item.name)
    if is_list(kind):
        return parsed(raw(item.name), kind, located=located)
    if have != "VARCHAR" and kind in INTEGERS and have not in {"FLOAT", *FLOATS}:
        return raw(item.name)  # widths differ between files of one catalogue; the last cast narrows
    text = _exponent(item, raw(item.name))
    if have == "VARCHAR":
        text = plain(text, kind)
    return f"{'TRY_CAST' if located else 'CAST'}({text} AS {kind})"


def _value_layer(spec: Spec, fields: list[Field], present: Present) -> Layer:
    layer = {value(f.name): _linear(spec, f, present.types[f.name]) for f in fields}
    if not any(f.name == "ref_epoch" for f in fields):
        constant = "NULL" if spec.ref_epoch is None else repr(spec.ref_epoch)
        layer[value("ref_epoch")] = f"CAST({constant} AS DOUBLE)"
    return layer


def _linear(spec: Spec, item: Field, have: str) -> str:
    expression = typed(item.name)
    if is_list(field_type(spec, item)) and not is_list(have):
        return cleaned(expression, "VARCHAR[]")  # its elements are cleaned already
    number = "VARCHAR" not in (have, field_type(spec, item)) or field_type(spec, item) in (*INTEGERS, *FLOATS)
    number = number and not is_list(have)
    marks = [x for x in item.null if not isinstance(x, str) and number]
    if marks:
        listed = ", ".join(sql_literal(x) for x in marks)
        expression = f"CASE WHEN {expression} IN ({listed}) THEN NULL ELSE {expression} END"
    expression = times(expression, item.scale)
    if item.offset:
        offset = int(item.offset) if float(item.offset).is_integer() else item.offset
        expression = f"({expression} + {offset!r})"
    column = spec.column(item.name)
    return times(expression, unit_factor(item.unit, column.unit if column else None))


def unit_of(spec: Spec, form: Form, name: str) -> str | None:
    """The unit in which the value `name` stands: its column's, else its field's."""
    column = spec.column(name)
    if column is not None:
        return column.unit
    item = form.field(name)
    return item.unit if item else None


def conversion_layers(
    spec: Spec, form: Form, conversion: Conversion, tag: str, *, forwards: bool
) -> list[Layer]:
    """Return the layers of one conversion, forwards or back, with units matched at both ends."""
    converter = CONVERTERS[conversion.by]
    same = unit_of(spec, form, conversion.to[0])

    def scaled(name: str, unit: str | None) -> str:
        wanted = same if unit == SAME else unit
        return times(value(name), unit_factor(unit_of(spec, form, name), wanted))

    if forwards:
        sql, results, result_unit = converter.forward, conversion.to, converter.to_unit
        inputs = [scaled(n, converter.unit(i)) for i, n in enumerate(conversion.source)]
    else:
        assert converter.inverse is not None
        sql, results, result_unit = converter.inverse, conversion.source, converter.unit
        inputs = [scaled(n, converter.to_unit(i)) for i, n in enumerate(conversion.to)]
        # Inputs that are columns themselves, such as errors, help to go back.
        inputs += [scaled(n, converter.unit(i)) for i, n in enumerate(results) if spec.column(n) is not None]
    known = {"time_scale": spec.time_scale} | conversion.options | {"unit": same or ""}
    options = {key: known[key] for key in converter.options if key in known}
    conversion = replace(conversion, options=options)
    steps = sql(conversion, inputs, tag)
    last = {
        value(n): times(
            steps.outputs[i],
            unit_factor(same if result_unit(i) == SAME else result_unit(i), unit_of(spec, form, n)),
        )
        for i, n in enumerate(results)
        if forwards or spec.column(n) is None
    }
    return [*steps.layers, last]


def _final(column: Column, located: bool) -> str:
    expression = value(column.name)
    if column.name == "ra":  # 360 is the direction 0; it comes of rounding 24 hours
        expression = f"CASE WHEN {expression} = 360 THEN 0 ELSE {expression} END"
    attempt = "TRY_CAST" if located and column.type in INTEGERS else "CAST"
    return f"{attempt}({expression} AS {column.type})"


def _fault(checks: Iterable[Check]) -> str:
    cases = ["WHEN \"_broken\" IS NOT NULL THEN {'column': NULL, 'value': NULL, 'reason': \"_broken\"}"]
    for check in checks:
        reason = sql_literal(check.reason)
        if check.why:
            reason = f"coalesce({check.why}, {reason})"
        shown = f"CAST({check.shown} AS VARCHAR)" if check.shown else "NULL"
        cases.append(
            f"WHEN {check.bad} THEN "
            f"{{'column': {sql_literal(check.column)}, 'value': {shown}, 'reason': {reason}}}"
        )
    return f"CASE {' '.join(cases)} END"
