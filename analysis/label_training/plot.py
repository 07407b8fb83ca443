"""A picture of a model's cross-validation: fitted against given labels, and what remains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

import sql
from analysis.label_training.result import VALIDATION
from catalogdb.errors import AnalysisError


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the labels of a run's cross-validation (by default the latest), one star in red.

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(VALIDATION.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("label_validation_run").text, {"run_id": run_id}).arrow()
    names = list(dict.fromkeys(rows["label"].to_pylist()))
    if not names or (source_id is not None and source_id not in rows["source_id"].to_pylist()):
        of = f" of {source_id!r}" if source_id else ""
        raise AnalysisError(
            f"{VALIDATION.qualified_name} has no cross-validation{of} in run {run_id or 'latest'}"
        )
    figure = Figure(figsize=(3.2 * len(names) + 0.5, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(names), squeeze=False, sharex="col", height_ratios=(2, 1))
    for (above, below), label in zip(axes.T, names, strict=True):
        some = rows.filter(pc.equal(rows["label"], label))
        given, found, sig = (
            np.array(some[name].to_numpy(zero_copy_only=False), np.float64)
            for name in ("given", "param_value", "sig_stat")
        )
        good = np.array([flag is None for flag in some["flag"].to_pylist()])
        one = np.array([star == source_id for star in some["source_id"].to_pylist()])
        _panel(above, below, (given, found, sig), good, one)
        away = (found - given)[good & np.isfinite(found - given)]
        rms = f"rms {np.sqrt((away**2).mean()):.3g}" if len(away) else ""
        above.set(title=f"{label}  {rms}", ylabel="left-out fit")
        below.set(xlabel=f"{label} given", ylabel="fit - given")
    figure.suptitle(rows["run_id"][0].as_py(), fontsize="medium")
    figure.savefig(file, dpi=150)


def _panel(above: Any, below: Any, values: tuple[Any, Any, Any], good: Any, one: Any) -> None:
    given, found, sig = values
    for axes, y in ((above, found), (below, found - given)):
        axes.plot(given[~good], y[~good], ".", color="0.75", ms=3, label="flagged")
        axes.errorbar(given[good], y[good], sig[good], fmt=".", color="C0", ms=3, lw=0.5, label="good")
        axes.plot(given[one], y[one], "o", color="C3", mfc="none")
    if np.isfinite(given).any():
        ends = np.nanmin(given), np.nanmax(given)
        above.plot(ends, ends, color="black", lw=0.8)
        room = 0.05 * (ends[1] - ends[0])
        above.set_ylim(ends[0] - 4.0 * room, ends[1] + 4.0 * room)
    below.axhline(0.0, color="black", lw=0.8)
    away = np.abs((found - given)[good & np.isfinite(found - given)])
    if len(away) and away.max() > 0.0:
        below.set_ylim(-1.5 * np.quantile(away, 0.99), 1.5 * np.quantile(away, 0.99))
