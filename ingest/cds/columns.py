"""A described column as a column and a field of a spec."""

from __future__ import annotations

import re

from catalogdb.schema import Column
from ingest.cds.described import Described
from ingest.cds.namespaces import SHORTEST, namespace_of
from ingest.cds.readme import DescribedTable
from ingest.cds.ucds import label_ucd
from ingest.cds.units import cds_unit
from ingest.describe import sql_name
from ingest.spec import Field

NOTE_LENGTH = 400
"""Characters of a note that stand in a column's description; the ReadMe has the rest."""


def column_type(column: Described) -> str:
    """The SQL type: whole numbers by width; others are DOUBLE, so that they read as they are written."""
    if not column.is_number:
        return "VARCHAR"
    if column.format != "I" or cds_unit(column.unit).source is not None:
        return "DOUBLE"
    if column.width > 20:
        return "VARCHAR"
    return "SMALLINT" if column.width <= 4 else "INTEGER" if column.width <= 9 else "BIGINT"


def field_format(column: Described) -> str:
    """The Fortran-like format of its bytes."""
    if not column.is_number or column.width > 20 and column.format == "I":
        return f"A{column.width}"
    if column.format == "I":
        return f"I{column.width}"
    return f"{column.format}{column.width}.{column.decimals}"


def field_of(column: Described, name: str, unit: str | None = None) -> Field:
    """The field that a described column feeds; `unit` is the raw number's where it is not the column's."""
    checks = column.checks
    return Field(
        name=name,
        bytes=(column.first, column.last),
        format=field_format(column),
        unit=unit,
        null=checks.null if column.is_number else tuple(str(mark) for mark in checks.null),
        limits=checks.limits,
        open_limits=checks.open_limits,
    )


def ucd_of(column: Described) -> str:
    """The UCD of a column that is not a canonical one."""
    if namespace_of(column.label) is not None and column.width >= SHORTEST:
        return "meta.id.cross"
    if column.checks.increasing and column.format in "AI":
        return "meta.id"
    return label_ucd(column.label, column.text, cds_unit(column.unit).vounit, column_type(column))


def own_column(table: DescribedTable, column: Described, taken: set[str], ucd: str) -> Column:
    """The column under its own label, in lower case."""
    kind, unit = column_type(column), cds_unit(column.unit)
    name = unique_name(table, column, taken)
    is_number = kind != "VARCHAR"
    return Column(
        name=name,
        type=kind,
        unit=unit.vounit if is_number and not (ucd.startswith("meta.id") and not unit.vounit) else None,
        ucd=ucd,
        about=about_of(table, column),
        source_name=column.label if column.label != name else None,
        nullable=column.checks.blank or bool(column.checks.null) or not is_number,
    )


def about_of(table: DescribedTable, column: Described) -> str:
    """The explanation, what VOUnit does not say of the unit, and the notes that it refers to."""
    remark = cds_unit(column.unit).remark if column.is_number else ""
    zero = re.search(r"[^-]-(\d{4,7}(?:\.5)?)$", column.label)
    parts = [
        column.text or column.label,
        f"[{remark}]" if remark else "",
        f"[counted from {zero[1]}]" if zero and column.is_number else "",
        _shortened(table.note_of(column)),
    ]
    return " ".join(part for part in parts if part)


def unique_name(table: DescribedTable, column: Described, taken: set[str]) -> str:
    """The label in lower case; E_x beside e_x is e_x_upper, and a repeated label gets a number."""
    label = column.label
    if label[:2] in {"E_", "B_"} and table.column(label[0].lower() + label[1:]) is not None:
        label = f"{label}_upper"
    return sql_name(label, taken)


def _shortened(note: str) -> str:
    if len(note) <= NOTE_LENGTH:
        return note
    return note[:NOTE_LENGTH].rpartition(" ")[0] + " ... (the ReadMe has the whole note)"
