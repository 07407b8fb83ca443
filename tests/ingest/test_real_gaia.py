"""Gaia DR2 and DR3 in the archive's CSV, ECSV, VOTable and FITS, against astropy's reading."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

import ingest
from catalogdb.store import Store

FILES = [
    ("gaia_dr3", "gaia_formats/astroquery_1710099405832VAL-result.vot", "votable", 2, 152),
    ("gaia_dr3", "gaia_formats/astroquery_1712337806100O-result.ecsv", "ecsv", 5, 153),
    ("gaia_dr2", "gaia_formats/HD_219829_query_results.ecsv", "ecsv", 6, 96),
    ("gaia_dr3", "benchmark_stars/gaiadr3.fits", "fits", 180, 162),
    ("gaia_dr3", "pleiades/gaia_dr3.fits", "fits", 50000, 9),
    ("gaia_dr2", "ngc188/gaia_dr2.fits", "fits", 4876, 11),
]


@pytest.mark.parametrize(("name", "file", "form", "count", "width"), FILES)
def test_every_column_is_the_files(
    store: Store, data: Path, name: str, file: str, form: str, count: int, width: int
) -> None:
    report = ingest.ingest(store, name, data / file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (count, count, 0)
    assert report.ingests[0].form == form
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = Table.read(data / file)
    assert len(truth.colnames) == width
    identifier = next(n for n in truth.colnames if n.lower() == "source_id")
    truth.sort(identifier)
    rows = store.sql(f"SELECT * FROM catalogs.{name} ORDER BY source_id").arrow()
    for column in truth.colnames:
        ours = rows.column(column.lower()).to_numpy(zero_copy_only=False)
        theirs = truth[column]
        if theirs.dtype.kind == "f":
            wanted = np.ma.filled(np.ma.MaskedArray(theirs), np.nan)
            np.testing.assert_array_equal(ours.astype(theirs.dtype), wanted, err_msg=column)
        elif theirs.dtype.kind in "iu":
            gone = np.ma.getmaskarray(theirs)
            np.testing.assert_array_equal(
                ours[~gone].astype(np.int64), np.asarray(theirs)[~gone], err_msg=column
            )
    epoch = 2015.5 if name == "gaia_dr2" else 2016.0
    assert set(rows.column("ref_epoch").to_pylist()) == {epoch}


def test_csv_of_the_archive(store: Store, data: Path) -> None:
    file = data / "gaia_formats/Meibom_2011_X_GaiaDR2.csv"
    report = ingest.ingest(store, "gaia_dr2", file)
    assert (report.rows_kept, report.ingests[0].form) == (118, "csv")
    with file.open() as stream:
        truth = sorted(csv.DictReader(stream), key=lambda r: int(r["source_id"]))
    rows = store.sql("SELECT * FROM catalogs.gaia_dr2 ORDER BY source_id").arrow()
    for name in (
        "source_id",
        "ra",
        "dec",
        "parallax",
        "pmra_error",
        "ra_dec_corr",
        "radial_velocity",
        "teff_val",
    ):
        wanted = [None if not r[name] else float(r[name]) for r in truth]
        found = [None if x is None else float(x) for x in rows.column(name).to_pylist()]
        np.testing.assert_allclose(np.array(found, float), np.array(wanted, float), rtol=1e-7, err_msg=name)
    assert rows.column("designation").to_pylist() == [r["DESIGNATION"] for r in truth]
    assert rows.column("astrometric_primary_flag").to_pylist() == [
        r["astrometric_primary_flag"] == "True" for r in truth
    ]


def test_small_fields_come_in_together(store: Store, data: Path) -> None:
    files = sorted((data / "gaia_dr2_fields").glob("*.fits"))
    truth = np.concatenate([np.sort(fits.getdata(f)["source_id"]) for f in files])
    report = ingest.ingest(store, "gaia_dr2", files)
    assert report.rows_read == report.rows_kept == len(truth) == 3530
    rows = store.sql("SELECT source_id, parallax FROM catalogs.gaia_dr2 ORDER BY source_id").arrow()
    np.testing.assert_array_equal(np.asarray(rows.column("source_id")), np.sort(truth))
    assert rows.column("parallax").null_count == 427


@pytest.mark.parametrize("form", ["csv", "ecsv", "votable", "fits"])
def test_each_form_is_written_without_loss(store: Store, data: Path, tmp_path: Path, form: str) -> None:
    ingest.ingest(store, "gaia_dr3", data / "gaia_formats/astroquery_1712337806100O-result.ecsv")
    rows = store.sql("SELECT * EXCLUDE (dist) FROM catalogs.gaia_dr3 ORDER BY source_id").arrow()
    file = tmp_path / f"gaia.{form}"
    ingest.write_native("gaia_dr3", form, rows, file)
    report = ingest.ingest(store, "gaia_dr3", file, name="again")
    assert report.ingests[0].form == form
    back = store.sql("SELECT * FROM catalogs.again ORDER BY source_id").arrow()
    assert back.column_names == rows.column_names
    assert back.to_pylist() == rows.to_pylist()


def test_releases_of_gaia_count_as_one() -> None:
    groups = {
        name: ingest.load_spec(name).shared_data_group
        for name in ("gaia_dr2", "gaia_dr3", "hipparcos", "hipparcos2")
    }
    assert groups == {
        "gaia_dr2": "gaia",
        "gaia_dr3": "gaia",
        "hipparcos": "hipparcos",
        "hipparcos2": "hipparcos",
    }
