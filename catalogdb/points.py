"""The two sides of a match: which columns of a table are its identifier, position, epoch and motion.

Each side becomes a view `left_rows` or `right_rows` with fixed column names on the writer's
connection, so that the statements in sql/ are the same for every pair of tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import duckdb

from catalogdb.ddl import qualified, quoted
from catalogdb.epoch import KM_S_PER_AU_YR
from catalogdb.errors import MatchError, did_you_mean
from catalogdb.schema import Position, Table

SideName = Literal["left", "right"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a match: a table, its identifier and the position of it that is matched.

    `magnitudes` maps mag, mag_error and color to SQL-quoted expressions of columns, where asked for.
    """

    table: Table
    id: str
    position: Position
    magnitudes: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_listed(self) -> bool:
        """Whether the position is the one that the table's hpx29 indexes."""
        return self.table.is_positional and (self.position.ra, self.position.dec) == ("ra", "dec")

    @property
    def has_epoch(self) -> bool:
        """Whether the table says when its positions hold."""
        return self.table.has(self.position.ra_epoch, self.position.dec_epoch)


def side(
    table: Table,
    *,
    position: str | None = None,
    identifier: str | None = None,
    magnitudes: Mapping[str, str] | None = None,
) -> Side:
    """Return the side that `table` is in a match; raises MatchError for names it does not have."""
    return Side(
        table=table,
        id=_identifier(table, identifier),
        position=_position(table, position),
        magnitudes=magnitudes or {},
    )


def _identifier(table: Table, name: str | None) -> str:
    names = [column.name for column in table.columns]
    if name is not None:
        if name not in names:
            raise MatchError(f"{table.qualified_name} has no column {name}{did_you_mean(name, names)}")
        return name
    for candidate in ("source_id", "obj_id"):
        if candidate in names:
            return candidate
    for column in table.columns:
        if column.ucd == "meta.id;meta.main":
            return column.name
    raise MatchError(f"{table.qualified_name} has no source_id: name its identifier (left_id or right_id)")


def _position(table: Table, name: str | None) -> Position:
    known = {position.name: position for position in table.positions}
    if name is not None:
        if name not in known:
            raise MatchError(f"{table.qualified_name} has no position {name}{did_you_mean(name, known)}")
        return known[name]
    if table.positions:
        return table.positions[0]
    if not table.has("ra", "dec"):
        raise MatchError(f"{table.qualified_name} has no ra and dec to match on")
    return Position(name="listed")


def create_rows(con: duckdb.DuckDBPyConnection, name: SideName, given: Side, *, full: bool) -> None:
    """Create the view `<name>_rows`; `full` adds motions, errors and magnitudes to id, position and epoch."""
    columns = _basic(given) | (_full(given) if full else {})
    items = ", ".join(f"{expression} AS {quoted(column)}" for column, expression in columns.items())
    source = qualified(given.table.schema, given.table.name)
    rows = f"SELECT {items} FROM {source}"  # noqa: S608 (identifiers of a Table, quoted)
    if not given.is_listed:
        computed = f"{name}_computed"
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {computed} AS "  # noqa: S608
            f"WITH listed AS ({rows}) FROM with_hpx29('listed')"
        )
        rows = f"FROM {computed}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name}_rows AS {rows}")


def _basic(given: Side) -> dict[str, str]:
    position = given.position
    columns = {
        "id": quoted(given.id),
        "ra": _double(position.ra),
        "dec": _double(position.dec),
        "epoch": _mean_epoch(given),
        "bin": "0::INTEGER",
    }
    return columns | ({"hpx29": quoted("hpx29")} if given.is_listed else {})


def _full(given: Side) -> dict[str, str]:
    """Everything later stages may ask of a row; NULL where the table does not have it."""
    position, table = given.position, given.table
    columns = motion_columns(given) | {
        "place_ra": _double(position.ra),
        "place_dec": _double(position.dec),
        "stray_deg": "0::DOUBLE",
    }
    for column in ("ra_error", "dec_error", "ra_dec_corr"):
        listed = column if position.ra == "ra" and table.has(column) else None
        columns[column] = _double(getattr(position, column) or listed)
    for column in ("pmra_error", "pmdec_error"):
        columns[column] = _double(column if table.has(column) else None)
    for column in ("mag", "mag_error", "color"):
        columns[column] = f"({given.magnitudes.get(column, 'NULL')})::DOUBLE"
    return columns


def motion_columns(given: Side) -> dict[str, str]:
    """The SQL of the position, its epochs and its motion, by the names that the macro `moved` takes."""
    position, table = given.position, given.table
    columns = {
        "ra": _double(position.ra),
        "dec": _double(position.dec),
        "ra_epoch": _double(position.ra_epoch if given.has_epoch else None),
        "dec_epoch": _double(position.dec_epoch if given.has_epoch else None),
        "radial_motion": _radial_motion(table, position),
    }
    for column in ("pmra", "pmdec"):
        columns[column] = _double(getattr(position, column) or (column if table.has(column) else None))
    return columns


def _double(column: str | None) -> str:
    return "NULL::DOUBLE" if column is None else f"{quoted(column)}::DOUBLE"


def _mean_epoch(given: Side) -> str:
    """The epoch of the row [Julian yr]: the mean where ra and dec have their own."""
    position = given.position
    if not given.has_epoch:
        return _double(None)
    if position.ra_epoch == position.dec_epoch:
        return _double(position.ra_epoch)
    return f"({_double(position.ra_epoch)} + {_double(position.dec_epoch)}) / 2"


def _radial_motion(table: Table, position: Position) -> str:
    """The radial motion [mas/yr]: radial velocity times parallax."""
    parallax = position.parallax or "parallax"
    if not table.has("radial_velocity", parallax):
        return _double(None)
    return f"{_double('radial_velocity')} * {_double(parallax)} / {KM_S_PER_AU_YR!r}"
