"""Stars as the Sun sees them, and their galactocentric moments at any distances.

A star's velocity in the Galaxy is linear in its distance d: v = v_sun + rv e + d w, with e the direction and
w the proper motion as a velocity per kpc. What the errors of proper motion and radial velocity add to squares
of velocities at a given d is known exactly, and taken off here; what the error of d does is another matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.galaxy.coords import KM_S_PER_KPC_MAS_YR, axes
from analysis.galaxy.sun import Sun

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MOMENTS = ("vphi", "vphi2", "vr", "vr2", "vz2", "vrvz_z", "z2", "z_fall")
"""Columns of `moments`: velocities and squares, vR vz z, z^2, and z tanh(z/2h)/h."""


@dataclass(frozen=True, slots=True)
class Stars:
    """n stars: sky [deg], distance and its relative error, motion [mas/yr], radial velocity [km/s], errors.

    `weight` (n,) is that of the star in the density of tracers, 1 without one.
    """

    ra_deg: Array
    dec_deg: Array
    distance_kpc: Array
    relative_error: Array
    pmra: Array
    pmdec: Array
    rv: Array
    pmra_error: Array
    pmdec_error: Array
    pm_corr: Array
    rv_error: Array
    weight: Array

    def __len__(self) -> int:
        return len(self.ra_deg)

    def of(self, which: Mask | npt.NDArray[np.intp]) -> Stars:
        """Return the stars that are chosen by a mask (n,), or by numbers."""
        return Stars(*(getattr(self, name)[which] for name in self.__slots__))

    def scaled(self, factor: float, error_factor: float = 1.0) -> Stars:
        """Return them with distances, and relative errors, multiplied."""
        return replace(
            self,
            distance_kpc=self.distance_kpc * factor,
            relative_error=self.relative_error * error_factor,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """Directions e, east, north (n, 3) in the Galaxy's axes and w [km/s/kpc] (n, 3) of stars."""

    along: Array
    east: Array
    north: Array
    per_kpc: Array
    place: Array
    motion: Array


@dataclass(frozen=True, slots=True)
class Place:
    """Where stars are at some distances: R, phi, z and the unit vectors outward (n, 2), x and y of them."""

    r_kpc: Array
    phi_rad: Array
    z_kpc: Array
    out_x: Array
    out_y: Array


def seen(stars: Stars, sun: Sun) -> Seen:
    """Return the geometry of stars (n,) as seen from the Sun."""
    ra, dec = np.radians(stars.ra_deg), np.radians(stars.dec_deg)
    cos_ra, sin_ra, cos_dec, sin_dec = np.cos(ra), np.sin(ra), np.cos(dec), np.sin(dec)
    turn = axes(sun).T
    along = np.stack([cos_dec * cos_ra, cos_dec * sin_ra, sin_dec], axis=1) @ turn
    east = np.stack([-sin_ra, cos_ra, np.zeros_like(ra)], axis=1) @ turn
    north = np.stack([-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec], axis=1) @ turn
    motion = stars.pmra[:, None] * east + stars.pmdec[:, None] * north
    return Seen(
        along,
        east,
        north,
        KM_S_PER_KPC_MAS_YR * motion,
        np.array([-np.sqrt(sun.r0_kpc**2 - sun.z0_kpc**2), 0.0, sun.z0_kpc]),
        np.array([sun.u_km_s, sun.v_km_s, sun.w_km_s]),
    )


def place(along: Array, distance_kpc: Array, sun_place: Array) -> Place:
    """Return where stars in directions (n, 3) are at distances (n,)."""
    x, y, z = (distance_kpc * along[:, k] + sun_place[k] for k in range(3))
    r = np.hypot(x, y)
    return Place(r, np.arctan2(y, -x), z, x / r, y / r)


def moments(stars: Stars, view: Seen, at: Place, scale_height_kpc: float | Array) -> Array:
    """Return the columns MOMENTS (n, 8) of stars at their distances, freed of errors of motion and velocity.

    Motions and velocities without error are taken as exact. The scale height is one, or each star's (n,).
    """
    d = stars.distance_kpc
    v = view.motion + stars.rv[:, None] * view.along + d[:, None] * view.per_kpc
    v_r = at.out_x * v[:, 0] + at.out_y * v[:, 1]
    v_phi = at.out_y * v[:, 0] - at.out_x * v[:, 1]
    v_z = v[:, 2]
    outward = _noise(stars, view, at.out_x, at.out_y)
    forward = _noise(stars, view, at.out_y, -at.out_x)
    up = [stars.rv_error * view.along[:, 2], *_sky_noise(stars, view.east[:, 2], view.north[:, 2])]
    r2, p2, z2, rz = (_sum(a, b) for a, b in ((outward,) * 2, (forward,) * 2, (up,) * 2, (outward, up)))
    z = at.z_kpc
    columns = (
        v_phi,
        v_phi**2 - p2,
        v_r,
        v_r**2 - r2,
        v_z**2 - z2,
        (v_r * v_z - rz) * z,
        z**2,
        z * np.tanh(0.5 * z / scale_height_kpc) / scale_height_kpc,
    )
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _noise(stars: Stars, view: Seen, x: Array, y: Array) -> list[Array]:
    """Return the error of the velocity along (x, y, 0) by radial velocity and two parts of the motion."""
    on = [x * each[:, 0] + y * each[:, 1] for each in (view.along, view.east, view.north)]
    return [stars.rv_error * on[0], *_sky_noise(stars, on[1], on[2])]


def _sky_noise(stars: Stars, east: Array, north: Array) -> list[Array]:
    """Split correlated errors of a motion on the sky into independent ones [km/s]."""
    scale = KM_S_PER_KPC_MAS_YR * stars.distance_kpc
    first = scale * (stars.pmra_error * east + stars.pm_corr * stars.pmdec_error * north)
    return [first, scale * np.sqrt(1.0 - stars.pm_corr**2) * stars.pmdec_error * north]


def _sum(a: list[Array], b: list[Array]) -> Array:
    made: Array = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return made
