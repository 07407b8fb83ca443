"""The rows of one list: what it says of each star of the run beside what we found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis.comparison.lists import KnownList, known, pull

Array = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

MOTION = ("pmra", "pmdec", "pmra_error", "pmdec_error", "pmra_pmdec_corr")
OURS = ("q_fdr", "acc_ra", "acc_dec")


def star_columns(settings: Mapping[str, Any]) -> list[str]:
    """Return the columns of the table of stars that are read, as far as it has them."""
    names = ["source_id", "run_id", settings["probability"], settings["class_column"], *OURS, *MOTION]
    return [name for name in names if name]


def compared(
    batch: pa.RecordBatch, list_name: str, of: KnownList, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return columns of the result, without the runs, of a batch of sql/comparison_both.sql."""
    n = batch.num_rows
    star, listed = _fields(batch["star"]), _fields(batch["known"])
    mine = _numbers(star, [settings["probability"], *OURS, *MOTION])
    theirs = _numbers(listed, [name for name in of.columns if name != of.type_])
    nothing = np.full(n, np.nan)
    said = known(of, theirs or {"nothing": nothing}, hgca_chi2=settings["hgca_chi2"])
    words = settings["class_column"]
    classes = _words(star[words]) if words else _classes(mine, n, settings)
    pulls = pull(_motion(mine, n), _motion(theirs, n))
    if of.kind != "motions":
        pulls = type(pulls)(*(nothing for _ in pulls))
    return {
        "source_id": _texts(batch["source_id"]),
        "list_name": np.full(n, list_name, object),
        "list_id": _texts(batch["list_id"]),
        "matched_by": _texts(batch["matched_by"]),
        "separation": _floats(batch["separation"]),
        "claimed": np.array([None if np.isnan(x) else bool(x) for x in said.claimed], object),
        "known_type": _texts(listed[of.type_]) if of.type_ in listed else np.full(n, None, object),
        "known_period": said.period,
        "known_size": said.size,
        "known_angle": said.angle,
        "known_chi2": said.chi2,
        "p": mine.get(settings["probability"], nothing),
        **{name: mine.get(name, nothing) for name in OURS},
        "motion_class": classes,
        "agreement": agreement(said.claimed, classes),
        "pull_ra": pulls.ra,
        "pull_dec": pulls.dec,
        "pull_chi2": pulls.chi2,
    }


def _classes(mine: Mapping[str, Array], n: int, settings: Mapping[str, Any]) -> Texts:
    nothing = np.full(n, np.nan)
    p, q = mine.get(settings["probability"], nothing), mine.get("q_fdr", nothing)
    moving = p < settings["alpha"] if settings["q"] is None else q <= settings["q"]
    uniform = ~moving & (p > settings["uniform_above"])
    chosen = np.select([np.isnan(p), moving, uniform], ["not_tested", "accelerating", "uniform"], "neither")
    return chosen.astype(object)


def _words(column: pa.Array) -> Texts:
    said = _texts(column)
    said[~np.isin(said, ("accelerating", "uniform"))] = "neither"
    said[np.asarray(column.is_null())] = "not_tested"
    return said


def agreement(claimed: Array, classes: Texts) -> Texts:
    """Return who holds each star for accelerating, one of AGREEMENTS; None where the list is silent."""
    ours = classes == "accelerating"
    words = np.select(
        [classes == "not_tested", ours & (claimed == 1.0), claimed == 1.0, ours],
        ["not_tested", "both", "list_only", "ours_only"],
        "neither",
    ).astype(object)
    words[np.isnan(claimed)] = None
    return words


def _motion(columns: Mapping[str, Array], n: int) -> tuple[Array, Array]:
    """Return motions (n, 2) and covariances (n, 2, 2); NaN without errors, no correlation if not stated."""
    pmra, pmdec, e_ra, e_dec, corr = (columns.get(name, np.full(n, np.nan)) for name in MOTION)
    error = np.stack([e_ra, e_dec], axis=1)
    covariance = error[:, :, None] * error[:, None, :]
    covariance[:, [0, 1], [1, 0]] *= np.nan_to_num(corr)[:, None]
    return np.stack([pmra, pmdec], axis=1), covariance


def _fields(rows: pa.StructArray) -> dict[str, pa.Array]:
    return {field.name: column for field, column in zip(rows.type, rows.flatten(), strict=True)}


def _numbers(columns: Mapping[str, pa.Array], names: Sequence[str]) -> dict[str, Array]:
    numeric = (pa.types.is_floating, pa.types.is_integer)
    return {
        name: _floats(columns[name])
        for name in names
        if name in columns and any(test(columns[name].type) for test in numeric)
    }


def _floats(column: pa.Array) -> Array:
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _texts(column: pa.Array) -> Texts:
    return np.array(column.cast(pa.string()).to_numpy(zero_copy_only=False), object)
