"""Distances of red giants by their spectra, trained on parallaxes as likelihood (Hogg et al. 2019)."""

from __future__ import annotations

from analysis.spectro_distance.core import estimate as core
from analysis.spectro_distance.job import run
from analysis.spectro_distance.plot import plot
from analysis.spectro_distance.result import OPTIONS, RESULT, RESULTS

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
