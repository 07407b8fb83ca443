"""The commands identifiers and star."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from catalogdb import app as application
from catalogdb.commands.frame import Session
from catalogdb.commands.lists import ListFormat, ListFormatOption, aligned


def identifiers(
    session: Session,
    tables: Annotated[
        list[str] | None,
        typer.Argument(metavar="TABLE...", help="Tables to join; all that declare identifiers by default."),
    ] = None,
    radius: Annotated[
        float,
        typer.Option(
            "--radius", metavar="ARCSEC", help="Look so far around a star in tables that do not name it."
        ),
    ] = 2.0,
) -> None:
    """Join the identifiers of all tables: which rows are one star, and which stars one system.

    The table matches.identifiers is published anew. `catalogdb star` does it by itself where it is old.
    """
    with session.open() as store, session.progress() as progress:
        report = application.identifiers(store, tables or (), radius_arcsec=radius, progress=progress)
    typer.echo(
        f"{report.table.qualified_name}: {report.rows:,} identifiers of {report.table_rows:,} rows in"
        f" {report.seconds:.1f} s; {report.stars:,} stars in {report.systems:,} systems"
        f" ({report.by_position:,} rows found by position)"
    )


def star(
    session: Session,
    name: Annotated[
        list[str], typer.Argument(metavar="NAME", help='Such as "HIP 71683", "alpha Cen", "WDS 14396-6050".')
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Show every column of the rows, not the principal ones alone.")
    ] = False,
    format_: ListFormatOption = ListFormat.table,
) -> None:
    """Show everything the store knows of one star or system, from every table."""
    if format_ is ListFormat.csv:
        raise typer.BadParameter(
            "rows of several tables do not fit in one CSV: table or json", param_hint="--format"
        )
    with session.open() as store, session.progress() as progress:
        found = application.star(store, " ".join(name), progress=progress)
        if format_ is ListFormat.json:
            typer.echo(json.dumps(_object(store, found), indent=1, default=str, ensure_ascii=False))
        else:
            for line in _lines(store, found, everything):
                typer.echo(line)


def _object(store: Any, found: Any) -> dict[str, Any]:
    """The star as JSON: its identifiers, and every column of its rows by table."""
    return {
        "name": found.name,
        "left_aside": found.left_aside,
        "identifiers": [
            {"object_id": number, "namespace": namespace, "identifier": identifier}
            for number, namespace, identifier in found.identifiers
        ],
        "rows": [
            {
                "table": row.table_name,
                "row_id": row.row_id,
                "object_id": row.object_id,
                "relation": row.relation,
                "separation": row.separation_arcsec,
            }
            for row in found.rows
        ],
        "tables": {
            table: application.star_rows(store, found, table).arrow().to_pylist() for table in found.tables
        },
    }


def _lines(store: Any, found: Any, everything: bool) -> Iterator[str]:
    """The star as text: its names, then its rows by table; stars are counted from 1."""
    count = {number: i for i, number in enumerate(found.objects, 1)}
    stars = f"{len(count)} star{'' if len(count) == 1 else 's'}"
    aside = f" (nothing is called so: shown without the component {found.left_aside})" * bool(
        found.left_aside
    )
    yield f"{found.name}{aside}: {stars}, {len(found.rows)} rows in {len(found.tables)} tables"
    for number in (None, *found.objects):
        names = [f"{space} {name}" for each, space, name in found.identifiers if each == number]
        if names:
            yield f"  {'system' if number is None else f'star {count[number]}'}: {', '.join(names)}"
    for table in found.tables:
        described = store.table(table)
        yield ""
        yield f"{table}: {described.title or described.about}"
        columns = [c.name for c in described.columns if everything or c.principal or c.name == "source_id"]
        how = {row.row_id: row for row in found.rows if row.table_name == table}
        shown = []
        for row in application.star_rows(store, found, table, columns).arrow().to_pylist():
            link = how[str(row["source_id"])]
            distance = "" if link.separation_arcsec is None else f' {link.separation_arcsec:.2f}"'
            shown.append((count.get(link.object_id, "system"), f"{link.relation}{distance}", *row.values()))
        yield from aligned(("star", "by", *columns), sorted(shown, key=lambda each: list(map(str, each))))
