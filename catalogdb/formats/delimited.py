"""CSV after RFC 4180, and TSV, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from catalogdb.formats.header import Header
from catalogdb.formats.joining import joined
from catalogdb.formats.kinds import TEXT, kind_of, texts, values_of
from catalogdb.formats.rows import Rows
from catalogdb.formats.tabledata import numerals


def csv(header: Header, rows: Rows, *, folder: Path, line_end: str = "\r\n") -> Iterator[bytes]:
    """Comma-separated: texts are in quotes, so that an empty one is not taken for NULL, which is nothing.

    Lists become JSON.
    """
    yield (",".join(_quoted(each.name) for each in header.fields) + line_end).encode()
    kinds = [TEXT if kind.is_list else kind for kind in map(kind_of, header.fields)]
    for batch in rows:
        pieces: list[pa.Array | str | bytes] = []
        for field, kind, column in zip(header.fields, kinds, batch.columns, strict=True):
            if kind.is_text:
                doubled = pc.replace_substring(texts(field, column), '"', '""')
                quote = pa.scalar('"', pa.large_string())
                cells = pc.binary_join_element_wise(quote, doubled, quote, pa.scalar("", pa.large_string()))
            else:
                cells = numerals(values_of(field, kind, column), infinity="inf", nan="nan")
            pieces += [cells, ","]
        yield bytes(joined([*pieces[:-1], line_end], pa.large_string()))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def tsv(header: Header, rows: Rows, *, folder: Path) -> Iterator[bytes]:
    """Tab-separated: a tab or the end of a line within a text becomes a space; NULL is nothing."""
    yield ("\t".join(" ".join(each.name.split()) for each in header.fields) + "\n").encode()
    kinds = [TEXT if kind.is_list else kind for kind in map(kind_of, header.fields)]
    for batch in rows:
        pieces: list[pa.Array | str | bytes] = []
        for field, kind, column in zip(header.fields, kinds, batch.columns, strict=True):
            if kind.is_text:
                cells = pc.replace_substring_regex(
                    texts(field, column), r"[\t\r\n\v\f\x{85}\x{2028}\x{2029}]", " "
                )
            else:
                cells = numerals(values_of(field, kind, column), infinity="inf", nan="nan")
            pieces += [cells, "\t"]
        yield bytes(joined([*pieces[:-1], "\n"], pa.large_string()))
