"""Ingest of spectra: files to a published table and its table of wavelength grids, in one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from catalogdb.errors import DataError, TableExists, TableNotFound
from catalogdb.provenance import Ingest
from catalogdb.schema import Table
from catalogdb.store import Store
from catalogdb.writer import table_lock
from ingest.engine import Mode, split_name
from ingest.files import NamedFile, expanded, refuse_twice
from ingest.meter import Progress
from ingest.spectra.faults import Rejected
from ingest.spectra.job import Job, Wanted
from ingest.spectra.layout import How
from ingest.spectra.tables import DEFAULT_NAME, GRID_SUFFIX

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectraReport:
    """What an ingest of spectra read and published.

    `grids` are the wavelength grids that the table had not yet, `rejected` what was set aside, `left_out`
    the number of spectra that were not asked for by reason, `strangers` the files of a named folder that
    are no spectra, `known` those that the table had already, `resumed` counts what was read before,
    `without_pixels` the spectra that are kept though no pixel of them is usable.
    """

    table: Table
    files: int
    spectra: int
    grids: int
    without_position: int
    without_pixels: int
    seconds: float
    snapshot: int
    ingests: tuple[Ingest, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    left_out: dict[str, int]
    strangers: tuple[Path, ...] = ()
    known: tuple[Path, ...] = ()
    resumed: int = 0


def ingest_spectra(
    store: Store,
    files: str | Path | Sequence[str | Path],
    *,
    name: str | None = None,
    mode: Mode = "create",
    how: How | None = None,
    rejects: str | Path | None = None,
    restart: bool = False,
    skip_known: bool = False,
    progress: Progress | None = None,
    show: Callable[[str], object] | None = None,
) -> SpectraReport:
    """Read files of spectra into one table, and their wavelength grids into `name`_grid; publish both.

    `files` are files, folders and patterns; the layout of each is found in the file itself. `name` is
    [schema.]name. A file that can not be read, and a spec_id that stands twice, is an error and nothing is
    published; with `rejects` they are set aside and listed in that CSV file. What was read when something
    stops the ingest is kept, and the same call goes on with the rest; `restart` reads all anew. To append
    a file that the table has already is an error, `skip_known` passes over it.

    Raises NoSpectrum for a named file in no layout, SpectrumError for one that can not be read, DataError
    for files that are not there, TableExists and TableNotFound for the wrong mode.
    """
    schema, plain = split_name(name, DEFAULT_NAME)
    given = [files] if isinstance(files, str | Path) else files
    named = [file for argument in given for file in expanded(argument)]
    if not named:
        raise DataError("no file of spectra is named")
    refuse_twice(named)
    wanted = Wanted(
        schema=schema,
        name=plain,
        mode=mode,
        how=how or How(),
        rejects=_rejects(rejects, named),
        restart=restart,
        skip_known=skip_known,
        progress=progress,
        show=show or (lambda text: log.info("%s", text)),
    )
    with table_lock(store.path, wanted.table) as lock, table_lock(store.path, wanted.grid_table) as grid_lock:
        store.refresh()
        _check_mode(store, wanted)
        with closing(store.bench()) as bench:
            done = Job(store, wanted, bench, (lock, grid_lock)).run(named)
    report = SpectraReport(
        table=store.table(wanted.table),
        files=len(done.ingests),
        spectra=done.spectra,
        grids=done.grids,
        without_position=done.without_position,
        without_pixels=done.without_pixels,
        seconds=done.seconds,
        snapshot=done.snapshot,
        ingests=tuple(done.ingests),
        rejected=tuple(done.rejected),
        left_out=done.left_out,
        strangers=tuple(Path(each.file) for each in done.strangers),
        known=tuple(done.known),
        resumed=done.resumed,
    )
    log.info("%s: %d spectra in %.1f s", wanted.table, report.spectra, report.seconds)
    return report


def _rejects(rejects: str | Path | None, named: Sequence[NamedFile]) -> Path | None:
    if rejects is None:
        return None
    path = Path(rejects)
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path} can not be written: its folder does not exist")
    if path.is_dir() or any(path.exists() and path.samefile(file.path) for file in named):
        raise DataError(
            f"{path} is a folder or a file to be read, and can not take the rejects: name another"
        )
    return path


def _check_mode(store: Store, wanted: Wanted) -> None:
    """Raise before anything is read where the tables can not be written as asked."""
    present = {table.qualified_name: table for table in store.tables()}
    for name in (wanted.table, wanted.grid_table):
        if wanted.mode == "create" and name in present:
            raise TableExists(name)
        if wanted.mode == "append" and name not in present:
            raise TableNotFound(name, present)
    table = present.get(wanted.table)
    if table is not None and wanted.mode == "append" and table.extra.get("grid_table") != wanted.grid_table:
        raise DataError(
            f"{wanted.table} is no table of spectra, or was renamed (its grids are in"
            f" {table.extra.get('grid_table')}; {wanted.table}{GRID_SUFFIX} is expected): choose another name"
        )
