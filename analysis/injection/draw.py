"""Which stars of a chunk are injected, and with what: the same whenever it is asked with the same seed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.acceleration import gls
from analysis.acceleration.entries import Entries, without_shared
from analysis.injection import inject
from analysis.kernels.orbit import sky_path
from analysis.kernels.spd import invert
from analysis.surveys import SURVEYS
from catalogdb.epoch import Astrometry

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Names = npt.NDArray[np.str_]
Settings = Mapping[str, Any]

RESOLUTION_ARCSEC = {survey.name: survey.resolution_arcsec for survey in SURVEYS}
"""Two stars nearer than this are one in a catalogue; of others the median is taken."""

BLEND_MAS = (300.0, 5000.0)
BLEND_MAG = (0.3, 4.0)
OUTLIER_MAS = (100.0, 3000.0)
"""Ranges of what is injected, drawn uniformly in the logarithm; differences of magnitude uniformly."""


class Truth(NamedTuple):
    """What was injected into n stars: whether anything; companion, blend or outlier; NaN where none."""

    injected: Flags
    mass: Array
    separation: Array
    displacement: Array


class Injected(NamedTuple):
    """A chunk's entries after the injection and before it, with the same noise; what was injected."""

    after: Entries
    before: Entries
    truth: Truth


@dataclass
class Faults:
    """What is wrong with each catalogue: rotation [mas], spin [mas/yr] (3,), magnitude term [mas/mag] (2,).

    A catalogue gets its fault when it is first seen, `size` times the median error that it has
    there, in a random direction that depends on `seed` and its name; the most precise has none.
    """

    size: float
    seed: int
    of: dict[str, tuple[Array, Array, Array]] = field(default_factory=dict)

    def apply(self, rows: Entries, star: Astrometry, catalogues: Names, mag: Array) -> Entries:
        """Return the entries with their catalogues' faults; `mag` (n,) is NaN where unknown."""
        if not self.size or not len(rows):
            return rows
        names, code = np.unique(catalogues, return_inverse=True)
        self._meet(rows, names, code)
        rotation, spin, slope = (np.stack([self.of[name][i] for name in names])[code] for i in range(3))
        shift = inject.rotation_shift(rows, star, rotation, spin)
        by_mag = slope * np.nan_to_num(mag - 10.0)[rows.star, None]
        return inject.shifted(rows, star, inject.Shift(shift.position + by_mag, shift.motion))

    def _meet(self, rows: Entries, names: Names, code: npt.NDArray[np.int64]) -> None:
        error = np.hypot(rows.ra_error, rows.dec_error) / np.sqrt(2.0)
        typical = np.array([np.nanmedian(error[code == i]) for i in range(len(names))])
        if not self.of:
            best = str(names[np.nanargmin(typical)])
            self.of[best] = (np.zeros(3), np.zeros(3), np.zeros(2))
        for name, median in zip(names.tolist(), typical, strict=True):
            if name not in self.of:
                rng = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
                turn, spin = (d / np.linalg.norm(d) for d in rng.standard_normal((2, 3)))
                angle = rng.uniform(0.0, 2.0 * np.pi)
                unit = np.array([np.sin(angle), np.cos(angle)])
                scale = self.size * float(np.nan_to_num(median))
                self.of[name] = (scale * turn, scale * spin / 30.0, scale * unit / 4.0)


def inject_chunk(
    rows: Entries, catalogues: Names, mag: Array, settings: Settings, number: int, faults: Faults
) -> Injected:
    """Return the entries of chunk `number`, with what the settings ask for in a share of its stars.

    `catalogues` (m,) are the entries' catalogue names, `mag` (n,) the stars' magnitudes or NaN.
    """
    rng = np.random.default_rng([settings["seed"], number])
    star = gls.refine(rows.rows(rows.usable))
    if settings["noise"] == "simulated":
        factor = np.where(_most_precise(rows), 1.0, settings["error_factor"])
        rows = inject.redrawn(rows, star, rng, factor)
    rows = faults.apply(rows, star, catalogues, mag)
    chosen = (rng.random(rows.n_stars) < settings["fraction"]) & np.isfinite(star.ra)
    if settings["kind"] == "companion":
        chosen &= star.parallax > 0.0
    shift, truth = _KINDS[settings["kind"]](rows, star, catalogues, settings, rng)
    on = chosen[rows.star, None]
    after = inject.shifted(
        rows, star, inject.Shift(np.where(on, shift.position, 0.0), np.where(on, shift.motion, 0.0))
    )
    marked = (np.where(chosen, values, np.nan) for values in truth)
    return Injected(after, rows, Truth(chosen, *marked))


def counted(rows: Entries) -> Entries:
    """Return the entries that the test uses: usable, those that share observations once."""
    usable = rows.rows(rows.usable)
    return usable.rows(without_shared(usable, "best"))


def information(fit: gls.Fit) -> Array:
    """Return the inverse covariance of the fitted accelerations, shape (n, 2, 2); 0 where there is none."""
    covariance = np.empty((len(fit.acc_ra), 2, 2))
    covariance[:, 0, 0], covariance[:, 1, 1] = fit.acc_ra_error**2, fit.acc_dec_error**2
    product = fit.acc_ra_acc_dec_corr * fit.acc_ra_error * fit.acc_dec_error
    covariance[:, 0, 1] = covariance[:, 1, 0] = product
    return np.nan_to_num(invert(covariance).matrix)


def _most_precise(rows: Entries) -> Flags:
    """Return which entries are their stars' most precise."""
    variance = np.where(rows.usable, rows.ra_error**2 + rows.dec_error**2, np.inf)
    least = np.full(rows.n_stars, np.inf)
    np.minimum.at(least, rows.star, variance)
    return np.asarray(variance == least[rows.star], np.bool_)


_Drawn = tuple[inject.Shift, tuple[Array, Array, Array]]


def _log_uniform(low: float, high: float, n: int, rng: np.random.Generator) -> Array:
    return np.asarray(np.exp(rng.uniform(np.log(low), np.log(high), n)))


def _nothing(rows: Entries) -> Array:
    return np.full(rows.n_stars, np.nan)


def _acceleration(
    rows: Entries, star: Astrometry, catalogues: Names, settings: Settings, rng: np.random.Generator
) -> _Drawn:
    """Draw accelerations in random directions, of a signal-to-noise uniform in its logarithm."""
    snr = _log_uniform(settings["snr_min"], settings["snr_max"], rows.n_stars, rng)
    angle = rng.uniform(0.0, 2.0 * np.pi, rows.n_stars)
    unit = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    one = np.sqrt(np.einsum("ni,nij,nj->n", unit, information(gls.core(counted(rows))), unit))
    size = np.where(one > 0.0, snr / np.where(one > 0.0, one, 1.0), 0.0)
    none = _nothing(rows)
    return inject.acceleration_shift(rows, star, size[:, None] * unit), (none, none, none)


def _blend(
    rows: Entries, star: Astrometry, catalogues: Names, settings: Settings, rng: np.random.Generator
) -> _Drawn:
    """Draw neighbours that the coarse catalogues can not tell from the star: their places are of both."""
    distance = _log_uniform(*BLEND_MAS, rows.n_stars, rng)
    angle = rng.uniform(0.0, 2.0 * np.pi, rows.n_stars)
    fainter = rng.uniform(*BLEND_MAG, rows.n_stars)
    light = 1.0 / (1.0 + 10.0 ** (0.4 * fainter))
    names, code = np.unique(catalogues, return_inverse=True)
    middle = float(np.median(list(RESOLUTION_ARCSEC.values())))
    limit = np.array([RESOLUTION_ARCSEC.get(str(name), middle) for name in names])[code] * 1000.0
    share = np.where(distance[rows.star] < limit, light[rows.star], 0.0)
    offset = distance[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    none = _nothing(rows)
    return inject.blend_shift(rows, offset, share), (none, none, distance)


def _outlier(
    rows: Entries, star: Astrometry, catalogues: Names, settings: Settings, rng: np.random.Generator
) -> _Drawn:
    """Draw a wrong position in one catalogue."""
    distance = _log_uniform(*OUTLIER_MAS, rows.n_stars, rng)
    none = _nothing(rows)
    return inject.outlier_shift(rows, distance, rng), (none, none, distance)


def _companion(
    rows: Entries, star: Astrometry, catalogues: Names, settings: Settings, rng: np.random.Generator
) -> _Drawn:
    """Draw dark companions on orbits turned at random, of eccentricities uniform up to 0.9.

    Mass and semi-major axis are uniform in their logarithms. An entry with a motion has that of its
    epoch: right where the period is much longer than the years that the catalogue observed.
    """
    n = rows.n_stars
    mass = _log_uniform(settings["mass_min"], settings["mass_max"], n, rng)
    axis_au = _log_uniform(settings["separation_min"], settings["separation_max"], n, rng)
    total = settings["star_mass"] + mass
    period = np.sqrt(axis_au**3 / total)
    orbit = {
        "period": period,
        "eccentricity": rng.uniform(0.0, 0.9, n),
        "periastron_time": period * rng.random(n),
        "a": axis_au * mass / total * np.nan_to_num(star.parallax),
        "inclination_rad": np.arccos(rng.uniform(-1.0, 1.0, n)),
        "node_rad": rng.uniform(0.0, 2.0 * np.pi, n),
        "arg_periastron_rad": rng.uniform(0.0, 2.0 * np.pi, n),
    }
    of_entry = {name: values[rows.star] for name, values in orbit.items()}
    years = inject.years_since(rows, star)
    at_ra, at_dec = (sky_path(years[:, axis], **of_entry) for axis in (0, 1))
    # The star is where it is listed, and moves as it is listed to, at its reference epoch: the orbit
    # shows in what comes before and after.
    place = np.stack([at_ra.east, at_dec.north], axis=1)
    rate = np.stack([at_ra.east_rate, at_dec.north_rate], axis=1)
    now = sky_path(np.zeros(n), **orbit)
    place_now = np.stack([now.east, now.north], axis=1)[rows.star]
    rate_now = np.stack([now.east_rate, now.north_rate], axis=1)[rows.star]
    shift = inject.Shift(np.nan_to_num(place - place_now - rate_now * years), np.nan_to_num(rate - rate_now))
    return shift, (mass, axis_au, _nothing(rows))


_KINDS = {"acceleration": _acceleration, "companion": _companion, "blend": _blend, "outlier": _outlier}
