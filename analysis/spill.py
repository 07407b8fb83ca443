"""Rows that wait on disk until what all of them decide is known, such as a false-discovery rate."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa


class Spill:
    """Tables of one schema, written one after the other and read back in that order."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._file = file
        self._writer = pa.ipc.new_stream(pa.PythonFile(file, mode="w"), schema)
        self.schema = schema
        self.rows = 0

    def write(self, rows: pa.Table) -> None:
        """Append rows; they leave memory."""
        self._writer.write_table(rows)
        self.rows += rows.num_rows

    def read(self, schema: pa.Schema, change: Callable[[pa.Table, int], pa.Table]) -> pa.RecordBatchReader:
        """Return all rows, each batch changed to `schema` by `change(rows, number of rows before)`."""
        self._writer.close()
        self._file.seek(0)

        def batches() -> Iterator[pa.RecordBatch]:
            before = 0
            for batch in pa.ipc.open_stream(pa.PythonFile(self._file, mode="r")):
                changed = change(pa.Table.from_batches([batch]), before)
                before += batch.num_rows
                yield from changed.to_batches()

        return pa.RecordBatchReader.from_batches(schema, batches())


@contextmanager
def spill(folder: Path, schema: pa.Schema) -> Iterator[Spill]:
    """A Spill in a file without a name in the folder's tmp, which no crash leaves behind."""
    tmp = folder / "tmp"
    usable = tmp.is_dir() and os.access(tmp, os.W_OK | os.X_OK)
    with tempfile.TemporaryFile(dir=tmp if usable else None) as file:
        yield Spill(file, schema)
