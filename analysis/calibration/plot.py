"""The picture of a calibration: what the entries of each catalogue show, before and after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.acceleration.table import read
from analysis.calibration.core import places, take
from analysis.calibration.correction import Calibration, Correction
from analysis.calibration.ensemble import Ensemble
from analysis.calibration.job import drawn
from analysis.calibration.robust import distance2
from analysis.calibration.stored import LATEST, load
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[np.float64]


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`, a row of pictures for each catalogue.

    Raises AnalysisError where there is nothing to draw, and for a single star.
    """
    if source_id is not None:
        raise AnalysisError("a calibration is of catalogues: it has no picture of one star")
    calibration = load(store, run_id or LATEST)
    if calibration is None:
        raise AnalysisError(f"{run_id} is no run: there is nothing to draw")
    (row,) = store.sql(sql.load("calibration_run").text, {"run_id": calibration.run_id}).fetchall()
    settings, reference = json.loads(row[0]), row[1]
    table = store.table(settings["epochs"])
    stars, names = drawn(read(store, table, settings["default_error"]), table)
    number = {name: i for i, name in enumerate(names)}
    ensemble = Ensemble.of(stars, number[reference])
    others = [name for name in names if name != reference]
    before = {name: normalised(ensemble, number[name], Correction(name)) for name in others}
    for name in names:
        rows = np.flatnonzero(ensemble.stars.catalogue == number[name])
        take(ensemble, rows, calibration.corrections.get(name, Correction(name)))
    after = {
        name: normalised(ensemble, number[name], calibration.corrections.get(name, Correction(name)))
        for name in others
    }
    _draw(file, calibration, before, after)


def normalised(ensemble: Ensemble, number: int, correction: Correction) -> tuple[Array, Array, Array]:
    """Return one catalogue's residuals in units of their error (k, 2), their squared length and G (k,)."""
    rows, residual, predicted = ensemble.predict(number)
    at = places(ensemble.stars, rows)
    scale, floor = correction.errors(at.magnitude)
    covariance = (scale**2)[:, None, None] * ensemble.covariance[rows][:, :2, :2] + predicted[:, :2, :2]
    covariance += (floor**2 + correction.term_error**2)[:, None, None] * np.eye(2)
    left = residual[:, :2] - correction.shifts(at)[0]
    sigma = np.sqrt(np.einsum("nii->ni", covariance))
    return left / sigma, distance2(left, covariance), at.magnitude


Seen = Mapping[str, tuple[Array, Array, Array]]


def _draw(file: Path, calibration: Calibration, before: Seen, after: Seen) -> None:
    # Without pyplot: no global state, and no display is asked for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    shown = [name for name in before if len(before[name][0])]
    if not shown:
        raise AnalysisError("no catalogue of this run has stars that the others fix: nothing to draw")
    figure = Figure(figsize=(9.0, 2.2 * len(shown) + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    for (left, right), name in zip(figure.subplots(len(shown), 2, squeeze=False), shown, strict=True):
        draw_histogram(left, before[name][0], after[name][0])
        draw_against_magnitude(right, before[name], after[name])
        left.set_title(name, fontsize="small", loc="left")
    figure.axes[0].legend(fontsize="x-small")
    figure.suptitle(calibration.run_id, fontsize="small")
    figure.savefig(file, dpi=120)


def draw_histogram(axes: Axes, before: Array, after: Array) -> None:
    """Draw both coordinates' residuals in units of their errors, and the normal distribution."""
    edges = np.linspace(-6.0, 6.0, 49)
    for values, label in ((before, "before"), (after, "after")):
        axes.hist(
            np.clip(values.ravel(), -6.0, 6.0), edges.tolist(), density=True, histtype="step", label=label
        )
    axes.plot(edges, np.exp(-(edges**2) / 2.0) / np.sqrt(2.0 * np.pi), "k--", linewidth=0.8, label="normal")
    axes.set(xlabel="residual / error")


def draw_against_magnitude(axes: Axes, *seen: tuple[Array, Array, Array]) -> None:
    """Draw the median length of the residuals, in that of normal errors, against magnitude."""
    for _, length2, magnitude in seen:
        known = np.isfinite(magnitude)
        if known.sum() < 20:
            axes.text(0.5, 0.5, "no magnitudes", ha="center", transform=axes.transAxes)
            continue
        order = np.argsort(magnitude[known])
        parts = np.array_split(order, max(min(12, len(order) // 20), 1))
        where = [np.median(magnitude[known][part]) for part in parts]
        axes.plot(
            where, [np.sqrt(np.median(length2[known][part]) / (2.0 * np.log(2.0))) for part in parts], ".-"
        )
    axes.axhline(1.0, color="k", linestyle="--", linewidth=0.8)
    axes.set(xlabel="G [mag]", ylabel="rms / expected", yscale="log")
