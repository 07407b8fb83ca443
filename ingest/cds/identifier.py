"""Which column identifies a row: the first that looks like an identifier and is unique in the files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.cds.cells import LOOKED_AT, count
from ingest.cds.described import Described
from ingest.cds.namespaces import namespace_of
from ingest.cds.readme import DescribedTable
from ingest.spec import Form

_NAMES_STARS = re.compile(r"(\w*(name|source|object|star|main_?id)|id|obj)$", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*\D)([123])$")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The identifier's columns (several are joined), whether it is unique and in every row, and a remark."""

    columns: tuple[Described, ...] = ()
    unique: bool = False
    complete: bool = False
    remark: str = ""


def choose(
    possible: Sequence[tuple[Described, ...]], files: Sequence[Path], form: Form, *, asked: bool = False
) -> Chosen:
    """Return the first of the possible identifiers that is unique in `files`, which are read as `form` says.

    Where none is, the first that names stars, or that was `asked` for, and what is wrong with it; else none.
    """
    first = Chosen()
    for columns, counts in zip(possible, count(possible, files, form), strict=True):
        complete = counts.present == counts.rows
        labels = "-".join(column.label for column in columns)
        if complete and counts.distinct == counts.rows:
            if counts.rows < LOOKED_AT:
                return Chosen(columns, unique=True, complete=True)
            told = f"{labels} is unique in the first {counts.rows:,} rows; not held against the others"
            return Chosen(columns, unique=False, complete=False, remark=told)
        if not first.columns and len(columns) == 1 and (asked or _names_stars(columns[0].label)):
            told = f"{labels} identifies rows, but stands more than once, or not in every row"
            first = Chosen(columns, unique=False, complete=complete, remark=told)
    return first


def candidates(table: DescribedTable, ucds: Mapping[str, str]) -> list[tuple[Described, ...]]:
    """Columns whose UCD, by label, is that of an identifier, or that increase; X1 X2 X3 also together."""
    usable = [c for c in table.columns if c.named and c.repeat == 1 and c.format in "AI"]
    found: list[tuple[Described, ...]] = []
    for number, column in enumerate(usable):
        told = ucds[column.label].startswith(("meta.id", "meta.record")) or column.checks.increasing
        match = _NUMBERED.match(column.label)
        if match and match[2] == "1" and column.format == "I":
            run = [c for i, c in enumerate(usable[number : number + 3], 1) if c.label == f"{match[1]}{i}"]
            if len(run) > 1 and all(c.format == "I" for c in run):
                found.append(tuple(run))
                continue
        if told and table.column(column.label) is column:
            found.append((column,))
    return found


def _names_stars(label: str) -> bool:
    """Whether a label says that the column names stars, though some stand in several rows."""
    return _NAMES_STARS.match(label) is not None or namespace_of(label) is not None
