"""The rows of other tables where one star is, found by the index: a few milliseconds a table.

A match of whole tables, as `catalogdb.star_graph` makes it, needs a connection whose settings it may change.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import duckdb
import numpy as np

from catalogdb.cover import circle_ranges
from catalogdb.ddl import qualified, quoted
from catalogdb.epoch import Astrometry, astrometry, propagate
from catalogdb.identifiers import RADIUS_ARCSEC, star_lists
from catalogdb.schema import Table
from catalogdb.star import Reader, StarRow

_FIRST_YR, _LAST_YR = 1850.0, 2050.0
"""Between these lie the epochs of all catalogues of positions."""

_READ = ("ra", "dec", "ref_epoch", "parallax", "pmra", "pmdec", "radial_velocity")


def rows_near(store: Reader, rows: Sequence[StarRow]) -> list[StarRow]:
    """The row of each other table that is nearest to the first of these rows that has a position.

    The star is moved to the epoch of each row that it is compared with; within 2 arcsec it counts.
    """
    lists = {table.qualified_name: table for table in star_lists(store.tables())}
    first = next((row for row in rows if row.table_name in lists), None)
    if first is None:
        return []
    seen = {row.table_name for row in rows}
    with closing(store.cursor()) as con:
        star = _star(con, lists[first.table_name], first.row_id)
        if star is None:
            return []
        found = [_nearest(con, star, table) for name, table in lists.items() if name not in seen]
    return [row for row in found if row is not None]


def _star(con: duckdb.DuckDBPyConnection, table: Table, row_id: str) -> Astrometry | None:
    """The astrometry of a row; None without a position."""
    given = ", ".join(f"{quoted(name)}::DOUBLE" if table.has(name) else "NULL::DOUBLE" for name in _READ)
    kind = table.column("source_id").type
    query = f"""
        SELECT {given} FROM {qualified(table.schema, table.name)}
        WHERE source_id = CAST($row_id AS {kind}) AND hpx29 IS NOT NULL LIMIT 1"""  # noqa: S608 (quoted)
    for row in con.execute(query, {"row_id": row_id}).fetchall():
        ra, dec, epoch, parallax, pmra, pmdec, velocity = (np.nan if v is None else v for v in row)
        return astrometry(
            ra,
            dec,
            epoch,
            parallax_mas=parallax,
            pmra_mas_yr=pmra,
            pmdec_mas_yr=pmdec,
            radial_velocity_km_s=velocity,
        )
    return None


def _nearest(con: duckdb.DuckDBPyConnection, star: Astrometry, table: Table) -> StarRow | None:
    reach_deg = (RADIUS_ARCSEC + _farthest_arcsec(star)) / 3600
    ranges = circle_ranges(float(star.ra[0]), float(star.dec[0]), reach_deg)
    where = " OR ".join(f"hpx29 BETWEEN {first} AND {last}" for first, last in ranges)
    epoch = "ref_epoch::DOUBLE" if table.has("ref_epoch") else "NULL::DOUBLE"
    query = f"""
        SELECT CAST(source_id AS VARCHAR), ra, dec, {epoch}
        FROM {qualified(table.schema, table.name)}
        WHERE hpx29 BETWEEN {ranges[0, 0]} AND {ranges[-1, 1]} AND ({where})"""  # noqa: S608 (quoted)
    rows = con.execute(query).fetchall()
    if not rows:
        return None
    ra, dec, epochs = (np.array([row[i] for row in rows], dtype=np.float64) for i in (1, 2, 3))
    own = np.broadcast_to(star.epoch_yr, ra.shape)
    # Where an epoch is missing on either side the star is where it is listed.
    at = np.where(np.isnan(epochs) | np.isnan(own), own, epochs)
    away = _separation_arcsec(*_places(star, at), ra, dec)
    best = int(np.argmin(away))
    if away[best] > RADIUS_ARCSEC:
        return None
    return StarRow(table.qualified_name, rows[best][0], 1, "position", float(away[best]))


def _farthest_arcsec(star: Astrometry) -> float:
    """How far at most the star was or will be from where it is listed."""
    motion = float(np.hypot(*np.nan_to_num([star.pmra[0], star.pmdec[0]])))
    epoch = float(star.epoch_yr[0])
    return 0.0 if np.isnan(epoch) else motion * max(epoch - _FIRST_YR, _LAST_YR - epoch) / 1000


def _places(star: Astrometry, epochs_yr: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the star is at each epoch [deg]; as listed where the epoch is missing."""
    if np.isnan(star.epoch_yr[0]):
        return np.broadcast_to(star.ra, epochs_yr.shape), np.broadcast_to(star.dec, epochs_yr.shape)
    different, which = np.unique(epochs_yr, return_inverse=True)
    moved = [propagate(star, float(epoch)) for epoch in different]
    return np.array([m.ra[0] for m in moved])[which], np.array([m.dec[0] for m in moved])[which]


def _separation_arcsec(ra1: np.ndarray, dec1: np.ndarray, ra2: np.ndarray, dec2: np.ndarray) -> np.ndarray:
    a, b, c, d = map(np.radians, (ra1, dec1, ra2, dec2))
    half = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(np.minimum(half, 1.0)))) * 3600)
