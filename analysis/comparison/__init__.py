"""A run's accelerating and uniform stars against the known lists of binaries and of motions."""

from __future__ import annotations

from analysis.comparison.job import run
from analysis.comparison.plot import plot
from analysis.comparison.result import OPTIONS, RESULT, RESULTS

__all__ = ["OPTIONS", "RESULT", "RESULTS", "plot", "run"]
