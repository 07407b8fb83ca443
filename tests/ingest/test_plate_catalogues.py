"""Catalogues of photographic plates: what their specs make of single rows, against astropy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import FK4, ICRS, SkyCoord
from astropy.table import Table
from astropy.time import Time

import ingest
from catalogdb.store import Store


def one(store: Store, sql: str) -> tuple:
    ((row),) = store.sql(sql).fetchall()
    return row


def test_cpd_is_turned_from_1875_as_astropy_turns_it(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "cpd.dat"
    # Bytes as in the ReadMe of CDS I/108: CP, zone, number, letter, magnitude, right ascension, declination.
    lines = [
        "CP-18    1  9.20001 2.3-18 3.400",
        "CP-89   37D 8.8235959.9-8959.123",
        "CP-23  112 20.0120030.0-23 0.500",
    ]
    assert {len(line) for line in lines} == {32}
    file.write_text("\n".join(lines) + "\n")
    report = ingest.ingest(store, "cpd", file)
    assert (report.rows_kept, report.without_epoch) == (3, 3)
    rows = store.sql("SELECT source_id, ra, dec, mag, ref_epoch FROM catalogs.cpd").fetchall()
    found = {row[0]: row[1:] for row in rows}
    assert sorted(found) == ["-18 1", "-23 112", "-89 37D"]
    frame = FK4(equinox="B1875", obstime="B1875")
    old = SkyCoord(
        ["0h1m2.3s", "23h59m59.9s", "12h0m30s"], ["-18d3.4m", "-89d59.123m", "-23d0.5m"], frame=frame
    )
    new = old.transform_to(ICRS())
    for name, place in zip(("-18 1", "-89 37D", "-23 112"), new, strict=True):
        ours = SkyCoord(found[name][0] * u.deg, found[name][1] * u.deg)
        # astropy leaves out the spin of FK5 since 2000, 0.13 arcsec in 125 years
        assert ours.separation(place).arcsec < 0.15
    assert found["-18 1"][2] == pytest.approx(9.2)
    assert found["-23 112"][2] is None  # 20.0 is a code
    assert found["-18 1"][3] is None


NPM1 = (
    "source_id,ra,dec,pmra,pmdec,bmag,b_v\n+25.0123,83.25,25.5,-40,130,12.4,0.61\n-05.0001,10,-5.25,,,9.8,\n"
)


def test_npm1_gives_the_position_back_to_its_plates(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "npm1.csv"
    file.write_text(NPM1)
    ingest.ingest(store, "npm1", file)
    ra, dec, epoch = one(
        store, "SELECT plate_ra, plate_dec, plate_epoch FROM catalogs.npm1 WHERE source_id = '+25.0123'"
    )
    assert epoch == 1963.5
    star = SkyCoord(
        83.25 * u.deg, 25.5 * u.deg, pm_ra_cosdec=-40 * u.mas / u.yr, pm_dec=130 * u.mas / u.yr,
        distance=1 * u.kpc, obstime=Time(2000.0, format="jyear"),
    )  # fmt: skip
    then = star.apply_space_motion(Time(1963.5, format="jyear"))
    assert SkyCoord(ra * u.deg, dec * u.deg).separation(then).mas < 0.1
    values = one(
        store,
        "SELECT ra_error, dec_error, ra_pmra_corr, pmra_error, plate_ra_error, ref_epoch "
        "FROM catalogs.npm1 WHERE source_id = '+25.0123'",
    )
    # Positions of 150 mas and independent motions of 5 mas/yr, both moved by 36.5 years.
    mover = np.array([[1, 36.5], [0, 1]])
    covariance = mover @ np.diag([150.0**2, 5.0**2]) @ mover.T
    sigma = np.sqrt(covariance[0, 0])
    assert values == pytest.approx((sigma, sigma, covariance[0, 1] / (sigma * 5), 5, 150, 2000), rel=2e-4)
    assert one(store, "SELECT plate_ra FROM catalogs.npm1 WHERE source_id = '-05.0001'") == (None,)


def test_npm1_and_others_take_the_units_of_the_file(store: Store, tmp_path: Path) -> None:
    table = Table(
        {"NPM1": ["+25.0123"], "RAJ2000": [83.25], "DEJ2000": [25.5], "pmRA": [-0.04], "pmDE": [0.13]}
    )
    for name in ("RAJ2000", "DEJ2000"):
        table[name].unit = "deg"
    table["pmRA"].unit = table["pmDE"].unit = u.arcsec / u.yr
    table.write(tmp_path / "x.vot", format="votable")
    ingest.ingest(store, "npm1", tmp_path / "x.vot")
    assert one(store, "SELECT pmra, pmdec FROM catalogs.npm1") == pytest.approx((-40, 130))


def test_the_independent_position_of_npm1_is_that_of_the_plates() -> None:
    listed, plates = ingest.spec_table(ingest.load_spec("npm1")).positions
    assert (listed.independent, plates.independent) == (False, True)
    assert (plates.ra, plates.ra_epoch, plates.ra_error) == ("plate_ra", "plate_epoch", "plate_ra_error")


def test_cpc_is_turned_from_1950_at_the_epoch_of_the_plate(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "cpc.csv"
    file.write_text("source_id,ra,dec,epoch_b,pmra,pmdec,ptg,ptv\n1,200.125,-45.5,1936.25,20,-10,9.1,8.6\n")
    report = ingest.ingest(store, "cpc", file)
    assert report.ingests[0].form == "csv_epoch"
    ra, dec, epoch = one(store, "SELECT ra, dec, ref_epoch FROM catalogs.cpc")
    time = Time(1936.25, format="byear", scale="tt")
    assert epoch == pytest.approx(time.tt.jyear, abs=1e-9)
    old = SkyCoord(200.125 * u.deg, -45.5 * u.deg, frame=FK4(equinox="B1950", obstime=time))
    separation = SkyCoord(ra * u.deg, dec * u.deg).separation(old.transform_to(ICRS())).mas
    assert separation < 75  # astropy leaves out the spin of FK5, 1 mas/yr since 2000


PLATES = {
    "csv": ("ref_epoch", "1934.12345", Time(1934.12345, format="jyear", scale="tai")),
    "csv_jd": ("jd", "2427483.125", Time(2427483.125, format="jd", scale="tai")),
    "csv_besselian": ("epoch_b", "1934.12345", Time(1934.12345, format="byear", scale="tai")),
    "csv_date": ("date", "1934-02-14T15:00:00", Time("1934-02-14T15:00:00", scale="tai")),
}


@pytest.mark.parametrize("form", PLATES)
def test_plates_come_with_their_epochs(store: Store, tmp_path: Path, form: str) -> None:
    name, text, time = PLATES[form]
    file = tmp_path / "plates.csv"
    file.write_text(
        f"source_id,ra,dec,{name},ra_error,dec_error,plate,observer\n7,10.5,-20.25,{text},90,110,SH1,Gao\n"
    )
    report = ingest.ingest(store, "plates", file)
    assert report.ingests[0].form == form
    row = one(store, "SELECT source_id, ra, dec, ref_epoch, ra_error, plate, observer FROM catalogs.plates")
    wanted = 1934.12345 if form == "csv" else time.tt.jyear
    # Before 1960 there is no UTC; the specs take it for TAI, which is within a minute of universal time.
    assert row == ("7", 10.5, -20.25, pytest.approx(wanted, abs=5e-7), 90, "SH1", "Gao")


def test_gsc22_as_its_server_gave_it(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "gsc.csv"
    head = "GSCID2,RA,DEC,RAERR,DECERR,EPOCH,RAPM,DECPM,RAPMERR,DECPMERR,FMAG,FMAGERR,JMAG,JMAGERR,VMAG,VMAGERR,NMAG,NMAGERR,A,E,PA,C,STATUS"
    file.write_text(
        head
        + "\nN0102231123,200.5,30.25,0.31,0.29,1988.412,0,0,0,0,17.21,0.41,18.02,0.43,99.9,99.9,99.9,99.9,"
        "3.1,0.2,41.5,0,0001100100\n"
    )
    ingest.ingest(store, "gsc22", file)
    row = one(store, "SELECT source_id, ref_epoch, ra_error, fmag, vmag, class, status FROM catalogs.gsc22")
    assert row == ("N0102231123", 1988.412, pytest.approx(310), pytest.approx(17.21), None, 0, "0001100100")
