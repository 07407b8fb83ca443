"""The picture of the departures: how large, for how bright a pair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import sql
from analysis.orb6_exact.result import RESULT
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the departures of a run (by default the latest) to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw, or for one pair.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if source_id is not None:
        raise AnalysisError("the departures are drawn of all pairs: there is no picture of one")
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("orb6_departures").text, {"run_id": run_id}).arrow()
    if not rows.num_rows:
        raise AnalysisError(f"{RESULT.qualified_name} has no differences of run {run_id}: nothing to draw")
    largest = rows["max_difference"].to_numpy()
    figure = Figure(figsize=(7.5, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 1)
    axes.plot(rows["v1"].to_numpy(), largest, ".", markersize=4)
    axes.axhline(1.0, color="0.6", linewidth=0.8)
    for k in range(min(5, rows.num_rows)):
        if np.isfinite(rows["v1"].to_numpy()[k]):
            axes.annotate(
                rows["source_id"][k].as_py(), (rows["v1"][k].as_py(), largest[k]), fontsize="x-small"
            )
    first = {name: rows[name][0].as_py() for name in ("t0", "window_begin", "window_end", "run_id")}
    axes.set(
        yscale="log",
        xlabel="magnitude of the primary",
        ylabel="exact minus tangent plane, largest [mas]",
        title=f"{first['run_id']}: {first['window_begin']:g} to {first['window_end']:g}, t0 {first['t0']:g}",
    )
    axes.title.set_fontsize("medium")
    figure.savefig(file, dpi=150)
