"""A picture of what was found of labels: claimed errors against true ones, and offsets from references."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sql
from analysis.label_quality.result import RESULT
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`; raises AnalysisError where nothing could be tested."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if source_id is not None:
        raise AnalysisError("label_quality judges all stars together: leave --star out")
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("label_quality_run").text, {"run_id": run_id}).arrow().to_pylist()
    rows = [row for row in rows if row["label"] is not None]
    if not rows:
        raise AnalysisError(f"{RESULT.qualified_name} has nothing tested in run {run_id or 'latest'}")
    figure = Figure(figsize=(11.0, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _precision(left, [row for row in rows if row["kind"] == "precision"])
    _accuracy(right, [row for row in rows if row["kind"] == "accuracy" and row["bias"] is not None])
    figure.suptitle(rows[0]["run_id"], fontsize="medium")
    figure.savefig(file, dpi=150)


def _precision(axes: Any, rows: list[dict[str, Any]]) -> None:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    for k, test in enumerate(dict.fromkeys((row["test"], row["method"]) for row in rows)):
        mine = [row for row in rows if (row["test"], row["method"]) == test and row["scale"] is not None]
        at = [labels.index(row["label"]) + 0.1 * k for row in mine]
        axes.errorbar(
            at, [r["scale"] for r in mine], [r["scale_error"] for r in mine], fmt="o", label=test[0]
        )
    axes.axhline(1.0, color="black", lw=0.8)
    axes.set_xticks(range(len(labels)), labels, rotation=45)
    axes.set(ylabel="true errors over claimed ones", title="precision")
    if rows:
        axes.legend(fontsize="small")


def _accuracy(axes: Any, rows: list[dict[str, Any]]) -> None:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    own = [row["bias"] / max(row["scatter"], 1e-300) for row in rows]
    error = [row["bias_error"] / max(row["scatter"], 1e-300) for row in rows]
    axes.errorbar([labels.index(row["label"]) for row in rows], own, error, fmt="o", color="C3")
    axes.axhline(0.0, color="black", lw=0.8)
    axes.set_xticks(range(len(labels)), labels, rotation=45)
    axes.set(ylabel="offset over scatter", title="accuracy" if rows else "accuracy: not testable here")
