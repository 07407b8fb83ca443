"""Step 3 of paper 004: uniform motion fitted to each star's positions, and the stars' classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.special import chdtri

import sql
from analysis.acceleration import paper004
from analysis.acceleration.entries import Entries, first_of_star
from analysis.acceleration.table import check, read
from analysis.paper004.result import RESULT
from catalogdb.schema import Table

if TYPE_CHECKING:
    from catalogdb.provenance import Run
    from catalogdb.store import Store

Array = npt.NDArray[np.float64]

CONFIDENCE = 0.999
"""Stars beyond this quantile of chi-square accelerate, below its complement they move uniformly (4.1)."""

GAIA = "gaia_dr3"
"""The catalogue whose identifiers the paper's tables give."""

ACCELERATING, UNIFORM, NEITHER = "accelerating", "uniform", "neither"

_WHOLE = ("n_epoch", "dof")
_TEXTS = ("source_id", "motion_class", "weighting")
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in _TEXTS]
    + [(name, pa.int32()) for name in _WHOLE]
    + [
        (name, pa.float64())
        for name in ("ra", "dec", "ref_epoch", "pmra", "pmdec", "pmra_error", "pmdec_error", "chi2")
    ]
    + [("chi2_accelerating", pa.float64()), ("chi2_uniform", pa.float64())]
)


def thresholds(dof: npt.NDArray[np.int64]) -> tuple[Array, Array]:
    """Return the 0.999 and 0.001 quantiles of chi-square: 39.252 and 3.942 for 16 degrees of freedom."""
    known = dof > 0
    safe = np.where(known, dof, 1)
    high, low = chdtri(safe, 1.0 - CONFIDENCE), chdtri(safe, CONFIDENCE)
    return np.where(known, high, np.nan), np.where(known, low, np.nan)


def classes(chi2: Array, dof: npt.NDArray[np.int64]) -> npt.NDArray[np.str_]:
    """Return accelerating, uniform or neither of n stars; "" where there is nothing to test."""
    high, low = thresholds(dof)
    with np.errstate(invalid="ignore"):
        word = np.where(chi2 > high, ACCELERATING, np.where(chi2 < low, UNIFORM, NEITHER))
    return np.where(np.isfinite(chi2) & (dof > 0), word, "")


def core(rows: Entries, *, weighting: str = "F2", free: bool = False) -> dict[str, npt.NDArray[np.generic]]:
    """Return the paper's fit of n stars by column of results.paper004_star (n,), NaN where it is impossible.

    ra, dec and ref_epoch are those of the most precise position, which the fit holds unless `free`.
    """
    fit = paper004.core(rows, weighting=weighting, free=free)
    best = first_of_star(rows, rows.ra_error**2 + rows.dec_error**2)

    def at_best(values: Array) -> Array:
        return np.where(best >= 0, values[best], np.nan) if len(values) else np.full(rows.n_stars, np.nan)

    tested = np.where(fit.dof > 0, fit.chi2_lin, np.nan)
    high, low = thresholds(fit.dof)
    return {
        "n_epoch": fit.n_epoch,
        "dof": fit.dof,
        "ra": at_best(rows.ra),
        "dec": at_best(rows.dec),
        "ref_epoch": at_best(0.5 * (rows.ra_epoch + rows.dec_epoch)),
        "pmra": fit.pmra,
        "pmdec": fit.pmdec,
        "pmra_error": fit.pmra_error,
        "pmdec_error": fit.pmdec_error,
        "chi2": tested,
        "chi2_accelerating": high,
        "chi2_uniform": low,
        "motion_class": classes(tested, fit.dof),
    }


def fit_stars(
    store: Store, epochs: Table, run: Run, settings: Mapping[str, Any], *, part: str, through: str | None
) -> int:
    """Publish results.paper004_star of every star of a multi-epoch table; return their number.

    V and the identifier in Gaia DR3 are those of the run's matches; without `through` there are none, and
    the star's name is that of the file, in most cases of Gaia DR3.
    """
    check(epochs)
    statement, parameters = "paper004_tested_file", {"run": run.run_id}
    if through is not None:
        statement, parameters = "paper004_tested", parameters | {"through": through, "gaia": GAIA}
    with store.writer(RESULT, part=part) as writer:
        writer.con.register(
            "incoming", pa.RecordBatchReader.from_batches(_SCHEMA, _fits(store, epochs, settings))
        )
        writer.con.execute("CREATE OR REPLACE TEMP TABLE fitted AS FROM incoming")
        writer.con.unregister("incoming")
        rows = writer.insert(sql.load(statement).text, parameters)
        writer.publish(run=run)
    return rows


def _fits(store: Store, epochs: Table, settings: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    for chunk in read(store, epochs, None):
        usable = chunk.entries.rows(chunk.entries.usable)
        found = core(usable, weighting=settings["weighting"], free=settings["position"] == "free")
        words = found.pop("motion_class")
        columns: dict[str, Any] = {
            "source_id": chunk.source_id,
            "motion_class": pa.array(words, pa.string(), mask=words == ""),
            "weighting": pa.array([settings["weighting"]] * len(words), pa.string()),
        }
        for name, values in found.items():
            columns[name] = pa.array(values, _SCHEMA.field(name).type, from_pandas=True)
        yield pa.record_batch([columns[name] for name in _SCHEMA.names], schema=_SCHEMA)
