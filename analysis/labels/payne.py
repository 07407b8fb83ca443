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
from analysis.labels.boxes import Box
from analysis.labels.hull import Hull
from analysis.labels.model import Saved

Array = npt.NDArray[np.float64]

STARTS = 24
"""Places in the training set, far from each other, of which the fit begins with the best."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Weights (out, in) and biases (out,) of a network, from labels to pixels; `activation` between them."""

    weights: tuple[npt.NDArray[Any], ...]
    biases: tuple[npt.NDArray[Any], ...]
    activation: str = "silu"

    def astype(self, kind: type) -> Layers:
        """Return the network in another precision."""
        return Layers(
            tuple(np.ascontiguousarray(each).astype(kind) for each in self.weights),
            tuple(each.astype(kind) for each in self.biases),
            self.activation,
        )

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


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network as a spectral model: labels (n, k) in natural units to flux (n, p).

    `low` and `high` (k,) are the labels' range in the training set, `scatter` (p,) the network's own error
    (standard deviation) as the validation spectra show it, `hull` the extent of the training set. `continuum`
    (p,) is 1 in pixels by which spectra are normalised for it, None if that is done before.
    """

    labels: tuple[str, ...]
    wavelength_angstrom: Array
    layers: Layers
    low: Array
    high: Array
    scatter: Array
    hull: Hull
    kind: str = "payne"
    continuum: Array | None = None

    @property
    def smooth(self) -> bool:
        """Whether the slopes are continuous, as a fit by slopes to the last digit needs."""
        return self.layers.activation != "leaky_relu"

    def scaled(self, theta: npt.ArrayLike) -> Array:
        """Return labels (n, k) in the network's scale, -0.5 to 0.5 within the training set."""
        return np.asarray((np.atleast_2d(theta) - self.low) / (self.high - self.low) - 0.5, np.float64)

    def flux(self, theta: npt.ArrayLike) -> Array:
        """Return the normalised flux (n, p) of stars with such labels (n, k)."""
        hidden = self.layers.hidden(self.scaled(theta))
        return np.asarray(hidden @ self.layers.weights[-1].T + self.layers.biases[-1], np.float64)

    def flux_and_gradient(self, theta: npt.ArrayLike) -> tuple[Array, Array]:
        """Return the flux (n, p) and its derivatives (n, p, k) by the labels, a view of (n, k, p)."""
        hidden, slopes = self.layers.hidden_and_slopes(self.scaled(theta))
        last = self.layers.weights[-1]
        n, k, h = slopes.shape
        slopes = slopes / (self.high - self.low)[:, None]
        gradient = (slopes.reshape(n * k, h) @ last.T).reshape(n, k, -1)
        flux = np.asarray(hidden @ last.T + self.layers.biases[-1], np.float64)
        return flux, np.swapaxes(gradient, 1, 2)

    def starts(self) -> Array:
        """Return labels (s, k) of which the fit begins with the best: the middle and far from each other."""
        return np.vstack([(self.low + self.high) / 2.0, self.hull.spread_out(STARTS)])

    def quick(self, weights: Array, *, velocity: bool = False) -> Any:
        """Return the fast way of the fit, for spectra with such mean weights (p,)."""
        from analysis.labels.quick import Quick

        return Quick.of(self, weights, velocity=velocity)

    def saved(self) -> Saved:
        """Return the arrays and words of which `rebuilt` makes the network again."""
        arrays = {f"weights_{j}": each for j, each in enumerate(self.layers.weights)}
        arrays |= {f"biases_{j}": each for j, each in enumerate(self.layers.biases)}
        for name in ("wavelength_angstrom", "low", "high", "scatter"):
            arrays[name] = getattr(self, name)
        words: dict[str, Any] = {"labels": list(self.labels), "activation": self.layers.activation}
        if self.continuum is not None:
            arrays["continuum"] = self.continuum
        arrays["training_labels"] = self.hull.theta
        words |= {"box": isinstance(self.hull, Box), "layers": len(self.layers.weights), "kind": self.kind}
        return Saved(arrays, words)

    @classmethod
    def rebuilt(cls, saved: Saved) -> Network:
        """Return the network that was saved."""
        of, words = saved.arrays, saved.words
        layers = Layers(
            tuple(of[f"weights_{j}"] for j in range(words["layers"])),
            tuple(of[f"biases_{j}"] for j in range(words["layers"])),
            words["activation"],
        )
        trained = of["training_labels"]
        hull = Box.between(*trained) if words["box"] else Hull.of(trained)
        return cls(
            tuple(words["labels"]),
            of["wavelength_angstrom"],
            layers,
            of["low"],
            of["high"],
            of["scatter"],
            hull,
            words["kind"],
            of.get("continuum"),
        )
