"""Which columns are errors, parallax, motions, radial velocity and correlations of a table's position.

By their labels (e_RAdeg, Plx, pmRA, e_pmDE, RV, Plx:RA, pmRApmDEcor), else by units and words, each with
the unit of its raw number and whether cos(dec) is in a component in right ascension: as the words say; a
time, s/yr, never has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import astropy.units as u

from catalogdb.astrometry import ASTROMETRY
from ingest.cds.described import Described
from ingest.cds.places import Place, angle_unit
from ingest.cds.quantities import PARALLAX, PMDEC, PMRA, VELOCITY, clear_column, is_of_its_label
from ingest.cds.readme import DescribedTable
from ingest.cds.units import parsed
from ingest.cds.words import at_other_epoch, has_cos_dec

_PARAMETERS = {"RA": "ra", "DE": "dec", "Plx": "parallax", "pmRA": "pmra", "pmDE": "pmdec"}
_PAIR = re.compile(r"(RA|DE|Plx|pmRA|pmDE):?(RA|DE|Plx|pmRA|pmDE)(cor|corr)?$", re.IGNORECASE)
_VELOCITIES = ("RV", "HRV", "Vrad", "vrad", "RVel", "radVel", "RadVel")
_PARALLAXES = ("Plx", "plx", "PLX", "parallax")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A canonical column, the described one that feeds it, the unit of its raw number.

    `times_cosdec`: the raw number lacks cos(dec). `remark` says what was assumed.
    """

    name: str
    column: Described
    unit: str | None
    times_cosdec: bool = False
    remark: str = ""


class Roles:
    """Finds the roles around one position of a table; what was not taken, and why, goes to `remarks`."""

    def __init__(self, table: DescribedTable, place: Place) -> None:
        self.table, self.place = table, place
        self.remarks: list[str] = []

    def all(self) -> list[Role]:
        """Every canonical column but the position itself."""
        found = [
            *self._errors(),
            *self._parallax(),
            *self._motions(),
            *self._velocity(),
            *self._correlations(),
        ]
        first: dict[str, Role] = {}
        for role in found:
            if role.name in ASTROMETRY:  # RA:RA is none
                first.setdefault(role.name, role)
        return list(first.values())

    def _text(self, column: Described) -> str:
        return f"{column.label} {column.text} {self.table.note_of(column)}"

    def _find(self, *labels: str) -> Described | None:
        columns = (self.table.column(label) for label in dict.fromkeys(labels))
        return next((c for c in columns if c is not None and c.is_number), None)

    def _quantity(self, *labels: str) -> Described | None:
        """The column of one of these labels, unless it says that it is something else."""
        column = self._find(*labels)
        if column is None or not is_of_its_label(self.table, column, self.remarks.append):
            return None
        return column

    def _errors(self) -> Iterator[Role]:
        between = self.place.between
        for name, parts, word in (("ra", self.place.ra, "RA"), ("dec", self.place.dec, "DE")):
            last = list(parts.values())[-1].label
            labels = [f"e_{last}", *(f"e_{c.label}" for c in parts.values()), f"e_{word}{between}"]
            if between == "":
                labels += [f"e_{word}deg", f"e_{word}s"]
            column = self._find(*labels)
            if column is None:
                continue
            if at_other_epoch(self._text(column)):
                self.remarks.append(
                    f"{column.label} holds at a mean epoch, not that of the position: kept under its own name"
                )
                continue
            yield from self._angle(f"{name}_error", column, right_ascension=name == "ra")

    def _parallax(self) -> Iterator[Role]:
        column = self._quantity(*_PARALLAXES) or clear_column(self.table, PARALLAX, self.remarks.append)
        if column is None or angle_unit(column, hours=False) is None:
            return
        yield from self._angle("parallax", column)
        error = self._find(f"e_{column.label}")
        if error is not None:
            yield from self._angle("parallax_error", error)

    def _motions(self) -> Iterator[Role]:
        between = self.place.between
        labels = [(f"pmRA{x}", f"pmDE{x}") for x in dict.fromkeys((between, ""))] + [
            ("pmRA*", "pmDE"),
            ("pmRA", "pmDEC"),
        ]
        pairs = [(self._quantity(ra), self._quantity(dec)) for ra, dec in labels]
        if not any(ra and dec for ra, dec in pairs):
            tell = self.remarks.append
            pairs = [(clear_column(self.table, PMRA, tell), clear_column(self.table, PMDEC, tell))]
        for ra, dec in pairs:
            if ra is None or dec is None or self._rate(ra) is None or self._rate(dec) is None:
                continue
            east = self._component("pmra", ra)
            yield from (east, Role(name="pmdec", column=dec, unit=self._rate(dec)))
            for name, of in (("pmra_error", ra), ("pmdec_error", dec)):
                error = self._find(f"e_{of.label}")
                if error is None or self._rate(error) is None:
                    continue
                if name == "pmra_error":
                    yield self._component(name, error, like=east)
                else:
                    yield Role(name=name, column=error, unit=self._rate(error))
            return

    def _component(self, name: str, column: Described, like: Role | None = None) -> Role:
        """A motion in right ascension; its error is taken as the motion is where nothing is said of it."""
        stated = has_cos_dec(self._text(column))
        time = self._is_time(column)
        if stated is None and not time and like is not None and not self._is_time(like.column):
            stated = not like.times_cosdec
        if stated is None and not time:
            self._assumed(column)
        lacking = stated is False or (stated is None and time)
        return Role(name=name, column=column, unit=self._rate(column), times_cosdec=lacking)

    def _angle(self, name: str, column: Described, *, right_ascension: bool = False) -> Iterator[Role]:
        unit = angle_unit(column, hours=right_ascension)
        if unit is None:
            self.remarks.append(f"{column.label} has no unit of an angle: kept under its own name")
            return
        time = self._is_time(column)
        stated = has_cos_dec(self._text(column)) if right_ascension else True
        if stated is None and not time:
            self._assumed(column)
        yield Role(
            name=name, column=column, unit=unit, times_cosdec=stated is False or (stated is None and time)
        )

    def _assumed(self, column: Described) -> None:
        self.remarks.append(f"{column.label}: the ReadMe does not say whether cos(dec) is in it; taken to be")

    def _is_time(self, column: Described) -> bool:
        """Whether a component in right ascension is a time, a 24th of a turn being an hour."""
        unit = parsed(column.unit)
        return (
            unit is not None and any(unit.is_equivalent(x) for x in (u.s, u.s / u.yr)) and not _is_angle(unit)
        )

    def _rate(self, column: Described) -> str | None:
        """The unit of a motion as a spec says it, None if it is none."""
        unit = parsed(column.unit)
        if unit is None:
            return None
        if unit.is_equivalent(u.mas / u.yr):
            return str(unit.to_string())
        return f"{float(unit.to(u.s / u.yr)) * 15:g} arcsec / yr" if unit.is_equivalent(u.s / u.yr) else None

    def _velocity(self) -> Iterator[Role]:
        column = self._quantity(*_VELOCITIES) or clear_column(self.table, VELOCITY, self.remarks.append)
        unit = parsed(column.unit) if column else None
        if column is None or unit is None or not unit.is_equivalent(u.km / u.s):
            return
        yield Role(name="radial_velocity", column=column, unit=str(unit.to_string()))
        error = self._find(f"e_{column.label}")
        unit = parsed(error.unit) if error else None
        if error is not None and unit is not None and unit.is_equivalent(u.km / u.s):
            yield Role(name="radial_velocity_error", column=error, unit=str(unit.to_string()))

    def _correlations(self) -> Iterator[Role]:
        for column in self.table.columns:
            match = _PAIR.match(column.label)
            if match is None or not (match[3] or ":" in column.label) or not column.is_number:
                continue
            words = {key.lower(): name for key, name in _PARAMETERS.items()}
            first, second = words[match[1].lower()], words[match[2].lower()]
            order = list(_PARAMETERS.values())
            a, b = sorted((first, second), key=order.index)
            yield Role(name=f"{a}_{b}_corr", column=column, unit=None)


def _is_angle(unit: u.UnitBase) -> bool:
    return bool(unit.is_equivalent(u.mas) or unit.is_equivalent(u.mas / u.yr))
