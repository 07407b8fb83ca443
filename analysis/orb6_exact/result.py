"""What can be asked of orbits with astrometry, and the tables that answer."""

from __future__ import annotations

from functools import partial

from analysis.columns import number
from analysis.options import Option
from analysis.orb6_ephemeris.result import CALENDARS, ORBIT, RUN_ID, text
from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)

OPTIONS = (
    Option("orb6", str, "orb6", "Table of orbits: the catalogue orb6, or one with its columns"),
    Option(
        "astrometry",
        str,
        "hipparcos2",
        "Table with parallaxes and motions; one without numbers of Hipparcos through `catalogdb identifiers`",
    ),
    Option(
        "velocities",
        str,
        None,
        "Table with radial velocities, where that of astrometry has none; joined alike",
    ),
    Option("t0", float, 1991.25, "Julian year at which the elements hold and the plane touches the sky"),
    Option("window_begin", float, 1900.0, "Julian year in which the comparison begins"),
    Option("window_end", float, 2030.0, "Julian year in which it ends"),
    Option("samples", int, 131, "Dates in the window that are compared, evenly spread", minimum=2),
    Option(
        "threshold", float, 1.0, "Difference [mas] above which a pair is counted in the report", minimum=0.0
    ),
    Option("bright", float, 6.5, "Largest magnitude of the primary of pairs that are counted as bright"),
    Option(
        "mass_ratio",
        float,
        None,
        "Mass of A over mass of B, assumed where ratios has none; the comparison takes 1 without it",
        minimum=0.0,
    ),
    Option("ratios", str, None, "Table with source_id (of pairs) and mass_ratio (A over B), where known"),
    Option(
        "place_of",
        str,
        "barycentre",
        "What the table of astrometry is taken to list: the barycentre or the primary of each pair",
        choices=("barycentre", "primary"),
    ),
    Option("dates", str, None, "Dates [yr] for the places of both components, with commas; by default none"),
    Option(
        "calendar",
        str,
        "besselian",
        "Years that the dates are: besselian or julian",
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


_STAR = text("star_id", "meta.id", "source_id of the row in the table of astrometry", nullable=True)
_PARALLAX = ASTROMETRY["parallax"]
_FLAGS = (
    "astrometric, no_equinox (taken as 2000), quadrant_changed, circular, implausible: as in "
    "results.orb6_ephemeris; no_radial_velocity (taken as 0), several_rows (of that star; the most precise "
    "was taken), poor_parallax (below 5 errors), separated by blanks; else NULL"
)


def _told(what: str) -> tuple[Column, ...]:
    return (
        text("flags", "meta.code", _FLAGS, nullable=True),
        text("reason", "meta.note", f"Why there is no {what}; else NULL", nullable=True),
        RUN_ID,
    )


RESULT = Table(
    name="orb6_exact",
    schema="results",
    title="Exact geometry of visual binaries against the tangent plane",
    about="How far the exact place of the secondary departs from the tangent plane's in a window of time",
    unique=False,
    columns=(
        *ORBIT,
        _STAR,
        _number("v1", "phot.mag", "mag", "Magnitude of the primary, as the table of orbits lists it"),
        _number("v2", "phot.mag", "mag", "Magnitude of the secondary"),
        _PARALLAX,
        ASTROMETRY["pmra"],
        ASTROMETRY["pmdec"],
        ASTROMETRY["radial_velocity"],
        _number("t0", "time.epoch", "yr", "Where both agree: Julian year at which the elements hold"),
        _number("window_begin", "time.epoch;stat.min", "yr", "Julian year in which the comparison begins"),
        _number("window_end", "time.epoch;stat.max", "yr", "Julian year in which it ends"),
        _number("max_difference", "pos.angDistance;stat.max", "mas", "Largest distance of the two places"),
        _number("max_epoch", "time.epoch", "yr", "Julian year of that"),
        _number("max_rho", "pos.angDistance;stat.max", "mas", "Largest difference of the separations"),
        _number(
            "max_across",
            "pos.angDistance;stat.max",
            "mas",
            "Largest difference of angles, times the separation",
        ),
        _number(
            "max_static",
            "pos.angDistance;stat.max",
            "mas",
            "max_difference of the same pair if it did not move",
        ),
        *_told("max_difference"),
    ),
)

MASS = Table(
    name="orb6_mass",
    schema="results",
    title="Dynamical masses of visual binaries",
    about="Total mass of each pair, a^3 / (P^2 parallax^3), with the errors that are published",
    unique=False,
    columns=(
        *ORBIT,
        _STAR,
        _PARALLAX,
        ASTROMETRY["parallax_error"],
        _number("total_mass", "phys.mass", "solMass", "Mass of both stars together"),
        _number(
            "total_mass_error",
            "stat.error;phys.mass",
            "solMass",
            "Its standard error by those of a, P and parallax as independent; NULL where one is missing",
        ),
        _number(
            "parallax_part", "stat.error;phys.mass", "solMass", "Its standard error by the parallax alone"
        ),
        *_told("total_mass"),
    ),
)

COMPONENT = Table(
    name="orb6_component",
    schema="results",
    title="Places of the components of visual binaries",
    about="Where both stars of each pair are at each date asked for, seen from the solar barycentre",
    unique=False,
    columns=(
        *ORBIT,
        text("component", "meta.id.part", "A, the primary, or B"),
        _number("epoch", "time.epoch", "yr", "Date (Julian year TDB)"),
        _number("ra_icrs", "pos.eq.ra", "deg", "Right ascension at that date (ICRS, no parallax)"),
        _number("dec_icrs", "pos.eq.dec", "deg", "Declination at that date"),
        _number("mass_ratio", "phys.mass;arith.ratio", "", "Mass of A over mass of B"),
        text("flags", "meta.code", f"assumed_ratio (not known), or {_FLAGS}", nullable=True),
        RUN_ID,
    ),
)

RESULTS = (RESULT, MASS, COMPONENT)
