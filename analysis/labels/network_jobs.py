"""Training of networks as label_training asks for it: its options, progress, and a file to go on from."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.labels.checkpoints import load, save
from analysis.labels.model import TrainingSet
from analysis.labels.payne import Network
from analysis.labels.payne_training import Recipe, SlopePrior, State, train
from analysis.options import Option
from catalogdb.errors import AnalysisError

SECONDS_BETWEEN = 10.0
"""A state is written this often at most, and at the end: what is done is not done again."""

OPTIONS = (
    Option("hidden", str, "100,100", "Networks: neurons of each hidden layer, 'H1,H2'"),
    Option(
        "activation",
        str,
        "silu",
        "Networks: what neurons do; leaky_relu is that of The_Payne, whose slopes jump",
        choices=("silu", "sigmoid", "leaky_relu"),
    ),
    Option("epochs", int, 200, "Networks: times that training goes through the spectra", minimum=1),
    Option("rate", float, 0.01, "Networks: first step of Adam; it falls as half a cosine", minimum=1e-9),
    Option("validation", float, 0.15, "Networks: part of the spectra held back to judge by", minimum=0.01),
    Option("seed", int, 1, "Networks: seed of the first weights and of the order of the spectra", minimum=0),
    Option(
        "checkpoint",
        str,
        None,
        "Networks: folder for states of trainings, from which the same command goes on if it is cut short",
    ),
)
"""Options of label_training that networks have."""


def learn(
    training: TrainingSet,
    settings: Mapping[str, Any],
    *,
    prior: SlopePrior | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Network:
    """Return a network trained as the options say; stars without all labels do not take part.

    `progress` is told what is done and the part of it, 0 to 1. Raises AnalysisError for what can not be
    trained, and for a checkpoint of another training.
    """
    whole = np.isfinite(training.theta).all(axis=1)
    theta, flux, ivar = training.theta[whole], training.flux[whole], training.ivar[whole]
    recipe = recipe_of(settings)
    mark = _fingerprint(theta, flux, ivar, recipe, prior)
    file = _state_file(settings.get("checkpoint"), mark)
    written = time.monotonic()

    def after_epoch(state: State) -> None:
        nonlocal written
        if progress is not None:
            progress("training", state.epoch / recipe.epochs)
        last = state.epoch == recipe.epochs
        if file is not None and (last or time.monotonic() - written >= SECONDS_BETWEEN):
            save(file, state, mark)
            written = time.monotonic()

    begin = None if file is None else load(file, mark)
    return train(
        theta,
        flux,
        ivar,
        training.labels,
        training.wavelength_angstrom,
        recipe,
        prior=prior,
        state=begin,
        after_epoch=after_epoch,
    )


def _state_file(folder: str | None, mark: str) -> Path | None:
    """Return the file of a training's state: one for each, so that those of a cross-validation stay apart."""
    if folder is None:
        return None
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AnalysisError(f"checkpoint: {folder} is no folder for states of trainings: {error}") from error
    return Path(folder) / f"training_{mark[:16]}.npz"


def recipe_of(settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe that options ask for; raises AnalysisError for layers and parts that can not be."""
    try:
        hidden = tuple(int(each) for each in str(settings["hidden"]).split(","))
    except ValueError:
        hidden = ()
    if not hidden or min(hidden) < 1 or max(hidden) > 10_000:
        raise AnalysisError(f"hidden is {settings['hidden']!r}, not numbers of neurons such as 100,100")
    if not settings["validation"] <= 0.5:
        raise AnalysisError(
            f"validation is {settings['validation']:g}: hold back half of the spectra at most"
        )
    return Recipe(
        hidden=hidden,
        activation=settings["activation"],
        epochs=settings["epochs"],
        rate=settings["rate"],
        validation=settings["validation"],
        seed=settings["seed"],
    )


def _fingerprint(theta: Any, flux: Any, ivar: Any, recipe: Recipe, prior: SlopePrior | None) -> str:
    """Return what tells one training from another."""
    total = hashlib.sha256(repr(recipe).encode())
    parts = [theta, flux, ivar] + ([] if prior is None else [prior.theta, prior.gradient, prior.weight])
    for each in parts:
        total.update(np.ascontiguousarray(each, np.float64).tobytes())
    return total.hexdigest()
