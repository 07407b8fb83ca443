"""Positions, motions and covariances of stars at another epoch, by uniform rectilinear space motion.

The standard model of the Hipparcos and Gaia catalogues: ESA SP-1200 (1997) volume 1, section 1.5.5;
Michalik et al. 2014, A&A 571, A85, appendix B. No light-time and no relativistic terms: those of
`erfa.pmsafe` are not in the catalogues' proper motions.

The six parameters, in the order of every covariance and Jacobian, are ra (times cos(dec)), dec,
parallax [mas], pmra, pmdec and radial motion [mas/yr]. Radial motion is
radial_velocity * parallax / 4.74047; it stays finite where the parallax is zero or negative.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

Array: TypeAlias = "npt.NDArray[np.float64]"

KM_S_PER_AU_YR = 149_597_870.7 / 31_557_600.0
"""Astronomical unit per Julian year in km/s (IAU 2012 B2)."""

MAS_PER_RAD = 180.0 * 3600.0e3 / np.pi

RA, DEC, PARALLAX, PMRA, PMDEC, RADIAL = range(6)


@dataclass(frozen=True, slots=True)
class Astrometry:
    """Astrometric parameters of n stars at an epoch; each field an array of shape (n,).

    `pmra` includes cos(dec). NaN is a missing value. `covariance`, of shape (n, 6, 6), refers to
    the local triad (east, north, outward) at each position, held fixed, as Gaia's and Hipparcos's
    do; it is regular at the poles.
    """

    ra: Array
    dec: Array
    epoch_yr: Array
    parallax: Array
    pmra: Array
    pmdec: Array
    radial_motion: Array
    covariance: Array | None = None

    def __len__(self) -> int:
        return len(self.ra)

    @property
    def radial_velocity(self) -> Array:
        """Radial velocity [km/s], shape (n,); NaN where the parallax is zero or missing."""
        with np.errstate(divide="ignore", invalid="ignore"):
            velocity = self.radial_motion * KM_S_PER_AU_YR / self.parallax
        return np.where(np.isfinite(velocity), velocity, np.nan)

    def __getitem__(self, rows: npt.ArrayLike) -> Astrometry:
        """The stars selected by an index array, boolean array or slice."""
        chosen = {name: getattr(self, name)[rows] for name in _FIELDS}
        covariance = None if self.covariance is None else self.covariance[rows]  # type: ignore[index]
        return Astrometry(**chosen, covariance=covariance)


_FIELDS = ("ra", "dec", "epoch_yr", "parallax", "pmra", "pmdec", "radial_motion")


def astrometry(
    ra_deg: npt.ArrayLike,
    dec_deg: npt.ArrayLike,
    epoch_yr: npt.ArrayLike,
    *,
    parallax_mas: npt.ArrayLike = np.nan,
    pmra_mas_yr: npt.ArrayLike = np.nan,
    pmdec_mas_yr: npt.ArrayLike = np.nan,
    radial_velocity_km_s: npt.ArrayLike = np.nan,
    covariance: Array | None = None,
) -> Astrometry:
    """Return the Astrometry of catalogue columns, broadcast to one shape (n,).

    Masked values become NaN. Radial motion is missing where radial velocity or parallax is.
    """
    given = (ra_deg, dec_deg, epoch_yr, parallax_mas, pmra_mas_yr, pmdec_mas_yr, radial_velocity_km_s)
    columns = [np.atleast_1d(np.ma.filled(np.ma.asarray(value, np.float64), np.nan)) for value in given]
    ra, dec, epoch, parallax, pmra, pmdec, velocity = (c.copy() for c in np.broadcast_arrays(*columns))
    radial = velocity * parallax / KM_S_PER_AU_YR
    return Astrometry(ra, dec, epoch, parallax, pmra, pmdec, radial, covariance)


def covariance_matrix(
    star: Astrometry,
    errors: Array,
    correlations: Array | None = None,
    radial_velocity_km_s: npt.ArrayLike = np.nan,
    radial_velocity_error_km_s: npt.ArrayLike = np.nan,
) -> Array:
    """Return the (n, 6, 6) covariance from errors (n, 5) and correlations (n, 10) in Gaia's order.

    A missing correlation is zero. A missing error makes the parameter's row and column NaN, except
    the radial motion's: a missing radial velocity counts as exactly 0 and a missing error of it as
    0 (SP-1200 volume 1, equation 1.5.69). A radial velocity that is known only to be small can be
    given as 0 with its spread as error.
    """
    n = len(star)
    sigma = np.asarray(errors, np.float64)
    matrix = np.zeros((n, 6, 6))
    upper = np.triu_indices(5, 1)
    rho = np.zeros((n, 10)) if correlations is None else np.nan_to_num(correlations)
    matrix[:, upper[0], upper[1]] = rho * sigma[:, upper[0]] * sigma[:, upper[1]]
    matrix += np.swapaxes(matrix, 1, 2)
    matrix[:, range(5), range(5)] = sigma**2
    velocity, error = (
        np.broadcast_to(np.nan_to_num(np.asarray(v, np.float64)), (n,)) / KM_S_PER_AU_YR
        for v in (radial_velocity_km_s, radial_velocity_error_km_s)
    )
    _add_radial_motion(matrix, np.nan_to_num(star.parallax), velocity, error)
    return matrix


def _add_radial_motion(matrix: Array, parallax: Array, velocity: Array, error: Array) -> None:
    """Fill the sixth row and column; velocities in au/yr."""
    for row in range(5):
        # A missing parallax error must not spread where there is no velocity: 0 * NaN is NaN.
        value = np.where(velocity != 0.0, matrix[:, row, PARALLAX] * velocity, 0.0)
        matrix[:, row, RADIAL] = matrix[:, RADIAL, row] = value
    spread = velocity**2 + error**2
    from_parallax = np.where(spread > 0.0, matrix[:, PARALLAX, PARALLAX] * spread, 0.0)
    matrix[:, RADIAL, RADIAL] = from_parallax + (parallax * error) ** 2


class _Motion(NamedTuple):
    """The model in the frame whose x-z plane holds the star at its first epoch [rad, rad/yr]."""

    years: Array
    mu: tuple[Array, Array]
    zeta: Array
    stretch: Array  # 1 + zeta * years, the line-of-sight part of the new position vector
    factor: Array  # f of SP-1200: old distance over new
    dra: Array
    ddec: Array
    old: tuple[Array, Array]  # cosine and sine of the declination at the first epoch
    new: tuple[Array, Array]


def _motion(star: Astrometry, epoch_yr: npt.ArrayLike) -> _Motion:
    years = np.broadcast_to(np.asarray(epoch_yr, np.float64), star.ra.shape) - star.epoch_yr
    pmra, pmdec, zeta = (np.nan_to_num(p) / MAS_PER_RAD for p in (star.pmra, star.pmdec, star.radial_motion))
    xi, eta, stretch = pmra * years, pmdec * years, 1.0 + zeta * years
    factor = 1.0 / np.sqrt(stretch**2 + xi**2 + eta**2)
    cos, sin = _cos_sin(star.dec)
    x = cos * stretch - sin * eta
    rho = np.hypot(x, xi)
    # Angles are found as differences from the first epoch, so that only they are rounded twice.
    # rho - x loses digits unless written as a quotient; past the pole x is negative and it does not.
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = np.where(x > 0.0, xi**2 / (rho + x), rho - x)
    ddec = np.arctan2(eta - sin * excess, stretch + cos * excess)
    dra = np.where(rho > 0.0, np.arctan2(xi, x), 0.0)
    new = (rho * factor, (sin * stretch + cos * eta) * factor)
    return _Motion(years, (pmra, pmdec), zeta, stretch, factor, dra, ddec, (cos, sin), new)


def _cos_sin(dec_deg: Array) -> tuple[Array, Array]:
    """Return cosine and sine; the cosine is right to the last digit next to the poles too."""
    # 90 - |dec| is exact above 45 deg; the rounding of radians(dec) would be 1e-5 of it at 1e-9 deg.
    height = np.abs(dec_deg)
    cos = np.where(height > 45.0, np.sin(np.radians(90.0 - height)), np.cos(np.radians(dec_deg)))
    return cos, np.sin(np.radians(dec_deg))


def propagate(star: Astrometry, epoch_yr: npt.ArrayLike) -> Astrometry:
    """Return the stars at another epoch (Julian year, scalar or shape (n,)), with their covariance.

    Missing motion and missing radial motion count as zero and stay missing in the result. Where an
    error is missing, every element of the covariance that depends on it is NaN: without a proper
    motion's error no position error is known at another epoch.
    """
    m = _motion(star, epoch_yr)
    rotation = _rotation(m)
    mu, zeta = _new_motion(m, rotation)
    ra = np.mod(star.ra + np.degrees(m.dra), 360.0)
    covariance = None
    if star.covariance is not None:
        covariance = transform_covariance(_jacobian(star, m, rotation), star.covariance)
    return replace(
        star,
        ra=np.where(ra == 360.0, 0.0, ra),  # mod of a tiny negative number rounds up to 360
        dec=np.clip(star.dec + np.degrees(m.ddec), -90.0, 90.0),
        epoch_yr=star.epoch_yr + m.years,
        parallax=star.parallax * m.factor,
        pmra=np.where(np.isnan(star.pmra), np.nan, mu[0] * MAS_PER_RAD),
        pmdec=np.where(np.isnan(star.pmdec), np.nan, mu[1] * MAS_PER_RAD),
        radial_motion=np.where(np.isnan(star.radial_motion), np.nan, zeta * MAS_PER_RAD),
        covariance=covariance,
    )


def _rotation(m: _Motion) -> Array:
    """Return the new triad's vectors (p, q, r) in components along the old ones, shape (n, 3, 3)."""
    cos_a, sin_a = np.cos(m.dra), np.sin(m.dra)
    (c0, s0), (c1, s1) = m.old, m.new
    rows = (
        (cos_a, s0 * sin_a, -c0 * sin_a),
        (-s1 * sin_a, c1 * c0 + s1 * s0 * cos_a, c1 * s0 - s1 * c0 * cos_a),
        (c1 * sin_a, s1 * c0 - c1 * s0 * cos_a, s1 * s0 + c1 * c0 * cos_a),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _new_motion(m: _Motion, rotation: Array) -> tuple[Array, Array]:
    """Return the motion along the new (p, q), shape (2, n), and the radial motion [rad/yr]."""
    velocity = np.stack([*m.mu, m.zeta], axis=-1)
    along = np.einsum("nij,nj->in", rotation, velocity) * m.factor
    # The radial one from its own formula, exact where |velocity| * years is tiny (SP-1200 1.5.24).
    speed2 = m.mu[0] ** 2 + m.mu[1] ** 2 + m.zeta**2
    return along[:2], (m.zeta + speed2 * m.years) * m.factor**2


def jacobian(star: Astrometry, epoch_yr: npt.ArrayLike) -> Array:
    """Return d(parameters at epoch_yr) / d(parameters at the star's epoch), shape (n, 6, 6).

    Differentials are taken along the triads of both epochs, held fixed (SP-1200 volume 1,
    equations 1.5.72 ff.).
    """
    m = _motion(star, epoch_yr)
    return _jacobian(star, m, _rotation(m))


def _jacobian(star: Astrometry, m: _Motion, rotation: Array) -> Array:
    n = len(star)
    # Derivatives, along the old triad, of the position vector (1 at the first epoch) ...
    place = np.zeros((n, 3, 6))
    place[:, 0, RA] = place[:, 1, DEC] = m.stretch
    place[:, 2, RA], place[:, 2, DEC] = -m.mu[0] * m.years, -m.mu[1] * m.years
    place[:, 0, PMRA] = place[:, 1, PMDEC] = place[:, 2, RADIAL] = m.years
    # ... and of the velocity vector, which is constant in time.
    speed = np.zeros((n, 3, 6))
    speed[:, 0, RA] = speed[:, 1, DEC] = m.zeta
    speed[:, 2, RA], speed[:, 2, DEC] = -m.mu[0], -m.mu[1]
    speed[:, 0, PMRA] = speed[:, 1, PMDEC] = speed[:, 2, RADIAL] = 1.0
    dplace = rotation @ place * m.factor[:, None, None]
    dspeed = rotation @ speed * m.factor[:, None, None]
    mu, zeta = _new_motion(m, rotation)
    dlogf = -dplace[:, 2]
    result = np.empty((n, 6, 6))
    result[:, RA], result[:, DEC] = dplace[:, 0], dplace[:, 1]
    parallax = np.nan_to_num(star.parallax) / MAS_PER_RAD
    result[:, PARALLAX] = (parallax * m.factor)[:, None] * dlogf
    result[:, PARALLAX, PARALLAX] = m.factor
    for row, motion, axis in ((PMRA, mu[0], 0), (PMDEC, mu[1], 1)):
        result[:, row] = motion[:, None] * dlogf + dspeed[:, axis] - zeta[:, None] * dplace[:, axis]
    bend = mu[0][:, None] * dplace[:, 0] + mu[1][:, None] * dplace[:, 1]
    result[:, RADIAL] = zeta[:, None] * dlogf + dspeed[:, 2] + bend
    return result


def transform_covariance(derivatives: Array, covariance: Array) -> Array:
    """Return J C J^T for (n, k, 6) derivatives; NaN exactly where an unknown (NaN) element enters."""
    known = np.nan_to_num(covariance)
    result: Array = derivatives @ known @ np.swapaxes(derivatives, 1, 2)
    unknown = np.isnan(covariance)
    if unknown.any():
        reach = np.abs(derivatives)
        result[reach @ unknown @ np.swapaxes(reach, 1, 2) > 0.0] = np.nan
    return result
