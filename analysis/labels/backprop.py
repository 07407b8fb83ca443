"""The loss of a network and its exact derivatives by every weight, with or without a penalty on slopes.

Values run forward with their derivatives by the labels (tangents); both run backward. Nothing is
differentiated by finite differences or by a library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.activations import ACTIVATIONS
from analysis.labels.payne import Layers

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Layer:
    """What the way back needs of a hidden layer."""

    value: Array
    slope: Array
    curvature: Array
    tangent_in: Array | None


def value_loss(layers: Layers, x: Array, flux: Array, weight: Array | float) -> tuple[float, Layers]:
    """Return the mean of weight (flux - network)^2 over stars and pixels, and its derivatives.

    `x` (n, k) are scaled labels, `flux` (n, p), `weight` (n, p) or one number; NaN is not allowed.
    """
    values, trail = _forward(layers, x, None)
    difference = values - flux
    weighted = weight * difference
    loss = float(np.vdot(weighted, difference)) / difference.size
    return loss, _backward(layers, x, trail, (2.0 / difference.size) * weighted, None, None)


def slope_loss(
    layers: Layers, x: Array, direction: Array, slope: Array, weight: Array | float
) -> tuple[float, Layers]:
    """Return the mean of weight (slope - network's)^2 and its derivatives by the weights.

    `slope` (n, p) are derivatives of the flux along `direction` (n, k) of the scaled labels at `x` (n, k).
    """
    tangent = direction
    _, trail = _forward(layers, x, direction)
    for each, matrix in zip(trail, layers.weights[:-1], strict=True):
        tangent = (tangent @ matrix.T) * each.slope
    difference = tangent @ layers.weights[-1].T - slope
    weighted = weight * difference
    loss = float(np.vdot(weighted, difference)) / difference.size
    upstream = (2.0 / difference.size) * weighted
    return loss, _backward(layers, x, trail, None, upstream, tangent)


def _forward(layers: Layers, x: Array, direction: Array | None) -> tuple[Array, list[_Layer]]:
    """Return the flux (n, p) and what each hidden layer made of it."""
    act = ACTIVATIONS[layers.activation]
    trail, value, tangent = [], x, direction
    for matrix, bias in zip(layers.weights[:-1], layers.biases[:-1], strict=True):
        value, slope, curvature = act(value @ matrix.T + bias)
        trail.append(_Layer(value, slope, curvature, tangent))
        tangent = None if tangent is None else (tangent @ matrix.T) * slope
    return value @ layers.weights[-1].T + layers.biases[-1], trail


def _backward(
    layers: Layers,
    x: Array,
    trail: list[_Layer],
    by_value: Array | None,
    by_tangent: Array | None,
    last_tangent: Array | None,
) -> Layers:
    """Return the derivatives of a loss with derivatives `by_value`, `by_tangent` (n, p) by the output."""
    last = layers.weights[-1]
    zeros = np.zeros_like(last)
    weights, biases = [zeros], [np.zeros_like(layers.biases[-1])]
    value_bar, tangent_bar = np.zeros_like(trail[-1].value), None
    if by_value is not None:
        weights[0] = by_value.T @ trail[-1].value
        biases[0] = by_value.sum(axis=0)
        value_bar = by_value @ last
    if by_tangent is not None and last_tangent is not None:
        weights[0] = weights[0] + by_tangent.T @ last_tangent
        tangent_bar = by_tangent @ last
    for depth in range(len(trail) - 1, -1, -1):
        layer, matrix = trail[depth], layers.weights[depth]
        below = x if depth == 0 else trail[depth - 1].value
        z_bar = layer.slope * value_bar
        grown = None
        if tangent_bar is not None and layer.tangent_in is not None:
            z_bar = z_bar + layer.curvature * tangent_bar * (layer.tangent_in @ matrix.T)
            grown = layer.slope * tangent_bar
        weight_bar = z_bar.T @ below
        if grown is not None and layer.tangent_in is not None:
            weight_bar = weight_bar + grown.T @ layer.tangent_in
            tangent_bar = grown @ matrix
        weights.insert(0, weight_bar)
        biases.insert(0, z_bar.sum(axis=0))
        value_bar = z_bar @ matrix
    return Layers(tuple(weights), tuple(biases), layers.activation)
