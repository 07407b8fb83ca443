"""What a ReadMe says of itself and of each column, and the lines that errors name."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import astropy.units as u
import pytest

from catalogdb.errors import DataError, SpecError
from catalogdb.vocabulary import is_ucd, is_unit
from ingest.cds import ucds
from ingest.cds.explanation import Checks, read_explanation
from ingest.cds.readme import read_readme
from ingest.cds.tables import choose_table
from ingest.cds.ucds import label_ucd
from ingest.cds.units import cds_unit, parsed
from ingest.cds.words import at_other_epoch, has_cos_dec, julian_year, said_by_label, said_of_position

from .conftest import RULE, Published, described

ID = "   1-  5  I5    ---     Seq       Number"


# --- the first word of an explanation --------------------------------------------------------------


@pytest.mark.parametrize(("text", "checks", "rest"), [
    ("Magnitude", Checks(), "Magnitude"),
    ("? Magnitude", Checks(blank=True), "Magnitude"),
    ("?=-9.99 Magnitude", Checks(blank=True, null=(-9.99,)), "Magnitude"),
    ("?=99 Magnitude", Checks(blank=True, null=(99,)), "Magnitude"),
    ("?=- Magnitude", Checks(blank=True, null=("-", "--", "---", "----")), "Magnitude"),
    ('?="" Magnitude', Checks(blank=True), "Magnitude"),
    ("?=NaN Magnitude", Checks(blank=True, null=("NaN", "nan", "NAN")), "Magnitude"),
    ("?=... Magnitude", Checks(blank=True, null=("...",)), "Magnitude"),
    ("[0/24] Hours", Checks(limits=(0, 24)), "Hours"),
    ("[0,360[ Angle", Checks(limits=(0, 360), open_limits="high"), "Angle"),
    ("]0/140[?Class (10)", Checks(limits=(0, 140), open_limits="both", blank=True), "Class (10)"),
    ("]0,] Positive", Checks(limits=(0, math.inf), open_limits="low"), "Positive"),
    ("[,0] Negative", Checks(limits=(-math.inf, 0)), "Negative"),
    ("[]?=99.9 Magnitude", Checks(blank=True, null=(99.9,)), "Magnitude"),
    ("[1.5e-3/2D2] Flux", Checks(limits=(1.5e-3, 200.0)), "Flux"),
    ("[0-9] Digit", Checks(limits=(0, 9)), "Digit"),
    ("[0,1,4] Code", Checks(limits=(0, 4)), "Code"),
    ("[3] Scale", Checks(limits=(3, 3)), "Scale"),
    ("*[1/3]? Flag", Checks(limits=(1, 3), blank=True), "Flag"),
    ("[1/258997]+ Number", Checks(limits=(1, 258997), increasing=True), "Number"),
    ("[1,9537]+= Region", Checks(limits=(1, 9537)), "Region"),
    ("[1/52]?-= Decreasing", Checks(limits=(1, 52), blank=True), "Decreasing"),
    ("[Fe/H] of the star", Checks(), "[Fe/H] of the star"),
    ("- Ionization stage", Checks(), "- Ionization stage"),
])  # fmt: skip
def test_checks_of_numbers(text: str, checks: Checks, rest: str) -> None:
    assert read_explanation(text, number=True) == (checks, rest)


@pytest.mark.parametrize(("text", "checks", "rest"), [
    ("Name", Checks(blank=True), "Name"),
    ("[ ?:] Flag", Checks(blank=True), "[ ?:] Flag"),
    ("*[HT]? Flag", Checks(blank=True), "[HT] Flag"),
    ("! Name", Checks(), "Name"),
    ("?=- Name", Checks(blank=True, null=("-", "--", "---", "----")), "Name"),
    ("?=0 Name", Checks(blank=True, null=("0",)), "Name"),
    ("[*] * for measurements", Checks(blank=True), "[*] * for measurements"),
])  # fmt: skip
def test_checks_of_text(text: str, checks: Checks, rest: str) -> None:
    assert read_explanation(text, number=False) == (checks, rest)


# --- units -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "vounit"), [
    ("mas", "mas"), ("mas/yr", "mas.yr**-1"), ("arcsec/a", "arcsec.yr**-1"), ("0.1nm", "0.1nm"), ("10mas", "10mas"),
    ("10-3mag", "0.001mag"), ("solMass", "solMass"), ("Msun", "solMass"), ("km/s", "km.s**-1"), ("---", ""),
    ("mW/m2", "mW.m**-2"), ("10-18W/m2", "1e-18W.m**-2"), ("eV", "eV"), ("0.1pm", "0.1pm"), ("15pix", "pixel"),
])  # fmt: skip
def test_units_become_vounits(text: str, vounit: str) -> None:
    unit = cds_unit(text)
    assert (unit.vounit, unit.remark, unit.understood) == (vounit, "", True)
    assert is_unit(vounit)
    if vounit:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", u.UnitsWarning)
            assert u.Unit(unit.source or unit.vounit) == u.Unit(text.replace("/a", "/yr"), format="cds")


def test_what_vounit_has_no_words_for_is_said() -> None:
    assert cds_unit("[cm/s2]").remark == "decimal logarithm of a value in cm/s2"
    assert cds_unit("[Sun]").remark == "decimal logarithm, relative to the Sun"
    assert cds_unit("[-]").remark == "decimal logarithm"
    assert cds_unit("%").remark == "per cent"
    assert cds_unit("10+3").remark == "in units of 10+3"
    assert not cds_unit("furlong").understood
    assert cds_unit("furlong").remark == "unit furlong"


def test_a_hundred_years_are_ha() -> None:
    assert parsed("arcsec/ha").to("mas/yr") == pytest.approx(10)  # type: ignore[union-attr]
    assert parsed("s/ha").to("s/yr") == pytest.approx(0.01)  # type: ignore[union-attr]


# --- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "system", "equinox", "epoch"), [
    # of the ReadMes of I/193, I/239, I/131A, I/355, I/221, I/259, J/A+A/670/A19, VII/155, and variations
    ("Right Ascension for the Equinox=J2000.0 and Epoch=J2000.0, on the system of FK5", "FK5", "J2000", 2000.0),
    ("alpha, degrees (ICRS, Epoch=J1991.25)", "ICRS", "", 1991.25),
    ("Right ascension in h m s, ICRS (J1991.25)", "ICRS", "", 1991.25),
    ("Hours RA, Equinox=B1950, Epoch=1950.0", "", "B1950", julian_year(1950)),
    ("Hours RA, equinox, epoch J2000.0", "", "J2000", 2000.0),
    ("Right ascension (ICRS) at Ep=2016.0 (ra)", "ICRS", "", 2016.0),
    ("Right Ascension J2000 , Epoch 1989.0 (hours)", "", "J2000", 1989.0),
    ("Mean Right Asc, ICRS, epoch=J2000 (3)", "ICRS", "", 2000.0),
    ("Right ascension (J2000)", "", "J2000", None),
    ("Right Ascension 1950 (hours)", "", "B1950", None),
    ("Right ascension, 1950.0, in radians", "", "B1950", None),
    ("Right ascension (2000)", "", "J2000", None),
    ("declination, FK4 (B1875.0)", "FK4", "B1875", None),
    ("Right ascension, equinox 1900", "", "B1900", None),
    ("RA at equinox B1950, epoch B1967.3", "", "B1950", julian_year(1967.3)),
    ("Declination (minutes)", "", "", None),
])  # fmt: skip
def test_what_words_say_of_a_position(words: str, system: str, equinox: str, epoch: float | None) -> None:
    said = said_of_position(words)
    assert (said.system, said.equinox, said.epoch) == (system, equinox, epoch)


@pytest.mark.parametrize(("words", "label"), [
    ("Right ascension (J2000) at Ep=Epoch (ra)", "Epoch"),
    ('Position at epoch "EpPos"', "EpPos"),
    ("Right ascension in ICRS at Epoch", "Epoch"),
])  # fmt: skip
def test_words_point_to_a_column_of_epochs(words: str, label: str) -> None:
    assert said_of_position(words).epoch_column == label


def test_what_labels_and_motions_say() -> None:
    assert said_by_label("RAJ2000").equinox == "J2000"
    assert said_by_label("DE1950-").equinox == "B1950"
    assert said_by_label("RA_ICRS").system == "ICRS"
    assert not said_by_label("RA2deg")
    for words in (
        "mu_alpha.cos(delta), ICRS",
        "RA*cos(dec)",
        "(d(RAcosDE)/dt)",
        "multiplied by the cosine of DE",
    ):
        assert has_cos_dec(words)
    assert has_cos_dec("not multiplied by cos(dec)") is False
    assert has_cos_dec("Proper motion in RA, J2000") is None
    assert at_other_epoch("Mean error of right ascension at the mean epoch of RA")
    assert not at_other_epoch("Standard error at the epoch J1991.25")


# --- UCDs ------------------------------------------------------------------------------------------


def test_ucds_are_of_the_vocabulary() -> None:
    plain = [ucd for _, ucd in (*ucds._LABELS, *ucds._UNITS)] + [
        f"phot.mag;{x}" for x in ucds._BANDS.values()
    ]
    colours = [f"phot.color;{a};{b}" for a in ucds._BANDS.values() for b in ucds._BANDS.values()]
    errors = [f"stat.error;{ucd}" for ucd in (*plain, *colours) if not ucd.startswith(("meta", "stat"))]
    for ucd in (*plain, *colours, *errors, *ucds._PREFIXES.values()):
        assert is_ucd(ucd), ucd


@pytest.mark.parametrize(("label", "text", "unit", "kind", "ucd"), [
    ("Vmag", "V magnitude", "mag", "DOUBLE", "phot.mag;em.opt.V"),
    ("e_W1mag", "Error", "mag", "DOUBLE", "stat.error;phot.mag;em.IR.3-4um"),
    ("B-V", "Colour", "mag", "DOUBLE", "phot.color;em.opt.B;em.opt.V"),
    ("u_Per", "Uncertainty flag", "", "VARCHAR", "meta.code.error"),
    ("l_Mass", "Limit flag", "", "VARCHAR", "meta.code.error"),
    ("Per", "Period", "d", "DOUBLE", "time.period"),
    ("K1", "Amplitude", "km.s**-1", "DOUBLE", "spect.dopplerVeloc"),
    ("K1", "First code", "", "SMALLINT", "meta.number"),
    ("Name", "Object name", "", "VARCHAR", "meta.id"),
    ("SpType", "Spectral type", "", "VARCHAR", "src.spType"),
    ("GLON", "Galactic longitude", "deg", "DOUBLE", "pos.galactic.lon"),
    ("Teff", "Temperature", "K", "SMALLINT", "phys.temperature.effective"),
    ("E_Mass", "Upper error", "solMass", "DOUBLE", "stat.error;phys.mass"),
])  # fmt: skip
def test_ucds_by_label(label: str, text: str, unit: str, kind: str, ucd: str) -> None:
    assert label_ucd(label, text, unit, kind) == ucd


# --- the whole of a ReadMe -------------------------------------------------------------------------


def test_the_head_and_the_file_summary(published: Published) -> None:
    readme = read_readme(published(ID, ["    1"], records=17)[0])
    assert readme.designation == "J/X/1/1"
    assert readme.title == "Some stars that nobody has seen."
    assert readme.reference == "Somebody S. Journal 1, 1 (2000)"
    assert readme.bibcode == "2000Jou.....1....1S"
    entry = readme.files["stars.dat"]
    assert (entry.length, entry.records, entry.about) == (80, 17, "Stars that nobody has seen")
    assert readme.data_line is None


def test_notes_by_number_by_label_and_for_all_tables(published: Published) -> None:
    columns = (
        f"{ID}\n   7-  9  F3.1  mag     Vmag      *Magnitude (1)\n      11  A1    ---   n_Vmag      Note (G2)"
    )
    notes = "Note (1): The first\n    of two notes.\nNote on Vmag, Seq: said of both:\n    a colon.\n"
    readme_path, _ = published(columns, ["    1"], notes=notes)
    readme_path.write_text(
        readme_path.read_text().replace(
            "=" * 80 + "\n(End)", f"Global Notes:\nNote (G2): global\n{RULE}\n(End)"
        )
    )
    (table,) = read_readme(readme_path).tables
    told = {column.label: table.note_of(column) for column in table.columns}
    assert told == {
        "Seq": "said of both: a colon.",
        "Vmag": "The first of two notes. said of both: a colon.",
        "n_Vmag": "global",
    }


def test_explanations_go_on_below_even_with_numbers(published: Published) -> None:
    columns = f"""{ID}
   7- 10  F4.1  mag     Vmag      ? Magnitude, as measured by
                                   Somebody et al.
                                   2004 A&A 1, 1 A first
  12- 14  3A1   ---     Flags     Three flags
  16- 19  F4.1,1X mag   Bmag      Magnitude"""
    (table,) = read_readme(published(columns, ["    1"])[0]).tables
    assert [column.label for column in table.columns] == ["Seq", "Vmag", "Flags", "Bmag"]
    assert table.columns[1].text == "Magnitude, as measured by Somebody et al. 2004 A&A 1, 1 A first"
    assert not table.columns[2].is_number
    assert table.columns[3].decimals == 1


def test_tables_are_found_by_name_pattern_list_and_part(tmp_path: Path) -> None:
    (tmp_path / "ReadMe").write_text("\n".join([
        described(ID, "table1.dat"),
        f"Byte-by-byte Description of file: a.dat, b.dat\n{described(ID, 'sp/c.dat')}",
        described(ID, "*refs.dat lc[0-9].dat"),
        described(ID, "tyc2.dat.gz").replace("of file:", "of file (# 4):"),
    ]))  # fmt: skip
    readme = read_readme(tmp_path / "ReadMe")
    assert [table.names for table in readme.tables] == [
        ("table1.dat",),
        ("a.dat", "b.dat", "sp/c.dat"),
        ("*refs.dat", "lc[0-9].dat"),
        ("tyc2.dat.gz",),
    ]
    for name, number in (("table1.dat.gz", 0), ("b.dat", 1), ("c.dat", 1), ("cbrefs.dat.bz2", 2), ("lc7.dat", 2),
                         ("tyc2.dat.07.gz", 3)):  # fmt: skip
        (tmp_path / name).touch()
        assert choose_table(readme, [tmp_path / name]).table is readme.tables[number]
    for name in ("mine.txt", "tabel1.dat", "table1.dat", "a.dat"):
        (tmp_path / name).touch()
    assert choose_table(readme, [tmp_path / "mine.txt"], "b.dat").table is readme.tables[1]
    with pytest.raises(
        SpecError,
        match=r"no file tabel1.dat: it describes table1.dat \(line 1\), a.dat b.dat",
    ):
        choose_table(readme, [tmp_path / "tabel1.dat"])
    with pytest.raises(
        SpecError, match="table1.dat, a.dat in different tables: ingest them one after the other"
    ):
        choose_table(readme, [tmp_path / "table1.dat", tmp_path / "a.dat"])
    with pytest.raises(SpecError, match="no data stand below it"):
        choose_table(readme, [])


def test_parts_of_a_split_table_are_found_in_order(published: Published, tmp_path: Path) -> None:
    readme, data = published(ID, ["    1"])
    data.unlink()
    for number in (2, 0, 1):
        (tmp_path / f"stars.dat.{number:02d}").write_text(f"    {number}\n")
    choice = choose_table(read_readme(readme), [data])
    assert [path.name for path in choice.paths] == ["stars.dat.00", "stars.dat.01", "stars.dat.02"]
    (tmp_path / "stars.dat.01").unlink()
    with pytest.raises(DataError, match=r"stars.dat is split, and its part \.01 is missing"):
        choose_table(read_readme(readme), [data])


@pytest.mark.parametrize(("columns", "line", "what"), [
    ("   1-  5  I5    ---     Seq       Number\n   5-  9  F5.2  mag     Vmag      Magnitude", 25, "Vmag begins at byte 5, within Seq"),
    ("   1-  5  X5    ---     Seq       Number", 24, "X5 is no format"),
    ("   1-  5  F     ---     Seq       Number", 24, "F is no format"),
    ("   5-  1  I5    ---     Seq       Number", 24, "bytes 5-1"),
    ("   1-  5  I5    ---", 24, "a column is expected"),
    ("   1-  5  I5    ---     Seq       ?=12ab Number", 24, "=12ab is no mark of a missing number"),
    ("          I5    ---     Seq       Number", 24, "a column is expected"),
    ("   1-  5  I5            Seq       [1/9]?=0 Number", 24, "unit or label is missing"),
    ("   1-  5  I5            Seq       ?=-9 Number", 24, "unit or label is missing"),
])  # fmt: skip
def test_errors_name_the_line(published: Published, columns: str, line: int, what: str) -> None:
    readme, _ = published(columns, ["    1"])
    with pytest.raises(SpecError) as caught:
        read_readme(readme)
    assert f"{readme}, line {line}: " in str(caught.value)
    assert what in str(caught.value)
    assert columns.splitlines()[-1].strip() in str(caught.value)


def test_a_readme_without_descriptions_or_with_an_empty_one(tmp_path: Path) -> None:
    readme = tmp_path / "ReadMe"
    readme.write_text("Nothing of use\n")
    with pytest.raises(SpecError, match="no Byte-by-byte Description of a file"):
        choose_table(read_readme(readme), [tmp_path / "x.dat"])
    readme.write_text(f"Byte-by-byte Description of file: x.dat\n{RULE}\nsomething\n{RULE}\n")
    with pytest.raises(SpecError, match=r"line 2: a line of the headings"):
        read_readme(readme)
    readme.write_text(described(ID, "x.dat").partition("Number")[0])
    with pytest.raises(
        SpecError, match=r"line 4: no line of dashes ends the columns below it: is the ReadMe"
    ):
        read_readme(readme)
    readme.write_text(described("", "x.dat"))
    with pytest.raises(SpecError, match=r"line 2: no column is described"):
        read_readme(readme)
    with pytest.raises(DataError, match="can not be read"):
        read_readme(tmp_path / "absent")


def test_an_old_readme_may_be_in_latin_1(published: Published) -> None:
    readme, _ = published(ID, ["    1"])
    readme.write_bytes(readme.read_text().replace("Somebody S.", "Strömgren B.").encode("latin-1"))
    assert read_readme(readme).reference.startswith("Strömgren B.")
