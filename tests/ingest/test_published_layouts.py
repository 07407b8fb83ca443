"""Spectroscopic surveys of which no real rows are at hand: small files in the layouts they publish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

import ingest
from catalogdb.errors import DataError
from catalogdb.store import Store

LAMOST = (
    "obsid,uid,obsdate,planid,spid,fiberid,ra,dec,snrg,class,subclass,z,gaia_source_id,gaia_g_mean_mag,"
    "fibermask,teff,teff_err,feh,rv,rv_err,alpha_m"
)
LAMOST_ROWS = (
    "101001,G12071681339669,2011-10-24,F5902,1,1,332.2022740,-2.0567670,7.82,STAR,G3,-0.00003,2682704265512304896,"
    "16.01,0,5500.12,88.5,-0.412,-11.53,4.21,0.11",
    "101002,G12071681339670,2011-10-24,F5902,1,2,332.2022741,-1.9,3.1,GALAXY,,0.0812,-9999,"
    "-9999.0,0,-9999.0,-9999.0,-9999.0,-9999.0,-9999.0,-9999.0",
)


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def fetched(store: Store, columns: str, table: str) -> list[tuple[Any, ...]]:
    return store.sql(f"SELECT {columns} FROM catalogs.{table} ORDER BY source_id").fetchall()


@pytest.mark.parametrize("form", ["csv", "bars", "search"])
def test_text_of_lamost(store: Store, tmp_path: Path, form: str) -> None:
    head = ",".join("combined_" + x for x in LAMOST.split(",")) if form == "search" else LAMOST
    lines = [line if form == "csv" else line.replace(",", "|") for line in (head, *LAMOST_ROWS)]
    report = ingest.ingest(store, "lamost_lrs", written(tmp_path / "dr9_v2.0_LRS_stellar.csv", lines))
    assert (report.rows_kept, report.ingests[0].form) == (2, form)
    columns = "source_id, ra, class, subclass, gaia_source_id, gaia_g_mean_mag, teff, radial_velocity"
    star, galaxy = fetched(store, columns, "lamost_lrs")
    assert star[:5] == (101001, 332.202274, "STAR", "G3", 2682704265512304896)
    assert star[5:] == pytest.approx((16.01, 5500.12, -11.53), rel=1e-6)
    assert galaxy == (101002, 332.2022741, "GALAXY", None, None, None, None, None)


def test_fits_of_lamost(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "dr9_v2.0_LRS_stellar.fits.gz"
    Table({
        "obsid": np.array([7, 9]), "designation": ["J000000.01+000001.2", "J000000.02+000001.3"],
        "planid": ["F5902", "F5902"], "ra": [0.00004, 0.00008], "dec": [0.0003, 0.0004], "snrg": np.array([7.5, -9999], "f4"),
        "gaia_source_id": ["2682704265512304896", "-9999"], "teff": np.array([5500, -9999], "f4"),
        "rv": [-11.53, -9999.0], "mag_ps_g": np.array([14.5, -9999.99], "f4"), "vsini_lasp": np.array([-9999, 33], "f4"),
    }).write(path)  # fmt: skip
    assert ingest.ingest(store, "lamost_lrs", path).ingests[0].form == "fits"
    columns = "source_id, snrg, gaia_source_id, teff, radial_velocity, mag_ps_g, vsini_lasp"
    assert fetched(store, columns, "lamost_lrs") == [
        (7, 7.5, 2682704265512304896, 5500, -11.53, 14.5, None),
        (9, None, None, None, None, None, 33),
    ]


def test_medium_resolution_of_lamost(store: Store, tmp_path: Path) -> None:
    lines = [
        "obsid|mobsid|ra|dec|band|snr|rv_b0|rv_b0_err|rv_br1|rv_br1_flag|coadd",
        "589301001|589301001B84175|10.5|41.2|B|55.1|-12.3|0.4|-9999.0|1|0",
        "589301001|589301001B84198|10.5|41.2|B|50.2|-9999.0|-9999.0|-12.9|0|0",
    ]
    report = ingest.ingest(store, "lamost_mrs", written(tmp_path / "dr9_v2.0_MRS_catalogue.csv", lines))
    assert report.ingests[0].form == "bars"
    rows = fetched(store, "source_id, obsid, band, rv_b0, rv_br1", "lamost_mrs")
    assert [row[:3] for row in rows] == [
        ("589301001B84175", 589301001, "B"),
        ("589301001B84198", 589301001, "B"),
    ]
    assert [row[3:] for row in rows] == [(pytest.approx(-12.3), None), (None, pytest.approx(-12.9))]


def test_all_stars_of_apogee(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "allStar-dr17-synspec_rev1.fits"
    covariance = np.arange(3 * 81, dtype="f4").reshape(3, 9, 9)
    Table({
        "APOGEE_ID": ["2M00000002+7417074", "2M00000019-1924498", "VESTA"], "TELESCOPE": ["apo25m", "lco25m", "apo1m"],
        "RA": [0.1, 0.2, np.nan], "DEC": [74.0, -19.0, np.nan],
        "J": np.array([8.7, 99.999, 99.99], "f4"), "J_ERR": np.array([0.02, -9999.99, -9999], "f4"),
        "TEFF": np.array([5000, np.nan, -9999.99], "f4"), "ASPCAPFLAG": [0, 1, 2**40],
        "GAIAEDR3_SOURCE_ID": [538028216707715712, 0, 0], "FPARAM": np.arange(27, dtype="f4").reshape(3, 9),
        "FPARAM_COV": covariance, "PARAM": np.zeros((3, 9), "f4"), "VHELIO_AVG": np.array([1, 2, 3], "f4"),
        "A_LATER_COLUMN": [1, 2, 3],
    }).write(path)  # fmt: skip
    report = ingest.ingest(store, "apogee", path)
    assert (report.rows_kept, report.without_position) == (3, 1)
    columns = "source_id, ra, j, j_err, teff, gaiaedr3_source_id, aspcapflag, radial_velocity, a_later_column"
    first, second, vesta = fetched(store, columns, "apogee")
    assert first[:3] == ("2M00000002+7417074", 0.1, pytest.approx(8.7))
    assert first[4:] == (5000, 538028216707715712, 0, 1, 1)
    assert second[2:] == (None, None, None, None, 1, 2, 2)
    assert vesta[1:] == (None, None, None, None, None, 2**40, 3, 3)
    assert not store.table("apogee").has("param")
    lists = fetched(store, "fparam, fparam_cov", "apogee")
    np.testing.assert_array_equal([row[1] for row in lists], covariance.reshape(3, 81))
    assert lists[2][0] == list(range(18, 27))


@pytest.mark.parametrize(("release", "epoch"), [("dr3", 2015.5), ("dr4", 2016.0)])
def test_main_catalogues_of_galah(store: Store, tmp_path: Path, release: str, epoch: float) -> None:
    own = {
        "dr3": {
            "star_id": ["06013225-8421369", "06013226-8421370"], "dr3_source_id": [4611686018427387905, -1],
            "dr2_source_id": [4611686018427387904, 0], "ra_dr2": [90.38, 91.0], "dec_dr2": [-84.36, -80.0],
            "rv_galah": [26.5, np.nan], "e_rv_galah": [0.1, np.nan], "Fe_fe": [0.1, 0.2],
        },
        "dr4": {
            "tmass_id": ["06013225-8421369", "06013226-8421370"], "gaiadr3_source_id": [4611686018427387905, -1],
            "ra": [90.38, 91.0], "dec": [-84.36, -80.0], "field_id": [3455, -1], "rv_comp_1": [26.5, np.nan],
            "e_rv_comp_1": [0.1, np.nan],
        },
    }[release]  # fmt: skip
    path = tmp_path / "galah.fits"
    Table(
        {"sobject_id": [131116000501004, 131116000501005], "teff": np.array([5000.5, np.nan], "f4"), **own}
    ).write(path)
    assert ingest.ingest(store, "galah", path).ingests[0].form == release
    gaia = {"dr3": "dr3_source_id", "dr4": "gaiadr3_source_id"}[release]
    rows = fetched(store, f"source_id, ra, ref_epoch, teff, radial_velocity, {gaia}", "galah")
    assert rows == [
        (131116000501004, 90.38, epoch, 5000.5, 26.5, 4611686018427387905),
        (131116000501005, 91.0, epoch, None, None, None),
    ]


def test_text_of_the_exoplanet_archive(store: Store, tmp_path: Path) -> None:
    lines = [
        "# This file was produced by the NASA Exoplanet Archive  http://exoplanetarchive.ipac.caltech.edu",
        "#",
        "# COLUMN pl_name:        Planet Name",
        '# COLUMN pl_refname:     Planetary "Parameter" Reference, with commas',
        "#",
        "pl_name,hostname,default_flag,pl_refname,pl_orbper,pl_orbpererr1,pl_orbpererr2,pl_orbperlim,pl_bmasse,"
        "pl_bmasselim,disc_year,ra,dec,sy_vmag",
        '11 Com b,11 Com,1,"<a refstr=TENG ET AL. 2023 href=https://ui.adsabs.harvard.edu/x target=ref>Teng, H. et al.</a>",'
        "323.21,0.06,-0.05,0,4914.8985,0,2007,185.1787793,17.7932516,4.72307",
        "11 Com b,11 Com,0,Liu et al. 2008,326.03,0.32,-0.32,0,6165.6,1,2007,185.1787793,17.7932516,",
        "OGLE-x L b,OGLE-x L,1,,,,,,,,2016,,,",
    ]
    report = ingest.ingest(store, "nasa_exoplanets", written(tmp_path / "PS_2025.csv", lines))
    assert (report.rows_kept, report.without_position, report.ingests[0].form) == (3, 1, "csv")
    columns = "source_id, pl_refname, pl_orbper, pl_orbpererr2, pl_bmasselim, ra, sy_vmag"
    rows = sorted(fetched(store, columns, "nasa_exoplanets"), key=lambda row: (row[0], row[2] or 0))
    assert rows[0][:1] + rows[0][2:5] == ("11 Com b", 323.21, -0.05, 0)
    assert rows[0][1].startswith("<a refstr=TENG")
    assert rows[0][1].endswith("Teng, H. et al.</a>")
    assert rows[1] == ("11 Com b", "Liu et al. 2008", 326.03, -0.32, 1, 185.1787793, None)
    assert rows[2] == ("OGLE-x L b", None, None, None, None, None, None)
    column = store.table("nasa_exoplanets").column("pl_bmasse")
    assert column.unit == "'earthMass'"


def test_votable_of_the_exoplanet_archive(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "pscomppars.vot"
    Table({
        "pl_name": ["11 Com b", "14 Her b"], "hostname": ["11 Com", "14 Her"], "ra": [185.18, 242.6], "dec": [17.79, 43.8],
        "pl_orbper": MaskedColumn([323.21, 0], mask=[False, True]),
        "pl_orbperlim": MaskedColumn(np.array([0, 0], "i2"), mask=[False, True]),
    }).write(path, format="votable")  # fmt: skip
    assert ingest.ingest(store, "nasa_exoplanets", path).ingests[0].form == "votable"
    rows = fetched(store, "source_id, ra, pl_orbper, pl_orbperlim", "nasa_exoplanets")
    assert rows == [("11 Com b", 185.18, 323.21, 0), ("14 Her b", 242.6, None, None)]


def test_another_survey_is_not_taken_for_lamost(store: Store, tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", ["obsid,ra,dec", "1,2,3"])
    with pytest.raises(DataError, match="in no form of lamost_lrs"):
        ingest.ingest(store, "lamost_lrs", path)
