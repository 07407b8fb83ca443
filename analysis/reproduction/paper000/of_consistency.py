"""Items of the abstract's numbers among each other: one halo must have all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.galaxy import potentials
from analysis.galaxy.baryons import EILERS2019
from analysis.galaxy.halo import KINDS, OVERDENSITY, Halos, halos
from analysis.galaxy.units import GEV_CM3_PER_SUN_PC3, G, critical_density
from analysis.reproduction.item import Item
from analysis.reproduction.paper000 import claims
from analysis.reproduction.paper003.verdicts import calculated, independent

PC3_PER_KPC3 = 1e9
AT_KPC = 25.0
"""Where the outer stars are weighed."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """The NFW halo of the abstract's mass and local density, and what it leaves for stars and gas."""

    halo: Halos
    v_halo: tuple[float, float]
    v_law: tuple[float, float]
    v_baryons: float
    mass_baryons: float


def halo(r0_kpc: float = claims.R0_KPC) -> Halos:
    """Return the NFW halo that has both M200 and the local density of the abstract, that at `r0_kpc`."""
    from scipy.optimize import brentq

    density = claims.RHO_SUN_GEV.value / GEV_CM3_PER_SUN_PC3 * PC3_PER_KPC3
    critical = critical_density(claims.HUBBLE)

    def off(c: float) -> float:
        made = halos("nfw", claims.M200.value, c, critical=critical)
        return float(made.density(np.array([r0_kpc]))[0, 0]) - density

    return halos("nfw", claims.M200.value, float(brentq(off, 2.0, 60.0)), critical=critical)


def law(r_kpc: float) -> float:
    """Return the abstract's straight line [km/s]."""
    return claims.VC_R0.value + claims.SLOPE.value * (r_kpc - claims.R0_KPC)


def claimed() -> Claimed:
    """Return what the numbers together say at the Sun and at 25 kpc."""
    made = halo()
    radii = np.array([claims.R0_KPC, AT_KPC])
    inner, outer = (float(v) for v in np.sqrt(made.v2(radii)[0]))
    laws = law(claims.R0_KPC), law(AT_KPC)
    return Claimed(
        made,
        (inner, outer),
        laws,
        float(np.sqrt(laws[0] ** 2 - inner**2)),
        (laws[1] ** 2 - outer**2) * AT_KPC / G,
    )


def together() -> Iterator[Item]:
    """Yield the consistency of the abstract."""
    all_ = claimed()
    r200 = float(all_.halo.r200[0])
    yield calculated(
        "D-6",
        "r200 of M200 at 70 km/s/Mpc",
        claims.R200_KPC.value,
        r200,
        claims.R200_KPC.error,
        "kpc",
        "both numbers of the abstract are one, by the critical density",
    )
    yield independent("D-6", "r200 of M200, independent", 191.9, r200, 1e-3, "kpc")
    c, elsewhere = float(all_.halo.c200[0]), float(halo(8.2).c200[0])
    about = f"{c:.2f} where the Sun is at {claims.R0_KPC:g} kpc, {elsewhere:.2f} at 8.2"
    yield independent("D-6", "concentration of M200 and local density", 16.2, c, 2e-2, more=about)
    yield independent("D-6", "halo's circular velocity at the Sun", 161.0, all_.v_halo[0], 1e-2, "km.s**-1")
    yield independent("D-6", "halo's circular velocity at 25 kpc", 182.0, all_.v_halo[1], 1e-2, "km.s**-1")
    yield independent(
        "D-6", "circular velocity of the line at 25 kpc", 203.0, all_.v_law[1], 5e-3, "km.s**-1"
    )
    yield independent(
        "D-6", "what is left for stars and gas at the Sun", 170.0, all_.v_baryons, 1e-2, "km.s**-1"
    )
    yield independent(
        "D-6", "mass left for stars and gas within 25 kpc", 4.7e10, all_.mass_baryons, 5e-2, "solMass"
    )


def of_eilers() -> Iterator[Item]:
    """Yield whether the stars that stand for the paper's own could be its own."""
    all_ = claimed()
    v2 = potentials.v2(EILERS2019, np.array([claims.R0_KPC]))
    ours = float(np.sqrt(sum(float(part[0]) for part in v2.values())))
    yield calculated(
        "D-6",
        "stars of Model I of Pouliasis et al. 2017 against what the abstract's halo leaves at the Sun",
        all_.v_baryons,
        ours,
        5.0,
        "km.s**-1",
        "the paper's own values of bulge and discs are in no public text or code that was found; Model I, as "
        "Eilers et al. fixed it, has the same components and was chosen before any fit. It is heavier at the "
        "Sun than theirs can have been: their fit had 'constraints from other data' too (abstract)",
    )


def of_ou() -> Iterator[Item]:
    """Yield the cored halo of Ou et al. 2024: its printed profile must have its printed mass."""
    from scipy.optimize import brentq

    slope, scale = claims.OU_SLOPE, claims.OU_SCALE_KPC
    # Of exp(-(r / scale)^slope) the logarithmic slope is -2 at scale (2 / slope)^(1 / slope).
    r_2: float = scale * (2.0 / slope) ** (1.0 / slope)
    density = claims.OU_MASS / (4.0 * math.pi * scale**3) * math.exp(-2.0 / slope)
    mean = OVERDENSITY * critical_density(claims.HUBBLE)

    def mass_within(x: float) -> float:
        return density * r_2**3 * float(KINDS["einasto"].mass(np.array(x), np.array(slope)))

    def off(x: float) -> float:
        return mass_within(x) - 4.0 / 3.0 * math.pi * mean * (x * r_2) ** 3

    mass = mass_within(float(brentq(off, 1.0, 100.0)))
    yield calculated(
        "D-11",
        "M200 of the cored Einasto profile of Ou et al. 2024, from its density",
        claims.OU_M200.value,
        mass,
        claims.OU_M200.error,
        "solMass",
        "MNRAS 528, 693: 0.62e11 solMass, 3.86 kpc, slope 0.91; the sum of our formula gives its virial mass",
    )
