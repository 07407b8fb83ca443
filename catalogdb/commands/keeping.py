"""Commands that keep a store in order: check, gc, drop, rename, describe, settings."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Annotated

import typer

from catalogdb.commands.frame import Session, usage
from catalogdb.commands.lists import ListFormat, ListFormatOption, print_list
from catalogdb.integrity import check_store
from catalogdb.settings import SETTINGS


def check(session: Session) -> int:
    """Verify every file against its checksum.

    The exit code is 1 where something is damaged.
    """
    with session.progress() as progress:
        report = check_store(session.path, busy_timeout_s=session.settings.busy_timeout_s, progress=progress)
    for damage in report.damaged:
        typer.echo(f"damaged: {damage.file}: {damage.reason}")
    for orphan in report.orphans:
        typer.echo(f"orphan: {orphan} (gc removes it)")
    for each in report.unfinished:
        days = session.settings.retention_days
        typer.echo(
            f"unfinished: {each.table}: {len(each.files):,} pieces, {each.bytes / 1e6:,.1f} MB, the last of "
            f"{_time(each.touched)} (the same ingest goes on with them; gc removes them after {days:g} days)"
        )
    verdict = "all as published" if report.ok else f"{len(report.damaged)} damaged"
    typer.echo(f"{report.parts:,} parts, {report.bytes / 1e6:,.1f} MB: {verdict}")
    return 0 if report.ok else 1


def gc(
    session: Session,
    retention: Annotated[
        float | None,
        typer.Option("--retention", metavar="DAYS", min=0, help="Keep superseded files this long [days]."),
    ] = None,
) -> None:
    """Remove files that no snapshot needs.

    Those of superseded snapshots go when they are older than the retention and no reader uses them.
    """
    with session.open() as store:
        report = store.gc(retention_days=retention)
    typer.echo(
        f"removed {len(report.files):,} files, {report.bytes / 1e6:,.1f} MB ({report.orphans:,} leftovers)"
    )


def drop(
    session: Session, table: Annotated[str, typer.Argument(metavar="TABLE", help="The table to drop.")]
) -> None:
    """Drop a table; gc removes its files later."""
    with session.open() as store:
        name = store.table(table).qualified_name
        store.drop(name)
        typer.echo(f"dropped {name} (earlier snapshots keep it until gc)")


def rename(
    session: Session,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="The table.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name, [schema.]name.")],
) -> None:
    """Rename a table."""
    with session.open() as store:
        name = store.table(table).qualified_name
        store.rename(name, new)
        renamed = new if "." in new else f"{name.partition('.')[0]}.{new}"
        typer.echo(f"renamed {name} to {renamed}")


def describe(
    session: Session,
    table: Annotated[str, typer.Argument(metavar="TABLE", help="The table.")],
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Its title.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="TEXT", help="A sentence that describes it.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", metavar="TEXT", help="The paper it comes from.")
    ] = None,
    bibcode: Annotated[
        str | None, typer.Option("--bibcode", metavar="TEXT", help="The paper's bibcode.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="Where its files come from.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME=TEXT", help="What a column is; as often as wanted."),
    ] = None,
    ucd: Annotated[
        list[str] | None, typer.Option("--ucd", metavar="NAME=UCD", help="The UCD of a column; likewise.")
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="NAME=UNIT", help="The same unit of a column, spelled otherwise."),
    ] = None,
    spec: Annotated[
        str | None,
        typer.Option("--spec", metavar="CATALOGUE|FILE", help="Take all from its spec, as edited since."),
    ] = None,
) -> None:
    """Edit what is said of a table and its columns, without reading its files again.

    The rows stay as they are: what would change them needs `ingest --replace`. Earlier snapshots keep
    what they said, and provenance.edits has what was changed.
    """
    given = {"title": title, "about": about, "reference": reference, "bibcode": bibcode, "source": source}
    texts = {name: text for name, text in given.items() if text is not None}
    columns: dict[str, dict[str, str]] = {}
    for item, pairs in (("about", column), ("ucd", ucd), ("unit", unit)):
        for pair in pairs or ():
            name, equals, text = pair.partition("=")
            if not equals:
                raise usage(
                    f"{pair!r} is not NAME={item.upper()}", f"--{'column' if item == 'about' else item}"
                )
            columns.setdefault(name, {})[item] = text
    if not (texts or columns or spec):
        raise usage("say what is to be changed, such as --title TEXT", "describe")
    with session.open() as store:
        report = store.describe(table, spec=spec, columns=columns, **texts)
    for edit in report.edits:
        typer.echo(str(edit))
    what = f"{len(report.edits)} changes" if report.edits else "nothing to change"
    typer.echo(f"{report.table.qualified_name}: {what}, snapshot {report.snapshot}")


def settings(session: Session, format_: ListFormatOption = ListFormat.table) -> None:
    """List every setting, its value and meaning."""
    values = asdict(session.settings)
    rows = [(s.name, values[s.name], s.default, s.about) for s in SETTINGS]
    print_list(("name", "value", "default", "about"), rows, format_)


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
