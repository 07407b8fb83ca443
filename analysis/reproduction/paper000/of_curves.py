"""Items of the published curves as they are: lines through their points, and what the points' errors are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from analysis.galaxy import line
from analysis.mass_model.curve import Curve, read
from analysis.reproduction.item import Item, not_testable
from analysis.reproduction.paper000 import claims
from analysis.reproduction.paper003.verdicts import calculated, independent

GAIA = Path("pleiades") / "gaia_dr3.fits"
BRIGHT = (12.0, 15.0)
"""Magnitudes G of giants at some kpc."""


def files(folder: Path) -> dict[str, Path]:
    """Return the files that are there, by their names."""
    named = [claims.ZHOU_FILE, claims.EILERS.file, claims.ABLIMIT.file, claims.MROZ_FILE]
    there = {name: folder / claims.FOLDER / name for name in named} | {GAIA.name: folder / GAIA}
    return {name: path for name, path in there.items() if path.is_file()}


def missing(names: set[str]) -> Iterator[Item]:
    """Yield what can not be said without the files that are not among `names`."""
    zhou = (
        ("D-7", "circular velocity of the line at the Sun", claims.VC_R0.value, "km.s**-1"),
        ("D-7", "slope of the line", claims.SLOPE.value, "km.s**-1.kpc**-1"),
        ("D-8", "smallest error of a point of the curve", claims.VELOCITY_ERRORS[0], "km.s**-1"),
        ("D-8", "largest error of a point of the curve", claims.VELOCITY_ERRORS[1], "km.s**-1"),
        ("D-9", "M200", claims.M200.value, "solMass"),
        ("D-9", "r200", claims.R200_KPC.value, "kpc"),
        ("D-9", "local density of dark matter", claims.RHO_SUN_GEV.value, "GeV.cm**-3"),
    )
    others: list[tuple[str, tuple[tuple[str, str, float, str], ...]]] = [(claims.ZHOU_FILE, zhou)]
    others += [
        (
            other.file,
            (
                ("D-10", f"M200 of {other.name}", other.m200.value, "solMass"),
                ("D-10", f"local density of {other.name}", other.rho_sun_gev.value, "GeV.cm**-3"),
            ),
        )
        for other in (claims.EILERS, claims.ABLIMIT)
    ]
    mroz = (("D-7", "circular velocity by Cepheids (Mroz et al. 2019)", claims.MROZ_VC.value, "km.s**-1"),)
    gaia = (("D-2", "distance that Gaia's parallaxes reach", claims.PARALLAX_REACH_KPC, "kpc"),)
    others += [(claims.MROZ_FILE, mroz), (GAIA.name, gaia)]
    for name, items in others:
        if name not in names:
            where = GAIA if name == GAIA.name else f"{claims.FOLDER}/{name}"
            for item, quantity, value, unit in items:
                yield not_testable(item, quantity, value, unit, f"needs --data with {where}")


def of_zhou(curve: Curve) -> Iterator[Item]:
    """Yield the line through the paper's points, and their errors."""
    through = line.fit(curve.r, curve.vc, curve.error, claims.R0_KPC)
    yield calculated(
        "D-7",
        "circular velocity of the line at the Sun",
        claims.VC_R0.value,
        through.vc_r0,
        claims.VC_R0.error,
        "km.s**-1",
        through.judgement(),
    )
    yield calculated(
        "D-7",
        "slope of the line",
        claims.SLOPE.value,
        through.slope,
        claims.SLOPE.error,
        "km.s**-1.kpc**-1",
        through.judgement(),
    )
    yield independent("D-7", "chi2 per degree of freedom of the line", 23.0, through.chi2_per_dof, 2e-2)
    scattered = line.fit_scatter(curve.r, curve.vc, curve.error, claims.R0_KPC)
    yield calculated(
        "D-7",
        "error of the slope",
        claims.SLOPE.error,
        scattered.slope_error,
        0.5 * claims.SLOPE.error,
        "km.s**-1.kpc**-1",
        f"the abstract's error is of the points' errors alone; they scatter by {scattered.scatter_km_s:.2f} "
        f"km/s beside them, with which the slope is {scattered.slope:.3f} +- {scattered.slope_error:.3f} and "
        f"vc {scattered.vc_r0:.2f} +- {scattered.vc_error:.2f}",
    )
    yield from _errors(curve)


def _errors(curve: Curve) -> Iterator[Item]:
    """Yield what the errors of the points are."""
    middle = float(np.median(curve.error))
    for words, claimed, ours in zip(
        ("smallest", "largest"), claims.VELOCITY_ERRORS, (curve.error.min(), curve.error.max()), strict=True
    ):
        yield calculated(
            "D-8",
            f"{words} error of a point of the curve",
            claimed,
            float(ours),
            0.25,
            "km.s**-1",
            f"statistical errors of the table are {curve.error.min():.2f} to {curve.error.max():.2f}, in the "
            f"middle {middle:.2f} km/s; systematic ones are not in them",
        )
    near = int(np.argmin(np.abs(curve.r - claims.R0_KPC)))
    both = float(np.hypot(curve.error[near], claims.VC_R0_SYSTEMATIC))
    yield calculated(
        "D-8",
        "error near the Sun with the abstract's systematic one",
        2.0,
        both,
        1.0,
        "km.s**-1",
        "1 to 3 km/s is what comes out where systematic errors are added; claimed is the middle of it",
    )


def of_others(name: str, curve: Curve) -> Iterator[Item]:
    """Yield the line through another measurement's points."""
    other = claims.EILERS if name == claims.EILERS.file else claims.ABLIMIT
    through = line.fit(curve.r, curve.vc, curve.error, claims.R0_KPC)
    for words, claimed, ours, unit in (
        ("circular velocity at the Sun", other.vc_r0, through.vc_r0, "km.s**-1"),
        ("slope", other.slope, through.slope, "km.s**-1.kpc**-1"),
    ):
        yield calculated(
            "D-7",
            f"{words} of {other.name}",
            claimed.value,
            ours,
            claimed.error,
            unit,
            f"{other.reference}; {through.judgement()}",
        )


def of_mroz(file: Path) -> Iterator[Item]:
    """Yield the line through single Cepheids, whose errors in R count too."""
    r, r_error, v, error = np.loadtxt(file).T
    through = line.fit_scatter(r, v, error, claims.R0_KPC, r_error_kpc=r_error)
    about = f"{len(r)} Cepheids; {through.judgement()}"
    # What went into the velocities is in the authors' program; why a line gives less is not known.
    free = "theirs is of a model with the Sun's motion and the Cepheids' own free"
    put_in = (
        f"{free}; their program made the velocities of this file with {claims.MROZ_VC.value:g} km/s and the "
        "Sun's motion of that fit, so that the number went in: a line through them does not measure it (why "
        "the line is lower is not known here)"
    )
    for words, claimed, ours, own, unit, more in (
        (
            "circular velocity by Cepheids (Mroz et al. 2019)",
            claims.MROZ_VC,
            through.vc_r0,
            through.vc_error,
            "km.s**-1",
            put_in,
        ),
        (
            "slope by Cepheids (Mroz et al. 2019)",
            claims.MROZ_SLOPE,
            through.slope,
            through.slope_error,
            "km.s**-1.kpc**-1",
            free,
        ),
    ):
        yield Item(
            item="D-7",
            quantity=words,
            claimed=claimed.value,
            ours=ours,
            ours_error=own,
            tolerance=claimed.error,
            unit=unit,
            reason=f"{about}; {more}",
        )


def of_gaia(file: Path) -> Iterator[Item]:
    """Yield how far parallaxes are as good as the report's distances."""
    from astropy.table import Table

    rows = Table.read(file)
    g = np.asarray(rows["phot_g_mean_mag"], np.float64)
    error = np.asarray(rows["parallax_error"], np.float64)
    chosen = error[(g > BRIGHT[0]) & (g < BRIGHT[1]) & np.isfinite(error)]
    middle = float(np.median(chosen))
    yield calculated(
        "D-2",
        "distance that Gaia's parallaxes reach",
        claims.PARALLAX_REACH_KPC,
        claims.PRECISION[1] / middle,
        2.0,
        "kpc",
        f"where the parallax of a star of G {BRIGHT[0]:g} to {BRIGHT[1]:g} is {100 * claims.PRECISION[1]:g} "
        f"times smaller in percent than its error: the median of {len(chosen):,} rows of Gaia DR3 is "
        f"{middle:.4f} mas",
    )


def curve_of(path: Path) -> Curve:
    """Return the curve of a file."""
    return read(None, str(path))
