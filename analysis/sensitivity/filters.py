"""What a test makes of a star's wobble: a linear map from what the entries see to its statistic.

With noise of the entries' covariance the statistic is a non-central chi-square variable whose
non-centrality is the squared length of the map of the signal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2, ncx2

from analysis.acceleration.entries import Entries
from analysis.acceleration.gls import design, refine, sum_by_star
from analysis.acceleration.reference import residuals
from analysis.kernels.spd import invert

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

TESTS = ("acceleration", "linear")

WINDOW_YR = {
    # High quality data from November 1989 to March 1993 (abstract of CDS I/239).
    "hipparcos": 3.37,
    "hipparcos2": 3.37,
    # The first 34 months (Gaia Collaboration 2023, A&A 674, A1, abstract).
    "gaia_dr3": 34.0 / 12.0,
    "gaia_edr3": 34.0 / 12.0,
    # 22 and 14 months: from memory, not verified.
    "gaia_dr2": 22.0 / 12.0,
    "gaia_dr1": 14.0 / 12.0,
    "tgas": 14.0 / 12.0,
}
"""How long [yr] a catalogue observed each star; an orbit that turns within it is smeared.

A catalogue that is not named counts as one short exposure, with the motion of that instant.
"""


class Filter(NamedTuple):
    """One star's map `gain` (r, m, 4) of (east, north, their rates) [mas, mas/yr] of m entries.

    The test statistic has r degrees of freedom. `ra_epoch`, `dec_epoch` and `window` (m,) [yr] say
    when and for how long each entry was observed.
    """

    gain: Array
    ra_epoch: Array
    dec_epoch: Array
    window: Array


def filters(rows: Entries, window_yr: Array, test: str) -> list[Filter]:
    """Return the Filter of each star of usable entries that count; `window_yr` (m,) is 0 for an instant.

    `acceleration`: the improvement by two acceleration parameters, a' C^-1 a of the fitted ones;
    `linear`: the chi-square of uniform motion. A star whose test is not determined has r = 0.
    """
    left = residuals(rows, refine(rows))
    model = design(left)
    # Along the axes of the reference star: positions as in columns 0, 1 and rates as in 2, 3.
    turned = np.zeros((len(rows), 4, 4))
    turned[:, :2, :2], turned[:, 2:, 2:] = model[:, :2, :2], model[:, 2:, 2:4]
    size = 6 if test == "acceleration" else 4
    weighted = np.swapaxes(model[:, :, :size], 1, 2) @ rows.weight
    inverse, ok = invert(sum_by_star(weighted @ model[:, :, :size], rows))
    bounds = np.searchsorted(rows.star, np.arange(rows.n_stars + 1))
    result = []
    for i in range(rows.n_stars):
        own = slice(bounds[i], bounds[i + 1])
        if not ok[i]:
            gain = np.zeros((0, bounds[i + 1] - bounds[i], 4))
        elif test == "acceleration":
            gain = _of_acceleration(inverse[i], weighted[own]) @ turned[own]
        else:
            gain = _of_line(inverse[i], weighted[own], rows.weight[own]) @ turned[own]
        gain = gain.swapaxes(0, 1) if ok[i] else gain
        result.append(Filter(gain, rows.ra_epoch[own], rows.dec_epoch[own], window_yr[own]))
    return result


def _of_acceleration(inverse: Array, weighted: Array) -> Array:
    """Return U C X' W of each entry (m, 2, 4), U' U the inverse covariance of the acceleration."""
    root = np.linalg.cholesky(np.linalg.inv(inverse[4:, 4:])).T
    return np.asarray((root @ inverse[4:]) @ weighted)


def _of_line(inverse: Array, weighted: Array, weight: Array) -> Array:
    """Return a map (m, r, 4) whose squared length is y' (W - W X N^-1 X' W) y, r = measurements - 4."""
    m = len(weight)
    flat = np.moveaxis(weighted, 0, 1).reshape(4, 4 * m)
    whole = np.zeros((4 * m, 4 * m))
    for k in range(m):
        whole[4 * k : 4 * k + 4, 4 * k : 4 * k + 4] = weight[k]
    values, vectors = np.linalg.eigh(whole - flat.T @ inverse @ flat)
    rank = int((np.einsum("nii->ni", weight) > 0.0).sum()) - 4
    kept = slice(4 * m - max(rank, 0), None)
    root = np.sqrt(np.maximum(values[kept], 0.0))[:, None] * vectors[:, kept].T
    return np.moveaxis(root.reshape(-1, m, 4), 0, 1)


class Detection:
    """Probability of a statistic above the threshold of probability `p`, by its non-centrality."""

    def __init__(self, p: float) -> None:
        self.p = p
        self._tables: dict[int, tuple[Array, Array]] = {}

    def __call__(self, dof: int, length: Array) -> Array:
        """Return the probability for lengths, the square roots of the non-centrality, of any shape."""
        if dof not in self._tables:
            threshold = chi2.isf(self.p, dof)
            at = np.linspace(0.0, np.sqrt(threshold) + 8.0, 600)
            exceeds = ncx2.sf(threshold, dof, np.maximum(at, 1e-9) ** 2)
            self._tables[dof] = at, np.asarray(exceeds, np.float64)
        at, probability = self._tables[dof]
        return np.interp(length, at, probability)
