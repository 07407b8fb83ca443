"""Columns of lists in every form that can hold them, and records unrolled to a row for each element."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import from_table
from astropy.table import MaskedColumn, Table
from astropy.time import Time

import ingest
from catalogdb.errors import DataError, SpecError
from catalogdb.store import Store

SPEC = """
[catalogue]
name = "orbits"
title = "Orbits"
about = "Rows with lists"
columns = [
  { name = "source_id", about = "Number" },
  { name = "corr_vec", type = "REAL[]", unit = "", ucd = "stat.correlation", about = "Correlations" },
  { name = "first_corr", type = "REAL", unit = "", ucd = "stat.correlation", about = "The first of them" },
]
[[forms]]
name = "csv"
reader = "csv"
fields = ["*"]
convert = [{ by = "element", from = "corr_vec", to = "first_corr", number = 1 }]
"""
FORMS = ("csv", "ecsv", "votable", "fits")


def orbits(reader: str) -> ingest.Spec:
    return ingest.read_spec(SPEC.replace('"csv"', f'"{reader}"'), "orbits.toml")


@pytest.mark.parametrize("reader", FORMS)
def test_lists_come_back_as_they_were_written(store: Store, tmp_path: Path, reader: str) -> None:
    spec = orbits(reader)
    lists = [[0.5, None, -0.25], [0.125], None]
    rows = pa.table({"source_id": [1, 2, 3], "corr_vec": pa.array(lists, pa.list_(pa.float32()))})
    file = tmp_path / f"orbits.{reader}"
    ingest.write_native(spec, reader, rows, file)
    report = ingest.ingest(store, spec, file)
    assert (report.rows_kept, report.ingests[0].form) == (3, reader)
    back = store.sql("SELECT * FROM catalogs.orbits ORDER BY source_id").arrow()
    assert back.column("corr_vec").to_pylist() == lists
    assert back.column("first_corr").to_pylist() == [0.5, 0.125, None]
    assert store.table("orbits").column("corr_vec").type == "REAL[]"


def test_lists_as_archives_write_them(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "archive.csv"
    file.write_text('source_id,corr_vec\n1,"(0.5, 0.25)"\n2,"[0.5,null,NaN]"\n3,"[]"\n4,\n')
    ingest.ingest(store, orbits("csv"), file)
    lists = store.sql("SELECT corr_vec FROM catalogs.orbits ORDER BY source_id").arrow().column(0).to_pylist()
    assert lists == [[0.5, 0.25], [0.5, None, None], None, None]


def test_an_element_that_is_no_number_is_a_bad_record(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "archive.csv"
    file.write_text('source_id,corr_vec\n1,"[0.5]"\n2,"[0.5,x]"\n')
    with pytest.raises(DataError, match=r"archive.csv, line 3, column corr_vec.*\[0.5,x\]"):
        ingest.ingest(store, orbits("csv"), file)
    report = ingest.ingest(store, orbits("csv"), file, rejects=tmp_path / "bad.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (2, 1, 1)


def test_variable_length_columns_of_fits_are_read(store: Store, tmp_path: Path) -> None:
    lists = np.empty(2, object)
    lists[0], lists[1] = np.array([0.5, np.nan], "f4"), np.array([], "f4")
    columns = [
        fits.Column(name="source_id", format="K", array=[1, 2]),
        fits.Column(name="corr_vec", format="PE()", array=lists),
        fits.Column(name="bits", format="PI()", array=np.array([[1, 2], [3]], object)),
    ]
    file = tmp_path / "x.fits"
    fits.BinTableHDU.from_columns(columns).writeto(file)
    ingest.ingest(store, orbits("fits"), file)
    rows = store.sql("SELECT corr_vec, bits FROM catalogs.orbits ORDER BY source_id").arrow()
    assert rows.column("corr_vec").to_pylist() == [[0.5, None], None]
    assert rows.column("bits").to_pylist() == [[1, 2], [3]]


TRANSITS = """
[catalogue]
name = "transits"
title = "Transits"
about = "A row for each CCD of a transit"
time_scale = "TCB"
unique = false
columns = [
  { name = "source_id", about = "Number" },
  { name = "transit_id", type = "BIGINT", ucd = "meta.id", about = "Transit" },
  { name = "ccd", type = "SMALLINT", unit = "", ucd = "meta.number", about = "Number of the CCD" },
  { name = "time_ns", type = "BIGINT", unit = "ns", ucd = "time", about = "Time since 2010" },
  { name = "correction_ns", type = "REAL", unit = "ns", ucd = "time", about = "Light time" },
  { name = "epoch", type = "DOUBLE", unit = "yr", ucd = "time.epoch", about = "Time at the barycentre" },
  { name = "w_error", type = "REAL", unit = "mas", ucd = "stat.error", about = "Error" },
]
[[forms]]
name = "raw"
reader = "votable"
fields = ["*", { name = "ccd", from = "@element" }]
unroll = ["time_ns", "w_error"]
convert = [{ by = "elapsed_to_year", from = ["time_ns", "correction_ns"], to = "epoch", origin_jd = 2455197.5 }]
"""


def write_transits(file: Path, errors: list[list[float]]) -> list[list[int]]:
    """Two transits of three and two CCDs in a VOTable that astropy writes; their times [ns]."""
    times = [[10**17 + 5 * 10**9 * i for i in range(3)], [2 * 10**17, 2 * 10**17 + 5 * 10**9]]
    table = Table({"source_id": [7, 7], "transit_id": [1, 2]})
    table["correction_ns"] = MaskedColumn(np.array([3e11, 0], "f4"), mask=[False, True])
    for name, lists, kind in (("time_ns", times, "i8"), ("w_error", errors, "f4")):
        column = np.empty(2, object)
        for row, values in enumerate(lists):
            column[row] = np.ma.MaskedArray(np.array(values, kind), mask=np.zeros(len(values), bool))
        table[name] = column
    document = from_table(table)
    document.to_xml(str(file), tabledata_format="binary2")
    return times


def test_each_element_becomes_a_row(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "raw.vot"
    times = write_transits(file, [[0.1, 0.2, 0.3], [0.4]])
    report = ingest.ingest(store, ingest.read_spec(TRANSITS, "transits.toml"), file)
    assert (report.rows_read, report.rows_kept) == (5, 5)
    rows = store.sql("SELECT * FROM catalogs.transits ORDER BY transit_id, ccd").arrow()
    assert rows.column("ccd").to_pylist() == [1, 2, 3, 1, 2]
    assert rows.column("time_ns").to_pylist() == times[0] + times[1]
    errors = rows.column("w_error").to_pylist()
    assert errors[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert errors[4] is None  # its list is the shorter one
    days = np.array(times[0]) / 8.64e13 + 3e11 / 8.64e13
    truth = Time(2455197.5, days, format="jd", scale="tcb").tdb.jyear
    epochs = rows.column("epoch").to_pylist()
    assert np.max(np.abs(np.array(epochs[:3]) - truth)) < 1e-10  # 3 ms
    assert epochs[3:] == [None, None]


def test_records_with_lists_of_no_elements_stay_rows(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "raw.parquet"
    rows = {
        "source_id": [7, 7, 7],
        "transit_id": [1, 2, 3],
        "time_ns": pa.array([[5, 6], [], None], pa.list_(pa.int64())),
        "w_error": pa.array([[], [], [0.5]], pa.list_(pa.float32())),
    }
    pq.write_table(pa.table(rows), file)
    spec = ingest.read_spec(TRANSITS.replace('"votable"', '"parquet"'), "transits.toml")
    assert ingest.ingest(store, spec, file).rows_kept == 4
    query = "SELECT transit_id, ccd, time_ns, w_error FROM catalogs.transits ORDER BY ALL"
    found = [tuple(r.values()) for r in store.sql(query).arrow().to_pylist()]
    assert found == [(1, 1, 5, None), (1, 2, 6, None), (2, 1, None, None), (3, 1, None, 0.5)]


def test_bad_elements_are_set_aside_one_by_one(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "raw.vot"
    write_transits(file, [[0.1, -0.2, 0.3], [0.4, 0.5]])
    spec = ingest.read_spec(TRANSITS, "transits.toml")
    with pytest.raises(DataError, match="raw.vot, row 2, column w_error: is an error and negative"):
        ingest.ingest(store, spec, file)
    other = tmp_path / "other.vot"
    write_transits(other, [[0.1, -0.2, 0.35], [0.4, 0.5]])
    report = ingest.ingest(store, spec, [file, other], rejects=tmp_path / "bad.csv")
    assert (report.rows_read, report.rows_kept, report.rows_rejected) == (10, 8, 2)
    assert [i.rows_read for i in report.ingests] == [5, 5]


def test_rows_are_written_back_as_records(store: Store, tmp_path: Path) -> None:
    file, again = tmp_path / "raw.vot", tmp_path / "again.vot"
    write_transits(file, [[0.1, 0.2, 0.3], [0.4, 0.5]])
    spec = ingest.read_spec(TRANSITS, "transits.toml")
    ingest.ingest(store, spec, file)
    rows = store.sql("SELECT * FROM catalogs.transits ORDER BY transit_id, ccd").arrow()
    ingest.write_native(spec, "raw", rows, again)
    assert sorted(map(len, Table.read(again)["time_ns"])) == [2, 3]
    ingest.ingest(store, spec, again, name="again")
    back = store.sql("SELECT * FROM catalogs.again ORDER BY transit_id, ccd").arrow()
    assert back.to_pylist() == rows.to_pylist()


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('reader = "votable"', 'reader = "csv"', "unroll is for readers of typed lists"),
        ('unroll = ["time_ns"', 'unroll = ["time"', "unroll time is no field of it"),
        ('unroll = ["time_ns", "w_error"]', "", "@element needs the form's unroll"),
        (", origin_jd = 2455197.5", "", "it needs the key origin_jd"),
        ('reader = "votable"', 'reader = "binary"', r'fields "\*" needs files that name their columns'),
    ],
)
def test_a_wrong_form_with_lists_is_refused(old: str, new: str, match: str) -> None:
    assert old in TRANSITS
    with pytest.raises(SpecError, match=match):
        ingest.read_spec(TRANSITS.replace(old, new), "transits.toml")
