"""Sexagesimal angles, as one text or in parts, with the sign of -00 kept."""

from __future__ import annotations

from collections.abc import Callable

from ingest.converters.base import Converter, Steps
from ingest.converters.values import sql_literal
from ingest.numbers import double
from ingest.spec import Conversion

_PACKED = r"^([+-]?\d\d)(\d\d)(\d\d)\.?(\d*)$"
_PACKED_MINUTES = r"^([+-]?\d\d)(\d\d)\.?(\d*)$"


def _spaced(text: str) -> str:
    """SQL of a packed angle with blanks between its parts: 051432.27 and 05143227 become 05 14 32.27.

    Four or five digits are whole units and minutes: 05145 becomes 05 14.5. NULL if it is neither.
    """
    cases = " ".join(
        f"WHEN regexp_matches({text}, '{pattern}') THEN regexp_replace({text}, '{pattern}', '{spaced}')"
        for pattern, spaced in ((_PACKED, r"\1 \2 \3.\4"), (_PACKED_MINUTES, r"\1 \2.\3"))
    )
    return f"CASE {cases} END"


def _parts(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """Return steps whose outputs are sign, whole units, minutes, seconds (minutes may be decimal)."""
    if len(inputs) == 4:
        sign, whole = inputs[0], f"CAST({inputs[1]} AS VARCHAR)"
        rest = inputs[2:]
        negative = f"trim(CAST({sign} AS VARCHAR)) = '-'"
    elif len(inputs) == 1:
        text, parts = f'"{tag}:text"', f'"{tag}:parts"'
        if conversion.options.get("packed"):
            clean = _spaced(f"trim({inputs[0]})")
        else:
            clean = f"trim(regexp_replace(lower({inputs[0]}), '[hdms:°''\"\\s]+', ' ', 'g'))"
        first, second, third = (f"{parts}[{i}]" for i in (1, 2, 3))
        layers = [{text: clean}, {parts: f"string_split({text}, ' ')"}]
        outputs = [f"starts_with({text}, '-')", first, f"coalesce({second}, '0')", f"coalesce({third}, '0')"]
        return Steps(outputs, layers)
    else:
        whole, rest = f"CAST({inputs[0]} AS VARCHAR)", inputs[1:]
        negative = f"starts_with(trim({whole}), '-')"
    # A blank sign is a plus sign, and a missing last part zero: neither makes the angle NULL.
    return Steps([f"coalesce({negative}, false)", whole, rest[0], rest[1] if len(rest) > 1 else "0"])


_RANGES = {("ra",): (360, False), ("dec",): (90, True)}
"""The most degrees that a coordinate may have, and whether it may be negative."""


def _names(tag: str) -> list[str]:
    """The columns of a layer: whether the angle is negative, whole units, minutes, seconds."""
    return [f'"{tag}:{x}"' for x in ("n", "w", "m", "s")]


def _why(factor: int) -> Callable[[Conversion, str], str]:
    """What is wrong with an angle that has no value."""
    whole = "hours" if factor == 15 else "degrees"
    between = "0 to 24 hours" if factor == 15 else "-90 to 90 degrees"

    def why(conversion: Conversion, tag: str) -> str:
        _, w, m, s = _names(tag)
        cases = [f"WHEN {x} IS NULL THEN 'its {name} are no number'" for x, name in _called(whole, w, m, s)]
        cases += [
            f"WHEN NOT ({m} >= 0 AND {m} < 60) THEN 'its minutes are not from 0 to below 60'",
            f"WHEN NOT ({s} >= 0 AND {s} <= 60) THEN 'its seconds are not from 0 to 60'",
        ]
        beyond = f" ELSE 'lies outside {between}'" if conversion.to in _RANGES else ""
        return f"CASE {' '.join(cases)}{beyond} END"

    return why


def _called(whole: str, *parts: str) -> zip[tuple[str, str]]:
    return zip(parts, (whole, "minutes", "seconds"), strict=True)


def _forward(factor: int) -> object:
    def forward(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
        parts = _parts(conversion, inputs, tag)
        negative, whole, minutes, seconds = parts.outputs
        names = _names(tag)
        values = [negative, *(double(x) for x in (whole, minutes, seconds))]
        layers = [*parts.layers, dict(zip(names, values, strict=True))]
        n, w, m, s = names
        # One division by 3600 rounds once, so that degrees agree with an exact calculation.
        size = f"((abs({w}) * 60 + {m}) * 60 + {s}) * {factor} / 3600"
        sound = f"{m} >= 0 AND {m} < 60 AND {s} >= 0 AND {s} <= 60"
        if conversion.to in _RANGES:
            highest, signed = _RANGES[conversion.to]
            sound += f" AND {size} <= {highest}" + ("" if signed else f" AND NOT ({n} AND {size} > 0)")
        return Steps([f"CASE WHEN {sound} THEN CASE WHEN {n} THEN -({size}) ELSE {size} END END"], layers)

    return forward


def _decimals(conversion: Conversion) -> int:
    return int(conversion.options.get("decimals", 3))


def _inverse(factor: int) -> object:
    def inverse(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
        k = _decimals(conversion)
        unit = 10**k
        total, n = f'"{tag}:t"', f'"{tag}:n"'
        whole_turn = f" % {24 * 3600 * unit}" if factor == 15 else ""
        layers = [
            {
                n: f"{inputs[0]} < 0",
                total: f"CAST(round(abs({inputs[0]}) * 3600 / {factor} * {unit}) AS BIGINT){whole_turn}",
            }
        ]
        width = 3 + k if k else 2
        seconds = (
            f"printf('%0{width}.{k}f', ({total} % {60 * unit}) / {unit}.0)"
            if k
            else f"printf('%02d', {total} % 60)"
        )
        minutes = f"printf('%02d', ({total} // {60 * unit}) % 60)"
        whole = f"printf('%02d', {total} // {3600 * unit})"
        sign = f"CASE WHEN {n} THEN '-' ELSE '+' END"
        signed = whole if factor == 15 else f"({sign}) || {whole}"
        if conversion.options.get("packed"):
            plain = seconds if conversion.options.get("point", True) else f"replace({seconds}, '.', '')"
            return Steps([f"CASE WHEN {total} IS NOT NULL THEN {signed} || {minutes} || {plain} END"], layers)
        between = sql_literal(str(conversion.options.get("separator", " ")))
        outputs = {
            1: [f"{signed} || {between} || {minutes} || {between} || {seconds}"],
            3: [signed, minutes, seconds],
            4: [sign, whole, minutes, seconds],
        }.get(len(conversion.source))
        if outputs is None:
            decimal_minutes = f"printf('%0{width}.{k}f', ({total} % {3600 * unit}) / {60 * unit}.0)"
            outputs = [signed, decimal_minutes]
        return Steps([f"CASE WHEN {total} IS NOT NULL THEN {x} END" for x in outputs], layers)

    return inverse


def _sexagesimal(factor: int, about: str) -> Converter:
    return Converter(
        about=about,
        forward=_forward(factor),  # type: ignore[arg-type]
        inverse=_inverse(factor),  # type: ignore[arg-type]
        to_units=("deg",),
        arity=(1, 2, 3, 4),
        options=("decimals", "packed", "point", "separator"),
        why=_why(factor),
    )


ANGLES = {
    "sexagesimal_hours": _sexagesimal(15, "hours, minutes, seconds: one text, or [h, m, s], or [h, m]"),
    "sexagesimal_degrees": _sexagesimal(
        1, "degrees, minutes, seconds: one text, or [d, m, s], [d, m], or [sign, d, m, s]"
    ),
}
