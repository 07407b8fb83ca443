"""Stray quotes: one that opens a field swallows whole records up to the next one."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalogdb.errors import DataError
from ingest.readers.stream import check_readable, open_bytes, open_text

_LONGEST_FIELD = 1000
"""Whole records in one field that leave no doubt, so that a long file is not read into memory."""


def check_quotes(path: Path, encoding: str, dialect: dict[str, Any], skip: int, columns: int) -> None:
    """Raise DataError for a quoted field over several lines each of which is a whole record by itself.

    `dialect` is that of Python's csv; `columns` the number of fields of a record. Text with line ends in
    it passes, where one of its lines has another number of fields.
    """
    mark = str(dialect["quotechar"]).encode()
    try:
        # Where quotes stand in pairs in every line none can be open at its end.
        with open_bytes(path) as stream:
            odd = columns > 1 and any(line.count(mark) % 2 for line in stream)
        if odd:
            _Records(path, dialect, columns).check(encoding, skip)
    except (OSError, EOFError, zlib.error):
        check_readable(path)
        raise


class _Records:
    """Reads a file record by record, and watches the lines of each."""

    def __init__(self, path: Path, dialect: dict[str, Any], columns: int) -> None:
        self._path, self._dialect, self._columns = path, dialect, columns
        self._first = self._lines = 0
        self._whole = True

    def check(self, encoding: str, skip: int) -> None:
        """Raise DataError for the first record that swallows others."""
        csv.field_size_limit(2**31 - 1)
        with open_text(self._path, encoding) as stream:
            for _ in range(skip):
                next(stream, None)
            self._first = skip + 1
            for _ in csv.reader(self._watched(stream), **self._dialect):
                if self._lines > 1 and self._whole:
                    raise self._error()
                self._first += self._lines
                self._lines, self._whole = 0, True

    def _watched(self, stream: Iterator[str]) -> Iterator[str]:
        """The lines, which are counted."""
        for line in stream:
            self._lines += 1
            if self._whole:
                self._whole = len(next(csv.reader([line], **self._dialect), ())) == self._columns
            if self._whole and self._lines > _LONGEST_FIELD:
                raise self._error()
            yield line

    def _error(self) -> DataError:
        last = self._first + self._lines - 1
        return DataError(
            f"{self._path}, line {self._first}: a quote opens a field that goes on to line {last}, over "
            "whole records, which would be lost. Remove the quote, or double it within a field in quotes; "
            "if the field is meant to hold these lines, save the table as Parquet, FITS or VOTable"
        )
