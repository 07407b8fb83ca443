"""Tables of FROM whose rows know the HEALPix cells that they are in or near; see with_cells.sql."""

from __future__ import annotations

import math

from catalogdb.adql import write
from catalogdb.adql.nearness import RowPosition
from catalogdb.adql.typed import FromTable
from catalogdb.sky import Grid, choose_grid

UNKNOWN_ROWS = 10_000_000
"""What a table is taken to have whose rows were not counted."""


def grid_of(radius_deg: float, rows: float) -> Grid:
    """Return the cells on which tables meet within a radius; `rows` are of the one not repeated."""
    # Rounding in the exact test may let a position in that is so much farther.
    radius = math.radians(min(radius_deg * (1 + 1e-9) + 1e-11, 180.0))
    return choose_grid(radius, int(rows) or UNKNOWN_ROWS)


def repeated(table: FromTable, row: RowPosition, grid: Grid, name: str) -> FromTable:
    """The table with its rows once for every cell that a disc around them may touch, in column `name`."""
    if grid.order is None:
        return placed(table, row, grid, name)
    b = grid.border()
    numbers = (grid.order, b["x_low"], b["near_x"], b["far_x"], b["y_low"], b["near_y"], b["far_y"])
    listed = ", ".join(map(str, numbers))
    if row.is_indexed:
        # Cells are a function of hpx29, so that a table can be repeated again and again.
        text = (
            f"(WITH _near AS (FROM {table.sql}) "
            f"SELECT * RENAME (_cell AS {name}) FROM with_cells('_near', {listed}))"
        )
    else:
        text = (
            f"(WITH {_indexed(table, row)}, _near AS (SELECT _row, hpx29 FROM with_hpx29('_point')) "
            f"SELECT _row.*, _cell AS {name} FROM with_cells('_near', {listed}))"
        )
    return FromTable(table.alias, text, table.table)


def placed(table: FromTable, row: RowPosition, grid: Grid, name: str) -> FromTable:
    """The table with the cell that each row is in as column `name`."""
    if row.is_indexed:
        text = f"(SELECT *, hpx29 >> {grid.shift} AS {name} FROM {table.sql})"
    else:
        text = (
            f"(WITH {_indexed(table, row)} "
            f"SELECT _row.*, hpx29 >> {grid.shift} AS {name} FROM with_hpx29('_point'))"
        )
    return FromTable(table.alias, text, table.table)


def narrowed(
    table: FromTable, row: RowPosition, other: FromTable, other_row: RowPosition, grid: Grid
) -> FromTable:
    """The table with those of its rows that share a cell with a disc around a row of another."""
    if grid.order is None:
        return table
    alias = write.name(table.alias)
    found = repeated(other, other_row, grid, "_near_cell")
    text = (
        f"(SELECT {alias}.* FROM {table.sql} AS {alias} "  # noqa: S608 (generated names)
        f"WHERE {alias}.hpx29 >> {grid.shift} IN (SELECT _near_cell FROM {found.sql}))"
    )
    return FromTable(table.alias, text, table.table)


def home(row: RowPosition, grid: Grid) -> str:
    """The text of the cell that a row of a query around is in, of the columns that the condition has.

    Where that query groups its rows, it may not have hpx29.
    """
    return f"(hpx29_of_row({row.lon}, {row.lat}) >> {grid.shift})"


def _indexed(table: FromTable, row: RowPosition) -> str:
    """The rows of a table, each as one value so that no two names meet, beside its position."""
    alias = write.name(table.alias)
    there = f"SELECT *, {row.lon} AS _lon29, {row.lat} AS _lat29 FROM {table.sql} AS {alias}"  # noqa: S608
    return (
        "_point AS (SELECT _row29 AS _row, _row29._lon29::DOUBLE AS ra, _row29._lat29::DOUBLE AS dec "
        f"FROM ({there}) AS _row29)"
    )
