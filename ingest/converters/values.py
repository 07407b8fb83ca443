"""Identifiers joined of parts, constants, and the first value that is there."""

from __future__ import annotations

import re

from ingest.converters.base import SAME, Converter, Steps
from ingest.spec import Conversion

_DIRECTIVE = re.compile(r"%0?\d*[ds]")


def sql_literal(value: str | int | float) -> str:
    """Return `value` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _join(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    pattern = str(conversion.options.get("format", "-".join(["%s"] * len(inputs))))
    kinds = [d[-1] for d in _DIRECTIVE.findall(pattern)]
    values = [
        f"TRY_CAST({x} AS BIGINT)" if kind == "d" else f"CAST({x} AS VARCHAR)"
        for x, kind in zip(inputs, kinds, strict=True)
    ]
    # printf writes a NULL as text: an identifier with a missing part is missing.
    present = " AND ".join(f"{x} IS NOT NULL" for x in values)
    return Steps([f"CASE WHEN {present} THEN printf({', '.join([sql_literal(pattern), *values])}) END"])


def _split(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    pattern = str(conversion.options.get("format", "-".join(["%s"] * len(conversion.source))))
    literals = [re.escape(x) for x in _DIRECTIVE.split(pattern)]
    groups = [r"0*(\d+)" if d.endswith("d") else "(.*?)" for d in _DIRECTIVE.findall(pattern)]
    regex = "^" + "".join(a + b for a, b in zip(literals, [*groups, "$"], strict=True))
    return Steps(
        [
            f"nullif(regexp_extract({inputs[0]}, {sql_literal(regex)}, {i}), '')"
            for i in range(1, len(groups) + 1)
        ]
    )


def _constant(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([sql_literal(conversion.options["value"])])


def _first(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"coalesce({', '.join(inputs)})"])


def _first_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([inputs[0], *["NULL"] * (len(conversion.source) - 1)])


VALUES = {
    "join": Converter(
        about="parts joined into one text by a printf format of %d and %s, such as TYC %d-%d-%d",
        forward=_join,
        inverse=_split,
        arity=(),
        options=("format",),
    ),
    "constant": Converter(
        about="one value for all rows of the form",
        forward=_constant,
        arity=(0,),
        options=("value",),
        total=False,
    ),
    "first": Converter(
        about="the first of several fields that is not missing",
        forward=_first,
        inverse=_first_back,
        units=(SAME,),
        to_units=(SAME,),
        arity=(),
        total=False,
    ),
}
