"""Names found in a list of names, truth values written as words, and fields that need not be listed."""

from __future__ import annotations

from pathlib import Path

import pytest

import ingest
from catalogdb.errors import DataError, SpecError
from catalogdb.store import Store

SPEC = """
[catalogue]
name = "named"
title = "Named"
about = "Stars with names"
columns = [
  { name = "source_id", source_name = "No", about = "Number" },
  { name = "_2mass", source_name = "2MASS", type = "VARCHAR", ucd = "meta.id", about = "2MASS name" },
  { name = "ids", type = "VARCHAR", ucd = "meta.id", about = "All names" },
  { name = "hip", type = "INTEGER", ucd = "meta.id", about = "Hipparcos number" },
  { name = "tyc", type = "VARCHAR", ucd = "meta.id", about = "Tycho name" },
  { name = "primary_flag", type = "BOOLEAN", ucd = "meta.code", about = "Whether primary" },
]
[[forms]]
name = "csv"
reader = "csv"
fields = [{ name = "_primary", from = "primary_flag", optional = true }, "*"]
convert = [
  { by = "labelled", from = "ids", to = "hip", label = "HIP " },
  { by = "labelled", from = "ids", to = "tyc", label = "TYC ", pattern = "[0-9]+-[0-9]+-[123]" },
  { by = "flag", from = "_primary", to = "primary_flag", true = "true T 84", false = "false F 70" },
]
"""


def rows_of(store: Store, tmp_path: Path, text: str) -> list[dict[str, object]]:
    file = tmp_path / "named.csv"
    file.write_text(text)
    ingest.ingest(store, ingest.read_spec(SPEC, "named.toml"), file, mode="replace")
    return store.sql("SELECT * FROM catalogs.named ORDER BY source_id").arrow().to_pylist()


def test_names_and_flags(store: Store, tmp_path: Path) -> None:
    rows = rows_of(
        store,
        tmp_path,
        "No,2MASS,ids,primary_flag\n1,J0,HR 1; HIP 424;TYC 1-2-3,84\n2,,SHIP 5;HIP 7;HIP 8;TYC 1,F\n3,J3,,\n4,,HR 9,TRUE\n",
    )
    assert [r["hip"] for r in rows] == [424, 7, None, None]
    assert [r["tyc"] for r in rows] == ["1-2-3", None, None, None]
    assert [r["_2mass"] for r in rows] == ["J0", None, "J3", None]
    assert [r["primary_flag"] for r in rows] == [True, False, None, True]


def test_columns_that_may_be_missing_need_not_be_there(store: Store, tmp_path: Path) -> None:
    assert rows_of(store, tmp_path, "no\n5\n") == [{"source_id": 5}]
    with pytest.raises(DataError, match="form csv needs a column No"):
        rows_of(store, tmp_path, "2MASS\nJ0\n")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("No,primary_flag\n1,yes\n", "line 2, column primary_flag: can not be converted by flag.*yes"),
        ("No,ids\n1,HIP 4A\n", "line 2, column hip"),
    ],
)
def test_what_is_no_name_or_flag_is_a_bad_record(store: Store, tmp_path: Path, text: str, match: str) -> None:
    with pytest.raises(DataError, match=match):
        rows_of(store, tmp_path, text)


def test_a_flag_needs_its_words() -> None:
    with pytest.raises(SpecError, match="conversion flag: it needs the key false"):
        ingest.read_spec(SPEC.replace(', false = "false F 70"', ""), "named.toml")
