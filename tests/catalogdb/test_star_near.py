"""The nearest rows of other tables, against astropy's own motion of a star."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.time import Time

import catalogdb
from catalogdb import Identifier
from catalogdb.astrometry import ASTROMETRY
from catalogdb.star import StarRow, find_in
from catalogdb.star_near import rows_near
from tests.catalogdb.service.conftest import star_table


@pytest.mark.parametrize(("ra", "dec"), [(269.45, 4.69), (359.9999, -3.0), (120.0, 89.99)])
def test_a_fast_star_is_found_where_it_is_then(tmp_path: Path, ra: float, dec: float) -> None:
    star = SkyCoord(
        ra * u.deg,
        dec * u.deg,
        distance=1.83 * u.pc,
        pm_ra_cosdec=-800 * u.mas / u.yr,
        pm_dec=10360 * u.mas / u.yr,
        radial_velocity=-110 * u.km / u.s,
        obstime=Time(1991.25, format="jyear", scale="tdb"),
    )
    then = star.apply_space_motion(Time(2016.0, format="jyear", scale="tdb"))
    motion = tuple(ASTROMETRY[each] for each in ("parallax", "pmra", "pmdec", "radial_velocity"))
    early = star_table("early")
    named = (Identifier(column="source_id", namespace="HIP"),)
    rows = (
        "SELECT {id} AS source_id, {ra!r} AS ra, {dec!r} AS dec, hpx29({ra!r}, {dec!r}) AS hpx29, "
        "{at} AS ref_epoch"
    )
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        store.publish(
            replace(early, columns=(*early.columns[:5], *motion), identifiers=named),
            rows.format(id=1, ra=ra, dec=dec, at=1991.25)
            + f", {1000 / 1.83!r} AS parallax, -800.0 AS pmra, 10360.0 AS pmdec, -110.0 AS radial_velocity",
        )
        later = star_table("later")
        there = rows.format(id=5, ra=float(then.ra.deg), dec=float(then.dec.deg), at=2016.0)
        decoy = rows.format(id=6, ra=ra, dec=dec, at=2016.0)
        store.publish(
            replace(later, columns=later.columns[:5]),
            f"FROM ({there} UNION ALL {decoy}) ORDER BY hpx29",
        )
        found = find_in(store, "HIP 1", rows_near).rows
        own, near = found
        assert own == StarRow("catalogs.early", "1", 1, "own", None)
        assert (near.table_name, near.row_id, near.relation) == ("catalogs.later", "5", "position")
        # astropy's model has the light's travel time in; the difference is below a milliarcsecond here.
        assert near.separation_arcsec == pytest.approx(0, abs=0.02)
        (whole,) = (row for row in find_in(store, "HIP 1").rows if row.table_name == "catalogs.later")
        assert whole.row_id == "5"
        assert whole.separation_arcsec == pytest.approx(near.separation_arcsec, abs=1e-6)
        assert np.isfinite(near.separation_arcsec)
