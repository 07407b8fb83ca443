"""Simulated stars of a disc with known rotation curve, as a table that analyses of the Galaxy can read."""

from __future__ import annotations

from analysis.galaxy.mock import draw as core
from analysis.mock_galaxy.job import run
from analysis.mock_galaxy.plot import plot
from analysis.mock_galaxy.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
