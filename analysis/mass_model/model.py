"""The model: circular velocity of fixed stars and gas and a halo, its parameters and their priors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.galaxy.halo import KINDS, Halos, halos
from analysis.mass_model.noise import Noise
from analysis.sampling.priors import Prior, loguniform, normal, parse, uniform

Array = npt.NDArray[np.float64]

PRIORS: Mapping[str, Prior] = {
    "M200": loguniform(1e10, 3e13),
    "c": loguniform(1.0, 100.0),
    "alpha": uniform(0.05, 3.0),
    "gamma": uniform(0.0, 1.9),
    "jitter": uniform(0.0, 30.0),
    "scale": loguniform(0.05, 50.0),
}
"""What is thought of each parameter before there are points; M200 in solMass, jitter in km/s."""

UNITS = {"M200": "solMass", "jitter": "km.s**-1"}
BARYONS = "baryon_factor"
"""Factor of all squares of velocities of stars and gas, where it is free."""


@dataclass(frozen=True, slots=True)
class Model:
    """What is fitted to n points: `baryons2` (n,) is the square of the velocity of stars and gas there.

    `names` are the parameters, in the order of the columns of what the functions take.
    """

    kind: str
    r: Array
    vc: Array
    baryons2: Array
    noise: Noise
    priors: Mapping[str, Prior]
    critical: float

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.priors)

    def column(self, theta: Array, name: str) -> Array | None:
        """Return the column (m,) of a parameter, None where it is not one."""
        return theta[:, self.names.index(name)] if name in self.priors else None

    def halos(self, theta: Array) -> Halos:
        """Return the halos of parameters (m, k)."""
        shape = KINDS[self.kind].shape
        m200, c = theta[:, self.names.index("M200")], theta[:, self.names.index("c")]
        return halos(
            self.kind, m200, c, None if shape is None else self.column(theta, shape), critical=self.critical
        )

    def residuals(self, theta: Array) -> Array:
        """Return model less points (m, n) [km/s] of parameters (m, k)."""
        return velocities(self.baryons2, self.halos(theta).v2(self.r), self.column(theta, BARYONS)) - self.vc

    def ln_likelihood(self, theta: Array) -> Array:
        """Return ln of the likelihood (m,) of parameters (m, k)."""
        extra = None if self.noise.extra is None else self.column(theta, self.noise.extra)
        chi2, norm = self.noise.squares(self.residuals(theta), extra)
        return np.asarray(-0.5 * chi2 - norm)

    def ln_prior(self, theta: Array) -> Array:
        """Return ln of the prior density (m,) of parameters (m, k)."""
        parts = [prior.ln(theta[:, k]) for k, prior in enumerate(self.priors.values())]
        return np.asarray(np.sum(parts, axis=0))

    def chi2(self, theta: Array) -> Array:
        """Return chi2 (m,) with the errors as they were given, without jitter or scale."""
        ones = np.ones(len(theta)) if self.noise.extra == "scale" else np.zeros(len(theta))
        return self.noise.squares(self.residuals(theta), ones)[0]


def velocities(baryons2: Array, halo2: Array, factor: Array | None = None) -> Array:
    """Return circular velocities (m, n) [km/s] of squares of stars and gas (n,) and of halos (m, n).

    Where stars and gas pull outwards more than the halo inwards there is no circular orbit: 0.
    """
    stars = baryons2[None, :] * (1.0 if factor is None else factor[:, None])
    return np.asarray(np.sqrt(np.maximum(stars + halo2, 0.0)))


def priors(kind: str, extra: str | None, scatter: float, text: str | None) -> dict[str, Prior]:
    """Return the priors of the parameters of a halo, of `extra` noise and of a factor of stars and gas.

    `scatter` is the standard error of that factor about 1; 0 leaves it out. `text` has other priors, as
    `analysis.sampling.priors.parse` reads them. Raises AnalysisError for one of another parameter.
    """
    names = ["M200", "c", *filter(None, (KINDS[kind].shape, extra))]
    made = {name: PRIORS[name] for name in names}
    if scatter > 0.0:
        made[BARYONS] = normal(1.0, scatter, 0.0)
    known: Sequence[str] = (*PRIORS, BARYONS)
    asked = parse(text, known)
    return {name: asked.get(name, prior) for name, prior in made.items()}
