"""The paper's layout of a multi-epoch table (section 2.3): one row per star, 55 columns.

Column 1 is the identifier in Gaia DR3; columns 2 to 51 are, for each of ten catalogues, epoch [yr], right
ascension [deg], its error [mas], declination [deg] and its error [mas]; columns 52 to 55 are Gaia DR3's
parallax [mas], radial velocity [km/s] and motion [mas/yr]. An epoch is one number there: where the two
coordinates have their own, as in Tycho-2, it is their mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import healpy
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

import sql
from analysis.paper004.collect import SCHEMA
from analysis.paper004.result import PAPER_TABLES
from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import AnalysisError, QueryError
from catalogdb.output import format_of
from catalogdb.schema import Column, Table

if TYPE_CHECKING:
    from catalogdb.provenance import Run
    from catalogdb.store import Store

CATALOGUES = ("npm1", *PAPER_TABLES)
"""The ten catalogues in the order of the columns."""

VALUES = ("epoch", "ra", "ra_error", "dec", "dec_error")
"""The five columns of each catalogue."""

MOTION = ("parallax", "radial_velocity", "pmra", "pmdec")
"""The last four columns, of Gaia DR3."""

ECSV = ".ecsv"

_TITLES = {
    "epoch": "Epoch of the position (Julian year), the mean where the coordinates have their own",
    "ra": "Right ascension (ICRS) at the epoch",
    "ra_error": "Standard error of the right ascension, times cos(dec)",
    "dec": "Declination (ICRS) at the epoch",
    "dec_error": "Standard error of the declination",
}


def _columns() -> tuple[Column, ...]:
    first = Column(
        name="gaia_id",
        type="VARCHAR",
        ucd="meta.id;meta.main",
        about="Identifier in Gaia DR3, as `Gaia DR3 N`",
    )
    kinds = {name: ASTROMETRY[name] for name in VALUES[1:]}
    places = tuple(
        Column(
            name=f"{catalogue}_{name}",
            type="DOUBLE",
            ucd="time.epoch" if name == "epoch" else kinds[name].ucd.removesuffix(";meta.main"),
            unit="yr" if name == "epoch" else kinds[name].unit,
            about=f"{catalogue}: {_TITLES[name]}",
        )
        for catalogue in CATALOGUES
        for name in VALUES
    )
    return (first, *places, *(ASTROMETRY[name] for name in MOTION))


WIDE = _columns()
"""The 55 columns."""


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


def export(store: Store, epochs: Table, file: Path) -> str:
    """Write a multi-epoch table to a file in the 55 columns; return a sentence that says so.

    An .ecsv file has units and descriptions in its header, any other format that `catalogdb sql -o` writes
    has them as far as it can.
    """
    parameters = {"epochs": epochs.qualified_name}
    told = {column.name: column for column in WIDE}
    result = store.sql(sql.load("paper004_wide").text, parameters, described=told)
    if file.suffix.lower() != ECSV:
        result.write(file)
        return f"{file}: {result.rows:,} stars in {len(WIDE)} columns"
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
    return f"{file}: {result.rows:,} stars in {len(WIDE)} columns"


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
        meta={"comments": ["The layout of paper 004 (Liu et al., Acta Astronomica Sinica), section 2.3"]},
    )
    text = io.StringIO()
    empty.write(text, format="ascii.ecsv", delimiter=",")
    return text.getvalue().encode()


def read_wide(store: Store, file: Path, epochs: Table, run: Run) -> int:
    """Publish a multi-epoch table of a text file in the 55 columns; return the number of its entries.

    Columns go by their order, separated by commas, tabs, semicolons or bars; lines with # in front and a
    line of names are passed over. A star's name in the table is its identifier in the file. Raises
    AnalysisError for a file that can not be read so.
    """
    trouble: list[AnalysisError] = []

    def told() -> Iterator[pa.RecordBatch]:
        try:
            yield from _entries(file, run)
        except AnalysisError as error:
            trouble.append(error)
            raise

    with store.writer(epochs, mode="replace") as writer:
        try:
            rows = writer.insert(pa.RecordBatchReader.from_batches(SCHEMA, told()))
        except QueryError:
            # DuckDB wraps what goes wrong in a stream that it reads.
            if trouble:
                raise trouble[0] from None
            raise
        if rows:
            writer.publish(run=run)
    return rows


def _entries(file: Path, run: Run) -> Iterator[pa.RecordBatch]:
    for batch in _batches(file):
        n = batch.num_rows
        if batch["gaia_id"].null_count:
            raise AnalysisError(f"{file}: a star has no identifier in its first column")
        # With or without the name of the release before the number.
        number = pc.replace_substring_regex(batch["gaia_id"], r"^\s*(Gaia DR3)?\s*", "")
        for catalogue in CATALOGUES:
            yield _of_catalogue(batch, number, catalogue, n, run)


def _of_catalogue(
    batch: pa.RecordBatch, number: pa.Array, catalogue: str, n: int, run: Run
) -> pa.RecordBatch:
    """Return the entries of one catalogue, without the stars that have no position in it."""
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
        "obj_id": pc.binary_join_element_wise("Gaia DR3", number, " "),
        "catalogue_name": pa.array([catalogue] * n, pa.string()),
        "ref_system": pa.array(["ICRS"] * n, pa.string()),
        "flags": pa.array(np.where(bare, "no_error", ""), pa.string(), mask=~bare),
        "hpx29": pa.array(cells),
        "run_id": pa.array([run.run_id] * n, pa.string()),
    }
    if catalogue.startswith("gaia"):
        columns["shared_data_group"] = pa.array(["gaia"] * n, pa.string())
    if catalogue == CATALOGUES[-1]:
        columns |= {"entry_id": number, **{name: batch[name] for name in MOTION}}
    rows = pa.record_batch(
        [
            columns[field.name].cast(field.type) if field.name in columns else pa.nulls(n, field.type)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    )
    return rows.filter(pa.array(there))


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    skip, delimiter = _layout(file)
    kinds = {column.name: pa.string() if column.type == "VARCHAR" else pa.float64() for column in WIDE}
    try:
        with pyarrow.csv.open_csv(
            file,
            pyarrow.csv.ReadOptions(column_names=list(kinds), skip_rows=skip, block_size=1 << 24),
            pyarrow.csv.ParseOptions(delimiter=delimiter),
            pyarrow.csv.ConvertOptions(
                column_types=kinds,
                null_values=["", "nan", "NaN", "null", "NULL", "--"],
                strings_can_be_null=True,
            ),
        ) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        raise AnalysisError(f"{file}: {error}") from error


def _layout(file: Path) -> tuple[int, str]:
    """Return how many lines stand before the rows, and what separates the columns."""
    try:
        with file.open(encoding="utf-8") as lines:
            skip = 0
            for line in lines:
                if line.startswith("#") or not line.strip():
                    skip += 1
                    continue
                delimiter = max(",\t;|", key=line.count)
                cells = line.rstrip("\n").split(delimiter)
                if len(cells) != len(WIDE):
                    raise AnalysisError(
                        f"{file}: line {skip + 1} has {len(cells)} columns, paper 004 has {len(WIDE)}"
                    )
                return skip + (not _is_number(cells[1])), delimiter
    except (OSError, UnicodeDecodeError) as error:
        raise AnalysisError(f"{file} can not be read: {error}") from error
    raise AnalysisError(f"{file} has no rows")


def _is_number(text: str) -> bool:
    try:
        float(text.strip().strip('"') or "nan")
    except ValueError:
        return False
    return True
