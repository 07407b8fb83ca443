"""Rows to a file: in one of the result formats or as a text table, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from catalogdb.errors import DataError, SettingError, did_you_mean
from catalogdb.faults import writing
from catalogdb.formats import Field, Header, Info, Rows
from catalogdb.formats.columnar import parquet
from catalogdb.formats.delimited import csv
from catalogdb.formats.registry import find_format

if TYPE_CHECKING:
    from catalogdb.result import Result

_BATCH = 50_000
"""Rows that are in memory at a time."""

FORMATS = ("table", "csv", "tsv", "json", "parquet", "arrow", "votable", "fits")
# These are not quite those of the service: Parquet keeps NULLs among texts, and times as times; the lines
# of CSV end as those of other files here.
_OWN: Mapping[str, Callable[..., Iterator[bytes]]] = {
    "csv": partial(csv, line_end="\n"),
    "parquet": parquet,
}
_SUFFIXES = {
    ".txt": "table",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".vot": "votable",
    ".xml": "votable",
    ".votable": "votable",
    ".fits": "fits",
}


def format_of(path: Path, name: str | None) -> str:
    """The format `name`, or the one that the suffix of `path` says; raises SettingError."""
    if name is None:
        found = _SUFFIXES.get(path.suffix.lower())
        if found is None:
            raise SettingError(f"{path}: name a format ({', '.join(FORMATS)}), the suffix says none")
        return found
    if name not in FORMATS:
        raise SettingError(f"no format {name}{did_you_mean(name, FORMATS)}")
    return name


def write_result(result: Result, path: Path, kind: str) -> int:
    """Write the rows to a temporary file beside `path`, then rename it; the number of rows.

    But for a text table, memory does not grow with the rows. Raises StoreError, DataError.
    """
    try:
        with replaced(path) as new:
            if kind == "table":
                lines = result.table().pformat(max_lines=-1, max_width=-1)
                new.write_text("\n".join(lines) + "\n", encoding="utf-8")
                return result.rows
            rows = Rows(result.batches(_BATCH))
            encode = _OWN.get(kind) or find_format(kind).encode
            with new.open("wb") as file:
                for chunk in encode(header_of(result), rows, folder=path.parent):
                    file.write(chunk)
            return rows.count
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{path}: {kind} has no form for a column ({error}): CAST it to VARCHAR") from error


def header_of(result: Result) -> Header:
    """What a result says of its columns, and where it comes from."""
    fields = tuple(
        Field(
            name=each.name,
            type=each.type,
            unit=each.unit,
            ucd=each.ucd,
            about=each.about,
            xtype="timestamp" if each.type.startswith("TIMESTAMP") and each.type[-1] != "]" else None,
        )
        for each in result.columns
    )
    snapshot = result.provenance.snapshot
    infos = [Info("query", result.query)]
    if snapshot is not None:
        infos.append(Info("snapshot", str(snapshot)))
    return Header(fields, tuple(infos))


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place if the block succeeds."""
    new = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with writing(path):
            yield new
            new.replace(path)
    finally:
        new.unlink(missing_ok=True)
