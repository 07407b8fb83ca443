"""What the ephemerides can be asked, and the table they are in."""

from __future__ import annotations

from functools import partial

from analysis.columns import number
from analysis.options import Option
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)

CALENDARS = ("besselian", "julian")

OPTIONS = (
    Option("dates", str, None, "Dates [yr], with commas between them, such as 2023,2024.5", required=True),
    Option("orb6", str, "orb6", "Table of orbits: the catalogue orb6, or one with its columns"),
    Option(
        "calendar",
        str,
        "besselian",
        "Years that the dates are: besselian, as in the catalogue's own ephemerides, or julian",
        choices=CALENDARS,
    ),
    Option(
        "period_year",
        str,
        "besselian",
        "Year of periods that are listed in years: besselian, as of the times of periastron, or julian",
        choices=CALENDARS,
    ),
)


def text(name: str, ucd: str, about: str, *, nullable: bool = False) -> Column:
    """Return a column of text."""
    return Column(name=name, type="VARCHAR", ucd=ucd, about=about, nullable=nullable)


ORBIT = (
    text("source_id", "meta.id;meta.main", "WDS designation and name of the pair, as in the table of orbits"),
    text("wds", "meta.id.assoc", "WDS designation"),
    text("discoverer", "meta.id", "Discoverer designation and components"),
    Column(
        name="grade",
        type="SMALLINT",
        ucd="meta.code.qual",
        unit="",
        about="Grade: 1 definitive to 5 indeterminate, 7 incomplete, 8 interferometric, 9 astrometric",
    ),
    text("reference", "meta.bib", "Code of the orbit's reference"),
    Column(
        name="orbit_number",
        type="INTEGER",
        ucd="meta.number",
        unit="",
        about="1 for the pair's best orbit (grade, then year of the reference), 2 for the next",
    ),
)
"""Columns that name an orbit, in this order."""

RUN_ID = text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings")

RESULT = Table(
    name="orb6_ephemeris",
    schema="results",
    title="Ephemerides of visual binaries",
    about="Position angle and separation of every orbit of a table of orbits at each date asked for",
    unique=False,
    columns=(
        *ORBIT,
        _number("epoch", "time.epoch", "yr", "Date (Julian year TDB)"),
        _number("besselian_epoch", "time.epoch", "yr", "The same date as a Besselian year"),
        _number("theta", "pos.posAng", "deg", "Position angle of the secondary, of date (mean equator)"),
        _number("theta_icrs", "pos.posAng", "deg", "theta on the ICRS; NULL where the node has no equinox"),
        _number("rho", "pos.angDistance", "arcsec", "Separation; of astrometric orbits see flags"),
        text(
            "flags",
            "meta.code",
            "astrometric (photocentre about the centre of mass), no_equinox (theta taken as of date), "
            "quadrant_changed (the catalogue turned node or omega by 180 deg), circular (omega not listed, "
            "T is at the node), no_node (no theta), implausible (above 150 solar masses at any distance: a "
            "unit is wrong), separated by blanks; else NULL",
            nullable=True,
        ),
        text("reason", "meta.note", "Why there is no rho; else NULL", nullable=True),
        RUN_ID,
    ),
)
