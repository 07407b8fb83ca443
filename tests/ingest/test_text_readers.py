"""Blank-separated text and the text of VizieR: names, units, what is torn, and the way back."""

from __future__ import annotations

import bz2
from pathlib import Path

import pyarrow as pa
import pytest

import ingest
from catalogdb.errors import BadRecord, DataError, SpecError
from catalogdb.store import Store

VIZIER = (
    "#\n#   VizieR Astronomical Server vizier.u-strasbg.fr\n#Column\t_r\t(F5.2)\tDistance\t[ucd=pos.angDistance]\n"
    "#Column\tHIP\t(I6)\tHipparcos number\t[ucd=meta.id;meta.main]\n#Column\tV-I\t(F5.2)\t? Colour index\t[ucd=phot.color]\n"
    "#Column\tn_HIP\t(A1)\tNote\t[ucd=meta.note]\n\n"
    "_r;HIP;V-I;n_HIP\narcmin; ;mag; \n-----;------;-----;-\n 0.10;    21; 1.24;*\n 0.20;    31;     ; \n\n"
)


def test_vizier_says_itself_what_its_columns_are(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text(VIZIER)
    report = ingest.ingest_table(store, tmp_path / "x.tsv", "x", id="HIP")
    assert (report.rows_read, report.rows_kept) == (2, 2)
    assert store.sql("SELECT source_id, v_i, n_hip, _r FROM catalogs.x ORDER BY 1").fetchall() == [
        (21, 1.24, "*", 0.1),
        (31, None, None, 0.2),
    ]
    table = store.table("x")
    assert (table.column("v_i").unit, table.column("v_i").ucd) == ("mag", "phot.color")
    assert (table.column("_r").unit, table.column("_r").about) == ("arcmin", "Distance")


@pytest.mark.parametrize("delimiter", ["\t", "|"])
def test_any_delimiter_of_vizier_and_bzip2(store: Store, tmp_path: Path, delimiter: str) -> None:
    head, dashes, rows = VIZIER.partition("\n\n")
    text = head + dashes + rows.replace(";", delimiter)
    (tmp_path / "x.tsv.bz2").write_bytes(bz2.compress(text.encode()))
    assert ingest.ingest_table(store, tmp_path / "x.tsv.bz2", "x").rows_kept == 2


def test_a_torn_record_of_vizier_has_its_line(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text(VIZIER.replace("    31;     ; ", "    31"))
    with pytest.raises(BadRecord, match="line 12: 2 fields stand where 4 are expected"):
        ingest.ingest_table(store, tmp_path / "x.tsv", "x")
    (tmp_path / "y.tsv").write_text(VIZIER.replace("-----;------;-----;-\n", ""))
    with pytest.raises(DataError, match="is not text of VizieR"):
        ingest.ingest_table(store, tmp_path / "y.tsv", "y")
    (tmp_path / "z.tsv").write_text(VIZIER.replace("arcmin; ;mag; ", "arcmin; ;mag"))
    with pytest.raises(DataError, match="line 9: 3 units for 4 columns"):
        ingest.ingest_table(store, tmp_path / "z.tsv", "z")


@pytest.mark.parametrize(
    "head", ["# R   V_err\n", "R V_err\n", "# from a paper\nR\tV_err\n", "# a paper\n#R V_err\n"]
)
def test_blanks_take_names_from_a_line_or_a_comment(store: Store, tmp_path: Path, head: str) -> None:
    (tmp_path / "x.txt").write_bytes((head + " 9.75  4\n\n11.0\t 5 \n").replace("\n", "\r\n").encode())
    report = ingest.ingest_table(store, tmp_path / "x.txt", "x")
    assert report.rows_kept == 2
    assert store.sql("SELECT r, v_err FROM catalogs.x ORDER BY 1").fetchall() == [(9.75, 4), (11.0, 5)]


def test_blanks_without_names_need_a_spec(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("9.75 219.7\n11.0 217.8\n")
    with pytest.raises(DataError, match="numbers stand where the names of columns should"):
        ingest.ingest_table(store, tmp_path / "x.txt", "x")


SPEC = """
[catalogue]
name = "curve"
title = "Curve"
about = "A curve"
columns = [
  { name = "r", type = "DOUBLE", unit = "kpc", ucd = "pos.distance", about = "Radius" },
  { name = "v", type = "DOUBLE", unit = "km.s**-1", ucd = "phys.veloc", about = "Velocity" },
]
[[forms]]
name = "text"
reader = "blanks"
comment = "#"
fields = [ { name = "r", format = "F6.3" }, { name = "v", unit = "m/s", null = "-" } ]
"""


def test_blanks_by_a_spec_and_back(store: Store, tmp_path: Path) -> None:
    spec = ingest.read_spec(SPEC, "curve.toml")
    rows = pa.table({"r": [9.75, 10.0], "v": [0.22, None]})
    ingest.write_native(spec, "text", rows, tmp_path / "x.txt")
    assert (tmp_path / "x.txt").read_text() == " 9.750 220.0\n10.000 -\n"
    ingest.ingest(store, spec, tmp_path / "x.txt")
    assert store.sql("SELECT r, v FROM catalogs.curve ORDER BY 1").fetchall() == [(9.75, 0.22), (10.0, None)]
    (tmp_path / "x.txt").write_text("# comment\n9.75 220.0\n10 1 2\n")
    with pytest.raises(BadRecord, match="line 3: 3 fields stand where 2 are expected"):
        ingest.ingest(store, spec, tmp_path / "x.txt", mode="replace")
    unmarked = ingest.read_spec(SPEC.replace(', null = "-"', ""), "curve.toml")
    with pytest.raises(DataError, match="v is missing, and blanks can not say so"):
        ingest.write_native(unmarked, "text", rows, tmp_path / "y.txt")
    with pytest.raises(SpecError, match="needs files that name their columns"):
        ingest.read_spec(SPEC.replace('{ name = "r", format = "F6.3" },', '"*",'), "curve.toml")


def test_blanks_in_fixed_columns_need_a_spec(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("00000+7530 A  1248      1904\n00000+4004 ES 2543 AB    1931\n")
    with pytest.raises(
        DataError, match="hold 4 and 5 words between blanks: text in fixed columns needs a spec"
    ):
        ingest.ingest_table(store, tmp_path / "x.txt", "x")
