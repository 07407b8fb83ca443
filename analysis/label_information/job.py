"""One run: spectrographs and a star in, the bounds of its labels out."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from analysis import Report
from analysis.columns import arrow_schema
from analysis.label_information.bounds import bounds, fisher
from analysis.label_information.cases import named, numbers
from analysis.label_information.result import RESULT
from analysis.label_information.surveys import Survey, at_resolution, chosen
from analysis.label_information.trained import seen
from analysis.labels.synthetic import DEFAULTS, Synthetic
from catalogdb.commands.bars import Progress, progress_bars
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

NAME = "label_information"
SCHEMA = arrow_schema(RESULT)
GOOD_DEX = 0.1
UNITS = {"teff": "K", "vmic": "km.s**-1"}


@dataclass(frozen=True, slots=True)
class Case:
    """What a spectrograph sees of the star: gradients (p, k), the model's own error (p,), S/N's factor."""

    survey: str
    kind: str
    resolution: float | None
    wavelength_angstrom: Array
    gradient: Array
    scatter: Array
    factor: float


def run(store: Any, settings: Mapping[str, Any]) -> Report:
    """Compute the bounds of every case and publish them; they replace those of the same settings.

    Raises AnalysisError for labels or surveys that there are not, and a range without pixels.
    """
    begin = time.monotonic()
    snr = np.array(numbers(f"{NAME}: snr", settings["snr"])) * np.sqrt(settings["exposure"])
    if settings["model"] is not None:
        _check_trained(settings)
        stored, labels, theta, (at, slope, scatter) = seen(store, NAME, settings)
        cases = [Case("model", stored.model.kind, None, at, slope, scatter, 1.0)]
    else:
        labels = _labels(settings["labels"])
        _prior(settings["prior"], labels)  # said before anything is computed
        star = DEFAULTS | named(f"{NAME}: at", settings["at"] or _GIANT, DEFAULTS)
        theta = np.array([star[label] for label in labels])
        with progress_bars(store.settings.progress and sys.stderr.isatty()) as progress:
            cases = synthetic(_surveys(settings), labels, theta, settings, progress)
    prior = _prior(settings["prior"], labels)
    inputs = ("results.label_model",) if settings["model"] is not None else ()
    this = store.start_run(NAME, settings, inputs=inputs)
    rows = [row for case in cases for row in _rows(case, labels, theta, snr, prior, this.run_id)]
    key = " ".join(f"{name}={value}" for name, value in settings.items())
    store.publish(RESULT, pa.Table.from_pylist(rows, SCHEMA), part=key, run=this)
    return Report(
        run_id=this.run_id,
        tables=(RESULT.qualified_name,),
        rows=len(rows),
        seconds=time.monotonic() - begin,
        lines=sentences(rows),
    )


def _prior(text: str | None, labels: tuple[str, ...]) -> dict[str, float]:
    found = {} if text is None else named(f"{NAME}: prior", text, labels)
    if any(not sigma > 0.0 for sigma in found.values()):
        raise AnalysisError(f"{NAME}: prior: a standard deviation is above 0")
    return found


_GIANT = "teff=4800,logg=2.5,vmic=1.5,fe_h=-0.3"


def _check_trained(settings: Mapping[str, Any]) -> None:
    """Raise AnalysisError for options that a trained model, on its own grid, can not follow."""
    for name in ("resolution", "smoothing"):
        if settings[name] is not None:
            raise AnalysisError(
                f"{NAME}: {name} can not be changed of a trained model: it is as it was trained; leave it out"
            )


def _labels(text: str) -> tuple[str, ...]:
    labels = tuple(word.strip() for word in text.split(",") if word.strip())
    if not labels:
        raise AnalysisError(f"{NAME}: labels is empty: there are {', '.join(DEFAULTS)}")
    Synthetic.of(labels, [5000.0], 1000.0)  # says what is wrong with them
    return labels


def _surveys(settings: Mapping[str, Any]) -> list[tuple[Survey, float]]:
    """Return the spectrographs, those with other resolving powers too, and what S/N is to be times."""
    out = [(survey, 1.0) for survey in chosen(settings["surveys"])]
    if settings["resolution"] is None:
        return out
    for resolution in numbers(f"{NAME}: resolution", settings["resolution"]):
        for survey in chosen(settings["surveys"]):
            other = at_resolution(survey, resolution, same_pixels=settings["fixed"] == "pixels")
            # The photons of an exposure are spread over more pixels.
            factor = 1.0 if settings["fixed"] == "snr" else np.sqrt(survey.resolution / resolution)
            out.append((other, float(factor)))
    return out


def synthetic(
    surveys: list[tuple[Survey, float]],
    labels: tuple[str, ...],
    theta: Array,
    settings: Mapping[str, Any],
    progress: Progress,
) -> list[Case]:
    """Return what each spectrograph sees of a star of the synthetic model with labels theta (k,)."""
    cases = []
    low, high = settings["low"] or 0.0, settings["high"] or np.inf
    for done, (survey, factor) in enumerate(surveys):
        progress("spectrographs", done, len(surveys))
        at, slope = [], []
        for arm in survey.arms:
            first, last = max(arm.low_angstrom, low), min(arm.high_angstrom, high)
            if not first < last:
                continue
            pixel = 1.0 / arm.resolution / settings["sampling"]
            wavelength = np.exp(np.arange(np.log(first), np.log(last), pixel))
            model = Synthetic.of(labels, wavelength, arm.resolution)
            at.append(wavelength)
            slope.append(_gradient(model, theta, settings["smoothing"]))
        if not at:
            raise AnalysisError(f"{NAME}: {survey.name} has no wavelength from {low:g} to {high:g} Angstrom")
        wavelength = np.concatenate(at)
        cases.append(
            Case(
                survey.name,
                "synthetic",
                survey.resolution,
                wavelength,
                np.concatenate(slope),
                np.zeros(len(wavelength)),
                factor,
            )
        )
    progress("spectrographs", len(surveys), len(surveys))
    return cases


def _gradient(model: Any, theta: Array, smoothing: float | None) -> Array:
    """Return d flux / d label (p, k), of flux over its own running mean if it is smoothed."""
    flux, gradient = model.flux_and_gradient(theta[None])
    if smoothing is not None:
        from analysis.labels.normalise import Smoothing

        smoother = Smoothing(model.wavelength_angstrom, smoothing)
        same = np.ones_like(flux)
        made, gradient = smoother.of_model(flux, gradient, same, smoother.sums(same))
        gradient = gradient * (flux / made)[:, :, None]  # the noise of the flux is divided too
    return np.asarray(gradient[0])


def _rows(
    case: Case, labels: tuple[str, ...], theta: Array, snr: Array, prior: Mapping[str, float], run_id: str
) -> list[dict[str, Any]]:
    known = np.diag([prior[label] ** -2 if label in prior else 0.0 for label in labels])
    rows = []
    for each in snr * case.factor:
        found = bounds(fisher(case.gradient, 1.0 / (each**-2 + case.scatter**2)) + known)
        for k, label in enumerate(labels):
            others = np.abs(np.nan_to_num(np.where(np.arange(len(labels)) == k, 0.0, found.correlation[k])))
            worst = int(others.argmax())
            rows.append(
                {
                    "survey": case.survey,
                    "model": case.kind,
                    "simulated": case.kind == "synthetic",
                    "resolution": case.resolution,
                    "wave_lo": float(case.wavelength_angstrom[0]),
                    "wave_hi": float(case.wavelength_angstrom[-1]),
                    "n_pixel": float(len(case.wavelength_angstrom)),
                    "snr": float(each),
                    "label": label,
                    "param_value": float(theta[k]),
                    "crlb": _finite(found.together[k]),
                    "crlb_alone": _finite(found.alone[k]),
                    "degenerate_with": labels[worst] if others[worst] > 0.0 else None,
                    "degenerate_corr": float(found.correlation[k, worst]) if others[worst] > 0.0 else None,
                    "unit": UNITS.get(label, "dex"),
                    "run_id": run_id,
                }
            )
    return rows


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def sentences(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return, of each spectrograph at the S/N nearest 100, its bounds and how many elements are good."""
    lines = []
    for key in dict.fromkeys((row["survey"], row["resolution"]) for row in rows):
        mine = [row for row in rows if (row["survey"], row["resolution"]) == key]
        snr = min({row["snr"] for row in mine}, key=lambda x: abs(np.log(x / 100.0)))
        mine = [row for row in mine if row["snr"] == snr]
        elements = [row for row in mine if row["label"].endswith(("_fe", "_h"))]
        good = sum(row["crlb"] is not None and row["crlb"] < GOOD_DEX for row in elements)
        said = ", ".join(
            f"{row['label']} {row['crlb']:.2g} {row['unit']}"
            for row in mine
            if row["crlb"] is not None and row["label"] in ("teff", "logg", "fe_h", "mg_fe")
        )
        resolution = "" if key[1] is None else f" R {key[1]:,.0f}"
        lines.append(
            f"{key[0]}{resolution}, S/N {snr:.3g}: {said}; {good} of {len(elements)} abundances to "
            f"{GOOD_DEX} dex"
        )
    if rows and rows[0]["simulated"]:
        lines.append("simulated: the synthetic model's lines are mostly invented; ratios tell, not numbers")
    return tuple(lines)
