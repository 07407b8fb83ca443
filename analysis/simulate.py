"""A simulated sky with known truth: what ten catalogues, or fourteen, list of some thousand stars.

Accelerating stars, blends, wrong positions, fast stars, both poles and the RA seam are in it;
`results.demo_truth` says which star is what, so that a search can be scored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import healpy
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.listings import Columns, Rng, allwise, gaia, hipparcos, twomass, tycho2
from analysis.paper_listings import apass, gaia_dr1, gsc22, npm1
from analysis.surveys import PAPER004, SURVEYS, View, gaia_ids, look
from analysis.truesky import EPOCH_YR, OUTLIER, SINGLE, Array, TrueSky, make_sky
from analysis.zone_listings import ucac4, ucac5, urat1
from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column, Position, Table

FEWEST_STARS = 500

LISTINGS: Mapping[str, Callable[[View, Rng], Columns]] = {
    "tycho2": tycho2,
    "twomass": twomass,
    "allwise": allwise,
    "ucac4": ucac4,
    "ucac5": ucac5,
    "urat1": urat1,
    "npm1": npm1,
    "gsc22": gsc22,
    "apass": apass,
}
"""Catalogues that one survey makes by itself."""

OUTLIERS_IN = ("tycho2", "twomass", "allwise", "ucac4", "ucac5", "urat1")
"""Catalogues of which an outlier has a wrong position in one."""

TRUTH = Table(
    name="demo_truth",
    schema="results",
    title="Simulated stars, as they truly are",
    about="One row per simulated star: its true motion at 2016.0 and what was done to it",
    frame="ICRS",
    positions=(Position(name="true", about="True position at 2016.0"),),
    columns=(
        Column(
            name="source_id",
            type="VARCHAR",
            ucd="meta.id;meta.main",
            about="Identifier in the simulated gaia_dr3, as text",
            nullable=False,
            principal=True,
        ),
        Column(
            name="kind",
            type="VARCHAR",
            ucd="meta.code.class",
            about="single, accelerating, blend (two stars that coarse catalogues list as one) or "
            "outlier (a wrong position in one catalogue)",
            nullable=False,
            principal=True,
        ),
        *(ASTROMETRY[name] for name in ("ra", "dec", "ref_epoch", "parallax", "pmra", "pmdec")),
        ASTROMETRY["radial_velocity"],
        Column(
            name="acc_ra",
            type="DOUBLE",
            unit="mas.yr**-2",
            ucd="arith.rate;pos.pm;pos.eq.ra",
            about="True second derivative of right ascension, times cos(dec), at ref_epoch",
            principal=True,
        ),
        Column(
            name="acc_dec",
            type="DOUBLE",
            unit="mas.yr**-2",
            ucd="arith.rate;pos.pm;pos.eq.dec",
            about="True second derivative of declination at ref_epoch",
            principal=True,
        ),
        Column(
            name="period",
            type="DOUBLE",
            unit="yr",
            ucd="time.period",
            about="Period of the orbit that accelerates the star; NULL for constant acceleration",
        ),
        Column(
            name="outlier_catalogue",
            type="VARCHAR",
            ucd="meta.id;meta.table",
            about="Catalogue that lists a wrong position of the star",
        ),
        Column(
            name="g_mag",
            type="DOUBLE",
            unit="mag",
            ucd="phot.mag;em.opt",
            about="True magnitude in Gaia's G band",
        ),
        ASTROMETRY["hpx29"],
    ),
)


@dataclass(frozen=True)
class SimulatedSky:
    """The truth, in the columns of TRUTH, and each catalogue's rows by catalogue name."""

    truth: pa.Table
    catalogues: Mapping[str, pa.Table]


def simulate_sky(n_stars: int, seed: int, *, paper004: bool = False) -> SimulatedSky:
    """Return a sky of n_stars stars in ten catalogues; the same seed gives the same sky.

    With `paper004` there are four more, NPM1, GSC 2.2, APASS and Gaia DR1; the ten stay as they are.

    Raises ValueError for fewer than FEWEST_STARS: the poles, the seam, the fast stars, blends and
    outliers need their room.
    """
    if n_stars < FEWEST_STARS:
        raise ValueError(f"a simulated sky needs at least {FEWEST_STARS} stars, not {n_stars}")
    # Each part has its own generator: a change in one catalogue leaves the others as they were.
    stars, surveyed, outliers, releases, *own = (
        np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4 + len(SURVEYS))
    )
    sky = make_sky(n_stars, stars)
    views = {survey.name: look(sky, survey, surveyed) for survey in SURVEYS}
    wrong_in = _choose_outliers(sky, views, outliers)
    views = {name: _displace(view, wrong_in, outliers) for name, view in views.items()}
    rngs = dict(zip(views, own, strict=True))
    rows: dict[str, Columns] = {}
    rows["hipparcos"], rows["hipparcos2"] = hipparcos(views["hipparcos"], rngs["hipparcos"])
    for name, listing in LISTINGS.items():
        rows[name] = listing(views[name], rngs[name])
    rows |= _gaia_releases(views, rngs, releases)
    asked = {name: columns for name, columns in rows.items() if paper004 or name not in PAPER004}
    return SimulatedSky(_truth(sky, wrong_in), {name: to_arrow(columns) for name, columns in asked.items()})


def _choose_outliers(
    sky: TrueSky, views: Mapping[str, View], rng: np.random.Generator
) -> npt.NDArray[np.str_]:
    """Return, for each star, the catalogue in which its position is wrong, "" for none."""
    wrong_in = np.full(len(sky), "", dtype="U12")
    listed = {name: np.isin(np.arange(len(sky)), views[name].rows) for name in OUTLIERS_IN}
    for row in np.flatnonzero(sky.kind == OUTLIER):
        choice = [name for name in OUTLIERS_IN if listed[name][row]]
        if choice:
            wrong_in[row] = rng.choice(choice)
    return wrong_in


def _displace(view: View, wrong_in: npt.NDArray[np.str_], rng: np.random.Generator) -> View:
    """Return the view with the outliers of its catalogue moved by 0.5 to 2.5 arcsec."""
    wrong = wrong_in[view.rows] == view.survey.name
    size = np.where(wrong, rng.uniform(500.0, 2500.0, len(view)), 0.0)
    angle = rng.uniform(0.0, 2.0 * np.pi, len(view))
    return replace(view, offset_mas=size * np.stack([np.sin(angle), np.cos(angle)]))


def _gaia_releases(
    views: Mapping[str, View], rngs: Mapping[str, np.random.Generator], rng: np.random.Generator
) -> dict[str, Columns]:
    """Return the releases; the noise of DR2 and DR1 correlates by 0.8 and 0.6 with DR3's: they share data."""
    n = len(views["gaia_dr3"].sky)
    common, own = rng.standard_normal((2, n, 5))
    normals: dict[str, Array] = {"gaia_dr3": common, "gaia_dr2": 0.8 * common + 0.6 * own}
    spans = {"gaia_dr2": (2015.5, 22.0), "gaia_dr3": (EPOCH_YR, 34.0)}
    later = {
        name: gaia(views[name], epoch, normals[name][views[name].rows], months, rngs[name])
        for name, (epoch, months) in spans.items()
    }
    first = 0.6 * common + 0.8 * rng.standard_normal((n, 5))
    view = views["gaia_dr1"]
    return later | {"gaia_dr1": gaia_dr1(view, first[view.rows], rngs["gaia_dr1"])}


def _truth(sky: TrueSky, wrong_in: npt.NDArray[np.str_]) -> pa.Table:
    star = sky.star
    everyone = look_at_all(sky)
    kind = np.where((sky.kind == OUTLIER) & (wrong_in == ""), SINGLE, sky.kind)
    hpx29 = healpy.ang2pix(2**29, star.ra, star.dec, nest=True, lonlat=True)
    columns: Columns = {
        "source_id": gaia_ids(everyone).astype(str),
        "kind": kind,
        "ra": star.ra,
        "dec": star.dec,
        "ref_epoch": star.epoch_yr,
        "parallax": star.parallax,
        "pmra": star.pmra,
        "pmdec": star.pmdec,
        "radial_velocity": star.radial_velocity,
        "acc_ra": sky.acc_ra,
        "acc_dec": sky.acc_dec,
        "period": sky.period_yr,
        "outlier_catalogue": np.ma.MaskedArray(wrong_in, mask=wrong_in == ""),
        "g_mag": sky.g_mag,
        "hpx29": np.asarray(hpx29, np.int64),
    }
    return to_arrow(columns)


def look_at_all(sky: TrueSky) -> View:
    """Return the view of every star, each by itself."""
    n = len(sky)
    return View(sky, SURVEYS[-1], np.arange(n), np.zeros(n), {}, np.zeros((2, n)))


def to_arrow(columns: Columns) -> pa.Table:
    """Return the columns as Arrow; NaN and masked elements become NULL."""
    arrays = {}
    for name, values in columns.items():
        mask = np.ma.getmaskarray(values)
        data = np.ma.getdata(values)
        if data.dtype.kind == "f":
            mask = mask | np.isnan(data)
        arrays[name] = pa.array(data, mask=mask)
    return pa.table(arrays)
