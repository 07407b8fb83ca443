"""One run of the acceleration test: a multi-epoch table in, `results.acceleration` out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis import Report
from analysis.acceleration import flags, gls, paper004
from analysis.acceleration.entries import Entries, without_shared
from analysis.acceleration.plausible import plausibility
from analysis.acceleration.result import RESULT
from analysis.acceleration.table import Chunk, check, read
from analysis.calibration.applied import corrected
from analysis.calibration.stored import TABLE as CALIBRATION
from analysis.calibration.stored import load
from analysis.kernels.fdr import benjamini_hochberg
from analysis.spill import spill
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

FLAGS = flags.WORDS
"""Words of the column `flags`, in the order of their bits."""

FOUND = 0.01
"""False-discovery rate at which the report counts accelerating stars."""

ARROW = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_()}
SCHEMA = pa.schema([(column.name, ARROW[column.type]) for column in RESULT.columns])


def counted(listed: Entries, settings: Mapping[str, Any]) -> Entries:
    """Return the entries that a fit with these settings uses; F1 and F2 use shared data repeatedly."""
    usable = listed.rows(listed.usable)
    if settings["weighting"] != "gls":
        return usable
    return usable.rows(without_shared(usable, settings["shared"]))


def fit(
    listed: Entries, settings: Mapping[str, Any], *, threads: int | None = None
) -> tuple[gls.Fit, npt.NDArray[np.int64]]:
    """Return the fit of all entries' stars by the weighting asked for, and each star's limits as bits."""
    used, weighting = counted(listed, settings), settings["weighting"]
    if weighting == "gls":
        result = gls.core(used, threads=threads)
    else:
        result = paper004.core(used, weighting=weighting, free=settings["position"] == "free")
        first, last = used.span()
        result = result._replace(epoch_first=first, epoch_last=last)
    return result, flags.limits(listed, used, result, accelerates=weighting == "gls")


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Test every star of the table `settings["epochs"]` and publish the results.

    The rows replace those of an earlier run with the same settings and stand beside all others.
    Raises AnalysisError for a table that is no multi-epoch table, or has no entries, and a calibration
    that is not there, or is of other catalogues.
    """
    begin = time.monotonic()
    if settings["weighting"] == "gls" and settings["position"] == "free":
        raise AnalysisError(
            "position free is for the weightings F1 and F2: gls fits the position always, leave it out"
        )
    table = store.table(settings["epochs"])
    check(table)
    if not store.row_count(table.qualified_name):
        raise AnalysisError(f"{table.qualified_name} has no entries: nothing to test")
    calibration = load(store, settings["calibration"])
    told: tuple[str, ...] = ()
    if calibration is not None:
        told = corrected(store, table, calibration)
        settings = {**settings, "calibration": calibration.run_id}
    inputs = (table.qualified_name, *((CALIBRATION,) if calibration else ()))
    this = store.start_run("acceleration", settings, inputs=inputs)
    waiting = SCHEMA.remove(SCHEMA.get_field_index("q_fdr"))
    p_acc, tested, deviating = [np.empty(0)], 0, 0
    with spill(store.path, waiting) as spilled:
        for chunk in read(store, table, settings["default_error"], calibration):
            rows, result = _rows(chunk, settings, this.run_id, store.settings.threads)
            spilled.write(rows.select(waiting.names))
            p_acc.append(result.p_acc)
            tested += int(np.isfinite(result.p_lin).sum())
            deviating += int((result.p_lin < 1e-3).sum())
        # All stars together decide the rate: the rows wait on disk, the probabilities in memory.
        q = benjamini_hochberg(np.concatenate(p_acc))
        key = " ".join(f"{n}={value}" for n, value in {**settings, "epochs": table.qualified_name}.items())
        reader = spilled.read(SCHEMA, lambda rows, before: _with_rate(rows, q[before:]))
        store.publish(RESULT, reader, part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=len(q),
        seconds=time.monotonic() - begin,
        lines=(*_summary(q, tested, deviating), *told),
    )


def _rows(
    chunk: Chunk, settings: Mapping[str, Any], run_id: str, threads: int | None
) -> tuple[pa.Table, gls.Fit]:
    """Return the results of some stars, without q_fdr, and their fit."""
    result, bits = fit(chunk.entries, settings, threads=threads)
    bits |= flags.blends(chunk.entries, chunk.ruwe, chunk.ipd_frac_multi_peak, chunk.n_candidates)
    physics = plausibility(
        (result.acc_ra, result.acc_dec),
        (result.acc_ra_error, result.acc_dec_error),
        result.acc_ra_acc_dec_corr,
        result.parallax,
        result.epoch_last - result.epoch_first,
        star_mass=settings["star_mass"],
        companion_mass=settings["companion_mass"],
    )
    numbers = result._asdict() | {"a_max": physics.a_max, "separation_max": physics.separation_max}
    # NaN becomes NULL: from_pandas is Arrow's name for that.
    columns = {
        name: pa.array(values, SCHEMA.field(name).type, from_pandas=True) for name, values in numbers.items()
    }
    unknown = np.isnan(physics.possible)
    columns["physically_possible"] = pa.array(physics.possible == 1.0, pa.bool_(), mask=unknown)
    n = len(bits)
    columns |= {"source_id": chunk.source_id, "flags": flags.words(bits)}
    columns["weighting"] = pa.array([settings["weighting"]] * n, pa.string())
    columns["run_id"] = pa.array([run_id] * n, pa.string())
    return pa.table(columns), result


def _with_rate(rows: pa.Table, q: Array) -> pa.Table:
    rate = pa.array(q[: rows.num_rows], pa.float64(), from_pandas=True)
    return rows.append_column("q_fdr", rate).select(SCHEMA.names)


def _summary(q: Array, tested: int, deviating: int) -> tuple[str, ...]:
    lines = [f"{len(q):,} stars, {tested:,} with more measurements than parameters"]
    if np.isfinite(q).any():
        lines.append(f"{int((q <= FOUND).sum()):,} accelerate at a false-discovery rate of {FOUND:.0%}")
    lines.append(f"{deviating:,} deviate from uniform motion with p < 0.001")
    return tuple(lines)
