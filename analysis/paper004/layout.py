"""The 55 columns of a multi-epoch table as paper 004 lays it out (section 2.3), one row per star.

Column 1 is the star's identifier; columns 2 to 51 are, for each of ten catalogues, epoch [yr], right
ascension [deg], its error [mas], declination [deg] and its error [mas]; columns 52 to 55 are Gaia DR3's
parallax [mas], radial velocity [km/s] and motion [mas/yr].
"""

from __future__ import annotations

from analysis.paper004.result import PAPER_TABLES
from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column

CATALOGUES = ("npm1", *PAPER_TABLES)
"""The ten catalogues in the order of the columns."""

VALUES = ("epoch", "ra", "ra_error", "dec", "dec_error")
"""The five columns of each catalogue."""

MOTION = ("parallax", "radial_velocity", "pmra", "pmdec")
"""The last four columns, of Gaia DR3."""

GAIA_PREFIX = "Gaia DR3 "
"""What stands before the number of a star of Gaia DR3, and before no other identifier."""

_TITLES = {
    "epoch": "Epoch of both coordinates (Julian year), the mean where the catalogue has one for each",
    "ra": "Right ascension (ICRS) at the epoch, moved there by Gaia DR3's motion if it had its own",
    "ra_error": "Standard error of the right ascension, times cos(dec)",
    "dec": "Declination (ICRS) at the epoch, moved there by Gaia DR3's motion if it had its own",
    "dec_error": "Standard error of the declination",
}


def _columns() -> tuple[Column, ...]:
    first = Column(
        name="gaia_id",
        type="VARCHAR",
        ucd="meta.id;meta.main",
        about="Identifier in Gaia DR3, as `Gaia DR3 N`; without one that of the mother, as `npm1 N`",
    )
    kinds = {name: ASTROMETRY[name] for name in VALUES[1:]}
    places = tuple(
        Column(
            name=f"{catalogue}_{name}",
            type="DOUBLE",
            ucd="time.epoch" if name == "epoch" else kinds[name].ucd.removesuffix(";meta.main"),
            unit="yr" if name == "epoch" else kinds[name].unit,
            about=f"{catalogue}: {_TITLES[name]}",
        )
        for catalogue in CATALOGUES
        for name in VALUES
    )
    return (first, *places, *(ASTROMETRY[name] for name in MOTION))


WIDE = _columns()
"""The 55 columns."""
