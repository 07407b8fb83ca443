"""The fit of a network without its gradient: far less work for each step, and the same result.

Flux is linear in the last hidden layer, f = W h + b: so J^T r = G (W^T r), G the derivatives of h by the
labels, and J^T D J = G (W^T D W) G^T. W^T D W, (h, h), is made once, of the mean weights D of all spectra
(and for some shifts by parts of a pixel); each star's curvature is that one times the ratio of its weights
to the mean ones, near enough to step by. The way down is exact in every step, so that it ends where chi2 is
least; what is reported is the curvature of the star's own weights there. Products are in single precision,
sums and normal equations in double.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.doppler import LIGHT_KM_S, Shift, detectors, even_step, shift
from analysis.labels.normal_equations import Data, Step, with_prior
from analysis.labels.payne import Layers, Network

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[Any]

AT_ONCE = 64
NODES = 4
"""Shifts between 0 and half a pixel, less one, for which W^T D W is made."""


@dataclass(frozen=True, eq=False)
class Quick:
    """A network's fast way through spectra: `middles` (q, h, h) are W^T D W at q shifts within a pixel.

    `pixel_km_s` is the velocity of a pixel, None without a velocity or on an uneven grid.
    """

    network: Network
    velocity: bool
    layers: Layers
    middles: Floats
    pixel_km_s: float | None
    total_weight: float
    _last: Floats = field(repr=False)

    @classmethod
    def of(cls, network: Network, weights: Array, *, velocity: bool) -> Quick:
        """Return the fast way of a network, alone or with a velocity, for mean weights (p,)."""
        layers = network.layers.astype(np.float32)
        last = layers.weights[-1]
        grid = network.wavelength_angstrom
        step = even_step(grid, detectors(grid)) if velocity else None
        pixel = None if step is None else step * LIGHT_KM_S
        places = np.linspace(0.0, 0.5, NODES + 1) * pixel if pixel is not None else np.zeros(1)
        middles = []
        for place in places:
            rows = np.ascontiguousarray(last.T)[None]
            moved = shift(grid, np.array([place])).apply(rows)[0] if place else rows[0]
            middles.append((moved * weights.astype(np.float32)) @ moved.T)
        return cls(network, velocity, layers, np.stack(middles), pixel, float(weights.sum()), last)

    def step(self, data: Data, theta: Array) -> Step:
        """Return chi2 and its slope at labels (n, k), and a curvature that is near the true one."""
        return self._step(data, theta, own=False)

    def exact(self, data: Data, theta: Array) -> Step:
        """Return chi2, its slope and its curvature at labels (n, k)."""
        return self._step(data, theta, own=True)

    def _step(self, data: Data, theta: Array, *, own: bool) -> Step:
        parts = []
        for begin in range(0, len(theta), AT_ONCE):
            rows = np.arange(begin, min(begin + AT_ONCE, len(theta)))
            parts.append(self._part(data.rows(rows), theta[rows], own))
        return Step(*(np.concatenate(each) for each in zip(*parts, strict=True)))

    def _part(self, data: Data, theta: Array, own: bool) -> Step:
        n, width = theta.shape
        k = len(self.network.labels)
        hidden, slopes = self.layers.hidden_and_slopes(self.network.scaled(theta[:, :k]).astype(np.float32))
        slopes = slopes * (1.0 / (self.network.high - self.network.low)).astype(np.float32)[:, None]
        flux = hidden @ self._last.T + self.layers.biases[-1]
        moved = shift(self.network.wavelength_angstrom, theta[:, k]) if self.velocity else None
        residual = (data.flux - (flux if moved is None else moved.apply(flux))) * data.root
        chi2 = np.einsum("np,np->n", residual, residual)
        root = data.root.astype(np.float32)
        weighed = residual.astype(np.float32) * root
        slope, curvature = np.empty((n, width)), np.empty((n, width, width))
        back = weighed if moved is None else moved.transposed(weighed)
        slope[:, :k] = np.matmul(slopes, (back @ self._last)[:, :, None])[:, :, 0]
        if moved is not None:
            by_velocity = moved.slope(flux)
            slope[:, k] = np.einsum("np,np->n", by_velocity, weighed, dtype=np.float64)
            heavy = by_velocity * root * root
            cross = moved.transposed(heavy) @ self._last
            curvature[:, k, :k] = curvature[:, :k, k] = np.matmul(slopes, cross[:, :, None])[:, :, 0]
            curvature[:, k, k] = np.einsum("np,np->n", by_velocity, heavy, dtype=np.float64)
        near = self._own(slopes, root, moved) if own else self._near(slopes, data, theta)
        curvature[:, :k, :k] = near
        return with_prior(data, theta, chi2, slope, curvature)

    def _near(self, slopes: Floats, data: Data, theta: Array) -> Array:
        """Return the curvature (n, k, k) by the mean weights, scaled to each star's."""
        n, k, h = slopes.shape
        half = np.empty_like(slopes)
        which = np.zeros(n, np.intp)
        if self.pixel_km_s is not None:
            part = np.mod(theta[:, -1] / self.pixel_km_s, 1.0)
            which = np.rint(np.minimum(part, 1.0 - part) * 2 * NODES).astype(np.intp)
        for node in np.unique(which):
            rows = which == node
            half[rows] = (slopes[rows].reshape(-1, h) @ self.middles[node]).reshape(-1, k, h)
        ratio = (data.root**2).sum(axis=1) / self.total_weight
        return np.asarray(np.matmul(half, slopes.transpose(0, 2, 1)) * ratio[:, None, None], np.float64)

    def _own(self, slopes: Floats, root: Floats, moved: Shift | None) -> Array:
        """Return the curvature (n, k, k) by each star's own weights."""
        n, k, h = slopes.shape
        gradient = (slopes.reshape(n * k, h) @ self._last.T).reshape(n, k, -1)
        gradient = gradient if moved is None else moved.apply(gradient)
        gradient *= root[:, None, :]
        return np.asarray(np.matmul(gradient, gradient.transpose(0, 2, 1)), np.float64)
