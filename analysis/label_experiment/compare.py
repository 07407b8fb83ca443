"""Methods on simulated stars: errors against their bound, beyond the training set, and whose lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.label_experiment.methods import Method, trained
from analysis.label_experiment.population import ABUNDANCES, LABELS, beyond, stars
from analysis.label_information.bounds import bounds, fisher
from analysis.labels import line_test
from analysis.labels.synthetic import Synthetic, own_of, slopes_by_element
from analysis.labels.synthetic import lines as lines_of_model

Array = npt.NDArray[np.float64]
Progress = Callable[[str, int, int | None], None]

ALLOWED = 1.1
"""What section E of the checklist allows of the bound."""

STEP = np.array([20.0, 0.05, 0.05, *(0.05 for _ in LABELS[3:])])
"""By how much each label is changed, either way, in the test of own lines."""

LINES_SNR = 300.0
TRAININGS = ("together", "independent")
PLACES = 20
"""Stars at which it is."""

UNITS = {"teff": "K", "vmic": "km.s**-1"}


@dataclass(frozen=True, slots=True)
class Setup:
    """What is simulated: numbers of stars and pixels, S/N, resolving power, extent, and how to train."""

    methods: tuple[str, ...]
    train: int
    test: int
    pixels: int
    resolution: float
    snr: float
    train_snr: float
    spread: float
    epochs: int
    label_error: float
    seed: int
    low: float = 5000.0
    high: float = 5450.0
    physics_error: float = 0.15

    @property
    def physical(self) -> Synthetic:
        """The truth."""
        return Synthetic.of(LABELS, np.linspace(self.low, self.high, self.pixels), self.resolution)

    @property
    def theory(self) -> Synthetic:
        """What DD-Payne is told of it: the strength of every line is wrong by `physics_error` dex."""
        known = lines_of_model()
        wrong = np.random.default_rng([self.seed, 9]).normal(0.0, self.physics_error, len(known))
        chosen = replace(known, log_gf=known.log_gf + wrong, log_eta_sun=known.log_eta_sun + wrong)
        grid = np.linspace(self.low, self.high, self.pixels)
        return Synthetic.of(LABELS, grid, self.resolution, chosen)


@dataclass(frozen=True, slots=True)
class Spectra:
    """Stars with labels (n, k) and their spectra (n, p), true and observed."""

    theta: Array
    true: Array
    flux: Array


def observed(physical: Synthetic, theta: Array, snr: float, random: np.random.Generator) -> Spectra:
    """Return spectra with noise of stars with labels (n, k)."""
    true = physical.flux(theta)
    return Spectra(theta, true, true + random.normal(0.0, 1.0 / snr, true.shape))


def core(setup: Setup, progress: Progress) -> list[dict[str, Any]]:
    """Return the rows of every method and label; pure: the same setup gives the same numbers."""
    physical, random = setup.physical, np.random.default_rng([setup.seed, 0])
    progress("spectra", 0, 3)
    learn = observed(physical, stars(setup.train, random, spread=setup.spread), setup.train_snr, random)
    progress("spectra", 1, 3)
    test = observed(physical, stars(setup.test, random, spread=setup.spread), setup.snr, random)
    progress("spectra", 2, 3)
    odd = observed(physical, beyond(setup.test, random), setup.snr, random)
    gradient = physical.flux_and_gradient(test.theta)[1]
    progress("spectra", 3, 3)
    rows = []
    for done, name in enumerate(setup.methods):
        progress("methods", done, len(setup.methods))
        made = trained(
            name, learn.theta, learn.flux, 1.0 / setup.train_snr, setup.theory, setup.epochs, setup.seed
        )
        rows += errors(setup, made, learn, test, gradient, odd)
    progress("methods", len(setup.methods), len(setup.methods))
    return rows


def errors(
    setup: Setup, made: Method, learn: Spectra, test: Spectra, gradient: Array, odd: Spectra
) -> list[dict[str, Any]]:
    """Return the rows of a method: errors and bounds of each label, and of all together."""
    told, far = made.read(test.flux, setup.snr**2), made.read(odd.flux, setup.snr**2)
    there = np.isfinite(told.theta).all(axis=1)
    off = told.theta[there] - test.theta[there]
    noise = setup.snr**-2
    own = made.variance(test.theta)
    pure = np.array([bounds(fisher(g, np.full(len(g), 1.0 / noise))).together for g in gradient])
    with_model = np.array(
        [
            bounds(fisher(g, np.broadcast_to(1.0 / (noise + v), len(g)))).together
            for g, v in zip(gradient, own, strict=True)
        ]
    )
    distant = far.theta - odd.theta
    scatter = learn.theta.std(axis=0)
    common = {
        "method": made.name,
        "n_train": float(setup.train),
        "n_test": float(there.sum()),
        "snr": setup.snr,
        "train_snr": setup.train_snr,
        "recall": None if far.beyond is None else float(far.beyond.mean()),
        "recall_true": None if far.beyond is None else float((made.hull_distance(odd.theta) > 1.0).mean()),
        "false_alarm": None if told.beyond is None else float(told.beyond.mean()),
        "converged": None if told.converged is None else float(told.converged.mean()),
    }
    rows = []
    for k, label in enumerate((*LABELS, "all")):
        one = slice(None) if label == "all" else slice(k, k + 1)
        unit = scatter[one] if label == "all" else np.ones(1)
        pull = None if told.error is None else float((off[:, one] / told.error[there][:, one]).std())
        rows.append(
            common
            | _row(off[:, one] / unit, pure[there][:, one] / unit, with_model[there][:, one] / unit)
            | {
                "label": label,
                "pull": pull,
                "rms_beyond": float(np.sqrt(np.nanmean((distant[:, one] / unit) ** 2))),
                "unit": "" if label == "all" else UNITS.get(label, "dex"),
            }
        )
    return rows


def _row(off: Array, pure: Array, with_model: Array) -> dict[str, Any]:
    """Return the numbers of one label: errors (n, m) and bounds (n, m), each root of mean square."""
    rms, crlb, crlb_model = (float(np.sqrt((each**2).mean())) for each in (off, pure, with_model))
    differs = rms > ALLOWED * crlb_model
    reason = None
    if differs:
        reason = (
            f"the model is off by {crlb_model / crlb:.2f} of the bound already"
            if crlb_model > 1.1 * crlb
            else "slopes learnt from few or noisy spectra, or errors of the model that go together in "
            "pixels: the bound knows neither"
        )
    return {
        "rms": rms,
        "bias": float(off.mean()),
        "crlb": crlb,
        "crlb_model": crlb_model,
        "ratio": rms / crlb,
        "ratio_model": rms / crlb_model,
        "verdict": "differs" if differs else "holds",
        "reason": reason,
    }


def lines(setup: Setup, progress: Progress, trainings: tuple[str, ...] = TRAININGS) -> list[dict[str, Any]]:
    """Return for each method, training set and abundance whose lines it reads.

    One training set has abundances that go together, the other has independent ones; all spectra have an
    S/N of LINES_SNR at least, so that it is not noise that fails: slopes learnt from noisy spectra shrink
    what they tell.
    """
    physical, random = setup.physical, np.random.default_rng([setup.seed, 1])
    snr = max(LINES_SNR, setup.train_snr)
    places = stars(PLACES, random, spread=setup.spread)
    flux, gradient = physical.flux_and_gradient(places)
    free = observed(physical, stars(setup.test, random, spread=setup.spread), snr, random)
    rows = []
    steps = [(training, name) for training in trainings for name in setup.methods]
    sets = {}
    for training in trainings:
        random = np.random.default_rng([setup.seed, 2])
        together = training == "together"
        theta = stars(setup.train, random, spread=setup.spread, together=together)
        like = stars(setup.test, random, spread=setup.spread, together=together)
        sets[training] = (observed(physical, theta, snr, random), observed(physical, like, snr, random))
    for done, (training, name) in enumerate(steps):
        progress("own lines", done, len(steps))
        learn, alike = sets[training]
        size = np.where(np.arange(len(LABELS)) >= 3, setup.label_error, 0.0)
        random = np.random.default_rng([setup.seed, 3])
        theta = learn.theta + random.normal(0.0, 1.0, learn.theta.shape) * size
        made = trained(name, theta, learn.flux, 1.0 / snr, setup.theory, setup.epochs, setup.seed)
        rows += _lines(made, training, physical, places, flux, gradient, alike, free, snr)
    progress("own lines", len(steps), len(steps))
    return rows


def _lines(
    made: Method,
    training: str,
    physical: Synthetic,
    places: Array,
    flux: Array,
    gradient: Array,
    like: Spectra,
    free: Spectra,
    snr: float,
) -> list[dict[str, Any]]:
    def read(spectra: Array) -> Array:
        return made.read(spectra, snr**2).theta

    first = LABELS.index("fe_h")
    names = LABELS[first:]
    answer = line_test.responses(read, flux, gradient, STEP)[first:, first:]
    told_free, told_like = read(free.flux), read(like.flux)
    swap = line_test.swapped(told_free, free.theta)[first:, first:]
    test, swapped = line_test.Test(answer, names), line_test.Test(swap, names)
    (leak, whose), (swap_leak, _) = test.leak(), swapped.leak()
    by_element = slopes_by_element(physical, places[0])
    rows = []
    for j, label in enumerate(names):
        if label not in ABUNDANCES:
            continue
        own = own_of(by_element, label.removesuffix("_fe"))
        slope = made.slope(places[0], flux[0], first + j)
        true = gradient[0][:, first + j]
        rows.append(
            {
                "method": made.name,
                "training": training,
                "label": label,
                "own_response": float(answer[j, j]),
                "leak": float(leak[j]),
                "leak_from": whose[j],
                "swap_own": float(swap[j, j]),
                "swap_leak": float(swap_leak[j]),
                "rms_like": _rms(told_like - like.theta, first + j),
                "rms_swap": _rms(told_free - free.theta, first + j),
                "share_own": line_test.share(slope, own),
                "share_chance": float(own.mean()),
                "simulated": True,
                "share_true": line_test.share(true, own),
                "cosine": None if made.name == "black_box" else line_test.cosine(slope, true),
                "verdict": line_test.verdict(float(answer[j, j]), float(leak[j])),
            }
        )
    return rows


def _rms(off: Array, j: int) -> float:
    return float(np.sqrt(np.nanmean(off[:, j] ** 2)))
