"""The functions of ADQL 2.1 that are no geometry: a line for each.

`sql` is their DuckDB text with arguments {0}, {1}; `domain` is where the first argument must be, named {x},
for there to be a result, `finite` that a result beyond every DOUBLE is none. What is no result is NULL.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of numbers or texts.

    `parameters` are kinds: number, whole, text. `result` is a type's name, or "same" as the first argument's.
    `unit` is a VOUnit, "same" as the first argument's, or None. `least` is how many arguments must be there.
    """

    name: str
    parameters: tuple[str, ...]
    sql: str
    about: str
    result: str = "DOUBLE"
    unit: str | None = ""
    least: int | None = None
    domain: str = ""
    finite: bool = False
    folded: Callable[..., float] | None = None


def _math(name: str, sql: str, about: str, count: int = 1, **more: Any) -> Function:
    return Function(name=name, parameters=("number",) * count, sql=sql, about=about, **more)


FUNCTIONS: tuple[Function, ...] = (
    _math("ABS", "abs({0})", "The size of a number", result="same", unit="same", folded=abs),
    _math("CEILING", "ceil({0})", "The least whole number that is not smaller", result="same", unit="same"),
    _math("DEGREES", "degrees({0})", "Radians to degrees", unit="deg", folded=math.degrees),
    _math(
        "EXP", "exp({0})",
        "e to a power; NULL beyond the range of DOUBLE", domain="{x} < 709.782712893384e0", folded=math.exp,
    ),
    _math("FLOOR", "floor({0})", "The largest whole number that is not greater", result="same", unit="same"),
    _math(
        "LOG", "ln({0})",
        "The natural logarithm; NULL unless the number is positive", domain="{x} > 0", folded=math.log,
    ),
    _math(
        "LOG10", "log10({0})",
        "The decimal logarithm; NULL unless the number is positive", domain="{x} > 0", folded=math.log10,
    ),
    _math("PI", "pi()", "3.14159...", 0, folded=lambda: math.pi),
    _math(
        "POWER", "pow({0}, {1})",
        "A number to a power; NULL where there is none", 2, finite=True, unit=None, folded=math.pow,
    ),
    _math("RADIANS", "radians({0})", "Degrees to radians", unit="rad", folded=math.radians),
    _math("SIGN", "CAST(sign({0}) AS INTEGER)", "-1, 0 or 1", result="INTEGER"),
    _math(
        "SQRT", "sqrt({0})",
        "The square root; NULL of a negative number", domain="{x} >= 0", unit=None, folded=math.sqrt,
    ),
    Function(
        name="MOD", parameters=("number", "number"), sql="", result="same", unit="same",
        about="The remainder of a division, with the sign of the first; NULL of a division by 0",
    ),
    Function(
        name="ROUND", parameters=("number", "whole"), least=1, sql="round({0}, {1})",
        result="same", unit="same",
        about="A number rounded to so many decimals (0, or fewer), halves away from zero",
    ),
    Function(
        name="TRUNCATE", parameters=("number", "whole"), least=1, sql="trunc({0}, {1})",
        result="same", unit="same",
        about="A number cut off after so many decimals (0, or fewer)",
    ),
    Function(
        name="RAND", parameters=("whole",), least=0, sql="random()",
        about="A random number from 0 to 1; a seed is not used",
    ),
    _math(
        "ACOS", "acos({0})",
        "The arc cosine [rad]; NULL beyond -1 and 1",
        domain="{x} BETWEEN -1 AND 1", unit="rad", folded=math.acos,
    ),
    _math(
        "ASIN", "asin({0})",
        "The arc sine [rad]; NULL beyond -1 and 1",
        domain="{x} BETWEEN -1 AND 1", unit="rad", folded=math.asin,
    ),
    _math("ATAN", "atan({0})", "The arc tangent [rad]", unit="rad", folded=math.atan),
    _math(
        "ATAN2", "atan2({0}, {1})",
        "The angle of the direction to (x, y) [rad], y being the first argument", 2,
        unit="rad", folded=math.atan2,
    ),
    _math("COS", "cos({0})", "The cosine of an angle in rad", folded=math.cos),
    _math("COT", "cot({0})", "The cotangent of an angle in rad; NULL of 0", domain="{x} <> 0"),
    _math("SIN", "sin({0})", "The sine of an angle in rad", folded=math.sin),
    _math("TAN", "tan({0})", "The tangent of an angle in rad", folded=math.tan),
    Function(
        name="LOWER", parameters=("text",), sql="lower({0})", result="same", unit=None,
        about="A text in small letters",
    ),
    Function(
        name="UPPER", parameters=("text",), sql="upper({0})", result="same", unit=None,
        about="A text in capitals",
    ),
)  # fmt: skip

BY_NAME = {each.name: each for each in FUNCTIONS}

GEOMETRY = frozenset(
    {
        "AREA", "BOX", "CENTROID", "CIRCLE", "CONTAINS", "COORD1", "COORD2", "COORDSYS", "DISTANCE",
        "INTERSECTS", "POINT", "POLYGON", "REGION",
    }
)  # fmt: skip
"""What catalogdb.adql.geometry resolves."""
