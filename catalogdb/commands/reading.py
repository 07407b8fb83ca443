"""Commands that read: sql, cone, info."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from catalogdb import app as application
from catalogdb.commands.frame import Session, usage
from catalogdb.commands.lists import ListFormat, ListFormatOption, aligned, print_list
from catalogdb.result import Result
from catalogdb.store import Store


class RowFormat(StrEnum):
    """The form of the rows of a query."""

    table = "table"
    csv = "csv"
    tsv = "tsv"
    json = "json"
    parquet = "parquet"
    arrow = "arrow"
    votable = "votable"
    fits = "fits"


FormatOption: TypeAlias = Annotated[
    RowFormat | None,
    typer.Option("--format", help="Form of the rows; by default what FILE's suffix says, else table."),
]
OutputOption: TypeAlias = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the rows to FILE instead.")
]
SnapshotOption: TypeAlias = Annotated[
    int | None, typer.Option("--snapshot", metavar="N", help="Read the store as it was at snapshot N.")
]

_WRITING = {"CREATE", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "TRUNCATE", "MERGE"}

SHOWN = 100
"""Rows of a result that the form `table` shows on a terminal; the other forms give all."""


def sql(
    session: Session,
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="One SQL statement; - reads it from standard input.")
    ],
    format_: FormatOption = None,
    output: OutputOption = None,
    snapshot: SnapshotOption = None,
) -> None:
    """Run an SQL statement on the store's tables.

    Such as: catalogdb sql "SELECT count(*) FROM catalogs.gaia_dr3"
    """
    text = sys.stdin.read() if query == "-" else query
    refuse_writing(text)
    with session.open(snapshot=snapshot) as store:
        deliver(store.sql(text), format_, output)


def refuse_writing(text: str) -> None:
    """Raise a usage error for a statement that makes or changes tables: nothing of it would be kept."""
    word = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w+)", text, re.DOTALL)
    if word is not None and word[1].upper() in _WRITING:
        raise usage(
            f"nothing of {word[1].upper()} would be kept: write rows to a file (-o FILE.fits) and "
            "take it in with catalogdb ingest --table FILE.fits --as NAME",
            "QUERY",
        )


def cone(
    session: Session,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="The table to search.")],
    ra: Annotated[float, typer.Argument(metavar="RA", help="Right ascension of the centre [deg, ICRS].")],
    dec: Annotated[float, typer.Argument(metavar="DEC", help="Declination of the centre [deg, ICRS].")],
    radius_deg: Annotated[float, typer.Argument(metavar="RADIUS_DEG", help="Radius [deg].")],
    epoch: Annotated[
        float | None,
        typer.Option("--epoch", metavar="YEAR", help="Find the stars where they are then [Julian yr]."),
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B,...", help="Only these columns.")
    ] = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    snapshot: SnapshotOption = None,
) -> None:
    """Find the rows around a position, nearest first."""
    names = None if columns is None else tuple(name.strip() for name in columns.split(","))
    with session.open(snapshot=snapshot) as store:
        found = application.cone(store, table, ra, dec, radius_deg, epoch_yr=epoch, columns=names)
        deliver(found, format_, output)


def deliver(result: Result, form: RowFormat | None, output: Path | None) -> None:
    """Write a result to a file, or to stdout; binary forms do not go to a terminal."""
    if output is not None:
        from catalogdb.output import format_of  # astropy takes a fifth of the start

        kind = format_of(output, None if form is None else form.value)
        result.write(output, kind)
        typer.echo(f"{output}: {result.rows:,} rows ({kind})", err=True)
    elif form is None or form is RowFormat.table:
        _show(result)
    else:
        if form in {RowFormat.parquet, RowFormat.arrow, RowFormat.fits} and sys.stdout.isatty():
            raise usage(f"{form.value} is binary: name a file with -o FILE", "--format")
        _stream(result, form.value)


def _show(result: Result) -> None:
    rows = result.arrow()
    shown = [tuple(row.values()) for row in rows.slice(0, SHOWN).to_pylist()]
    units = [f"[{column.unit}]" if column.unit else "" for column in result.columns]
    names = [" ".join(filter(None, pair)) for pair in zip(rows.column_names, units, strict=True)]
    for line in aligned(names, shown):
        typer.echo(line)
    if rows.num_rows > SHOWN:
        typer.echo(f"({SHOWN} of {rows.num_rows:,} rows: --format csv, or -o FILE, gives all)", err=True)


def _stream(result: Result, form: str) -> None:
    with tempfile.TemporaryDirectory(prefix="catalogdb-") as folder:
        whole = result.write(Path(folder) / "rows", form)
        with whole.open("rb") as file:
            sys.stdout.flush()
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()


def info(
    session: Session,
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="A table; without it, the whole store.")
    ] = None,
    format_: ListFormatOption = ListFormat.table,
) -> None:
    """List the tables, or the columns of one."""
    with session.open() as store:
        if table is None:
            _list_tables(store, format_)
        else:
            _list_columns(store, table, format_)


def _list_tables(store: Store, how: ListFormat) -> None:
    if how is ListFormat.table:
        typer.echo(f"{store.path}, snapshot {store.snapshot}")
    rows = [
        (
            each.qualified_name,
            store.row_count(each.qualified_name),
            len(each.columns),
            each.title or each.about,
        )
        for each in store.tables()
    ]
    print_list(("table_name", "rows", "columns", "about"), rows, how)


def _list_columns(store: Store, name: str, how: ListFormat) -> None:
    table = store.table(name)
    if how is ListFormat.table:
        typer.echo(f"{table.qualified_name}: {table.about}")
        facts = {
            "rows": f"{store.row_count(table.qualified_name):,}",
            "source": table.source,
            "reference": " ".join(filter(None, (table.reference, table.bibcode))),
            "frame": " ".join(filter(None, (table.frame, table.frame_note))),
            "positions": ", ".join(
                position.name + (" (independent)" if position.independent else "")
                for position in table.positions
            ),
        }
        for fact, value in facts.items():
            if value:
                typer.echo(f"{fact}: {value}")
    rows = [(c.name, c.type, c.unit or "", c.ucd, c.about) for c in table.columns]
    print_list(("column_name", "type", "unit", "ucd", "about"), rows, how)
