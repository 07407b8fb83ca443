"""One ingest of spectra: files read one after the other into pieces, the pieces merged and published."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from catalogdb.errors import CatalogError, DataError, NotOfForm
from catalogdb.locks import TableLock
from catalogdb.pieces import Piece, Pieces
from catalogdb.provenance import Ingest
from catalogdb.registry import code_version
from catalogdb.store import Store
from catalogdb.writer import Bench
from ingest.engine import Mode
from ingest.files import NamedFile, state_of
from ingest.job import sha256_of
from ingest.meter import Progress
from ingest.resume import ReadFile, finished_pieces, note_of
from ingest.spectra.faults import Rejected, SpectrumError, write_rejected
from ingest.spectra.layout import How, Notes
from ingest.spectra.piece import Filled, fill, fill_from_stream, spec_ids
from ingest.spectra.publish import Published, Sources, publish
from ingest.spectra.reading import is_big, read_mapped, read_whole
from ingest.spectra.spectrum import Block
from ingest.spectra.tables import GRID_SUFFIX

PIECE_BYTES = 64_000_000
"""Spectra of one piece: what an ingest holds in memory at a time, beside DuckDB."""

MOST_PIECES = 96
"""Pieces of one ingest, as long as none of them has to be larger than MOST_BYTES."""

MOST_BYTES = 256_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `ingest_spectra` was asked for."""

    schema: str
    name: str
    mode: Mode
    how: How
    rejects: Path | None
    restart: bool
    skip_known: bool
    progress: Progress | None
    show: Callable[[str], object]

    @property
    def table(self) -> str:
        """The qualified name of the table of spectra."""
        return f"{self.schema}.{self.name}"

    @property
    def grid_table(self) -> str:
        """The qualified name of the table of grids."""
        return f"{self.table}{GRID_SUFFIX}"


@dataclass(slots=True)
class Pending:
    """Files that are read, and not stored yet."""

    blocks: list[Block] = field(default_factory=list)
    files: list[ReadFile] = field(default_factory=list)
    bytes: int = 0

    def add(self, file: ReadFile, blocks: Sequence[Block]) -> None:
        """Add the spectra of a file."""
        self.files.append(file)
        self.blocks += blocks
        self.bytes += sum(each.bytes for each in blocks)


@dataclass(slots=True)
class Accepted:
    """The spectra of a file that are kept, and those that are set aside."""

    blocks: list[Block] = field(default_factory=list)
    kept: int = 0
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(slots=True)
class Done:
    """What the job did; the fields of SpectraReport."""

    ingests: list[Ingest] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    strangers: list[Rejected] = field(default_factory=list)
    known: list[Path] = field(default_factory=list)
    spectra: int = 0
    grids: int = 0
    without_position: int = 0
    without_pixels: int = 0
    resumed: int = 0
    seconds: float = 0.0
    snapshot: int = 0


class Job:
    """Reads files of spectra into pieces, or a few straight into the table, and publishes both tables."""

    def __init__(
        self, store: Store, wanted: Wanted, bench: Bench, locks: tuple[TableLock, TableLock]
    ) -> None:
        self._store, self._wanted, self._bench, self._locks = store, wanted, bench, locks
        self._pieces = Pieces(store.path / "staging", wanted.table, bench.snapshot.number)
        self._recipe = {"spectra": repr(wanted.how.recipe()), "code": code_version()}
        self._done, self._notes = Done(), Notes()
        self._seen: dict[str, str] = {}
        self._kept: list[Filled] = []
        self._old: dict[str, str] = {}
        self._files = 0
        self._spectra = 0

    def run(self, named: Sequence[NamedFile]) -> Done:
        """Read, publish, and say what was done."""
        started = time.time()
        self._limit = min(MOST_BYTES, max(PIECE_BYTES, 2 * sum(file.size for file in named) // MOST_PIECES))
        self._look_at_table()
        todo = self._resumed(named)
        pending = Pending()
        try:
            for file in todo:
                self._one(file, pending)
                self._tell(len(named))
            return self._finish(pending, started)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._kept_words("interrupted: ", len(named))) from None
        except CatalogError as error:
            if words := self._kept_words("", len(named)):
                error.add_note(words)
            raise

    def _finish(self, pending: Pending, started: float) -> Done:
        """Store what is left, publish, and report."""
        done, wanted = self._done, self._wanted
        if wanted.rejects is not None:
            write_rejected(wanted.rejects, [*done.rejected, *done.strangers])
        if not self._kept and not pending.files:
            return self._nothing(started)
        if self._kept and pending.files:
            self._keep(pending)
            pending = Pending()
        self._count(self._notes)
        sources = Sources(tuple(self._kept), tuple(pending.blocks))
        files = [file for each in self._kept for file in each.files] + pending.files
        done.ingests += [file.ingest for file in files]
        published: Published = publish(self._store, wanted, self._bench, self._locks, sources, done.ingests)
        done.spectra, done.grids = published.spectra, published.grids
        done.without_position, done.snapshot = published.without_position, published.snapshot
        done.without_pixels = published.without_pixels
        done.seconds = time.time() - started
        return done

    def _nothing(self, started: float) -> Done:
        """Nothing new: fine where the table has all files already, an error otherwise."""
        done = self._done
        if not done.known:
            listed = f": {done.rejected[0].reason}" if done.rejected else ""
            raise DataError(f"no spectrum could be read of the files named; nothing is published{listed}")
        done.snapshot, done.seconds = self._store.snapshot, time.time() - started
        return done

    def _look_at_table(self) -> None:
        """Note what the table has already, where rows are to be added."""
        if self._wanted.mode != "append":
            return
        self._old = {each.sha256: each.file for each in self._store.ingests(self._wanted.table)}
        self._seen = spec_ids(self._bench.con, self._wanted.table)

    def _resumed(self, named: Sequence[NamedFile]) -> list[NamedFile]:
        """Take over the pieces of an ingest that was interrupted; return the files that are left."""
        wanted, present = self._wanted, {table.qualified_name for table in self._store.tables()}
        if wanted.restart:
            self._pieces.clear()
        if wanted.table in present:
            self._pieces.remove_older(self._store.info(wanted.table).since)
        if not self._pieces.exists():
            return list(named)
        found, words = finished_pieces(
            self._pieces.found(self._bench.con),
            self._recipe,
            named,
            with_rejected=wanted.rejects is not None,
        )
        for text in words:
            wanted.show(text)
        for each in found:
            self._take_over(each.piece, each.files)
        done = {file.path for each in found for file in each.files}
        if done:
            wanted.show(f"{len(done)} of {len(named)} files were read before and are not read again")
        self._done.resumed = len(done)
        return [file for file in named if file.path not in done]

    def _take_over(self, piece: Piece, files: tuple[ReadFile, ...]) -> None:
        piece.attach(self._bench.con)
        self._seen |= spec_ids(self._bench.con, piece.built)
        self._done.rejected += [Rejected(**each) for each in piece.note["rejected"]]
        self._count(Notes(dict(piece.note["left_out"])))
        self._kept.append(Filled(piece, files, int(piece.note["pixels"])))
        self._files += len(files)
        self._spectra += piece.rows

    def _one(self, file: NamedFile, pending: Pending) -> None:
        """Read one file into `pending`, or a large one into a piece of its own."""
        self._files += 1
        started = time.time()
        try:
            if is_big(file.path, file.size):
                self._large(file, started)
                return
            digest, layout, blocks = read_whole(file.path, self._wanted.how, self._notes)
            if self._is_known(file, digest):
                return
            read = self._accepted(file, blocks)
            recorded = self._read(file, digest, layout, read, started)
        except NotOfForm as error:
            if file.folder is None:
                self._reject(file, error)
            else:
                self._done.strangers.append(Rejected(str(file.path), None, str(error)))
            return
        except SpectrumError as error:
            self._reject(file, error)
            return
        pending.add(recorded, read.blocks)
        self._spectra += read.kept
        if pending.bytes >= self._limit:
            self._keep(pending)
            pending.blocks, pending.files, pending.bytes = [], [], 0

    def _large(self, file: NamedFile, started: float) -> None:
        """Read a file that is not held in memory, block after block, into a piece of its own."""
        digest = sha256_of(file.path)
        if self._is_known(file, digest):
            return
        accepted, notes = Accepted(), Notes()

        def noted(layout: str) -> dict[str, Any]:
            return self._note([self._read(file, digest, layout, accepted, started)], notes)

        before = dict(self._seen)
        try:
            with read_mapped(file.path, self._wanted.how, notes, self._store.path / "tmp") as (name, blocks):
                self._kept.append(
                    fill_from_stream(
                        self._pieces,
                        self._bench.con,
                        (self._wanted.schema, self._wanted.name),
                        self._streamed(file, blocks, accepted),
                        lambda: noted(name),
                    )
                )
        except BaseException:
            self._seen = before
            raise
        self._count(notes)

    def _streamed(self, file: NamedFile, blocks: Iterator[Block], accepted: Accepted) -> Iterator[Block]:
        for each in blocks:
            found = self._accepted(file, [each])
            accepted.kept += found.kept
            accepted.rejected += found.rejected
            self._spectra += found.kept
            yield from found.blocks

    def _accepted(self, file: NamedFile, blocks: Sequence[Block]) -> Accepted:
        """The spectra whose spec_id is new; an error for others, unless they are set aside."""
        found = Accepted()
        for each in blocks:
            keep = np.array([self._is_new(file, row["spec_id"], found) for row in each.rows])
            found.kept += int(keep.sum())
            if keep.all():
                found.blocks.append(each)
            elif keep.any():
                found.blocks.append(each.kept(keep))
        return found

    def _is_new(self, file: NamedFile, name: str, found: Accepted) -> bool:
        other = self._seen.setdefault(name, "")
        if not other:
            self._seen[name] = file.path.name
            return True
        reason = f"spec_id {name} stands in {other} too"
        if self._wanted.rejects is None:
            raise SpectrumError(
                str(file.path),
                f"{reason}: leave one of the files out, or pass --rejects FILE to set repetitions aside",
            )
        found.rejected.append(Rejected(str(file.path), name, reason))
        return False

    def _is_known(self, file: NamedFile, digest: str) -> bool:
        """Whether the table has the file already; an error unless such are passed over."""
        if digest not in self._old:
            return False
        if not self._wanted.skip_known:
            raise DataError(
                f"{self._wanted.table} has the spectra of {file.path} already (as {self._old[digest]}): leave"
                " it out, or pass --skip-known to add only the others"
            )
        self._done.known.append(file.path)
        return True

    def _reject(self, file: NamedFile, error: DataError) -> None:
        """Set a whole file aside, or raise its error."""
        if self._wanted.rejects is None:
            raise error
        self._done.rejected.append(Rejected(str(file.path), None, str(error)))

    def _read(self, file: NamedFile, digest: str, layout: str, read: Accepted, started: float) -> ReadFile:
        """What is recorded of a file; DataError if it is no longer what was read."""
        now = state_of(file.path)
        if (now.size, now.mtime_ns) != (file.size, file.mtime_ns):
            raise DataError(f"{file.path} was changed while it was read: repeat when it is whole")
        self._done.rejected += read.rejected
        ingest = Ingest(
            file=str(file.path.absolute()),
            sha256=digest,
            catalogue="spectra",
            form=layout,
            rows_read=read.kept + len(read.rejected),
            rows_kept=read.kept,
            rows_rejected=len(read.rejected),
            started=started,
            seconds=time.time() - started,
        )
        return ReadFile(file.path, now.size, now.mtime_ns, None, ingest)

    def _keep(self, pending: Pending) -> None:
        """Store the spectra that are read as a piece, which outlives this process."""
        filled = fill(
            self._pieces,
            self._bench.con,
            (self._wanted.schema, self._wanted.name),
            pending.blocks,
            self._note(pending.files, self._notes),
        )
        self._kept.append(filled)
        self._count(self._notes)
        self._notes = Notes()

    def _note(self, files: Sequence[ReadFile], notes: Notes) -> dict[str, Any]:
        paths = {str(file.path) for file in files}
        told = [asdict(each) for each in self._done.rejected if each.file in paths]
        return note_of(self._recipe, files) | {"rejected": told, "left_out": notes.left_out}

    def _count(self, notes: Notes) -> None:
        for reason, number in notes.left_out.items():
            self._done.left_out[reason] = self._done.left_out.get(reason, 0) + number

    def _tell(self, total: int) -> None:
        if self._wanted.progress is not None:
            self._wanted.progress(f"reading {self._wanted.name}, files", self._files, total)
            self._wanted.progress(f"reading {self._wanted.name}, spectra", self._spectra, None)

    def _kept_words(self, what: str, total: int) -> str:
        done = sum(len(each.files) for each in self._kept)
        if not done:
            return ""
        return (
            f"{what}nothing is published. {done} of {total} files are read and kept: repeat the command to go"
            " on with the others (--restart reads all anew)"
        )
