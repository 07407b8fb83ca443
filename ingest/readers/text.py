"""What fixed-width and delimited text share: DuckDB's line reader, and numbered lines to locate a fault."""

from __future__ import annotations

import bz2
import gzip
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

import duckdb
import pyarrow as pa

from ingest.readers.base import Counter, Member, bound, counted, joined
from ingest.readers.stream import SCHEMA, compression, lines, open_text
from ingest.spec import Form


def skipped(path: Path, form: Form) -> int:
    """Number of lines before the first record: leading comments or `head`, `skip`, then the header."""
    count = 0
    head = re.compile(form.head)
    with open_text(path, form.encoding) as stream:
        if form.comment or form.head:
            for line in stream:
                is_comment = form.comment and line.startswith(form.comment)
                if not is_comment and not (form.head and head.match(line)):
                    break
                count += 1
    return count + form.skip + (1 if form.header else 0)


def skipped_head(form: Form) -> str:
    """Lines that a written file begins with, because a reader of this form leaves so many out."""
    return "-\n" * form.skip


def csv_options(path: Path, form: Form, tag: str) -> tuple[str, dict[str, Any]]:
    """Options of read_csv that hold for every text form, and the values bound in them."""
    kind = compression(path)
    names, values = bound(
        tag,
        file=str(path),
        skip=skipped(path, form),
        encoding=form.encoding,
        compression=kind or "none",
    )
    text = (
        f"{names['file']}, auto_detect = false, header = false, skip = {names['skip']}, "
        f"encoding = {names['encoding']}, compression = {names['compression']}, escape = ''"
    )
    return text, values


def fast_lines(
    con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
) -> tuple[str, dict[str, Any]]:
    """A FROM item with the column `_raw`, a line each, blank lines left out; and its bound values.

    DuckDB does not decompress bzip2: there Python's stream is as fast as the decompression.
    """
    if compression(path) == "bzip2":
        reader = pa.RecordBatchReader.from_batches(SCHEMA, counted(numbered(path, form, strict=True), count))
        con.register(tag, reader)
        return tag, {}
    options, values = csv_options(path, form, tag)
    # A delimiter that no text holds, and lenient mode, leave each line as it is.
    layout = "columns = {'_raw': 'VARCHAR'}, delim = '\x01', quote = '', strict_mode = false"
    source = f"read_csv({options}, {layout})"
    return f"(SELECT _raw FROM {source} WHERE trim(_raw) <> '')", values


def numbered(path: Path, form: Form, *, strict: bool = False) -> Any:
    """Batches of (_line, _raw) of the records, without comments, header and blank lines."""
    first = skipped(path, form) + 1
    for batch in lines(path, form.encoding, strict=strict):
        if batch.num_rows and batch.column(0)[0].as_py() < first:
            batch = batch.filter(pa.compute.greater_equal(batch.column(0), first))
        yield batch


def located_lines(con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter) -> str:
    """Register (_line, _raw) as `tag` and return it."""
    con.register(tag, pa.RecordBatchReader.from_batches(SCHEMA, counted(numbered(path, form), count)))
    return tag


def joined_lines(con: duckdb.DuckDBPyConnection, members: Sequence[Member], form: Form, tag: str) -> str:
    """Register the (_line, _raw) of several files as `tag` and return it."""
    con.register(tag, joined(members, form, SCHEMA, lambda path: numbered(path, form, strict=True)))
    return tag


def write_lines(
    con: duckdb.DuckDBPyConnection, query: str, path: Path, encoding: str, head: str = ""
) -> None:
    """Write the one text column of `query`, a line each, compressed as the path's suffix says."""
    with _created(path) as stream:
        stream.write(head.encode(encoding))
        for batch in con.sql(query).to_arrow_reader(65_536):
            texts = batch.column(0).to_pylist()
            stream.write("".join(f"{text}\n" for text in texts).encode(encoding))


def _created(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.open(path, "wb"))
    return cast(IO[bytes], bz2.open(path, "wb")) if path.suffix == ".bz2" else path.open("wb")
