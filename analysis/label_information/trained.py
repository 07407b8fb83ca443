"""What a trained model of the store sees of a star, on its own grid and with its own error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.label_information.cases import named
from analysis.labels.normalise import Smoothing
from analysis.labels.stored import load
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

LATEST = "latest"


def seen(
    store: Any, analysis: str, settings: Mapping[str, Any]
) -> tuple[Any, tuple[str, ...], Array, tuple[Array, Array, Array]]:
    """Return the model, its labels, the star's (k,), and of its usable pixels wavelength, slope and error.

    The star's labels are the middle of the training set, and what `at` says of those that the model has.
    Slopes (p, k) are of flux over its running mean where the model was trained so. Raises AnalysisError for
    a model that there is not, and a range without pixels.
    """
    wanted = None if settings["model"] == LATEST else settings["model"]
    stored = load(store, analysis, wanted)
    model = stored.model
    labels = tuple(model.labels)
    given = {} if settings["at"] is None else named(f"{analysis}: at", settings["at"], labels)
    middle = np.nanmean(model.hull.theta, axis=0)
    theta = np.array([given.get(label, middle[k]) for k, label in enumerate(labels)])
    flux, gradient = model.flux_and_gradient(theta[None])
    slope = gradient[0]
    width = stored.width_angstrom
    if width is not None:
        smoother, same = Smoothing(model.wavelength_angstrom, width), np.ones_like(flux)
        made, gradient = smoother.of_model(flux, gradient, same, smoother.sums(same))
        slope = gradient[0] * (flux / made)[0][:, None]
    at = model.wavelength_angstrom
    low, high = settings["low"] or 0.0, settings["high"] or np.inf
    usable = np.isfinite(model.scatter) & (at >= low) & (at <= high)
    if not usable.any():
        raise AnalysisError(
            f"{analysis}: {stored.model_id} has no usable pixel from {low:g} to {high:g} Angstrom: it has "
            f"{at[0]:g} to {at[-1]:g}"
        )
    return stored, labels, theta, (at[usable], slope[usable], model.scatter[usable])
