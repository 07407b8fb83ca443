"""Values whose unit a code in the same record tells, and values that hold where a code has one text."""

from __future__ import annotations

import astropy.units as u

from catalogdb.errors import SpecError
from ingest.converters.base import Converter, Steps
from ingest.converters.values import sql_literal
from ingest.fields import times, unit_factor
from ingest.numbers import double
from ingest.spec import Conversion

ANY = "*"
"""The code that stands for every other one, and for none."""


def code_list(conversion: Conversion) -> list[tuple[str, str]]:
    """Return (code, meaning) of the option `codes`, "y = yr, d = d, * = s"; SpecError if it is not such."""
    pairs = []
    for part in str(conversion.options["codes"]).split(","):
        code, equals, meaning = part.partition("=")
        if not (equals and code.strip() and meaning.strip()):
            raise SpecError(f'conversion {conversion.by}: codes are written "y = yr, d = d", not {part!r}')
        pairs.append((code.strip(), meaning.strip()))
    return pairs


def is_code(text: str, code: str) -> str:
    """SQL that is true where `text` is the code; always for any other."""
    return "true" if code == ANY else f"{text} = {sql_literal(code)}"


def _factors(conversion: Conversion) -> list[tuple[str, float]]:
    wanted = str(conversion.options.get("unit") or "")
    if not wanted:
        raise SpecError(f"conversion {conversion.by}: its result has no unit")
    try:
        return [(code, unit_factor(unit, wanted)) for code, unit in code_list(conversion)]
    except (ValueError, u.UnitConversionError) as error:
        raise SpecError(f"conversion {conversion.by}: {error}") from error


def _scaled(conversion: Conversion, number: str, code: str, *, back: bool) -> str:
    cases = " ".join(
        f"WHEN {is_code(code, name)} THEN {times(number, 1 / factor if back else factor)}"
        for name, factor in _factors(conversion)
    )
    return f"CASE {cases} END"


def _unit_is_told(conversion: Conversion, inputs: list[str]) -> str:
    """Whether the number has a unit: one that is not missing, or the one for all other codes."""
    has_any = any(code == ANY for code, _ in code_list(conversion))
    return " AND ".join(f"{x} IS NOT NULL" for x in (inputs[:1] if has_any else inputs))


def _by_unit(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    number = f'"{tag}:number"'
    layers = [{number: double(inputs[0])}]
    return Steps([_scaled(conversion, number, inputs[1], back=False)], layers)


def _by_unit_back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    # inputs: the result, and the code where it is a column
    code = inputs[1] if len(inputs) > 1 else "NULL"
    return Steps([_scaled(conversion, inputs[0], code, back=True), code])


def _where_equal(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    wanted = sql_literal(str(conversion.options["text"]))
    return Steps([f"CASE WHEN {inputs[1]} = {wanted} THEN {inputs[0]} END"])


CODES = {
    "unit_by_code": Converter(
        about="[value, code] to the value in the column's unit, its own being the one that `codes` gives",
        forward=_by_unit,
        inverse=_by_unit_back,
        arity=(2,),
        options=("codes", "unit"),
        needs=("codes",),
        due=_unit_is_told,
    ),
    "where_equal": Converter(
        about="[value, code] to the value where the code is `text`",
        forward=_where_equal,
        arity=(2,),
        options=("text",),
        needs=("text",),
        total=False,
    ),
}
