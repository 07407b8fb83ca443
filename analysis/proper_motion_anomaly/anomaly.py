"""The motion of each entry against the motion that the positions of the entries show.

Everything is small and linear about a reference star that is propagated rigorously, so perspective
acceleration is in no anomaly (Kervella et al. 2019, A&A 623, A72, section 3.1, take it out likewise).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from analysis.acceleration.entries import Entries, first_of_star
from analysis.acceleration.gls import design, refine, sum_by_star
from analysis.acceleration.reference import residuals
from analysis.kernels.spd import invert
from catalogdb.epoch import KM_S_PER_AU_YR

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Pair(NamedTuple):
    """Two numbers per row with their covariance, as errors and correlation; arrays of shape (n,)."""

    ra: Array
    dec: Array
    ra_error: Array
    dec_error: Array
    corr: Array


class Anomaly(NamedTuple):
    """One row per entry with a motion that could be compared, arrays of shape (k,).

    `entry` is its place in the entries given; `long_term` is the motion of the positions, at the
    entry's epoch [mas/yr]; `anomaly` is the entry's motion minus it. `chi2` has 2 degrees of freedom.
    """

    entry: npt.NDArray[np.int64]
    long_term: Pair
    anomaly: Pair
    chi2: Array
    p: Array
    norm: Array
    norm_error: Array


def pair(value: Array, covariance: Array) -> Pair:
    """Return vectors (n, 2) with covariances (n, 2, 2) as a Pair."""
    error = np.sqrt(np.einsum("nii->ni", covariance))
    corr = covariance[:, 0, 1] / (error[:, 0] * error[:, 1])
    return Pair(value[:, 0], value[:, 1], error[:, 0], error[:, 1], corr)


def chi_square(value: Array, covariance: Array) -> tuple[Array, Array]:
    """Return v' C^-1 v of vectors (n, 2) and its probability under no difference (2 dof)."""
    chi2 = np.einsum("ni,nij,nj->n", value, invert(covariance)[0], value)
    return chi2, chdtrc(2.0, chi2)


def norm(value: Array, covariance: Array) -> tuple[Array, Array]:
    """Return the length of vectors (n, 2) and its standard error, along the vector, to first order.

    At a length of 0 the error is that of the mean direction, sqrt(trace / 2).
    """
    length = np.hypot(value[:, 0], value[:, 1])
    somewhere = length > 0.0
    unit = value / np.where(somewhere, length, 1.0)[:, None]
    along = np.einsum("ni,nij,nj->n", unit, covariance, unit)
    return length, np.sqrt(np.where(somewhere, along, np.einsum("nii->n", covariance) / 2.0))


def tangential_velocity(
    pm_mas_yr: Array, pm_error: Array, parallax_mas: Array, parallax_error: Array
) -> tuple[Array, Array]:
    """Return 1000 * 4.7405 pm / parallax [m/s] and its error; NaN without a positive parallax.

    Kervella et al. 2019, section 3.6. An unknown error of the parallax counts as 0.
    """
    known = parallax_mas > 0.0
    distance = np.where(known, 1.0 / np.where(known, parallax_mas, 1.0), np.nan)
    velocity = 1000.0 * KM_S_PER_AU_YR * pm_mas_yr * distance
    relative = np.nan_to_num(parallax_error) * distance
    return velocity, np.hypot(1000.0 * KM_S_PER_AU_YR * pm_error * distance, velocity * relative)


def ends(rows: Entries) -> Flags:
    """Return which entries are the earliest or the latest of their star that measured a motion, (m,)."""
    epoch = 0.5 * (rows.ra_epoch + rows.dec_epoch)
    without = (~rows.has_motion).astype(np.float64)
    chosen = np.zeros(len(rows), np.bool_)
    for key in (epoch, -epoch):
        first = first_of_star(rows, without, key)
        chosen[first[first >= 0]] = True
    return chosen & rows.has_motion


def core(rows: Entries) -> Anomaly:
    """Return the anomaly of every entry with a motion against the line through all entries' positions.

    Choose the entries before (`ends`, `Entries.rows`): of a star with positions at one epoch alone,
    nothing comes back. The correlation of an entry's own position with its motion is accounted for:
    anomaly = m_k - A_k x with x = N^-1 sum A' W y, so its covariance is
    C_mm + A_k N^-1 A_k' - T - T', T = A_k N^-1 A' W C_pm with the entry's own A, W and C_pm.
    """
    left = residuals(rows, refine(rows))
    model = design(left)[:, :, :4]
    total = covariance(rows)
    weight = invert(total[:, :2, :2])[0]
    weighted = np.swapaxes(model[:, :2], 1, 2) @ weight
    inverse, ok = invert(sum_by_star(weighted @ model[:, :2], rows))
    line = (inverse @ sum_by_star((weighted @ left.values[:, :2, None])[:, :, 0], rows)[:, :, None])[:, :, 0]
    entry = np.flatnonzero(rows.has_motion & ok[rows.star])
    own, mine = rows.star[entry], model[entry][:, 2:]
    expected = (mine @ line[own][:, :, None])[:, :, 0]
    spread = mine @ inverse[own] @ np.swapaxes(mine, 1, 2)
    shared = mine @ inverse[own] @ weighted[entry] @ total[entry][:, :2, 2:]
    value = left.values[entry, 2:] - expected
    both = total[entry][:, 2:, 2:] + spread - shared - np.swapaxes(shared, 1, 2)
    chi2, p = chi_square(value, both)
    length, error = norm(value, both)
    measured = np.stack([rows.pmra[entry], rows.pmdec[entry]], axis=1)
    return Anomaly(entry, pair(measured - value, spread), pair(value, both), chi2, p, length, error)


def covariance(rows: Entries) -> Array:
    """Return the covariance (m, 4, 4) of (ra*, dec, pmra, pmdec); 1 for a motion that is not there."""
    weight = rows.weight.copy()
    for i in (2, 3):
        weight[:, i, i] = np.where(rows.has_motion, weight[:, i, i], 1.0)
    return invert(weight)[0]
