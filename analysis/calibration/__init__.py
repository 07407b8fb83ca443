"""What is wrong with each catalogue: its frame, its magnitude and colour equations, and its errors.

`core` fits every catalogue of a sample of stars against their motion in all the others; `stored`
reads a run back, and `correction` applies it to entries before they are weighted.
"""

from __future__ import annotations

from analysis.calibration.core import core
from analysis.calibration.job import run
from analysis.calibration.plot import plot
from analysis.calibration.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
