"""Types of text columns: the narrowest that all values of a column allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from ingest.converters.values import sql_literal
from ingest.readers.base import Counter, Source, uncounted
from ingest.readers.stream import check_readable
from ingest.scratch import scratch
from ingest.spec import Field, Form

Open = Callable[[duckdb.DuckDBPyConnection, Path, Form, str, Counter], Source]
"""A reader's way to open a file: all columns as text."""


def sniffed(open_text: Open, path: Path, form: Form, names: list[str]) -> dict[str, tuple[str, bool]]:
    """Return for each column the type that all its values allow, and whether most of the first are numbers.

    Empty where the file can not be read: the ingest reads it in the same way, and tells what is wrong.
    """
    if not names:
        return {}
    form = replace(form, fields=tuple(Field(name=name) for name in dict.fromkeys(names)))
    with scratch() as con:

        def asked(tried: Mapping[str, list[str]], limit: str) -> tuple[Any, ...]:
            source = open_text(con, path, form, "sniff", uncounted)
            query = _type_query(source, form, tried, limit)
            (row,) = con.execute(query, source.parameters).fetchall()
            con.unregister("sniff")
            return tuple(row)

        try:
            tried = dict.fromkeys(form_names := [f.name for f in form.fields], list(_FITS))
            first = asked(tried, " LIMIT 10000")
            # What some of the first values exclude is not tried on all.
            tried = {n: _that_fit(row, tried[n]) for n, row in zip(form_names, first, strict=True)}
            rows: tuple[Any, ...] = ([True],) * len(form_names)
            if not _first_types_hold(con, open_text, path, form, tried):
                rows = asked(tried, "")
        except duckdb.Error:
            check_readable(path)
            return {}
    return {
        name: (next(iter(_that_fit(row, tried[name])), "VARCHAR"), bool(start[-1]))
        for name, start, row in zip(form_names, first, rows, strict=True)
    }


def _first_types_hold(
    con: duckdb.DuckDBPyConnection, open_text: Open, path: Path, form: Form, tried: Mapping[str, list[str]]
) -> bool:
    """Whether all values are of the first type that is tried; asked of large files, which soon tell it."""
    kinds = {name: next(iter(fit), "VARCHAR") for name, fit in tried.items()}
    source = open_text(con, path, replace(form, kinds=kinds), "sniff", uncounted)
    if not source.is_clean:
        return False
    dates = [
        f"bool_and({_FITS[k].format(x=source.columns[n])})" for n, k in kinds.items() if k == "TIMESTAMP"
    ]
    try:
        ((_, *fit),) = con.execute(f"SELECT {', '.join(['count(*)', *dates])} FROM {source.sql}").fetchall()
    except duckdb.Error:  # a value of another type, or a torn line, stops the reading of typed columns
        return False
    finally:
        con.unregister("sniff")
    return all(x is not False for x in fit)


_FITS = {
    "BOOLEAN": "lower({x}) IN ('true', 'false')",
    "BIGINT": "NOT contains({x}, '.') AND TRY_CAST({x} AS BIGINT) IS NOT NULL",
    # Whole numbers too long for BIGINT stay text: as DOUBLE they would lose digits.
    "DOUBLE": "TRY_CAST({x} AS DOUBLE) IS NOT NULL"
    " AND (length({x}) < 17 OR contains({x}, '.') OR NOT regexp_full_match({x}, '[+-]?[0-9]+'))",
    "TIMESTAMP": "length({x}) > 10 AND TRY_CAST({x} AS TIMESTAMP) IS NOT NULL",
}
"""What every value of a column must be to make it one of that type, in the order of preference."""


def _type_query(source: Source, form: Form, tried: Mapping[str, list[str]], limit: str) -> str:
    """SELECT of a list for each column: which of the types fit all values, and whether most are numbers."""
    marks = ", ".join(sql_literal(mark) for mark in ("", *(m for m in form.null if isinstance(m, str))))
    values, asked = [], []
    for number, (name, kinds) in enumerate(tried.items()):
        x, text = f"x{number}", f"trim({source.columns[name]})"
        values.append(f"CASE WHEN {text} IN ({marks}) THEN NULL ELSE {text} END AS {x}")
        fits = [f"bool_and({_FITS[kind].format(x=x)}) FILTER ({x} IS NOT NULL)" for kind in kinds]
        mostly = f"count(TRY_CAST({x} AS DOUBLE)) * 2 > count({x})" if limit else "bool_and(NULL)"
        asked.append(f"[{', '.join([*fits, mostly])}]")
    # A torn line is the ingest's to tell: here it is passed over.
    rows = source.sql.replace("null_padding = false", "null_padding = false, ignore_errors = true")
    sound = " WHERE _broken IS NULL" if source.has_broken else ""
    return f"SELECT {', '.join(asked)} FROM (SELECT {', '.join(values)} FROM {rows}{sound}{limit})"


def _that_fit(row: list[bool | None], kinds: list[str]) -> list[str]:
    """The types that no value excludes; a column without values fits none."""
    return [kind for kind, fits in zip(kinds, row, strict=False) if fits]
