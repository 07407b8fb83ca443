"""Galactocentric cylindrical positions and velocities from the sky, with their covariance, and back.

R [kpc] from the axis, phi [rad] zero at the Sun and growing with the rotation, z [kpc] to the north; vR
[km/s] outward, vphi along the rotation, vz to the north. The axes are those of astropy's Galactocentric
(centre at Sgr A* of Reid & Brunthaler 2004, ApJ 616, 872; roll as there), tilted by asin(z0/R0) so that the
Sun is z0 above the plane. Right ascension and declination are taken as without error: 1 mas at 10 kpc is
5e-11 of anything here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.galaxy.sun import Sun

Array = npt.NDArray[np.float64]

KM_S_PER_KPC_MAS_YR = 149_597_870.7 / (365.25 * 86400.0)
"""Velocity [km/s] of 1 mas/yr at 1 kpc: astronomical units per Julian year."""

_CENTRE_DEG = (266.4051, -28.936175)
_ROLL_DEG = 58.5986320306


class Cylinder(NamedTuple):
    """n stars: R [kpc], phi [rad] in (-pi, pi], z [kpc]; vR, vphi, vz [km/s], each (n,)."""

    R_kpc: Array
    phi_rad: Array
    z_kpc: Array
    vR: Array
    vphi: Array
    vz: Array


class Observed(NamedTuple):
    """n stars on the sky, each (n,): [deg, deg, kpc, mas/yr (times cos dec), mas/yr, km/s]."""

    ra_deg: Array
    dec_deg: Array
    distance_kpc: Array
    pmra_mas_yr: Array
    pmdec_mas_yr: Array
    rv_km_s: Array


def galactocentric(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    distance_kpc: npt.ArrayLike,
    pmra_mas_yr: npt.ArrayLike,
    pmdec_mas_yr: npt.ArrayLike,
    rv_km_s: npt.ArrayLike,
    sun: Sun,
) -> Cylinder:
    """Return the galactocentric coordinates of stars (n,); NaN in, NaN out for what depends on it.

    `pmra_mas_yr` includes cos(dec); the radial velocity is barycentric.
    """
    place, velocity, _ = _cartesian(ra_deg, dec_deg, distance_kpc, pmra_mas_yr, pmdec_mas_yr, rv_km_s, sun)
    return _cylinder(place, velocity)


def jacobian(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    distance_kpc: npt.ArrayLike,
    pmra_mas_yr: npt.ArrayLike,
    pmdec_mas_yr: npt.ArrayLike,
    rv_km_s: npt.ArrayLike,
    sun: Sun,
) -> tuple[Cylinder, Array]:
    """Return the coordinates and their derivatives (n, 6, 4) by distance, pmra, pmdec and radial velocity.

    Rows R, phi, z, vR, vphi, vz in the units of `Cylinder`, columns in those of the arguments.
    """
    given = (ra_deg, dec_deg, distance_kpc, pmra_mas_yr, pmdec_mas_yr, rv_km_s)
    place, velocity, basis = _cartesian(*given, sun)
    made = _cylinder(place, velocity)
    distance, pmra, pmdec = (np.atleast_1d(np.asarray(x, np.float64)) for x in given[2:5])
    shape = made.R_kpc.shape
    k = KM_S_PER_KPC_MAS_YR
    by_place = np.zeros((*shape, 3, 4))
    by_place[..., 0] = basis[..., 0]
    by_velocity = np.empty((*shape, 3, 4))
    by_velocity[..., 0] = k * (pmra[:, None] * basis[..., 1] + pmdec[:, None] * basis[..., 2])
    by_velocity[..., 1] = k * distance[:, None] * basis[..., 1]
    by_velocity[..., 2] = k * distance[:, None] * basis[..., 2]
    by_velocity[..., 3] = basis[..., 0]
    # The unit vectors outward and along the rotation.
    cos, sin = (each[:, None] for each in (-place[:, 0] / made.R_kpc, place[:, 1] / made.R_kpc))
    d = np.empty((*shape, 6, 4))
    d[:, 0] = -cos * by_place[:, 0] + sin * by_place[:, 1]
    d[:, 1] = (sin * by_place[:, 0] + cos * by_place[:, 1]) / made.R_kpc[:, None]
    d[:, 2] = by_place[:, 2]
    d[:, 3] = -cos * by_velocity[:, 0] + sin * by_velocity[:, 1] + made.vphi[:, None] * d[:, 1]
    d[:, 4] = sin * by_velocity[:, 0] + cos * by_velocity[:, 1] - made.vR[:, None] * d[:, 1]
    d[:, 5] = by_velocity[:, 2]
    return made, d


def with_errors(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    distance_kpc: npt.ArrayLike,
    pmra_mas_yr: npt.ArrayLike,
    pmdec_mas_yr: npt.ArrayLike,
    rv_km_s: npt.ArrayLike,
    sun: Sun,
    covariance: Array,
) -> tuple[Cylinder, Array]:
    """Return the coordinates and their covariance (n, 6, 6) to first order.

    `covariance` (n, 4, 4) is that of distance, pmra, pmdec and radial velocity, as `covariance` makes it.
    """
    made, d = jacobian(ra_deg, dec_deg, distance_kpc, pmra_mas_yr, pmdec_mas_yr, rv_km_s, sun)
    spread: Array = d @ covariance @ np.swapaxes(d, 1, 2)
    return made, spread


def covariance(
    distance_error_kpc: npt.ArrayLike,
    pmra_error_mas_yr: npt.ArrayLike,
    pmdec_error_mas_yr: npt.ArrayLike,
    rv_error_km_s: npt.ArrayLike,
    *,
    pmra_pmdec_corr: npt.ArrayLike = 0.0,
    parallax_pmra_corr: npt.ArrayLike = 0.0,
    parallax_pmdec_corr: npt.ArrayLike = 0.0,
) -> Array:
    """Return the covariance (n, 4, 4) of distance, pmra, pmdec and radial velocity.

    The correlations with the parallax are Gaia's and matter only where the distance is of the parallax: the
    one grows as the other shrinks, so they enter with the opposite sign. Leave them 0 for other distances.
    """
    errors = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(x, np.float64))
            for x in (distance_error_kpc, pmra_error_mas_yr, pmdec_error_mas_yr, rv_error_km_s)
        )
    )
    sigma = np.stack(errors, axis=-1)
    made: Array = sigma[:, :, None] * sigma[:, None, :] * np.eye(4)
    pairs = (
        (0, 1, -np.asarray(parallax_pmra_corr, np.float64)),
        (0, 2, -np.asarray(parallax_pmdec_corr, np.float64)),
        (1, 2, np.asarray(pmra_pmdec_corr, np.float64)),
    )
    for i, j, corr in pairs:
        made[:, i, j] = made[:, j, i] = corr * sigma[:, i] * sigma[:, j]
    return made


def observed(cylinder: Cylinder, sun: Sun) -> Observed:
    """Return what is seen of stars (n,) from the Sun: the inverse of `galactocentric`."""
    r, phi, z, v_r, v_phi, v_z = (np.atleast_1d(np.asarray(x, np.float64)) for x in cylinder)
    cos, sin = np.cos(phi), np.sin(phi)
    place = np.stack([-r * cos, r * sin, z], axis=1)
    velocity = np.stack([-v_r * cos + v_phi * sin, v_r * sin + v_phi * cos, v_z], axis=1)
    matrix = axes(sun)
    from_sun = (place - _sun_place(sun)) @ matrix
    relative = (velocity - _sun_velocity(sun)) @ matrix
    distance = np.sqrt((from_sun**2).sum(axis=1))
    ra, dec = (
        np.arctan2(from_sun[:, 1], from_sun[:, 0]),
        np.arctan2(from_sun[:, 2], np.hypot(from_sun[:, 0], from_sun[:, 1])),
    )
    along, east, north = np.moveaxis(_sky_basis(ra, dec), 2, 0)
    scale = KM_S_PER_KPC_MAS_YR * distance
    return Observed(
        np.degrees(ra) % 360.0,
        np.degrees(dec),
        distance,
        (relative * east).sum(axis=1) / scale,
        (relative * north).sum(axis=1) / scale,
        (relative * along).sum(axis=1),
    )


def axes(sun: Sun) -> Array:
    """Return the rotation (3, 3) of ICRS vectors to galactocentric ones.

    x from the Sun's foot towards the centre, y along the rotation there, z to the north.
    """
    ra, dec = np.radians(_CENTRE_DEG)
    tilt = np.arcsin(sun.z0_kpc / sun.r0_kpc)
    made: Array = _about_y(-tilt) @ _about_x(np.radians(_ROLL_DEG)) @ _about_y(-dec) @ _about_z(ra)
    return made


def _about_x(angle: float) -> Array:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, cos, sin], [0.0, -sin, cos]])


def _about_y(angle: float) -> Array:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])


def _about_z(angle: float) -> Array:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def _sun_place(sun: Sun) -> Array:
    return np.array([-np.sqrt(sun.r0_kpc**2 - sun.z0_kpc**2), 0.0, sun.z0_kpc])


def _sun_velocity(sun: Sun) -> Array:
    return np.array([sun.u_km_s, sun.v_km_s, sun.w_km_s])


def _sky_basis(ra: Array, dec: Array) -> Array:
    """Return unit vectors (n, 3, 3) of ICRS, last index: along the line of sight, east, north."""
    cos_ra, sin_ra, cos_dec, sin_dec = np.cos(ra), np.sin(ra), np.cos(dec), np.sin(dec)
    along = np.stack([cos_dec * cos_ra, cos_dec * sin_ra, sin_dec], axis=1)
    east = np.stack([-sin_ra, cos_ra, np.zeros_like(ra)], axis=1)
    north = np.stack([-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec], axis=1)
    return np.stack([along, east, north], axis=2)


def _cartesian(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    distance_kpc: npt.ArrayLike,
    pmra_mas_yr: npt.ArrayLike,
    pmdec_mas_yr: npt.ArrayLike,
    rv_km_s: npt.ArrayLike,
    sun: Sun,
) -> tuple[Array, Array, Array]:
    """Return place [kpc] and velocity [km/s] (n, 3), and the sky's unit vectors (n, 3, 3) in the Galaxy."""
    ra, dec = (np.radians(np.atleast_1d(np.asarray(x, np.float64))) for x in (ra_deg, dec_deg))
    distance, pmra, pmdec, rv = (
        np.atleast_1d(np.asarray(x, np.float64))[:, None]
        for x in (distance_kpc, pmra_mas_yr, pmdec_mas_yr, rv_km_s)
    )
    basis: Array = axes(sun) @ _sky_basis(ra, dec)
    along, east, north = basis[..., 0], basis[..., 1], basis[..., 2]
    place = distance * along + _sun_place(sun)
    velocity = rv * along + KM_S_PER_KPC_MAS_YR * distance * (pmra * east + pmdec * north)
    return place, velocity + _sun_velocity(sun), basis


def _cylinder(place: Array, velocity: Array) -> Cylinder:
    x, y, z = place.T
    radius = np.hypot(x, y)
    with np.errstate(invalid="ignore", divide="ignore"):  # on the axis no direction is outward: NaN
        cos, sin = -x / radius, y / radius
    return Cylinder(
        radius,
        np.arctan2(y, -x),
        z,
        -cos * velocity[:, 0] + sin * velocity[:, 1],
        sin * velocity[:, 0] + cos * velocity[:, 1],
        velocity[:, 2],
    )
