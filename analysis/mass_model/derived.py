"""What draws of a mass model mean: masses, radii, the local density, shares of the circular velocity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.galaxy import potentials
from analysis.galaxy.halo import KINDS
from analysis.galaxy.units import GEV_CM3_PER_SUN_PC3
from analysis.mass_model.model import BARYONS, velocities
from analysis.mass_model.solve import Solved
from analysis.sampling.summary import interval

Array = npt.NDArray[np.float64]

PC3_PER_KPC3 = 1e9
_STEP_KPC = 0.01


@dataclass(frozen=True, slots=True)
class Quantity:
    """Draws (n,), or one number (1,), of a parameter of a component."""

    component: str
    param: str
    values: Array
    unit: str

    def row(self) -> dict[str, Any]:
        """Return the row of the table: median and interval, or the number alone."""
        head = {"component": self.component, "param": self.param, "unit": self.unit}
        if len(self.values) == 1:
            return head | {"param_value": float(self.values[0])}
        middle, low, high = interval(self.values)
        return head | {"param_value": middle, "sig": 0.5 * (high - low), "lo68": low, "hi68": high}


def of_halo(solved: Solved, r0_kpc: float) -> list[Quantity]:
    """Return the halo's parameters, and what it is at the Sun and within the outermost point."""
    theta, model = solved.draws.values, solved.model
    halos = model.halos(theta)
    here = np.array([r0_kpc])
    density = halos.density(here)[:, 0] / PC3_PER_KPC3
    made = [
        Quantity("halo", "M200", halos.m200, "solMass"),
        Quantity("halo", "r200", halos.r200, "kpc"),
        Quantity("halo", "c", halos.c200, ""),
        Quantity("halo", "r_s", halos.r_s, "kpc"),
        Quantity("halo", "rho_sun", density * GEV_CM3_PER_SUN_PC3, "GeV.cm**-3"),
        Quantity("halo", "rho_sun_mass", density, "solMass.pc**-3"),
        Quantity("halo", "vc_R0", np.sqrt(halos.v2(here)[:, 0]), "km.s**-1"),
        Quantity("halo", "m_outer", halos.mass(model.r[-1:])[:, 0], "solMass"),
    ]
    shape = KINDS[model.kind].shape
    if shape is not None:
        made.append(Quantity("halo", shape, halos.shape, ""))
    return made


def of_baryons(solved: Solved, baryons: str, r0_kpc: float) -> list[Quantity]:
    """Return masses of stars and gas, and their part of the circular velocity at the Sun."""
    at = potentials.v2(baryons, np.array([r0_kpc]))
    mass = potentials.masses(baryons)
    theta, model = solved.draws.values, solved.model
    factor = model.column(theta, BARYONS)
    many = np.ones(1) if factor is None else factor
    all2 = sum(float(part[0]) for part in at.values())
    halo2 = model.halos(theta).v2(np.array([r0_kpc]))[:, 0]
    made = [
        Quantity("baryons", "mass", many * sum(mass.values()), "solMass"),
        Quantity("baryons", "vc_R0", np.sqrt(many * all2), "km.s**-1"),
        Quantity("baryons", "share_R0", many * all2 / (many * all2 + halo2), ""),
    ]
    for name, part in at.items():
        made.append(Quantity(name, "mass", many * mass[name], "solMass"))
        made.append(Quantity(name, "vc_R0", np.sqrt(many) * signed_root(part), "km.s**-1"))
    return made


def of_total(solved: Solved, baryons: str, r0_kpc: float) -> list[Quantity]:
    """Return the circular velocity of all at the Sun, and its slope there."""
    radii = np.array([r0_kpc - _STEP_KPC, r0_kpc, r0_kpc + _STEP_KPC])
    v = total(solved, baryons, solved.draws.values, radii)
    slope = (v[:, 2] - v[:, 0]) / (2.0 * _STEP_KPC)
    return [
        Quantity("total", "vc_R0", v[:, 1], "km.s**-1"),
        Quantity("total", "slope", slope, "km.s**-1.kpc**-1"),
    ]


def of_fit(solved: Solved) -> list[Quantity]:
    """Return how well the best model does with the errors as given, and what was sampled beside the halo."""
    model, draws = solved.model, solved.draws
    chi2 = model.chi2(solved.best[None, :])
    halo = 2 + (KINDS[model.kind].shape is not None) + (BARYONS in model.names)
    made = [
        Quantity("fit", "chi2", chi2, ""),
        Quantity("fit", "dof", np.array([float(len(model.r) - halo)]), ""),
        Quantity("fit", "ln_likelihood_best", model.ln_likelihood(solved.best[None, :]), ""),
        Quantity("fit", "ess", np.array([float(draws.ess.min())]), ""),
    ]
    for name, unit in (("jitter", "km.s**-1"), ("scale", ""), (BARYONS, "")):
        column = model.column(draws.values, name)
        if column is not None:
            made.append(Quantity("fit", name, column, unit))
    if draws.ln_evidence is not None:
        made.append(Quantity("fit", "ln_evidence", np.array([draws.ln_evidence]), ""))
    return made


def total(solved: Solved, baryons: str, theta: Array, r_kpc: Array) -> Array:
    """Return circular velocities (m, p) [km/s] of parameters (m, k) at radii (p,)."""
    stars2 = np.sum(list(potentials.v2(baryons, r_kpc).values()), axis=0)
    model = solved.model
    return velocities(stars2, model.halos(theta).v2(r_kpc), model.column(theta, BARYONS))


def signed_root(square: Array) -> Array:
    """Return the root of a square of a velocity, below 0 where it pulls outwards."""
    return np.asarray(np.sign(square) * np.sqrt(np.abs(square)))


def bands(solved: Solved, baryons: str, r_kpc: Array) -> Mapping[str, tuple[Array, Array, Array]]:
    """Return median, lower and upper end (p,) of the velocities of each component at radii (p,)."""
    theta, model = solved.draws.values[:1000], solved.model
    parts = potentials.v2(baryons, r_kpc)
    factor = model.column(theta, BARYONS)
    scale = np.ones(1) if factor is None else factor
    halo = np.sqrt(model.halos(theta).v2(r_kpc))
    many = {"total": total(solved, baryons, theta, r_kpc), "halo": halo}
    fixed = {"baryons": np.sum(list(parts.values()), axis=0), **parts}
    many |= {name: np.sqrt(scale)[:, None] * signed_root(part)[None, :] for name, part in fixed.items()}
    return {name: tuple(np.quantile(v, [0.5, 0.158655, 0.841345], axis=0)) for name, v in many.items()}
