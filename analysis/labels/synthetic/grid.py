"""The fine grid on which lines are added up, and how a spectrograph sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from analysis.labels.synthetic.atmosphere import C_KM_S
from analysis.labels.synthetic.lines import Lines, lines
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

STEP_KM_S = 0.8
"""Of the fine grid: half of the Doppler width of iron in the Sun."""

REACH_KM_S = 25.0
"""How far from its centre a weak line is followed."""

FAR_KM_S = 1500.0
"""The same of a line that may have wings."""

STRONG = 2.0
"""log10 of the central opacity in the Sun from which on a line has them; every real line does."""

SIGMAS = 4.0
"""How far the spectrograph's Gaussian is followed."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Everything that does not depend on a star.

    `fine_angstrom` (q,) is the fine grid, `lines` the m lines that reach it. Pairs of pixel and line are
    ordered by pixel: `line` (r,) is the line of each, `offset_km_s` (r,) its distance, and the pairs of
    pixel i are `start[i]` to `start[i + 1]`. `seen` (p, q), sparse, is what the spectrograph does.
    """

    wavelength_angstrom: Array
    fine_angstrom: Array
    lines: Lines
    start: npt.NDArray[np.int64]
    line: npt.NDArray[np.int64]
    offset_km_s: Array
    seen: sparse.csr_matrix


def grid(wavelength_angstrom: Array, resolution: float, chosen: Lines | None = None) -> Grid:
    """Return the grid for wavelengths (p,), ascending, at a resolving power.

    Raises AnalysisError for wavelengths that do not ascend, or a resolving power not above 0.
    """
    at = np.asarray(wavelength_angstrom, np.float64)
    if at.ndim != 1 or not len(at) or not np.isfinite(at).all() or at[0] <= 0.0 or (np.diff(at) <= 0.0).any():
        raise AnalysisError("a synthetic spectrum needs wavelengths [Angstrom] above 0 that ascend")
    if not 0.0 < resolution < np.inf:
        raise AnalysisError(f"a synthetic spectrum needs a resolving power above 0, not {resolution:g}")
    sigma_km_s = C_KM_S / resolution / np.sqrt(8.0 * np.log(2.0))
    margin = (SIGMAS * sigma_km_s + 2.0 * STEP_KM_S) / C_KM_S
    low, high = np.log(at[0]) - margin, np.log(at[-1]) + margin
    fine = np.exp(np.arange(low, high, STEP_KM_S / C_KM_S))
    every = lines() if chosen is None else chosen
    reach = np.where(_strong(every), FAR_KM_S, REACH_KM_S)
    away = reach / C_KM_S
    near = every[
        (every.wavelength_angstrom > fine[0] * (1.0 - away))
        & (every.wavelength_angstrom < fine[-1] * (1.0 + away))
    ]
    return Grid(at, fine, near, *_pairs(fine, near), _seen(at, fine, sigma_km_s))


def _strong(every: Lines) -> npt.NDArray[np.bool_]:
    return ~(every.log_eta_sun < STRONG)


def _pairs(fine: Array, near: Lines) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]:
    """Return the pairs of pixel and line that are near enough, ordered by pixel."""
    reach = np.where(_strong(near), FAR_KM_S, REACH_KM_S) / C_KM_S
    first = np.searchsorted(fine, near.wavelength_angstrom * (1.0 - reach))
    last = np.searchsorted(fine, near.wavelength_angstrom * (1.0 + reach))
    line = np.repeat(np.arange(len(near)), last - first)
    pixel = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [line])
    order = np.argsort(pixel, kind="stable")
    pixel, line = pixel[order].astype(np.int64), line[order]
    start = np.searchsorted(pixel, np.arange(len(fine) + 1))
    offset = np.log(fine[pixel] / near.wavelength_angstrom[line]) * C_KM_S
    return start, line, offset


def _seen(at: Array, fine: Array, sigma_km_s: float) -> sparse.csr_matrix:
    """Return the Gaussian of the spectrograph as a matrix (p, q) whose rows add up to 1."""
    reach = SIGMAS * sigma_km_s / C_KM_S
    first = np.searchsorted(fine, at * np.exp(-reach))
    last = np.maximum(np.searchsorted(fine, at * np.exp(reach)), first + 1)
    column = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])
    row = np.repeat(np.arange(len(at)), last - first)
    weight = np.exp(-0.5 * (np.log(fine[column] / at[row]) * C_KM_S / sigma_km_s) ** 2)
    total = np.bincount(row, weight, len(at))
    return sparse.csr_matrix((weight / total[row], (row, column)), shape=(len(at), len(fine)))
