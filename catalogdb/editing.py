"""Another description for a table whose rows stay as they are, and what was changed in it.

What was edited by hand is listed in the description itself (`extra["edited"]`), so that rows appended
later, which come with the description of their specification, do not undo it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeVar

from catalogdb.errors import SchemaError, did_you_mean
from catalogdb.schema import Column, Table

TEXTS = ("title", "about", "reference", "bibcode", "source")
"""What is said of a table, and can be said otherwise."""

COLUMN_TEXTS = ("about", "ucd", "unit")
"""What is said of a column; a unit only in another spelling."""

EDITED = "edited"
_TABLE_ITEMS = tuple(f.name for f in fields(Table) if f.name not in {"schema", "name", "columns", "extra"})
_COLUMN_ITEMS = (*COLUMN_TEXTS, "source_name", "principal")
_NOT_EDITED = (EDITED, "form")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One item of a description that was changed, of a column or (None) of the table."""

    column: str | None
    item: str
    was: str
    now: str

    def row(self) -> dict[str, str | None]:
        """The edit as the registry has it."""
        return {"column_name": self.column, "item": self.item, "was": self.was, "now": self.now}

    def __str__(self) -> str:
        return f"{self.column + ' ' if self.column else ''}{self.item}: {self.was!r} is now {self.now!r}"


def reworded(
    table: Table,
    texts: Mapping[str, str],
    columns: Mapping[str, Mapping[str, str]],
) -> Table:
    """Return the table with other TEXTS, and COLUMN_TEXTS of columns; SchemaError for what there is not."""
    for item in texts:
        if item not in TEXTS:
            raise SchemaError(f"a table has no {item} to be edited{did_you_mean(item, TEXTS)}")
    for name, items in columns.items():
        if not table.has(name):
            known = [column.name for column in table.columns]
            raise SchemaError(f"{table.qualified_name} has no column {name}{did_you_mean(name, known)}")
        for item in items:
            if item not in COLUMN_TEXTS:
                raise SchemaError(f"a column has no {item} to be edited{did_you_mean(item, COLUMN_TEXTS)}")
    changed = tuple(_with(column, columns.get(column.name, {})) for column in table.columns)
    return _with(replace(table, columns=changed), texts)


Described = TypeVar("Described", Table, Column)


def _with(described: Described, items: Mapping[str, Any]) -> Described:
    return replace(described, **items)


def edits(old: Table, new: Table) -> list[Edit]:
    """What differs in the descriptions; SchemaError where the rows would have to differ too."""
    _check_same_rows(old, new)
    found = [_edit(None, item, getattr(old, item), getattr(new, item)) for item in _TABLE_ITEMS]
    keys = sorted(set(old.extra) | set(new.extra) - set(_NOT_EDITED))
    found += [_edit(None, k, old.extra.get(k), new.extra.get(k)) for k in keys if k not in _NOT_EDITED]
    for was, now in zip(old.columns, new.columns, strict=True):
        found += [_edit(now.name, item, getattr(was, item), getattr(now, item)) for item in _COLUMN_ITEMS]
    return [edit for edit in found if edit.was != edit.now]


def _edit(column: str | None, item: str, was: Any, now: Any) -> Edit:
    return Edit(column=column, item=item, was=_text(was), now=_text(now))


def _text(value: Any) -> str:
    """The value as it is recorded: text as it is, other things as JSON, nothing as ""."""
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, sort_keys=True, default=asdict)


def _check_same_rows(old: Table, new: Table) -> None:
    name = old.qualified_name
    if [_stored(c) for c in old.columns] != [_stored(c) for c in new.columns]:
        raise SchemaError(f"{name}: names, types and order of columns can only be changed by --replace")
    for was, now in zip(old.columns, new.columns, strict=True):
        if was.unit != now.unit and not _same_unit(was.unit, now.unit):
            raise SchemaError(
                f"{name}, column {now.name}: the values are in {was.unit!r}, and another description does "
                f"not bring them to {now.unit!r}: ingest the table anew with --replace"
            )
    if new.unique and not old.unique:
        raise SchemaError(f"{name}: whether its identifiers are unique is only found by --replace")


def _stored(column: Column) -> tuple[str, str, bool]:
    return column.name, column.type, column.nullable


def _same_unit(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    import astropy.units as u  # a start needs none, and two units seldom differ

    return bool(u.Unit(one) == u.Unit(other))


def marked(table: Table, changed: Iterable[Edit]) -> Table:
    """Return the table with the changed items listed among the edited ones."""
    known = {(c, i) for c, i in table.extra.get(EDITED, ())} | {(e.column, e.item) for e in changed}
    listed = sorted(([c, i] for c, i in known), key=lambda each: (each[0] or "", each[1]))
    return replace(table, extra={**table.extra, EDITED: listed})


def carried(old: Table, new: Table) -> Table:
    """Return `new`, the description of rows that are added to `old`, with what was edited in `old` kept."""
    listed = [(column, item) for column, item in old.extra.get(EDITED, ())]
    if not listed:
        return new
    own = {item: getattr(old, item) for column, item in listed if column is None and item in _TABLE_ITEMS}
    extra = {
        item: old.extra[item]
        for column, item in listed
        if column is None and item not in _TABLE_ITEMS and item in old.extra
    }
    kept = {
        name: {item: getattr(old.column(name), item) for column, item in listed if column == name}
        for name in {column for column, _ in listed if column is not None}
    }
    columns = tuple(_with(column, kept.get(column.name, {})) for column in new.columns)
    extra = {**new.extra, **extra, EDITED: old.extra[EDITED]}
    return _with(replace(new, columns=columns, extra=extra), own)
