"""Stars of a table of the store as arrays: which columns are meant, and which stars are giants."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis import renamed
from analysis.runs import rows_of
from analysis.spectro_distance import labelled
from analysis.spectro_distance.design import principal_components, projected
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NAME = "spectro_distance"
ROWS_AT_ONCE = 100_000
SPECTRA_FOR_COMPONENTS = 2000

CANDIDATES = {
    "magnitude": ("k", "k_m", "ks_m", "kmag", "phot_g_mean_mag"),
    "fe_h": ("fe_h", "feh", "m_h"),
    "alpha_fe": ("alpha_fe", "alpha_m"),
    "snr": ("snr", "snrg"),
    "gaia_id": ("gaia_source_id", "gaia_id"),
}
"""Names that a column may have, the best first; every other column has its own name."""

PLAIN = (
    *("ra", "dec", "pmra", "pmra_error", "pmdec", "pmdec_error", "radial_velocity", "radial_velocity_error"),
    *(
        "parallax",
        "parallax_error",
        "parallax_over_error",
        "ruwe",
        "teff",
        "logg",
        "phot_g_mean_mag",
        "bp_rp",
    ),
    *("nu_eff_used_in_astrometry", "pseudocolour", "astrometric_params_solved", "ecl_lat"),
    *("ra_gaia", "dec_gaia"),
)

_DESIGNATION = re.compile(r"(?:2M|2MASS ?J?|J)?(\d\d)(\d\d)(\d{4})([+-])(\d\d)(\d\d)(\d{3})$")
"""hhmmssss+ddmmsss, as 2MASS and APOGEE name stars: truncated to 0.01 s and 0.1 arcsec."""


@dataclass(frozen=True, slots=True)
class Stars:
    """n stars: identifiers, columns by name (n,) with NaN for missing, features (n, k) with their errors."""

    ids: list[str]
    column: dict[str, Array]
    gaia_id: npt.NDArray[np.int64]
    names: tuple[str, ...]
    features: Array
    feature_errors: Array
    linear: int
    source: dict[str, str]
    run_id: str | None = None
    said: tuple[str, ...] = ()

    def get(self, name: str) -> Array:
        """Return a column, NaN for all where the table has none."""
        return self.column.get(name, np.full(len(self.ids), np.nan))

    def of(self, chosen: Bools) -> Stars:
        """Return some of the stars."""
        return Stars(
            [each for each, kept in zip(self.ids, chosen, strict=True) if kept],
            {name: each[chosen] for name, each in self.column.items()},
            self.gaia_id[chosen],
            self.names,
            self.features[chosen],
            self.feature_errors[chosen],
            self.linear,
            self.source,
            self.run_id,
            self.said,
        )

    @property
    def part(self) -> npt.NDArray[np.int64]:
        """A number (n,) that follows from the identifier alone: rows of one star have the same."""
        return np.array([zlib.crc32(each.encode()) for each in self.ids], np.int64)


def read(store: Any, table: Table, settings: Mapping[str, Any]) -> Stars:
    """Return all stars of the table; raises AnalysisError for columns that are not there or no numbers."""
    if not table.has(settings["id"]):
        raise AnalysisError(f"{NAME}: id: {table.qualified_name} has no column {settings['id']}")
    columns = {name: (name if table.has(name) else None, "DOUBLE") for name in PLAIN}
    for role, names in CANDIDATES.items():
        kind = "BIGINT" if role == "gaia_id" else "DOUBLE"
        columns[role] = (next((name for name in names if table.has(name)), None), kind)
    for role in ("magnitude", "extinction", "reference"):
        if settings[role] is not None:
            columns[role] = (renamed.chosen(NAME, role, table, settings[role], None), "DOUBLE")
    if columns["magnitude"][0] is None:
        known = ", ".join(CANDIDATES["magnitude"])
        raise AnalysisError(f"{NAME}: {table.qualified_name} has none of {known}: name it with --magnitude")
    columns["star"] = (settings["id"], "VARCHAR")
    made_up = table.has("simulated") and table.column("simulated").type == "BOOLEAN"
    columns["simulated"] = ("simulated" if made_up else None, "BOOLEAN")
    names = _features(table, settings, columns)
    which = rows_of(NAME, store, table, settings["run_id"])
    found = _rows(store, table, columns, which.where)
    ids = [each if each is not None else "" for each in found["star"].to_pylist()]
    column = {name: _number(found, name) for name, (own, kind) in columns.items() if own and kind == "DOUBLE"}
    if made_up:
        column["simulated"] = _number(found, "simulated")
    gaia = pc.fill_null(pc.cast(found["gaia_id"], pa.int64()), 0).to_numpy()
    features, errors = (
        np.array([_number(found, f"{of}_{i}") for i in range(len(names))]).reshape(len(names), len(ids)).T
        for of in ("feature", "error")
    )
    if settings["match"] is not None:
        names, features, errors = _with_labels(store, settings, ids, column)
    _from_designation(ids, column)
    if "parallax_error" not in column and "parallax_over_error" in column:
        with np.errstate(divide="ignore", invalid="ignore"):
            column["parallax_error"] = np.abs(column["parallax"] / column["parallax_over_error"])
    linear = 0
    if settings["spectra"] is not None:
        components = _components(store, table, settings, which.where)
        linear = components.shape[1]
        names = (*names, *(f"component_{i + 1}" for i in range(linear)))
        features = np.hstack([features, components])
        errors = np.hstack([errors, np.full(components.shape, np.nan)])
    source = {role: str(own) for role, (own, _) in columns.items() if own}
    return Stars(ids, column, gaia, names, features, errors, linear, source, which.run_id, which.lines)


def _features(
    table: Table, settings: Mapping[str, Any], columns: dict[str, tuple[str | None, str]]
) -> tuple[str, ...]:
    """Add the features and their errors to `columns`; return their names."""
    if settings["features"] is not None:
        names = tuple(dict.fromkeys(each.strip() for each in settings["features"].split(",") if each.strip()))
        for name in names:
            renamed.chosen(NAME, "features", table, name, None)
    elif settings["match"] is not None:
        return ()
    else:
        known = (columns["fe_h"][0], columns["alpha_fe"][0])
        # A reddened colour tells the dust, so the distance. With the extinction known that is no feature:
        # it would make reddened stars cool ones.
        colour = ("bp_rp",) if settings["extinction"] is None else ()
        names = ("teff", "logg", *(name for name in known if name), *colour)
        names = tuple(name for name in names if table.has(name))
    if not names:
        raise AnalysisError(
            f"{NAME}: {table.qualified_name} has no teff, logg, fe_h: name the columns with --features"
        )
    for i, name in enumerate(names):
        columns[f"feature_{i}"] = (name, "DOUBLE")
        error = next((e for e in (f"{name}_error", f"{name}_err", f"e_{name}") if table.has(e)), None)
        columns[f"error_{i}"] = (error, "DOUBLE")
    return names


def _with_labels(
    store: Any, settings: Mapping[str, Any], ids: list[str], column: dict[str, Array]
) -> tuple[tuple[str, ...], Array, Array]:
    """Add labels by spectra to the columns; return names, values and errors (n, k) of the features."""
    known = labelled.labels(store, settings, ids)
    column.update({name: each for name, each in known.items() if name in labelled.LABELS})
    colour = ("bp_rp",) if settings["extinction"] is None and "bp_rp" in column else ()
    names = (*(name for name in labelled.LABELS if name in known), *colour)
    none = np.full(len(ids), np.nan)
    errors = np.column_stack([known.get(f"{name}_error", none) for name in names])
    return names, np.column_stack([column[name] for name in names]), errors


def _rows(store: Any, table: Table, columns: Mapping[str, tuple[str | None, str]], where: str) -> pa.Table:
    query = renamed.statement(table, columns, sql.load("distance_stars").text, where)
    batches = list(store.sql(query, {"stars": renamed.NAME}).batches(ROWS_AT_ONCE))
    rows = sum(batch.num_rows for batch in batches)
    if not rows:
        raise AnalysisError(f"{NAME}: {table.qualified_name} is empty")
    return pa.Table.from_batches(batches)


def _number(rows: pa.Table, name: str) -> Array:
    return np.asarray(pc.cast(rows[name], pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _from_designation(ids: list[str], column: dict[str, Array]) -> None:
    """Add places by designations of 2MASS where the table has none."""
    if "ra" in column or "dec" in column:
        return
    found = [_DESIGNATION.match(each) for each in ids]
    if not any(found):
        return
    place = np.full((len(ids), 2), np.nan)
    for i, match in enumerate(found):
        if match:
            h, m, s, sign, d, minute, second = match.groups()
            place[i, 0] = 15.0 * (int(h) + int(m) / 60.0 + int(s) / 360_000.0)
            place[i, 1] = (int(d) + int(minute) / 60.0 + int(second) / 36_000.0) * (
                -1.0 if sign == "-" else 1.0
            )
    column["ra"], column["dec"] = place.T


def _components(store: Any, table: Table, settings: Mapping[str, Any], where: str) -> Array:
    """Return the first principal components (n, k) of the spectra, by the directions of some of them."""
    name = renamed.chosen(NAME, "spectra", table, settings["spectra"], None)
    own = table.column(str(name)).type
    if not own.endswith("[]"):
        raise AnalysisError(f"{NAME}: spectra: {table.qualified_name}.{name} is {own}, not a list of numbers")
    query = renamed.statement(
        table, {"spectrum": (name, "DOUBLE[]")}, sql.load("distance_spectra").text, where
    )
    given = {"stars": renamed.NAME}
    first: list[Array] = []
    for batch in store.sql(query, given).batches(SPECTRA_FOR_COMPONENTS):
        first.append(_matrix(batch["spectrum"], str(name)))
        if sum(map(len, first)) >= SPECTRA_FOR_COMPONENTS:
            break
    known = np.concatenate(first)
    known = known[np.isfinite(known).any(axis=1)]
    if len(known) <= settings["components"]:
        raise AnalysisError(
            f"{NAME}: {len(known)} spectra are too few for {settings['components']} components"
        )
    mean, directions = principal_components(known, settings["components"])
    made = []
    for batch in store.sql(query, given).batches(SPECTRA_FOR_COMPONENTS):
        spectra = _matrix(batch["spectrum"], str(name))
        values = projected(spectra, mean, directions)
        values[~np.isfinite(spectra).any(axis=1)] = np.nan
        made.append(values)
    return np.concatenate(made)


def _matrix(column: pa.Array, name: str) -> Array:
    """Return spectra (n, p) of a list column; a missing one is NaN throughout."""
    lengths = pc.list_value_length(column)
    p = pc.max(lengths).as_py()
    if p is None or pc.min(lengths).as_py() != p:
        raise AnalysisError(f"{NAME}: spectra: the lists of {name} differ in length: give them one grid")
    values = np.full((len(column), p), np.nan)
    there = ~np.asarray(column.is_null())
    values[there] = np.asarray(column.flatten().to_numpy(zero_copy_only=False), np.float64).reshape(-1, p)
    return values
