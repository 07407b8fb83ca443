"""What DuckDB says of a CSV file that it can not read, in one line: its own answer lists all its options."""

from __future__ import annotations

import re
from pathlib import Path

from catalogdb.errors import DataError

_LINE = re.compile(r"CSV Error on Line: (\d+)\n(?:.*\n)?([^\n]+)\n\s*Possible ", re.DOTALL)
_LONG = re.compile(r"Maximum line size of (\d+) bytes exceeded. Actual Size: ?(\d+) bytes")


def csv_error(path: Path, text: str) -> DataError | None:
    """Return the error with file, line, what is wrong and what to do; None for any other text."""
    found = _LINE.search(text)
    if found is None:
        return None
    reason = found[2]
    if (long := _LONG.search(reason)) is not None:
        reason = (
            f"it has {long[2]} bytes, more than the {long[1]} of the longest line that is read: shorten its "
            "text, see whether line ends are missing, or save the table as Parquet, FITS or VOTable"
        )
    elif "unterminated quote" in reason:
        reason = "a quote opens a field that does not end: remove the quote, or write the one that closes it"
    else:
        reason = f"{reason.strip().rstrip('.')}: mend the line"
    return DataError(f"{path}, line {found[1]}: {reason}")
