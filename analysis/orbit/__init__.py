"""Orbits of binaries: what is seen of them, what their elements mean, and their fit to measures."""

from __future__ import annotations

from analysis.orbit.fit import fit as core
from analysis.orbit.job import run
from analysis.orbit.plot import plot
from analysis.orbit.result import OPTIONS, RESULT, RESULTS

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
