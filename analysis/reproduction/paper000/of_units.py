"""Items of counts, units and words of the report."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.galaxy import potentials
from analysis.galaxy.baryons import PAPER_000
from analysis.galaxy.units import GEV_CM3_PER_SUN_PC3, KPC_PER_LIGHT_YEAR, critical_density
from analysis.reproduction.item import Item, not_testable
from analysis.reproduction.paper000 import claims
from analysis.reproduction.paper003.verdicts import calculated, independent

ROUNDING_LY = 500.0
"""Half of the last digit of 1.6e4 and 8.1e4 light years."""
ROUNDING_KPC = 0.5


def counts() -> Iterator[Item]:
    """Yield what needs the stars themselves."""
    why = "the stars of the sample are in no public table that is here; the curve made of them is"
    yield not_testable("D-1", "luminous red giants in the sample", float(claims.STARS), "", why)
    yield not_testable("D-1", "thin-disc stars of the curve", float(claims.THIN_DISC), "", why)
    for share, words in zip(claims.PRECISION, ("in clusters", "at worst"), strict=True):
        yield not_testable(
            "D-2",
            f"precision of spectroscopic distances, {words}",
            share,
            "",
            f"{why}; how such distances are made and judged: analysis spectro_distance",
        )


def radii() -> Iterator[Item]:
    """Yield the radii, which the report gives in light years and in kpc."""
    rounding = ROUNDING_LY * KPC_PER_LIGHT_YEAR + ROUNDING_KPC
    for light_years, kpc, known in (
        (claims.INNER_LY, claims.INNER_KPC, 4.906),
        (claims.OUTER_LY, claims.OUTER_KPC, 24.83),
    ):
        ours = light_years * KPC_PER_LIGHT_YEAR
        words = f"{light_years:,.0f} light years"
        yield calculated(
            "D-3", f"{words} in kpc, as rounded", kpc, ours, rounding, "kpc", "both are rounded in the report"
        )
        yield independent("D-3", f"{words} in kpc", known, ours, 2e-4, "kpc")


def densities() -> Iterator[Item]:
    """Yield the local density in solar masses, and the critical density that r200 is by."""
    rho = claims.RHO_SUN_GEV.value / GEV_CM3_PER_SUN_PC3
    yield independent("D-4", "0.39 GeV/cm3 in solar masses", 0.01027, rho, 1e-3, "solMass.pc**-3")
    yield independent(
        "D-4",
        "critical density at 70 km/s/Mpc",
        136.0,
        critical_density(claims.HUBBLE),
        1e-3,
        "solMass.kpc**-3",
    )


def words() -> Iterator[Item]:
    """Yield what the report calls the mass of the Milky Way."""
    stars = sum(potentials.masses(PAPER_000).values())
    yield calculated(
        "D-5",
        "stars and gas beside the halo's M200, which the report calls the mass of the Milky Way",
        0.0,
        stars,
        0.005e11,
        "solMass",
        f"the abstract gives 8.05e11 as the mass of the dark halo alone: nothing is left for stars, of which "
        f"the model {PAPER_000} has {stars:.3g}. That is within the error of M200, but not within its last "
        "digit, the tolerance: the report's words are wrong, not its number",
    )
