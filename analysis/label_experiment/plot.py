"""A picture of the experiment: errors over the bound, and the answers of abundances to their own lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sql
from analysis.label_experiment.result import LINES, RESULT
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`; raises AnalysisError where there is nothing to draw."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if source_id is not None:
        raise AnalysisError("label_experiment has no stars of the store to draw: leave --star out")
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("label_experiment_run").text, {"run_id": run_id}).arrow().to_pylist()
    if not rows:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of run {run_id or 'latest'}")
    this = rows[0]["run_id"]
    lines = store.sql(sql.load("label_line_test_run").text, {"run_id": this}).arrow().to_pylist()
    figure = Figure(figsize=(11.5, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _errors(left, rows)
    _answers(right, lines)
    figure.suptitle(f"{this}: simulated", fontsize="medium")
    figure.savefig(file, dpi=150)


def _errors(axes: Any, rows: list[dict[str, Any]]) -> None:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    for k, method in enumerate(dict.fromkeys(row["method"] for row in rows)):
        mine = {row["label"]: row["ratio"] for row in rows if row["method"] == method}
        axes.plot([mine[label] for label in labels], "os^v"[k % 4], color=f"C{k}", label=method)
    axes.axhline(1.0, color="black", lw=0.8)
    axes.axhline(1.1, color="0.6", lw=0.8, ls=":")
    axes.set_xticks(range(len(labels)), labels, rotation=45)
    axes.set(ylabel="rms over the Cramer-Rao bound")
    axes.legend(fontsize="small")


def _answers(axes: Any, rows: list[dict[str, Any]]) -> None:
    keys = list(dict.fromkeys((row["method"], row["training"]) for row in rows))
    for k, (method, training) in enumerate(keys):
        mine = [row for row in rows if (row["method"], row["training"]) == (method, training)]
        place = [k + 0.08 * (j - 1.5) for j in range(len(mine))]
        axes.plot(place, [row["own_response"] for row in mine], "o", color="C0", ms=5)
        axes.plot(place, [row["leak"] for row in mine], "x", color="C3", ms=5)
    axes.axhline(1.0, color="C0", lw=0.8)
    axes.axhline(0.0, color="C3", lw=0.8)
    axes.set_xticks(range(len(keys)), [f"{m}\n{t}" for m, t in keys], fontsize="small")
    axes.set(title=f"{LINES.title}", ylabel="answer to own change (o) and another's (x)")
