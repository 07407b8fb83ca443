"""Units and UCDs: VOUnit and the UCD1+ vocabulary, as astropy knows them.

Those of catalogdb's own tables are listed here, so that a start does not wait a third of a second
for astropy; a test holds the lists against it.
"""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any

OWN_UNITS = frozenset({"", "arcsec", "byte", "deg", "km.s**-1", "mag", "mas", "mas.yr**-1", "s", "yr"})

OWN_UCDS = frozenset(
    {
        "meta.checksum",
        "meta.code",
        "meta.code.class",
        "meta.id",
        "meta.id.cross",
        "meta.id.part",
        "meta.id;meta.dataset",
        "meta.id;meta.main",
        "meta.id;meta.table",
        "meta.note",
        "meta.number",
        "meta.ref;meta.file",
        "meta.ref;time.epoch",
        "meta.title",
        "meta.ucd",
        "meta.unit",
        "meta.version",
        "meta.version;meta.software",
        "phot.mag;arith.diff",
        "pos.angDistance",
        "pos.angDistance;arith.ratio",
        "pos.eq.dec;meta.main",
        "pos.eq.ra;meta.main",
        "pos.healpix",
        "pos.healpix;stat.max",
        "pos.healpix;stat.min",
        "pos.parallax.trig",
        "pos.pm;pos.eq.dec",
        "pos.pm;pos.eq.ra",
        "pos.posAng",
        "spect.dopplerVeloc.opt;em.opt.I",
        "stat.correlation",
        "stat.error;pos.eq.dec",
        "stat.error;pos.eq.ra",
        "stat.error;pos.parallax",
        "stat.error;pos.pm;pos.eq.dec",
        "stat.error;pos.pm;pos.eq.ra",
        "stat.error;spect.dopplerVeloc.opt;em.opt.I",
        "stat.fit.chi2",
        "time.creation",
        "time.duration",
        "time.epoch",
    }
)


@functools.cache
def is_unit(unit: str) -> bool:
    """Whether `unit` is a VOUnit; "" is, for dimensionless numbers."""
    if unit in OWN_UNITS:
        return True
    # A quoted name is a unit of one's own, whatever it says. astropy refuses 'electron' once it has read a
    # table that has it without quotes, so that the order of what is read would decide.
    standard = re.sub(r"'[A-Za-z]+'", "adu", unit)
    try:
        astropy_unit(standard)
    except ValueError:
        return False
    return True


@functools.cache
def astropy_unit(unit: str) -> Any:
    """A VOUnit as astropy has it; raises ValueError for a text that is none.

    VOUnit prefers 0.1nm to Angstrom and g.cm**2.s**-2 to erg, of which astropy would warn each time.
    """
    import astropy.units as u

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", u.UnitsWarning)
        return u.Unit(unit, format="vounit", parse_strict="raise")


@functools.cache
def is_ucd(ucd: str) -> bool:
    """Whether `ucd` is one of the UCD1+ vocabulary."""
    if ucd in OWN_UCDS:
        return True
    from astropy.io.votable.ucd import check_ucd

    return bool(ucd) and check_ucd(ucd, check_controlled_vocabulary=True)
