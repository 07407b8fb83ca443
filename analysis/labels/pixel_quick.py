"""Steps of the fit for networks of single pixels, in single precision and in the order of memory.

Values and derivatives are those of `payne_published.PixelNetworks`; here each neuron is one product of all
stars and pixels, where numpy has no small matrices to go through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.doppler import shift
from analysis.labels.normal_equations import Data, Step, with_prior

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

AT_ONCE = 4
"""Stars together: what belongs to them stays in the cache of the processor."""


@dataclass(frozen=True, eq=False)
class PixelQuick:
    """Weights in another order: `inner` (h, k, p), `inner_bias`, `middle` (h, p), and `both` their product.

    `outer` (2, p) as in the model, if there is one; `low`, `width` (k,) scale the labels.
    """

    inner: Floats
    inner_bias: Floats
    middle: Floats
    middle_bias: Floats
    both: Floats
    outer: Floats | None
    low: Array
    width: Array
    wavelength_angstrom: Array
    velocity: bool

    @classmethod
    def of(cls, network: Any, *, velocity: bool) -> PixelQuick:
        """Return the fast way of a `PixelNetworks`, alone or with a velocity."""
        width = network.high - network.low
        inner = np.ascontiguousarray(network.inner.transpose(1, 2, 0), np.float32)
        middle = np.ascontiguousarray(network.middle.T, np.float32)
        both = inner * middle[:, None] / width[:, None].astype(np.float32)
        return cls(
            inner,
            np.ascontiguousarray(network.inner_bias.T, np.float32),
            middle,
            network.middle_bias.astype(np.float32),
            both,
            None if network.outer is None else network.outer.astype(np.float32),
            network.low,
            width,
            network.wavelength_angstrom,
            velocity,
        )

    def step(self, data: Data, theta: Array) -> Step:
        """Return chi2 with its slope and curvature at labels (n, k)."""
        parts = []
        for begin in range(0, len(theta), AT_ONCE):
            rows = np.arange(begin, min(begin + AT_ONCE, len(theta)))
            parts.append(self._part(data.rows(rows), theta[rows]))
        return Step(*(np.concatenate(each) for each in zip(*parts, strict=True)))

    exact = step

    def _part(self, data: Data, theta: Array) -> Step:
        k = len(self.low)
        both = self._made(((theta[:, :k] - self.low) / self.width - 0.5).astype(np.float32))
        flux, gradient = both[:, 0], both[:, 1:]
        if self.velocity:
            moved = shift(self.wavelength_angstrom, theta[:, k])
            by_velocity = moved.slope(flux)
            both = moved.apply(both)
            flux, gradient = both[:, 0], np.concatenate([both[:, 1:], by_velocity[:, None]], axis=1)
        residual = (data.flux - flux) * data.root
        chi2 = np.einsum("np,np->n", residual, residual)
        gradient = gradient * data.root[:, None, :].astype(np.float32)
        slope = np.matmul(gradient, residual.astype(np.float32)[:, :, None])[:, :, 0].astype(np.float64)
        curvature = np.matmul(gradient, gradient.transpose(0, 2, 1)).astype(np.float64)
        return with_prior(data, theta, chi2, slope, curvature)

    def _made(self, x: Floats) -> Floats:
        """Return flux and derivatives by the labels (n, 1 + k, p) of scaled labels (n, k)."""
        h, k, p = self.inner.shape
        out = np.zeros((len(x), 1 + k, p), np.float32)
        out[:, 0] = self.middle_bias
        # No exponential overflows: single precision has 3e38, the logarithm of which is 88.
        for neuron in range(h):
            z = x @ self.inner[neuron]
            z += self.inner_bias[neuron]
            np.clip(z, -80.0, 80.0, out=z)
            np.negative(z, out=z)
            np.exp(z, out=z)
            z += 1.0
            np.reciprocal(z, out=z)
            out[:, 0] += z * self.middle[neuron]
            slope = z * (1.0 - z)
            for label in range(k):
                out[:, 1 + label] += slope * self.both[neuron, label]
        if self.outer is not None:
            value = 1.0 / (1.0 + np.exp(-np.clip(out[:, 0], -80.0, 80.0)))
            out[:, 0] = self.outer[0] * value + self.outer[1]
            out[:, 1:] *= (self.outer[0] * value * (1.0 - value))[:, None]
        return out
