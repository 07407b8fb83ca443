"""Wrong specs: each error names the file, the place, and what would be right."""

from __future__ import annotations

import pytest

import ingest
from catalogdb.errors import SpecError

GOOD = """
[catalogue]
name = "small"
title = "Small"
about = "A small catalogue"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
columns = [
  { name = "source_id", about = "Number" },
  "ra", "dec",
  { name = "vmag", type = "REAL", unit = "mag", ucd = "phot.mag;em.opt.V", about = "V magnitude" },
]
[[positions]]
name = "listed"
[[forms]]
name = "csv"
reader = "csv"
fields = ["source_id", { name = "ra", from = "RAdeg" }, "dec", { name = "vmag", null = 99.999 }]
"""


def test_a_spec_reads_and_becomes_a_table() -> None:
    spec = ingest.read_spec(GOOD, "small.toml")
    table = ingest.spec_table(spec)
    assert [c.name for c in table.columns] == ["source_id", "ra", "dec", "ref_epoch", "vmag", "hpx29"]
    assert table.column("ra").unit == "deg"
    assert table.column("ra").source_name == "RAdeg"
    assert table.positions[0].ra == "ra"


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (
            "title =",
            "tilte =",
            r"small.toml, \[catalogue\]: unknown key tilte; did you mean title\?.*allowed",
        ),
        ('ucd = "phot.mag;em.opt.V"', 'ucdd = "x"', "column vmag: unknown key ucdd; did you mean ucd"),
        ("null = 99.999", "nul = 1", "form csv, field vmag: unknown key nul; did you mean null"),
        ('reader = "csv"', 'readr = "csv"', "form 1: unknown key readr; did you mean reader"),
        ("[[positions]]", "[[posit]]", "top level: unknown key posit; did you mean positions"),
        ('unit = "mag"', 'unit = "magg"', "column vmag.*not a VOUnit"),
        ("phot.mag;em.opt.V", "phot.magnitude", "not in the UCD vocabulary"),
        ('reader = "csv"', 'reader = "cvs"', "no reader cvs; did you mean csv"),
        ('frame = "ICRS"', 'frame = "FK7"', "frame 'FK7' is none of ICRS"),
        ('frame = "ICRS"', 'frame = "ICRS"\nrotate = "fk5_to_icrs"', "aligned with the ICRS already"),
        ('frame = "ICRS"', 'frame = "Gaia-CRF3"\nrotate = "fk5_to_icrs"', "some 30 mas"),
        ('frame = "ICRS"', 'frame = "FK5"', 'needs rotate = "fk5_to_icrs"'),
        ('frame_note = "stated by the test"', "", "frame_note must say"),
        ('name = "vmag", null', 'name = "wmag", null', "it is no column.*did you mean vmag"),
        ('name = "vmag", null', 'name = "_v", null', "column vmag: no form gives it a value"),
        ('from = "RAdeg"', 'from = "RAdeg", unit = "mag"', "mag can not be converted to the column's unit"),
        ('from = "RAdeg"', 'from = "RAdeg", unit = "furlongg"', "is not a unit"),
        ('name = "listed"', 'name = "listed"\nra = "rx"', "position listed: ra = rx"),
        ('name = "small"', 'name = "Small"', "names are lower case"),
        ('reader = "csv"', 'reader = "csv"\nextra = "some"', "extra is 'some'"),
        ('reader = "csv"', 'reader = "csv"\nrequired = ["x"]', "required x is no field"),
        ('reader = "csv"', 'reader = "csv"\nzone_from_name = "z"', "needs one group"),
        ('reader = "csv"', 'reader = "fixed_width"', 'needs bytes = "first-last"'),
        ('reader = "csv"', 'reader = "binary"', "needs a type"),
        (
            'from = "RAdeg"',
            'from = "RAdeg", starts = "A"',
            "field ra: starts is for text, and this is DOUBLE",
        ),
        ('from = "RAdeg"', 'bytes = "9-3"', "counted from 1"),
        ('from = "RAdeg"', 'bytes = "a-b"', "is not"),
        ('from = "RAdeg"', 'from = "@zone"', "needs the form's zone_from_name"),
        ('name = "small"', "", "missing 1 required keyword-only argument: 'name'"),
        ("[catalogue]", "[catalogue", "small.toml: "),
        ('time_scale = "TT"', "", ""),
    ],
)
def test_a_wrong_spec_is_refused(old: str, new: str, match: str) -> None:
    if old not in GOOD:
        text = GOOD.replace('title = "Small"', 'title = "Small"\ntime_scale = "TX"')
        match = "time_scale TX is none of"
    else:
        text = GOOD.replace(old, new, 1)
    with pytest.raises(SpecError, match=match):
        ingest.read_spec(text, "small.toml")


@pytest.mark.parametrize(
    ("conversion", "match"),
    [
        (
            '{ by = "jd_to_yera", from = "x", to = "ref_epoch" }',
            "no conversion jd_to_yera; did you mean .*jd_to_year",
        ),
        ('{ by = "first", from = ["x", "y"], to = "ref_epoch" }', "from y"),
        ('{ by = "jd_to_year", from = "x", to = "epoch" }', "to epoch is no column"),
        ('{ by = "jd_to_year", from = ["x", "x"], to = "ref_epoch" }', "takes 1 inputs in from, not 2"),
        ('{ by = "jd_to_year", from = "x", to = "ref_epoch", scale = "UTC" }', "unknown key scale"),
        ('{ from = "x", to = "ref_epoch" }', "needs the keys by, from and to"),
        ('{ by = "first", from = "x", to = "ra" }', "ra is given twice"),
    ],
)
def test_a_wrong_conversion_is_refused(conversion: str, match: str) -> None:
    text = GOOD.replace('fields = ["source_id"', f'convert = [{conversion}]\nfields = ["source_id", "x"')
    with pytest.raises(SpecError, match=match):
        ingest.read_spec(text, "small.toml")


def test_an_unknown_catalogue_is_told_with_near_names() -> None:
    with pytest.raises(SpecError, match="no catalogue hiparcos2; did you mean .*hipparcos2"):
        ingest.load_spec("hiparcos2")
    with pytest.raises(SpecError, match="no such spec file"):
        ingest.load_spec("/nowhere/x.toml")


@pytest.mark.parametrize("spec", ingest.catalogues(), ids=lambda s: s.name)
def test_every_spec_makes_a_described_table(spec: ingest.Spec) -> None:
    table = ingest.spec_table(spec)
    assert table.title
    assert table.reference
    assert table.source
    if table.is_positional:
        assert table.positions
        assert table.column("source_id").ucd == "meta.id;meta.main"


def test_an_equinox_is_for_fk4_alone() -> None:
    with pytest.raises(SpecError, match="equinox 'B1875' is for frame FK4 alone"):
        ingest.read_spec(GOOD.replace('frame = "ICRS"', 'frame = "ICRS"\nequinox = "B1875"'), "small.toml")
    old = GOOD.replace('frame = "ICRS"', 'frame = "FK4"\nrotate = "fk4_to_icrs"\nequinox = "B1875"')
    assert ingest.read_spec(old, "small.toml").equinox == "B1875"
    with pytest.raises(SpecError, match="equinox '1875' is for frame FK4 alone"):
        ingest.read_spec(old.replace("B1875", "1875"), "small.toml")


def test_what_a_spec_was_verified_with_goes_into_the_table() -> None:
    text = GOOD.replace("ref_epoch = 2000.0", 'ref_epoch = 2000.0\nverified = "Ten rows"')
    assert ingest.spec_table(ingest.read_spec(text, "small.toml")).extra["verified"] == "Ten rows"
