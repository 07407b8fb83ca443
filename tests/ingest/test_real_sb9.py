"""SB9 of its three files, every value against a plain reading of them."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from astropy.coordinates import Angle

import catalogdb
import ingest
from catalogdb.errors import BadRecord, DataError
from catalogdb.store import Store

ORBIT = ["system", "orbit", "p", "p_error", "t_listed", "t_error", "t_flag", "e", "e_error", "arg_periastron", "arg_periastron_error",
         "k1", "k1_error", "k2", "k2_error", "v0", "v0_error", "rms1", "rms2", "n_rv1", "n_rv2", "grade", "bibcode", "contributor",
         "accessibility", "t_reference"]  # fmt: skip
MAIN = [
    "system",
    "b1900",
    "position",
    "component",
    "mag1",
    "filter1",
    "mag2",
    "filter2",
    "sp_type1",
    "sp_type2",
]
NUMBERS = {"p", "p_error", "t_error", "t_flag", "e", "e_error", "arg_periastron", "arg_periastron_error", "k1", "k1_error", "k2",
           "k2_error", "v0", "v0_error", "rms1", "rms2", "n_rv1", "n_rv2", "grade", "mag1", "mag2"}  # fmt: skip
ALIASES = {"HIP": "hip", "HD": "hd", "GAIADR2": "gaia_dr2", "TYC": "tyc", "HR": "hr", "Flamsteed": "flamsteed", "GCVS": "gcvs",
           "ADS": "ads", "GJ": "gj", "BD": "bd", "CD": "cd", "CPD": "cpd"}  # fmt: skip


def fields(path: Path) -> list[list[str]]:
    return [line.split("|") for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory, data: Path) -> pa.Table:
    files = [data / "sb9" / f"{name}.dta" for name in ("Main", "Orbits", "Alias")]
    with catalogdb.open(tmp_path_factory.mktemp("sb9") / "sky", create=True) as store:
        report = ingest.ingest(store, "sb9", files)
        assert (report.rows_read, report.rows_kept, report.rows_rejected) == (5014, 5014, 0)
        counts = {i.form: (i.rows_read, i.rows_kept, i.rows_rejected) for i in report.ingests}
        assert counts == {"main": (4004, 4004, 0), "orbits": (5014, 5014, 0), "alias": (16821, 16821, 0)}
        return store.sql("SELECT * FROM catalogs.sb9 ORDER BY system, orbit").arrow()


def number(text: str) -> float | None:
    """The number of a field by a pattern of this test's own; Fortran's D is an exponent."""
    found = re.match(r"[+-]?(\d+\.?\d*|\.\d+)([eED][+-]?\d+)?", text)
    return float(found[0].replace("D", "e")) if found else None


def mark(text: str) -> str | None:
    rest = re.sub(r"^[+-]?(\d+\.?\d*|\.\d+)([eED][+-]?\d+)?", "", text)
    return None if rest in {"", "-", "..."} else rest


def test_every_value_is_that_of_its_file(table: pa.Table, data: Path) -> None:
    orbits = [dict(zip(ORBIT, f, strict=True)) for f in fields(data / "sb9/Orbits.dta")]
    orbits.sort(key=lambda r: (int(r["system"]), int(r["orbit"])))
    systems = {f[0]: dict(zip(MAIN, f, strict=True)) for f in fields(data / "sb9/Main.dta")}
    for mine, orbit in zip(table.to_pylist(), orbits, strict=True):
        line = systems[orbit["system"]] | orbit
        assert mine["source_id"] == mine["system"] == int(line["system"])
        for name, text in line.items():
            if name in NUMBERS:
                assert mine[name] == number(text), (name, line)
            elif name not in {"position", "system", "orbit"}:
                assert mine[name] == (text or None), (name, line)
        for name in ("p_error", "t_error", "e_error", "arg_periastron_error", "k1", "k1_error", "k2", "k2_error", "v0", "v0_error"):  # fmt: skip
            assert mine[f"{name}_mark"] == mark(line[name]), (name, line)
        assert mine["mag1_range"] == mark(line["mag1"]), line
        start = 2400000.5 if line["t_reference"] == "MJD" else 2400000
        assert mine["t"] == (start + float(line["t_listed"]) if line["t_listed"] else None), line


def test_positions_are_those_of_astropy(table: pa.Table, data: Path) -> None:
    truth = {}
    for system, _, text, *_ in fields(data / "sb9/Main.dta"):
        at = re.fullmatch(r"(\d\d)(\d\d)(\d\d)(\d*)([+-]\d\d)(\d\d)(\d\d)(\d*)", text)
        assert at is not None, text
        truth[int(system)] = (f"{at[1]}h{at[2]}m{at[3]}.{at[4]}s", f"{at[5]}d{at[6]}m{at[7]}.{at[8]}s")
    ra, dec = zip(*(truth[s] for s in table.column("system").to_pylist()), strict=True)
    np.testing.assert_allclose(table.column("ra").to_numpy(), Angle(list(ra)).deg, rtol=0, atol=1e-12)
    np.testing.assert_allclose(table.column("dec").to_numpy(), Angle(list(dec)).deg, rtol=0, atol=1e-12)


def test_names_are_those_of_the_aliases(table: pa.Table, data: Path) -> None:
    named: dict[tuple[int, str], set[str]] = defaultdict(set)
    for system, catalogue, identifier in fields(data / "sb9/Alias.dta"):
        named[int(system), catalogue].add(identifier)
        named[int(system), "all"].add(f"{catalogue} {identifier}")
    for row in table.to_pylist():
        for catalogue, column in (*ALIASES.items(), ("all", "aliases")):
            wanted = "; ".join(sorted(named[row["system"], catalogue])) or None
            assert row[column] == wanted, (column, row["system"])
        bayer = {re.sub(r"[$\\^{}]", "", x) for x in named[row["system"], "Bayer"]}
        assert row["bayer"] == ("; ".join(sorted(bayer)) or None)


def test_system_815_is_alpha_centauri_with_four_orbits(table: pa.Table) -> None:
    rows = [r for r in table.to_pylist() if r["system"] == 815]
    assert [r["orbit"] for r in rows] == [1, 2, 3, 4]
    assert [r["bibcode"][:4] for r in rows] == ["1918", "1999", "2002", "2016"]
    assert {(r["bayer"], r["hip"], r["hd"], r["component"]) for r in rows} == {
        ("alpha Cen", "71681; 71683", "128620; 128621", "AB")
    }
    assert (rows[3]["p"], rows[3]["k1"], rows[3]["k2"]) == (29187.33204, 4.723, 5.482)
    assert rows[0]["ra"] == pytest.approx(219.90206, abs=1e-5)


def test_distributions(table: pa.Table) -> None:
    grades = table.column("grade").drop_null().to_numpy()
    assert len(grades) == 5014 - 2552
    assert grades.min() >= 0
    assert grades.max() == 5.1  # one of alpha Centauri, above the documented 5
    assert set(table.column("t_reference").to_pylist()) == {"JD", "MJD"}
    e = table.column("e").to_numpy()
    assert 0 <= e.min() < e.max() < 1
    marks = [r for r in table.column("k1_mark").to_pylist() if r]
    assert marks == [":"] * 3
    fixed = {"Fixed", "fixed"}
    assert sum(m in fixed for m in table.column("e_error_mark").to_pylist()) == 613


def test_written_back_the_orbits_are_the_same_numbers(table: pa.Table, data: Path, tmp_path: Path) -> None:
    ingest.write_native("sb9", "orbits", table.drop_columns(["hpx29"]), tmp_path / "Orbits.dta")
    ours = sorted(fields(tmp_path / "Orbits.dta"), key=lambda f: (int(f[0]), int(f[1])))
    theirs = sorted(fields(data / "sb9/Orbits.dta"), key=lambda f: (int(f[0]), int(f[1])))
    for mine, line in zip(ours, theirs, strict=True):
        for name, a, b in zip(ORBIT, mine, line, strict=True):
            if name in NUMBERS:
                assert (number(a), mark(a)) == (number(b), mark(b)), (name, line)
            else:
                assert a == b, (name, line)


def test_the_aliases_are_a_table_of_their_own(store: Store, data: Path) -> None:
    report = ingest.ingest(store, "sb9_alias", data / "sb9/Alias.dta")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (16821, 16821, 0)
    rows = store.sql("SELECT system, catalogue_name, identifier FROM catalogs.sb9_alias").arrow().to_pylist()
    truth = [(int(s), c, i) for s, c, i in fields(data / "sb9/Alias.dta")]
    assert sorted(tuple(r.values()) for r in rows) == sorted(truth)
    found = store.sql(
        "SELECT system FROM catalogs.sb9_alias WHERE catalogue_name = 'Bayer' AND identifier_plain = 'alpha Cen'"
    )
    assert found.arrow().to_pylist() == [{"system": 815}]


MAIN_LINE = "815|14328-6025|143936495-60500231|AB|-0.01|V|1.33|V|G2V|K1V\n"
ORBIT_LINE = "815|4|29187.33204|2.84895|35349.44975|55.1135|0|0.524|0.0011|52.3|0.11|4.723|0.0076|5.482|0.0051|-22.390|0.0032|||707|1943|5|2016A&A...586A..90P|PBX|PUB|JD\n"


def written(folder: Path, main: str = MAIN_LINE, orbits: str = ORBIT_LINE) -> list[Path]:
    (folder / "Main.dta").write_text(main)
    (folder / "Orbits.dta").write_text(orbits)
    return [folder / "Main.dta", folder / "Orbits.dta"]


BAD_ORBITS: list[tuple[str, str, str | None, str]] = [
    ("|JD\n", "|HJD\n", "t_reference", "is none of JD, MJD"),
    ("|JD\n", "\n", None, "25 fields stand where 26 are expected"),
    ("|0.524|", "|1.524|", "e", "lies outside 0 to 1"),
    ("|2.84895|", "|2.8x|", "p_error", "can not be converted by number_and_mark"),
    ("|4.723|", "|about 5|", "k1", "can not be converted by number_and_mark"),
    ("|35349.44975|", "|3534g|", "t", "can not be converted by coded_date"),
    ("|5|2016A", "|A|2016A", "grade", "is not a number"),
    ("|707|", "|7.5|", "n_rv1", "is not a whole number"),
]
SOUND = "".join(ORBIT_LINE.replace("815|4|", f"815|{n}|") for n in range(1, 4))


@pytest.mark.parametrize(("old", "new", "column", "reason"), BAD_ORBITS)
def test_a_bad_orbit_is_named(
    store: Store, tmp_path: Path, old: str, new: str, column: str | None, reason: str
) -> None:
    assert old in ORBIT_LINE
    files = written(tmp_path, orbits=SOUND + ORBIT_LINE.replace(old, new))
    with pytest.raises(BadRecord, match=reason) as caught:
        ingest.ingest(store, "sb9", files)
    assert (caught.value.line, caught.value.column) == (4, column)


def test_bad_orbits_are_set_aside(store: Store, tmp_path: Path) -> None:
    # Sound ones first and last: the form is recognised by most of its records.
    bad = "".join(ORBIT_LINE.replace(old, new) for old, new, _, _ in BAD_ORBITS)
    sound = "".join(ORBIT_LINE.replace("815|4|", f"815|{n}|") for n in range(5, 45))
    files = written(tmp_path, orbits=SOUND + bad + sound)
    report = ingest.ingest(store, "sb9", files, rejects=tmp_path / "rejects.csv")
    assert (report.rows_kept, report.rows_rejected) == (43, len(BAD_ORBITS))
    entries = list(csv.DictReader((tmp_path / "rejects.csv").read_text().splitlines()))
    for line, (entry, (_, _, column, reason)) in enumerate(zip(entries, BAD_ORBITS, strict=True), 4):
        assert (entry["line"], entry["column"]) == (str(line), column or "")
        assert reason in entry["reason"]


@pytest.mark.parametrize(
    ("old", "new", "column", "reason"),
    [
        ("143936495-60500231", "143936495_60500231", "_ra", "can not be converted by split"),
        ("143936495-60500231", "147936495-60500231", "ra", "its minutes are not from 0 to below 60"),
        ("|-0.01|", "|V?|", "_mag1_number", "can not be converted by split"),
        ("|1.33|", "|1.33:|", "mag2", "is not a number"),
        ("|K1V", "", None, "9 fields stand where 10 are expected"),
    ],
)
def test_a_bad_system_is_named(
    store: Store, tmp_path: Path, old: str, new: str, column: str | None, reason: str
) -> None:
    assert old in MAIN_LINE
    files = written(tmp_path, main="1||000520141-05422743||4.61|V|||K1III|\n" + MAIN_LINE.replace(old, new))
    with pytest.raises(BadRecord, match=f"Main.dta, line 2.*{reason}") as caught:
        ingest.ingest(store, "sb9", files)
    assert caught.value.column == column


def test_orbits_alone_are_not_the_catalogue(store: Store, tmp_path: Path) -> None:
    _, orbits = written(tmp_path)
    with pytest.raises(DataError, match=r"together with a file of form main \(Main.dta, 10 fields"):
        ingest.ingest(store, "sb9", orbits)


def test_every_line_of_the_notes_is_a_row(store: Store, data: Path) -> None:
    file = data / "sb9/Notes.dta"
    report = ingest.ingest(store, "sb9_notes", file)
    truth, heading = [], None
    for line in file.read_text("latin-1").split("\n"):
        found = re.match(r"(Systems?)(\d+)Orbit(\d+)(Begin|End)$", line)
        if found:
            heading = (int(found[2]) if found[1] == "System" else None, int(found[3]))
        elif line.strip():
            truth.append((*(heading or ()), len(truth) + 1, line.strip(" ")))
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (23165, 23165, 0)
    rows = store.sql("SELECT system, orbit, line, note FROM catalogs.sb9_notes ORDER BY line").arrow()
    assert [tuple(r.values()) for r in rows.to_pylist()] == truth
    assert sum(t[0] is None for t in truth) == 79
