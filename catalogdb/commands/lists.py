"""Small tables as text, CSV or JSON on stdout."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

import typer


class ListFormat(StrEnum):
    """How a list is printed."""

    table = "table"
    csv = "csv"
    json = "json"


ListFormatOption: TypeAlias = Annotated[ListFormat, typer.Option("--format", help="How the list is printed.")]


def print_list(names: Sequence[str], rows: Iterable[Sequence[Any]], how: ListFormat) -> None:
    """Print rows under their column names: aligned, as CSV, or as a JSON array of objects."""
    rows = list(rows)
    if how is ListFormat.json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    elif how is ListFormat.csv:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([names, *rows])
        sys.stdout.write(text.getvalue())
    else:
        for line in aligned(names, rows):
            typer.echo(line)


def print_json(value: object) -> None:
    """Print a value as JSON, what JSON has no form for as text."""
    typer.echo(json.dumps(value, indent=1, default=str, ensure_ascii=False))


def aligned(names: Sequence[str], rows: Sequence[Sequence[Any]], missing: str = "NULL") -> list[str]:
    """The lines of a text table: names, a rule, then the rows, numbers to the right."""
    cells = [[missing if value is None else _text(value) for value in row] for row in rows]
    widths = [max(len(line[i]) for line in ([*names], *cells)) for i in range(len(names))]
    right = [
        all(isinstance(row[i], int | float) or row[i] is None for row in rows) and bool(rows)
        for i in range(len(names))
    ]
    lines = [[*names], ["-" * width for width in widths], *cells]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    ]


def _text(value: object) -> str:
    if isinstance(value, float):
        return repr(value)
    return str(value).replace("\n", " ")
