"""What a paper claims, what comes out here, and the verdict: every number of it in one table.

A further paper is one module with `core`, `with_data`, `summary` and `draw` and a line in `papers`.
"""

from __future__ import annotations

from analysis.reproduction.job import core, run
from analysis.reproduction.plot import plot
from analysis.reproduction.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
