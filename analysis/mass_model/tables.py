"""Rows of the tables of a mass model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.columns import arrow_schema
from analysis.galaxy.line import Line
from analysis.mass_model.curve import Curve
from analysis.mass_model.derived import Quantity, bands, of_baryons, of_fit, of_halo, of_total, total
from analysis.mass_model.model import UNITS
from analysis.mass_model.result import CURVE, POINT, RESULT, SAMPLE
from analysis.mass_model.solve import Solved
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]

RADII = 80
"""Radii of the curves of components."""


def quantities(solved: Solved, baryons: str, r0_kpc: float) -> list[Quantity]:
    """Return all that is said of a model."""
    return [
        *of_halo(solved, r0_kpc),
        *of_baryons(solved, baryons, r0_kpc),
        *of_total(solved, baryons, r0_kpc),
        *of_fit(solved),
    ]


def line_rows(line: Line) -> list[dict[str, Any]]:
    """Return the rows of the straight line through the curve; errors of its points as given."""
    rows = []
    for name, value, error, unit in (
        ("vc_R0", line.vc_r0, line.vc_error, "km.s**-1"),
        ("slope", line.slope, line.slope_error, "km.s**-1.kpc**-1"),
    ):
        rows.append(
            {
                "component": "line",
                "param": name,
                "param_value": value,
                "sig": error,
                "lo68": value - error,
                "hi68": value + error,
                "unit": unit,
            }
        )
    for name, number in (("chi2", line.chi2), ("dof", float(line.dof)), ("chi2_per_dof", line.chi2_per_dof)):
        rows.append({"component": "line", "param": name, "param_value": number, "unit": ""})
    return rows


def sample_rows(head: Mapping[str, str], solved: Solved) -> pa.Table:
    """Return a row for each draw and parameter."""
    values = solved.draws.values
    n, k = values.shape
    names = solved.draws.names
    columns: dict[str, Any] = {name: [text] * (n * k) for name, text in head.items()}
    columns |= {
        "draw_id": np.repeat(np.arange(n, dtype=np.int64), k),
        "param": list(names) * n,
        "param_value": values.ravel(),
        "unit": [UNITS.get(name, "") for name in names] * n,
    }
    return table_of(SAMPLE, columns)


def curve_rows(head: Mapping[str, str], solved: Solved, baryons: str) -> pa.Table:
    """Return the circular velocity of each component from near the centre to beyond the outermost point."""
    radii = np.linspace(1.0, max(1.15 * float(solved.model.r[-1]), 10.0), RADII)
    made: dict[str, list[Any]] = {name: [] for name in ("component", "r", "vc", "vc_lo68", "vc_hi68")}
    for name, (middle, low, high) in bands(solved, baryons, radii).items():
        made["component"] += [name] * RADII
        for key, values in (("r", radii), ("vc", middle), ("vc_lo68", low), ("vc_hi68", high)):
            made[key] += list(values)
    repeated = {name: [text] * len(made["r"]) for name, text in head.items()}
    return table_of(CURVE, {**repeated, **made})


def point_rows(head: Mapping[str, str], solved: Solved, baryons: str, curve: Curve) -> pa.Table:
    """Return the points that were fitted, with the most probable model."""
    best = total(solved, baryons, solved.best[None, :], curve.r)[0]
    return _points(head, curve, True, best)


def literature_rows(head: Mapping[str, str], curves: Sequence[Curve]) -> list[pa.Table]:
    """Return the points of other curves, which were not fitted."""
    return [_points(head, curve, False, np.full(len(curve.r), np.nan)) for curve in curves]


def _points(head: Mapping[str, str], curve: Curve, fitted: bool, model: Array) -> pa.Table:
    n = len(curve.r)
    columns: dict[str, Any] = {name: [text] * n for name, text in head.items()}
    columns |= {
        "source": [curve.name] * n,
        "fitted": [fitted] * n,
        "r": curve.r,
        "vc": curve.vc,
        "vc_minus": curve.minus if curve.covariance is None else curve.error,
        "vc_plus": curve.plus if curve.covariance is None else curve.error,
        "vc_model": model,
    }
    return table_of(POINT, columns)


def parameter_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Return rows of parameters as the table of them."""
    return table_of(RESULT, {c.name: [row.get(c.name) for row in rows] for c in RESULT.columns})


def table_of(table: Table, columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as a table of Arrow; what a column lacks is NULL, and so is NaN."""
    schema = arrow_schema(table)
    n = len(next(iter(columns.values())))
    # NaN becomes NULL: from_pandas is Arrow's name for that.
    arrays = [pa.array(columns.get(f.name, [None] * n), f.type, from_pandas=True) for f in schema]
    return pa.table(arrays, schema=schema)
