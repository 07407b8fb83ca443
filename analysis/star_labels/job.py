"""One run: spectra and a model in, labels with errors and flags out."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis import Report
from analysis.columns import arrow_schema
from analysis.labels.binary import Pair, fit_pairs
from analysis.labels.continuum import divided
from analysis.labels.doppler import detectors
from analysis.labels.fit import Fit, fit, words
from analysis.labels.grid import C_KM_S
from analysis.labels.model import SpectralModel
from analysis.labels.normalise import Smoothing
from analysis.labels.spectra import Grid, Source, Spectra, check_range, count, read, source
from analysis.labels.stored import Stored, load
from analysis.labels.two_stars import TwoStars
from analysis.labels.velocity import WithVelocity
from analysis.spill import spill
from analysis.star_labels.pairs import pair_rows
from analysis.star_labels.result import RESULTS
from analysis.star_labels.rows import covariance_rows, label_rows
from catalogdb.commands.bars import progress_bars
from catalogdb.errors import AnalysisError
from catalogdb.writer import Publication

Array = npt.NDArray[np.float64]

NAME = "star_labels"


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Fit all spectra and publish their labels; they replace those of the same spectra and settings.

    Raises AnalysisError for a model or spectra that are not there, before anything is written.
    """
    begin = time.monotonic()
    stored = load(store, NAME, settings["model"])
    model = fitted_model(stored, settings)
    prior = priors(settings["prior"], model.labels)
    of = _wanted(store, settings, stored)
    tables = (of.table.qualified_name, of.grid_table.qualified_name, "results.label_model")
    this = store.start_run(NAME, settings, inputs=tables)
    head = {"model_id": stored.model_id, "model_run": str(stored.row["run_id"]), "run_id": this.run_id}
    tally = Tally()
    written = RESULTS if settings["binary"] else RESULTS[:2]
    schemas = [arrow_schema(table) for table in written]
    with ExitStack() as stack:
        spills = [stack.enter_context(spill(store.path, schema)) for schema in schemas]
        for spectra, found in _fitted(store, of, stored, model, prior, settings):
            tally.add(spectra, found)
            rows = [
                label_rows(spectra, found, model.labels, stored.sig_sys, head, schemas[0]),
                covariance_rows(spectra, found, model.labels, head, schemas[1]),
            ]
            if settings["binary"]:
                pair = pairs(stored, spectra, found, settings)
                tally.add_pairs(pair)
                rows += pair_rows(spectra, pair, stored.model, head, schemas[2:])
            for each, waiting in zip(spills, rows, strict=True):
                each.write(waiting)
        if not spills[0].rows:
            raise AnalysisError(f"{NAME}: no spectrum could be fitted: " + "; ".join(tally.left_out()))
        key = " ".join(f"{name}={settings[name]}" for name in KEY) + f" model={stored.model_id}"
        publications = [
            Publication(table=table, rows=each.read(schema, lambda rows, _: rows), part=key)
            for table, each, schema in zip(written, spills, schemas, strict=True)
        ]
        store.publish_many(publications, run=this)
        n = sum(each.rows for each in spills)
    return Report(
        run_id=this.run_id,
        tables=tuple(table.qualified_name for table in written),
        rows=n,
        seconds=time.monotonic() - begin,
        lines=(f"model {stored.model_id}: {', '.join(model.labels)}", *tally.sentences(model.labels)),
    )


def _wanted(store: Any, settings: Mapping[str, Any], stored: Stored) -> Source:
    """Return the spectra that are to be fitted; raises AnalysisError where the model can fit none."""
    how = {name: settings[name] for name in ("arm", "snr_min")}
    of = source(NAME, store, settings["spectra"], star=settings["star_column"], **how)
    check_range(NAME, of, stored.model.wavelength_angstrom)
    return of


def _fitted(
    store: Any,
    of: Source,
    stored: Stored,
    model: SpectralModel,
    prior: tuple[Array, Array] | None,
    settings: Mapping[str, Any],
) -> Iterator[tuple[Spectra, Fit]]:
    """Yield spectra and their fits, batch by batch."""
    total, done, smoothing = count(store, of), 0, smoothing_of(stored)
    at_rest = settings["velocity"] == "header"
    with progress_bars(store.settings.progress and sys.stderr.isatty()) as show:
        show("spectra fitted", done, total)
        for part in read(store, of, grid_of(stored), batch=settings["batch"], at_rest=at_rest):
            spectra = normalised(part, stored, smoothing, anyway=settings["normalised"])
            if settings["velocity"] == "fit" or settings["binary"]:
                spectra = without_edges(spectra, model.wavelength_angstrom, settings["velocity_max"])
            found = fit(
                model,
                spectra.flux,
                spectra.ivar,
                prior=prior,
                normalisation=smoothing,
                chi2_max=settings["chi2_max"],
            )
            yield spectra, found
            done += len(part.spec_id) + part.skipped.total()
            show("spectra fitted", done, total)


KEY = (
    *("spectra", "star_column", "arm", "snr_min", "normalised"),
    *("velocity", "velocity_max", "prior", "chi2_max"),
    *("binary", "delta_bic", "improvement"),
)
"""Options that tell the parts of the tables apart, beside the model."""


def fitted_model(stored: Stored, settings: Mapping[str, Any]) -> SpectralModel:
    """Return the model that is fitted: the stored one, or that with what is fitted beside its labels."""
    if settings.get("binary"):
        _ = TwoStars(stored.model).own  # what two stars do not share: refused if there is nothing
    if settings["velocity"] != "fit":
        return stored.model
    # From two pixels off, half a resolution element or so, the fit finds the lines.
    grid = stored.model.wavelength_angstrom
    step = 2.0 * float(np.median(np.diff(np.log(grid)))) * C_KM_S
    largest = settings["velocity_max"]
    tried = sorted(np.arange(-largest, largest + step, step), key=abs)
    return WithVelocity(stored.model, (0.0, *(float(v) for v in tried)))


def without_edges(spectra: Spectra, wavelength_angstrom: Array, largest_km_s: float) -> Spectra:
    """Return spectra without the ends of detectors, where a shift would show what the model does not have."""
    inside = np.zeros(len(wavelength_angstrom), np.bool_)
    reach = largest_km_s / C_KM_S
    for first, last in detectors(wavelength_angstrom):
        begin, end = wavelength_angstrom[first] * (1.0 + reach), wavelength_angstrom[last - 1] * (1.0 - reach)
        inside |= (wavelength_angstrom >= begin) & (wavelength_angstrom <= end)
    return spectra._replace(ivar=np.where(inside, spectra.ivar, 0.0))


def grid_of(stored: Stored) -> Grid:
    """Return the wavelength grid of a model."""
    return Grid("", stored.model.wavelength_angstrom, stored.row["medium"] or "vacuum", "rest")


def smoothing_of(stored: Stored) -> Smoothing | None:
    """Return the normalisation of a model; None for one of spectra that came normalised."""
    width = stored.width_angstrom
    return None if width is None else Smoothing(stored.model.wavelength_angstrom, width)


def normalised(
    spectra: Spectra, stored: Stored, smoothing: Smoothing | None, *, anyway: bool = False
) -> Spectra:
    """Return spectra as the model's training set was; raises AnalysisError where that can not be.

    Those for a model of flux over the continuum that is smoothed in the fit stay as they are: there they are
    smoothed by the same weights. With `anyway` they are taken to be normalised.
    """
    lines = getattr(stored.model, "continuum", None)
    if lines is not None:
        flux, ivar = divided(spectra.flux, spectra.ivar, stored.model.wavelength_angstrom, lines > 0.5)
        same = spectra.normalised[:, None] | anyway  # those that came normalised stay as they are
        return spectra._replace(
            flux=np.where(same, spectra.flux, flux), ivar=np.where(same, spectra.ivar, ivar)
        )
    if smoothing is None:
        if not (anyway or spectra.normalised.all()):
            first = spectra.spec_id[int(np.argmin(spectra.normalised))]
            raise AnalysisError(
                f"{NAME}: {first} is not normalised, and the model is of spectra that came so: "
                "take one with --width above 0, or --normalised if the spectra are"
            )
        return spectra
    if not stored.smoothed:
        return spectra
    flux, ivar, _ = smoothing.of_training(spectra.flux, spectra.ivar)
    return spectra._replace(flux=flux, ivar=ivar)


def priors(text: str | None, labels: tuple[str, ...]) -> tuple[Array, Array] | None:
    """Return means and deviations (k,) of 'logg=4.4:0.1'; raises AnalysisError for what is not that."""
    if text is None:
        return None
    mean, width = np.zeros(len(labels)), np.full(len(labels), np.inf)
    for item in text.split(","):
        match = re.fullmatch(r"\s*(\w+)\s*=\s*([-+.\deE]+)\s*:\s*([-+.\deE]+)\s*", item)
        try:
            values = (float(match[2]), float(match[3])) if match else (0.0, 0.0)
        except ValueError:
            values = (0.0, 0.0)
        if match is None or not 0.0 < values[1] < np.inf:
            raise AnalysisError(f"{NAME}: prior: {item.strip()!r} is no prior: write label=mean:deviation")
        if match[1] not in labels:
            raise AnalysisError(f"{NAME}: prior: the model has no label {match[1]}: {', '.join(labels)}")
        mean[labels.index(match[1])], width[labels.index(match[1])] = values
    return mean, width


def pairs(stored: Stored, spectra: Spectra, found: Fit, settings: Mapping[str, Any]) -> Pair:
    """Return two stars fitted to spectra, beside the fit of one star where that has a velocity."""
    return fit_pairs(
        stored.model,
        spectra.flux,
        spectra.ivar,
        normalisation=smoothing_of(stored),
        delta_bic=settings["delta_bic"],
        improvement=settings["improvement"],
        single=found if settings["velocity"] == "fit" and settings["prior"] is None else None,
    )


class Tally:
    """What is told of a run: how many good fits, what is wrong with the others, what was left out."""

    def __init__(self) -> None:
        self._n = 0
        self._good = 0
        self._flags: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._sig: list[Array] = []
        self._two: list[int] = []

    def add(self, spectra: Spectra, found: Fit) -> None:
        """Count some spectra."""
        self._n += len(found.flags)
        self._good += int((found.flags == 0).sum())
        self._flags.update(word for flag in found.flags for word in (words(int(flag)) or "").split())
        self._skipped.update(spectra.skipped)
        with np.errstate(invalid="ignore"):
            self._sig.append(np.sqrt(np.einsum("nkk->nk", found.covariance))[found.flags == 0])

    def add_pairs(self, pair: Pair) -> None:
        """Count the spectra in which two stars were looked for."""
        self._two.append(int(pair.found.sum()))

    def left_out(self) -> list[str]:
        """Return what was not fitted, and why."""
        return [f"{n:,} spectra left out: {why}" for why, n in self._skipped.most_common()]

    def sentences(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return what there is to say."""
        lines = [f"{self._n:,} spectra, {self._good:,} good fits", *self.left_out()]
        if self._two:
            lines.append(f"{sum(self._two):,} spectra of two stars")
        lines += [f"{n:,} flagged {word}" for word, n in self._flags.most_common()]
        sig = np.concatenate(self._sig) if self._sig else np.empty((0, len(labels)))
        if len(sig):
            medians = np.median(sig, axis=0)
            lines.append(
                "median statistical errors: "
                + ", ".join(f"{label} {x:.3g}" for label, x in zip(labels, medians, strict=True))
            )
        return tuple(lines)
