"""Precision, which repeats tell, and accuracy, which needs another's truth: estimates with their errors.

Paper 001, section 1.2: precision is the random error of a measurement, accuracy the systematic error of a
method, which repeats itself and may change with the labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Repeats(NamedTuple):
    """What several spectra of stars say: `precision` is the scatter of one spectrum about its star's mean.

    `scale` is that over the claimed errors (1 is right), `robust` the same from the median of differences of
    pairs, which a few bad spectra do not move.
    """

    stars: int
    spectra: int
    precision: float
    precision_error: float
    claimed: float
    scale: float
    scale_error: float
    robust: float


def repeats(star: Sequence[object], value: Array, sigma: Array) -> Repeats | None:
    """Return what repeated values (n,) with claimed errors say; None if no star has two.

    Within each star chi2 about its weighted mean has one degree of freedom less than spectra: its sum over
    that of the degrees is the square of `scale`, known to 1 / sqrt(2 dof) of itself.
    """
    there = np.isfinite(value) & np.isfinite(sigma) & (sigma > 0.0)
    names, index, count = np.unique(
        np.array([str(each) for each in star])[there], return_inverse=True, return_counts=True
    )
    keep = count[index] >= 2
    if not keep.any():
        return None
    index, x, s = index[keep], value[there][keep], sigma[there][keep]
    m = len(names)
    number = np.bincount(index, minlength=m)
    dof = int(number[number > 0].sum() - (number > 0).sum())
    weight = s**-2
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.bincount(index, weight * x, m) / np.bincount(index, weight, m)
        plain = np.bincount(index, x, m) / number
    chi2 = float((weight * (x - middle[index]) ** 2).sum())
    precision = math.sqrt(float(((x - plain[index]) ** 2).sum()) / dof)
    scale = math.sqrt(chi2 / dof)
    share = 1.0 / math.sqrt(2.0 * dof)
    order = np.argsort(index, kind="stable")
    pair = index[order][1:] == index[order][:-1]
    difference = (np.diff(x[order]) / np.hypot(s[order][1:], s[order][:-1]))[pair]
    return Repeats(
        stars=int((number > 0).sum()),
        spectra=len(x),
        precision=precision,
        precision_error=precision * share,
        claimed=float(np.median(s)),
        scale=scale,
        scale_error=scale * share,
        robust=1.482602 * float(np.median(np.abs(difference))),
    )


class Against(NamedTuple):
    """Values against a reference: mean difference, its scatter, and that without the errors of others.

    `scatter` is the standard deviation of the differences, `own` that without the errors of the reference
    (0 if these explain it), `scale` the root mean square of difference over both claimed errors, the
    mean taken off.
    """

    n: int
    bias: float
    bias_error: float
    scatter: float
    own: float
    claimed: float
    scale: float
    scale_error: float


def against(value: Array, sigma: Array, reference: Array, reference_sigma: Array) -> Against | None:
    """Return values (n,) against a reference (n,), both with errors (n,); None for fewer than 3.

    An error of the reference that is NaN counts as 0: `own` is then an upper limit.
    """
    there = np.isfinite(value) & np.isfinite(reference)
    if there.sum() < 3:
        return None
    off = (value - reference)[there]
    other = np.nan_to_num(reference_sigma[there])
    mine = np.nan_to_num(sigma[there])
    n = len(off)
    scatter = float(off.std(ddof=1))
    both = np.hypot(mine, other)
    known = both > 0.0
    scale = math.nan
    if known.sum() > 2:
        square = ((off - off.mean()) / np.where(known, both, 1.0)) ** 2
        scale = math.sqrt(float(square[known].mean()) * n / (n - 1))
    return Against(
        n=n,
        bias=float(off.mean()),
        bias_error=scatter / math.sqrt(n),
        scatter=scatter,
        own=math.sqrt(max(0.0, scatter**2 - float((other**2).mean()))),
        claimed=float(np.median(mine)),
        scale=scale,
        scale_error=scale / math.sqrt(2.0 * (n - 1)),
    )


def trend(off: Array, by: Array) -> tuple[float, float]:
    """Return the slope of differences (n,) by a label (n,) and its error; NaN for fewer than 4."""
    there = np.isfinite(off) & np.isfinite(by)
    x, y = by[there] - by[there].mean() if there.any() else by[there], off[there]
    square = float((x**2).sum())
    if len(x) < 4 or not square > 0.0:
        return math.nan, math.nan
    slope = float((x * y).sum()) / square
    left = y - y.mean() - slope * x
    return slope, math.sqrt(float((left**2).sum()) / (len(x) - 2) / square)


class Members(NamedTuple):
    """Stars of one cluster, or of several with each cluster's mean taken off, which should be alike.

    `excess` is the scatter beyond the claimed errors (0 if these explain it).
    """

    n: int
    clusters: int
    scatter: float
    scatter_error: float
    excess: float
    claimed: float


def members(cluster: Sequence[object], value: Array, sigma: Array) -> tuple[Members | None, Array]:
    """Return the scatter of a label (n,) within clusters, and the differences (n,) from their means.

    A cluster of fewer than 3 stars with a value does not count (NaN).
    """
    there = np.isfinite(value)
    names = np.array([str(each) for each in cluster])
    off = np.full(len(value), np.nan)
    used = 0
    for name in np.unique(names[there]):
        mine = there & (names == name)
        if mine.sum() >= 3:
            off[mine] = value[mine] - value[mine].mean()
            used += 1
    inside = np.isfinite(off)
    if not used:
        return None, off
    dof = int(inside.sum()) - used
    variance = float((off[inside] ** 2).sum()) / dof
    errors = np.nan_to_num(sigma[inside])
    return (
        Members(
            n=int(inside.sum()),
            clusters=used,
            scatter=math.sqrt(variance),
            scatter_error=math.sqrt(variance / (2.0 * dof)),
            excess=math.sqrt(max(0.0, variance - float((errors**2).mean()))),
            claimed=float(np.median(errors)),
        ),
        off,
    )
