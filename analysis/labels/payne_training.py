"""Training of a network by Adam (Kingma & Ba 2015, arXiv:1412.6980), as Ting et al. 2019 do.

A part of the spectra is held back: where the network is best on those, it is kept, and their residuals are
its error in each pixel. The rate falls as a half cosine. What happens is fixed by the seed, and a training
that was cut short goes on from its last state as if nothing had been.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.backprop import slope_loss, value_loss
from analysis.labels.hull import Hull
from analysis.labels.payne import Layers, Network
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

SPREAD = float(np.sqrt(12.0))
"""Labels that fill -0.5 to 0.5 evenly times this have a standard deviation of 1: networks learn such best."""

MINIMUM_STARS = 20


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained; `validation` is the part held back, `floor` is added to pixels' errors."""

    hidden: tuple[int, ...] = (100, 100)
    activation: str = "silu"
    epochs: int = 200
    batch: int = 100
    rate: float = 0.01
    validation: float = 0.15
    patience: int = 50
    floor: float = 0.005
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class SlopePrior:
    """Derivatives of a physical model (m, p, k) by the labels, at labels `theta` (m, k), natural units.

    NaN where the model knows nothing of a label. `weight` is how much a slope's misfit counts beside a
    flux's, both for labels that span the training set's range.
    """

    theta: Array
    gradient: Array
    weight: float = 1.0


@dataclass(slots=True)
class State:
    """A training between two epochs: all that the next one depends on."""

    epoch: int
    parameters: list[Floats]
    first: list[Floats]
    second: list[Floats]
    best: list[Floats]
    best_loss: float
    best_epoch: int
    random: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Set:
    """Spectra in the network's scale, as single-precision numbers."""

    x: Floats
    y: Floats
    weight: Floats


def train(
    theta: Array,
    flux: Array,
    ivar: Array | None,
    labels: tuple[str, ...],
    wavelength_angstrom: Array,
    recipe: Recipe | None = None,
    *,
    prior: SlopePrior | None = None,
    state: State | None = None,
    after_epoch: Callable[[State], None] | None = None,
) -> Network:
    """Return a network trained on labels (n, k) and normalised flux (n, p) with inverse variances (n, p).

    `ivar` of None means spectra without noise. Pixels with ivar 0 or without flux do not count. `state` is
    one that `after_epoch` was given before: the training goes on from there, to the same network.

    Raises AnalysisError for labels that are NaN or all the same, and for too few stars.
    """
    recipe = recipe or Recipe()
    _check(theta, labels)
    low, high = theta.min(axis=0), theta.max(axis=0)
    data, mean, unit = _standardised(theta, flux, ivar, low, high, recipe)
    held = _held_back(len(theta), recipe)
    rest = np.setdiff1d(np.arange(len(theta)), held)
    slopes = None if prior is None else _scaled_slopes(prior, low, high, unit)
    state = state or _begin(theta.shape[1], flux.shape[1], recipe)
    while state.epoch < recipe.epochs and state.epoch - state.best_epoch < recipe.patience:
        _epoch(state, data, rest, held, slopes, recipe)
        if after_epoch is not None:
            after_epoch(state)
    layers = _layers(state.best, recipe.activation).astype(np.float64)
    # The scales of labels and flux become part of the network.
    weights = (layers.weights[0] * SPREAD, *layers.weights[1:-1], layers.weights[-1] * unit)
    biases = (*layers.biases[:-1], layers.biases[-1] * unit + mean)
    layers = Layers(weights, biases, recipe.activation)
    hull, kind = Hull.of(theta), "payne" if prior is None else "dd_payne"
    model = Network(labels, wavelength_angstrom, layers, low, high, np.zeros(len(mean)), hull, kind)
    scatter = model_error(model, theta[held], flux[held], None if ivar is None else ivar[held])
    return replace(model, scatter=scatter)


def model_error(model: Network, theta: Array, flux: Array, ivar: Array | None) -> Array:
    """Return the network's own standard deviation (p,) by spectra it was not trained on.

    Of a residual r with inverse variance v the expected v r^2 is 1 + v s^2: s^2 is the mean of what is left.
    """
    squared = (model.flux(theta) - flux) ** 2
    if ivar is None:
        return np.asarray(np.sqrt(np.nanmean(squared, axis=0)))
    good = np.isfinite(squared) & (ivar > 0.0)
    weight = np.where(good, ivar, 0.0)
    left = np.where(good, weight * np.where(good, squared, 0.0) - 1.0, 0.0).sum(axis=0)
    total = weight.sum(axis=0)
    variance = np.divide(left, total, out=np.zeros_like(total), where=total > 0.0)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _check(theta: Array, labels: tuple[str, ...]) -> None:
    if len(theta) < MINIMUM_STARS:
        raise AnalysisError(f"a network needs {MINIMUM_STARS} stars or more to learn of, not {len(theta)}")
    for name, column in zip(labels, theta.T, strict=True):
        if not np.isfinite(column).all():
            raise AnalysisError(f"{(~np.isfinite(column)).sum()} stars of the training set have no {name}")
        if column.min() == column.max():
            raise AnalysisError(f"all stars of the training set have the same {name}, {column[0]:g}")


def _standardised(
    theta: Array, flux: Array, ivar: Array | None, low: Array, high: Array, recipe: Recipe
) -> tuple[_Set, Array, float]:
    """Return the spectra in the network's scale, the mean flux (p,) and the unit of flux."""
    noise = np.zeros(flux.shape)
    if ivar is not None:
        with np.errstate(divide="ignore"):
            noise = np.where(np.isfinite(ivar) & (ivar > 0.0), 1.0 / ivar, np.inf)
    weight = np.where(np.isfinite(flux), 1.0 / (noise + recipe.floor**2), 0.0)
    total = weight.sum(axis=0)
    filled = np.where(weight > 0.0, flux, 0.0)
    mean = np.divide((weight * filled).sum(axis=0), total, out=np.ones_like(total), where=total > 0.0)
    y = np.where(weight > 0.0, filled - mean, 0.0)
    unit = float(np.sqrt((weight * y**2).sum() / weight.sum()))
    x = ((theta - low) / (high - low) - 0.5) * SPREAD
    scaled = _Set(x.astype("f4"), (y / unit).astype("f4"), (weight / weight.mean()).astype("f4"))
    return scaled, mean, unit


def _scaled_slopes(prior: SlopePrior, low: Array, high: Array, unit: float) -> tuple[_Set, float]:
    """Return a physical model's slopes, (m, k, p) in the network's scale; weight 0 where there are none."""
    x = ((prior.theta - low) / (high - low) - 0.5) * SPREAD
    slope = prior.gradient.transpose(0, 2, 1) * ((high - low)[:, None] / SPREAD / unit)
    known = np.isfinite(slope)
    scaled = _Set(x.astype("f4"), np.where(known, slope, 0.0).astype("f4"), known.astype("f4"))
    return scaled, prior.weight


def _held_back(n: int, recipe: Recipe) -> npt.NDArray[np.intp]:
    """Return which stars are for validation; a stream of its own, so that it hangs on seed and n alone."""
    order = np.random.default_rng([recipe.seed, 1]).permutation(n)
    return np.asarray(np.sort(order[: max(2, round(recipe.validation * n))]))


def _begin(k: int, p: int, recipe: Recipe) -> State:
    """Return the first state: weights that keep the size of what passes (He et al. 2015)."""
    random = np.random.default_rng([recipe.seed, 0])
    sizes = (k, *recipe.hidden, p)
    weights = [
        (random.normal(size=(out, into)) * np.sqrt(2.0 / into)).astype("f4")
        for into, out in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    weights[-1] *= np.float32(0.1)
    parameters = [*weights, *(np.zeros(out, "f4") for out in sizes[1:])]
    zeros = [np.zeros_like(each) for each in parameters]
    copies = [each.copy() for each in parameters]
    kept = dict(random.bit_generator.state)
    return State(0, parameters, zeros, [each.copy() for each in zeros], copies, float("inf"), 0, kept)


def _layers(parameters: list[Floats], activation: str) -> Layers:
    half = len(parameters) // 2
    return Layers(tuple(parameters[:half]), tuple(parameters[half:]), activation)


def _epoch(
    state: State,
    data: _Set,
    rest: npt.NDArray[np.intp],
    held: npt.NDArray[np.intp],
    slopes: tuple[_Set, float] | None,
    recipe: Recipe,
) -> None:
    """Go once through the spectra, then see how those held back are met."""
    random = np.random.default_rng()
    random.bit_generator.state = state.random
    order = random.permutation(rest)
    size = min(recipe.batch, len(order))
    batches = np.array_split(order, -(-len(order) // size))
    for k, chosen in enumerate(batches):
        layers = _layers(state.parameters, recipe.activation)
        _, by = value_loss(layers, data.x[chosen], data.y[chosen], data.weight[chosen])
        gradient = [*by.weights, *by.biases]
        if slopes is not None:
            gradient = _with_slopes(gradient, layers, *slopes, size, random)
        _adam(state, gradient, state.epoch * len(batches) + k + 1, recipe.epochs * len(batches), recipe.rate)
    layers = _layers(state.parameters, recipe.activation)
    loss, _ = value_loss(layers, data.x[held], data.y[held], data.weight[held])
    state.epoch += 1
    if slopes is not None:
        loss += slopes[1] * _whole_slope_loss(layers, slopes[0])
    if loss < state.best_loss:
        state.best, state.best_loss = [each.copy() for each in state.parameters], loss
        state.best_epoch = state.epoch
    state.random = dict(random.bit_generator.state)


def _with_slopes(
    gradient: list[Any], layers: Layers, prior: _Set, weight: float, size: int, random: np.random.Generator
) -> list[Any]:
    """Add the derivatives of the slopes' misfit, of one label each at some of the prior's points."""
    m, k = prior.x.shape
    which, label = random.integers(m, size=size), random.integers(k, size=size)
    _, by = slope_loss(
        layers,
        prior.x[which],
        np.eye(k, dtype="f4")[label],
        prior.y[which, label],
        prior.weight[which, label],
    )
    factor = np.float32(weight)
    both = zip(gradient, [*by.weights, *by.biases], strict=True)
    return [of_flux + factor * of_slopes for of_flux, of_slopes in both]


def _whole_slope_loss(layers: Layers, prior: _Set) -> float:
    """Return the mean misfit of the slopes of all labels."""
    k = prior.x.shape[1]
    axes = np.eye(k, dtype="f4")
    each = [
        slope_loss(
            layers, prior.x, np.broadcast_to(axes[j], prior.x.shape), prior.y[:, j], prior.weight[:, j]
        )[0]
        for j in range(k)
    ]
    return float(np.mean(each))


def _adam(state: State, gradient: list[Any], step: int, steps: int, rate: float) -> None:
    """Move the parameters by one step of Adam; beta 0.9 and 0.999 as its authors have it."""
    falling = rate * 0.5 * (1.0 + np.cos(np.pi * step / (steps + 1)))
    first_unbiased, second_unbiased = 1.0 - 0.9**step, 1.0 - 0.999**step
    for parameter, slope, first, second in zip(
        state.parameters, gradient, state.first, state.second, strict=True
    ):
        first += np.float32(0.1) * (slope - first)
        second += np.float32(0.001) * (slope * slope - second)
        denominator = np.sqrt(second * np.float32(1.0 / second_unbiased)) + np.float32(1e-8)
        parameter -= np.float32(falling / first_unbiased) * first / denominator
