"""Text whose fields are separated by blanks or tabs, as many as please: tables of papers, measures."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import duckdb

from catalogdb.errors import DataError
from ingest.printing import printed
from ingest.readers.base import Counter, FileColumn, Source, match_columns, stored_fields, uncounted
from ingest.readers.sniff import Sniffed, sniffed
from ingest.readers.stream import open_text
from ingest.readers.text import fast_lines, located_lines, write_lines
from ingest.spec import Form


class Blanks:
    """Reads and writes blank-separated text; no field holds a blank, a missing one has a mark.

    With a header the names stand in the line before the first record, which may be a comment.
    """

    unit = "line"

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names of the header line, None if the form has none; types as the values of new columns allow."""
        if not form.header:
            return None
        names = _names(path, form)
        known = set(match_columns(form, names).values())
        kinds = sniffed(self.open, path, form, [name for name in names if name not in known])
        return [kinds.get(name, Sniffed()).told(FileColumn(name, "VARCHAR")) for name in names]

    def open(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        """Lines by DuckDB's own reader, split in SQL."""
        lines, values = fast_lines(con, path, _without_head(path, form), tag, count)
        return _split(path, form, lines, values)

    def open_located(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter = uncounted
    ) -> Source:
        """Numbered lines, split in SQL."""
        return _split(path, form, located_lines(con, path, _without_head(path, form), tag, count), {})

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write each row as a line, in columns where the fields' formats have widths."""
        fields = stored_fields(form)
        line = " || ' ' || ".join(_written(f.name, printed(f, f.width, exact=False)) for f in fields)
        head = " ".join(f.source or f.name for f in fields) + "\n" if form.header else ""
        write_lines(con, f"SELECT {line} FROM {rows}", path, form.encoding, head)


def _split(path: Path, form: Form, lines: str, values: dict[str, object]) -> Source:
    names = _names(path, form) if form.header else [f.name for f in stored_fields(form)]
    found = match_columns(form, names) if form.header else dict(zip(names, names, strict=True))
    parts = "regexp_split_to_array(trim(_raw, chr(9) || chr(13) || ' '), '[ \\t]+')"
    wrong = (
        f"CASE WHEN len(_parts) <> {len(names)} THEN "
        f"printf('%d fields stand where {len(names)} are expected', len(_parts)) END"
    )
    sql = f"(SELECT *, {wrong} AS _broken FROM (SELECT *, {parts} AS _parts FROM {lines}))"
    columns = {field: f"_parts[{names.index(actual) + 1}]" for field, actual in found.items()}
    return Source(sql, columns, dict.fromkeys(columns, "VARCHAR"), values, has_broken=True)


def _names(path: Path, form: Form) -> list[str]:
    """The names in the header line, without the mark of a comment."""
    number = _header_line(path, form)
    with open_text(path, form.encoding) as stream:
        line = next((line for i, line in enumerate(stream) if i == number), "")
    names = re.split(r"\s+", line.lstrip(form.comment or " ").strip())
    if not any(names):
        raise DataError(f"{path}: it has no header line")
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{path}: its header line names two columns {name!r}: rename one")
    return names


def _header_line(path: Path, form: Form) -> int:
    """Number of the header line, from 0: the last leading comment if it names what follows, else the next."""
    leading = []
    with open_text(path, form.encoding) as stream:
        for line in stream:
            leading.append(line)
            if not (form.comment and line.startswith(form.comment)):
                break
    first = len(leading) - 1
    words = leading[first].split() if leading else []
    comment = leading[first - 1].lstrip(form.comment or " ").split() if first > 0 else []
    named_by_comment = len(comment) == len(words) and any(map(_is_number, words))
    return first - 1 if named_by_comment else first + form.skip


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _without_head(path: Path, form: Form) -> Form:
    """The form in which all lines up to the first record are left out by their number."""
    return replace(form, comment="", skip=_header_line(path, form)) if form.header else form


def _written(name: str, text: str) -> str:
    """SQL of a field's text; one that is missing and has no mark for it can not be written."""
    problem = f"error('{name} is missing, and blanks can not say so: give the field a null mark')"
    return f"CASE WHEN trim({text}) = '' THEN {problem} ELSE {text} END"
