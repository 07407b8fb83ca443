"""Compiled loops that turn text into typed columns; what they do not understand they leave to others.

Eight characters are looked at together, as one unsigned word whose lowest byte is the first of them.
"""

from __future__ import annotations

from ingest.readers.kernels.records import (
    FAR,
    OPEN_END,
    PAD,
    SOUND,
    WRONG_FIELDS,
    WRONG_WIDTH,
    Fields,
    Layout,
    count_lines,
    read,
)
from ingest.readers.kernels.values import BIGINT, BOOLEAN, DOUBLE, INTEGER, REAL, ROUNDED, SMALLINT, TEXT

__all__ = [
    "BIGINT",
    "BOOLEAN",
    "DOUBLE",
    "FAR",
    "INTEGER",
    "OPEN_END",
    "PAD",
    "REAL",
    "ROUNDED",
    "SMALLINT",
    "SOUND",
    "TEXT",
    "WRONG_FIELDS",
    "WRONG_WIDTH",
    "Fields",
    "Layout",
    "count_lines",
    "read",
]
