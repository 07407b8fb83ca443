"""Whether a star's motion in one catalogue is its motion over decades: the proper-motion anomaly.

`anomaly` compares the motion of each catalogue with that of the positions (Kervella et al. 2019,
2022); `hgca` is the statistic of the Hipparcos-Gaia Catalog of Accelerations (Brandt 2018, 2021).
"""

from __future__ import annotations

from analysis.proper_motion_anomaly.anomaly import core
from analysis.proper_motion_anomaly.job import run
from analysis.proper_motion_anomaly.plot import plot
from analysis.proper_motion_anomaly.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
