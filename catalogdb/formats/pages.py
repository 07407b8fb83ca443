"""What people read: a page of HTML, and plain text in columns; streamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.formats.header import Field, Header
from catalogdb.formats.joining import joined
from catalogdb.formats.kinds import Kind, kind_of, texts, values_of
from catalogdb.formats.rows import Rows
from catalogdb.formats.tabledata import numerals
from catalogdb.formats.xml import attribute, content, contents

_LOOKED_AT = 1000
"""Rows whose widths make those of the columns of plain text."""
_OVERFLOW = "There are more rows: this result is cut at the most that was asked for or may be given."


def html(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """A page with one table."""
    title = content(header.table_name)
    yield (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        "<style>table {border-collapse: collapse} th, td {border: 1px solid #bbb; padding: 0.1em 0.4em}"
        " td {font-variant-numeric: tabular-nums}</style>\n</head>\n<body>\n<table>\n"
        f"<caption>{content(header.description or header.table_name)}</caption>\n<thead>\n<tr>"
        f"{''.join(map(_heading, header.fields))}</tr>\n</thead>\n<tbody>\n"
    ).encode()
    kinds = [kind_of(each) for each in header.fields]
    for batch in rows:
        pieces: list[pa.Array | str | bytes] = []
        between = "<tr><td>"
        for field, kind, column in zip(header.fields, kinds, batch.columns, strict=True):
            cells = shown(field, kind, column)
            pieces += [between, contents(cells) if kind.is_text else cells]
            between = "</td><td>"
        yield bytes(joined([*pieces, "</td></tr>\n"], pa.large_string()))
    note = f"<p>{_OVERFLOW}</p>\n" if rows.overflow else ""
    yield f"</tbody>\n</table>\n{note}</body>\n</html>\n".encode()


def _heading(field: Field) -> str:
    unit = f"<br>[{content(field.unit)}]" if field.unit else ""
    told = f' title="{attribute(field.about)}"' if field.about else ""
    return f"<th{told}>{content(field.name)}{unit}</th>"


def text(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """Columns as wide as their first values; numbers stand on the right.

    A longer value later on moves what follows it in its row.
    """
    kinds = [kind_of(each) for each in header.fields]
    first, _ = rows.look(_LOOKED_AT)
    names = [each.name + (f" [{each.unit}]" if each.unit else "") for each in header.fields]
    widths = [
        max([len(name), *(_longest(_line(field, kind, batch.column(i)[:_LOOKED_AT])) for batch in first)])
        for i, (name, field, kind) in enumerate(zip(names, header.fields, kinds, strict=True))
    ]
    lead = [
        name.ljust(width) if kind.is_text else name.rjust(width)
        for name, width, kind in zip(names, widths, kinds, strict=True)
    ]
    yield ("  ".join(lead).rstrip() + "\n" + "  ".join("-" * width for width in widths) + "\n").encode()
    for batch in rows:
        pieces: list[pa.Array | str | bytes] = []
        for field, kind, width, column in zip(header.fields, kinds, widths, batch.columns, strict=True):
            cells = _line(field, kind, column)
            pad = pc.utf8_rpad if kind.is_text else pc.utf8_lpad
            pieces += [pad(cells, width, " "), "  "]
        yield bytes(joined([*pieces[:-1], "\n"], pa.large_string()))
    if rows.overflow:
        yield f"{_OVERFLOW}\n".encode()


def shown(field: Field, kind: Kind, column: pa.Array) -> pa.Array:
    """The values as text; lists as JSON."""
    if kind.is_text or kind.is_list:
        return texts(field, column)
    return numerals(values_of(field, kind, column), infinity="inf", nan="NaN")


def _line(field: Field, kind: Kind, column: pa.Array) -> pa.Array:
    """The values as text on one line, NULL as nothing."""
    return pc.replace_substring_regex(shown(field, kind, column), r"\s", " ").fill_null("")


def _longest(column: pa.Array) -> int:
    return int(pc.max(pc.utf8_length(column), min_count=0).as_py() or 0)
