"""The spectrum of two stars that are not resolved: the sum of two models, each with its own velocity.

El-Badry K. et al., 2018, MNRAS 473, 5043 and 476, 528: both stars have the same abundances. There the mass
ratio and isochrones give the second star's temperature, gravity and share of the light; here, without
isochrones, these are labels of their own with wide priors, and the share of the light is the same at all
wavelengths: good for narrow ranges, and for what normalised spectra can tell.

flux = (1 - s) f(labels, v) + s f(labels of the second star, v_2), s = 1 / (1 + exp(-share))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from analysis.labels.boxes import Part
from analysis.labels.hull import Hull
from analysis.labels.model import SpectralModel
from analysis.labels.velocity import LABEL as VELOCITY
from analysis.labels.velocity import WithVelocity
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

OWN = ("teff", "logg", "vmic", "vturb", "vmacro", "vsini", "vbroad")
"""Labels that two stars of one cloud do not share; every other one is an abundance."""

SHARE = "share"
"""Logarithm of the light of the second star over that of the first."""


@dataclass(frozen=True, eq=False)
class TwoStars:
    """Two stars of one model with velocities; labels are those of the first, then the second's own.

    In order: the model's labels, radial_velocity, NAME_2 of each label that is not shared, share,
    radial_velocity_2.
    """

    model: SpectralModel

    @property
    def kind(self) -> str:
        """The model's kind."""
        return self.model.kind

    @cached_property
    def moving(self) -> WithVelocity:
        """The model of each star."""
        return WithVelocity(self.model)

    @cached_property
    def own(self) -> list[int]:
        """Which labels of the model each star has for itself."""
        found = [j for j, name in enumerate(self.model.labels) if name in OWN]
        if not found:
            raise AnalysisError(
                f"two stars of a model with the labels {', '.join(self.model.labels)} would be the same: it "
                f"has none of {', '.join(OWN)}"
            )
        return found

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of both stars."""
        second = [f"{self.model.labels[j]}_2" for j in self.own]
        return (*self.moving.labels, *second, SHARE, f"{VELOCITY}_2")

    @property
    def wavelength_angstrom(self) -> Array:
        """The model's wavelengths (p,)."""
        return self.model.wavelength_angstrom

    @property
    def scatter(self) -> Array:
        """The model's own error (p,)."""
        return self.model.scatter

    @property
    def smooth(self) -> bool:
        """Whether the model's slopes are continuous."""
        return bool(getattr(self.model, "smooth", True))

    @property
    def hull(self) -> Hull:
        """The model's hull, for the first star."""
        return Part.first(self.model.hull)

    def each(self, theta: Array) -> tuple[Array, Array, Array]:
        """Return labels and velocity (n, k + 1) of either star, and the second's share of the light (n,)."""
        at = np.atleast_2d(theta)
        k, own = len(self.model.labels), self.own
        first = at[:, : k + 1]
        second = first.copy()
        second[:, own] = at[:, k + 1 : k + 1 + len(own)]
        second[:, k] = at[:, -1]
        return first, second, 1.0 / (1.0 + np.exp(-at[:, -2]))

    def flux(self, theta: Array) -> Array:
        """Return normalised flux (n, p)."""
        first, second, share = self.each(theta)
        share = share[:, None]
        return (1.0 - share) * self.moving.flux(first) + share * self.moving.flux(second)

    def flux_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return normalised flux (n, p) and its derivatives (n, p, q), a view of (n, q, p)."""
        first, second, share = self.each(theta)
        one, by_one = self.moving.flux_and_gradient(first)
        two, by_two = self.moving.flux_and_gradient(second)
        part = share[:, None, None]
        k, own = len(self.model.labels), self.own
        out = np.empty((len(first), len(self.labels), one.shape[1]))
        out[:, : k + 1] = (1.0 - part) * np.swapaxes(by_one, 1, 2)
        shared = [j for j in range(k) if j not in own]
        out[:, shared] += part * np.swapaxes(by_two[:, :, shared], 1, 2)
        out[:, k + 1 : k + 1 + len(own)] = part * np.swapaxes(by_two[:, :, own], 1, 2)
        out[:, -2] = (share * (1.0 - share))[:, None] * (two - one)
        out[:, -1] = part[:, 0] * by_two[:, :, k]
        share = share[:, None]
        return (1.0 - share) * one + share * two, np.swapaxes(out, 1, 2)

    def starts(self) -> Array:
        """Return a pair of stars in the middle of the training set; see `analysis.labels.binary`."""
        return self.together(self.model.hull.theta.mean(axis=0)[None], [0.0], [-1.0], [20.0], [1.0])

    def together(
        self,
        theta: Array,
        velocity: Sequence[float] | Array,
        share: Sequence[float] | Array,
        apart_km_s: Sequence[float] | Array,
        cooler: Sequence[float] | Array,
    ) -> Array:
        """Return labels (n, q) of stars (n, k) with a second one, of the temperature times `cooler`."""
        columns: list[Any] = [theta, np.asarray(velocity)[:, None]]
        for j in self.own:
            factor = np.asarray(cooler) if self.model.labels[j] == "teff" else np.ones(len(theta))
            columns.append((theta[:, j] * factor)[:, None])
        moved = np.asarray(velocity) + np.asarray(apart_km_s)
        return np.hstack([*columns, np.asarray(share)[:, None], moved[:, None]])

    def exchanged(self, theta: Array, covariance: Array) -> tuple[Array, Array]:
        """Return labels and covariances with the stars exchanged where the second one has more light."""
        k, own, q = len(self.model.labels), self.own, len(self.labels)
        order = np.arange(q)
        for i, j in enumerate([*own, k]):
            other = q - 1 if j == k else k + 1 + i
            order[j], order[other] = other, j
        sign = np.ones(q)
        sign[-2] = -1.0
        swap = theta[:, -2] > 0.0
        theta, covariance = theta.copy(), covariance.copy()
        theta[swap] = theta[swap][:, order] * sign
        covariance[swap] = covariance[swap][:, order][:, :, order] * sign[:, None] * sign
        return theta, covariance

    def saved(self) -> NoReturn:
        """Not for this one: the model itself is saved; raises AnalysisError."""
        raise AnalysisError("a model of two stars is not stored: store that of one")
