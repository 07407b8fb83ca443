"""Blocks of spectra as Arrow: one row for each spectrum, in the columns of its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from catalogdb.schema import Table
from ingest.spectra.spectrum import Array, Block, Grid

_ARROW = {
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "REAL": pa.float32(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
}
LISTS = ("flux", "ivar", "mask", "or_mask")


def arrow_schema(table: Table) -> pa.Schema:
    """The columns of a table, but hpx29, as Arrow."""
    return pa.schema(
        [
            (
                c.name,
                pa.list_(_ARROW[c.type[:-2]]) if c.type.endswith("[]") else _ARROW[c.type],
            )
            for c in table.columns
            if c.name != "hpx29"
        ]
    )


def arrow_rows(blocks: Sequence[Block], table: Table) -> pa.RecordBatch:
    """The spectra of blocks as rows of the table, but for hpx29."""
    schema = arrow_schema(table)
    rows = [row for each in blocks for row in each.rows]
    columns = [
        _lists([getattr(each, field.name) for each in blocks], blocks, field.type.value_type)
        if field.name in LISTS
        else pa.array([row.get(field.name) for row in rows], field.type)
        for field in schema
    ]
    return pa.record_batch(columns, schema=schema)


def _lists(arrays: Sequence[Array | None], blocks: Sequence[Block], kind: pa.DataType) -> pa.Array:
    """The lists of all rows; NULL for those of a block without; a NaN is NULL."""
    sizes = [
        0 if values is None else each.flux.shape[1]
        for values, each in zip(arrays, blocks, strict=True)
        for _ in each.rows
    ]
    missing = [values is None for values, each in zip(arrays, blocks, strict=True) for _ in each.rows]
    parts = [np.asarray(each, kind.to_pandas_dtype()).reshape(-1) for each in arrays if each is not None]
    flat = np.concatenate(parts) if parts else np.empty(0, kind.to_pandas_dtype())
    gone = np.isnan(flat) if flat.dtype.kind == "f" else None
    values = pa.array(flat, kind, mask=gone if gone is not None and gone.any() else None)
    offsets = np.concatenate(([0], np.cumsum(np.asarray(sizes, np.int64)))).astype(np.int32)
    return pa.ListArray.from_arrays(
        pa.array(offsets), values, type=pa.list_(kind), mask=pa.array(missing) if any(missing) else None
    )


def grid_rows(grids: Iterable[Grid], table: Table) -> pa.Table:
    """Wavelength grids as rows of their table."""
    rows: list[dict[str, Any]] = [
        {
            "grid_id": each.grid_id,
            "n_pix": len(each.wavelength_angstrom),
            "wavelength": each.wavelength_angstrom,
            "medium": each.medium,
            "frame": each.frame,
            "spacing": each.spacing,
            "wave_min": float(each.wavelength_angstrom[0]),
            "wave_max": float(each.wavelength_angstrom[-1]),
        }
        for each in grids
    ]
    return pa.Table.from_pylist(rows, schema=arrow_schema(table))
