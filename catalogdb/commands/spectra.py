"""The commands spectra (files of spectra into a table) and spectrum (one of them out again)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from catalogdb import app as application
from catalogdb.commands.frame import Session, usage
from catalogdb.commands.publishing import AppendOption, NameOption, ReplaceOption, publication_mode
from catalogdb.commands.reading import OutputOption
from catalogdb.spectra import read_spectrum

SHOWN = 10
"""Files and spectra that are listed by name; the file of rejects has all."""


def spectra(
    session: Session,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            readable=False,
            help="Files, folders of them, or patterns in quotes ('spec*.gz').",
        ),
    ],
    name: NameOption = None,
    replace: ReplaceOption = False,
    append: AppendOption = False,
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects", metavar="FILE", help="Set aside and list there what can not be read; else it stops."
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Read all files anew, also those that are read already.")
    ] = False,
    skip_known: Annotated[
        bool, typer.Option("--skip-known", help="With --append: pass over files that the table has already.")
    ] = False,
    exposures: Annotated[
        bool, typer.Option("--exposures", help="Also read single exposures and visits that a file has.")
    ] = False,
    no_position: Annotated[
        bool, typer.Option("--no-position", help="Keep spectra without a position; they are never matched.")
    ] = False,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="ROLE=NAME",
            help="Tables of pixels: which column is the wavelength, flux, ivar, error or mask.",
        ),
    ] = None,
    medium: Annotated[
        str | None, typer.Option("--medium", help="Tables of pixels: wavelengths are in vacuum or air.")
    ] = None,
    frame: Annotated[
        str | None,
        typer.Option("--frame", help="Tables of pixels: heliocentric, barycentric, rest or observed."),
    ] = None,
    wavelength_unit: Annotated[
        str | None, typer.Option("--wavelength-unit", help="Tables of pixels: Angstrom, nm or um.")
    ] = None,
    survey: Annotated[
        str | None, typer.Option("--survey", help="Tables of pixels: the survey they are of.")
    ] = None,
    resolution: Annotated[
        float | None, typer.Option("--resolution", help="Tables of pixels: wavelength / FWHM.")
    ] = None,
) -> None:
    """Read files of spectra into a table.

    LAMOST, APOGEE, DESI and GALAH files are known by their headers; any other table of pixels (FITS, ECSV,
    CSV) is read by its columns. Each spectrum is a row with flux and ivar as lists, in the table NAME
    (default: spectrum); its wavelengths are in NAME_grid. What can not be read stops the ingest, unless
    --rejects sets it aside. Whatever stops it, the same command goes on with the files that are left.
    """
    mode = publication_mode(replace, append)
    if skip_known and not append:
        raise usage("goes with --append", "--skip-known")
    declared = {
        "medium": medium,
        "frame": frame,
        "wavelength_unit": wavelength_unit,
        "survey": survey,
        "resolution": resolution,
        "columns": _columns(column or []),
    }
    with session.open(create=True) as store, session.progress() as progress:
        report = application.spectra(
            store,
            files,
            name=name,
            mode=mode,
            rejects=rejects,
            restart=restart,
            skip_known=skip_known,
            exposures=exposures,
            no_position=no_position,
            **declared,
            progress=progress,
            show=lambda text: typer.echo(text, err=True),
        )
    _print(report, rejects)


def _columns(pairs: list[str]) -> dict[str, str]:
    roles = ("wavelength", "flux", "ivar", "error", "mask")
    found: dict[str, str] = {}
    for pair in pairs:
        role, equals, name = pair.partition("=")
        if not equals or not name or role not in roles:
            raise usage(f"{pair!r} is not ROLE=NAME, the role one of {', '.join(roles)}", "--column")
        found[role] = name
    return found


def _print(report: Any, rejects: Path | None) -> None:
    table = report.table.qualified_name
    if not report.ingests:
        typer.echo(f"{table} has all {len(report.known)} files already")
    else:
        rate = f", {report.files / report.seconds:,.0f} files/s" if report.seconds > 0 else ""
        typer.echo(
            f"{table}: {report.spectra:,} spectra of {report.files:,} files in {report.seconds:.1f} s{rate};"
            f" {report.grids:,} wavelength grids in {report.table.extra['grid_table']}"
        )
    for reason, number in report.left_out.items():
        typer.echo(f"{number:,} not read: {reason}")
    if report.without_position:
        typer.echo(f"{report.without_position:,} without a position: kept, never matched")
    if report.without_pixels:
        typer.echo(f"{report.without_pixels:,} without one usable pixel (snr_median is NULL): kept")
    if report.strangers:
        listed = ", ".join(path.name for path in report.strangers[:SHOWN])
        more = ", ..." if len(report.strangers) > SHOWN else ""
        where = "" if rejects is None else f" ({rejects} lists them)"
        typer.echo(f"{len(report.strangers):,} files are no spectra: {listed}{more}{where}")
    for each in report.rejected[:SHOWN]:
        typer.echo(
            f"set aside: {each.reason if each.spec_id is None else f'{each.file}: {each.reason}'}", err=True
        )
    if report.rejected:
        typer.echo(f"{len(report.rejected):,} set aside, with reasons in {rejects}")


def spectrum(
    session: Session,
    spec_id: Annotated[str, typer.Argument(metavar="SPEC_ID", help="The identifier of the spectrum.")],
    table: Annotated[
        str, typer.Option("--table", metavar="NAME", help="The table of spectra.")
    ] = "catalogs.spectrum",
    output: OutputOption = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the spectrum to this file.")
    ] = None,
    rest: Annotated[
        bool, typer.Option("--rest", help="With --plot: over the wavelengths relative to the star.")
    ] = False,
) -> None:
    """Tell what is known of one spectrum, write its pixels to a file, or draw it.

    FILE of --output is a table of wavelength, flux, ivar and mask: .ecsv, .csv or .fits.
    """
    if rest and plot is None:
        raise usage("goes with --plot", "--rest")
    if plot is not None:
        application.check_picture(plot)
    kinds = {".ecsv": "ascii.ecsv", ".csv": "ascii.csv", ".fits": "fits"}
    if output is not None and output.suffix not in kinds:
        raise usage(f"{output.suffix or 'no suffix'}: there are {', '.join(kinds)}", "--output")
    with session.open() as store:
        found = read_spectrum(store, spec_id, table)
    if output is not None:
        _write(found.table(), output, kinds[output.suffix])
        typer.echo(f"{output}: {len(found.flux):,} pixels", err=True)
    if plot is not None:
        from catalogdb.spectra_plot import draw_spectrum

        draw_spectrum(found, plot, at_rest=rest)
        typer.echo(f"picture in {plot}", err=True)
    if output is None and plot is None:
        grid = found.grid
        first, last = grid.wavelength_angstrom[[0, -1]]
        facts = dict(found.row) | {
            "wavelengths": f"{first:.3f} to {last:.3f} Angstrom, {grid.medium}, {grid.frame}",
            "usable": f"{int((found.ivar > 0).sum()):,} pixels of {len(found.flux):,}",
        }
        for key, value in facts.items():
            if value is not None:
                typer.echo(f"{key}: {value}")


def _write(table: Any, output: Path, kind: str) -> None:
    """Write an astropy table, whole or not at all."""
    building = output.with_name(f".{output.name}")
    if kind == "fits":
        # Keywords of FITS have 8 letters; longer names would become HIERARCH cards, with a warning each.
        table.meta = {name[:8].upper(): value for name, value in table.meta.items()}
    try:
        table.write(building, format=kind, overwrite=True)
        building.replace(output)
    finally:
        building.unlink(missing_ok=True)
