"""One run: labels of spectra in, and what repeats, validation, benchmarks and clusters say of them out."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

import sql
from analysis import Report
from analysis.columns import arrow_schema
from analysis.label_experiment.result import LINES
from analysis.label_information.cases import named
from analysis.label_quality import own_lines, tests_of
from analysis.label_quality.result import RESULT
from analysis.label_quality.tests_of import Label, none_of
from catalogdb.commands.bars import progress_bars
from catalogdb.errors import AnalysisError, TableNotFound, did_you_mean

NAME = "label_quality"
SCHEMA = arrow_schema(RESULT)
LABEL_COLUMNS = ("source_id", "label", "param_value", "sig_stat", "flag", "run_id")


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Judge labels, and publish what was found; it replaces that of the same settings.

    Raises AnalysisError for tables without the columns that are needed, and where there is nothing to judge.
    """
    begin = time.monotonic()
    labels, inputs, method = _labels(store, settings)
    validation, more, model = _validation(store, settings)
    if not labels and not validation:
        raise AnalysisError(
            f"{NAME}: there are neither labels ({settings['labels']}) nor a cross-validated model: run "
            "label_training with --cross-validation, or star_labels, first"
        )
    reference = _reference(store, settings) if settings["benchmarks"] else None
    cluster = _clusters(store, settings) if settings["clusters"] else None
    own = own_lines.rows(store, settings) if settings["line_list"] else []
    errors = {}
    if settings["label_errors"] is not None:
        known = dict.fromkeys([*labels, *validation])
        errors = named(f"{NAME}: label_errors", settings["label_errors"], known)
    tables = [
        store.table(settings[name]).qualified_name for name in ("benchmarks", "clusters") if settings[name]
    ]
    this = store.start_run(NAME, settings, seed=settings["seed"], inputs=(*inputs, *more, *tables))
    rows = tests_of.of_repeats(labels, method, settings["labels"])
    rows += (
        tests_of.of_validation(validation, errors, model, "its training set")
        if validation
        else none_of("precision", "cross_validation", "no model of the store was cross-validated")
    )
    if settings["baseline"]:
        rows += _baseline(store, settings, model, errors)
    rows += (
        none_of("accuracy", "benchmarks", "no table of reference labels is named (--benchmarks)")
        if reference is None
        else tests_of.of_benchmarks(labels, reference, method, settings["benchmarks"])
    )
    rows += (
        none_of("accuracy", "clusters", "no table of members is named (--clusters)")
        if cluster is None
        else tests_of.of_clusters(labels, cluster, method, settings["clusters"])
    )
    read = (f"{settings['labels']}: run {method} is read",) if method else ()
    key = " ".join(f"{name}={value}" for name, value in settings.items())
    store.publish(RESULT, table_of(rows, this.run_id), part=key, run=this)
    if own:
        made = pa.Table.from_pylist([row | {"run_id": this.run_id} for row in own], arrow_schema(LINES))
        store.publish(LINES, made, part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name, *((LINES.qualified_name,) if own else ())),
        rows=len(rows) + len(own),
        seconds=time.monotonic() - begin,
        lines=(*read, *tests_of.sentences(rows), *own_lines.sentences(own)),
    )


def table_of(rows: list[dict[str, Any]], run_id: str) -> pa.Table:
    """Return rows in Arrow; a NaN is NULL."""
    clean = [
        {name: None if isinstance(x, float) and math.isnan(x) else x for name, x in row.items()}
        | {"run_id": run_id}
        for row in rows
    ]
    return pa.Table.from_pylist(clean, SCHEMA)


def _labels(store: Any, settings: Mapping[str, Any]) -> tuple[dict[str, Label], tuple[str, ...], str]:
    """Return the labels by name, the tables they are from, and what made them."""
    try:
        table = store.table(settings["labels"])
    except TableNotFound:
        if settings["labels"] != "results.star_label":
            raise
        return {}, (), ""
    names = [column.name for column in table.columns]
    for column in LABEL_COLUMNS:
        if not table.has(column):
            raise AnalysisError(
                f"{NAME}: labels: {table.qualified_name} has no column {column}{did_you_mean(column, names)}"
            )
    given = {"labels": table.qualified_name, "run_id": settings["run_id"]}
    rows = store.sql(sql.load("label_quality_labels").text, given).arrow()
    if settings["run_id"] is not None and not rows.num_rows:
        raise AnalysisError(f"{NAME}: {table.qualified_name} has no good labels of run {settings['run_id']}")
    run_id = rows["run_id"][0].as_py() if rows.num_rows else ""
    return _by_label(rows), (table.qualified_name,), run_id


def _by_label(rows: pa.Table) -> dict[str, Label]:
    names = np.array(rows["label"].to_pylist())
    star = np.array([str(x) for x in rows["source_id"].to_pylist()])
    value, sigma = (_numbers(rows, name) for name in ("param_value", "sig_stat"))
    return {
        str(name): Label(star[names == name].tolist(), value[names == name], sigma[names == name])
        for name in dict.fromkeys(names.tolist())
    }


def _numbers(rows: pa.Table, name: str) -> Any:
    return np.array([math.nan if x is None else float(x) for x in rows[name].to_pylist()])


def _validation(
    store: Any, settings: Mapping[str, Any]
) -> tuple[dict[str, tuple[Label, Any]], tuple[str, ...], str]:
    """Return the cross-validation of the model: labels found and given, its table, the model's name."""
    try:
        store.table("results.label_model")
    except TableNotFound:
        if settings["model"] is not None:
            raise
        return {}, (), ""
    from analysis.labels.stored import load

    stored = load(store, NAME, settings["model"])
    wanted = {"model_id": stored.model_id}
    rows = store.sql(sql.load("label_quality_validation").text, wanted).arrow()
    labels, given = _by_label(rows), _numbers(rows, "given")
    names = np.array(rows["label"].to_pylist())
    out = {name: (label, given[names == name]) for name, label in labels.items()}
    return out, ("results.label_validation",), stored.model_id


def _baseline(
    store: Any, settings: Mapping[str, Any], model: str, errors: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Return the same of the black box, trained and tried on the same stars as the model was."""
    from analysis.label_training.gather import gathered
    from analysis.label_training.validate import parts
    from analysis.labels import baseline
    from analysis.labels.stored import load

    stored = load(store, NAME, settings["model"] or model or None)
    query = sql.load("label_quality_settings").text
    found = store.sql(query, {"run_id": stored.row["run_id"]}).fetchall()
    options = json.loads(found[0][0]) if found else {}
    if not options.get("spectra") or stored.row["n_training"] is None:
        raise AnalysisError(
            f"{NAME}: baseline: {stored.model_id} was taken over: it has no training set here"
        )
    of = gathered(store, options)
    part = parts(of.star_id, settings["folds"], settings["seed"])
    training = of.training
    told = np.full(training.theta.shape, np.nan)
    flux = np.where(training.ivar > 0.0, training.flux, np.nan)
    with progress_bars(store.settings.progress and sys.stderr.isatty()) as progress:
        for number in range(settings["folds"]):
            progress("black box", number, settings["folds"])
            held = part == number
            box = baseline.train(training.theta[~held], flux[~held], training.labels)
            told[held] = box.predict(flux[held])
    nothing = np.full(len(told), np.nan)
    labels = {
        name: (Label(list(of.star_id), told[:, j], nothing), training.theta[:, j])
        for j, name in enumerate(training.labels)
    }
    rows = tests_of.of_validation(labels, errors, "black_box", f"the training set of {stored.model_id}")
    for row in rows:
        row["claimed"] = row["scale"] = row["scale_error"] = math.nan  # it claims no errors
    return rows


def _reference(store: Any, settings: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the reference labels by star: every column that is a number."""
    rows = _rows(store, settings["benchmarks"], "benchmark_star", settings["benchmark_star"])
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        star = row[settings["benchmark_star"]]
        if star is not None:
            found[str(star)] = {
                name: float(x) for name, x in row.items() if isinstance(x, int | float) and name != "hpx29"
            }
    return found


def _clusters(store: Any, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the cluster's name by star."""
    rows = _rows(store, settings["clusters"], "cluster_star", settings["cluster_star"])
    name = settings["cluster_name"]
    if rows and name not in rows[0]:
        raise AnalysisError(
            f"{NAME}: cluster_name: {settings['clusters']} has no column {name}{did_you_mean(name, rows[0])}"
        )
    key = settings["cluster_star"]
    return {str(row[key]): str(row[name]) for row in rows if row[key] is not None and row[name] is not None}


def _rows(store: Any, name: str, option: str, key: str) -> list[dict[str, Any]]:
    table = store.table(name)
    if not table.has(key):
        names = [column.name for column in table.columns]
        raise AnalysisError(
            f"{NAME}: {option}: {table.qualified_name} has no column {key}{did_you_mean(key, names)}"
        )
    found = store.sql(sql.load("label_quality_reference").text, {"reference": table.qualified_name})
    rows: list[dict[str, Any]] = found.arrow().to_pylist()
    return rows
