"""How far the tangent plane is from the exact geometry, for a pair whose centre of mass moves in space.

Paper 002, section 3. Both have the same elements, which hold at the reference epoch t0: then and there
the plane touches the sky. What follows departs because north turns under a star that moves (by the
proper motion times the tangent of the declination), because the pair comes nearer or is seen from
elsewhere, and, by less than a mas as a rule, because the components are not equally far.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.kernels.orbit import sky_path
from analysis.orbit.catalogue import Orbits, tangent_plane
from analysis.orbit.elements import Angles, sky_to_icrs
from analysis.orbit.geometry import observe
from analysis.orbit.north import pole_angle
from catalogdb.epoch import Astrometry, astrometry, propagate

Array = npt.NDArray[np.float64]

RA_A, DEC_A, RA_B, DEC_B = 4, 5, 6, 7
"""Where the places are among `analysis.orbit.geometry.OBSERVABLES`."""


class Departure(NamedTuple):
    """Exact minus tangent plane (n, k) [mas]: of the separation, and of the angle times the separation."""

    rho: Array
    across: Array


def on_icrs(orbits: Orbits, centre: Astrometry, t0_yr: float, mass_ratio: npt.ArrayLike) -> Array:
    """Return the fourteen parameters (n, 14) of `analysis.orbit.geometry` at t0.

    `centre` is of the centres of mass, at any epochs, with positive parallaxes; a missing radial
    velocity counts as 0. A node without equinox is taken as of 2000. `mass_ratio` is A over B,
    one number or (n,).
    """
    moved = propagate(centre, t0_yr)
    equinox = np.where(np.isfinite(orbits.equinox), orbits.equinox, 2000.0)
    node = orbits.node + pole_angle(orbits.ra, orbits.dec, equinox)
    angles = sky_to_icrs(Angles(orbits.i, node, orbits.arg_periastron), moved.ra, moved.dec)
    return np.stack(
        [
            *(moved.ra, moved.dec, moved.parallax, moved.pmra, moved.pmdec),
            np.nan_to_num(moved.radial_velocity),
            orbits.a * 1000.0 / moved.parallax,
            *(orbits.e, *angles, orbits.t, orbits.period),
            np.broadcast_to(np.asarray(mass_ratio, np.float64), (orbits.size,)),
        ],
        axis=1,
    )


def departures(
    orbits: Orbits, centre: Astrometry, epoch_yr: Array, t0_yr: float, mass_ratio: npt.ArrayLike = 1.0
) -> Departure:
    """Return exact minus tangent plane of orbits (n,) at epochs (k,) [Julian years], with their nodes."""
    parameters = on_icrs(orbits, centre, t0_yr, mass_ratio)
    # The same angles on both sides: those of the ICRS where the star is at t0.
    equinox = np.where(np.isfinite(orbits.equinox), orbits.equinox, 2000.0)
    plane = tangent_plane(orbits._replace(equinox=equinox), epoch_yr)
    rho, across = np.empty_like(plane.rho), np.empty_like(plane.rho)
    for k in range(orbits.size):
        seen = observe(parameters[k], epoch_yr, t0_yr)
        rho[k] = seen["rho"] - 1000.0 * plane.rho[k]
        turn = np.mod(seen["theta"] - plane.theta_icrs[k] + 180.0, 360.0) - 180.0
        across[k] = np.radians(turn) * seen["rho"]
    return Departure(rho, across)


def centre_of_primary(orbits: Orbits, listed: Astrometry, mass_ratio: npt.ArrayLike) -> Astrometry:
    """Return the centres of mass (n,) of pairs whose primaries a catalogue lists, at its own epochs.

    Places exactly; motions with the orbit's rate on the plane of the sky, right to the separation in
    radians (5e-5 at 10 arcsec).
    """
    ratio = np.broadcast_to(np.asarray(mass_ratio, np.float64), (orbits.size,))
    share = 1.0 / (1.0 + ratio)
    equinox = np.where(np.isfinite(orbits.equinox), orbits.equinox, 2000.0)
    node = orbits.node + pole_angle(orbits.ra, orbits.dec, equinox)
    path = sky_path(
        listed.epoch_yr,
        period=orbits.period,
        eccentricity=orbits.e,
        periastron_time=orbits.t,
        a=1000.0 * orbits.a,
        inclination_rad=np.radians(orbits.i),
        node_rad=np.radians(node),
        arg_periastron_rad=np.radians(orbits.arg_periastron),
    )
    velocity = np.nan_to_num(listed.radial_velocity)
    ra, dec = listed.ra.copy(), listed.dec.copy()
    for _ in range(4):
        centre = astrometry(
            ra,
            dec,
            listed.epoch_yr,
            parallax_mas=listed.parallax,
            pmra_mas_yr=listed.pmra + share * path.east_rate,
            pmdec_mas_yr=listed.pmdec + share * path.north_rate,
            radial_velocity_km_s=velocity,
        )
        for k in range(orbits.size):
            epoch = float(listed.epoch_yr[k])
            one = on_icrs(orbits.where(np.array([k])), centre[[k]], epoch, ratio[k])
            seen = observe(one[0], [epoch], epoch).value[0]
            ra[k] += np.mod(listed.ra[k] - seen[RA_A] + 180.0, 360.0) - 180.0
            dec[k] += listed.dec[k] - seen[DEC_A]
    return astrometry(
        ra,
        dec,
        listed.epoch_yr,
        parallax_mas=listed.parallax,
        pmra_mas_yr=centre.pmra,
        pmdec_mas_yr=centre.pmdec,
        radial_velocity_km_s=velocity,
    )


def components(
    orbits: Orbits, centre: Astrometry, epoch_yr: Array, t0_yr: float, mass_ratio: npt.ArrayLike
) -> Array:
    """Return ra and dec of A, then of B [deg, ICRS], shape (n, k, 4), as seen from the barycentre."""
    parameters = on_icrs(orbits, centre, t0_yr, mass_ratio)
    places = [observe(each, epoch_yr, t0_yr).value[:, [RA_A, DEC_A, RA_B, DEC_B]] for each in parameters]
    return np.stack(places) if places else np.empty((0, len(epoch_yr), 4))
