"""The training set out of the store: spectra and labels of the same stars, on one grid, normalised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import sql
from analysis import renamed
from analysis.label_training.names import NAME, columns
from analysis.labels.model import TrainingSet
from analysis.labels.normalise import Smoothing
from analysis.labels.spectra import NO_VELOCITY, Grid, Source, read, source
from analysis.runs import rows_of
from catalogdb.errors import AnalysisError, did_you_mean

Array = npt.NDArray[np.float64]

_VELOCITY = "radial_velocity"


class Gathered(NamedTuple):
    """A training set (n spectra), whose they are, the tables it is from, and what to tell."""

    training: TrainingSet
    spec_id: list[str]
    star_id: list[str]
    grid: Grid
    smoothing: Smoothing | None
    tables: tuple[str, ...]
    said: tuple[str, ...]


def gathered(store: Any, settings: Mapping[str, Any]) -> Gathered:
    """Return the training set that the options name; raises AnalysisError where there is none."""
    wanted = columns(settings["label_names"])
    of = source(
        NAME,
        store,
        settings["spectra"],
        star=settings["star_column"],
        arm=settings["arm"],
        snr_min=settings["snr_min"],
    )
    at_rest = settings.get("velocity", "header") == "header"  # runs of older versions have no such option
    if settings.get("velocity_column") and not at_rest:
        raise AnalysisError(f"{NAME}: velocity_column goes with velocity header, not none")
    known, label_table, by_spectrum, velocities = _labels(store, settings, of, wanted)
    grid = cut(next(iter(of.grids.values())), settings)
    parts, skipped = _parts(store, of, grid, known, by_spectrum, at_rest, velocities)
    if not parts:
        raise AnalysisError(_nothing(of.table.qualified_name, label_table, +skipped))
    spec = [name for each in parts for name in each[0]]
    star = [name for each in parts for name in each[1]]
    order = np.array(sorted(range(len(spec)), key=lambda k: spec[k]))  # whatever order the store gives
    theta, flux, ivar, normal = (np.concatenate([each[k] for each in parts])[order] for k in (2, 3, 4, 5))
    smoothing = None
    if settings["width"] > 0.0:
        smoothing = Smoothing(grid.wavelength_angstrom, settings["width"])
        flux, ivar, _ = smoothing.of_training(flux, ivar)
    elif not (normal.all() or settings["normalised"]):
        raise AnalysisError(
            f"{NAME}: {int((~normal).sum())} spectra are not normalised: give --width above 0 "
            "[Angstrom], or --normalised if they are"
        )
    seen = (np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0.0)).any(axis=1)
    if not seen.any():
        raise AnalysisError(f"{NAME}: none of {len(seen):,} spectra has a usable pixel on this grid")
    skipped["no usable pixels"] += int((~seen).sum())
    order, theta, flux, ivar = order[seen], theta[seen], flux[seen], ivar[seen]
    said = tuple(f"{n:,} spectra left out: {why}" for why, n in (+skipped).items())
    return Gathered(
        TrainingSet(theta, flux, ivar, tuple(wanted), grid.wavelength_angstrom),
        [spec[k] for k in order],
        [star[k] for k in order],
        grid,
        smoothing,
        tuple(dict.fromkeys((of.table.qualified_name, of.grid_table.qualified_name, label_table))),
        said,
    )


def _nothing(spectra: str, label_table: str, skipped: Counter[str]) -> str:
    """Return why there is no training set, with what to do about it; the commonest reason comes first."""
    advice = {
        True: "give --velocity-column (radial velocities in the table of labels), or --velocity none if the "
        "spectra are at rest or need not be",
        False: f"no such star is in {label_table}: say which columns identify the star (--star-column, "
        "--label-star)",
    }
    reasons = [f"{n:,} with {why}: {advice[why.startswith(NO_VELOCITY)]}" for why, n in skipped.most_common()]
    return f"{NAME}: no spectrum of {spectra} can be used: " + "; ".join(reasons)


def _parts(
    store: Any,
    of: Source,
    grid: Grid,
    known: Mapping[str, Array],
    by_spectrum: bool,
    at_rest: bool,
    velocities: Mapping[str, float] | None,
) -> tuple[list[tuple[Any, ...]], Counter[str]]:
    """Return the spectra that have labels, batch by batch, and how many were left out, by the reason.

    Of each batch: spectra, stars, labels (n, k), flux and ivar (n, p), whether they are normalised (n,).
    """
    parts, skipped = [], Counter[str]()
    for part in read(store, of, grid, at_rest=at_rest, velocities=velocities):
        skipped.update(part.skipped)
        keys = part.spec_id if by_spectrum else part.star_id
        which = [k for k, key in enumerate(keys) if key in known]
        skipped["no training labels of the star"] += len(keys) - len(which)
        if which:
            names = [part.spec_id[k] for k in which], [part.star_id[k] for k in which]
            theta = np.array([known[keys[k]] for k in which])
            parts.append((*names, theta, part.flux[which], part.ivar[which], part.normalised[which]))
    return parts, skipped


def cut(grid: Grid, settings: Mapping[str, Any]) -> Grid:
    """Return the part of a grid within wave_min and wave_max, at rest."""
    low = 0.0 if settings["wave_min"] is None else settings["wave_min"]
    high = np.inf if settings["wave_max"] is None else settings["wave_max"]
    at = grid.wavelength_angstrom
    inside = (at >= low) & (at <= high)
    if inside.sum() < 2:
        raise AnalysisError(
            f"{NAME}: no pixels from {low:g} to {high:g} Angstrom: the spectra have {at[0]:g} to {at[-1]:g}"
        )
    return Grid(grid.grid_id, at[inside], grid.medium, "rest")


def _labels(
    store: Any, settings: Mapping[str, Any], of: Source, wanted: Mapping[str, str]
) -> tuple[dict[str, Array], str, bool, dict[str, float] | None]:
    """Return labels (k,) by star, their table, whether the key is the spectrum, and velocities [km/s]."""
    own = settings["labels"] is None
    table = of.table if own else store.table(settings["labels"])
    key = "spec_id" if own else settings["label_star"]
    names = [column.name for column in table.columns]
    velocity = settings.get("velocity_column")
    if velocity and _VELOCITY in wanted:
        raise AnalysisError(f"{NAME}: {_VELOCITY} can not be a label of spectra that it brings to rest")
    for column in (key, *wanted.values(), *([velocity] if velocity else [])):
        if not table.has(column):
            raise AnalysisError(
                f"{NAME}: {table.qualified_name} has no column {column}{did_you_mean(column, names)}"
                + ("" if not own or column == key else ": name the table of the labels (--labels)")
            )
    asked: dict[str, tuple[str | None, str]] = {"star_id": (key, "VARCHAR")}
    asked |= {label: (column, "DOUBLE") for label, column in wanted.items()}
    if velocity:
        asked[_VELOCITY] = (velocity, "DOUBLE")
    text, where = sql.load("label_training_labels").text, rows_of(NAME, store, table).where
    query = renamed.statement(table, asked, text, where)
    rows = store.sql(query, {"labels": renamed.NAME}).arrow()
    values = np.column_stack(
        [np.array(rows[name].to_numpy(zero_copy_only=False), np.float64) for name in list(asked)[1:]]
    )
    values = np.where(np.isfinite(values), values, np.nan)
    found: dict[str, Array] = {}
    for star, row in zip(rows["star_id"].to_pylist(), values, strict=True):
        if star in found and not np.array_equal(found[star], row, equal_nan=True):
            raise AnalysisError(
                f"{NAME}: {table.qualified_name} has different labels of {star} in several rows: "
                "give a table or view with one row for each star"
            )
        if np.isfinite(row[: len(wanted)]).any():
            found[star] = row
    moving = {star: float(row[-1]) for star, row in found.items()} if velocity else None
    labels = {star: row[: len(wanted)] for star, row in found.items()}
    return labels, table.qualified_name, own, moving
