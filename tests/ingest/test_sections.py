"""Text in which lines before the records say what they belong to, and lines that are no records."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingest
from catalogdb.errors import BadRecord, DataError, SpecError
from catalogdb.store import Store

SPEC = r"""
[catalogue]
name = "visits"
title = "Visits"
about = "Measures of stars in sections"
unique = false
columns = [
  { name = "source_id", about = "Star" },
  { name = "night", type = "VARCHAR", ucd = "meta.id", about = "Night" },
  { name = "mag", type = "DOUBLE", unit = "mag", ucd = "phot.mag", about = "Magnitude" },
]
[[forms]]
name = "diary"
reader = "fixed_width"
width = 6
section = ["MEASURES", "---"]
context = [
  { name = "night", line = 'Night \d', sample = "Night 0000" },
  { name = "star", line = 'Star +\d', sample = "Star    1" },
]
fields = [
  { name = "night", from = "@night", bytes = "7-10", format = "A4" },
  { name = "source_id", from = "@star", bytes = "6-9", format = "I4" },
  { name = "mag", bytes = "2-6", format = "F5.2" },
]
"""
TEXT = """A diary
Night 1999
  9.99
MEASURES of the night
Star    7
 10.25
 11.50

Star   12
  8.00
------
 99.99
Night 2000
MEASURES
 12.00
"""


@pytest.fixture
def spec() -> ingest.Spec:
    return ingest.read_spec(SPEC, "visits.toml")


def test_records_are_the_lines_of_the_sections(store: Store, tmp_path: Path, spec: ingest.Spec) -> None:
    file = tmp_path / "diary.txt"
    file.write_text(TEXT)
    report = ingest.ingest(store, spec, file)
    assert (report.rows_read, report.rows_kept) == (4, 4)
    rows = store.sql("SELECT night, source_id, mag FROM catalogs.visits").arrow().to_pylist()
    assert [tuple(r.values()) for r in rows] == [
        ("1999", 7, 10.25),
        ("1999", 7, 11.5),
        ("1999", 12, 8.0),
        ("2000", 12, 12.0),
    ]


def test_a_bad_record_is_named_by_its_line_of_the_file(
    store: Store, tmp_path: Path, spec: ingest.Spec
) -> None:
    file = tmp_path / "diary.txt"
    file.write_text(TEXT.replace("  8.00", "  8.0x"))
    with pytest.raises(BadRecord, match="line 10, column mag: is not a number"):
        ingest.ingest(store, spec, file)
    file.write_text(TEXT.replace("  8.00", "  8.0"))
    with pytest.raises(BadRecord, match="line 10: the line has 5 characters, not 6: it is torn"):
        ingest.ingest(store, spec, file)
    file.write_text(TEXT.replace("Star    7\n", ""))
    with pytest.raises(BadRecord, match="line 5, column source_id: is missing"):
        ingest.ingest(store, spec, file)


def test_a_file_without_the_section_is_refused(store: Store, tmp_path: Path, spec: ingest.Spec) -> None:
    file = tmp_path / "diary.txt"
    file.write_text("Night 1999\nStar    7\n 10.25\n")
    with pytest.raises(DataError, match="it has no section that begins with 'MEASURES'"):
        ingest.ingest(store, spec, file)


def test_leading_lines_are_left_out_by_a_pattern(store: Store, tmp_path: Path) -> None:
    text = SPEC[: SPEC.index("section =")] + "head = '<|Name'\nfields = [" + SPEC[SPEC.index('  { name = "mag", bytes'):]  # fmt: skip
    columns = text.replace('  { name = "source_id", about = "Star" },\n', "").replace(
        '  { name = "night", type = "VARCHAR", ucd = "meta.id", about = "Night" },\n', ""
    )
    spec = ingest.read_spec(columns, "visits.toml")
    file = tmp_path / "page.txt"
    file.write_text("<html>\n<pre>\nName\n 10.25\n 11.50\n")
    assert ingest.ingest(store, spec, file).rows_kept == 2
    file.write_text("<html>\n 10.25\nName\n 11.50\n")
    with pytest.raises(BadRecord, match="line 3: the line has 4 characters, not 6"):
        ingest.ingest(store, spec, file, name="again")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('["MEASURES", "---"]', '["MEASURES"]', "section is what its first line begins with, and what its last"),
        ('sample = "Star    1"', 'sample = "Stars   1"', "context star: its sample is no such line"),
        ("'Star +", "'Star (+", "context star: 'Star .* is no regular expression"),
        ('"@star"', '"@sta"', "field source_id: from @sta; did you mean @star"),
        ('name = "star", line', 'nam = "star", line', "context 2: unknown key nam; did you mean name"),
        ('reader = "fixed_width"\nwidth = 6', 'reader = "delimited"', "section and context are for fixed_width, not delimited"),
    ],
)  # fmt: skip
def test_wrong_sections_in_a_spec(old: str, new: str, match: str) -> None:
    assert old in SPEC
    with pytest.raises(SpecError, match=match):
        ingest.read_spec(SPEC.replace(old, new), "visits.toml")
