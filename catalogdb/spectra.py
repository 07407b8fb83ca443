"""Spectra out of the store as numpy arrays: one, or many in batches on one wavelength grid each.

A table of spectra has a row for each spectrum, with flux, ivar and mask as lists and the `grid_id` of its
wavelengths, which stand once in the table that `extra["grid_table"]` names. docs/spectra.md has the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from catalogdb.ddl import qualified
from catalogdb.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa
    from astropy.table import Table as AstropyTable

    from catalogdb.schema import Table
    from catalogdb.store import Store

Array: TypeAlias = npt.NDArray[Any]

DEFAULT_TABLE = "catalogs.spectrum"
LISTS = ("flux", "ivar", "mask")

C_KM_S = 299792.458
"""Speed of light [km/s], exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A wavelength grid: wavelengths of shape (p,), growing [Angstrom]; medium and frame as in its table."""

    grid_id: str
    wavelength_angstrom: Array
    medium: str
    frame: str


@dataclass(frozen=True, slots=True, eq=False)
class SpectraBatch:
    """Spectra on one grid.

    `rows` has their other columns as arrays of shape (n,), spec_id among them; flux is of shape (n, p) with
    NaN for what is missing, ivar (n, p) with 0 where a pixel is not to be used, mask (n, p) int32 or None.
    """

    grid: Grid
    rows: Mapping[str, Array]
    flux: Array
    ivar: Array
    mask: Array | None

    @property
    def spec_id(self) -> list[str]:
        """The identifiers of the spectra."""
        return [str(each) for each in self.rows["spec_id"]]


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """One spectrum: arrays of shape (p,), as in SpectraBatch, and its row by column."""

    grid: Grid
    row: Mapping[str, Any]
    flux: Array
    ivar: Array
    mask: Array | None

    @property
    def wavelength_angstrom(self) -> Array:
        """The wavelengths of the pixels [Angstrom], in the medium and frame of the grid."""
        return self.grid.wavelength_angstrom

    @property
    def error(self) -> Array:
        """Standard deviation of flux; infinite where the pixel is not to be used."""
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / np.sqrt(self.ivar))

    def rest_wavelength_angstrom(self) -> Array:
        """The wavelengths relative to the star [Angstrom], by its radial velocity.

        Of a spectrum that was measured in the telescope's frame the barycentric correction goes in first.
        Raises DataError where a velocity that is needed is not known.
        """
        if self.grid.frame == "rest":
            return self.wavelength_angstrom
        velocity = self._known("radial_velocity")
        if self.grid.frame == "observed":
            velocity -= self._known("barycentric_correction")
        return np.asarray(self.wavelength_angstrom / (1.0 + velocity / C_KM_S))

    def _known(self, column: str) -> float:
        value = self.row.get(column)
        if value is None:
            raise DataError(
                f"{self.row['spec_id']} has no {column}: its wavelengths can not be brought to rest"
            )
        return float(value)

    def table(self) -> AstropyTable:
        """Wavelength, flux, ivar and mask as an astropy table, with the row in its meta."""
        from astropy.table import Table as AstropyTable
        from astropy.units import Unit

        columns = {
            "wavelength": self.wavelength_angstrom * Unit("Angstrom"),
            "flux": self.flux,
            "ivar": self.ivar,
        }
        if self.mask is not None:
            columns["mask"] = self.mask
        told = {name: value for name, value in self.row.items() if value is not None}
        return AstropyTable(columns, meta=told | {"medium": self.grid.medium, "frame": self.grid.frame})


def read_spectra(
    store: Store,
    table: str = DEFAULT_TABLE,
    *,
    where: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    columns: Sequence[str] = (),
    rows: int = 1000,
) -> Iterator[SpectraBatch]:
    """Yield the spectra of a table in batches of at most `rows`, grid after grid.

    `where` is an SQL condition on its columns, with `parameters`; `columns` are those wanted beside
    spec_id. Of the pixels that `bad_bits` call unusable ivar is 0. Raises TableNotFound, DataError for a
    table that is none of spectra, QueryError for a condition that DuckDB refuses.
    """
    described = spectra_table(store, table)
    condition = f"({where})" if where else "true"
    values = dict(parameters or {})
    source = qualified(described.schema, described.name)
    counted = store.sql(
        f"SELECT grid_id, count(*) AS n FROM {source} WHERE {condition} "  # noqa: S608
        "GROUP BY grid_id ORDER BY n DESC, grid_id",
        values,
    ).arrow()
    wanted = _wanted(described, columns)
    for grid_id in counted["grid_id"].to_pylist():
        grid = read_grid(store, described, grid_id)
        selected = ", ".join(f'"{name}"' for name in [*wanted, *LISTS, "bad_bits"])
        found = store.sql(
            f"SELECT {selected} FROM {source} WHERE grid_id = $spectra_grid AND {condition}",  # noqa: S608
            values | {"spectra_grid": grid_id},
        )
        for batch in found.batches(rows):
            if batch.num_rows:
                yield _batch(grid, batch, wanted)


def read_spectrum(store: Store, spec_id: str, table: str = DEFAULT_TABLE) -> Spectrum:
    """Return one spectrum by its identifier; DataError if there is none, with the nearest names."""
    described = spectra_table(store, table)
    names = [c.name for c in described.columns if c.name not in {*LISTS, "or_mask", "spec_id"}]
    found = list(
        read_spectra(store, table, where="spec_id = $spec_id", parameters={"spec_id": spec_id}, columns=names)
    )
    if not found:
        near = store.sql(
            f"SELECT spec_id FROM {qualified(described.schema, described.name)} "  # noqa: S608
            "ORDER BY levenshtein(spec_id, $spec_id), spec_id LIMIT 3",
            {"spec_id": spec_id},
        ).arrow()["spec_id"]
        raise DataError(
            f"{described.qualified_name} has no spectrum {spec_id}{did_you_mean(spec_id, near.to_pylist())}"
        )
    batch = found[0]
    row = {name: _plain(values[0]) for name, values in batch.rows.items()}
    mask = None if batch.mask is None else batch.mask[0]
    return Spectrum(batch.grid, row, batch.flux[0], batch.ivar[0], mask)


def spectra_table(store: Store, name: str) -> Table:
    """Return the description of a table of spectra; DataError for another table."""
    table = store.table(name)
    if not (
        {"spec_id", "grid_id", *LISTS} <= {c.name for c in table.columns} and "grid_table" in table.extra
    ):
        raise DataError(
            f"{table.qualified_name} is no table of spectra: `catalogdb spectra FILE...` makes one"
        )
    return table


def read_grid(store: Store, table: Table, grid_id: str) -> Grid:
    """Return one wavelength grid of a table of spectra."""
    source = qualified(*store.table(table.extra["grid_table"]).qualified_name.split("."))
    found = store.sql(
        f"SELECT wavelength, medium, frame FROM {source} WHERE grid_id = $grid_id",  # noqa: S608
        {"grid_id": grid_id},
    ).arrow()
    if found.num_rows != 1:
        raise DataError(
            f"{table.qualified_name}: {table.extra['grid_table']} has {found.num_rows} grids {grid_id}"
        )
    wavelength = np.array(found["wavelength"].combine_chunks().flatten().to_numpy(), np.float64)
    return Grid(grid_id, wavelength, found["medium"][0].as_py(), found["frame"][0].as_py())


def _wanted(table: Table, columns: Sequence[str]) -> list[str]:
    known = [c.name for c in table.columns]
    for name in columns:
        if name not in known or name in LISTS:
            raise DataError(f"{table.qualified_name} has no column {name}{did_you_mean(name, known)}")
    return list(dict.fromkeys(["spec_id", *columns]))


def _batch(grid: Grid, batch: pa.RecordBatch, names: Sequence[str]) -> SpectraBatch:
    shape = (batch.num_rows, len(grid.wavelength_angstrom))
    flux, ivar = (_matrix(batch.column(name), shape, name) for name in ("flux", "ivar"))
    assert flux is not None
    assert ivar is not None
    mask = _matrix(batch.column("mask"), shape, "mask")
    bits = batch.column("bad_bits").fill_null(0).to_numpy(zero_copy_only=False)
    if mask is not None and bits.any():
        ivar[(mask & bits.astype(np.int32)[:, None]) != 0] = 0.0
    rows = {name: batch.column(name).to_numpy(zero_copy_only=False) for name in names}
    return SpectraBatch(grid, rows, flux, ivar, mask)


def _matrix(column: pa.Array, shape: tuple[int, int], name: str) -> Array | None:
    """Lists of one length as a matrix of its own memory; None where all are NULL, zeros where one is."""
    present = ~column.is_null().to_numpy(zero_copy_only=False)
    if not present.any():
        return None
    values = column.flatten().to_numpy(zero_copy_only=False)
    if values.size != present.sum() * shape[1]:
        raise DataError(f"{name}: {values.size} values for {shape[0]} spectra of {shape[1]} pixels")
    matrix = np.zeros(shape, np.int32 if name == "mask" else values.dtype)
    matrix[present] = values.reshape(-1, shape[1])
    return matrix


def _plain(value: Any) -> Any:
    """A value of numpy as one of Python, NaN as None."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and np.isnan(plain) else plain
