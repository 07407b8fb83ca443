"""A piece of an ingest of spectra: some files' spectra in order, and the wavelength grids they are on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from catalogdb.ddl import qualified
from catalogdb.draft import Draft
from catalogdb.errors import DataError
from catalogdb.pieces import Piece, Pieces
from catalogdb.schema import Table
from ingest.resume import ReadFile
from ingest.spectra.arrow_rows import arrow_rows, arrow_schema, grid_rows
from ingest.spectra.spectrum import Block, Grid
from ingest.spectra.tables import grid_table, spectrum_table

GRIDS = "wavelength_grids"
"""The table of a piece that has the grids of its spectra."""

_ROWS = "spectra_rows"
_BLOCKS = "spectra_blocks"


@dataclass(frozen=True, slots=True)
class Filled:
    """A piece, the files whose spectra it has, and the pixels of the longest."""

    piece: Piece
    files: tuple[ReadFile, ...]
    pixels: int

    @property
    def grids(self) -> str:
        """Its grids as a FROM item, while it is attached."""
        return qualified(self.piece.alias, "main", GRIDS)


def table_of(schema: str, name: str, blocks: Sequence[Block]) -> Table:
    """The table that has room for these spectra as precisely as they are given."""
    return spectrum_table(
        schema,
        name,
        flux="DOUBLE" if any(each.flux.dtype.itemsize > 4 for each in blocks) else "REAL",
        ivar="DOUBLE" if any(each.ivar.dtype.itemsize > 4 for each in blocks) else "REAL",
        pixels=max(each.flux.shape[1] for each in blocks),
    )


def grids_of(blocks: Sequence[Block]) -> list[Grid]:
    """The grids of the blocks, each once."""
    return list({each.grid.grid_id: each.grid for each in blocks}.values())


@contextmanager
def rows_on(
    con: duckdb.DuckDBPyConnection, rows: pa.Table | pa.RecordBatchReader, table: Table
) -> Iterator[tuple[str, list[str]]]:
    """Yield the SELECT of Arrow rows with hpx29 on a connection, and the names of its columns."""
    con.register(_ROWS, rows)
    try:
        yield f"SELECT *, hpx29(ra, dec) AS hpx29 FROM {_ROWS}", [c.name for c in table.columns]  # noqa: S608
    finally:
        con.unregister(_ROWS)


def fill(
    pieces: Pieces,
    con: duckdb.DuckDBPyConnection,
    name: tuple[str, str],
    blocks: Sequence[Block],
    note: Mapping[str, Any],
) -> Filled:
    """Store blocks of spectra as a piece."""
    table = table_of(*name, blocks)
    draft = pieces.begin(con, table)
    try:
        with rows_on(con, pa.Table.from_batches([arrow_rows(blocks, table)]), table) as (select, columns):
            draft.insert(select, columns=columns)
        return _kept(pieces, draft, grids_of(blocks), note, max(each.flux.shape[1] for each in blocks))
    except BaseException:
        draft.discard()
        raise


def fill_from_stream(
    pieces: Pieces,
    con: duckdb.DuckDBPyConnection,
    name: tuple[str, str],
    blocks: Iterator[Block],
    note: Callable[[], Mapping[str, Any]],
) -> Filled:
    """Store blocks as they come as a piece; `note` is asked for when all have come."""
    first = next(blocks, None)
    if first is None:
        raise DataError("there is no spectrum in it")
    table = table_of(*name, [first])
    draft = pieces.begin(con, table)
    grids: dict[str, Grid] = {}
    faults: list[BaseException] = []

    def batches() -> Iterator[pa.RecordBatch]:
        pixels[0] = 0
        each: Block | None = first
        try:
            while each is not None:
                grids[each.grid.grid_id] = each.grid
                pixels[0] = max(pixels[0], each.flux.shape[1])
                yield arrow_rows([each], table)
                each = next(blocks, None)
        except BaseException as fault:  # DuckDB would tell it as text of its own
            faults.append(fault)
            raise

    pixels = [0]
    try:
        reader = pa.RecordBatchReader.from_batches(arrow_schema(table), batches())
        with rows_on(con, reader, table) as (select, columns):
            draft.insert(select, columns=columns)
        return _kept(pieces, draft, list(grids.values()), note(), pixels[0])
    except BaseException:
        draft.discard()
        if faults:
            raise faults[0] from None
        raise


def _kept(
    pieces: Pieces, draft: Draft, grids: Sequence[Grid], note: Mapping[str, Any], pixels: int
) -> Filled:
    """Close a draft with its grids in it."""
    target = qualified(draft.path.stem, "main", GRIDS)
    draft.con.register(_BLOCKS, grid_rows(grids, grid_table(draft.table.schema, draft.table.name)))
    try:
        draft.con.execute(f"CREATE TABLE {target} AS FROM {_BLOCKS}")
    finally:
        draft.con.unregister(_BLOCKS)
    piece = pieces.keep(draft, {**note, "pixels": pixels})
    files = tuple(note["files"])
    return Filled(piece, tuple(_files(files)), pixels)


def _files(entries: Sequence[Mapping[str, Any]]) -> Iterator[ReadFile]:
    from pathlib import Path  # noqa: PLC0415

    from catalogdb.provenance import Ingest  # noqa: PLC0415

    for each in entries:
        yield ReadFile(
            Path(each["path"]), each["size"], each["mtime_ns"], each["zone"], Ingest(**each["ingest"])
        )


def spec_ids(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """The spec_id of every row of a FROM item, with the file it is of."""
    return dict(con.execute(f"SELECT spec_id, file FROM {source}").fetchall())  # noqa: S608
