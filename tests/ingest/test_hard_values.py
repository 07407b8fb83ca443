"""What old catalogues are full of, each ingested through a spec and held to astropy."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import FK4, ICRS, Angle, SkyCoord
from astropy.time import Time

import ingest
from catalogdb.errors import BadRecord
from catalogdb.store import Store

SPEC = """
[catalogue]
name = "hard"
title = "Hard values"
about = "A catalogue in parts of angles, with dates and marks of absence"
frame = "{frame}"
{rotate}
frame_note = "stated by the test"
time_scale = "TT"
columns = [
  {{ name = "source_id", type = "VARCHAR", about = "Name" }},
  "ra", "dec", "ref_epoch", "pmra", "pmdec",
  {{ name = "mag", type = "REAL", unit = "mag", ucd = "phot.mag", about = "Magnitude" }},
  {{ name = "n", type = "INTEGER", unit = "", ucd = "meta.number", about = "Number of plates" }},
  {{ name = "note", type = "VARCHAR", ucd = "meta.note", about = "Note" }},
]
[[positions]]
name = "listed"
pmra = "pmra"
pmdec = "pmdec"
[[forms]]
name = "old"
reader = "fixed_width"
fields = [
  {{ name = "source_id", bytes = "1-4", format = "A4" }},
  {{ name = "_h", bytes = "6-7", format = "A2" }},
  {{ name = "_m", bytes = "9-10", format = "A2" }},
  {{ name = "_s", bytes = "12-17", format = "A6" }},
  {{ name = "_dd", bytes = "19-21", format = "A3" }},
  {{ name = "_dm", bytes = "23-24", format = "A2" }},
  {{ name = "_ds", bytes = "26-30", format = "A5" }},
  {{ name = "_epoch", bytes = "32-38", format = "F7.2", unit = "yr" }},
  {{ name = "pmra", bytes = "40-45", format = "F6.1" }},
  {{ name = "pmdec", bytes = "47-52", format = "F6.1" }},
  {{ name = "mag", bytes = "54-58", format = "F5.2", null = 99.99 }},
  {{ name = "n", bytes = "60-62", format = "I3", null = "---" }},
  {{ name = "note", bytes = "64-66", format = "A3", null = "?" }},
]
convert = [
  {{ by = "sexagesimal_hours", from = ["_h", "_m", "_s"], to = ["ra"], decimals = 3 }},
  {{ by = "sexagesimal_degrees", from = ["_dd", "_dm", "_ds"], to = ["dec"], decimals = 2 }},
  {{ by = "{epoch}", from = ["_epoch"], to = ["ref_epoch"] }},
]
"""


def spec(frame: str = "ICRS", rotate: str = "", epoch: str = "year_to_year") -> ingest.Spec:
    return ingest.read_spec(SPEC.format(frame=frame, rotate=rotate, epoch=epoch), "hard.toml")


def line(
    name: str = "a", ra: str = "05 14 32.270", dec: str = "-08 12 05.90", epoch: str = "1950.00",
    pm: str = "  10.0  -20.0", mag: str = "12.34", n: str = " 12", note: str = "abc",
) -> str:  # fmt: skip
    return f"{name:4} {ra:12} {dec:12} {epoch:>7} {pm:13} {mag:>5} {n:>3} {note:3}"


def ingested(store: Store, tmp_path: Path, lines: list[str], which: ingest.Spec | None = None) -> list[dict]:
    file = tmp_path / "hard.dat"
    file.write_text("\n".join(lines) + "\n")
    report = ingest.ingest(store, which or spec(), file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (len(lines), len(lines), 0)
    return store.sql("SELECT * FROM catalogs.hard ORDER BY source_id").arrow().to_pylist()


def test_unknown_values_are_null_by_each_columns_own_mark(store: Store, tmp_path: Path) -> None:
    marked = line("a", mag="99.99", n="---", note="?")
    near = line("b", mag="99.98", n="  0", note="??")
    unknown, known = ingested(store, tmp_path, [marked, near])
    assert [unknown[k] for k in ("mag", "n", "note")] == [None, None, None]
    assert [known[k] for k in ("mag", "n", "note")] == [pytest.approx(99.98), 0, "??"]


def test_blank_fields_are_null_and_a_blank_position_keeps_its_row(store: Store, tmp_path: Path) -> None:
    blank = line("a", epoch="", pm="", mag="", n="", note="")
    nowhere = line("b", ra="", dec="")
    first, second = ingested(store, tmp_path, [blank, nowhere])
    assert [first[k] for k in ("ref_epoch", "pmra", "pmdec", "mag", "n", "note")] == [None] * 6
    assert first["ra"] == pytest.approx(Angle("5h14m32.27s").deg, abs=1e-12)
    assert [second[k] for k in ("ra", "dec", "hpx29")] == [None] * 3
    assert second["mag"] == pytest.approx(12.34)


def test_the_sign_of_minus_zero_degrees_is_kept(store: Store, tmp_path: Path) -> None:
    texts = ["-00 00 00.01", "-00 30 00.00", "+00 30 00.00", "-00 59 59.99", " 00 00 30.00", "-01 00 00.00"]
    rows = ingested(store, tmp_path, [line(str(i), dec=text) for i, text in enumerate(texts)])
    wanted = Angle([text.strip() for text in texts], unit=u.deg).deg
    np.testing.assert_allclose([row["dec"] for row in rows], wanted, rtol=0, atol=1e-13)
    assert [row["dec"] < 0 for row in rows] == [True, True, False, True, False, True]


def test_roundings_to_24_hours_and_60_seconds_are_read(store: Store, tmp_path: Path) -> None:
    """Seconds rounded up to 60, and a right ascension of 24 hours, which is the direction 0."""
    texts = [
        ("23 59 60.000", "+89 59 60.00"),
        ("24 00 00.000", "-90 00 00.00"),
        ("11 59 60.000", "-00 00 60.00"),
    ]
    rows = ingested(store, tmp_path, [line(str(i), ra=a, dec=d) for i, (a, d) in enumerate(texts)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy reads them, and warns
        ra = Angle([a for a, _ in texts], unit=u.hourangle).wrap_at(360 * u.deg).deg % 360
        dec = Angle([d for _, d in texts], unit=u.deg).deg
    off = (np.array([row["ra"] for row in rows]) - ra + 180) % 360 - 180
    np.testing.assert_allclose(off, 0, rtol=0, atol=1e-10)
    assert [row["ra"] for row in rows[:2]] == [0, 0]
    np.testing.assert_allclose([row["dec"] for row in rows], dec, rtol=0, atol=1e-12)
    with pytest.raises(BadRecord, match="line 1"):
        ingest.ingest(store, spec(), written(tmp_path, line(ra="23 60 00.000")), name="minutes")
    with pytest.raises(BadRecord, match="line 1"):
        ingest.ingest(store, spec(), written(tmp_path, line(ra="24 00 00.001")), name="hours")


BAD_ANGLES = [
    ("ra", "23 60 00.000", "its minutes are not from 0 to below 60"),
    ("ra", "23 59 60.001", "its seconds are not from 0 to 60"),
    ("ra", "24 00 01.000", "lies outside 0 to 24 hours"),
    ("ra", "-1 00 00.000", "lies outside 0 to 24 hours"),
    ("ra", "ab 00 00.000", "its hours are no number"),
    ("ra", "10 1_ 00.000", "its minutes are no number"),
    ("dec", "+10 60 60.00", "its minutes are not from 0 to below 60"),
    ("dec", "-90 00 01.00", "lies outside -90 to 90 degrees"),
]


@pytest.mark.parametrize("rotated", [False, True])
@pytest.mark.parametrize(("column", "text", "reason"), BAD_ANGLES)
def test_what_is_wrong_with_an_angle_is_said_of_its_column(
    store: Store, tmp_path: Path, column: str, text: str, reason: str, rotated: bool
) -> None:
    """A position that is rotated lacks both coordinates where one is wrong."""
    which = spec("FK4", 'rotate = "fk4_to_icrs"', "besselian_to_year") if rotated else spec()
    file = written(tmp_path, line(**{"ra": "24 00 00.000", column: text}))
    with pytest.raises(BadRecord) as caught:
        ingest.ingest(store, which, file)
    assert (caught.value.column, caught.value.value) == (column, text)
    assert reason in str(caught.value)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "one.dat"
    file.write_text(text + "\n")
    return file


@pytest.mark.parametrize(("by", "kind"), [("besselian_to_year", "byear"), ("year_to_year", "jyear")])
def test_besselian_and_julian_epochs_are_told_apart(store: Store, tmp_path: Path, by: str, kind: str) -> None:
    years = ["1875.00", "1900.00", "1950.00", "1984.00", "2025.50"]
    lines = [line(str(i), epoch=year) for i, year in enumerate(years)]
    rows = ingested(store, tmp_path, lines, spec(epoch=by))
    wanted = Time([float(y) for y in years], format=kind, scale="tt").jyear
    np.testing.assert_allclose([row["ref_epoch"] for row in rows], wanted, rtol=0, atol=1e-9)
    # The Besselian year is the shorter: it began 0.31 days after the Julian in 1900, 0.66 before it in 2025.
    shift = (rows[4]["ref_epoch"] - 2025.5) * 365.25
    assert shift == pytest.approx(-0.66 if kind == "byear" else 0, abs=0.01)


def test_positions_and_motions_of_b1950_come_to_the_icrs(store: Store, tmp_path: Path) -> None:
    places = [("00 00 00.000", "+00 00 00.00"), ("06 45 08.917", "-16 42 58.02"), ("23 59 59.999", "-89 00 00.00"),
              ("14 39 36.495", "+60 50 02.31")]  # fmt: skip
    lines = [
        line(str(i), ra=a, dec=d, epoch="1950.00", pm="   0.0    0.0") for i, (a, d) in enumerate(places)
    ]
    which = spec("FK4", 'rotate = "fk4_to_icrs"', "besselian_to_year")
    rows = ingested(store, tmp_path, lines, which)
    old = SkyCoord(
        [a for a, _ in places], [d for _, d in places], unit=(u.hourangle, u.deg),
        frame=FK4(equinox="B1950", obstime=Time(1950.0, format="byear", scale="tt")),
    )  # fmt: skip
    ours = SkyCoord([row["ra"] for row in rows] * u.deg, [row["dec"] for row in rows] * u.deg)
    separation = ours.separation(old.transform_to(ICRS())).mas
    assert separation.max() < 60  # astropy leaves out the spin of FK5, 1 mas/yr since 2000
    assert old.transform_to("fk5").separation(SkyCoord(old.ra, old.dec, frame="fk5")).deg.min() > 0.2
    # A star at rest in FK4 moves in FK5, by the correction of precession and equinox: half an arcsec a century.
    assert 1 < max(abs(row["pmra"]) for row in rows) < 10


def test_b1950_without_an_epoch_is_taken_as_of_its_equinox(store: Store, tmp_path: Path) -> None:
    which = spec("FK4", 'rotate = "fk4_to_icrs"', "besselian_to_year")
    known, unknown = ingested(store, tmp_path, [line("a", epoch="1950.00"), line("b", epoch="")], which)
    assert (unknown["ra"], unknown["dec"]) == (
        pytest.approx(known["ra"], abs=1e-12),
        pytest.approx(known["dec"], abs=1e-12),
    )
    assert unknown["ref_epoch"] is None
