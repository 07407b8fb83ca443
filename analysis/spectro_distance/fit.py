"""The relation of absolute magnitude and labels, trained on parallaxes as likelihood.

M = X b + e, e ~ N(0, s^2), ln s = W g, by Newton's method on the likelihood of `likelihood.py` with a share q
of parallaxes that have nothing to do with the star (binaries, wrong identifications), and normal priors on
the coefficients (ridge). After Hogg, Eilers & Rix 2019, AJ 158, 147, with the intrinsic scatter and the
outliers in the likelihood; the zero point as a parameter after Leung & Bovy 2019, MNRAS 489, 2079.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.spectro_distance.likelihood import K, Moments, Prior, field_log_density, moments, predicted_mas
from analysis.spectro_distance.population import Population, uniform, updated

Array = npt.NDArray[np.float64]

CHUNK = 20_000
"""Stars whose quadrature is done at once: it fits in the processor's cache better than all would."""

START_SCATTER_MAG = 0.3
START_OUTLIERS = 0.02
OUTLIERS_RANGE = (1e-6, 0.5)
MOST_ITERATIONS = 100
POPULATION_STEPS = 10
MORE_POPULATION_STEPS = 1
"""In so many iterations the number of stars at each distance is learned too, and where it begins with one."""
DECREMENT = 1e-7
"""Newton's decrement per star and parameter at which the fit has converged."""


@dataclass(frozen=True, slots=True)
class Training:
    """n stars to learn from: columns (n, p) and (n, w), magnitudes without extinction, parallaxes [mas].

    `offset` (n,) is the part of the zero point that is known, to be subtracted from `parallax`; `extra`
    (n,) [mag^2] is variance that is known, such as that of the labels, beside the scatter.
    """

    columns: Array
    scatter_columns: Array
    magnitude: Array
    parallax: Array
    sigma: Array
    offset: Array
    extra: Array

    def of(self, chosen: npt.NDArray[np.bool_] | slice) -> Training:
        """Return some of the stars."""
        return Training(*(getattr(self, name)[chosen] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Settings:
    """How it is fitted: `prior_mag` is the standard deviation of the priors on all but the constant.

    With `fit_zero_point` one zero point [mas] beside the known part is a parameter; `robust` allows outliers,
    `population` for how many stars there are at each distance.
    """

    prior_mag: float = 1.0
    fit_zero_point: bool = True
    robust: bool = True
    population: bool = True


@dataclass(frozen=True, slots=True)
class Fitted:
    """Coefficients b (p,), g (w,), the fitted zero point [mas], the covariance of these (p + w + 1, same).

    `outliers` is the share q, `centre` and `width` [mas] describe where these are; the covariance of a zero
    point that was not fitted is 0.
    """

    coefficients: Array
    scatter: Array
    zero_point: float
    covariance: Array
    outliers: float
    centre: float
    width: float
    log_likelihood: float
    n_star: int
    n_iteration: int
    converged: bool
    population: Population | None = None

    def absolute_mag(self, columns: Array) -> tuple[Array, Array]:
        """Return M (n,) and the error of it (n,) that the coefficients' own leave."""
        p = len(self.coefficients)
        error = np.einsum("ni,ij,nj->n", columns, self.covariance[:p, :p], columns, optimize=True)
        return columns @ self.coefficients, np.sqrt(np.maximum(error, 0.0))

    def scatter_mag(self, scatter_columns: Array, extra: Array) -> Array:
        """Return the scatter (n,) [mag], with the known variance (n,) [mag^2]."""
        return np.asarray(np.sqrt(np.exp(2.0 * scatter_columns @ self.scatter) + extra))

    def outlier_probability(self, stars: Training) -> Array:
        """Return (n,) how probable it is that a parallax has nothing to do with its star."""
        return np.concatenate([1.0 - each.inlier for each in _evaluated(self, stars)] or [np.zeros(0)])


@dataclass(frozen=True, slots=True)
class _Chunk:
    stars: Training
    log_density: float
    inlier: Array
    gradient: Array
    hessian: Array
    modulus: Array
    weight: Array


def _evaluated(at: Fitted, stars: Training) -> list[_Chunk]:
    """Return the likelihood of the stars in chunks, with derivatives by eta, ln s and the zero point."""
    found = []
    for begin in range(0, len(stars.parallax), CHUNK):
        part = stars.of(slice(begin, begin + CHUNK))
        parallax = part.parallax - part.offset - at.zero_point
        eta = part.columns @ at.coefficients
        predicted = predicted_mas(part.magnitude, eta)
        scatter = at.scatter_mag(part.scatter_columns, part.extra)
        modulus = part.magnitude - eta
        prior = None if at.population is None else _prior_of(at.population, modulus, part.columns)
        one = moments(parallax, part.sigma, predicted, scatter, prior)
        _by_own_scatter(one, 1.0 - part.extra / scatter**2)
        if at.outliers > 0.0:
            inside = np.log1p(-at.outliers) + one.log_likelihood
            field = field_log_density(part.parallax, part.sigma, at.centre, at.width)
            whole = np.logaddexp(inside, np.log(at.outliers) + field)
            inlier = np.exp(inside - whole)
        else:
            whole, inlier = one.log_likelihood, np.ones(len(parallax))
        outer = (inlier * (1.0 - inlier))[:, None, None] * (
            one.gradient[:, :, None] * one.gradient[:, None, :]
        )
        hessian = inlier[:, None, None] * one.hessian + outer
        gradient = inlier[:, None] * one.gradient
        places = (modulus - one.scatter, inlier * one.weight)
        found.append(_Chunk(part, float(whole.sum()), inlier, gradient, hessian, *places))
    return found


def _prior_of(population: Population, modulus: Array, columns: Array) -> Prior:
    """Return ln of the density of stars as a function of the scatter of stars (n,)."""
    group = population.group(columns)
    return lambda e: population.log(modulus - e, group)


def _by_own_scatter(one: Moments, share: Array) -> None:
    """Turn derivatives by ln s into those by ln of the own scatter, whose share of the variance is (n,)."""
    one.hessian[:, 1, :] *= share[:, None]
    one.hessian[:, :, 1] *= share[:, None]
    one.hessian[:, 1, 1] += one.gradient[:, 1] * 2.0 * share * (1.0 - share)
    one.gradient[:, 1] *= share


def _prior(p: int, w: int, settings: Settings) -> Array:
    """Return the precision of the priors on all parameters."""
    precision = np.zeros(p + w + 1)
    precision[1:p] = 1.0 / settings.prior_mag**2
    precision[p + 1 : p + w] = 1.0
    return precision


def _assembled(chunks: list[_Chunk]) -> tuple[float, Array, Array]:
    """Return the log likelihood of all stars with its gradient and second derivatives by the parameters."""
    p, w = chunks[0].stars.columns.shape[1], chunks[0].stars.scatter_columns.shape[1]
    gradient, hessian = np.zeros(p + w + 1), np.zeros((p + w + 1, p + w + 1))
    ends = (slice(0, p), slice(p, p + w), slice(p + w, p + w + 1))
    for chunk in chunks:
        parts = (chunk.stars.columns, chunk.stars.scatter_columns, np.ones((len(chunk.inlier), 1)))
        for i, x in enumerate(parts):
            gradient[ends[i]] += x.T @ chunk.gradient[:, i]
            for j, y in enumerate(parts[: i + 1]):
                block = x.T @ (chunk.hessian[:, i, j, None] * y)
                hessian[ends[i], ends[j]] += block
                if j < i:
                    hessian[ends[j], ends[i]] += block.T
    return sum(chunk.log_density for chunk in chunks), gradient, hessian


def _vector(at: Fitted) -> Array:
    return np.concatenate([at.coefficients, at.scatter, [at.zero_point]])


def _moved(at: Fitted, vector: Array) -> Fitted:
    p, w = len(at.coefficients), len(at.scatter)
    return replace(at, coefficients=vector[:p], scatter=vector[p : p + w], zero_point=float(vector[p + w]))


def start(stars: Training, settings: Settings) -> Fitted:
    """Return where the fit begins: least squares of the logarithms of parallaxes of 5 sigma or more.

    These are biased, which is why they are only the start. Raises ValueError with too few of them.
    """
    parallax = stars.parallax - stars.offset
    good = parallax > 5.0 * stars.sigma
    p, w = stars.columns.shape[1], stars.scatter_columns.shape[1]
    if good.sum() < p + 10:
        raise ValueError(
            f"{good.sum()} of {len(parallax)} training stars have a parallax of 5 sigma: {p} coefficients "
            f"need {p + 10}"
        )
    absolute = np.log(parallax[good]) / K - 10.0 + stars.magnitude[good]
    x, ridge = stars.columns[good], np.diag(_prior(p, 1, settings)[:p]) * START_SCATTER_MAG**2
    b = np.linalg.solve(x.T @ x + ridge, x.T @ absolute)
    left = absolute - x @ b
    for _ in range(5):  # Huber's weights, lest a few wrong stars decide
        weight = np.minimum(1.0, 1.0 / np.maximum(np.abs(left), 1e-9) * 1.5 * START_SCATTER_MAG)
        b = np.linalg.solve((x * weight[:, None]).T @ x + ridge, x.T @ (weight * absolute))
        left = absolute - x @ b
    centre = float(np.median(parallax))
    width = float(max(np.median(np.abs(parallax - centre)), 1e-3))
    scatter = np.zeros(w)
    scatter[0] = np.log(max(1.4826 * float(np.median(np.abs(left))), 0.05))
    empty = np.zeros((p + w + 1, p + w + 1))
    q = START_OUTLIERS if settings.robust else 0.0
    return Fitted(b, scatter, 0.0, empty, q, centre, width, -np.inf, len(parallax), 0, converged=False)


def fit(
    stars: Training,
    settings: Settings,
    *,
    begin: Fitted | None = None,
    counting: bool = True,
    progress: Callable[[int], None] = lambda iteration: None,
) -> Fitted:
    """Return the fit to the stars; `begin` is one to begin with, such as that of more stars.

    Without `counting` the number of stars at each distance stays that of `begin`.

    Raises ValueError for too few stars.
    """
    at = begin if begin is not None else start(stars, settings)
    p, w = stars.columns.shape[1], stars.scatter_columns.shape[1]
    precision = _prior(p, w, settings)
    free = np.ones(p + w + 1, bool)
    free[-1] = settings.fit_zero_point
    steps = MORE_POPULATION_STEPS if at.population is not None else POPULATION_STEPS
    steps = steps if counting else 0
    if settings.population and at.population is None:
        at = replace(at, population=uniform(stars.magnitude - stars.columns @ at.coefficients, stars.columns))
    chunks = _evaluated(at, stars)
    damping, iteration, done = 0.0, 0, False
    while (not done or iteration <= steps) and iteration < MOST_ITERATIONS:
        iteration += 1
        progress(iteration)
        share = _share(chunks) if settings.robust else 0.0
        if at.population is not None and iteration <= steps:
            at = replace(at, population=_counted(at.population, chunks))
            chunks = _evaluated(at, stars)
        at, chunks, damping, done = _iterated(at, chunks, stars, (precision, free, share), damping)
    log, _, hessian = _assembled(chunks)
    covariance = np.zeros_like(hessian)
    inner = np.ix_(free, free)
    covariance[inner] = np.linalg.pinv((np.diag(precision) - hessian)[inner], hermitian=True)
    return replace(
        at,
        covariance=covariance,
        log_likelihood=log,
        n_star=len(stars.parallax),
        n_iteration=iteration,
        converged=done,
    )


def _counted(population: Population, chunks: list[_Chunk]) -> Population:
    """Return how many stars there are at each modulus, by all that is known of each."""
    modulus, weight = (np.hstack([getattr(each, name) for each in chunks]) for name in ("modulus", "weight"))
    group = np.hstack([population.group(each.stars.columns) for each in chunks])
    return updated(population, modulus, weight, group)


def _share(chunks: list[_Chunk]) -> float:
    """Return the share of outliers by what each star says: the step of expectation and maximisation."""
    return float(np.clip(1.0 - np.mean(np.concatenate([each.inlier for each in chunks])), *OUTLIERS_RANGE))


def _iterated(
    at: Fitted,
    chunks: list[_Chunk],
    stars: Training,
    of: tuple[Array, npt.NDArray[np.bool_], float],
    damping: float,
) -> tuple[Fitted, list[_Chunk], float, bool]:
    """Return the fit after a damped step of Newton that is not worse, and whether it was the last."""
    precision, free, share = of
    vector = _vector(at)
    log, gradient, hessian = _assembled(chunks)
    before = log - 0.5 * float(precision @ vector**2)
    gradient = (gradient - precision * vector)[free]
    curvature = (np.diag(precision) - hessian)[np.ix_(free, free)]
    scale = np.abs(np.diag(curvature)) + 1e-12
    for _ in range(40):
        try:
            factor = np.linalg.cholesky(curvature + damping * np.diag(scale))
        except np.linalg.LinAlgError:
            damping = max(10.0 * damping, 1e-3)
            continue
        step = np.linalg.solve(factor.T, np.linalg.solve(factor, gradient))
        if float(gradient @ step) < DECREMENT * len(free) and abs(share - at.outliers) < 1e-5:
            return at, chunks, damping, True
        moved = vector.copy()
        moved[free] += step
        there = replace(_moved(at, moved), outliers=share)
        chunks_there = _evaluated(there, stars)
        after = sum(each.log_density for each in chunks_there) - 0.5 * float(precision @ moved**2)
        if np.isfinite(after) and after >= before:
            return there, chunks_there, damping / 10.0 if damping > 1e-6 else 0.0, False
        damping = max(10.0 * damping, 1e-3)
    return at, chunks, damping, True  # no step makes it better: the end of what doubles can tell
