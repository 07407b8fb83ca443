"""The kinds of models by name: who trains them, and who rebuilds them from what was saved.

A module of `TRAINERS` has `learn(training: TrainingSet, settings, *, progress) -> SpectralModel`: settings
are the options of label_training, progress is None or told what is done, and which part of it. A class of
`KINDS` has `rebuilt(saved: Saved)`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from analysis.labels.model import Saved, SpectralModel, TrainingSet
from catalogdb.errors import AnalysisError, did_you_mean

TRAINERS = {
    "cannon": "analysis.labels.cannon",
    "payne": "analysis.labels.network_jobs",
    "dd_payne": "analysis.labels.dd_payne",
}
KINDS = {
    "cannon": "analysis.labels.cannon:CannonModel",
    "payne": "analysis.labels.payne:Network",
    "dd_payne": "analysis.labels.payne:Network",
    "payne_pixels": "analysis.labels.payne_published:PixelNetworks",
}


def learn(
    kind: str,
    training: TrainingSet,
    settings: Mapping[str, Any],
    *,
    progress: Callable[[str, float], None] | None = None,
) -> SpectralModel:
    """Return a model of that kind, trained; raises AnalysisError for a set that can not train it."""
    module: Any = importlib.import_module(TRAINERS[kind])
    return cast(SpectralModel, module.learn(training, settings, progress=progress))


def rebuilt(kind: str, saved: Saved) -> SpectralModel:
    """Return the model that was saved; raises AnalysisError for a kind that there is not."""
    if kind not in KINDS:
        raise AnalysisError(f"no model of kind {kind}{did_you_mean(kind, KINDS)}")
    module, name = KINDS[kind].split(":")
    return cast(SpectralModel, getattr(importlib.import_module(module), name).rebuilt(saved))
