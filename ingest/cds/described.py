"""The list of columns in a Byte-by-byte Description: bytes, format, unit, label and explanation of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from ingest.cds.explanation import Checks, read_explanation
from ingest.cds.lines import Lines

_ROW = re.compile(r"\s*(\d+)\s*(?:-\s*(\d+))?\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+(.*))?$")
_BYTES = re.compile(r"\s*\d+\s*(-\s*\d+)?\s")
_FORMAT = re.compile(r"(\d*)([AIFED])(\d+)(?:\.(\d+))?(?:,\d*X)?$", re.IGNORECASE)
_NO_LABEL = re.compile(r"\?|[\[\]][-+.,/\d]*[\[\]]")
_REFERENCE = re.compile(r"\(([A-Z]?\d{1,2})\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One column: where it stands, how it is written, and what the ReadMe says of it.

    `format` is a letter of A I F E D, `format_width` the width it says, `decimals` those of F, E and D.
    `notes` are the keys of the notes it refers to. A column labelled --- has no meaning of its own and is
    not kept.
    """

    line: int
    first: int
    last: int
    format: str
    unit: str
    label: str
    text: str = ""
    decimals: int = 0
    repeat: int = 1
    format_width: int = 0
    checks: Checks = field(default_factory=Checks)
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of its bytes."""
        return self.last - self.first + 1

    @property
    def is_number(self) -> bool:
        """Whether one number stands there."""
        return self.format != "A" and self.repeat == 1

    @property
    def named(self) -> bool:
        """Whether it has a label."""
        return bool(self.label.strip("-"))


def read_columns(lines: Lines, rule: int) -> tuple[tuple[Described, ...], int]:
    """Return the columns below the rule, and the line of the rule after them.

    SpecError, with the line, for bytes that overlap, a format that is none, or a line that is no column.
    """
    heading = rule + 1
    at_format = lines[heading].find("Format") if heading <= len(lines) else -1
    if at_format < 0:
        raise lines.fail(
            min(rule, len(lines)),
            "a line of the headings Bytes, Format, Units, Label, Explanations must follow",
        )
    first = lines.next_rule(heading) + 1
    end = lines.next_rule(first)
    if end > len(lines):
        raise lines.fail(
            min(first, end) - 1, "no line of dashes ends the columns below it: is the ReadMe whole?"
        )
    columns: list[Described] = []
    for number in range(first, end):
        line = lines[number]
        if _BYTES.match(line) and len(line) - len(line.lstrip()) < at_format:
            columns.append(_column(lines, number))
        elif line.strip() and columns:
            text = f"{columns[-1].text} {line.strip()}".strip()
            columns[-1] = replace(columns[-1], text=text)
        elif line.strip():
            raise lines.fail(number, "a column is expected: its bytes, format, unit and label")
    if not columns:
        raise lines.fail(min(rule, len(lines)), "no column is described below it")
    _check_overlap(lines, columns)
    return tuple(_explained(lines, column) for column in columns), end


def _column(lines: Lines, number: int) -> Described:
    row = _ROW.match(lines[number])
    if row is None:
        raise lines.fail(number, "a column is expected: its bytes, format, unit and label")
    form = _FORMAT.match(row[3])
    if form is None:
        raise lines.fail(number, f"{row[3]} is no format: A, I, F, E or D and a width, such as F7.3")
    if _NO_LABEL.match(row[5]):
        raise lines.fail(
            number, f"{row[5]} stands where a label is expected: unit or label is missing (--- is no unit)"
        )
    first, last = int(row[1]), int(row[2] or row[1])
    if not 1 <= first <= last:
        raise lines.fail(number, f"bytes {first}-{last}: they are counted from 1, first to last")
    return Described(
        line=number,
        first=first,
        last=last,
        format=form[2].upper(),
        decimals=int(form[4] or 0),
        repeat=int(form[1] or 1),
        format_width=int(form[3]),
        unit=row[4],
        label=row[5],
        text=(row[6] or "").strip(),
    )


def _explained(lines: Lines, column: Described) -> Described:
    """The column with the checks taken out of its explanation, and the notes it refers to."""
    checks, text = read_explanation(column.text, number=column.is_number)
    if checks.unknown:
        raise lines.fail(column.line, checks.unknown)
    text = re.sub(r"\s+", " ", text)
    return replace(column, checks=checks, text=text, notes=tuple(_REFERENCE.findall(text)))


def _check_overlap(lines: Lines, columns: list[Described]) -> None:
    before: Described | None = None
    for column in sorted(columns, key=lambda c: c.first):
        if before is not None and column.first <= before.last:
            raise lines.fail(
                column.line,
                f"{column.label} begins at byte {column.first}, within {before.label} "
                f"(bytes {before.first}-{before.last}, line {before.line}): mend a copy of the ReadMe",
            )
        before = column
