"""Items that need real rows: what they say with the folder of data, and why not without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from astropy.coordinates import SkyCoord
from astropy.table import Table

from analysis.reproduction.item import Item, not_testable
from analysis.reproduction.paper004.of_text import NO_TABLE, g_minus_v
from analysis.reproduction.paper004.sky import SOUTHERN_LIMIT_DEG
from catalogdb.epoch import astrometry, propagate
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

PERSPECTIVE = "perspective change in 100 yr over Gaia's error, largest"

BENCHMARK = Path("benchmark_stars") / "gaiadr3.fits"
APASS, REFCAT = Path("apass") / "ey_uma_apass.ecsv", Path("apass") / "ey_uma_refcat2.ecsv"

G_RANGE = (6.934, 12.825)
"""Section 5: the range of V; G is within some tenths of it for most stars."""

FASTEST_MAS_YR = 250.0
"""Section 2.2: the fastest stars of NPM1 move by 200 to 250 mas/yr."""

MATCH_ARCSEC = 2.0


def without_data() -> Iterator[Item]:
    """Yield the items for which nothing can be said without real rows."""
    why = f"{NO_TABLE}; --data with {BENCHMARK} gives those of other stars of the same magnitudes"
    yield not_testable("C-6", PERSPECTIVE, 0.05, "", f"{why} (claimed: below 10 %)")


def of_data(folder: Path) -> Iterator[Item]:
    """Yield the items of whatever files the folder has; raises AnalysisError for none, or a wrong one."""
    files = [folder / name for name in (BENCHMARK, APASS, REFCAT)]
    if not any(file.is_file() for file in files):
        raise AnalysisError(
            f"{folder} has none of the files that paper 004 uses: {BENCHMARK}, {APASS}, {REFCAT}"
        )
    if files[0].is_file():
        yield from perspective(_read(files[0]))
    else:
        yield from without_data()
    if files[1].is_file() and files[2].is_file():
        yield from cut(_read(files[1]), _read(files[2]))


def _read(file: Path) -> Table:
    import warnings

    try:
        with warnings.catch_warnings():
            # Files of others have units that astropy does not know; none of them is used.
            warnings.simplefilter("ignore")
            return Table.read(file, format="fits" if file.suffix == ".fits" else "ascii.ecsv")
    except (OSError, ValueError) as error:
        raise AnalysisError(f"{file} can not be read: {error}") from error


def _numbers(table: Table, *names: str) -> list[Array]:
    missing = [name for name in names if name not in table.colnames]
    if missing:
        raise AnalysisError(f"a table of --data lacks the columns {', '.join(missing)}")
    return [np.ma.filled(np.ma.asarray(table[name], np.float64), np.nan) for name in names]


def perspective_ratio(
    ra_deg: Array,
    dec_deg: Array,
    motion: tuple[Array, Array, Array, Array],
    errors: tuple[Array, Array, Array],
) -> Array:
    """Return the largest change of parallax, pmra, pmdec in 100 yr, over its error, shape (n,).

    `motion` is parallax [mas], pmra, pmdec [mas/yr], radial velocity [km/s]. The change is that by the
    radial velocity: against the same star without it. `errors` are of parallax, pmra, pmdec.
    """
    parallax, pmra, pmdec, velocity = motion
    late = [
        propagate(
            astrometry(
                *(ra_deg, dec_deg, 2016.0),
                parallax_mas=parallax,
                pmra_mas_yr=pmra,
                pmdec_mas_yr=pmdec,
                radial_velocity_km_s=speed,
            ),
            2116.0,
        )
        for speed in (velocity, np.zeros_like(velocity))
    ]
    changes = [
        np.abs(getattr(late[0], name) - getattr(late[1], name)) / error
        for name, error in zip(("parallax", "pmra", "pmdec"), errors, strict=True)
    ]
    return np.asarray(np.max(changes, axis=0), np.float64)


def perspective(table: Table) -> Iterator[Item]:
    """Yield C-6 for real stars with a Gaia velocity, as bright, as northern and as slow as the paper's."""
    names = ("ra", "dec", "parallax", "pmra", "pmdec", "radial_velocity", "phot_g_mean_mag")
    ra, dec, parallax, pmra, pmdec, velocity, g = _numbers(table, *names)
    errors = _numbers(table, "parallax_error", "pmra_error", "pmdec_error")
    ratio = perspective_ratio(ra, dec, (parallax, pmra, pmdec, velocity), (errors[0], errors[1], errors[2]))
    like = (g >= G_RANGE[0]) & (g <= G_RANGE[1]) & (dec >= SOUTHERN_LIMIT_DEG) & np.isfinite(ratio + velocity)
    like &= np.hypot(pmra, pmdec) <= FASTEST_MAS_YR
    if not like.any():
        raise AnalysisError(f"{BENCHMARK} has no star with a velocity in the paper's ranges")
    chosen = ratio[like]
    yield Item(
        item="C-6",
        quantity=PERSPECTIVE,
        claimed=0.05,
        ours=float(chosen.max()),
        tolerance=0.05,
        unit="",
        reason=f"claimed is below 10 % for their stars, which are not here: ours are {len(chosen)} benchmark "
        "stars in the same range of magnitude, declination and motion, but nearer "
        f"({np.median(parallax[like]):.0f} mas), "
        f"{np.mean(chosen < 0.1):.0%} below 10 %; velocity and parallax are to be kept in the model",
    )


def cut(apass: Table, gaia: Table) -> Iterator[Item]:
    """Yield what the 1 sigma cut does to real stars of APASS that Gaia has within 2 arcsec."""
    ra, dec, v, v_error = _numbers(apass, "RAJ2000", "DEJ2000", "Vmag", "e_Vmag")
    names = ("RA_ICRS", "DE_ICRS", "Gmag", "BPmag", "RPmag")
    ra_gaia, dec_gaia, g, bp, rp = _numbers(gaia, *names)
    nearest, apart, _ = SkyCoord(ra, dec, unit="deg").match_to_catalog_sky(
        SkyCoord(ra_gaia, dec_gaia, unit="deg")
    )
    colour = (bp - rp)[nearest]
    differs = v - (g[nearest] - g_minus_v("dr2", colour))
    used = (apart.arcsec < MATCH_ARCSEC) & np.isfinite(differs) & (v_error > 0.0)
    if not used.any():
        raise AnalysisError(f"{APASS} and {REFCAT} have no star in common")
    lost = np.abs(differs[used]) > v_error[used]
    p, n = float(lost.mean()), int(used.sum())
    error = float(np.sqrt(max(p * (1.0 - p), 1.0 / n) / n))
    yield Item(
        item="C-9",
        quantity="real matches discarded by the 1 sigma magnitude cut",
        claimed=0.0,
        ours=p,
        ours_error=error,
        tolerance=0.05,
        unit="",
        reason=f"{n} stars of APASS around EY UMa with Gaia within {MATCH_ARCSEC:g} arcsec, of which "
        "next to none is wrong; V from G by equation 1, APASS's own errors",
    )
