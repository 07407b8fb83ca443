"""Tables in the JSON of TAP services."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ingest
from catalogdb.errors import DataError
from catalogdb.store import Store

METADATA = [
    {"name": "source_id", "datatype": "long", "arraysize": None, "unit": None, "ucd": "meta.id", "description": "Name"},
    {"name": "ra", "datatype": "double", "arraysize": None, "unit": "deg", "ucd": "pos.eq.ra", "description": "RA"},
    {"name": "dec", "datatype": "double", "arraysize": None, "unit": "deg", "ucd": "pos.eq.dec"},
    {"name": "flux", "datatype": "float", "arraysize": "*", "unit": "Jy", "ucd": "phot.flux"},
    {"name": "good", "datatype": "boolean"},
    {"name": "note", "datatype": "char", "arraysize": "*"},
]  # fmt: skip
ROWS = [[2**53 + 1, 10.5, -3.25, [1.5, None], True, "a, b"], [5, 11.5, 0, None, None, None]]


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_table_of_ones_own(store: Store, tmp_path: Path) -> None:
    file = written(tmp_path / "x", {"metadata": METADATA, "data": ROWS})
    report = ingest.ingest_table(store, file, "mine", epoch=2000.0)
    assert report.rows_kept == 2
    rows = store.sql("SELECT source_id, ra, dec, flux, good, note FROM catalogs.mine ORDER BY ra").fetchall()
    assert rows == [(2**53 + 1, 10.5, -3.25, [1.5, None], True, "a, b"), (5, 11.5, 0, None, None, None)]
    column = store.table("mine").column("flux")
    assert (column.unit, column.ucd) == ("Jy", "phot.flux")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"metadata": METADATA}, "metadata and data are needed"),
        ({"metadata": METADATA, "data": [3]}, "metadata and data are needed"),
        ({"metadata": METADATA, "data": [ROWS[0], ROWS[1][:4]]}, "row 2: it has 4 values for 6 columns"),
        ({"metadata": METADATA, "data": [["x", *ROWS[0][1:]]]}, "column source_id does not hold int64"),
        ('{"metadata": [', "it is no JSON that can be read"),
    ],
)
def test_what_is_no_table(store: Store, tmp_path: Path, content: object, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        ingest.ingest_table(store, written(tmp_path / "x.json", content), "mine")


def test_the_gaia_archives_json(store: Store, data: Path) -> None:
    file = data / "gaia_formats/astroquery_cone_search.json"
    report = ingest.ingest(store, "gaia_dr3", file)
    assert (report.rows_read, report.rows_kept, report.ingests[0].form) == (50, 50, "json")
    content = json.loads(file.read_text())
    rows = store.sql("SELECT * FROM catalogs.gaia_dr3 ORDER BY source_id").arrow().to_pylist()
    names = [column["name"] for column in content["metadata"]]
    content["data"].sort(key=lambda row: row[names.index("source_id")])
    for mine, theirs in zip(rows, content["data"], strict=True):
        for name, value in zip(names, theirs, strict=True):
            wanted = pytest.approx(value, rel=1e-7, abs=0) if isinstance(value, float) else value
            assert mine[name] == wanted, name
