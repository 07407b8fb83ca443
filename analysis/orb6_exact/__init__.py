"""Orbits with parallax and motion: where the tangent plane fails, masses, and the places of both stars."""

from __future__ import annotations

from analysis.orb6_exact.job import run
from analysis.orb6_exact.plot import plot
from analysis.orb6_exact.result import OPTIONS, RESULT, RESULTS
from analysis.orbit.departure import departures as core

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
