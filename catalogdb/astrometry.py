"""The astrometric columns, with Gaia's names and meaning, that every catalogue is brought to."""

from __future__ import annotations

from itertools import combinations

from catalogdb.schema import Column

PARAMETERS = ("ra", "dec", "parallax", "pmra", "pmdec")
"""The five astrometric parameters in the order of Gaia's covariance."""


def _column(name: str, ucd: str, unit: str | None, about: str, kind: str = "DOUBLE") -> Column:
    return Column(name=name, type=kind, ucd=ucd, unit=unit, about=about, principal=True)


_WORDS = {
    "ra": ("right ascension", "pos.eq.ra", "mas"),
    "dec": ("declination", "pos.eq.dec", "mas"),
    "parallax": ("parallax", "pos.parallax", "mas"),
    "pmra": ("proper motion in right ascension", "pos.pm;pos.eq.ra", "mas.yr**-1"),
    "pmdec": ("proper motion in declination", "pos.pm;pos.eq.dec", "mas.yr**-1"),
}

_VALUES = (
    _column("ra", "pos.eq.ra;meta.main", "deg", "Right ascension (ICRS) at ref_epoch"),
    _column("dec", "pos.eq.dec;meta.main", "deg", "Declination (ICRS) at ref_epoch"),
    _column("ref_epoch", "meta.ref;time.epoch", "yr", "Epoch of ra and dec (Julian year TDB)"),
    _column("parallax", "pos.parallax.trig", "mas", "Parallax"),
    _column("pmra", "pos.pm;pos.eq.ra", "mas.yr**-1", "Proper motion in right ascension, times cos(dec)"),
    _column("pmdec", "pos.pm;pos.eq.dec", "mas.yr**-1", "Proper motion in declination"),
    _column("radial_velocity", "spect.dopplerVeloc.opt;em.opt.I", "km.s**-1", "Radial velocity"),
    _column(
        "radial_velocity_error",
        "stat.error;spect.dopplerVeloc.opt;em.opt.I",
        "km.s**-1",
        "Standard error of the radial velocity",
    ),
    _column("hpx29", "pos.healpix", "", "Nested HEALPix index of (ra, dec) at order 29", "BIGINT"),
)

_ERRORS = tuple(
    _column(
        f"{name}_error",
        f"stat.error;{ucd}",
        unit,
        f"Standard error of the {words}" + (", times cos(dec)" if name == "ra" else ""),
    )
    for name, (words, ucd, unit) in _WORDS.items()
)

_CORRELATIONS = tuple(
    _column(f"{a}_{b}_corr", "stat.correlation", "", f"Correlation of {_WORDS[a][0]} with {_WORDS[b][0]}")
    for a, b in combinations(PARAMETERS, 2)
)

ASTROMETRY: dict[str, Column] = {c.name: c for c in (*_VALUES, *_ERRORS, *_CORRELATIONS)}
"""Every canonical astrometric column by name."""
