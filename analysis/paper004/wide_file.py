"""Text files of the 55 columns, read as batches whose every value was checked.

Columns go by their order, separated by commas, tabs, semicolons or bars; lines with # in front and a line of
names before the rows are passed over. A cell is missing if it is empty, `--` or `null`. A star is in a
catalogue if any of its coordinates or errors is a number; `nan` stands for missing where none is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from analysis.paper004.layout import CATALOGUES, GAIA_PREFIX, MOTION, VALUES, WIDE
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MISSING = ("", "null", "NULL", "--")
"""What a missing cell says."""

_NAMES = [column.name for column in WIDE]


@dataclass(frozen=True, slots=True)
class WideFile:
    """A file of 55 columns: `skip` lines stand before its rows, `delimiter` between its columns."""

    path: Path
    skip: int
    delimiter: str

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row's line, counted from 1, and its cells."""
        with self.path.open(encoding="utf-8", errors="replace", newline="") as lines:
            for _ in range(self.skip):
                next(lines, "")
            reader = csv.reader(lines, delimiter=self.delimiter)
            for cells in reader:
                if cells:  # an empty line is no row
                    yield self.skip + reader.line_num, cells

    def row(self, number: int) -> tuple[int, list[str]]:
        """Return the line and the cells of the row of that number, counted from 0."""
        return next(row for place, row in enumerate(self.rows()) if place == number)

    def refuse(self, line: int, cells: list[str], column: int, why: str) -> NoReturn:
        """Raise AnalysisError of one cell, `column` counted from 0."""
        text = cells[column].strip()
        raise AnalysisError(
            f"{self.path}: line {line}, column {column + 1} ({_NAMES[column]}): {text or 'nothing'} {why}"
        )


def open_wide(path: Path) -> WideFile:
    """Return the file with its layout; raises AnalysisError where its first row has not 55 columns."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if line.startswith("#") or not line.strip():
                    continue
                delimiter = max(",\t;|", key=line.count)
                cells = line.rstrip("\n").split(delimiter)
                if len(cells) != len(WIDE):
                    raise AnalysisError(
                        f"{path}: line {number + 1} has {len(cells)} columns, paper 004 has {len(WIDE)}"
                    )
                return WideFile(path, number + (not _is_number(cells[1])), delimiter)
    except (OSError, UnicodeDecodeError) as error:
        raise AnalysisError(f"{path} can not be read: {error}") from error
    raise AnalysisError(f"{path} has no rows")


def batches(file: WideFile) -> Iterator[pa.RecordBatch]:
    """Yield the rows, `gaia_id` without blanks around it and as `Gaia DR3 N` where it is a number.

    Raises AnalysisError with line, column and value for what can not be.
    """
    kinds = {column.name: pa.string() if column.type == "VARCHAR" else pa.float64() for column in WIDE}
    before = 0
    try:
        with pyarrow.csv.open_csv(
            file.path,
            pyarrow.csv.ReadOptions(column_names=_NAMES, skip_rows=file.skip, block_size=1 << 24),
            pyarrow.csv.ParseOptions(delimiter=file.delimiter),
            pyarrow.csv.ConvertOptions(
                column_types=kinds, null_values=list(MISSING), strings_can_be_null=True
            ),
        ) as reader:
            for batch in reader:
                _check(file, batch, before)
                before += batch.num_rows
                yield batch.set_column(0, "gaia_id", _identifier(batch["gaia_id"]))
    except pa.ArrowInvalid as error:
        _refuse_text(file)
        raise AnalysisError(f"{file.path}: {error}") from error


def _identifier(text: pa.Array) -> pa.Array:
    """Return the identifiers, those of Gaia DR3 with the release's name in front."""
    bare = pc.utf8_trim_whitespace(text)
    return pc.replace_substring_regex(bare, r"^(?i:Gaia\s*DR3)?\s*([0-9]+)$", rf"{GAIA_PREFIX}\1")


def _refuse_text(file: WideFile) -> None:
    """Raise AnalysisError for the first cell that is no number, and the first row that has not 55 cells."""
    for line, cells in file.rows():
        if len(cells) != len(WIDE):
            raise AnalysisError(
                f"{file.path}: line {line} has {len(cells)} columns, paper 004 has {len(WIDE)}"
            )
        for column, text in enumerate(cells[1:], start=1):
            if text.strip() not in MISSING and not _is_number(text):
                file.refuse(line, cells, column, "is no number")


def _check(file: WideFile, batch: pa.RecordBatch, before: int) -> None:
    """Raise AnalysisError for the first wrong cell of a batch, which `before` rows stand before."""
    found = []
    for column, wrong, why in _wrong(batch):
        if wrong.any():
            found.append((int(wrong.argmax()), column, why))
    if found:
        row, column, why = min(found)
        file.refuse(*file.row(before + row), column, why)


def _wrong(batch: pa.RecordBatch) -> Iterator[tuple[int, Flags, str]]:
    """Yield, for each column and what is asked of it, which rows (n,) fail, and the words for it."""
    names = pc.utf8_lower(pc.utf8_trim_whitespace(batch["gaia_id"])).fill_null("")
    nameless = pc.is_in(names, pa.array(["", "nan"]))
    yield 0, np.asarray(nameless.to_numpy(zero_copy_only=False), np.bool_), "is no identifier"
    for number, catalogue in enumerate(CATALOGUES):
        first = 1 + number * len(VALUES)
        value = {name: _floats(batch[f"{catalogue}_{name}"]) for name in VALUES}
        given = np.any([~np.isnan(value[name]) for name in VALUES[1:]], axis=0)
        for column, name in enumerate(VALUES, start=first):
            there = _valid(batch[column])
            yield column, given & there & ~_possible(name, value[name]), f"is no {_WORDS[name]}"
            if not name.endswith("error"):
                why = f"is no {_WORDS[name]}: {catalogue} has others of its values"
                yield column, given & ~there, why
    for column in range(len(WIDE) - len(MOTION), len(WIDE)):
        yield column, np.isinf(_floats(batch[column])), "is no finite number"


_WORDS = {
    "epoch": "epoch, a year",
    "ra": "right ascension, from 0 to less than 360 degrees",
    "ra_error": "error, above 0 mas",
    "dec": "declination, from -90 to 90 degrees",
    "dec_error": "error, above 0 mas",
}


def _possible(name: str, values: Array) -> Flags:
    """Return which values (n,) can be of the column; NaN can not."""
    if name == "epoch":
        return np.isfinite(values)
    if name == "ra":
        return (values >= 0.0) & (values < 360.0)
    if name == "dec":
        return np.abs(values) <= 90.0
    return (values > 0.0) & np.isfinite(values)


def _floats(column: pa.Array) -> Array:
    return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)


def _valid(column: pa.Array) -> Flags:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)


def _is_number(text: str) -> bool:
    try:
        float(text.strip().strip('"') or "nan")
    except ValueError:
        return False
    return True
