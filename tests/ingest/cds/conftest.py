"""ReadMe files and tables as the CDS writes them, with whatever a test wants to be hard in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

RULE = "-" * 80
Published = Callable[..., tuple[Path, Path]]


def described(columns: str, names: str, notes: str = "") -> str:
    """A Byte-by-byte Description of the files `names`."""
    body = "\n".join(line for line in columns.splitlines() if line.strip())
    below = f"{notes.strip()}\n{RULE}\n" if notes else ""
    head = "   Bytes Format Units   Label     Explanations"
    return f"Byte-by-byte Description of file: {names}\n{RULE}\n{head}\n{RULE}\n{body}\n{RULE}\n{below}"


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """Write a ReadMe that describes one table by lines of columns, and the table; return their paths."""

    def write(
        columns: str,
        rows: Sequence[str],
        *,
        name: str = "stars.dat",
        notes: str = "",
        prose: str = "",
        records: int | str = ".",
    ) -> tuple[Path, Path]:
        readme, data = tmp_path / "ReadMe", tmp_path / name
        readme.write_text(
            f"""J/X/1/1       Some stars                                (Somebody, 2000)
{"=" * 80}
Some stars that nobody has seen.
    Somebody S.
   <Journal 1, 1 (2000)>
   =2000Jou.....1....1S
{"=" * 80}
Description:
    {prose}

File Summary:
{RULE}
 FileName   Lrecl  Records   Explanations
{RULE}
ReadMe         80        .   This file
{name}     80        {records}   Stars that nobody
                              has seen
{RULE}

{described(columns, name, notes)}
{"=" * 80}
(End)                                             Somebody [CDS]    01-Jan-2000
"""
        )
        data.write_text("".join(f"{row}\n" for row in rows))
        return readme, data

    return write
