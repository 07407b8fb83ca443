"""APASS, Refcat2 and GSC 2.4: real rows in the forms of VizieR and MAST, against astropy's reading."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

import ingest
from catalogdb.store import Store


def column(store: Store, table: str, name: str, order: str) -> np.ndarray:
    rows = store.sql(f"SELECT {name} FROM catalogs.{table} ORDER BY {order}").fetchall()
    return np.array([np.nan if row[0] is None else row[0] for row in rows])


def test_apass_as_vizier_gives_it(store: Store, data: Path) -> None:
    file = data / "apass/ey_uma_apass.ecsv"
    report = ingest.ingest(store, "apass", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (54, 54, 0)
    assert report.without_epoch == 54
    truth = Table.read(file)
    truth.sort(["RAJ2000", "DEJ2000"])
    for ours, theirs, factor in (
        ("ra", "RAJ2000", 1),
        ("dec", "DEJ2000", 1),
        ("ra_error", "e_RAJ2000", 1000),
        ("dec_error", "e_DEJ2000", 1000),
        ("field", "Field", 1),
        ("vmag", "Vmag", 1),
        ("e_bmag", "e_Bmag", 1),
        ("g_mag", "g'mag", 1),
        ("u_e_i_mag", "u_e_i'mag", 1),
    ):
        wanted = np.ma.filled(truth[theirs].astype(float), np.nan) * factor
        np.testing.assert_allclose(column(store, "apass", ours, "ra, dec"), wanted, rtol=2e-7, err_msg=ours)
    ((name, recno),) = store.sql(
        "SELECT source_id, count(*) OVER () FROM catalogs.apass WHERE vmag BETWEEN 15.836 AND 15.838"
    ).fetchall()
    assert (name, recno) == ("135.681570+49.745309", 1)


def test_refcat2_as_vizier_gives_it(store: Store, data: Path) -> None:
    file = data / "apass/ey_uma_refcat2.ecsv"
    report = ingest.ingest(store, "refcat2", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (187, 187, 0)
    truth = Table.read(file)
    truth.sort(["RA_ICRS", "DE_ICRS"])
    for ours, theirs in {
        "ra": "RA_ICRS",
        "dec": "DE_ICRS",
        "parallax": "Plx",
        "pmra": "pmRA",
        "pmdec_error": "e_pmDE",
        "gmag_gaia": "Gmag",
        "gmag": "gmag",
        "ag_gaia": "AG",
        "ag_total": "Ag",
        "rp1": "rp1",
        "teff": "Teff",
        "kmag": "Kmag",
    }.items():
        wanted = np.ma.filled(truth[theirs].astype(float), np.nan)
        np.testing.assert_allclose(column(store, "refcat2", ours, "ra, dec"), wanted, rtol=2e-7, err_msg=ours)
    assert set(column(store, "refcat2", "ref_epoch", "ra")) == {2015.5}
    assert store.sql("SELECT id FROM catalogs.refcat2 ORDER BY ra LIMIT 1").fetchall()[0][0] > 10**18


def test_columns_that_differ_by_case_alone_are_told_apart(store: Store, data: Path, tmp_path: Path) -> None:
    """AG and Ag, Gmag and gmag: DuckDB itself does not distinguish them."""
    truth = Table.read(data / "apass/ey_uma_refcat2.ecsv")
    truth.write(tmp_path / "x.vot", format="votable")
    ingest.ingest(store, "refcat2", tmp_path / "x.vot")
    truth.sort(["RA_ICRS", "DE_ICRS"])
    for ours, theirs in {"ag_total": "Ag", "gmag": "gmag", "gmag_gaia": "Gmag"}.items():
        np.testing.assert_allclose(
            column(store, "refcat2", ours, "ra, dec"), truth[theirs].astype(float), rtol=2e-7
        )


def test_the_files_of_refcat2_are_whole_numbers(store: Store, tmp_path: Path) -> None:
    """The star that Tonry's own description of the format gives as its example, as far as it was seen."""
    file = tmp_path / "280-20.rc2"
    file.write_text(
        "28000001672,-1967818581,98,10,114,16,-1460,15,15884,1,16472,10,15137,1"
        + ",0" * 7
        + ",16472,10,23,1f,15884,9,5,1f,15600,8,5,1f,15500,8,5,1f,0,14105,36,0,0,13605,34\n"
    )
    ingest.ingest(store, "refcat2", file)
    ((ra, dec, parallax, pmdec, gaia, chi, jmag, hmag, teff),) = store.sql(
        "SELECT ra, dec, parallax, pmdec, gmag_gaia, gchi, jmag, hmag, teff FROM catalogs.refcat2"
    ).fetchall()
    assert (ra, dec, parallax, pmdec) == pytest.approx((280.00001672, -19.67818581, 0.98, -14.60), abs=1e-12)
    assert (gaia, chi, jmag) == pytest.approx((15.884, 0.23, 14.105), abs=1e-6)
    assert (hmag, teff) == (None, None)


GSC_ERRORS = {"ra_error": "raErr", "dec_error": "decErr"}


def test_gsc24_has_all_its_154_columns(store: Store, data: Path) -> None:
    file = data / "gsc2/gsc24_jwst_guidestars_from_spelunker_docs.csv"
    report = ingest.ingest(store, "gsc24", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (11, 11, 0)
    with file.open() as stream:
        truth = sorted(csv.DictReader(stream), key=lambda row: row["hstID"])
    spec = ingest.load_spec("gsc24")
    form = spec.form("mast")
    assert form is not None
    assert {f.source or f.name for f in form.fields} == set(truth[0])
    assert len(form.fields) == 154
    rows = store.sql("SELECT * FROM catalogs.gsc24 ORDER BY source_id").arrow().to_pylist()
    for ours, theirs in zip(rows, truth, strict=True):
        assert ours["source_id"] == theirs["hstID"]
        assert (ours["ra"], ours["dec"], ours["ref_epoch"]) == (
            float(theirs["ra"]),
            float(theirs["dec"]),
            float(theirs["epoch"]),
        )
        for name, source in GSC_ERRORS.items():
            assert ours[name] == pytest.approx(float(theirs[source]) * 1000)
        for item in form.fields:
            column = spec.column(item.name)
            if column is None or item.name in {"source_id", "ref_epoch", *GSC_ERRORS}:
                continue
            text = theirs[item.source or item.name]
            value = ours.get(item.name)
            if text == "":
                assert value is None, item.name
            elif column.is_number:
                assert value == pytest.approx(float(text), rel=1e-6), item.name
            else:
                assert str(value) == text, item.name


def test_apass_dr10_below_its_line_of_names(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "zp23_10.txt"
    head = "APASS ID  ra  raerr  dec decerr " + " ".join(
        f"{k}{b}" for k in ("n", "", "e") for b in "BVugrizY"
    )
    star = "20152196001 135.744601 0.051 49.740189 0.507  6 6 0 6 6 6 0 0  12.125 11.404 99.999 11.783 11.255 11.107 99.999 99.999"
    file.write_text(f"{head}\n{star}  0.079 0.022 99.999 -0.113 0.027 0.023 99.999 99.999\n")
    ingest.ingest(store, "apass_dr10", file)
    ((name, ra, dec_error, n, v, u, e),) = store.sql(
        "SELECT source_id, ra, dec_error, n_b, vmag, umag, e_gmag FROM catalogs.apass_dr10"
    ).fetchall()
    assert (name, ra, dec_error, n, u) == ("20152196001", 135.744601, pytest.approx(507), 6, None)
    assert (v, e) == pytest.approx((11.404, -0.113), abs=1e-6)
