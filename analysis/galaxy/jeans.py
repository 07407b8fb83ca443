"""The radial Jeans equation of an axisymmetric, steady disc: circular velocity from moments of velocities.

vc^2 = <vphi^2> - <vR^2> (1 + dln nu/dlnR + dln<vR^2>/dlnR) - (R/nu) d(nu <vR vz>)/dz

Binney & Tremaine 2008, Galactic Dynamics, eq. 4.222a, with vc^2 = R dPhi/dR; nu is the density of the
tracers, not of the survey's stars. All functions take arrays (..., n) of n radii and return such.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def circular_velocity(vphi2: Array, vr2: Array, dlnnu: Array, dlnvr2: Array, cross_term: Array) -> Array:
    """Return vc [km/s] by the Jeans equation from second moments [km2/s2] and logarithmic slopes by R.

    `cross_term` is (R/nu) d(nu <vR vz>)/dz [km2/s2]. NaN where vc^2 comes out below 0.
    """
    with np.errstate(invalid="ignore"):
        made: Array = np.sqrt(vphi2 - vr2 * (1.0 + dlnnu + dlnvr2) - cross_term)
    return made


def drift_velocity(
    vphi: Array, var_phi: Array, vr2: Array, dlnnu: Array, dlnvr2: Array, cross_term: Array
) -> Array:
    """Return vc [km/s] by the asymmetric drift: the mean velocity and by how much it lags behind vc.

    va = vc - <vphi> solves 2 vc va - va^2 = <vR^2> (var_phi / <vR^2> - 1 - dln nu/dlnR - dln<vR^2>/dlnR)
    - cross term, which is the Jeans equation by mean and variance instead of <vphi^2>.
    """
    lag = lag_term(var_phi, vr2, dlnnu, dlnvr2, cross_term)
    with np.errstate(invalid="ignore"):
        va = np.sqrt(vphi**2 + lag) - vphi
    made: Array = vphi + va
    return made


def drift_velocity_first_order(
    vphi: Array, var_phi: Array, vr2: Array, dlnnu: Array, dlnvr2: Array, cross_term: Array
) -> Array:
    """Return vc [km/s] by Stromberg's equation, va = lag / (2 vc), which leaves out va^2.

    Binney & Tremaine 2008, eq. 4.228. It is low by va^2 / (2 vc): 0.2 km/s for a lag of 10 km/s.
    """
    lag = lag_term(var_phi, vr2, dlnnu, dlnvr2, cross_term)
    with np.errstate(invalid="ignore"):
        made: Array = (vphi + np.sqrt(vphi**2 + 2.0 * lag)) / 2.0
    return made


def lag_term(var_phi: Array, vr2: Array, dlnnu: Array, dlnvr2: Array, cross_term: Array) -> Array:
    """Return vc^2 - <vphi>^2 [km2/s2]."""
    made: Array = var_phi - vr2 * (1.0 + dlnnu + dlnvr2) - cross_term
    return made


def cross_term(vr2: Array, vz2: Array, fall: Array, tilt: Array) -> Array:
    """Return (R/nu) d(nu <vR vz>)/dz [km2/s2], the mean over stars whose mean of -z dln nu/dz is `fall`.

    <vR vz> = tilt (<vR^2> - <vz^2>) z/R: with tilt 1 the velocity ellipsoid points at the centre, with 0 it
    keeps level (to first order in z/R). Over all heights of the tracers `fall` is 1, and the term 0.
    """
    made: Array = tilt * (vr2 - vz2) * (1.0 - fall)
    return made


def exponential_density(r_kpc: Array, scale_length_kpc: float) -> Array:
    """Return dln nu/dlnR of tracers whose density falls as exp(-R/h)."""
    return -r_kpc / scale_length_kpc


def log_polynomial(
    x: Array, y: Array, weight: Array, degree: int, iterations: int = 30, tolerance: float = 1e-12
) -> tuple[Array, Array]:
    """Fit ln y = polynomial in x to second moments y (..., n); return coefficients (..., k) and ln y.

    Coefficients rise. The variance of y is taken as proportional to its expectation squared over `weight`
    (n,), as of second moments of `weight` stars: a gamma regression with log link. It has no bias from
    logarithms of noise, nor from weights that follow noise, and takes y that noise has made negative.
    """
    design = np.vander(x, degree + 1, increasing=True)
    project = np.linalg.solve((design.T * weight) @ design, design.T * weight)
    mean = np.sum(y * weight, axis=-1, keepdims=True) / np.sum(weight)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        eta = np.broadcast_to(np.log(mean), y.shape)
        for _ in range(iterations):
            # Steps are bounded: a wild value must not send the exponential off.
            step = np.clip((y - np.exp(eta)) * np.exp(-eta), -1.0, 3.0)
            coefficients = (eta + step) @ project.T
            moved = coefficients @ design.T
            done = np.nanmax(np.abs(moved - eta), initial=0.0) < tolerance
            eta = moved
            if done:
                break
    return coefficients, eta


def log_slope(coefficients: Array, x: Array) -> Array:
    """Return the derivative by x (n,) of a polynomial with coefficients (..., k), rising."""
    k = coefficients.shape[-1]
    powers = np.vander(x, k - 1, increasing=True) * np.arange(1, k)
    made: Array = coefficients[..., 1:] @ powers.T
    return made
