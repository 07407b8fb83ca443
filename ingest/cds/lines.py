"""The lines of a ReadMe, each with its number, and the error that names one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from catalogdb.errors import SpecError
from ingest.readers.stream import open_bytes

_RULE = re.compile(r"(-{6,}|={6,})\s*$")


class Lines:
    """A ReadMe as lines without trailing blanks, counted from 1."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = [line.expandtabs().rstrip() for line in text.splitlines()]

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, number: int) -> str:
        """The line of that number."""
        return self.lines[number - 1]

    def numbered(self, first: int = 1) -> Iterator[tuple[int, str]]:
        """Each line from `first` on, with its number."""
        return ((number, self[number]) for number in range(first, len(self) + 1))

    def is_rule(self, number: int) -> bool:
        """Whether that line only separates: six or more dashes or equal signs."""
        return _RULE.match(self[number]) is not None

    def next_rule(self, first: int) -> int:
        """The number of the next separating line from `first` on; one beyond the last if there is none."""
        return next((n for n in range(first, len(self) + 1) if self.is_rule(n)), len(self) + 1)

    def fail(self, number: int, what: str) -> SpecError:
        """Return the error for that line."""
        return SpecError(f"{self.path}, line {number}: {what}\n  {self[number].strip()}")


def read_lines(path: Path) -> Lines:
    """Return the lines of a ReadMe; older ones may be in Latin-1. Raises SpecError if it can not be read."""
    try:
        with open_bytes(path) as stream:
            content = stream.read()
    except OSError as error:
        raise SpecError(f"{path} can not be read: {error.strerror or error}") from error
    try:
        return Lines(path, content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Lines(path, content.decode("latin-1"))
