"""One run: spectra and labels in, a model out, with what a cross-validation says of it."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis import Report
from analysis.label_training.gather import Gathered, gathered
from analysis.label_training.names import NAME, columns, ranges
from analysis.label_training.network import check_kind, taken_over
from analysis.label_training.result import ARRAY, LABEL, PIXEL, RESULT, RESULTS, VALIDATION
from analysis.label_training.validate import Quality, Validation, cross_validated, quality
from analysis.labels.fit import words
from analysis.labels.kinds import learn
from analysis.labels.model import SpectralModel, unit
from analysis.labels.published import numbers, published
from analysis.labels.stored import array_rows
from analysis.orbit.tables import arrow
from catalogdb.commands.bars import progress_bars
from catalogdb.errors import AnalysisError
from catalogdb.schema import Table
from catalogdb.writer import Publication

Array = npt.NDArray[np.float64]

FEW = 6
"""Training spectra for each coefficient below which errors were found to be too small, by simulation."""

IMPORT = ("coefficients", "scatter", "pivots", "wavelengths", "ranges")
"""Options of coefficients that are taken over; those of networks are in `analysis.label_training.network`."""


class Made(NamedTuple):
    """A model, what it was trained with, if it was, and how it did."""

    model: SpectralModel
    of: Gathered | None
    validation: Validation | None


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Train a model, or take one over, and publish it; one of the same name is replaced.

    Raises AnalysisError for spectra and labels that can not train it, before anything is written.
    """
    begin = time.monotonic()
    if settings["network"]:
        made = Made(taken_over(settings), None, None)
    else:
        made = _taken_over(settings) if settings["coefficients"] else _trained(store, settings)
    tables = () if made.of is None else made.of.tables
    recorded = dict(settings) | {"files": checksums(settings)}
    this = store.start_run(NAME, recorded, seed=settings["seed"], inputs=tables)
    model_id = settings["name"] or this.run_id
    found = _qualities(made)
    rows: list[tuple[Table, list[dict[str, Any]]]] = [
        (RESULT, [_row(made, settings)]),
        (LABEL, _label_rows(made, found)),
        (PIXEL, _pixel_rows(made.model, _typical(made))),
        (ARRAY, array_rows(made.model)),
        (VALIDATION, _validation_rows(made)),
    ]
    head = {"model_id": model_id, "run_id": this.run_id}
    publications = [
        Publication(table=table, rows=arrow(table, [each | head for each in of]), part=f"{NAME} {model_id}")
        for table, of in rows
    ]
    store.publish_many(publications, run=this)
    return Report(
        run_id=this.run_id,
        tables=tuple(table.qualified_name for table in RESULTS),
        rows=sum(len(of) for _, of in rows),
        seconds=time.monotonic() - begin,
        lines=(f"model {model_id}", *_told(made, found, settings["physics"])),
    )


def checksums(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the SHA-256 of the files that a model is taken over from, by their names."""
    names = [settings[name] for name in ("network", *IMPORT, "mask", "continuum")]
    return {
        name: hashlib.sha256(Path(name).read_bytes()).hexdigest()
        for name in names
        if name and Path(name).is_file()
    }


def _taken_over(settings: Mapping[str, Any]) -> Made:
    given = {name: settings[name] for name in IMPORT}
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise AnalysisError(f"{NAME}: coefficients needs {missing[0]} too")
    if settings["model"] != "cannon":
        raise AnalysisError(f"{NAME}: coefficients are those of --model cannon, not {settings['model']}")
    labels = tuple(columns(settings["label_names"]))
    coefficients, scatter, pivots, wavelengths = (numbers(settings[name], name) for name in IMPORT[:-1])
    within = ranges(settings["ranges"])
    return Made(published(coefficients, scatter, pivots, wavelengths, within, labels), None, None)


def _trained(store: Any, settings: Mapping[str, Any]) -> Made:
    for name in (*IMPORT, "mask", "continuum", "smoothed"):
        if settings[name] not in (None, False):
            raise AnalysisError(f"{NAME}: {name} goes with coefficients or network, which are not given")
    check_kind(settings)
    if settings["cross_validation"] == 1:
        raise AnalysisError(
            f"{NAME}: cross_validation in 1 part leaves nothing to train with: 2 or more, or 0"
        )
    of = gathered(store, settings)
    with progress_bars(store.settings.progress and sys.stderr.isatty()) as show:
        total = settings["cross_validation"] + 1
        show("models trained", 0, total)
        # The whole set first: what is wrong with it is told of it, not of a part.
        model = learn(
            settings["model"],
            of.training,
            settings,
            progress=lambda what, part: show(what, round(100 * part), 100),
        )
        show("models trained", 1, total)
        validation = None
        if settings["cross_validation"]:
            validation = cross_validated(
                settings["model"],
                of.training,
                of.star_id,
                settings,
                of.smoothing,
                lambda done: show("models trained", done + 1, total),
            )
    return Made(model, of, validation)


def _row(made: Made, settings: Mapping[str, Any]) -> dict[str, Any]:
    model, of = made.model, made.of
    width = None if settings["network"] else settings["width"] or None
    return {
        "kind": model.kind,
        "labels": list(model.labels),
        "n_training": None if of is None else len(of.spec_id),
        "n_pixel": len(model.scatter),
        "wave_min": float(model.wavelength_angstrom[0]),
        "wave_max": float(model.wavelength_angstrom[-1]),
        "medium": settings["medium"] if of is None else of.grid.medium,
        "width": width,
        "smoothed": width is not None and (of is not None or settings["smoothed"]),
        "spectra_table": (settings["network"] or settings["coefficients"]) if of is None else of.tables[0],
        "label_table": None if of is None else of.tables[-1],
        "seed": settings["seed"],
        "cross_validation": 0 if of is None else settings["cross_validation"],
        "words": json.dumps(dict(model.saved().words), sort_keys=True),
    }


def _typical(made: Made) -> tuple[Array, Array]:
    """Return mean and standard deviation of the labels (k,), of the training set or of its ranges."""
    theta = made.model.hull.theta if made.of is None else made.of.training.theta
    return np.nanmean(theta, 0), np.nanstd(theta, 0)


def _qualities(made: Made) -> list[Quality | None]:
    if made.of is None or made.validation is None:
        return [None] * len(made.model.labels)
    return [
        quality(
            made.of.training.theta[:, j],
            made.validation.theta[:, j],
            made.validation.sig[:, j],
            made.validation.flags,
        )
        for j in range(len(made.model.labels))
    ]


def _label_rows(made: Made, found: list[Quality | None]) -> list[dict[str, Any]]:
    theta = made.model.hull.theta if made.of is None else made.of.training.theta
    rows = []
    for j, label in enumerate(made.model.labels):
        known = theta[np.isfinite(theta[:, j]), j]
        row: dict[str, Any] = {
            "label": label,
            "unit": unit(label),
            "label_mean": float(known.mean()),
            "label_min": float(known.min()),
            "label_max": float(known.max()),
            "n_known": None if made.of is None else len(known),
        }
        each = found[j]
        if each is not None:
            row |= {
                "n_tested": each.n,
                "cv_bias": each.bias,
                "cv_rms": each.rms,
                "cv_mad": each.mad,
                "cv_sig_stat": each.sig_stat,
                "sig_sys": each.sig_sys,
            }
        rows.append(row)
    return rows


def _pixel_rows(model: SpectralModel, typical: tuple[Array, Array]) -> list[dict[str, Any]]:
    mean, spread = typical
    flux, gradient = model.flux_and_gradient(mean[None])
    change = gradient[0] * spread
    return [
        {
            "pixel": k,
            "wavelength": float(model.wavelength_angstrom[k]),
            "flux": float(flux[0, k]) if known else None,
            "scatter": float(model.scatter[k]) if known else None,
            "gradient": change[k].tolist() if known else None,
        }
        for k, known in enumerate(np.isfinite(model.scatter))
    ]


def _validation_rows(made: Made) -> list[dict[str, Any]]:
    if made.of is None:
        return []
    of, found = made.of, made.validation
    return [
        {
            "spec_id": of.spec_id[n],
            "source_id": of.star_id[n],
            "label": label,
            "given": float(of.training.theta[n, j]),
        }
        | (
            {}
            if found is None
            else {
                "param_value": float(found.theta[n, j]),
                "sig_stat": float(found.sig[n, j]),
                "flag": words(int(found.flags[n])),
                "part": int(found.part[n]),
            }
        )
        for n in range(len(of.spec_id))
        for j, label in enumerate(made.model.labels)
    ]


def _told(made: Made, found: list[Quality | None], physics: str | None) -> list[str]:
    model, of = made.model, made.of
    usable = int(np.isfinite(model.scatter).sum())
    lines = [
        f"{model.kind}: {len(model.labels)} labels, {usable:,} of {len(model.scatter):,} pixels, "
        + ("taken over" if of is None else f"{len(of.spec_id):,} spectra of {len(set(of.star_id)):,} stars")
    ]
    if model.kind == "dd_payne" and physics is not None:
        what = "SIMULATED lines, mostly invented" if physics == "synthetic" else physics
        lines.append(f"dd_payne: slopes of {what}")
    if of is not None:
        lines += of.said
        terms = getattr(model, "powers", ())
        if len(of.spec_id) < FEW * len(terms):
            lines.append(
                f"only {len(of.spec_id):,} spectra for {len(terms)} coefficients of each pixel: below "
                f"{FEW * len(terms)} the errors of labels come out too small"
            )
        missing = np.isnan(of.training.theta).sum(0)
        instead = "found by the model itself" if model.kind == "cannon" else "which a network leaves out"
        lines += [
            f"{label}: missing in {n:,} training spectra, {instead}"
            for label, n in zip(model.labels, missing, strict=True)
            if n
        ]
    if made.validation is not None:
        bad = int((made.validation.flags != 0).sum())
        lines.append(f"cross-validation: {bad:,} of {len(made.validation.flags):,} fits are flagged")
    for label, each in zip(model.labels, found, strict=True):
        if each is not None:
            lines.append(
                f"{label}: rms {each.rms:.3g}, bias {each.bias:+.2g}, statistical error {each.sig_stat:.3g} "
                f"{unit(label)}"
            )
    return lines
