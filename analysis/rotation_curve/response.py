"""What errors of distance do to the moments of a bin, as matrices, and how that is undone.

A star that is thought to be q times as far as it is seems to be elsewhere, and its motion across the line of
sight seems q times as fast: v' = v_sun + (e e + q (1 - e e)) (v - v_sun). Its expected moments at the false
place are linear in what the disc has at the true one: the mean of vphi, its second moment, <vR^2>, <vz^2> and
<vR vz>. Summed over stars drawn where they truly may be, that gives a matrix for each pair of moments, from
cells of true R to bins of observed R. The disc's smooth profiles for which the matrices give what is observed
are found by iteration (forward folding); bins are corrected by the difference between the profiles as folded
and as they are, so that no structure is made up that the profiles do not have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.rotation_curve.profiles import Profiles, Statistics, fit_profiles, statistics_of
from analysis.rotation_curve.seen import Place
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

NAME = "rotation_curve"

CELL_KPC = 0.1

BASES = ("one", "vphi", "vphi2", "vr2", "vz2", "tilt")
OUTPUTS = ("vphi", "vphi2", "vr", "vr2", "vz2", "vrvz_z")

_ITERATIONS = 40
_CLOSE, _NEAR = 1e-4, 1e-3
"""Changes of the moments by one iteration, of their size: where it ends, and what is still an answer."""


class NoCorrectionError(AnalysisError):
    """Errors of distance are too large for the bins that the stars are in."""


@dataclass(frozen=True, slots=True)
class Response:
    """Matrices by output and base: sums over stars of bin (b) and cell (c) over the bin's number (b, c)."""

    matrix: dict[tuple[str, str], Array]
    cell_r_kpc: Array
    bin_r_kpc: Array
    z2: Array
    share: Array
    """Of the stars that are observed in a bin (b, c), the share that truly is in the cell."""

    def folded(self, profiles: Profiles) -> Array:
        """Return the expected moments OUTPUTS (6, b) of each bin, for a disc of such profiles."""
        base = profiles.bases(self.cell_r_kpc)
        made = np.zeros((len(OUTPUTS), len(self.bin_r_kpc)))
        for (output, name), matrix in self.matrix.items():
            made[OUTPUTS.index(output)] += matrix @ base[name]
        return made

    def bias(self, profiles: Profiles) -> Array:
        """Return by how much the expected moments (6, b) differ from those of the disc at the bins.

        0 for a bin that no twin falls into.
        """
        return np.nan_to_num(self.folded(profiles) - statistics_of(profiles, self.bin_r_kpc, self.z2))


def response(
    along: Array,
    sun_motion: Array,
    true: Place,
    at: Place,
    ratio: Array,
    bins: Integers,
    n_bins: int,
) -> Response:
    """Return the response of stars (n,) that are at `true` and observed at `at`, `ratio` times as far.

    `bins` is the bin of each, -1 outside all.
    """
    kept = bins >= 0
    along, ratio, bins = along[kept], ratio[kept], bins[kept]
    true, at = (_of(each, kept) for each in (true, at))
    low = np.floor(true.r_kpc.min() / CELL_KPC)
    cell = (true.r_kpc / CELL_KPC - low).astype(np.intp)
    n_cells = int(cell.max()) + 1
    stars = np.bincount(bins, minlength=n_bins)
    count = np.where(stars > 0, stars, np.nan)
    flat = bins * n_cells + cell

    def summed(weight: Array | None) -> Array:
        made: Array = np.bincount(flat, weight, n_bins * n_cells).reshape(n_bins, n_cells) / count[:, None]
        return made

    k, coefficients = _linear(along, sun_motion, true, at, ratio)
    kappa = true.r_kpc * true.z_kpc / (true.r_kpc**2 + true.z_kpc**2)
    matrix = {}
    for output, axis in (("vphi", "phi"), ("vr", "r")):
        matrix[output, "one"] = summed(k[axis])
        matrix[output, "vphi"] = summed(coefficients[axis][1])
    pairs = {"vphi2": ("phi", "phi"), "vr2": ("r", "r"), "vz2": ("z", "z"), "vrvz_z": ("r", "z")}
    for output, (left, right) in pairs.items():
        factor = at.z_kpc if output == "vrvz_z" else np.ones(len(bins))
        a, b, k_a, k_b = coefficients[left], coefficients[right], k[left] * factor, k[right]
        matrix[output, "one"] = summed(k_a * k_b)
        matrix[output, "vphi"] = summed(k_a * b[1] + factor * k_b * a[1])
        for base, i in (("vphi2", 1), ("vr2", 0), ("vz2", 2)):
            matrix[output, base] = summed(factor * a[i] * b[i])
        matrix[output, "tilt"] = summed(factor * (a[0] * b[2] + a[2] * b[0]) * kappa)
    cells = np.bincount(cell, true.r_kpc, n_cells)
    filled = np.bincount(cell, minlength=n_cells)
    middle = (np.arange(n_cells) + low + 0.5) * CELL_KPC
    return Response(
        matrix,
        np.where(filled > 0, cells / np.maximum(filled, 1), middle),
        np.bincount(bins, at.r_kpc, n_bins) / count,
        np.bincount(bins, at.z_kpc**2, n_bins) / count,
        summed(None),
    )


def _linear(
    along: Array, sun_motion: Array, true: Place, at: Place, ratio: Array
) -> tuple[dict[str, Array], dict[str, tuple[Array, Array, Array]]]:
    """Return constants (n,) and coefficients of vR, vphi, vz in each component that is thought to be."""
    zero = np.zeros(len(ratio))
    axes = {
        "r": (at.out_x, at.out_y, zero),
        "phi": (at.out_y, -at.out_x, zero),
        "z": (zero, zero, zero + 1.0),
    }
    constants, coefficients = {}, {}
    for name, axis in axes.items():
        on_line = (1.0 - ratio) * sum(axis[i] * along[:, i] for i in range(3))
        a = [ratio * axis[i] + on_line * along[:, i] for i in range(3)]
        constants[name] = sum((axis[i] - a[i]) * sun_motion[i] for i in range(3))
        coefficients[name] = (
            a[0] * true.out_x + a[1] * true.out_y,
            a[0] * true.out_y - a[1] * true.out_x,
            a[2],
        )
    return constants, coefficients


def _of(place: Place, kept: npt.NDArray[np.bool_]) -> Place:
    return Place(*(getattr(place, name)[kept] for name in place.__slots__))


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be taken off the moments of the bins (6, b), and the smooth profiles that say so."""

    observed: Statistics
    bias: Array
    profiles: Profiles
    fold: Response

    def applied(self, replicates: Array) -> tuple[Array, Array]:
        """Return the corrected moments (6, b), and replicates (k, 6, b) of the observed ones, corrected.

        A replicate has profiles of its own, and so a bias of its own, here to first order.
        """
        corrected = self.observed.moments - self.bias
        if not len(replicates):
            return corrected, replicates
        return corrected, corrected + self.carried(replicates - self.observed.moments)

    def carried(self, moved: Array) -> Array:
        """Return by how much the corrected moments move if the observed ones move by so much (k, 6, b).

        Biases that differ by so much for the same profiles move them as much, the other way.
        """
        by_observed = _propagation(self.observed.less(self.bias), self.profiles, self.fold)
        made: Array = (moved.reshape(len(moved), -1) @ by_observed.T).reshape(moved.shape)
        return made


def correction(fold: Response, observed: Statistics) -> Correction:
    """Find the profiles that, folded, give the observed moments; raises NoCorrectionError if none does."""
    off = np.zeros_like(observed.moments)
    profiles, change = fit_profiles(observed), np.inf
    for _ in range(_ITERATIONS):
        new = fold.bias(profiles)
        change = np.max(np.abs(new - off) / np.maximum(np.abs(observed.moments), 1.0))
        off = new
        profiles = fit_profiles(observed.less(off))
        if change < _CLOSE or not np.isfinite(profiles.vector()).all():
            break
    if change < _NEAR and np.isfinite(profiles.vector()).all():
        return Correction(observed, off, profiles, fold)
    raise NoCorrectionError(
        f"{NAME}: what errors of distance did to the moments of these bins can not be undone: no smooth "
        "disc, seen with them, is like that. The bins are too few or too narrow for errors so large: give "
        "wider ones over a wider --range, stars with better distances, or --distance-errors ignore, which "
        "leaves in what they did"
    )


def _propagation(corrected: Statistics, profiles: Profiles, fold: Response) -> Array:
    """Return the derivative of corrected moments by observed ones (6 b, 6 b).

    corrected = observed - bias(profiles(corrected)).
    """
    n = corrected.moments.size
    centre = profiles.vector()
    by_parameter = np.empty((n, len(centre)))
    for k in range(len(centre)):
        step = np.zeros(len(centre))
        step[k] = 1e-4 * max(abs(centre[k]), 0.01)
        high, low = (fold.bias(profiles.moved(centre + sign * step)) for sign in (1.0, -1.0))
        by_parameter[:, k] = ((high - low) / (2.0 * step[k])).ravel()
    by_moment = profiles.by_moment(corrected)
    inner = np.linalg.solve(np.eye(len(centre)) + by_moment @ by_parameter, by_moment)
    made: Array = np.eye(n) - by_parameter @ inner
    return made
