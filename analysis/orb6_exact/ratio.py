"""The mass ratios of pairs: known ones of a table, and one that is assumed for the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]


def ratios(
    store: Any, name: str | None, source_id: pa.ChunkedArray, assumed: float | None
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return mass of A over mass of B (n,) of pairs, NaN for unknown, and which of them are assumed.

    Raises AnalysisError for a table without the columns, and for a ratio that is negative or listed
    with different values.
    """
    known: dict[str, float] = {}
    if name is not None:
        table = store.table(name)
        missing = [column for column in ("source_id", "mass_ratio") if not table.has(column)]
        if missing:
            raise AnalysisError(f"{table.qualified_name} has no {', '.join(missing)}: it has no mass ratios")
        given = {"table": table.qualified_name}
        for pair, value, several in store.sql(sql.load("orb6_ratios").text, given).fetchall():
            if several or not value >= 0.0:
                what = "several mass ratios" if several else f"the mass ratio {value:g}"
                raise AnalysisError(f"{table.qualified_name}: {pair} has {what}")
            known[pair] = value
    found = np.array([known.get(pair, np.nan) for pair in source_id.to_pylist()], np.float64)
    unknown = np.isnan(found)
    return np.where(unknown, np.nan if assumed is None else assumed, found), unknown
