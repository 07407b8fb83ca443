"""What paper 000 and the measurements it stands on say.

Paper 000 is a report of Zhou et al. 2023, ApJ 946, 73 (arXiv 2212.10393), whose abstract gives its numbers
with their errors. The other curves are those in the report's second figure.
"""

from __future__ import annotations

from typing import NamedTuple


class Number(NamedTuple):
    """A published value and its error."""

    value: float
    error: float


STARS = 254_882
"""Luminous red giants of the sample (abstract; the report: more than 250,000)."""
THIN_DISC = 54_000

INNER_LY, OUTER_LY = 1.6e4, 8.1e4
INNER_KPC, OUTER_KPC = 5.0, 25.0
PRECISION = (0.10, 0.15)
"""Of the distances."""
PARALLAX_REACH_KPC = 6.0
VELOCITY_ERRORS = (1.0, 3.0)
"""Of the curve [km/s]."""

R0_KPC = 8.122
HUBBLE = 70.0
"""Gives the critical density of the checklist, 136 solMass/kpc3."""

VC_R0 = Number(234.04, 0.08)
VC_R0_SYSTEMATIC = 1.36
SLOPE = Number(-1.83, 0.02)
SLOPE_SYSTEMATIC = 0.07
M200 = Number(8.05e11, 1.15e11)
R200_KPC = Number(192.37, 9.24)
RHO_SUN_GEV = Number(0.39, 0.03)


class Other(NamedTuple):
    """Another measurement of the curve, and its halo."""

    name: str
    file: str
    vc_r0: Number
    slope: Number
    m200: Number
    rho_sun_gev: Number
    hubble: float
    reference: str


EILERS = Other(
    "Eilers et al. 2019",
    "rc_Eilers19.txt",
    Number(229.0, 0.2),
    Number(-1.7, 0.1),
    Number(7.25e11, 0.26e11),
    Number(0.30, 0.03),
    67.77,
    "ApJ 871, 120, abstract; critical density of Planck 2013, as the authors' script has it",
)
ABLIMIT = Other(
    "Ablimit et al. 2020",
    "rc_Ablimit20.txt",
    Number(232.5, 0.83),
    Number(-1.33, 0.1),
    Number(8.22e11, 0.52e11),
    Number(0.33, 0.03),
    HUBBLE,
    "ApJL 895, L12, abstract (method of three velocities); what stars and critical density it takes is not "
    "said there",
)
EILERS_C = Number(12.8, 0.3)
EILERS_R200_KPC = 189.0

MROZ_VC = Number(233.6, 2.8)
MROZ_SLOPE = Number(-1.34, 0.21)
"""Mroz et al. 2019, ApJL 870, L10."""

OU_M200 = Number(1.81e11, 0.06e11)
"""Ou et al. 2024, MNRAS 528, 693, abstract: of a cored Einasto halo."""
OU_MASS, OU_SCALE_KPC, OU_SLOPE = 0.62e11, 3.86, 0.91
"""Its density, mass / (4 pi scale^3) exp(-(r / scale)^slope)."""

ZHOU_FILE = "rc_Zhou23.txt"
MROZ_FILE = "rc_Mroz19.txt"
FOLDER = "rotation_curves"
