"""DD-Payne: a data-driven network whose slopes are kept near those of a physical model.

Ting Y.-S. et al., 2017, ApJ 849, L9; Xiang M. et al., 2019, ApJS 245, 34. Abundances of real stars rise and
fall together, so a network that learns of stars alone may read one element from the lines of another: both
predict the spectra as well. What tells them apart is physics: where in the spectrum an element has lines.
The misfit of the network's slopes to the model's is part of what training makes small.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.labels.hull import Hull
from analysis.labels.model import TrainingSet
from analysis.labels.network_jobs import learn as learn_network
from analysis.labels.normalise import Smoothing
from analysis.labels.payne import Network
from analysis.labels.payne_training import SlopePrior
from analysis.labels.synthetic import DEFAULTS, Synthetic
from analysis.options import Option
from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

POINTS = 80
"""Places in the training set, far from each other, at which slopes of the physical model are taken."""

OPTIONS = (
    Option(
        "physics",
        str,
        None,
        "dd_payne: where slopes are from: an npz file with labels (k,), theta (m, k), wavelength (p,) and "
        "gradient (m, p, k); or synthetic: a small physical model with invented lines, for simulations",
    ),
    Option("physics_weight", float, 10.0, "dd_payne: what a slope counts beside a flux", minimum=0.0),
    Option("resolution", float, 22500.0, "dd_payne: resolution of the spectra", minimum=10.0),
)
"""Options of label_training that DD-Payne has beside those of networks."""


def learn(
    training: TrainingSet,
    settings: Mapping[str, Any],
    *,
    progress: Callable[[str, float], None] | None = None,
) -> Network:
    """Return a network trained on spectra and slopes; raises AnalysisError as `physics` and training do."""
    return learn_network(training, settings, prior=physics(training, settings), progress=progress)


def physics(training: TrainingSet, settings: Mapping[str, Any]) -> SlopePrior:
    """Return the slopes that options ask for, smoothed as the spectra were, if `width` says so."""
    weight = float(settings["physics_weight"])
    if settings["physics"] is None:
        raise AnalysisError(
            "dd_payne needs slopes of physics: physics names an npz file of them; or it is synthetic, whose "
            "lines are mostly invented: for simulated spectra alone"
        )
    if settings["physics"] != "synthetic":
        return slopes_of_file(Path(settings["physics"]), training, weight)
    known = [name for name in training.labels if name in DEFAULTS]
    if not known:
        raise AnalysisError(
            f"the physical model has none of the labels {', '.join(training.labels)}: it has "
            f"{', '.join(DEFAULTS)}"
        )
    model = Synthetic.of(known, training.wavelength_angstrom, settings["resolution"])
    width = settings.get("width")
    smoothing = None if not width else Smoothing(training.wavelength_angstrom, width)
    return slopes_of_model(model, training, weight, smoothing)


def slopes_of_model(
    model: Any, training: TrainingSet, weight: float, smoothing: Smoothing | None = None
) -> SlopePrior:
    """Return a model's slopes at some of the training stars, the element labels drawn apart.

    Of the stars' labels those that the model has are taken; the order of each abundance among the stars is
    turned, so that no two of them are correlated any more: slopes are wanted where there are no stars, too.
    """
    whole = training.theta[np.isfinite(training.theta).all(axis=1)]
    points = Hull.of(whole).spread_out(POINTS)
    at = [training.labels.index(name) for name in model.labels]
    for turn, j in enumerate(j for j, name in enumerate(training.labels) if name.endswith("_fe")):
        points[:, j] = np.roll(points[:, j], 7 * (turn + 1))
    flux, slopes = model.flux_and_gradient(points[:, at])
    if smoothing is not None:
        ivar = np.where(np.isfinite(training.ivar), training.ivar, 0.0)
        weights = np.broadcast_to(np.median(ivar, axis=0), flux.shape)
        flux, slopes = smoothing.of_model(flux, slopes, weights, smoothing.sums(weights))
    gradient = np.full((len(points), flux.shape[1], len(training.labels)), np.nan)
    gradient[:, :, at] = slopes
    return SlopePrior(points, gradient, weight)


def slopes_of_file(file: Path, training: TrainingSet, weight: float) -> SlopePrior:
    """Return the slopes of a file of gradient spectra; labels it has not are free, its others not used.

    Raises AnalysisError for a file that has not what is needed, or another wavelength grid.
    """
    try:
        with np.load(file, allow_pickle=False) as opened:
            names = [str(name) for name in opened["labels"]]
            theta, grid, gradient = (
                opened[name].astype(np.float64) for name in ("theta", "wavelength", "gradient")
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise AnalysisError(
            f"{file} has no gradient spectra: it needs labels (k,), theta (m, k), wavelength (p,) and "
            f"gradient (m, p, k) ({error})"
        ) from error
    if gradient.shape != (len(theta), len(grid), len(names)) or theta.shape != gradient.shape[::2]:
        raise AnalysisError(
            f"{file}: theta {theta.shape}, wavelength {grid.shape} and gradient {gradient.shape} do not agree"
        )
    if grid.shape != training.wavelength_angstrom.shape or not np.allclose(
        grid, training.wavelength_angstrom, rtol=1e-7
    ):
        raise AnalysisError(f"{file}: its {len(grid)} wavelengths are not those of the training spectra")
    missing = [name for name in training.labels if name not in names]
    if missing:
        raise AnalysisError(
            f"{file} has no {', '.join(missing)}: each label of the training needs a column of theta; its "
            "slopes may be NaN, which leaves them free"
        )
    at = [names.index(name) for name in training.labels]
    return SlopePrior(theta[:, at], gradient[:, :, at], weight)


def response(true: Array, found: Array) -> Array:
    """Return how found labels follow true ones (k, k): row i, column j is d found_i / d true_j.

    By linear regression of all on all over stars (n, k) whose labels vary independently: off the diagonal
    stands what a label takes from another one's lines.
    """
    terms = np.column_stack([true, np.ones(len(true))])
    good = np.isfinite(found).all(axis=1)
    return np.asarray(np.linalg.lstsq(terms[good], found[good], rcond=None)[0][:-1].T)
