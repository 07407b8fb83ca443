"""The positions of a table of the store, to be sent to a service that looks for what lies near them."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pyarrow as pa

from catalogdb.ddl import qualified, quoted
from catalogdb.epoch import astrometry, propagate
from catalogdb.errors import DataError
from catalogdb.store import Store

_MOTION = ("ref_epoch", "parallax", "pmra", "pmdec", "radial_velocity")


def left_positions(store: Store, name: str, epoch_yr: float | None) -> pa.Table:
    """Return left_id, left_ra and left_dec [deg] of the rows that have a position, in the order of the sky.

    The order is the same each time, so that a fetch that goes on divides the rows as before.

    With an epoch (Julian year) where the vector model has the stars then; a missing motion is zero, and
    rows without an epoch are left out. Raises TableNotFound, and DataError for a table without positions.
    """
    table = store.table(name)
    if not table.has("ra", "dec"):
        raise DataError(f"{table.qualified_name} has no positions")
    if epoch_yr is not None and not table.has("ref_epoch"):
        raise DataError(
            f"{table.qualified_name} has no epochs: its positions can not be moved to {epoch_yr:g}"
        )
    identifier = (
        quoted("source_id") if table.has("source_id") else "row_number() OVER (ORDER BY hpx29, ra, dec)"
    )
    listed = [f"{identifier} AS left_id", "ra AS left_ra", "dec AS left_dec"]
    listed += [
        f"CAST({each if table.has(each) else 'NULL'} AS DOUBLE) AS {each}"
        for each in _MOTION
        if epoch_yr is not None
    ]
    there = "ra IS NOT NULL" if epoch_yr is None else "ra IS NOT NULL AND ref_epoch IS NOT NULL"
    source = qualified(table.schema, table.name)
    with closing(store.cursor()) as con:
        rows = con.sql(
            f"SELECT {', '.join(listed)} FROM {source} WHERE {there} ORDER BY hpx29, left_id"
        ).to_arrow_table()
    if rows.num_rows == 0:
        raise DataError(
            f"{table.qualified_name} has no row with a position" + (" and an epoch" if epoch_yr else "")
        )
    return rows if epoch_yr is None else _moved(rows, epoch_yr)


def _moved(rows: pa.Table, epoch_yr: float) -> pa.Table:
    ra, dec, epoch, parallax, pmra, pmdec, velocity = (
        rows[name].cast(pa.float64()).to_numpy() for name in ("left_ra", "left_dec", *_MOTION)
    )
    there = propagate(
        astrometry(
            ra, dec, epoch,
            parallax_mas=parallax, pmra_mas_yr=pmra, pmdec_mas_yr=pmdec, radial_velocity_km_s=velocity,
        ),
        np.float64(epoch_yr),
    )  # fmt: skip
    return pa.table({"left_id": rows["left_id"], "left_ra": there.ra, "left_dec": there.dec})
