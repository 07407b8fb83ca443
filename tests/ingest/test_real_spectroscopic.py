"""Spectroscopic surveys and velocity catalogues: real rows against pandas, h5py and astropy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from astropy.table import Table

import ingest
from catalogdb.store import Store


def rows_of(store: Store, name: str, key: str = "source_id") -> dict[str, np.ndarray[Any, Any]]:
    table = store.sql(f"SELECT * FROM catalogs.{name} ORDER BY {key}").arrow()
    return {n: table.column(n).to_numpy(zero_copy_only=False) for n in table.column_names}


def vizier_text(file: Path) -> pd.DataFrame:
    """The table below VizieR's comments, as text; blanks are NA."""
    lines = [line for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
    names, _, _, *records = (line.split(";") for line in lines)
    return pd.DataFrame([[x.strip() for x in r] for r in records], columns=names).replace("", np.nan)


def test_famaey(store: Store, data: Path) -> None:
    file = data / "radial_velocities/iwander_Famaey2005.tsv"
    report = ingest.ingest(store, "famaey2005", file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (6690, 6690, 0)
    rows, truth = rows_of(store, "famaey2005"), vizier_text(file)
    truth.index = truth["HIP"].astype(int)
    truth = truth.sort_index()
    np.testing.assert_array_equal(rows["source_id"], truth.index)
    for ours, theirs in {
        "ra": "RAJ2000", "dec": "DEJ2000", "parallax": "varpi", "parallax_error": "e_varpi", "pmra": "pmAH",
        "pmra_error": "e_pmAH", "pmdec": "pmDH", "pmdec_error": "e_pmDH", "radial_velocity": "RV",
    }.items():  # fmt: skip
        np.testing.assert_array_equal(rows[ours].astype(float), truth[theirs].astype(float))
    for ours, theirs in {
        "dist": "Dist",
        "uvel": "Uvel",
        "hpmag": "Hpmag",
        "p_g_": "P(g)",
        "v_ich40": "V-IcH40",
    }.items():
        np.testing.assert_allclose(rows[ours].astype(float), truth[theirs].astype(float), rtol=1e-6)
    assert set(rows["ref_epoch"]) == {1991.25}


def test_zeros_of_famaey_that_stand_for_nothing(store: Store, data: Path) -> None:
    file = data / "radial_velocities/iwander_Famaey2005.tsv"
    ingest.ingest(store, "famaey2005", file)
    truth = vizier_text(file)
    gone = {
        "hd": (truth["HD"] == "0").sum(),
        "pmat2": (truth["e_pmAT2"] == "0.0").sum(),
        "pmh_t2": (truth["e_pmAT2"] == "0.0").sum(),
        "vt2mag": (truth["VT2mag"] == "0.000").sum(),
        "hp_vt2": (truth["VT2mag"] == "0.000").sum(),
        "v_ic": (truth["V-Ic"] == "0.00").sum(),
        "radial_velocity": truth["RV"].isna().sum(),
        "radial_velocity_error": truth["RV"].isna().sum(),
        "g": 0,
    }
    counts = ", ".join(f"count(*) FILTER ({name} IS NULL)" for name in gone)
    (found,) = store.sql(f"SELECT {counts} FROM catalogs.famaey2005").fetchall()
    assert found == tuple(gone.values())
    assert gone["pmat2"] == 267


def test_galah_dr1(store: Store, data: Path) -> None:
    file = data / "radial_velocities/iwander_Galah.tsv"
    report = ingest.ingest(store, "galah", file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (10680, 10680, "dr1")
    key = ["GALAH", "Teff", "RV"]
    truth = vizier_text(file).astype({"GALAH": int, "Teff": int, "RV": float}).sort_values(key)
    rows = rows_of(store, "galah", "source_id, teff, radial_velocity")
    assert rows["_2mass"].tolist() == truth["2MASS"].tolist()
    assert rows["tyc2"].tolist() == truth["TYC2"].tolist()
    for ours, theirs in {"ra": "RAJ2000", "dec": "DEJ2000", "radial_velocity": "RV"}.items():
        np.testing.assert_array_equal(rows[ours], truth[theirs].astype(float))
    for ours, theirs in {
        "logg": "logg",
        "fe_h": "[Fe/H]",
        "alpha_fe": "[alpha/Fe]",
        "_m_m_v": "(m-M)V",
        "e_b_v_": "E(B-V)",
    }.items():
        np.testing.assert_allclose(rows[ours].astype(float), truth[theirs].astype(float), rtol=1e-6)
    assert store.sql("SELECT count(ref_epoch) FROM catalogs.galah").fetchall() == [(0,)]


def test_lamost_joined_with_gaia(store: Store, data: Path) -> None:
    file = data / "lamost/lamost_dr9_gaia_dr3.csv"
    report = ingest.ingest(store, "lamost_lrs", file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (1838, 1838, "gaia_match")
    rows, truth = rows_of(store, "lamost_lrs"), pd.read_csv(file).sort_values("combined_obsid")
    for ours, theirs in {
        "source_id": "combined_obsid", "gaia_source_id": "source_id", "ra": "ra_lamost", "dec": "dec_lamost", "lmjd": "combined_lmjd",
        "spid": "combined_spid", "radial_velocity": "rv", "parallax": "parallax", "pmra": "pmra", "ra_gaia": "ra_gaia",
    }.items():  # fmt: skip
        np.testing.assert_array_equal(rows[ours], truth[theirs])
    for name in ("teff", "logg", "feh", "ruwe", "bp_rp", "phot_g_mean_mag"):
        np.testing.assert_allclose(rows[name], truth[name], rtol=1e-6)
    for ours, theirs in {
        "subclass": "combined_subclass",
        "planid": "combined_planid",
        "obsdate": "combined_obsdate",
    }.items():
        assert rows[ours].tolist() == truth[theirs].astype(str).tolist()
    assert "distance_pc" not in rows


def test_the_epoch_of_lamosts_positions_is_not_gaias(data: Path) -> None:
    """The statement of epoch_note: by the motions of fast stars the positions lie years before 2016.0."""
    truth = pd.read_csv(data / "lamost/lamost_dr9_gaia_dr3.csv")
    fast = truth[np.hypot(truth.pmra, truth.pmdec) > 20]
    offset = (fast.dec_lamost - fast.dec_gaia) * 3.6e6
    years = float((offset * fast.pmdec).sum() / (fast.pmdec**2).sum())
    assert -13 < years < -9


def test_apokasc2(store: Store, data: Path) -> None:
    report = ingest.ingest(store, "apokasc2", data / "apogee/APOKASC2.h5")
    assert (report.rows_read, report.rows_kept) == (6676, 6676)
    rows = rows_of(store, "apokasc2")
    with h5py.File(data / "apogee/APOKASC2.h5") as file:
        truth = {name: file[name][:] for name in file}
    order = np.argsort(truth["APOGEE_ID"])
    assert rows["source_id"].tolist() == [x.decode() for x in truth["APOGEE_ID"][order]]
    for ours, theirs in {
        "kic": "KIC", "tic": "TIC", "numax": "Numax", "deltanu": "Deltanu", "mcorr": "Mcorr", "age": "Age",
        "age_err": "Age_err", "teff": "TEFF", "mg_h": "MG_H", "parallax": "parallax", "fakemag": "fakemag",
    }.items():  # fmt: skip
        want = truth[theirs][order].astype(float)
        np.testing.assert_array_equal(rows[ours].astype(float), np.where(want == -9999, np.nan, want))
    assert (rows["es"] == None).sum() == (truth["ES"] == b"-9999.0").sum() > 0  # noqa: E711
    ids = truth["source_id"][order]
    assert [
        x for x in store.sql("SELECT gaia_source_id FROM catalogs.apokasc2 ORDER BY source_id").fetchall()
    ] == [(int(x) or None,) for x in ids]
    # What the spec says of fakemag and of the errors.
    there = truth["fakemag"] != -9999
    np.testing.assert_allclose(
        truth["fakemag"][there],
        truth["parallax"][there] * 10 ** (truth["K"][there].astype(float) / 5),
        rtol=1e-5,
    )


def test_labels_of_apogee(store: Store, data: Path) -> None:
    file = data / "apogee/thecannon_apogee_dr12_labels.csv"
    report = ingest.ingest(store, "apogee", file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (9618, 9618, "labels")
    rows, truth = rows_of(store, "apogee"), pd.read_csv(file).sort_values("APOGEE_ID")
    assert rows["source_id"].tolist() == truth["APOGEE_ID"].tolist()
    assert rows["file"].tolist() == truth["FILE"].tolist()
    for name in ("TEFF", "LOGG", "PARAM_M_H", "AL_H", "FE_H", "V_H"):
        np.testing.assert_allclose(rows[name.lower()], truth[name], rtol=1e-6)


def test_labels_of_stars_that_lamost_has_observed(store: Store, data: Path) -> None:
    file = data / "lamost/lamost_labels.fits"
    report = ingest.ingest(store, "apogee", file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (1387, 1387, "lamost_labels")
    rows, truth = rows_of(store, "apogee"), Table.read(file)
    truth.sort("APOGEE_ID")
    assert rows["lamost_id"].tolist() == [str(x) for x in truth["LAMOST_ID"]]
    np.testing.assert_array_equal(rows["ra"], truth["RA"])
    np.testing.assert_array_equal(rows["param_alpha_m"], truth["PARAM_ALPHA_M"])
