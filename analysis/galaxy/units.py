"""Units of galactic dynamics: kpc, km/s, solar masses; and what dark matter is measured in, GeV/cm3."""

from __future__ import annotations

GM_SUN_M3_S2 = 1.3271244e20
"""IAU 2015 nominal (resolution B3)."""
G_SI = 6.67430e-11
"""CODATA 2018 [m3 kg-1 s-2]; only what weighs in kilograms or GeV needs it."""
C_M_S = 299_792_458.0
GEV_J = 1.602176634e-10
"""A GeV (exact since 2019)."""
AU_M = 149_597_870_700.0
PC_M = AU_M * 648_000.0 / 3.141592653589793
"""A parsec (IAU 2015 resolution B2)."""
LIGHT_YEAR_M = C_M_S * 365.25 * 86_400.0

G = GM_SUN_M3_S2 / (1e3 * PC_M) * 1e-6
"""Newton's constant [kpc km2 s-2 solMass-1]."""

KPC_PER_LIGHT_YEAR = LIGHT_YEAR_M / (1e3 * PC_M)

GEV_CM3_PER_SUN_PC3 = GM_SUN_M3_S2 / G_SI * C_M_S**2 / GEV_J / (1e2 * PC_M) ** 3
"""Energy density at rest [GeV.cm**-3] of one solar mass in a cubic parsec."""

KM_S_MPC = 1e-3
"""One km/s/Mpc in km/s/kpc."""


def critical_density(hubble_km_s_mpc: float) -> float:
    """Return the critical density 3 H0^2 / (8 pi G) [solMass.kpc**-3] of a Hubble constant [km/s/Mpc]."""
    hubble = hubble_km_s_mpc * KM_S_MPC
    return 3.0 * hubble * hubble / (8.0 * 3.141592653589793 * G)
