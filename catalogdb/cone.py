"""Cone search: the rows of a table within a circle, as listed or where the stars are at an epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from catalogdb.cover import circle_ranges
from catalogdb.ddl import qualified, quoted
from catalogdb.errors import MatchError, did_you_mean
from catalogdb.points import Side, motion_columns, side
from catalogdb.result import Result
from catalogdb.schema import Column, Table

if TYPE_CHECKING:
    from catalogdb.store import Store

SEPARATION = Column(
    name="separation",
    type="DOUBLE",
    unit="arcsec",
    ucd="pos.angDistance",
    about="Angle from the centre of the search",
)

NEAR_DEG = 10.0
"""Radius up to which twice the arc sine of the half chord is right to 1e-10 arcsec."""

_SEPARATION = "separation_arcsec($ra, $dec, ra, dec)"
_SEPARATION_NEAR = "7200 * degrees(asin(sqrt(half_chord2($ra, $dec, ra, dec))))"


def cone(
    store: Store,
    table: str,
    ra_deg: float,
    dec_deg: float,
    radius_deg: float,
    *,
    epoch_yr: float | None = None,
    columns: Sequence[str] | None = None,
) -> Result:
    """Return the rows within `radius_deg` (0 to 180) of a position, nearest first.

    Gives `columns` (all of them by default) and `separation` [arcsec]; a column `separation` of the
    table's own is left out. With `epoch_yr` (Julian year) stars are found where the vector model has
    them then, and `separation` is from there; ra and dec are given as listed. A missing motion counts
    as zero, and rows without an epoch are not found. Raises MatchError, TableNotFound.
    """
    described = store.table(table)
    names = _checked_columns(described, columns)
    _check_circle(described, ra_deg, dec_deg, radius_deg)
    given = side(described, position=None, identifier=names[0])
    reach_deg = radius_deg
    if epoch_yr is not None:
        _check_epoch(given, epoch_yr)
        reach_deg += _farthest_deg(store, given, epoch_yr)
    where, bounds = _within(ra_deg, dec_deg, reach_deg)
    # Planning the form for all distances takes longer than a small search.
    separation = _SEPARATION_NEAR if reach_deg <= NEAR_DEG else _SEPARATION
    query = (_listed if epoch_yr is None else _moved)(given, names, where, separation)
    parameters = bounds | {"ra": ra_deg, "dec": dec_deg, "radius_arcsec": radius_deg * 3600}
    if epoch_yr is not None:
        parameters["epoch_yr"] = epoch_yr
    output = {column.name: column for column in described.columns} | {SEPARATION.name: SEPARATION}
    return store.sql(query, parameters, described=output)


def _checked_columns(table: Table, columns: Sequence[str] | None) -> list[str]:
    known = [column.name for column in table.columns]
    for name in columns or ():
        if name not in known:
            raise MatchError(f"{table.qualified_name} has no column {name}{did_you_mean(name, known)}")
    return [name for name in columns or known if name != SEPARATION.name]


def _check_circle(table: Table, ra_deg: float, dec_deg: float, radius_deg: float) -> None:
    if not (table.is_positional and table.has("ra", "dec")):
        raise MatchError(f"{table.qualified_name} has no positions to search")
    if not math.isfinite(ra_deg):
        raise MatchError(f"right ascension {ra_deg} is not a number of degrees")
    if not -90 <= dec_deg <= 90:
        raise MatchError(f"declination {dec_deg} is not in [-90, 90] deg")
    if not 0 <= radius_deg <= 180:
        raise MatchError(f"radius {radius_deg} is not in [0, 180] deg")


def _check_epoch(given: Side, epoch_yr: float) -> None:
    if not 0 < epoch_yr < 10000:
        raise MatchError(f"epoch {epoch_yr} is not a Julian year")
    if not given.has_epoch:
        raise MatchError(f"{given.table.qualified_name} has no epochs: search it without one")


def _within(ra_deg: float, dec_deg: float, radius_deg: float) -> tuple[str, dict[str, float]]:
    """The condition that hpx29 is in one of the circle's ranges, within their span, and its parameters."""
    ranges = circle_ranges(ra_deg, dec_deg, min(radius_deg, 180.0))
    bounds: dict[str, float] = {"span_first": int(ranges[0, 0]), "span_last": int(ranges[-1, 1])}
    parts = []
    for i, (first, last) in enumerate(ranges):
        bounds |= {f"first{i}": int(first), f"last{i}": int(last)}
        parts.append(f"hpx29 BETWEEN $first{i} AND $last{i}")
    return f"hpx29 BETWEEN $span_first AND $span_last AND ({' OR '.join(parts)})", bounds


def _listed(given: Side, names: list[str], where: str, separation: str) -> str:
    chosen = ", ".join(map(quoted, names))
    source = qualified(given.table.schema, given.table.name)
    # Identifiers are a Table's, quoted; values are bound.
    return f"""
        FROM (SELECT {chosen}, {separation} AS separation FROM {source} WHERE {where})
        WHERE separation <= $radius_arcsec
        ORDER BY separation"""  # noqa: S608


def _moved(given: Side, names: list[str], where: str, separation: str) -> str:
    """The search among rows moved to the epoch; each row travels as one value beside its motion."""
    chosen = ", ".join(f"_row.{quoted(name)} AS {quoted(name)}" for name in names)
    return f"""
        WITH _here AS ({_motions(given)} WHERE {where})
        FROM (
            SELECT {chosen}, {separation} AS separation
            FROM moved('_here')
            WHERE ra_epoch IS NOT NULL AND dec_epoch IS NOT NULL
        )
        WHERE separation <= $radius_arcsec
        ORDER BY separation"""  # noqa: S608


def _motions(given: Side) -> str:
    """SELECT of each row with what `moved` needs; rows without an epoch can not be moved."""
    motion = ", ".join(f"{text} AS {quoted(name)}" for name, text in motion_columns(given).items())
    source = qualified(given.table.schema, given.table.name)
    return f"""
        SELECT _row, {motion}, $epoch_yr::DOUBLE AS at_epoch
        FROM {source} AS _row"""  # noqa: S608


def _farthest_deg(store: Store, given: Side, epoch_yr: float) -> float:
    """How far [deg] at most a star of the table is at the epoch from where it is listed."""
    query = f"""
        WITH _all AS ({_motions(given)})
        SELECT max(degrees(atan2(
            sqrt(coalesce(pow((at_epoch - ra_epoch) * pmra, 2), 0)
                + coalesce(pow((at_epoch - dec_epoch) * pmdec, 2), 0)),
            degrees(3.6e6) + coalesce((at_epoch - (ra_epoch + dec_epoch) / 2) * radial_motion, 0))))
        FROM _all"""  # noqa: S608
    with closing(store.cursor()) as cursor:
        ((farthest,),) = cursor.execute(query, {"epoch_yr": epoch_yr}).fetchall()
    return farthest or 0.0
