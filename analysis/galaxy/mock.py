"""Stars of a simulated disc: drawn as a survey chooses them, then measured with errors.

The survey's choice of R, azimuth and z is apart from the tracers' density, which enters by the Jeans
equation alone: as a spectroscopic survey sees the Galaxy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.galaxy.coords import Cylinder, observed
from analysis.galaxy.moments import MockDisc
from analysis.galaxy.sun import Sun

__all__ = ["DISTRIBUTIONS", "SELECTIONS", "Errors", "MockDisc", "Selection", "draw", "observe"]

Array = npt.NDArray[np.float64]

SELECTIONS = ("uniform", "anticentre", "steep")
DISTRIBUTIONS = ("normal", "lognormal", "student")


@dataclass(frozen=True, slots=True)
class Selection:
    """Where a survey has stars, within `r_min_kpc` to `r_max_kpc` and `z_max_kpc` of the plane.

    uniform: as many at each R, azimuths within `wedge_deg` of the Sun's; steep: as exp(-R/5 kpc), same
    azimuths; anticentre: heliocentric distances as a Gamma distribution of shape 2.5 and mean 5 kpc, galactic
    longitudes about 180 deg with a spread of 50 deg, like the giants of LAMOST. Heights follow the tracers.
    """

    kind: str = "uniform"
    r_min_kpc: float = 5.0
    r_max_kpc: float = 25.0
    wedge_deg: float = 30.0
    z_max_kpc: float = 3.0

    def __post_init__(self) -> None:
        if self.kind not in SELECTIONS:
            raise ValueError(f"selection {self.kind!r} is not one of {', '.join(SELECTIONS)}")
        if not 0.0 < self.r_min_kpc < self.r_max_kpc:
            raise ValueError(f"r_min {self.r_min_kpc:g} and r_max {self.r_max_kpc:g} are no range of R [kpc]")
        if not 0.0 < self.wedge_deg <= 180.0:
            raise ValueError(f"wedge_deg is {self.wedge_deg:g}, not above 0 and up to 180")
        if not self.z_max_kpc > 0.0:
            raise ValueError(f"z_max is {self.z_max_kpc:g}, not above 0")


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors of the measured quantities, one sigma.

    `distance_fraction` is of the distance; `distance_zero_point` makes all distances larger by this fraction;
    `distribution` of the distance errors: normal, lognormal (the median is right) or student (4 degrees of
    freedom, scaled to this standard deviation: outliers). `parallax_zero_point_mas` is added to parallaxes.
    """

    distance_fraction: float = 0.15
    distance_zero_point: float = 0.0
    distribution: str = "normal"
    pm_mas_yr: float = 0.02
    pm_zero_point_mas_yr: float = 0.0
    rv_km_s: float = 2.0
    rv_zero_point_km_s: float = 0.0
    parallax_mas: float = 0.02
    parallax_zero_point_mas: float = 0.0

    def __post_init__(self) -> None:
        if self.distribution not in DISTRIBUTIONS:
            raise ValueError(f"distribution {self.distribution!r} is not one of {', '.join(DISTRIBUTIONS)}")
        for name in ("distance_fraction", "pm_mas_yr", "rv_km_s", "parallax_mas"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name):g}, not 0 or above")
        if self.distance_fraction > 0.5:
            raise ValueError(
                f"distance_fraction is {self.distance_fraction:g}, above 0.5: no distance at all"
            )
        if not -0.9 < self.distance_zero_point < 10.0:
            raise ValueError(f"distance_zero_point is {self.distance_zero_point:g}: a fraction is meant")


def draw(
    disc: MockDisc,
    n: int,
    seed: int | np.random.SeedSequence,
    selection: Selection | None = None,
    sun: Sun | None = None,
) -> Cylinder:
    """Return the true positions and velocities of n stars; the same seed gives the same stars.

    `sun` is where the selection anticentre looks from.
    """
    rng = np.random.default_rng(seed)
    r, phi, height = _places(disc, n, rng, selection or Selection(), sun or Sun())
    sigma_r, sigma_z = np.sqrt(disc.vr2(r)), np.sqrt(disc.vz2(r))
    rho = disc.vrvz(r, height) / (sigma_r * sigma_z)
    first, second = rng.standard_normal((2, n))
    v_r, v_z = sigma_r * first, sigma_z * (rho * first + np.sqrt(1.0 - rho**2) * second)
    mean_squared = disc.vphi_mean_squared(r, height)
    if not (mean_squared > 0.0).all():
        at = int(np.argmin(mean_squared))
        raise ValueError(
            f"the Jeans equation leaves no rotation at R {r[at]:.2f} kpc, z {height[at]:.2f} kpc: "
            "lower sigma_r or the selection's z_max"
        )
    v_phi = np.sqrt(mean_squared) + np.sqrt(disc.vphi_variance(r)) * _unit(disc.skewness, n, rng)
    more_r, more_phi = disc.streaming(r, phi)
    v_r, v_phi = v_r + more_r, v_phi + more_phi
    lift, slope, by_phi = disc.warp(r, phi)
    return Cylinder(r, phi, height + lift, v_r, v_phi, v_z + v_phi / r * by_phi + v_r * slope)


def _unit(skewness: float, n: int, rng: np.random.Generator) -> Array:
    """Return n draws of mean 0 and variance 1: normal, or a Gamma distribution of this skewness."""
    if abs(skewness) < 1e-6:
        return rng.standard_normal(n)
    shape = 4.0 / skewness**2
    return math.copysign(1.0, skewness) * (rng.gamma(shape, size=n) - shape) / math.sqrt(shape)


def _places(
    disc: MockDisc, n: int, rng: np.random.Generator, selection: Selection, sun: Sun
) -> tuple[Array, Array, Array]:
    """Return R, azimuth and height above the (warped) plane of n stars."""
    reach = math.tanh(0.5 * selection.z_max_kpc / disc.scale_height_kpc)
    height = 2.0 * disc.scale_height_kpc * np.arctanh(reach * rng.uniform(-1.0, 1.0, n))
    if selection.kind == "anticentre":
        return *_anticentre(n, rng, selection, sun), height
    phi = np.radians(selection.wedge_deg) * rng.uniform(-1.0, 1.0, n)
    u = rng.uniform(size=n)
    low, high = selection.r_min_kpc, selection.r_max_kpc
    if selection.kind == "steep":
        inner, outer = math.exp(-low / 5.0), math.exp(-high / 5.0)
        return -5.0 * np.log(inner - u * (inner - outer)), phi, height
    return low + (high - low) * u, phi, height


def _anticentre(n: int, rng: np.random.Generator, selection: Selection, sun: Sun) -> tuple[Array, Array]:
    found: list[tuple[Array, Array]] = []
    missing, tried = n, 0
    while missing > 0:
        distance = rng.gamma(2.5, 2.0, size=2 * missing + 100)
        longitude = np.radians(180.0 + 50.0 * rng.standard_normal(len(distance)))
        x, y = distance * np.cos(longitude) - sun.r0_kpc, distance * np.sin(longitude)
        r = np.hypot(x, y)
        kept = np.flatnonzero((r > selection.r_min_kpc) & (r < selection.r_max_kpc))[:missing]
        found.append((r[kept], np.arctan2(y, -x)[kept]))
        missing, tried = missing - len(kept), tried + len(distance)
        if tried > 1_000_000 and missing > n - tried * 1e-4:
            raise ValueError(
                "the selection anticentre has next to no stars between "
                f"{selection.r_min_kpc:g} and {selection.r_max_kpc:g} kpc"
            )
    r, phi = (np.concatenate(each) for each in zip(*found, strict=True))
    return r, phi


def observe(
    truth: Cylinder,
    errors: Errors,
    seed: int | np.random.SeedSequence,
    sun: Sun | None = None,
) -> dict[str, Array]:
    """Return what is measured of stars (n,), by column name and in the units of star tables.

    ra, dec [deg], dist, dist_error [kpc], pmra, pmdec (with errors) [mas/yr], radial_velocity (with error)
    [km/s], parallax (with error) [mas]. The listed distance error is the fraction of the listed distance.
    """
    rng = np.random.default_rng(seed)
    seen = observed(truth, sun or Sun())
    n = len(seen.ra_deg)
    dist = seen.distance_kpc * (1.0 + errors.distance_zero_point) * _scatter(errors, n, rng)
    noise = rng.standard_normal((4, n))
    pm_error, rv_error = np.full(n, errors.pm_mas_yr), np.full(n, errors.rv_km_s)
    return {
        "ra": seen.ra_deg,
        "dec": seen.dec_deg,
        "dist": dist,
        "dist_error": errors.distance_fraction * dist,
        "pmra": seen.pmra_mas_yr + errors.pm_zero_point_mas_yr + pm_error * noise[0],
        "pmra_error": pm_error,
        "pmdec": seen.pmdec_mas_yr + errors.pm_zero_point_mas_yr + pm_error * noise[1],
        "pmdec_error": pm_error.copy(),
        "radial_velocity": seen.rv_km_s + errors.rv_zero_point_km_s + rv_error * noise[2],
        "radial_velocity_error": rv_error,
        "parallax": 1.0 / seen.distance_kpc + errors.parallax_zero_point_mas + errors.parallax_mas * noise[3],
        "parallax_error": np.full(n, errors.parallax_mas),
    }


def _scatter(errors: Errors, n: int, rng: np.random.Generator) -> Array:
    """Return the factors (n,) by which errors change distances; one that is not positive is drawn again."""
    fraction = errors.distance_fraction
    if errors.distribution == "lognormal":
        return np.exp(fraction * rng.standard_normal(n))
    made = np.zeros(n)
    bad = np.arange(n)
    while len(bad):
        if errors.distribution == "student":
            made[bad] = 1.0 + fraction * math.sqrt(0.5) * rng.standard_t(4, len(bad))
        else:
            made[bad] = 1.0 + fraction * rng.standard_normal(len(bad))
        bad = bad[made[bad] <= 0.0]
    return made
