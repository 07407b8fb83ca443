"""Pictures of the acceleration test: a run's stars against expectation, and one star."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.acceleration.gls import design, refine, solve
from analysis.acceleration.job import counted
from analysis.acceleration.reference import residuals
from analysis.acceleration.result import RESULT
from analysis.acceleration.table import read_star
from analysis.calibration.stored import load
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = npt.NDArray[np.float64]


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest), or one star of it, to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw.
    """
    figure = _figure()
    if source_id is None:
        _ensemble(figure, store, run_id)
    else:
        _star(figure, store, source_id, run_id)
    figure.savefig(file, dpi=150)


def _figure() -> Figure:
    # Without pyplot: no global state, and no display is asked for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _ensemble(figure: Figure, store: Any, run_id: str | None) -> None:
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("acceleration_run").text, {"run_id": run_id}).arrow()
    if not rows.num_rows:
        raise AnalysisError(f"results.acceleration has no rows of run {run_id}")
    column = {name: rows[name].to_numpy() for name in ("dof", "chi2_lin", "p_lin", "p_acc")}
    tested = np.isfinite(column["p_lin"])
    if not tested.any():
        raise AnalysisError("no star of this run has more measurements than parameters: nothing to draw")
    left, right = figure.subplots(1, 2)
    weighting = rows["weighting"][0].as_py()
    draw_chi2(left, column["chi2_lin"][tested], column["dof"][tested])
    draw_probabilities(right, {"p_lin": column["p_lin"][tested], "p_acc": column["p_acc"]})
    figure.suptitle(f"{rows['run_id'][0].as_py()}: {int(tested.sum()):,} stars, weighting {weighting}")


def draw_chi2(axes: Axes, chi2: Array, dof: Array) -> None:
    """Draw how many stars exceed each chi-square of uniform motion, and how many should."""
    from scipy.special import chdtrc

    at = np.geomspace(max(chi2.min(), 0.1), max(chi2.max(), 100.0), 200)
    kinds, stars = np.unique(dof, return_counts=True)
    expected = sum(
        (count * chdtrc(kind, at) for kind, count in zip(kinds, stars, strict=True)), np.zeros(200)
    )
    seen = len(chi2) - np.searchsorted(np.sort(chi2), at)
    axes.loglog(at, seen, drawstyle="steps-post", label="observed")
    axes.loglog(at, expected, "k--", label="expected of uniform motion")
    axes.set(xlabel="chi-square of uniform motion", ylabel="stars with more", ylim=(0.5, 2.0 * len(chi2)))
    axes.legend()


def draw_probabilities(axes: Axes, probabilities: dict[str, Array]) -> None:
    """Draw the sorted probabilities against those of as many stars without acceleration."""
    axes.plot([1e-7, 1.0], [1e-7, 1.0], "k--", label="expected of uniform motion")
    for name, p in probabilities.items():
        known = np.sort(p[np.isfinite(p)])
        if len(known):
            ranks = (np.arange(len(known)) + 0.5) / len(known)
            axes.plot(ranks, np.maximum(known, 1e-16), ".", markersize=3, label=name)
    axes.set(xscale="log", yscale="log", xlabel="fraction of stars", ylabel="probability at most")
    axes.legend()


def _star(figure: Figure, store: Any, source_id: str, run_id: str | None) -> None:
    store.table(RESULT.qualified_name)
    parameters = {"source_id": source_id, "run_id": run_id}
    runs = store.sql(sql.load("acceleration_star").text, parameters).fetchall()
    if not runs:
        raise AnalysisError(f"no run of the acceleration test has star {source_id}")
    run, settings = runs[0][0], json.loads(runs[0][1])
    calibration = load(store, settings.get("calibration", "none"))
    table = store.table(settings["epochs"])
    chunk = read_star(store, table, source_id, settings["default_error"], calibration)
    names = np.array(chunk.catalogue.to_pylist(), dtype=object)[chunk.entries.usable]
    usable = chunk.entries.rows(chunk.entries.usable)
    used = counted(chunk.entries, settings)
    if not len(used):
        raise AnalysisError(f"star {source_id} has no usable entry: nothing to draw")
    star = refine(used)
    left = residuals(used, star)
    line, curve = (solve(used, left.values, design(left)[:, :, :k]).value[0] for k in (4, 6))
    # Every entry is shown, those that share data too; the line is taken out of all of them.
    offsets = residuals(usable, star).values
    for axis, (axes, word) in enumerate(zip(figure.subplots(1, 2), ("ra cos(dec)", "dec"), strict=True)):
        epoch = (usable.ra_epoch, usable.dec_epoch)[axis]
        error = (usable.ra_error, usable.dec_error)[axis]
        since = epoch - star.epoch_yr[0]
        draw_residuals(axes, names, epoch, offsets[:, axis] - line[axis] - line[2 + axis] * since, error)
        at = np.linspace(epoch.min(), epoch.max(), 200)
        t = at - star.epoch_yr[0]
        bent = (
            (curve[axis] - line[axis]) + (curve[2 + axis] - line[2 + axis]) * t + curve[4 + axis] * t**2 / 2
        )
        axes.plot(at, bent, "C3", label="constant acceleration")
        axes.axhline(0.0, color="k", linestyle="--", label="uniform motion")
        axes.set(xlabel="epoch [yr]", ylabel=f"{word}: observed minus uniform motion [mas]")
    figure.axes[0].legend(fontsize="small")
    figure.suptitle(f"{source_id} ({run})")


def draw_residuals(axes: Axes, names: Any, epoch: Array, offset: Array, error: Array) -> None:
    """Draw each catalogue's positions with their errors [mas]."""
    for i, name in enumerate(dict.fromkeys(names)):
        own = names == name
        axes.errorbar(epoch[own], offset[own], error[own], fmt="o", color=f"C{i % 10}", capsize=2, label=name)
