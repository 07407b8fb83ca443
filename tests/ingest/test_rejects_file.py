"""What --rejects may write to: a new file, or one of rejects; never what is to be read, nor another's file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import ingest
from catalogdb.errors import DataError
from catalogdb.store import Store
from ingest.remote.fetch import How, fetch
from ingest.remote.request import Request

SPEC = """
[catalogue]
name = "small"
title = "Small"
about = "A small catalogue"
frame = "ICRS"
frame_note = "stated by the test"
ref_epoch = 2000.0
columns = [{ name = "source_id", about = "Number" }, "ra", "dec"]
[[forms]]
name = "csv"
reader = "csv"
fields = ["source_id", "ra", "dec"]
"""
ROWS = "source_id,ra,dec\n1,10,20\n2,10,95\n"
HEADER = "file,line,column,value,reason,raw\n"


@pytest.fixture
def spec() -> ingest.Spec:
    return ingest.read_spec(SPEC, "small.toml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "stars.csv"
    file.write_text(ROWS)
    return file


@pytest.mark.parametrize("how", ["itself", "by another path", "symbolic link", "hard link"])
def test_a_file_that_is_read_is_not_replaced(
    store: Store, spec: ingest.Spec, file: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    rejects = file
    monkeypatch.chdir(file.parent)
    if how == "by another path":
        rejects = Path(file.name)
    elif how == "symbolic link":
        rejects = file.with_name("link.csv")
        rejects.symlink_to(file)
    elif how == "hard link":
        rejects = file.with_name("link.csv")
        os.link(file, rejects)
    for read in (
        lambda: ingest.ingest(store, spec, file, rejects=rejects),
        lambda: ingest.ingest_table(store, file, "own", rejects=rejects),
    ):
        with pytest.raises(
            DataError, match="is a file to be read, and can not take the rejects: name another"
        ):
            read()
    assert file.read_text() == ROWS
    assert store.tables() == ()


def test_a_file_of_something_else_is_not_replaced(store: Store, spec: ingest.Spec, file: Path) -> None:
    other = file.with_name("thesis.csv")
    other.write_text("file,line\nmine,1\n")
    for read in (
        lambda: ingest.ingest(store, spec, file, rejects=other),
        lambda: ingest.ingest_table(store, file, "own", rejects=other),
        lambda: fetch(store, Request(catalogue="tycho2", ids=("1",)), how=How(rejects=other)),
    ):
        with pytest.raises(DataError, match="exists and is no file of rejects: it is not replaced"):
            read()
    assert other.read_text() == "file,line\nmine,1\n"


@pytest.mark.parametrize("before", [None, "", HEADER + "x.csv,1,ra,1,why,1\n", HEADER.replace("\n", "\r\n")])
def test_a_new_file_and_one_of_an_earlier_ingest_are_written(
    store: Store, spec: ingest.Spec, file: Path, before: str | None
) -> None:
    rejects = file.with_name("rejects.csv")
    if before is not None:
        rejects.write_text(before, newline="")
    report = ingest.ingest(store, spec, file, rejects=rejects)
    assert report.rows_rejected == 1
    lines = rejects.read_text().splitlines()
    assert lines[0] == HEADER.strip()
    assert len(lines) == 2
    ingest.ingest(store, spec, file, rejects=rejects, mode="replace")
    assert rejects.read_text().splitlines() == lines


def test_a_file_of_rejects_in_the_named_folder_is_replaced(
    store: Store, spec: ingest.Spec, file: Path
) -> None:
    rejects = file.with_name("rejects.csv")
    ingest.ingest(store, spec, file, rejects=rejects)
    # The store of the fixture may lie beside it: a folder of its own.
    folder = file.with_name("folder")
    folder.mkdir()
    file = file.rename(folder / file.name)
    rejects = rejects.rename(folder / rejects.name)
    report = ingest.ingest(store, spec, folder, rejects=rejects, mode="replace")
    assert (report.rows_rejected, report.left_out) == (1, (rejects,))
    with pytest.raises(DataError, match="is a file to be read"):
        ingest.ingest(store, spec, [file, rejects], rejects=rejects, mode="replace")


def test_a_device_is_taken(store: Store, spec: ingest.Spec, file: Path) -> None:
    assert ingest.ingest(store, spec, file, rejects=os.devnull).rows_rejected == 1
