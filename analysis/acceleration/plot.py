"""Pictures of the acceleration test: a run's stars against expectation, and one star."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sql
from analysis.acceleration import draw
from analysis.acceleration.gls import design, refine, solve
from analysis.acceleration.job import FOUND, counted
from analysis.acceleration.reference import along_star, residuals
from analysis.acceleration.result import RESULT
from analysis.acceleration.table import read_star, star_column
from analysis.calibration.stored import load
from analysis.skymap import draw_sky
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOMINAL = 0.001
"""Stars with a smaller p_lin are marked where the weighting has no p_acc, as in paper 004."""

MOST_ON_MAP = 20_000
"""Stars of either kind on the map of the sky; there are no more dots in the picture."""


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest), or one star of it, to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw.
    """
    store.table(RESULT.qualified_name)  # TableNotFound says it best
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

    figure = Figure(figsize=(10.0, 9.0), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _ensemble(figure: Figure, store: Any, run_id: str | None) -> None:
    runs = store.sql(sql.load("acceleration_run").text, {"run_id": run_id}).fetchall()
    if not runs:
        raise AnalysisError(f"results.acceleration has no rows of run {run_id}")
    run, weighting, stars, settings = runs[0]
    rows = store.sql(sql.load("acceleration_probabilities").text, {"run_id": run}).arrow()
    column = {name: rows[name].to_numpy() for name in rows.column_names}
    tested = np.isfinite(column["p_lin"])
    if not tested.any():
        raise AnalysisError("no star of this run has more measurements than parameters: nothing to draw")
    places = figure.add_gridspec(2, 2)
    draw.chi2(figure.add_subplot(places[0, 0]), column["chi2_lin"][tested], column["dof"][tested])
    names = ("p_lin", "p_acc", "p_jerk")
    draw.probabilities(figure.add_subplot(places[0, 1]), {name: column[name] for name in names})
    drawn = "" if stars == len(tested) else f"{len(tested):,} at random of "
    figure.suptitle(f"{run}: {drawn}{stars:,} stars, {int(tested.sum()):,} tested, weighting {weighting}")
    _sky(figure, places[1, :], store, run, json.loads(settings)["epochs"])


def _sky(figure: Figure, place: Any, store: Any, run: str, epochs: str) -> None:
    """Draw the run's stars at the places that they have in the multi-epoch table, if that is still there."""
    axes = figure.add_subplot(place, projection="mollweide")
    if epochs not in {name for table in store.tables() for name in (table.name, table.qualified_name)}:
        axes.set_title(f"no places: {epochs} is no longer in the store", fontsize="medium")
        return
    table = store.table(epochs)
    given = {"run_id": run, "table": table.qualified_name, "star": star_column(table)}
    limits = {"rate": FOUND, "p": NOMINAL, "most": MOST_ON_MAP}
    rows = store.sql(sql.load("acceleration_sky").text, given | limits).arrow()
    bent = rows["accelerates"].to_numpy(zero_copy_only=False)
    draw_sky(axes, rows["ra"].to_numpy(), rows["dec"].to_numpy(), bent)


def _star(figure: Figure, store: Any, source_id: str, run_id: str | None) -> None:
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
    fits = [solve(used, left.values, design(left)[:, :, :k]).value[0] for k in (4, 6)]
    # Every entry is shown, those that share data too.
    shown = residuals(usable, star)
    offsets = along_star(shown)
    cells = figure.subplots(3, 2, sharex=True)
    for axis, word in enumerate(("ra cos(dec)", "dec")):
        motion = (star.pmra, star.pmdec)[axis][0]
        entries = draw.Coordinate(
            name=word,
            catalogue=names,
            ref_epoch=star.epoch_yr[0],
            years=shown.years[:, axis],
            offset=offsets[axis],
            error=(usable.ra_error, usable.dec_error)[axis],
            motion=motion,
            line=np.array([fits[0][axis], fits[0][2 + axis], 0.0]),
            curve=fits[1][axis::2],
        )
        draw.coordinate(cells[:, axis], entries)
    figure.legend(
        *cells[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize="small"
    )
    figure.suptitle(f"{source_id} ({run})")
