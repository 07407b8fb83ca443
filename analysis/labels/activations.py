"""What a neuron makes of its input: value, slope and curvature, each elementwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Activation = Callable[[Array], tuple[Array, Array, Array]]

LEAK = 0.01
"""Slope of the leaky ReLU below zero, that of The_Payne (spectral_model.py)."""


def _logistic(z: Array) -> Array:
    # One exponential, of a number that is never positive: nothing overflows.
    small = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0.0, 1.0, small) / (1.0 + small), dtype=z.dtype)


def silu(z: Array) -> tuple[Array, Array, Array]:
    """Return z s(z) with s the logistic function: smooth, so that a fit may use its slope."""
    s = _logistic(z)
    slope = s * (1.0 + z * (1.0 - s))
    return z * s, slope, s * (1.0 - s) * (2.0 + z * (1.0 - 2.0 * s))


def sigmoid(z: Array) -> tuple[Array, Array, Array]:
    """Return the logistic function, that of the networks of 2018 and 2019."""
    s = _logistic(z)
    slope = s * (1.0 - s)
    return s, slope, slope * (1.0 - 2.0 * s)


def leaky_relu(z: Array) -> tuple[Array, Array, Array]:
    """Return z above 0 and 0.01 z below: its slope jumps, which derivatives of a spectrum do not."""
    slope = np.where(z > 0.0, 1.0, LEAK).astype(z.dtype)
    return z * slope, slope, np.zeros_like(z)


ACTIVATIONS: dict[str, Activation] = {"silu": silu, "sigmoid": sigmoid, "leaky_relu": leaky_relu}
