"""Answers read as streams: what they say of themselves, and memory that does not grow with them."""

from __future__ import annotations

import base64
import gzip
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from catalogdb.errors import RemoteError
from ingest.remote.answer import Answer, read_answer
from ingest.remote.patience import Transient
from ingest.remote.session import Saved

FIELDS = """<FIELD name="n" datatype="int" unit="mas.yr-1" ucd="pos.pm"><DESCRIPTION>A motion,
 yearly</DESCRIPTION></FIELD><FIELD name="N" datatype="double" ucd="pos.eq.ra;meta.main" ref="sys"/>"""
CELLS = "<TR><TD>1</TD><TD>2.5</TD></TR><TR><TD/><TD>NaN</TD></TR>"
OK = '<INFO name="QUERY_STATUS" value="OK"/>'
OVERFLOW = '<INFO name="QUERY_STATUS" value="OVERFLOW">cut</INFO>'
ERROR = '<INFO name="QUERY_STATUS" value="ERROR">the disk\n is full</INFO>'


def document(
    *, before: str = OK, inside: str = "", after: str = "", end: str = "", first: str = "", kind: str = "results",
    cells: str = CELLS,
) -> str:  # fmt: skip
    table = f"<TABLE>{FIELDS}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA>{inside}</TABLE>"
    frame = '<COOSYS ID="sys" system="eq_FK5" equinox="J2000" epoch="J2015.5"/>'
    return f'<VOTABLE version="1.3">{first}<RESOURCE type="{kind}">{before}{frame}{table}{after}</RESOURCE>{end}</VOTABLE>'


def answer(folder: Path, text: str | bytes) -> Answer:
    file, content = folder / "x.vot", text.encode() if isinstance(text, str) else text
    file.write_bytes(content)
    return read_answer(Saved(file, "http://x", len(content), ""), "x")


def test_columns_and_positions_are_described(tmp_path: Path) -> None:
    found = answer(tmp_path, document())
    assert (found.rows, found.overflow) == (2, False)
    table = found.table()
    assert table["n"].to_pylist() == [1, None]
    assert str(table["N_2"].to_pylist()) == "[2.5, nan]"
    first, second = table.schema
    assert first.metadata == {
        b"name": b"n", b"unit": b"mas / yr", b"ucd": b"pos.pm", b"description": b"A motion, yearly",
    }  # fmt: skip
    assert second.metadata[b"name"] == b"N"
    assert table.schema.metadata == {b"system": b"eq_FK5", b"equinox": b"J2000", b"epoch": b"J2015.5"}
    found.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["before", "inside", "after", "end"])
def test_the_status_may_stand_anywhere(tmp_path: Path, place: str) -> None:
    assert answer(tmp_path, document(**{place: OVERFLOW})).overflow
    with pytest.raises(RemoteError, match="^x: the service says: the disk is full$"):
        answer(tmp_path, document(**{place: ERROR}))


def test_an_empty_table_is_read_to_its_end(tmp_path: Path) -> None:
    text = document(after=OVERFLOW).replace(f"<DATA><TABLEDATA>{CELLS}</TABLEDATA></DATA>", "")
    assert (answer(tmp_path, text).rows, answer(tmp_path, text).overflow) == (0, True)
    with pytest.raises(Transient):
        answer(tmp_path, text.partition("</TABLE>")[0])


def test_what_describes_a_service_is_no_result(tmp_path: Path) -> None:
    other = '<RESOURCE type="meta"><TABLE><FIELD name="a" datatype="int"/></TABLE></RESOURCE>'
    assert answer(tmp_path, document(first=other)).table().column_names == ["n", "N_2"]
    with pytest.raises(RemoteError, match="its answer has no table of results"):
        answer(tmp_path, document(kind="meta"))


def test_words_beside_a_stream_are_no_part_of_it(tmp_path: Path) -> None:
    stream = base64.b64encode(b"\0" + struct.pack(">id", 7, 0.5)).decode()
    data = f'<BINARY2><STREAM encoding="base64">{stream}</STREAM></BINARY2>'
    text = document(inside='<INFO name="note">words</INFO>').replace(f"<TABLEDATA>{CELLS}</TABLEDATA>", data)
    assert answer(tmp_path, text).table().to_pydict() == {"n": [7], "N_2": [0.5]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (document(cells=CELLS + "<TR><TD>x</TD><TD>1</TD></TR>"), r"can not be read \(row 3: field n: 'x' is no int"),
        ("<html><body/></html>", "answers with no VOTable but: <html>"),
        (document().replace("</TR>", "</TD>"), "its VOTable can not be read"),
        (document(cells="<TR></TR>").replace("</VOTABLE>", "</VOTABLE >"), "its VOTable can not be read"),
        ('<?xml version="1.0" encoding="x-y"?>' + document(), "names no encoding that is known .*x-y"),
    ],
)  # fmt: skip
def test_what_is_no_answer(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RemoteError, match=said):
        answer(tmp_path, text)
    with pytest.raises(RemoteError, match=said):
        answer(tmp_path, gzip.compress(text.encode()))


def test_what_was_cut_or_damaged_is_asked_again(tmp_path: Path) -> None:
    text = document(cells=CELLS * 20_000).replace(' version="1.3"', "").encode()
    packed = gzip.compress(text)
    middle = len(packed) // 2
    damaged = (
        packed[:middle] + bytes(byte ^ 0xFF for byte in packed[middle : middle + 50]) + packed[middle + 50 :]
    )
    for content in (
        b"",
        text[:200],
        text[:-3],
        packed[:-3],
        packed[:30],
        packed[:middle],
        damaged,
        packed + b"junk",
    ):
        with pytest.raises(Transient):
            answer(tmp_path, content)


MEMORY = """
import resource, sys
import catalogdb
from ingest.remote.fetch import How, fetch
from ingest.remote.request import Request
from ingest.remote.source import Address
url, folder, number = sys.argv[1:]
settings = catalogdb.load_settings(None, {"memory_limit": "150MB", "threads": 1, "fetch_timeout_s": 60.0})
with catalogdb.open(folder, create=True, settings=settings) as store:
    report = fetch(store, Request(query="SELECT * FROM t"), Address(tap=url), How(name="t" + number))
unit = 2**20 if sys.platform == "darwin" else 2**10
print(report.ingest.rows_kept, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
"""


def written(file: Path, rows: int) -> None:
    """An answer of so many rows of 20 doubles."""
    fields = "".join(f'<FIELD name="x{n}" datatype="double" ucd="stat.value"/>' for n in range(20))
    row = bytes(3) + struct.pack(">20d", *(n + 0.1 for n in range(20)))
    with file.open("wb") as out:
        out.write(f'<VOTABLE version="1.4"><RESOURCE type="results">{OK}<TABLE>{fields}<DATA>'.encode())
        out.write(b'<BINARY2><STREAM encoding="base64">')
        block = base64.b64encode(row * 3000)
        for _ in range(rows // 3000):
            out.write(block)
        out.write(b"</STREAM></BINARY2></DATA></TABLE></RESOURCE></VOTABLE>")


def peak_mb(server: Any, folder: Path, rows: int) -> float:
    """The peak memory of a process that fetches an answer of so many rows [MB]."""
    server.canned = folder / f"{rows}.vot"
    written(server.canned, rows)
    command = [sys.executable, "-c", MEMORY, server.url, str(folder / "sky"), str(rows)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])
    server.canned.unlink()
    assert run.returncode == 0, run.stderr
    kept, peak = run.stdout.split()
    assert int(kept) == rows
    return float(peak)


def test_memory_does_not_grow_with_the_answer(server: Any, tmp_path: Path) -> None:
    few, many = (peak_mb(server, tmp_path, rows) for rows in (120_000, 480_000))
    assert many - few < 60, (few, many)  # held whole, it were 700 MB
