"""Picture of an injection run: completeness against the prediction, and what is found without a signal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sql
from analysis.injection.result import RATES
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`; its suffix tells the format.

    Raises AnalysisError where there is nothing to draw, or for a single star: rates are of many.
    """
    if source_id is not None:
        raise AnalysisError("an injection has no picture of one star: results.injection_star has its row")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RATES.qualified_name)
    rows = store.sql(sql.load("injection_run").text, {"run_id": run_id}).fetchall()
    if not rows:
        raise AnalysisError(f"results.injection_recovery has no rows of run {run_id}")
    figure = Figure(figsize=(10.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _completeness(left, [row for row in rows if row[1] == "completeness" and row[3] == "snr"])
    _untouched(right, [row for row in rows if row[1] == "untouched" and row[3] == "p_acc"])
    figure.suptitle(f"{rows[0][-1]}: {rows[0][0]}")
    figure.savefig(file, dpi=150)


def _completeness(axes: Axes, rows: list[Any]) -> None:
    for i, criterion in enumerate(dict.fromkeys(row[2] for row in rows)):
        own = np.array([row[4:10] for row in rows if row[2] == criterion], np.float64)
        low, high, rate, least, most, expected = own.T
        middle, known = np.sqrt(low * high), np.isfinite(rate)
        error = np.maximum([rate - least, most - rate], 0.0)[:, known]
        axes.errorbar(middle[known], rate[known], error, fmt="o", color=f"C{i}", capsize=2, label=criterion)
        axes.plot(middle, expected, color=f"C{i}", label=f"{criterion}, predicted")
    axes.set(xscale="log", xlabel="signal-to-noise injected", ylabel="share found", ylim=(-0.02, 1.02))
    axes.legend(fontsize="small")


def _untouched(axes: Axes, rows: list[Any]) -> None:
    nominal, rate, least, most = np.array([row[5:9] for row in rows], np.float64).T
    error = np.maximum([rate - least, most - rate], 0.0)
    axes.errorbar(nominal, rate, error, fmt="o", capsize=2, label="found")
    axes.plot(nominal, nominal, "k--", label="nominal")
    floor = 0.3 * np.min(rate[rate > 0.0], initial=np.min(nominal))
    axes.set(xscale="log", yscale="log", ylim=(floor, 1.5))
    axes.set(xlabel="nominal false-alarm rate (p_acc)", ylabel="share found of the stars without injection")
    axes.legend(fontsize="small")
