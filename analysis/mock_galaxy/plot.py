"""A picture of simulated stars: where they are, and how fast they go round."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import sql
from analysis import renamed
from analysis.mock_galaxy.result import RESULT
from catalogdb.errors import AnalysisError

_COLUMNS = ("true_r", "true_phi", "true_z", "true_vphi", "true_vc")


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the stars of results.mock_star to `file`, one star in red.

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    table = store.table(RESULT.qualified_name)
    columns = {name: (name, "DOUBLE") for name in _COLUMNS}
    named = {name: (name, "VARCHAR") for name in ("source_id", "run_id")}
    text = renamed.statement(table, columns | named, sql.load("mock_stars").text)
    rows = store.sql(text, {"stars": renamed.NAME, "run_id": run_id}).arrow()
    names = rows["source_id"].to_pylist()
    if not names or (source_id is not None and source_id not in names):
        of = f" of {source_id!r}" if source_id else ""
        raise AnalysisError(f"{table.qualified_name} has no row{of} in run {run_id or 'latest'}")
    number = {name: _numbers(rows, name) for name in _COLUMNS}
    one = np.array([name == source_id for name in names])
    figure = Figure(figsize=(10.5, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    x = number["true_r"] * np.cos(number["true_phi"])
    y = number["true_r"] * np.sin(number["true_phi"])
    left.plot(x, y, ",", color="C0")
    left.plot(x[one], y[one], "o", color="C3")
    left.set(xlabel="towards the Sun and beyond [kpc]", ylabel="along the rotation [kpc]", aspect="equal")
    order = np.argsort(number["true_r"])
    right.plot(number["true_r"], number["true_vphi"], ",", color="C0")
    right.plot(number["true_r"][order], number["true_vc"][order], "-", color="black", label="true v_c")
    right.plot(number["true_r"][one], number["true_vphi"][one], "o", color="C3")
    right.set(xlabel="R [kpc]", ylabel="true vphi [km/s]")
    right.legend(fontsize="small")
    figure.suptitle(f"simulated: {rows['run_id'][0].as_py()}", fontsize="medium")
    figure.savefig(file, dpi=150)


def _numbers(rows: pa.Table, name: str) -> Any:
    return np.asarray(rows[name].to_numpy(), np.float64)
