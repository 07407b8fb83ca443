"""The picture of a run: its simulation again, which its settings determine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sql
from analysis.reproduction.job import simulation
from analysis.reproduction.papers import find
from analysis.reproduction.result import RESULT
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`, whose suffix tells the format.

    Raises AnalysisError where there is no such run, and for a star: these are simulated ones.
    """
    if source_id is not None:
        raise AnalysisError("a reproduction has no stars of the store to draw: leave --star out")
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    runs = store.sql(sql.load("reproduction_run").text, {"run_id": run_id}).fetchall()
    if not runs:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of run {run_id}")
    settings = json.loads(runs[0][0])
    # Without pyplot: no global state, and no display is asked for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15.0, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    find(settings["paper"]).draw(figure, simulation(settings))
    figure.savefig(file, dpi=150)
