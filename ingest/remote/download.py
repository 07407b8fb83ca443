"""All chunks of a plan, fetched by a few threads: finished ones are not asked for, large ones divided."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from catalogdb.errors import RemoteError, TruncatedAnswer
from ingest.meter import Progress
from ingest.remote.answer import Answer, quiet
from ingest.remote.chunk import Chunk, Plan, Question
from ingest.remote.chunk_store import ChunkStore, Note
from ingest.remote.patience import Patience, Stopped, TooMuch, Transient

log = logging.getLogger(__name__)

_LOOK_S = 0.2


class Asker(Protocol):
    """A service that can be asked."""

    what: str

    def ask(self, question: Question, path: Path) -> Answer:
        """The answer, saved beside `path`; raises Transient, TooMuch or RemoteError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What to fetch, from whom, where to keep it, and how: the arguments of `download`.

    `truncated`: an answer that is cut off and can not be divided is taken as it is. `verify`: every
    chunk's rows are compared with the service's own count.
    """

    plan: Plan
    asker: Asker
    store: ChunkStore
    patience: Patience
    parallel: int = 1
    truncated: bool = False
    verify: bool = False
    label: str = "fetching"
    progress: Progress | None = None


def download(job: Download) -> None:
    """Fetch every chunk of the plan into the store, or raise what stopped it.

    Chunks that the store has are not asked for. After a fault, or Ctrl-C, the finished ones stay.
    """
    todo: queue.SimpleQueue[Chunk | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[list[Chunk] | BaseException | int] = queue.SimpleQueue()
    tally = _Tally(job)
    waiting = [piece for chunk in job.plan.start() for piece in tally.unfinished(chunk)]
    for chunk in waiting:
        todo.put(chunk)
    count = len(waiting)
    with quiet():
        crew = [
            threading.Thread(target=_work, args=(job, todo, done), name=f"fetch-{number}", daemon=True)
            for number in range(min(job.parallel, max(1, count)) if count else 0)
        ]
        for thread in crew:
            thread.start()
        try:
            while count:
                count += tally.settle(_next(done), todo)
        finally:
            job.patience.stop.set()
            for _ in crew:
                todo.put(None)
            for thread in crew:
                thread.join(timeout=2.0)


def _next(done: queue.SimpleQueue[list[Chunk] | BaseException | int]) -> list[Chunk] | int:
    """What a thread has to report; waited for in short looks, so that Ctrl-C is heard. Raises its error."""
    while True:
        try:
            found = done.get(timeout=_LOOK_S)
        except queue.Empty:
            continue
        if isinstance(found, BaseException):
            raise found
        return found


class _Tally:
    """What is finished and what remains, told to the progress."""

    def __init__(self, job: Download) -> None:
        self.job, self.finished, self.total, self.rows = job, 0, 0, 0
        self.before = sum(note.rows for note in job.store.notes())

    def unfinished(self, chunk: Chunk) -> list[Chunk]:
        """The chunk, or those of its pieces, that the store does not have."""
        store = self.job.store
        if store.is_done(chunk.key):
            self.finished += 1
            self.total += 1
            return []
        if store.is_split(chunk.key):
            return [piece for part in self.job.plan.split(chunk) for piece in self.unfinished(part)]
        self.total += 1
        return [chunk]

    def settle(self, report: list[Chunk] | int, todo: queue.SimpleQueue[Chunk | None]) -> int:
        """Count a finished chunk, or queue a divided one's pieces; returns the change in what remains."""
        change = -1
        if isinstance(report, int):
            self.finished += 1
            self.rows += report
        else:
            self.total -= 1
            fresh = [piece for part in report for piece in self.unfinished(part)]
            for piece in fresh:
                todo.put(piece)
            change += len(fresh)
        if self.job.progress is not None:
            self.job.progress(f"{self.job.label}, chunks", self.finished, self.total)
            self.job.progress(f"{self.job.label}, rows", self.before + self.rows, None)
        return change


def _work(
    job: Download,
    todo: queue.SimpleQueue[Chunk | None],
    done: queue.SimpleQueue[list[Chunk] | BaseException | int],
) -> None:
    """Fetch chunks until there are none, or something stops it."""
    while (chunk := todo.get()) is not None and not job.patience.stop.is_set():
        try:
            done.put(_fetch(job, chunk))
        except Stopped:
            return
        except BaseException as error:  # noqa: BLE001  (the main thread raises it)
            done.put(error)
            return


def _fetch(job: Download, chunk: Chunk) -> list[Chunk] | int:
    """Fetch one chunk; returns the number of its rows, or the pieces into which it was divided."""
    question = job.plan.question(chunk)
    pieces = job.plan.split(chunk)
    started = time.time()
    try:
        answer = job.patience.attempt(
            f"{job.asker.what}, chunk {chunk.key}", _asked(job, question, chunk), divisible=bool(pieces)
        )
    except TooMuch as error:
        return _divided(job, chunk, pieces, str(error))
    if answer.overflow and pieces:
        return _divided(job, chunk, pieces, f"more than {answer.rows:,} rows")
    if answer.overflow and not job.truncated:
        raise TruncatedAnswer(
            f"{job.asker.what} gave {answer.rows:,} rows, which is where it stops, for\n"
            f"  {question.text}\nAsk for less, or take what it gives with --allow-truncated"
        )
    note = Note(
        key=chunk.key,
        question=question.text,
        url=answer.saved.url,
        rows_received=answer.rows,
        rows=0,
        overflow=answer.overflow,
        bytes=answer.saved.bytes,
        sha256=answer.saved.sha256,
        started=started,
        seconds=time.time() - started,
    )
    return job.store.finish(answer, (job.plan.own(chunk, rows) for rows in answer.tables()), note)


def _asked(job: Download, question: Question, chunk: Chunk) -> Callable[[], Answer]:
    def ask() -> Answer:
        path = job.store.beside(chunk.key)
        answer = job.asker.ask(question, path)
        if job.verify and question.count and not answer.overflow:
            _verify(job, question, path, answer.rows)
        return answer

    return ask


def _verify(job: Download, question: Question, path: Path, rows: int) -> None:
    """Compare with the service's own count; Transient where they differ, so that the chunk is asked again."""
    counting = replace(question, adql=question.count, text=question.count, count="", expected_rows=1.0)
    answer = job.asker.ask(counting, path.with_name(f"{path.name}.count"))
    counted = answer.table().column(0)[0].as_py()
    answer.remove()
    if counted != rows:
        raise Transient(f"it gave {rows:,} rows and counts {counted:,}")


def _divided(job: Download, chunk: Chunk, pieces: list[Chunk], reason: str) -> list[Chunk]:
    if not pieces:
        raise RemoteError(
            f"{job.asker.what}, chunk {chunk.key}: {reason}, and it can not be divided further. "
            "Ask for less: a smaller cone, --where, or fewer --columns"
        )
    log.info("chunk %s is divided into %d: %s", chunk.key, len(pieces), reason)
    job.store.divide(chunk.key)
    return pieces
