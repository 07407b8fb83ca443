"""One run: simulated stars in, two tables of methods out."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from analysis import Report
from analysis.columns import arrow_schema
from analysis.label_experiment.compare import Setup, core, lines
from analysis.label_experiment.result import LINES, METHODS, RESULT
from catalogdb.commands.bars import progress_bars
from catalogdb.errors import AnalysisError, did_you_mean

NAME = "label_experiment"


def setup(settings: Mapping[str, Any]) -> Setup:
    """Return what a run with these settings simulates, or raise AnalysisError."""
    methods = tuple(dict.fromkeys(word.strip() for word in settings["methods"].split(",") if word.strip()))
    for name in methods:
        if name not in METHODS:
            raise AnalysisError(f"{NAME}: no method {name}{did_you_mean(name, METHODS)}")
    if not methods:
        raise AnalysisError(f"{NAME}: methods is empty: there are {', '.join(METHODS)}")
    if not settings["low"] < settings["high"]:
        raise AnalysisError(f"{NAME}: low is {settings['low']:g}, not below high, {settings['high']:g}")
    names = set(Setup.__annotations__) - {"methods"}
    return Setup(methods=methods, **{name: settings[name] for name in names})


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Simulate, compare and publish both tables; they replace those of the same settings.

    Raises AnalysisError for methods that there are not, and too few stars for one.
    """
    begin = time.monotonic()
    what = setup(settings)
    this = store.start_run(NAME, settings, seed=what.seed)
    with progress_bars(store.settings.progress and sys.stderr.isatty()) as progress:
        rows = core(what, progress)
        own = lines(what, progress) if settings["lines"] else []
    key = " ".join(f"{name}={value}" for name, value in settings.items())
    tables = [(RESULT, rows), (LINES, own)]
    for table, each in tables:
        made = pa.Table.from_pylist([row | {"run_id": this.run_id} for row in each], arrow_schema(table))
        store.publish(table, made, part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name, LINES.qualified_name),
        rows=len(rows) + len(own),
        seconds=time.monotonic() - begin,
        lines=(*sentences(rows), *line_sentences(own), "simulated: lines of the synthetic model"),
    )


def sentences(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return a line for each method: errors over the bound, the flag, and what comes beyond."""
    out = []
    for row in (row for row in rows if row["label"] == "all"):
        mine = [each for each in rows if each["method"] == row["method"] and each["label"] != "all"]
        held = sum(each["verdict"] == "holds" for each in mine)
        flag = (
            "no flag of what is beyond its training"
            if row["recall"] is None
            else f"flags {row['recall']:.1%} of stars beyond its training, {row['false_alarm']:.1%} of others"
        )
        pull = "no errors" if row["pull"] is None else f"pull {row['pull']:.2f}"
        out.append(
            f"{row['method']}: rms {row['ratio']:.2f} of the bound, {row['ratio_model']:.2f} with its own "
            f"error; {held} of {len(mine)} labels within 1.1; {pull}; {flag}; rms there "
            f"{row['rms_beyond'] / row['rms']:.1f} times"
        )
    return tuple(out)


def line_sentences(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return a line for each method and training set: the answers of the abundances and the verdicts."""
    out = []
    for key in dict.fromkeys((row["method"], row["training"]) for row in rows):
        mine = [row for row in rows if (row["method"], row["training"]) == key]
        said = ", ".join(f"{row['label']} {row['own_response']:.2f} ({row['verdict']})" for row in mine)
        out.append(f"{key[0]}, trained on stars {_TRAINING[key[1]]}: {said}")
    return tuple(out)


_TRAINING = {
    "together": "whose abundances go together",
    "independent": "of independent abundances",
}
