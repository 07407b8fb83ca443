"""A picture of the joint fit: errors alone and together of each label, and gravities before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import sql
from analysis.label_joint.result import RESULT
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`; raises AnalysisError where there is nothing to draw."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("label_joint_run").text, {"run_id": run_id}).arrow().to_pylist()
    if not rows or (source_id is not None and all(row["source_id"] != source_id for row in rows)):
        of = f" of {source_id!r}" if source_id else ""
        raise AnalysisError(f"{RESULT.qualified_name} has no labels{of} in run {run_id or 'latest'}")
    figure = Figure(figsize=(11.0, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    labels = [label for label in dict.fromkeys(row["label"] for row in rows)]
    ratio = []
    for label in labels:
        mine = [
            row["sig_stat"] / row["alone_sig"] for row in rows if row["label"] == label and row["alone_sig"]
        ]
        ratio.append(np.median(mine) if mine else np.nan)
    left.bar(range(len(labels)), ratio, color="C0")
    left.axhline(1.0, color="black", lw=0.8)
    left.set_xticks(range(len(labels)), labels, rotation=45)
    left.set(ylabel="error together over error by the spectrum alone")
    _gravities(right, [row for row in rows if row["label"] == "logg"], source_id)
    what = "simulated" if rows[0]["simulated"] else ""
    figure.suptitle(f"{rows[0]['run_id']} {what}", fontsize="medium")
    figure.savefig(file, dpi=150)


def _gravities(axes: Any, rows: list[dict[str, Any]], source_id: str | None) -> None:
    """Draw logg by the spectrum alone against that together, one star in red."""
    known = [row for row in rows if row["alone_value"] is not None]
    x, y = ([row[name] for row in known] for name in ("param_value", "alone_value"))
    axes.errorbar(
        x,
        y,
        [row["alone_sig"] for row in known],
        [row["sig_stat"] for row in known],
        fmt=".",
        color="C0",
        lw=0.5,
        ms=3,
    )
    one = [row for row in known if row["source_id"] == source_id]
    axes.plot([r["param_value"] for r in one], [r["alone_value"] for r in one], "o", color="C3", mfc="none")
    if x:
        axes.plot([min(x), max(x)], [min(x), max(x)], color="black", lw=0.8)
    axes.set(xlabel="logg, all data together", ylabel="logg, spectrum alone")
