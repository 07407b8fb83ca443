"""A file that ends too early: its name and what is wrong with it, and no traceback of the stream's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from astropy.io.votable import from_table
from astropy.table import Table

import ingest
from catalogdb.errors import DataError
from catalogdb.store import Store
from ingest.readers.stream import raised_in_stream, without_traceback

ROWS = 40_000


def _stars() -> Table:
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 360, ROWS), rng.uniform(-90, 90, ROWS)
    return Table({"id": np.arange(ROWS), "ra": ra, "dec": dec}, units={"ra": "deg", "dec": "deg"})


def _votable(how: str) -> Callable[[Path], None]:
    return lambda file: from_table(_stars()).to_xml(str(file), tabledata_format=how)


def _fits(file: Path) -> None:
    _stars().write(file, format="fits")


def _packed(file: Path) -> None:
    plain = file.with_suffix(".plain")
    _fits(plain)
    file.write_bytes(gzip.compress(plain.read_bytes(), 1))


def _json(file: Path) -> None:
    stars = _stars()
    types = {"id": "long", "ra": "double", "dec": "double"}
    metadata = [{"name": name, "datatype": kind, "unit": None} for name, kind in types.items()]
    rows = list(zip(*(stars[name].tolist() for name in types), strict=True))
    file.write_text(json.dumps({"metadata": metadata, "data": rows}))


def _hdf5(file: Path) -> None:
    with h5py.File(file, "w") as stream:
        for name, column in _stars().items():
            stream.create_dataset(name, data=np.asarray(column), chunks=(1000,))


WRITERS: dict[str, Callable[[Path], None]] = {
    "tabledata": _votable("tabledata"),
    "binary": _votable("binary"),
    "binary2": _votable("binary2"),
    "fits": _fits,
    "fits in gzip": _packed,
    "json": _json,
    "hdf5": _hdf5,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_that_ends_too_early(store: Store, tmp_path: Path, kind: str) -> None:
    whole, file = tmp_path / "whole", tmp_path / "cut"
    WRITERS[kind](whole)
    content = whole.read_bytes()
    file.write_bytes(content[: int(0.7 * len(content))])
    for aside in (None, tmp_path / "rejects.csv"):
        with pytest.raises(DataError) as caught:
            ingest.ingest_table(store, file, "stars", id="id", ra="ra", dec="dec", rejects=aside)
        text = str(caught.value)
        assert text.startswith(str(file))
        assert "Traceback" not in text
        assert "registered as" not in text
        assert len(text.splitlines()) == 1
        assert store.tables() == ()


def test_what_another_raises_in_a_stream_is_told_by_its_last_line() -> None:
    trace = "Traceback (most recent call last):\n  File 'x.py', line 1, in f\n    boom()\n"
    told = "reading the stream registered as 'file' failed: Unknown error: what. Detail: Python exception: "
    other = OSError(f"{told}{trace}OSError: [Errno 5] Input/output error")
    assert raised_in_stream(other) is None
    assert without_traceback(other) == "OSError: [Errno 5] Input/output error"
    own = OSError(f"{told}{trace}catalogdb.errors.DataError: x.vot, line 3: it\nends too early")
    assert str(raised_in_stream(own)) == "x.vot, line 3: it\nends too early"
    assert without_traceback(OSError("plain")) == "plain"
