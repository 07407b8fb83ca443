"""The stars of the selection as a star table of their own, which a rotation curve can be made of."""

from __future__ import annotations

from typing import Any

import healpy
import numpy as np
import pyarrow as pa

from analysis.columns import arrow_schema, number, text
from analysis.disc_star.inputs import Stars
from analysis.disc_star.result import PLACE
from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Position, Table

_FROM_STARS = (
    "ra",
    "dec",
    "ref_epoch",
    "pmra",
    "pmra_error",
    "pmdec",
    "pmdec_error",
    "pmra_pmdec_corr",
    "radial_velocity",
    "radial_velocity_error",
)

SELECTED = Table(
    name="disc_selected",
    schema="results",
    title="Stars of the thin disc",
    about="One row for each star that the latest selection of disc_star took: as measured, and where it is",
    frame="ICRS",
    positions=(Position(name="listed", about="As the table of the stars has it", independent=False),),
    unique=False,
    columns=(
        text("source_id", "meta.id;meta.main", "The star", nullable=False),
        *(ASTROMETRY[name] for name in _FROM_STARS),
        number("dist", "pos.distance;pos.heliocentric", "kpc", "Distance from the Sun", principal=True),
        number("dist_error", "stat.error;pos.distance", "kpc", "Standard error of dist", principal=True),
        number("fe_h", "phys.abund.Fe", "", "[Fe/H] of the table, dex"),
        number("alpha_fe", "phys.abund", "", "[alpha/Fe] of the table, dex"),
        number("logg", "phys.gravity", "", "log g of the table, log of cm/s2"),
        *(number(name, ucd, unit, about) for name, ucd, unit, about in PLACE),
        ASTROMETRY["hpx29"],
        text("run_id", "meta.id", "Run that chose the star; results.disc_star has all of it", nullable=False),
    ),
)

SCHEMA = arrow_schema(SELECTED)


def selected_rows(stars: Stars, rows: pa.Table) -> pa.Table:
    """Return the rows of stars that were selected; `rows` are theirs of results.disc_star."""
    at = np.flatnonzero(rows["thin_disc"].fill_null(0).to_numpy() == 1)
    taken = rows.take(pa.array(at))
    columns: dict[str, Any] = {name: taken[name] for name in SCHEMA.names if name in taken.column_names}
    columns |= {name: stars.number[name][at] for name in _FROM_STARS}
    columns["fe_h"] = taken["fe_h"]
    cells = healpy.ang2pix(2**29, columns["ra"], columns["dec"], nest=True, lonlat=True)
    columns["hpx29"] = np.asarray(cells, np.int64)
    made = []
    for field in SCHEMA:
        value = columns[field.name]
        if isinstance(value, pa.ChunkedArray):
            made.append(value.combine_chunks().cast(field.type))
        else:
            made.append(pa.array(value, field.type, from_pandas=True))
    return pa.table(made, schema=SCHEMA)
