"""What a run of mass models says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.galaxy.baryons import find
from analysis.galaxy.line import Line
from analysis.mass_model.curve import Curve
from analysis.mass_model.derived import Quantity
from analysis.mass_model.replicates import widening

_SEEN = 2.0
"""Errors that a scatter must be above 0 to be told as found."""

Said = Mapping[tuple[str, str], Quantity]


def of_curve(curve: Curve, line: Line) -> tuple[str, ...]:
    """Return what was fitted, and the straight line through it."""
    said = [
        f"{curve.name}: {len(curve.r)} points from {curve.r[0]:g} to {curve.r[-1]:g} kpc"
        + (f", run {curve.run_id}" if curve.run_id else ""),
        f"line: vc(R0 = {line.r0_kpc:g} kpc) = {line.vc_r0:.2f} +- {line.vc_error:.2f} km/s, slope "
        f"{line.slope:.3f} +- {line.slope_error:.3f} km/s/kpc; {line.judgement()}",
    ]
    if curve.replicates is not None:
        wide = widening(curve.replicates, len(curve.r))
        said.append(
            f"errors: covariance of {curve.replicates:,} bootstraps, for whose number variances are "
            f"{wide:.2f} times as large"
        )
    return (*said, *(f"not used: {why}" for why in curve.rejected))


def of_model(said: Said, baryons: str, halo: str) -> tuple[str, ...]:
    """Return the sentences of one model."""
    chi2, dof = (float(said["fit", name].values[0]) for name in ("chi2", "dof"))
    shapes = [name for name in ("c", "alpha", "gamma") if ("halo", name) in said]
    lines = [
        f"{halo} halo above {baryons} ({find(baryons).reference})",
        f"M200 {_value(said, 'M200', 1e11)} e11 solMass, r200 {_value(said, 'r200')} kpc, "
        + ", ".join(f"{name} {_value(said, name)}" for name in shapes),
        f"local density of dark matter {_value(said, 'rho_sun')} GeV/cm3 = "
        f"{_value(said, 'rho_sun_mass', 1e-3)} e-3 solMass/pc3",
        f"at the Sun: all {_value(said, 'vc_R0', of='total')} km/s, halo {_value(said, 'vc_R0')} km/s, stars "
        f"and gas {_value(said, 'vc_R0', of='baryons')} km/s; halo within the outermost point "
        f"{_value(said, 'm_outer', 1e11)} e11 solMass",
        f"chi2 {chi2:.1f} for {dof:.0f} degrees of freedom with the errors as given",
    ]
    for name, words in (("jitter", "km/s of white noise beside the errors"), ("scale", "times the errors")):
        if ("fit", name) in said:
            lines.append(f"the points scatter by {_scatter(said, name)} {words}")
    return tuple(lines)


def of_all(many: Sequence[tuple[str, str, Said]]) -> tuple[str, ...]:
    """Return a table to read, one line for each model."""
    head = ("baryons", "halo", "M200 [e11]", "c", "rho_sun [GeV/cm3]", "r200 [kpc]", "v baryons", "chi2/dof")
    cells = [head]
    for baryons, halo, said in many:
        chi2, dof = (float(said["fit", name].values[0]) for name in ("chi2", "dof"))
        cells.append(
            (
                baryons,
                halo,
                _value(said, "M200", 1e11),
                _value(said, "c"),
                _value(said, "rho_sun"),
                _value(said, "r200"),
                _value(said, "vc_R0", of="baryons"),
                f"{chi2 / dof:.1f}",
            )
        )
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    return tuple(
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _scatter(said: Said, name: str) -> str:
    """Return a scatter with its error, or below what it is where it may be none."""
    row = said["fit", name].row()
    if name == "jitter" and row["param_value"] < _SEEN * row["sig"]:
        return f"less than {np.quantile(said['fit', name].values, 0.95):.2g} (95 %)"
    return _value(said, name, of="fit")


def _value(said: Said, param: str, unit: float = 1.0, of: str = "halo") -> str:
    row = said[of, param].row()
    value, sig = row["param_value"] / unit, row.get("sig")
    if sig is None:
        return f"{value:.4g}"
    sig = sig / unit
    digits = max(0, min(4, 1 - _order(sig)))
    return f"{value:.{digits}f} +- {sig:.{digits}f}"


def _order(number: float) -> int:
    """Return the power of ten of a number."""
    return int(f"{number:e}".split("e")[1])
