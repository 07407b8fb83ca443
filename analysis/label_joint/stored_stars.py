"""Stars of the store: their spectra, magnitudes and parallaxes, fitted alone and together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

import sql
from analysis import renamed
from analysis.label_information.cases import named
from analysis.labels.fit import NOISY_MODEL, Fit, fit
from analysis.labels.joint import JointModel, absolute
from analysis.labels.spectra import read, source
from analysis.labels.stored import load
from analysis.runs import RowsOf, rows_of
from analysis.star_labels.job import grid_of, normalised
from catalogdb.errors import AnalysisError, did_you_mean
from catalogdb.schema import Table

Array = npt.NDArray[np.float64]

NAME = "label_joint"


class Fitted(NamedTuple):
    """Spectra fitted alone and together, whose they are, the tables they are from, and what to tell."""

    spec_id: list[str]
    star_id: list[str]
    labels: tuple[str, ...]
    alone: Fit
    together: Fit
    tables: tuple[str, ...]
    said: tuple[str, ...]
    run_id: str | None


class Photometry(NamedTuple):
    """Of n spectra: magnitudes and errors (n, b), parallaxes and errors [mas], known extinctions (n,)."""

    magnitude: Array
    magnitude_error: Array
    parallax: Array
    parallax_error: Array
    extinction: Array


def fitted(store: Any, settings: Mapping[str, Any]) -> Fitted:
    """Return the fits of every spectrum of a star that has a magnitude or a parallax.

    Raises AnalysisError for options, tables or columns that are missing.
    """
    for name in ("stars", "bands"):
        if settings[name] is None:
            raise AnalysisError(f"{NAME}: {name} is needed, or simulate above 0")
    table = store.table(settings["stars"])
    columns = [column.name for column in table.columns]
    bands = named(f"{NAME}: bands", settings["bands"], columns)
    if not bands:
        raise AnalysisError(f"{NAME}: bands is empty: write COLUMN=NUMBER, the extinction in the band over A")
    rows = rows_of(NAME, store, table, settings["run_id"])
    known = _stars(store, table, settings, tuple(bands), rows)
    stored = load(store, NAME, settings["model"])
    of = source(NAME, store, settings["spectra"], star=settings["star_column"])
    if stored.width_angstrom is not None:
        raise AnalysisError(
            f"{NAME}: the model's spectra are divided by a running mean: magnitudes can not be. Train one of "
            "spectra that are normalised (label_training --width 0)"
        )
    parts = []
    for part in read(store, of, grid_of(stored)):
        spectra = normalised(part, stored, None)
        keep = np.array([star in known for star in spectra.star_id], np.bool_)
        if keep.any():
            which = np.flatnonzero(keep)
            star = [spectra.star_id[k] for k in which]
            parts.append(
                ([spectra.spec_id[k] for k in which], star, spectra.flux[which], spectra.ivar[which])
            )
    if not parts:
        raise AnalysisError(
            f"{NAME}: no spectrum of {of.table.qualified_name} is of a star of {table.qualified_name}: say "
            "which columns identify the star (--star-column, --star-id)"
        )
    spec = [name for part in parts for name in part[0]]
    star = [name for part in parts for name in part[1]]
    flux, ivar = (np.concatenate([part[k] for part in parts]) for k in (2, 3))
    light = Photometry(*(np.array([known[name][k] for name in star]) for k in range(5)))
    alone = fit(stored.model, flux, ivar)
    together, said = _together(stored.model, settings, bands, light, alone, flux, ivar)
    tables = (table.qualified_name, of.table.qualified_name, "results.label_model")
    return Fitted(
        spec, star, tuple(stored.model.labels), alone, together, tables, (*rows.lines, *said), rows.run_id
    )


def _together(
    model: Any,
    settings: Mapping[str, Any],
    bands: Mapping[str, float],
    light: Photometry,
    alone: Fit,
    flux: Array,
    ivar: Array,
) -> tuple[Fit, tuple[str, ...]]:
    """Return the joint fit, and how many stars the relation of magnitudes was learnt from."""
    theta = np.where(((alone.flags & ~NOISY_MODEL) == 0)[:, None], alone.theta, np.nan)
    by = tuple(word.strip() for word in settings["by"].split(",") if word.strip())
    parallax = light.parallax - settings["zero_point"]
    photometry = absolute(
        theta,
        tuple(model.labels),
        light.magnitude,
        light.magnitude_error,
        parallax,
        light.parallax_error,
        tuple(bands),
        np.array(list(bands.values())),
        extinction=light.extinction,
        by=by,
        least=settings["least"],
    )
    mean, spread = _dust(settings["extinction"])
    joint = JointModel(model, photometry, settings["zero_point"], mean)
    k = len(joint.labels)
    prior = np.zeros(k), np.full(k, np.inf)
    prior[0][-1], prior[1][-1] = mean, spread
    data = np.hstack([flux, light.magnitude, light.parallax[:, None]])
    weight = np.hstack([ivar, light.magnitude_error**-2, light.parallax_error[:, None] ** -2])
    weight = np.where(np.isfinite(data) & np.isfinite(weight), weight, 0.0)
    learnt = int((parallax > settings["least"] * light.parallax_error).sum())
    scatter = ", ".join(f"{name} {s:.3f}" for name, s in zip(bands, photometry.relation.scatter, strict=True))
    said = (f"magnitudes of {', '.join(by)} learnt from {learnt} spectra, scatter [mag]: {scatter}",)
    return fit(joint, np.where(np.isfinite(data), data, 0.0), weight, prior=prior), said


def _dust(text: str) -> tuple[float, float]:
    try:
        mean, spread = (float(word) for word in text.split(":"))
    except ValueError:
        mean, spread = 0.0, 0.0
    if not (np.isfinite(mean) and 0.0 < spread < np.inf):
        raise AnalysisError(f"{NAME}: extinction: {text!r} is not mean:deviation, the latter above 0")
    return mean, spread


def _stars(
    store: Any, table: Table, settings: Mapping[str, Any], bands: tuple[str, ...], rows: RowsOf
) -> dict[str, tuple[Any, ...]]:
    """Return magnitudes, errors, parallax, its error and extinction by star."""
    names = [column.name for column in table.columns]
    needed = [settings["star_id"], "parallax", "parallax_error"]
    needed += [settings["known_extinction"]] if settings["known_extinction"] else []
    for name in needed:
        if not table.has(name):
            raise AnalysisError(
                f"{NAME}: {table.qualified_name} has no column {name}{did_you_mean(name, names)}"
            )
    columns: dict[str, tuple[str | None, str]] = {"star_id": (settings["star_id"], "VARCHAR")}
    for name in ("parallax", "parallax_error"):
        columns[name] = (name, "DOUBLE")
    columns["dust"] = (settings["known_extinction"], "DOUBLE")
    for k, band in enumerate(bands):
        columns[f"band_{k}"] = (band, "DOUBLE")
        columns[f"error_{k}"] = (f"{band}_error" if table.has(f"{band}_error") else None, "DOUBLE")
    query = renamed.statement(table, columns, sql.load("label_quality_reference").text, rows.where)
    found: dict[str, tuple[Any, ...]] = {}
    for row in store.sql(query, {"reference": renamed.NAME}).arrow().to_pylist():
        magnitude = [_nan(row[f"band_{k}"]) for k in range(len(bands))]
        error = [row[f"error_{k}"] or settings["magnitude_error"] for k in range(len(bands))]
        parallax, its_error = _nan(row["parallax"]), _nan(row["parallax_error"])
        if row["star_id"] is not None and np.isfinite([*magnitude, parallax]).any():
            found[row["star_id"]] = (magnitude, error, parallax, its_error, _nan(row["dust"]))
    return found


def _nan(x: float | None) -> float:
    return float("nan") if x is None else float(x)
