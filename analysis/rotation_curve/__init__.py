"""The rotation curve of the Galaxy by stars with noisy distances: Jeans equation, errors, systematics."""

from __future__ import annotations

from analysis.rotation_curve.curve import curve as core
from analysis.rotation_curve.job import run
from analysis.rotation_curve.plot import plot
from analysis.rotation_curve.result import OPTIONS, RESULT, RESULTS

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
