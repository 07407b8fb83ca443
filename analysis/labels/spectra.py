"""Spectra of the store on a model's grid: at rest, in its medium, with what is bad left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from analysis import renamed
from analysis.labels.grid import C_KM_S, air_from_vacuum, resampled, vacuum_from_air
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]

_COLUMNS = {
    "spec_id": "VARCHAR",
    "object_id": "VARCHAR",
    "radial_velocity": "DOUBLE",
    "barycentric_correction": "DOUBLE",
    "snr": "DOUBLE",
    "arm": "VARCHAR",
    "grid_id": "VARCHAR",
    "flux": "DOUBLE[]",
    "ivar": "DOUBLE[]",
    "mask": "INTEGER[]",
    "bad_bits": "BIGINT",
    "normalised": "BOOLEAN",
}
_NEEDED = ("spec_id", "grid_id", "flux", "ivar")
_AT_REST = "rest"
NO_VELOCITY = "no radial velocity"
"""How the reason begins for which a spectrum is left out that can not be brought to rest."""


class Grid(NamedTuple):
    """Wavelengths (p,) [Angstrom] in `medium`: vacuum or air; `frame` rest, or another."""

    grid_id: str
    wavelength_angstrom: Array
    medium: str
    frame: str


class Source(NamedTuple):
    """A table of spectra with its grids, and which rows of it are wanted."""

    table: Table
    grid_table: Table
    grids: Mapping[str, Grid]
    columns: Mapping[str, tuple[str | None, str]]
    parameters: Mapping[str, Any]


class Spectra(NamedTuple):
    """Spectra (n, p) on one rest grid: identifiers, the star's (None if not known), what was left out."""

    spec_id: list[str]
    star_id: list[str]
    flux: Array
    ivar: Array
    normalised: npt.NDArray[np.bool_]
    skipped: Counter[str]


def source(
    analysis: str,
    store: Any,
    name: str,
    *,
    star: str | None = None,
    arm: str | None = None,
    snr_min: float | None = None,
) -> Source:
    """Return a table of spectra that can be read; raises AnalysisError for one that can not.

    `star` is the column that identifies the star, object_id if it is None.
    """
    table = store.table(name)
    missing = [column for column in _NEEDED if not table.has(column)]
    if missing:
        raise AnalysisError(f"{analysis}: spectra: {table.qualified_name} has no {', '.join(missing)}")
    if star is not None and not table.has(star):
        raise AnalysisError(f"{analysis}: star: {table.qualified_name} has no column {star}")
    grid_table = store.table(str((table.extra or {}).get("grid_table", f"{table.qualified_name}_grid")))
    columns: dict[str, tuple[str | None, str]] = {
        each: (each if table.has(each) else None, kind) for each, kind in _COLUMNS.items()
    }
    if star is not None:
        columns["object_id"] = (star, "VARCHAR")
    wanted = {"arm": arm, "snr_min": snr_min}
    query = renamed.statement(table, columns, sql.load("label_spectrum_counts").text)
    counts = store.sql(query, {"spectra": renamed.NAME, **wanted}).arrow().to_pylist()
    if not counts:
        such = " and ".join(f"{key} {value}" for key, value in wanted.items() if value is not None)
        raise AnalysisError(
            f"{analysis}: {table.qualified_name} has no spectrum" + (f" of {such}" if such else "")
        )
    grids = _grids(store, grid_table)
    lost = [row["grid_id"] for row in counts if row["grid_id"] not in grids]
    if lost:
        raise AnalysisError(f"{analysis}: {grid_table.qualified_name} has no grid {lost[0]}")
    # The most frequent grid comes first.
    return Source(
        table, grid_table, {row["grid_id"]: grids[row["grid_id"]] for row in counts}, columns, wanted
    )


def _grids(store: Any, table: Table) -> dict[str, Grid]:
    columns: dict[str, tuple[str | None, str]] = {
        name: (name if table.has(name) else None, kind)
        for name, kind in (
            ("grid_id", "VARCHAR"),
            ("wavelength", "DOUBLE[]"),
            ("medium", "VARCHAR"),
            ("frame", "VARCHAR"),
        )
    }
    query = renamed.statement(table, columns, sql.load("label_spectrum_grids").text)
    return {
        row["grid_id"]: Grid(
            row["grid_id"],
            np.array(row["wavelength"], np.float64),
            row["medium"] or "vacuum",
            row["frame"] or "observed",
        )
        for row in store.sql(query, {"grids": renamed.NAME}).arrow().to_pylist()
    }


def count(store: Any, of: Source) -> int:
    """Return how many spectra are wanted."""
    query = renamed.statement(of.table, of.columns, sql.load("label_spectrum_counts").text)
    rows = store.sql(query, {"spectra": renamed.NAME, **of.parameters}).arrow().to_pylist()
    return sum(int(row["n"]) for row in rows)


def check_range(analysis: str, of: Source, wavelength_angstrom: Array) -> None:
    """Raise AnalysisError where no grid of the spectra has any of the model's wavelengths."""
    low, high = float(wavelength_angstrom[0]), float(wavelength_angstrom[-1])
    ends = [
        (float(grid.wavelength_angstrom[0]), float(grid.wavelength_angstrom[-1]))
        for grid in of.grids.values()
    ]
    if not any(first < high and last > low for first, last in ends):
        raise AnalysisError(
            f"{analysis}: the model is of {low:g} to {high:g} Angstrom, the spectra of "
            f"{of.table.qualified_name} have {ends[0][0]:g} to {ends[0][1]:g}: take a model of these"
        )


def check_name(analysis: str, store: Any, of: Source, name: str) -> None:
    """Raise AnalysisError where none of the wanted spectra, and none of their stars, has this name."""
    query = renamed.statement(of.table, of.columns, sql.load("label_spectrum_named").text)
    wanted = {"spectra": renamed.NAME, "name": name, **of.parameters}
    (row,) = store.sql(query, wanted).arrow().to_pylist()
    if not row["is_wanted"]:
        raise AnalysisError(
            f"{analysis}: {of.table.qualified_name} has no spectrum and no star {name!r}: names are like "
            f"{row['spec_id']!r}" + (f", of {row['object_id']!r}" if row["object_id"] else "")
        )


def read(
    store: Any,
    of: Source,
    to: Grid,
    *,
    batch: int = 1000,
    at_rest: bool = True,
    only: Sequence[str] | None = None,
    velocities: Mapping[str, float] | None = None,
) -> Iterator[Spectra]:
    """Yield the spectra on the grid `to`, grid by grid, at most `batch` at a time.

    A spectrum without radial velocity, where one is needed to bring it to rest, is skipped and counted;
    without `at_rest` it is left as it is observed. `only` names spectra. `velocities` [km/s] by star or
    spectrum stand for those of the table: a spectrum of neither stays as it is.
    """
    query = renamed.statement(of.table, of.columns, sql.load("label_spectra").text)
    for grid in of.grids.values():
        wanted = {"spectra": renamed.NAME, "grid_id": grid.grid_id, **of.parameters}
        wanted["only"] = None if only is None else list(only)
        result = store.sql(query, wanted)
        for rows in result.batches(batch):
            if len(rows):
                yield _onto(rows, grid, to, at_rest, velocities)


def _onto(
    rows: pa.RecordBatch, grid: Grid, to: Grid, at_rest: bool, velocities: Mapping[str, float] | None
) -> Spectra:
    n, p = len(rows), len(grid.wavelength_angstrom)
    flux, ivar = _stacked(rows, "flux", n, p), _stacked(rows, "ivar", n, p)
    mask = rows["mask"].to_pylist()
    for k, (bits, bad) in enumerate(zip(mask, rows["bad_bits"].to_pylist(), strict=True)):
        if bits is not None and bad is not None:
            ivar[k, (np.array([x or 0 for x in bits], np.int64) & bad) != 0] = 0.0
    skipped: Counter[str] = Counter()
    velocity = np.zeros(n)
    keep = np.ones(n, np.bool_)
    if at_rest and grid.frame != _AT_REST:
        velocity = _numbers(rows, "radial_velocity") if velocities is None else _given(rows, velocities)
        if grid.frame == "observed":
            velocity = velocity - _numbers(rows, "barycentric_correction")
        keep = np.isfinite(velocity) & (np.abs(np.nan_to_num(velocity)) < 0.1 * C_KM_S)
        more = " or barycentric correction" if grid.frame == "observed" else ""
        skipped[f"{NO_VELOCITY}{more} to bring it to rest"] += int((~keep).sum())
    wavelength = grid.wavelength_angstrom
    if grid.medium != to.medium:
        wavelength = vacuum_from_air(wavelength) if grid.medium == "air" else air_from_vacuum(wavelength)
    flux, ivar = resampled(wavelength, flux[keep], ivar[keep], to.wavelength_angstrom, velocity[keep])
    spec = [each for each, kept in zip(rows["spec_id"].to_pylist(), keep, strict=True) if kept]
    star = [each for each, kept in zip(rows["object_id"].to_pylist(), keep, strict=True) if kept]
    normal = np.array([bool(x) for x in rows["normalised"].to_pylist()], np.bool_)[keep]
    named = [own if own is not None else name for own, name in zip(star, spec, strict=True)]
    return Spectra(spec, named, flux, ivar, normal, +skipped)


def _numbers(rows: pa.RecordBatch, name: str) -> Array:
    return np.array([np.nan if x is None else x for x in rows[name].to_pylist()], np.float64)


def _given(rows: pa.RecordBatch, velocities: Mapping[str, float]) -> Array:
    names = zip(rows["object_id"].to_pylist(), rows["spec_id"].to_pylist(), strict=True)
    return np.array([velocities.get(star, velocities.get(spec, 0.0)) for star, spec in names], np.float64)


def _stacked(rows: pa.RecordBatch, name: str, n: int, p: int) -> Array:
    values = rows[name].flatten().to_numpy(zero_copy_only=False)
    if len(values) != n * p:
        raise AnalysisError(f"{name} of {rows['spec_id'][0]} and others has not the {p} pixels of its grid")
    return np.array(values, np.float64).reshape(n, p)
