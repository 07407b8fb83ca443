"""The simulated stars of paper 004, section 3: six parameters, ten epochs, the errors of its table 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.acceleration.entries import Entries, entries
from analysis.frames import fk5_to_icrs
from analysis.truesky import displaced
from catalogdb.epoch import Astrometry, astrometry, propagate

Array = npt.NDArray[np.float64]

CATALOGUES = (
    *("npm1", "gsc22", "tycho2", "ucac5", "twomass", "allwise", "urat1"),
    *("gaia_dr1", "gaia_dr2", "gaia_dr3"),
)
NPM1, GSC22, UCAC5, TWOMASS, ALLWISE = 0, 1, 3, 4, 5
GAIA = (7, 8, 9)
DR3 = 9

EPOCHS_YR = np.array([1955.0, 1988.0, 1990.0, 1999.0, 2000.0, 2010.5589, 2014.0, 2015.0, 2015.5, 2016.0])
"""One epoch for each row of table 1, which gives ranges for some. NPM1: it says 1960s, section 2.1 that the
plates reach back to 1947; 1955 lies between."""

ERRORS_MAS = np.array([150.0, 100.0, 50.0, 10.0, 70.0, 5.0, 5.0, 0.1, 0.05, 0.025])
"""Table 1: standard errors of each coordinate."""

SOUTHERN_LIMIT_DEG = -16.0

STARS_AT_ONCE = 10_000
"""Stars that are in memory together, some 40 MB."""


@dataclass(frozen=True, slots=True)
class Sky:
    """n uniform stars at 2016.0, what ten catalogues err on them, and what Gaia might err beyond that.

    `noise` (n, 10, 2) is east and north [mas], as table 1 says; `hidden` (n, 10, 2) has unit normals
    for the three Gaia epochs and 0 for the others, to be scaled.
    """

    star: Astrometry
    noise: Array
    hidden: Array


def draw_stars(n: int, rng: np.random.Generator) -> Astrometry:
    """Return n stars within the ranges of the paper's sample, each parameter for itself.

    They stand evenly on the sky north of -16 degrees (section 5), with motions to 200 mas/yr in each
    component (section 2.2: the fastest of NPM1 have 200 to 250). Parallaxes of 1 to 20 mas and
    velocities to 100 km/s are ours: the paper does not state its ranges. Of all numbers here only those
    of the FK5 rotation depend on where the stars stand.
    """
    return astrometry(
        rng.uniform(0.0, 360.0, n),
        np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(SOUTHERN_LIMIT_DEG)), 1.0, n))),
        EPOCHS_YR[DR3],
        parallax_mas=rng.uniform(1.0, 20.0, n),
        pmra_mas_yr=rng.uniform(-200.0, 200.0, n),
        pmdec_mas_yr=rng.uniform(-200.0, 200.0, n),
        radial_velocity_km_s=rng.uniform(-100.0, 100.0, n),
    )


def draw_sky(n: int, rng: np.random.Generator) -> Sky:
    """Return n stars and the errors of their positions, from one generator."""
    star = draw_stars(n, rng)
    hidden = np.zeros((n, 10, 2))
    noise = rng.standard_normal((n, 10, 2)) * ERRORS_MAS[None, :, None]
    hidden[:, GAIA] = rng.standard_normal((n, 3, 2))
    return Sky(star, noise, hidden)


def skies(n: int, seed: int) -> Iterator[Sky]:
    """Yield n stars in blocks that fit into memory, each block from a seed of its own."""
    blocks = -(-n // STARS_AT_ONCE)
    for i, own in enumerate(np.random.SeedSequence(seed).spawn(blocks)):
        yield draw_sky(min(STARS_AT_ONCE, n - i * STARS_AT_ONCE), np.random.default_rng(own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What of a fit the paper leaves open, or what may be wrong with its input.

    The place is fixed at catalogue `place`, as it lists it, or as it truly is (`place_known`), or it
    is `free`; t0 of F2 stays the epoch of the smallest error, as equation 9 says. `without` are
    catalogues left out; `hidden_mas` is scatter of the three Gaia positions that their errors do not
    contain; `rotated` are catalogues whose positions, on the ICRS already,
    are rotated from FK5 to ICRS nevertheless.
    """

    name: str
    why: str = ""
    place: int = DR3
    place_known: bool = False
    free: bool = False
    without: tuple[int, ...] = ()
    hidden_mas: float = 0.0
    rotated: tuple[int, ...] = ()
    npm1_yr: float = EPOCHS_YR[NPM1]

    @property
    def epochs_yr(self) -> Array:
        """Epochs of the ten catalogues, shape (10,)."""
        return np.array([self.npm1_yr, *EPOCHS_YR[1:]])


FIXED_PLACE_ERROR_MAS = 1e-3
"""Stated error of a place that is fixed though it is not the most precise: that is the one F1 and F2 fix."""


def observe(sky: Sky, setup: Setup) -> Entries:
    """Return the positions that the set-up's fits are given, with their stated errors."""
    error = ERRORS_MAS.copy()
    if setup.place_known or setup.place != DR3:
        error[setup.place] = FIXED_PLACE_ERROR_MAS
    return _listed(sky, setup, error, setup.without)


def observe_sigma_f(sky: Sky, setup: Setup) -> Entries:
    """Return them with sigma_f = sigma / (t - t0) of equation 9 as errors, without that at t0 = 2016.

    F1 of these is F2 with its place at another epoch than t0.
    """
    with np.errstate(divide="ignore"):
        error = ERRORS_MAS / np.abs(setup.epochs_yr - EPOCHS_YR[DR3])
    error[setup.place] = FIXED_PLACE_ERROR_MAS
    return _listed(sky, setup, error, (*setup.without, DR3))


def _listed(sky: Sky, setup: Setup, error: Array, without: tuple[int, ...]) -> Entries:
    """Return the entries of all catalogues but some; the rigorous model moves the stars."""
    n, epochs = len(sky.star), setup.epochs_yr
    used = np.array([i for i in range(10) if i not in without])
    offset = sky.noise + setup.hidden_mas * sky.hidden
    if setup.place_known:
        offset[:, setup.place] = 0.0
    star, which = np.repeat(np.arange(n), len(used)), np.tile(used, n)
    at = propagate(sky.star[star], epochs[which])
    ra, dec = displaced(at.ra, at.dec, offset[star, which, 0], offset[star, which, 1])
    turned = np.isin(which, setup.rotated)
    if turned.any():
        ra[turned], dec[turned] = fk5_to_icrs(
            "ICRS", ra[turned], dec[turned], epochs[which[turned]], force=True
        )
    last = which == used[-1]
    columns = {"epoch": epochs[which], "ra": ra, "dec": dec}
    columns |= {"ra_error": error[which], "dec_error": error[which]}
    # The paper holds parallax and radial velocity at their true values.
    columns |= {name: np.where(last, getattr(at, name), np.nan) for name in ("parallax", "radial_velocity")}
    return entries(star, n, columns)
