"""Wrong files: each gives the error that names the record, and the store stays as it was."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

import ingest
from catalogdb.errors import BadRecord, DataError, SpecError, TableExists
from catalogdb.store import Store
from ingest.forms import plan_file
from ingest.guess import guess_table
from ingest.statements import located_statement

COLUMNS = """
[catalogue]
name = "small"
title = "Small"
about = "A small catalogue"
frame = "ICRS"
frame_note = "stated by the test"
columns = [
  { name = "source_id", about = "Number" },
  "ra", "dec", "ref_epoch", "ra_error",
  { name = "n", type = "SMALLINT", unit = "", ucd = "meta.number", about = "Number of plates" },
]
[[positions]]
name = "listed"
"""
FORMS = {
    "fixed": """
[[forms]]
name = "fixed"
reader = "fixed_width"
width = 40
fields = [
  { name = "source_id", bytes = "1-4", format = "I4" }, { name = "ra", bytes = "6-13", format = "F8.4" },
  { name = "dec", bytes = "15-22", format = "F8.4" }, { name = "ref_epoch", bytes = "24-30", format = "F7.2" },
  { name = "ra_error", bytes = "32-36", format = "F5.1", null = 99.9 }, { name = "n", bytes = "38-40", format = "I3", limits = [0, 99] },
]
""",
    "pipe": """
[[forms]]
name = "pipe"
reader = "delimited"
delimiter = "|"
fields = ["source_id", "ra", "dec", "ref_epoch", { name = "ra_error", null = 99.9 }, { name = "n", limits = [0, 99] }]
""",
    "csv": """
[[forms]]
name = "csv"
reader = "csv"
fields = ["source_id", "ra", "dec", "ref_epoch", { name = "ra_error", null = 99.9 }, { name = "n", limits = [0, 99] }]
""",
}
GOOD = [
    ("1", "10.0", "20.0", "1991.25", "1.5", "3"),
    ("2", "359.9999", "-89.5", "", "99.9", ""),
    ("3", "", "", "1991.3", "", "5"),
]
WIDTHS = (4, 8, 8, 7, 5, 3)


def spec_of(*forms: str) -> ingest.Spec:
    return ingest.read_spec(COLUMNS + "".join(FORMS[f] for f in forms), "small.toml")


def text_of(form: str, rows: list[tuple[str, ...]]) -> str:
    if form == "fixed":
        return "".join(" ".join(v.rjust(w) for v, w in zip(r, WIDTHS, strict=True)) + "\n" for r in rows)
    head = "source_id,ra,dec,ref_epoch,ra_error,n\n" if form == "csv" else ""
    return head + "".join(("|" if form == "pipe" else ",").join(r) + "\n" for r in rows)


@pytest.mark.parametrize("form", FORMS)
def test_good_rows_blanks_and_sentinels(store: Store, tmp_path: Path, form: str) -> None:
    file = tmp_path / "x.txt"
    file.write_text(
        text_of(form, GOOD[:1]) + "\n" + text_of(form, GOOD[1:]).removeprefix(text_of(form, [])) + "\n"
    )
    report = ingest.ingest(store, spec_of(form), file)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (3, 3, 0)
    assert (report.without_position, report.without_epoch) == (1, 1)
    rows = store.sql(
        "SELECT source_id, ra, ref_epoch, ra_error, n, hpx29 IS NULL FROM catalogs.small"
    ).fetchall()
    assert sorted(rows) == [
        (1, 10.0, 1991.25, 1.5, 3, False),
        (2, 359.9999, None, None, None, False),
        (3, None, 1991.3, None, 5, True),
    ]
    assert rows[-1][0] == 3, "rows without position come last"


BAD = [
    (1, "361.0", "ra", "lies outside 0 to 360 deg", "361.0"),
    (1, "-0.1", "ra", "lies outside 0 to 360 deg", "-0.1"),
    (2, "91.0", "dec", "lies outside -90 to 90 deg", "91.0"),
    (1, "NaN", "ra", "NaN or infinity is written for a number", "NaN"),
    (2, "inf", "dec", "NaN or infinity is written for a number", "inf"),
    (1, "12h", "ra", "is not a number", "12h"),
    (1, "1_0", "ra", "is not a number", "1_0"),
    (2, "+-1", "dec", "is not a number", "+-1"),
    (0, "0x10", "source_id", "is not a whole number", "0x10"),
    (1, "", "ra", "has one coordinate without the other", None),
    (0, "", "source_id", "is missing", None),
    (0, "1.5", "source_id", "is not a whole number", "1.5"),
    (4, "-1.0", "ra_error", "is an error and negative", "-1.0"),
    (5, "-4", "n", "lies outside 0 to 99", "-4"),
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("place", "text", "column", "reason", "shown"), BAD)
def test_a_bad_value_stops_with_its_place(
    store: Store,
    tmp_path: Path,
    form: str,
    place: int,
    text: str,
    column: str,
    reason: str,
    shown: str | None,
) -> None:
    row = list(("7", "11.0", "21.0", "1991.25", "2.0", "4"))
    row[place] = text
    file = tmp_path / "x.txt"
    file.write_text(text_of(form, [*GOOD, tuple(row)]))
    with pytest.raises(BadRecord, match=reason) as caught:
        ingest.ingest(store, spec_of(form), file)
    error = caught.value
    assert (error.line, error.column, error.value) == (5 if form == "csv" else 4, column, shown)
    assert error.raw is not None
    assert (text or "21.0") in error.raw
    assert str(file) in str(error)
    assert "--rejects FILE" in str(error)
    assert store.tables() == ()


@pytest.mark.parametrize("form", FORMS)
def test_bad_values_are_set_aside_with_their_places(store: Store, tmp_path: Path, form: str) -> None:
    rows = list(GOOD)
    for number, (place, text, *_) in enumerate(BAD, 7):
        row = [str(number), "11.0", "21.0", "1991.25", "2.0", "4"]
        row[place] = text
        rows.append(tuple(row))
    file, rejects = tmp_path / "x.txt", tmp_path / "rejects.csv"
    file.write_text(text_of(form, rows))
    report = ingest.ingest(store, spec_of(form), file, rejects=rejects)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (3 + len(BAD), 3, len(BAD))
    entries = list(csv.DictReader(rejects.read_text().splitlines()))
    first = 5 if form == "csv" else 4
    for line, (entry, bad) in enumerate(zip(entries, BAD, strict=True), first):
        _, text, column, reason, shown = bad
        assert (entry["line"], entry["column"], entry["value"]) == (str(line), column, shown or "")
        assert reason in entry["reason"]


@pytest.mark.parametrize(
    ("form", "line", "reason"),
    [
        ("fixed", "   7  11.0000", "the line has 13 characters, not 40: it is torn"),
        ("pipe", "7|11.0|21.0", "3 fields stand where 6 are expected"),
        ("csv", "7,11.0,21.0,1991.25,1,2,3", "7 fields stand where 6 are expected"),
    ],
)
def test_a_torn_line(store: Store, tmp_path: Path, form: str, line: str, reason: str) -> None:
    file = tmp_path / "x.txt"
    file.write_text(
        text_of(form, GOOD[:1]) + line + "\n" + text_of(form, GOOD[1:]).removeprefix(text_of(form, []))
    )
    with pytest.raises(BadRecord, match=reason) as caught:
        ingest.ingest(store, spec_of(form), file)
    assert caught.value.line == (3 if form == "csv" else 2)
    assert caught.value.raw == line
    report = ingest.ingest(store, spec_of(form), file, rejects=tmp_path / "r.csv")
    assert (report.rows_kept, report.rows_rejected) == (3, 1)


@pytest.mark.parametrize("form", FORMS)
def test_a_repeated_identifier_names_both_lines(store: Store, tmp_path: Path, form: str) -> None:
    file = tmp_path / "x.txt"
    file.write_text(text_of(form, [*GOOD, ("1", "11.0", "21.0", "", "", "")]))
    first, second = (2, 5) if form == "csv" else (1, 4)
    with pytest.raises(BadRecord, match=f"repeats the identifier of x.txt, line {first}") as caught:
        ingest.ingest(store, spec_of(form), file)
    assert caught.value.line == second
    assert store.tables() == ()
    report = ingest.ingest(store, spec_of(form), file, rejects=tmp_path / "r.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (4, 3, 1)
    assert f"line {first}" in (tmp_path / "r.csv").read_text()


def test_an_appended_identifier_must_be_new(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_text(text_of("csv", GOOD))
    ingest.ingest(store, spec_of("csv"), file)
    with pytest.raises(TableExists, match="exists already"):
        ingest.ingest(store, spec_of("csv"), file)
    with pytest.raises(DataError, match="has the rows of these files already"):
        ingest.ingest(store, spec_of("csv"), file, mode="append")
    file.write_text(text_of("csv", [("8", "1", "2", "", "", ""), GOOD[1]]))
    with pytest.raises(BadRecord, match="stands in catalogs.small already") as caught:
        ingest.ingest(store, spec_of("csv"), file, mode="append")
    assert (caught.value.line, caught.value.column, caught.value.value) == (3, "source_id", "2")
    other = tmp_path / "y.txt"
    other.write_text(text_of("csv", [("9", "1", "2", "", "", "")]))
    ingest.ingest(store, spec_of("csv"), other, mode="append")
    assert store.row_count("small") == 4


def test_several_files_are_one_table_and_counted_each(store: Store, tmp_path: Path) -> None:
    files = []
    for number in range(3):
        file = tmp_path / f"{number}.txt"
        file.write_text(
            text_of("csv", [(str(10 * number + i), "1.0", "2.0", "", "", "") for i in range(number + 1)])
        )
        files.append(file)
    report = ingest.ingest(store, spec_of("csv"), files)
    assert [i.rows_kept for i in report.ingests] == [1, 2, 3]
    assert store.row_count("small") == 6
    shas = store.sql("SELECT sha256 FROM provenance.ingests").fetchall()
    assert len({s for (s,) in shas}) == 3


def test_files_that_can_not_be_read(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        ingest.ingest(store, spec_of("csv"), tmp_path / "none.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="is a folder without files"):
        ingest.ingest(store, spec_of("csv"), tmp_path / "empty")
    with pytest.raises(DataError, match="no file is named"):
        ingest.ingest(store, spec_of("csv"), [])
    (tmp_path / "x.fits").write_bytes(b"SIMPLE  =                    T")
    with pytest.raises(DataError, match="is a fits file, and small has no such form: csv"):
        ingest.ingest(store, spec_of("csv"), tmp_path / "x.fits")
    (tmp_path / "x.csv").write_text("source_id,ra\n1,2\n")
    with pytest.raises(DataError, match="form csv needs a column dec"):
        ingest.ingest(store, spec_of("csv"), tmp_path / "x.csv")
    with pytest.raises(DataError, match="has no form fixde"):
        ingest.ingest(store, spec_of("csv"), tmp_path / "x.csv", form="fixde")


def test_a_form_is_chosen_by_its_records_or_the_forms_are_listed(store: Store, tmp_path: Path) -> None:
    spec = spec_of("fixed", "pipe")
    for form in ("fixed", "pipe"):
        (tmp_path / form).write_text(text_of(form, GOOD))
        assert (
            ingest.ingest(store, spec, tmp_path / form, mode="replace" if store.tables() else "create")
            .ingests[0]
            .form
            == form
        )
    (tmp_path / "other").write_text("nothing of the kind\nat all\n")
    with pytest.raises(DataError, match=r"is in no form of small.*fixed 0%, pipe 0%.*--form"):
        ingest.ingest(store, spec, tmp_path / "other", mode="replace")
    twice = ingest.read_spec(
        COLUMNS + FORMS["pipe"] + FORMS["pipe"].replace('"pipe"', '"pipe2"', 1), "small.toml"
    )
    with pytest.raises(DataError, match="may be in the form pipe or pipe2"):
        ingest.ingest(store, twice, tmp_path / "pipe", mode="replace")


BINARY = """
[[forms]]
name = "records"
reader = "binary"
fields = [
  { name = "source_id", type = "<i4" }, { name = "ra", type = "<i4", unit = "mas" },
  { name = "dec", type = "<i4", unit = "mas", offset = -324000000 },
  { name = "ref_epoch", type = "<i2", scale = 0.001, offset = 2000, unit = "yr", null = 0 },
  { name = "ra_error", type = "<f4" }, { name = "n", type = "i1", null = -1 },
]
"""


def binary_rows() -> np.ndarray:
    rows = np.zeros(
        3, [("id", "<i4"), ("ra", "<i4"), ("spd", "<i4"), ("ep", "<i2"), ("e", "<f4"), ("n", "i1")]
    )
    rows["id"], rows["ra"], rows["spd"] = (
        [1, 2, 3],
        [36_000_000, 0, 1_295_999_999],
        [324_000_000, 0, 648_000_000],
    )
    rows["ep"], rows["e"], rows["n"] = [12_345, 0, -8750], [1.5, np.nan, 0], [4, -1, 7]
    return rows


def test_binary_records_and_their_faults(store: Store, tmp_path: Path) -> None:
    spec = ingest.read_spec(COLUMNS + BINARY, "small.toml")
    file = tmp_path / "z001"
    file.write_bytes(binary_rows().tobytes())
    ingest.ingest(store, spec, file)
    rows = store.sql(
        "SELECT source_id, ra, dec, ref_epoch, ra_error, n FROM catalogs.small ORDER BY 1"
    ).fetchall()
    assert rows[0] == (1, 10.0, 0.0, 2012.345, 1.5, 4)
    assert rows[1] == (2, 0.0, -90.0, None, None, None), "NaN of a binary file is NULL"
    assert rows[2][2] == 90.0
    file.write_bytes(binary_rows().tobytes()[:-2])
    with pytest.raises(DataError, match="55 bytes are 2 records of 19 bytes and 17 bytes more"):
        ingest.ingest(store, spec, file, mode="replace")
    wrong = binary_rows()
    wrong["ra"][1] = 1_299_600_000
    file.write_bytes(wrong.tobytes())
    with pytest.raises(BadRecord, match="record 2, column ra: lies outside 0 to 360"):
        ingest.ingest(store, spec, file, mode="replace")


def small_table() -> Table:
    return Table(
        {
            "source_id": [1, 2], "ra": [1.0, np.nan], "dec": [2.0, np.nan], "ref_epoch": [2000.0, 2001.0],
            "ra_error": [1.0, np.nan], "n": np.array([3, 4], "i2"), "Extra": ["a", "b"],
        }
    )  # fmt: skip


NAMED = {
    "fits": lambda path: small_table().write(path, format="fits"),
    "votable": lambda path: small_table().write(path, format="votable"),
    "ecsv": lambda path: small_table()[:1].write(path, format="ascii.ecsv"),
    "parquet": lambda path: pq.write_table(
        pa.table({n: pa.array(small_table()[n].tolist()) for n in small_table().colnames}), path
    ),
    "hdf5": lambda path: small_table()["source_id", "ra", "dec", "ref_epoch", "ra_error", "n"].write(
        path, format="hdf5", path="t"
    ),
}


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("extra", ["keep", "drop", "refuse"])
def test_named_formats(store: Store, tmp_path: Path, kind: str, extra: str) -> None:
    file = tmp_path / f"x.{kind}"
    NAMED[kind](file)
    form = FORMS["csv"].replace('reader = "csv"', f'reader = "{kind}"\nextra = "{extra}"')
    spec = ingest.read_spec(COLUMNS + form, "small.toml")
    if extra == "refuse" and kind != "hdf5":
        with pytest.raises(DataError, match="knows no column Extra"):
            ingest.ingest(store, spec, file)
        return
    report = ingest.ingest(store, spec, file)
    table = store.table("small")
    assert table.has("extra") == (extra == "keep" and kind != "hdf5")
    first = store.sql(
        "SELECT source_id, ra, dec, ref_epoch, ra_error, n FROM catalogs.small WHERE source_id = 1"
    ).fetchall()
    assert first == [(1, 1.0, 2.0, 2000.0, 1.0, 3)]
    assert report.without_position == (0 if kind == "ecsv" else 1)


def test_a_truncated_fits_file(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "x.fits"
    Table({"source_id": np.arange(5000), "ra": np.zeros(5000), "dec": np.zeros(5000)}).write(file)
    file.write_bytes(file.read_bytes()[:60_000])
    form = '[[forms]]\nname = "f"\nreader = "fits"\nfields = ["source_id", "ra", "dec"]\n'
    columns = COLUMNS.replace('"ref_epoch", "ra_error",', "").replace(
        '{ name = "n", type = "SMALLINT", unit = "", ucd = "meta.number", about = "Number of plates" },', ""
    )
    spec = (
        ingest.read_spec(columns.replace("frame =", "ref_epoch = 2000.0\nframe ="), "small.toml")
        if False
        else ingest.read_spec(
            columns.replace("frame =", "ref_epoch = 2000.0\nframe =", 1) + form, "small.toml"
        )
    )
    with pytest.raises(DataError, match=r"is truncated: 60000 bytes, but its header announces 5000 rows"):
        ingest.ingest(store, spec, file)


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
@pytest.mark.parametrize("form", FORMS)
def test_compressed_text(store: Store, tmp_path: Path, suffix: str, form: str) -> None:
    import bz2
    import gzip

    pack = gzip.compress if suffix == ".gz" else bz2.compress
    rows = [(str(i), "1.0", "2.0", "", "", "") for i in range(1, 400)]
    file = tmp_path / f"x{suffix}"
    file.write_bytes(pack(text_of(form, rows).encode()))
    assert ingest.ingest(store, spec_of(form), file).rows_kept == 399
    file.write_bytes(pack(text_of(form, [*rows, ("400", "400", "2", "", "", "")]).encode()))
    with pytest.raises(BadRecord, match="column ra: lies outside") as caught:
        ingest.ingest(store, spec_of(form), file, mode="replace")
    assert caught.value.line == (401 if form == "csv" else 400)
    file.write_bytes(pack(text_of(form, rows).encode())[:-30])
    with pytest.raises(DataError):
        ingest.ingest(store, spec_of(form), file, mode="replace")
    assert store.row_count("small") == 399


FILE_UNITS = """
[catalogue]
name = "units"
title = "Units"
about = "A catalogue whose file tells the units"
columns = [
  { name = "source_id", about = "Number" },
  { name = "sep", type = "DOUBLE", unit = "mas", ucd = "pos.angDistance", about = "Separation" },
]
[[forms]]
name = "fits"
reader = "fits"
fields = ["source_id", { name = "sep", unit = "@file" }]
"""


def test_units_are_the_files_own_where_the_spec_says_so(store: Store, tmp_path: Path) -> None:
    spec = ingest.read_spec(FILE_UNITS, "units.toml")
    file = tmp_path / "x.fits"
    table = Table({"source_id": [1, 2], "sep": [1.5, 2.0]})
    table["sep"].unit = "arcsec"
    table.write(file)
    ingest.ingest(store, spec, file)
    assert store.sql("SELECT sep FROM catalogs.units ORDER BY source_id").fetchall() == [(1500,), (2000,)]
    table["sep"].unit = None
    table.write(file, overwrite=True)
    with pytest.raises(DataError, match="column sep has no unit: write its unit into the file"):
        ingest.ingest(store, spec, file, mode="replace")
    table["sep"].unit = "km"
    table.write(file, overwrite=True)
    with pytest.raises(DataError, match="column sep is in km, not in a unit of mas"):
        ingest.ingest(store, spec, file, mode="replace")
    with pytest.raises(SpecError, match="csv files tell no units"):
        ingest.read_spec(FILE_UNITS.replace('reader = "fits"', 'reader = "csv"'), "units.toml")


def test_the_plan_of_looking_for_faults_stays_small(store: Store, tmp_path: Path) -> None:
    """A condition on the fault must not be written out for each check, which took half a minute to plan."""
    file = tmp_path / "wide.csv"
    file.write_text("\n".join(",".join(f"{x}{n}" for n in range(20)) for x in ("c", "0.5")))
    sizes = []
    for condition in ("", "WHERE _fault IS NOT NULL"):
        with closing(store.cursor()) as con:
            plan = plan_file(con, guess_table(file, "wide").spec, file, None)
            statement, values = located_statement(con, plan, "fault")
            ((_, text),) = con.execute(f"EXPLAIN SELECT * FROM ({statement}) {condition}", values).fetchall()
        sizes.append(len(text))
    assert sizes[1] < 2 * sizes[0]
