"""What must hold in a spec beyond its keys: names, units, conversions, frame and readers agree."""

from __future__ import annotations

import re

import astropy.units as u

from catalogdb.errors import SpecError, did_you_mean
from ingest.convert import conversion_layers
from ingest.converters import CONVERTERS
from ingest.fields import field_type
from ingest.readers import READERS
from ingest.remote.spec import check_remote
from ingest.spec import (
    EXTRAS,
    FILE_UNIT,
    GROUPS,
    ICRS_ALIGNED,
    OPEN,
    ROTATIONS,
    TIME_SCALES,
    Conversion,
    Field,
    Form,
    Join,
    Spec,
)
from ingest.unroll import ELEMENT

SPECIAL = ("@zone", "@record", ELEMENT)
"""What a field may come `from` beside columns: the zone of the file, the number of a record or element."""

_WITH_LISTS = ("fits", "votable", "parquet", "hdf5", "json")
"""Readers whose columns may hold lists, typed, that a form can unroll."""

_WITH_UNITS = ("fits", "votable", "vizier", "ecsv", "parquet", "hdf5", "json")
_EQUINOX = re.compile(r"B1[6-9]\d\d(\.\d+)?")


def check_spec(spec: Spec) -> None:
    """Raise SpecError, with file and place, unless the parts of the spec agree with each other."""
    if not spec.forms:
        raise SpecError(f"{spec.path}: it has no [[forms]]")
    if not spec.columns:
        raise SpecError(f"{spec.path}, [catalogue]: it has no columns")
    if spec.group not in GROUPS:
        raise SpecError(f"{spec.path}, [catalogue]: group {spec.group!r} is none of {', '.join(GROUPS)}")
    _check_frame(spec)
    names = [form.name for form in spec.forms]
    if len(set(names)) < len(names):
        raise SpecError(f"{spec.path}: two forms have one name ({', '.join(names)})")
    for form in spec.forms:
        _check_form(spec, form)
    _check_positions(spec)
    _check_identifiers(spec)
    check_remote(spec)
    fed = {name for form in spec.forms for name in form.feeds} | {"ref_epoch"}
    for column in spec.columns:
        if column.name not in fed:
            raise SpecError(f"{spec.path}, column {column.name}: no form gives it a value")


def _check_frame(spec: Spec) -> None:
    where = f"{spec.path}, [catalogue]"
    if spec.time_scale not in TIME_SCALES:
        raise SpecError(f"{where}: time_scale {spec.time_scale} is none of {', '.join(TIME_SCALES)}")
    if spec.column("ra") is None:
        return
    if spec.frame in ICRS_ALIGNED:
        if spec.rotate:
            raise SpecError(
                f"{where}: frame {spec.frame} is aligned with the ICRS already; rotating it by "
                f"{spec.rotate} would move every position by some 30 mas: take rotate away"
            )
    elif spec.frame not in ROTATIONS:
        known = (*ICRS_ALIGNED, *ROTATIONS)
        raise SpecError(f"{where}: frame {spec.frame!r} is none of {', '.join(known)}")
    elif spec.rotate != ROTATIONS[spec.frame]:
        raise SpecError(f'{where}: frame {spec.frame} needs rotate = "{ROTATIONS[spec.frame]}"')
    if spec.equinox and not (spec.frame == "FK4" and _EQUINOX.fullmatch(spec.equinox)):
        raise SpecError(f'{where}: equinox {spec.equinox!r} is for frame FK4 alone, such as "B1875"')
    if not spec.frame_note:
        raise SpecError(f"{where}: frame_note must say how positions come to ICRS, and who states it")


def _check_identifiers(spec: Spec) -> None:
    names = [column.name for column in spec.columns]
    for identifier in spec.identifiers:
        for column in (identifier.column, identifier.namespace_column):
            if column is not None and column not in names:
                raise SpecError(
                    f"{spec.path}, [catalogue], identifiers: no column {column}{did_you_mean(column, names)}"
                )


def _check_positions(spec: Spec) -> None:
    names = {c.name for c in spec.columns}
    for position in spec.positions:
        for key in ("ra", "dec", "ra_epoch", "dec_epoch", "ra_error", "dec_error", "ra_dec_corr",
                    "parallax", "pmra", "pmdec"):  # fmt: skip
            column = getattr(position, key)
            if column is not None and column not in names:
                raise SpecError(
                    f"{spec.path}, position {position.name}: {key} = {column}{did_you_mean(column, names)}"
                )


def _check_form(spec: Spec, form: Form) -> None:
    where = f"{spec.path}, form {form.name}"
    if form.reader not in READERS:
        raise SpecError(f"{where}: no reader {form.reader}{did_you_mean(form.reader, READERS)}")
    if form.extra not in EXTRAS:
        raise SpecError(f"{where}: extra is {form.extra!r}, none of {', '.join(EXTRAS)}")
    _check_unique(form, where)
    inputs = {name for conv in form.convert for name in conv.source}
    for item in form.fields:
        _check_field(spec, form, item, inputs)
    for conversion in form.convert:
        _check_conversion(spec, form, conversion, where)
    for join in form.joins:
        _check_join(spec, form, join, where)
    names = {item.name for item in form.fields}
    for name in form.required:
        if name not in names:
            raise SpecError(f"{where}: required {name} is no field of it{did_you_mean(name, names)}")
    _check_unroll(form, where, names)
    _check_lines(form, where)
    if form.zone_from_name is not None and re.compile(form.zone_from_name).groups != 1:
        raise SpecError(f"{where}: zone_from_name needs one group, such as z(\\d+)")


def _check_unroll(form: Form, where: str, names: set[str]) -> None:
    if form.unroll and form.reader not in _WITH_LISTS:
        raise SpecError(f"{where}: unroll is for readers of typed lists ({', '.join(_WITH_LISTS)})")
    for name in form.unroll:
        if name not in names:
            raise SpecError(f"{where}: unroll {name} is no field of it{did_you_mean(name, names)}")
    if not form.unroll and any(item.source == ELEMENT for item in form.fields):
        raise SpecError(f"{where}: {ELEMENT} needs the form's unroll")


def _check_lines(form: Form, where: str) -> None:
    """Which lines are records: only fixed_width knows sections and contexts."""
    for key, pattern in [("head", form.head), *((f"context {c.name}", c.line) for c in form.context)]:
        try:
            re.compile(pattern)
        except re.error as error:
            raise SpecError(f"{where}, {key}: {pattern!r} is no regular expression ({error})") from error
    if (form.section or form.context) and form.reader != "fixed_width":
        raise SpecError(f"{where}: section and context are for fixed_width, not {form.reader}")
    if form.longest is not None and (form.reader != "fixed_width" or form.width is not None):
        raise SpecError(f"{where}: longest is for fixed_width without width")
    if len(form.section) not in {0, 2}:
        raise SpecError(f"{where}: section is what its first line begins with, and what its last")
    for context in form.context:
        if context.sample and not re.match(context.line, context.sample):
            raise SpecError(f"{where}, context {context.name}: its sample is no such line")


def _check_join(spec: Spec, form: Form, join: Join, where: str) -> None:
    place = f"{where}, join with {join.form}"
    other = spec.form(join.form)
    if other is None or other.name == form.name:
        raise SpecError(
            f"{place}: no other form has that name{did_you_mean(join.form, [f.name for f in spec.forms])}"
        )
    if other.joins:
        raise SpecError(f"{place}: a form that is joined has no joins of its own")
    column = spec.column(join.on)
    if column is None or column.nullable or not all(join.on in f.feeds for f in (form, other)):
        raise SpecError(f"{place}: on = {join.on} must be a column of both forms with nullable = false")
    if join.gather is not None:
        for name in other.feeds:
            gathered = spec.column(name)
            if name != join.on and gathered is not None and gathered.type != "VARCHAR":
                raise SpecError(f"{place}: gather joins texts, and {name} is {gathered.type}")


def _check_unique(form: Form, where: str) -> None:
    seen: set[str] = set()
    for name in form.feeds:
        if name in seen:
            raise SpecError(f"{where}: {name} is given twice")
        seen.add(name)


def _check_field(spec: Spec, form: Form, item: Field, inputs: set[str]) -> None:
    where = f"{spec.path}, form {form.name}, field {item.name}"
    column = spec.column(item.name)
    if column is None and item.name not in inputs and not item.name.startswith("_"):
        names = {c.name for c in spec.columns}
        raise SpecError(
            f"{where}: it is no column and no conversion uses it{did_you_mean(item.name, names)} "
            f"(a field that is not kept begins with _)"
        )
    contexts = [f"@{context.name}" for context in form.context]
    source = item.source or ""
    if source.startswith("@") and source not in (*SPECIAL, *contexts):
        raise SpecError(f"{where}: from {source}{did_you_mean(source, (*SPECIAL, *contexts))}")
    if form.reader == "fixed_width" and item.bytes is None and item.source not in SPECIAL:
        raise SpecError(f'{where}: a fixed_width field needs bytes = "first-last"')
    if form.reader == "binary" and item.type is None and item.source not in SPECIAL:
        raise SpecError(f'{where}: a binary field needs a type such as "<i4"')
    if item.source in SPECIAL and item.source == "@zone" and form.zone_from_name is None:
        raise SpecError(f"{where}: @zone needs the form's zone_from_name")
    _check_conditions(spec, item, where)
    if item.unit == FILE_UNIT:
        if form.reader not in _WITH_UNITS:
            raise SpecError(
                f"{where}: {form.reader} files tell no units: name the unit instead of {FILE_UNIT}"
            )
    elif item.unit is not None:
        _check_unit(item.unit, where, None if column is None else column.unit)


def _check_conditions(spec: Spec, item: Field, where: str) -> None:
    if item.open_limits not in OPEN or (item.open_limits and item.limits is None):
        raise SpecError(f'{where}: open_limits is "low", "high" or "both", beside limits')
    if item.starts and field_type(spec, item) != "VARCHAR":
        raise SpecError(f"{where}: starts is for text, and this is {field_type(spec, item)}")


def _check_unit(unit: str, where: str, target: str | None) -> None:
    try:
        source = u.Unit(unit)
    except ValueError as error:
        raise SpecError(f"{where}: {unit!r} is not a unit") from error
    if target is not None and not source.is_equivalent(u.Unit(target)):
        raise SpecError(f"{where}: {unit} can not be converted to the column's unit {target!r}")


def _check_conversion(spec: Spec, form: Form, conversion: Conversion, where: str) -> None:
    place = f"{where}, conversion {conversion.by}"
    if conversion.by not in CONVERTERS:
        raise SpecError(f"{where}: no conversion {conversion.by}{did_you_mean(conversion.by, CONVERTERS)}")
    known = set(form.feeds) | {"ref_epoch"}
    for name in conversion.source:
        if name not in known:
            raise SpecError(f"{place}: from {name}{did_you_mean(name, known)}")
    columns = {c.name for c in spec.columns}
    for name in conversion.to:
        if name not in columns and not name.startswith("_"):
            raise SpecError(f"{place}: to {name} is no column{did_you_mean(name, columns)}")
    fault = CONVERTERS[conversion.by].fault(conversion)
    if fault:
        raise SpecError(f"{place}: {fault}")
    try:
        conversion_layers(spec, form, conversion, "c", forwards=True)
    except (SpecError, u.UnitConversionError) as error:
        raise SpecError(f"{place}: {error}") from error
