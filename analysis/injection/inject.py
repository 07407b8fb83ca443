"""What a companion, a blend, a wrong position or a catalogue's fault would have done to a star's entries.

Pure: entries in, entries out, randomness from the generator passed in. A shift is given along the
east and north of the star's own place, so that it means the same at the poles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.acceleration.entries import Entries
from analysis.kernels.spd import invert
from analysis.truesky import angles, triads
from catalogdb.epoch import MAS_PER_RAD, Astrometry, propagate

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class Shift(NamedTuple):
    """By how much m entries are moved: position (m, 2) [mas] and motion (m, 2) [mas/yr], east and north."""

    position: Array
    motion: Array


def years_since(rows: Entries, star: Astrometry) -> Array:
    """Return the time of each entry's ra and dec since its star's reference epoch [yr], shape (m, 2)."""
    return np.stack([rows.ra_epoch, rows.dec_epoch], axis=1) - star.epoch_yr[rows.star][:, None]


def acceleration_shift(rows: Entries, star: Astrometry, acceleration: Array) -> Shift:
    """Return the shift by constant accelerations (n, 2) [mas/yr2] about the stars' reference epochs."""
    years, own = years_since(rows, star), acceleration[rows.star]
    return Shift(own * years**2 / 2.0, own * years)


def blend_shift(rows: Entries, offset: Array, share: Array) -> Shift:
    """Return the shift of centres of light towards neighbours at `offset` (n, 2) [mas] that move along.

    `share` (m,) is the neighbour's part of the light in each entry, 0 where it is resolved.
    """
    return Shift(offset[rows.star] * share[:, None], np.zeros((len(rows), 2)))


def outlier_shift(rows: Entries, size_mas: Array, rng: np.random.Generator) -> Shift:
    """Return a shift of one position of each star, by `size_mas` (n,), in a random direction.

    It is one of those without a motion, so that a wrong identification is not the star's own best
    entry; a star that has none of those keeps all its places.
    """
    moved = np.zeros((len(rows), 2))
    angle = rng.uniform(0.0, 2.0 * np.pi, rows.n_stars)
    rank = np.where(rows.has_motion | ~rows.usable, np.inf, rng.random(len(rows)))
    order = np.lexsort((rank, rows.star))
    stars, first = np.unique(rows.star[order], return_index=True)
    chosen = order[first]
    known = np.isfinite(rank[chosen])
    stars, chosen = stars[known], chosen[known]
    moved[chosen] = (size_mas * np.stack([np.sin(angle), np.cos(angle)])).T[stars]
    return Shift(moved, np.zeros((len(rows), 2)))


def rotation_shift(rows: Entries, star: Astrometry, rotation_mas: Array, spin_mas_yr: Array) -> Shift:
    """Return the shift of entries whose catalogue is turned by (m, 3) [mas] and spins by (m, 3) [mas/yr].

    The rotation is that at the star's reference epoch; dr = omega x r.
    """
    place = triads(star.ra, star.dec)[:, rows.star]
    years = years_since(rows, star)
    at = [rotation_mas + spin_mas_yr * years[:, i, None] for i in (0, 1)]
    east, north, outward = place
    position = np.stack(
        [
            np.sum(np.cross(turn, outward) * along, axis=1)
            for turn, along in zip(at, (east, north), strict=True)
        ]
    )
    motion = [np.sum(np.cross(spin_mas_yr, outward) * along, axis=1) for along in (east, north)]
    return Shift(position.T, np.stack(motion, axis=1))


def shifted(rows: Entries, star: Astrometry, shift: Shift) -> Entries:
    """Return the entries moved by a shift along their stars' east and north; errors stay as they are."""
    own_east, own_north, _ = triads(star.ra, star.dec)[:, rows.star]
    outward = triads(rows.ra, rows.dec)[2]

    def along_star(values: Array) -> Array:
        return np.asarray(own_east * values[:, :1] + own_north * values[:, 1:])

    ra, dec = angles(outward + along_star(shift.position) / MAS_PER_RAD)
    still = ~shift.position.any(axis=1) | ~np.isfinite(rows.ra + rows.dec)
    ra, dec = np.where(still, rows.ra, ra), np.where(still, rows.dec, dec)
    east, north, _ = triads(ra, dec)
    change = along_star(shift.motion)
    return replace(
        rows,
        ra=ra,
        dec=dec,
        pmra=rows.pmra + np.sum(change * east, axis=1),
        pmdec=rows.pmdec + np.sum(change * north, axis=1),
    )


def redrawn(rows: Entries, star: Astrometry, rng: np.random.Generator, noise: Array | float = 1.0) -> Entries:
    """Return the entries that the stars would have if they moved uniformly, as `star` does.

    Noise is drawn from each entry's own covariance, its errors times `noise` (m,): 1 if the stated
    errors are right. Entries that are not usable stay as they are.
    """
    stars = star[rows.star]
    at_ra, at_dec = propagate(stars, rows.ra_epoch), propagate(stars, rows.dec_epoch)
    drawn = _noise(rows, rng) * np.reshape(noise, (-1, 1))
    east, north, outward = triads(at_ra.ra, at_dec.dec)
    moved = outward + (east * drawn[:, :1] + north * drawn[:, 1:2]) / MAS_PER_RAD
    ra, dec = angles(moved)
    # The noise is along the triad of the true place, the listed motion along that of the listed one.
    motion = east * (at_ra.pmra + drawn[:, 2])[:, None] + north * (at_dec.pmdec + drawn[:, 3])[:, None]
    listed_east, listed_north, _ = triads(ra, dec)
    known = rows.usable
    moving = known & rows.has_motion
    return replace(
        rows,
        ra=np.where(known, ra, rows.ra),
        dec=np.where(known, dec, rows.dec),
        pmra=np.where(moving, np.sum(motion * listed_east, axis=1), rows.pmra),
        pmdec=np.where(moving, np.sum(motion * listed_north, axis=1), rows.pmdec),
    )


def _noise(rows: Entries, rng: np.random.Generator) -> Array:
    """Return draws (m, 4) from the entries' covariances, 0 for motions that they do not have."""
    weight = rows.weight.copy()
    weight[~rows.usable] = np.eye(4)
    still = ~rows.has_motion | ~rows.usable
    weight[still, 2, 2] = weight[still, 3, 3] = 1.0
    covariance, _ = invert(weight)
    drawn: Array = np.einsum(
        "mij,mj->mi", np.linalg.cholesky(covariance), rng.standard_normal((len(rows), 4))
    )
    drawn[still, 2:] = 0.0
    drawn[~rows.usable] = 0.0
    return drawn
