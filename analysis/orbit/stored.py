"""The orbits of a table in the store, and what is to be said of each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis.orbit.catalogue import (
    ASTROMETRIC_GRADE,
    TROPICAL_DAYS,
    Orbits,
    implausible,
    obstacles,
    settled,
)
from catalogdb.errors import AnalysisError

Mask = npt.NDArray[np.bool_]

COLUMNS = (
    *("source_id", "wds", "dd", "ref", "grade", "hip", "v1", "v2", "ra", "dec", "equinox"),
    *("p", "p_listed", "p_unit", "p_error", "a", "a_listed", "a_unit", "a_error"),
    *("t", "t_listed", "t_unit", "e", "i", "node", "node_flag", "arg_periastron", "arg_periastron_flag"),
)
"""What a table of orbits must have: the names, units and meanings of the catalogue orb6."""


class Stored(NamedTuple):
    """n rows of a table of orbits, what to compute from them, and why not; `words` (n,) are flags or None.

    `reason` (n,) is None where theta and rho, or rho alone, can be computed.
    """

    rows: pa.Table
    orbits: Orbits
    reason: npt.NDArray[np.object_]
    words: npt.NDArray[np.object_]

    @property
    def usable(self) -> Mask:
        """Which orbits (n,) can be computed."""
        return np.array([each is None for each in self.reason], bool)


def read(store: Any, name: str, period_year: str) -> Stored:
    """Return the orbits of the table `name`, pairs in order, the best orbit of a pair first.

    `period_year`: whether a period listed in years or centuries counts Besselian years, as the times
    of periastron do, or Julian ones. Raises TableNotFound, and AnalysisError for a table without the
    columns of orb6.
    """
    table = store.table(name)
    missing = [column for column in COLUMNS if not table.has(column)]
    if missing:
        raise AnalysisError(
            f"{table.qualified_name} has no {', '.join(missing)}: a table of orbits has the columns of orb6"
        )
    rows = store.sql(sql.load("orb6_orbits").text, {"table": table.qualified_name}).arrow()
    listed = Orbits(
        *(
            _numbers(rows, name)
            for name in ("ra", "dec", "p", "t", "a", "e", "i", "node", "arg_periastron", "equinox", "grade")
        )
    )
    if period_year == "besselian":
        in_years = np.isin(np.array(rows["p_unit"].to_pylist(), object), ["y", "c"])
        listed = listed._replace(
            period=np.where(in_years, listed.period * (TROPICAL_DAYS / 365.25), listed.period)
        )
    orbits, circular = settled(listed)
    return Stored(rows, orbits, _reasons(rows, orbits), _words(rows, orbits, circular))


def _numbers(rows: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return np.asarray(pc.cast(rows[name], pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _reasons(rows: pa.Table, orbits: Orbits) -> npt.NDArray[np.object_]:
    said: list[list[str]] = [[] for _ in range(orbits.size)]
    for what, where in obstacles(orbits).items():
        for k in np.flatnonzero(where):
            said[k].append(what)
    for k in np.flatnonzero(~(np.isfinite(orbits.ra) & np.isfinite(orbits.dec))):
        said[k].append("no position")
    # A number that is printed but has no value has a unit that the catalogue's format does not name.
    for what, short in (("period", "p"), ("semi-major axis", "a"), ("time of periastron", "t")):
        columns = (rows[short], rows[f"{short}_listed"], rows[f"{short}_unit"])
        for row, (value, text, unit) in enumerate(zip(*(c.to_pylist() for c in columns), strict=True)):
            if value is None and text is not None:
                which = "without a unit" if unit is None else f"in an unknown unit {unit}"
                said[row] = [each for each in said[row] if each != f"no {what}"] + [f"{what} {which}"]
    return np.array(["; ".join(each) or None for each in said], object)


def _words(rows: pa.Table, orbits: Orbits, circular: Mask) -> npt.NDArray[np.object_]:
    turned = [
        "q" in (node, omega)
        for node, omega in zip(
            rows["node_flag"].to_pylist(), rows["arg_periastron_flag"].to_pylist(), strict=True
        )
    ]
    masks = {
        "astrometric": orbits.grade == ASTROMETRIC_GRADE,
        "no_equinox": np.isnan(orbits.equinox),
        "quadrant_changed": np.array(turned, bool),
        "circular": circular,
        "no_node": np.isnan(orbits.node),
        "implausible": implausible(orbits),
    }
    return np.array(
        [" ".join(word for word in masks if masks[word][k]) or None for k in range(orbits.size)], object
    )
