"""A user's own table into the store, by a guess that is shown before it is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from catalogdb.provenance import Ingest
from catalogdb.schema import Table
from catalogdb.store import Store
from ingest.engine import IngestReport, Mode, ingest, split_name
from ingest.guess import guess_table
from ingest.meter import Progress


def ingest_table(
    store: Store,
    file: str | Path,
    name: str,
    *,
    id: str | None = None,  # noqa: A002  (the command's --id)
    ra: str | None = None,
    dec: str | None = None,
    epoch: str | float | None = None,
    mode: Mode = "create",
    rejects: str | Path | None = None,
    progress: Progress | None = None,
    show: Callable[[str], object] | None = None,
) -> IngestReport:
    """Ingest a Parquet, CSV, ECSV, FITS, VOTable, HDF5 or JSON file by `guess_table`.

    `show` gets the text of the guess first.

    Tables without positions, or without an identifier, are accepted, those without rows are a DataError.
    """
    _, plain = split_name(name, name)
    guess = guess_table(file, plain, id=id, ra=ra, dec=dec, epoch=epoch)
    if show is not None:
        show(str(guess))
    return ingest(
        store,
        guess.spec,
        file,
        name=name,
        mode=mode,
        rejects=rejects,
        progress=progress,
        origin=_Noted(guess.unread) if guess.unread else None,
        may_be_empty=False,
    )


@dataclass(frozen=True, slots=True)
class _Noted:
    """A file of which something is recorded beside its rows."""

    note: str

    def described(self, table: Table) -> Table:
        """The table as it is."""
        return table

    def recorded(self, ingest: Ingest) -> Sequence[Ingest]:
        """The file, with the note."""
        return [replace(ingest, note=self.note)]
