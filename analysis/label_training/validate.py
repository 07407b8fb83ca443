"""How well a model finds labels of stars that it was not trained with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from analysis.labels.fit import Fit, fit
from analysis.labels.kinds import learn
from analysis.labels.model import TrainingSet
from analysis.labels.normalise import Smoothing
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]


class Validation(NamedTuple):
    """What each spectrum (n) gave when its star was left out: labels and errors (n, k), flags, parts (n,)."""

    theta: Array
    sig: Array
    flags: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]


class Quality(NamedTuple):
    """Of one label: how many good fits, mean, rms and scaled median distance of fitted less given, errors."""

    n: int
    bias: float
    rms: float
    mad: float
    sig_stat: float
    sig_sys: float


def parts(star_id: Sequence[str], count: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the part (n,) of each spectrum; all spectra of a star are in the same."""
    stars = sorted(set(star_id))
    turn = np.random.default_rng(seed).permutation(len(stars))
    of = {star: int(place) % count for star, place in zip(stars, turn, strict=True)}
    return np.array([of[star] for star in star_id], np.int64)


def cross_validated(
    kind: str,
    training: TrainingSet,
    star_id: Sequence[str],
    settings: Mapping[str, Any],
    smoothing: Smoothing | None,
    done: Callable[[int], None],
) -> Validation:
    """Train without each part in turn and fit it; raises AnalysisError for too few stars."""
    count = settings["cross_validation"]
    if len(set(star_id)) < count:
        raise AnalysisError(
            f"label_training: {len(set(star_id))} stars for {count} parts: lower --cross-validation"
        )
    n, k = training.theta.shape
    part = parts(star_id, count, settings["seed"])
    out = Validation(np.full((n, k), np.nan), np.full((n, k), np.nan), np.zeros(n, np.int64), part)
    for number in range(count):
        held = part == number
        rest = training._replace(
            theta=training.theta[~held], flux=training.flux[~held], ivar=training.ivar[~held]
        )
        found = fit(
            learn(kind, rest, settings), training.flux[held], training.ivar[held], normalisation=smoothing
        )
        out.theta[held], out.sig[held], out.flags[held] = found.theta, errors(found), found.flags
        done(number + 1)
    return out


def errors(found: Fit) -> Array:
    """Return the standard errors (n, k) of a fit, NaN where there are none."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.sqrt(np.einsum("nkk->nk", found.covariance)))


def quality(given: Array, found: Array, sig: Array, flags: npt.NDArray[np.int64]) -> Quality:
    """Return how well one label is found (n,), by the good fits; NaN where there are none.

    The systematic error is what the scatter has beyond the statistical errors. It has in it the errors of
    the given labels, and so is an upper limit of the model's.
    """
    good = (flags == 0) & np.isfinite(given + found + sig)
    if not good.any():
        return Quality(0, *[np.nan] * 5)
    away = (found - given)[good]
    bias, rms = float(away.mean()), float(np.sqrt((away**2).mean()))
    mad = 1.4826 * float(np.median(np.abs(away - np.median(away))))
    own = float(np.median(sig[good]))
    return Quality(int(good.sum()), bias, rms, mad, own, float(np.sqrt(max(mad**2 - own**2, 0.0))))
