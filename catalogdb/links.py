"""The link table of a match: its columns, and how pairs become links."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from catalogdb.ddl import quoted
from catalogdb.errors import MatchError
from catalogdb.match_options import MatchOptions
from catalogdb.points import Side
from catalogdb.schema import Column, Table
from sql import load

if TYPE_CHECKING:
    import numpy.typing as npt

HASHED_IN_MEMORY = 100_000_000
"""Pairs up to which identifiers that repeat are found in memory: a fifth of the time of GROUP BY."""

_MIDDLE = np.uint64(1 << 63)

MEASURES = (
    Column(
        name="separation",
        type="DOUBLE",
        unit="arcsec",
        ucd="pos.angDistance",
        about="Angle from left to right",
    ),
    Column(
        name="position_angle",
        type="DOUBLE",
        unit="deg",
        ucd="pos.posAng",
        about="Direction from left to right, north through east",
    ),
    Column(
        name="left_epoch",
        type="DOUBLE",
        unit="yr",
        ucd="time.epoch",
        about="Epoch of the left row's position",
    ),
    Column(
        name="right_epoch",
        type="DOUBLE",
        unit="yr",
        ucd="time.epoch",
        about="Epoch of the right row's position",
    ),
    Column(
        name="match_epoch",
        type="DOUBLE",
        unit="yr",
        ucd="time.epoch",
        about="Epoch at which the positions were compared; missing where they were taken as listed",
    ),
    Column(
        name="n_candidates",
        type="INTEGER",
        unit="",
        ucd="meta.number",
        about="Right rows that passed the tests for this left row",
    ),
)

ELLIPSE = (
    Column(
        name="normalised_distance",
        type="DOUBLE",
        unit="",
        ucd="pos.angDistance;arith.ratio",
        about="Separation in units of the combined error ellipse, the square root of chi2",
    ),
    Column(
        name="chi2",
        type="DOUBLE",
        unit="",
        ucd="stat.fit.chi2",
        about="Squared separation over the sum of both covariances (2 degrees of freedom)",
    ),
)

MAGNITUDE = Column(
    name="delta_mag",
    type="DOUBLE",
    unit="mag",
    ucd="phot.mag;arith.diff",
    about="Right magnitude minus the one expected from the left row",
)


def link_table(left: Side, right: Side, options: MatchOptions, *, schema: str, name: str) -> Table:
    """Return the Table of the links of `left` and `right`."""
    columns = [_identifier("left", left), _identifier("right", right), *MEASURES]
    if options.has_ellipse:
        columns.extend(ELLIPSE)
    if options.magnitude is not None:
        columns.append(MAGNITUDE)
    names = left.table.qualified_name, right.table.qualified_name
    return Table(
        schema=schema,
        name=name,
        title=f"{left.table.name} x {right.table.name}",
        about=f"Rows of {names[0]} and {names[1]} within {options.radius_arcsec:g} arcsec ({options.keep})",
        columns=tuple(columns),
        unique=False,
        extra={
            "match": {
                "left": names[0],
                "left_id": left.id,
                "right": names[1],
                "right_id": right.id,
                "radius_arcsec": options.radius_arcsec,
            }
        },
    )


def _identifier(name: str, side: Side) -> Column:
    source = side.table.column(side.id)
    return Column(
        name=f"{name}_id",
        type=source.type,
        unit=source.unit,
        ucd="meta.id.cross",
        about=f"{side.id} of the row of {side.table.qualified_name}",
        nullable=False,
        principal=True,
    )


def all_stay(sides: tuple[Side, Side], options: MatchOptions) -> bool:
    """Whether every pair of rows that is found is a link."""
    unique = all(given.table.unique for given in sides)
    return unique and options.keep == "all" and not options.exclude_self


def count_crowded(links: str) -> str:
    """UPDATE of the number of candidates of the left rows that have several; `links` is a quoted name."""
    return (
        f"UPDATE {links} AS p SET n_candidates = c.n "  # noqa: S608 (a quoted name)
        "FROM crowded_left c WHERE p.left_id = c.left_id"
    )


def resolve(con: duckdb.DuckDBPyConnection, left: Side, right: Side, options: MatchOptions) -> int:
    """Reduce `pairs` to one per two rows, and find which rows have several; return the left rows in it.

    A table whose identifiers repeat is matched identifier by identifier: of several pairs of the
    same two identifiers the closest stays. Raises MatchError for a pair that can not be named.
    """
    _check_named(con, left, right)
    if options.exclude_self:
        con.execute(load("match_not_self").text)
    if not (left.table.unique and right.table.unique):
        con.execute(load("match_merge").text)
    _find_repeated(con, "match_left_hashes")
    con.execute(load("match_crowded_left").text)
    if options.keep == "mutual":
        _find_repeated(con, "match_right_hashes")
        con.execute(load("match_crowded_right").text)
    ((matched,),) = con.execute(load("match_left_matched").text).fetchall()
    return int(matched)


def _check_named(con: duckdb.DuckDBPyConnection, left: Side, right: Side) -> None:
    query = "SELECT count(*) - count(left_id), count(*) - count(right_id) FROM pairs"
    (missing,) = con.execute(query).fetchall()
    for name, side, count in zip(("left", "right"), (left, right), missing, strict=True):
        if count:
            raise MatchError(
                f"{side.table.qualified_name}: rows without {side.id} stand in {count:,} pairs, which can "
                f"not be named; choose another identifier ({name}_id)"
            )


def _find_repeated(con: duckdb.DuckDBPyConnection, statement: str) -> None:
    """Offer as `repeated` the hashes of at least all identifiers that stand in several pairs."""
    ((pairs,),) = con.execute("SELECT count(*) FROM pairs").fetchall()
    if pairs > HASHED_IN_MEMORY:
        con.execute(f"CREATE OR REPLACE TEMP VIEW repeated AS {load(statement).text}")
        return
    # Sorting is a fifth of the time of GROUP BY ... HAVING over pairs of which nearly all are single.
    hashes = con.sql(load(statement).text).fetchnumpy()["h"]
    halves = (hashes[hashes < _MIDDLE], hashes[hashes >= _MIDDLE])
    with ThreadPoolExecutor() as pool:
        con.register("repeated", {"h": np.concatenate(list(pool.map(_several_times, halves)))})


def _several_times(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The values that stand there more than once."""
    hashes.sort()
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def links_sql(table: Table, options: MatchOptions) -> tuple[str, dict[str, Any]]:
    """Return the SELECT of the rows of the link table and its parameters."""
    mutual = options.keep == "mutual"
    links = load("match_links_mutual" if mutual else "match_links").text
    columns = ", ".join(quoted(column.name) for column in table.columns)
    query = f"SELECT {columns} FROM (\n{links})"  # noqa: S608 (names of a Table)
    return query, {} if mutual else {"best_right": options.keep == "nearest"}
