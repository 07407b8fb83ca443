"""The spatial join of `left_points` and `right_points` on HEALPix cells, exact at every position.

Rows of both sides that share a cell are candidates; of one side, those whose disc crosses an edge
of their cell also stand in the cells beyond it (sql/match_border.sql, sql/match_expand.sql).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import duckdb

from catalogdb.sky import Grid, choose_grid, neighbours
from sql import load


@dataclass(frozen=True, slots=True)
class Join:
    """A join within `radius_deg` of a bin of left rows and one of right rows, of which n take part."""

    radius_deg: float
    left_rows: int
    right_rows: int
    left_bin: int = 0
    right_bin: int = 0

    @property
    def expand_left(self) -> bool:
        """Whether the left side is the smaller one, which is expanded."""
        return self.left_rows < self.right_rows

    @property
    def grid(self) -> Grid:
        """The cells on which the sides meet."""
        return choose_grid(math.radians(self.radius_deg), max(self.left_rows, self.right_rows))


def prepare_join(con: duckdb.DuckDBPyConnection, join: Join) -> dict[str, Any]:
    """Make the table `expanded`; return what sql/match_pairs.sql and match_candidates.sql bind alike."""
    grid = join.grid
    _expand(con, join, grid)
    return {
        "shift": grid.shift,
        "expand_left": join.expand_left,
        "dec_limit_deg": join.radius_deg * (1 + 1e-12) + 1e-13,
        "half_chord2": math.sin(math.radians(min(join.radius_deg, 180.0)) / 2) ** 2,
    }


def _expand(con: duckdb.DuckDBPyConnection, join: Join, grid: Grid) -> None:
    """Make the table `expanded`: rows of the smaller side in the further cells that they touch."""
    source = "left_points" if join.expand_left else "right_points"
    wanted = join.left_bin if join.expand_left else join.right_bin
    # One cell for the whole sky has no edges: no row is in bin -1.
    order = 0 if grid.order is None else grid.order
    border = Grid(order, 0.0 if grid.order is None else grid.radius_rad).border()
    which = {"source": source, "bin": -1 if grid.order is None else wanted}
    con.execute(load("match_border").text, which | border)
    _register_crossings(con, order)
    con.execute(load("match_expand").text, {"x_bits": border["x_bits"], "y_bits": border["y_bits"]})
    con.unregister("crossings")


def _register_crossings(con: duckdb.DuckDBPyConnection, order: int) -> None:
    """Offer the neighbours of the cells at edges of base cells as the table `crossings`."""
    edge = con.sql(load("match_crossings").text).fetchnumpy()
    index, there = neighbours(order, edge["cell"], edge["dx"], edge["dy"])
    columns = {name: edge[name][index] for name in ("cell", "dx", "dy")}
    con.register("crossings", columns | {"neighbour": there})
