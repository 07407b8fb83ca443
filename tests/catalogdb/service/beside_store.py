"""A store whose stars are in several tables: two catalogues, their links, their epochs, and a result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import catalogdb
from catalogdb import Column, Identifier, Ingest, Store, Table
from catalogdb.astrometry import ASTROMETRY
from tests.catalogdb.service.conftest import star_table

N = 50
_STARS = """
    SELECT {id} AS source_id, ra + {shift} AS ra, dec, hpx29(ra + {shift}, dec) AS hpx29,
        {epoch} AS ref_epoch, 5.0::REAL AS mag, {name} AS name {more}
    FROM (SELECT range AS i, 7.0 * range AS ra, range - 25.0 AS dec FROM range({n})) ORDER BY 4
"""


def _catalogue(name: str, *identifiers: Identifier, more: tuple[Column, ...] = ()) -> Table:
    table = star_table(name)
    columns = (replace(table.columns[0], about=f"Number in {name}"), *table.columns[1:], *more)
    return replace(table, identifiers=identifiers, columns=columns)


def _text(name: str, ucd: str = "meta.id") -> Column:
    return Column(name=name, type="VARCHAR", ucd=ucd, about=f"The {name}", principal=True)


_RUN = _text("run_id")
EPOCHS = Table(
    schema="results",
    name="epochs_of_stars",
    about="Positions of stars at epochs",
    unique=False,
    columns=(
        _text("obj_id"),
        _text("entry_id"),
        _text("catalogue_name"),
        Column(name="epoch", type="DOUBLE", ucd="time.epoch", unit="yr", about="Epoch"),
        *(ASTROMETRY[each] for each in ("ra", "dec", "hpx29")),
        _RUN,
    ),
)


def _result(name: str) -> Table:
    return Table(
        schema="results",
        name=name,
        about=f"Whether stars are {name}",
        columns=(_text("source_id", "meta.id;meta.main"), _RUN),
    )


def make(path: Path, *, joined: bool = True) -> None:
    """Make the store: star i of catalogs.bright is 1000 + i of catalogs.faint, of which there are fewer."""
    with catalogdb.open(path, create=True) as store:
        hip = _text("hip_name")
        store.publish(
            _catalogue("bright", Identifier(column="source_id", namespace="HIP")),
            _STARS.format(id="i", shift=0, epoch=1991.25, name="'<b>' || i || '</b>'", more="", n=N),
            ingests=[Ingest(file="bright.dat", rows_read=N, rows_kept=N)],
        )
        store.publish(
            _catalogue(
                "faint",
                Identifier(column="source_id", namespace="Gaia DR3"),
                Identifier(column="hip_name", namespace="HIP"),
                more=(hip,),
            ),
            _STARS.format(
                id="1000 + i",
                shift=1e-5,
                epoch=2016.0,
                name="NULL",
                more=", i::VARCHAR AS hip_name",
                n=N - 10,
            ),
        )
        store.match("bright", "faint", radius_arcsec=1, name="bright_x_faint")
        _publish_results(store)
        if joined:
            store.identifiers()


def _publish_results(store: Store) -> None:
    run = store.start_run("epochs", {}, inputs=["catalogs.bright", "catalogs.faint"])
    rows = """
        SELECT i.source_id::VARCHAR AS obj_id, e.source_id::VARCHAR AS entry_id, e.catalogue_name,
            e.ref_epoch AS epoch, e.ra, e.dec, e.hpx29, '{run}' AS run_id
        FROM catalogs.bright i JOIN (
            SELECT *, 'bright' AS catalogue_name, source_id AS number FROM catalogs.bright UNION ALL BY NAME
            SELECT *, 'faint' AS catalogue_name, source_id - 1000 AS number FROM catalogs.faint
        ) e ON e.number = i.source_id ORDER BY hpx29"""
    store.publish(EPOCHS, rows.format(run=run.run_id), run=run)
    for name, inputs in (("moving", "results.epochs_of_stars"), ("variable", "catalogs.faint")):
        made = store.start_run(name, {"threshold": 3}, inputs=[inputs])
        rows = f"SELECT range::VARCHAR AS source_id, '{made.run_id}' AS run_id FROM range(20)"
        store.publish(_result(name), rows, run=made)
