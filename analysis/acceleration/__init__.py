"""Which stars do not move uniformly: linear motion against constant acceleration.

`core` is the generalised least-squares fit (`gls`); the weightings F1 and F2 of paper 004 are in
`paper004`.
"""

from __future__ import annotations

from analysis.acceleration.gls import core
from analysis.acceleration.job import run
from analysis.acceleration.plot import plot
from analysis.acceleration.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
