"""One run: a table of stars in, their rotation curve with its errors out."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis import Report
from analysis.galaxy.line import Line
from analysis.galaxy.sun import Sun
from analysis.rotation_curve import rows, systematics
from analysis.rotation_curve.bins import FEWEST_BINS, edges_of, joined
from analysis.rotation_curve.curve import Curve, Model, binned, curve, line_of, twins_of
from analysis.rotation_curve.density import measured_scale_length
from analysis.rotation_curve.inputs import NAME, read
from analysis.rotation_curve.result import COVARIANCE, LINE, RESULT, RESULTS, SYSTEMATIC
from analysis.rotation_curve.seen import Stars, place, seen
from analysis.rotation_curve.systematics import Assumed, Change, Errors
from catalogdb.commands.bars import progress_bars
from catalogdb.errors import AnalysisError
from catalogdb.writer import Publication

Array = npt.NDArray[np.float64]

REDRAWS = 5
"""Of the distribution of distances, for its share in the errors: some hundredths of the variance."""


MOST_ERROR = 0.2
"""Of vc: beyond it the Jeans equation's root is no longer near to a line, and the bin says nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a run found."""

    adopted: Curve
    plain: Curve | None
    line: Line
    changes: list[Change]
    errors: Errors | None


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Measure the curve of a table's stars and publish it; it replaces that of the same settings.

    Raises AnalysisError for options that contradict each other, columns that are not there, and stars too
    few for two bins, before anything is written.
    """
    begin = time.monotonic()
    sun = Sun.of(settings)
    edges = edges_of(settings)
    sample = read(store, settings, sun)
    model, more = _model(settings, sun, sample.stars)
    edges, lines = _bins(sample.stars, edges, model, settings)
    name = store.table(settings["stars"]).qualified_name
    recorded = dict(settings) | {"run_id": sample.run_id}
    this = store.start_run(NAME, recorded, seed=settings["seed"], inputs=(name,))
    with progress_bars(store.settings.progress and sys.stderr.isatty()) as show:
        found = measure(sample.stars, edges, model, settings, lambda done, of: show("curves", done, of))
    tables = (
        (RESULT, rows.curve_rows(found.adopted, found.plain, found.errors, name, this.run_id)),
        (COVARIANCE, rows.covariance_rows(found.adopted, found.errors, this.run_id)),
        (SYSTEMATIC, rows.systematic_rows(found.changes, found.adopted, this.run_id)),
        (
            LINE,
            rows.line_rows(found.line, found.changes, found.adopted, found.errors, name, this.run_id),
        ),
    )
    key = " ".join(f"{option}={value}" for option, value in settings.items())
    store.publish_many([Publication(table=t, rows=each, part=key) for t, each in tables], run=this)
    return Report(
        run_id=this.run_id,
        tables=tuple(table.qualified_name for table in RESULTS),
        rows=sum(each.num_rows for _, each in tables),
        seconds=time.monotonic() - begin,
        lines=(*sample.lines, *more, *lines, *sentences(found)),
    )


def _model(settings: Mapping[str, Any], sun: Sun, stars: Stars) -> tuple[Model, tuple[str, ...]]:
    wedge = settings["wedge"]
    model = Model(
        sun,
        settings["scale_length"],
        settings["scale_height"],
        settings["dispersion_degree"],
        settings["dispersion"] == "fit",
        settings["cross"],
        settings["distance_errors"] == "deconvolve",
        settings["distance_noise"],
        np.inf if settings["z_max"] is None else settings["z_max"],
        np.inf if wedge is None else np.radians(wedge),
        flare_kpc=np.inf if settings["flare"] is None else settings["flare"],
    )
    if settings["density"] == "given":
        return model, ()
    length, error = measured_scale_length(stars, model, settings["seed"])
    line = f"scale length of the stars by their weights: {length:.2f} +- {error:.2f} kpc"
    return Model(**{n: getattr(model, n) for n in model.__slots__} | {"scale_length_kpc": length}), (line,)


def _bins(
    stars: Stars, edges: Array, model: Model, settings: Mapping[str, Any]
) -> tuple[Array, tuple[str, ...]]:
    """Return the edges of bins with enough stars, and what is told of the others."""
    view = seen(stars, model.sun)
    at = place(view.along, stars.distance_kpc, view.place)
    cut = ~model.chosen(at)
    bins = binned(at, edges, model)
    outside = int((~cut & (bins < 0)).sum())
    lines = [f"  {cut.sum():,} left out: |z| or azimuth beyond the limits"] if cut.any() else []
    if outside:
        lines.append(f"  {outside:,} outside {edges[0]:g} to {edges[-1]:g} kpc")
    if settings["edges"] is None:
        edges = joined(edges, at.r_kpc[bins >= 0], settings["min_count"])
    else:
        count = np.bincount(bins[bins >= 0], minlength=len(edges) - 1)
        few = np.flatnonzero(count < settings["min_count"])
        if len(few):
            told = ", ".join(f"{edges[k]:g}-{edges[k + 1]:g} ({count[k]})" for k in few)
            raise AnalysisError(
                f"{NAME}: fewer than {settings['min_count']} stars in the bins {told} kpc: give other edges, "
                "a smaller --min-count, or --bin, which joins bins"
            )
    if len(edges) < FEWEST_BINS + 1:
        raise AnalysisError(
            f"{NAME}: {int((bins >= 0).sum()):,} stars are too few for {FEWEST_BINS} bins of "
            f"{settings['min_count']} or more: lower --min-count or widen --range"
        )
    return edges, tuple(lines)


def measure(
    stars: Stars, edges: Array, model: Model, settings: Mapping[str, Any], show: Any = lambda done, of: None
) -> Found:
    """Return the curve of stars, and it with other assumptions; `show` is told of how many of how many."""
    seed = settings["seed"]
    twins = twins_of(stars, model, seed)
    replicates = settings["bootstraps"]
    adopted = curve(stars, edges, model, twins, redraws=REDRAWS, replicates=replicates, seed=seed)
    _check(adopted)
    plain = None if twins is None else curve(stars, edges, model, None, seed=seed)
    line = line_of(adopted, model.sun.r0_kpc)
    if settings["systematics"] == "none":
        return Found(adopted, plain, line, [], None)
    made: list[Change] = []
    for each in systematics.changes(stars, edges, model, adopted, twins, seed, settings["sectors"]):
        made.append(each)
        show(len(made), 23 + settings["sectors"])
    show(23 + settings["sectors"], 23 + settings["sectors"])
    assumed = Assumed(
        settings["distance_scale_error"],
        settings["distance_scatter_error"],
        settings["scale_length_error"],
        settings["vsun_error"],
        settings["r0_error"],
        settings["scale_height_error"],
    )
    errors = systematics.errors(
        made, model, adopted, assumed, lambda other: curve(stars, edges, other, known=adopted.correction)
    )
    return Found(adopted, plain, line, made, errors)


def _check(made: Curve) -> None:
    bad = ~np.isfinite(made.vc) | ~np.isfinite(made.error)
    if bad.any():
        k = int(np.flatnonzero(bad)[0])
        raise AnalysisError(
            f"{NAME}: the Jeans equation leaves no velocity between {made.edges_kpc[k]:g} and "
            f"{made.edges_kpc[k + 1]:g} kpc ({made.count[k]:.0f} stars, <vphi^2> {made.vphi2[k]:.0f} km2/s2):"
            " these stars are no rotating disc; choose some (--z-max, --alpha-max) or raise --min-count"
        )


def sentences(found: Found) -> tuple[str, ...]:
    """Return what there is to say of a curve."""
    made, line = found.adopted, found.line
    low, high = made.edges_kpc[0], made.edges_kpc[-1]
    lines = [
        f"{made.count.sum():,.0f} stars in {len(made.r_kpc)} bins, {low:g} to {high:g} kpc; errors of vc "
        f"{made.error.min():.2f} to {made.error.max():.2f} km/s (statistical)",
        f"tilt of the velocity ellipsoid {made.tilt:.2f}; d ln <vR^2>/dR at R0 "
        f"{np.interp(line.r0_kpc, made.r_kpc, made.dlnvr2 / made.r_kpc):.3f} /kpc",
    ]
    if found.plain is not None:
        bias = found.plain.vc - made.vc
        lines.append(
            f"errors of distance had changed vc by {bias.min():+.2f} to {bias.max():+.2f} km/s, undone"
        )
    lines += _unmeasured(made)
    vc_said, slope_said = "", ""
    if found.errors is not None:
        sys_vc, sys_slope = rows.systematic_line(found.errors, made, line.r0_kpc)
        vc_said, slope_said = f" +- {sys_vc:.2f} (systematic)", f" +- {sys_slope:.3f} (systematic)"
    lines.append(
        f"line: vc({line.r0_kpc:g} kpc) = {line.vc_r0:.2f} +- {line.vc_error:.2f}{vc_said} km/s, slope "
        f"{line.slope:.3f} +- {line.slope_error:.3f}{slope_said} km/s/kpc"
    )
    lines.append(f"line: {line.judgement()}")
    apart = float(np.max(np.abs(made.vc - made.vc_drift)))
    lines.append(
        f"asymmetric drift agrees to {apart:.1g} km/s; its first order is low by up to "
        f"{np.max(made.vc - made.vc_drift_first_order):.2f} km/s"
    )
    return (*lines, *_told_changes(found))


def _unmeasured(made: Curve) -> list[str]:
    """Return a line that names the bins whose error is no small part of vc, if there are any."""
    lost = np.flatnonzero(made.error > MOST_ERROR * made.vc)
    if not len(lost):
        return []
    named = ", ".join(
        f"{made.edges_kpc[k]:g}-{made.edges_kpc[k + 1]:g} kpc ({made.vc[k]:.0f} +- {made.error[k]:.0f} km/s)"
        for k in lost
    )
    return [
        f"WARNING: not measured, for the error is above {100 * MOST_ERROR:g} % of vc: {named}; the errors "
        "of distance are too large for so short a range, or the stars too few: do not use these bins, nor a "
        "line through them; give another --range, a wider --bin, or --distance-errors ignore"
    ]


def _told_changes(found: Found) -> list[str]:
    """Return a line for each other assumption: changes of vc next to 8 and 20 kpc, and of the line."""
    if not found.changes:
        return []
    made = found.adopted
    places = [int(np.argmin(np.abs(made.r_kpc - r))) for r in (8.0, 20.0)]
    names = ", ".join(f"{made.r_kpc[k]:.1f}" for k in places)
    lines = [f"changes of vc [km/s] at {names} kpc; of the line's vc_r0 [km/s] and slope [km/s/kpc]:"]
    for each in found.changes:
        values = "".join(f"{each.dvc[k]:+8.2f}" if np.isfinite(each.dvc[k]) else f"{'-':>8}" for k in places)
        moved = rows.changed_line(each, made, found.line)
        of_line = "" if moved is None else f"{moved[0]:+9.2f}{moved[1]:+9.3f}"
        lines.append(f"  {each.assumption + ': ' + each.change:<46}{values}{of_line}")
    return lines
