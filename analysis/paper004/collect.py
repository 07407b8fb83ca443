"""Step 2 of paper 004: the multi-epoch table of the kept entries, on one frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import healpy
import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from analysis.columns import arrow_schema
from analysis.epochs_table import RESULT, entry_rows, sources
from analysis.frames import GAIA_SPINS, fk5_to_icrs, spin, spin_offsets
from analysis.paper004.matching import ROWS_AT_ONCE, Catalogue, Plan
from analysis.truesky import displaced
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

if TYPE_CHECKING:
    from catalogdb.provenance import Run
    from catalogdb.store import Store

Array = npt.NDArray[np.float64]

SCHEMA = arrow_schema(RESULT)
"""The Arrow types of a multi-epoch table."""


@dataclass(frozen=True, slots=True)
class Frames:
    """What is done to the positions: Gaia's spins, and the rotation from FK5 of the catalogues named."""

    spins: bool
    fk5_rotation: tuple[str, ...] = ()
    force: bool = False


TITLE = "Multi-epoch astrometry by paper 004's procedure"


def check_writable(store: Store, name: str) -> None:
    """Raise AnalysisError where a table of that name is something else, which would be lost or hidden."""
    wanted = epochs_table(name, "")
    full = wanted.qualified_name
    for table in store.tables(system=True):
        if table.name == wanted.name and table.schema != wanted.schema:
            raise AnalysisError(
                f"{full} would share its short name with {table.qualified_name}: name another (option epochs)"
            )
        if table.qualified_name == full and not table.title.startswith(TITLE):
            raise AnalysisError(
                f"{full} was not written by paper004 and would be lost: name another (option epochs)"
            )


def epochs_table(name: str, mother: str) -> Table:
    """Return the multi-epoch table of that name, in `results` unless a schema is given."""
    schema, _, short = name.rpartition(".")
    title = f"{TITLE}: {mother}"
    return replace(RESULT, name=short, schema=schema or RESULT.schema, title=title)


def check_frames(plan: Plan, frames: Frames) -> None:
    """Raise AnalysisError for a rotation of a catalogue that is not there or, unless forced, of any.

    A store holds positions on the ICRS: those of a catalogue on FK5 were rotated when it was ingested.
    """
    tables = {each.table.name: each.table for each in plan.wanted}
    for name in frames.fk5_rotation:
        if name not in tables:
            raise AnalysisError(f"fk5_rotation names {name}, which is not among {', '.join(tables)}")
        try:
            fk5_to_icrs(tables[name].frame, [0.0], [0.0], 2000.0, force=frames.force)
        except AnalysisError as error:
            raise AnalysisError(f"fk5_rotation of {name}: {error}") from error
        if not frames.force:
            raise AnalysisError(
                f"fk5_rotation of {name}: its positions were rotated from FK5 when they were ingested; a "
                "store holds positions on the ICRS"
            )


def collect(store: Store, plan: Plan, frames: Frames, run: Run, *, name: str, fewest: int) -> int:
    """Publish the kept entries of the stars that have `fewest` of them; return their number.

    Without any nothing is published, and a table of an earlier run stays.
    """
    table = epochs_table(name, plan.mother.table.qualified_name)
    with store.writer(table, mode="replace") as writer:
        reader = pa.RecordBatchReader.from_batches(SCHEMA, _rows(store, plan, frames, run, fewest))
        rows = writer.insert(reader)
        if rows:
            writer.publish(run=run)
    return rows


def _rows(store: Store, plan: Plan, frames: Frames, run: Run, fewest: int) -> Iterator[pa.RecordBatch]:
    wanted = [each.table.name for each in plan.wanted]
    for each in plan.wanted:
        assert each.position is not None
        found = sources(each.table, each.position)
        own = [name for name in ("phot_g_mean_mag",) if each.table.has(name)]
        parameters: dict[str, Any] = {
            "run": run.run_id,
            "catalogue": each.table.name,
            "wanted": wanted,
            "fewest": fewest,
            "entries": each.table.qualified_name,
            "columns": sorted({*found.values(), *own}),
        }
        statement = "paper004_mother_entries"
        if each is not plan.mother:
            statement, parameters["links"] = "paper004_entries", plan.links(each)
        for batch in store.sql(sql.load(statement).text, parameters).batches(ROWS_AT_ONCE):
            rows = entry_rows(batch, each.table, found, run.run_id, None)
            yield from aligned(rows, batch, each, frames).cast(SCHEMA).to_batches()


def aligned(rows: pa.Table, batch: pa.RecordBatch, catalogue: Catalogue, frames: Frames) -> pa.Table:
    """Return the entries with the positions rotated and the spins of Gaia's bright stars subtracted."""
    name = catalogue.table.name
    ra, dec, epoch = (_floats(rows[column]) for column in ("ra", "dec", "epoch"))
    if name in frames.fk5_rotation:
        ra, dec = fk5_to_icrs(catalogue.table.frame, ra, dec, epoch, force=frames.force)
        rows = _replaced(rows, {"ra": ra, "dec": dec})
    if frames.spins and name in GAIA_SPINS and "phot_g_mean_mag" in batch.schema.names:
        omega = spin(name, _floats(batch["phot_g_mean_mag"]))
        east, north, pmra, pmdec = spin_offsets(ra, dec, epoch, omega)
        ra, dec = displaced(ra, dec, -east, -north)
        moved = {"pmra": _floats(rows["pmra"]) - pmra, "pmdec": _floats(rows["pmdec"]) - pmdec}
        if east.any() or north.any():
            moved |= {"ra": ra, "dec": dec}
        rows = _replaced(rows, moved)
    return rows


def _replaced(rows: pa.Table, columns: dict[str, Array]) -> pa.Table:
    changed: dict[str, npt.NDArray[np.generic]] = dict(columns)
    if "ra" in columns:
        cells = healpy.ang2pix(2**29, columns["ra"], columns["dec"], nest=True, lonlat=True)
        changed["hpx29"] = np.asarray(cells, np.int64)
    for name, values in changed.items():
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, name, pa.array(values, from_pandas=True))
    return rows


def _floats(column: pa.Array | pa.ChunkedArray) -> Array:
    """Return a column as floats, NaN for NULL."""
    return np.asarray(column.cast(pa.float64()), np.float64)
