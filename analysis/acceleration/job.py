"""One run of the acceleration test: a multi-epoch table in, `results.acceleration` out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis import Report
from analysis.acceleration import gls, paper004
from analysis.acceleration.entries import Entries, without_shared
from analysis.acceleration.result import RESULT
from analysis.acceleration.table import check, read
from analysis.kernels.fdr import benjamini_hochberg

Array = npt.NDArray[np.float64]

FLAGS = ("unused_entries", "shared_data", "few_epochs", "no_test", "no_acceleration")
"""Words of the column `flags`, in the order of their bits."""

FOUND = 0.01
"""False-discovery rate at which the report counts accelerating stars."""


def counted(listed: Entries, settings: Mapping[str, Any]) -> Entries:
    """Return the entries that a fit with these settings uses; F1 and F2 use shared data repeatedly."""
    usable = listed.rows(listed.usable)
    if settings["weighting"] != "gls":
        return usable
    return usable.rows(without_shared(usable, settings["shared"]))


def fit(listed: Entries, settings: Mapping[str, Any]) -> tuple[gls.Fit, npt.NDArray[np.int64]]:
    """Return the fit of all entries' stars by the weighting asked for, and each star's flags as bits."""
    used, weighting = counted(listed, settings), settings["weighting"]
    if weighting == "gls":
        result = gls.core(used)
    else:
        result = paper004.core(used, weighting=weighting, free=settings["position"] == "free")
    usable = np.bincount(listed.star[listed.usable], minlength=listed.n_stars)
    bits = (
        listed.count() > usable,
        usable > used.count(),
        used.count() < 2,
        np.isnan(result.p_lin),
        np.isnan(result.p_acc) & (weighting == "gls"),
    )
    return result, np.stack([bit << i for i, bit in enumerate(bits)]).sum(axis=0)


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Test every star of the table `settings["epochs"]` and publish the results.

    The rows replace those of an earlier run with the same settings and stand beside all others.
    Raises AnalysisError for a table that is no multi-epoch table.
    """
    begin = time.monotonic()
    table = store.table(settings["epochs"])
    check(table)
    this = store.start_run("acceleration", settings, inputs=(table.qualified_name,))
    parts: list[dict[str, Any]] = []
    for chunk in read(store, table, settings["default_error"]):
        result, flags = fit(chunk.entries, settings)
        parts.append({"source_id": chunk.source_id, "flags": flags, **result._asdict()})
    rows = _arrow(parts, settings["weighting"], this.run_id)
    key = " ".join(f"{name}={value}" for name, value in {**settings, "epochs": table.qualified_name}.items())
    store.publish(RESULT, rows, part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=rows.num_rows,
        seconds=time.monotonic() - begin,
        lines=_summary(rows),
    )


def _arrow(parts: list[dict[str, Any]], weighting: str, run_id: str) -> pa.Table:
    words = [
        " ".join(w for i, w in enumerate(FLAGS) if code >> i & 1) or None for code in range(2 ** len(FLAGS))
    ]
    columns: dict[str, Any] = {}
    for name in gls.Fit._fields:
        values = np.concatenate([part[name] for part in parts]) if parts else np.empty(0)
        whole = name in ("n_epoch", "dof")
        # NaN becomes NULL: from_pandas is Arrow's name for that.
        columns[name] = pa.array(values, pa.int32() if whole else pa.float64(), from_pandas=not whole)
    columns["q_fdr"] = pa.array(
        benjamini_hochberg(columns["p_acc"].to_numpy(zero_copy_only=False)), from_pandas=True
    )
    ids = [part["source_id"] for part in parts]
    columns["source_id"] = pa.chunked_array(ids, pa.string())
    codes = np.concatenate([part["flags"] for part in parts]) if parts else np.empty(0, np.int64)
    columns["flags"] = pa.array(words, pa.string()).take(pa.array(codes))
    n = len(codes)
    columns["weighting"] = pa.array([weighting] * n, pa.string())
    columns["run_id"] = pa.array([run_id] * n, pa.string())
    return pa.table({column.name: columns[column.name] for column in RESULT.columns})


def _summary(rows: pa.Table) -> tuple[str, ...]:
    q = rows["q_fdr"].to_numpy(zero_copy_only=False)
    p = rows["p_lin"].to_numpy(zero_copy_only=False)
    tested = int(np.isfinite(p).sum())
    lines = [f"{rows.num_rows:,} stars, {tested:,} with more measurements than parameters"]
    if np.isfinite(q).any():
        lines.append(f"{int((q <= FOUND).sum()):,} accelerate at a false-discovery rate of {FOUND:.0%}")
    lines.append(f"{int((p < 1e-3).sum()):,} deviate from uniform motion with p < 0.001")
    return tuple(lines)
