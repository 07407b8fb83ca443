"""Labels of stars (temperature, gravity, abundances) by fitting a model to their spectra."""

from __future__ import annotations

from analysis.labels.fit import fit as core
from analysis.star_labels.job import run
from analysis.star_labels.plot import check_star, plot
from analysis.star_labels.result import OPTIONS, RESULT, RESULTS

__all__ = ["OPTIONS", "RESULT", "RESULTS", "check_star", "core", "plot", "run"]
