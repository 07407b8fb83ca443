"""Places and motions of real stars against what their own catalogues say of them."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

import catalogdb
from analysis.galaxy import coords
from analysis.galaxy.sun import NAMED
from catalogdb.errors import AnalysisError

LAMOST = (
    "ra_gaia",
    "dec_gaia",
    "parallax",
    "pmra",
    "pmdec",
    "rv",
    "galcen_x_kpc",
    "galcen_y_kpc",
    "galcen_z_kpc",
    "galcen_vx_kms",
    "galcen_vy_kms",
    "galcen_vz_kms",
)


def rows(store: Any, what: str, run_id: str | None = None) -> dict[str, Any]:
    where = f" WHERE run_id = '{run_id}'" if run_id else ""
    table = store.sql(f"SELECT * FROM {what}{where} ORDER BY source_id").arrow()
    return {name: table[name].to_numpy() for name in table.column_names}  # NULL becomes NaN, or None


def test_lamost_stars_are_where_their_own_columns_say(data):
    # The file's galcen_* were made with the defaults v4.0 of astropy from 1/parallax.
    with (data / "lamost" / "lamost_dr9_gaia_dr3.csv").open() as file:
        listed = list(csv.DictReader(file))
    column = {name: np.array([float(row[name] or "nan") for row in listed]) for name in LAMOST}
    given = [column[name] for name in LAMOST[:2]] + [1.0 / column["parallax"]]
    star = coords.galactocentric(*given, *(column[name] for name in LAMOST[3:6]), NAMED["astropy_v4"].sun)
    cos, sin = np.cos(star.phi_rad), np.sin(star.phi_rad)
    made = {
        "galcen_x_kpc": -star.R_kpc * cos,
        "galcen_y_kpc": star.R_kpc * sin,
        "galcen_z_kpc": star.z_kpc,
        "galcen_vx_kms": -star.vR * cos + star.vphi * sin,
        "galcen_vy_kms": star.vR * sin + star.vphi * cos,
        "galcen_vz_kms": star.vz,
    }
    assert len(listed) == 1838
    for name, value in made.items():
        np.testing.assert_allclose(value, column[name], rtol=0.0, atol=1e-9, err_msg=name)


def test_giants_of_famaey_2005_move_as_published_but_for_their_correction(data, tmp_path):
    store = catalogdb.open(tmp_path, create=True)
    store.ingest("famaey2005", [data / "radial_velocities" / "iwander_Famaey2005.tsv"])
    report = store.analyze(
        "disc_star", stars="catalogs.famaey2005", pmra="pmat2", pmdec="pmdt2", sun="0,220,0", R0=8.0, z0=0.0
    )
    found = rows(store, "results.disc_star", report.run_id)
    theirs = rows(
        store, "(SELECT source_id::VARCHAR AS source_id, ra, dec, uvel, vvel, wvel FROM catalogs.famaey2005)"
    )
    with_velocity = np.isfinite(found["vphi"])
    assert with_velocity.sum() == 5788
    number = {name: found[name][with_velocity] for name in ("dist", "phi", "vr", "vphi", "vz")}
    published = {name: theirs[name][with_velocity] for name in ("ra", "dec", "uvel", "vvel", "wvel")}
    cos, sin = np.cos(number["phi"]), np.sin(number["phi"])
    u_km_s = -number["vr"] * cos + number["vphi"] * sin
    v_km_s = number["vr"] * sin + number["vphi"] * cos - 220.0

    def spread(x: Any) -> float:
        return float(1.4826 * np.median(np.abs(x - np.median(x))))

    # W is theirs to its rounding of 0.1 km/s.
    assert spread(number["vz"] - published["wvel"]) < 0.06
    star = SkyCoord(published["ra"] * u.deg, published["dec"] * u.deg).galactic
    off = u_km_s - published["uvel"]
    right = (14.82 + 12.37) * number["dist"] * np.sin(star.l.rad) * np.cos(star.b.rad)
    # The first-order correction by Oort's constants is not in their U; one whose angles are degrees taken
    # for radians, l from -180 to 180, is: that is what was published.
    as_radians = (
        (14.82 + 12.37) * number["dist"] * np.sin(star.l.wrap_at(180 * u.deg).deg) * np.cos(star.b.deg)
    )
    assert spread(off) > 3.0
    assert spread(off - right) > 4.0
    assert spread(off - as_radians) < 0.06
    along = (14.82 - 12.37) * number["dist"] * np.cos(star.l.wrap_at(180 * u.deg).deg) * np.cos(star.b.deg)
    assert spread(v_km_s - published["vvel"] - along) < 0.06


@pytest.mark.parametrize(
    ("catalogue", "file", "missing"),
    [
        ("galah", "radial_velocities/iwander_Galah.tsv", ["proper motions", "distances"]),
        ("apokasc2", "apogee/APOKASC2.h5", ["positions", "proper motions", "radial velocities"]),
    ],
)
def test_catalogues_that_are_not_enough_say_what_is_missing(data, tmp_path, catalogue, file, missing):
    store = catalogdb.open(tmp_path, create=True)
    store.ingest(catalogue, [data / file])
    with pytest.raises(AnalysisError) as caught:
        store.analyze("disc_star", stars=f"catalogs.{catalogue}")
    for words in missing:
        assert f"no {words}" in str(caught.value)
