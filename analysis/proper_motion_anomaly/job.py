"""One run of the proper-motion anomaly: a multi-epoch table in, its results out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from analysis import Report
from analysis.acceleration.entries import REQUIRED
from analysis.acceleration.table import check, read
from analysis.kernels.fdr import benjamini_hochberg
from analysis.proper_motion_anomaly import rows as made
from analysis.proper_motion_anomaly.result import RESULT
from catalogdb.astrometry import PARAMETERS
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

NONE = "none"
SIGNIFICANT = 3.0
"""Signal to noise above which the report counts anomalies, as Kervella et al. do."""

HGCA_NEEDS = (
    *REQUIRED,
    "entry_id",
    "radial_velocity",
    *PARAMETERS,
    *(f"{name}_error" for name in PARAMETERS),
    *(f"{a}_{b}_corr" for i, a in enumerate(PARAMETERS) for b in PARAMETERS[i + 1 :]),
)


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Compare every star's motions with its long-term motion and publish the results.

    The rows replace those of an earlier run with the same settings and stand beside all others.
    Raises AnalysisError for a table that is no multi-epoch table, or if nothing is asked.
    """
    begin = time.monotonic()
    table = None if settings["epochs"] == NONE else store.table(settings["epochs"])
    hgca = None if settings["hgca"] is None else _hgca(store, settings["hgca"])
    if table is None and hgca is None:
        raise AnalysisError("proper_motion_anomaly: epochs is none and no table of HGCA is named")
    inputs = tuple(each.qualified_name for each in (table, hgca) if each is not None)
    this = store.start_run("proper_motion_anomaly", settings, inputs=inputs)
    said: list[str] = []
    parts = list(_parts(store, settings, table, hgca, said))
    rows = _arrow([part for part in parts if len(part["chi2"])], this.run_id)
    names = {"epochs": table and table.qualified_name, "hgca": hgca and hgca.qualified_name}
    key = " ".join(f"{name}={value}" for name, value in {**settings, **names}.items())
    store.publish(RESULT, rows, part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=rows.num_rows,
        seconds=time.monotonic() - begin,
        lines=(*_summary(rows), *said),
    )


def _hgca(store: Any, name: str) -> Table:
    table: Table = store.table(name)
    needed = ("source_id", "pmra_hg", "pmra_hip", "crosscal_pmra_hg", "epoch_ra_gaia", "chisq")
    missing = [column for column in needed if not table.has(column)]
    if missing:
        raise AnalysisError(
            f"{table.qualified_name} is no table of HGCA: it has no {', '.join(missing)} "
            "(catalogdb ingest hgca HGCA_vEDR3.fits makes one)"
        )
    return table


def _parts(
    store: Any, settings: Mapping[str, Any], table: Table | None, hgca: Table | None, said: list[str]
) -> Iterator[made.Columns]:
    local = {} if hgca is None else made.published(store, hgca.qualified_name)
    if table is not None:
        check(table)
        for chunk in read(store, table):
            yield made.of_chunk(chunk, settings)
        missing = [name for name in HGCA_NEEDS if not table.has(name)]
        if missing:
            said.append(f"no statistic of HGCA: {table.qualified_name} has no {', '.join(missing[:3])}")
        else:
            yield from made.of_catalogues(store, table.qualified_name, settings, local)
    if hgca is not None:
        yield made.of_hgca(store, hgca.qualified_name)


def _arrow(parts: list[made.Columns], run_id: str) -> pa.Table:
    if not parts:
        return pa.table({c.name: pa.nulls(0) for c in RESULT.columns}).cast(_SCHEMA)
    whole = made.joined(parts)
    n = len(whole["chi2"])
    whole["q_fdr"] = _q_values(whole)
    whole["run_id"] = np.full(n, run_id, dtype=object)
    columns = []
    for field in _SCHEMA:
        values = whole[field.name]
        # NaN becomes NULL: from_pandas is Arrow's name for that.
        array = values if isinstance(values, pa.Array) else pa.array(values, field.type, from_pandas=True)
        columns.append(array.cast(field.type))
    return pa.table(columns, schema=_SCHEMA)


_ARROW = {"DOUBLE": pa.float64(), "VARCHAR": pa.string(), "INTEGER": pa.int32()}
_SCHEMA = pa.schema([(column.name, _ARROW[column.type]) for column in RESULT.columns])


def _q_values(whole: made.Columns) -> made.Array:
    """Return the q-value of each row among those of its method and catalogue."""
    q = np.full(len(whole["chi2"]), np.nan)
    kind = np.char.add(np.char.add(whole["method"].astype(str), " "), whole["catalogue_name"].astype(str))
    for each in np.unique(kind):
        same = kind == each
        q[same] = benjamini_hochberg(whole["p_pma"][same])
    return q


def _summary(rows: pa.Table) -> list[str]:
    lines = []
    method, catalogue = (
        np.array(rows[name].to_pylist(), dtype=object) for name in ("method", "catalogue_name")
    )
    snr, p = (rows[name].to_numpy() for name in ("snr", "p_pma"))
    for kind in sorted(set(zip(method, catalogue, strict=True))):
        same = (method == kind[0]) & (catalogue == kind[1])
        lines.append(
            f"{kind[1]} ({kind[0]}): {int(same.sum()):,} stars, "
            f"{int((snr[same] > SIGNIFICANT).sum()):,} with S/N > {SIGNIFICANT:g}, "
            f"{int((p[same] < 1e-3).sum()):,} with p < 0.001"
        )
    return lines or ["no star has two positions and a motion to compare"]
