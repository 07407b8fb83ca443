"""Parallax, motions and radial velocity under labels of their own, where unit and explanation are clear."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import astropy.units as u

from ingest.cds.described import Described
from ingest.cds.readme import DescribedTable
from ingest.cds.units import parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a column of a quantity has: units that can be brought to `unit`, an explanation like `words`."""

    name: str
    unit: u.UnitBase
    words: re.Pattern[str]


_BEFORE = r"((the|annual|absolute|trigonometric|stellar|mean|weighted|average|gaia|hipparcos|e?dr[1-3]) )*"
_MOTION = r"proper[- ]motion (component )?(in|along) (the )?"
_VELOCITY = r"(heliocentric |barycentric |line[- ]of[- ]sight |systemic )*"
_AFTER = (
    r"([^\w-]|\B-|-\B|\b(the|in|of|on|at|from|by|as|and|with|this|for|times|multiplied|includes|including|measured|trigonometric|"
    r"star|stars|source|object|system|direction|cos|cosd|cosde|cosdec|cosdelta|delta|dec?|ra|alpha|pmra|pmdec?|mua|mud|"
    r"right|ascension|declination|great|circle|equatorial|coordinates?|frame|icrs|fk[45]|equinox|epoch|ep|value|catalogue?|"
    r"heliocentric|barycentric|archive|release|data|e?dr\d|gaia|hipparcos|hip|tycho(-2)?|tgas|ucac\d?|ppmxl|simbad|[jbg]?\d+)\b)*"
)
"""What may stand beside the name of a quantity; any other word may make it another one."""

PARALLAX = Quantity(
    name="parallax", unit=u.mas, words=re.compile(_BEFORE + r"parallax\b" + _AFTER, re.IGNORECASE)
)
PMRA = Quantity(
    name="motion in right ascension",
    unit=u.mas / u.yr,
    words=re.compile(
        _BEFORE + _MOTION + r"(RA\b|right ascension|alpha)" + _AFTER,
        re.IGNORECASE,
    ),
)
PMDEC = Quantity(
    name="motion in declination",
    unit=u.mas / u.yr,
    words=re.compile(_BEFORE + _MOTION + r"(DEC?\b|declination|delta)" + _AFTER, re.IGNORECASE),
)
VELOCITY = Quantity(
    name="radial velocity",
    unit=u.km / u.s,
    words=re.compile(_BEFORE + _VELOCITY + r"radial[- ]velocit(y|ies)\b" + _AFTER, re.IGNORECASE),
)

_OTHER_KIND = re.compile(
    r"(photometric|statistical|dynamical|kinematic|predicted|expected|simulated|relative|differential|"
    r"galactocentric|amplitude of|dispersion of)\b[^.;,]*\b(parallax|motions?|velocit(y|ies))|"
    r"spectroscopic\b[^.;,]*\bparallax|"
    r"\b(parallax|motions?|velocity)\W+(dispersion|(semi-?)?amplitude|residual|difference|relative|predicted)|"
    r"\b[LG]SR\b|local standard",
    re.IGNORECASE,
)
"""Explanations of what has the name and the unit of a quantity, but is another."""

_OTHER_PARALLAX = re.compile(r"photometric|spectroscopic|dynamical", re.IGNORECASE)
"""What a flag of a parallax may say."""

_FLAGS = ("n_", "f_", "q_", "l_", "u_")
"""Beginnings of the labels of columns that qualify another (CDS standards for ReadMes, section 3.2.2)."""


def clear_column(table: DescribedTable, quantity: Quantity, tell: Callable[[str], None]) -> Described | None:
    """Return the one column that is the quantity by its unit and explanation; None if none, or several, are.

    A column whose values another qualifies with a flag is none: the flag may say that they are something
    else. `tell` gets why a likely one is not taken.
    """
    found = [column for column in table.columns if _is(column, quantity)]
    if len(found) > 1:
        labels = ", ".join(column.label for column in found)
        tell(f"{labels}: which is the {quantity.name} is not clear: kept under their own names")
    if len(found) != 1:
        return None
    (column,) = found
    flag = next((f for f in (table.column(x + column.label) for x in _FLAGS) if f is not None), None)
    if flag is not None:
        tell(f"{column.label}: {flag.label} says what its values are: kept under its own name")
        return None
    return column


def is_of_its_label(table: DescribedTable, column: Described, tell: Callable[[str], None]) -> bool:
    """Whether a column is what its label says, such as Plx or RV: its explanation may name another kind.

    So may the flag of a parallax. `tell` gets what is said.
    """
    said = [(column.label, _OTHER_KIND.search(column.text))]
    if column.label.lower() in {"plx", "parallax"}:
        flags = (table.column(x + column.label) for x in _FLAGS)
        said += [
            (f.label, _OTHER_PARALLAX.search(f"{f.text} {table.note_of(f)}")) for f in flags if f is not None
        ]
    for label, words in said:
        if words is not None:
            tell(f"{column.label}: {label} says {words[0]!r}: kept under its own name")
            return False
    return True


def _is(column: Described, quantity: Quantity) -> bool:
    unit = parsed(column.unit)
    if not column.is_number or unit is None or column.label[1:2] == "_" or column.repeat > 1:
        return False
    if not (unit.is_equivalent(quantity.unit) or _is_time_rate(unit, quantity)):
        return False
    text = re.sub(r"\s+", " ", column.text).strip()
    return quantity.words.fullmatch(text) is not None


def _is_time_rate(unit: u.UnitBase, quantity: Quantity) -> bool:
    """Motions in right ascension may be seconds of time in a year."""
    return quantity is PMRA and bool(unit.is_equivalent(u.s / u.yr))
