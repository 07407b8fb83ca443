"""The Table that a catalogue becomes: its columns, what is known of it, its positions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import DataError
from catalogdb.schema import Column, Position, Table
from ingest.convert import provided
from ingest.forms import Plan
from ingest.spec import Form, Spec


def spec_table(spec: Spec, name: str | None = None, schema: str = "catalogs") -> Table:
    """Return the table of a catalogue with all columns of its spec, and hpx29 if it has positions."""
    return table_of(spec, spec.columns, name, schema)


def planned_table(
    spec: Spec,
    plans: Sequence[Plan],
    name: str | None = None,
    schema: str = "catalogs",
    tables: Iterable[Table] = (),
) -> Table:
    """Return the table of what these files hold: the spec's columns that one of them gives, and theirs.

    `tables` are what files read earlier hold. A column that files describe themselves gets a type that
    has room for the values of each; DataError where they state different units.
    """
    columns: dict[str, Column] = {}
    forms = {plan.form.name for plan in plans}
    for plan in {id(plan.present): plan for plan in plans}.values():
        for column in provided(plan.spec, plan.form, plan.present):
            columns[column.name] = _wider(columns.get(column.name), column, str(plan.path))
    for table in tables:
        forms |= set(table.extra["form"].split(", "))
        for column in table.columns:
            if column.name != "hpx29":
                columns[column.name] = _wider(columns.get(column.name), column, "files read before")
    order = [c.name for c in (plans[0].spec if plans else spec).columns]
    listed = sorted(columns.values(), key=lambda c: order.index(c.name) if c.name in order else len(order))
    table = table_of(spec, tuple(listed), name, schema)
    return replace(table, extra=table.extra | {"form": ", ".join(sorted(forms))})


_WIDTH = ("SMALLINT", "INTEGER", "BIGINT", "DOUBLE")


def _wider(known: Column | None, new: Column, where: str) -> Column:
    """The column with a type for the values of both."""
    if known is None:
        return new
    if known.unit != new.unit and None not in (known.unit, new.unit):
        raise DataError(
            f"{where}: column {new.name} has the unit {new.unit!r}, in files before it {known.unit!r}: "
            "ingest them as tables of their own, or write a spec (docs/adding_a_catalogue.md)"
        )
    if known.type == new.type:
        return known
    if {known.type, new.type} <= {*_WIDTH}:
        return max(known, new, key=lambda column: _WIDTH.index(column.type))
    if {known.type, new.type} == {"REAL", "DOUBLE"} or {known.type, new.type} <= {*_WIDTH, "REAL"}:
        return replace(known, type="DOUBLE")
    return replace(known, type="VARCHAR", unit=None)


def table_of(spec: Spec, columns: tuple[Column, ...], name: str | None, schema: str) -> Table:
    """Return the table with these columns, hpx29 if it has positions, and what the spec says of it."""
    named = tuple(_with_source_name(column, spec.forms) for column in columns)
    names = {c.name for c in named}
    if {"ra", "dec"} <= names:
        named = (*named, ASTROMETRY["hpx29"])
    return Table(
        name=name or spec.name,
        schema=schema,
        columns=named,
        about=spec.about,
        title=spec.title,
        reference=spec.reference,
        bibcode=spec.bibcode,
        source=spec.source,
        frame=spec.frame,
        frame_note=spec.frame_note,
        shared_data_group=spec.shared_data_group,
        unique=spec.unique,
        positions=tuple(_kept(spec.positions, names)),
        identifiers=tuple(
            each for each in spec.identifiers if {each.column, each.namespace_column or each.column} <= names
        ),
        extra={key: item for key, item in extra_of(spec).items() if item not in (None, "")},
    )


def extra_of(spec: Spec) -> dict[str, Any]:
    """Return what a spec says of a table beyond the fields of Table."""
    return {
        "time_scale": spec.time_scale,
        "epoch_note": spec.epoch_note,
        "ref_epoch": spec.ref_epoch,
        "systematics": spec.systematics,
        "rows_expected": spec.rows,
        "catalogue": spec.name,
        "verified": spec.verified,
    }


def _with_source_name(column: Column, forms: Iterable[Form]) -> Column:
    """The column with the name that the source gives it, where a form says so and it differs."""
    if column.source_name is not None:
        return column
    for form in forms:
        field = form.field(column.name)
        if field is not None and field.source and not field.source.startswith("@"):
            return replace(column, source_name=field.source) if field.source != column.name else column
    return column


def _kept(positions: Iterable[Position], names: set[str]) -> Iterable[Position]:
    """The positions whose coordinates and epochs are there, without the parts that are not."""
    for position in positions:
        if not {position.ra, position.dec, position.ra_epoch, position.dec_epoch} <= names:
            continue
        absent = {
            field.name: None
            for field in fields(position)
            if field.name not in {"name", "about", "independent", "ra", "dec", "ra_epoch", "dec_epoch"}
            and getattr(position, field.name) not in names
        }
        yield replace(position, **absent)  # type: ignore[arg-type]
