"""Models in the store: what of them is a row, and how one is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import sql
from analysis.labels.kinds import rebuilt
from analysis.labels.model import Saved, SpectralModel
from catalogdb.errors import AnalysisError, did_you_mean

Array = npt.NDArray[np.float64]

TABLE = "results.label_model"


class Stored(NamedTuple):
    """A model of the store, its row of `results.label_model`, and the systematic error of each label (k,)."""

    model: SpectralModel
    row: Mapping[str, Any]
    sig_sys: Array

    @property
    def model_id(self) -> str:
        """Its name."""
        return str(self.row["model_id"])

    @property
    def width_angstrom(self) -> float | None:
        """The width of the smoothing that normalised its spectra; None if they came normalised."""
        width = self.row["width"]
        return None if width is None else float(width)

    @property
    def smoothed(self) -> bool:
        """Whether its flux is that of smoothed spectra, not of flux over the continuum."""
        told = self.row.get("smoothed")  # older stores have no such column: there trained models were
        return self.row["n_training"] is not None if told is None else bool(told)


def array_rows(model: SpectralModel) -> list[dict[str, Any]]:
    """Return the rows of `results.label_model_array` of a model, without its name and run."""
    return [
        {
            "array_name": name,
            "shape": list(array.shape),
            # A scatter without end is NULL: not every client reads infinity. `load` knows.
            "entries": [x if np.isfinite(x) else None for x in np.ravel(array).tolist()],
        }
        for name, array in model.saved().arrays.items()
    ]


def load(store: Any, analysis: str, model_id: str | None) -> Stored:
    """Return a model by its name, or the latest; raises AnalysisError where there is none of that name."""
    store.table(TABLE)  # TableNotFound says it best
    names = [row["model_id"] for row in store.sql(sql.load("label_model_names").text).arrow().to_pylist()]
    if model_id is not None and model_id not in names:
        raise AnalysisError(f"{analysis}: {TABLE} has no model {model_id}{did_you_mean(model_id, names)}")
    if not names:
        raise AnalysisError(f"{analysis}: {TABLE} is empty: train a model first (label_training)")
    chosen = {"model_id": names[0] if model_id is None else model_id}
    (row,) = store.sql(sql.load("label_model").text, chosen).arrow().to_pylist()
    arrays: dict[str, Array] = {}
    for each in store.sql(sql.load("label_model_arrays").text, chosen).arrow().to_pylist():
        entries = np.array([np.nan if x is None else x for x in each["entries"]], np.float64)
        if each["array_name"] == "scatter":
            entries = np.where(np.isnan(entries), np.inf, entries)
        arrays[each["array_name"]] = entries.reshape(each["shape"])
    model = rebuilt(row["kind"], Saved(arrays, json.loads(row["words"])))
    of = {
        each["label"]: each["sig_sys"]
        for each in store.sql(sql.load("label_model_labels").text, chosen).arrow().to_pylist()
    }
    known = [of.get(name) for name in model.labels]
    return Stored(model, row, np.array([np.nan if x is None else x for x in known], np.float64))
