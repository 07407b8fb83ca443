"""The rows of the USNO's zone catalogues in the simulated sky: UCAC4, UCAC5 and URAT1.

Pure. Coordinates are whole mas, as in the native files; identifiers are zone and record number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.listings import Columns, Rng
from analysis.surveys import View, gaia_ids, growing, near_pole, noisy_position, stepped
from analysis.truesky import Array
from catalogdb.epoch import MAS_PER_RAD, astrometry, propagate


def zone_records(ra: Array, dec: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return 0.2 deg zones from the south pole, and record numbers from 1 by RA within each."""
    zone = np.clip(np.floor((dec + 90.0) / 0.2), 0, 899).astype(np.int64) + 1
    order = np.lexsort((ra, zone))
    ranked = zone[order]
    first = np.searchsorted(ranked, ranked)
    number = np.empty(len(ra), np.int64)
    number[order] = np.arange(len(ra)) - first + 1
    return zone, number


def _whole_mas(degrees: Array) -> Array:
    """Return angles as the USNO's files hold them, in whole mas."""
    return np.round(degrees * 3.6e6) / 3.6e6


def ucac4(view: View, rng: Rng) -> Columns:
    """Return positions moved to 2000 by the catalogue's own motions from its central epochs."""
    view = _slow(view)
    m = len(view)
    magnitude = view.mag["v"]
    central = np.round(rng.uniform(1996.0, 2003.0, (2, m)), 2)
    central[1] = np.where(near_pole(view), central[0], central[1])
    errors = stepped(growing(magnitude, 15.0, 13.0, 200.0), 1.0)
    ra, dec = noisy_position(view.at(central[0]).ra, view.at(central[1]).dec, np.stack([errors] * 2), rng)
    motion = view.at(2000.0)
    motion_error = stepped(growing(magnitude, 1.5, 13.0, 12.0), 0.1)
    pmra, pmdec = (
        np.round(true + motion_error * rng.standard_normal(m), 1) for true in (motion.pmra, motion.pmdec)
    )
    ra, dec = moved_each(ra, dec, pmra, pmdec, 2000.0 - central)
    ra, dec = _whole_mas(ra) % 360.0, _whole_mas(dec)
    mean = moved_each(ra, dec, pmra, pmdec, central - 2000.0)
    moved = motion_error * (2000.0 - central)
    columns: Columns = {
        "source_id": zone_ids(ra, dec),
        "ra": ra,
        "dec": dec,
        "ref_epoch": np.full(m, 2000.0),
        "ra_error": np.hypot(errors, moved[0]),
        "dec_error": np.hypot(errors, moved[1]),
        "pmra": pmra,
        "pmdec": pmdec,
        "pmra_error": motion_error,
        "pmdec_error": motion_error,
        "mean_ra": mean[0],
        "mean_dec": mean[1],
        "cepra": central[0],
        "cepdc": central[1],
        "sigra": errors,
        "sigdc": errors,
        "magm": np.round(view.mag["r"], 3),
        "maga": np.round(view.mag["r"], 3),
        "icf": np.full(m, "000000000"),
        "rnm": np.arange(1, m + 1),
    }
    return columns | {f"{band}_m": np.round(view.mag[band], 3) for band in ("j", "h", "k")}


def _slow(view: View) -> View:
    """Return the view without the stars whose motion the two bytes of the files have no room for."""
    star = view.sky.star[view.rows]
    return view.select(np.flatnonzero(np.maximum(np.abs(star.pmra), np.abs(star.pmdec)) < 3000.0))


def moved_each(ra: Array, dec: Array, pmra: Array, pmdec: Array, years: Array) -> tuple[Array, Array]:
    """Return positions moved along great circles; years are (2, m), one row for each coordinate."""
    both = [propagate(astrometry(ra, dec, 0.0, pmra_mas_yr=pmra, pmdec_mas_yr=pmdec), row) for row in years]
    return both[0].ra, both[1].dec


def zone_ids(ra: Array, dec: Array) -> npt.NDArray[np.str_]:
    """Return identifiers of zone and record number, such as 451-000012."""
    zone, record = zone_records(ra, dec)
    return np.array([f"{z:03d}-{n:06d}" for z, n in zip(zone.tolist(), record.tolist(), strict=True)])


def ucac5(view: View, rng: Rng) -> Columns:
    """Return positions at 2015 that come from Gaia DR1, and UCAC's own at its mean epochs.

    The proper motion is the difference of the two, its error that of both positions.
    """
    view = _slow(view)
    m = len(view)
    own_epoch = np.round(rng.uniform(1998.1, 2003.5, m), 3)
    years = 2015.0 - own_epoch
    gaia_error = stepped(growing(view.mag["g"], 0.3, 14.0, 5.0), 0.1)
    own_wish = growing(view.mag["v"], 9.0, 14.0, 60.0)
    motion_error = stepped(np.hypot(own_wish, gaia_error) / years, 0.1)
    own_error = np.sqrt(np.maximum((motion_error * years) ** 2 - gaia_error**2, 0.01))
    now, then = view.at(2015.0), view.at(own_epoch)
    ra, dec = noisy_position(now.ra, now.dec, np.stack([gaia_error] * 2), rng)
    own_ra, own_dec = noisy_position(then.ra, then.dec, np.stack([own_error] * 2), rng)
    ra, dec, own_ra, own_dec = (_whole_mas(x) for x in (ra, dec, own_ra, own_dec))
    pmra, pmdec = _motion_between(own_ra, own_dec, ra, dec, years)
    return {
        "source_id": gaia_ids(view),
        "ra": ra % 360.0,
        "dec": dec,
        "ref_epoch": np.full(m, 2015.0),
        "ra_error": gaia_error,
        "dec_error": gaia_error,
        "pmra": np.round(pmra, 1),
        "pmdec": np.round(pmdec, 1),
        "pmra_error": motion_error,
        "pmdec_error": motion_error,
        "ira": own_ra % 360.0,
        "idc": own_dec,
        "epu": own_epoch,
        "ira_error": own_error,
        "idc_error": own_error,
        "flg": np.full(m, 2),
        "gmag": np.round(view.mag["g"], 3),
        "umag": np.round(view.mag["r"], 3),
    }


def _motion_between(ra0: Array, dec0: Array, ra1: Array, dec1: Array, years: Array) -> tuple[Array, Array]:
    """Return the motion [mas/yr] along the triad of the first position that leads to the second."""
    da, d0, d1 = np.radians(ra1 - ra0), np.radians(dec0), np.radians(dec1)
    outward = np.sin(d0) * np.sin(d1) + np.cos(d0) * np.cos(d1) * np.cos(da)
    east = np.cos(d1) * np.sin(da)
    # sin(d1 - d0) written out, so that milliarcseconds are not lost in the difference of products.
    north = np.sin(d1 - d0) + 2.0 * np.sin(d0) * np.cos(d1) * np.sin(da / 2.0) ** 2
    scale = MAS_PER_RAD / outward / years
    return east * scale, north * scale


def urat1(view: View, rng: Rng) -> Columns:
    """Return positions of 2012 to 2014, north of -15 deg."""
    m = len(view)
    epoch = np.round(rng.uniform(2012.3, 2014.5, m), 3)
    error = stepped(growing(view.mag["v"], 7.0, 15.5, 80.0), 1.0)
    true = view.at(epoch)
    ra, dec = noisy_position(true.ra, true.dec, np.stack([error] * 2), rng)
    ra, dec = _whole_mas(ra) % 360.0, _whole_mas(dec)
    return {
        "source_id": zone_ids(ra, dec),
        "ra": ra,
        "dec": dec,
        "ref_epoch": epoch,
        "ra_error": error,
        "dec_error": error,
        "sigs": error,
        "sigm": error,
        "mmag": np.round(view.mag["r"], 3),
    }
