"""From stars to distances, each by a model that has not seen the star's own parallax."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analysis.spectro_distance.design import Design
from analysis.spectro_distance.fit import Fitted, Settings, Training, fit
from analysis.spectro_distance.posterior import Distance, combined, parallax_of, spectroscopic

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

ALL, NEARER, FREE = -1, -2, -3
"""Instead of the number of a fold: the model of all training stars, that of the nearer half of them, and
where the zero point is given, that of all with a further one fitted: a check of the one that is given."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """n stars: features (n, k) and their errors (NaN for unknown), magnitudes without extinction, parallaxes.

    Parallaxes, their errors and the known part of their zero point are in mas, NaN where there is none.
    `training` says whose parallax may be learned from, `fold` (0 to folds - 1) who is left out together,
    `taught` which rows are of stars that are learned from by this or another row (default: `training`),
    `foreign` whose parallax is known to be another star's (default: none).
    """

    names: tuple[str, ...]
    features: Array
    feature_errors: Array
    magnitude: Array
    parallax: Array
    sigma: Array
    offset: Array
    training: Bools
    fold: Ints
    linear: int = 0
    taught: Bools | None = None
    foreign: Bools | None = None


@dataclass(frozen=True, slots=True)
class Estimates:
    """Distances of n stars with what made them: `fold` is the model's that was used, ALL for that of all."""

    design: Design
    models: dict[int, Fitted]
    absolute_mag: Array
    spectro: Distance
    joint: Distance
    parallax: Array
    parallax_error: Array
    pull: Array
    outlier_probability: Array
    hull_distance: Array
    fold: Ints
    zero_point: Array


def estimate(
    stars: Inputs,
    settings: Settings,
    *,
    degree: int = 2,
    folds: int = 5,
    joint: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Estimates:
    """Return the distances of all stars.

    The model of each fold is trained from the beginning on the others, and gives the distances of the
    fold's training stars; stars that none learns from have theirs by the model of all. `joint` asks for
    distances with the star's own parallax too. Raises ValueError for too few stars, or a feature that is
    the same in all.
    """
    if not stars.training.any():
        raise ValueError("no star is left to learn from")
    design = Design.of(stars.names, stars.features[stars.training], degree, stars.linear)
    models, used, (absolute, error, zero_point, outlier) = _folded(design, stars, settings, folds, progress)
    spectro = spectroscopic(stars.magnitude, absolute, error)
    mean, spread = parallax_of(spectro.modulus, error)
    own_parallax = stars.parallax - zero_point
    pull = (own_parallax - mean) / np.hypot(stars.sigma, spread)
    outlier[~np.isfinite(pull)] = np.nan
    foreign = outlier > 0.5 if stars.foreign is None else stars.foreign | (outlier > 0.5)
    known = np.where(foreign | (not joint), np.nan, own_parallax)
    with_own = combined(spectro.modulus, error, known, stars.sigma)
    hull = design.hull_distance(stars.features)
    return Estimates(
        *(design, models, absolute, spectro, with_own, mean, spread, pull, outlier, hull, used, zero_point)
    )


def _folded(
    design: Design, stars: Inputs, settings: Settings, folds: int, progress: Callable[[int, int], None]
) -> tuple[dict[int, Fitted], Ints, Array]:
    """Return the models, whose is used for each star (n,), and what it says (4, n).

    That is the absolute magnitude, the error of it, the zero point, and the probability of an outlier.
    """
    columns = design.columns(stars.features)
    n = len(columns)
    parallax, sigma = np.nan_to_num(stars.parallax), np.where(np.isfinite(stars.sigma), stars.sigma, 1.0)
    everything = Training(
        *(columns, np.ones((n, 1)), stars.magnitude, parallax, sigma),
        *(np.nan_to_num(stars.offset), np.zeros(n)),
    )
    found = np.empty((4, n))
    used = np.where(stars.training if stars.taught is None else stars.taught, stars.fold, ALL)
    models: dict[int, Fitted] = {}
    extra_of_all = everything.extra
    steps = [ALL, *range(folds)]
    for done, fold in enumerate(steps):
        progress(done, len(steps))
        seen = stars.training & (stars.fold != fold)
        model, extra = _trained(design, everything, seen, stars, settings)
        models[fold] = model
        extra_of_all = extra if fold == ALL else extra_of_all
        chosen = used == fold
        part = replace(everything, extra=extra).of(chosen)
        absolute, own = model.absolute_mag(part.columns)
        error = np.hypot(own, model.scatter_mag(part.scatter_columns, part.extra))
        found[:, chosen] = absolute, error, part.offset + model.zero_point, model.outlier_probability(part)
    if settings.fit_zero_point:
        modulus = stars.magnitude - found[0]
        near = stars.training & (modulus <= np.median(modulus[stars.training]))
        # How many stars there are at each distance is known from all: the nearer half ends where it was cut.
        half = replace(everything, extra=extra_of_all).of(near)
        models[NEARER] = fit(half, settings, begin=models[ALL], counting=False)
    else:
        free = replace(settings, fit_zero_point=True)
        given = replace(everything, extra=extra_of_all).of(stars.training)
        models[FREE] = fit(given, free, begin=models[ALL])
    found[2, ~np.isfinite(stars.offset)] = np.nan
    progress(len(steps), len(steps))
    return models, used, found


def _trained(
    design: Design, everything: Training, seen: Bools, stars: Inputs, settings: Settings
) -> tuple[Fitted, Array]:
    """Return the model by the stars that are seen, and what the errors of labels add in all [mag^2].

    What an error of a label makes of M follows from the model: it is fitted without it first.
    """
    first = fit(everything.of(seen), settings)
    if not np.isfinite(stars.feature_errors).any():
        return first, np.zeros(len(seen))
    extra = design.label_variance(first.coefficients, stars.features, stars.feature_errors)
    # Labels can not leave more scatter than there is: four fifths at most are put down to their errors.
    whole = float(np.exp(2.0 * first.scatter[0]))
    share = min(1.0, 0.8 * whole / max(float(np.median(extra[seen])), 1e-12))
    known = replace(everything, extra=share * extra)
    return fit(known.of(seen), settings, begin=first), known.extra
