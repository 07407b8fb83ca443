"""Pictures of the orbits: eccentricity against period of all, or one pair's path in the sky."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sql
from analysis.orb6_ephemeris.result import RESULT
from analysis.orbit.catalogue import tangent_plane
from analysis.orbit.stored import Stored, read
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRADES = ((1, 2, "grades 1, 2", "C0"), (3, 4, "3, 4", "C1"), (5, 5, "5", "0.7"), (8, 9, "8, 9", "C2"))


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw the orbits of a run (by default the latest) to `file` (its suffix tells the format).

    Raises AnalysisError where there is nothing to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    given = {"run_id": run_id, "source_id": source_id}
    found = store.sql(sql.load("orb6_path").text, given).arrow()
    if not found.num_rows:
        of = f" of {source_id!r}" if source_id else ""
        which = f"run {run_id}" if run_id else "any run"
        raise AnalysisError(f"{RESULT.qualified_name} has no rows{of} of {which}: nothing to draw")
    run = found["run_id"][0].as_py()
    settings = json.loads(store.sql(sql.load("run_settings").text, {"run_id": run}).fetchall()[0][0])
    stored = read(store, settings["orb6"], settings["period_year"])
    figure = Figure(figsize=(7.5, 6.5), layout="constrained")
    FigureCanvasAgg(figure)
    if source_id is None:
        _statistics(figure, stored)
    else:
        _pair(figure, stored, source_id, found)
    figure.suptitle(f"{run}: {settings['orb6']}", fontsize="medium")
    figure.savefig(file, dpi=150)


def _statistics(figure: Figure, stored: Stored) -> None:
    """Draw eccentricity against period of each pair's best orbit, and how often each occurs."""
    best = stored.usable & (stored.rows["orbit_number"].to_numpy() == 1)
    period, e, grade = (
        values[best] for values in (stored.orbits.period, stored.orbits.e, stored.orbits.grade)
    )
    axes = figure.subplots(
        2, 2, sharex="col", sharey="row", gridspec_kw={"width_ratios": (4, 1), "height_ratios": (1, 4)}
    )
    (top, corner), (middle, side) = axes
    corner.set_visible(False)
    edges, levels = np.geomspace(period.min(), period.max() * 1.001, 41), np.linspace(0.0, 1.0, 26)
    for first, last, label, colour in GRADES[::-1]:
        of = (grade >= first) & (grade <= last)
        middle.plot(period[of], e[of], ".", markersize=2.5, color=colour, label=f"{label}: {of.sum():,}")
        top.hist(period[of], edges, histtype="step", color=colour)
        side.hist(e[of], levels, histtype="step", color=colour, orientation="horizontal")
    middle.set(xscale="log", xlabel="period [yr]", ylabel="eccentricity", ylim=(-0.02, 1.02))
    middle.legend(loc="upper left", markerscale=3, fontsize="small")
    top.set_ylabel("pairs")
    side.set_xlabel("pairs")


def _pair(figure: Figure, stored: Stored, source_id: str, found: Any) -> None:
    """Draw every orbit of a pair, north up and east to the left, with the dates that were asked for."""
    axes = figure.subplots(1, 1)
    of = np.flatnonzero((np.array(stored.rows["source_id"].to_pylist()) == source_id) & stored.usable)
    numbers = stored.rows["orbit_number"].to_numpy()
    for k in of:
        orbit = stored.orbits.where(np.arange(k, k + 1))
        when = orbit.t[0] + np.linspace(0.0, orbit.period[0], 721)
        # On the node's own axes: those of date would not close.
        path = tangent_plane(orbit._replace(equinox=np.array([np.nan])), when)
        theta = np.radians(path.theta[0])
        label = f"{stored.rows['reference'][int(k)].as_py()}, grade {stored.rows['grade'][int(k)].as_py()}"
        axes.plot(
            path.rho[0] * np.sin(theta), path.rho[0] * np.cos(theta), color=f"C{numbers[k] - 1}", label=label
        )
    theta, rho = np.radians(found["theta"].to_numpy()), found["rho"].to_numpy()
    number = found["orbit_number"].to_numpy()
    for k in np.unique(number):
        here = number == k
        axes.plot(rho[here] * np.sin(theta[here]), rho[here] * np.cos(theta[here]), "o", color=f"C{k - 1}")
    axes.plot(0.0, 0.0, "k+")
    axes.set_aspect("equal", adjustable="datalim")
    axes.invert_xaxis()
    axes.set(xlabel="east [arcsec]", ylabel="north [arcsec]", title=source_id)
    axes.legend(fontsize="small")
