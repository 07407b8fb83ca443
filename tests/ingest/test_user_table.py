"""A user's own table: what is guessed, shown, overridden and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

import ingest
from catalogdb.errors import BadRecord, DataError
from catalogdb.store import Store


def test_a_csv_is_guessed_shown_and_kept(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(
        'Star Name,RAJ2000,DEJ2000,Vmag,flag,Value\nA1,10.5,-20.5,9.1,1,2.5\n"B, 2",11.5,-21.5,NaN,0,7\n'
    )
    shown: list[str] = []
    report = ingest.ingest_table(store, file, "mine.stars", id="star name", show=shown.append, epoch=2000)
    assert report.table.qualified_name == "mine.stars"
    rows = store.sql(
        "SELECT source_id, ra, dec, ref_epoch, vmag, flag, value_ FROM mine.stars ORDER BY 1"
    ).fetchall()
    assert rows == [("A1", 10.5, -20.5, 2000.0, 9.1, 1, 2.5), ("B, 2", 11.5, -21.5, 2000.0, None, 0, 7.0)]
    assert report.table.column("vmag").ucd == "phot.mag"
    assert report.table.column("ra").source_name == "RAJ2000"
    assert report.table.column("value_").source_name == "Value"
    assert "RAJ2000" in shown[0]
    assert "-> ra" in shown[0]
    assert "positions are taken as ICRS" in shown[0]


def test_a_fits_table_keeps_its_units(store: Store, tmp_path: Path) -> None:
    table = Table({"ID": [5, 6], "alpha": [0.1, 0.2] * u.rad, "delta": [0.3, -0.3] * u.rad, "plx": [0.01, 0.02] * u.arcsec,
                   "MJD": [51544.5, 51544.5] * u.d, "teff": [5000.0, np.nan] * u.K})  # fmt: skip
    table.write(tmp_path / "x.fits")
    ingest.ingest_table(store, tmp_path / "x.fits", "x", epoch="MJD")
    rows = store.sql(
        "SELECT source_id, ra, dec, parallax, ref_epoch, teff FROM catalogs.x ORDER BY 1"
    ).fetchall()
    assert rows[0] == pytest.approx((5, np.degrees(0.1), np.degrees(0.3), 10.0, 2000.0, 5000.0))
    assert rows[1][5] is None
    assert store.table("x").column("teff").unit == "K"


def test_sexagesimal_text_and_dates(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,ra,dec,epoch\n1,05:14:32.27,-00:12:05.9,2000-01-01T12:00:00\n")
    ingest.ingest_table(store, tmp_path / "x.csv", "x")
    ((ra, dec, epoch),) = store.sql("SELECT ra, dec, ref_epoch FROM catalogs.x").fetchall()
    assert ra == pytest.approx(15 * (5 + 14 / 60 + 32.27 / 3600))
    assert dec == pytest.approx(-(12 / 60 + 5.9 / 3600))
    assert epoch == pytest.approx(2000.0, abs=1e-6)


def test_a_table_without_positions(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("hip,logg\n1,4.5\n1,4.4\n")
    report = ingest.ingest_table(store, tmp_path / "x.csv", "labels")
    assert not report.table.is_positional
    assert report.rows_kept == 2, "identifiers of a user's table may repeat"


def test_a_nan_position_is_an_error(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,ra,dec\n1,10,20\n2,NaN,20\n")
    with pytest.raises(BadRecord, match=r"line 3, column ra: NaN or infinity"):
        ingest.ingest_table(store, tmp_path / "x.csv", "x")
    assert store.tables() == ()


def test_what_can_not_be_guessed(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,ra,dec\n1,10,20\n")
    with pytest.raises(DataError, match="it has no column raa; did you mean ra"):
        ingest.guess_table(tmp_path / "x.csv", ra="raa")
    (tmp_path / "x.bin").write_bytes(bytes(range(32)) * 20)
    with pytest.raises(DataError, match="is no Parquet, CSV"):
        ingest.guess_table(tmp_path / "x.bin")


REAL = {
    "benchmark_stars/joined.fits": 192,
    "ngc188/twomass.ecsv": 5014,
    "gaia_formats/HD_219829_query_results.ecsv": 6,
    "gaia_formats/Meibom_2011_X_GaiaDR2.csv": 118,
    "ultracool/gaia_edr3_full.vot": 1265,
    "twomass/vizier_full_columns.vot": 683,
    "apogee/APOKASC2.h5": 6676,
    "lamost/lamost_dr9_gaia_dr3.csv": 1838,
    "hgca/HGCA-test-subset.fits": 3,
    "crossids/bright_hip_tyc_gaia.csv": 9092,
}


@pytest.mark.parametrize("name", REAL)
def test_real_tables_come_in(store: Store, data: Path, name: str) -> None:
    report = ingest.ingest_table(store, data / name, "genuine")
    assert report.rows_kept == REAL[name]
    assert report.rows_kept + report.rows_rejected == report.rows_read
