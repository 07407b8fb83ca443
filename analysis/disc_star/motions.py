"""Proper motions and parallaxes that another table has of the stars, by way of a match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis import renamed
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

COLUMNS = (
    "pmra",
    "pmra_error",
    "pmdec",
    "pmdec_error",
    "pmra_pmdec_corr",
    "parallax",
    "parallax_error",
    "parallax_pmra_corr",
    "parallax_pmdec_corr",
)
"""What is taken of that table, under Gaia's names, where it has them."""


@dataclass(frozen=True, slots=True)
class Motions:
    """Numbers (m,) by the names of COLUMNS that there are, the row of each star, and the tables."""

    number: Mapping[str, Array]
    row: Mapping[str, int]
    inputs: tuple[str, ...]

    def of(self, source_id: Sequence[str]) -> dict[str, Array]:
        """Return the numbers of stars (n,), NaN for those that are not there."""
        at = np.array([self.row.get(name, -1) for name in source_id], np.int64)
        made = {name: np.where(at >= 0, each[at], np.nan) for name, each in self.number.items()}
        # An error or correlation that this table has not is not that of another's motion.
        absent = (name for name in COLUMNS if name.endswith(("_corr", "pmra_error", "pmdec_error")))
        return {name: np.full(len(at), np.nan) for name in absent} | made


def numbers(rows: pa.Table, name: str) -> Array:
    """Return a column (n,), NaN for NULL."""
    return np.asarray(pc.cast(rows[name], pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def motions(analysis: str, store: Any, settings: Mapping[str, Any]) -> Motions | None:
    """Return the astrometry of the table `motions` by the match `link`, None if none is named.

    Raises AnalysisError for a table without proper motions, and a match that is none of both tables.
    """
    if settings["motions"] is None and settings["link"] is None:
        return None
    if settings["motions"] is None or settings["link"] is None:
        raise AnalysisError(
            f"{analysis}: motions and link belong together: a table with proper motions, and a match of the "
            "stars with it (catalogdb match STARS TABLE --radius ARCSEC --keep nearest)"
        )
    if settings["id"] != "source_id":
        raise AnalysisError(f"{analysis}: a match goes by source_id: leave id out with link")
    table, link = store.table(settings["motions"]), store.table(settings["link"])
    if not table.has("source_id", "pmra", "pmdec"):
        raise AnalysisError(f"{analysis}: motions: {table.qualified_name} needs source_id, pmra and pmdec")
    if not link.has("left_id", "right_id", "separation"):
        raise AnalysisError(
            f"{analysis}: link: {link.qualified_name} is no match: it has no left_id, right_id"
        )
    names = [name for name in COLUMNS if table.has(name)]
    columns: dict[str, tuple[str | None, str]] = {name: (name, "DOUBLE") for name in names}
    text = renamed.statement(
        table, {"source_id": ("source_id", "VARCHAR"), **columns}, sql.load("disc_motions").text
    )
    rows = store.sql(text, {"stars": renamed.NAME, "link": link.qualified_name}).arrow()
    if not rows.num_rows:
        raise AnalysisError(
            f"{analysis}: link: {link.qualified_name} links no row of {table.qualified_name}: make it with "
            "the stars on the left"
        )
    row = {star: k for k, star in enumerate(rows["star"].to_pylist())}
    return Motions(
        {name: numbers(rows, name) for name in names}, row, (table.qualified_name, link.qualified_name)
    )
