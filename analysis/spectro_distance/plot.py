"""Pictures of spectroscopic distances: against parallaxes, pulls, residuals by label, and the checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

import sql
from analysis.spectro_distance.result import CHECK, RESULT
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]
AT_MOST = 30_000


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`, one star in red.

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("distance_run").text, {"run_id": run_id, "most": AT_MOST}).arrow()
    names = rows["source_id"].to_pylist()
    if not names or (source_id is not None and source_id not in names):
        of = f" of {source_id!r}" if source_id else ""
        raise AnalysisError(f"{RESULT.qualified_name} has no distance{of} in run {run_id or 'latest'}")
    number = {
        name: np.asarray(pc.cast(rows[name], "double").to_numpy(zero_copy_only=False), np.float64)
        for name in rows.column_names
        if name not in {"run_id", "source_id", "flag"}
    }
    run = rows["run_id"][0].as_py()
    checks = store.sql(sql.load("distance_checks").text, {"run_id": run}).arrow().to_pylist()
    figure = Figure(figsize=(11.0, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 2)
    _parallaxes(top[0], number, np.array([name == source_id for name in names]))
    _pulls(top[1], number["pull"])
    _residuals(bottom[0], number)
    _checks(bottom[1], checks)
    simulated = " (simulated stars)" if np.isfinite(number["true_dist"]).any() else ""
    figure.suptitle(f"{run}{simulated}", fontsize="medium")
    figure.savefig(file, dpi=150)


def _parallaxes(axes: Any, number: dict[str, Array], one: npt.NDArray[np.bool_]) -> None:
    own = number["parallax"] - number["parallax_zero_point"]
    axes.plot(number["dist"], own, ".", ms=2, alpha=0.3, color="C0", rasterized=True)
    axes.plot(number["dist"][one], own[one], "o", color="C3")
    kpc = np.geomspace(np.nanmin(number["dist"]), np.nanmax(number["dist"]), 200)
    axes.plot(kpc, 1.0 / kpc, "k-", lw=1, label="1 / distance")
    axes.set(xscale="log", xlabel="distance by the spectrum [kpc]", ylabel="parallax less zero point [mas]")
    axes.set_yscale("symlog", linthresh=0.1)
    axes.legend(fontsize="small")


def _pulls(axes: Any, pull: Array) -> None:
    known = pull[np.isfinite(pull)]
    edges = np.linspace(-6.0, 6.0, 61)
    axes.hist(np.clip(known, -5.99, 5.99), list(edges), color="C0", alpha=0.6)
    x = np.linspace(-6.0, 6.0, 300)
    axes.plot(x, len(known) * 0.2 * np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi), "k-", lw=1, label="normal")
    axes.set(xlabel="(parallax - zero point - by spectrum) / error", ylabel="stars")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.5)
    axes.legend(fontsize="small")


def _residuals(axes: Any, number: dict[str, Array]) -> None:
    own = number["parallax"] - number["parallax_zero_point"]
    ratio = own / number["parallax_spectro"] - 1.0
    good = number["parallax_spectro"] > 5.0 * number["parallax_error"]
    x = number["logg"] if np.isfinite(number["logg"]).any() else number["abs_mag"]
    axes.plot(x[good], ratio[good], ".", ms=2, alpha=0.3, color="C0", rasterized=True)
    axes.axhline(0.0, color="black", lw=1)
    label = "log g" if np.isfinite(number["logg"]).any() else "absolute magnitude"
    axes.set(xlabel=label, ylabel="parallax / by spectrum - 1", ylim=(-1.0, 1.0))


def _checks(axes: Any, checks: list[dict[str, Any]]) -> None:
    styles = {
        ("distance", "kpc"): "o",
        ("truth", "true"): "s",
        ("truth", "estimated"): "D",
        ("naive", "true"): "x",
    }
    for color, ((kind, item), marker) in enumerate(styles.items()):
        rows = [
            row
            for row in checks
            if (row["check_kind"], row["item"]) == (kind, item)
            and row["bias"] is not None
            and row["range_hi"]
        ]
        if rows:
            x = [np.sqrt(max(row["range_lo"], 0.3) * row["range_hi"]) for row in rows]
            y, error = [[100.0 * row[name] for row in rows] for name in ("bias", "bias_error")]
            name = "own parallaxes" if kind == "distance" else f"{kind} ({item} distance)"
            axes.errorbar(x, y, error, fmt=marker, color=f"C{color}", ms=4, capsize=2, label=name)
    axes.axhline(0.0, color="black", lw=1)
    axes.set(xscale="log", xlabel=f"distance [kpc] ({CHECK.name})", ylabel="bias of the distance [%]")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize="small")
