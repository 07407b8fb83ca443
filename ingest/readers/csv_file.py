"""CSV with a header line, and ECSV, whose comment header describes its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import yaml  # type: ignore[import-untyped]

from catalogdb.errors import DataError
from ingest.readers.base import Counter, FileColumn, Member, Source, match_columns, uncounted
from ingest.readers.delimited import Delimited, dialect
from ingest.readers.quotes import check_quotes
from ingest.readers.sniff import sniffed
from ingest.readers.stream import open_text
from ingest.readers.text import skipped
from ingest.readers.typed_text import is_large
from ingest.spec import Form


class Csv(Delimited):
    """Delimited text with names in its first line; fields may be quoted."""

    def adapted(self, path: Path, form: Form) -> Form:
        """The form with the options that every CSV file has."""
        return replace(form, header=True, quote=form.quote or '"')

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """Names of the header line; those the form does not know have the type that all records allow."""
        form = self.adapted(path, form)
        columns = super().describe(path, form) or []
        if not form.fields or not is_large(path):  # what an archive writes in gigabytes has no stray quotes
            check_quotes(path, form.encoding, dialect(form), skipped(path, form), len(columns))
        known = set(match_columns(form, [column.name for column in columns]).values())
        kinds = sniffed(super().open, path, form, [c.name for c in columns if c.name not in known])
        return [kinds[c.name].told(c) if c.name in kinds else c for c in columns]

    def open(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter
    ) -> Source:
        """Columns as text, by DuckDB's own reader."""
        return super().open(con, path, self.adapted(path, form), tag, count)

    def open_located(
        self, con: duckdb.DuckDBPyConnection, path: Path, form: Form, tag: str, count: Counter = uncounted
    ) -> Source:
        """Numbered records, as text."""
        return super().open_located(con, path, self.adapted(path, form), tag, count)

    def open_joined(
        self, con: duckdb.DuckDBPyConnection, members: Sequence[Member], form: Form, tag: str
    ) -> Source:
        """The records of several files of one header as one stream."""
        return super().open_joined(con, members, self.adapted(members[0].path, form), tag)

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write a header line and each row as a line."""
        super().write(con, rows, self.adapted(path, form), path)

    def _names(self, path: Path, form: Form) -> list[str]:
        return [column.name for column in super().describe(path, form) or []]


_ECSV_TYPES = {
    "bool": "BOOLEAN",
    "int8": "SMALLINT",
    "uint8": "SMALLINT",
    "int16": "SMALLINT",
    "uint16": "INTEGER",
    "int32": "INTEGER",
    "uint32": "BIGINT",
    "int64": "BIGINT",
    "uint64": "BIGINT",
    "float16": "REAL",
    "float32": "REAL",
    "float64": "DOUBLE",
}


class Ecsv(Csv):
    """CSV after a YAML header in comments: names, types, units and descriptions."""

    def adapted(self, path: Path, form: Form) -> Form:
        """The form with the delimiter that the file's header states."""
        delimiter = str(_header(path).get("delimiter", " "))
        return replace(form, header=True, quote='"', comment="#", delimiter=delimiter)

    def describe(self, path: Path, form: Form) -> list[FileColumn] | None:
        """What the header says of each column."""
        return [_described(column) for column in _header(path)["datatype"]]

    def write(self, con: duckdb.DuckDBPyConnection, rows: str, form: Form, path: Path) -> None:
        """Write the rows with a header of types and units."""
        from ingest.readers.write_table import astropy_table  # noqa: PLC0415  (writing alone needs it)

        astropy_table(con, rows, form).write(path, format="ascii.ecsv", overwrite=True)


def _header(path: Path) -> dict[str, Any]:
    """The YAML header of an ECSV file."""
    with open_text(path, "utf-8") as stream:
        text = []
        for line in stream:
            if not line.startswith("# "):
                break
            text.append(line[2:])
    try:
        header = yaml.load("".join(text[1:]), _Loader)
    except yaml.YAMLError as error:
        raise DataError(f"{path}: its ECSV header can not be read ({error})") from error
    if not isinstance(header, dict) or "datatype" not in header:
        raise DataError(f"{path}: its ECSV header names no columns")
    return header


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain YAML; astropy's own tags become the plain data below them."""


def _plain(loader: _Loader, suffix: str, node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _plain)


def _described(column: dict[str, Any]) -> FileColumn:
    # !!omap is a list of pairs, a plain mapping a dict: both are pairs in the end.
    meta = column.get("meta") or {}
    found = dict(meta) if not isinstance(meta, dict) else meta
    plain = column["datatype"] != "string" and "subtype" not in column
    kind = _ECSV_TYPES.get(column["datatype"], "VARCHAR") if plain else "VARCHAR"
    return FileColumn(
        column["name"],
        kind,
        None if column.get("unit") is None else str(column["unit"]),
        found.get("ucd"),
        str(column.get("description") or ""),
    )
