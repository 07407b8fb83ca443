"""Pictures of stars in the Galaxy: R and z, rotation against R, Toomre's diagram, abundances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.disc_star.result import RESULT
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the stars of a run (by default the latest) to `file`, one star in red.

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("disc_run").text, {"run_id": run_id}).arrow()
    names = rows["source_id"].to_pylist()
    if not names or (source_id is not None and source_id not in names):
        of = f" of {source_id!r}" if source_id else ""
        raise AnalysisError(f"{RESULT.qualified_name} has no place{of} in run {run_id or 'latest'}")
    number = {
        name: np.asarray(rows[name].to_numpy(zero_copy_only=False), np.float64)
        for name in rows.column_names[2:]
    }
    number["across"] = np.hypot(number["vr"], number["vz"])
    one = np.array([name == source_id for name in names])
    figure = Figure(figsize=(10.5, 8.4), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2)
    for axes, (x, y, labels) in zip(
        panels.flat,
        (
            ("r", "z", {"xlabel": "R [kpc]", "ylabel": "z [kpc]"}),
            ("r", "vphi", {"xlabel": "R [kpc]", "ylabel": "vphi [km/s]"}),
            ("vphi", "across", {"xlabel": "vphi [km/s]", "ylabel": "sqrt(vR$^2$ + vz$^2$) [km/s]"}),
            ("fe_h", "alpha_fe", {"xlabel": "[Fe/H]", "ylabel": "[alpha/Fe]"}),
        ),
        strict=True,
    ):
        _points(axes, number[x], number[y], number["thin_disc"], one)
        axes.set(**labels)
    if not np.isfinite(number["fe_h"] + number["alpha_fe"]).any():
        panels.flat[3].text(0.5, 0.5, "no [alpha/Fe]", ha="center", transform=panels.flat[3].transAxes)
    panels.flat[0].legend(fontsize="small", markerscale=2.0)
    figure.suptitle(rows["run_id"][0].as_py(), fontsize="medium")
    figure.savefig(file, dpi=150)


def _points(axes: Any, x: Array, y: Array, thin: Array, one: npt.NDArray[np.bool_]) -> None:
    """Draw stars in grey, those of the selection in blue; an outlier does not set the scale."""
    size = 4.0 if len(x) < 5000 else 1.0
    chosen = thin == 1.0
    axes.plot(x[~chosen], y[~chosen], ".", ms=size, color="0.7", label=f"{(~chosen).sum():,} others")
    axes.plot(x[chosen], y[chosen], ".", ms=size, color="C0", label=f"{chosen.sum():,} selected")
    axes.plot(x[one], y[one], "o", color="C3", zorder=3)
    for values, set_limits in ((x, axes.set_xlim), (y, axes.set_ylim)):
        good = values[np.isfinite(values)]
        if len(good) > 1:
            low, high = np.percentile(good, [0.2, 99.8])
            margin = 0.05 * (high - low) + 1e-6
            set_limits(low - margin, high + margin)
