"""The demo's picture: the simulated sky, and what was found of what was put into it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogdb.demo.scores import ALPHA, injected_significance, recoveries

Columns = Mapping[str, npt.NDArray[Any]]

_COLOURS = {"single": "0.7", "blend": "tab:blue", "outlier": "tab:green", "accelerating": "tab:red"}


def draw(stars: Columns, file: Path) -> None:
    """Draw the rows of `demo_scores` to a file in four panels: sky, values, completeness, p-values."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.0, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    _sky(figure.add_subplot(2, 2, 1, projection="mollweide"), stars)
    _values(figure.add_subplot(2, 2, 2), stars)
    _completeness(figure.add_subplot(2, 2, 3), stars)
    _probabilities(figure.add_subplot(2, 2, 4), stars)
    figure.savefig(file, dpi=110)


def _sky(axes: Any, stars: Columns) -> None:
    for kind, colour in _COLOURS.items():
        rows = stars["kind"] == kind
        longitude = np.radians((stars["ra"][rows] + 180.0) % 360.0 - 180.0)
        axes.plot(-longitude, np.radians(stars["dec"][rows]), ".", color=colour, markersize=3, label=kind)
    axes.set_title(f"{len(stars['ra']):,} simulated stars (ICRS, east to the left)")
    axes.set_xticklabels([])
    axes.grid(alpha=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=4, fontsize=8, markerscale=3)


def _values(axes: Any, stars: Columns) -> None:
    rows = (stars["kind"] == "accelerating") & (stars["p_acc"] < ALPHA)
    for axis, colour in (("ra", "tab:red"), ("dec", "tab:orange")):
        true, fitted = stars[f"true_acc_{axis}"][rows], stars[f"acc_{axis}"][rows]
        error = stars[f"acc_{axis}_error"][rows]
        axes.errorbar(true, fitted, error, fmt=".", color=colour, markersize=4, lw=0.7, label=f"acc_{axis}")
    axes.plot([-2, 2], [-2, 2], color="0.3", lw=0.7)
    axes.set_xscale("symlog", linthresh=0.01)
    axes.set_yscale("symlog", linthresh=0.01)
    axes.set_title(f"{rows.sum():,} accelerating stars with p_acc < {ALPHA:g}; half of them turn on orbits")
    axes.set_xlabel("true acceleration at 2016 [mas/yr$^2$]")
    axes.set_ylabel("fitted [mas/yr$^2$]")
    axes.legend(fontsize=8)


def _completeness(axes: Any, stars: Columns) -> None:
    found, accelerating = stars["p_acc"] < ALPHA, stars["kind"] == "accelerating"
    bins = [r for r in recoveries(injected_significance(stars), found, accelerating) if r.injected]
    places = np.arange(len(bins))
    axes.bar(places, [r.injected for r in bins], color="0.85", label="injected")
    axes.bar(places, [r.found for r in bins], color="tab:red", label="found")
    axes.set_xticks(
        places, [f"{r.low:g}-{r.high:g}" if np.isfinite(r.high) else f"> {r.low:g}" for r in bins]
    )
    axes.set_title("Recovered against injected")
    axes.set_xlabel("injected significance [sigma]")
    axes.set_ylabel("stars")
    axes.legend(fontsize=8)


def _probabilities(axes: Any, stars: Columns) -> None:
    bins = np.linspace(0.0, 1.0, 21)
    for kind, colour in _COLOURS.items():
        values = stars["p_acc"][(stars["kind"] == kind) & np.isfinite(stars["p_acc"])]
        if len(values):
            share = np.full(len(values), 20.0 / len(values))
            axes.hist(values, bins, weights=share, histtype="step", color=colour, lw=1.5, label=kind)
    axes.axhline(1.0, color="0.3", lw=0.7, ls=":")
    axes.set_yscale("log")
    axes.set_title("Probability of the improvement by an acceleration")
    axes.set_xlabel("p_acc")
    axes.set_ylabel("density (1 if uniform)")
    axes.legend(fontsize=8)
