"""Labels of spectra by their model: many spectra at once, by Gauss-Newton steps with Marquardt's damping.

chi2 = sum of (flux - model)^2 / (1 / ivar + model variance), and of the prior where there is one. Every star
has its own damping and leaves the batch when it has converged. The covariance is the inverse of half the
curvature of chi2, with the model's own error in the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.labels.model import SpectralModel
from analysis.labels.normal_equations import Data, Step, begin_at, prepared, step
from analysis.labels.normalise import Smoothing

Array = npt.NDArray[np.float64]
Prior = tuple[Array, Array]

NO_CONVERGENCE, TOO_FEW_PIXELS, BEYOND_TRAINING, POOR_FIT, UNDETERMINED, NOISY_MODEL = 1, 2, 4, 8, 16, 32
WORDS = {
    NO_CONVERGENCE: "no_convergence",
    TOO_FEW_PIXELS: "too_few_pixels",
    BEYOND_TRAINING: "beyond_training",
    POOR_FIT: "poor_fit",
    UNDETERMINED: "undetermined",
    NOISY_MODEL: "noisy_model",
}
"""What a flag's bits say; 0 is a good fit."""

MAX_ITERATIONS = 60
MOST_EXCESS, NOISY = 0.5, 1.0
"""Part of the curvature that may be noise of the training: in all directions, for labels to be corrected; in
the worst one, for the fit not to be flagged.
"""
UNDAMPED, RIDGE = 1e-3, 1e-14
"""Below the one damping is left away, for the full step is known; the other is added to every diagonal."""


class Tolerance(NamedTuple):
    """When a fit has converged: a full step would lower chi2 by less than `gain`; or, where that is less than
    the part `CLOSE` of it, a step changed it by less than `stall`, or `rejections` in a row raised it.
    """

    gain: float
    stall: float = 0.0
    rejections: float = np.inf


CLOSE = 5e-3
SMOOTH = Tolerance(1e-5)
"""0.003 standard deviations from the minimum."""
KINKED = Tolerance(1e-2, 0.1, 3)
"""For models whose slopes jump: near the minimum their steps overshoot, and no smaller gain can be had."""
QUICK = Tolerance(1e-3, 1e-2, 3)
APPROACH = Tolerance(0.1, 0.1, 3)
"""Near enough for the model's own error, and for its smoothing to join in."""
NEAR = 1e-2
"""With a model's quick steps: what a full step with the true curvature may lower chi2 by, which is then taken
as the last one. It is 0.1 standard deviations at most, and what is left after it far less.
"""

POOR_CHI2 = 3.0
BATCH_BYTES = 6 << 20
QUICK_BATCH, QUICK_LEAST, QUICK_SAMPLE = 128, 8, 256
"""Spectra at once by a model's quick steps; fewer in all are not worth its preparation, made of a sample."""


class Fit(NamedTuple):
    """Labels (n, k), covariance (n, k, k), chi2 (n,), dof (n,), and how it went.

    chi2 and dof count pixels alone, not the prior. Of what has no solution labels and errors are NaN.
    `flags` are bits of `WORDS`; `hull_distance` is above 1 beyond the training set.
    """

    theta: Array
    covariance: Array
    chi2: Array
    dof: npt.NDArray[np.int64]
    converged: npt.NDArray[np.bool_]
    flags: npt.NDArray[np.int64]
    n_iterations: npt.NDArray[np.int64]
    hull_distance: Array


def words(flag: int) -> str | None:
    """Return the words of a flag, separated by spaces; None for a good fit."""
    return " ".join(word for bit, word in WORDS.items() if flag & bit) or None


def fit(
    model: SpectralModel,
    flux: npt.ArrayLike,
    ivar: npt.ArrayLike,
    *,
    start: Array | None = None,
    prior: Prior | None = None,
    normalisation: Smoothing | None = None,
    max_iterations: int = MAX_ITERATIONS,
    batch: int | None = None,
    chi2_max: float = POOR_CHI2,
) -> Fit:
    """Return the labels of spectra (n, p) with inverse variances (n, p); what has ivar 0 or NaN is left out.

    `start` (n, k) or (k,); without it each star begins at the best of the model's starts. `prior`: means
    and standard deviations, (k,) or (n, k), infinite where there is none. `normalisation` divides spectra
    and model by their own smoothing, both with the weights of the spectrum: spectra are given as those
    that the model is of, already smoothed once if these were. `batch` is a number of stars. chi2 / dof above
    `chi2_max` is a poor fit. Raises ValueError for shapes that do not agree.
    """
    y, weight = np.atleast_2d(np.asarray(flux, np.float64)), np.atleast_2d(np.asarray(ivar, np.float64))
    n, p, k = len(y), len(model.scatter), len(model.labels)
    if y.shape != weight.shape or y.shape[1] != p:
        raise ValueError(f"flux {y.shape} and ivar {weight.shape}: the model has {p} pixels")
    begin = None if start is None else np.broadcast_to(np.asarray(start, np.float64), (n, k))
    bound = (
        None if prior is None else tuple(np.broadcast_to(np.asarray(x, np.float64), (n, k)) for x in prior)
    )
    quick = _quick(model, y, weight, normalisation)
    size = batch or max(1, BATCH_BYTES // (8 * p * (k + 2)) if quick is None else QUICK_BATCH)
    parts = [
        _batch(
            model,
            y[rows],
            weight[rows],
            None if begin is None else begin[rows],
            None if bound is None else (bound[0][rows], bound[1][rows]),
            normalisation,
            max_iterations,
            chi2_max,
            quick,
        )
        for rows in (slice(first, first + size) for first in range(0, n, size))
    ]
    if not parts:
        parts = [_nothing(0, k)]
    return Fit(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _nothing(n: int, k: int) -> Fit:
    return Fit(
        np.full((n, k), np.nan),
        np.full((n, k, k), np.nan),
        np.full(n, np.nan),
        np.zeros(n, np.int64),
        np.zeros(n, np.bool_),
        np.full(n, TOO_FEW_PIXELS, np.int64),
        np.zeros(n, np.int64),
        np.full(n, np.nan),
    )


def _batch(
    model: SpectralModel,
    flux: Array,
    ivar: Array,
    start: Array | None,
    prior: Prior | None,
    normalisation: Smoothing | None,
    max_iterations: int,
    chi2_max: float,
    quick: Any,
) -> Fit:
    k = len(model.labels)
    out = _nothing(len(flux), k)
    data = prepared(model, flux, ivar, prior, normalisation)
    out.dof[:] = data.pixels - k
    usable = np.flatnonzero(data.pixels > (0 if prior is not None else k))
    if not len(usable):
        return out
    data = data.rows(usable)
    theta = begin_at(model, data) if start is None else start[usable].copy()
    equations, tolerance = partial(step, model), SMOOTH if getattr(model, "smooth", True) else KINKED
    # The smoothing of the model moves labels little and costs most of a step: it joins in near the solution.
    first, plain = quick.step if quick is not None else equations, data._replace(smoothing=None)
    turns = np.zeros(len(theta), np.int64)
    if data.smoothing is not None or hasattr(model, "variance"):
        at, _, turns = _iterate(first, plain, theta, max_iterations, APPROACH)
        theta = at.theta
        if hasattr(model, "variance"):  # the model's error at these labels
            data = data.weighed(model.variance(theta))
    if quick is None or data.smoothing is not None:
        at, done, more = _iterate(equations, data, theta, max_iterations, tolerance)
    else:
        at, done, more = _quickly(quick, equations, data, theta, max_iterations, tolerance)
    turns = turns + more
    covariance, singular, noisy = _covariance(model, data, at, done)
    _fill(out, usable, model, at, covariance, singular, done, turns, chi2_max)
    out.flags[usable[noisy]] |= NOISY_MODEL
    return out


def _covariance(
    model: SpectralModel, data: Data, at: Step, done: npt.NDArray[np.bool_]
) -> tuple[Array, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return the covariance (n, k, k), NaN where the curvature is singular, where it is, and what is noisy.

    With a model that knows the noise of its training the labels are moved by the bias that this makes, and
    the covariance is theirs: K H K, where H is the curvature and K the inverse of H less the excess E. Where
    noise makes much of the gradient that would cost more than it brings: labels stay, and the bias that stars
    like those of the training set have, by their covariance C, counts as error: H^-1 + H^-1 E C E H^-1.
    """
    inverse, root, singular = _inverse(at.curvature)
    covariance = inverse / (root[:, :, None] * root[:, None, :])
    noisy = np.zeros(0, np.int64)
    if hasattr(model, "excess"):
        slope, excess = model.excess(at.theta, data.root**2)
        share = np.matmul(covariance, excess)
        part = np.where(done & ~singular, np.einsum("nkk->n", share), np.nan)
        much, some = np.flatnonzero(part >= MOST_EXCESS), np.flatnonzero(part < MOST_EXCESS)
        share = share[much]
        noisy = much[np.linalg.eigvals(share).real.max(axis=1, initial=0.0) > NOISY]
        known, k = model.hull.theta, model.hull.theta.shape[1]
        spread = np.zeros(share.shape[1:])  # of velocities and the like no training set tells
        spread[:k, :k] = np.cov(known, rowvar=False)
        covariance[much] += share @ spread @ np.swapaxes(share, 1, 2)
        true, scale, lost = _inverse(at.curvature[some] - excess[some])
        some, true, scale = some[~lost], true[~lost], scale[~lost]
        true = true / (scale[:, :, None] * scale[:, None, :])
        at.theta[some] += np.einsum("nkl,nl->nk", true, slope[some])
        covariance[some] = true @ at.curvature[some] @ true
    covariance[singular] = np.nan
    return covariance, singular, noisy


def _quick(model: SpectralModel, flux: Array, ivar: Array, normalisation: Smoothing | None) -> Any:
    """Return the model's way of making steps with less work, for such spectra; None if it has none."""
    if len(flux) < QUICK_LEAST or not hasattr(model, "quick"):
        return None
    some = slice(None, None, -(-len(flux) // QUICK_SAMPLE))
    sample = prepared(model, flux[some], ivar[some], None, normalisation)
    return model.quick((sample.root**2).mean(axis=0))


def _quickly(
    quick: Any,
    equations: Callable[[Data, Array], Step],
    data: Data,
    theta: Array,
    max_iterations: int,
    tolerance: Tolerance,
) -> tuple[Step, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return what `_iterate` does: quick steps until near, then one with each star's own curvature.

    Those that are not near by then (the model is bent, labels hardly determined) go on in plain steps.
    """
    at, done, turns = _iterate(quick.step, data, theta, max_iterations, QUICK)
    at = quick.exact(data, at.theta)
    change, singular = _solved(at.curvature, at.slope)
    gain = np.einsum("nk,nk->n", change, at.slope)
    near = ~singular & (gain < NEAR)
    at.theta[near] += change[near]
    at.chi2[near] -= gain[near]
    # Where slopes jump, the full step promises what it does not keep: steps that gain no more are the end.
    done = near | (done & ~singular & (tolerance.stall > 0.0))
    far = np.flatnonzero(~done)
    if len(far):
        again, done[far], more = _iterate(equations, data.rows(far), at.theta[far], max_iterations, tolerance)
        turns[far] += more
        for mine, new in zip(at, again, strict=True):
            mine[far] = new
    return at, done, turns


def _iterate(
    equations: Callable[[Data, Array], Step],
    data: Data,
    theta: Array,
    max_iterations: int,
    tolerance: Tolerance,
) -> tuple[Step, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return the normal equations at the end of the iteration, what has converged, and how many turns."""
    at = equations(data, theta)
    damping, rejected = np.full(len(theta), 1e-4), np.zeros(len(theta))
    done, turns = np.zeros(len(theta), np.bool_), np.zeros(len(theta), np.int64)
    active = np.arange(len(theta))
    for _ in range(max_iterations):
        full, singular = _solved(at.curvature[active], at.slope[active])
        gain = np.einsum("nk,nk->n", full, at.slope[active])
        done[active] |= ~singular & (gain < tolerance.gain)
        going = ~done[active] & np.isfinite(at.chi2[active])
        active, close = active[going], gain[going] < CLOSE * at.chi2[active[going]]
        if not len(active):
            break
        change = full[going]
        damped = (damping[active] >= UNDAMPED) | singular[going]
        if damped.any():
            some = active[damped]
            change[damped], _ = _solved(at.curvature[some], at.slope[some], damping[some])
        trial = equations(data.rows(active), at.theta[active] + change)
        lower = (at.chi2 + at.prior)[active] - (trial.chi2 + trial.prior)
        better = lower >= 0.0
        turns[active] += 1
        damping[active] = np.where(better, damping[active] * 0.1, np.maximum(damping[active], 1e-5) * 10.0)
        rejected[active] = np.where(better, 0.0, rejected[active] + 1.0)
        done[active] |= close & (
            (np.abs(lower) < tolerance.stall) | (rejected[active] >= tolerance.rejections)
        )
        taken = active[better]
        for mine, new in zip(at, trial, strict=True):
            mine[taken] = new[better]
        active = active[damping[active] < 1e12]
    return at, done, turns


def _solved(
    curvature: Array, slope: Array, damping: Array | float = 0.0
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return damped steps (n, k), 0 where the curvature is singular, and where it is."""
    inverse, root, singular = _inverse(curvature, damping)
    change = np.einsum("nkl,nl->nk", inverse, slope / root) / root
    change[singular] = 0.0
    return change, singular


def _inverse(curvature: Array, damping: Array | float = 0.0) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    """Return the inverse (n, k, k) of curvatures scaled to a diagonal of 1, the scales (n, k), and
    which are singular: of these an eigenvalue is below 1e-13.
    """
    diagonal = np.einsum("nkk->nk", curvature)
    usable = np.isfinite(curvature).all((1, 2)) & (diagonal > 0.0).all(1)
    root = np.sqrt(np.where(diagonal > 0.0, diagonal, 1.0))
    scaled = curvature / (root[:, :, None] * root[:, None, :])
    scaled[~usable] = np.eye(curvature.shape[1])
    # The ridge keeps what is exactly singular from stopping the others of the batch.
    np.einsum("nkk->nk", scaled)[:] += np.reshape(damping, (-1, 1)) + RIDGE
    inverse = np.linalg.inv(scaled)
    largest = np.einsum("nkk->nk", inverse).max(1)
    return inverse, root, ~usable | ~((largest > 0.0) & (largest < 0.1 / RIDGE))


def _fill(
    out: Fit,
    usable: npt.NDArray[np.int64],
    model: SpectralModel,
    at: Step,
    covariance: Array,
    singular: npt.NDArray[np.bool_],
    done: npt.NDArray[np.bool_],
    turns: npt.NDArray[np.int64],
    chi2_max: float,
) -> None:
    out.theta[usable] = at.theta
    out.covariance[usable] = covariance
    out.chi2[usable] = at.chi2
    out.converged[usable] = done
    out.n_iterations[usable] = turns
    out.hull_distance[usable] = model.hull.distance(at.theta)
    with np.errstate(divide="ignore", invalid="ignore"):
        poor = at.chi2 > chi2_max * np.maximum(out.dof[usable], 1)
        beyond = ~(out.hull_distance[usable] <= 1.0)
        known = model.hull.theta  # of the first labels: others, like velocities, have no range
        sig = np.sqrt(np.einsum("nkk->nk", covariance)[:, : known.shape[1]])
        unknown = (sig > np.ptp(known, axis=0)).any(axis=1)
    out.flags[usable] = (
        np.where(done, 0, NO_CONVERGENCE)
        | np.where(poor, POOR_FIT, 0)
        | np.where(beyond, BEYOND_TRAINING, 0)
        | np.where(singular | unknown, UNDETERMINED, 0)
    )
