"""Stars of a table of the store: which can be used, which are chosen, and why others are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import sql
from analysis import renamed
from analysis.galaxy.sun import Sun
from analysis.rotation_curve.result import COLUMN_OPTIONS
from analysis.rotation_curve.seen import Mask, Stars, seen
from analysis.runs import rows_of
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

NAME = "rotation_curve"

MOST_RELATIVE_ERROR = 0.5
"""Above it a distance says nothing, and its distribution is not normal."""

_DEFAULT = {option.name: str(option.default) for option in COLUMN_OPTIONS}
_NEEDED = ("ra", "dec", "dist", "pmra", "pmdec", "radial_velocity")
_ERRORS = ("pmra_error", "pmdec_error", "radial_velocity_error")
_OWN = {
    "dist": "dist",
    "dist_error": "dist_error",
    "radial_velocity": "rv",
    "radial_velocity_error": "rv_error",
    "alpha_fe": "alpha_fe",
    "fe_h": "fe_h",
    "weight": "weight",
}

_UNITS = {
    "dist": "kpc",
    "dist_error": "kpc",
    "pmra_error": "mas.yr**-1",
    "pmdec_error": "mas.yr**-1",
    "radial_velocity_error": "km.s**-1",
}
"""Beside those that `renamed` knows."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """The stars that can be used, with what is told of the others and of columns that are not there."""

    stars: Stars
    lines: tuple[str, ...]
    run_id: str | None = None


def read(store: Any, settings: Mapping[str, Any], sun: Sun) -> Sample:
    """Read the stars of the table that is asked for and choose those that can be used.

    Raises AnalysisError for columns that are not there or in another unit, and where no star is left.
    """
    table = store.table(settings["stars"])
    columns = _columns(table, settings)
    of = rows_of(NAME, store, table, settings["run_id"])
    query = renamed.statement(table, columns, sql.load("rotation_stars").text, of.where)
    rows = store.sql(query, {"stars": renamed.NAME}).arrow()
    if not rows.num_rows:
        raise AnalysisError(f"{NAME}: {table.qualified_name} has no rows")
    value = {name: _numbers(rows, name) for name in columns}
    why = _reasons(value, settings, sun)
    kept = np.ones(rows.num_rows, bool)
    lines = [f"{rows.num_rows:,} stars in {table.qualified_name}", *of.lines]
    for reason, bad in why.items():
        count = int((kept & bad).sum())
        kept &= ~bad
        if count:
            lines.append(f"  {count:,} left out: {reason}")
    if not kept.any():
        told = "; ".join(line.strip() for line in lines[1 + len(of.lines) :])
        raise AnalysisError(f"{NAME}: no star of {table.qualified_name} can be used: {told}")
    absent = [name for name in _ERRORS if columns[name][0] is None]
    if absent:
        lines.append(
            f"  taken as exact, for {table.qualified_name} has no column of them: {', '.join(absent)}"
        )
    for name in _ERRORS:
        unknown = int((kept & ~np.isfinite(value[name])).sum())
        if unknown and name not in absent:
            lines.append(f"  taken as exact, for they have no {name}: {unknown:,} stars")
    places = np.stack([value["ra"][kept], value["dec"][kept]], axis=1)
    again = len(places) - len(np.unique(places, axis=0))
    if again:
        lines.append(
            f"  WARNING: {again:,} stars are where another one is; if they are the same stars, all errors "
            "are too small: keep one row of each"
        )
    return Sample(_stars(value).of(kept), tuple(lines), of.run_id)


def _columns(table: Table, settings: Mapping[str, Any]) -> dict[str, tuple[str | None, str]]:
    """Return where each quantity stands in the table, as `renamed.statement` takes it."""
    found: dict[str, tuple[str | None, str]] = {}
    for name in (*_NEEDED, "dist_error", *_ERRORS, "pmra_pmdec_corr", "alpha_fe", "fe_h", "weight"):
        option = _OWN.get(name)
        if option is None:
            own = name if table.has(name) else None
        else:
            own = renamed.chosen(NAME, option, table, settings[option], _DEFAULT[option])
        found[name] = (own, "DOUBLE")
        if own is not None and name in _UNITS:
            _check_unit(table, own, _UNITS[name])
    needed = [*_NEEDED, *(["dist_error"] if settings["distance_errors"] == "deconvolve" else [])]
    limited = {"alpha_fe": "alpha_max", "fe_h": "fe_h_min"}
    needed += [name for name, option in limited.items() if settings[option] is not None]
    if settings["density"] == "measured" and found["weight"][0] is None:
        raise AnalysisError(
            f"{NAME}: density measured needs weights that undo how the survey chose its stars, and "
            f"{table.qualified_name} has no column {settings['weight']}: name one (--weight), or give "
            "--scale-length"
        )
    missing = [name for name in needed if found[name][0] is None]
    if missing:
        advice = (
            "give another table (disc_star writes results.disc_selected), or name its columns (--dist, "
            "--rv, --alpha-fe and so on)"
        )
        if missing == ["dist_error"]:
            advice += ", or --distance-errors ignore"
        raise AnalysisError(f"{NAME}: {table.qualified_name} has no column {', '.join(missing)}: {advice}")
    return found


def _check_unit(table: Table, own: str, needed: str) -> None:
    unit = table.column(own).unit
    if not unit or unit == needed:  # no unit is no statement
        return
    from astropy.units import Unit  # takes a while to load

    if Unit(unit, format="vounit") != Unit(needed, format="vounit"):
        raise AnalysisError(
            f"{NAME}: {table.qualified_name}: {own} is in {unit}, {needed} is needed: make a column in that "
            "unit (disc_star does), or name another"
        )


def _numbers(rows: pa.Table, name: str) -> Array:
    return np.asarray(pc.cast(rows[name], pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def _reasons(value: Mapping[str, Array], settings: Mapping[str, Any], sun: Sun) -> dict[str, Mask]:
    """Return by reason which rows (n,) can not be used, or are not wanted."""
    with np.errstate(invalid="ignore"):
        why: dict[str, Mask] = {f"no {name}": ~np.isfinite(value[name]) for name in _NEEDED}
        why["distance not above 0"] = value["dist"] <= 0.0
        if settings["distance_errors"] == "deconvolve":
            relative = value["dist_error"] / value["dist"]
            why["no error of the distance"] = ~(np.isfinite(relative) & (relative >= 0.0))
            why[f"error of the distance above {MOST_RELATIVE_ERROR:g} of it"] = relative > MOST_RELATIVE_ERROR
        for option, name, sign in (("alpha_max", "alpha_fe", 1.0), ("fe_h_min", "fe_h", -1.0)):
            limit = settings[option]
            if limit is not None:
                why[f"no {name}"] = ~np.isfinite(value[name])
                words = "above" if sign > 0.0 else "below"
                why[f"{name} {words} {limit:g}"] = sign * value[name] > sign * limit
        if settings["vz_max"] is not None:
            why[f"|vz| above {settings['vz_max']:g} km/s"] = _vz(value, sun) > settings["vz_max"]
    return why


def _vz(value: Mapping[str, Array], sun: Sun) -> Array:
    stars = _stars(value)
    view = seen(stars, sun)
    made: Array = np.abs(
        view.motion[2] + stars.rv * view.along[:, 2] + stars.distance_kpc * view.per_kpc[:, 2]
    )
    return made


def _stars(value: Mapping[str, Array]) -> Stars:
    def or_zero(name: str) -> Array:
        return np.nan_to_num(value[name])

    weight = np.where(np.isfinite(value["weight"]), value["weight"], 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.nan_to_num(value["dist_error"] / value["dist"])
    return Stars(
        value["ra"],
        value["dec"],
        value["dist"],
        relative,
        value["pmra"],
        value["pmdec"],
        value["radial_velocity"],
        or_zero("pmra_error"),
        or_zero("pmdec_error"),
        or_zero("pmra_pmdec_corr"),
        or_zero("radial_velocity_error"),
        weight,
    )
