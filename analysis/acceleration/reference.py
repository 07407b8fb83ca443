"""A reference star near the solution, and what was observed minus what it predicts."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.acceleration.entries import Entries, first_of_star
from catalogdb.epoch import MAS_PER_RAD, Astrometry, astrometry, propagate

Array = npt.NDArray[np.float64]


def reference(rows: Entries) -> Astrometry:
    """Return n stars at their most precise positions, each with its most precise motion.

    Parallax is the most precise one, radial velocity the first stated; both count as known. What a
    star's entries do not have is NaN.
    """
    best = first_of_star(rows, rows.ra_error**2 + rows.dec_error**2)

    def pick(values: Array, chosen: npt.NDArray[np.int64]) -> Array:
        return np.where(chosen >= 0, values[chosen], np.nan) if len(values) else np.full(rows.n_stars, np.nan)

    def rank(known: npt.NDArray[np.bool_], error: Array) -> npt.NDArray[np.int64]:
        return first_of_star(rows, (~known).astype(np.float64), np.nan_to_num(error, nan=np.inf))

    moving = rank(rows.has_motion, rows.pm_error)
    near = rank(np.isfinite(rows.parallax), rows.parallax_error)
    radial = rank(np.isfinite(rows.radial_velocity), np.zeros(len(rows)))
    known = pick(rows.has_motion.astype(np.float64), moving) == 1.0
    return astrometry(
        pick(rows.ra, best),
        pick(rows.dec, best),
        0.5 * (pick(rows.ra_epoch, best) + pick(rows.dec_epoch, best)),
        parallax_mas=pick(rows.parallax, near),
        pmra_mas_yr=np.where(known, pick(rows.pmra, moving), 0.0),
        pmdec_mas_yr=np.where(known, pick(rows.pmdec, moving), 0.0),
        radial_velocity_km_s=pick(rows.radial_velocity, radial),
    )


class Residuals(NamedTuple):
    """Observed minus computed (ra*, dec, pmra, pmdec), shape (m, 4) [mas, mas/yr], of m entries.

    `years` (m, 2) is the time of ra and of dec since the reference epoch; `turn` (m, 2) [rad] is by
    how much east and north there are turned against the reference star's, by the meridians' convergence.
    """

    values: Array
    years: Array
    turn: Array


def residuals(rows: Entries, star: Astrometry) -> Residuals:
    """Return what the entries show beyond the reference stars' motion.

    Positions are differences along the east and north of the computed place, right at the poles;
    motions are 0 where an entry has none.
    """
    stars = star[rows.star]
    at_ra = propagate(stars, rows.ra_epoch)
    apart = rows.ra_epoch != rows.dec_epoch
    at_dec = at_ra
    if apart.any():
        late = propagate(stars[apart], rows.dec_epoch[apart])
        at_dec = replace(at_ra, ra=at_ra.ra.copy(), dec=at_ra.dec.copy(), pmdec=at_ra.pmdec.copy())
        at_dec.ra[apart], at_dec.dec[apart], at_dec.pmdec[apart] = late.ra, late.dec, late.pmdec
    dra = _difference(rows.ra, at_ra.ra)
    cos, sin = np.cos(np.radians(rows.dec)), np.sin(np.radians(at_dec.dec))
    values = np.zeros((len(rows), 4))
    values[:, 0] = cos * np.sin(dra) * MAS_PER_RAD
    north = np.sin(np.radians(rows.dec - at_dec.dec)) + 2.0 * cos * sin * np.sin(dra / 2.0) ** 2
    values[:, 1] = north * MAS_PER_RAD
    values[:, 2] = np.where(rows.has_motion, rows.pmra - at_ra.pmra, 0.0)
    values[:, 3] = np.where(rows.has_motion, rows.pmdec - at_dec.pmdec, 0.0)
    years = np.stack([rows.ra_epoch, rows.dec_epoch], axis=1) - stars.epoch_yr[:, None]
    turn = np.stack([_convergence(stars, at_ra), _convergence(stars, at_dec)], axis=1)
    return Residuals(values, years, turn)


def _difference(a_deg: Array, b_deg: Array) -> Array:
    """Return a - b [rad], the short way around."""
    turn = a_deg - b_deg
    return np.radians(turn - 360.0 * np.round(turn / 360.0))


def _convergence(start: Astrometry, end: Astrometry) -> Array:
    """Return the angle [rad] from the carried-along east of `start` to the east of `end`."""
    dra, first, last = _difference(end.ra, start.ra), np.radians(start.dec), np.radians(end.dec)
    sin0, sin1 = np.sin(first), np.sin(last)
    down = np.cos(dra) * (1.0 + sin0 * sin1) + np.cos(first) * np.cos(last)
    angle: Array = np.arctan2(np.sin(dra) * (sin0 + sin1), down)
    return angle


def shifted(star: Astrometry, step: Array) -> Astrometry:
    """Return the stars moved by steps (n, 4) in (ra*, dec) [mas] and their motion changed [mas/yr]."""
    # A motion over one year carries the place along the tangent, over a pole too.
    place = propagate(
        astrometry(star.ra, star.dec, 0.0, pmra_mas_yr=step[:, 0], pmdec_mas_yr=step[:, 1]), 1.0
    )
    return replace(
        star, ra=place.ra, dec=place.dec, pmra=star.pmra + step[:, 2], pmdec=star.pmdec + step[:, 3]
    )
