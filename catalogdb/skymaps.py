"""Where on the sky the rows of a table are: its coverage (MOC 2.0) and the density of its rows.

Both come from `hpx29` alone, which every table with positions is ordered by.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from catalogdb.ddl import qualified
from catalogdb.errors import MatchError
from catalogdb.sky import ORDER

if TYPE_CHECKING:
    import duckdb
    from mocpy import MOC

    from catalogdb.schema import Table
    from catalogdb.store import Store

FINEST = 10
"""The finest order of a map: 12.6 million cells of 3.4 arcmin."""

_FINEST_CHOSEN = 8
_ROWS_PER_CELL = 4

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Density:
    """The nested HEALPix cells of an order (ICRS) that have rows, ascending, and how many; shapes (n,)."""

    order: int
    cells: Numbers
    rows: Numbers

    def coarser(self, order: int) -> Density:
        """The same at a coarser order."""
        wide = self.cells >> np.int64(2 * (self.order - order))
        cells, first = np.unique(wide, return_index=True)
        return Density(order, cells, np.add.reduceat(self.rows, first) if len(first) else self.rows)

    def full(self) -> Numbers:
        """The rows of every cell of the sky, shape (12 * 4**order,), as healpy has a map with nest=True."""
        found = np.zeros(12 * 4**self.order, dtype=np.int64)
        found[self.cells] = self.rows
        return found

    def moc(self) -> MOC:
        """The cells as a MOC, where four neighbours that make one coarser cell are that one."""
        # CDS' own library: it writes MOC 2.0 in each of its forms as Aladin and others read it.
        from mocpy import MOC

        depth = np.full(len(self.cells), self.order, dtype=np.uint8)
        return MOC.from_healpix_cells(self.cells.astype(np.uint64), depth, self.order)


def density(store: Store, table: str, order: int | None = None) -> Density:
    """Return how many rows of a table lie in each HEALPix cell of `order` (0 to 10).

    Without an order it is the finest, up to 8, at which cells with rows have four or more on average. Rows
    without a position are not counted. Raises MatchError, TableNotFound.
    """
    described = store.table(table)
    with closing(store.cursor()) as cursor:
        return density_of(cursor, described, order)


def coverage(store: Store, table: str, order: int | None = None) -> MOC:
    """Return the coverage of a table: the cells of `density` as a MOC of mocpy."""
    return density(store, table, order).moc()


def density_of(cursor: duckdb.DuckDBPyConnection, table: Table, order: int | None) -> Density:
    """The same on a connection that shows the table."""
    check_order(order)
    if not table.is_positional:
        raise MatchError(f"{table.qualified_name} has no positions to make a map of")
    counted = _FINEST_CHOSEN if order is None else order
    shift = 2 * (ORDER - counted)
    query = f"""
        SELECT hpx29 >> {shift} AS cell, count(*)::BIGINT AS rows
        FROM {qualified(table.schema, table.name)}
        WHERE hpx29 IS NOT NULL
        GROUP BY ALL ORDER BY ALL"""  # noqa: S608 (identifiers of a Table, quoted)
    found = cursor.execute(query).fetchnumpy()
    counts = Density(counted, found["cell"].astype(np.int64), found["rows"].astype(np.int64))
    return counts if order is not None else _chosen(counts)


def check_order(order: int | None) -> None:
    """Raise MatchError unless a map of that order can be made."""
    if order is not None and not 0 <= order <= FINEST:
        raise MatchError(f"order {order} is not one of a map: 0 to {FINEST}")


def _chosen(counts: Density) -> Density:
    """The finest order at which a cell has several rows: beyond, a map shows the rows and not the sky."""
    while counts.order > 0 and counts.rows.sum() < _ROWS_PER_CELL * len(counts.cells):
        counts = counts.coarser(counts.order - 1)
    return counts
