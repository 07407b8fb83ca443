"""The paper's layout of a multi-epoch table, written and read.

An epoch is one number there. Where the two coordinates of an entry have their own, as in Tycho-2, the epoch
is their mean, and both are moved to it along the straight line in space of Gaia DR3's proper motion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis.paper004.collect import SCHEMA
from analysis.paper004.layout import CATALOGUES, GAIA_PREFIX, MOTION, VALUES, WIDE
from analysis.paper004.wide_file import WideFile, batches, open_wide
from catalogdb.errors import AnalysisError
from catalogdb.output import format_of
from catalogdb.schema import Table

if TYPE_CHECKING:
    from catalogdb.provenance import Run
    from catalogdb.store import Store
    from catalogdb.writer import Writer

T = TypeVar("T")

ECSV = ".ecsv"


_COMMENTS = (
    "The layout of paper 004 (Liu et al., Acta Astronomica Sinica), section 2.3",
    "Where right ascension and declination had their own epochs (Tycho-2), the epoch is their mean and both "
    "were moved to it along the straight line of Gaia DR3's proper motion, their errors left as they were; "
    "positions of stars without that motion stay as they were",
)


def check_export(file: Path, names: Sequence[str]) -> None:
    """Raise AnalysisError where the layout has no columns for a catalogue, or the file can not be written."""
    foreign = [name for name in names if name not in CATALOGUES]
    if foreign:
        raise AnalysisError(
            f"the 55 columns have no place for {', '.join(foreign)}: they are for {', '.join(CATALOGUES)}"
        )
    if not file.parent.is_dir():
        raise AnalysisError(f"no folder {file.parent} to write {file.name} to")
    if file.suffix.lower() != ECSV:
        format_of(file, None)


def export(store: Store, epochs: Table, file: Path, *, mother: str | None) -> str:
    """Write a multi-epoch table to a file in the 55 columns; return a sentence that says so.

    A star that gaia_dr3 does not have is called `<mother> <its name in the table>`; without `mother` the
    names in the table are identifiers already. An .ecsv file has units and descriptions in its header, any
    other format that `catalogdb sql -o` writes has them as far as it can.
    """
    parameters = {"epochs": epochs.qualified_name, "prefix": "" if mother is None else f"{mother} "}
    told = {column.name: column for column in WIDE}
    result = store.sql(sql.load("paper004_wide").text, parameters, described=told)
    if file.suffix.lower() != ECSV:
        result.write(file)
    else:
        plain = file.with_name(f".{file.name}.csv")
        joined = file.with_name(f".{file.name}.new")
        try:
            result.write(plain)
            with joined.open("wb") as out, plain.open("rb") as rows:
                out.write(_ecsv_header())
                rows.readline()  # the names, which the header ends with
                while block := rows.read(1 << 20):
                    out.write(block)
            joined.replace(file)
        finally:
            plain.unlink(missing_ok=True)
            joined.unlink(missing_ok=True)
    return f"{file}: {result.rows:,} stars in {len(WIDE)} columns{_moves(store, epochs)}"


def _moves(store: Store, epochs: Table) -> str:
    """Return a clause that says which positions were moved to the mean of their epochs."""
    query = sql.load("paper004_wide_unmoved").text
    ((own, unmoved),) = store.sql(query, {"epochs": epochs.qualified_name}).fetchall()
    if not own:
        return ""
    left = f"; {unmoved:,} have none and stay as they are, at two epochs" if unmoved else ""
    return f"; {own - unmoved:,} positions moved to the mean of their two epochs by Gaia DR3's motion{left}"


def _ecsv_header() -> bytes:
    """Return the header of an ECSV file of the 55 columns, as astropy writes it, with the names."""
    import io

    from astropy.table import Column as AstropyColumn
    from astropy.table import Table as AstropyTable

    empty = AstropyTable(
        [
            AstropyColumn(
                np.empty(0, str if column.type == "VARCHAR" else float),
                name=column.name,
                unit=column.unit,
                description=column.about,
            )
            for column in WIDE
        ],
        meta={"comments": list(_COMMENTS)},
    )
    text = io.StringIO()
    empty.write(text, format="ascii.ecsv", delimiter=",")
    return text.getvalue().encode()


def read_wide(store: Store, path: Path, epochs: Table, run: Run) -> int:
    """Publish a multi-epoch table of a text file in the 55 columns; return the number of its entries.

    A star's name in the table is its identifier in the file. Raises AnalysisError, with line and column,
    for a file that can not be read so, and for a star that two lines name.
    """
    file = open_wide(path)
    with store.writer(epochs, mode="replace") as writer:
        _told(_NAMED, _names(file), lambda names: _check_repeated(file, writer, names))
        rows = _told(SCHEMA, _entries(file, run), writer.insert)
        if rows:
            writer.publish(run=run)
    return rows


_NAMED = pa.schema([("gaia_id", pa.string()), ("row", pa.int64())])


def _told(schema: pa.Schema, rows: Iterator[pa.RecordBatch], use: Callable[[pa.RecordBatchReader], T]) -> T:
    """Return `use` of the rows as a stream, and raise what goes wrong in the rows as it is."""
    trouble: list[AnalysisError] = []

    def told() -> Iterator[pa.RecordBatch]:
        try:
            yield from rows
        except AnalysisError as error:
            trouble.append(error)
            raise

    try:
        return use(pa.RecordBatchReader.from_batches(schema, told()))
    except Exception:
        # DuckDB wraps what goes wrong in a stream that it reads.
        if trouble:
            raise trouble[0] from None
        raise


def _names(file: WideFile) -> Iterator[pa.RecordBatch]:
    """Yield the identifier and the number of each row, counted from 0."""
    before = 0
    for batch in batches(file):
        numbers = np.arange(before, before + batch.num_rows)
        before += batch.num_rows
        yield pa.record_batch([batch["gaia_id"], pa.array(numbers)], schema=_NAMED)


def _check_repeated(file: WideFile, writer: Writer, names: pa.RecordBatchReader) -> None:
    """Raise AnalysisError, with both lines, for a star that stands in the file twice."""
    writer.con.register("named", names)
    try:
        found = writer.con.execute(sql.load("paper004_wide_repeated").text).fetchall()
    finally:
        writer.con.unregister("named")
    for star, rows in found:
        first, second = (file.row(row)[0] for row in rows)
        raise AnalysisError(
            f"{file.path}: line {second} names {star}, as line {first} does: a star has one line"
        )


def _entries(file: WideFile, run: Run) -> Iterator[pa.RecordBatch]:
    for batch in batches(file):
        for catalogue in CATALOGUES:
            yield _of_catalogue(batch, catalogue, run)


def _of_catalogue(batch: pa.RecordBatch, catalogue: str, run: Run) -> pa.RecordBatch:
    """Return the entries of one catalogue, without the stars that have no position in it."""
    n = batch.num_rows
    value = {name: batch[f"{catalogue}_{name}"] for name in VALUES}
    ra, dec, epoch, *errors = (
        np.asarray(value[name], np.float64) for name in ("ra", "dec", "epoch", "ra_error", "dec_error")
    )
    there = np.isfinite(ra) & np.isfinite(dec) & np.isfinite(epoch)
    cells = np.zeros(n, np.int64)
    cells[there] = healpy.ang2pix(2**29, ra[there], dec[there], nest=True, lonlat=True)
    bare = ~np.isfinite(errors).all(axis=0)
    columns: dict[str, Any] = {
        **value,
        "obj_id": batch["gaia_id"],
        "catalogue_name": pa.array([catalogue] * n, pa.string()),
        "ref_system": pa.array(["ICRS"] * n, pa.string()),
        "flags": pa.array(np.where(bare, "no_error", ""), pa.string(), mask=~bare),
        "hpx29": pa.array(cells),
        "run_id": pa.array([run.run_id] * n, pa.string()),
    }
    if catalogue.startswith("gaia"):
        columns["shared_data_group"] = pa.array(["gaia"] * n, pa.string())
    if catalogue == CATALOGUES[-1]:
        columns |= {"entry_id": _number(batch["gaia_id"]), **{name: batch[name] for name in MOTION}}
    rows = pa.record_batch(
        [
            columns[field.name].cast(field.type) if field.name in columns else pa.nulls(n, field.type)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    )
    return rows.filter(pa.array(there))


def _number(identifier: pa.Array) -> pa.Array:
    """Return the numbers in Gaia DR3, NULL for an identifier of another kind."""
    number = pc.utf8_slice_codeunits(identifier, len(GAIA_PREFIX))
    return pc.if_else(pc.starts_with(identifier, GAIA_PREFIX), number, pa.scalar(None, pa.string()))
