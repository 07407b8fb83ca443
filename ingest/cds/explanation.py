"""The first word of an explanation: limits, whether a value may be missing and how, and the order of rows.

Standards for Astronomical Catalogues 2.0, section 3.4: [0,360[ or ]0,] or [3/7.5] are limits, an end that
a bracket turned away from it leaves out; ? allows blanks, ?=-9.99 is the mark of a missing value, ?=- any
number of dashes; then + += - -= say that the column increases or decreases. * points to a note.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_FIRST = re.compile(
    r"""(?P<star>\*\s*)?
        (?:(?P<low>[\[\]])(?P<inside>[^\[\]]*)(?P<high>[\[\]]))?
        (?:(?P<null>\?)(?:=(?P<mark>"[^"]*"|'[^']*'|\S*))?|(?P<never>!))?
        (?P<order>[-+]=?(?=\s|$))?
        \s*(?P<text>.*)$""",
    re.VERBOSE | re.DOTALL,
)
_NUMERAL = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMERAL})?\s*(?:([/,])\s*({_NUMERAL})?)?\s*$")
_DIGITS = re.compile(r"\s*(\d+)\s*-\s*(\d+)\s*$")
_LIST = re.compile(rf"\s*{_NUMERAL}(?:\s*[,;]\s*{_NUMERAL}){{2,}}\s*$")
_NULL_WORDS = ("nan", "null", "none", "n/a", "inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What an explanation demands of the values of a number; `null` are marks of absence.

    `open_limits` says which of the limits are themselves left out: low, high or both. `blank` is whether
    nothing may stand there; `increasing` whether each value is larger than the one before.
    """

    limits: tuple[float, float] | None = None
    open_limits: str = ""
    blank: bool = False
    null: tuple[str | int | float, ...] = ()
    increasing: bool = False
    unknown: str = ""


def read_explanation(text: str, *, number: bool) -> tuple[Checks, str]:
    """Return the checks that an explanation begins with, and the rest of it.

    Characters that a text may have, [A-Z], stay in the rest: ReadMes name them too loosely to refuse others.
    """
    match = _FIRST.match(text)
    assert match is not None
    limits, open_limits = None, ""
    rest = match["text"]
    if match["low"]:
        limits = _range(match["inside"]) if number else None
        open_limits = _open(match["low"], match["high"], limits)
        if limits is None and match["inside"].strip():
            told = f"{match['low']}{match['inside']}{match['high']}"
            if number and not (match["null"] or match["never"]):
                return Checks(), text.lstrip("*").strip()  # a text that begins with a bracket: [Fe/H] ratio
            rest = f"{told} {rest}".strip()
    elif match["order"] and not (match["null"] or match["never"]):
        return Checks(blank=not number), text.lstrip("*").strip()  # a text that begins with a sign
    mark = match["mark"]
    marks = () if mark is None else _marks(mark.strip("\"'"), number=number)
    unknown = "" if marks is not None else f"?={mark} is no mark of a missing number"
    checks = Checks(
        limits=limits,
        open_limits=open_limits,
        blank=bool(match["null"]) or (not number and not match["never"]),
        null=marks or (),
        increasing=match["order"] == "+",
        unknown=unknown,
    )
    return checks, rest


def _range(inside: str) -> tuple[float, float] | None:
    """The ends of a range of numbers; infinite where none is given, None if it is no range."""
    digits = _DIGITS.match(inside)
    if digits:
        return int(digits[1]), int(digits[2])
    if _LIST.match(inside):
        values = [_number(x) for x in re.split(r"\s*[,;]\s*", inside.strip())]
        return min(values), max(values)
    match = _RANGE.match(inside)
    if match is None or not (match[1] or match[3]):
        return None
    if not match[2]:
        return _number(match[1]), _number(match[1])
    low = _number(match[1]) if match[1] else -math.inf
    high = _number(match[3]) if match[3] else math.inf
    return min(low, high), max(low, high)


def _number(text: str) -> float:
    """A whole number where one is written, else a float."""
    return int(text) if re.fullmatch(r"[-+]?\d+", text) else float(re.sub("[dD]", "e", text))


def _open(low: str, high: str, limits: tuple[float, float] | None) -> str:
    """Which ends the brackets leave out, of those that are finite."""
    if limits is None:
        return ""
    ends = (low == "]" and math.isfinite(limits[0]), high == "[" and math.isfinite(limits[1]))
    return {(True, True): "both", (True, False): "low", (False, True): "high"}.get(ends, "")


def _marks(mark: str, *, number: bool) -> tuple[str | int | float, ...] | None:
    """The marks that ?=mark stands for; None if it can be none in a column of numbers."""
    if mark == "-":
        # CDS: any number of dashes (github.com/astropy/astropy/pull/1335).
        return ("-", "--", "---", "----")
    if mark == "" or not number:
        return (mark,) if mark else ()
    if re.fullmatch(_NUMERAL, mark):
        return (_number(mark),)
    if mark.lower() in _NULL_WORDS:
        return tuple(dict.fromkeys((mark, mark.lower(), mark.upper())))
    return (mark,) if re.fullmatch(r"[^\w\s]+|[A-Za-z/]+", mark) else None
