"""How good labels are: precision and accuracy, measured apart."""

from __future__ import annotations

from analysis.label_quality.job import run
from analysis.label_quality.plot import plot
from analysis.label_quality.result import OPTIONS, RESULT, RESULTS
from analysis.label_quality.statistics import repeats as core

__all__ = ["OPTIONS", "RESULT", "RESULTS", "core", "plot", "run"]
