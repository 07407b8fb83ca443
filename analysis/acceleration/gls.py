"""Generalised least squares of uniform and accelerated motion, all stars at once.

Each entry measures (ra*, dec) or (ra*, dec, pmra, pmdec) with its own covariance at its own epoch.
The parameters are corrections to a reference star that is propagated rigorously, so the model of
the small remainders, polynomials of time in the tangent plane, is linear.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from analysis.acceleration.entries import Entries
from analysis.acceleration.reference import Residuals, reference, residuals, shifted
from analysis.kernels.spd import invert
from catalogdb.epoch import MAS_PER_RAD, Astrometry

Array = npt.NDArray[np.float64]

TOLERANCE_MAS = 1e-4
"""Largest error of the linear model, at any epoch, before the reference star is improved."""

MAX_STEPS = 10


class Fit(NamedTuple):
    """Per star, arrays of shape (n,); NaN where the entries do not determine a value."""

    n_epoch: npt.NDArray[np.int64]
    dof: npt.NDArray[np.int64]
    chi2_lin: Array
    p_lin: Array
    chi2_acc: Array
    p_acc: Array
    ref_epoch: Array
    pmra: Array
    pmdec: Array
    pmra_error: Array
    pmdec_error: Array
    pmra_pmdec_corr: Array
    acc_ra: Array
    acc_dec: Array
    acc_ra_error: Array
    acc_dec_error: Array
    acc_ra_acc_dec_corr: Array


class Solution(NamedTuple):
    """Parameters (n, k), their covariance (n, k, k) and chi-square (n,); NaN where singular."""

    value: Array
    covariance: Array
    chi2: Array


def design(left: Residuals) -> Array:
    """Return d(ra*, dec, pmra, pmdec) / d(ra*, dec, pmra, pmdec, acc_ra, acc_dec), shape (m, 4, 6).

    The parameters are along the reference star's east and north, at the reference epoch.
    """
    cos, sin = np.cos(left.turn), np.sin(left.turn)
    matrix = np.zeros((len(cos), 4, 6))
    for row, (east, north) in enumerate(((cos[:, 0], sin[:, 0]), (-sin[:, 1], cos[:, 1]))):
        years = left.years[:, row]
        for column, direction in enumerate((east, north)):
            matrix[:, row, column] = direction
            matrix[:, row, 2 + column] = direction * years
            matrix[:, row, 4 + column] = direction * years**2 / 2.0
            matrix[:, 2 + row, 2 + column] = direction
            matrix[:, 2 + row, 4 + column] = direction * years
    return matrix


def sum_by_star(values: Array, rows: Entries) -> Array:
    """Return the sum over each star's rows, shape (n, ...); 0 for a star without any."""
    total = np.zeros((rows.n_stars, *values.shape[1:]))
    if len(rows):
        stars, first = np.unique(rows.star, return_index=True)
        total[stars] = np.add.reduceat(values, first, axis=0)
    return total


def solve(rows: Entries, observed: Array, model: Array) -> Solution:
    """Return each star's least-squares solution of observed (m, 4) = model (m, 4, k) * parameters."""
    weighted = np.swapaxes(model, 1, 2) @ rows.weight
    covariance, _ = invert(sum_by_star(weighted @ model, rows))
    right = sum_by_star((weighted @ observed[:, :, None])[:, :, 0], rows)
    value = (covariance @ right[:, :, None])[:, :, 0]
    # From the residuals: the difference of two large sums would lose the digits that matter.
    left = observed - (model @ value[rows.star][:, :, None])[:, :, 0]
    chi2 = sum_by_star(np.einsum("mi,mij,mj->m", left, rows.weight, left), rows)
    return Solution(value, covariance, np.where(np.isnan(value[:, 0]), np.nan, chi2))


def refine(rows: Entries) -> Astrometry:
    """Return a reference star so near to uniform motion's solution that the model is linear.

    A step of length d to a star that travels s between its epochs is wrong by d (d + s) radians.
    """
    star = reference(rows)
    todo = np.ones(rows.n_stars, np.bool_)
    for _ in range(MAX_STEPS):
        part, near = rows.of_stars(todo), star[todo]
        left = residuals(part, near)
        step = solve(part, left.values, design(left)[:, :, :4]).value
        span = np.zeros(part.n_stars)
        np.maximum.at(span, part.star, np.abs(left.years).max(axis=1))
        length = np.hypot(step[:, 0], step[:, 1]) + np.hypot(step[:, 2], step[:, 3]) * span
        travel = np.hypot(near.pmra, near.pmdec) * span
        far = length * (length + travel) / MAS_PER_RAD > TOLERANCE_MAS
        if not far.any():
            break
        todo[todo] = far
        star = _replaced(star, todo, shifted(near[far], step[far]))
    return star


def _replaced(star: Astrometry, where: npt.NDArray[np.bool_], new: Astrometry) -> Astrometry:
    for name in ("ra", "dec", "pmra", "pmdec"):
        getattr(star, name)[where] = getattr(new, name)
    return star


def core(rows: Entries) -> Fit:
    """Return the fit of uniform and of accelerated motion to usable entries, one result per star.

    dof counts positions and motions used minus 4. p_acc is the probability of the improvement by
    two acceleration parameters under uniform motion (chi-square with 2 dof).
    """
    star = refine(rows)
    left = residuals(rows, star)
    model = design(left)
    linear = solve(rows, left.values, model[:, :, :4])
    curved = solve(rows, left.values, model)
    measured = sum_by_star(np.where(rows.has_motion, 4.0, 2.0), rows).astype(np.int64)
    dof = measured - 4
    error = np.sqrt(np.einsum("nii->ni", linear.covariance))
    acc_error = np.sqrt(np.einsum("nii->ni", curved.covariance))
    tested = np.where(dof > 0, linear.chi2, np.nan)
    gain = np.einsum(
        "ni,nij,nj->n", curved.value[:, 4:], invert(curved.covariance[:, 4:, 4:])[0], curved.value[:, 4:]
    )
    return Fit(
        n_epoch=rows.count(),
        dof=dof,
        chi2_lin=linear.chi2,
        p_lin=chdtrc(np.maximum(dof, 1), tested),
        chi2_acc=curved.chi2,
        p_acc=chdtrc(2.0, gain),
        ref_epoch=star.epoch_yr,
        pmra=star.pmra + linear.value[:, 2],
        pmdec=star.pmdec + linear.value[:, 3],
        pmra_error=error[:, 2],
        pmdec_error=error[:, 3],
        pmra_pmdec_corr=linear.covariance[:, 2, 3] / (error[:, 2] * error[:, 3]),
        acc_ra=curved.value[:, 4],
        acc_dec=curved.value[:, 5],
        acc_ra_error=acc_error[:, 4],
        acc_dec_error=acc_error[:, 5],
        acc_ra_acc_dec_corr=curved.covariance[:, 4, 5] / (acc_error[:, 4] * acc_error[:, 5]),
    )
