"""Lines that are shorter or longer than the ReadMe describes them."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingest
from catalogdb.errors import BadRecord
from catalogdb.store import Store

from .conftest import Published

COLUMNS = """
   1-  3  I3    ---     Seq       Number
   5-  9  F5.2  mag     Vmag      Magnitude
  11- 14  A4    ---     Name      ? Name
  16- 20  F5.2  mag     Bmag      ? Magnitude
"""


def test_a_torn_line_is_a_bad_record(store: Store, published: Published, tmp_path: Path) -> None:
    """Cut to 12.3 the last magnitude would be believed."""
    paths = published(COLUMNS, ["  1 12.34 abcd 12.34", "  2 12.34 abcd 12.3", "  3 12.34 abcd 12.34"])
    with pytest.raises(
        BadRecord, match=r"line 2: the line has 19 characters, not 20: it is torn; if it is"
    ) as e:
        ingest.ingest_cds(store, *paths, "t")
    assert "take out width = 20 there" in str(e.value)
    report = ingest.ingest_cds(store, *paths, "t", rejects=tmp_path / "rejects.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (3, 2, 1)


def test_blanks_cut_off_at_the_end_are_sound(store: Store, published: Published) -> None:
    rows = ["  1 12.34 abcd 12.34", "  2 12.34 ab", "  3 12.34", "  4 12.34 abcd 12.34   "]
    found = ingest.cds_spec(*published(COLUMNS, rows), "t")
    assert found.spec.forms[0].width is None
    assert not any("byte" in remark for remark in found.remarks)
    assert ingest.ingest_cds(store, *published(COLUMNS, rows), "t").rows_kept == 4


def test_numbers_to_the_left_are_told_and_kept(store: Store, published: Published) -> None:
    rows = ["  1 12.34 abcd 12.34", "  2 12.34 abcd 9.1", "  3 12.34 abcd 8.25"]
    found = ingest.cds_spec(*published(COLUMNS, rows), "t")
    assert found.spec.forms[0].width is None
    assert any(
        remark.startswith("2 lines end within the bytes of a number (at byte 1") for remark in found.remarks
    )
    assert ingest.ingest_cds(store, *published(COLUMNS, rows), "t").rows_kept == 3


def test_what_stands_after_the_described_bytes_is_told(store: Store, published: Published) -> None:
    paths = published(COLUMNS, ["  1 12.34 abcd 12.345", "  2 12.34 abcd 12.347", "  3 12.34 abcd 12.34"])
    found = ingest.cds_spec(*paths, "t")
    assert "lines have up to 21 bytes: those after 20 are not described, not read" in found.remarks
    assert "# lines have up to 21 bytes" in found.text
    assert found.spec.forms[0].longest == 0
    assert ingest.ingest_cds(store, *paths, "t").rows_kept == 3


def test_a_single_line_that_goes_on_is_refused(store: Store, published: Published) -> None:
    paths = published(COLUMNS, ["  1 12.34 abcd 12.34 extra", "  2 12.34 abcd 12.34", "  3 12.34 abcd 12.34"])
    found = ingest.cds_spec(*paths, "t")
    assert "1 line goes on after byte 20, where the record ends, to 26: refused" in found.remarks
    with pytest.raises(BadRecord, match="text stands after character 20, where the record ends") as caught:
        ingest.ingest_cds(store, *paths, "t")
    assert "write longest = 0 there" in str(caught.value)
