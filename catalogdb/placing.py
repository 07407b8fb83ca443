"""Where the rows of both sides of a match are at its epoch, and how far each may be from there."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from catalogdb.join import Join
from catalogdb.match_options import MatchOptions
from catalogdb.points import SideName
from sql import load

ROUNDING_DEG = 1e-11
"""Added to the radius of candidates, which are measured exactly afterwards."""


@dataclass(frozen=True, slots=True)
class Census:
    """The rows of one side; epochs [Julian yr] are None where no row has one."""

    rows: int
    without_position: int
    without_id: int
    without_epoch: int
    first_epoch: float | None
    last_epoch: float | None

    @property
    def placed(self) -> int:
        """The number of rows that have a position."""
        return self.rows - self.without_position

    @property
    def has_one_epoch(self) -> bool:
        """Whether all rows have the same epoch, or none has one."""
        return self.first_epoch is None or (self.first_epoch == self.last_epoch and not self.without_epoch)


def census(con: duckdb.DuckDBPyConnection, name: SideName) -> Census:
    """Count the rows of `<name>_rows`."""
    (row,) = con.execute(load("match_summary").text, {"source": f"{name}_rows"}).fetchall()
    return Census(*row)


def place_listed(con: duckdb.DuckDBPyConnection, name: SideName, *, dated: bool = False) -> None:
    """Make `<name>_points` of the rows where they are listed; `dated` leaves out those without epoch."""
    condition = "hpx29 IS NOT NULL" + (" AND epoch IS NOT NULL" if dated else "")
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name}_points AS FROM {name}_rows WHERE {condition}")


def plan_joins(
    con: duckdb.DuckDBPyConnection, censuses: tuple[Census, Census], options: MatchOptions
) -> list[Join]:
    """Make `left_points` and `right_points` about where rows are when compared; return the joins to run.

    For a fixed epoch both sides are moved there. For the epoch of one side's rows, which may differ,
    the other side is moved to the middle of them, and every row gets the distance by which it strays
    until the first and the last. Rows that stray alike are joined together, so that one fast star
    does not widen the search of all.
    """
    slow_deg = options.radius_arcsec / 7200
    others: dict[SideName, Census] = {"left": censuses[1], "right": censuses[0]}
    for name, other in others.items():
        if options.epoch_yr is not None:
            _place(con, name, options.epoch_yr)
        elif options.epoch_of in {"none", name}:
            place_listed(con, name, dated=options.epoch_of == name)
        elif other.first_epoch is None or other.last_epoch is None:
            place_listed(con, name, dated=True)
        else:
            _place_straying(con, name, other.first_epoch, other.last_epoch, slow_deg)
    return [
        Join(
            options.radius_arcsec / 3600 + left.stray_deg + right.stray_deg + ROUNDING_DEG,
            left.rows,
            right.rows,
            left.number,
            right.number,
        )
        for left in _bins(con, "left")
        for right in _bins(con, "right")
    ]


def _place(con: duckdb.DuckDBPyConnection, name: SideName, epoch_yr: float) -> None:
    con.execute(load("match_place").text, {"source": f"{name}_rows", "at_epoch_yr": epoch_yr})
    _keep_placed(con, name)


def _place_straying(
    con: duckdb.DuckDBPyConnection, name: SideName, first_yr: float, last_yr: float, slow_deg: float
) -> None:
    middle = (first_yr + last_yr) / 2
    if first_yr == last_yr:
        _place(con, name, middle)
        return
    epochs = {"at_epoch_yr": middle, "first_epoch_yr": first_yr, "last_epoch_yr": last_yr}
    con.execute(load("match_stray").text, {"source": f"{name}_rows", "slow_deg": slow_deg} | epochs)
    _keep_placed(con, name)


def _keep_placed(con: duckdb.DuckDBPyConnection, name: SideName) -> None:
    """Call the table `placed` by its side's name."""
    con.execute(f"DROP TABLE IF EXISTS {name}_placed")
    con.execute(f"ALTER TABLE placed RENAME TO {name}_placed")
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name}_points AS FROM {name}_placed")


@dataclass(frozen=True, slots=True)
class _Bin:
    """Rows of a side that stray alike, the farthest by `stray_deg`."""

    number: int
    rows: int
    stray_deg: float


def _bins(con: duckdb.DuckDBPyConnection, name: SideName) -> list[_Bin]:
    rows = con.execute(load("match_bins").text, {"source": f"{name}_points"}).fetchall()
    return [_Bin(*row) for row in rows]
