"""Pictures of the proper-motion anomaly: a run's stars against expectation, and one star's vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sql
from analysis.proper_motion_anomaly.result import RESULT
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest), or one star of it, to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("pma_run").text, {"run_id": run_id, "source_id": source_id}).arrow()
    if not rows.num_rows:
        what = f"star {source_id}" if source_id else f"run {run_id}"
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of {what}: nothing to draw")
    column = {name: np.array(rows[name].to_pylist()) for name in rows.column_names}
    kinds = np.char.add(np.char.add(column["catalogue_name"], ", "), column["method"])
    figure = Figure(figsize=(10.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    if source_id is None:
        left, right = figure.subplots(1, 2)
        draw_chi2(left, column["chi2"].astype(np.float64), kinds)
        draw_velocities(right, column["dv_tan"].astype(np.float64), column["snr"].astype(np.float64), kinds)
    else:
        draw_vectors(figure.subplots(1, 1), column, kinds)
    figure.suptitle(f"{rows['run_id'][0].as_py()}" + (f": {source_id}" if source_id else ""))
    figure.savefig(file, dpi=150)


def draw_chi2(axes: Axes, chi2: Any, kinds: Any) -> None:
    """Draw which share of the stars exceeds each chi-square, and which should without anomalies."""
    at = np.geomspace(0.1, max(100.0, float(np.nanmax(chi2))), 200)
    for kind in np.unique(kinds):
        known = np.sort(chi2[(kinds == kind) & np.isfinite(chi2)])
        share = (len(known) - np.searchsorted(known, at)) / max(len(known), 1)
        axes.loglog(at, share, drawstyle="steps-post", label=f"{kind} ({len(known):,})")
    axes.loglog(at, np.exp(-at / 2.0), "k--", label="expected without anomalies")
    axes.set(xlabel="chi-square of no anomaly (2 dof)", ylabel="share of stars with more", ylim=(1e-5, 1.5))
    axes.legend(fontsize="small")


def draw_velocities(axes: Axes, velocity: Any, snr: Any, kinds: Any) -> None:
    """Draw the tangential velocity of each anomaly against its signal to noise."""
    for kind in np.unique(kinds):
        same = (kinds == kind) & np.isfinite(velocity)
        axes.plot(snr[same], velocity[same], ".", markersize=3, label=kind)
    axes.axvline(3.0, color="k", linestyle=":")
    axes.set(xscale="log", yscale="log", xlabel="signal to noise", ylabel="tangential velocity anomaly [m/s]")


def draw_vectors(axes: Axes, column: Any, kinds: Any) -> None:
    """Draw one star's anomalies as vectors with their 1-sigma ellipses."""
    turn = np.linspace(0.0, 2.0 * np.pi, 100)
    for i, kind in enumerate(kinds):
        x, y, ex, ey, corr = (
            float(column[name][i])
            for name in ("pma_ra", "pma_dec", "pma_ra_error", "pma_dec_error", "pma_ra_pma_dec_corr")
        )
        axes.plot([0.0, x], [0.0, y], color=f"C{i % 10}", label=kind)
        axes.plot(
            x + ex * np.cos(turn),
            y + ey * (corr * np.cos(turn) + np.sqrt(1.0 - corr**2) * np.sin(turn)),
            color=f"C{i % 10}",
        )
    axes.invert_xaxis()
    axes.set(xlabel="anomaly in ra cos(dec) [mas/yr]", ylabel="anomaly in dec [mas/yr]", aspect="equal")
    axes.legend(fontsize="small")
