"""fetch: rows of a remote service to a table, by way of chunks that are kept until all are there."""

from __future__ import annotations

import codecs
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from catalogdb.errors import DataError, RemoteError, TableExists, TableNotFound
from catalogdb.schema import Table
from catalogdb.store import Store
from ingest.engine import IngestReport, Mode, ingest, split_name
from ingest.faults import check_rejects
from ingest.load import load_spec
from ingest.meter import Progress
from ingest.remote.chunk_store import ChunkStore
from ingest.remote.download import Download, download
from ingest.remote.landing import Fetched, distinct_rows, landing_guess, landing_spec, missing_ids
from ingest.remote.list_plans import ByPairs, distinct
from ingest.remote.patience import Patience
from ingest.remote.request import Request
from ingest.remote.session import Sessions
from ingest.remote.source import Address, Client, Source, find_source
from ingest.spec import Spec

log = logging.getLogger(__name__)

_LISTS = {".txt", ".csv", ".tsv", ".dat", ".lst", ".list", ".ids"}
"""Endings of names of files, which no identifier has."""

Show = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """What a fetch brought in: its ingest, the chunks and bytes that came, identifiers that were not found.

    `truncated`: an answer was cut off, which was allowed. `missing` is empty where none were asked for.
    """

    ingest: IngestReport
    chunks: int
    bytes: int
    truncated: bool
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a fetch is done: where its rows go, and what is allowed.

    `name` is [schema.]name. `truncated` allows an answer that is cut off and can not be divided,
    `verify` compares each chunk with the service's own count, `fresh` forgets the chunks of an
    earlier attempt. `epoch` is a Julian year, or a column, for a table that no spec describes.
    """

    name: str | None = None
    mode: Mode = "create"
    rejects: Path | None = None
    epoch: str | float | None = None
    truncated: bool = False
    verify: bool = False
    fresh: bool = False
    progress: Progress | None = None
    show: Show | None = None


def fetch(
    store: Store, request: Request, address: Address | None = None, how: How | None = None
) -> FetchReport:
    """Fetch what is asked for into one table, published once, when all of it is there.

    Finished chunks stay in the store's staging folder until then: the same request, made again, goes on
    from there. Raises DataError for what the service or the spec does not have, RemoteError for a service
    that fails, TruncatedAnswer for rows that it withholds, and what `ingest.ingest` raises.
    """
    address, how = address or Address(), how or How()
    spec = None if request.catalogue is None else load_spec(request.catalogue)
    if spec is None and how.name is None:
        raise DataError("what is fetched without a catalogue needs a name: --as NAME")
    schema, name = split_name(how.name, spec.name if spec else "")
    full = f"{schema}.{name}"
    before = _target_table(store, full, how.mode)
    if how.rejects is not None:
        check_rejects(how.rejects, [])
    with _client(store) as client:
        source = find_source(client, request, spec, address)
        identity = _identity(store, request, source)
        with ChunkStore(store.path / "staging", identity, fresh=how.fresh) as kept:
            _resumed(kept, how.show)
            _download(client, source, kept, how, name)
            report = _land(store, request, how, source, spec, kept, full, before)
            kept.remove()
    return report


@contextmanager
def _client(store: Store) -> Iterator[Client]:
    with Sessions(store.settings) as sessions:
        yield Client(store, sessions, Patience(store.settings, threading.Event()))


def _download(client: Client, source: Source, kept: ChunkStore, how: How, name: str) -> None:
    """Fetch what is not there yet; an error says that what has come is kept."""
    job = Download(
        plan=source.plan,
        asker=source.asker,
        store=kept,
        patience=client.patience,
        parallel=_parallel(client.store, source),
        truncated=how.truncated,
        verify=how.verify,
        label=f"fetching {name}",
        progress=how.progress,
    )
    try:
        download(job)
    except RemoteError as error:
        if not (done := len(kept.notes())):
            raise
        text = f"{error}\n{done:,} chunks that have come are kept: the same command goes on from there"
        raise type(error)(text) from error


def planned(store: Store, request: Request, address: Address | None = None) -> list[str]:
    """Return what a fetch would do, in words, without asking for any row of the table."""
    spec = None if request.catalogue is None else load_spec(request.catalogue)
    with _client(store) as client:
        source = find_source(client, request, spec, address or Address())
    chunks = source.plan.start()
    question = source.plan.question(chunks[0])
    return [
        f"{source.asker.what}: {len(chunks):,} request{'s' if len(chunks) > 1 else ''} to begin with"
        + (", divided where they are too large" if source.plan.split(chunks[0]) else ""),
        question.text,
    ]


def _target_table(store: Store, full: str, mode: Mode) -> Table | None:
    """The table to append to; told before hours of fetching that it is, or is not, there."""
    known = {table.qualified_name: table for table in store.tables()}
    if mode == "create" and full in known:
        raise TableExists(full)
    if mode == "append" and full not in known:
        raise TableNotFound(full, known)
    return known[full] if mode == "append" else None


def _identity(store: Store, request: Request, source: Source) -> dict[str, object]:
    """What makes two requests the same; for a match also the rows that are sent."""
    identity: dict[str, object] = {
        "version": 1,
        "service": source.service.shown,
        "table": source.table,
        "rows": store.settings.fetch_rows,
        **request.identity(),
    }
    if request.near is not None:
        identity["parts"] = [part.sha256 for part in store.info(request.near).parts]
    identity["question"] = source.plan.question(source.plan.start()[0]).text
    return identity


def _parallel(store: Store, source: Source) -> int:
    wanted = max(1, store.settings.fetch_parallel)
    return min(wanted, source.service.parallel or wanted)


def _resumed(kept: ChunkStore, show: Show | None) -> None:
    notes = kept.notes()
    if notes and show is not None:
        rows = sum(note.rows for note in notes)
        show(f"going on from {len(notes):,} chunks with {rows:,} rows that came earlier ({kept.path.name})")


def _land(
    store: Store,
    request: Request,
    how: How,
    source: Source,
    spec: Spec | None,
    kept: ChunkStore,
    full: str,
    before: Table | None,
) -> FetchReport:
    """Ingest the rows of all chunks, as those of one file."""
    notes = kept.notes()
    rows, merged = kept.rows, False
    if isinstance(source.plan, ByPairs) and spec is not None:
        rows, merged = distinct_rows(kept.rows), True
    url = source.service.shown
    origin = Fetched(
        service=source.service.name,
        url=url,
        table=source.table,
        notes=notes,
        rejects=how.rejects,
        merged=merged,
        before=before,
    )
    if spec is not None and source.remote is not None:
        landed = landing_spec(spec, source.remote, rows)
    else:
        landed = _guessed(request, how, source, rows, full)
    report = ingest(
        store,
        landed,
        rows,
        name=full,
        mode=how.mode,
        rejects=how.rejects,
        progress=how.progress,
        origin=origin,
    )
    missing: tuple[str, ...] = ()
    if source.id is not None and request.ids is not None:
        missing = missing_ids(rows, source.id, distinct(request.ids))
    return FetchReport(
        ingest=report,
        chunks=len(notes),
        bytes=sum(note.bytes for note in notes),
        truncated=origin.truncated,
        missing=missing,
    )


def _guessed(request: Request, how: How, source: Source, rows: Path, full: str) -> Spec:
    """The spec of a table that none describes, by what the answer says of its columns; shown first."""
    title = source.table if request.query is None else "a query"
    guess, notes = landing_guess(
        rows,
        full.partition(".")[2],
        f"{title} of {source.service.name}",
        source.service.shown,
        id=request.id,
        ra=request.ra,
        dec=request.dec,
        epoch=how.epoch,
    )
    if how.show is not None:
        how.show("\n".join([str(guess), *(f"  {note}" for note in notes)]))
    return replace(guess.spec, path="")


def ids_in(text: str) -> Sequence[str]:
    """Return the identifiers that a file lists, one to a line, or that a text has between commas.

    Raises DataError for a file that is no text in UTF-8, and for the name of a file that is not there.
    """
    path = Path(text)
    if path.is_file():
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines()
        return [_identifier(line, number, path) for number, line in enumerate(lines, 1)]
    if path.is_dir():
        raise DataError(f"--ids {text} is a folder, not a list: a file has one identifier to a line")
    if path.suffix.lower() in _LISTS:
        raise DataError(f"--ids {text}: there is no such file")
    return text.split(",")


def _identifier(line: bytes, number: int, path: Path) -> str:
    try:
        return line.decode().partition("#")[0].strip()
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}, line {number}: {line[:40]!r} is no text in UTF-8 ({error.reason})"
        ) from error
