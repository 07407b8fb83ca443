"""Labels, distances and extinctions from spectra, magnitudes and parallaxes together."""

from __future__ import annotations

from analysis.label_joint.job import run
from analysis.label_joint.plot import plot
from analysis.label_joint.result import OPTIONS, RESULT
from analysis.label_joint.simulated import simulate as core

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
