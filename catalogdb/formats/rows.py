"""The rows of a result, cut at the most that may be given."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa


class Rows:
    """Iterates over `batches` and stops after `maxrec` rows, if it is not None.

    Afterwards `count` is the number of rows given, and `overflow` tells whether there was one more.
    With maxrec = 0 nothing is asked of `batches`, and it is an overflow, as TAP has it.
    """

    def __init__(self, batches: Iterator[pa.RecordBatch], maxrec: int | None = None) -> None:
        self._batches, self._maxrec = batches, maxrec
        self._ahead: list[pa.RecordBatch] = []
        self.count = 0
        self.overflow = maxrec == 0

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        while (batch := self._next()) is not None:
            yield batch

    def look(self, rows: int) -> tuple[list[pa.RecordBatch], bool]:
        """The first batches, `rows` rows or somewhat more, and whether they are all.

        They are given again by the iteration.
        """
        taken: list[pa.RecordBatch] = []
        while sum(batch.num_rows for batch in taken) < rows:
            batch = self._next()
            if batch is None:
                break
            taken.append(batch)
        are_all = sum(batch.num_rows for batch in taken) < rows
        self._ahead = taken + self._ahead
        return taken, are_all

    def _next(self) -> pa.RecordBatch | None:
        if self._ahead:
            return self._ahead.pop(0)
        if self.overflow:
            return None
        batch = next(self._batches, None)
        if batch is None:
            return None
        if self._maxrec is not None and self.count + batch.num_rows > self._maxrec:
            self.overflow = True
            batch = batch.slice(0, self._maxrec - self.count)
            if not batch.num_rows:
                return None
        self.count += batch.num_rows
        return batch
