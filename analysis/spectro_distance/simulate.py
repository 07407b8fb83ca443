"""Simulated red giants of known distance: labels, magnitudes and parallaxes as surveys measure them.

The giant branch is a plane of log g over temperature and [Fe/H] with a spread of mass at each place, which no
label tells: the intrinsic scatter. The absolute magnitude follows from gravity, temperature and mass. These
are not models of stellar evolution; what matters is that the truth is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.spectro_distance.likelihood import K

Array = npt.NDArray[np.float64]

SOLAR_LOGG, SOLAR_TEFF_K, SOLAR_MBOL = 4.438, 5772.0, 4.74
"""IAU 2015 Resolutions B2 and B3: the nominal solar gravity, temperature and bolometric magnitude."""


def parallax_error_mas(g_mag: npt.ArrayLike) -> Array:
    """Return the mean error (n,) [mas] of parallaxes in Gaia DR3.

    Formula of the Gaia science performance page and of PyGaia (errors.astrometric, factor 1 for DR3).
    """
    z = 10.0 ** (0.4 * (np.maximum(np.asarray(g_mag, np.float64), 13.0) - 15.0))
    return np.sqrt(40.0 + 800.0 * z + 30.0 * z**2) / 1000.0


def absolute_k_mag(teff_k: Array, logg: Array, mass_sun: Array) -> Array:
    """Return M_K (n,) of giants: luminosity by gravity, temperature and mass, and a line for the correction.

    The bolometric correction is set so that the red clump, at 4780 K, log g 2.45 and 1.2 solar masses, has
    M_K = -1.61 (Laney et al. 2012, MNRAS 419, 1637, in round numbers); its slope is that of giants, roughly.
    """
    log_l = np.log10(mass_sun) + 4.0 * np.log10(teff_k / SOLAR_TEFF_K) - (logg - SOLAR_LOGG)
    return np.asarray(SOLAR_MBOL - 2.5 * log_l - (2.0 - 0.9e-3 * (teff_k - 4780.0)))


@dataclass(frozen=True, slots=True)
class Survey:
    """How well labels are measured: errors at a magnitude of 9 in K, and by how much they grow to 13."""

    name: str
    teff_k: float
    logg: float
    fe_h: float
    growth: float
    faintest_g: float


SURVEYS = {
    "apogee": Survey("apogee", 30.0, 0.05, 0.03, 1.6, 17.0),
    "lamost": Survey("lamost", 60.0, 0.08, 0.05, 2.0, 17.8),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is not observed: distance [kpc], absolute magnitude, whose parallax is another star's."""

    dist: Array
    absolute_mag: Array
    outlier: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Nature:
    """What is true of the simulated sky."""

    zero_point_mas: float = -0.03
    error_factor: float = 1.0
    outliers: float = 0.01
    mass_scatter_dex: float = 0.06
    nearest_kpc: float = 0.5
    farthest_kpc: float = 28.0
    magnitude_limited: bool = True
    logg_max: float = 2.2


def draw(
    n: int, seed: int, survey: Survey = SURVEYS["apogee"], nature: Nature = Nature()
) -> tuple[dict[str, Array], Truth]:
    """Return n observed giants as columns (n,) of a star table, and the truth of them.

    Distances are uniform in their logarithm, so that each is tested; a magnitude limit and the selection by
    the measured log g are applied before stars are counted.
    """
    random = np.random.default_rng(seed)
    parts: list[tuple[dict[str, Array], Truth]] = []
    have = 0
    while have < n:
        observed, truth = _drawn(2 * n, random, survey, nature)
        kept = (observed["logg"] <= nature.logg_max) & (observed["logg"] > 0.0)
        if nature.magnitude_limited:
            kept &= observed["phot_g_mean_mag"] <= survey.faintest_g
        parts.append(
            (
                {name: each[kept] for name, each in observed.items()},
                Truth(truth.dist[kept], truth.absolute_mag[kept], truth.outlier[kept]),
            )
        )
        have += int(kept.sum())
    columns = {name: np.concatenate([each[name] for each, _ in parts])[:n] for name in parts[0][0]}
    truths = [each for _, each in parts]
    return columns, Truth(
        np.concatenate([each.dist for each in truths])[:n],
        np.concatenate([each.absolute_mag for each in truths])[:n],
        np.concatenate([each.outlier for each in truths])[:n],
    )


def _drawn(
    n: int, random: np.random.Generator, survey: Survey, nature: Nature
) -> tuple[dict[str, Array], Truth]:
    fe_h = np.clip(random.normal(-0.3, 0.3, n), -2.0, 0.5)
    alpha = np.clip(0.05 - 0.15 * fe_h + random.normal(0.0, 0.05, n), -0.1, 0.4)
    teff = random.uniform(3750.0, 4900.0, n)
    mass = 1.15 * 10.0 ** random.normal(0.0, nature.mass_scatter_dex, n)
    logg = 1.95 + (teff - 4400.0) / 480.0 - 0.45 * (fe_h + 0.3) + np.log10(mass / 1.15)
    logg = logg - 1.5e-7 * (teff - 4400.0) ** 2
    absolute = absolute_k_mag(teff, logg, mass)
    ratio = nature.farthest_kpc / nature.nearest_kpc
    dist = nature.nearest_kpc * ratio ** random.uniform(0.0, 1.0, n)
    modulus = np.log(dist) / K + 10.0
    k = absolute + modulus
    g = k + 2.6 + (4400.0 - teff) * 1.6e-3  # G - K of giants, roughly: redder when cooler
    worse = 1.0 + (survey.growth - 1.0) * np.clip((k - 9.0) / 4.0, 0.0, 1.5)
    error = nature.error_factor * parallax_error_mas(g)
    outlier = random.uniform(size=n) < nature.outliers
    true = np.where(outlier, random.permutation(1.0 / dist), 1.0 / dist)
    sky = random.uniform(-1.0, 1.0, n)
    columns = {
        "ra": random.uniform(0.0, 360.0, n),
        "dec": np.degrees(np.arcsin(sky)),
        "teff": teff + random.normal(size=n) * survey.teff_k * worse,
        "logg": logg + random.normal(size=n) * survey.logg * worse,
        "fe_h": fe_h + random.normal(size=n) * survey.fe_h * worse,
        "alpha_fe": alpha + random.normal(size=n) * 0.5 * survey.fe_h * worse,
        "teff_error": survey.teff_k * worse,
        "logg_error": survey.logg * worse,
        "fe_h_error": survey.fe_h * worse,
        "alpha_fe_error": 0.5 * survey.fe_h * worse,
        "snr": 300.0 / worse**4 * 10.0 ** random.normal(0.0, 0.05, n),
        "k": k + random.normal(0.0, 0.02, n),
        "phot_g_mean_mag": g,
        "parallax": true + nature.zero_point_mas + random.normal(size=n) * error,
        "parallax_error": parallax_error_mas(g),
        "ruwe": np.where(outlier, 1.3, 1.0),
    }
    return columns, Truth(dist, absolute, outlier)
