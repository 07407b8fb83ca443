"""Files grouped for reading: batches, of which each becomes a piece, and groups read by one statement."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.planning import PlannedFile
from ingest.readers import READERS
from ingest.readers.base import ArrayReader
from ingest.readers.sections import has_sections
from ingest.readers.stream import compression

LEAST_BYTES = 32_000_000
"""Text or records of a batch: seconds of work, against which making a piece of them counts little."""

MOST_PIECES = 96
"""Pieces of one ingest: as many files are open when they are merged."""

SMALL_BYTES = 4_000_000
"""Of smaller text files many are read by one statement: to plan one for each would take longer."""

_UNPACKED = 5
"""About how much longer text is than it is compressed."""

Batch = tuple[PlannedFile, ...]


def weight_bytes(planned: PlannedFile) -> int:
    """About how much there is to be read of a file, decompressed."""
    packed = planned.path.is_file() and compression(planned.path)
    return planned.file.size * (_UNPACKED if packed else 1)


def batches(files: Sequence[PlannedFile]) -> list[Batch]:
    """Divide the files, in their order, into batches of some size; a large file is a batch of its own."""
    weights = [weight_bytes(file) for file in files]
    enough = max(LEAST_BYTES, sum(weights) // MOST_PIECES)
    found: list[list[PlannedFile]] = []
    filled = enough
    for file, weight in zip(files, weights, strict=True):
        if filled + weight // 2 >= enough:
            found.append([])
            filled = 0
        found[-1].append(file)
        filled += weight
    return [tuple(batch) for batch in found]


def groups(batch: Batch) -> list[Batch]:
    """Divide a batch into files that one statement reads: of one layout, in streams that can be joined."""
    found: list[list[PlannedFile]] = []
    for file in batch:
        if found and _joinable(found[-1][-1]) and _joinable(file) and found[-1][-1].plan.is_like(file.plan):
            found[-1].append(file)
        else:
            found.append([file])
    return [tuple(group) for group in found]


def reads_streams(planned: PlannedFile) -> bool:
    """Whether several such files can be read as one stream."""
    form = planned.plan.form
    # Where one record is several rows those of each file are counted by its statement.
    if form.unroll or has_sections(form):
        return False
    return isinstance(READERS[form.reader], ArrayReader) or form.reader in _JOINED_TEXTS


_JOINED_TEXTS = ("fixed_width", "delimited", "csv")


def _joinable(planned: PlannedFile) -> bool:
    """Whether Python's own stream reads the file as fast as DuckDB would, its planning included."""
    text = planned.plan.form.reader in _JOINED_TEXTS
    return reads_streams(planned) and not (text and weight_bytes(planned) > SMALL_BYTES)
