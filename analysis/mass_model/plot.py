"""A picture of a mass model: the curve with its components and points, and the halo of each model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis.galaxy.baryons import PAPER_000
from analysis.mass_model.result import CURVE
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

_STYLE = {"halo": ("C9", "--"), "baryons": ("0.45", "-")}
_MARKERS = "sv^D<>ph"


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file`; `source_id` chooses 'BARYONS HALO' of a run of several.

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(CURVE.qualified_name)  # TableNotFound says it best
    curves = store.sql(sql.load("mass_model_curves").text, {"run_id": run_id}).arrow()
    pairs = list(dict.fromkeys(zip(*(curves[c].to_pylist() for c in ("baryons", "halo")), strict=True)))
    asked = [pair for pair in pairs if source_id in (None, " ".join(pair))]
    if not pairs:
        raise AnalysisError(f"{CURVE.qualified_name} has no curve of run {run_id or 'latest'}")
    if not asked:
        there = "; ".join(" ".join(pair) for pair in pairs)
        raise AnalysisError(f"{CURVE.qualified_name} has no model {source_id!r} in that run: {there}")
    run = curves["run_id"][0].as_py()
    points = store.sql(sql.load("mass_model_points").text, {"run_id": run}).arrow()
    halos = store.sql(sql.load("mass_model_halos").text, {"run_id": run}).arrow()
    several = halos.num_rows > 1
    figure = Figure(figsize=(11.5 if several else 8.0, 6.0), layout="constrained")
    FigureCanvasAgg(figure)
    widths = (2, 1) if several else (1,)
    grid = figure.add_gridspec(2, len(widths), width_ratios=widths, height_ratios=(3, 1))
    chosen = (PAPER_000, "nfw") if (PAPER_000, "nfw") in asked else asked[0]
    left = figure.add_subplot(grid[0, 0])
    _velocities(left, _of(curves, chosen), points, chosen)
    _residuals(figure.add_subplot(grid[1, 0], sharex=left), _of(points, chosen))
    if several:
        _halos(figure.add_subplot(grid[:, 1]), halos, chosen)
    figure.suptitle(f"{curves['curve'][0].as_py()}: {' '.join(chosen)}, run {run}", fontsize="medium")
    figure.savefig(file, dpi=150)


def _of(rows: pa.Table, pair: tuple[str, str]) -> pa.Table:
    keep = [pair == both for both in zip(rows["baryons"].to_pylist(), rows["halo"].to_pylist(), strict=True)]
    return rows.filter(pa.array(keep, pa.bool_()))


def _numbers(rows: pa.Table, name: str) -> Array:
    return np.array([np.nan if x is None else x for x in rows[name].to_pylist()], np.float64)


def _velocities(axes: Any, curves: pa.Table, points: pa.Table, pair: tuple[str, str]) -> None:
    """Draw the total with its band, the components, the fitted points and those of others."""
    for k, name in enumerate(dict.fromkeys(curves["component"].to_pylist())):
        part = curves.filter(pa.array([c == name for c in curves["component"].to_pylist()]))
        r, v, low, high = (_numbers(part, column) for column in ("r", "vc", "vc_lo68", "vc_hi68"))
        if name == "total":
            axes.plot(r, v, "C3-", lw=1.8, label="total", zorder=3)
            axes.fill_between(r, low, high, color="C3", alpha=0.3, lw=0)
        else:
            colour, dashes = _STYLE.get(name, (f"C{k}", ":"))
            axes.plot(r, v, color=colour, ls=dashes, lw=1.2, label=name.replace("_", " "))
            axes.fill_between(r, low, high, color=colour, alpha=0.2, lw=0)
    fitted = _of(points.filter(points["fitted"]), pair)
    _errors(axes, fitted, "ko", fitted["source"][0].as_py(), 4)
    others = points.filter(pc.invert(points["fitted"]))
    sources = others["source"].to_pylist()
    for k, name in enumerate(dict.fromkeys(sources)):
        rows = others.filter(pa.array([source == name for source in sources], pa.bool_()))
        _errors(axes, rows, f"C{k}{_MARKERS[k % len(_MARKERS)]}", name, 2)
    axes.set(ylabel="circular velocity [km/s]", ylim=(min(0.0, float(_numbers(curves, "vc").min())), 320.0))
    axes.legend(fontsize="x-small", ncols=3, loc="upper right")


def _errors(axes: Any, rows: pa.Table, style: str, label: str, order: int) -> None:
    r, v, low, high = (_numbers(rows, name) for name in ("r", "vc", "vc_minus", "vc_plus"))
    many = len(r) > 100
    axes.errorbar(
        r,
        v,
        yerr=None if many else [low, high],
        fmt=style,
        ms=1.5 if many else 3.5,
        mfc="none" if order < 3 else None,
        alpha=0.4 if many else 0.8,
        lw=0.8,
        label=label,
        zorder=order,
    )


def _residuals(axes: Any, points: pa.Table) -> None:
    """Draw the fitted points less the most probable model."""
    fitted = points.filter(points["fitted"])
    r, v, model = (_numbers(fitted, name) for name in ("r", "vc", "vc_model"))
    errors = [_numbers(fitted, "vc_minus"), _numbers(fitted, "vc_plus")]
    axes.axhline(0.0, color="C3", lw=1)
    axes.errorbar(r, v - model, yerr=errors, fmt="ko", ms=3, lw=0.8)
    axes.set(xlabel="distance from the Galactic centre [kpc]", ylabel="point - model [km/s]")


def _halos(axes: Any, halos: pa.Table, chosen: tuple[str, str]) -> None:
    """Draw mass and local density of each model of the run."""
    columns = ("m200", "m200_sig", "rho_sun", "rho_sun_sig")
    for k, row in enumerate(halos.to_pylist()):
        m, m_sig, rho, rho_sig = (float(row[name] or 0.0) for name in columns)
        pair = (row["baryons"], row["halo"])
        style = {"mfc": None if pair == chosen else "none", "marker": "o" if pair[1] == "nfw" else "s"}
        axes.errorbar(
            rho, m, xerr=rho_sig, yerr=m_sig, ls="", color=f"C{k % 10}", label=" ".join(pair), **style
        )
    axes.set(xlabel="local density of dark matter [GeV/cm3]", ylabel="M200 [solMass]", yscale="log")
    axes.legend(fontsize="x-small")
