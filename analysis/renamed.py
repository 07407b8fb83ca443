"""The columns of any table under the names that a statement expects, for `query_table('NAME')`."""

from __future__ import annotations

from collections.abc import Mapping

from catalogdb.ddl import qualified, quoted
from catalogdb.errors import AnalysisError, did_you_mean
from catalogdb.schema import FLOATS, INTEGERS, Table

NAME = "_stars"
"""What the statement finds the rows under."""

UNITS = {
    "l": "solLum",
    "teff": "K",
    "mass": "solMass",
    "diameter": "mas",
    "ra": "deg",
    "dec": "deg",
    "parallax": "mas",
    "parallax_error": "mas",
    "pmra": "mas.yr**-1",
    "pmra_error": "mas.yr**-1",
    "pmdec": "mas.yr**-1",
    "pmdec_error": "mas.yr**-1",
    "radial_velocity": "km.s**-1",
    "radial_velocity_error": "km.s**-1",
}
"""The unit that a column of this name is in, if the table says in which."""


def statement(table: Table, columns: Mapping[str, tuple[str | None, str]], text: str, where: str = "") -> str:
    """Return `text`, a statement on `query_table($stars)`, with the table's rows as `_stars` before it.

    `columns` are, by the name there, the table's own name or None, for a column of NULLs, and the SQL type.
    Raises AnalysisError for a column that is no number where one is needed, or in another unit than UNITS.
    """
    for name, (own, kind) in columns.items():
        if own is not None and kind == "DOUBLE":
            _check_number(table, own, UNITS.get(name))
    items = ", ".join(
        f"{quoted(own) if own is not None else 'NULL'}::{kind} AS {quoted(name)}"
        for name, (own, kind) in columns.items()
    )
    source = qualified(table.schema, table.name)
    rows = f"SELECT {items} FROM {source}" + (f" WHERE {where}" if where else "")  # noqa: S608
    # The identifiers are a Table's, quoted. The statement stands on lines of its own: it has comments.
    return f"WITH {NAME} AS NOT MATERIALIZED ({rows}) FROM (\n{text}\n)"


def _check_number(table: Table, name: str, unit: str | None) -> None:
    column = table.column(name)
    if column.type not in INTEGERS + FLOATS:
        raise AnalysisError(f"{table.qualified_name}: {name} is {column.type}, a number is needed")
    # No unit is no statement; one that is the same as written needs no astropy, which takes a while to load.
    if unit is not None and column.unit and column.unit != unit:
        from astropy.units import Unit

        if Unit(column.unit, format="vounit") != Unit(unit, format="vounit"):
            raise AnalysisError(f"{table.qualified_name}: {name} is in {column.unit}, {unit} is needed")


def chosen(analysis: str, option: str, table: Table, name: str | None, default: str | None) -> str | None:
    """Return the column of an option, None if the table has not the default.

    Raises AnalysisError for a column that was asked for and is not there.
    """
    wanted = name if name is not None else default
    if wanted is None:
        return None
    if table.has(wanted):
        return wanted
    if wanted == default:
        return None
    known = [column.name for column in table.columns]
    raise AnalysisError(
        f"{analysis}: {option}: {table.qualified_name} has no column {wanted}{did_you_mean(wanted, known)}"
    )
