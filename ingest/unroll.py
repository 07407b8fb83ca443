"""Records that hold lists, such as a transit with its CCDs, as one row for each element."""

from __future__ import annotations

from dataclasses import replace

from ingest.readers.base import Source
from ingest.spec import Form

ELEMENT = "@element"
"""The number of the row among those of its record, from 1."""


def unrolled(form: Form, source: Source) -> Source:
    """Return the source with a row for each element of the lists that the form's `unroll` names.

    Lists are read side by side, a shorter one is continued by NULL; a record whose lists are all
    empty stays one row. In a located source rows are counted anew, so that each has its own number.
    """
    if not form.unroll:
        return source
    lists = sorted({source.columns[name] for name in form.unroll if name in source.columns})
    lengths = ", ".join(["1", *(f"coalesce(len({x}), 0)" for x in lists)])
    numbers = f'unnest(range(1, 1 + greatest({lengths}))) AS "{ELEMENT}"'
    elements = ", ".join(f"unnest({x}) AS {x}" for x in lists)
    replaced = f"* REPLACE ({elements})" if elements else "*"
    sql = f"(SELECT {replaced}, {numbers} FROM {source.sql})"
    if source.has_lines:
        sql = f"(SELECT * REPLACE (row_number() OVER () AS _line) FROM {sql})"
    types = {
        name: kind.removesuffix("[]") if name in form.unroll else kind for name, kind in source.types.items()
    }
    return replace(source, sql=sql, types=types)
