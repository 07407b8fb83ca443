"""A ReadMe of the CDS, or the head of a machine-readable table of the AAS, as what it says of each file.

Standards for Astronomical Catalogues, version 2.0 (F. Ochsenbein, CDS, 2000), section 3.1: title, File
Summary, and for each file or group of files a Byte-by-byte Description, its notes after it. An AAS table
(journals.aas.org/mrt-standards) has the same description above the data, in one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.cds.described import Described, read_columns
from ingest.cds.lines import Lines, read_lines
from ingest.cds.notes import read_notes

_BLOCK = re.compile(r"\s*Byte-(?:by|per)-byte\s+Descriptions?\s+(?:of\s+)?files?\b(.*)$", re.IGNORECASE)
_NUMBERED = re.compile(r"^\s*(\(\s*#[^)]*\))?\s*:")
_SECTION = re.compile(r"[A-Z][\w /,'-]*:(\s|$)")
_HEADING = re.compile(r"(\S+)\s+(.*?)\s*(?:\(([^()]*)\))?$")
_FILE = re.compile(r"\s?(\S+)\s+(\d+|\.)\s+(\d+|\.)(?:\s+(.*))?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """A line of the File Summary: length of the longest record, number of records, what the file is."""

    line: int
    length: int | None
    records: int | None
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedTable:
    """One Byte-by-byte Description: names (or patterns) of files, their columns, the notes to them."""

    line: int
    names: tuple[str, ...]
    columns: tuple[Described, ...]
    notes: Mapping[str, str] = field(default_factory=dict)

    def column(self, label: str) -> Described | None:
        """Return the first column of that label, None if there is none."""
        return next((c for c in self.columns if c.label == label), None)

    def note_of(self, column: Described) -> str:
        """Return the notes that a column refers to, by number or by its label."""
        keys = [*column.notes, column.label]
        return " ".join(self.notes[key] for key in keys if key in self.notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readme:
    """What a ReadMe says; `data_line` is the first line of data below it in the same file."""

    lines: Lines
    tables: tuple[DescribedTable, ...]
    files: Mapping[str, FileEntry]
    designation: str = ""
    title: str = ""
    reference: str = ""
    bibcode: str = ""
    table_title: str = ""
    data_line: int | None = None

    @property
    def path(self) -> Path:
        """Where the ReadMe is."""
        return self.lines.path

    def prose(self) -> Iterator[tuple[int, str]]:
        """Numbered lines of the text around the tables: not of a section on other catalogues or objects."""
        inside = {n for table in self.tables for n in range(table.line, self._end(table.line) + 1)}
        apart = False
        for number, line in self.lines.numbered():
            if _SECTION.match(line):
                apart = line.startswith(("See also", "Objects", "References", "History", "Acknowl"))
            if not apart and number not in inside:
                yield number, line

    def _end(self, line: int) -> int:
        """The line that ends the list of columns which begins at `line`."""
        for _ in range(3):
            line = self.lines.next_rule(line + 1)
        return line


def read_readme(path: Path) -> Readme:
    """Return what the ReadMe says; SpecError, with the line, where it does not keep to the standard."""
    lines = read_lines(path)
    blocks = list(_blocks(lines))
    shared = read_notes(lines, _after(lines, r"\s*Global Notes"), len(lines) + 1)
    tables = tuple(_table(lines, *block, shared) for block in blocks)
    head = _machine_readable_head(lines) if re.match(r"\s*(Title|Table)\s*:", _first(lines)) else _head(lines)
    return Readme(
        lines=lines, tables=tables, files=_files(lines), data_line=_data_line(lines, blocks), **head
    )


def _first(lines: Lines) -> str:
    return next((line for _, line in lines.numbered() if line.strip()), "")


def _after(lines: Lines, pattern: str) -> int:
    """The line after the first one that matches; one beyond the last if none does."""
    found = (n for n, line in lines.numbered() if re.match(pattern, line, re.IGNORECASE))
    return next(found, len(lines)) + 1


def _blocks(lines: Lines) -> Iterator[tuple[int, int, str]]:
    """(first line, line of the first rule, the names of files) of each Byte-by-byte Description."""
    number = 1
    while number <= len(lines):
        if _BLOCK.match(lines[number]):
            rule = lines.next_rule(number)
            # Several such lines may follow each other, and the names go on below the last.
            rest = (_BLOCK.sub(r"\1", lines[n]) for n in range(number, rule))
            yield number, rule, " ".join(_NUMBERED.sub("", text) for text in rest)
            number = rule
        number += 1


def _table(lines: Lines, line: int, rule: int, names: str, shared: Mapping[str, str]) -> DescribedTable:
    columns, end = read_columns(lines, rule)
    following = (n for n in range(end + 1, len(lines) + 1) if lines.is_rule(n) or _BLOCK.match(lines[n]))
    notes = read_notes(lines, end + 1, next(following, len(lines) + 1))
    listed = tuple(re.findall(r"[^\s,;]+", names)) or ("*",)
    return DescribedTable(line=line, names=listed, columns=columns, notes=dict(shared) | notes)


def _files(lines: Lines) -> dict[str, FileEntry]:
    """The File Summary, by the names of the files."""
    start = _after(lines, r"\s*File Summary")
    files: dict[str, FileEntry] = {}
    if start > len(lines):
        return files
    first = lines.next_rule(lines.next_rule(start) + 1) + 1
    name = ""
    for number in range(first, lines.next_rule(first)):
        match = _FILE.match(lines[number])
        if match:
            name = match[1]
            length, records = (None if x == "." else int(x) for x in (match[2], match[3]))
            about = (match[4] or "").lstrip("*").strip()
            files[name] = FileEntry(line=number, length=length, records=records, about=about)
        elif name and lines[number].strip():
            old = files[name]
            about = f"{old.about} {lines[number].strip()}".strip()
            files[name] = FileEntry(line=old.line, length=old.length, records=old.records, about=about)
    return files


def _head(lines: Lines) -> dict[str, str]:
    """Designation, title, authors and references, bibcode: what stands above the second rule."""
    heading = _HEADING.match(_first(lines).strip())
    if heading is None:
        return {}
    first = lines.next_rule(1) + 1
    block = [lines[n] for n in range(first, lines.next_rule(first))]
    title = " ".join(line.strip() for line in block if line and not line.startswith(" "))
    rest = [line.strip() for line in block if line.startswith(" ")]
    authors = " ".join(line for line in rest if line[:1] not in "<=")
    references = " ".join(line.strip("<> ") for line in rest if line.startswith("<"))
    bibcode = next((line[1:].split()[0] for line in rest if re.match(r"=\S", line)), "")
    return {
        "designation": heading[1],
        "title": title or heading[2],
        "reference": re.sub(r"\s+", " ", f"{authors} {references}").strip(),
        "bibcode": bibcode,
    }


def _machine_readable_head(lines: Lines) -> dict[str, str]:
    """Title, authors and the table's own title above the first rule of an AAS table."""
    found: dict[str, str] = {}
    key = ""
    for number in range(1, lines.next_rule(1)):
        match = re.match(r"\s*(Title|Authors?|Table)\s*:\s*(.*)$", lines[number])
        key = match[1].rstrip("s").lower() if match else key
        text = match[2] if match else lines[number].strip()
        if key:
            found[key] = f"{found.get(key, '')} {text}".strip()
    title = found.get("title") or found.get("table", "")
    return {"title": title, "reference": found.get("author", ""), "table_title": found.get("table", "")}


def _data_line(lines: Lines, blocks: Iterable[object]) -> int | None:
    """The line after the last rule, where data and not the end of the ReadMe stand below it."""
    last = next((n for n in range(len(lines), 0, -1) if lines.is_rule(n)), None)
    if last is None or not list(blocks):
        return None
    below = [line for _, line in lines.numbered(last + 1) if line.strip()]
    if not below or below[0].lstrip().startswith("(End)"):
        return None
    return _below_notes(lines, last + 1)


def _below_notes(lines: Lines, first: int) -> int:
    """The line after notes that no rule ends: below a note its own lines are indented."""
    noted = False
    for number, line in lines.numbered(first):
        noted = noted or re.match(r"\s*Notes?\b.*:", line) is not None
        if line and not (noted and re.match(r"\s*Notes?\b.*:|\s{5,}", line)):
            return number
    return first
