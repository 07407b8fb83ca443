"""The rows of the tables of a rotation curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.columns import arrow_schema
from analysis.galaxy.line import Line, fit
from analysis.rotation_curve.curve import Curve
from analysis.rotation_curve.result import COVARIANCE, ERRORS, LINE, RESULT, SYSTEMATIC
from analysis.rotation_curve.systematics import Change, Errors
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]


def curve_rows(made: Curve, plain: Curve | None, errors: Errors | None, stars: str, run_id: str) -> pa.Table:
    """Return the rows of `results.rotation_curve`; `plain` is the curve with distance errors ignored."""
    bins = len(made.r_kpc)
    nothing = np.full(bins, np.nan)
    columns: dict[str, Any] = {
        "stars": [stars] * bins,
        "bin_id": np.arange(bins),
        "r_lo": made.edges_kpc[:-1],
        "r_hi": made.edges_kpc[1:],
        "r_mean": made.r_kpc,
        "n": made.count.astype(np.int32),
        "vphi": made.vphi,
        "vphi2": made.vphi2,
        "vr2": made.vr2,
        "vz2": made.vz2,
        "dlnnu": made.dlnnu,
        "dlnvr2": made.dlnvr2,
        "e_dlnvr2": made.dlnvr2_error,
        "cross_term": made.cross_term,
        "vc": made.vc,
        "vc_drift": made.vc_drift,
        "bias_dist": nothing if plain is None else plain.vc - made.vc,
        **{name: nothing if errors is None else errors.of.get(name, nothing) for name in ERRORS},
        "e_stat": made.error,
        "run_id": [run_id] * bins,
    }
    return table(RESULT, columns)


def covariance_rows(made: Curve, errors: Errors | None, run_id: str) -> pa.Table:
    """Return the rows of `results.rotation_cov`."""
    bins = len(made.r_kpc)
    i, j = (each.ravel() for each in np.indices((bins, bins)))
    systematic = np.full((bins, bins), np.nan) if errors is None else errors.covariance
    columns = {
        "bin_i": i,
        "bin_j": j,
        "r_i": made.r_kpc[i],
        "r_j": made.r_kpc[j],
        "cov_stat": made.covariance[i, j],
        "cov_sys": systematic[i, j],
        "cov": (made.covariance + systematic)[i, j],
        "run_id": [run_id] * (bins * bins),
    }
    return table(COVARIANCE, columns)


def systematic_rows(found: Sequence[Change], made: Curve, run_id: str) -> pa.Table:
    """Return the rows of `results.rotation_systematic`."""
    bins = len(made.r_kpc)
    parts = []
    for each in found:
        columns = {
            "assumption": [each.assumption] * bins,
            "change": [each.change] * bins,
            "shift": np.full(bins, np.nan if each.shift is None else each.shift),
            "bin_id": np.arange(bins),
            "r_mean": made.r_kpc,
            "n": [None] * bins if each.count is None else each.count.tolist(),
            "dvc": each.dvc,
            "e_dvc": np.full(bins, np.nan) if each.error is None else each.error,
            "run_id": [run_id] * bins,
        }
        parts.append(table(SYSTEMATIC, columns))
    return pa.concat_tables(parts) if parts else arrow_schema(SYSTEMATIC).empty_table()


def changed_line(each: Change, made: Curve, adopted: Line) -> tuple[float, float] | None:
    """Return by how much an assumption changes vc_r0 and slope; None where half of the bins are unknown."""
    known = np.isfinite(each.dvc)
    if known.sum() < max(2, len(known) / 2):
        return None
    other = fit(made.r_kpc[known], (made.vc + each.dvc)[known], made.error[known], adopted.r0_kpc)
    same = fit(made.r_kpc[known], made.vc[known], made.error[known], adopted.r0_kpc)
    return other.vc_r0 - same.vc_r0, other.slope - same.slope


def systematic_line(errors: Errors, made: Curve, r0_kpc: float) -> tuple[float, float]:
    """Return the systematic errors of vc_r0 and slope: those of the bins, carried through the line's fit."""
    design = np.column_stack([np.ones_like(made.r_kpc), made.r_kpc - r0_kpc])
    weight = (design / made.error[:, None] ** 2).T
    project = np.linalg.solve(weight @ design, weight)
    variance = np.diag(project @ errors.covariance @ project.T)
    return float(np.sqrt(variance[0])), float(np.sqrt(variance[1]))


def line_rows(
    adopted: Line, found: Sequence[Change], made: Curve, errors: Errors | None, stars: str, run_id: str
) -> pa.Table:
    """Return the rows of `results.rotation_line`: the adopted curve's, and with each other assumption."""
    systematic = (None, None) if errors is None else systematic_line(errors, made, adopted.r0_kpc)
    rows: list[dict[str, Any]] = [
        {
            "assumption": "adopted",
            "change": "none",
            "vc_r0": adopted.vc_r0,
            "e_vc_r0": adopted.vc_error,
            "e_sys_vc_r0": systematic[0],
            "slope": adopted.slope,
            "e_slope": adopted.slope_error,
            "e_sys_slope": systematic[1],
            "corr": adopted.correlation,
            "chi2": adopted.chi2,
            "dof": adopted.dof,
            "judgement": adopted.judgement(),
        }
    ]
    for each in found:
        moved = changed_line(each, made, adopted)
        if moved is not None:
            vc, slope = adopted.vc_r0 + moved[0], adopted.slope + moved[1]
            rows.append({"assumption": each.assumption, "change": each.change, "vc_r0": vc, "slope": slope})
    stamp = {"stars": stars, "r0": adopted.r0_kpc, "run_id": run_id}
    schema = arrow_schema(LINE)
    return pa.Table.from_pylist([row | stamp for row in rows], schema=schema)


def table(of: Table, columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as rows of a result table; NaN becomes NULL."""
    schema = arrow_schema(of)
    arrays = [pa.array(columns[field.name], field.type, from_pandas=True) for field in schema]
    return pa.table(arrays, schema=schema)
