"""The folder in staging/ where a request's chunks are kept until it is published: what was fetched is not
fetched again.

    staging/fetch.<name>/request.json       what was asked, for whoever looks in
                        /rows/<key>.parquet  the rows of a finished chunk
                        /<key>.done          what is known of it, written after its rows: then it is finished
                        /<key>.split         a chunk that was divided
                        /<key>.vot, .rows    an answer in work, as it came and its rows
                        /<key>.job           the address of a job
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from catalogdb.errors import RemoteError
from catalogdb.faults import writing
from catalogdb.locks import TableLock
from ingest.remote.answer import Answer, rows_file
from ingest.remote.tap import answer_file

PREFIX = "fetch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is known of a finished chunk: rows received and kept, where from, by which words, and when.

    `sha256` is that of the bytes received, `started` a Unix time [s].
    """

    key: str
    question: str
    url: str
    rows_received: int
    rows: int
    overflow: bool
    bytes: int
    sha256: str
    started: float
    seconds: float


class ChunkStore:
    """The chunks of one request; a context manager that holds the request's lock.

    Raises StoreBusy while another process fetches the same.
    """

    def __init__(self, staging: Path, request: Mapping[str, Any], *, fresh: bool = False) -> None:
        text = json.dumps(dict(request), sort_keys=True, default=str)
        self.name = f"{PREFIX}.{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        self.path = staging / self.name
        with writing(staging):
            self._lock = TableLock(staging, self.name)
        try:
            if fresh:
                shutil.rmtree(self.path, ignore_errors=True)
            with writing(self.path):
                (self.path / "rows").mkdir(parents=True, exist_ok=True)
                write_whole(self.path / "request.json", json.dumps(dict(request), indent=1, default=str))
                os.utime(self.path)
        except BaseException:
            self._lock.release()
            raise

    @property
    def rows(self) -> Path:
        """The folder with the rows of the finished chunks."""
        return self.path / "rows"

    def beside(self, key: str) -> Path:
        """The path with which the files of a chunk in work begin."""
        return self.path / key

    def finish(self, answer: Answer, tables: Iterator[pa.Table], note: Note) -> int:
        """Keep a chunk's rows, and then its note with their number, which is returned.

        So a crash leaves both, or a chunk to be fetched. There is one table at least, with or without rows.
        """
        file = self._rows_of(note.key)
        with writing(file):
            draft = file.with_name(f"{file.name}.tmp")
            rows = self._write(draft, tables)
            sync(draft)
            draft.rename(file)
            write_whole(self.path / f"{note.key}.done", json.dumps(asdict(replace(note, rows=rows))))
            answer.remove()
        return rows

    def _write(self, draft: Path, tables: Iterator[pa.Table]) -> int:
        first = next(tables)
        self._check_columns(first.schema)
        rows = 0
        with pq.ParquetWriter(draft, first.schema, compression="zstd") as writer:
            for table in chain([first], tables):
                if table.num_rows:
                    writer.write_table(table)
                rows += table.num_rows
        return rows

    def _rows_of(self, key: str) -> Path:
        return self.rows / f"{key}.parquet"

    def _check_columns(self, schema: pa.Schema) -> None:
        """Every answer must have the columns of the first."""
        first = next(self.rows.glob("*.parquet"), None)
        if first is None:
            return
        known = pq.read_schema(first)
        if not known.equals(schema):
            before, now = ({f"{field.name} {field.type}" for field in each} for each in (known, schema))
            raise RemoteError(
                "the service's answers differ in their columns: "
                f"{', '.join(sorted(before - now)) or '-'} became {', '.join(sorted(now - before)) or '-'}. "
                "Repeat with --fresh to fetch all chunks anew"
            )

    def divide(self, key: str) -> None:
        """Write down that a chunk was divided."""
        with writing(self.path):
            write_whole(self.path / f"{key}.split", "")
            answer = answer_file(self.beside(key))
            for file in (answer, rows_file(answer), self._rows_of(key)):
                file.unlink(missing_ok=True)

    def is_done(self, key: str) -> bool:
        """Whether a chunk is finished."""
        return (self.path / f"{key}.done").exists()

    def is_split(self, key: str) -> bool:
        """Whether a chunk was divided."""
        return (self.path / f"{key}.split").exists()

    def notes(self) -> list[Note]:
        """The notes of the finished chunks, in the order in which their files are read."""
        found = [Note(**json.loads(file.read_text())) for file in self.path.glob("*.done")]
        return sorted(found, key=lambda note: str(self.rows / f"{note.key}.parquet"))

    def remove(self) -> None:
        """Remove everything: the rows are published."""
        with writing(self.path):
            shutil.rmtree(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._has_any():
            shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release()

    def _has_any(self) -> bool:
        """Whether there is something to go on from."""
        return any(file.suffix in {".done", ".split", ".job"} for file in self.path.glob("*"))


def write_whole(file: Path, text: str) -> None:
    """Write a text file so that it is there whole, or not at all."""
    draft = file.with_name(f"{file.name}.tmp")
    draft.write_text(text, encoding="utf-8")
    sync(draft)
    draft.rename(file)


def sync(file: Path) -> None:
    """Bring a file to the disk."""
    with file.open("rb") as stream:
        os.fsync(stream.fileno())


def now() -> float:
    """Return the Unix time [s]."""
    return time.time()
