"""The command fetch: rows of remote services."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from catalogdb import app as application
from catalogdb.commands.frame import Session, usage
from catalogdb.commands.lists import aligned
from catalogdb.commands.publishing import (
    AppendOption,
    NameOption,
    RejectsOption,
    ReplaceOption,
    publication_mode,
)


def fetch(
    session: Session,
    catalogue: Annotated[
        str | None,
        typer.Argument(
            metavar="CATALOGUE",
            help="A catalogue whose spec says where it can be asked for; else name a service and a table.",
        ),
    ] = None,
    cone: Annotated[
        str | None, typer.Option("--cone", metavar="RA,DEC,RADIUS", help="The rows within a circle [deg].")
    ] = None,
    ids: Annotated[
        str | None,
        typer.Option(
            "--ids", metavar="FILE|ID,ID", help="The rows with these identifiers, one to a line of a file."
        ),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="All rows of the table.")] = False,
    query: Annotated[
        str | None, typer.Option("--query", metavar="ADQL", help="What an ADQL query gives, as it is.")
    ] = None,
    xmatch: Annotated[
        str | None,
        typer.Option("--xmatch", metavar="TABLE", help="The rows near those of this table of the store."),
    ] = None,
    radius: Annotated[
        float | None, typer.Option("--radius", metavar="ARCSEC", help="With --xmatch: how near [arcsec].")
    ] = None,
    service: Annotated[
        str | None,
        typer.Option("--from", metavar="SERVICE", help="A service by name; --services lists them."),
    ] = None,
    tap: Annotated[
        str | None, typer.Option("--tap", metavar="URL", help="A TAP service, or a mirror of the spec's.")
    ] = None,
    scs: Annotated[str | None, typer.Option("--scs", metavar="URL", help="A cone search service.")] = None,
    table: Annotated[
        str | None,
        typer.Option("--table", metavar="NAME", help="The service's table: all of it without --cone."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="ADQL", help="Only rows for which this condition of ADQL is true."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="A,B,...", help="Only these of the service's columns; * for all."),
    ] = None,
    name: NameOption = None,
    id_: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="The service's column that identifies a row.")
    ] = None,
    ra: Annotated[
        str | None, typer.Option("--ra", metavar="COLUMN", help="The service's right ascension [deg].")
    ] = None,
    dec: Annotated[
        str | None, typer.Option("--dec", metavar="COLUMN", help="The service's declination [deg].")
    ] = None,
    epoch: Annotated[
        str | None,
        typer.Option(
            "--epoch",
            metavar="YEAR|COLUMN",
            help="Epoch of positions that no spec describes; with --xmatch that to which yours are moved.",
        ),
    ] = None,
    replace: ReplaceOption = False,
    append: AppendOption = False,
    rejects: RejectsOption = None,
    allow_truncated: Annotated[
        bool, typer.Option("--allow-truncated", help="Take an answer that the service cuts off.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare the rows of each chunk with the service's own count.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what an earlier attempt has fetched.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would be asked for, and ask for no row.")
    ] = False,
    services: Annotated[bool, typer.Option("--services", help="List the services that have a name.")] = False,
) -> None:
    """Fetch rows of a catalogue, or of any table, from a remote service.

    A large request is divided by HEALPix cell until the service gives every row. What has come is kept
    while the rest is fetched: interrupted, the same command goes on from there. The rows are checked as
    those of files are, and published at once.
    """
    if services:
        _list_services(session)
        return
    options = _request(cone, ids, whole, query, xmatch, radius, table)
    options |= {"service": service, "tap": tap, "scs": scs, "table": table, "where": where}
    options |= {"id": id_, "ra": ra, "dec": dec, "columns": columns.split(",") if columns else ()}
    if sum(each is not None for each in (service, tap, scs)) > 1:
        raise usage("name one service: --from, --tap or --scs", "--from")
    if catalogue is None and name is None and not dry_run:
        raise usage("what is fetched without a CATALOGUE needs a name", "--as")
    if catalogue is not None and table is not None:
        raise usage("the CATALOGUE's spec names the table", "--table")
    options["epoch_yr" if xmatch else "epoch"] = _year(epoch) if xmatch else epoch
    if dry_run:
        options.pop("epoch", None)
        with session.open(create=True) as store:
            typer.echo("\n".join(application.planned_fetch(store, catalogue, **options)))
        return
    mode = publication_mode(replace, append)
    with session.open(create=True) as store, session.progress() as progress:
        try:
            report = application.fetch(
                store,
                catalogue,
                name=name,
                mode=mode,
                rejects=rejects,
                truncated=allow_truncated,
                verify=verify,
                fresh=fresh,
                progress=progress,
                show=lambda text: typer.echo(text, err=True),
                **options,
            )
        except KeyboardInterrupt:
            typer.echo(
                "catalogdb: the chunks that have come are kept: the same command goes on from there", err=True
            )
            raise
    _print_report(report, rejects)


def _request(
    cone: str | None,
    ids: str | None,
    whole: bool,
    query: str | None,
    xmatch: str | None,
    radius: float | None,
    table: str | None,
) -> dict[str, Any]:
    """What is asked for: one thing; a table alone means all of it."""
    asked = {"--cone": cone, "--ids": ids, "--whole": whole or None, "--query": query, "--xmatch": xmatch}
    given = [flag for flag, value in asked.items() if value is not None]
    if len(given) > 1:
        raise usage(f"{' and '.join(given)} exclude each other", given[1])
    if not given and table is None:
        raise usage("ask for something: --cone, --ids, --whole, --query or --xmatch", "--cone")
    if (xmatch is None) != (radius is None):
        raise usage("--xmatch TABLE and --radius ARCSEC go together", "--radius")
    found: dict[str, Any] = {"query": query, "near": xmatch, "radius_arcsec": radius}
    found["whole"] = whole or not given
    if cone is not None:
        found["cone"] = _numbers(cone)
    if ids is not None:
        found["ids"] = application.listed_ids(ids)
    return found


def _numbers(cone: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(each) for each in cone.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != 3:
        raise usage(f"{cone!r} is not RA,DEC,RADIUS: three numbers of degrees", "--cone")
    return numbers


def _year(epoch: str | None) -> float | None:
    try:
        return None if epoch is None else float(epoch)
    except ValueError:
        raise usage(f"{epoch!r} is no Julian year", "--epoch") from None


def _list_services(session: Session) -> None:
    rows = [
        (each.name, each.protocol, each.shown, each.about)
        for each in application.remote_services(session.settings).values()
    ]
    for line in aligned(("name", "protocol", "address", "about"), rows):
        typer.echo(line)


def _print_report(report: Any, rejects: Path | None) -> None:
    done = report.ingest
    typer.echo(
        f"{done.table.qualified_name}: {done.rows_kept:,} rows of {done.rows_read:,} from "
        f"{report.chunks:,} chunk{'s' if report.chunks != 1 else ''}, {report.bytes / 1e6:,.1f} MB"
    )
    if done.rows_read == 0:
        typer.echo("the service has no row there")
    if done.rows_rejected:
        typer.echo(f"{done.rows_rejected:,} rejected, with reasons in {rejects}")
    if report.truncated:
        typer.echo("TRUNCATED: the service cut an answer off, the table is incomplete")
    if report.missing:
        shown = ", ".join(report.missing[:5]) + (", ..." if len(report.missing) > 5 else "")
        many = "identifiers were" if len(report.missing) > 1 else "identifier was"
        typer.echo(f"{len(report.missing):,} {many} not found: {shown}")
