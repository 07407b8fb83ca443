"""Specs derived from ReadMes: positions, systems, epochs, motions, identifiers and marks, against astropy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import erfa
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import FK4, FK5, ICRS, Angle, SkyCoord
from astropy.time import Time

import ingest
from catalogdb.errors import BadRecord, DataError
from catalogdb.store import Store
from ingest.spec import Spec

from .conftest import Published

PARTS = """
   1-  5  I5    ---     Seq       Number
   7-  8  I2    h       RAh       {ra}
  10- 11  I2    min     RAm       Right Ascension (minutes)
  13- 18  F6.3  s       RAs       Right Ascension (seconds)
      20  A1    ---     DE-       Declination (sign)
  21- 22  I2    deg     DEd       Declination (degrees)
  24- 25  I2    arcmin  DEm       Declination (minutes)
  27- 31  F5.2  arcsec  DEs       Declination (seconds)
"""
SKY = [
    "    1 00 00 00.000 +00 00 00.00",
    "    2 05 14 32.272 -08 12 05.90",
    "    3 12 34 56.789 -00 00 30.12",
    "    4 23 59 59.999 +89 59 59.99",
    "    5 17 45 40.040 -29 00 28.10",
    "    6 06 45 08.917  16 42 58.02",
    "    7 18 36 56.336 -90 00 00.00",
]


def ingested(store: Store, paths: tuple[Path, Path], **options: Any) -> dict[str, np.ndarray[Any, Any]]:
    """The rows of the ingested table by column, in the order of source_id."""
    ingest.ingest_cds(store, *paths, "t", mode="replace", **options)
    found = store.sql("SELECT * FROM catalogs.t ORDER BY source_id").arrow().to_pydict()
    return {name: np.array(values) for name, values in found.items()}


def spec_of(paths: tuple[Path, Path], **options: Any) -> Spec:
    return ingest.cds_spec(*paths, "t", **options).spec


def sky(rows: list[str]) -> SkyCoord:
    """The listed angles by astropy's own reading; a blank sign is a plus sign."""
    ra = Angle([row[6:18] for row in rows], unit=u.hourangle)
    dec = Angle([(row[19].strip() or "+") + row[20:31] for row in rows], unit=u.deg)
    return SkyCoord(ra, dec, frame=ICRS())


def separation_mas(ra: Any, dec: Any, truth: SkyCoord) -> float:
    found = erfa.seps(*np.radians([ra, dec]).astype(float), truth.ra.rad, truth.dec.rad)
    return float(np.degrees(np.max(found)) * 3.6e6)


# --- positions in parts, and their systems -----------------------------------------------------------


def test_sexagesimal_parts_become_icrs_positions(store: Store, published: Published) -> None:
    paths = published(PARTS.format(ra="Right Ascension (ICRS, Epoch=J2016.0)"), SKY)
    rows = ingested(store, paths)
    truth = sky(SKY)
    np.testing.assert_allclose(rows["ra"], truth.ra.deg, rtol=0, atol=1e-12)
    np.testing.assert_allclose(rows["dec"], truth.dec.deg, rtol=0, atol=1e-12)
    assert rows["dec"][2] < 0  # -00
    assert set(rows["ref_epoch"]) == {2016.0}
    spec = spec_of(paths)
    assert (spec.frame, spec.rotate, spec.unique) == ("ICRS", "", True)
    assert 'RAh "Right Ascension (ICRS, Epoch=J2016.0)"' in spec.frame_note
    assert 'RAh "Right Ascension (ICRS, Epoch=J2016.0)"' in spec.epoch_note
    assert spec.column("source_id").source_name == "Seq"  # type: ignore[union-attr]


def test_j2000_alone_is_taken_as_icrs_and_said_to_be(store: Store, published: Published) -> None:
    paths = published(PARTS.format(ra="Right Ascension J2000 (hours)"), SKY)
    found = ingest.cds_spec(*paths, "t")
    assert (found.spec.frame, found.spec.rotate, found.spec.ref_epoch) == ("ICRS", "", None)
    assert any("a system is not: taken as ICRS, not rotated" in remark for remark in found.remarks)
    assert any("no epoch is stated" in remark for remark in found.remarks)
    assert "# equinox J2000 is stated" in found.text
    rows = ingested(store, paths)
    np.testing.assert_allclose(rows["ra"], sky(SKY).ra.deg, rtol=0, atol=1e-12)
    assert rows["ref_epoch"][0] is None


def test_fk5_is_rotated_where_it_is_stated(store: Store, published: Published) -> None:
    words = "Right Ascension for the Equinox=J2000.0 and Epoch=J2000.0, on the system of FK5"
    paths = published(PARTS.format(ra=words), SKY)
    spec = spec_of(paths)
    assert (spec.frame, spec.rotate, spec.ref_epoch) == ("FK5", "fk5_to_icrs", 2000.0)
    rows = ingested(store, paths)
    listed = sky(SKY)
    truth = SkyCoord(listed.ra, listed.dec, frame=FK5(equinox="J2000")).transform_to(ICRS())
    assert separation_mas(rows["ra"], rows["dec"], truth) < 0.01
    assert separation_mas(rows["ra"], rows["dec"], listed) > 15


@pytest.mark.parametrize(("words", "byear", "equinox", "frame"), [
    ("Hours RA, Equinox=B1950, Epoch=1950.0", 1950.0, "", "B1950"),
    ("Right ascension, equinox B1950, epoch B1967.3", 1967.3, "", "B1950"),
    ("Right ascension, FK4 (B1950)", 1950.0, "", "B1950"),
    ("Right ascension, equinox B1875.0, epoch B1880.5", 1880.5, "B1875", "B1875"),
])  # fmt: skip
def test_b1950_and_older_are_rotated(
    store: Store, published: Published, words: str, byear: float, equinox: str, frame: str
) -> None:
    rows = [
        row for row in SKY if not row.startswith("    7")
    ]  # the E-terms make the pole's RA hang on nothing
    paths = published(PARTS.format(ra=words), rows)
    spec = spec_of(paths)
    assert (spec.frame, spec.rotate, spec.equinox) == ("FK4", "fk4_to_icrs", equinox)
    if "poch" in words:
        assert spec.ref_epoch == pytest.approx(Time(byear, format="byear", scale="tt").jyear, abs=1e-6)
        assert "Besselian" in spec.epoch_note
    else:
        assert spec.ref_epoch is None
    table = ingested(store, paths)
    listed = sky(rows)
    old = FK4(equinox=frame, obstime=Time(byear, format="byear", scale="tt"))
    truth = SkyCoord(listed.ra, listed.dec, frame=old).transform_to(ICRS())
    # astropy leaves out the spin of FK5, 1 mas/yr since 2000
    assert separation_mas(table["ra"], table["dec"], truth) < 5 + 1.1 * (2000 - byear) + (
        400 if equinox else 0
    )


def test_an_equinox_of_date_is_kept_as_it_stands(published: Published) -> None:
    found = ingest.cds_spec(*published(PARTS.format(ra="Right ascension, equinox J2015.5"), SKY), "t")
    assert not found.spec.frame
    assert found.spec.column("ra") is None
    assert found.spec.column("rahms") is not None
    assert any("can not be brought to the ICRS" in remark for remark in found.remarks)


def test_the_text_around_may_state_the_system_alone(published: Published) -> None:
    columns = PARTS.format(ra="Right ascension")
    found = ingest.cds_spec(*published(columns, SKY, prose="All positions are for equinox B1950."), "t")
    assert found.spec.frame == "FK4"
    assert any("taken from line 9 of the ReadMe" in remark for remark in found.remarks)
    both = ingest.cds_spec(
        *published(columns, SKY, prose="B1950 positions, precessed to J2000 for the figures."), "t"
    )
    assert both.spec.frame == "ICRS"
    assert any("neither equinox nor system is stated" in remark for remark in both.remarks)


def test_icrs_and_fk5_named_together_are_not_rotated(published: Published) -> None:
    found = ingest.cds_spec(
        *published(PARTS.format(ra="Right ascension (ICRS, FK5 in the printed table)"), SKY), "t"
    )
    assert (found.spec.frame, found.spec.rotate) == ("ICRS", "")
    assert any("ICRS and FK5 are named" in remark for remark in found.remarks)


def test_blank_seconds_signs_and_coarse_parts(store: Store, published: Published) -> None:
    columns = """
   1-  2  I2    ---     Seq       Number
   4-  5  I2    h       RAh       ? Right Ascension (ICRS)
   7- 10  F4.1  min     RAm       ? Right Ascension (minutes)
  12- 14  I3    deg     DEd       ? Declination
  16- 17  I2    arcmin  DEm       ? Declination (minutes)
"""
    lines = ["01 05 14.5 -00 30", "02 12 00.0  45   ", "03            ", "04 00 59.9 -89 59"]
    rows = ingested(store, published(columns, lines))
    assert list(rows["ra"]) == [15 * (5 + 14.5 / 60), 180.0, None, pytest.approx(15 * 59.9 / 60)]
    assert list(rows["dec"]) == [-0.5, 45.0, None, pytest.approx(-(89 + 59 / 60))]


def test_rounded_up_hours_and_seconds(store: Store, published: Published) -> None:
    """24 00 00, 23 59 60.000 and 59 59 60.00 are roundings: the next minute, hour, or degree."""
    lines = [
        "    1 24 00 00.000 -00 00 60.00",
        "    2 23 59 60.000 -00 59 60.00",
        "    3 11 59 60.000 +89 59 60.00",
        "    4 00 00 60.000 -00 00 00.01",
    ]
    rows = ingested(store, published(PARTS.format(ra="Right Ascension (ICRS)"), lines))
    ra = Angle(["0h0m0s", "0h0m0s", "12h0m0s", "0h1m0s"]).deg
    dec = Angle(["-0d1m0s", "-1d0m0s", "90d0m0s", "-0d0m0.01s"]).deg
    np.testing.assert_allclose(rows["ra"] % 360, ra, rtol=0, atol=1e-12)
    np.testing.assert_allclose(rows["dec"], dec, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("line", "what"), [
    ("    1 24 00 00.001 -00 00 00.00", "column ra: lies outside 0 to 24 hours"),
    ("    1 12 00 61.000 -00 00 00.00", "column ra: its seconds are not from 0 to"),
    ("    1 12 00 01.000 +90 00 00.01", "column dec: lies outside -90 to 90 deg"),
    ("    1 12 00 01.000 x10 00 00.00", "is none of +, -; the ReadMe says in line 28"),
    ("    1 12 00        -10 00 00.00", "column ra: is missing; the ReadMe says in line 25"),
])  # fmt: skip
def test_positions_that_are_none(store: Store, published: Published, line: str, what: str) -> None:
    with pytest.raises(BadRecord) as caught:
        ingested(store, published(PARTS.format(ra="Right Ascension (ICRS)"), [line]))
    assert what in str(caught.value)
    assert "line 1" in str(caught.value)


def test_no_position_is_said_and_one_may_be_named(store: Store, published: Published) -> None:
    columns = """
   1-  2  I2    ---     Seq       Number
   4- 10  F9.3  blorp   RAdeg     Right ascension (ICRS)
  12- 18  F7.3  deg     DEdeg     Declination
"""
    paths = published(columns, [" 1  10.500 -20.500"])
    found = ingest.cds_spec(*paths, "t")
    assert "no position: rows are not matched; name its columns with --ra LABEL --dec LABEL" in found.remarks
    assert any("the unit blorp is none of VOUnit's" in remark for remark in found.remarks)
    assert any("its format has 9 characters, its bytes 4-10 are 7" in remark for remark in found.remarks)
    named = ingest.cds_spec(*paths, "t", ra="RAdeg", dec="DEdeg")
    assert "RAdeg: its unit blorp is no angle; taken as deg" in named.remarks
    assert ingested(store, paths, ra="RAdeg", dec="DEdeg")["ra"] == [10.5]


@pytest.mark.parametrize(("columns", "line", "ra", "dec"), [
    ("   1-  2  I2    ---     Seq       Number\n   4- 13  F10.8 rad     RArad     RA (ICRS)\n  15- 25  F11.8 rad     DErad     Dec",
     " 1 1.00000000 -0.50000000", np.degrees(1.0), np.degrees(-0.5)),
    ("   1-  2  I2    ---     Seq       Number\n   4- 13  D10.3 rad     RArad     RA (ICRS)\n  15- 25  D11.3 rad     DErad     Dec",
     " 1  1.000D+00  -5.00D-01", np.degrees(1.0), np.degrees(-0.5)),
    ("   1-  2  I2    ---     Seq       Number\n   4- 13  F10.7 h       RA_ICRS   RA\n  15- 25  F11.7 deg     DE_ICRS   Dec",
     " 1 12.5000000 -10.2500000", 187.5, -10.25),
    ("   1-  2  I2    ---     Seq       Number\n   4- 13  F10.2 s       RAsec     RA (ICRS)\n  15- 25  F11.1 arcsec  DEsec     Dec",
     " 1   43200.00    -3600.0", 180.0, -1.0),
    ("   1-  2  I2    ---     Seq       Number\n   4- 14  A11   ---     RAhms     RA (ICRS)\n  16- 26  A11   ---     DEdms     Dec",
     " 1 05 14 32.27 -00 12 05.9", 15 * (5 + 14 / 60 + 32.27 / 3600), -(12 / 60 + 5.9 / 3600)),
    ("   1-  2  I2    ---     Seq       Number\n   4-  5  I2    h       RAh2000   RA (ICRS)\n   7-  8  I2    min     RAm2000   RA"
     "\n      10  A1    ---     DE-2000   Sign\n  11- 12  I2    deg     DEd2000   Dec",
     " 1 12 30 -45", 187.5, -45.0),
    ("   1-  2  I2    ---     Seq       Number\n   4-  5  I2    h       RAh       RA (ICRS)\n       7  A1    ---     DE-       Sign\n   8-  9  I2    deg     DEd       Dec",
     " 1 12 -45", 180.0, -45.0),
])  # fmt: skip
def test_every_way_of_writing_a_position(
    store: Store, published: Published, columns: str, line: str, ra: float, dec: float
) -> None:
    rows = ingested(store, published(columns, [line]))
    assert rows["ra"][0] == pytest.approx(ra, abs=1e-11)
    assert rows["dec"][0] == pytest.approx(dec, abs=1e-11)


TWO_POSITIONS = """
   1-  2  I2    ---     Seq       Number
   4-  5  I2    h       RAh       Hours RA, Equinox=B1950, Epoch=1950.0
   7-  8  I2    min     RAm       Minutes RA
  10- 14  F5.2  s       RAs       Seconds RA
      16  A1    ---     DE-       Sign
  17- 18  I2    deg     DEd       Degrees Dec
  20- 21  I2    arcmin  DEm       Minutes Dec
  23- 26  F4.1  arcsec  DEs       Seconds Dec
  28- 37  F10.6 deg     RA2000    Right ascension, J2000
  39- 48  F10.6 deg     DE2000    Declination, J2000
"""


def test_the_position_nearest_to_the_icrs_is_taken_and_another_on_demand(
    store: Store, published: Published
) -> None:
    paths = published(TWO_POSITIONS, [" 1 05 14 32.27 -00 12 05.9  79.012345  -0.154321"])
    found = ingest.cds_spec(*paths, "t")
    assert any("the position is that of RA2000 DE2000" in remark for remark in found.remarks)
    rows = ingested(store, paths)
    assert (rows["ra"][0], rows["dec"][0]) == (79.012345, -0.154321)
    assert rows["rahms"][0] == pytest.approx(15 * (5 + 14 / 60 + 32.27 / 3600))
    assert rows["dedms"][0] == pytest.approx(-(12 / 60 + 5.9 / 3600))
    assert "not brought to the ICRS (RAh" in found.spec.column("rahms").about  # type: ignore[union-attr]
    old = spec_of(paths, ra="RAh", dec="DEd")
    assert (old.frame, old.column("ra2000") is not None) == ("FK4", True)
    with pytest.raises(DataError, match=r"has no column RAx; did you mean"):
        spec_of(paths, ra="RAx", dec="DEd")


# --- epochs ----------------------------------------------------------------------------------------

DEGREES = """
   1-  3  I3    ---     Seq       Number
   5- 14  F10.6 deg     RAdeg     {ra}
  16- 25  F10.6 deg     DEdeg     Declination
"""


@pytest.mark.parametrize(("words", "column", "value", "year"), [
    ("RA (ICRS) at Ep=Epoch", "F8.3  yr      Epoch     Epoch", "2003.250", 2003.25),
    ("RA (ICRS)", "F8.3  yr      Epoch     Epoch", "2003.250", 2003.25),
    ("RA (ICRS)", "F8.3  yr      Ep-1900   Epoch of the position", "  67.250", 1967.25),
    ("RA (ICRS)", "F8.2  d       MJD       Modified Julian date of the position", "51544.50", 2000.0),
    ("RA (ICRS)", "F8.2  d       JD-2400000  Julian date of the source measurement", "51545.00", 2000.0),
    ("RA (ICRS)", "F8.0  d       JD        Julian date of the source measurement", "2451545.", 2000.0),
    ("RA (ICRS)", "A10   ---     Epoch     Date of the position", "2000-01-01", 2000 - 0.5 / 365.25),
    ("RA (ICRS)", "I8    0.01a   Epoch     Epoch", "  200325", 2003.25),
])  # fmt: skip
def test_epochs_row_by_row(
    store: Store, published: Published, words: str, column: str, value: str, year: float
) -> None:
    columns = DEGREES.format(ra=words) + f"  27- 36  {column}"
    rows = ingested(store, published(columns, [f"  1  10.500000 -20.250000 {value}"]))
    assert rows["ref_epoch"][0] == pytest.approx(year, abs=1e-6)


def test_besselian_epochs_row_by_row(store: Store, published: Published) -> None:
    columns = DEGREES.format(ra="RA (B1950)") + "  27- 33  F7.2  yr      Epoch     Epoch"
    rows = ingested(store, published(columns, ["  1  10.500000 -20.250000 1955.50"]))
    assert rows["ref_epoch"][0] == pytest.approx(Time(1955.5, format="byear", scale="tt").jyear, abs=1e-7)
    listed = SkyCoord(10.5 * u.deg, -20.25 * u.deg, frame=FK4(equinox="B1950", obstime="B1955.5"))
    assert separation_mas(rows["ra"], rows["dec"], listed.transform_to(ICRS())) < 60


def test_a_stated_epoch_comes_before_columns_and_the_user_before_both(published: Published) -> None:
    columns = (
        DEGREES.format(ra="RA (ICRS, Ep=J2000.0)") + "  27- 33  F7.2  yr      Epoch     Mean epoch of all"
    )
    paths = published(columns, ["  1  10.500000 -20.250000 1955.50"])
    assert spec_of(paths).ref_epoch == 2000.0
    assert spec_of(paths, epoch=1984).ref_epoch == 1984.0
    assert spec_of(paths, epoch="1984.5").ref_epoch == 1984.5
    by_column = spec_of(paths, epoch="epoch")
    assert by_column.ref_epoch is None
    assert by_column.forms[0].field("ref_epoch") is not None


@pytest.mark.parametrize(("epoch", "what"), [
    ("Vmag", "Vmag, in mag, holds no epochs"),
    ("Epok", "has no column Epok"),
    ("Seq", "Seq is the identifier or part of the position"),
    (51544.5, "epoch 51544.5: a Julian year is expected"),
])  # fmt: skip
def test_epochs_that_are_none(published: Published, epoch: str | float, what: str) -> None:
    columns = PARTS.format(ra="RA (ICRS)") + "  33- 37  F5.2  mag     Vmag      Magnitude\n"
    with pytest.raises(DataError, match=what):
        spec_of(published(columns, [f"{SKY[0]}  5.00"]), epoch=epoch)


def test_each_coordinate_may_have_its_epoch(store: Store, published: Published) -> None:
    columns = (
        DEGREES.format(ra="RA (ICRS)")
        + """
  27- 31  F5.2  yr      EpRA-1900 Mean epoch of RA
  33- 37  F5.2  yr      EpDE-1900 Mean epoch of DE"""
    )
    paths = published(columns, ["  1  10.500000 -20.250000 41.23 56.78"])
    rows = ingested(store, paths)
    assert (rows["epra"][0], rows["epde"][0]) == (1941.23, 1956.78)
    (position,) = spec_of(paths).positions
    assert (position.ra_epoch, position.dec_epoch) == ("epra", "epde")


def test_an_equinox_is_no_epoch(published: Published) -> None:
    assert (
        spec_of(published(DEGREES.format(ra="RA (J2000)"), ["  1  10.500000 -20.250000"])).ref_epoch is None
    )


# --- what was measured with the position -----------------------------------------------------------

ASTROMETRY = (
    DEGREES
    + """
  27- 32  F6.2  mas     Plx       Parallax
  34- 37  F4.2  mas   e_Plx       Error
  39- 46  F8.4  {pm_unit}  pmRA      {pm}
  48- 55  F8.4  arcsec/yr pmDE    Proper motion
  57- 60  F4.1  mas/yr  e_pmRA    {pm_error}
  62- 65  F4.1  mas/yr  e_pmDE    Error of pmDE
  67- 70  F4.2  {error_unit}  e_RAdeg   {error}
  72- 75  F4.2  arcsec e_DEdeg    Error
  77- 82  F6.2  m/s     RV        Radial velocity
  84- 87  F4.1  m/s   e_RV        Error
  89- 93  F5.2  ---     DE:RA     [-1/1] Correlation
  95- 99  F5.2  ---     pmRApmDEcor [-1/1] Correlation
"""
)
STAR = "  1  10.500000 -60.000000  25.00 0.50  -0.0200  -0.5000  4.0  5.0 0.02 0.30 500.00 20.0 -0.25  0.50"


def test_motions_and_errors_come_to_gaias_names_and_units(store: Store, published: Published) -> None:
    columns = ASTROMETRY.format(
        ra="RA (ICRS, Ep=J2000)", pm_unit="s/yr", pm="Proper motion", pm_error="Error, times cos(dec)",
        error_unit="s     ", error="Error",
    )  # fmt: skip
    rows = ingested(store, published(columns, [STAR]))
    half = np.cos(np.radians(60.0))
    assert rows["parallax"][0] == 25.0
    assert rows["parallax_error"][0] == 0.5
    assert rows["pmra"][0] == pytest.approx(
        -0.02 * 15 * 1000 * half, rel=1e-12
    )  # seconds of time, no cos(dec)
    assert rows["pmdec"][0] == -500.0
    assert (rows["pmra_error"][0], rows["pmdec_error"][0]) == (4.0, 5.0)
    assert rows["ra_error"][0] == pytest.approx(0.02 * 15 * 1000 * half, rel=1e-12)
    assert rows["dec_error"][0] == pytest.approx(300.0)
    assert rows["radial_velocity"][0] == pytest.approx(0.5)
    assert rows["radial_velocity_error"][0] == pytest.approx(0.02)
    assert rows["ra_dec_corr"][0] == -0.25
    assert rows["pmra_pmdec_corr"][0] == 0.5


@pytest.mark.parametrize(("words", "factor", "remarked"), [
    ("Proper motion, pmRA*cosDE", 1.0, False),
    ("Proper motion, not multiplied by cos(dec)", 0.5, False),
    ("Proper motion in RA", 1.0, True),
])  # fmt: skip
def test_cos_dec_is_as_stated_and_assumed_aloud(
    store: Store, published: Published, words: str, factor: float, remarked: bool
) -> None:
    columns = ASTROMETRY.format(ra="RA (ICRS)", pm_unit="arcsec/yr", pm=words, pm_error="Error",
                                error_unit="arcsec", error="Error in RA*cos(DE)")  # fmt: skip
    paths = published(columns, [STAR])
    rows = ingested(store, paths)
    assert rows["pmra"][0] == pytest.approx(-20 * factor)
    assert rows["pmra_error"][0] == pytest.approx(4 * factor)  # as the motion, where nothing is said
    assert rows["ra_error"][0] == pytest.approx(20)
    said = [remark for remark in ingest.cds_spec(*paths, "t").remarks if remark.startswith("pmRA:")]
    assert bool(said) is remarked


def test_errors_at_a_mean_epoch_are_not_those_of_the_position(published: Published) -> None:
    columns = ASTROMETRY.format(ra="RA (ICRS, epoch J2000)", pm_unit="arcsec/yr", pm="RA*cos(dec)", pm_error="Error",
                                error_unit="arcsec", error="Error of RA*cos(dec) at mean epoch")  # fmt: skip
    found = ingest.cds_spec(*published(columns, [STAR]), "t")
    assert found.spec.column("ra_error") is None
    assert found.spec.column("e_radeg") is not None
    assert found.spec.column("dec_error") is not None
    assert any("e_RAdeg holds at a mean epoch" in remark for remark in found.remarks)


OWN_LABELS = (
    DEGREES
    + """
  27- 32  F6.2  mas     Parallax  ? {parallax}
  34- 37  F4.2  mas   e_Parallax  ? Mean error
  39- 46  F8.4  mas/yr  muA       {motion}
  48- 55  F8.4  arcsec/yr muD     Proper motion in declination
  57- 60  F4.1  mas/yr  e_muA     Error of muA
  62- 67  F6.2  m/s     Vr        {velocity}
  69- 72  F4.1  m/s   e_Vr        Error of Vr
"""
)
OWN_STAR = "  1  10.500000 -60.000000  25.00 0.50  20.0000  -0.5000  4.0 500.00 20.0"
OWN_WORDS = {
    "parallax": "Trigonometric parallax",
    "motion": "Proper motion in RA*cosDE",
    "velocity": "Heliocentric radial velocity",
}


def test_quantities_under_labels_of_their_own_are_known_by_unit_and_words(
    store: Store, published: Published
) -> None:
    paths = published(OWN_LABELS.format(ra="RA (ICRS, Ep=J2000)", **OWN_WORDS), [OWN_STAR])
    rows = ingested(store, paths)
    assert (rows["parallax"][0], rows["parallax_error"][0]) == (25.0, 0.5)
    assert (rows["pmra"][0], rows["pmdec"][0], rows["pmra_error"][0]) == (20.0, -500.0, 4.0)
    assert (rows["radial_velocity"][0], rows["radial_velocity_error"][0]) == pytest.approx((0.5, 0.02))
    (position,) = spec_of(paths).positions
    assert (position.parallax, position.pmra, position.pmdec) == ("parallax", "pmra", "pmdec")
    column = spec_of(paths).column("parallax")
    assert column is not None
    assert column.source_name == "Parallax"


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("parallax", "Photometric parallax"),
        ("parallax", "Dynamical parallax"),
        ("parallax", "Parallax from V-K colour"),
        ("parallax", "Parallax of the companion"),
        ("parallax", "Parallax, lower bound"),
        ("parallax", "Angular diameter"),
        ("motion", "Proper motion"),
        ("motion", "Relative proper motion in RA*cosDE"),
        ("motion", "Proper motion in RA*cosDE, Hipparcos-Gaia"),
        ("velocity", "Semi-amplitude of the radial velocity"),
        ("velocity", "Radial velocity dispersion"),
        ("velocity", "Radial velocity of the H{alpha} emission"),
        ("velocity", "Radial velocity jitter"),
        ("velocity", "Radial velocity relative to the LSR"),
    ],
)
def test_what_is_not_clear_keeps_its_name(published: Published, what: str, words: str) -> None:
    paths = published(OWN_LABELS.format(ra="RA (ICRS)", **{**OWN_WORDS, what: words}), [OWN_STAR])
    ours, own = {
        "parallax": ("parallax_error", "e_parallax"),
        "motion": ("pmra", "mua"),
        "velocity": ("radial_velocity", "vr"),
    }[what]
    assert spec_of(paths).column(ours) is None
    assert spec_of(paths).column(own) is not None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  74- 74  A1    ---   n_Parallax  [D] Dynamical", "Parallax: n_Parallax says what its values are"),
        ("  74- 74  F1.0  mas     plxG      Gaia parallax", "Parallax, plxG: which is the parallax"),
    ],
)
def test_a_flag_or_a_second_one_keeps_a_quantity_from_its_role(
    published: Published, more: str, said: str
) -> None:
    columns = OWN_LABELS.format(ra="RA (ICRS)", **OWN_WORDS).rstrip("\n")
    paths = published(f"{columns}\n{more}", [OWN_STAR + " 1"])
    found = ingest.cds_spec(*paths, "t")
    assert any(remark.startswith(said) for remark in found.remarks), found.remarks
    assert found.spec.column("parallax_error") is None


KNOWN_LABELS = (
    DEGREES
    + """
  27- 32  F6.2  mas     plx     {plx}
  34- 37  F4.2  mas   e_plx     Mean error
  39- 46  F8.4  mas/yr  pmRA    {pm}
  48- 55  F8.4  mas/yr  pmDE    Proper motion in declination
  62- 67  F6.2  km/s    RV      {rv}
  74- 74  F1.0  ---   n_plx     {flag}
"""
)
KNOWN_WORDS = {
    "plx": "Parallax",
    "pm": "Motion in RA*cosDE",
    "rv": "Velocity from an orbit",
    "flag": "Plates",
}


@pytest.mark.parametrize(
    ("what", "words", "lost"),
    [
        ("plx", "Photometric parallax", "parallax"),
        ("plx", "Spectroscopic or dynamical parallax", "parallax"),
        ("flag", "[1/3] 1: trigonometric, 2: photometric", "parallax"),
        ("pm", "Relative proper motion in RA*cosDE", "pmra"),
        ("rv", "Radial velocity relative to the LSR", "radial_velocity"),
        ("rv", "Amplitude of the radial velocity", "radial_velocity"),
    ],
)
def test_a_known_label_is_not_believed_against_its_explanation(
    published: Published, what: str, words: str, lost: str
) -> None:
    roles = {"parallax", "pmra", "radial_velocity"}
    for said, missing in ((KNOWN_WORDS, set()), ({**KNOWN_WORDS, what: words}, {lost})):
        found = ingest.cds_spec(
            *published(KNOWN_LABELS.format(ra="RA (ICRS)", **said), [OWN_STAR + " 1"]), "t"
        )
        assert {role for role in roles if found.spec.column(role) is None} == missing
        assert any("kept under its own name" in remark for remark in found.remarks) is bool(missing)


# --- identifiers, names, marks and limits ------------------------------------------------------------


def test_the_first_unique_identifier_is_taken(store: Store, published: Published) -> None:
    columns = """
   1-  4  A4    ---     Cluster   Cluster name
   6-  8  I3    ---     HIP       ? Hipparcos number
  10- 12  A3    ---     Star      Name of the star
"""
    rows = ["M 67   1 A-1", "M 67     A-2", "M 67   3 B-1"]
    spec = spec_of(published(columns, rows))
    assert spec.column("source_id").source_name == "Star"  # type: ignore[union-attr]
    assert spec.unique
    again = ingest.cds_spec(*published(columns, [*rows, rows[0]]), "t")
    assert again.spec.column("source_id").source_name == "HIP"  # type: ignore[union-attr]
    assert not again.spec.unique
    assert any("stands more than once, or not in every row" in remark for remark in again.remarks)
    chosen = spec_of(published(columns, rows), id="cluster")
    assert chosen.column("source_id").source_name == "Cluster"  # type: ignore[union-attr]
    assert not chosen.unique
    ingest.ingest_cds(store, *published(columns, rows), "t", id="cluster")
    with pytest.raises(DataError, match="no column Klustr"):
        spec_of(published(columns, rows), id="Klustr")


def test_numbers_that_identify_together_are_joined(store: Store, published: Published) -> None:
    columns = """
   1-  4  I4    ---     TYC1      [1,9537]+= First part
   6- 10  I5    ---     TYC2      [1,12121] Second part
      12  I1    ---     TYC3      [1,3] Third part
"""
    rows = ingested(store, published(columns, ["0001 00013 1", "0001 00013 2", "0002 00013 1"]))
    assert list(rows["source_id"]) == ["1-13-1", "1-13-2", "2-13-1"]
    assert list(rows["tyc1"]) == [1, 1, 2]


def test_labels_become_names_that_sql_has(published: Published) -> None:
    columns = """
   1-  2  I2    ---     Seq       [1/99]+ Number
   4-  5  I2    ---     3.6mag    Code
   7-  8  I2    ---     Value     Reserved
  10- 11  F2.0  Msun    Mass      Mass
  13- 14  F2.0  Msun  e_Mass      Lower error
  16- 17  F2.0  Msun  E_Mass      Upper error
  19- 20  I2    ---     Value     Once more
  22- 23  A2    ---     ---       [|]
  25- 26  I2    ---     B-V       Code
"""
    spec = spec_of(published(columns, [" 1  2  3  4  5  6  7 ||  8"]))
    names = [column.name for column in spec.columns]
    assert names == ["source_id", "_3_6mag", "value_", "mass", "e_mass", "e_mass_upper", "value__2", "b_v"]
    assert spec.column("e_mass_upper").source_name == "E_Mass"  # type: ignore[union-attr]
    assert spec.column("e_mass_upper").ucd == "stat.error;phys.mass"  # type: ignore[union-attr]


NULLS = """
   1-  2  I2    ---     Seq       Number
   4-  9  F6.2  mag     Vmag      ?=-9.99 Magnitude
  11- 16  F6.2  mag     Bmag      ?=99 Magnitude
  18- 23  F6.2  mag     Rmag      ?=- Magnitude
  25- 28  I4    ---     Nobs      ?=-1 Observations
  30- 34  F5.2  mag     Imag      ?=NaN Magnitude
  36- 38  A3    ---     Note      ?=... Note
  40- 44  F5.2  mag     Jmag      ? Magnitude
"""


def test_missing_values_of_all_kinds_are_null(store: Store, published: Published) -> None:
    lines = [
        " 1   5.50   6.25   7.75   12  8.50 abc  9.25",
        " 2  -9.99  99.00   --     -1   NaN ...      ",
        " 3 -9.990     99 -        -1   nan          ",
        " 4                                          ",
    ]
    rows = ingested(store, published(NULLS, lines))
    assert [rows[name][0] for name in ("vmag", "bmag", "rmag", "nobs", "imag", "note", "jmag")] == [
        5.5, 6.25, 7.75, 12, 8.5, "abc", 9.25,
    ]  # fmt: skip
    for name in ("vmag", "bmag", "rmag", "nobs", "imag", "note", "jmag"):
        assert list(rows[name][1:]) == [None, None, None], name


LIMITED = """
   1-  2  I2    ---     Seq       Number
   4-  9  F6.3  mag     Vmag      {limits} Magnitude
"""


@pytest.mark.parametrize(("limits", "good", "bad"), [
    ("[0/24]", ["0.000", "24.000"], ["-0.001", "24.001"]),
    ("]0,24[", ["0.001", "23.999"], ["0.000", "24.000"]),
    ("[0,24[", ["0.000", "23.999"], ["24.000"]),
    ("]0,]", ["0.001", "99.999"], ["0.000"]),
    ("[,0]", ["-9.999", "0.000"], ["0.001"]),
    ("[5]", ["5.000"], ["5.001"]),
])  # fmt: skip
def test_limits_hold_as_the_brackets_say(
    store: Store, published: Published, tmp_path: Path, limits: str, good: list[str], bad: list[str]
) -> None:
    columns = LIMITED.format(limits=limits)
    lines = [f"{i:2d} {value:>6}" for i, value in enumerate([*good, *bad], 1)]
    readme, data = published(columns, lines)
    report = ingest.ingest_cds(store, readme, data, "t", rejects=tmp_path / "rejects.csv")
    assert (report.rows_kept, report.rows_rejected) == (len(good), len(bad))
    with pytest.raises(BadRecord) as caught:
        ingest.ingest_cds(store, readme, data, "u")
    assert caught.value.line == len(good) + 1
    assert "column Vmag" in str(caught.value) or "column vmag" in str(caught.value)
    assert 'the ReadMe says in line 25: "4-  9  F6.3  mag     Vmag' in str(caught.value)
    assert "save the spec with --spec-out" in str(caught.value)


def test_a_blank_where_the_readme_allows_none_names_all_such_columns(
    store: Store, published: Published
) -> None:
    columns = (
        LIMITED.format(limits="")
        + "  11- 13  F3.1  mag     Bmag      Magnitude\n  15- 17  F3.1  mag     Rmag      Magnitude"
    )
    paths = published(columns, [" 1  5.000 6.0 7.0", " 2            7.0", " 3  5.000     7.0"])
    with pytest.raises(BadRecord) as caught:
        ingest.ingest_cds(store, *paths, "t")
    assert caught.value.line == 2
    assert "blanks stand in Vmag (1 row), Bmag (2 rows)" in str(caught.value)
    assert "nullable = false" in str(caught.value)


def test_notes_and_units_stand_in_descriptions(published: Published) -> None:
    columns = """
   1-  2  I2    ---     Seq       Number
   4-  9  F6.3  [Sun]   logL      Luminosity (1)
  11- 12  I2    %       Frac      Fraction
  14- 15  A2    ---     Code      Code (2)
  17- 18  I2    furlong Size      Size
"""
    notes = f"Note (1): Bolometric.\nNote (2): {'word ' * 200}"
    found = ingest.cds_spec(*published(columns, [" 1  1.000  5 ab  7"], notes=notes), "t")
    about = {column.name: column.about for column in found.spec.columns}
    assert about["logl"] == "Luminosity (1) [decimal logarithm, relative to the Sun] Bolometric."
    assert about["frac"] == "Fraction [per cent]"
    assert len(about["code"]) < 460
    assert about["code"].endswith("... (the ReadMe has the whole note)")
    assert about["size_"] == "Size [unit furlong]"
    assert any("Size: the unit furlong" in remark for remark in found.remarks)


def test_letters_of_old_files(store: Store, published: Published) -> None:
    columns = "   1-  2  I2    ---     Seq       Number\n   4- 12  A9    ---     Who       Observer\n  14- 16  F3.1  mag     Vmag      Magnitude"
    readme, data = published(columns, [])
    data.write_bytes(" 1 Strömgren 5.0\n".encode("latin-1"))
    rows = ingested(store, (readme, data))
    assert (rows["who"][0], rows["vmag"][0]) == ("Strömgren", 5.0)
