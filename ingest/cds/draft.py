"""A spec in the making: what has been taken from a described table, and under which names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import astropy.units as u

from catalogdb.astrometry import ASTROMETRY
from catalogdb.schema import Column
from ingest.cds.columns import field_of, own_column
from ingest.cds.described import Described
from ingest.cds.readme import DescribedTable, Readme
from ingest.cds.units import cds_unit
from ingest.describe import sql_name
from ingest.spec import Conversion, Field, Form


class Draft:
    """Columns, fields and conversions of a form, and remarks on what was assumed.

    `sources` holds the described column behind each name; `taken` are names that no other column may have.
    """

    def __init__(self, readme: Readme, table: DescribedTable, paths: tuple[Path, ...], form: Form) -> None:
        self.readme, self.table, self.paths, self.form = readme, table, paths, form
        self.columns: dict[str, Column] = {}
        self.fields: list[Field] = []
        self.convert: list[Conversion] = []
        self.remarks: list[str] = []
        self.sources: dict[str, Described] = {}
        self.taken = {"hpx29", "source_id", *ASTROMETRY}
        self._used: set[int] = set()

    def is_used(self, column: Described) -> bool:
        """Whether something feeds on the column already."""
        return column.line in self._used

    def feed(self, name: str, column: Described, unit: str | None = None, **changes: object) -> None:
        """Let a described column feed the field `name`; `unit` is that of the raw number."""
        target = self.columns[name].unit if name in self.columns else None
        if unit and target and u.Unit(unit) == u.Unit(target):
            unit = None
        self.fields.append(replace(field_of(column, name, unit), **changes))  # type: ignore[arg-type]
        self.sources.setdefault(name, column)
        self._used.add(column.line)

    def private(self, column: Described, unit: str | None = None, **changes: object) -> str:
        """Let a described column feed a field that conversions alone see; return its name."""
        name = "_" + sql_name(column.label, {f.name.removeprefix("_") for f in self.fields})
        self.feed(name, column, unit, **changes)
        return name

    def convert_by(self, by: str, source: tuple[str, ...], to: str, **options: str | float) -> None:
        """Add a conversion to one column."""
        self.convert.append(Conversion(by=by, source=source, to=(to,), options=options))

    def canonical(self, name: str, *columns: Described) -> None:
        """Add a canonical column that comes of described ones; it may be missing if the first may."""
        first = columns[0]
        self.columns[name] = replace(
            ASTROMETRY[name],
            source_name=" ".join(column.label for column in columns),
            nullable=first.checks.blank or bool(first.checks.null),
        )
        self.sources.setdefault(name, first)

    def own(self, column: Described, ucd: str) -> str:
        """Let a column be kept under its own label; return its name."""
        unit = cds_unit(column.unit)
        kept = own_column(self.table, column, self.taken, ucd)
        if not unit.understood and column.is_number:
            self.remarks.append(
                f"{column.label}: the unit {column.unit} is none of VOUnit's, its numbers have none"
            )
        if column.repeat > 1:
            self.remarks.append(f"{column.label}: {column.repeat} values in one column, kept as text")
        self.taken.add(kept.name)
        self.columns[kept.name] = kept
        self.feed(kept.name, column, unit.source if column.is_number else None)
        return kept.name
