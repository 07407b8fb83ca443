"""Commands that bring tables together: match, epochs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from catalogdb import app as application
from catalogdb.commands.frame import Session, usage
from catalogdb.commands.publishing import ReplaceOption, publication_mode
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
    left_position: Annotated[
        str | None,
        typer.Option("--left-position", metavar="NAME", help="Match this one of the left table's positions."),
    ] = None,
    right_position: Annotated[
        str | None,
        typer.Option(
            "--right-position", metavar="NAME", help="Match this one of the right table's positions."
        ),
    ] = None,
    through: Annotated[
        str | None,
        typer.Option(
            "--through", metavar="TABLE", help="Pair rows that a row of this table connects, as listed."
        ),
    ] = None,
    through_radius: Annotated[
        float | None,
        typer.Option(
            "--through-radius",
            metavar="ARCSEC",
            help="With --through: radius from LEFT to it [arcsec]; --radius is from it to RIGHT.",
        ),
    ] = None,
    exclude_self: Annotated[
        bool, typer.Option("--exclude-self", help="Leave out pairs of a row with itself.")
    ] = False,
    name: Annotated[
        str | None, typer.Option("--as", metavar="[SCHEMA.]NAME", help="Name of the link table.")
    ] = None,
    replace: ReplaceOption = False,
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
        "left_position": left_position,
        "right_position": right_position,
    }
    published: dict[str, Any] = {"name": name, "mode": publication_mode(replace, append)}
    radii = _radii(radius, through, through_radius, options)
    with session.open(to_read=False) as store, session.progress() as progress:
        published["progress"] = progress
        if through is None:
            report = application.match(store, left, right, radius_arcsec=radius, **options, **published)
        else:
            report = application.match_through(
                store, left, through, right, radii_arcsec=radii, keep=keep.value, **published
            )
    typer.echo(
        f"{report.table.qualified_name}: {report.rows:,} pairs in {report.seconds:.1f} s;"
        f" {report.left_matched:,} of {report.left_rows:,} left rows matched"
    )
    for side, positions, epochs_ in zip(
        ("left", "right"), report.without_position, report.without_epoch, strict=True
    ):
        if positions:
            typer.echo(f"{positions:,} {side} rows have no position and can not match")
        if epochs_:
            typer.echo(f"{epochs_:,} {side} rows have no epoch, can not be propagated and do not match")


def _radii(
    radius: float, through: str | None, through_radius: float | None, options: dict[str, Any]
) -> tuple[float, float]:
    """Return the radii to and from an intermediary; a usage error where options do not go together."""
    if through is None:
        if through_radius is not None:
            raise usage("goes with --through TABLE", "--through-radius")
        return radius, radius
    if through_radius is None:
        raise usage("needs --through-radius ARCSEC", "--through")
    set_ = [name for name, value in options.items() if name != "keep" and value not in (None, False, "none")]
    if set_:
        raise usage(f"does not go with --{set_[0].replace('_', '-')}: rows are taken as listed", "--through")
    return through_radius, radius


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
        if tolerance is not None or color is not None or coefficients != "0":
            raise usage(
                "--magnitude-tolerance, --color and --coefficients go with --magnitudes LEFT,RIGHT",
                "--magnitudes",
            )
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
            "--epoch",
            metavar="YEAR",
            help="Match with both sides moved to this Julian year; by default the mother's stars are"
            " moved to the epoch of each row.",
        ),
    ] = None,
    default_errors: Annotated[
        list[str] | None,
        typer.Option(
            "--default-error",
            metavar="TABLE=MAS",
            help="Standard error [mas] of the positions of a table that states none (once for each).",
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--as", metavar="[SCHEMA.]NAME", help="Name of the table (in results).")
    ] = "astrom_epoch",
    replace: ReplaceOption = False,
) -> None:
    """Assemble the multi-epoch table of stars.

    It has one row for each star and each catalogue that has a position of it, the mother included.
    """
    with session.open() as store, session.progress() as progress:
        report = application.epochs(
            store,
            mother,
            tables,
            radius_arcsec=radius,
            epoch_yr=epoch,
            name=name,
            mode=publication_mode(replace, False),
            default_errors_mas=dict(_default_error(text) for text in default_errors or ()),
            progress=progress,
        )
    for line in report.lines:
        typer.echo(line)


def _default_error(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise usage(f"{text!r} is not TABLE=MAS", "--default-error") from None
