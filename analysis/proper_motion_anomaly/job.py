"""One run of the proper-motion anomaly: a multi-epoch table in, its results out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

import sql
from analysis import Report
from analysis.acceleration.entries import REQUIRED
from analysis.acceleration.table import check, epoch_column, read, star_column
from analysis.calibration.applied import corrected
from analysis.calibration.correction import Calibration
from analysis.calibration.stored import TABLE as CALIBRATION
from analysis.calibration.stored import load
from analysis.columns import arrow_schema
from analysis.kernels.fdr import benjamini_hochberg
from analysis.proper_motion_anomaly import rows as made
from analysis.proper_motion_anomaly.result import RESULT
from analysis.spill import spill
from catalogdb.astrometry import PARAMETERS
from catalogdb.errors import AnalysisError, did_you_mean
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
    moving = {} if table is None else _moving(store, table, settings["catalogues"])
    inputs = tuple(each.qualified_name for each in (table, hgca) if each is not None)
    calibration = load(store, settings["calibration"])
    if calibration is not None:
        settings = {**settings, "calibration": calibration.run_id}
        inputs = (*inputs, CALIBRATION)
    this = store.start_run("proper_motion_anomaly", settings, inputs=inputs)
    said: list[str] = []
    tally = Tally()
    with spill(store.path, WAITING) as spilled:
        for part in _parts(store, settings, table, hgca, calibration, said):
            if len(part["chi2"]):
                spilled.write(_arrow(part, this.run_id))
                tally.add(part)
        # All stars together decide the rate: the rows wait on disk, the probabilities in memory.
        q = tally.q_values()
        names = {"epochs": table and table.qualified_name, "hgca": hgca and hgca.qualified_name}
        key = " ".join(f"{name}={value}" for name, value in {**settings, **names}.items())
        reader = spilled.read(SCHEMA, lambda rows, before: _with_rate(rows, q[before:]))
        store.publish(RESULT, reader, part=key, run=this)
    found = tally.sentences()
    if not found or (moving and not tally.has("positions")):
        found.insert(0, _why_none(moving, settings))
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=len(q),
        seconds=time.monotonic() - begin,
        lines=(*found, *said),
    )


def _moving(store: Any, table: Table, chosen: str | None) -> dict[str, int]:
    """Return how many entries with a motion each catalogue has that counts.

    Raises AnalysisError for a table that is no multi-epoch table, or has not a catalogue that is named.
    """
    check(table)
    given = {"table": table.qualified_name}
    moving: dict[str, int] = dict(store.sql(sql.load("pma_catalogues").text, given).fetchall())
    names = list(moving) if chosen is None else made.named(chosen)
    for name in names:
        if name not in moving:
            raise AnalysisError(
                f"{table.qualified_name} has no entries of catalogue {name}{did_you_mean(name, moving)}"
            )
    return {name: moving[name] for name in names}


def _why_none(moving: Mapping[str, int], settings: Mapping[str, Any]) -> str:
    """Return why no star has an anomaly, and what helps if anything does."""
    if not moving:
        return f"no star of {settings['hgca']} has a motion to compare"
    if not any(moving.values()):
        return f"no entry of {', '.join(moving)} has a proper motion with errors: nothing can be compared"
    if len(moving) == 1:
        return (
            f"entries of {next(iter(moving))} alone show no long-term motion: name a second of --catalogues"
        )
    if settings["positions"] == "ends":
        return "no star has two entries with a motion; --positions all takes those without one too"
    return "no star has an entry with a motion and positions at two epochs"


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
    store: Any,
    settings: Mapping[str, Any],
    table: Table | None,
    hgca: Table | None,
    calibration: Calibration | None,
    said: list[str],
) -> Iterator[made.Columns]:
    local = {} if hgca is None else made.published(store, hgca.qualified_name)
    if table is not None:
        if calibration is not None:
            said += corrected(store, table, calibration)
        for chunk in read(store, table, calibration=calibration):
            yield made.of_chunk(chunk, settings)
        own = {"obj_id": star_column(table), "epoch": epoch_column(table)}
        missing = [name for name in HGCA_NEEDS if not table.has(own.get(name, name))]
        if missing:
            said.append(f"no statistic of HGCA: {table.qualified_name} has no {', '.join(missing[:3])}")
        else:
            yield from made.of_catalogues(store, table, settings, local)
    if hgca is not None:
        yield made.of_hgca(store, hgca.qualified_name)


SCHEMA = arrow_schema(RESULT)
WAITING = SCHEMA.remove(SCHEMA.get_field_index("q_fdr"))


def _arrow(part: made.Columns, run_id: str) -> pa.Table:
    """Return some rows without q_fdr."""
    whole = made.joined([part])
    whole["run_id"] = np.full(len(whole["chi2"]), run_id, dtype=object)
    columns = []
    for field in WAITING:
        values = whole[field.name]
        # NaN becomes NULL: from_pandas is Arrow's name for that.
        array = values if isinstance(values, pa.Array) else pa.array(values, field.type, from_pandas=True)
        columns.append(array.cast(field.type))
    return pa.table(columns, schema=WAITING)


def _with_rate(rows: pa.Table, q: made.Array) -> pa.Table:
    rate = pa.array(q[: rows.num_rows], pa.float64(), from_pandas=True)
    return rows.append_column("q_fdr", rate).select(SCHEMA.names)


class Tally:
    """What is kept of all rows while they wait: kind (catalogue and method), probability, significance."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str], int] = {}
        self._parts: list[tuple[made.Array, made.Array, made.Array]] = []

    def add(self, part: made.Columns) -> None:
        """Take the rows of a part."""
        n = len(part["chi2"])
        method = part["method"] if not isinstance(part["method"], str) else [part["method"]] * n
        code = [
            self._kinds.setdefault(kind, len(self._kinds))
            for kind in zip(part["catalogue_name"], method, strict=True)
        ]
        self._parts.append((np.array(code, np.float64), part["p_pma"], part["snr"]))

    def has(self, method: str) -> bool:
        """Whether a row is of this method."""
        return any(own == method for _, own in self._kinds)

    def _columns(self) -> made.Array:
        """Return code, probability and signal to noise of all rows, shape (3, rows)."""
        return np.concatenate([np.empty((3, 0)), *(np.stack(part) for part in self._parts)], axis=1)

    def q_values(self) -> made.Array:
        """Return the q-value of each row among those of its catalogue and method."""
        code, p, _ = self._columns()
        q = np.full(len(p), np.nan)
        for each in self._kinds.values():
            q[code == each] = benjamini_hochberg(p[code == each])
        return q

    def sentences(self) -> list[str]:
        """Return for each catalogue and method how many anomalies are significant."""
        code, p, snr = self._columns()
        lines = []
        for (catalogue, method), each in sorted(self._kinds.items()):
            same = code == each
            lines.append(
                f"{catalogue} ({method}): {int(same.sum()):,} stars, "
                f"{int((snr[same] > SIGNIFICANT).sum()):,} with S/N > {SIGNIFICANT:g}, "
                f"{int((p[same] < 1e-3).sum()):,} with p < 0.001"
            )
        return lines
