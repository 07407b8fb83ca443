"""The command `catalogdb`: every command by name, and those that come from ingest and analysis."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalogdb import app as application
from catalogdb.commands import (
    asking,
    fetching,
    ingesting,
    keeping,
    matching,
    reading,
    serving,
    spectra,
    stars,
    tokens,
)
from catalogdb.commands.describing import print_described, print_fitted
from catalogdb.commands.frame import Session, add, reported, usage
from catalogdb.commands.lists import ListFormat, ListFormatOption, print_json, print_list
from catalogdb.registry import code_version

if TYPE_CHECKING:
    from analysis import Analysis, Option

app = typer.Typer(
    name="catalogdb",
    help="Star catalogues in a HEALPix-indexed DuckDB store: ingest, cross-match, analyse, query.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; the process ends with 0 (done), 1 (data or query at fault) or 2 (usage)."""
    app(prog_name="catalogdb")


def demo(
    session: Session,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Use the real catalogue files in this folder."),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--folder", metavar="DIR", help="Where the simulated files and the picture go.")
    ] = Path("demo"),
    stars: Annotated[int, typer.Option("--stars", min=500, help="Stars of the simulated sky.")] = 5000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the simulated sky.")] = 2016,
) -> int:
    """Run the main job from end to end.

    Catalogue files are ingested, matched and brought together in a multi-epoch table, and each star's
    motion is tested for acceleration: on a simulated sky whose truth is known, or on real files. The
    store must be empty or an earlier demo's.
    """
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 120)
    report = application.demo(
        session.path,
        data,
        folder=folder,
        n_stars=stars,
        seed=seed,
        settings=session.settings,
        show=console.print,
    )
    return 1 if report.failed else 0


def catalogues(
    session: Session,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of them, or the .toml file of a spec.")
    ] = None,
    format_: ListFormatOption = ListFormat.table,
) -> None:
    """List the catalogues that ingest knows, or tell everything of one.

    The list says how many rows a complete catalogue has, of which epoch and frame its positions are, and
    whether its spec was checked on real rows, on real rows of some forms, or on simulated ones alone.
    CSV has the list, JSON has everything.
    """
    from ingest import about, load_spec
    from ingest import catalogues as specs

    chosen = specs() if name is None else (load_spec(name),)
    if format_ is ListFormat.json:
        told = [about.described(spec) for spec in chosen]
        print_json(told if name is None else told[0])
    elif format_ is ListFormat.csv:
        print_list(about.LIST, [about.line(spec) for spec in chosen], format_)
    elif name is None:
        print_fitted(about.LIST, [about.line(spec) for spec in chosen], about.SHOWN, cut=("title", "forms"))
    else:
        print_described(*about.told(chosen[0]))


def analyses(session: Session, format_: ListFormatOption = ListFormat.table) -> None:
    """List the analyses that analyze runs."""
    from analysis import ANALYSES

    rows = [
        (each.name, each.about, " ".join(table.qualified_name for table in each.results)) for each in ANALYSES
    ]
    print_list(("name", "about", "results"), rows, format_)


def analyze(context: typer.Context) -> None:
    """Run an analysis; NAME --help lists its options."""
    # The options differ from one analysis to the next and importing them all takes seconds: the command
    # line below this one is made when it is asked for, with the options of the one that is named.
    from analysis import find

    arguments = context.args or ["--help"]
    with reported():
        named = None if arguments[0].startswith("-") else find(arguments[0])
        analyze_app(named)(args=arguments, prog_name="catalogdb analyze")


def analyze_app(named: Analysis | None) -> typer.Typer:
    """The command line below `catalogdb analyze`: what there is, and the options of the one `named`."""
    from analysis import ANALYSES

    below = typer.Typer(
        help="Run an analysis on the store's tables; its result is a table too.",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    below.callback()(lambda: None)
    for each in ANALYSES:
        below.command(each.name, help=each.about)(lambda: None)
    if named is not None:  # in the place of the one without options
        add(below, _analysis_command(named), named.name)
    return below


def _analysis_command(analysis: Analysis) -> Callable[..., None]:
    """The function behind `catalogdb analyze NAME`, its signature made from the analysis's OPTIONS."""

    def command(session: Session, plot: Path | None, star: str | None, **given: Any) -> None:
        if plot is not None:
            application.check_picture(plot)
        elif star is not None:
            raise usage("a star is drawn to a file: give --plot FILE too", "--star")
        with session.open(create=not analysis.reads_tables) as store:
            if star is not None:
                analysis.check_star(store, given, star)
            report = application.analyze(store, analysis.name, **given)
            for line in report.lines:
                typer.echo(line)
            if report.tables:
                typer.echo(f"{report.rows:,} rows in {', '.join(report.tables)}, run {report.run_id}")
            if plot is not None:
                analysis.plot(store, plot, run_id=report.run_id, source_id=star)
                typer.echo(f"picture in {plot}")

    session, *_ = inspect.signature(command).parameters.values()
    own = [_parameter(option) for option in analysis.options]
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [session, *own, *inspect.signature(_plotting, eval_str=True).parameters.values()]
    )
    command.__doc__ = analysis.about
    return command


def _plotting(
    *,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the result to this file.")
    ] = None,
    star: Annotated[
        str | None, typer.Option("--star", metavar="ID", help="With --plot: draw this star alone.")
    ] = None,
) -> None:
    """Declare the options that every analysis has."""


def _parameter(option: Option) -> inspect.Parameter:
    """One option of an analysis as a parameter that Typer reads."""
    if option.many:
        argument = typer.Argument(metavar="FILE...", help=option.about)
        if not option.required:
            return inspect.Parameter(
                option.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[list[str] | None, argument],
            )
        return inspect.Parameter(
            option.name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[list[str], argument]
        )
    about = option.about + (f" ({', '.join(option.choices)})" if option.choices else "")
    default = option.default if option.default is not None or not option.required else inspect.Parameter.empty
    kind = option.type if option.default is not None or option.required else option.type | None
    name = option.name.replace("_", "-")
    flags = [f"--{name}/--no-{name}"] if option.type is bool else [f"--{name}"]
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind, typer.Option(*flags, help=about)],
    )


COMMANDS: tuple[Callable[..., int | None], ...] = (
    demo,
    ingesting.ingest,
    fetching.fetch,
    spectra.spectra,
    spectra.spectrum,
    catalogues,
    matching.match,
    matching.epochs,
    reading.cone,
    stars.star,
    stars.identifiers,
    reading.sql,
    asking.adql,
    serving.serve,
    serving.record,
    tokens.token,
    analyses,
    reading.info,
    keeping.check,
    keeping.gc,
    keeping.drop,
    keeping.rename,
    keeping.describe,
    keeping.settings,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"catalogdb {code_version()}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
    store: Annotated[
        Path | None, typer.Option("--store", metavar="DIR", help="The store, as after the command.")
    ] = None,
) -> None:
    if store is not None:
        # The command's own --store takes its default from there.
        os.environ["CATALOGDB_STORE"] = str(store)


for _command in COMMANDS:
    add(app, _command, negative_numbers=_command is reading.cone)
app.command(
    add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)(analyze)
