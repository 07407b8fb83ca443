"""What is told of a catalogue follows from its spec."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import ingest
from ingest import about
from ingest.readers import READERS
from ingest.spec import GROUPS


def spec(**changes: object) -> ingest.Spec:
    return replace(ingest.load_spec("ucac5"), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verified", "status"),
    [
        ("181 real records of zone 1", "real rows"),
        ("No real rows were at hand: written by the data model and read back equal", "simulated"),
        ("683 real rows of VizieR; no real rows of the bulk form", "some forms"),
        ("1,838 real rows of a search; no real row of the bulk files", "some forms"),
        ("", ""),
    ],
)
def test_status_follows_from_the_words(verified: str, status: str) -> None:
    assert about.checked_on(spec(verified=verified)) == status


def test_epochs_and_frames() -> None:
    names = ("hipparcos2", "ucac4", "cpd", "hipparcos_dmsa_g", "tycho2")
    told = {name: ingest.load_spec(name) for name in names}
    epochs = {name: about.epoch_of(each) for name, each in told.items()}
    assert epochs == {
        "hipparcos2": "J1991.25",
        "ucac4": "by row",
        "cpd": "by row",
        "hipparcos_dmsa_g": "",
        "tycho2": "J2000.0",
    }
    assert about.frame_of(told["cpd"]) == "FK4 B1875"
    assert dict(about.facts(told["cpd"]))["brought to ICRS"].startswith("turned from FK4, B1875. ")
    assert "brought to ICRS" not in dict(about.facts(told["hipparcos_dmsa_g"]))


def test_how_files_look() -> None:
    looks = {
        (name, form.name): about.looks(form)
        for name in ("hipparcos2", "ucac4", "twomass", "bsc5", "gaia_dr3")
        for form in ingest.load_spec(name).forms
    }
    assert looks["hipparcos2", "native"] == "lines of 276 bytes"
    assert looks["hipparcos2", "vizier"] == "fields between semicolons, 30 fields, without names"
    assert looks["ucac4", "native"] == r"binary records of 78 bytes; zone in the file's name (z(\d{3}))"
    assert looks["twomass", "native"] == "fields between vertical bars, 60 fields, without names"
    assert looks["bsc5", "native"] == "lines of 197 bytes, trailing blanks may be cut"
    assert looks["gaia_dr3", "csv"].startswith("CSV with a line of names first; known by ")


def test_every_reader_has_words() -> None:
    forms = {form.reader for each in ingest.catalogues() for form in each.forms}
    base = ingest.load_spec("ucac5").forms[0]
    for reader in {*READERS, *forms}:
        assert about.looks(replace(base, reader=reader))


def test_everything_as_data_has_every_key_of_the_spec() -> None:
    data = about.described(ingest.load_spec("ucac5"))
    assert {"name", "title", "frame_note", "systematics", "verified", "rows", "unique", "columns"} <= set(
        data
    )
    (form,) = (form for form in data["form_details"] if form["name"] == "native")
    assert form["fields"][1] == {"name": "ra", "type": "<i4", "unit": "mas"}


@pytest.mark.parametrize("each", ingest.catalogues(), ids=lambda each: each.name)
def test_every_spec_says_what_it_was_checked_on_and_where_it_is_listed(each: ingest.Spec) -> None:
    assert each.verified, 'say in `verified` on which real rows, or begin with "No real rows"'
    assert re.match(r"No real rows\b|.*\breal\b|.*\d", each.verified), each.verified
    assert each.group != "other", f"say the `group`, one of {', '.join(GROUPS)}"
