"""The Hipparcos-Gaia Catalog of Accelerations: its own FITS table, and rows under VizieR's names."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from astropy.io import fits

import ingest
from catalogdb.store import Store

RENAMED = {
    "source_id": "hip_id",
    "ra": "gaia_ra",
    "dec": "gaia_dec",
    "parallax": "parallax_gaia",
    "parallax_error": "parallax_gaia_error",
    "pmra": "pmra_gaia",
    "pmdec": "pmdec_gaia",
    "pmra_error": "pmra_gaia_error",
    "pmdec_error": "pmdec_gaia_error",
    "pmra_pmdec_corr": "pmra_pmdec_gaia",
}


def test_the_fits_table_with_all_its_columns(store: Store, data: Path) -> None:
    file = data / "hgca/HGCA-test-subset.fits"
    report = ingest.ingest(store, "hgca", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (3, 3, 0)
    truth = np.sort(fits.getdata(file, 1), order="hip_id")
    rows = store.sql("SELECT * FROM catalogs.hgca ORDER BY source_id").arrow()
    seen = set()
    for name in rows.column_names:
        source = RENAMED.get(name, name)
        if source in truth.dtype.names:
            seen.add(source)
            ours, theirs = rows.column(name).to_pylist(), truth[source].reshape(-1)
            if name == "radial_velocity_source":
                assert ours == [str(x).strip() for x in theirs]
            else:
                np.testing.assert_array_equal(np.asarray(ours, theirs.dtype), theirs, err_msg=name)
    assert seen == set(truth.dtype.names)
    assert len(seen) == 35
    assert set(rows.column("ref_epoch").to_pylist()) == {2016.0}


def test_rows_with_the_names_of_vizier(store: Store, data: Path) -> None:
    file = data / "hgca/hgca_subset.csv"
    report = ingest.ingest(store, "hgca", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (379, 379, 0)
    with file.open() as stream:
        truth = sorted(csv.DictReader(stream), key=lambda row: int(row["HIP"]))
    rows = store.sql("SELECT * FROM catalogs.hgca ORDER BY source_id").arrow().to_pylist()
    for ours, theirs in zip(rows, truth, strict=True):
        assert (ours["source_id"], ours["gaia_source_id"]) == (int(theirs["HIP"]), int(theirs["Gaia"]))
        assert (ours["ra"], ours["dec"]) == (float(theirs["RA_ICRS"]), float(theirs["DE_ICRS"]))
        assert (ours["chisq"], ours["nonlinear_dpmra"]) == (float(theirs["chi2"]), float(theirs["dpmRA"]))
