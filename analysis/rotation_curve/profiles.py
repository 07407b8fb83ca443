"""Smooth profiles of a disc's velocity moments by radius, fitted to moments of bins."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.galaxy.jeans import log_polynomial

Array = npt.NDArray[np.float64]

X_KPC = 10.0
"""Unit of R - 10 kpc in the polynomials."""

VPHI_DEGREE = 3
"""Of the polynomial for the mean of vphi: linear vc with exponential dispersions needs no more."""

VARIANCE_DEGREE = 2


@dataclass(frozen=True, slots=True)
class Statistics:
    """Moments of bins: vphi, vphi2, vr, vr2, vz2, vrvz_z (6, b), with numbers of stars and mean z^2 (b,)."""

    r_kpc: Array
    moments: Array
    z2: Array
    count: Array

    def less(self, off: Array) -> Statistics:
        """Return them with something taken off."""
        return replace(self, moments=self.moments - off)

    def at(self, moments: Array) -> Statistics:
        """Return them with other moments."""
        return replace(self, moments=moments)


@dataclass(frozen=True, slots=True)
class Profiles:
    """Coefficients, rising, in x = (R - 10 kpc)/10 kpc: of vphi, of ln of its variance, ln vr2 and ln vz2.

    `tilt` is that of the velocity ellipsoid (1: to the centre).
    """

    vphi: Array
    ln_var_phi: Array
    ln_vr2: Array
    ln_vz2: Array
    tilt: float

    def vector(self) -> Array:
        """Return all parameters in one array."""
        return np.concatenate([self.vphi, self.ln_var_phi, self.ln_vr2, self.ln_vz2, [self.tilt]])

    def moved(self, vector: Array) -> Profiles:
        """Return profiles of other parameters, as `vector` gives them."""
        ends = np.cumsum([len(each) for each in (self.vphi, self.ln_var_phi, self.ln_vr2, self.ln_vz2)])
        a, b, c, d, tilt = np.split(vector, ends)
        return Profiles(a, b, c, d, float(tilt[0]))

    def by_moment(self, of: Statistics) -> Array:
        """Return the derivative (k, 6 b) of the parameters by the moments that they were fitted to."""
        bins = len(of.r_kpc)
        x, vphi = scaled(of.r_kpc), of.moments[0]
        made = np.zeros((len(self.vector()), 6, bins))
        spread, vr2, vz2 = (np.exp(_polynomial(c, x)) for c in (self.ln_var_phi, self.ln_vr2, self.ln_vz2))
        ends = np.cumsum([0] + [len(c) for c in (self.vphi, self.ln_var_phi, self.ln_vr2, self.ln_vz2)])
        made[: ends[1], 0] = _projection(x, len(self.vphi), of.count / spread)
        on_spread = _projection(x, len(self.ln_var_phi), of.count) / spread
        made[ends[1] : ends[2], 1] = on_spread
        made[ends[1] : ends[2], 0] = -2.0 * vphi * on_spread
        made[ends[2] : ends[3], 3] = _projection(x, len(self.ln_vr2), of.count) / vr2
        made[ends[3] : ends[4], 4] = _projection(x, len(self.ln_vz2), of.count) / vz2
        expected = (vr2 - vz2) * of.z2 / of.r_kpc
        weight = of.count / (vr2 * vz2 * np.maximum(of.z2, 1e-12))
        made[-1, 5] = weight * expected / max(float(np.sum(weight * expected**2)), 1e-300)
        return made.reshape(len(made), -1)

    def bases(self, r_kpc: Array) -> dict[str, Array]:
        """Return what the moments of stars at radii (n,) are linear in."""
        x = scaled(r_kpc)
        mean = _polynomial(self.vphi, x)
        vr2, vz2 = np.exp(_polynomial(self.ln_vr2, x)), np.exp(_polynomial(self.ln_vz2, x))
        return {
            "one": np.ones_like(x),
            "vphi": mean,
            "vphi2": mean**2 + np.exp(_polynomial(self.ln_var_phi, x)),
            "vr2": vr2,
            "vz2": vz2,
            "tilt": self.tilt * (vr2 - vz2),
        }


def scaled(r_kpc: Array) -> Array:
    """Return the variable of the polynomials."""
    return (r_kpc - 10.0) / X_KPC


def statistics_of(profiles: Profiles, r_kpc: Array, z2: Array) -> Array:
    """Return the moments (6, b) that a disc of such profiles has at radii (b,) and mean z^2 (b,)."""
    base = profiles.bases(r_kpc)
    zero = np.zeros_like(r_kpc)
    return np.stack([base["vphi"], base["vphi2"], zero, base["vr2"], base["vz2"], base["tilt"] * z2 / r_kpc])


def fit_profiles(of: Statistics) -> Profiles:
    """Fit smooth profiles to the moments of bins, each weighted by its stars."""
    vphi, vphi2, _, vr2, vz2, vrvz_z = of.moments
    x, n = scaled(of.r_kpc), of.count
    bins = len(x)
    degree = min(VARIANCE_DEGREE, bins - 1)
    ln_vr2, eta_r = log_polynomial(x, vr2, n, degree)
    ln_vz2, eta_z = log_polynomial(x, vz2, n, degree)
    ln_var, eta_phi = log_polynomial(x, vphi2 - vphi**2, n, degree)
    mean = _projection(x, min(VPHI_DEGREE, bins - 1) + 1, n * np.exp(-eta_phi)) @ vphi
    tilt = tilts(of.r_kpc, n, of.z2, np.exp(eta_r), np.exp(eta_z), vrvz_z)
    return Profiles(mean, ln_var, ln_vr2, ln_vz2, float(tilt))


def tilts(r_kpc: Array, count: Array, z2: Array, vr2: Array, vz2: Array, vrvz_z: Array) -> Array:
    """Return by how much of the angle towards the centre velocity ellipsoids tilt: one number for all bins.

    Moments are (..., b), of replicates; the tilt is (...,).
    """
    expected = (vr2 - vz2) * z2 / r_kpc
    weight = count / (vr2 * vz2 * np.maximum(z2, 1e-12))
    total = np.sum(weight * expected**2, axis=-1)
    made: Array = np.sum(weight * expected * vrvz_z, axis=-1) / np.where(total > 0.0, total, np.nan)
    return np.nan_to_num(made)


def _projection(x: Array, terms: int, weight: Array) -> Array:
    """Return the matrix (terms, n) that makes coefficients of values at x (n,) by weighted least squares."""
    design = np.vander(x, terms, increasing=True)
    normal = design.T * weight
    return np.asarray(np.linalg.solve(normal @ design, normal), np.float64)


def _polynomial(coefficients: Array, x: Array) -> Array:
    made: Array = np.asarray(np.polynomial.polynomial.polyval(x, coefficients), np.float64)
    return made
