"""2MASS and AllWISE in the forms of IRSA, VizieR and the Gaia archive, against astropy's reading."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time

import ingest
from catalogdb.store import Store


def columns(store: Store, name: str) -> dict[str, np.ndarray[Any, Any]]:
    table = store.sql(f"SELECT * FROM catalogs.{name} ORDER BY source_id").arrow()
    return {n: table.column(n).to_numpy(zero_copy_only=False) for n in table.column_names}


def read(file: Path, key: str) -> Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = Table.read(file)
    table.sort(key)
    return table


def tdb_year(jd: Any) -> Any:
    return Time(jd, format="jd", scale="utc").tdb.jyear


def test_vizier_with_all_columns(store: Store, data: Path) -> None:
    file = data / "twomass/vizier_full_columns.vot"
    report = ingest.ingest(store, "twomass", file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (683, 683, "vizier")
    rows, truth = columns(store, "twomass"), read(file, "_2MASS")
    assert rows["source_id"].tolist() == [str(x) for x in truth["_2MASS"]]
    assert len(rows) >= len(truth.colnames)
    for ours, theirs in {
        "ra": "RAJ2000",
        "dec": "DEJ2000",
        "j_m": "Jmag",
        "jdate": "JD",
        "pts_key": "Cntr",
    }.items():
        np.testing.assert_array_equal(rows[ours], np.asarray(truth[theirs]))
    gone = np.ma.getmaskarray(truth["e_Kmag"])
    assert gone.sum() == 90
    np.testing.assert_array_equal(np.isnan(rows["k_msigcom"].astype(float)), gone)
    np.testing.assert_allclose(rows["ref_epoch"], tdb_year(truth["JD"]), rtol=0, atol=1e-9)


def test_the_error_ellipse_is_that_of_its_covariance(store: Store, data: Path) -> None:
    file = data / "twomass/vizier_full_columns.vot"
    ingest.ingest(store, "twomass", file)
    rows, truth = columns(store, "twomass"), read(file, "_2MASS")
    angle = np.radians(np.asarray(truth["errPA"], float))
    turn = np.array([[np.sin(angle), np.cos(angle)], [np.cos(angle), -np.sin(angle)]])
    axes = np.stack([np.asarray(truth[x], float) * 1000 for x in ("errMaj", "errMin")])
    covariance = np.einsum("ikn,kn,jkn->ijn", turn, axes**2, turn)
    np.testing.assert_allclose(rows["ra_error"], np.sqrt(covariance[0, 0]), rtol=1e-6)
    np.testing.assert_allclose(rows["dec_error"], np.sqrt(covariance[1, 1]), rtol=1e-6)
    corr = covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])
    np.testing.assert_allclose(rows["ra_dec_corr"], corr, atol=1e-6)


def test_the_bulk_form_holds_all_of_it(store: Store, data: Path, tmp_path: Path) -> None:
    ingest.ingest(store, "twomass", data / "twomass/vizier_full_columns.vot")
    rows = store.sql("SELECT * FROM catalogs.twomass ORDER BY source_id").arrow()
    file = tmp_path / "psc_aaa"
    ingest.write_native("twomass", "native", rows, file)
    first = file.read_text().splitlines()[0].split("|")
    assert len(first) == 60
    assert "\\N" in first
    report = ingest.ingest(store, "twomass", file, name="bulk")
    assert report.ingests[0].form == "native"
    back = store.sql("SELECT * FROM catalogs.bulk ORDER BY source_id").arrow()
    for name in back.column_names:
        assert back.column(name).to_pylist() == rows.column(name).to_pylist(), name


def test_the_gaia_archives_copy_of_2mass(store: Store, data: Path) -> None:
    file = data / "benchmark_stars/tmass.fits"
    report = ingest.ingest(store, "twomass", file)
    assert (report.rows_kept, report.ingests[0].form) == (189, "archive")
    rows, truth = columns(store, "twomass"), np.sort(fits.getdata(file), order="DESIGNATION")
    np.testing.assert_array_equal(rows["ra"], truth["ra"])
    np.testing.assert_array_equal(rows["k_m"], truth["ks_m"])
    np.testing.assert_allclose(rows["ref_epoch"], tdb_year(truth["j_date"].astype(float)), rtol=0, atol=1e-9)
    assert set(rows["hip_int"]) == set(truth["hip_int"])


@pytest.mark.parametrize(
    ("file", "count", "form"),
    [("ngc188/twomass.ecsv", 5014, "vizier_ecsv"), ("twomass/irsa_7rows.xml", 7, "irsa")],
)
def test_forms_with_the_date_of_the_night(store: Store, data: Path, file: str, count: int, form: str) -> None:
    report = ingest.ingest(store, "twomass", data / file)
    assert (report.rows_read, report.rows_kept, report.without_epoch) == (count, count, 0)
    assert report.ingests[0].form == form
    rows = columns(store, "twomass")
    years = Time(rows["date_"].tolist(), scale="utc").tdb.jyear
    np.testing.assert_allclose(rows["ref_epoch"], years, rtol=0, atol=1e-9)


def test_allwise_of_the_gaia_archive(store: Store, data: Path) -> None:
    file = data / "benchmark_stars/allwise.fits"
    report = ingest.ingest(store, "allwise", file)
    assert (report.rows_kept, report.without_epoch) == (179, 0)
    rows, truth = columns(store, "allwise"), np.sort(fits.getdata(file), order="DESIGNATION")
    assert rows["source_id"].tolist() == truth["DESIGNATION"].tolist()
    np.testing.assert_array_equal(rows["dec"], truth["dec"])
    np.testing.assert_allclose(rows["ra_error"], truth["ra_error"] * 1000, rtol=1e-12)
    co = truth["radec_co_error"]
    np.testing.assert_allclose(
        rows["ra_dec_corr"], np.sign(co) * co**2 / (truth["ra_error"] * truth["dec_error"]), rtol=1e-6
    )
    # Three stars are saturated in W1: the mean date of the next band stands for it.
    mjd = np.where(np.isnan(truth["w1mjd_mean"]), truth["w2mjd_mean"], truth["w1mjd_mean"])
    mjd = np.where(np.isnan(mjd), truth["w3mjd_mean"], mjd)
    assert np.isnan(truth["w1mjd_mean"]).sum() == 3
    np.testing.assert_allclose(rows["ref_epoch"], tdb_year(mjd + 2400000.5), rtol=0, atol=1e-9)


def test_the_bulk_form_of_allwise(store: Store, data: Path, tmp_path: Path) -> None:
    ingest.ingest(store, "allwise", data / "benchmark_stars/allwise.fits")
    rows = store.sql(
        "SELECT * EXCLUDE (hip_int, allwise_oid) FROM catalogs.allwise ORDER BY source_id"
    ).arrow()
    file = tmp_path / "wise-allwise-cat-part01"
    ingest.write_native("allwise", "native", rows, file)
    assert {line.count("|") for line in file.read_text().splitlines()} == {297}
    ingest.ingest(store, "allwise", file, name="bulk")
    back = store.sql("SELECT * FROM catalogs.bulk ORDER BY source_id").arrow()
    for name in rows.column_names:
        assert back.column(name).to_pylist() == rows.column(name).to_pylist(), name
