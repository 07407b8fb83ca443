"""What a survey sees of a true sky: which stars, merged with which companions, how well.

Pure. `View.at` gives the true centre of light at any epoch; the functions below add noise that is
drawn from exactly the covariance they are given. Parallactic displacement is left out: every
position is barycentric.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import healpy
import numpy as np
import numpy.typing as npt

from analysis.truesky import Array, TrueSky, angles, displaced, triads, true_astrometry
from catalogdb.epoch import MAS_PER_RAD, Astrometry

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Survey:
    """Limits of a survey: its band, magnitude range, share of stars it lists, and resolution."""

    name: str
    band: str
    bright_mag: float
    faint_mag: float
    completeness: float
    resolution_arcsec: float
    south_deg: float = -90.0


SURVEYS = (
    Survey("hipparcos", "v", 0.0, 9.5, 0.96, 0.5),
    Survey("tycho2", "v", 2.0, 11.8, 0.97, 0.8),
    Survey("twomass", "j", 3.0, 15.8, 0.98, 3.0),
    Survey("allwise", "w1", 2.0, 15.8, 0.95, 6.0),
    Survey("ucac4", "v", 5.0, 16.2, 0.96, 2.0),
    Survey("ucac5", "v", 6.0, 16.0, 0.93, 2.0),
    Survey("urat1", "v", 6.0, 17.8, 0.97, 2.0, south_deg=-15.0),
    Survey("gaia_dr2", "g", 3.7, 20.7, 0.97, 0.7),
    Survey("gaia_dr3", "g", 3.6, 20.7, 0.99, 0.5),
    Survey("npm1", "b", 8.0, 18.0, 0.98, 3.0, south_deg=-23.0),
    Survey("gsc22", "v", 4.0, 18.5, 0.98, 3.0),
    Survey("apass", "v", 6.5, 17.0, 0.98, 5.0),
    Survey("gaia_dr1", "g", 4.0, 20.7, 0.97, 1.0),
)
"""Hipparcos stands here once: both reductions are of the same observations. A new survey goes to the
end, so that those before it keep their random numbers."""

PAPER004 = ("npm1", "gsc22", "apass", "gaia_dr1")
"""What paper 004 needs beside the others: its mother sample, its intermediary, and two more epochs."""


def magnitudes(sky: TrueSky) -> dict[str, Array]:
    """Return magnitudes by band [mag]; G to V as Gaia DR2 has it, the others only roughly.

    "johnson_v" and "johnson_b" have the scatter of real stars about that relation, "v" and "b" have not.
    """
    g, c = sky.g_mag, sky.bp_rp
    v = g + 0.0176 + 0.00686 * c + 0.1732 * c**2
    j = g - 0.1 - 0.95 * c
    k = j - 0.05 - 0.4 * c
    b = v + 0.02 + 0.85 * c
    return {
        "g": g,
        "bp": g + 0.4 * c,
        "rp": g - 0.6 * c,
        "b": b,
        "v": v,
        "johnson_b": b + sky.v_excess,
        "johnson_v": v + sky.v_excess,
        "r": v - 0.5 * c,
        "i": v - 0.9 * c,
        "j": j,
        "h": k + 0.1 + 0.02 * c,
        "k": k,
        "w1": k - 0.05,
        "w2": k - 0.03,
        "w3": k - 0.1,
        "w4": k - 0.15,
    }


@dataclass(frozen=True)
class View:
    """The m sources one survey lists: `rows` of the true sky, and the light a companion adds.

    `share` is the companion's part of the light where both are one source, else 0. `mag` holds
    the magnitudes of the merged light by band. `offset_mas` (2, m) is a wrong position.
    """

    sky: TrueSky
    survey: Survey
    rows: Indices
    share: Array
    mag: dict[str, Array]
    offset_mas: Array

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, epoch_yr: npt.ArrayLike) -> Astrometry:
        """Return the true astrometry of the centres of light at an epoch (scalar or (m,))."""
        epochs = np.full(len(self.sky), 2000.0)
        epochs[self.rows] = epoch_yr
        merged = self.share > 0.0
        other = self.sky.companion[self.rows]
        epochs[other[merged]] = epochs[self.rows[merged]]
        everything = true_astrometry(self.sky, epochs)
        mine, theirs = everything[self.rows], everything[other]
        a, b = triads(mine.ra, mine.dec)[2], triads(theirs.ra, theirs.dec)[2]
        centre = angles(a + self.share[:, None] * (b - a))
        ra, dec = np.where(merged, centre[0], mine.ra), np.where(merged, centre[1], mine.dec)
        moved = displaced(ra, dec, *self.offset_mas)
        wrong = self.offset_mas.any(axis=0)
        return replace(mine, ra=np.where(wrong, moved[0], ra), dec=np.where(wrong, moved[1], dec))

    def select(self, keep: Indices) -> View:
        """Return the view of the sources at these indices."""
        mag = {band: values[keep] for band, values in self.mag.items()}
        return View(self.sky, self.survey, self.rows[keep], self.share[keep], mag, self.offset_mas[:, keep])


def look(sky: TrueSky, survey: Survey, rng: np.random.Generator) -> View:
    """Return what the survey lists of the sky; companions within its resolution are merged."""
    mags = magnitudes(sky)
    share = _merged_share(sky, survey, mags[survey.band])
    light = {band: np.where(share > 0.0, m + 2.5 * np.log10(1.0 - share), m) for band, m in mags.items()}
    band = light[survey.band]
    seen = (band > survey.bright_mag) & (band < survey.faint_mag) & (sky.star.dec > survey.south_deg)
    seen &= rng.random(len(sky)) < survey.completeness
    swallowed = sky.secondary & (share[sky.companion] > 0.0)
    rows = np.flatnonzero(seen & ~swallowed)
    mag = {name: values[rows] for name, values in light.items()}
    return View(sky, survey, rows, share[rows], mag, np.zeros((2, len(rows))))


def _merged_share(sky: TrueSky, survey: Survey, mag: Array) -> Array:
    """Return each primary's companion's part of the light, 0 where the survey resolves them."""
    other = sky.companion
    here, there = (triads(sky.star.ra[i], sky.star.dec[i])[2] for i in (np.arange(len(sky)), other))
    separation = np.linalg.norm(here - there, axis=1) * MAS_PER_RAD / 1000.0
    merged = (other >= 0) & ~sky.secondary & (separation < survey.resolution_arcsec)
    return np.where(merged, 1.0 / (1.0 + 10.0 ** (0.4 * (mag[other] - mag))), 0.0)


def growing(mag: Array, floor: float, knee_mag: float, limit: float = np.inf) -> Array:
    """Return an error that is `floor` for bright stars and grows as the root of the noise beyond."""
    return np.minimum(floor * np.sqrt(1.0 + 10.0 ** (0.6 * (mag - knee_mag))), limit)


def stepped(values: Array, step: float) -> Array:
    """Return positive values rounded to the native format's step, never to nothing."""
    return np.maximum(np.round(values / step), 1.0) * step


def noisy_position(
    ra: Array, dec: Array, errors_mas: Array, rng: np.random.Generator, corr: Array | float = 0.0
) -> tuple[Array, Array]:
    """Return positions with noise of the given errors (2, m) and correlation."""
    first, second = rng.standard_normal((2, len(ra)))
    second = corr * first + np.sqrt(1.0 - np.square(corr)) * second
    return displaced(ra, dec, errors_mas[0] * first, errors_mas[1] * second)


def correlated(errors: Array, correlations: Array, unit_normal: Array) -> Array:
    """Return draws (m, 5) with errors (m, 5) and correlations (m, 10), from unit normals (m, 5)."""
    upper = np.triu_indices(5, 1)
    matrix = np.zeros((len(errors), 5, 5))
    matrix[:, upper[0], upper[1]] = correlations
    matrix += np.swapaxes(matrix, 1, 2) + np.eye(5)
    return np.asarray(errors * np.einsum("nij,nj->ni", np.linalg.cholesky(matrix), unit_normal))


def with_noise(star: Astrometry, noise: Array) -> Astrometry:
    """Return five-parameter astrometry with noise (m, 5) in mas and mas/yr.

    The motion's noise is along the triad of the true position, the listed motion along that of
    the listed one: they differ next to a pole.
    """
    east, north, _ = triads(star.ra, star.dec)
    ra, dec = displaced(star.ra, star.dec, noise[:, 0], noise[:, 1])
    motion = east * (star.pmra + noise[:, 3])[:, None] + north * (star.pmdec + noise[:, 4])[:, None]
    new_east, new_north, _ = triads(ra, dec)
    return replace(
        star,
        ra=ra,
        dec=dec,
        parallax=star.parallax + noise[:, 2],
        pmra=np.sum(motion * new_east, axis=1),
        pmdec=np.sum(motion * new_north, axis=1),
    )


def random_correlations(m: int, strength: float, rng: np.random.Generator) -> Array:
    """Return correlations (m, 10) of positive definite matrices, in Gaia's order.

    Each matrix is that of a unit diagonal mixed with a random one of rank five.
    """
    raw = rng.standard_normal((m, 5, 12))
    matrix = np.einsum("nik,njk->nij", raw, raw) * strength + np.eye(5) * 12.0 * (1.0 - strength)
    scale = np.sqrt(np.einsum("nii->ni", matrix))
    upper = np.triu_indices(5, 1)
    values: Array = (matrix / scale[:, :, None] / scale[:, None, :])[:, upper[0], upper[1]]
    return np.round(values, 2)


def near_pole(view: View) -> npt.NDArray[np.bool_]:
    """Whether one epoch must do for both coordinates, within half a degree of a pole."""
    return np.abs(view.sky.star.dec[view.rows]) > 89.5


def gaia_ids(view: View) -> npt.NDArray[np.int64]:
    """Return identifiers that hold the star's HEALPix cell at order 12, as Gaia's do."""
    star = view.sky.star
    cell = healpy.ang2pix(4096, star.ra, star.dec, nest=True, lonlat=True)
    return (np.asarray(cell, np.int64) * 2**35 + (np.arange(len(star)) + 1) * 128)[view.rows]
