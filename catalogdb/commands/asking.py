"""The command adql: what becomes of an ADQL query, or what is wrong with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from catalogdb.commands.frame import Session


def adql(
    session: Session,
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUERY",
            help="An ADQL query; - reads one on each line of standard input, as a JSON string.",
        ),
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Hold it to ADQL 2.1, without the extensions of docs/adql.md.")
    ] = False,
    parse_only: Annotated[
        bool, typer.Option("--parse-only", help="Look at the syntax alone: no store is needed.")
    ] = False,
) -> None:
    """Show the DuckDB text of an ADQL query, or what is wrong with it.

    An error names line and column. With - a JSON object answers each line: {"ok": true}, with the text as
    "sql" unless --parse-only, or {"ok": false, "line": 1, "column": 8, "message": "..."}.
    """
    if parse_only:
        from catalogdb.adql.parse import parse

        def parsed(text: str) -> None:
            parse(text, strict=strict)

        _answer(query, parsed)
        return
    with session.open() as store:
        from catalogdb.adql.translate import translate

        tables = store.tables(system=True)

        def translated(text: str) -> str:
            found = translate(text, tables, strict=strict)
            if query != "-":
                for note in found.notes:
                    typer.echo(note, err=True)
            return found.sql

        _answer(query, translated)


def _answer(query: str, ask: Callable[[str], str | None]) -> None:
    if query == "-":
        for line in sys.stdin:
            typer.echo(json.dumps(_answered(line, ask)))
            sys.stdout.flush()
    elif (sql := ask(query)) is not None:
        typer.echo(sql)


def _answered(line: str, ask: Callable[[str], str | None]) -> dict[str, Any]:
    from catalogdb.adql.errors import AdqlError

    try:
        query = json.loads(line)
    except ValueError as error:
        return _wrong(1, 1, f"the line is no JSON: {error}")
    if not isinstance(query, str):
        return _wrong(1, 1, "the line is no JSON string")
    try:
        sql = ask(query)
    except AdqlError as error:
        return _wrong(error.line, error.column, error.reason)
    return {"ok": True} if sql is None else {"ok": True, "sql": sql}


def _wrong(line: int, column: int, message: str) -> dict[str, Any]:
    return {"ok": False, "line": line, "column": column, "message": message}
