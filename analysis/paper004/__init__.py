"""The procedure of paper 004 (Liu et al., Acta Astronomica Sinica), from catalogues to accelerating stars.

`matching` follows the mother's stars through the catalogues by way of an intermediary, `photometry` gives
the V magnitudes by which it chooses, `collect` makes the multi-epoch table, `fits` tests it with the paper's
weights, `wide` writes and reads the paper's layout of 55 columns. `core` is the fit with its classes.
"""

from __future__ import annotations

from analysis.paper004.fits import core
from analysis.paper004.job import build, run
from analysis.paper004.plot import plot
from analysis.paper004.result import MATCH, OPTIONS, RESULT, RESULTS, SAMPLE

__all__ = ["MATCH", "OPTIONS", "RESULT", "RESULTS", "SAMPLE", "build", "core", "plot", "run"]
