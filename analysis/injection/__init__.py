"""Injection and recovery: what the acceleration test would find, and what it finds where nothing is.

Companions, accelerations, blends, wrong positions and faults of whole catalogues are put into the
entries of a multi-epoch table, real or simulated, and the test is run again on them.
"""

from __future__ import annotations

from analysis.injection.job import run
from analysis.injection.plot import plot
from analysis.injection.result import OPTIONS, RATES, RESULTS

RESULT = RATES

__all__ = ["OPTIONS", "RESULT", "RESULTS", "plot", "run"]
