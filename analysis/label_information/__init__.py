"""How well labels can be known from a spectrum at all: Cramer-Rao bounds by resolution, S/N and range."""

from __future__ import annotations

from analysis.label_information.bounds import bounds as core
from analysis.label_information.job import run
from analysis.label_information.plot import plot
from analysis.label_information.result import OPTIONS, RESULT

__all__ = ["OPTIONS", "RESULT", "core", "plot", "run"]
