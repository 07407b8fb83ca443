"""Generalised least squares of uniform, accelerated and jerked motion, all stars at once.

Each entry measures (ra*, dec) or (ra*, dec, pmra, pmdec) with its own covariance at its own epoch.
The parameters are corrections to a reference star that is propagated rigorously, so the model of
the small remainders, polynomials of time in the tangent plane, is linear.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from analysis.acceleration.entries import Entries
from analysis.acceleration.reference import Residuals
from analysis.kernels.arrays import plain
from analysis.kernels.spd import invert
from catalogdb.epoch import Astrometry

Array = npt.NDArray[np.float64]

STARS_PER_THREAD = 1000
"""Fewer are done before a further thread has started."""


class Fit(NamedTuple):
    """Per star, arrays of shape (n,); NaN where the entries do not determine a value."""

    n_epoch: npt.NDArray[np.int64]
    dof: npt.NDArray[np.int64]
    chi2_lin: Array
    p_lin: Array
    chi2_acc: Array
    p_acc: Array
    chi2_jerk: Array
    p_jerk: Array
    ref_epoch: Array
    epoch_first: Array
    epoch_last: Array
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
    acc_snr: Array
    parallax: Array


class Solution(NamedTuple):
    """Parameters (n, k), their covariance (n, k, k) and chi-square (n,); NaN where singular."""

    value: Array
    covariance: Array
    chi2: Array


def design(left: Residuals) -> Array:
    """Return d(ra*, dec, pmra, pmdec) / d(parameters), shape (m, 4, 8).

    The parameters are ra*, dec and three derivatives of both, along the reference star's east and
    north, at the reference epoch; the first 4, 6 and 8 of them are the three models.
    """
    cos, sin = np.cos(left.turn), np.sin(left.turn)
    matrix = np.zeros((len(cos), 4, 8))
    for row, (east, north) in enumerate(((cos, sin), (-sin, cos))):
        years = left.years[:, row]
        for column, direction in enumerate((east, north)):
            matrix[:, row, column] = direction
            matrix[:, row, 2 + column] = direction * years
            matrix[:, row, 4 + column] = direction * years**2 / 2.0
            matrix[:, row, 6 + column] = direction * years**3 / 6.0
            matrix[:, 2 + row, 2 + column] = direction
            matrix[:, 2 + row, 4 + column] = direction * years
            matrix[:, 2 + row, 6 + column] = direction * years**2 / 2.0
    return matrix


def sum_by_star(values: Array, rows: Entries) -> Array:
    """Return the sum over each star's rows, shape (n, ...); 0 for a star without any."""
    total = np.zeros((rows.n_stars, *values.shape[1:]))
    if len(rows):
        stars, first = np.unique(rows.star, return_index=True)
        with np.errstate(over="ignore", invalid="ignore"):  # absurd errors: no fit, which NaN says
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

    It is NaN where a star has no entries.
    """
    return _star(_fitted(rows, None))


def core(rows: Entries, *, threads: int | None = None) -> Fit:
    """Return the fit of uniform, accelerated and jerked motion to usable entries, one result per star.

    The models are nested, with 4, 6 and 8 parameters, and solved together by reflections of the
    whitened design, so that no chi-square is a difference. dof counts positions and motions used
    minus 4. p_acc and p_jerk are the probabilities of the improvement by two further parameters if
    the model without them is true (chi-square with 2 dof). Every star is computed by itself: the
    result of a part of the sky is that part of the result. `threads` defaults to the processors.
    """
    found = _fitted(rows, threads)
    dof = np.nan_to_num(found["measured"]).astype(np.int64) - 4
    tested = np.where(dof > 0, found["chi2_lin"], np.nan)
    pm_error = np.sqrt(found["pmra_var"]), np.sqrt(found["pmdec_var"])
    acc_error = np.sqrt(found["acc_ra_var"]), np.sqrt(found["acc_dec_var"])
    return Fit(
        n_epoch=rows.count(),
        dof=dof,
        chi2_lin=found["chi2_lin"],
        p_lin=chdtrc(np.maximum(dof, 1), tested),
        chi2_acc=found["chi2_acc"],
        p_acc=np.exp(-0.5 * found["gain_acc"]),
        chi2_jerk=found["chi2_jerk"],
        p_jerk=np.exp(-0.5 * found["gain_jerk"]),
        ref_epoch=found["epoch"],
        epoch_first=found["epoch_first"],
        epoch_last=found["epoch_last"],
        pmra=found["pmra"] + found["step_pmra"],
        pmdec=found["pmdec"] + found["step_pmdec"],
        pmra_error=pm_error[0],
        pmdec_error=pm_error[1],
        pmra_pmdec_corr=found["pm_cov"] / (pm_error[0] * pm_error[1]),
        acc_ra=found["acc_ra"],
        acc_dec=found["acc_dec"],
        acc_ra_error=acc_error[0],
        acc_dec_error=acc_error[1],
        acc_ra_acc_dec_corr=found["acc_cov"] / (acc_error[0] * acc_error[1]),
        acc_snr=np.sqrt(found["gain_acc"]),
        parallax=found["parallax"],
    )


def _fitted(rows: Entries, threads: int | None) -> dict[str, Array]:
    """Return, by the names of `star_fits.FIELDS`, what the loops find of each star."""
    from analysis.kernels import star_fits  # numba takes a quarter of a second to import

    start = np.searchsorted(rows.star, np.arange(rows.n_stars + 1))
    columns = plain(*(getattr(rows, name) for name in star_fits.COLUMNS))
    weight, has_motion = plain(rows.weight, rows.has_motion)
    found = np.empty((len(star_fits.FIELDS), rows.n_stars))

    def part(low: int, high: int) -> None:
        star_fits.fit_stars(start, columns, weight, has_motion, star_fits.MAX_STEPS, low, high, found)

    # The loops let go of the interpreter's lock; threads of our own, unlike numba's, may run in any thread.
    workers = max(1, min(threads or os.cpu_count() or 1, rows.n_stars // STARS_PER_THREAD))
    edges = np.linspace(0, rows.n_stars, workers + 1).astype(int).tolist()
    with ThreadPoolExecutor(workers, thread_name_prefix="fit") as pool:
        list(pool.map(part, edges[:-1], edges[1:]))
    return dict(zip(star_fits.FIELDS, found, strict=True))


def _star(found: Mapping[str, Array]) -> Astrometry:
    return Astrometry(
        ra=found["ra"],
        dec=found["dec"],
        epoch_yr=found["epoch"],
        parallax=found["parallax"],
        pmra=found["pmra"],
        pmdec=found["pmdec"],
        radial_motion=found["radial_motion"],
    )
