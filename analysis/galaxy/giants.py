"""Labels and photometry of simulated red giants, so that distances can be found from them again.

Every relation here is chosen, none is measured: a giant branch that is a straight line in Teff and log g,
luminosity by the law of Stefan and Boltzmann, bolometric corrections and colours linear in Teff, dust in an
exponential layer. What is learned from these stars is about methods, not about the Galaxy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.galaxy.coords import Cylinder
from analysis.galaxy.sun import Sun

Array = npt.NDArray[np.float64]

TEFF_SUN_K, LOGG_SUN, MBOL_SUN = 5772.0, 4.438, 4.74
DUST_HEIGHT_KPC, A_KS_MAG_KPC = 0.1, 0.03
"""Height of the dust layer, and extinction in Ks for a kpc in the plane at the Sun's radius."""

BANDS = {"phot_g_mean_mag": 10.0, "j_m": 3.1, "h_m": 1.7, "k_m": 1.0}
"""Magnitudes and their extinction in units of that in Ks."""


@dataclass(frozen=True, slots=True)
class LabelErrors:
    """Standard errors of what a survey lists of each giant; that of the extinction is a fraction."""

    teff_k: float = 60.0
    logg: float = 0.1
    fe_h: float = 0.05
    alpha_fe: float = 0.025
    mag: float = 0.02
    extinction: float = 0.1


@dataclass(frozen=True, slots=True)
class Giants:
    """n giants: what is listed, by column name (n,), and the true absolute magnitude in Ks and extinction."""

    listed: dict[str, Array]
    true_m_ks: Array
    true_a_ks: Array


def giants(
    truth: Cylinder,
    distance_kpc: Array,
    thick: npt.NDArray[np.bool_],
    errors: LabelErrors,
    seed: int | np.random.SeedSequence,
    sun: Sun,
) -> Giants:
    """Return labels and magnitudes of giants (n,) at these places; `thick` says which are of the thick disc.

    Thin disc: [Fe/H] falls by 0.06 dex per kpc, [alpha/Fe] about 0.03; thick: -0.5 and 0.25.
    """
    rng = np.random.default_rng(seed)
    n = len(thick)
    noise = rng.standard_normal((4, n))
    fe_h = np.where(
        thick, -0.5 + 0.2 * noise[0], np.clip(-0.06 * (truth.R_kpc - sun.r0_kpc), -0.8, 0.3) + 0.15 * noise[0]
    )
    alpha_fe = np.where(thick, 0.25 - 0.1 * (fe_h + 0.5), 0.03 - 0.05 * fe_h) + 0.02 * noise[1]
    logg = rng.uniform(0.5, 2.4, n)
    teff = 4850.0 + 400.0 * (logg - 2.4) - 250.0 * (fe_h + 0.7 * alpha_fe) + 40.0 * noise[2]
    log_mass = np.log10(np.where(thick, 1.0, 1.2)) + 0.04 * noise[3]
    # L = 4 pi R^2 sigma T^4 and g = G M / R^2.
    log_l = log_mass + 4.0 * np.log10(teff / TEFF_SUN_K) - (logg - LOGG_SUN)
    m_ks = MBOL_SUN - 2.5 * log_l - (2.3 - 0.8e-3 * (teff - 4500.0))
    modulus = 5.0 * np.log10(distance_kpc) + 10.0
    a_ks = extinction_ks(truth, distance_kpc, sun)
    cool = (teff - 4500.0) / 1000.0
    colour = {"phot_g_mean_mag": 2.45 - 1.4 * cool, "j_m": 0.72 - 0.32 * cool, "h_m": 0.13 - 0.08 * cool}
    listed = {
        name: m_ks + colour.get(name, 0.0) + modulus + factor * a_ks + errors.mag * rng.standard_normal(n)
        for name, factor in BANDS.items()
    }
    listed["bp_rp"] = 1.32 - 0.6 * cool + 5.0 * a_ks + errors.mag * rng.standard_normal(n)
    listed["a_ks"] = a_ks * np.clip(1.0 + errors.extinction * rng.standard_normal(n), 0.0, None)
    labels = (("teff", teff, errors.teff_k), ("logg", logg, errors.logg))
    for name, value, error in (
        *labels,
        ("fe_h", fe_h, errors.fe_h),
        ("alpha_fe", alpha_fe, errors.alpha_fe),
    ):
        listed[name] = value + error * rng.standard_normal(n)
        listed[f"{name}_error"] = np.full(n, error)
    return Giants(listed, m_ks, a_ks)


def extinction_ks(truth: Cylinder, distance_kpc: Array, sun: Sun) -> Array:
    """Return the extinction in Ks (n,) [mag] to stars: a layer of dust as exp(-|z|/h), no change with R."""
    rise = truth.z_kpc - sun.z0_kpc
    h = DUST_HEIGHT_KPC

    def column(z: Array) -> Array:
        return np.sign(z) * h * -np.expm1(-np.abs(z) / h)

    flat = np.exp(-np.abs(truth.z_kpc) / h)
    steep = np.abs(rise) > 1e-6
    safe = np.where(steep, rise, 1.0)
    mean = np.where(steep, (column(truth.z_kpc) - column(np.full_like(rise, sun.z0_kpc))) / safe, flat)
    return A_KS_MAG_KPC * distance_kpc * mean
