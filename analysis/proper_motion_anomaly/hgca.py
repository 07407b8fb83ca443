"""The statistic of the Hipparcos-Gaia Catalog of Accelerations, from rows of the catalogues.

Brandt T.D., 2018, ApJS 239, 31 and 2021, ApJS 254, 42 (the edition with Gaia EDR3). From the abstract
of 2021: a 60/40 mixture of the two Hipparcos reductions, and errors of Gaia inflated by 1.37. The
rest of the recipe, where the text of the papers was not at hand, is what the catalogue's own row of
HIP 16537 obeys, for which the rows of all three catalogues are known:

- covariances are mixed like the values, 0.6 C2 + 0.4 C1 (the reductions share their observations);
- each reduction first takes over Gaia's parallax (the variance of the right ascension of position
  then comes out as published to 0.1 per cent, without it 1.8 per cent too large);
- the motion's variance gets (0.200 mas/yr)^2 more: 0.198 in right ascension and 0.200 in declination
  are needed, which the rounding of the catalogues' errors to 0.01 mas/yr blurs by 0.01; 0.226 mas/yr
  would be off by 0.012 mas2/yr2, three times that. The position gets none;
- positions are subtracted at central epochs, where position and motion are not correlated;
- all motions are referred to Gaia's epoch: perspective changes the Hipparcos motion by twice what it
  changes the mean motion.

The local rotations (crosscal columns) are published for each star only, in the catalogue itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.proper_motion_anomaly.anomaly import chi_square
from catalogdb.epoch import MAS_PER_RAD, Astrometry, astrometry, propagate

Array = npt.NDArray[np.float64]

SHARE_OF_HIPPARCOS2 = 0.6
GAIA_INFLATION = 1.37
HIPPARCOS_ERROR_MAS_YR = 0.2


class Source(NamedTuple):
    """n stars in one catalogue: values (n, 5) of (ra, dec [deg], parallax, pmra, pmdec) and covariance.

    The covariance (n, 5, 5) is in mas and mas/yr, right ascension times cos(dec); `epoch_yr` (n,).
    """

    value: Array
    covariance: Array
    epoch_yr: Array

    def rows(self, chosen: npt.NDArray[np.bool_]) -> Source:
        """The chosen stars."""
        return Source(self.value[chosen], self.covariance[chosen], self.epoch_yr[chosen])


class Motions(NamedTuple):
    """Three motions [mas/yr] of n stars at the epoch of Gaia, with covariances (n, 2, 2)."""

    hip: Array
    hg: Array
    gaia: Array
    hip_covariance: Array
    hg_covariance: Array
    gaia_covariance: Array
    hip_epoch: Array
    gaia_epoch: Array


def statistic(gaia: Array, hg: Array, gaia_covariance: Array, hg_covariance: Array) -> tuple[Array, Array]:
    """Return HGCA's chi-square of Gaia's motion against the long-term one (n,) and its probability.

    Motions (n, 2) [mas/yr], covariances (n, 2, 2): d' (C_gaia + C_hg)^-1 d with 2 degrees of freedom.
    """
    return chi_square(gaia - hg, gaia_covariance + hg_covariance)


def with_parallax(source: Source, parallax_mas: Array, variance: Array) -> Source:
    """Return the sources after an independent measurement of their parallax (Kalman's update)."""
    column = source.covariance[:, :, 2]
    gain = column / (column[:, 2] + variance)[:, None]
    step = gain * (parallax_mas - source.value[:, 2])[:, None]
    value = source.value + step
    cos = np.cos(np.radians(source.value[:, 1]))
    value[:, 0] = source.value[:, 0] + step[:, 0] / cos / 3.6e6
    value[:, 1] = source.value[:, 1] + step[:, 1] / 3.6e6
    return Source(value, source.covariance - gain[:, :, None] * column[:, None, :], source.epoch_yr)


def mixed(new: Source, old: Source, share: float = SHARE_OF_HIPPARCOS2) -> Source:
    """Return share * new + (1 - share) * old of both reductions of Hipparcos, at one epoch."""
    turn = old.value[:, 0] - new.value[:, 0]
    apart = old.value - new.value
    apart[:, 0] = turn - 360.0 * np.round(turn / 360.0)
    value = new.value + (1.0 - share) * apart
    return Source(value, share * new.covariance + (1.0 - share) * old.covariance, new.epoch_yr)


def central_epochs(source: Source) -> Array:
    """Return the epochs (n, 2) [yr] at which position and motion are not correlated, per coordinate."""
    c = source.covariance
    shift = np.stack([c[:, i, 3 + i] / c[:, 3 + i, 3 + i] for i in (0, 1)], axis=1)
    return np.asarray(source.epoch_yr[:, None] - shift)


def motions(
    hipparcos: Source,
    gaia: Source,
    radial_velocity_km_s: Array,
    *,
    inflation: float = GAIA_INFLATION,
    hipparcos_error_mas_yr: float = HIPPARCOS_ERROR_MAS_YR,
) -> Motions:
    """Return the motions by Hipparcos (the mix), by both positions, and by Gaia, all at Gaia's epoch.

    A star without a radial velocity (NaN) has none. Gaia's covariance is inflated by `inflation`
    squared; `hipparcos_error_mas_yr` is added in quadrature to the motion of Hipparcos.
    """
    star = _star(gaia, radial_velocity_km_s)
    early, late = central_epochs(hipparcos), central_epochs(gaia)
    moved = _star(hipparcos, radial_velocity_km_s)
    gap = late - early
    hg = np.empty_like(gap)
    hip = np.empty_like(gap)
    # What a uniform motion with Gaia's parameters leaves at Hipparcos' epoch is linear in the differences.
    for i in (0, 1):
        then, seen = propagate(star, early[:, i]), propagate(moved, early[:, i])
        apart = _offset(seen, then)[i]
        # Gaia's own position at its central epoch lies on its own line: only the far end counts.
        motion = (star.pmra, star.pmdec)[i]
        own = (then.pmra, then.pmdec)[i]
        hg[:, i] = motion - apart / gap[:, i]
        hip[:, i] = motion + (seen.pmra, seen.pmdec)[i] - own
    c, g = hipparcos.covariance, gaia.covariance * inflation**2
    return Motions(
        hip=hip,
        hg=hg,
        gaia=gaia.value[:, 3:],
        hip_covariance=c[:, 3:, 3:] + np.eye(2) * hipparcos_error_mas_yr**2,
        hg_covariance=(_central(c) + _central(g)) / (gap[:, :, None] * gap[:, None, :]),
        gaia_covariance=g[:, 3:, 3:],
        hip_epoch=early,
        gaia_epoch=late,
    )


def _central(c: Array) -> Array:
    """Return the covariance (n, 2, 2) of the positions at their central epochs, from one (n, 5, 5)."""
    change = np.zeros((len(c), 2, 5))
    for i in (0, 1):
        change[:, i, i] = 1.0
        change[:, i, 3 + i] = -c[:, i, 3 + i] / c[:, 3 + i, 3 + i]
    return np.asarray(change @ c @ np.swapaxes(change, 1, 2))


def _star(source: Source, radial_velocity_km_s: Array) -> Astrometry:
    ra, dec, parallax, pmra, pmdec = source.value.T
    return astrometry(
        ra,
        dec,
        source.epoch_yr,
        parallax_mas=parallax,
        pmra_mas_yr=pmra,
        pmdec_mas_yr=pmdec,
        radial_velocity_km_s=radial_velocity_km_s,
    )


def _offset(end: Astrometry, start: Astrometry) -> tuple[Array, Array]:
    """Return how far east and north [mas] of `start` each `end` is, in the tangent plane."""
    dra = np.radians(end.ra - start.ra)
    d, d0 = np.radians(end.dec), np.radians(start.dec)
    east = np.cos(d) * np.sin(dra)
    north = np.sin(d - d0) + 2.0 * np.cos(d) * np.sin(d0) * np.sin(dra / 2.0) ** 2
    return east * MAS_PER_RAD, north * MAS_PER_RAD
