"""What a demo tells: headings, lines, tables, and checks of what was expected against what came out."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table as Grid
from rich.text import Text

Show = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation of the demo and what was found."""

    what: str
    expected: str
    ours: str
    holds: bool


@dataclass(slots=True)
class Teller:
    """Passes everything to `show` (a rich console's print, or any callable) and keeps the checks."""

    show: Show
    checks: list[Check] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def heading(self, text: str) -> None:
        """Show what comes next."""
        self.show("")
        self.show(Text(text, style="bold"))

    def line(self, text: str) -> None:
        """Show one sentence, with nothing in it taken for markup."""
        self.show(Text(text))

    def grid(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Show rows under the columns' names; numbers to the right."""
        grid = Grid(box=None, pad_edge=False, header_style="dim")
        for i, name in enumerate(columns):
            number = all(isinstance(row[i], int | float) or row[i] is None for row in rows)
            grid.add_column(name, justify="right" if number else "left", overflow="fold")
        for row in rows:
            grid.add_row(*(Text(cell(value)) for value in row))
        self.show(grid)

    def check(self, what: str, expected: str, ours: str, holds: bool) -> None:
        """Show and keep one expectation."""
        self.checks.append(Check(what, expected, ours, bool(holds)))
        verdict = Text("holds  ", style="green") if holds else Text("DIFFERS", style="bold red")
        self.show(Text.assemble("  ", verdict, f" {what}: expected {expected}, ours {ours}"))

    def skip(self, what: str, why: str) -> None:
        """Show that a part is left out, and why."""
        self.absent.append(what)
        self.show(Text(f"{what}: left out, {why}", style="yellow"))

    def commands(self, store: Path, commands: Sequence[str]) -> None:
        """Show commands to try, for a shell in which the store is named once."""
        for command in (f"export CATALOGDB_STORE={shlex.quote(shown(store))}", *commands):
            self.line(f"  {command}")

    @property
    def seconds(self) -> float:
        """Time since the demo began [s]."""
        return time.monotonic() - self.started


def shown(path: Path) -> str:
    """Return a path as the user would type it: relative where it is below the current folder."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def cell(value: object) -> str:
    """Return a value as a grid shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)
