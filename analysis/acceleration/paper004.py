"""The two weightings of paper 004 (Liu et al., Acta Astronomica Sinica): F1 and F2.

Positions only, each coordinate for itself, one proper motion per star; sigma_f is sigma (F1) or
sigma / (t - t0) (F2, equation 9), t0 the epoch of the entry with the smallest error. F1 is the best
linear unbiased estimate (Gauss and Markov). F2's objective Q is no chi-square variable: it has 3.2
times the variance of one with the same mean, so its nominal probabilities are wrong in both tails.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from analysis.acceleration.entries import Entries, first_of_star
from analysis.acceleration.gls import Fit, refine, sum_by_star
from analysis.acceleration.reference import along_star, residuals
from analysis.kernels.spd import invert

Array = npt.NDArray[np.float64]


class Line(NamedTuple):
    """One coordinate of n stars: motion, its variance, the objective Q and Q's expectation."""

    motion: Array
    variance: Array
    objective: Array
    expected: Array


def line(
    rows: Entries,
    offset: Array,
    years: Array,
    error: Array,
    best: npt.NDArray[np.int64],
    *,
    weighting: str,
    free: bool,
) -> Line:
    """Return the fit of offset (m,) [mas] = place + motion * years, place free or that of row `best`.

    The variance and the expectation of Q under uniform motion follow from the entries' true errors,
    not from the weights: with G = (A'WA)^-1 and H = A'WSWA they are G H G and tr(WS) - tr(G H),
    where S is the covariance of the offsets. A fixed place carries its own error into all of them.
    """
    lever = np.abs(years) if weighting == "F2" else 1.0
    weight = (lever / error) ** 2
    common = np.zeros(rows.n_stars)
    model = years[:, None]
    if free:
        model = np.stack([years, np.ones(len(rows))], axis=1)
    else:
        common = error[best] ** 2
        offset = offset - offset[best][rows.star]
        weight[best] = 0.0
    weighted = weight[:, None] * model
    inverse, _ = invert(sum_by_star(weighted[:, :, None] * model[:, None, :], rows))
    spread = sum_by_star(error[:, None, None] ** 2 * weighted[:, :, None] * weighted[:, None, :], rows)
    drag = sum_by_star(weighted, rows)
    spread += common[:, None, None] * drag[:, :, None] * drag[:, None, :]
    value = (inverse @ sum_by_star(weighted * offset[:, None], rows)[:, :, None])[:, :, 0]
    left = offset - (model * value[rows.star]).sum(axis=1)
    total = sum_by_star(weight * (error**2 + common[rows.star]), rows)
    return Line(
        motion=value[:, 0],
        variance=(inverse @ spread @ inverse)[:, 0, 0],
        objective=sum_by_star(weight * left**2, rows),
        expected=total - np.einsum("nij,nji->n", inverse, spread),
    )


@np.errstate(divide="ignore", invalid="ignore", over="ignore")  # absurd errors: no fit, which NaN says
def core(rows: Entries, *, weighting: str = "F2", free: bool = False) -> Fit:
    """Return the fit by F1 or F2, one result per star; nothing about acceleration but chi2_lin.

    dof is 16 for ten positions, with the place free (20 - 4) or fixed (18 - 2: the entry at t0 says
    nothing). chi2_lin is Q for F1 and dof * Q / E0(Q) for F2, with E0 from the entries' covariance
    under uniform motion. The errors of the motion are its true ones under these weights.
    """
    star = refine(rows)
    best = first_of_star(rows, rows.ra_error**2 + rows.dec_error**2)
    known = best >= 0
    rows, star, best = rows.of_stars(known), star[known], best[known]
    observed = along_star(residuals(rows, star))
    ra, dec = (
        line(rows, observed[axis], at - at[best][rows.star], error, best, weighting=weighting, free=free)
        for axis, (at, error) in enumerate(((rows.ra_epoch, rows.ra_error), (rows.dec_epoch, rows.dec_error)))
    )
    dof = 2 * rows.count() - 4
    chi2 = ra.objective + dec.objective
    if weighting == "F2":
        chi2 = np.where(dof > 0, dof * chi2 / (ra.expected + dec.expected), 0.0)
    fitted = np.isfinite(ra.motion) & np.isfinite(dec.motion)
    tested = np.where(fitted & (dof > 0), chi2, np.nan)
    return _all_stars(
        known,
        n_epoch=rows.count(),
        dof=dof,
        chi2_lin=np.where(fitted, chi2, np.nan),
        p_lin=chdtrc(np.maximum(dof, 1), tested),
        ref_epoch=star.epoch_yr,
        pmra=star.pmra + ra.motion,
        pmdec=star.pmdec + dec.motion,
        pmra_error=np.sqrt(ra.variance),
        pmdec_error=np.sqrt(dec.variance),
        pmra_pmdec_corr=np.where(fitted, 0.0, np.nan),
    )


def _all_stars(known: npt.NDArray[np.bool_], **values: npt.NDArray[np.generic]) -> Fit:
    """Return a Fit of all stars: NaN where nothing was fitted, 0 entries and dof -4 without entries."""
    columns = {name: np.full(len(known), np.nan) for name in Fit._fields}
    whole = {"n_epoch": np.zeros(len(known), np.int64), "dof": np.full(len(known), -4)}
    columns |= whole
    for name, value in values.items():
        columns[name][known] = value
    return Fit(**columns)
