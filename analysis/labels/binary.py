"""Whether a spectrum is that of two stars: both models fitted, and compared.

A second star always lowers chi2. It counts as found if the Bayesian information criterion favours it by
`delta_bic`, if it brings the model nearer to the spectrum by a good part of the difference it makes (the
improvement fraction of El-Badry et al. 2018, MNRAS 476, 528, from memory), and if its share of the light and
what tells it apart (its velocity or temperature) are larger than their errors.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.labels.fit import Fit, fit
from analysis.labels.model import SpectralModel
from analysis.labels.normal_equations import prepared
from analysis.labels.normalise import Smoothing
from analysis.labels.two_stars import TwoStars
from analysis.labels.velocity import WithVelocity

Array = npt.NDArray[np.float64]

APART_KM_S = (-120.0, -70.0, -40.0, -20.0, -10.0, 10.0, 20.0, 40.0, 70.0, 120.0)
COOLER = (1.0, 0.85)
SHARES = (0.15, 0.4)
"""Where the fit of two stars may begin: velocities from the first star's, ratios of temperatures, light."""

TRIED = 4
"""Beginnings from which every spectrum is fitted: those with the smallest chi2 of all combinations."""

SHARE_PRIOR = (-1.2, 1.5)
"""Mean and standard deviation of ln(light of the second star / of the first): within two, 0.015 to 6."""
VELOCITY_KM_S = 100.0
"""Standard deviation of the priors of velocities."""

MAX_ITERATIONS = 30
"""Of each fit of two stars: that of a single star has a valley that goes on for ever."""

DELTA_BIC = 10.0
IMPROVEMENT = 0.1


class Pair(NamedTuple):
    """The fit of two stars, the first being the brighter: labels (n, q) of `TwoStars`, and the comparison.

    `share` (n,) is the second star's part of the light, `bic` (n,) that of one star less that of two;
    `improvement` (n,) how much of the difference between the models is towards the spectrum.
    """

    single: Fit
    theta: Array
    covariance: Array
    chi2: Array
    share: Array
    share_error: Array
    bic: Array
    improvement: Array
    converged: npt.NDArray[np.bool_]
    found: npt.NDArray[np.bool_]


def fit_pairs(
    model: SpectralModel,
    flux: npt.ArrayLike,
    ivar: npt.ArrayLike,
    *,
    normalisation: Smoothing | None = None,
    delta_bic: float = DELTA_BIC,
    improvement: float = IMPROVEMENT,
    single: Fit | None = None,
) -> Pair:
    """Return one and two stars of a model at rest, fitted to spectra (n, p) with inverse variances (n, p).

    `single` is a fit of one star with a velocity, if there is one already. Raises ValueError for shapes.
    """
    y, weight = np.atleast_2d(np.asarray(flux, np.float64)), np.atleast_2d(np.asarray(ivar, np.float64))
    one, two = WithVelocity(model), TwoStars(model)
    single = fit(one, y, weight, normalisation=normalisation) if single is None else single
    usable = np.flatnonzero(np.isfinite(single.theta).all(axis=1))
    best = _best(two, y[usable], weight[usable], single.theta[usable], normalisation)
    n, q = len(y), len(two.labels)
    theta, covariance = np.full((n, q), np.nan), np.full((n, q, q), np.nan)
    chi2, converged = np.full(n, np.nan), np.zeros(n, np.bool_)
    theta[usable], covariance[usable] = two.exchanged(best.theta, best.covariance)
    chi2[usable], converged[usable] = best.chi2, best.converged
    share = 1.0 / (1.0 + np.exp(-theta[:, -2]))
    pixels = single.dof + len(one.labels)
    bic = single.chi2 - chi2 - (q - len(one.labels)) * np.log(np.maximum(pixels, 1))
    towards = np.full(n, np.nan)
    towards[usable] = _towards(
        y[usable], weight[usable], one, two, single.theta[usable], theta[usable], normalisation
    )
    with np.errstate(invalid="ignore"):
        share_error = share * (1.0 - share) * np.sqrt(covariance[:, -2, -2])
        apart = _apart(two, theta, covariance)
        found = (
            converged
            & (bic > delta_bic)
            & (towards > improvement)
            & (share > 3.0 * share_error)
            & (apart > 3.0)
        )
    return Pair(single, theta, covariance, chi2, share, share_error, bic, towards, converged, found)


def _best(two: TwoStars, flux: Array, ivar: Array, single: Array, normalisation: Smoothing | None) -> Fit:
    """Return the best of the fits from several beginnings, with wide priors of the second star."""
    k = len(two.model.labels)
    known = two.model.hull.theta
    middle, half = (known.max(axis=0) + known.min(axis=0)) / 2.0, np.ptp(known, axis=0) / 2.0
    mean, width = np.zeros(len(two.labels)), np.full(len(two.labels), np.inf)
    for i, j in enumerate(two.own):
        mean[[j, k + 1 + i]], width[[j, k + 1 + i]] = middle[j], half[j]
    mean[-2], width[-2] = SHARE_PRIOR
    width[k] = width[-1] = VELOCITY_KM_S
    begins = _begins(two, flux, ivar, single, (mean, width), normalisation)
    solved = partial(
        fit,
        two,
        flux,
        ivar,
        prior=(mean, width),
        normalisation=normalisation,
        max_iterations=MAX_ITERATIONS,
    )
    fits = [solved(start=begin) for begin in begins]
    with np.errstate(invalid="ignore", divide="ignore"):
        total = [each.chi2 + (((each.theta - mean) / width) ** 2).sum(axis=1) for each in fits]
    which = np.argmin(np.where(np.isfinite(total), total, np.inf), axis=0)
    rows = np.arange(len(flux))
    return Fit(*(np.stack(column)[which, rows] for column in zip(*fits, strict=True)))


def _begins(
    two: TwoStars,
    flux: Array,
    ivar: Array,
    single: Array,
    prior: tuple[Array, Array],
    normalisation: Smoothing | None,
) -> Sequence[Array]:
    """Return `TRIED` beginnings (n, q) for every spectrum: the best of all combinations."""
    n, p = flux.shape
    data = prepared(two, flux, ivar, None, normalisation)
    theta, velocity, ones = single[:, :-1], single[:, -1], np.ones(n)
    begins, chi2 = [], []
    for apart, cooler, share in itertools.product(APART_KM_S, COOLER, SHARES):
        logarithm = np.log(share / (1.0 - share))
        # The first star moves the other way, so that their mean stays where one star was found.
        begin = two.together(theta, velocity - share * apart, logarithm * ones, apart * ones, cooler * ones)
        made = two.flux(begin)
        if normalisation is not None:
            made, _ = normalisation.of_model(made, np.zeros((n, p, 0)), data.weights, data.norm)
        away = np.where(prior[1] < np.inf, (begin - prior[0]) / prior[1], 0.0)
        begins.append(begin)
        chi2.append(((data.root * (data.flux - made)) ** 2).sum(axis=1) + (away**2).sum(axis=1))
    order = np.argsort(np.stack(chi2), axis=0)[:TRIED]
    every = np.stack(begins)
    return [every[rank, np.arange(n)] for rank in order]


def _apart(two: TwoStars, theta: Array, covariance: Array) -> Array:
    """Return the largest difference of the two stars (n,) in velocity or an own label, in its errors."""
    k = len(two.model.labels)
    pairs = [(k, len(two.labels) - 1), *((j, k + 1 + i) for i, j in enumerate(two.own))]
    most = np.zeros(len(theta))
    for one, other in pairs:
        variance = covariance[:, one, one] + covariance[:, other, other] - 2.0 * covariance[:, one, other]
        with np.errstate(invalid="ignore", divide="ignore"):
            most = np.fmax(most, np.abs(theta[:, one] - theta[:, other]) / np.sqrt(variance))
    return most


def _towards(
    flux: Array,
    ivar: Array,
    one: WithVelocity,
    two: TwoStars,
    single: Array,
    pair: Array,
    normalisation: Smoothing | None,
) -> Array:
    """Return sum (|one - f| - |two - f|) / sigma over sum |one - two| / sigma (n,), f being the spectra."""
    data = prepared(one, flux, ivar, None, normalisation)
    made = [one.flux(single), two.flux(pair)]
    if normalisation is not None:
        empty = np.zeros((*flux.shape, 0))
        made = [normalisation.of_model(each, empty, data.weights, data.norm)[0] for each in made]
    weight = 1.0 / np.sqrt(data.variance)
    gain = (np.abs(made[0] - data.flux) - np.abs(made[1] - data.flux)) * weight
    size = np.abs(made[0] - made[1]) * weight
    good = weight > 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(good, gain, 0.0).sum(axis=1) / np.where(good, size, 0.0).sum(axis=1))
