"""One ingest within the writer of its table: the files read, checked together, and brought in order."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from catalogdb.ddl import qualified
from catalogdb.draft import Draft
from catalogdb.errors import CatalogError, DataError
from catalogdb.pieces import Piece
from catalogdb.provenance import Ingest
from catalogdb.writer import Writer
from ingest import faults, repeated
from ingest.batches import Batch
from ingest.files import NamedFile, state_of
from ingest.meter import Meter
from ingest.parallel import Crew
from ingest.partners import check_partners
from ingest.planning import PlannedFile, Planner
from ingest.readers.parquet import parquet_files
from ingest.readers.stream import unreadable
from ingest.reading import BatchReader, RowStore
from ingest.resume import FinishedPiece, ReadFile, note_of
from ingest.spec import Spec
from ingest.together import read_together

_REJECTED = "rejected_"
"""The table of a piece that has the bad records which were set aside."""


class Job:
    """Reads files into the writer's table; `files` are all that are named, in their order."""

    def __init__(
        self,
        writer: Writer,
        spec: Spec,
        planner: Planner,
        files: Sequence[NamedFile],
        made_by: Mapping[str, str],
        meter: Meter,
        sums: Mapping[Path, str],
    ) -> None:
        self._writer, self._spec, self._planner, self._meter = writer, spec, planner, meter
        self._files, self._made_by, self._sums = files, made_by, sums
        self._order = {file.path: number for number, file in enumerate(files)}
        self._lock = threading.Lock()
        self._finished: list[FinishedPiece] = []
        self._unique = spec.unique and writer.table.has("source_id")
        self._old = writer.table.qualified_name if writer.mode == "append" else None

    def direct(self, batch: Batch) -> list[ReadFile]:
        """Read one batch strictly, straight into the table's part."""
        started = time.time()
        reader = BatchReader(self._writer.table, self._meter)
        with self._meter.watching(self._writer.con):
            rows = reader.strict(self._writer.con, batch, _storing(self._writer))
        self._refuse_repeated([self._writer.built], lambda identifier: batch)
        read = [self._read(file, rows[file.path], 0, started) for file in batch]
        _refuse_copies(read)
        return read

    def joined(self, files: Batch, rejects: Path | None) -> list[ReadFile]:
        """Read files whose rows are joined into the table's part; all or none of them."""
        started, con, strict = time.time(), self._writer.con, rejects is None
        statement, kept = read_together(con, files, self._writer.table, strict=strict, unique=self._unique)
        bad = {} if rejects is None else faults.rejected_by_file(con)
        if rejects is not None:
            faults.write_rejects(con, rejects, [file.path for file in files])
        names = [column.name for column in self._writer.table.columns]
        self._writer.insert(statement, columns=names)
        self._refuse_repeated([self._writer.built], lambda identifier: files)
        check_partners(con, [file.plan for file in files], strict=strict)
        read = [self._read(f, kept[f.path], bad.get(str(f.path), 0), started) for f in files]
        _refuse_copies(read)
        return read

    def by_pieces(
        self,
        todo: Sequence[Batch],
        finished: Sequence[FinishedPiece],
        rejects: Path | None,
        threads: int,
    ) -> list[ReadFile]:
        """Read batches into pieces, several at once, and merge them with those `finished` before.

        What stops it leaves the finished pieces, and says so.
        """
        self._finished = list(finished)
        crew = Crew(self._writer.con, max(1, min(threads, len(todo))))
        try:
            crew.run(todo, lambda con, batch: self._piece(con, batch, crew, rejects), self._meter.tick)
            return self._merged(rejects)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._kept("interrupted: ")) from None
        except CatalogError as error:
            if self._finished:
                error.add_note(self._kept(""))
            raise

    def _kept(self, what: str) -> str:
        done = sum(len(each.files) for each in self._finished)
        if not done:
            return ""
        return (
            f"{what}nothing is published. {done} of {len(self._files)} files are read and kept: repeat the "
            "command to go on with the others (--restart reads all anew)"
        )

    def _piece(self, con: duckdb.DuckDBPyConnection, batch: Batch, crew: Crew, rejects: Path | None) -> None:
        """Read one batch into a piece, in a thread of the crew's."""
        started = time.time()
        draft = self._writer.pieces.begin(con, self._writer.table)
        reader = BatchReader(self._writer.table, self._meter, crew.check)
        try:
            rows = (reader.strict if rejects is None else reader.sound)(con, batch, _storing(draft))
            bad = {} if rejects is None else faults.rejected_by_file(con)
            if bad:
                target = qualified(draft.path.stem, "main", _REJECTED)
                con.execute(f"CREATE TABLE {target} AS FROM {faults.REJECTED}")
            read = tuple(self._read(f, rows[f.path], bad.get(str(f.path), 0), started) for f in batch)
            piece = self._writer.pieces.keep(draft, note_of(self._made_by, read))
        except BaseException:
            draft.discard()
            raise
        with self._lock:
            self._finished.append(FinishedPiece(piece, read))
            self._meter.finished(rows)

    def _read(self, file: PlannedFile, kept: int, bad: int, started: float) -> ReadFile:
        """What is recorded of a file that was read; DataError if it is no longer what was read."""
        digest = self._sums.get(file.path) or sha256_of(file.path)
        now = state_of(file.path)
        if (now.size, now.mtime_ns) != (file.file.size, file.file.mtime_ns):
            raise DataError(f"{file.path} was changed while it was read: repeat when it is whole")
        ingest = Ingest(
            file=str(file.path.absolute()),
            sha256=digest,
            catalogue=self._spec.name,
            form=file.plan.form.name,
            spec_sha256=self._spec.sha256,
            rows_read=kept + bad,
            rows_kept=kept,
            rows_rejected=bad,
            started=started,
            seconds=time.time() - started,
        )
        return ReadFile(file.path, now.size, now.mtime_ns, file.plan.zone, ingest)

    def _merged(self, rejects: Path | None) -> list[ReadFile]:
        """Check the pieces together and merge them into the table's part."""
        self._finished.sort(key=lambda each: min(self._order[file.path] for file in each.files))
        pieces = [each.piece for each in self._finished]
        read = sorted(
            (file for each in self._finished for file in each.files), key=lambda file: self._order[file.path]
        )
        _refuse_copies(read)
        for piece in pieces:
            piece.attach(self._writer.con)
        sources = [piece.built for piece in pieces]
        more = without = None
        if rejects is not None:
            if self._set_aside(pieces):
                without, more = repeated.REPEATED, repeated.KEEPERS
            faults.write_rejects(self._writer.con, rejects, [file.path for file in self._files])
            bad = faults.rejected_by_file(self._writer.con)
            read = [_with_rejected(file, bad.get(str(file.path), 0)) for file in read]
        else:
            self._refuse_repeated(sources, lambda identifier: self._files_with(pieces, "= $id", identifier))
        self._writer.merge(pieces, without=without, more=more, told=self._meter.step("merging"))
        return read

    def _refuse_repeated(
        self, sources: Sequence[str], holders: Callable[[Any], Sequence[PlannedFile]]
    ) -> None:
        """Raise the error for an identifier that stands twice; `holders` gives the files that may have it."""
        con, name = self._writer.con, self._writer.table.qualified_name
        found = repeated.first_repeated(con, sources, self._old) if self._unique else None
        if found is not None:
            identifier, in_table = found
            files = holders(identifier)
            raise repeated.repeated_error(con, files, identifier, name, in_table=in_table)

    def _set_aside(self, pieces: Sequence[Piece]) -> bool:
        """Gather the bad records of all pieces, and repetitions of identifiers; whether there are such."""
        con, table = self._writer.con, self._writer.table
        faults.begin(con)
        for each in self._finished:
            if any(file.ingest.rows_rejected for file in each.files):
                source = qualified(each.piece.alias, "main", _REJECTED)
                con.execute(f"INSERT INTO {faults.REJECTED} FROM {source}")
        if not self._unique:
            return False
        if not repeated.find_repeated(con, [piece.built for piece in pieces], self._old):
            return False
        files = self._files_with(pieces, f"IN (SELECT source_id FROM {repeated.REPEATED})")
        repeated.set_aside(con, files, table)
        return True

    def _files_with(
        self, pieces: Sequence[Piece], condition: str, identifier: Any = None
    ) -> list[PlannedFile]:
        """The files, in order, of the pieces that have a source_id of which the condition is true."""
        holders: set[Path] = set()
        values = {} if identifier is None else {"id": identifier}
        for piece in pieces:
            query = f"SELECT 1 FROM {piece.built} WHERE source_id {condition} LIMIT 1"
            if self._writer.con.execute(query, values).fetchall():
                holders.add(piece.path)
        paths = {f.path for each in self._finished if each.piece.path in holders for f in each.files}
        return [self._planner.plan(file) for file in self._files if file.path in paths]


def _storing(target: Writer | Draft) -> RowStore:
    """What hands the rows of a statement to the writer or draft."""
    return lambda statement, values, columns: target.insert(statement, values, columns=columns)


def _with_rejected(file: ReadFile, bad: int) -> ReadFile:
    """The file with all its records that were set aside, when it was read or when all were compared."""
    kept = file.ingest.rows_read - bad
    return replace(file, ingest=replace(file.ingest, rows_kept=kept, rows_rejected=bad))


def _refuse_copies(files: Sequence[ReadFile]) -> None:
    """Two files of one content are a mistake, unless their names say that they are different zones."""
    seen: dict[tuple[str, str | None], Path] = {}
    for file in (each for each in files if each.ingest.rows_read):
        first = seen.setdefault((file.ingest.sha256, file.zone), file.path)
        if first != file.path:
            raise DataError(f"{file.path} has the same content as {first}: leave one of them out")


def sha256_of(path: Path) -> str:
    """Return the file's SHA-256 in hexadecimal; of a folder, that of its files' one after the other."""
    if path.is_dir():
        return hashlib.sha256("".join(map(sha256_of, map(Path, parquet_files(path)))).encode()).hexdigest()
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error
