"""One run of the sensitivity: the entries of a run of the acceleration test in, a map out."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from analysis import Report
from analysis.acceleration.entries import Entries, first_of_star, without_shared
from analysis.acceleration.result import RESULT as ACCELERATION
from analysis.acceleration.table import Chunk, read
from analysis.calibration.stored import load
from analysis.columns import ARROW
from analysis.sensitivity.filters import WINDOW_YR, Detection, Filter, filters
from analysis.sensitivity.orbits import core, draw
from analysis.sensitivity.result import RESULT
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]


class Base(NamedTuple):
    """The run of the acceleration test that is asked about, and the threshold it sets."""

    run_id: str
    settings: dict[str, Any]
    p: float


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Simulate companions of the stars of a run and publish the map of what would have been found.

    The rows replace those of an earlier run with the same settings. Raises AnalysisError where there
    is no such run, or no star of it has a parallax and a fit.
    """
    begin = time.monotonic()
    _check(settings)
    base = _base(store, settings)
    inputs = (ACCELERATION.qualified_name, store.table(base.settings["epochs"]).qualified_name)
    this = store.start_run("sensitivity", settings, seed=settings["seed"], inputs=inputs)
    masses = np.geomspace(settings["mass_min"], settings["mass_max"], settings["cells"])
    separations = np.geomspace(settings["separation_min"], settings["separation_max"], settings["cells"])
    maps = list(_maps(store, base, settings, masses, separations))
    if not maps:
        raise AnalysisError(f"no star of {base.run_id} has a fit and a parallax: nothing to simulate")
    rows = _arrow(np.stack(maps), masses, separations, settings, base, this.run_id)
    key = " ".join(f"{name}={value}" for name, value in {**settings, "acceleration_run": base.run_id}.items())
    store.publish(RESULT, rows, part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=rows.num_rows,
        seconds=time.monotonic() - begin,
        lines=_summary(np.stack(maps).mean(axis=0), masses, separations, len(maps), base),
    )


def _check(settings: Mapping[str, Any]) -> None:
    for name in ("mass", "separation"):
        if not settings[f"{name}_min"] < settings[f"{name}_max"]:
            raise AnalysisError(f"sensitivity: {name}_min is not below {name}_max")
    if settings["q"] is not None and settings["test"] != "acceleration":
        raise AnalysisError("sensitivity: q is of p_acc; with the test linear, give p")
    for name in ("p", "q"):
        if settings[name] is not None and not 0.0 < settings[name] < 1.0:
            raise AnalysisError(f"sensitivity: {name} is {settings[name]:g}, not between 0 and 1")


def _base(store: Any, settings: Mapping[str, Any]) -> Base:
    store.table(ACCELERATION.qualified_name)  # TableNotFound says it best
    given = {"run_id": settings["acceleration_run"], "q": settings["q"]}
    rows = store.sql(sql.load("sensitivity_run").text, given).fetchall()
    if not rows:
        which = f"run {settings['acceleration_run']}" if settings["acceleration_run"] else "run"
        raise AnalysisError(
            f"{ACCELERATION.qualified_name} has no {which} with weighting gls "
            "(catalogdb analyze acceleration makes one)"
        )
    run_id, text, tested, p_of_q = rows[0]
    q = settings["q"]
    # Where nothing was found the first discovery would have needed p = q / n (Benjamini & Hochberg 1995).
    p = settings["p"] if q is None else p_of_q if p_of_q is not None else q / max(tested, 1)
    return Base(run_id, json.loads(text), p)


def _maps(
    store: Any, base: Base, settings: Mapping[str, Any], masses: Array, separations: Array
) -> Iterator[Array]:
    given = {"run_id": base.run_id, "seed": settings["seed"], "stars": settings["stars"]}
    chosen = {row[0] for row in store.sql(sql.load("sensitivity_stars").text, given).fetchall()}
    detection = Detection(base.p)
    for name, star, parallax in _stars(store, base, chosen, settings["test"]):
        draws = draw(
            settings["orbits"], settings["eccentricity"], (settings["seed"], zlib.crc32(name.encode()))
        )
        found = core(
            star,
            parallax,
            masses,
            separations,
            primary_mass=settings["mass"],
            detection=detection,
            draws=draws,
        )
        if np.isfinite(found).all():
            yield found


def _stars(store: Any, base: Base, chosen: set[str], test: str) -> Iterator[tuple[str, Filter, float]]:
    """Yield name, Filter and parallax [mas] of the chosen stars, from the entries that the run used."""
    table, calibration = (
        store.table(base.settings["epochs"]),
        load(store, base.settings.get("calibration", "none")),
    )
    for chunk in read(store, table, base.settings["default_error"], calibration):
        names = chunk.source_id.to_pylist()
        mask = np.array([name in chosen for name in names])
        if not mask.any():
            continue
        rows, windows = _counted(chunk, base.settings)
        kept = mask[rows.star]
        few = rows.of_stars(mask)
        unknown = np.isnan(few.parallax).astype(np.float64)
        best = first_of_star(few, unknown, np.nan_to_num(few.parallax_error, nan=np.inf))
        made = filters(few, windows[kept], test)
        for i, name in enumerate(name for name, wanted in zip(names, mask, strict=True) if wanted):
            if best[i] >= 0:
                yield name, made[i], float(few.parallax[best[i]])


def _counted(chunk: Chunk, settings: Mapping[str, Any]) -> tuple[Entries, Array]:
    """Return the entries that the run's fit used, and how long each of them observed (m,) [yr]."""
    usable = chunk.entries.usable
    rows = chunk.entries.rows(usable)
    kept = without_shared(rows, settings["shared"])
    names = chunk.catalogue.to_pylist()
    windows = np.array([WINDOW_YR.get(name, 0.0) for name in names])[usable]
    return rows.rows(kept), windows[kept]


def _arrow(
    maps: Array, masses: Array, separations: Array, settings: Mapping[str, Any], base: Base, run_id: str
) -> pa.Table:
    n, cells = len(maps), maps[0].size
    mass, separation = (grid.ravel() for grid in np.meshgrid(masses, separations, indexing="ij"))
    low, high = np.quantile(maps, (0.16, 0.84), axis=0)
    spread = maps.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full_like(low, np.nan)
    columns = {
        "companion_mass": mass,
        "separation": separation,
        "period": np.sqrt(separation**3 / (settings["mass"] + mass)),
        "detection": maps.mean(axis=0).ravel(),
        "detection_error": spread.ravel(),
        "detection_low": low.ravel(),
        "detection_high": high.ravel(),
        "n_star": np.full(cells, n),
        "p_threshold": np.full(cells, base.p),
        "test": [settings["test"]] * cells,
        "acceleration_run": [base.run_id] * cells,
        "run_id": [run_id] * cells,
    }
    # NaN becomes NULL: from_pandas is Arrow's name for that.
    return pa.table(
        {c.name: pa.array(columns[c.name], ARROW[c.type], from_pandas=True) for c in RESULT.columns}
    )


def _summary(mean: Array, masses: Array, separations: Array, n: int, base: Base) -> tuple[str, ...]:
    lines = [f"{n:,} stars of {base.run_id}, found if p < {base.p:.3g}"]
    best = mean.argmax(axis=1)
    for i in np.linspace(0, len(masses) - 1, 4).round().astype(int):
        lines.append(
            f"companions of {masses[i]:.3g} solar masses: found in {mean[i].max():.1%} of the cases at "
            f"{separations[best[i]]:.3g} au, where most"
        )
    return tuple(lines)
