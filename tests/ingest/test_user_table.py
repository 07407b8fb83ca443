"""A user's own table: what is guessed, shown, overridden and kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

import ingest
from catalogdb.errors import BadRecord, DataError
from catalogdb.store import Store
from ingest.readers import votable
from ingest.spec import Form


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


def kinds_of(store: Store, file: Path) -> dict[str, str]:
    """Ingest the file as catalogs.x; return the types of its columns."""
    table = ingest.ingest_table(store, file, "x", mode="replace" if store.tables() else "create").table
    return {column.name: column.type for column in table.columns}


@pytest.mark.parametrize("large", [False, True])
def test_only_plain_numbers_are_numbers(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """What SQL takes for a number besides makes one of different identifiers, or of 007 and 7."""
    monkeypatch.setattr("ingest.readers.typed_text.LARGE_BYTES", 0 if large else 1 << 30)
    odd = {"a": "7443_12703", "b": "0x10", "c": "1_000.5", "d": "+-1", "e": "007", "f": "0b11", "g": "-01"}
    sound = {"h": "+7", "i": "-0.5", "j": ".5", "k": "5.", "l": "1e3", "m": "1.5E-03", "n": "0"}
    names = [*odd, *sound]
    first = "\n".join(",".join("1" for _ in names) for _ in range(12_000))  # more than are looked at first
    (tmp_path / "x.csv").write_text(
        f"{','.join(names)}\n{first}\n{','.join([*odd.values(), *sound.values()])}\n"
    )
    kinds = kinds_of(store, tmp_path / "x.csv")
    assert kinds == dict.fromkeys(odd, "VARCHAR") | {"h": "BIGINT", "n": "BIGINT"} | dict.fromkeys(
        "ijklm", "DOUBLE"
    )
    last = store.sql("SELECT a, b, c, d, e, f, g, h, i, j, k, l, m FROM catalogs.x WHERE a <> '1'").fetchall()
    assert last == [(*odd.values(), 7, -0.5, 0.5, 5.0, 1000.0, 0.0015)]


def test_identifiers_keep_their_text(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,v\n7443_12703,1\n74431_2703,2\n7443127_03,3\n")
    assert kinds_of(store, tmp_path / "x.csv")["source_id"] == "VARCHAR"
    (tmp_path / "y.txt").write_text("id v\n001 1\n1 2\n1e3 3\n")
    kinds_of(store, tmp_path / "y.txt")
    assert store.sql("SELECT source_id FROM catalogs.x ORDER BY v").fetchall() == [("001",), ("1",), ("1e3",)]


@pytest.mark.parametrize("large", [False, True])
def test_missing_values_of_text_files(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    monkeypatch.setattr("ingest.readers.typed_text.LARGE_BYTES", 0 if large else 1 << 30)
    words = ["NaN", "None", "N/A", "NULL", "null"]
    lines = [f"{i},{word},{word},{word},-9999" for i, word in enumerate(words)]
    lines += ["5,x,-9999,2.5,3", "6,,7,-9999.0,4", "7,y,8,3.5,"]
    (tmp_path / "x.csv").write_text("\n".join(["n,t,i,plx,whole", *lines, ""]))
    shown: list[str] = []
    ingest.ingest_table(store, tmp_path / "x.csv", "x", show=shown.append)
    rows = store.sql("SELECT t, i, parallax, whole FROM catalogs.x ORDER BY n").fetchall()
    assert rows == [
        *((word, None, None, None) for word in words),
        ("x", None, 2.5, 3),
        (None, 7, None, 4),
        ("y", 8, 3.5, None),
    ]
    for note in (
        "i: -9999 taken as missing (1 rows)",
        "plx: -9999 taken as missing (1 rows)",
        "whole: -9999 taken as missing (5 rows)",
    ):
        assert note in shown[0]
    assert "n: -9999" not in shown[0]


@pytest.mark.parametrize("kind", ["fits", "vot", "parquet"])
def test_formats_with_a_null_of_their_own_keep_all_else(store: Store, tmp_path: Path, kind: str) -> None:
    table = Table({"t": ["NaN", "None", "x"], "v": [-9999.0, 1.0, np.nan], "i": [-9999, 1, 2]})
    options = {"format": "votable"} if kind == "vot" else {}
    table.write(tmp_path / f"x.{kind}", **options)
    ingest.ingest_table(store, tmp_path / f"x.{kind}", "x")
    rows = store.sql("SELECT t, v, i FROM catalogs.x ORDER BY i").fetchall()
    assert rows == [("NaN", -9999.0, -9999), ("None", 1.0, 1), ("x", None, 2)]


def test_the_sentinels_of_hdf5_are_said(store: Store, tmp_path: Path) -> None:
    Table({"i": [-9999, 1], "v": [2.5, -9999.0]}).write(tmp_path / "x.h5", path="t")
    shown: list[str] = []
    ingest.ingest_table(store, tmp_path / "x.h5", "x", show=shown.append)
    assert set(store.sql("SELECT i, v FROM catalogs.x").fetchall()) == {(1, None), (None, 2.5)}
    assert "i: -9999 taken as missing (1 rows)" in shown[0]


def test_the_mark_of_utf_8_is_no_part_of_a_name(store: Store, tmp_path: Path) -> None:
    for name, text in {"x.csv": "id,ra,dec\n1,10,20\n", "y.txt": "id ra dec\n1 10 20\n"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        guess = ingest.guess_table(tmp_path / name)
        assert guess.roles == {"source_id": "id", "ra": "ra", "dec": "dec"}
        kinds_of(store, tmp_path / name)
        assert store.sql("SELECT source_id, ra FROM catalogs.x").fetchall() == [(1, 10.0)]


def test_complex_numbers_are_lists_of_their_parts(store: Store, tmp_path: Path) -> None:
    lists = np.array([np.array([1 + 1j]), np.array([2j, 3])], dtype=object)
    columns = [
        fits.Column("id", "J", array=[1, 2]),
        fits.Column("z", "C", array=[1 + 2j, 3 - 4j]),
        fits.Column("pair", "2M", array=[[1 + 2j, 3], [4, 5j]]),
        fits.Column("many", "PM()", array=lists),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "x.fits")
    ingest.ingest_table(store, tmp_path / "x.fits", "x")
    assert store.sql("SELECT z, pair, many FROM catalogs.x ORDER BY source_id").fetchall() == [
        ([1, 2], [1, 2, 3, 0], [1, 1]),
        ([3, -4], [4, 0, 0, 5], [0, 2, 3, 0]),
    ]


def test_other_tables_of_a_fits_file_are_named(tmp_path: Path) -> None:
    tables = [
        fits.BinTableHDU.from_columns([fits.Column("id", "J", array=[1])], name=n) for n in ("A", "B", "")
    ]
    fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(tmp_path / "x.fits")
    told = str(ingest.guess_table(tmp_path / "x.fits"))
    assert (
        'the first table is read; the file has others: B, 3. For another write a spec with table = "B"'
        in told
    )
    fits.HDUList([fits.PrimaryHDU(), tables[0]]).writeto(tmp_path / "one.fits")
    assert "others" not in str(ingest.guess_table(tmp_path / "one.fits"))


def several_tables(folder: Path, kind: str) -> Path:
    """A file with the tables A, B and one more."""
    file = folder / f"x.{kind}"
    if kind == "fits":
        tables = [
            fits.BinTableHDU.from_columns([fits.Column("id", "J", array=[1])], name=n)
            for n in ("A", "B", "C")
        ]
        fits.HDUList([fits.PrimaryHDU(), *tables]).writeto(file)
    elif kind == "vot":
        data = '<FIELD name="id" datatype="int"/><DATA><TABLEDATA><TR><TD>1</TD></TR></TABLEDATA></DATA>'
        tables = [f"<TABLE {a}>{data}</TABLE>" for a in ('name="A"', "ID = 'B'", 'name="C" ID="c"')]
        meta = '<RESOURCE type="meta"><TABLE name="none"/></RESOURCE>'
        file.write_text(f"<VOTABLE><RESOURCE>{meta}{''.join(tables)}</RESOURCE></VOTABLE>")
    else:
        with h5py.File(file, "w") as made:
            made["A"] = np.array([(1,)], [("id", "i4")])
            made["A.__table_column_meta__"] = np.array([b"meta"])
            made["B"] = np.array([(1, 2)], [("id", "i4"), ("x", "i4")])
            made["C/id"] = np.array([7])
    return file


@pytest.mark.parametrize("kind", ["fits", "vot", "hdf5"])
def test_tables_that_are_not_read_are_logged_and_recorded(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    file = several_tables(tmp_path, kind)
    assert ingest.ingest_table(store, file, "x").rows_kept == 1
    said = "the first table is read; the file has others: B, C. For another write a spec with table = "
    assert [r.message for r in caplog.records if r.levelname == "WARNING"][0].startswith(f"{file}: {said}")
    ((note,),) = store.sql("SELECT note FROM provenance.ingests").fetchall()
    assert note.startswith(said)


def test_names_of_tables_are_found_wherever_the_text_is_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, form = several_tables(tmp_path, "vot"), Form(name="x", reader="votable", fields=())
    for size in (1, 7, 64):
        monkeypatch.setattr(votable, "_SEARCHED", size)
        assert votable.other_tables(file, form) == ["B", "C"]
        assert votable.other_tables(file, replace(form, table="B")) == ["A", "C"]


def test_a_table_without_rows_is_refused_and_a_catalogue_says_so(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,ra,dec\n")
    with pytest.raises(DataError, match="it has no rows, only a header"):
        ingest.ingest_table(store, tmp_path / "x.csv", "x")
    with pytest.raises(DataError, match="it has no rows, only a header"):
        ingest.ingest_table(store, tmp_path / "x.csv", "x", rejects=tmp_path / "r.csv")
    assert store.tables() == ()
    assert list((store.path / "staging").rglob("*piece*")) == []
    spec = ingest.guess_table(tmp_path / "x.csv").spec
    shown: list[str] = []
    assert ingest.ingest(store, spec, tmp_path / "x.csv", name="x", show=shown.append).rows_kept == 0
    assert shown == ["0 rows: x.csv has only a header, and catalogs.x gets no row"]


def test_ucds_by_name_are_of_fitting_types(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,b,l,vmag,teff,flag\n1,true,x,bright,5,true\n")
    columns = ingest.guess_table(tmp_path / "x.csv").spec.columns
    assert {c.name: c.ucd for c in columns if c.name != "source_id"} == {
        "b": "meta.note",
        "l": "meta.note",
        "vmag": "meta.note",
        "teff": "phys.temperature.effective",
        "flag": "meta.code.qual",
    }
