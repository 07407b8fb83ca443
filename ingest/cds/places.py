"""Positions among the columns of a table, by their labels: RAh RAm RAs DE- DEd DEm DEs, RAdeg DEdeg, ...

Standards for Astronomical Catalogues 2.0, section 3.3; what stands between RA and the part tells positions of
one table apart (RAmdeg, RA1950h, RA2deg, RA_ICRS, RAJ2000). oRA and dRA are offsets, no positions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import astropy.units as u

from catalogdb.errors import DataError, did_you_mean
from ingest.cds.described import Described
from ingest.cds.readme import DescribedTable
from ingest.cds.units import parsed
from ingest.cds.words import Said, said_by_label, said_of_position

# "RAs" is a part, "RA2000s" and "RAmdeg" have something between, "RADEcor" is a correlation.
_BETWEEN = r"(?P<between>[_.]?(?!DE|Plx|plx|pm)[A-Za-z0-9.]{0,6}?)"
_RA = re.compile(rf"_?RA{_BETWEEN}(?P<part>h|m|s|deg|rad|sec|hms|bhms|)$")
_DEC = re.compile(rf"_?DE(?:C|c)?{_BETWEEN}(?P<part>-|d|m|s|deg|rad|sec|dms|bdms|)$")
# RAh1900 and DE-B1950 have the year last: the same as RA1900h and DEB1950-.
_YEAR_LAST = re.compile(r"(_?(?:RA|DE))([hdms-])([JB]?(?:18|19|20)\d\d)$")
_NOT_BETWEEN = re.compile(r"cor", re.IGNORECASE)

_TEXT_PARTS = ("hms", "bhms", "dms", "bdms")
_MAS = {"h": 54e6, "d": 3.6e6, "hm": 9e5, "dm": 6e4, "hms": 15e3, "dms": 1e3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position: `way` is how it is written (number, parts, text), `ra` and `dec` its columns by part.

    Parts are h m s, and - d m s; a number or text stands alone under "". `resolution_mas` is the
    last decimal, `said` what the ReadMe says of system, equinox and epoch, `quotes` in which words.
    """

    way: str
    ra: Mapping[str, Described]
    dec: Mapping[str, Described]
    said: Said
    quotes: tuple[str, ...]
    resolution_mas: float

    @property
    def columns(self) -> tuple[Described, ...]:
        """All columns that it is made of."""
        return (*self.ra.values(), *self.dec.values())

    @property
    def label(self) -> str:
        """The labels of its columns, for messages."""
        return " ".join(column.label for column in self.columns)

    @property
    def between(self) -> str:
        """What stands between RA and the part in its labels."""
        match = _matched(_RA, next(iter(self.ra.values())).label)
        return match["between"] if match else ""


def places(table: DescribedTable) -> list[Place]:
    """Return the positions of a table in the order of its columns."""
    ra, dec = _grouped(table, _RA), _grouped(table, _DEC)
    found = []
    for between in ra:
        for way in ("number", "parts", "text"):
            ours, theirs = _written(ra[between], way), _written(dec.get(between, {}), way)
            if ours and theirs:
                found.append(_place(table, way, ours, theirs))
    return sorted(found, key=lambda place: min(column.first for column in place.columns))


def place_of(table: DescribedTable, ra: str, dec: str) -> Place:
    """Return the position in the columns of these labels; one of several parts by any of them."""
    first, second = (named(table, label) for label in (ra, dec))
    for place in places(table):
        if first in place.ra.values() and second in place.dec.values():
            return place
    way = "text" if first.format == "A" else "number"
    return _place(table, way, {"": first}, {"": second})


def named(table: DescribedTable, label: str) -> Described:
    """Return the column of that label, whatever its case; DataError if there is none."""
    labels = [column.label for column in table.columns]
    match = label if label in labels else next((x for x in labels if x.lower() == label.lower()), None)
    column = None if match is None else table.column(match)
    if column is None:
        raise DataError(f"{', '.join(table.names)} has no column {label}{did_you_mean(label, labels)}")
    return column


def angle_unit(column: Described, *, hours: bool) -> str | None:
    """The unit of an angle as a spec says it, None if it is no angle: h is a 24th of a turn."""
    unit = parsed(column.unit)
    if unit is None:
        return None
    if unit.is_equivalent(u.deg):
        return str(unit.to_string())
    if hours and unit.is_equivalent(u.h):
        return "hourangle" if unit == u.h else f"{float(unit.to(u.s)) * 15:g} arcsec"
    return None


def _grouped(table: DescribedTable, pattern: re.Pattern[str]) -> dict[str, dict[str, Described]]:
    """Columns by what stands between, and by part; of repeated ones the first."""
    groups: dict[str, dict[str, Described]] = {}
    for column in table.columns:
        match = _matched(pattern, column.label)
        if match and not _NOT_BETWEEN.search(match["between"]) and _fits(column, match["part"]):
            groups.setdefault(match["between"], {}).setdefault(match["part"], column)
    return groups


def _matched(pattern: re.Pattern[str], label: str) -> re.Match[str] | None:
    return pattern.match(_YEAR_LAST.sub(r"\1\3\2", label))


def _fits(column: Described, part: str) -> bool:
    """Whether the column can be that part: its unit is an angle or a time, or it is text."""
    if column.format == "A":
        return part in (*_TEXT_PARTS, "", "-", "d")
    if part in {"h", "m", "s", "d"}:
        unit = parsed(column.unit)
        return unit is not None and (unit.is_equivalent(u.h) or unit.is_equivalent(u.deg))
    return part not in _TEXT_PARTS and angle_unit(column, hours=True) is not None


def _written(group: Mapping[str, Described], way: str) -> dict[str, Described]:
    """The columns of a coordinate in one way of writing it; empty where they do not make a whole one."""
    if way == "number":
        one = next((group[p] for p in ("deg", "", "rad", "sec") if p in group and group[p].is_number), None)
        return {} if one is None else {"": one}
    if way == "text":
        one = next((group[p] for p in (*_TEXT_PARTS, "") if p in group and group[p].format == "A"), None)
        return {} if one is None else {"": one}
    parts = {part: group[part] for part in ("-", "h", "d", "m", "s") if part in group}
    whole = "h" in parts or "d" in parts
    return parts if whole and ("s" not in parts or "m" in parts) else {}


def _place(
    table: DescribedTable, way: str, ra: Mapping[str, Described], dec: Mapping[str, Described]
) -> Place:
    columns = (*ra.values(), *dec.values())
    notes = dict.fromkeys(table.note_of(column) for column in columns)
    kin, moving = _kin(table, columns)
    told = [
        *((said_of_position(column.text), f'{column.label} "{column.text}"') for column in columns),
        *((said_by_label(column.label), f"the label {column.label}") for column in columns),
        *((said_of_position(note), f'a note "{note}"') for note in notes if note),
        *((said_of_position(column.text), f'{column.label} "{column.text}"') for column in kin),
        *((Said(systems=said_of_position(c.text).systems), f'{c.label} "{c.text}"') for c in moving),
    ]
    said, quotes = Said(), []
    for words, quote in told:
        if said.gains_by(words):
            said = said.filled(words)
            quotes.append(quote)
    resolution = max(_resolution(ra, "h"), _resolution(dec, "d"))
    return Place(way=way, ra=ra, dec=dec, said=said, quotes=tuple(quotes), resolution_mas=resolution)


def _kin(table: DescribedTable, columns: tuple[Described, ...]) -> tuple[list[Described], list[Described]]:
    """Other ways in which the table has the same position, and the motions with it."""
    match = _matched(_RA, columns[0].label)
    between = match["between"] if match else None
    ways = [
        c
        for group in (_grouped(table, _RA), _grouped(table, _DEC))
        for c in group.get(between or "", {}).values()
    ]
    motions = [table.column(f"pm{word}{between}") for word in ("RA", "DE")]
    if between is None:
        return [], []
    return [c for c in ways if c not in columns], [c for c in motions if c is not None]


def _resolution(parts: Mapping[str, Described], whole: str) -> float:
    """The last decimal in mas; of text none is known, so that a number beside it is preferred."""
    last = list(parts.values())[-1]
    if not last.is_number:
        return 1e9
    if "" in parts:
        unit = u.Unit(angle_unit(last, hours=True) or "deg")
        return float(unit.to(u.mas)) * 10.0**-last.decimals
    written = whole + "".join(part for part in ("m", "s") if part in parts)
    return _MAS[written] * 10.0**-last.decimals
