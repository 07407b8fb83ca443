"""Mass models of the Galaxy: a halo fitted to a rotation curve above published stars and gas."""

from __future__ import annotations

from analysis.mass_model.job import run
from analysis.mass_model.model import velocities as core
from analysis.mass_model.plot import plot
from analysis.mass_model.result import OPTIONS, RESULT, RESULTS

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
