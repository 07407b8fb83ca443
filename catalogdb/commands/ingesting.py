"""The command ingest: files of a catalogue, of the CDS by its ReadMe, or a user's own table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from catalogdb import app as application
from catalogdb.commands.frame import Session, usage
from catalogdb.commands.publishing import (
    AppendOption,
    NameOption,
    RejectsOption,
    ReplaceOption,
    publication_mode,
)


def ingest(
    session: Session,
    catalogue: Annotated[
        str | None,
        typer.Argument(
            metavar="CATALOGUE", help="A name that `catalogdb catalogues` lists, or a spec's .toml file."
        ),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            readable=False,
            help="Its files in any of its forms, folders of them, or patterns in quotes ('psc_*.gz').",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            metavar="FILE",
            readable=False,
            help="Your own table: Parquet, CSV, ECSV, FITS, VOTable...",
        ),
    ] = None,
    cds: Annotated[
        Path | None,
        typer.Option(
            "--cds",
            metavar="README",
            readable=False,
            help="Any table of the CDS or AAS, by its ReadMe; no FILE where the data stand below it.",
        ),
    ] = None,
    spec_out: Annotated[
        Path | None,
        typer.Option(
            "--spec-out", metavar="FILE.toml", help="With --cds: save the spec that the ReadMe gives."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --cds: show the spec, and read no table.")
    ] = False,
    name: NameOption = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--form",
            help="Form of the files, where their header does not tell; with --cds the described table.",
        ),
    ] = None,
    id_: Annotated[
        str | None, typer.Option("--id", metavar="COLUMN", help="With --table or --cds: the identifier.")
    ] = None,
    ra: Annotated[
        str | None, typer.Option("--ra", metavar="COLUMN", help="With --table or --cds: the right ascension.")
    ] = None,
    dec: Annotated[
        str | None, typer.Option("--dec", metavar="COLUMN", help="With --table or --cds: the declination.")
    ] = None,
    epoch: Annotated[
        str | None,
        typer.Option("--epoch", metavar="COLUMN|YEAR", help="With --table or --cds: their epoch."),
    ] = None,
    replace: ReplaceOption = False,
    append: AppendOption = False,
    rejects: RejectsOption = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Read all files anew, also those that are read already.")
    ] = False,
    skip_known: Annotated[
        bool, typer.Option("--skip-known", help="With --append: pass over files that the table has already.")
    ] = False,
) -> None:
    """Read catalogue files into a table.

    Every row is checked and brought to ICRS; the table is ordered by HEALPix cell. A bad record stops
    the ingest, with its file, line, column and text, unless --rejects sets bad records aside. Whatever
    stops an ingest of many files, the same command goes on with those that are not read yet.
    """
    mode = publication_mode(replace, append)
    roles = {"id": id_, "ra": ra, "dec": dec, "epoch": epoch}
    if skip_known and not append:
        raise usage("goes with --append", "--skip-known")
    if cds is not None:
        given = [*([] if catalogue is None else [Path(catalogue)]), *(files or ())]
        if table is not None:
            raise usage("excludes --table", "--cds")
        many = {"restart": restart, "skip_known": skip_known}
        described = {"name": name, "form": form, "spec_out": spec_out}
        _ingest_cds(session, cds, given, described | roles, dry_run, mode=mode, rejects=rejects, **many)
        return
    if spec_out is not None or dry_run:
        raise usage("goes with --cds", "--dry-run" if dry_run else "--spec-out")
    if table is not None:
        _ingest_table(session, catalogue, table, name, mode=mode, rejects=rejects, **roles)
        return
    if catalogue is None or not files:
        raise usage(
            "name a catalogue and its files, or --cds README FILE --as NAME, or --table FILE --as NAME",
            "CATALOGUE FILE...",
        )
    for role, value in roles.items():
        if value is not None:
            raise usage("goes with --table or --cds: a catalogue's spec says this", f"--{role}")
    with session.open(create=True) as store, session.progress() as progress:
        report = application.ingest(
            store,
            catalogue,
            files,
            form=form,
            name=name,
            mode=mode,
            rejects=rejects,
            restart=restart,
            skip_known=skip_known,
            progress=progress,
            show=lambda text: typer.echo(text, err=True),
        )
    _print_report(report, rejects)


def _ingest_table(
    session: Session, catalogue: str | None, file: Path, name: str | None, **options: Any
) -> None:
    if catalogue is not None:
        raise usage("takes one file and no catalogue", "--table")
    if name is None:
        raise usage("needs --as NAME", "--table")
    with session.open(create=True) as store, session.progress() as progress:
        report = application.ingest_table(store, file, name, progress=progress, show=typer.echo, **options)
    _print_report(report, options["rejects"])


def _ingest_cds(
    session: Session,
    readme: Path,
    files: list[Path],
    described: dict[str, Any],
    dry_run: bool,
    **options: Any,
) -> None:
    if (described["ra"] is None) != (described["dec"] is None):
        raise usage("--ra and --dec go together", "--ra")
    if dry_run:
        typer.echo(application.cds_spec(readme, files, **described), nl=False)
        return
    if described["name"] is None:
        raise usage("needs --as NAME", "--cds")
    with session.open(create=True) as store, session.progress() as progress:
        report = application.ingest_cds(
            store,
            readme,
            files,
            **described,
            **options,
            progress=progress,
            show=lambda text: typer.echo(text, err=True),
            show_spec=typer.echo,
        )
    _print_report(report, options["rejects"])


def _print_report(report: Any, rejects: Path | None) -> None:
    if not report.ingests:
        typer.echo(f"{report.table.qualified_name} has all {len(report.known)} files already")
        return
    rate = f", {report.rows_per_second:,.0f} rows/s" if report.seconds > 0 else ""
    typer.echo(
        f"{report.table.qualified_name}: {report.rows_kept:,} rows of {report.rows_read:,} read"
        f" in {report.seconds:.1f} s{rate}"
    )
    if report.rows_rejected:
        typer.echo(f"{report.rows_rejected:,} rejected, with reasons in {rejects}")
    if report.without_position:
        typer.echo(f"{report.without_position:,} without a position: kept, never matched")
    if report.without_epoch:
        typer.echo(f"{report.without_epoch:,} without an epoch: kept, left out of propagated matches")
