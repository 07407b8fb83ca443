"""A made-up sky of known stars: where each one truly is at any epoch.

Pure: arrays in, arrays out, randomness from the generator passed in. `analysis/surveys.py` says
what each catalogue would list of these stars, `analysis/simulate.py` puts both together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from catalogdb.epoch import KM_S_PER_AU_YR, MAS_PER_RAD, Astrometry, astrometry, propagate

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EPOCH_YR = 2016.0
"""Epoch at which the true motion and acceleration are given."""

ZONES = 900
"""Declination zones of 0.2 degrees, as the USNO's zone catalogues count them from the south pole."""

FAST = slice(40, 80)
"""The stars that move by 0.8 to 8 arcsec a year."""

V_SCATTER_MAG = 0.046
"""Scatter of real stars about the relation of G - V with BP - RP (Gaia DR2 documentation, table 5.8)."""

SINGLE, ACCELERATING, BLEND, OUTLIER = "single", "accelerating", "blend", "outlier"


@dataclass(frozen=True)
class TrueSky:
    """n stars: motion at EPOCH_YR, acceleration, magnitudes, companions; arrays of shape (n,).

    `acc_ra` (times cos(dec)) and `acc_dec` [mas/yr2] belong to EPOCH_YR. `period_yr` is NaN where
    the acceleration is constant, else that of a circular orbit seen face-on. `companion` is the
    index of the other star of a blend, -1 for none; `secondary` marks the fainter of the two.
    `v_excess` [mag] is how much fainter the star is in V than its colour tells.
    """

    star: Astrometry
    acc_ra: Array
    acc_dec: Array
    period_yr: Array
    g_mag: Array
    bp_rp: Array
    kind: npt.NDArray[np.str_]
    companion: npt.NDArray[np.int64]
    secondary: Flags
    v_excess: Array

    def __len__(self) -> int:
        return len(self.g_mag)


def triads(ra_deg: Array, dec_deg: Array) -> Array:
    """Return the unit vectors east, north and outward at each position, shape (3, n, 3)."""
    a, d = np.radians(ra_deg), np.radians(dec_deg)
    zero = np.zeros_like(a)
    east = np.stack([-np.sin(a), np.cos(a), zero], axis=-1)
    north = np.stack([-np.sin(d) * np.cos(a), -np.sin(d) * np.sin(a), np.cos(d)], axis=-1)
    outward = np.stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)], axis=-1)
    return np.stack([east, north, outward])


def angles(vectors: Array) -> tuple[Array, Array]:
    """Return right ascension in [0, 360) and declination [deg] of vectors of shape (n, 3)."""
    x, y, z = vectors.T
    ra = np.mod(np.degrees(np.arctan2(y, x)), 360.0)
    return np.where(ra == 360.0, 0.0, ra), np.degrees(np.arctan2(z, np.hypot(x, y)))


def displaced(ra_deg: Array, dec_deg: Array, east_mas: Array, north_mas: Array) -> tuple[Array, Array]:
    """Return positions moved in the tangent plane, which is regular at the poles."""
    east, north, outward = triads(ra_deg, dec_deg)
    moved = outward + (east * east_mas[:, None] + north * north_mas[:, None]) / MAS_PER_RAD
    return angles(moved)


def curvature(sky: TrueSky, epoch_yr: npt.ArrayLike) -> tuple[Array, Array, Array, Array]:
    """Return how far east and north of linear motion each star is [mas], and how fast [mas/yr].

    A circular orbit of angular frequency w whose acceleration at EPOCH_YR is a has moved, beyond
    its tangent, by (a (1 - cos wt) + b (wt - sin wt)) / w2, where b is a turned by 90 degrees.
    """
    t = np.broadcast_to(np.asarray(epoch_yr, np.float64) - EPOCH_YR, sky.g_mag.shape)
    orbit = np.isfinite(sky.period_yr)
    w = 2.0 * np.pi / np.where(orbit, sky.period_yr, 1.0)
    along = np.where(orbit, (1.0 - np.cos(w * t)) / w**2, 0.5 * t**2)
    across = np.where(orbit, (w * t - np.sin(w * t)) / w**2, 0.0)
    along_rate = np.where(orbit, np.sin(w * t) / w, t)
    across_rate = np.where(orbit, (1.0 - np.cos(w * t)) / w, 0.0)
    east, north = sky.acc_ra, sky.acc_dec
    return (
        along * east - across * north,
        along * north + across * east,
        along_rate * east - across_rate * north,
        along_rate * north + across_rate * east,
    )


def true_astrometry(sky: TrueSky, epoch_yr: npt.ArrayLike) -> Astrometry:
    """Return every star's true position and instantaneous motion at an epoch (scalar or (n,))."""
    line = propagate(sky.star, epoch_yr)
    east, north, east_rate, north_rate = curvature(sky, epoch_yr)
    bent = displaced(line.ra, line.dec, east, north)
    columns = {
        "parallax_mas": line.parallax,
        "pmra_mas_yr": line.pmra + east_rate,
        "pmdec_mas_yr": line.pmdec + north_rate,
        "radial_velocity_km_s": line.radial_velocity,
    }
    # Stars on a straight line keep propagate's own digits.
    curved = (east != 0.0) | (north != 0.0)
    ra, dec = np.where(curved, bent[0], line.ra), np.where(curved, bent[1], line.dec)
    return astrometry(ra, dec, epoch_yr, **columns)


def make_sky(n_stars: int, rng: np.random.Generator) -> TrueSky:
    """Return a sky of `n_stars` stars, companions included.

    They stand in fourteen of the 900 declination zones (so that the zone catalogues are a few files,
    not nine hundred), both polar zones among them, with some within an arcsecond of the poles and on
    both sides of the RA seam. Shares: 9 % accelerating, 10 % in blends, 4 % outliers.
    """
    n_pairs = n_stars // 20
    n = n_stars - n_pairs
    ra, dec = _places(n, rng)
    parallax, pmra, pmdec, velocity = _motions(n, rng)
    g_mag = _magnitudes(n, rng)
    kind = np.full(n, SINGLE, dtype="U12")
    # The first stars are the special places and the fast stars: they stay single.
    order = 100 + rng.permutation(n - 100)
    n_acc, n_out = round(0.09 * n_stars), round(0.04 * n_stars)
    acc_rows, out_rows, pair_rows = np.split(order[: n_acc + n_out + n_pairs], [n_acc, n_acc + n_out])
    kind[acc_rows], kind[out_rows], kind[pair_rows] = ACCELERATING, OUTLIER, BLEND
    acceleration = np.zeros((2, n))
    acceleration[:, acc_rows] = _accelerations(n_acc, rng)
    period = np.full(n, np.nan)
    period[acc_rows[::2]] = 10.0 ** rng.uniform(np.log10(150.0), 3.0, len(acc_rows[::2]))
    # A good part of the accelerating stars is bright, where Hipparcos saw them too.
    bright = acc_rows[: n_acc // 2]
    g_mag[bright] = rng.uniform(5.0, 10.0, len(bright))
    # Fast stars are near: bright enough for a radial velocity, without which they seem to accelerate.
    g_mag[FAST] = rng.uniform(5.0, 10.0, 40)
    star = astrometry(
        ra,
        dec,
        EPOCH_YR,
        parallax_mas=parallax,
        pmra_mas_yr=pmra,
        pmdec_mas_yr=pmdec,
        radial_velocity_km_s=velocity,
    )
    alone = TrueSky(
        star,
        acceleration[0],
        acceleration[1],
        period,
        g_mag,
        np.clip(rng.normal(1.0, 0.4, n), -0.2, 3.5),
        kind,
        np.full(n, -1),
        np.zeros(n, bool),
        np.zeros(n),
    )
    return _with_companions(alone, pair_rows, rng)


def _places(n: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return positions in the chosen zones; the first hundred are the difficult ones."""
    zones = np.unique(np.append(np.linspace(1, ZONES, 13).round(), (450, 451)))
    low = -90.0 + 0.2 * (zones - 1.0)
    width = np.maximum(np.cos(np.radians(low + 0.1)), 0.02)
    zone = rng.choice(len(zones), size=n, p=width / width.sum())
    # Off the zones' edges, so that the stars of a zone are those of its file.
    dec = low[zone] + rng.uniform(0.01, 0.19, n)
    ra = rng.uniform(0.0, 360.0, n)
    arcsec = np.array([0.02, 0.4, 3.0, 8.0, 30.0, 100.0, 300.0, 600.0]) / 3600.0
    dec[:8], dec[8:16] = 90.0 - arcsec, -90.0 + arcsec
    seam = rng.uniform(-2.0, 2.0, 24) / 3600.0
    ra[16:40] = np.mod(seam / np.cos(np.radians(dec[16:40])), 360.0)
    # Neighbours: ten pairs of unrelated stars some arcseconds apart, resolved by every catalogue.
    dec[90:100] = dec[80:90] + rng.choice([-1.0, 1.0], 10) * rng.uniform(8.0, 12.0, 10) / 3600.0
    ra[90:100] = ra[80:90]
    return ra, dec


def _motions(n: int, rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Return parallax, pmra, pmdec and radial velocity, high for the fast stars."""
    parallax = np.clip(10.0 ** rng.normal(0.5, 0.4, n), 0.2, 60.0)
    velocity = rng.normal(0.0, 35.0, (3, n))
    speed = 10.0 ** rng.uniform(np.log10(800.0), np.log10(8000.0), 40)
    tangential, angle = rng.uniform(50.0, 150.0, 40), rng.uniform(0.0, 2.0 * np.pi, 40)
    parallax[FAST] = np.minimum(speed * KM_S_PER_AU_YR / tangential, 550.0)
    pmra, pmdec = velocity[:2] * parallax / KM_S_PER_AU_YR
    pmra[FAST], pmdec[FAST] = speed * np.sin(angle), speed * np.cos(angle)
    return parallax, pmra, pmdec, velocity[2]


def _magnitudes(n: int, rng: np.random.Generator) -> Array:
    """Return G magnitudes: 30 % within reach of Hipparcos, 40 % of Tycho-2, the rest fainter."""
    ranges = np.array([(3.5, 8.5), (8.5, 12.0), (12.0, 17.5)])
    low, high = ranges[rng.choice(3, n, p=[0.3, 0.4, 0.3])].T
    magnitudes: Array = low + (high - low) * rng.random(n)
    return magnitudes


def _accelerations(n: int, rng: np.random.Generator) -> Array:
    """Return (acc_ra, acc_dec) [mas/yr2], sizes log-uniform between 0.003 and 2, shape (2, n)."""
    size, angle = 10.0 ** rng.uniform(-2.5, np.log10(2.0), n), rng.uniform(0.0, 2.0 * np.pi, n)
    components: Array = size * np.stack([np.sin(angle), np.cos(angle)])
    return components


def _with_companions(sky: TrueSky, primary: npt.NDArray[np.int64], rng: np.random.Generator) -> TrueSky:
    """Return the sky with a companion, moving along, 0.8 to 4 arcsec from each primary."""
    n, k = len(sky), len(primary)
    chosen = sky.star[primary]
    distance, angle = rng.uniform(800.0, 4000.0, k), rng.uniform(0.0, 2.0 * np.pi, k)
    ra, dec = displaced(chosen.ra, chosen.dec, distance * np.sin(angle), distance * np.cos(angle))
    other = astrometry(
        ra,
        dec,
        EPOCH_YR,
        parallax_mas=chosen.parallax,
        pmra_mas_yr=chosen.pmra,
        pmdec_mas_yr=chosen.pmdec,
        radial_velocity_km_s=chosen.radial_velocity,
    )
    names = ("ra", "dec", "epoch_yr", "parallax", "pmra", "pmdec", "radial_motion")
    both = Astrometry(*(np.append(getattr(sky.star, f), getattr(other, f)) for f in names))
    companion = np.append(sky.companion, primary)
    companion[primary] = n + np.arange(k)
    return TrueSky(
        both,
        np.append(sky.acc_ra, np.zeros(k)),
        np.append(sky.acc_dec, np.zeros(k)),
        np.append(sky.period_yr, np.full(k, np.nan)),
        np.append(sky.g_mag, sky.g_mag[primary] + rng.uniform(0.3, 3.0, k)),
        np.append(sky.bp_rp, sky.bp_rp[primary] + rng.uniform(0.0, 0.5, k)),
        np.append(sky.kind, sky.kind[primary]),
        companion,
        np.append(sky.secondary, np.ones(k, bool)),
        rng.normal(0.0, V_SCATTER_MAG, n + k),
    )
