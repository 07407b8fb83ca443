"""A worker's map of the sky: the coverage of a table, or its density, as the document that was asked for."""

from __future__ import annotations

import io
import json
import weakref
from collections import OrderedDict
from collections.abc import Generator
from typing import Any

import duckdb
import numpy as np

from catalogdb.service.instance import Instance
from catalogdb.service.protocol import Message
from catalogdb.skymaps import Density, density_of

_MOST_CELLS = 4_000_000
"""Cells of all maps that a worker keeps: 64 MB."""

_Kept = OrderedDict[tuple[str, int | None], Density]
_kept: weakref.WeakKeyDictionary[Instance, _Kept] = weakref.WeakKeyDictionary()
"""The maps made of each snapshot, which does not change."""


class SkyMap:
    """The document of one map; `rows` is the number of cells that have rows."""

    def __init__(self, instance: Instance, cursor: duckdb.DuckDBPyConnection, request: Message) -> None:
        self._instance, self._cursor, self._request = instance, cursor, request
        self.rows, self.overflow = 0, False

    def chunks(self) -> Generator[bytes]:
        """The document, in one piece."""
        found = self._density()
        self.rows = len(found.cells)
        what, _, form = self._request["format"].partition("/")
        if what == "moc":
            yield _coverage(found, form, self._facts())
        elif form == "fits":
            yield _density_fits(found, self._facts(), self._request.get("indexing"))
        elif form == "json":
            yield _density_json(found, self._facts())
        else:
            yield _density_csv(found)

    def _density(self) -> Density:
        name, order = self._request["table"], self._request["order"]
        kept = _kept.setdefault(self._instance, OrderedDict())
        found = kept.pop((name, order), None)
        if found is None:
            found = density_of(self._cursor, self._instance.tables[name], order)
        kept[(name, order)] = found
        while sum(len(each.cells) for each in kept.values()) > _MOST_CELLS:
            kept.popitem(last=False)
        return found

    def _facts(self) -> dict[str, Any]:
        return {"table": self._request["table"], "snapshot": self._instance.snapshot}


def _coverage(found: Density, form: str, facts: dict[str, Any]) -> bytes:
    moc = found.moc()
    if form == "json":
        return json.dumps(moc.serialize("json"), separators=(",", ":")).encode()
    if form == "ascii":
        return f"{moc.to_string()}\n".encode()
    hdus = moc.serialize("fits")
    hdus[1].header["MOCID"] = (facts["table"], "table that is covered")
    hdus[1].header["SNAPSHOT"] = (facts["snapshot"], "state of the store")
    return _written(hdus)


def _density_fits(found: Density, facts: dict[str, Any], indexing: str | None) -> bytes:
    """A map as healpy reads it: of the cells that have rows, or of all where that takes less room."""
    from astropy.io import fits

    n_sky = 12 * 4**found.order
    is_full = indexing == "implicit" or (indexing is None and 2 * len(found.cells) > n_sky)
    counts = found.full() if is_full else found.rows
    columns = [fits.Column("ROWS", "K", array=counts)]
    if not is_full:
        columns.insert(0, fits.Column("PIXEL", "K", array=found.cells))
    table = fits.BinTableHDU.from_columns(columns, name="DENSITY")
    cards = {
        "PIXTYPE": "HEALPIX",
        "ORDERING": "NESTED",
        "COORDSYS": "C",
        "ORDER": found.order,
        "NSIDE": 2**found.order,
        "INDXSCHM": "IMPLICIT" if is_full else "EXPLICIT",
        "OBJECT": "FULLSKY" if is_full else "PARTIAL",
        "FIRSTPIX": 0,
        "LASTPIX": n_sky - 1,
        "TABLE": facts["table"],
        "SNAPSHOT": facts["snapshot"],
    }
    for name, value in cards.items():
        table.header[name] = value
    return _written(fits.HDUList([fits.PrimaryHDU(), table]))


def _density_json(found: Density, facts: dict[str, Any]) -> bytes:
    cells = {"cells": found.cells.tolist(), "rows": found.rows.tolist()}
    about = {"order": found.order, "ordering": "nested", "frame": "ICRS"}
    return json.dumps(facts | about | cells, separators=(",", ":")).encode()


def _density_csv(found: Density) -> bytes:
    order = np.full(len(found.cells), found.order)
    file = io.StringIO("order,cell,rows\r\n")
    file.seek(0, io.SEEK_END)
    np.savetxt(file, np.column_stack([order, found.cells, found.rows]), "%d", ",", "\r\n")
    return file.getvalue().encode()


def _written(hdus: Any) -> bytes:
    file = io.BytesIO()
    hdus.writeto(file)
    return file.getvalue()
