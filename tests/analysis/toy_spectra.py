"""Spectra of lines that are typed in here, cheap enough to train networks of in a test: simulated."""

from __future__ import annotations

import numpy as np

GRID = np.exp(np.linspace(np.log(5000.0), np.log(5040.0), 300))
NAMES = ("teff", "logg", "fe_h")
LOW, HIGH = np.array([4000.0, 1.0, -1.0]), np.array([6000.0, 5.0, 0.5])


def truth(theta: np.ndarray) -> np.ndarray:
    """Return the flux (n, 300) of twelve saturating lines whose strengths hang on labels (n, 3)."""
    x = (theta - LOW) / (HIGH - LOW) - 0.5
    random = np.random.default_rng(7)
    centre, width = random.uniform(5001.0, 5039.0, 12), random.uniform(0.3, 0.6, 12)
    by = random.normal(size=(3, 12)) * np.array([[1.0], [0.5], [1.2]])
    tau = np.exp(-0.7 + x @ by + 0.6 * by[0] * x[:, :1] ** 2)
    shape = np.exp(-0.5 * ((GRID - centre[:, None]) / width[:, None]) ** 2)
    return np.exp(-(tau / (1.0 + 0.5 * tau)) @ shape)


def labels(n: int, seed: int) -> np.ndarray:
    """Return labels (n, 3) that fill their ranges."""
    return LOW + (HIGH - LOW) * np.random.default_rng(seed).random((n, 3))
