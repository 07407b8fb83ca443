"""Text after the end of a record: a bad record, unless the form says that its lines go on."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingest
from catalogdb.errors import BadRecord, SpecError
from catalogdb.store import Store
from ingest.readers import typed_text

HEAD = """
[catalogue]
name = "small"
title = "Small"
about = "A small catalogue"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
columns = [
  { name = "source_id", about = "Number" }, "ra", "dec",
  { name = "note", type = "VARCHAR", ucd = "meta.note", about = "Note" },
]
[[forms]]
name = "it"
"""
FIXED = """
reader = "fixed_width"
fields = [
  { name = "source_id", bytes = "1-4", format = "I4" }, { name = "ra", bytes = "6-12", format = "F7.3" },
  { name = "dec", bytes = "14-20", format = "F7.3" }, { name = "note", bytes = "22-24", format = "A3" },
]
"""
PIPE = """
reader = "delimited"
delimiter = "|"
fields = [
  { name = "source_id", format = "I4" }, { name = "ra", format = "F7.3" },
  { name = "dec", format = "F7.3" }, { name = "note", format = "A3" },
]
"""
SOUND = ["   1  10.000 -20.000 abc", "   2  11.000  20.000", "   3  12.000  20.000 d   \t  "]
LONG = "   4  13.000  20.000 abc extra stuff here"


@pytest.fixture(params=["small", "large"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to read: by DuckDB, and by compiled loops."""
    if request.param == "large":
        monkeypatch.setattr(typed_text, "LARGE_BYTES", 0)
    return str(request.param)


def written(folder: Path, lines: list[str], end: str = "\n") -> Path:
    file = folder / "small.dat"
    file.write_text("".join(f"{line}{end}" for line in lines), newline="")
    return file


def spec_of(form: str, more: str = "") -> ingest.Spec:
    return ingest.read_spec(HEAD + form + more, "small.toml")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_text_after_a_record_of_fixed_width(store: Store, tmp_path: Path, size: str, end: str) -> None:
    file = written(tmp_path, [*SOUND, LONG], end)
    with pytest.raises(
        BadRecord, match="line 4: text stands after character 24, where the record ends"
    ) as caught:
        ingest.ingest(store, spec_of(FIXED), file)
    assert caught.value.raw is not None
    assert "extra stuff here" in caught.value.raw
    rejects = tmp_path / "rejects.csv"
    report = ingest.ingest(store, spec_of(FIXED), file, rejects=rejects)
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (4, 3, 1)
    assert "extra stuff here" in rejects.read_text()


def test_blanks_after_it_are_sound(store: Store, tmp_path: Path, size: str) -> None:
    report = ingest.ingest(
        store, spec_of(FIXED), written(tmp_path, [*SOUND, SOUND[0].replace("1", "5", 1) + " " * 40])
    )
    assert report.rows_kept == 4


@pytest.mark.parametrize(("longest", "kept"), [(0, 4), (41, 4), (40, 3), (30, 3)])
def test_a_form_may_say_that_lines_go_on(
    store: Store, tmp_path: Path, size: str, longest: int, kept: int
) -> None:
    file = written(tmp_path, [*SOUND, LONG])
    spec = spec_of(FIXED, f"longest = {longest}")
    report = ingest.ingest(store, spec, file, rejects=tmp_path / "rejects.csv")
    assert report.rows_kept == kept


def test_it_is_for_fixed_width_alone() -> None:
    for form, more in ((PIPE, "longest = 0"), (FIXED, "width = 24\nlongest = 0")):
        with pytest.raises(SpecError, match="longest is for fixed_width without width"):
            spec_of(form, more)


def test_text_after_a_delimited_record(store: Store, tmp_path: Path, size: str) -> None:
    file = written(tmp_path, ["1|10.0|20.0|abc", "2|10.0|20.0|", "3|10.0|20.0|abc extra stuff here"])
    with pytest.raises(BadRecord, match="line 3, column note: is longer than A3: text stands after the end"):
        ingest.ingest(store, spec_of(PIPE), file)
    report = ingest.ingest(store, spec_of(PIPE), file, rejects=tmp_path / "rejects.csv")
    assert (report.rows_kept, report.rows_rejected) == (2, 1)
    free = spec_of(PIPE.replace("A3", "A0"))
    assert ingest.ingest(store, free, file, mode="replace").rows_kept == 3
