"""The Sixth Orbit Catalog in both of its forms, every column against a plain reading of the files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy import units as u
from astropy.coordinates import Angle
from astropy.time import Time

import catalogdb
import ingest
from catalogdb.errors import BadRecord
from catalogdb.store import Store

COLUMNS = ["ra", "dec", "wds", "dd", "ads", "hd", "hip", "v1", "v1_flag", "v2", "v2_flag", "p_listed", "p_unit", "_p_error",
           "a_listed", "a_unit", "_a_error", "i", "i_error", "node", "node_flag", "node_error", "t_listed", "t_unit", "_t_error",
           "e", "e_error", "arg_periastron", "arg_periastron_flag", "arg_periastron_error", "equinox", "last_", "grade", "notes",
           "ref", "png"]  # fmt: skip
# First bytes and lengths by orb6format.txt; a few fields begin one byte earlier than their format says.
STARTS = [1, 10, 20, 31, 46, 52, 59, 67, 72, 74, 79, 81, 93, 94, 106, 115, 116, 126, 135, 144, 152, 154, 163, 175, 176,
          188, 196, 206, 214, 215, 224, 229, 234, 236, 238, 247]  # fmt: skip
LENGTHS = [
    9,
    9,
    10,
    14,
    6,
    7,
    7,
    5,
    1,
    5,
    1,
    12,
    1,
    11,
    9,
    1,
    9,
    8,
    8,
    8,
    1,
    8,
    12,
    1,
    11,
    8,
    9,
    8,
    1,
    8,
    4,
    4,
    1,
    1,
    8,
    18,
]
NUMBERS = ["v1", "v2", "i", "i_error", "node", "node_error", "e", "e_error", "arg_periastron", "arg_periastron_error", "equinox", "last_", "grade"]  # fmt: skip
TEXTS = ["wds", "dd", "v1_flag", "v2_flag", "p_listed", "p_unit", "a_listed", "a_unit", "node_flag", "t_listed", "t_unit",
         "arg_periastron_flag", "notes", "ref", "png"]  # fmt: skip
MISSING = {"", ".", "--."}
YEARS = {"y": 1 * u.yr, "d": 1 * u.d, "m": 1 * u.min, "h": 1 * u.h, "c": 100 * u.yr}
ARCSECS = {"a": 1 * u.arcsec, "m": 1 * u.mas, "M": 1 * u.arcmin, "u": 1 * u.uarcsec}
Read = dict[str, tuple[pa.Table, list[dict[str, str]]]]
"""By form: the rows of the table, and the fields of each line."""
T_ERRORS = {"y": 1 * u.yr, "d": 1 * u.d, "m": 1 * u.d, "c": 100 * u.yr}


def fixed(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text().splitlines()[7:] if line.strip()]
    return [
        {n: line[b - 1 : b - 1 + k].strip() for n, b, k in zip(COLUMNS, STARTS, LENGTHS, strict=True)}
        for line in lines
    ]


def sql(path: Path) -> list[dict[str, str]]:
    """The form with bars has no flag after omega."""
    names = [n for n in COLUMNS if n != "arg_periastron_flag"]
    return [dict(zip(names, x.strip().split("|"), strict=True)) for x in path.read_text().splitlines()[2:]]


def ordered(rows: pa.Table) -> list[dict[str, object]]:
    return sorted(rows.to_pylist(), key=lambda r: (r["wds"], r["dd"], r["ref"], r["p_listed"] or "", r["png"] or "", r["t_listed"] or ""))  # fmt: skip


def number(text: str) -> float | None:
    return None if text in MISSING else float(text)


def quantity(text: str, unit: str, units: dict[str, u.Quantity], to: u.Unit) -> float | None:
    if text in MISSING or unit not in units:
        return None
    return float((float(text) * units[unit]).to_value(to))


def julian_year(text: str, unit: str) -> float | None:
    """The epoch by astropy, which knows none beyond some ten thousand years."""
    if text in MISSING or not unit:
        return None
    value = float(text)
    if unit in "yc":
        value = value * 100 if unit == "c" else value
        # erfa's epb2jd: B1900.0 = JD 2415020.31352, the tropical year 365.242198781 d
        return 2000 + (2415020.31352 + (value - 1900) * 365.242198781 - 2451545) / 365.25
    start = 2400000.0 if unit == "d" else 2400000.5
    return float(Time(start, value, format="jd", scale="tdb").jyear)


def close(mine: object, truth: float | None) -> bool:
    if truth is None or mine is None:
        return mine is None and truth is None
    assert isinstance(mine, int | float)
    return bool(np.isclose(mine, truth, rtol=1e-14, atol=0))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Read:
    with catalogdb.open(tmp_path_factory.mktemp("orb6") / "sky", create=True) as store:
        read = {}
        for name, file, parse, count in (
            ("fixed", "orb6orbits.txt", fixed, 3794),
            ("sql", "orb6orbits_2018.sql.txt", sql, 2942),
        ):
            path = data / "orb6" / file
            report = ingest.ingest(store, "orb6", path, name=f"orb6_{name}")
            assert (report.rows_read, report.rows_kept, report.rows_rejected) == (count, count, 0)
            assert report.table.extra["form"] == name
            read[name] = (store.sql(f"SELECT * FROM catalogs.orb6_{name}").arrow(), parse(path))
    return read


@pytest.mark.parametrize("form", ["fixed", "sql"])
def test_every_value_is_that_of_the_line(two: Read, form: str) -> None:
    rows, lines = two[form]
    ours = ordered(rows)
    empty = {x: None for x in MISSING}
    truth = sorted(lines, key=lambda r: (r["wds"], r["dd"], r["ref"], empty.get(r["p_listed"], r["p_listed"]) or "", r["png"], empty.get(r["t_listed"], r["t_listed"]) or ""))  # fmt: skip
    assert len(ours) == len(truth)
    letters: Callable[[str], str] = lambda text: "".join(x for x in text if x.isalpha())  # noqa: E731
    for mine, line in zip(ours, truth, strict=True):
        for name in TEXTS:
            if name in line:
                wanted = None if line[name] in MISSING else line[name]
                assert mine.get(name) == wanted, (name, line)
        for name in NUMBERS:
            assert close(mine[name], number(line[name])), (name, line)
        for name in ("ads", "hd", "hip"):
            plain = line[name].strip("BCJ. ")
            assert mine[name] == (int(plain) if plain else None), (name, line)
            assert (mine.get(f"{name}_component") or "") == letters(line[name]), (name, line)
        assert close(mine["p"], quantity(line["p_listed"], line["p_unit"], YEARS, u.yr)), line
        assert close(mine["p_error"], quantity(line["_p_error"], line["p_unit"], YEARS, u.yr)), line
        assert close(mine["a"], quantity(line["a_listed"], line["a_unit"], ARCSECS, u.arcsec)), line
        assert close(mine["a_error"], quantity(line["_a_error"], line["a_unit"], ARCSECS, u.arcsec)), line
        assert close(mine["t"], julian_year(line["t_listed"], line["t_unit"])), line
        assert close(mine["t_error"], quantity(line["_t_error"], line["t_unit"], T_ERRORS, u.yr)), line
        assert mine["source_id"] == f"{line['wds']} {line['dd']}"


@pytest.mark.parametrize("form", ["fixed", "sql"])
def test_positions_are_those_of_astropy(two: Read, form: str) -> None:
    rows, lines = two[form]
    hours = [f"{x[:2]}h{x[2:4]}m{x[4:].strip()}s" for x in (line["ra"] for line in lines)]
    degrees = [f"{x[:3]}d{x[3:5]}m{x[5:].strip()}s" for x in (line["dec"] for line in lines)]
    truth = sorted(zip(Angle(hours).deg, Angle(degrees).deg, strict=True))
    ours = sorted(zip(rows.column("ra").to_pylist(), rows.column("dec").to_pylist(), strict=True))
    np.testing.assert_allclose(ours, truth, rtol=0, atol=1e-12)


def test_besselian_epochs_are_those_of_astropy(
    two: Read,
) -> None:
    rows, _ = two["fixed"]
    listed = [
        (float(r["t_listed"]), r["t"])
        for r in rows.to_pylist()
        if r["t_unit"] == "y" and r["t_listed"] is not None and 1600 < float(r["t_listed"]) < 2200
    ]
    assert len(listed) > 2800
    besselian, ours = np.array(listed).T
    truth = Time(besselian, format="byear", scale="tdb").jyear
    np.testing.assert_allclose(ours, truth, rtol=0, atol=1e-9)  # 0.03 s
    assert 0.0009 < np.median(besselian - ours) < 0.0013  # B2000.0 is J1999.9987


def test_grades_and_units_are_the_documented_ones(
    two: Read,
) -> None:
    counts = {
        "fixed": {1: 108, 2: 451, 3: 801, 4: 1107, 5: 726, 7: 41, 8: 22, 9: 538},
        "sql": {1: 82, 2: 342, 3: 590, 4: 783, 5: 539, 7: 45, 8: 19, 9: 542},
    }
    for form, (rows, _) in two.items():
        grades, numbers = np.unique(rows.column("grade").to_numpy(), return_counts=True)
        assert dict(zip(grades.tolist(), numbers.tolist(), strict=True)) == counts[form]
        elements = ("p", "a", "i", "node", "t", "e", "arg_periastron")
        incomplete = [r for r in rows.to_pylist() if r["grade"] == 7]
        assert all(any(r[name] is None for name in elements) for r in incomplete)


def test_the_line_that_defeats_a_strict_position_is_kept(
    two: Read,
) -> None:
    """LAW 2 of 2018 has the declination "+132001. ": whole seconds, their decimal left blank."""
    rows, lines = two["sql"]
    strange = [line for line in lines if len(line["dec"].strip()) != 9]
    assert [(line["wds"], line["dec"]) for line in strange] == [("13143+1320", "+132001. ")]
    (row,) = (r for r in rows.to_pylist() if r["wds"] == "13143+1320")
    assert row["dec"] == pytest.approx(13 + 20 / 60 + 1 / 3600, abs=1e-12)
    assert (row["grade"], row["ref"]) == (3, "Dup2016")


def test_alpha_centauri(two: Read) -> None:
    """The orbit of Pourbaix and Boffin 2016 in the units of the table, and Proxima's in centuries and arcminutes."""
    rows = [r for r in two["fixed"][0].to_pylist() if r["wds"] == "14396-6050"]
    pair, proxima = sorted(rows, key=lambda r: r["p"])
    assert (pair["hip"], pair["hd"], pair["ref"], pair["grade"]) == (71683, 128620, "Pbx2016", 2)
    assert (pair["p"], pair["p_error"], pair["a"], pair["e"]) == (79.91, 0.013, 17.66, 0.524)
    assert (proxima["p"], proxima["p_unit"], proxima["a_unit"]) == (547_000, "c", "M")
    assert proxima["a"] == pytest.approx(188.62 * 60)


def head(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in ["-"] * 7 + lines)


def placed(parts: dict[int, str]) -> str:
    """A line of 264 characters with each text at its byte, counted from 1."""
    line = [" "] * 264
    for start, text in parts.items():
        line[start - 1 : start - 1 + len(text)] = text
    return "".join(line)


# The line of alpha Centauri.
GOOD = placed(
    {1: "143936.50-605002.3", 20: "14396-6050", 31: "RHD   1AB", 46: ".", 53: "128620", 60: "71683", 67: "-0.01", 75: "1.33",
     84: "79.91", 93: "y", 97: "0.013", 107: "17.66", 115: "a", 118: "0.026", 127: "79.32", 137: "0.044", 144: "204.75",
     156: "0.087", 164: "1955.66", 175: "y", 180: "0.014", 188: "0.524", 197: "0.0011", 206: "232.3", 217: "0.11",
     224: "2000", 229: "2014", 234: "2", 236: "n", 238: "Pbx2016", 247: "wds14396-6050c.png"}
)  # fmt: skip


BAD = [
    (234, "6", "grade", "is none of 1, 2, 3, 4, 5, 7, 8, 9"),
    (234, "B", "grade", "is not a whole number"),
    (234, " ", "grade", "is missing"),
    (93, "x", "p_unit", "is none of y, d, c, h, m"),
    (115, "A", "a_unit", "is none of a, m, M, u"),
    (175, "j", "t_unit", "is none of y, d, m, c"),
    (84, "7O.91", "p", "can not be converted by unit_by_code"),
    (166, "19S5.6", "t", "can not be converted by coded_date"),
    (188, "1.524", "e", "lies outside 0 to 1"),
    (3, "61", "ra", "its minutes are not from 0 to below 60"),
    (238, " " * 8, "ref", "is missing"),
]


def spoilt(start: int, text: str) -> str:
    """The line of alpha Centauri with that text at its byte."""
    return GOOD[: start - 1] + text + GOOD[start - 1 + len(text) :]


@pytest.mark.parametrize(("start", "text", "column", "reason"), BAD)
def test_a_bad_field_is_named(
    store: Store, tmp_path: Path, start: int, text: str, column: str, reason: str
) -> None:
    file = tmp_path / "orb6orbits.txt"
    file.write_text(head([GOOD, spoilt(start, text)]))
    with pytest.raises(BadRecord, match=reason) as caught:
        ingest.ingest(store, "orb6", file, form="fixed")
    assert (caught.value.line, caught.value.column) == (9, column)


def test_bad_fields_are_set_aside(store: Store, tmp_path: Path) -> None:
    file, rejects = tmp_path / "orb6orbits.txt", tmp_path / "rejects.csv"
    file.write_text(head([GOOD, *(spoilt(start, text) for start, text, _, _ in BAD)]))
    report = ingest.ingest(store, "orb6", file, form="fixed", rejects=rejects)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (1 + len(BAD), 1, len(BAD))
    entries = list(csv.DictReader(rejects.read_text().splitlines()))
    for line, (entry, (_, _, column, reason)) in enumerate(zip(entries, BAD, strict=True), 9):
        assert (entry["line"], entry["column"]) == (str(line), column)
        assert reason in entry["reason"]


def test_torn_lines_are_named(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "orb6orbits.txt"
    file.write_text(head([GOOD, GOOD[:240]]))
    with pytest.raises(BadRecord, match="line 9: the line has 240 characters, not 264: it is torn"):
        ingest.ingest(store, "orb6", file, form="fixed")
    bars = tmp_path / "orb6orbits.sql.txt"
    bars.write_text("title\nhead\n143936.50|-605002.3|14396-6050|RHD   1AB\n")
    with pytest.raises(BadRecord, match="line 3: 4 fields stand where 35 are expected"):
        ingest.ingest(store, "orb6", bars, form="sql")
