"""GSC 2.2 and 2.3 as STScI exports them: FITS files of three HDUs, made here by astropy in the published layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

import ingest
from catalogdb.errors import DataError
from catalogdb.store import Store

LISTED = (
    "gscID2 J,RightAsc D,Declination D,MeanEpoch E,RaEpsilon E,DecEpsilon E,RaProperMotion E,DecProperMotion E,"
    "RaProperMotionErr E,DecProperMotionErr E,Fmag E,FmagErr E,Jmag E,JmagErr E,Vmag E,VmagErr E,Nmag E,NmagErr E,"
    "Classification J,SemiMajorAxis E,Eccentricity E,Positionangle E,Source Status Flag J"
)
"""Names and types of the third HDU, as STScI lists them."""

STAR = {
    "gscID2": 54788, "gsc1ID": "", "hstID": "N2OB054788", "RightAsc": 5.2985030228, "Declination": 0.4114046412,
    "PositionEpoch": 1992.72, "raEpsilon": 0.312299, "decEpsilon": 0.316106, "raProperMotion": 10.1441,
    "decProperMotion": -5.04934, "raProperMotionErr": 2.75153, "decProperMotionErr": 4.17624, "deltaEpoch": 44.0167,
    "FpgMag": 16.1206, "FpgMagErr": 0.438294, "FpgMagCode": 35, "JpgMag": 17.4704, "JpgMagErr": 0.449012,
    "JpgMagCode": 18, "VMag": 16.6802, "VMagErr": 0.361423, "VMagCode": 1, "NpgMag": 15.4484, "NpgMagErr": 0.457929,
    "NpgMagCode": 37, "JMag": 99.9, "JMagErr": 99.9, "classification": 0, "semiMajorAxis": 3.43731,
    "eccentricity": 0.134358, "positionangle": 133.705, "sourceStatus": 1111205, "variableFlag": 0, "multipleFlag": 0,
}  # fmt: skip
"""A real object of GSC 2.3, with the marks of absence that a FITS file needs for its 2MASS magnitude."""

DEGREES = (303.5818609449, 23.5717496115)
"""Its position in degrees, as the same source gives it."""


def exported(path: Path, columns: list[fits.Column]) -> Path:
    lookup = [fits.Column(name, "I10", array=np.arange(256), ascii=True) for name in ("Freq", "L10Pointer")]
    table = fits.BinTableHDU.from_columns(columns)
    fits.HDUList([fits.PrimaryHDU(), fits.TableHDU.from_columns(lookup), table]).writeto(path)
    return path


def version_2_2(path: Path, **changed: list[float]) -> Path:
    values: dict[str, Any] = {name: [1.0, 2.0] for name in (c.rpartition(" ")[0] for c in LISTED.split(","))}
    values |= {
        "gscID2": [119, 7],
        "RightAsc": np.radians([0.25, 359.5]),
        "Declination": np.radians([-0.5, -1.5]),
    }
    values |= {"MeanEpoch": [1983.5, 1991.25], "RaEpsilon": np.radians([0.3 / 3600, 0.1 / 3600])}
    values |= {
        "DecEpsilon": np.radians([0.2 / 3600, 0.1 / 3600]),
        "Fmag": [17.25, 99.9],
        "FmagErr": [0.4, 99.99],
    }
    values |= {"Classification": [3, 0], "Source Status Flag": [1111205, 99999900]} | changed
    columns = [(*c.rsplit(" ", 1),) for c in LISTED.split(",")]
    return exported(path, [fits.Column(name, kind, array=np.array(values[name])) for name, kind in columns])


def test_a_triangle_of_version_2_2(store: Store, tmp_path: Path) -> None:
    report = ingest.ingest(store, "gsc22", version_2_2(tmp_path / "N1202223.fits"))
    assert (report.rows_kept, report.ingests[0].form) == (2, "export")
    columns = "source_id, ra, dec, ref_epoch, ra_error, dec_error, fmag, e_fmag, class, status"
    first, second = store.sql(f"SELECT {columns} FROM catalogs.gsc22 ORDER BY ref_epoch").fetchall()
    assert (first[0], *first[8:]) == ("N1202223119", 3, "1111205")
    assert first[1:8] == pytest.approx((0.25, -0.5, 1983.5, 300, 200, 17.25, 0.4), rel=1e-6)
    assert (second[0], *second[6:]) == ("N12022237", None, None, 0, "99999900")
    assert second[1:6] == pytest.approx((359.5, -1.5, 1991.25, 100, 100), rel=1e-6)


@pytest.mark.parametrize(("name", "value"), [("RaEpsilon", 0.3), ("Fmag", 999.0), ("MeanEpoch", 83.5)])
def test_values_of_another_unit_or_mark_are_no_values(
    store: Store, tmp_path: Path, name: str, value: float
) -> None:
    path = version_2_2(tmp_path / "S0102231.fits", **{name: [value, value]})
    with pytest.raises(DataError, match=name):
        ingest.ingest(store, "gsc22", path, form="export")


def test_the_object_of_version_2_3(store: Store, tmp_path: Path) -> None:
    kinds = {str: "10A", int: "J", float: "E"}
    columns = [
        fits.Column(
            name, "D" if name in {"RightAsc", "Declination"} else kinds[type(value)], array=np.array([value])
        )
        for name, value in STAR.items()
    ]
    report = ingest.ingest(store, "gsc23", exported(tmp_path / "N0123012.fits", columns))
    assert (report.rows_kept, report.ingests[0].form) == (1, "export")
    found = store.sql("SELECT * FROM catalogs.gsc23").arrow().to_pylist()[0]
    assert (found["source_id"], found["gscid2"], found["gsc1id"]) == ("N2OB054788", 54788, None)
    assert (found["ra"], found["dec"]) == pytest.approx(DEGREES, abs=1e-8)
    assert (found["ra_error"], found["dec_error"]) == pytest.approx((312.299, 316.106), rel=1e-6)
    names = ("ref_epoch", "fmag", "jmag", "vmag", "nmag", "e_nmag", "rapropermotion", "deltaepoch")
    listed = (1992.72, 16.1206, 17.4704, 16.6802, 15.4484, 0.457929, 10.1441, 44.0167)
    assert tuple(found[name] for name in names) == pytest.approx(listed, rel=1e-6)
    assert (found["jmag_ir"], found["e_jmag_ir"], found["class"], found["fpgmagcode"]) == (None, None, 0, 35)
    assert found["sourcestatus"] == "1111205"


def test_the_web_service(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "CatalogSearch.csv"
    path.write_text(
        "Objects found : 1 \n"
        "hstID,ra,dec,GSC1ID,raEpsilon,decEpsilon,epoch,FpgMag,JpgMag,JMag,FpgMagCode,FpgMagErr,class,sourceStatus,distance\n"
        "N2OB054788,303.5818609449,23.5717496115,,0.312299,0.316106,1992.72,16.1206,17.4704,99.99,35,0.438294,0,1111205,0.1\n"
    )
    report = ingest.ingest(store, "gsc23", path)
    assert (report.rows_kept, report.ingests[0].form) == (1, "stsci")
    columns = "source_id, ra, dec, ra_error, fmag, jmag, jmag_ir, fpgmagcode, class"
    row = store.sql(f"SELECT {columns} FROM catalogs.gsc23").fetchall()[0]
    assert (row[0], *row[6:]) == ("N2OB054788", None, 35, 0)
    assert row[1:6] == pytest.approx((*DEGREES, 312.299, 16.1206, 17.4704), rel=1e-7)
