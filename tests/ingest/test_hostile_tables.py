"""Tables of users as they come: odd names, torn lines, numbers that doubles can not hold, folders."""

from __future__ import annotations

import bz2
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

import ingest
from catalogdb.errors import BadRecord, DataError
from catalogdb.store import Store

GOOD = "id,ra,dec\n1,10.5,20\n2,11.5,-20\n"


@pytest.mark.parametrize("name", ["über ☆.csv", "gl*b[1]?.csv", "qu'ote.csv", 'dq".csv', "a{b,c} $x.csv"])
def test_any_file_name(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(GOOD)
    assert ingest.ingest_table(store, tmp_path / name, "x").rows_kept == 2


@pytest.mark.parametrize("pack", [bytes, bz2.compress])
@pytest.mark.parametrize("line", ["torn", "3,12h,5"])
def test_one_bad_line_does_not_make_text_of_a_number(
    store: Store, tmp_path: Path, line: str, pack: type[bytes]
) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(pack((GOOD + line + "\n").encode()))
    with pytest.raises(BadRecord, match="line 4"):
        ingest.ingest_table(store, file, "x")
    report = ingest.ingest_table(store, file, "x", rejects=tmp_path / "r.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (3, 2, 1)
    assert sorted(store.sql("SELECT ra FROM catalogs.x").fetchall()) == [(10.5,), (11.5,)]


def test_whole_numbers_stay_exact(store: Store, tmp_path: Path) -> None:
    big = 2**53 + 1
    Table({"id": [big], "ra": [1.0], "dec": [2.0], "v": [[1, 2]]}).write(tmp_path / "x.fits")
    Table({"id": [big], "ra": [1.0], "dec": [2.0]}).write(tmp_path / "x.vot", format="votable")
    pq.write_table(pa.table({"id": [big], "ra": [1.0], "dec": [2.0]}), tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_text(f"id,ra,dec,n\n{big},1,2,{2**64 - 1}\n")
    for kind in ("fits", "vot", "parquet", "csv"):
        ingest.ingest_table(store, tmp_path / f"x.{kind}", f"x_{kind}")
        assert store.sql(f"SELECT source_id FROM catalogs.x_{kind}").fetchall() == [(big,)]
    assert store.sql("SELECT n FROM catalogs.x_csv").fetchall() == [(str(2**64 - 1),)]
    assert store.sql("SELECT v FROM catalogs.x_fits").fetchall() == [([1, 2],)]


def test_what_is_no_table_is_told_at_once(store: Store, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,ra,dec,x,x\n1,2,3,4,5\n")
    with pytest.raises(DataError, match="names two columns 'x': rename one"):
        ingest.ingest_table(store, tmp_path / "x.csv", "x")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is a pipe or a device"):
        ingest.ingest_table(store, tmp_path / "pipe", "x")
    (tmp_path / "good.csv").write_text(GOOD)
    with pytest.raises(DataError, match="can not be written: its folder does not exist"):
        ingest.ingest_table(store, tmp_path / "good.csv", "x", rejects=tmp_path / "none" / "r.csv")
    with pytest.raises(DataError, match="can not be written: Is a directory"):
        ingest.ingest_table(store, tmp_path / "good.csv", "x", rejects=tmp_path)
    Table({"id": np.array([2**64 - 1], np.uint64), "ra": [1.0], "dec": [2.0]}).write(tmp_path / "u.fits")
    with pytest.raises(DataError, match="row 1, column source_id: does not fit BIGINT"):
        ingest.ingest_table(store, tmp_path / "u.fits", "x")
    assert store.tables() == ()


def test_a_folder_of_parquet_and_a_header_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "hats" / "Norder=0").mkdir(parents=True)
    rows = pa.table({"id": [1, 2], "ra": [1.0, 2.0], "dec": [2.0, 3.0]})
    pq.write_table(rows, tmp_path / "hats" / "Norder=0" / "Npix=1.parquet")
    assert ingest.ingest_table(store, tmp_path / "hats", "hats").rows_kept == 2
    (tmp_path / "x.csv").write_text("id,ra,dec\n")
    with pytest.raises(DataError, match=r"x\.csv: it has no rows, only a header; nothing is published"):
        ingest.ingest_table(store, tmp_path / "x.csv", "x")
    assert [table.name for table in store.tables()] == ["hats"]


def test_a_reject_in_a_folder_takes_no_other_files_row_along(store: Store, tmp_path: Path) -> None:
    """Rows of a folder are numbered through: the second row of each file is another record."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(3):
        bad = [float("nan") if number == 1 and row == 1 else 10.0 for row in range(3)]
        rows = {"id": [10 * number + row for row in range(3)], "ra": bad, "dec": [1.0] * 3}
        pq.write_table(pa.table(rows), folder / f"{number}.parquet")
    report = ingest.ingest_table(store, folder, "x", rejects=tmp_path / "r.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (9, 8, 1)
    kept = [row[0] for row in store.sql("SELECT source_id FROM catalogs.x ORDER BY 1").fetchall()]
    assert kept == [0, 1, 2, 10, 12, 20, 21, 22]
    assert (tmp_path / "r.csv").read_text().splitlines()[1].split(",")[1] == "5"


@pytest.mark.parametrize("pack", [bytes, bz2.compress])
@pytest.mark.parametrize("mark", [",", "\t"])
def test_a_stray_quote_is_refused_with_its_line(
    store: Store, tmp_path: Path, mark: str, pack: type[bytes]
) -> None:
    """It opens a field that the next one closes, and the records between would be lost."""
    notes = {10: '"5 arcsec', 60: 'ends"'}
    lines = ["id,ra,dec,note", *(f"{i},10.5,3,{notes.get(i, 'x')}" for i in range(1, 101)), ""]
    (tmp_path / "x.csv").write_bytes(pack("\n".join(lines).replace(",", mark).encode()))
    with pytest.raises(DataError, match=r"x\.csv, line 11: a quote opens a field that goes on to line 61"):
        ingest.ingest_table(store, tmp_path / "x.csv", "x")
    spec = ingest.guess_table(_good(tmp_path, mark)).spec
    with pytest.raises(DataError, match=r"x\.csv, line 11: a quote opens a field that goes on to line 61"):
        ingest.ingest(store, spec, tmp_path / "x.csv")
    assert store.tables() == ()


def _good(folder: Path, mark: str) -> Path:
    (folder / "good.csv").write_text("id,ra,dec,note\n1,2,3,x\n".replace(",", mark))
    return folder / "good.csv"


def test_quotes_that_are_meant_are_read(store: Store, tmp_path: Path) -> None:
    text = 'note,id,ra,dec\n"two\nlines",1,10,20\n"x, ""y""",2,10,20\n5" tel,3,10,20\n"a\n\nb",4,1,2\n'
    (tmp_path / "x.csv").write_text(text)
    assert ingest.ingest_table(store, tmp_path / "x.csv", "x").rows_kept == 4
    notes = [row[0] for row in store.sql("SELECT note FROM catalogs.x ORDER BY source_id").fetchall()]
    assert notes == ["two\nlines", 'x, "y"', '5" tel', "a\n\nb"]


def test_a_quote_that_does_not_end_stops_before_a_long_file_is_in_memory(tmp_path: Path) -> None:
    lines = ["id,ra,dec,note", '1,2,3,"open', *(f"{i},2,3,x" for i in range(5000)), ""]
    (tmp_path / "x.csv").write_text("\n".join(lines))
    with pytest.raises(
        DataError, match="line 2: a quote opens a field that goes on to line 1002, over whole"
    ):
        ingest.guess_table(tmp_path / "x.csv")


LINES = {
    "2,10,20,%s": (
        "x" * 3_000_000,
        "line 3: it has 3000008 bytes, more than the 2000000 of the longest line",
    ),
    '2,10,20,"%s': ("open\nx,y", "line 3: a quote opens a field that does not end"),
}


@pytest.mark.parametrize("line", LINES)
def test_what_duckdb_says_of_a_line_becomes_one_line(store: Store, tmp_path: Path, line: str) -> None:
    text, told = LINES[line]
    (tmp_path / "x.csv").write_text("id,ra,dec,note\n1,2,3,x\n" + line % text + "\n")
    with pytest.raises(DataError, match=told) as caught:
        ingest.ingest_table(store, tmp_path / "x.csv", "x")
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "x.csv") in str(caught.value)
