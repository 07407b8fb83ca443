"""Two crowded fields: NGC 188 in Gaia DR2 and 2MASS, and the Pleiades in Gaia DR3."""

from __future__ import annotations

from pathlib import Path

import sql
from catalogdb import app
from catalogdb.demo.teller import Teller
from catalogdb.store import Store


def ngc188(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Count the pairs within 1 arcsec of positions as listed, as a KD-tree does."""
    app.ingest(store, "gaia_dr2", [files / "gaia_dr2.fits"], name="ngc188_gaia", mode="replace")
    app.ingest(store, "twomass", [files / "twomass.ecsv"], name="ngc188_twomass", mode="replace")
    counts = (store.row_count("ngc188_gaia"), store.row_count("ngc188_twomass"))
    tell.check(
        "rows of Gaia DR2 and 2MASS",
        "4,876 and 5,014",
        f"{counts[0]:,} and {counts[1]:,}",
        counts == (4876, 5014),
    )
    report = app.match(
        store, "ngc188_gaia", "ngc188_twomass", radius_arcsec=1.0, epoch="none", name="ngc188", mode="replace"
    )
    tell.check(
        "pairs within 1 arcsec, unpropagated",
        "4,164 +- 10",
        f"{report.rows:,}",
        abs(report.rows - 4164) <= 10,
    )
    moved = app.match(
        store,
        "ngc188_gaia",
        "ngc188_twomass",
        radius_arcsec=1.0,
        epoch="right",
        name="ngc188_propagated",
        mode="replace",
    )
    tell.line(f"  {moved.rows:,} pairs with Gaia moved to the night of each 2MASS row")


def pleiades(store: Store, files: Path, folder: Path, tell: Teller) -> None:
    """Find Rebull's members in the Gaia cone by identifier, and by their 2MASS positions.

    The members come in as a user's own table; RAJ2000 and DEJ2000 in it are 2MASS positions.
    """
    app.ingest(store, "gaia_dr3", [files / "gaia_dr3.fits"], name="pleiades_gaia", mode="replace")
    app.ingest_table(
        store,
        files / "rebull2016_crossids.csv",
        "pleiades_rebull",
        id="EPIC",
        ra="RAJ2000",
        dec="DEJ2000",
        mode="replace",
    )
    app.match(
        store,
        "pleiades_rebull",
        "pleiades_gaia",
        radius_arcsec=2.0,
        epoch="none",
        name="pleiades",
        mode="replace",
    )
    ((members, inside, paired, nearest),) = store.sql(sql.load("demo_pleiades").text).fetchall()
    tell.check("members in Rebull's table", "754", str(members), members == 754)
    tell.check("members in the cone, by Gaia DR3 identifier", "451", str(inside), inside == 451)
    tell.check("of them within 2 arcsec of their 2MASS position", "451", str(paired), paired == 451)
    tell.check("of them the nearest Gaia star", "about 446", str(nearest), abs(nearest - 446) <= 2)
