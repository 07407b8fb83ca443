"""One run: a rotation curve in; halos above published stars and gas out."""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis import Report
from analysis.galaxy import baryons as of_baryons
from analysis.galaxy import line, potentials
from analysis.galaxy.sun import NAMED
from analysis.galaxy.units import critical_density
from analysis.mass_model import told
from analysis.mass_model.curve import Curve, read
from analysis.mass_model.derived import Quantity
from analysis.mass_model.file import NAME
from analysis.mass_model.measured import COVARIANCE, MEASURED, measured
from analysis.mass_model.model import BARYONS, PRIORS, Model, priors
from analysis.mass_model.noise import noise
from analysis.mass_model.result import CURVE, EVERY_HALO, POINT, RESULT, RESULTS, SAMPLE
from analysis.mass_model.solve import Solved, solve
from analysis.mass_model.tables import (
    curve_rows,
    line_rows,
    literature_rows,
    parameter_rows,
    point_rows,
    quantities,
    sample_rows,
)
from analysis.sampling.priors import parse
from analysis.sampling.run import Progress
from catalogdb.commands.bars import progress_bars
from catalogdb.errors import AnalysisError
from catalogdb.writer import Publication

Fitted = tuple[str, str, Solved, list[Quantity]]


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Fit the mass models that are asked for; they replace those of the same curve and settings.

    Raises AnalysisError for curves and options that can not be used, before anything is written.
    """
    begin = time.monotonic()
    check(settings)
    r0 = sun_kpc(settings)
    curve = curve_of(store, settings)
    curve = curve.within(settings["r_min"], settings["r_max"]).widened()
    others = beside(curve, literature(store, settings["literature"]))
    through = line.fit(curve.r, curve.vc, curve.error if curve.covariance is None else curve.covariance, r0)
    pairs = every() if settings["all"] else [(settings["baryons"], settings["halo"])]
    models = [(b, h, build(curve, b, h, settings, r0)) for b, h in pairs]
    with progress_bars(store.settings.progress and sys.stderr.isatty()) as progress:
        fitted = [_fit(b, h, model, settings, r0, progress) for b, h, model in models]
    said_of, inputs = recorded(curve, others, settings)
    this = store.start_run(NAME, said_of, seed=settings["seed"], inputs=inputs)
    base = {"curve": curve.name, "run_id": this.run_id}
    rows = [row | base for row in line_rows(through)]
    parts: dict[str, list[pa.Table]] = {"sample": [], "curve": [], "point": literature_rows(base, others)}
    for b, h, solved, said in fitted:
        head = base | {"baryons": b, "halo": h}
        rows += [quantity.row() | head for quantity in said]
        parts["sample"].append(sample_rows(head, solved))
        parts["curve"].append(curve_rows(head, solved, b))
        parts["point"].append(point_rows(head, solved, b, curve))
    part = part_of(curve, settings)
    tables = [(RESULT, parameter_rows(rows))] + [
        (table, pa.concat_tables(parts[name]))
        for table, name in ((SAMPLE, "sample"), (CURVE, "curve"), (POINT, "point"))
    ]
    store.publish_many([Publication(table=t, rows=of, part=part) for t, of in tables], run=this)
    return Report(
        run_id=this.run_id,
        tables=tuple(table.qualified_name for table in RESULTS),
        rows=sum(of.num_rows for _, of in tables),
        seconds=time.monotonic() - begin,
        lines=(*told.of_curve(curve, through), *_lines(fitted)),
    )


def check(settings: Mapping[str, Any]) -> None:
    """Raise AnalysisError for numbers that are not finite, radii that are no range, priors of nothing."""
    for name, value in settings.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise AnalysisError(f"{NAME}: {name} is {value:g}: give a finite number")
    low, high = settings["r_min"], settings["r_max"]
    if low is not None and high is not None and low >= high:
        raise AnalysisError(f"{NAME}: r_min {low:g} is not below r_max {high:g} kpc")
    sampled = {
        "jitter": (settings["errors"] == "jitter", "--errors jitter"),
        "scale": (settings["errors"] == "scale", "--errors scale"),
        BARYONS: (settings["baryon_scatter"] > 0.0, "--baryon-scatter"),
        "alpha": (settings["all"] or settings["halo"] == "einasto", "--halo einasto"),
        "gamma": (settings["halo"] == "gnfw" and not settings["all"], "--halo gnfw"),
    }
    for name in parse(settings["prior"], (*PRIORS, BARYONS)):
        there, how = sampled.get(name, (True, ""))
        if not there:
            raise AnalysisError(f"{NAME}: prior of {name}: it is no parameter of this model without {how}")


def curve_of(store: Any, settings: Mapping[str, Any]) -> Curve:
    """Return the curve of a file or a table, or the one that a run of `rotation_curve` measured."""
    where = settings["curve"]
    if where in (MEASURED, MEASURED.partition(".")[2]) and not Path(where).is_file():
        if settings["columns"] is not None:
            raise AnalysisError(f"{NAME}: columns is for files: {where} is a table")
        return measured(store, settings["run_id"], settings["covariance"])
    if settings["covariance"] != "none" or settings["run_id"] is not None:
        raise AnalysisError(f"{NAME}: covariance and run_id are of {MEASURED}: {where} has none in the store")
    return read(store, where, settings["columns"])


def sun_kpc(settings: Mapping[str, Any]) -> float:
    """Return R0 [kpc]; raises AnalysisError for one that can not be."""
    r0 = NAMED["eilers2019"].sun.r0_kpc if settings["R0"] is None else settings["R0"]
    if not 1.0 <= r0 <= 20.0:
        raise AnalysisError(
            f"{NAME}: R0 is {r0:g}: the Galactic centre is some 8 kpc away (give kpc, 1 to 20)"
        )
    return float(r0)


def every() -> list[tuple[str, str]]:
    """Return every pair of a baryon model and a halo of a table over all."""
    return [(b, h) for b in of_baryons.MODELS for h in EVERY_HALO]


def build(curve: Curve, baryons: str, halo: str, settings: Mapping[str, Any], r0_kpc: float) -> Model:
    """Return the model of a curve: a halo above a published model of stars and gas."""
    about = noise(curve, settings, r0_kpc)
    parts = potentials.v2(baryons, curve.r)
    return Model(
        kind=halo,
        r=curve.r,
        vc=curve.vc,
        baryons2=np.sum(list(parts.values()), axis=0),
        noise=about,
        priors=priors(halo, about.extra, settings["baryon_scatter"], settings["prior"]),
        critical=critical_density(settings["H0"]),
    )


def literature(store: Any, text: str | None) -> list[Curve]:
    """Return the curves of files and folders named by commas; of a folder, all that can be read alone."""
    found: list[Curve] = []
    for name in filter(None, (part.strip() for part in (text or "").split(","))):
        folder = Path(name)
        if not folder.is_dir():
            found.append(read(store, name))
            continue
        for file in sorted(f for f in folder.iterdir() if f.suffix in (".txt", ".csv", ".dat")):
            found.append(read(store, str(file)))
    return found


def part_of(curve: Curve, settings: Mapping[str, Any]) -> str:
    """Return what rows are replaced by: those of the same file or table, with the same settings."""
    how = (
        f"{name}={value}"
        for name, value in (dict(settings) | {"run_id": curve.run_id}).items()
        if name != "curve"
    )
    return f"{NAME} {curve.origin} {' '.join(how)}"


def recorded(
    curve: Curve, others: list[Curve], settings: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what is recorded of a run: settings with the curve's run and files by SHA-256; tables read."""
    origins = dict.fromkeys(each.origin for each in (curve, *others))
    files = {
        name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in origins if Path(name).is_file()
    }
    tables = [name for name in origins if name not in files]
    if curve.covariance is not None:
        tables.append(COVARIANCE)
    return dict(settings) | {"run_id": curve.run_id, "files": files}, tuple(tables)


def beside(curve: Curve, others: list[Curve]) -> list[Curve]:
    """Return the curves to draw beside one: without it, and those of its name by the folder's, too."""
    named = [
        replace(other, name="/".join(Path(other.origin).parts[-2:])) if other.name == curve.name else other
        for other in others
    ]
    return [other for other in named if other.origin != curve.origin]


def _fit(
    baryons: str, halo: str, model: Model, settings: Mapping[str, Any], r0_kpc: float, progress: Progress
) -> Fitted:
    label = f"{baryons} {halo}"

    def told_of(_: str, done: int, total: int | None) -> None:
        progress(label, done, total)

    solved = solve(model, settings, told_of)
    return baryons, halo, solved, quantities(solved, baryons, r0_kpc)


def _lines(fitted: list[Fitted]) -> tuple[str, ...]:
    said = [(b, h, {(q.component, q.param): q for q in every_}) for b, h, _, every_ in fitted]
    lines = told.of_all(said) if len(said) > 1 else told.of_model(said[0][2], said[0][0], said[0][1])
    unsure = [f"{b} {h}" for b, h, solved, _ in fitted if not solved.draws.converged]
    if unsure:
        lines = (*lines, f"not converged within the steps: {', '.join(unsure)}; give more --steps")
    return lines
