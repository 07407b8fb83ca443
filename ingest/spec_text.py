"""A spec written as TOML, so that one that was derived can be saved, edited and read again.

`read_spec(spec_text(spec), ...)` gives the same spec: a test holds this for every one that there is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any

from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column
from ingest.load import SOURCE_ID
from ingest.spec import Conversion, Field, Form, Spec

_APART = ("columns", "identifiers", "forms", "positions", "remote", "sha256", "path")
"""What does not stand among the plain keys of [catalogue]."""

_COLUMN_ORDER = ("name", "source_name", "type", "unit", "ucd", "nullable", "principal", "delimited", "about")


def spec_text(spec: Spec, comments: Iterable[str] = ()) -> str:
    """Return the spec as TOML, `comments` as lines at its head."""
    lines = [f"# {line}".rstrip() for line in comments]
    lines += ["[catalogue]", *_keys(spec, _APART)]
    if spec.identifiers:
        listed = [f"  {_inline(_given(each))}," for each in spec.identifiers]
        lines += ["identifiers = [", *listed, "]"]
    lines += ["columns = [", *(f"  {_column(column)}," for column in spec.columns), "]"]
    for position in spec.positions:
        lines += ["", "[[positions]]", *_keys(position)]
    for form in spec.forms:
        lines += ["", "[[forms]]", *_form(form)]
    for remote in spec.remote:
        lines += ["", "[[remote]]", *_keys(remote)]
    return "\n".join(lines) + "\n"


def _keys(item: Any, apart: Iterable[str] = ()) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in _given(item).items() if key not in apart]


def _given(item: Any) -> dict[str, Any]:
    """The attributes of a dataclass that differ from their defaults."""
    own = {f.name: (getattr(item, f.name), f.default) for f in fields(item)}
    return {name: value for name, (value, default) in own.items() if value != default}


def _column(column: Column) -> str:
    """A canonical column by its name and by what differs from what it inherits."""
    inherited = SOURCE_ID if column.name == "source_id" else ASTROMETRY.get(column.name)
    if inherited is None:
        given = _given(column)
        return _inline({key: given[key] for key in _COLUMN_ORDER if key in given})
    own = {key: getattr(column, key) for key in _COLUMN_ORDER}
    own = {key: value for key, value in own.items() if value != getattr(inherited, key)}
    return _inline({"name": column.name} | own) if own else _value(column.name)


def _form(form: Form) -> list[str]:
    lines = _keys(form, ("fields", "convert", "joins", "loose", "kinds"))
    lines += ["fields = [", *(f"  {_field(item, form)}," for item in form.fields), "]"]
    if form.joins:
        lines += ["joins = [", *(f"  {_inline(_given(each))}," for each in form.joins), "]"]
    if form.convert:
        lines += ["convert = [", *(f"  {_conversion(each)}," for each in form.convert), "]"]
    return lines


def _field(item: Field, form: Form) -> str:
    given = _given(item)
    if item.bytes is not None:
        first, last = item.bytes
        given["bytes"] = f"{first}-{last}" if last > first else str(first)
    # The marks of the form were added to those of each field when it was read.
    own = item.null[: len(item.null) - len(form.null)] if form.null else item.null
    if item.other_sources:
        given["source"] = (item.source, *given.pop("other_sources"))
    given = {"from" if key == "source" else key: value for key, value in given.items() if key != "null"}
    return _inline(given | ({"null": own} if own else {}))


def _conversion(conversion: Conversion) -> str:
    given: dict[str, Any] = {"by": conversion.by}
    if conversion.source:
        given["from"] = conversion.source
    return _inline(given | {"to": conversion.to} | conversion.options)


def _inline(items: dict[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in items.items()) + " }"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if is_dataclass(value) and not isinstance(value, type):
        return _inline(_given(value))
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)
