"""Pictures of fitted labels: the stars of a run, or a spectrum with its model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.labels.doppler import detectors
from analysis.labels.normal_equations import prepared
from analysis.labels.spectra import check_name, read, source
from analysis.labels.stored import load
from analysis.star_labels.job import NAME, fitted_model, grid_of, normalised, smoothing_of
from analysis.star_labels.result import RESULT
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the labels of a run (by default the latest), or a star's spectrum with model and residuals.

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("star_labels_run").text, {"run_id": run_id, "source_id": source_id}).arrow()
    if not len(rows):
        of = f" of {source_id!r}" if source_id else ""
        raise AnalysisError(f"{RESULT.qualified_name} has no labels{of} in run {run_id or 'latest'}")
    found = rows.to_pylist()
    figure = Figure(figsize=(11.0, 5.4), layout="constrained")
    FigureCanvasAgg(figure)
    if source_id is None:
        _stars(figure, found)
    else:
        _spectrum(store, figure, found)
    figure.savefig(file, dpi=150)


def check_star(store: Any, settings: Mapping[str, Any], source_id: str) -> None:
    """Raise AnalysisError where a run with these settings has no spectrum of the star to be drawn."""
    how = {name: settings[name] for name in ("arm", "snr_min")}
    of = source(NAME, store, settings["spectra"], star=settings["star_column"], **how)
    check_name(NAME, store, of, source_id)


def _stars(figure: Any, rows: list[dict[str, Any]]) -> None:
    """Draw the first labels against each other, and chi2 / dof by the distance from the training set."""
    labels = list(dict.fromkeys(row["label"] for row in rows))
    by: dict[str, dict[str, Any]] = {}
    for row in rows:
        by.setdefault(row["spec_id"], row)[f"value {row['label']}"] = row["param_value"]
    stars = list(by.values())
    value = {label: np.array([row.get(f"value {label}") for row in stars], np.float64) for label in labels}
    good = np.array([row["flag"] is None for row in stars])
    left, right = figure.subplots(1, 2)
    x, y = labels[0], labels[min(1, len(labels) - 1)]
    colour = value[labels[2]] if len(labels) > 2 else np.zeros(len(stars))
    left.plot(value[x][~good], value[y][~good], ".", color="0.8", ms=3, label="flagged")
    drawn = left.scatter(value[x][good], value[y][good], c=colour[good], s=7, label="good")
    if len(labels) > 2:
        figure.colorbar(drawn, ax=left, label=labels[2])
    left.set(xlabel=x, ylabel=y)
    if (x, y) == ("teff", "logg"):
        left.invert_xaxis()
        left.invert_yaxis()
    left.legend(fontsize="small")
    hull = np.array([row["hull_dist"] for row in stars], np.float64)
    chi2 = np.array([row["chi2"] for row in stars], np.float64)
    dof = np.array([max(row["dof"], 1) for row in stars], np.float64)
    right.plot(hull[~good], (chi2 / dof)[~good], ".", color="0.8", ms=3)
    right.plot(hull[good], (chi2 / dof)[good], ".", color="C0", ms=4)
    right.axvline(1.0, color="black", lw=0.8, ls=":")
    right.axhline(1.0, color="black", lw=0.8, ls=":")
    right.set(xlabel="distance from the training set", ylabel="chi2 / dof", xscale="log", yscale="log")
    figure.suptitle(rows[0]["run_id"], fontsize="medium")


def _spectrum(store: Any, figure: Any, rows: list[dict[str, Any]]) -> None:
    """Draw the first spectrum of the star with its model, and the residuals in standard deviations."""
    first = [row for row in rows if row["spec_id"] == rows[0]["spec_id"]]
    settings = _settings(store, first[0]["run_id"])
    stored = load(store, NAME, first[0]["model_id"])
    model, smoothing = fitted_model(stored, settings), smoothing_of(stored)
    of = source(NAME, store, settings["spectra"], star=settings["star_column"], arm=settings["arm"])
    wanted = read(
        store, of, grid_of(stored), at_rest=settings["velocity"] == "header", only=[first[0]["spec_id"]]
    )
    part = next(wanted, None)
    if part is None or not part.spec_id:
        raise AnalysisError(f"{of.table.qualified_name} has not {first[0]['spec_id']} any more")
    spectra = normalised(part, stored, smoothing, anyway=settings.get("normalised", False))
    value = {row["label"]: row["param_value"] for row in first}
    theta = np.array([[value[label] for label in model.labels]], np.float64)
    if np.isnan(theta).any():
        raise AnalysisError(f"the fit of {first[0]['spec_id']} did not converge: there is no model to draw")
    data = prepared(model, spectra.flux[:1], spectra.ivar[:1], None, smoothing)
    made, gradient = model.flux_and_gradient(theta)
    if smoothing is not None:
        made, _ = smoothing.of_model(made, gradient, data.weights, data.norm)
    used = data.root[0] > 0.0
    for first_pixel, _ in detectors(model.wavelength_angstrom)[1:]:
        used[first_pixel] = False  # no line is drawn across the gap between detectors
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    wavelength = model.wavelength_angstrom
    above.plot(wavelength, np.where(used, data.flux[0], np.nan), color="0.3", lw=0.7, label="spectrum")
    above.plot(wavelength, np.where(used, made[0], np.nan), color="C3", lw=0.7, label="model")
    above.legend(fontsize="small")
    above.set(ylabel="normalised flux")
    residual = np.where(used, (data.flux[0] - made[0]) * data.root[0], np.nan)
    below.plot(wavelength, residual, color="0.3", lw=0.5)
    below.axhline(0.0, color="C3", lw=0.8)
    below.set(xlabel="wavelength at rest [Angstrom]", ylabel="residual / error")
    text = ", ".join(f"{row['label']} {row['param_value']:.5g}" for row in first)
    flag = f" ({first[0]['flag']})" if first[0]["flag"] else ""
    figure.suptitle(f"{first[0]['source_id']}: {text}{flag}", fontsize="medium")


def _settings(store: Any, run_id: str) -> Mapping[str, Any]:
    import json

    (row,) = store.sql(sql.load("run_settings").text, {"run_id": run_id}).arrow().to_pylist()
    found: Mapping[str, Any] = json.loads(row["settings"])
    return found
