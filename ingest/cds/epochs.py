"""The epoch of a table's position: a year that the ReadMe states, or a column that holds it row by row."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

import astropy.units as u

from catalogdb.errors import DataError
from ingest.cds.described import Described
from ingest.cds.places import Place, named
from ingest.cds.readme import DescribedTable
from ingest.cds.units import parsed

_EPOCH = re.compile(r"_?Ep(?:och|Pos)?(?:J|B)?(?:-(?P<zero>\d+(?:\.\d+)?))?$", re.IGNORECASE)
_EACH = re.compile(r"Ep(?:och)?_?(?P<axis>RA|DE)(?P<between>.{0,4}?)(?:-(?P<zero>\d+(?:\.\d+)?))?$")
_DATE = re.compile(r"(?:H|B)?M?JD(?:-(?P<zero>\d+(?:\.\d+)?))?$|Obs\.?[dD]ate$|Date$")
_OF_POSITION = re.compile(
    r"\b(position|coordinates?|astrometr\w*|source measurement|plate|scan)\b", re.IGNORECASE
)
_ZERO = re.compile(r"\b(?:[BH]?M?JD|years?)\s*-\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochColumn:
    """A column of epochs: raw * scale + zero, and what makes Julian years of it, None where it has them."""

    column: Described
    by: str | None = None
    zero: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """The epoch of a position: one year for all rows, a column, or one column for each coordinate."""

    year: float | None = None
    column: EpochColumn | None = None
    each: tuple[EpochColumn, EpochColumn] | None = None
    note: str = ""


def epoch_of(table: DescribedTable, place: Place, given: str | float | None) -> Epoch:
    """Return the epoch: as `given`, else as stated, else a column labelled so; never the equinox."""
    if given is not None:
        return _given(table, place, given)
    if place.said.epoch_column:
        column = table.column(place.said.epoch_column)
        if column is not None:
            return Epoch(column=_read(column, place), note=f"{_quoted(place)}: it stands in {column.label}")
    if place.said.epoch is not None:
        told = "a Besselian year, " if place.said.besselian else ""
        return Epoch(year=place.said.epoch, note=f"{told}{_quoted(place)}")
    found = [column for column in table.columns if _EPOCH.match(column.label) and _holds(column)]
    if len(found) == 1:
        return Epoch(column=_read(found[0], place), note=f'{found[0].label} "{found[0].text}"')
    each = _pair(table, place)
    if each is not None:
        labels = f"{each[0].column.label} and {each[1].column.label}"
        return Epoch(each=each, note=f"Each coordinate has its own epoch, {labels}")
    dates = [c for c in table.columns if _DATE.match(c.label) and _OF_POSITION.search(c.text)]
    if len(dates) == 1:
        return Epoch(column=_read(dates[0], place), note=f'{dates[0].label} "{dates[0].text}"')
    return Epoch()


def _quoted(place: Place) -> str:
    return "; ".join(place.quotes)


def _given(table: DescribedTable, place: Place, given: str | float) -> Epoch:
    if isinstance(given, str) and table.column(given) is None:
        with suppress(ValueError):
            given = float(given)
    if isinstance(given, str):
        column = named(table, given)
        if not (_holds(column) or parsed(column.unit) == u.d):
            raise DataError(
                f"{', '.join(table.names)}: {column.label}, in {column.unit}, holds no epochs: "
                "name a column of years, days or dates, or give a year"
            )
        return Epoch(column=_read(column, place), note=f'{column.label} "{column.text}", as the user says')
    if not 1000 <= given <= 3000:
        raise DataError(f"epoch {given:g}: a Julian year is expected, such as 1991.25")
    return Epoch(year=float(given), note="As the user says")


def _holds(column: Described) -> bool:
    unit = parsed(column.unit)
    return column.format == "A" or (unit is not None and unit.is_equivalent(u.yr)) or column.unit == "---"


def _read(column: Described, place: Place) -> EpochColumn:
    """How the column is read: text as dates, days as Julian dates, years as years."""
    if column.format == "A":
        return EpochColumn(column=column, by="iso_to_year")
    match = _EPOCH.match(column.label) or _EACH.match(column.label) or _DATE.match(column.label)
    zero = (match and match.groupdict().get("zero")) or next(iter(_ZERO.findall(column.text)), "0")
    if parsed(column.unit) == u.d:
        modified = "MJD" in column.label.upper() or "modified" in column.text.lower()
        return EpochColumn(column=column, by="mjd_to_year" if modified else "jd_to_year", zero=float(zero))
    unit = parsed(column.unit)
    scale = float(unit.to(u.yr)) if unit is not None and unit.is_equivalent(u.yr) else 1.0
    besselian = place.said.equinox.startswith("B") or re.search(r"bessel", column.text, re.IGNORECASE)
    by = "besselian_to_year" if besselian else None
    return EpochColumn(column=column, by=by, zero=float(zero), scale=scale)


def _pair(table: DescribedTable, place: Place) -> tuple[EpochColumn, EpochColumn] | None:
    """Columns of the epochs of each coordinate, of this position if labels tell, else of any."""
    found: dict[str, EpochColumn] = {}
    for wanted in dict.fromkeys((place.between, "")):
        for column in table.columns:
            match = _EACH.match(column.label)
            if match and match["between"] == wanted and column.is_number:
                found.setdefault(match["axis"], _read(column, place))
        if {"RA", "DE"} <= set(found):
            return found["RA"], found["DE"]
    return None
