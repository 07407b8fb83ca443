"""Notes of a ReadMe: numbered ones, those on columns by label, and global ones."""

from __future__ import annotations

import re

from ingest.cds.lines import Lines

_NUMBERED = re.compile(r"\s{0,4}Notes?\s*\((\w+)\)\s*:?\s*(.*)$")
_ON = re.compile(r"\s{0,4}Notes?\s+on\s+([^:]+?)\s*:\s*(.*)$")
_SECTION = re.compile(r"(?!Notes?\b)[A-Z][\w /,'-]*:\s*$")


def read_notes(lines: Lines, first: int, end: int) -> dict[str, str]:
    """Return the notes on lines from `first` to before `end`: by number, such as "1" or "G2", or by label.

    Blanks and line breaks in a note become single blanks.
    """
    notes: dict[str, str] = {}
    keys: list[str] = []
    for number in range(first, end):
        line = lines[number]
        if lines.is_rule(number) or _SECTION.match(line):
            keys = []
            continue
        numbered, on = _NUMBERED.match(line), _ON.match(line)
        text = line
        if numbered:
            keys, text = [numbered[1]], numbered[2]
        elif on:
            keys, text = re.split(r"\s*,\s*|\s+and\s+|\s+", on[1]), on[2]
        for key in keys:
            notes[key] = re.sub(r"\s+", " ", f"{notes.get(key, '')} {text}").strip()
    return notes
