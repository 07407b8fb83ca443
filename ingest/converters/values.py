"""Identifiers joined of parts, constants, codes, and the choice between values."""

from __future__ import annotations

import re

from ingest.converters.base import SAME, Converter, Sql, Steps
from ingest.numbers import whole
from ingest.spec import Conversion

_DIRECTIVE = re.compile(r"%0?\d*[ds]")
_WIDE_TEXT = re.compile(r"%(\d+)s")


def sql_literal(value: str | int | float) -> str:
    """Return `value` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def _join(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    pattern = str(conversion.options.get("format", "-".join(["%s"] * len(inputs))))
    kinds = [d[-1] for d in _DIRECTIVE.findall(pattern)]
    values = [
        whole(x) if kind == "d" else f"CAST({x} AS VARCHAR)" for x, kind in zip(inputs, kinds, strict=True)
    ]
    if "missing" in conversion.options:
        missing = sql_literal(str(conversion.options["missing"]))
        values = [
            f"coalesce({x}, {missing})" if kind == "s" else x for x, kind in zip(values, kinds, strict=True)
        ]
    # printf writes a NULL as text: an identifier with a missing part is missing.
    present = " AND ".join(f"{x} IS NOT NULL" for x in values)
    joined = f"printf({', '.join([sql_literal(pattern), *values])})"
    if "missing" in conversion.options:
        joined = f"trim({joined})"
    return Steps([f"CASE WHEN {present} THEN {joined} END"])


def _split(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    pattern = str(conversion.options.get("format", "-".join(["%s"] * len(conversion.source))))
    literals = [re.escape(x) for x in _DIRECTIVE.split(pattern)]
    groups = [_group(d) for d in _DIRECTIVE.findall(pattern)]
    regex = "^" + "".join(a + b for a, b in zip(literals, [*groups, "$"], strict=True))
    return Steps(
        [
            f"nullif(regexp_extract({inputs[0]}, {sql_literal(regex)}, {i}), '')"
            for i in range(1, len(groups) + 1)
        ]
    )


def _group(directive: str) -> str:
    """The group that finds again what printf wrote: of `%8s` eight characters or more."""
    if directive.endswith("d"):
        return r"0*(\d+)"
    wide = _WIDE_TEXT.fullmatch(directive)
    return f"(.{{{wide[1]},}}?)" if wide else "(.*?)"


def _position_name(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    k = int(conversion.options.get("decimals", 6))
    return Steps([f"printf('%0{k + 4}.{k}f%+0{k + 4}.{k}f', {inputs[0]}, {inputs[1]})"])


def _constant(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([sql_literal(conversion.options["value"])])


def _first(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"coalesce({', '.join(inputs)})"])


def _first_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([inputs[0], *["NULL"] * (len(conversion.source) - 1)])


def _larger(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"greatest({', '.join(inputs)})"])


def _where(other: str) -> Sql:
    def choose(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
        return Steps([f"CASE WHEN {inputs[1]} {other} THEN {inputs[0]} END"])

    return choose


def _words(conversion: Conversion, option: str) -> str:
    return ", ".join(sql_literal(word.lower()) for word in str(conversion.options[option]).split())


def _flag(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    text = f"lower(CAST({inputs[0]} AS VARCHAR))"
    yes, no = _words(conversion, "true"), _words(conversion, "false")
    return Steps([f"CASE WHEN {text} IN ({yes}) THEN true WHEN {text} IN ({no}) THEN false END"])


def _flag_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    yes, no = (sql_literal(str(conversion.options[x]).split()[0]) for x in ("true", "false"))
    return Steps([f"CASE WHEN {inputs[0]} THEN {yes} WHEN NOT {inputs[0]} THEN {no} END"])


def _labelled(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    label = str(conversion.options["label"])
    rest = f"trim(substr(ltrim(x), {len(label) + 1}))"
    wanted = sql_literal(str(conversion.options.get("pattern", ".+")))
    parts = f"string_split({inputs[0]}, {sql_literal(str(conversion.options.get('separator', ';')))})"
    named = f"starts_with(ltrim(x), {sql_literal(label)}) AND regexp_full_match({rest}, {wanted})"
    names = f"list_transform(list_filter({parts}, lambda x: {named}), lambda x: {rest})"
    return Steps([f"{names}[1]"])


def _element(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    element = f"{inputs[0]}[{int(conversion.options['number'])}]"
    present = "".join(f" AND {x} IS NOT NULL" for x in inputs[1:])
    return Steps([f"CASE WHEN {inputs[0]} IS NOT NULL{present} THEN {element} END"])


def _recode(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return _switched(conversion, inputs[0], forwards=True)


def _recode_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return _switched(conversion, inputs[0], forwards=False)


def _switched(conversion: Conversion, x: str, *, forwards: bool) -> Steps:
    """Exchange the numbers of the option `codes`; scaled numbers are compared to within 1e-6."""
    pairs = [code.split("=") for code in str(conversion.options["codes"]).split()]
    ends = [(a, b) if forwards else (b, a) for a, b in pairs if forwards or b != "none"]
    cases = " ".join(
        f"WHEN abs({x} - {float(a)!r}) < 1e-6 THEN {'NULL' if b == 'none' else repr(float(b))}"
        for a, b in ends
    )
    if not cases:
        return Steps([x])
    return Steps([f"CASE {cases} ELSE {x} END"])


VALUES = {
    "join": Converter(
        about="parts joined into one text by a printf format of %d and %s, such as TYC %d-%d-%d",
        forward=_join,
        inverse=_split,
        arity=(),
        options=("format", "missing"),
    ),
    "position_name": Converter(
        about="[ra, dec] to a name made of them in degrees, such as 135.681570+49.745309",
        forward=_position_name,
        units=("deg",),
        arity=(2,),
        options=("decimals",),
    ),
    "constant": Converter(
        about="one value for all rows of the form",
        forward=_constant,
        arity=(0,),
        options=("value",),
        needs=("value",),
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
    "larger": Converter(
        about="the larger of several values that are there",
        forward=_larger,
        units=(SAME,),
        to_units=(SAME,),
        arity=(),
        total=False,
    ),
    "where_present": Converter(
        about="[value, another] to the value where the other is not missing",
        forward=_where("IS NOT NULL"),
        inverse=_first_back,
        units=(SAME, None),
        to_units=(SAME,),
        arity=(2,),
        total=False,
    ),
    "where_missing": Converter(
        about="[value, another] to the value where the other is missing",
        forward=_where("IS NULL"),
        units=(SAME, None),
        to_units=(SAME,),
        arity=(2,),
        total=False,
    ),
    "flag": Converter(
        about='one of the words in true or in false, such as true = "T 1" false = "F 0"',
        forward=_flag,
        inverse=_flag_back,
        options=("true", "false"),
        needs=("true", "false"),
    ),
    "labelled": Converter(
        about='what follows a label in a list of names: label = "HIP " finds 424 in HR 1;HIP 424',
        forward=_labelled,
        options=("label", "pattern", "separator"),
        needs=("label",),
        total=False,
    ),
    "element": Converter(
        about="the element of a list with that number, from 1, where a further input is not missing",
        forward=_element,
        arity=(1, 2),
        options=("number",),
        needs=("number",),
        total=False,
    ),
    "recode": Converter(
        about="numbers of which some are codes, such as 25.1=27.5 3276.7=none, in the unit of the result",
        forward=_recode,
        inverse=_recode_back,
        units=(SAME,),
        to_units=(SAME,),
        options=("codes",),
        needs=("codes",),
    ),
}
