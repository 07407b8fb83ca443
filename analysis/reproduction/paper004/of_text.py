"""Items that follow from the paper's own text: counts, periods, photometry, agreement, wide pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from analysis.paper004.photometry import RELATIONS
from analysis.reproduction.item import Item, not_testable

Array = npt.NDArray[np.float64]

STARS, ACCELERATING, UNIFORM = 6310, 2214, 229
KNOWN, NEW = 649, 1565

NO_TABLE = "the table of 6310 stars (China-VO, res/r101535) is not here"

GRAVITY_AU3_YR2 = 4.0 * math.pi**2
"""Gravitational constant times the solar mass."""


def counts() -> Iterator[Item]:
    """Yield the numbers of section 4.1, whose sum can be checked, and its percentages."""
    yield Item(
        item="C-3",
        quantity="known and new accelerating stars",
        claimed=ACCELERATING,
        ours=KNOWN + NEW,
        tolerance=0.0,
        unit="",
    )
    yield Item(
        item="C-3",
        quantity="accelerating of all stars",
        claimed=0.351,
        ours=ACCELERATING / STARS,
        tolerance=5e-4,
        unit="",
        reason="arithmetic: the stars themselves are not here",
    )
    yield Item(
        item="C-3",
        quantity="uniform of all stars",
        claimed=0.0363,
        ours=UNIFORM / STARS,
        tolerance=5e-5,
        unit="",
        reason="arithmetic: the stars themselves are not here",
    )
    yield Item(
        item="C-3",
        quantity="expected false at 0.1 %",
        claimed=6.3,
        ours=STARS * 1e-3,
        tolerance=0.05,
        unit="",
        reason="if the objective were a chi-square variable, which it is not: see the next ones",
    )
    for quantity, claimed in (("accelerating stars", ACCELERATING), ("uniform stars", UNIFORM)):
        yield not_testable("C-3", quantity, claimed, "", NO_TABLE)


SAMPLES = (
    ("Gaia NSS orbits", 33, 24, 1),
    ("El-Badry wide pairs", 26, 24, 0),
    ("Tian ultra-wide pairs", 212, 62, 3),
)
"""Section 4.2: stars in common, of these accelerating, of these uniform."""


def cross_checks() -> Iterator[Item]:
    """Yield section 4.2: how far its samples differ from all stars, and the periods."""
    rate, low = ACCELERATING / STARS, UNIFORM / STARS
    for name, matched, found, uniform in SAMPLES:
        yield not_testable("C-4", f"stars in common with {name}", matched, "", NO_TABLE)
        p = binomtest(found, matched, rate).pvalue
        word = "can not be told from" if p > 0.05 else "differs from"
        yield Item(
            item="C-4",
            quantity=f"hit rate of {name} against all stars",
            claimed=found / matched,
            ours=rate,
            tolerance=1.96 * math.sqrt(rate * (1.0 - rate) / matched),
            unit="",
            reason=f"{found} of {matched} {word} the {100.0 * rate:.1f} % of all: binomial p = {p:.2g}; "
            "tolerance is 1.96 binomial errors",
        )
        yield Item(
            item="C-4",
            quantity=f"uniform stars among {name}",
            claimed=uniform,
            ours=matched * low,
            tolerance=1.96 * math.sqrt(matched * low * (1.0 - low)),
            unit="",
            reason="ours is what the rate of all stars gives; tolerance is 1.96 binomial errors",
        )
    yield from periods()


def period_myr(separation_au: float) -> float:
    """Return the period [Myr] of two stars of one solar mass whose separation is twice the semi-axis."""
    return float((separation_au / 2.0) ** 1.5 / math.sqrt(2.0) / 1e6)


def periods() -> Iterator[Item]:
    """Yield table 4 and the periods that section 4.2 makes of it."""
    for quantity, claimed in (
        ("median separation of wide pairs", 2131),
        ("mean separation of wide pairs", 6066),
        ("median separation of ultra-wide pairs", 74742),
        ("mean separation of ultra-wide pairs", 79719),
    ):
        yield not_testable("C-4", quantity, claimed, "au", f"{NO_TABLE}, nor are the pairs in common")
    yield Item(
        item="C-4",
        quantity="median period of ultra-wide pairs",
        claimed=5.1,
        ours=period_myr(74742),
        tolerance=0.05,
        unit="Myr",
        reason="the period of the median separation, which is the median period",
    )
    yield Item(
        item="C-4",
        quantity="P-of-mean of ultra-wide pairs against their mean-of-P",
        claimed=7.1,
        ours=period_myr(79719),
        tolerance=0.05,
        unit="Myr",
        reason="no contradiction: the mean of s^1.5 is at least that of the mean s (Jensen)",
    )
    yield not_testable("C-4", "mean-of-P of ultra-wide pairs", 7.1, "Myr", "it needs the 212 separations")


def wide_pairs() -> Iterator[Item]:
    """Yield how far a pair of the median separation has moved from a line in 60 years."""
    for distance_pc in (100.0, 200.0):
        yield Item(
            item="0-4",
            quantity=f"deviation of the median wide pair in 60 yr at {distance_pc:.0f} pc",
            claimed=150.0,
            ours=deviation_mas(2131.0, distance_pc, 60.0),
            tolerance=50.0,
            unit="mas",
            reason="section 4.2 takes deviations above the errors of the plates (150 mas) for orbital "
            "motion; 1 solMass at 2131 au moves a thousandth of that",
        )


def deviation_mas(separation_au: float, distance_pc: float, years: float) -> float:
    """Return half the acceleration by one solar mass, seen from its best side, times the time squared."""
    return 0.5 * GRAVITY_AU3_YR2 / separation_au**2 * years**2 / distance_pc * 1e3


def agreement() -> Iterator[Item]:
    """Yield how many motions agree within 3 sigma, against normal errors in one or two coordinates."""
    expected = (("1-D", math.erf(3.0 / math.sqrt(2.0))), ("2-D", 1.0 - math.exp(-4.5)))
    for catalogue, claimed in (("TGAS", 0.98), ("APOP", 0.97)):
        inflation = 3.0 / math.sqrt(-2.0 * math.log(1.0 - claimed))
        for name, share in expected:
            yield Item(
                item="C-8",
                quantity=f"{catalogue} agreement within 3 sigma, {name}",
                claimed=claimed,
                ours=share,
                tolerance=0.005,
                unit="",
                reason="ours is what right errors would give: the errors are underestimated by a factor of "
                f"{inflation:.2f} (2-D), or some motions are wrong; the motions themselves are not here",
            )


PAPER_G_MINUS_V = (-0.0176, -0.00686, -0.1732)
"""Equation 1: G - V as a polynomial of BP - RP, constant first."""


def g_minus_v(release: str, bp_rp: Array) -> Array:
    """Return the published G - V of stars with that colour, in `dr2` or `dr3`."""
    return -np.asarray(np.polynomial.polynomial.polyval(bp_rp, RELATIONS[release].coefficients), np.float64)


def photometry() -> Iterator[Item]:
    """Yield equation 1 against what is published for the releases."""
    for i, (claimed, ours) in enumerate(zip(PAPER_G_MINUS_V, RELATIONS["dr2"].coefficients, strict=True)):
        yield Item(
            item="C-7",
            quantity=f"G-V relation, coefficient of (BP-RP)^{i}",
            claimed=claimed,
            ours=-ours,
            tolerance=1e-9,
            unit="mag",
            reason="Evans et al. 2018, A&A 616, A4 (the paper cites A10): that of Gaia DR2",
        )
    colour = np.linspace(*RELATIONS["dr2"].colours, 651)
    difference = 1e3 * (g_minus_v("dr3", colour) - g_minus_v("dr2", colour))
    at = int(np.abs(difference).argmax())
    inner = np.abs(difference[colour >= 0.0]).max()
    yield Item(
        item="C-7",
        quantity="G-V relation of DR3 minus that of DR2, largest",
        claimed=0.0,
        ours=float(difference[at]),
        tolerance=1e3 * RELATIONS["dr2"].scatter_mag,
        unit="mmag",
        reason=f"at BP-RP = {colour[at]:.2f}; at most {inner:.0f} mmag for BP-RP of 0 to 2.75; tolerance is "
        "the relation's own scatter, which equation 3 leaves out",
    )


def magnitude_cut() -> Iterator[Item]:
    """Yield what a cut at one standard error costs, and the ranges of the sample."""
    yield Item(
        item="C-9",
        quantity="true matches discarded by the 1 sigma magnitude cut",
        claimed=0.0,
        ours=math.erfc(1.0 / math.sqrt(2.0)),
        tolerance=0.05,
        unit="",
        reason="the cut is to remove wrong matches (section 2.2), but a third of right ones with normal "
        "errors differ by more than 1 sigma, in each of the catalogues",
    )
    for quantity, claimed, unit in (
        ("brightest V of accelerating stars", 6.934, "mag"),
        ("faintest V of accelerating stars", 12.825, "mag"),
        ("southernmost declination", -16.0, "deg"),
        ("northernmost declination", 90.0, "deg"),
    ):
        yield not_testable("C-9", quantity, claimed, unit, NO_TABLE)
