"""Whether the lines of the files are as long as the ReadMe describes them; a shorter one may be torn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.cds.cells import line_lengths
from ingest.cds.described import Described
from ingest.spec import Form

FEW = 0.01
"""Share of the lines that may be torn; more are how the file is written."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """The `width` that every line must have, None where lines differ soundly; and a remark on the lines.

    `longest` is 0 where the lines go on after what is described, None where they end with it.
    """

    width: int | None = None
    longest: int | None = None
    remark: str = ""


def lengths(columns: Sequence[Described], files: Sequence[Path], form: Form) -> Lengths:
    """Return what the lengths of the lines tell.

    Blanks at the end of a line are often cut off. But numbers are written to the right: a line that ends
    within the bytes of one is torn. If all others have one length, it is demanded of every line; of many
    such lines it is only said, for some files have their numbers to the left.
    """
    found = line_lengths(files, form)
    end = max(column.last for column in columns)
    numbers = [column for column in columns if column.is_number]
    torn = [
        (whole, n)
        for whole, bare, n in found
        if whole == bare and any(column.first <= whole < column.last for column in numbers)
    ]
    if torn:
        lines, total = sum(n for _, n in torn), sum(n for *_, n in found)
        told = f"{lines} line{'s end' if lines > 1 else ' ends'} within the bytes of a number"
        others = {whole for whole, _, _ in found} - {whole for whole, _ in torn}
        if len(others) == 1 and lines <= max(1, FEW * total):
            (width,) = others
            return Lengths(width, remark=f"{told}: torn, all others have {width} bytes, which is demanded")
        told += f" (at byte {torn[0][0]}): torn, or numbers stand to the left; look at them"
        return Lengths(longest=0 if any(bare > end for _, bare, _ in found) else None, remark=told)
    return _beyond(found, end)


def _beyond(found: Sequence[tuple[int, int, int]], end: int) -> Lengths:
    """Of a few lines what follows the last field is an error; of many it is how the file is written."""
    longer = sum(n for _, bare, n in found if bare > end)
    if not longer:
        return Lengths()
    longest = max(bare for _, bare, _ in found)
    if longer <= max(1, FEW * sum(n for *_, n in found)):
        lines = f"{longer} line{'s go' if longer > 1 else ' goes'}"
        return Lengths(remark=f"{lines} on after byte {end}, where the record ends, to {longest}: refused")
    return Lengths(
        longest=0, remark=f"lines have up to {longest} bytes: those after {end} are not described, not read"
    )
