"""Tables and descriptions that fit the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

from catalogdb.commands.lists import aligned
from catalogdb.schema import Column

_LABEL, _LEAST, _WORDS = 18, 10, 25


def terminal_width() -> int:
    """Characters of a line of the terminal, or what COLUMNS says; 120 where the output goes elsewhere."""
    return shutil.get_terminal_size((120, 24)).columns


def print_fitted(
    names: Sequence[str], rows: Sequence[Sequence[Any]], shown: Sequence[str], cut: Sequence[str]
) -> None:
    """Print the columns `shown` as a text table, those of them in `cut` shortened to fit the terminal."""
    places = [names.index(name) for name in shown]
    cells = [[row[i] for i in places] for row in rows]
    widths = {name: max(len(name), *(_size(row[i]) for row in cells)) for i, name in enumerate(shown)}
    kept = _shared(terminal_width() - 2 * (len(shown) - 1), widths, cut)
    fitting = [[_cut(v, kept[n]) for n, v in zip(shown, row, strict=True)] for row in cells]
    for line in aligned(shown, fitting, missing=""):
        typer.echo(line)


def _shared(width: int, widths: Mapping[str, int], cut: Sequence[str]) -> dict[str, int]:
    """The widths with those of `cut` reduced to share what the others leave; never below `_LEAST`."""
    kept = dict(widths)
    room = width - sum(size for name, size in widths.items() if name not in cut)
    for done, name in enumerate(sorted(cut, key=widths.__getitem__)):
        kept[name] = min(widths[name], max(_LEAST, room // (len(cut) - done)))
        room -= kept[name]
    return kept


def _size(value: object) -> int:
    return 0 if value is None else len(str(value))


def _cut(value: object, size: int) -> object:
    return value if _size(value) <= size else str(value)[: size - 1].rstrip() + "…"


def print_described(
    heading: str,
    facts: Iterable[tuple[str, str]],
    forms: Iterable[tuple[str, str]],
    columns: Sequence[Column],
) -> None:
    """Print a heading, labelled texts, the forms, then a line for each column."""
    width = max(60, terminal_width())
    typer.echo(textwrap.fill(heading, width))
    for label, text in facts:
        typer.echo(_labelled(label, text, width))
    typer.echo("\nforms")
    for name, text in forms:
        typer.echo(_labelled("  " + name, text, width))
    typer.echo("")
    rows = [(c.name, c.type, c.unit or "", c.ucd, c.about) for c in columns]
    names, rule, *lines = aligned(("column", "type", "unit", "ucd", "meaning"), rows)
    margin = names.index("meaning")
    typer.echo(f"{names}\n{rule[:width]}")
    for line in lines:
        typer.echo(_hanging(line, width, margin))


def _hanging(line: str, width: int, margin: int) -> str:
    """The line of a table wrapped, its last column under itself, where there is room for some words of it."""
    if len(line) <= width or width - margin < _WORDS:
        return line
    start, *more = textwrap.wrap(line[margin:], width - margin)
    return "\n".join([line[:margin] + start, *(" " * margin + part for part in more)])


def _labelled(label: str, text: str, width: int) -> str:
    return textwrap.fill(
        text,
        width,
        initial_indent=f"{label:<{_LABEL}} ",
        subsequent_indent=" " * (_LABEL + 1),
        break_long_words=False,
        break_on_hyphens=False,
    )
