"""Published models of the Galaxy's stars and gas: which components, with which numbers, and whose they are.

Lengths are kpc, masses solar masses, surface densities solMass/pc2, densities solMass/pc3. What a kind of
component means is in `analysis.galaxy.potentials`. Nothing here is fitted.

Zhou et al. 2023, ApJ 946, 73 (arXiv 2212.10393), the measurement that paper 000 reports, draw a bulge, a
thin and a thick disc and a halo, and fitted them to their curve "as well as constraints from other data"
(abstract). Their values of these components are in no public text or code that could be searched. The
nearest that is stated in full has the same three components: Model I of Pouliasis et al. 2017, as Eilers
et al. 2019 kept it fixed beneath a curve of the same kind of stars and the same equation. It stands for the
paper's own here, chosen before any fit and by its components alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogdb.errors import AnalysisError, did_you_mean


@dataclass(frozen=True, slots=True)
class Component:
    """One component: what it is called in results, what kind of body it is, and its numbers."""

    name: str
    kind: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Baryons:
    """A published model, and the reference of every number in it."""

    name: str
    components: tuple[Component, ...]
    reference: str


_POULIASIS_UNIT = 2.32e7
"""Masses of Pouliasis et al. 2017 are in this many solar masses (their table 1)."""


def _discs(*discs: tuple[str, float, float, float]) -> tuple[Component, ...]:
    """Return Miyamoto-Nagai discs of (name, mass in units of Pouliasis et al., a, b)."""
    return tuple(
        Component(name, "miyamoto_nagai", {"mass": units * _POULIASIS_UNIT, "a": a, "b": b})
        for name, units, a, b in discs
    )


def _exponential(name: str, mass: float, h_r: float, h_z: float) -> Component:
    """Return a double exponential disc by its mass."""
    surface = mass / (2.0 * 3.141592653589793 * (1e3 * h_r) ** 2)
    return Component(name, "exponential", {"surface": surface, "h_r": h_r, "h_z": h_z})


EILERS2019 = Baryons(
    "eilers2019",
    (
        Component("bulge", "plummer", {"mass": 460.0 * _POULIASIS_UNIT, "b": 0.3}),
        *_discs(("thin_disc", 1700.0, 5.3, 0.25), ("thick_disc", 1700.0, 2.6, 0.8)),
    ),
    "Model I of Pouliasis, Di Matteo & Haywood 2017, A&A 598, A66 (table 1), as fixed by Eilers et al. 2019, "
    "ApJ 871, 120 (section 5.3; the numbers are those of the authors' public script, lengths and ratios of "
    "masses also those of the package tstrippy)",
)

POULIASIS2017_2 = Baryons(
    "pouliasis2017_2",
    _discs(("thin_disc", 1600.0, 4.8, 0.25), ("thick_disc", 1700.0, 2.0, 0.8)),
    "Model II of Pouliasis, Di Matteo & Haywood 2017, A&A 598, A66 (table 1), which has no bulge (its "
    "numbers are those of the public script of Eilers et al. 2019)",
)

MCMILLAN2017 = Baryons(
    "mcmillan2017",
    (
        Component(
            "bulge", "cutoff", {"density": 98.4, "slope": 1.8, "r_0": 0.075, "r_cut": 2.1, "flattening": 0.5}
        ),
        Component("thin_disc", "exponential", {"surface": 896.0, "h_r": 2.5, "h_z": 0.3}),
        Component("thick_disc", "exponential", {"surface": 183.0, "h_r": 3.02, "h_z": 0.9}),
        Component("hi_disc", "holed", {"surface": 53.1, "h_r": 7.0, "r_m": 4.0, "h_z": 0.085}),
        Component("h2_disc", "holed", {"surface": 2180.0, "h_r": 1.5, "r_m": 12.0, "h_z": 0.045}),
    ),
    "McMillan 2017, MNRAS 465, 76 (tables 2 and 3: the best-fitting model; gas of table 1), as galpy has it "
    "(galpy.potential.mwpotentials.McMillan17)",
)

BOVY2015 = Baryons(
    "bovy2015",
    (
        Component("bulge", "power_cutoff", {"mass": 4.501365375e9, "slope": 1.8, "r_cut": 1.9}),
        Component("disc", "miyamoto_nagai", {"mass": 6.8193902782346756e10, "a": 3.0, "b": 0.28}),
    ),
    "MWPotential2014 of Bovy 2015, ApJS 216, 29 (table 1), at R0 = 8 kpc and 220 km/s; masses as gala's "
    "BovyMWPotential2014 has them",
)

DESALAS2019_B2 = Baryons(
    "desalas2019_b2",
    (
        Component("bulge", "hernquist", {"mass": 1.55e10, "a": 0.70}),
        _exponential("disc", 3.65e10, 2.35, 0.14),
        _exponential("hi_disc", 8.2e9, 18.24, 0.52),
        _exponential("h2_disc", 1.3e9, 2.57, 0.08),
        _exponential("dust_disc", 7.0e7, 5.00, 0.10),
        _exponential("dust_disc_2", 2.2e5, 3.30, 0.09),
    ),
    "B2 of de Salas et al. 2019, JCAP 10, 037, as tabulated by Ou et al. 2024, MNRAS 528, 693 (table 2), and "
    "used by Jiao et al. 2023, A&A 678, A208",
)

MODELS: Mapping[str, Baryons] = {
    model.name: model for model in (EILERS2019, POULIASIS2017_2, MCMILLAN2017, BOVY2015, DESALAS2019_B2)
}

PAPER_000 = EILERS2019.name
"""What stands for the paper's own model; why, is said above."""


def find(name: str) -> Baryons:
    """Return the model of that name; raises AnalysisError with those there are."""
    if name not in MODELS:
        raise AnalysisError(
            f"there is no baryon model {name}{did_you_mean(name, MODELS)}: there are {', '.join(MODELS)}"
        )
    return MODELS[name]
