"""Commands that bring tables together: match, epochs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from catalogdb import app as application
from catalogdb.commands.frame import Session, usage
from catalogdb.commands.ingesting import publication_mode
from catalogdb.match_options import MagnitudeTest


class Keep(StrEnum):
    """Which pairs of a match are kept."""

    all = "all"
    nearest = "nearest"
    mutual = "mutual"


def match(
    session: Session,
    left: Annotated[str, typer.Argument(metavar="LEFT", help="The left table.")],
    right: Annotated[str, typer.Argument(metavar="RIGHT", help="The right table.")],
    radius: Annotated[float, typer.Option("--radius", metavar="ARCSEC", help="Search radius [arcsec].")],
    epoch: Annotated[
        str,
        typer.Option(
            "--epoch",
            metavar="none|left|right|YEAR",
            help="Compare positions as listed, at the epoch of one side, or at a Julian year.",
        ),
    ] = "none",
    keep: Annotated[
        Keep, typer.Option("--keep", help="All pairs, each left row's nearest, or nearest both ways.")
    ] = Keep.all,
    ellipse: Annotated[
        bool, typer.Option("--ellipse", help="Add the distance in units of both errors, and its chi2.")
    ] = False,
    max_distance: Annotated[
        float | None,
        typer.Option("--max-distance", metavar="SIGMA", help="Keep pairs within this normalised distance."),
    ] = None,
    magnitudes: Annotated[
        str | None,
        typer.Option("--magnitudes", metavar="LEFT,RIGHT", help="Compare these magnitude columns too."),
    ] = None,
    magnitude_tolerance: Annotated[
        float | None,
        typer.Option("--magnitude-tolerance", metavar="MAG", help="Largest difference of magnitudes [mag]."),
    ] = None,
    color: Annotated[
        str | None,
        typer.Option("--color", metavar="A,B", help="Colour A - B of the left table for the transformation."),
    ] = None,
    coefficients: Annotated[
        str,
        typer.Option(
            "--coefficients", metavar="C0,C1,...", help="right = left + C0 + C1 colour + ... [mag], to C3."
        ),
    ] = "0",
    through: Annotated[
        str | None, typer.Option("--through", metavar="TABLE", help="Connect both by way of this table.")
    ] = None,
    exclude_self: Annotated[
        bool, typer.Option("--exclude-self", help="Leave out pairs of a row with itself.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--as", metavar="[SCHEMA.]NAME", help="Name of the link table.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Publish a new version of the table.")] = False,
    append: Annotated[bool, typer.Option("--append", help="Add the pairs to the table.")] = False,
) -> None:
    """Cross-match two tables into a table of links."""
    options: dict[str, Any] = {
        "keep": keep.value,
        "epoch": _epoch(epoch),
        "ellipse": ellipse,
        "max_distance": max_distance,
        "magnitude": _magnitude_test(magnitudes, magnitude_tolerance, color, coefficients),
        "exclude_self": exclude_self,
        "through": through,
        "name": name,
        "mode": publication_mode(replace, append),
    }
    with session.open() as store, session.progress() as progress:
        report = application.match(store, left, right, radius_arcsec=radius, progress=progress, **options)
    typer.echo(
        f"{report.table.qualified_name}: {report.rows:,} pairs in {report.seconds:.1f} s;"
        f" {report.left_matched:,} of {report.left_rows:,} left rows matched"
    )
    if report.without_position:
        typer.echo(f"{report.without_position:,} rows without a position were not matched")
    if report.without_epoch:
        typer.echo(f"{report.without_epoch:,} rows without an epoch were not propagated and not matched")


def _epoch(text: str) -> str | float:
    if text in {"none", "left", "right"}:
        return text
    try:
        return float(text)
    except ValueError:
        raise usage(f"{text!r} is none of none, left, right or a Julian year", "--epoch") from None


def _magnitude_test(
    magnitudes: str | None, tolerance: float | None, color: str | None, coefficients: str
) -> MagnitudeTest | None:
    if magnitudes is None:
        if tolerance is not None or color is not None:
            raise usage("--magnitude-tolerance and --color go with --magnitudes LEFT,RIGHT", "--magnitudes")
        return None
    left, right = _pair(magnitudes, "--magnitudes")
    return MagnitudeTest(
        left=left,
        right=right,
        color=None if color is None else _pair(color, "--color"),
        coefficients=_numbers(coefficients),
        tolerance_mag=tolerance,
    )


def _pair(text: str, hint: str) -> tuple[str, str]:
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names):
        raise usage(f"{text!r} is not two columns with a comma between", hint)
    return names[0], names[1]


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise usage(f"{text!r} is not numbers with commas between", "--coefficients") from None


def epochs(
    session: Session,
    mother: Annotated[
        str, typer.Argument(metavar="MOTHER", help="The table whose stars are followed, such as gaia_dr3.")
    ],
    tables: Annotated[
        list[str], typer.Argument(metavar="TABLE...", help="The tables with their other positions.")
    ],
    radius: Annotated[float, typer.Option("--radius", metavar="ARCSEC", help="Search radius [arcsec].")],
    epoch: Annotated[
        float | None,
        typer.Option(
            "--epoch", metavar="YEAR", help="Match at this Julian year, not at each row's own epoch."
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--as", metavar="[SCHEMA.]NAME", help="Name of the table.")
    ] = "astrom_epoch",
) -> None:
    """Assemble the multi-epoch table of stars.

    It has one row for each star and each position of it that is independent of the others.
    """
    with session.open() as store, session.progress() as progress:
        report = application.epochs(
            store, mother, tables, radius_arcsec=radius, epoch_yr=epoch, name=name, progress=progress
        )
    for line in report.lines:
        typer.echo(line)
