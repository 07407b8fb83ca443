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


_BEFORE = r"^((the|annual|absolute|trigonometric|stellar|mean|weighted|average|gaia|hipparcos|e?dr[1-3]) )*"
_MOTION = r"proper[- ]motion (component )?(in|along) (the )?"
_VELOCITY = r"(heliocentric |barycentric |line[- ]of[- ]sight |systemic )*"

PARALLAX = Quantity(name="parallax", unit=u.mas, words=re.compile(_BEFORE + r"parallax\b", re.IGNORECASE))
PMRA = Quantity(
    name="motion in right ascension",
    unit=u.mas / u.yr,
    words=re.compile(
        _BEFORE + _MOTION + r"(RA\b|right ascension|alpha)",
        re.IGNORECASE,
    ),
)
PMDEC = Quantity(
    name="motion in declination",
    unit=u.mas / u.yr,
    words=re.compile(_BEFORE + _MOTION + r"(DEC?\b|declination|delta)", re.IGNORECASE),
)
VELOCITY = Quantity(
    name="radial velocity",
    unit=u.km / u.s,
    words=re.compile(_BEFORE + _VELOCITY + r"radial[- ]velocit(y|ies)\b", re.IGNORECASE),
)

_OTHER = re.compile(
    r"error|uncertaint|sigma|dispersion|deviation|standard|correlation|correction|offset|zero|ratio|limit|"
    r"residual|difference|amplitude|variation|minimum|maximum|dynamical|orbital|photometric|spectroscopic|"
    r"statistical|cluster|expected|predicted|model|simulated|relative|local standard|LSR\b|galactocentric|"
    r"divided|times the|number|weight of|over ",
    re.IGNORECASE,
)
"""Words of what is no such quantity, or one of another kind."""

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


def _is(column: Described, quantity: Quantity) -> bool:
    unit = parsed(column.unit)
    if not column.is_number or unit is None or column.label[1:2] == "_" or column.repeat > 1:
        return False
    if not (unit.is_equivalent(quantity.unit) or _is_time_rate(unit, quantity)):
        return False
    text = re.sub(r"\s+", " ", column.text).strip()
    return bool(quantity.words.match(text)) and not _OTHER.search(text)


def _is_time_rate(unit: u.UnitBase, quantity: Quantity) -> bool:
    """Motions in right ascension may be seconds of time in a year."""
    return quantity is PMRA and bool(unit.is_equivalent(u.s / u.yr))
