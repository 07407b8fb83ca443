"""Pictures of the comparison: figures 3 and 4 of paper 004 from our stars, and each list's counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.acceleration.gls import design, refine, solve
from analysis.acceleration.reference import residuals
from analysis.acceleration.table import read_star
from analysis.comparison.result import CLASSES, RESULT
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[np.float64]
WIDE = ("elbadry2021", "tian2020")
AT_MOST = 1000
"""Stars whose entries are read for the deviations by epoch."""
AT_MOST_DRAWN = 20_000
"""Rows of each list that are drawn, chosen at random of more."""


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run (by default the latest) to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw, or for one star.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if source_id is not None:
        raise AnalysisError("the comparison has no picture of one star: --plot of acceleration has")
    store.table(RESULT.qualified_name)  # TableNotFound says it best
    counts = store.sql(sql.load("comparison_counts").text, {"run_id": run_id}).fetchall()
    if not counts:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of run {run_id}: nothing to draw")
    run = str(counts[0][-1])
    rows = store.sql(sql.load("comparison_run").text, {"run_id": run, "most": AT_MOST_DRAWN}).arrow()
    column = {name: rows[name].to_numpy() for name in rows.column_names}
    names = np.array([name.partition(".")[2] for name in column["list_name"]], object)
    figure = Figure(figsize=(11.0, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    top, bottom = figure.subplots(2, 2)
    number = {(name.partition(".")[2], kind): int(n) for name, kind, n, _ in counts}
    draw_counts(top[0], number)
    draw_orbits(top[1], names, column)
    wide = np.isin(names, WIDE)
    draw_sizes(bottom[0], names[wide], column["known_size"][wide], column["motion_class"][wide])
    stars = sorted(set(column["source_id"][names == WIDE[0]]))[:AT_MOST]
    draw_deviations(bottom[1], deviations(store, run, stars))
    whole = sum(number.values())
    figure.suptitle(
        run if whole == len(names) else f"{run} (dots: {len(names):,} at random of {whole:,} rows)"
    )
    figure.savefig(file, dpi=150)


def draw_counts(axes: Axes, number: Mapping[tuple[str, str], int]) -> None:
    """Draw how many rows of each list are of stars of each class, from the number of each (list, class)."""
    lists = sorted({name for name, _ in number})
    total = np.array([sum(number.get((each, kind), 0) for kind in CLASSES) for each in lists])
    left = np.zeros(len(lists))
    for i, kind in enumerate(CLASSES):
        share = np.array([number.get((each, kind), 0) for each in lists]) / total
        axes.barh(lists, share, left=left, color=("C3", "C0", "0.7", "0.9")[i], label=kind)
        left += share
    for i, n in enumerate(total):
        axes.text(1.01, i, f"{n:,}", va="center", fontsize="small")
    axes.set(xlabel="share of the rows in common", xlim=(0.0, 1.12))
    axes.legend(fontsize="x-small", ncols=2, loc="lower left")


def draw_orbits(axes: Axes, names: Any, column: Any) -> None:
    """Draw semi-major axis against period (figure 3), the accelerating ones as crosses."""
    some = False
    for i, each in enumerate(("gaia_nss", "orb6")):
        period, angle = (column[name].astype(np.float64) for name in ("known_period", "known_angle"))
        own = (names == each) & np.isfinite(period) & np.isfinite(angle)
        moving = column["motion_class"] == "accelerating"
        for chosen, marker in ((own & moving, "x"), (own & ~moving, ".")):
            if chosen.any():
                label = f"{each}, {'accelerating' if marker == 'x' else 'others'}"
                axes.plot(period[chosen] * 365.25, angle[chosen], marker, color=f"C{i}", label=label)
                some = True
    axes.set(xlabel="period [d]", ylabel="semi-major axis [mas]")
    if some:
        axes.set(xscale="log", yscale="log")
        axes.legend(fontsize="x-small")
    else:
        axes.text(0.5, 0.5, "no orbit with an angular semi-major axis", ha="center", transform=axes.transAxes)


def draw_sizes(axes: Axes, names: Any, size: Any, classes: Any) -> None:
    """Draw the separations of wide pairs (table 4), the accelerating ones filled."""
    axes.set(xlabel="projected separation [au]", ylabel="pairs")
    size = size.astype(np.float64)
    if not np.isfinite(size).any():
        axes.text(0.5, 0.5, "no wide pair in common", ha="center", transform=axes.transAxes)
        return
    bins = np.geomspace(np.nanmin(size) / 1.01, np.nanmax(size) * 1.01, 30)
    for i, each in enumerate(sorted(set(names))):
        own = (names == each) & np.isfinite(size)
        axes.hist(size[own], list(bins), histtype="step", color=f"C{i}", label=f"{each} ({own.sum():,})")
        axes.hist(size[own & (classes == "accelerating")], list(bins), alpha=0.4, color=f"C{i}")
    axes.set(xscale="log")
    axes.legend(fontsize="x-small")


def deviations(store: Any, run_id: str, stars: list[str]) -> dict[str, tuple[float, float, float]]:
    """Return by catalogue the mean epoch and mean |O - C| [mas] in ra and dec from uniform motion.

    C is the line by least squares through all usable entries of the star.
    """
    text = store.sql(sql.load("run_settings").text, {"run_id": run_id}).fetchall()
    settings = json.loads(text[0][0]) if text else {}
    if not stars or settings.get("epochs", "none") == "none":
        return {}
    table = store.table(settings["epochs"])
    seen: dict[str, list[tuple[float, float, float]]] = {}
    for star in stars:
        chunk = read_star(store, table, star)
        usable = chunk.entries.usable
        rows = chunk.entries.rows(usable)
        if len(rows) < 2:
            continue
        left = residuals(rows, refine(rows))
        model = design(left)[:, :, :4]
        value = solve(rows, left.values, model).value[rows.star]
        apart = np.abs(left.values - (model @ value[:, :, None])[:, :, 0])[:, :2]
        epoch = 0.5 * (rows.ra_epoch + rows.dec_epoch)
        names = np.array(chunk.catalogue.to_pylist(), object)[usable]
        for name, when, (east, north) in zip(names, epoch, apart, strict=True):
            seen.setdefault(name, []).append((float(when), float(east), float(north)))
    means = {name: np.nanmean(np.array(values), axis=0) for name, values in seen.items()}
    return {name: (float(t), float(x), float(y)) for name, (t, x, y) in means.items()}


def draw_deviations(axes: Axes, means: dict[str, tuple[float, float, float]]) -> None:
    """Draw the mean |O - C| of the wide binaries by epoch (figure 4)."""
    axes.set(xlabel="mean epoch of the catalogue [yr]", ylabel="mean |O - C| of wide binaries [mas]")
    if not means:
        axes.text(0.5, 0.5, "no wide binary with a multi-epoch table", ha="center", transform=axes.transAxes)
        return
    epoch, east, north = np.array(list(means.values())).T
    axes.plot(epoch, np.maximum(east, 1e-3), "x", label="right ascension")
    axes.plot(epoch, np.maximum(north, 1e-3), ".", label="declination")
    for name, t, x in zip(means, epoch, east, strict=True):
        axes.annotate(name, (t, max(x, 1e-3)), fontsize="x-small")
    axes.set(yscale="log")
    axes.legend(fontsize="x-small")
