"""The calibration of a run, read back from `results.catalogue_calibration`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import sql
from analysis.calibration.correction import Calibration, Correction
from analysis.calibration.terms import TERMS, Zero
from catalogdb.errors import AnalysisError, TableNotFound

TABLE = "results.catalogue_calibration"

NONE, LATEST = "none", "latest"


def load(store: Any, run: str) -> Calibration | None:
    """Return the calibration of a run by its id, or the `latest`; nothing for `none`.

    Raises AnalysisError where there is no such run.
    """
    if run == NONE:
        return None
    try:
        store.table(TABLE)
    except TableNotFound as error:
        raise AnalysisError(
            "the store has no calibration: `catalogdb analyze calibration` makes one"
        ) from error
    parameters = {"run_id": None if run == LATEST else run}
    rows = store.sql(sql.load("calibration_rows").text, parameters).arrow().to_pylist()
    if not rows:
        raise AnalysisError(f"{TABLE} has no run {run}: give one of its run_ids, or {LATEST}")
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["catalogue_name"], []).append(row)
    return Calibration(rows[0]["run_id"], {name: correction(name, own) for name, own in by_name.items()})


def correction(name: str, rows: Sequence[Mapping[str, Any]]) -> Correction:
    """Return the correction that a run's rows of one catalogue describe."""
    given = [row for row in rows if row["param_value"] is not None]
    values = {row["param"]: row["param_value"] for row in given if row["term"] in TERMS}
    overall = {row["term"]: row["param_value"] for row in given if row["mag_min"] is None}
    bins = sorted(
        (row["mag_min"], row["mag_max"], row["param_value"]) for row in given if _is_bin(row, "error_scale")
    )
    floors = {row["mag_min"]: row["param_value"] for row in given if _is_bin(row, "error_floor")}
    return Correction(
        name,
        values,
        _zero(given),
        scale=overall.get("error_scale", 1.0),
        floor=overall.get("error_floor", 0.0),
        edges_mag=np.array([bins[0][0], *(high for _, high, _ in bins)]) if bins else np.empty(0),
        scales=np.array([scale for *_, scale in bins]),
        floors=np.array([floors.get(low, 0.0) for low, *_ in bins]),
        motion_scale=overall.get("motion_error_scale", 1.0),
        term_error=overall.get("term_error", 0.0),
        published=any(row["term"] == "published_spin" for row in given),
    )


def _is_bin(row: Mapping[str, Any], term: str) -> bool:
    return row["term"] == term and row["mag_min"] is not None


def _zero(rows: Sequence[Mapping[str, Any]]) -> Zero:
    def first(term: str, *columns: str) -> tuple[float, ...]:
        row = next((row for row in rows if row["term"] == term), None)
        return tuple(np.nan if row is None else row[column] for column in columns)

    epoch = first("spin", "ref_epoch")[0]
    return Zero(
        2000.0 if np.isnan(epoch) else epoch,
        *first("magnitude", "ref_magnitude", "mag_min", "mag_max"),
        *first("colour", "ref_colour", "colour_min", "colour_max"),
    )
