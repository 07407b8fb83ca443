"""Where the stars of orbits are, how far, and how they move: by their numbers in Hipparcos."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from catalogdb.epoch import Astrometry, astrometry
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NEEDED = ("source_id", "ra", "dec", "ref_epoch", "parallax", "pmra", "pmdec")


class Stars(NamedTuple):
    """The star of each of n orbits, NaN where there is none; `row_id` (n,) is its source_id or None.

    `several` (n,): more than one row of the table is that star, and the one with the most precise
    parallax was taken.
    """

    place: Astrometry
    parallax_error: Array
    row_id: npt.NDArray[np.object_]
    several: Mask


def read(store: Any, name: str, hip: pa.ChunkedArray) -> Stars:
    """Return the rows of the table `name` that are the stars `hip` (n,), NULL where there is no number.

    A table whose own identifiers are numbers of Hipparcos is joined by them, another through
    `matches.identifiers`. Raises TableNotFound, and AnalysisError for a table without parallaxes and
    motions or an identifier that could join it.
    """
    rows, chosen, several = _joined(store, name, hip, NEEDED)

    def taken(column: str) -> Array:
        return _taken(rows, chosen, column)

    names = [*map(str, rows["source_id"].to_pylist()), None]
    place = astrometry(
        taken("ra"),
        taken("dec"),
        taken("ref_epoch"),
        parallax_mas=taken("parallax"),
        pmra_mas_yr=taken("pmra"),
        pmdec_mas_yr=taken("pmdec"),
        radial_velocity_km_s=taken("radial_velocity"),
    )
    return Stars(place, taken("parallax_error"), np.array([names[k] for k in chosen], object), several)


def with_velocities(store: Any, stars: Stars, name: str, hip: pa.ChunkedArray) -> Stars:
    """Return the stars with the radial velocities of another table, joined in the same way."""
    rows, chosen, _ = _joined(store, name, hip, ("source_id", "radial_velocity"))
    velocity = _taken(rows, chosen, "radial_velocity")
    place = stars.place
    known = astrometry(
        place.ra,
        place.dec,
        place.epoch_yr,
        parallax_mas=place.parallax,
        pmra_mas_yr=place.pmra,
        pmdec_mas_yr=place.pmdec,
        radial_velocity_km_s=np.where(np.isfinite(velocity), velocity, place.radial_velocity),
    )
    return stars._replace(place=known)


def _joined(
    store: Any, name: str, hip: pa.ChunkedArray, needed: tuple[str, ...]
) -> tuple[pa.Table, npt.NDArray[np.int64], Mask]:
    """Return rows of a table, which of them is each star (n,), -1 for none, and which have several."""
    table = store.table(name)
    missing = [column for column in needed if not table.has(column)]
    if missing:
        raise AnalysisError(f"{table.qualified_name} has no {', '.join(missing)}: it is no table of stars")
    wanted = {each for each in hip.to_pylist() if each is not None}
    by_hip = _linked(store, table, wanted)
    ids = sorted({each for several in by_hip.values() for each in several})
    given = {"table": table.qualified_name, "ids": ids}
    rows = store.sql(sql.load("orb6_astrometry").text, given).arrow()
    at: dict[str, list[int]] = {}
    for k, each in enumerate(rows["source_id"].to_pylist()):
        at.setdefault(str(each), []).append(k)
    error = np.nan_to_num(_column(rows, "parallax_error"), nan=np.inf)
    chosen, several = np.full(len(hip), -1), np.zeros(len(hip), bool)
    for k, number in enumerate(hip.to_pylist()):
        found = [row for each in by_hip.get(number, ()) for row in at.get(each, ())]
        several[k] = len(found) > 1
        if found:
            chosen[k] = min(found, key=lambda row: (error[row], row))
    return rows, chosen, several


def _taken(rows: pa.Table, chosen: npt.NDArray[np.int64], name: str) -> Array:
    return np.append(_column(rows, name), np.nan)[np.where(chosen >= 0, chosen, rows.num_rows)]


def _linked(store: Any, table: Table, wanted: set[int]) -> dict[int, list[str]]:
    own = [each.column for each in table.identifiers if each.namespace == "HIP" and each.of == "star"]
    if "source_id" in own:
        return {number: [str(number)] for number in wanted}
    if not any(each.qualified_name == "matches.identifiers" for each in store.tables()):
        raise AnalysisError(
            f"the rows of {table.qualified_name} have no numbers of Hipparcos: `catalogdb identifiers` says "
            "which are which, once a catalogue with both, such as hipparcos2, is there"
        )
    by_hip: dict[int, list[str]] = {}
    for number, row in store.sql(sql.load("orb6_links").text, {"table": table.qualified_name}).fetchall():
        if number in wanted:
            by_hip.setdefault(number, []).append(row)
    return by_hip


def _column(rows: pa.Table, name: str) -> Array:
    if name not in rows.column_names:
        return np.full(rows.num_rows, np.nan)
    return np.asarray(pc.cast(rows[name], pa.float64()).to_numpy(zero_copy_only=False), np.float64)
