"""The stars of a table, with their distances in kpc and the errors of all that is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from analysis import renamed
from analysis.disc_star.motions import Motions, motions, numbers
from analysis.disc_star.result import COLUMN_OPTIONS
from analysis.galaxy.parallax_distance import by_inverse, by_prior
from analysis.runs import RowsOf, rows_of
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]

NAME = "disc_star"
ROWS_AT_ONCE = 200_000

_DEFAULT = {option.name: option.default for option in COLUMN_OPTIONS}
_CANDIDATES = {"fe_h": ("fe_h", "feh"), "alpha_fe": ("alpha_fe", "alpha_m")}
_PAIR = {"ra": "dec", "pmra": "pmdec"}
_AS_THEY_ARE = (
    "ref_epoch",
    "parallax",
    "parallax_error",
    "parallax_over_error",
    "pmra_pmdec_corr",
    "parallax_pmra_corr",
    "parallax_pmdec_corr",
)


@dataclass(frozen=True, slots=True)
class Stars:
    """n stars: identifiers, numbers (n,) by name with NaN for NULL, and where distances are from.

    `of_parallax`: their errors go with those of Gaia's motions; `why` is said of a star without one.
    """

    source_id: list[str]
    number: Mapping[str, Array]
    distance_kpc: Array
    distance_error_kpc: Array
    source: str
    of_parallax: bool
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """A table, where its columns are, and distances [kpc] with errors of another table by identifier."""

    table: Table
    columns: Mapping[str, tuple[str | None, str]]
    other: Mapping[str, tuple[float, float]] | None
    motions: Motions | None
    inputs: tuple[str, ...]
    rows: RowsOf


def source(store: Any, settings: Mapping[str, Any]) -> Source:
    """Return what is to be read; raises AnalysisError with all that is missing of a table."""
    table = store.table(settings["stars"])
    columns: dict[str, tuple[str | None, str]] = {"source_id": (_of(table, settings, "id"), "VARCHAR")}
    for option, name in (("ra", "ra"), ("dec", "dec"), ("fe_h", "fe_h"), ("alpha_fe", "alpha_fe")):
        columns[name] = (_of(table, settings, option), "DOUBLE")
    columns["logg"] = (_of(table, settings, "logg"), "DOUBLE")
    measured = (("pmra", "pmra"), ("pmdec", "pmdec"), ("rv", "radial_velocity"), ("dist", "dist"))
    for option, name in measured:
        own = _of(table, settings, option)
        columns |= {name: (own, "DOUBLE"), f"{name}_error": (_error(table, own), "DOUBLE")}
    modulus = renamed.chosen(NAME, "modulus", table, settings["modulus"], None)
    columns |= {"modulus": (modulus, "DOUBLE"), "modulus_error": (_error(table, modulus), "DOUBLE")}
    columns |= {name: (name if table.has(name) else None, "DOUBLE") for name in _AS_THEY_ARE}
    beside = motions(NAME, store, settings)
    _check(table, columns, beside, settings)
    inputs = [table.qualified_name, *(beside.inputs if beside else ())]
    other = None
    if settings["distances"] is not None:
        found = store.table(settings["distances"])
        inputs.append(found.qualified_name)
        other = _distances(store, found)
    rows = rows_of(NAME, store, table, settings["run_id"])
    return Source(table, columns, other, beside, tuple(inputs), rows)


def _of(table: Table, settings: Mapping[str, Any], option: str) -> str | None:
    for default in _CANDIDATES.get(option, (str(_DEFAULT[option]),)):
        own = renamed.chosen(NAME, option, table, settings[option], default)
        if own is not None:
            return own
    return None


def _error(table: Table, own: str | None) -> str | None:
    names = () if own is None else (f"{own}_error", f"e_{own}", f"{own}_err")
    return next((name for name in names if table.has(name)), None)


def _check(
    table: Table, columns: Mapping[str, Any], beside: Motions | None, settings: Mapping[str, Any]
) -> None:
    """Raise AnalysisError for what the table has not, all at once."""
    by = settings["distance_by"]
    lacking = []
    there = {name for name, (own, _) in columns.items() if own is not None}
    there |= set(beside.number) if beside else set()
    if columns["source_id"][0] is None:
        lacking.append("identifiers (--id)")
    for name, words in (
        ("ra", "positions (--ra, --dec)"),
        ("pmra", "proper motions (--pmra, --pmdec; or --motions TABLE --link MATCH)"),
        ("radial_velocity", "radial velocities (--rv)"),
    ):
        if not {name, _PAIR.get(name, name)} <= there:
            lacking.append(words)
    if by == "column" and settings["distances"] is None and columns["dist"][0] is None:
        words = f"distances ({settings['dist']}; or --distances TABLE)"
        if "parallax" in there:
            words += (
                ", but parallaxes: say with --distance-by prior or inverse how they become distances, for "
                "1/parallax of a poor one is biased"
            )
        lacking.append(words)
    with_errors = "parallax" in there and there & {"parallax_error", "parallax_over_error"}
    if by in ("prior", "inverse") and not with_errors:
        lacking.append("parallaxes with errors")
    if by == "modulus" and columns["modulus"][0] is None:
        lacking.append("distance moduli (--modulus COLUMN)")
    if by != "column" and settings["distances"] is not None:
        raise AnalysisError(f"{NAME}: distances are of --distances or by {by}, not both")
    if lacking:
        raise AnalysisError(f"{NAME}: {table.qualified_name} has no {'; no '.join(lacking)}")


def _distances(store: Any, table: Table) -> dict[str, tuple[float, float]]:
    """Return distances and errors by identifier; raises AnalysisError for stars with two."""
    if not table.has("source_id", "dist"):
        raise AnalysisError(f"{NAME}: distances: {table.qualified_name} needs columns source_id and dist")
    columns: dict[str, tuple[str | None, str]] = {
        "source_id": ("source_id", "VARCHAR"),
        "dist": ("dist", "DOUBLE"),
        "dist_error": (_error(table, "dist"), "DOUBLE"),
        "run_id": ("run_id" if table.has("run_id") else None, "VARCHAR"),
    }
    text = renamed.statement(table, columns, sql.load("disc_distances").text)
    rows = store.sql(text, {"stars": renamed.NAME}).arrow()
    factor, of_error = _factors(table, "dist", columns["dist_error"][0])
    made = {
        star: (dist * factor, error * of_error)
        for star, dist, error in zip(
            rows["source_id"].to_pylist(), numbers(rows, "dist"), numbers(rows, "dist_error"), strict=True
        )
    }
    if not made:
        raise AnalysisError(f"{NAME}: distances: {table.qualified_name} has no distance")
    if len(made) < rows.num_rows:
        raise AnalysisError(
            f"{NAME}: distances: {table.qualified_name} has {rows.num_rows - len(made):,} rows too many: "
            "one distance for each is needed"
        )
    return made


def _factors(table: Table, own: str, own_error: str | None) -> tuple[float, float]:
    """Return what makes kpc of a distance and of its error, which is in the same unit if it says none."""
    factor = _in_kpc(table, own)
    if own_error is None or not table.column(own_error).unit:
        return factor, factor
    return factor, _in_kpc(table, own_error)


def _in_kpc(table: Table, name: str) -> float:
    """Return what makes kpc of a column; one without a unit is in kpc. Raises AnalysisError for no length."""
    unit = table.column(name).unit
    if not unit or unit == "kpc":
        return 1.0
    from astropy import units as u  # takes a while to load, and most tables are in kpc

    try:
        return float(u.Unit(unit, format="vounit").to(u.kpc))
    except u.UnitConversionError:
        raise AnalysisError(
            f"{NAME}: {table.qualified_name}: {name} is in {unit}, a length is needed"
        ) from None


def said(store: Any, of: Source) -> tuple[str, ...]:
    """Return what there is to say of the rows that are read: of which run, and whether stars are repeated."""
    columns = {"source_id": of.columns["source_id"]}
    text = renamed.statement(of.table, columns, sql.load("disc_repeated").text, of.rows.where)
    repeated = store.sql(text, {"stars": renamed.NAME}).arrow()["repeated"][0].as_py()
    if not repeated:
        return of.rows.lines
    rows, verb = ("row", "repeats") if repeated == 1 else ("rows", "repeat")
    return (*of.rows.lines, f"{repeated:,} {rows} {verb} an identifier")


def read(store: Any, of: Source, settings: Mapping[str, Any]) -> Iterator[Stars]:
    """Yield the stars of a table, of its latest run if it is a result, some hundred thousand at a time."""
    text = renamed.statement(of.table, of.columns, sql.load("disc_stars").text, of.rows.where)
    own = of.columns["dist"][0]
    factors = (1.0, 1.0) if own is None else _factors(of.table, own, of.columns["dist_error"][0])
    for batch in store.sql(text, {"stars": renamed.NAME}).batches(ROWS_AT_ONCE):
        rows = pa.Table.from_batches([batch])
        if not rows.num_rows:
            continue
        names = [name or "" for name in rows["source_id"].to_pylist()]
        number = {name: numbers(rows, name) for name in of.columns if name != "source_id"}
        number |= of.motions.of(names) if of.motions else {}
        _complete(number, settings)
        yield _with_distances(names, number, of, settings, factors)


def _complete(number: dict[str, Array], settings: Mapping[str, Any]) -> None:
    """Put in the errors that are given for those that are missing."""
    given = {
        "pmra_error": settings["pm_error_if_missing"],
        "pmdec_error": settings["pm_error_if_missing"],
        "radial_velocity_error": settings["rv_error_if_missing"],
    }
    for name, value in given.items():
        if value is not None:
            number[name] = np.where(np.isnan(number[name]), value, number[name])
    with np.errstate(invalid="ignore", divide="ignore"):
        by_ratio = np.abs(number["parallax"] / number["parallax_over_error"])
    number["parallax_error"] = np.where(
        np.isnan(number["parallax_error"]), by_ratio, number["parallax_error"]
    )


def _with_distances(
    names: list[str],
    number: Mapping[str, Array],
    of: Source,
    settings: Mapping[str, Any],
    factors: tuple[float, float],
) -> Stars:
    by = settings["distance_by"]
    parallax = number["parallax"] - settings["parallax_zero_point"]
    if by == "prior":
        found = by_prior(parallax, number["parallax_error"], settings["prior_length"])
        words = f"parallax, prior of {settings['prior_length']:g} kpc"
        return Stars(names, number, *found, words, True, "no parallax, or no error of it")
    if by == "inverse":
        least = settings["parallax_snr"]
        found = by_inverse(parallax, number["parallax_error"], least)
        why = f"no parallax of {least:g} times its error"
        return Stars(names, number, *found, "1/parallax", True, why)
    if by == "modulus":
        error = np.where(
            np.isnan(number["modulus_error"]), settings["modulus_error"], number["modulus_error"]
        )
        distance = 10.0 ** (0.2 * number["modulus"] - 2.0)
        words = f"{of.table.qualified_name}.{of.columns['modulus'][0]}"
        return Stars(
            names, number, distance, distance * 0.2 * np.log(10.0) * error, words, False, "no modulus"
        )
    if of.other is not None:
        nothing = (np.nan, np.nan)
        pairs = np.array([of.other.get(name, nothing) for name in names])
        distance, error = pairs[:, 0], pairs[:, 1]
        words = f"{settings['distances']}.dist"
    else:
        distance, error = number["dist"] * factors[0], number["dist_error"] * factors[1]
        words = f"{of.table.qualified_name}.{of.columns['dist'][0]}"
    if settings["dist_error_if_missing"] is not None:
        error = np.where(np.isnan(error), settings["dist_error_if_missing"] * distance, error)
    return Stars(names, number, distance, error, words, False, "no distance")
