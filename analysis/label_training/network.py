"""A published network taken over as a model: its file, and what the file does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from analysis.label_training.names import NAME, columns
from analysis.label_training.result import OPTIONS
from analysis.labels.dd_payne import OPTIONS as OF_DD_PAYNE
from analysis.labels.model import SpectralModel
from analysis.labels.network_jobs import OPTIONS as OF_NETWORKS
from analysis.labels.payne_published import read
from analysis.labels.published import numbers
from catalogdb.errors import AnalysisError

OTHERS = ("coefficients", "pivots", "ranges", "labels")
"""Options that have nothing to do with a network."""


def taken_over(settings: Mapping[str, Any]) -> SpectralModel:
    """Return the network of `network` on the pixels of `wavelengths`.

    `label_names` are its labels in order, unless they are left as they are and the file has 5 or 25. `mask`
    and `scatter` are what it can not predict and how wrong it is, `continuum` pixels by which spectra are
    normalised that do not come so. Raises AnalysisError for what is missing.
    """
    for name in OTHERS:
        if settings[name] is not None:
            raise AnalysisError(f"{NAME}: {name} does not go with network")
    if settings["wavelengths"] is None:
        raise AnalysisError(f"{NAME}: network needs wavelengths too: its file has none")
    usual = next(option.default for option in OPTIONS if option.name == "label_names")
    names = None if settings["label_names"] == usual else tuple(columns(settings["label_names"]))
    grid = numbers(settings["wavelengths"], "wavelengths")
    mask, lines = (_chosen(settings[name], name, len(grid)) for name in ("mask", "continuum"))
    network = read(Path(settings["network"]), grid, names, _scatter(settings["scatter"]), mask)
    return network if lines is None else replace(network, continuum=lines.astype(np.float64))


def check_kind(settings: Mapping[str, Any]) -> None:
    """Raise AnalysisError for an option of another kind of model than the one that is to be trained."""
    kind = settings["model"]
    others = [option for option in OF_NETWORKS if option.name != "seed"] if kind == "cannon" else []
    others += OF_DD_PAYNE if kind != "dd_payne" else []
    for option in others:
        if settings[option.name] != option.default:
            of = "dd_payne" if option in OF_DD_PAYNE else "payne or dd_payne"
            raise AnalysisError(f"{NAME}: {option.name} goes with model {of}, not {kind}")


def _chosen(file: str | None, name: str, pixels: int) -> Any:
    """Return which pixels (p,) a file chooses; None without one."""
    if file is None:
        return None
    chosen = numbers(file, name) > 0.5
    if chosen.shape != (pixels,) or not chosen.any():
        raise AnalysisError(
            f"{NAME}: {name}: {file} has {chosen.sum()} of {chosen.size} pixels, not of {pixels}"
        )
    return chosen


def _scatter(given: str | None) -> Any:
    """Return the scatter (p,) or one number; 0 where it is not given."""
    if given is None:
        return 0.0
    try:
        value = float(given)
    except ValueError:
        return np.abs(numbers(given, "scatter"))
    if not 0.0 <= value < np.inf:
        raise AnalysisError(f"{NAME}: scatter is {given}: the standard deviation of a normalised flux")
    return value
