"""Where the secondary of every orbit of the Sixth Orbit Catalog is at given dates."""

from __future__ import annotations

from analysis.orb6_ephemeris.job import run
from analysis.orb6_ephemeris.plot import plot
from analysis.orb6_ephemeris.result import OPTIONS, RESULT
from analysis.orbit.catalogue import tangent_plane as core

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
