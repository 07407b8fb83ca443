"""The picture of a rotation curve: the curve with published ones, its moments, its systematic errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis.rotation_curve.result import RESULT
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

PUBLISHED = {
    "eilers2019": ("Eilers et al. 2019", "C0", "s"),
    "ablimit2020": ("Ablimit et al. 2020", "C2", "v"),
    "zhou2023": ("Zhou et al. 2023", "C1", "o"),
}
"""Curves that are drawn where the store has them."""

SYSTEMATICS = {
    "e_sys_dist": "distance scale",
    "e_sys_scatter": "distance scatter",
    "e_sys_scale": "scale length",
    "e_sys_height": "scale height",
    "e_sys_flare": "flare",
    "e_sys_cross": "cross term",
    "e_sys_dispersion": "<vR^2>",
    "e_sys_vsun": "Sun's velocity",
    "e_sys_r0": "R0",
    "e_sys_azimuth": "azimuth",
    "e_sys_side": "north, south",
}


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the curve of a run (by default the latest); `source_id` is not used.

    Published curves are shown where the store has them. Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    rows = store.sql(sql.load("rotation_run").text, {"run_id": run_id}).arrow()
    if not rows.num_rows:
        raise AnalysisError(f"{RESULT.qualified_name} has no curve of run {run_id or 'latest'}")
    run_id = rows["run_id"][0].as_py()
    value = {name: _numbers(rows, name) for name in rows.column_names[2:]}
    figure = Figure(figsize=(12.0, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(2, 2)
    _curve(panels[0, 0], store, value, run_id)
    _moments(panels[0, 1], value)
    _errors(panels[1, 0], value)
    _changes(panels[1, 1], store, run_id)
    for axes in panels.flat:
        axes.set_xlabel("R [kpc]")
    figure.suptitle(f"{rows['stars'][0].as_py()}: {run_id}", fontsize="medium")
    figure.savefig(file, dpi=130)


def _numbers(rows: pa.Table, name: str) -> Array:
    return np.asarray(pc.cast(rows[name], pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _curve(axes: Any, store: Any, value: dict[str, Array], run_id: str) -> None:
    r, vc, e_stat = value["r_mean"], value["vc"], value["e_stat"]
    for name, (label, colour, marker) in PUBLISHED.items():
        found = [each.qualified_name for each in store.tables() if each.name == name]
        if not found:
            continue
        points = store.sql(sql.load("rotation_published").text, {"curve": found[0]}).arrow()
        low = "vc_error" if "vc_error" in points.column_names else "vc_error_minus"
        high = "vc_error" if "vc_error" in points.column_names else "vc_error_plus"
        errors = np.stack([_numbers(points, low), _numbers(points, high)])
        style = {"color": colour, "marker": marker, "ms": 4, "lw": 0, "elinewidth": 0.8, "alpha": 0.8}
        axes.errorbar(_numbers(points, "r"), _numbers(points, "vc"), errors, label=label, **style)
    total = np.sqrt(e_stat**2 + np.nan_to_num(value["e_sys"]) ** 2)
    axes.fill_between(r, vc - total, vc + total, color="0.85", label="with systematic errors")
    axes.errorbar(r, vc, e_stat, fmt="o", color="black", ms=4, label="this run")
    line = store.sql(sql.load("rotation_lines").text, {"run_id": run_id}).arrow().to_pylist()
    for each in line:
        words = f"{each['vc_r0']:.1f} km/s at R0, slope {each['slope']:.2f} km/s/kpc"
        axes.plot(r, each["vc_r0"] + each["slope"] * (r - each["r0"]), "-", color="C3", lw=1, label=words)
    middle, half = np.median(vc), max(40.0, 1.3 * float(np.ptp(vc)))
    axes.set(ylabel="circular velocity [km/s]", ylim=(middle - half, middle + half))
    axes.legend(fontsize="x-small")


def _moments(axes: Any, value: dict[str, Array]) -> None:
    r = value["r_mean"]
    for name, label in (("vr2", "sqrt <vR^2>"), ("vz2", "sqrt <vz^2>")):
        axes.plot(r, np.sqrt(np.maximum(value[name], 0.0)), "o-", ms=3, lw=0.8, label=label)
    variance = value["vphi2"] - value["vphi"] ** 2
    axes.plot(r, np.sqrt(np.maximum(variance, 0.0)), "o-", ms=3, lw=0.8, label="dispersion of vphi")
    axes.plot(r, value["vc"] - value["vphi"], "s-", ms=3, lw=0.8, label="vc - <vphi>")
    axes.set(ylabel="[km/s]")
    axes.legend(fontsize="x-small")
    right = axes.twinx()
    right.step(r, value["n"], where="mid", color="0.7", lw=0.8)
    right.set(yscale="log", ylabel="stars (grey)")


def _errors(axes: Any, value: dict[str, Array]) -> None:
    r = value["r_mean"]
    axes.plot(r, value["e_stat"], "k-", label="statistical")
    for k, (name, label) in enumerate(SYSTEMATICS.items()):
        if np.isfinite(value[name]).any():
            axes.plot(r, value[name], "-", color=f"C{k}", lw=1, label=label)
    if np.isfinite(value["e_sys"]).any():
        axes.plot(r, value["e_sys"], "k--", label="all systematic")
    high = np.nanmax([value["e_stat"], np.nan_to_num(value["e_sys"])])
    axes.set(ylabel="errors of vc [km/s]", ylim=(0.0, 1.5 * high))  # the legend is above the lines
    axes.legend(fontsize="x-small", ncols=3, loc="upper center")


def _changes(axes: Any, store: Any, run_id: str) -> None:
    rows = store.sql(sql.load("rotation_systematics").text, {"run_id": run_id}).arrow().to_pylist()
    shown: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        if row["dvc"] is not None and row["assumption"] not in ("azimuth", "side", "Sun's velocity"):
            shown.setdefault((row["assumption"], row["change"]), []).append((row["r_mean"], row["dvc"]))
    for k, ((assumption, change), points) in enumerate(shown.items()):
        x, y = zip(*points, strict=True)
        style = {"color": f"C{k % 10}", "ls": ("-", "--")[k // 10 % 2], "lw": 1}
        axes.plot(x, y, label=f"{assumption}: {change}", **style)
    axes.axhline(0.0, color="0.5", lw=0.6)
    axes.set(ylabel="change of vc [km/s]", ylim=(-12.0, 14.0))
    if shown:
        axes.legend(fontsize=5, ncols=2)
