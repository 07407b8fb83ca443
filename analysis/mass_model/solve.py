"""Draws of a mass model from its posterior, by emcee or dynesty, and its best point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.mass_model.file import NAME
from analysis.mass_model.model import Model
from analysis.sampling.run import Draws, Progress, emcee_draws, nested
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

SEARCHED = 4000
"""Points of the prior, of which the best begins the climb."""

LOGARITHMS = frozenset({"M200", "c", "scale"})
"""Parameters in whose logarithm walkers walk."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A model, the draws from its posterior (of the parameters themselves), its most probable point (k,)."""

    model: Model
    draws: Draws
    best: Array


def best_point(model: Model, seed: int) -> Array:
    """Return the parameters (k,) of the largest posterior: the best of many points, then uphill.

    The density is of the parameters as walkers take them, in logarithms where `LOGARITHMS` says so.
    Raises AnalysisError where no point has any probability.
    """
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    points = np.column_stack([prior.draw(rng, SEARCHED) for prior in model.priors.values()])
    ln = _ln_posterior(model, _to_walk(model, points))
    if not np.isfinite(ln).any():
        raise AnalysisError(
            f"{NAME}: no halo within the priors has any probability: look at curve and priors"
        )
    walk = _to_walk(model, points[[int(np.argmax(ln))]])[0]

    def minus_ln(x: Array) -> float:
        return -_finite(_ln_posterior(model, x[None, :])[0])

    for _ in range(3):
        options = {"xatol": 1e-7, "fatol": 1e-7, "maxfev": 4000}
        found: Any = minimize(minus_ln, walk, method="Nelder-Mead", options=options)  # type: ignore[call-overload]
        walk = np.array(found.x, np.float64)
    return np.asarray(_from_walk(model, walk[None, :])[0], np.float64)


def solve(model: Model, settings: Mapping[str, Any], progress: Progress | None = None) -> Solved:
    """Return draws of the model's parameters, and its best point."""
    seed = settings["seed"]
    best = best_point(model, seed)
    if settings["sampler"] == "dynesty":
        draws = nested(
            lambda theta: float(_finite(model.ln_likelihood(theta[None, :])[0])),
            lambda unit: np.array([p.ppf(u) for p, u in zip(model.priors.values(), unit, strict=True)]),
            names=model.names,
            seed=seed,
            draws=settings["draws"],
            live=settings["live"],
            progress=progress,
        )
        return Solved(model, draws, best)
    rng = np.random.default_rng(seed)
    walk = _to_walk(model, best[None, :])[0]
    start = np.empty((0, len(walk)))
    while len(start) < settings["walkers"]:
        near = walk + 1e-2 * rng.standard_normal((4 * settings["walkers"], len(walk)))
        start = np.concatenate([start, near[np.isfinite(_ln_posterior(model, near))]])
    draws = emcee_draws(
        lambda points: _ln_posterior(model, points),
        start[: settings["walkers"]],
        names=model.names,
        seed=seed,
        draws=settings["draws"],
        steps=settings["steps"],
        progress=progress,
    )
    return Solved(model, _walked(model, draws), best)


def _walked(model: Model, draws: Draws) -> Draws:
    from dataclasses import replace

    return replace(draws, values=_from_walk(model, draws.values))


def _ln_posterior(model: Model, walk: Array) -> Array:
    theta = _from_walk(model, walk)
    ln = model.ln_prior(theta)
    for k, name in enumerate(model.names):
        if name in LOGARITHMS:
            ln = ln + walk[:, k]
    there = np.isfinite(ln)
    if there.any():
        ln[there] += model.ln_likelihood(theta[there])
    return np.asarray(np.where(np.isnan(ln), -np.inf, ln))


def _to_walk(model: Model, theta: Array) -> Array:
    return _changed(model, theta, np.log)


def _from_walk(model: Model, walk: Array) -> Array:
    return _changed(model, walk, np.exp)


def _changed(model: Model, points: Array, how: Any) -> Array:
    made = points.astype(np.float64)
    for k, name in enumerate(model.names):
        if name in LOGARITHMS:
            # A normal prior has values below 0, of no probability.
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                made[:, k] = how(made[:, k])
    return made


def _finite(ln: float) -> float:
    return float(ln) if np.isfinite(ln) else -1e300
