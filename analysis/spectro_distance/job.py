"""One run: a table of giants in (or simulated ones), distances, models and checks out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

import sql
from analysis import Report, renamed
from analysis.orbit.tables import arrow
from analysis.spectro_distance import checks, labelled, simulate, tables, told
from analysis.spectro_distance.claims import LABELS
from analysis.spectro_distance.core import Estimates, Inputs, estimate
from analysis.spectro_distance.fit import Settings
from analysis.spectro_distance.naive import naive_distance
from analysis.spectro_distance.read import NAME, Stars, read
from analysis.spectro_distance.result import CHECK, COVARIANCE, MODEL, RESULT
from analysis.spectro_distance.select import Counts, choice_of, giants, known_zero_point, teachers
from catalogdb.commands.bars import progress_bars
from catalogdb.errors import AnalysisError
from catalogdb.writer import Publication

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Estimate the distances of the giants of a table and publish them with models and checks.

    The rows replace those of an earlier run with the same settings. Raises AnalysisError for options that
    contradict each other, columns that are not there, and too few stars.
    """
    begin = time.monotonic()
    _check(settings)
    everyone, truth, names = _stars(store, settings)
    chosen, out = giants(everyone, settings)
    stars = everyone.of(chosen)
    training, not_trained, wrong = teachers(stars, settings)
    choice = choice_of(stars, settings["zero_point"])
    inputs, fitting = _inputs(stars, settings, choice, (training, not_trained, wrong))
    said = told.selection(len(everyone.ids), len(stars.ids), int(inputs.training.sum()), (out, not_trained))
    members = _members(store, settings, stars)
    with progress_bars(store.settings.progress and sys.stderr.isatty()) as show:
        try:
            found = estimate(
                *(inputs, fitting),
                degree=settings["degree"],
                folds=settings["folds"],
                joint=settings["joint"],
                progress=lambda done, total: show("models trained", done, total),
            )
        except ValueError as error:
            raise AnalysisError(f"{NAME}: {error}. " + "; ".join(said)) from None
    dist_true = truth.dist[chosen] if truth is not None else np.full(len(stars.ids), np.nan)
    rows = _selection_rows(out, not_trained)
    rows += _check_rows(stars, inputs, found, members)
    if truth is not None:
        rows += _truth_rows(inputs, found, dist_true, truth.outlier[chosen])
    flag = tables.flags(found, stars, wrong)
    given = {"magnitude": inputs.magnitude, "trained": inputs.training, "true_dist": dist_true}
    recorded = dict(settings) | {"run_id": everyone.run_id}
    this = store.start_run(NAME, recorded, inputs=names, seed=settings["seed"])
    key = " ".join(f"{name}={value}" for name, value in settings.items())
    made = [
        Publication(table=RESULT, rows=tables.star_rows(stars, found, given, flag, this.run_id), part=key),
        *_publications(found, rows, this.run_id, key),
    ]
    store.publish_many(made, run=this)
    return Report(
        run_id=this.run_id,
        tables=tuple(each.table.qualified_name for each in made),
        rows=len(stars.ids),
        seconds=time.monotonic() - begin,
        lines=(*everyone.said, *said, *told.model(found, inputs, choice), *told.checks(rows)),
    )


def _publications(
    found: Estimates, checked: list[dict[str, Any]], run_id: str, key: str
) -> Iterator[Publication]:
    """Yield the small tables of a run: models, covariances, checks."""
    rows = ((MODEL, tables.model_rows(found)), (COVARIANCE, tables.covariance_rows(found)), (CHECK, checked))
    for table, of in rows:
        yield Publication(table=table, rows=arrow(table, [row | {"run_id": run_id} for row in of]), part=key)


def _check(settings: Mapping[str, Any]) -> None:
    """Raise AnalysisError for options that contradict each other."""
    if (settings["stars"] is None) == (settings["simulate"] is None):
        raise AnalysisError(f"{NAME}: give a table of stars (--stars), or a number to simulate (--simulate)")
    for name in ("teff", "logg"):
        if not settings[f"{name}_min"] < settings[f"{name}_max"]:
            raise AnalysisError(f"{NAME}: {name}_min is not below {name}_max: no star is left")
    if settings["degree"] not in (1, 2):
        raise AnalysisError(f"{NAME}: degree is {settings['degree']}: give 1 or 2")
    if settings["match"] is not None and settings["features"] is not None:
        raise AnalysisError(
            f"{NAME}: features are columns of the table, match takes labels of spectra: give one"
        )
    of_table = ("match", "features", "spectra", "magnitude", "extinction", "reference", "members", "run_id")
    if settings["simulate"] is not None and any(settings[name] is not None for name in of_table):
        given = next(name for name in of_table if settings[name] is not None)
        raise AnalysisError(f"{NAME}: {given} is for a table of stars; simulated ones have their own columns")


def _stars(store: Any, settings: Mapping[str, Any]) -> tuple[Stars, simulate.Truth | None, tuple[str, ...]]:
    """Return the stars, the truth of simulated ones, and the tables they are from."""
    if settings["stars"] is not None:
        table = store.table(settings["stars"])
        others = labelled.asked(store, settings)
        if settings["members"] is not None:
            others = (store.table(settings["members"]).qualified_name, *others)
        return read(store, table, settings), None, (table.qualified_name, *others)
    survey = simulate.SURVEYS[settings["survey"]]
    nature = simulate.Nature(logg_max=settings["logg_max"])
    columns, truth = simulate.draw(settings["simulate"], settings["seed"], survey, nature)
    n = len(truth.dist)
    stars = Stars(
        [f"simulated {i}" for i in range(n)],
        {**columns, "magnitude": columns["k"]},
        np.zeros(n, np.int64),
        LABELS,
        np.column_stack([columns[name] for name in LABELS]),
        np.column_stack([columns[f"{name}_error"] for name in LABELS]),
        0,
        {"magnitude": "k"},
    )
    return stars, truth, ()


def _inputs(
    stars: Stars,
    settings: Mapping[str, Any],
    choice: str,
    teaching: tuple[Bools, Counts, Bools],
) -> tuple[Inputs, Settings]:
    """Return what distances are estimated from, and how; stars without a zero point are not learned from."""
    training, not_trained, foreign = teaching
    offset, fit_zero_point = known_zero_point(stars, choice) if training.any() else (
        np.zeros(len(stars.ids)),
        True,
    )  # fmt: skip
    learned_from = {each for each, used in zip(stars.ids, training, strict=True) if used}
    taught = np.array([each in learned_from for each in stars.ids], np.bool_)
    unknown = training & ~np.isfinite(offset)
    if unknown.any():
        not_trained.append(("no zero point for their magnitude and colour", int(unknown.sum())))
    magnitude = stars.get("magnitude")
    if "extinction" in stars.column:
        magnitude = magnitude - stars.get("extinction")
    inputs = Inputs(
        stars.names,
        stars.features,
        stars.feature_errors,
        magnitude,
        stars.get("parallax"),
        stars.get("parallax_error") * settings["error_factor"],
        offset,
        training & ~unknown,
        stars.part % settings["folds"],
        stars.linear,
        taught,
        foreign,
    )
    return inputs, Settings(settings["prior"], fit_zero_point, settings["robust"], settings["population"])


def _members(store: Any, settings: Mapping[str, Any], stars: Stars) -> list[str | None] | None:
    """Return the cluster of each star by the table of members, None without one."""
    if settings["members"] is None:
        return None
    table = store.table(settings["members"])
    missing = [name for name in ("source_id", "cluster") if not table.has(name)]
    if missing:
        raise AnalysisError(f"{NAME}: members: {table.qualified_name} has no column {', '.join(missing)}")
    columns = {"star": ("source_id", "VARCHAR"), "cluster": ("cluster", "VARCHAR")}
    query = renamed.statement(table, columns, sql.load("distance_stars").text)
    found = store.sql(query, {"stars": renamed.NAME}).arrow()
    of = dict(zip(found["star"].to_pylist(), found["cluster"].to_pylist(), strict=True))
    return [of.get(each) for each in stars.ids]


def _selection_rows(out: Counts, not_trained: Counts) -> list[dict[str, Any]]:
    return [
        {"check_kind": "selection", "item": f"{of}: {reason}", "n": n}
        for of, counts in (("not selected", out), ("not learned from", not_trained))
        for reason, n in counts
    ]


def _check_rows(
    stars: Stars, inputs: Inputs, found: Estimates, members: list[str | None] | None
) -> list[dict[str, Any]]:
    rows = list(checks.by_parallax(inputs, found))
    if members is not None:
        rows += checks.by_members(found, members)
    elif np.isfinite(stars.get("ra")).any():
        place = (stars.get("ra"), stars.get("dec"))
        motion = (stars.get("pmra"), stars.get("pmdec"))
        rows += checks.by_place(found, place, motion, (inputs.parallax, inputs.sigma))
    if "reference" in stars.column:
        rows += checks.by_reference(found, stars.get("reference"))
    return rows


def _truth_rows(inputs: Inputs, found: Estimates, dist_true: Array, outlier: Bools) -> list[dict[str, Any]]:
    """Return the checks against the truth, also of what inverted parallaxes would have given."""
    rows = list(checks.by_truth(found.spectro.dist, found.spectro.modulus_error, dist_true, outlier))
    naive = naive_distance(
        *(found.design.columns(inputs.features), inputs.magnitude, inputs.parallax, inputs.sigma),
        training=inputs.training,
    )
    return rows + list(checks.by_truth(naive, None, dist_true, outlier, "naive"))
