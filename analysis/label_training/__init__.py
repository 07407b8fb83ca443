"""Models of spectra that learn labels (temperature, gravity, abundances) from stars that have both."""

from __future__ import annotations

from analysis.label_training.job import run
from analysis.label_training.plot import plot
from analysis.label_training.result import OPTIONS, RESULT, RESULTS
from analysis.labels.cannon import train as core

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
