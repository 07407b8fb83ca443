"""Where stars are in the Galaxy and how they move there, and which are of the thin disc."""

from __future__ import annotations

from analysis.disc_star.job import run
from analysis.disc_star.plot import plot
from analysis.disc_star.result import OPTIONS, RESULT
from analysis.disc_star.selected import SELECTED
from analysis.galaxy.coords import with_errors as core

RESULTS = (RESULT, SELECTED)

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
