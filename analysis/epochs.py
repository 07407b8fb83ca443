"""The multi-epoch table: every independent position of each star of a mother catalogue.

Catalogues are known by what the registry says of them: which of their positions is independent,
at which epochs, with which errors, on which frame, and with whom they share observations.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis.columns import arrow_schema
from analysis.epochs_table import RESULT, entry_rows, independent_position, sources
from catalogdb.errors import AnalysisError
from catalogdb.match import MatchReport, match
from catalogdb.schema import Position, Table

if TYPE_CHECKING:
    from catalogdb.provenance import Run
    from catalogdb.store import Store

Progress = Callable[[str, int, int | None], None]

ROWS_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where the mother's stars are in one catalogue; all but `no_error` add up to the stars.

    `ambiguous` stars have a candidate that is nearer to another star, or is not the nearest both
    ways; `no_position` and `no_epoch` are the mother's; `no_error` counts matched entries without
    errors, which are kept but can not be fitted. `position` is the one used of the catalogue.
    """

    catalogue_name: str
    position: str
    matched: int
    no_candidate: int = 0
    ambiguous: int = 0
    no_position: int = 0
    no_epoch: int = 0
    no_error: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochsReport:
    """What `build` made: the table, its rows and stars, an account of each catalogue, the mother first."""

    table: Table
    run_id: str
    rows: int
    stars: int
    accounts: tuple[Account, ...]
    seconds: float

    @property
    def lines(self) -> tuple[str, ...]:
        """Sentences to print."""
        first = f"{self.table.qualified_name}: {self.rows:,} entries of {self.stars:,} stars"
        return (first, *(_sentence(account) for account in self.accounts[1:]))


def build(
    store: Store,
    mother: str,
    tables: Sequence[str],
    *,
    radius_arcsec: float,
    epoch_yr: float | None = None,
    name: str = "astrom_epoch",
    mode: Literal["create", "replace"] = "create",
    default_errors_mas: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> EpochsReport:
    """Publish one row per star of `mother` and catalogue that has it, the mother itself included.

    Entries are the mutually nearest within `radius_arcsec`, at the epoch of each catalogue's rows
    to which the mother's stars are moved, or with both sides moved to `epoch_yr`; the link tables
    stay, as matches.<name>_<catalogue>. Entries without errors take `default_errors_mas` of their
    catalogue (by its name, with or without schema), or are kept with the flag no_error. `name` is
    `[schema.]table`, the schema `results` if none is given.

    Raises AnalysisError, MatchError, TableNotFound, TableExists, StoreBusy.
    """
    begin = time.monotonic()
    catalogues = [_catalogue(store, given) for given in (mother, *tables)]
    _check_identified(store, catalogues[0][0])
    full = {table.qualified_name: table.name for table, _ in catalogues}
    defaults = {full.get(name, name): error for name, error in (default_errors_mas or {}).items()}
    _check_names([table.name for table, _ in catalogues], defaults)
    schema, _, short = name.rpartition(".")
    title = f"Multi-epoch astrometry of {catalogues[0][0].qualified_name}"
    result = replace(RESULT, name=short, schema=schema or RESULT.schema, title=title)
    settings = {
        "mother": catalogues[0][0].qualified_name,
        "tables": [table.qualified_name for table, _ in catalogues[1:]],
        "positions": [position.name for _, position in catalogues],
        "radius_arcsec": radius_arcsec,
        "epoch_yr": epoch_yr,
        "default_errors_mas": defaults,
    }
    inputs = [table.qualified_name for table, _ in catalogues]
    with store.writer(result, mode=mode) as writer:
        links = _Links(store, catalogues[0], radius_arcsec, "right" if epoch_yr is None else epoch_yr, short)
        reports = [links.match(other, progress) for other in catalogues[1:]]
        run = store.start_run("epochs", settings, inputs=inputs)
        no_error: dict[str, int] = {}
        rows = writer.insert(_rows(store, catalogues, reports, run, defaults, no_error))
        writer.publish(run=run)
    accounts = _accounts(store, catalogues, reports, no_error)
    return EpochsReport(
        table=result,
        run_id=run.run_id,
        rows=rows,
        stars=accounts[0].matched,
        accounts=accounts,
        seconds=time.monotonic() - begin,
    )


def _catalogue(store: Store, name: str) -> tuple[Table, Position]:
    table = store.table(name)
    position = independent_position(table)
    if position is None:
        raise AnalysisError(
            f"{table.qualified_name} has no independent position with an epoch: "
            "it can not stand in a multi-epoch table"
        )
    if not table.has("source_id"):
        raise AnalysisError(f"{table.qualified_name} has no source_id to trace its entries by")
    if not table.unique and _repeats(store, table):
        raise AnalysisError(f"{table.qualified_name} repeats its identifiers: an entry could not be traced")
    return table, position


def _check_identified(store: Store, mother: Table) -> None:
    query = sql.load("identifiers_missing").text
    ((missing,),) = store.sql(query, {"table": mother.qualified_name}).fetchall()
    if missing:
        raise AnalysisError(
            f"{mother.qualified_name} has {missing:,} rows without source_id: they are no stars to follow"
        )


def _repeats(store: Store, table: Table) -> bool:
    """Whether identifiers repeat in fact; nothing is promised of a user's own table."""
    query = sql.load("identifiers_repeated").text
    ((repeated,),) = store.sql(query, {"table": table.qualified_name}).fetchall()
    return bool(repeated)


def _check_names(names: Sequence[str], defaults: Mapping[str, float]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise AnalysisError(f"{name} is given twice: each catalogue gives a star one entry")
    for name, error in defaults.items():
        if name not in names:
            raise AnalysisError(f"a default error is given for {name}, which is not among {', '.join(names)}")
        if not 0.0 < error < math.inf:
            raise AnalysisError(f"the default error of {name} is {error:g} mas: it must be positive")


@dataclass(frozen=True, slots=True)
class _Links:
    """How the mother is matched with each catalogue."""

    store: Store
    mother: tuple[Table, Position]
    radius_arcsec: float
    epoch: str | float
    name: str

    def match(self, other: tuple[Table, Position], progress: Progress | None) -> MatchReport:
        return match(
            self.store,
            self.mother[0].qualified_name,
            other[0].qualified_name,
            radius_arcsec=self.radius_arcsec,
            keep="mutual",
            epoch=self.epoch,
            name=f"matches.{self.name}_{other[0].name}",
            mode="replace",
            left_position=self.mother[1].name or None,
            right_position=other[1].name or None,
            left_id="source_id",
            right_id="source_id",
            progress=progress,
        )


def _rows(
    store: Store,
    catalogues: Sequence[tuple[Table, Position]],
    reports: Sequence[MatchReport],
    run: Run,
    defaults: Mapping[str, float],
    no_error: dict[str, int],
) -> pa.RecordBatchReader:
    """Return the entries of all catalogues as a stream; counts those without errors as they pass."""

    def batches() -> Iterator[pa.RecordBatch]:
        for i, (table, position) in enumerate(catalogues):
            found = sources(table, position)
            parameters = {"entries": table.qualified_name, "columns": sorted(set(found.values()))}
            query = sql.load("epochs_linked" if i else "epochs_mother").text
            if i:
                parameters["links"] = reports[i - 1].table.qualified_name
            for batch in store.sql(query, parameters).batches(ROWS_AT_ONCE):
                rows = entry_rows(batch, table, found, run.run_id, defaults.get(table.name))
                without = pc.sum(pc.match_substring(rows["flags"], "no_error")).as_py() or 0
                no_error[table.name] = no_error.get(table.name, 0) + without
                yield from rows.cast(_SCHEMA).to_batches()

    return pa.RecordBatchReader.from_batches(_SCHEMA, batches())


_SCHEMA = arrow_schema(RESULT)


def _accounts(
    store: Store,
    catalogues: Sequence[tuple[Table, Position]],
    reports: Sequence[MatchReport],
    no_error: Mapping[str, int],
) -> tuple[Account, ...]:
    mother, position = catalogues[0]
    stars = store.row_count(mother.qualified_name)
    accounts = [
        Account(
            catalogue_name=mother.name,
            position=position.name,
            matched=stars,
            no_error=no_error.get(mother.name, 0),
        )
    ]
    for (table, used), report in zip(catalogues[1:], reports, strict=True):
        lost = report.without_position[0] + report.without_epoch[0]
        accounts.append(
            Account(
                catalogue_name=table.name,
                position=used.name,
                matched=report.rows,
                no_candidate=stars - report.left_matched - lost,
                ambiguous=report.left_matched - report.rows,
                no_position=report.without_position[0],
                no_epoch=report.without_epoch[0],
                no_error=no_error.get(table.name, 0),
            )
        )
    return tuple(accounts)


def _sentence(account: Account) -> str:
    why = (
        (account.no_candidate, "none within the radius"),
        (account.ambiguous, "ambiguous"),
        (account.no_position, "without a position"),
        (account.no_epoch, "without an epoch"),
    )
    lost = ", ".join(f"{count:,} {reason}" for count, reason in why if count)
    bare = f"; {account.no_error:,} entries without errors" if account.no_error else ""
    return f"{account.catalogue_name}: {account.matched:,} matched" + (f" ({lost})" if lost else "") + bare
