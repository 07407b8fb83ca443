"""The pages of docs/ that follow from the code: `python docs/render.py` writes them, a test compares.

Commands, settings, errors, catalogues and tables are declared once, in the code; here they become text.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from typer.models import ArgumentInfo, OptionInfo

from analysis import ANALYSES, Option
from analysis.epochs_table import RESULT as ASTROM_EPOCH
from analysis.simulate import TRUTH
from catalogdb import errors
from catalogdb.cli import COMMANDS
from catalogdb.commands import frame
from catalogdb.demo import CHECKS
from catalogdb.identifiers import COLUMNS as IDENTIFIERS
from catalogdb.links import ELLIPSE, MAGNITUDE, MEASURES
from catalogdb.schema import Column, Table
from catalogdb.settings import SETTINGS
from catalogdb.system_tables import SYSTEM_TABLES
from ingest import Spec, about, catalogues, spec_table
from ingest.spec import GROUPS

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/render.py from the code: change that instead. -->"


def main() -> None:
    """Write every page, and remove those of catalogues that are no more."""
    for name, page in PAGES.items():
        (DOCS / name).parent.mkdir(exist_ok=True)
        (DOCS / name).write_text(page())
    for file in (DOCS / "catalogues").iterdir():
        if f"catalogues/{file.name}" not in PAGES:
            file.unlink()


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", NOTE, *(part.strip("\n") for part in parts))) + "\n"


def _grid(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


# --- commands --------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its arguments and options."""
    common = list(inspect.signature(frame._session, eval_str=True).parameters.values())
    parts = [
        "`catalogdb COMMAND --help` says the same. Every command has these options, which may follow it or, "
        "for `--store`, come before it:",
        _options(common),
        "Exit codes: 0 done; 1 the data, the query or the store is at fault, and the message says what, "
        "where, and what to do; 2 the command line is; 130 after Ctrl-C. Results go to stdout, everything "
        "else to stderr.",
    ]
    for command in COMMANDS:
        parameters = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        parts += _command(command.__name__, inspect.getdoc(command) or "", parameters)
    for each in ANALYSES:
        parts += [f"## `catalogdb analyze {each.name}`", each.about + ".", _analysis_options(each.options)]
    return _page("Commands", *parts)


def _command(name: str, about: str, parameters: Sequence[inspect.Parameter]) -> Iterator[str]:
    arguments = [p for p in parameters if isinstance(_declared(p), ArgumentInfo)]
    usage = " ".join(f"{_declared(p).metavar}" for p in arguments)
    yield f"## `catalogdb {name}{' ' if usage else ''}{usage}`"
    yield about
    if arguments:
        rows = [[f"`{_declared(p).metavar}`", _declared(p).help or ""] for p in arguments]
        yield _grid(("argument", "meaning"), rows)
    options = [p for p in parameters if isinstance(_declared(p), OptionInfo)]
    if options:
        yield _options(options)


def _declared(parameter: inspect.Parameter) -> Any:
    return parameter.annotation.__metadata__[0]


def _options(parameters: Sequence[inspect.Parameter]) -> str:
    rows = []
    for parameter in parameters:
        info = _declared(parameter)
        flags = [flag for flag in (info.default, *(info.param_decls or ())) if isinstance(flag, str)]
        default = parameter.default
        shown = (
            "required"
            if default is inspect.Parameter.empty
            else ""
            if default is None or default is False
            else f"`{default}`"
        )
        name = ", ".join(f"`{flag}`" for flag in flags) + (f" {info.metavar}" if info.metavar else "")
        rows.append([name, info.help or "", shown])
    return _grid(("option", "meaning", "default"), rows)


def _analysis_options(options: Sequence[Option]) -> str:
    rows = [
        [
            "`FILE...`" if option.many else f"`--{option.name.replace('_', '-')}`",
            option.about + (f" ({', '.join(option.choices)})" if option.choices else ""),
            "required" if option.required else "" if option.default is None else f"`{option.default}`",
        ]
        for option in options
    ]
    rows += [
        ["`--plot` FILE", "Draw the result to this file", ""],
        ["`--star` ID", "With `--plot`: draw this star alone", ""],
    ]
    return _grid(("option", "meaning", "default"), rows)


# --- settings, errors ------------------------------------------------------------------------------


def settings() -> str:
    """Every setting."""
    rows = [
        [f"`{s.name}`", f"`{s.default!r}`", f"`CATALOGDB_{s.name.upper()}`", s.about + "."] for s in SETTINGS
    ]
    return _page(
        "Settings",
        "A setting's value is that of `--set NAME=VALUE` on the command line (in Python "
        "`catalogdb.load_settings(path, {name: value})`), else of the environment variable, else of "
        "`settings.toml` in the store's folder, else its default. `catalogdb settings` lists what is in "
        "force.",
        _grid(("setting", "default", "environment variable", "meaning"), rows),
        "The store itself is named by `--store DIR` or `CATALOGDB_STORE`; without either it is `./sky`.",
    )


def errors_page() -> str:
    """The tree of errors."""
    tree = (errors.__doc__ or "").partition("\n\n")[2].strip("\n")
    return _page(
        "Errors",
        "Whatever a user can mend is a `CatalogError`; the command line prints its text and exits with 1. "
        "Anything else is a defect of ours: please report it.",
        f"```\n{tree}\n```",
        "A `BadRecord` has `file`, `line`, `column`, `value`, `raw` and `reason` as attributes; other errors "
        "carry what they are about in the same way (`path`, `table`, `name`).",
    )


# --- catalogues ------------------------------------------------------------------------------------


def catalogues_page() -> str:
    """Every catalogue in a line, by kind."""
    specs = catalogues()
    groups = [(group, [spec for spec in specs if spec.group == group]) for group in GROUPS]
    return _page(
        "Catalogues",
        "What `catalogdb ingest NAME FILE...` reads: each of these is declared in `ingest/specs/NAME.toml`, "
        "and [adding_a_catalogue.md](adding_a_catalogue.md) says how to add one. A name leads to all that is "
        "known of the catalogue, which `catalogdb catalogues NAME` tells too.",
        "Frame and epoch are those of the listed positions; in the store all are ICRS, with an epoch "
        "(`ref_epoch`) in every row. The last column says on what the spec was checked: **real rows** of the "
        "catalogue, real rows of **some forms** while others were written by the published layout and read "
        "back equal, or **simulated** rows alone, of which none was at hand.",
        *(part for group, members in groups if members for part in _group(group, members)),
    )


def _group(group: str, specs: Sequence[Spec]) -> Iterator[str]:
    yield f"## {group[0].upper()}{group[1:]}"
    rows = [
        [
            f"[{spec.name}](catalogues/{spec.name}.md)",
            spec.title,
            "" if spec.rows is None else f"{spec.rows:,}",
            about.frame_of(spec),
            about.epoch_of(spec),
            about.checked_on(spec),
        ]
        for spec in specs
    ]
    yield _grid(("name", "title", "rows", "frame", "epoch", "checked on"), rows)


def catalogue_page(spec: Spec) -> str:
    """All that is known of one catalogue: its facts, its forms, its columns."""
    return _page(
        f"{spec.name}: {spec.title}",
        f"{spec.about.rstrip('.')}. [All catalogues](../catalogues.md)",
        _grid(("", ""), [[label, text] for label, text in about.facts(spec)]),
        "## Forms",
        f"`catalogdb ingest {spec.name} FILE...` reads files that look like one of these.",
        _grid(("form", "files"), [[f"`{form.name}`", about.form_text(form)] for form in spec.forms]),
        "## Columns",
        _columns(spec_table(spec).columns),
    )


# --- tables ----------------------------------------------------------------------------------------


def tables_page() -> str:
    """The tables that the system itself writes."""
    results = [table for each in ANALYSES for table in each.results]
    made = [ASTROM_EPOCH, *results, TRUTH, CHECKS, *SYSTEM_TABLES.values()]
    return _page(
        "Tables",
        "Beside the catalogues ([catalogues.md](catalogues.md)) a store holds links, results, and tables "
        "about itself. Missing is always NULL.",
        "## Links: `matches.LEFT_RIGHT`",
        "Written by `catalogdb match`: one row for each pair. `left_id` and `right_id` have the type that "
        "the identifiers have in their catalogues.",
        _columns(MEASURES),
        "With `--ellipse` or `--max-distance` also:",
        _columns(ELLIPSE),
        "With `--magnitudes` also:",
        _columns((MAGNITUDE,)),
        "## Stars: `matches.identifiers`",
        "Written by `catalogdb identifiers`, and by `catalogdb star` where it is old: one row for each "
        "identifier of each row of a table ([stars.md](stars.md)).",
        _columns(IDENTIFIERS),
        *(part for table in made for part in _table(table)),
    )


def _table(table: Table) -> Iterator[str]:
    yield f"## `{table.qualified_name}`"
    yield table.about.rstrip(".") + "."
    yield _columns(table.columns)


def _columns(columns: Sequence[Column]) -> str:
    rows = [
        [f"`{c.name}`", c.type, {None: "", "": "1"}.get(c.unit, c.unit or ""), f"`{c.ucd}`", c.about]
        for c in columns
    ]
    return _grid(("column", "type", "unit", "UCD", "meaning"), rows)


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings,
    "errors.md": errors_page,
    "catalogues.md": catalogues_page,
    "tables.md": tables_page,
    **{f"catalogues/{spec.name}.md": functools.partial(catalogue_page, spec) for spec in catalogues()},
}

if __name__ == "__main__":
    main()
