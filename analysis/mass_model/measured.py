"""The rotation curve that a run of `rotation_curve` measured, and the covariance of its bins."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.mass_model.curve import Curve
from analysis.mass_model.file import NAME
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

MEASURED = "results.rotation_curve"
COVARIANCE = "results.rotation_cov"
COVARIANCES = {"stat": "cov_stat", "all": "cov"}
"""Columns of `results.rotation_cov`: of the stars alone, and with systematic errors."""


def measured(store: Any, run_id: str | None, covariance: str) -> Curve:
    """Return the curve of a run, None the latest; its errors are statistical, or a `covariance` of the bins.

    Bins without a velocity or an error are left out and named. Raises AnalysisError for a run without a
    curve, or without the covariance.
    """
    store.table(MEASURED)  # TableNotFound says it best
    rows = store.sql(sql.load("mass_curve_of_run").text, {"run_id": run_id}).arrow().to_pylist()
    if not rows:
        raise AnalysisError(f"{NAME}: {MEASURED} has no rows{f' of run {run_id}' if run_id else ''}")
    good = [row for row in rows if row["vc"] is not None and (row["e_stat"] or 0.0) > 0.0]
    lost = [f"bin {row['bin_id']}: no velocity or error" for row in rows if row not in good]
    if len(good) < 3:
        raise AnalysisError(f"{NAME}: {MEASURED} has {len(good)} bins with a velocity: 3 or more are needed")
    error = np.array([row["e_stat"] for row in good], np.float64)
    curve = Curve(
        name=f"{MEASURED} of {good[0]['stars']}",
        r=np.array([row["r_mean"] for row in good], np.float64),
        vc=np.array([row["vc"] for row in good], np.float64),
        minus=error,
        plus=error,
        rejected=tuple(lost),
        origin=MEASURED,
        run_id=good[0]["run_id"],
    )
    if covariance == "none":
        return curve
    bins, run = [int(row["bin_id"]) for row in good], good[0]["run_id"]
    return replace(
        curve,
        covariance=_covariance(store, run, bins, COVARIANCES[covariance]),
        statistical=_covariance(store, run, bins, COVARIANCES["stat"]),
        replicates=json.loads(good[0]["settings"] or "{}").get("bootstraps"),
    )


def _covariance(store: Any, run_id: str, bins: list[int], column: str) -> Array:
    """Return the covariance (n, n) of n bins; raises AnalysisError where a pair is missing."""
    store.table(COVARIANCE)
    rows = store.sql(sql.load("mass_curve_covariance").text, {"run_id": run_id}).arrow()
    place = {number: k for k, number in enumerate(bins)}
    made = np.full((len(bins), len(bins)), np.nan)
    for i, j, value in zip(*(rows[name].to_pylist() for name in ("bin_i", "bin_j", column)), strict=True):
        if i in place and j in place and value is not None:
            made[place[i], place[j]] = made[place[j], place[i]] = value
    if np.isnan(made).any():
        raise AnalysisError(
            f"{NAME}: results.rotation_cov lacks {int(np.isnan(made).sum())} of {made.size} pairs of bins of "
            f"run {run_id}: leave out --covariance"
        )
    return made
