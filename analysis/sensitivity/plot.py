"""The picture of a sensitivity map: companion mass against separation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import sql
from analysis.sensitivity.result import RESULT
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the map of a run (by default the latest) to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw, or for one star: the map is of all.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if source_id is not None:
        raise AnalysisError("the sensitivity is a mean over stars: there is no picture of one")
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("sensitivity_map").text, {"run_id": run_id}).arrow()
    if not rows.num_rows:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of run {run_id}: nothing to draw")
    mass, separation = (np.unique(rows[name].to_numpy()) for name in ("companion_mass", "separation"))
    detection = rows["detection"].to_numpy().reshape(len(mass), len(separation))
    figure = Figure(figsize=(7.5, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 1)
    shown = axes.pcolormesh(
        separation, mass, detection, vmin=0.0, vmax=1.0, cmap="viridis", shading="nearest"
    )
    figure.colorbar(shown, label="probability of detection, mean over stars")
    if detection.max() > 0.1:
        lines = axes.contour(
            separation, mass, detection, levels=(0.1, 0.5, 0.9), colors="white", linewidths=0.8
        )
        axes.clabel(lines, fmt="%g", fontsize="small")
    axes.set(
        xscale="log", yscale="log", xlabel="semi-major axis [au]", ylabel="companion mass [solar masses]"
    )
    first = {name: rows[name][0].as_py() for name in ("n_star", "p_threshold", "test", "run_id")}
    axes.set_title(
        f"{first['run_id']}: {first['n_star']:,} stars, {first['test']}, p < {first['p_threshold']:.3g}",
        fontsize="medium",
    )
    figure.savefig(file, dpi=150)
