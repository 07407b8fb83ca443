"""Multi-epoch tables read star by star, whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from astropy.units import Unit

import sql
from analysis.acceleration.entries import NUMBERS, REQUIRED, Array, Entries, Flags, Index, entries
from analysis.acceleration.repeats import repeats
from catalogdb.astrometry import ASTROMETRY
from catalogdb.errors import AnalysisError
from catalogdb.schema import FLOATS, INTEGERS, Table

if TYPE_CHECKING:
    from analysis.calibration.correction import Calibration

TEXTS = ("obj_id", "catalogue_name", "shared_data_group")

ALIASES = {"obj_id": "source_id", "epoch": "ref_epoch"}
"""What `catalogdb ingest --table` makes of these names in a user's file: read where they are absent."""

QUALITY = ("phot_g_mean_mag", "bp_rp", "ruwe", "ipd_frac_multi_peak", "n_candidates")
"""Optional columns that the fit itself does not use: they describe the star and its surroundings."""

UNITS = {name: "yr" if name.endswith("epoch") else ASTROMETRY[name].unit or "" for name in NUMBERS}

ROWS_AT_ONCE = 400_000
"""Entries that are in memory together, some 500 bytes each."""


class Chunk(NamedTuple):
    """Some stars: their identifiers (n,), and their entries with the catalogues' names (m,).

    `magnitude` (phot_g_mean_mag) and `colour` (bp_rp) are each star's (n,), from whichever of its
    entries states them last; `ruwe`, `ipd_frac_multi_peak` and `n_candidates` are each entry's (m,).
    What the table does not have is NaN.
    """

    source_id: pa.Array
    entries: Entries
    catalogue: pa.Array
    magnitude: Array
    colour: Array
    ruwe: Array
    ipd_frac_multi_peak: Array
    n_candidates: Array


class Raw(NamedTuple):
    """Some stars as columns: identifiers (n,); star, catalogue, group and numbers of m entries.

    `repeated` (m,) are those that say again what another one of the table does.
    """

    source_id: pa.Array
    star: Index
    catalogue: pa.Array
    group: Index | None
    numbers: dict[str, Array]
    repeated: Flags
    default_error_mas: float | None


def check(table: Table) -> None:
    """Raise AnalysisError unless the table has the columns of a multi-epoch table, in their units."""
    columns = _columns(table)
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise AnalysisError(
            f"{table.qualified_name} is no multi-epoch table: it has no {', '.join(missing)} "
            "(catalogdb epochs makes one)"
        )
    for name in (*NUMBERS, *QUALITY):
        if name in columns:
            _check_number(table, columns[name], UNITS.get(name))


def _check_number(table: Table, name: str, unit: str | None) -> None:
    column = table.column(name)
    if column.type not in INTEGERS + FLOATS:
        raise AnalysisError(f"{table.qualified_name}: {name} is {column.type}, a number is needed")
    # No unit is no statement; another one would make every weight wrong in silence.
    if unit is not None and column.unit and Unit(column.unit, format="vounit") != Unit(unit, format="vounit"):
        raise AnalysisError(f"{table.qualified_name}: {name} is in {column.unit}, {unit} is needed")


def _columns(table: Table) -> dict[str, str]:
    """Return, for each column that is read, the name it has in the table."""
    found = {}
    for name in (*TEXTS, *NUMBERS, *QUALITY):
        own = name if table.has(name) else ALIASES.get(name, name)
        if table.has(own):
            found[name] = own
    return found


def star_column(table: Table) -> str:
    """Return the name of the column that identifies the star."""
    return _columns(table)["obj_id"]


def epoch_column(table: Table) -> str:
    """Return the name of the column with the epoch."""
    return _columns(table)["epoch"]


def read(
    store: Any,
    table: Table,
    default_error_mas: float | None = None,
    calibration: Calibration | None = None,
) -> Iterator[Chunk]:
    """Yield the table's stars in the order of obj_id, whole, some hundred thousand entries at a time.

    With a calibration the entries are as it corrects them.
    """
    return (chunk(raw, calibration) for raw in read_raw(store, table, default_error_mas))


def read_raw(store: Any, table: Table, default_error_mas: float | None = None) -> Iterator[Raw]:
    """Yield the same stars as columns, before anything is made of them."""
    query = store.sql(sql.load("epochs_read").text, _parameters(table))
    rest = None
    for batch in query.batches(ROWS_AT_ONCE):
        rows = _named(pa.Table.from_batches([batch]), table)
        rows = rows if rest is None else pa.concat_tables([rest, rows])
        last = _start_of_last_star(rows)
        rest = rows.slice(last)
        if last:
            yield _raw(rows.slice(0, last), table, default_error_mas)
    if rest is not None and rest.num_rows:
        yield _raw(rest, table, default_error_mas)


def read_star(
    store: Any,
    table: Table,
    source_id: str,
    default_error_mas: float | None = None,
    calibration: Calibration | None = None,
) -> Chunk:
    """Return one star of the table; raises AnalysisError if it is not there."""
    parameters = _parameters(table) | {"source_id": source_id}
    rows = store.sql(sql.load("epochs_star").text, parameters).arrow()
    if not rows.num_rows:
        raise AnalysisError(f"{table.qualified_name} has no star {source_id}")
    return chunk(_raw(_named(rows, table), table, default_error_mas), calibration)


def _parameters(table: Table) -> dict[str, Any]:
    columns = _columns(table)
    return {
        "table": table.qualified_name,
        "columns": list(columns.values()),
        "star": columns["obj_id"],
        "epoch": columns["epoch"],
    }


def _named(rows: pa.Table, table: Table) -> pa.Table:
    """Return the rows with the names that a multi-epoch table's columns have."""
    names = {own: name for name, own in _columns(table).items()}
    return rows.rename_columns([names[own] for own in rows.column_names])


def _start_of_last_star(rows: pa.Table) -> int:
    star = _codes(rows["obj_id"])
    return int(np.searchsorted(star, star[-1])) if len(star) else 0


def _codes(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return a number for each value, counted from 0 in the order in which they come."""
    encoded = column.combine_chunks().dictionary_encode()
    codes: np.ndarray[tuple[int], np.dtype[np.int64]] = np.asarray(encoded.indices.fill_null(-1), np.int64)
    return codes


def _raw(rows: pa.Table, table: Table, default_error_mas: float | None) -> Raw:
    if rows["obj_id"].null_count:
        raise AnalysisError(f"{table.qualified_name}: {rows['obj_id'].null_count} entries have no obj_id")
    names = rows["obj_id"].combine_chunks().dictionary_encode()
    numbers = {
        name: rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
        for name in (*NUMBERS, *QUALITY)
        if name in rows.column_names
    }
    group = None
    if "shared_data_group" in rows.column_names:
        text = rows["shared_data_group"].cast(pa.string()).combine_chunks()
        group = np.where(np.asarray(text.fill_null("")) == "", -1, _codes(rows["shared_data_group"]))
    star = np.asarray(names.indices, np.int64)
    catalogue = rows["catalogue_name"].combine_chunks()
    again = repeats(star, _codes(rows["catalogue_name"]), numbers)
    return Raw(names.dictionary.cast(pa.string()), star, catalogue, group, numbers, again, default_error_mas)


def chunk(raw: Raw, calibration: Calibration | None = None) -> Chunk:
    """Return the stars of columns as they were read; with a calibration, as it corrects them."""
    n_stars, numbers = len(raw.source_id), raw.numbers
    missing = np.full(len(raw.star), np.nan)
    magnitude, colour, ruwe, peaks, candidates = (numbers.get(name, missing) for name in QUALITY)
    magnitude, colour = (_last_stated(values, raw.star, n_stars) for values in (magnitude, colour))
    if calibration is not None:
        named = raw.catalogue.cast(pa.string()).to_numpy(zero_copy_only=False)
        given = _with_default_error(numbers, raw.default_error_mas)
        numbers = calibration.apply(given, named, magnitude[raw.star], colour[raw.star])
    listed = entries(raw.star, n_stars, numbers, raw.group, raw.default_error_mas, raw.repeated)
    return Chunk(raw.source_id, listed, raw.catalogue, magnitude, colour, ruwe, peaks, candidates)


def _with_default_error(numbers: dict[str, Array], default_error_mas: float | None) -> dict[str, Array]:
    """Return the columns with the default error where none is stated: it is calibrated as a stated one."""
    if default_error_mas is None:
        return numbers
    filled = {
        name: np.where(np.isnan(numbers[name]), default_error_mas, numbers[name])
        for name in ("ra_error", "dec_error")
    }
    return numbers | filled


def _last_stated(values: Array, star: Index, n_stars: int) -> Array:
    """Return each star's value of the latest of its entries that has one, NaN where none has."""
    known = np.isfinite(values)
    stars, first = np.unique(star[known][::-1], return_index=True)
    result = np.full(n_stars, np.nan)
    result[stars] = values[known][::-1][first]
    return result
