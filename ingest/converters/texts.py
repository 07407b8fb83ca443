"""Texts: cut into parts, read as numbers with marks beside them, freed of markup."""

from __future__ import annotations

import re

from ingest.converters.base import Converter, Steps
from ingest.converters.values import sql_literal
from ingest.numbers import plain
from ingest.spec import Conversion

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"


def _number(text: str) -> str:
    """SQL of a text as a number, Fortran's D for an exponent allowed; NULL if it is none."""
    exponent = f"replace(upper({text}), 'D', 'E')"
    return f"TRY_CAST({plain(exponent, 'DOUBLE')} AS DOUBLE)"


def _split(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    pattern = sql_literal(f"^(?:{conversion.options['pattern']})$")
    return Steps(
        [
            f"CASE WHEN regexp_matches({inputs[0]}, {pattern}) "
            f"THEN nullif(regexp_extract({inputs[0]}, {pattern}, {i}), '') END"
            for i in range(1, len(conversion.to) + 1)
        ]
    )


def _split_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    parts = inputs[: len(conversion.to)]
    if "format" in conversion.options:
        kinds = re.findall(r"%([ds])", str(conversion.options["format"]))
        values = [
            f"CAST(TRY_CAST({x} AS DOUBLE) AS BIGINT)" if kind == "d" else f"coalesce({x}, '')"
            for x, kind in zip(parts, kinds, strict=True)
        ]
        return Steps([f"printf({', '.join([sql_literal(str(conversion.options['format'])), *values])})"])
    whole = " || ".join(f"coalesce({x}, '')" for x in parts)
    return Steps([f"nullif({whole}, '')"])


def _as_number(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([_number(inputs[0])])


def _as_text(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"CAST({inputs[0]} AS VARCHAR)"])


def _marked(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    number, mark = f'"{tag}:number"', f'"{tag}:mark"'
    marks = ", ".join(sql_literal(m) for m in str(conversion.options["marks"]).split())
    layers = [
        {
            number: f"regexp_extract({inputs[0]}, {sql_literal('^' + _NUMBER)})",
            mark: f"trim(regexp_replace({inputs[0]}, {sql_literal('^' + _NUMBER)}, ''))",
        }
    ]
    sound = f"{mark} IN ('', {marks})"
    return Steps(
        [f"CASE WHEN {sound} THEN {_number(number)} END", f"CASE WHEN {sound} THEN nullif({mark}, '') END"],
        layers,
    )


def _marked_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    number, mark = inputs[:2]
    return Steps([f"nullif(coalesce(CAST({number} AS VARCHAR), '') || coalesce({mark}, ''), '')"])


def _plain(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    return Steps([f"trim(regexp_replace({inputs[0]}, '[$\\\\^{{}}]', '', 'g'))"])


TEXTS = {
    "split": Converter(
        about="a text to the groups of `pattern`, which together are the whole text, or it has `format`",
        forward=_split,
        inverse=_split_back,
        to_arity=(),
        options=("pattern", "format"),
        needs=("pattern",),
        gives_some=True,
    ),
    "number": Converter(
        about="a text to the number that it is",
        forward=_as_number,
        inverse=_as_text,
    ),
    "number_and_mark": Converter(
        about="a text to the number that it begins with, and the mark after it, or instead, one of `marks`",
        forward=_marked,
        inverse=_marked_back,
        to_arity=(2,),
        options=("marks",),
        needs=("marks",),
        gives_some=True,
    ),
    "without_markup": Converter(
        about="a text with TeX's signs $ \\ ^ { } taken away: $\\theta^1$ Ori to theta1 Ori",
        forward=_plain,
    ),
}
