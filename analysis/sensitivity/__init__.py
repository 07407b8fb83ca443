"""Which unseen companions a run of the acceleration test would have found."""

from __future__ import annotations

from analysis.sensitivity.job import run
from analysis.sensitivity.orbits import core
from analysis.sensitivity.plot import plot
from analysis.sensitivity.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
