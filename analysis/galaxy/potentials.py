"""Circular velocities of stars and gas: their squares, for each kind of component of `baryons`.

Spheres and Miyamoto-Nagai discs are one line each. Where an integral is needed, galpy (Bovy 2015, ApJS 216,
29) takes it: discs that fall exponentially in radius and height. galpy is given kpc and (km/s)^2 kpc with
its scales ro and vo left out, so that nothing is converted on the way. Discs with a hole are summed of Bessel
functions, a flattened bulge of thin homoeoids (Binney & Tremaine 2008, eq. 2.132).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.galaxy.baryons import Baryons, Component, find
from analysis.galaxy.units import G
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]
Values = Mapping[str, float]

PC2_PER_KPC2 = 1e6
PC3_PER_KPC3 = 1e9

NODES = 400
"""Nodes of Gauss and Legendre in a homoeoid sum; 200 give the same to 1e-10."""


def v2(model: str | Baryons, r_kpc: Array) -> dict[str, Array]:
    """Return the square of the circular velocity [km2.s**-2] of each component at radii (p,) [kpc].

    A component whose pull is outward, as of a disc within its hole, is below 0. Raises AnalysisError for an
    unknown model, and where galpy is needed and missing.
    """
    baryons = find(model) if isinstance(model, str) else model
    radii = tuple(float(r) for r in r_kpc)
    return {part.name: np.array(_cached(part.kind, _items(part), radii)) for part in baryons.components}


def masses(model: str | Baryons) -> dict[str, float]:
    """Return the mass of each component [solMass]."""
    baryons = find(model) if isinstance(model, str) else model
    return {part.name: _MASSES[part.kind](part.values) for part in baryons.components}


def _items(part: Component) -> tuple[tuple[str, float], ...]:
    return tuple(part.values.items())


@lru_cache(maxsize=256)
def _cached(kind: str, values: tuple[tuple[str, float], ...], radii: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(_KINDS[kind](dict(values), np.array(radii)))


def _galpy() -> Any:
    """Return galpy's potentials; raises AnalysisError where it is not installed."""
    try:
        import galpy.potential
    except ImportError as error:
        raise AnalysisError(
            f"discs that are exponential in height need galpy ({error}): install catalogdb "
            "with the extra galaxy, or take a model without them (--baryons eilers2019)"
        ) from error
    return galpy.potential


def _plummer(values: Values, r: Array) -> Array:
    return np.asarray(G * values["mass"] * r * r / (r * r + values["b"] ** 2) ** 1.5)


def _hernquist(values: Values, r: Array) -> Array:
    return np.asarray(G * values["mass"] * r / (r + values["a"]) ** 2)


def _miyamoto_nagai(values: Values, r: Array) -> Array:
    # Miyamoto & Nagai 1975, PASJ 27, 533, at z = 0.
    return np.asarray(G * values["mass"] * r * r / (r * r + (values["a"] + values["b"]) ** 2) ** 1.5)


def _power_cutoff(values: Values, r: Array) -> Array:
    """Density of r^-slope exp(-(r / r_cut)^2), by mass."""
    from scipy.special import gammainc

    return np.asarray(
        G * values["mass"] * gammainc(1.5 - 0.5 * values["slope"], (r / values["r_cut"]) ** 2) / r
    )


def _exponential(values: Values, r: Array) -> Array:
    """Density of surface / (2 h_z) exp(-R / h_r - |z| / h_z)."""
    amplitude = G * values["surface"] * PC2_PER_KPC2 / (2.0 * values["h_z"])
    potential = _galpy()
    with warnings.catch_warnings():
        # Its nodes of quadrature overflow where their weight is 0.
        warnings.simplefilter("ignore", RuntimeWarning)
        disc = potential.DoubleExponentialDiskPotential(amp=amplitude, hr=values["h_r"], hz=values["h_z"])
    return np.array([-x * disc.Rforce(x, 0.0, use_physical=False) for x in r])


def _holed(values: Values, r: Array) -> Array:
    """Density of surface / (4 h_z) exp(-r_m / R - R / h_r) sech^2(z / (2 h_z)): McMillan 2017, eq. 4.

    Summed of Bessel functions (Binney & Tremaine 2008, section 2.6.2): galpy's expansion of such a disc
    takes a minute to set up. Its surface density falls faster than any power at both ends, and so does
    its transform: the nodes below give 1e-6 km/s.
    """
    from scipy.special import j0, j1

    h_r, r_m, h_z = values["h_r"], values["r_m"], values["h_z"]
    peak = np.sqrt(r_m * h_r)
    at, weight = _panels(40.0 * h_r + 2.0 * peak, 240, 8)
    with np.errstate(divide="ignore"):
        surface = values["surface"] * PC2_PER_KPC2 * np.exp(-r_m / at - at / h_r)
    k, k_weight = _panels(_REACH / min(h_r, peak), 160, 8)
    transform = j0(np.outer(k, at)) @ (surface * at * weight)
    thick = transform * _sech2_kernel(2.0 * h_z * k) * k * k_weight
    return np.asarray(2.0 * np.pi * G * r * (j1(np.outer(r, k)) @ thick))


_REACH = 60.0


def _panels(end: float, panels: int, nodes: int) -> tuple[Array, Array]:
    """Return nodes and weights of Gauss and Legendre on panels from 0 to `end`, finer towards 0."""
    edges = end * np.linspace(0.0, 1.0, panels + 1) ** 2
    x, w = np.polynomial.legendre.leggauss(nodes)
    half = 0.5 * np.diff(edges)[:, None]
    return (edges[:-1, None] + half * (x + 1.0)).ravel(), (half * w).ravel()


def _sech2_kernel(a: Array) -> Array:
    """Return the integral of sech^2(u) exp(-a u) over u > 0, which is 1 for a = 0."""
    from scipy.special import digamma

    return np.asarray(0.5 * a * (digamma(0.25 * a + 0.5) - digamma(0.25 * a)) - 1.0)


def _cutoff(values: Values, r: Array) -> Array:
    """Density of (1 + m / r_0)^-slope exp(-(m / r_cut)^2), m^2 = R^2 + (z / q)^2: McMillan 2017, eq. 1."""
    q = values["flattening"]
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    # m = R sin(t), of which the square root in the denominator stays away from zero for q > 0.
    t = 0.25 * np.pi * (nodes + 1.0)
    m = r[:, None] * np.sin(t)
    part = _cutoff_density(values, m) * m * m * r[:, None] * np.cos(t)
    below = np.sqrt(r[:, None] ** 2 - (1.0 - q * q) * m * m)
    return np.asarray(4.0 * np.pi * G * q * 0.25 * np.pi * (part / below) @ weights)


def _cutoff_density(values: Values, m: Array) -> Array:
    fall = (1.0 + m / values["r_0"]) ** -values["slope"] * np.exp(-((m / values["r_cut"]) ** 2))
    return np.asarray(values["density"] * PC3_PER_KPC3 * fall)


def _cutoff_mass(values: Values) -> float:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    m = 3.5 * values["r_cut"] * (nodes + 1.0)
    inside = 4.0 * np.pi * values["flattening"] * _cutoff_density(values, m) * m * m
    return float(3.5 * values["r_cut"] * inside @ weights)


def _holed_mass(values: Values) -> float:
    from scipy.special import kn

    # int R exp(-r_m / R - R / h) dR is 2 r_m h K_2(2 sqrt(r_m / h)): Gradshteyn & Ryzhik 3.471.9.
    ratio = values["r_m"] / values["h_r"]
    integral = 2.0 * values["r_m"] * values["h_r"] * float(kn(2, 2.0 * np.sqrt(ratio)))
    return 2.0 * np.pi * values["surface"] * PC2_PER_KPC2 * integral


def _exponential_mass(values: Values) -> float:
    return 2.0 * np.pi * values["surface"] * PC2_PER_KPC2 * values["h_r"] ** 2


def _given(values: Values) -> float:
    return values["mass"]


_KINDS: Mapping[str, Callable[[Values, Array], Array]] = {
    "plummer": _plummer,
    "hernquist": _hernquist,
    "miyamoto_nagai": _miyamoto_nagai,
    "power_cutoff": _power_cutoff,
    "exponential": _exponential,
    "holed": _holed,
    "cutoff": _cutoff,
}
_MASSES: Mapping[str, Callable[[Values], float]] = {
    "plummer": _given,
    "hernquist": _given,
    "miyamoto_nagai": _given,
    "power_cutoff": _given,
    "exponential": _exponential_mass,
    "holed": _holed_mass,
    "cutoff": _cutoff_mass,
}
