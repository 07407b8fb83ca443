"""The Payne: a neural network from stellar labels to the flux of every pixel.

Ting Y.-S. et al., 2019, ApJ 879, 69. One network of all pixels, as the authors' program has it since:
`Linear(k, h) -> a -> Linear(h, h) -> a -> Linear(h, p)`, labels scaled to -0.5 to 0.5 by their range in
the training set. The authors take a leaky ReLU for `a`; here it is SiLU, whose slope is continuous: a
Gauss-Newton fit and its covariance are made of slopes, see docs/labels_networks.md for what that costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.activations import ACTIVATIONS

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layers:
    """Weights (out, in) and biases (out,) of a network, from labels to pixels; `activation` between them."""

    weights: tuple[npt.NDArray[Any], ...]
    biases: tuple[npt.NDArray[Any], ...]
    activation: str = "silu"

    def astype(self, kind: type) -> Layers:
        """Return the network in another precision."""
        weights = tuple(np.ascontiguousarray(each, kind) for each in self.weights)
        return Layers(weights, tuple(each.astype(kind) for each in self.biases), self.activation)

    def hidden(self, x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return what the last hidden layer (n, h) makes of scaled labels (n, k)."""
        act = ACTIVATIONS[self.activation]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = act(x @ weight.T + bias)[0]
        return x

    def hidden_and_slopes(self, x: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the last hidden layer (n, h) and its derivatives (n, k, h) by the scaled labels."""
        act = ACTIVATIONS[self.activation]
        n, k = x.shape
        slopes = np.broadcast_to(np.eye(k, dtype=x.dtype), (n, k, k))
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x, slope, _ = act(x @ weight.T + bias)
            # One product for all stars and labels: (n k, in) @ (in, out).
            slopes = (slopes.reshape(n * k, -1) @ weight.T).reshape(n, k, -1) * slope[:, None, :]
        return x, slopes


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A trained network as a spectral model: labels (n, k) in natural units to flux (n, p).

    `low` and `high` (k,) are the labels' range in the training set, `scatter` (p,) the network's own error
    (standard deviation) as the validation spectra show it, `hull` the extent of the training set, if known.
    """

    labels: tuple[str, ...]
    wavelength_angstrom: Array
    layers: Layers
    low: Array
    high: Array
    scatter: Array
    hull: Any = None
    kind: str = "payne"

    @property
    def start(self) -> Array:
        """The labels (k,) in the middle of the training set's range: where a fit may start."""
        return (self.low + self.high) / 2.0

    def scaled(self, theta: npt.ArrayLike) -> Array:
        """Return labels (n, k) in the network's scale, -0.5 to 0.5 within the training set."""
        return np.asarray((np.atleast_2d(theta) - self.low) / (self.high - self.low) - 0.5, np.float64)

    def flux(self, theta: npt.ArrayLike) -> Array:
        """Return the normalised flux (n, p) of stars with such labels (n, k)."""
        hidden = self.layers.hidden(self.scaled(theta))
        return np.asarray(hidden @ self.layers.weights[-1].T + self.layers.biases[-1], np.float64)

    def flux_and_gradient(self, theta: npt.ArrayLike) -> tuple[Array, Array]:
        """Return the flux (n, p) and its derivatives (n, p, k) by the labels, per unit of each label."""
        hidden, slopes = self.layers.hidden_and_slopes(self.scaled(theta))
        last = self.layers.weights[-1]
        n, k, h = slopes.shape
        slopes = slopes / (self.high - self.low)[:, None]
        gradient = (slopes.reshape(n * k, h) @ last.T).reshape(n, k, -1)
        flux = np.asarray(hidden @ last.T + self.layers.biases[-1], np.float64)
        return flux, np.asarray(gradient, np.float64).transpose(0, 2, 1)
