"""Methods for labels on simulated spectra: errors against their bound, and whose lines they read."""

from __future__ import annotations

from analysis.label_experiment.compare import core
from analysis.label_experiment.job import run
from analysis.label_experiment.plot import plot
from analysis.label_experiment.result import LINES, OPTIONS, RESULT

RESULTS = (RESULT, LINES)

__all__ = ["LINES", "OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
