"""Halos of dark matter in closed form: NFW, generalised NFW and Einasto; masses within, densities, radii.

A halo is given by M200 [solMass], the mass within r200, where the mean density is 200 times the critical
one, and c200 = r200 / r_s; r_s is where the logarithmic slope of the density is -2 (Einasto, NFW), or the
scale radius (generalised NFW). The third parameter of a kind is its inner slope.

Every function takes parameters as arrays (m,) and radii (p,) and returns (m, p), or (m,).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, hyp2f1

from analysis.galaxy.units import G

Array = npt.NDArray[np.float64]

OVERDENSITY = 200.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A profile: its third parameter if it has one, its mass within x = r / r_s, and its density there.

    `mass(x, shape)` is up to a factor, the same as of `density(x, shape)`: its derivative is
    4 pi x^2 density.
    """

    name: str
    shape: str | None
    mass: Callable[[Array, Array], Array]
    density: Callable[[Array, Array], Array]
    reference: str


def _nfw_mass(x: Array, _: Array) -> Array:
    # ln(1 + x) - x / (1 + x) loses digits where x is small: their difference is x^2 / 2.
    small = x * x * (0.5 - x * (2.0 / 3.0 - x * (0.75 - 0.8 * x)))
    return np.asarray(4.0 * np.pi * np.where(x < 1e-3, small, np.log1p(x) - x / (1.0 + x)))


def _nfw_density(x: Array, _: Array) -> Array:
    return np.asarray(1.0 / (x * (1.0 + x) ** 2))


def _gnfw_mass(x: Array, gamma: Array) -> Array:
    power = 3.0 - gamma
    return np.asarray(4.0 * np.pi * x**power / power * hyp2f1(power, power, power + 1.0, -x))


def _gnfw_density(x: Array, gamma: Array) -> Array:
    return np.asarray(x**-gamma * (1.0 + x) ** (gamma - 3.0))


def _einasto_mass(x: Array, alpha: Array) -> Array:
    from scipy.special import gammaln

    # 4 pi int x^2 exp(-(2/alpha)(x^alpha - 1)) dx; the factor in logarithms, as 2/alpha may be large.
    n = 3.0 / alpha
    factor = np.log(4.0 * np.pi / alpha) + 2.0 / alpha - n * np.log(2.0 / alpha) + gammaln(n)
    return np.asarray(np.exp(factor) * gammainc(n, 2.0 / alpha * x**alpha))


def _einasto_density(x: Array, alpha: Array) -> Array:
    return np.asarray(np.exp(-2.0 / alpha * (x**alpha - 1.0)))


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("nfw", None, _nfw_mass, _nfw_density, "Navarro, Frenk & White 1997, ApJ 490, 493"),
        Kind(
            "einasto", "alpha", _einasto_mass, _einasto_density, "Einasto 1965; Navarro 2004, MNRAS 349, 1039"
        ),
        Kind("gnfw", "gamma", _gnfw_mass, _gnfw_density, "Zhao 1996, MNRAS 278, 488, with outer slope 3"),
    )
}


@dataclass(frozen=True, slots=True)
class Halos:
    """Halos (m,) of one kind; `critical` is the critical density [solMass.kpc**-3] that defines r200."""

    kind: Kind
    m200: Array
    c200: Array
    shape: Array
    critical: float

    @property
    def r200(self) -> Array:
        """Radius (m,) [kpc] within which the mean density is 200 times the critical one."""
        return np.asarray(np.cbrt(3.0 * self.m200 / (4.0 * np.pi * OVERDENSITY * self.critical)))

    @property
    def r_s(self) -> Array:
        """Scale radius (m,) [kpc]."""
        return self.r200 / self.c200

    def _scale(self) -> Array:
        """Return M200 over the mass function at c200 (m,)."""
        return self.m200 / self.kind.mass(self.c200, self.shape)

    def mass(self, r_kpc: Array) -> Array:
        """Return the mass [solMass] within radii (p,) as (m, p)."""
        x = r_kpc[None, :] / self.r_s[:, None]
        return np.asarray(self._scale()[:, None] * self.kind.mass(x, self.shape[:, None]))

    def density(self, r_kpc: Array) -> Array:
        """Return the density [solMass.kpc**-3] at radii (p,) as (m, p)."""
        x = r_kpc[None, :] / self.r_s[:, None]
        here = self.kind.density(x, self.shape[:, None])
        return np.asarray((self._scale() / self.r_s**3)[:, None] * here)

    def v2(self, r_kpc: Array) -> Array:
        """Return the square of the circular velocity [km2.s**-2] at radii (p,) as (m, p)."""
        return np.asarray(G * self.mass(r_kpc) / r_kpc[None, :])


def halos(
    kind: str,
    m200: npt.ArrayLike,
    c200: npt.ArrayLike,
    shape: npt.ArrayLike | None = None,
    *,
    critical: float,
) -> Halos:
    """Return halos of numbers or arrays (m,); raises ValueError for a kind without, or with, a shape."""
    found = KINDS[kind]
    if (shape is None) != (found.shape is None):
        raise ValueError(f"{kind} has {'no shape' if found.shape is None else f'the shape {found.shape}'}")
    parts = [
        np.atleast_1d(np.asarray(part, np.float64)) for part in (m200, c200, 0.0 if shape is None else shape)
    ]
    m, c, s = np.broadcast_arrays(*parts)
    return Halos(found, m, c, s, critical)
