"""What all commands share that publish a table: its name, and whether it is new, replaced or added to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from catalogdb.commands.frame import usage

Mode = Literal["create", "replace", "append"]

NameOption: TypeAlias = Annotated[
    str | None, typer.Option("--as", metavar="[SCHEMA.]NAME", help="Name of the table in the store.")
]
ReplaceOption: TypeAlias = Annotated[
    bool, typer.Option("--replace", help="Publish a new version of the table.")
]
AppendOption: TypeAlias = Annotated[bool, typer.Option("--append", help="Add the rows to the table.")]
RejectsOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--rejects", metavar="FILE", help="Set bad records aside there; else the first stops."),
]


def publication_mode(replace: bool, append: bool) -> Mode:
    """The mode that the two flags ask for; a usage error for both."""
    if replace and append:
        raise usage("--replace and --append exclude each other", "--replace")
    return "replace" if replace else "append" if append else "create"
