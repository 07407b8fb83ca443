"""Publication of an ingest of spectra: the spectra in order and the grids each once, in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from catalogdb.ddl import qualified
from catalogdb.errors import DataError
from catalogdb.locks import TableLock
from catalogdb.provenance import Ingest
from catalogdb.schema import Table
from catalogdb.store import Store
from catalogdb.writer import Bench, Writer, publish_together
from ingest.spectra.arrow_rows import arrow_rows, grid_rows
from ingest.spectra.piece import Filled, grids_of, rows_on, table_of
from ingest.spectra.spectrum import Block
from ingest.spectra.tables import grid_table, spectrum_table

if TYPE_CHECKING:
    from ingest.spectra.job import Wanted

_CHOSEN = "chosen_grids"
_NEW = "new_grids"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the spectra are: in pieces, or (of a small ingest) in memory."""

    pieces: tuple[Filled, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What was published: spectra and new grids, spectra without position or usable pixel, the snapshot."""

    spectra: int
    grids: int
    without_position: int
    without_pixels: int
    snapshot: int


def publish(
    store: Store,
    wanted: Wanted,
    bench: Bench,
    locks: tuple[TableLock, TableLock],
    sources: Sources,
    ingests: Sequence[Ingest],
) -> Published:
    """Write both tables and commit them together."""
    table = _table(store, wanted, sources)
    grids = grid_table(wanted.schema, wanted.name)
    with ExitStack() as stack:
        writer = stack.enter_context(store.writer(table, mode=wanted.mode, lock=locks[0], bench=bench))
        _insert(writer, sources, wanted)
        blanks = "count(*) - count(ra), count(*) - count(snr_median)"
        counted = f"SELECT {blanks} FROM {writer.built}"  # noqa: S608
        ((without, unusable),) = writer.con.execute(counted).fetchall()
        spectra = writer.rows
        grid_writer = stack.enter_context(store.writer(grids, mode=wanted.mode, lock=locks[1]))
        new = _insert_grids(grid_writer, sources, wanted)
        writers = [writer, *([grid_writer] if new or wanted.mode != "append" else [])]
        snapshot = publish_together(writers, [tuple(ingests), ()][: len(writers)], None)
    return Published(spectra, new, int(without), int(unusable), snapshot)


def _table(store: Store, wanted: Wanted, sources: Sources) -> Table:
    """The table with room for all of it; of a table that is added to, its own types."""
    found = [each.piece.table for each in sources.pieces]
    if sources.blocks:
        found.append(table_of(wanted.schema, wanted.name, sources.blocks))
    pixels = max(
        [each.pixels for each in sources.pieces] + [each.flux.shape[1] for each in sources.blocks], default=0
    )
    kinds = {
        name: "DOUBLE" if any(each.column(name).type == "DOUBLE[]" for each in found) else "REAL"
        for name in ("flux", "ivar")
    }
    if wanted.mode == "append":
        old = store.table(wanted.table)
        for name, kind in kinds.items():
            if kind == "DOUBLE" and old.column(name).type == "REAL[]":
                raise DataError(
                    f"{wanted.table}.{name} has 32 bits for each pixel and these files have 64: they would"
                    " lose precision; read them into a table of their own (--as NAME)"
                )
            kinds[name] = old.column(name).type.removesuffix("[]")
    return spectrum_table(wanted.schema, wanted.name, flux=kinds["flux"], ivar=kinds["ivar"], pixels=pixels)


def _insert(writer: Writer, sources: Sources, wanted: Wanted) -> None:
    if sources.pieces:

        def told(done: int) -> None:
            if wanted.progress is not None:
                total = sum(each.piece.rows for each in sources.pieces)
                wanted.progress(f"merging {wanted.name}, spectra", done, total)

        writer.merge([each.piece for each in sources.pieces], told=told)
        return
    rows = pa.Table.from_batches([arrow_rows(sources.blocks, writer.table)])
    with rows_on(writer.con, rows, writer.table) as (select, columns):
        writer.insert(select, columns=columns)


def _insert_grids(writer: Writer, sources: Sources, wanted: Wanted) -> int:
    """Store each grid that the table has not yet, once; return their number."""
    con, table = writer.con, writer.table
    con.register(_NEW, grid_rows(grids_of(sources.blocks), table))
    places = [_NEW]
    for each in sources.pieces:
        each.piece.attach(con)
        places.append(each.grids)
    known = qualified(wanted.schema, table.name) if wanted.mode == "append" else None
    con.execute(_choice(places, known))
    selects = [
        f"SELECT g.* FROM {place} g JOIN {_CHOSEN} c ON c.grid_id = g.grid_id AND c.place = {i}"  # noqa: S608
        for i, place in enumerate(places)
    ]
    return writer.insert(" UNION ALL ".join(selects), columns=[c.name for c in table.columns])


def _choice(places: Sequence[str], known: str | None) -> str:
    """CREATE TABLE of the grids that are not known yet, each with the first of the FROM items that has it."""
    every = " UNION ALL ".join(f"SELECT grid_id, {i} AS place FROM {each}" for i, each in enumerate(places))  # noqa: S608
    without = "" if known is None else f" ANTI JOIN {known} USING (grid_id)"
    chosen = f"SELECT grid_id, min(place) AS place FROM ({every}){without} GROUP BY ALL"  # noqa: S608
    return f"CREATE TEMP TABLE {_CHOSEN} AS {chosen}"
