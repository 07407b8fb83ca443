"""One run: spectra, magnitudes and parallaxes in, labels with distances out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis import Report
from analysis.columns import arrow_schema
from analysis.label_joint import simulated, stored_stars
from analysis.label_joint.result import RESULT
from analysis.labels.fit import Fit, words
from analysis.labels.joint import DISTANCE, EXTINCTION
from analysis.labels.model import unit
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

NAME = "label_joint"
SCHEMA = arrow_schema(RESULT)
UNITS = {DISTANCE: "mag", EXTINCTION: "mag"}


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Fit spectra alone and together with magnitudes and parallaxes, and publish both.

    Raises AnalysisError for tables and columns that are not there, and too few stars with good parallaxes.
    """
    begin = time.monotonic()
    if settings["simulate"]:
        if settings["stars"] is not None:
            raise AnalysisError(f"{NAME}: simulate is in place of stars of the store: give one of both")
        this = store.start_run(NAME, settings, seed=settings["seed"])
        rows, lines = _simulated(settings)
    else:
        found = stored_stars.fitted(store, settings)
        recorded = dict(settings) | {"run_id": found.run_id}
        this = store.start_run(NAME, recorded, inputs=found.tables)
        rows = _rows(found.spec_id, found.star_id, found.labels, found.together, found.alone, None)
        lines = found.said
    rows = [row | {"run_id": this.run_id} for row in rows]
    key = " ".join(f"{name}={value}" for name, value in settings.items())
    store.publish(RESULT, pa.Table.from_pylist(rows, SCHEMA), part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=len(rows),
        seconds=time.monotonic() - begin,
        lines=(*lines, *sentences(rows)),
    )


def _simulated(settings: Mapping[str, Any]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    found = simulated.simulate(
        settings["simulate"], settings["snr"], settings["parallax_error"], settings["seed"]
    )
    names = [f"simulated {k + 1}" for k in range(len(found.true))]
    rows = _rows(names, names, found.labels, found.together, found.alone, found.true)
    lines = []
    for k, label in enumerate(found.labels):
        alone, together = (
            np.sqrt((each[:, k] ** 2).mean()) for each in (found.bound_alone, found.bound_together)
        )
        lines.append(f"{label}: Cramer-Rao bound {alone:.3g} alone, {together:.3g} together {unit(label)}")
    return rows, (*lines, "simulated: synthetic spectra, invented magnitudes of giants of one mass")


def _rows(
    spec_id: Sequence[str],
    star_id: Sequence[str],
    labels: tuple[str, ...],
    together: Fit,
    alone: Fit,
    true: Array | None,
) -> list[dict[str, Any]]:
    """Return a row for each spectrum and label, distance and extinction too."""
    error, of_spectrum = (np.sqrt(np.einsum("nkk->nk", each.covariance)) for each in (together, alone))
    rows = []
    for n, (spec, star) in enumerate(zip(spec_id, star_id, strict=True)):
        for j, label in enumerate((*labels, DISTANCE, EXTINCTION)):
            own = j < len(labels)
            rows.append(
                {
                    "spec_id": spec,
                    "source_id": star,
                    "label": label,
                    "param_value": _number(together.theta[n, j]),
                    "sig_stat": _number(error[n, j]),
                    "alone_value": _number(alone.theta[n, j]) if own else None,
                    "alone_sig": _number(of_spectrum[n, j]) if own else None,
                    "truth": None if true is None or j >= true.shape[1] else float(true[n, j]),
                    "chi2": _number(together.chi2[n]),
                    "dof": float(together.dof[n]),
                    "flag": words(int(together.flags[n])),
                    "unit": UNITS.get(label, unit(label)),
                    "simulated": true is not None,
                }
            )
    return rows


def _number(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None


def sentences(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return, for each label, the median errors alone and together, and of simulated stars what is true."""
    out = []
    for label in dict.fromkeys(row["label"] for row in rows):
        mine = [row for row in rows if row["label"] == label and row["flag"] is None and row["sig_stat"]]
        if not mine:
            continue
        both = np.array([[_or_nan(row[name]) for name in _NUMBERS] for row in mine])
        value, sigma, alone, alone_sigma, truth = both.T
        text = f"{label}: median error {np.median(sigma):.3g} {mine[0]['unit']}"
        if np.isfinite(alone_sigma).any():
            text += f", by the spectrum alone {np.nanmedian(alone_sigma):.3g}"
        if np.isfinite(truth).any():
            inside = np.abs(value - truth) <= sigma
            text += f"; rms {np.sqrt(np.mean((value - truth) ** 2)):.3g}"
            if np.isfinite(alone).any():
                text += f", alone {np.sqrt(np.nanmean((alone - truth) ** 2)):.3g}"
            text += f"; {inside.mean():.1%} within one error (68.3 % expected)"
        out.append(f"{text}; {len(mine)} spectra")
    flagged = len({row["spec_id"] for row in rows if row["flag"] is not None})
    return (*out, f"{flagged} spectra with a flag do not count")


_NUMBERS = ("param_value", "sig_stat", "alone_value", "alone_sig", "truth")


def _or_nan(x: float | None) -> float:
    return math.nan if x is None else x
