"""Labels of star_labels beside the astrometry of a table of stars, by the links of spectra with stars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

NAME = "spectro_distance"
LABELS = ("teff", "logg", "fe_h", "alpha_fe")


def asked(store: Any, settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tables that labels come from, () without --match; raises AnalysisError for what is none."""
    if settings["match"] is None:
        return ()
    name = settings["match"]
    links = store.table(name if "." in name else f"matches.{name}")
    if not (links.has("left_id") and links.has("right_id")):
        raise AnalysisError(
            f"{NAME}: match: {links.qualified_name} has no left_id and right_id: it is no match"
        )
    return links.qualified_name, store.table("results.star_label").qualified_name


def labels(store: Any, settings: Mapping[str, Any], ids: list[str]) -> dict[str, Array]:
    """Return labels and their errors (n,) by name of the stars `ids`, NaN for those without a good spectrum.

    Errors are the statistical and the systematic ones together. Raises AnalysisError where no star has any.
    """
    links, _ = asked(store, settings)
    given = {"links": links, "run_id": settings["labels_run"]}
    rows = store.sql(sql.load("distance_labels").text, given).arrow()
    place = {star: i for i, star in enumerate(rows["star"].to_pylist())}
    at = np.array([place.get(each, -1) for each in ids], np.int64)
    if not (at >= 0).any():
        raise AnalysisError(
            f"{NAME}: no star of the table has a good label by {links}: its left_id are to be spectra of "
            "star_labels (spec_id), its right_id stars of the table: catalogdb match SPECTRA STARS"
        )
    found: dict[str, Array] = {}
    for name in LABELS:
        for column in (name, f"{name}_error"):
            own = pc.cast(rows[column], pa.float64()).to_numpy(zero_copy_only=False)
            found[column] = np.where(at >= 0, np.asarray(own, np.float64)[at], np.nan)
    return {name: each for name, each in found.items() if np.isfinite(each).any()}
