"""Hipparcos-2 in its three forms, with real rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

import ingest
from catalogdb.errors import BadRecord
from catalogdb.store import Store


def test_the_torn_first_line_is_the_only_reject(store: Store, data: Path, tmp_path: Path) -> None:
    file = data / "hipparcos/hip2_vizier_part.tsv"
    with pytest.raises(BadRecord, match="line 1: 7 fields stand where 30 are expected"):
        ingest.ingest(store, "hipparcos2", file)
    report = ingest.ingest(store, "hipparcos2", file, rejects=tmp_path / "rejects.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (18967, 18966, 1)
    assert report.ingests[0].form == "vizier"
    row = store.sql(
        "SELECT ra, dec, parallax, pmra, ra_error, ref_epoch, hpmag FROM catalogs.hipparcos2 WHERE source_id = 99328"
    ).fetchall()
    assert row == [(302.41547724, 17.82313517, 0.80, -4.77, 0.74, 1991.25, 9.4364)]


def test_the_archive_form_is_the_file(store: Store, data: Path) -> None:
    file = data / "benchmark_stars/hipparcos.fits"
    ingest.ingest(store, "hipparcos2", file)
    rows = store.sql(
        "SELECT source_id, ra, dec, pmdec, ra_dec_corr FROM catalogs.hipparcos2 ORDER BY source_id"
    ).arrow()
    truth = np.sort(fits.getdata(file), order="hip")
    np.testing.assert_array_equal(np.asarray(rows["source_id"]), truth["hip"])
    np.testing.assert_allclose(np.asarray(rows["ra"]), np.degrees(truth["ra_rad"]), rtol=0, atol=1e-12)
    np.testing.assert_allclose(np.asarray(rows["ra"]), truth["ra"], rtol=0, atol=1e-8)
    corr = np.asarray(rows["ra_dec_corr"], dtype=float)
    assert np.isfinite(corr).sum() > 160
    assert np.nanmax(np.abs(corr)) < 1


def test_the_native_form_keeps_everything_but_digits(store: Store, data: Path, tmp_path: Path) -> None:
    ingest.ingest(store, "hipparcos2", data / "benchmark_stars/hipparcos.fits")
    rows = store.sql("SELECT * FROM catalogs.hipparcos2 ORDER BY source_id").arrow().drop_columns(["hpx29"])
    file = tmp_path / "hip2.dat"
    ingest.write_native("hipparcos2", "native", rows, file)
    assert {len(line) for line in file.read_text().splitlines()} == {276}
    report = ingest.ingest(store, "hipparcos2", file, name="again")
    assert report.ingests[0].form == "native"
    back = store.sql("SELECT * FROM catalogs.again ORDER BY source_id").arrow()
    for name, digits in (("ra", 6e-9), ("parallax", 0.0051), ("pmra_error", 0.0051), ("hpmag", 1e-4)):
        np.testing.assert_allclose(
            np.asarray(back[name]), np.asarray(rows[name]), rtol=0, atol=digits, err_msg=name
        )
    known = np.array([x is not None for x in rows["ra_dec_corr"].to_pylist()])
    np.testing.assert_allclose(
        np.asarray(back["ra_dec_corr"])[known], np.asarray(rows["ra_dec_corr"], float)[known], atol=0.01
    )
