"""Pictures of the proper-motion anomaly: a run's stars against expectation, and one star's vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sql
from analysis.proper_motion_anomaly.result import RESULT
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest), or one star of it, to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    figure = Figure(figsize=(10.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    if source_id is None:
        _ensemble(figure, store, run_id)
    else:
        _star(figure, store, source_id, run_id)
    figure.savefig(file, dpi=150)


def _run(store: Any, run_id: str | None) -> tuple[str, int]:
    """Return the run, by default the latest, and the number of its rows."""
    runs = store.sql(sql.load("pma_run").text, {"run_id": run_id}).fetchall()
    if not runs:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of run {run_id}: nothing to draw")
    return str(runs[0][0]), int(runs[0][1])


def _ensemble(figure: Figure, store: Any, run_id: str | None) -> None:
    run, n = _run(store, run_id)
    rows = store.sql(sql.load("pma_sample").text, {"run_id": run}).arrow()
    kinds = rows["kind"].combine_chunks().dictionary_encode()
    code, names = np.asarray(kinds.indices), kinds.dictionary.to_pylist()
    chi2, velocity, snr = (rows[name].to_numpy() for name in ("chi2", "dv_tan", "snr"))
    left, right = figure.subplots(1, 2)
    draw_chi2(left, chi2, code, names)
    draw_velocities(right, velocity, snr, code, names)
    figure.suptitle(run if n == len(chi2) else f"{run}: {len(chi2):,} at random of {n:,} rows")


def _star(figure: Figure, store: Any, source_id: str, run_id: str | None) -> None:
    run, _ = _run(store, run_id)
    rows = store.sql(sql.load("pma_star").text, {"run_id": run, "source_id": source_id}).arrow()
    if not rows.num_rows:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of star {source_id}: nothing to draw")
    column = {name: rows[name].to_numpy() for name in rows.column_names}
    draw_vectors(figure.subplots(1, 1), column, column["kind"])
    figure.suptitle(f"{run}: {source_id}")


def draw_chi2(axes: Axes, chi2: Any, code: Any, names: Sequence[str]) -> None:
    """Draw which share of the stars exceeds each chi-square, and which should without anomalies.

    `code` (n,) is the place in `names` of each row's kind.
    """
    at = np.geomspace(0.1, max(100.0, float(np.nanmax(chi2))), 200)
    for i in np.argsort(names):
        known = np.sort(chi2[(code == i) & np.isfinite(chi2)])
        share = (len(known) - np.searchsorted(known, at)) / max(len(known), 1)
        axes.loglog(at, share, drawstyle="steps-post", label=f"{names[i]} ({len(known):,})")
    axes.loglog(at, np.exp(-at / 2.0), "k--", label="expected without anomalies")
    axes.set(xlabel="chi-square of no anomaly (2 dof)", ylabel="share of stars with more", ylim=(1e-5, 1.5))
    axes.legend(fontsize="small")


def draw_velocities(axes: Axes, velocity: Any, snr: Any, code: Any, names: Sequence[str]) -> None:
    """Draw the tangential velocity of each anomaly against its signal to noise."""
    for i in np.argsort(names):
        same = (code == i) & np.isfinite(velocity)
        axes.plot(snr[same], velocity[same], ".", markersize=3, label=names[i])
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
