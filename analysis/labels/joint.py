"""Spectrum, magnitudes and parallax in one likelihood: a spectral model with a few more pixels.

To the pixels of a spectrum come one for each band, m = M(labels) + mu + R A, and one for the parallax,
10^((10 - mu) / 5) mas plus its zero point; to the labels the distance modulus mu and the extinction A. The
fit of `analysis.labels.fit` does the rest: parallaxes are data with normal errors, and never inverted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels import cannon
from analysis.labels.boxes import Part
from analysis.labels.model import Saved, SpectralModel
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

DISTANCE, EXTINCTION = "distance_modulus", "extinction"
MODULI = tuple(float(x) for x in range(0, 21, 2))
"""Distance moduli of which the fit begins with the best."""

FLOOR_MAG = 0.01
"""Error that is added to every magnitude: of the photometry's zero points."""


@dataclass(frozen=True, eq=False)
class Photometry:
    """Absolute magnitudes (b,) of labels by a quadratic model, `bands`, and their extinction over A (b,).

    `used` are the labels of the relation, by their place in the spectral model's.
    """

    relation: cannon.CannonModel
    bands: tuple[str, ...]
    coefficient: Array
    used: npt.NDArray[np.int64]


def absolute(
    theta: Array,
    labels: tuple[str, ...],
    magnitude: Array,
    magnitude_error: Array,
    parallax_mas: Array,
    parallax_error_mas: Array,
    bands: tuple[str, ...],
    coefficient: Array,
    *,
    extinction: Array | None = None,
    by: tuple[str, ...] = ("teff", "logg", "fe_h"),
    least: float = 20.0,
) -> Photometry:
    """Return magnitudes as a quadratic function of labels, learnt from stars with good parallaxes.

    `theta` (n, k), magnitudes (n, b). Parallaxes are those with the zero point taken off, and count from
    `least` times their error: there 5 log10 of one is off by less than 0.003 mag. `extinction` (n,) is known
    for these, or they have hardly any. Raises AnalysisError for labels that are missing, or too few stars.
    """
    for name in by:
        if name not in labels:
            raise AnalysisError(
                f"magnitudes are a relation of {', '.join(by)}: the model has no label {name}"
            )
    used = np.array([labels.index(name) for name in by])
    with np.errstate(invalid="ignore", divide="ignore"):
        good = (parallax_mas > least * parallax_error_mas) & np.isfinite(theta[:, used]).all(axis=1)
        modulus = 10.0 - 5.0 * np.log10(np.where(good, parallax_mas, np.nan))
        error = 5.0 / np.log(10.0) * parallax_error_mas / parallax_mas
    dust = np.zeros(len(theta)) if extinction is None else np.nan_to_num(extinction)
    value = magnitude - modulus[:, None] - dust[:, None] * coefficient
    variance = magnitude_error**2 + error[:, None] ** 2 + FLOOR_MAG**2
    ivar = np.where(np.isfinite(value) & np.isfinite(variance), 1.0 / variance, 0.0)[good]
    grid = np.arange(len(bands), dtype=np.float64)
    relation = cannon.train(theta[good][:, used], value[good], ivar, by, grid)
    return Photometry(relation, bands, coefficient, used)


@dataclass(frozen=True, eq=False)
class JointModel:
    """A spectral model of p pixels with b bands and a parallax: p + b + 1 pixels, k + 2 labels.

    `zero_point_mas` is added to the true parallax, as the catalogue does. `modulus` are distance moduli to
    begin with, `extinction` the extinction to begin with.
    """

    spectral: SpectralModel
    photometry: Photometry
    zero_point_mas: float = 0.0
    extinction: float = 0.0
    modulus: tuple[float, ...] = MODULI
    kind: str = "joint"

    @property
    def labels(self) -> tuple[str, ...]:
        """The spectral model's labels, distance modulus and extinction."""
        return (*self.spectral.labels, DISTANCE, EXTINCTION)

    @property
    def wavelength_angstrom(self) -> Array:
        """The spectral model's wavelengths, and NaN for magnitudes and parallax."""
        more = np.full(len(self.photometry.bands) + 1, np.nan)
        return np.concatenate([self.spectral.wavelength_angstrom, more])

    @property
    def scatter(self) -> Array:
        """Errors of the spectral model and of the relation of magnitudes; the parallax has none."""
        return np.concatenate([self.spectral.scatter, self.photometry.relation.scatter, [0.0]])

    @property
    def hull(self) -> Any:
        """The spectral model's hull: distance and extinction do not count."""
        return Part.first(self.spectral.hull)

    def variance(self, theta: Array) -> Array:
        """Return the models' own variance (n, p + b + 1)."""
        k = len(self.spectral.labels)
        of: Any = self.spectral
        spectrum = (
            of.variance(theta[:, :k])
            if hasattr(of, "variance")
            else np.broadcast_to(of.scatter**2, (len(theta), len(of.scatter)))
        )
        relation = self.photometry.relation.variance(theta[:, self.photometry.used])
        return np.hstack([spectrum, relation, np.zeros((len(theta), 1))])

    def flux(self, theta: Array) -> Array:
        """Return normalised flux, magnitudes and parallax [mas] (n, p + b + 1) of labels (n, k + 2)."""
        return self.flux_and_gradient(theta)[0]

    def flux_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return the same and its derivatives (n, p + b + 1, k + 2)."""
        k, b = len(self.spectral.labels), len(self.photometry.bands)
        flux, slope = self.spectral.flux_and_gradient(theta[:, :k])
        bright, by_label = self.photometry.relation.flux_and_gradient(theta[:, self.photometry.used])
        n, p = flux.shape
        modulus, dust = theta[:, k], theta[:, k + 1]
        bright = bright + modulus[:, None] + dust[:, None] * self.photometry.coefficient
        parallax = 10.0 ** ((10.0 - modulus) / 5.0)
        gradient = np.zeros((n, p + b + 1, k + 2))
        gradient[:, :p, :k] = slope
        gradient[:, p : p + b, self.photometry.used] = by_label
        gradient[:, p : p + b, k] = 1.0
        gradient[:, p : p + b, k + 1] = self.photometry.coefficient
        gradient[:, -1, k] = -np.log(10.0) / 5.0 * parallax
        return np.hstack([flux, bright, parallax[:, None] + self.zero_point_mas]), gradient

    def starts(self) -> Array:
        """Return labels to begin with: each of the spectral model's at each distance modulus."""
        of: Any = self.spectral
        labels = of.starts() if hasattr(of, "starts") else of.hull.spread_out(24)
        both = np.repeat(labels, len(self.modulus), axis=0)
        modulus = np.tile(self.modulus, len(labels))
        return np.column_stack([both, modulus, np.full(len(both), self.extinction)])

    def saved(self) -> Saved:
        """Raise AnalysisError: a joint model is made anew of the model and the stars."""
        raise AnalysisError("a joint model is not stored: store its spectral model, and give the stars")
