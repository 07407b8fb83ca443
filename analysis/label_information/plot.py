"""A picture of bounds: precision against S/N, and abundances against resolving power."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import sql
from analysis.label_information.result import RESULT
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the bounds of a run (by default the latest) to `file`, or raise AnalysisError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if source_id is not None:
        raise AnalysisError("label_information has no stars of the store to draw: leave --star out")
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("label_information_run").text, {"run_id": run_id}).arrow().to_pylist()
    if not rows:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of run {run_id or 'latest'}")
    figure = Figure(figsize=(11.0, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _by_snr(left, rows)
    _by_resolution(right, rows)
    what = "simulated with the synthetic model" if rows[0]["simulated"] else f"model: {rows[0]['model']}"
    figure.suptitle(f"{rows[0]['run_id']}: {what}", fontsize="medium")
    figure.savefig(file, dpi=150)


def _by_snr(axes: Any, rows: list[dict[str, Any]]) -> None:
    """Draw the mean bound of the abundances against S/N, a line for each spectrograph and resolving power."""
    for survey, resolution in dict.fromkeys((row["survey"], row["resolution"]) for row in rows):
        mine = [
            row
            for row in rows
            if (row["survey"], row["resolution"]) == (survey, resolution)
            and row["unit"] == "dex"
            and row["crlb"] is not None
        ]
        snr = sorted({row["snr"] for row in mine})
        middle = [np.median([row["crlb"] for row in mine if row["snr"] == x]) for x in snr]
        name = survey if resolution is None else f"{survey}, R {resolution:,.0f}"
        axes.plot(snr, middle, ".-", label=name)
    axes.set(
        xscale="log", yscale="log", xlabel="S/N per pixel", ylabel="median bound of logg and abundances [dex]"
    )
    axes.legend(fontsize="x-small")


def _by_resolution(axes: Any, rows: list[dict[str, Any]]) -> None:
    """Draw the bound of each label in dex against the resolving power, at the middle S/N of each case."""
    labels = list(dict.fromkeys(row["label"] for row in rows if row["unit"] == "dex"))
    cases = list(dict.fromkeys((row["survey"], row["resolution"]) for row in rows))
    for k, label in enumerate(labels):
        points = []
        for case in cases:
            mine = [
                row
                for row in rows
                if (row["survey"], row["resolution"]) == case and row["label"] == label and row["crlb"]
            ]
            mine.sort(key=lambda row: row["snr"])
            if mine and case[1] is not None:
                points.append((case[1], mine[len(mine) // 2]["crlb"]))
        points.sort()
        axes.plot(
            *np.array(points).reshape(-1, 2).T, "ov"[k // 10 % 2], color=f"C{k % 10}", ms=4, label=label
        )
    axes.set(xscale="log", yscale="log", xlabel="resolving power", ylabel="bound at the middle S/N [dex]")
    ticks = [x for x in (1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5) if axes.get_xlim()[0] <= x <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{x:,.0f}" for x in ticks])
    axes.set_xticks([], minor=True)
    axes.legend(fontsize="x-small", ncols=2)
