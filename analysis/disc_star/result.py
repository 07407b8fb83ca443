"""What can be asked of the places and motions of stars, and the table of them."""

from __future__ import annotations

from functools import partial
from itertools import combinations

from analysis.columns import number, text
from analysis.galaxy import sun
from analysis.galaxy.populations import BOUNDARIES, POPULATIONS
from analysis.options import Option
from analysis.runs import OPTION as RUN_ID
from catalogdb.schema import Column, Table

_number = partial(number, principal=True)

COLUMN_OPTIONS = (
    Option("id", str, "source_id", "Column of identifiers"),
    Option("ra", str, "ra", "Column of right ascensions"),
    Option("dec", str, "dec", "Column of declinations"),
    Option("pmra", str, "pmra", "Column of proper motions in right ascension, times cos(dec)"),
    Option("pmdec", str, "pmdec", "Column of proper motions in declination"),
    Option("rv", str, "radial_velocity", "Column of radial velocities"),
    Option("dist", str, "dist", "Column of distances, in kpc unless its unit is another"),
    Option("fe_h", str, None, "Column of [Fe/H]; by default fe_h or feh"),
    Option("alpha_fe", str, None, "Column of [alpha/Fe]; by default alpha_fe or alpha_m"),
    Option("logg", str, "logg", "Column of log g"),
)

CUT_OPTIONS = (
    Option(
        "preset",
        str,
        "toomre",
        "Selection that those below change: toomre (|z| < 1 kpc, within 100 km/s of the LSR's rotation), "
        "eilers2019 (with abundances), none",
        ("toomre", "eilers2019", "none"),
    ),
    Option(
        "alpha_line",
        str,
        None,
        "Line between thin and thick disc in [Fe/H] and [alpha/Fe]: "
        f"{', '.join(BOUNDARIES)}, none, or points FE_H:ALPHA_FE,FE_H:ALPHA_FE,...",
    ),
    Option("z_max", float, None, "Largest |z| [kpc]; 0 for no limit", minimum=0.0),
    Option(
        "z_angle", float, None, "Or within so many degrees of the plane, seen from the centre", minimum=0.0
    ),
    Option("vz_max", float, None, "Largest |vz| [km/s]; 0 for no limit", minimum=0.0),
    Option("toomre", float, None, "Largest |v - v_lsr| [km/s]; 0 for no limit", minimum=0.0),
    Option("vphi_min", float, None, "Smallest vphi [km/s]"),
    Option("vphi_max", float, None, "Largest vphi [km/s]"),
    Option("td_d_max", float, None, "Largest probability of the thick disc over the thin's", minimum=0.0),
    Option("wedge", float, None, "Largest azimuth from the Sun's [deg]; 0 for no limit", minimum=0.0),
    Option("logg_max", float, None, "Largest log g: giants; 0 for no limit", minimum=0.0),
    Option("dist_error_max", float, None, "Largest error of the distance, as a fraction", minimum=0.0),
    Option(
        "v_lsr",
        float,
        None,
        "Rotation of the local standard of rest [km/s], at each R; by default the Sun's V less 12.24",
        minimum=1.0,
    ),
    Option("populations", str, "bensby2003", "Velocity ellipsoids of p_thin and so on", tuple(POPULATIONS)),
)

OPTIONS = (
    Option("stars", str, None, "Table of the stars", required=True),
    RUN_ID,
    *sun.OPTIONS,
    Option(
        "distances", str, None, "Table with distances of them by identifier, such as results.spectro_distance"
    ),
    Option("motions", str, None, "Table with proper motions (and parallaxes) of them, as catalogs.gaia_dr3"),
    Option("link", str, None, "Match of the stars, on its left, with that table"),
    Option(
        "distance_by",
        str,
        "column",
        "Distances from: column (or --distances); prior, from parallaxes with a prior that falls "
        "exponentially; inverse, 1/parallax of good ones; modulus, a column of (m - M)0",
        ("column", "prior", "inverse", "modulus"),
    ),
    Option("prior_length", float, 1.35, "Scale length of the prior [kpc]", minimum=1e-6),
    Option("parallax_snr", float, 10.0, "Smallest parallax over its error that is inverted", minimum=5.0),
    Option("parallax_zero_point", float, 0.0, "Taken from the parallaxes first [mas]; about -0.03 in Gaia"),
    Option("modulus", str, None, "Column of distance moduli, free of extinction [mag]"),
    Option("modulus_error", float, 0.2, "Error of the moduli [mag], where the table has none", minimum=0.0),
    Option(
        "selected",
        str,
        "disc_selected",
        "Name of the table of the selected stars, in the schema results; it is replaced",
    ),
    Option("dist_error_if_missing", float, None, "Fraction, for distances without error", minimum=0.0),
    Option("pm_error_if_missing", float, None, "For motions without error [mas/yr]", minimum=0.0),
    Option("rv_error_if_missing", float, None, "For velocities without error [km/s]", minimum=0.0),
    *COLUMN_OPTIONS,
    *CUT_OPTIONS,
)

PLACE = (
    ("r", "pos.distance;pos.galactic", "kpc", "Distance from the Galaxy's axis"),
    ("phi", "pos.posAng;pos.galactic", "rad", "Azimuth: 0 at the Sun, growing with the rotation"),
    ("z", "pos.distance;pos.galactic", "kpc", "Height above the plane, to the north"),
    ("vr", "phys.veloc", "km.s**-1", "Velocity outward from the axis"),
    ("vphi", "phys.veloc.rotat", "km.s**-1", "Velocity along the rotation"),
    ("vz", "phys.veloc", "km.s**-1", "Velocity to the north"),
)
"""Columns of the six coordinates, in the order of `Cylinder`."""

PAIRS = tuple(combinations(range(6), 2))
CORRELATIONS = tuple(f"{PLACE[i][0]}_{PLACE[j][0]}_corr" for i, j in PAIRS)
"""The correlations, of which row and column in the covariance each is."""

CUTS = {
    "in_alpha": "[alpha/Fe] is below the line",
    "in_height": "near the plane",
    "in_vz": "|vz| is small",
    "in_toomre": "the velocity is near the rotation of the local standard of rest",
    "in_vphi": "vphi is within its limits",
    "in_probability": "the thick disc is improbable enough",
    "in_wedge": "the azimuth is near the Sun's",
    "in_logg": "log g is that of a giant",
    "in_dist_error": "the distance is good enough",
}
"""The criteria, and what each says of a star."""


def _flag(name: str, about: str, *, principal: bool = False) -> Column:
    return Column(name=name, type="INTEGER", ucd="meta.code", unit="", about=about, principal=principal)


def _coordinate(name: str, ucd: str, unit: str, about: str) -> tuple[Column, Column]:
    error = f"Standard error of {name}; NULL where an error it needs is missing"
    return _number(name, ucd, unit, about), number(f"{name}_error", f"stat.error;{ucd}", unit, error)


RESULT = Table(
    name="disc_star",
    schema="results",
    title="Stars in the Galaxy",
    about="One row for each star: galactocentric position and velocity, and whether it is thin disc",
    unique=False,
    columns=(
        text("source_id", "meta.id;meta.main", "The star", nullable=False),
        _number("ra", "pos.eq.ra", "deg", "Right ascension (ICRS)"),
        _number("dec", "pos.eq.dec", "deg", "Declination (ICRS)"),
        *_coordinate("dist", "pos.distance;pos.heliocentric", "kpc", "Distance from the Sun that was used"),
        text("dist_source", "meta.ref", "Where dist is from: table and column, or how from the parallax"),
        *(column for each in PLACE for column in _coordinate(*each)),
        *(
            number(
                name, "stat.correlation", "", f"Correlation of the errors of {PLACE[i][0]} and {PLACE[j][0]}"
            )
            for name, (i, j) in zip(CORRELATIONS, PAIRS, strict=True)
        ),
        _number("fe_h", "phys.abund.Fe", "", "[Fe/H] of the table, dex"),
        _number("alpha_fe", "phys.abund", "", "[alpha/Fe] of the table, dex"),
        number("logg", "phys.gravity", "", "log g of the table, log of cm/s2"),
        number("v_lsr_diff", "phys.veloc", "km.s**-1", "|v - v_lsr|: the radius in a Toomre diagram"),
        _number("p_thin", "stat.probability", "", "Probability of the thin disc by the velocity"),
        _number("p_thick", "stat.probability", "", "Probability of the thick disc by the velocity"),
        _number("p_halo", "stat.probability", "", "Probability of the halo by the velocity"),
        *(
            _flag(name, f"1 if {words}, 0 if not; NULL if not asked or not known")
            for name, words in CUTS.items()
        ),
        _flag(
            "thin_disc",
            "1 if every criterion that was asked holds, 0 if one does not; NULL if one is not known",
            principal=True,
        ),
        _number("weight", "stat.weight", "", "1 for stars of the selection, 0 for others"),
        text("reason", "meta.note", "Why there is no position or velocity, or no error; else NULL"),
        text(
            "run_id", "meta.id", "Run that computed the row; provenance.runs has its settings", nullable=False
        ),
    ),
)
