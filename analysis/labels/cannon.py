"""The Cannon: the flux of each pixel as a polynomial of the labels, learnt from stars that have both.

Ness et al. 2015, ApJ 808, 16, equations 1 to 5: for given intrinsic scatter the coefficients of a pixel are
weighted least squares in closed form. Beside the scatter, a trained model knows how unsure its coefficients
are, which counts where the training stars are few or far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.boxes import Box
from analysis.labels.cannon_quick import CannonQuick
from analysis.labels.hull import Hull
from analysis.labels.impute import imputed
from analysis.labels.model import Saved, TrainingSet
from analysis.labels.pixels import solve
from analysis.labels.terms import Powers, derivative, quadratic, values
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

STARTS = 48
"""Training stars of which the fit begins with the one whose model is nearest the spectrum."""
SAME = 1e-5
"""Least part of the terms' largest spread, over the training stars, that a mixture of terms must have."""


@dataclass(frozen=True, eq=False)
class CannonModel:
    """A polynomial model: `coefficients` (m, p) of the terms with `powers` (m, k) of scaled labels.

    Scaled labels are (theta - pivot) / scale. `leverage` (m, m) and `noise` (p,) give the variance that the
    finite training set leaves in the model: noise times the leverage of the labels' terms; zero if unknown.
    """

    labels: tuple[str, ...]
    wavelength_angstrom: Array
    coefficients: Array
    powers: Powers
    pivot: Array
    scale: Array
    scatter: Array
    hull: Hull
    leverage: Array
    noise: Array
    kind: str = "cannon"

    def _terms(self, theta: Array) -> Array:
        return values(self.powers, (theta - self.pivot) / self.scale)

    def flux(self, theta: Array) -> Array:
        """Return normalised flux (n, p) of labels (n, k)."""
        return self._terms(theta) @ self.coefficients

    def flux_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return flux (n, p) and its derivative by each label (n, p, k), a view of (n, k, p)."""
        x = (theta - self.pivot) / self.scale
        gradient = np.empty((len(x), len(self.labels), len(self.scatter)))
        for j, part in enumerate(self._parts):
            _, terms = derivative(self.powers, x, j)
            np.matmul(terms, part, out=gradient[:, j])
        return values(self.powers, x) @ self.coefficients, np.swapaxes(gradient, 1, 2)

    @cached_property
    def _parts(self) -> list[Array]:
        """The coefficients that count for the derivative by each label, per unit of the label."""
        return [self.coefficients[self.powers[:, j] > 0] / self.scale[j] for j in range(len(self.labels))]

    def variance(self, theta: Array) -> Array:
        """Return the model's variance (n, p): scatter, and what the training set leaves undetermined."""
        terms = self._terms(theta)
        share = ((terms @ self.leverage) * terms).sum(1)
        return np.asarray(self.scatter**2 + share[:, None] * self.noise)

    def excess(self, theta: Array, weights: Array) -> tuple[Array, Array]:
        """Return what the noise of the coefficients adds to the fit's slope (n, k) and curvature (n, k, k).

        Gradients that are noisy, by the same noise as the flux, pull labels to where the training set is
        dense, and pass for information (regression with errors in the variables). Coefficients have the
        covariance noise times leverage: the mean of J^T W (model - truth) is the one, of J^T W J less that
        of the true J the other; `weights` are (n, p).
        """
        x = (theta - self.pivot) / self.scale
        slopes = np.zeros((len(x), x.shape[1], len(self.powers)))
        for j in range(x.shape[1]):
            which, by = derivative(self.powers, x, j)
            slopes[:, j, which] = by / self.scale[j]
        half = slopes @ self.leverage
        total = weights @ self.noise
        slope = np.matmul(half, values(self.powers, x)[:, :, None])[:, :, 0]
        curvature = np.matmul(half, np.swapaxes(slopes, 1, 2))
        return slope * total[:, None], curvature * total[:, None, None]

    def starts(self) -> Array:
        """Return labels (s, k) of training stars far from each other, and the pivot."""
        return self._starts

    @cached_property
    def _starts(self) -> Array:
        return np.vstack([self.pivot, self.hull.spread_out(STARTS)])

    def quick(self, weights: Array) -> CannonQuick | None:
        """Return the fast way of the fit for spectra with such mean weights (p,)."""
        return CannonQuick.of(self, weights)

    def saved(self) -> Saved:
        """Return the arrays and words of which `rebuilt` makes the model again."""
        names = ("wavelength_angstrom", "coefficients", "pivot", "scale", "scatter", "leverage", "noise")
        arrays = {name: np.asarray(getattr(self, name), np.float64) for name in names}
        arrays |= {"powers": self.powers.astype(np.float64), "training_labels": self.hull.theta}
        return Saved(arrays, {"labels": list(self.labels), "box": isinstance(self.hull, Box)})

    @classmethod
    def rebuilt(cls, saved: Saved) -> CannonModel:
        """Return the model that was saved."""
        of = saved.arrays
        ends = of["training_labels"]
        return cls(
            tuple(saved.words["labels"]),
            of["wavelength_angstrom"],
            of["coefficients"],
            of["powers"].astype(np.int64),
            of["pivot"],
            of["scale"],
            of["scatter"],
            Box.between(*ends) if saved.words.get("box") else Hull.of(ends),
            of["leverage"],
            of["noise"],
        )


def train(
    theta: npt.ArrayLike,
    flux: npt.ArrayLike,
    ivar: npt.ArrayLike,
    labels: tuple[str, ...],
    wavelength_angstrom: npt.ArrayLike,
    *,
    powers: Powers | None = None,
) -> CannonModel:
    """Return the model of labels (n, k) and normalised spectra (n, p); quadratic unless `powers` says more.

    NaN labels are imputed by the model itself (`analysis.labels.impute`). Pixels that too few stars have
    get infinite scatter and so never count. Raises AnalysisError for too few stars.
    """
    known = np.asarray(theta, np.float64)
    spectra, weight = np.asarray(flux, np.float64), np.asarray(ivar, np.float64)
    powers = quadratic(len(labels)) if powers is None else powers
    _check(known, spectra, labels, len(powers))
    _check_apart(known, labels, powers)
    good = np.isfinite(spectra) & np.isfinite(weight) & (weight > 0.0)
    spectra, weight = np.where(good, spectra, 0.0), np.where(good, weight, 0.0)
    grid = np.asarray(wavelength_angstrom, np.float64)

    def of(full: Array, variance: Array | float) -> CannonModel:
        return _trained(full, spectra, weight, variance, labels, grid, powers)

    return imputed(known, spectra, weight, of) if np.isnan(known).any() else of(known, 0.0)


def learn(
    training: TrainingSet,
    settings: Mapping[str, Any],
    *,
    progress: Callable[[str, float], None] | None = None,
) -> CannonModel:
    """Return the quadratic model of a training set, as label_training asks for it."""
    made = train(training.theta, training.flux, training.ivar, training.labels, training.wavelength_angstrom)
    if progress is not None:
        progress("training", 1.0)
    return made


def _trained(
    theta: Array,
    flux: Array,
    ivar: Array,
    variance: Array | float,
    labels: tuple[str, ...],
    grid: Array,
    powers: Powers,
) -> CannonModel:
    """Return the model of whole labels; `variance` (n, p) is what their errors add to the spectra's."""
    pivot = theta.mean(0)
    scale = theta.std(0)
    terms = values(powers, (theta - pivot) / scale)
    found = solve(terms, flux, ivar, variance)
    gram = terms.T @ terms
    return CannonModel(
        labels=labels,
        wavelength_angstrom=grid,
        coefficients=found.coefficients,
        powers=powers,
        pivot=pivot,
        scale=scale,
        scatter=found.scatter,
        hull=Hull.of(theta),
        leverage=np.asarray(np.linalg.pinv(gram, hermitian=True), np.float64),
        noise=found.noise,
    )


def _check_apart(theta: Array, labels: tuple[str, ...], powers: Powers) -> None:
    """Raise AnalysisError for labels whose terms can not be told apart: one is made of the others."""
    whole = theta[np.isfinite(theta).all(axis=1)]
    if len(whole) < 2 * len(powers) or not (np.ptp(whole, axis=0) > 0.0).all():
        return  # too few to tell
    terms = values(powers, (whole - whole.mean(0)) / whole.std(0))
    found, vectors = np.linalg.eigh(terms.T @ terms)
    if found[0] > SAME**2 * found[-1]:
        return
    terms_of = np.abs(vectors[:, 0]) > 0.1 * np.abs(vectors[:, 0]).max()
    which = [name for name, power in zip(labels, powers[terms_of].sum(0), strict=True) if power]
    raise AnalysisError(
        f"labels {', '.join(which)}: the training stars do not tell them or their products apart "
        "(one follows from the others, or has two values): leave one out"
    )


def _check(theta: Array, flux: Array, labels: tuple[str, ...], n_terms: int) -> None:
    if theta.shape != (len(flux), len(labels)):
        raise AnalysisError(
            f"labels have the shape {theta.shape}: {len(flux)} spectra and {len(labels)} labels need "
            f"({len(flux)}, {len(labels)})"
        )
    if np.isinf(theta).any():
        raise AnalysisError("a label is infinite: leave it NaN if it is not known")
    if len(theta) < n_terms + 2:
        raise AnalysisError(
            f"{len(theta)} training stars for {n_terms} coefficients of each pixel ({len(labels)} labels): "
            f"give {n_terms + 2} at least, or fewer labels"
        )
    for j, name in enumerate(labels):
        column = theta[np.isfinite(theta[:, j]), j]
        if len(column) < n_terms // 2 + 2 or not np.ptp(column) > 0.0:
            raise AnalysisError(f"label {name}: {len(column)} stars have it, or all the same: leave it out")
