"""Labels, colours and spectra as the columns of a linear model, and how far a star is from the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

HULL_QUANTILE = 0.995
"""Share of the training stars that are inside by definition."""


@dataclass(frozen=True, slots=True)
class Design:
    """How features become columns: centred, scaled, with their products up to `degree`.

    `centre`, `scale` (k,) are median and standard deviation of the training stars; of the `linear` last
    features (components of spectra) there are no products. `middle` (k,), `precision` (k, k) and `edge`
    describe the cloud of scaled training stars: `hull_distance` is 1 at its edge.
    """

    names: tuple[str, ...]
    degree: int
    linear: int
    centre: Array
    scale: Array
    middle: Array
    precision: Array
    edge: float

    @classmethod
    def of(cls, names: tuple[str, ...], features: Array, degree: int, linear: int = 0) -> Design:
        """Return the design by training stars (n, k) without NaN; raises ValueError for a constant."""
        centre = np.median(features, axis=0)
        scale = features.std(axis=0)
        for name, each in zip(names, scale, strict=True):
            if not each > 0.0:
                raise ValueError(f"feature {name} has the same value in all training stars")
        scaled = (features - centre) / scale
        covariance = np.atleast_2d(np.cov(scaled, rowvar=False)) + 1e-9 * np.eye(len(names))
        precision = np.asarray(np.linalg.inv(covariance), np.float64)
        middle = scaled.mean(axis=0)
        edge = float(np.quantile(_mahalanobis(scaled - middle, precision), HULL_QUANTILE))
        return cls(names, degree, linear, centre, scale, middle, precision, edge)

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the columns."""
        n = len(self.names) - self.linear
        products = [
            f"{self.names[i]}*{self.names[j]}" for i in range(n) for j in range(i, n) if self.degree == 2
        ]
        return ("constant", *self.names, *products)

    def columns(self, features: Array) -> Array:
        """Return the matrix (n, terms) of features (n, k)."""
        x = (features - self.centre) / self.scale
        n = x.shape[1] - self.linear
        parts = [np.ones((len(x), 1)), x]
        if self.degree == 2:
            parts += [x[:, i : i + 1] * x[:, i:n] for i in range(n)]
        return np.hstack(parts)

    def label_variance(self, coefficients: Array, features: Array, errors: Array) -> Array:
        """Return the variance (n,) [mag^2] that errors (n, k) of the features leave, 0 where one is unknown.

        To first order; spectra's components have no errors here.
        """
        variance = np.zeros(len(features))
        for i, step in enumerate(1e-3 * self.scale[: len(self.names) - self.linear]):
            move = np.zeros(features.shape[1])
            move[i] = step
            ahead, behind = self.columns(features + move), self.columns(features - move)
            slope = (ahead - behind) @ coefficients / (2.0 * step)
            variance += np.nan_to_num(slope * errors[:, i]) ** 2
        return variance

    def hull_distance(self, features: Array) -> Array:
        """Return how far stars (n, k) are from the middle of the training stars; above 1 is outside."""
        scaled = (features - self.centre) / self.scale
        return _mahalanobis(scaled - self.middle, self.precision) / self.edge


def _mahalanobis(x: Array, precision: Array) -> Array:
    return np.asarray(np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", x, precision, x, optimize=True), 0.0)))


def principal_components(spectra: Array, n: int) -> tuple[Array, Array]:
    """Return the mean spectrum (p,) and the first n components (n, p) of spectra (m, p).

    A bad pixel, NaN, counts as the mean. No parallax enters, so a star's own does not by this way either.
    """
    mean = np.nan_to_num(np.nanmean(spectra, axis=0))
    apart = np.nan_to_num(spectra - mean)
    _, _, directions = np.linalg.svd(apart, full_matrices=False)
    return mean, np.ascontiguousarray(directions[:n])


def projected(spectra: Array, mean: Array, directions: Array) -> Array:
    """Return the components (n, k) of spectra (n, p)."""
    return np.asarray(np.nan_to_num(spectra - mean) @ directions.T)
