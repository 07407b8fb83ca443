"""DD-Payne: with slopes of physics an abundance is read from its own lines (simulated spectra)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.labels import dd_payne
from analysis.labels.cannon import train as train_cannon
from analysis.labels.fit import fit
from analysis.labels.model import TrainingSet
from analysis.labels.network_jobs import OPTIONS as NETWORK_OPTIONS
from analysis.labels.payne_training import Recipe, train
from analysis.labels.synthetic import Synthetic, lines
from catalogdb.errors import AnalysisError

LABELS = ("teff", "logg", "fe_h", "ti_fe", "si_fe")
GRID = np.exp(np.arange(np.log(5000.0), np.log(5200.0), 1.0 / 20000.0))[::2]
RESOLUTION = 5000.0
TI, SI = 3, 4


def stars(n: int, correlation: float, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    ti = random.normal(size=n)
    si = correlation * ti + np.sqrt(1.0 - correlation**2) * random.normal(size=n)
    teff, logg, fe_h = random.uniform((4500.0, 2.0, -0.8), (6000.0, 4.8, 0.4), (n, 3)).T
    return np.column_stack([teff, logg, fe_h, 0.1 + 0.12 * ti, 0.1 + 0.12 * si])


@pytest.fixture(scope="module")
def training() -> TrainingSet:
    theta = stars(300, 0.98, 1)
    truth = Synthetic.of(LABELS, GRID, RESOLUTION)
    flux = truth.flux(theta) + np.random.default_rng(2).normal(0.0, 0.01, (300, len(GRID)))
    return TrainingSet(theta, flux, np.full(flux.shape, 1e4), LABELS, GRID)


def test_an_abundance_is_read_from_its_own_lines(training: TrainingSet) -> None:
    # The physics is wrong by 0.15 dex in the strength of every line, as real line lists are.
    random, chosen = np.random.default_rng(3), lines()
    noise = random.normal(0.0, 0.15, (2, len(chosen)))
    chosen = replace(chosen, log_gf=chosen.log_gf + noise[0], log_eta_sun=chosen.log_eta_sun + noise[1])
    prior = dd_payne.slopes_of_model(Synthetic.of(LABELS, GRID, RESOLUTION, chosen), training, 10.0)
    recipe = Recipe(hidden=(40, 40), epochs=80, batch=50)
    data = (training.theta, training.flux, training.ivar, LABELS, GRID)
    models = {
        "cannon": train_cannon(*data),
        "payne": train(*data, recipe),
        "dd_payne": train(*data, recipe, prior=prior),
    }
    theta = stars(100, 0.0, 4)
    seen = Synthetic.of(LABELS, GRID, RESOLUTION).flux(theta)
    seen = seen + np.random.default_rng(5).normal(0.0, 0.005, seen.shape)
    responses = {}
    for name, model in models.items():
        found = fit(model, seen, np.full(seen.shape, 4e4))
        assert found.converged.mean() > 0.75
        responses[name] = dd_payne.response(theta, np.where(found.converged[:, None], found.theta, np.nan))
    # Whether the star has more silicon or more titanium, both learnt of data alone say the same.
    for name in ("cannon", "payne"):
        assert responses[name][SI, SI] < 0.35
        assert responses[name][SI, TI] > 0.9 * responses[name][SI, SI]
    assert responses["dd_payne"][SI, SI] > 0.6
    assert abs(responses["dd_payne"][SI, TI]) < 0.25 * responses["dd_payne"][SI, SI]
    assert responses["dd_payne"][TI, TI] > 0.8
    assert models["dd_payne"].kind == "dd_payne"


def test_response_is_that_of_a_linear_relation() -> None:
    true = np.random.default_rng(1).normal(size=(50, 2))
    found = true @ np.array([[1.0, 0.4], [0.0, 0.6]]) + 3.0
    found[3] = np.nan
    assert np.allclose(dd_payne.response(true, found), [[1.0, 0.0], [0.4, 0.6]])


def options(**given: Any) -> dict[str, Any]:
    settings = {option.name: option.default for option in (*NETWORK_OPTIONS, *dd_payne.OPTIONS)}
    return settings | {"hidden": "5", "epochs": 2, "physics": "synthetic"} | given


def test_invented_lines_are_never_taken_unasked(training: TrainingSet) -> None:
    with pytest.raises(AnalysisError, match="synthetic, whose lines are mostly invented"):
        dd_payne.learn(training, options(physics=None))


def test_slopes_are_of_the_small_model_or_of_a_file(
    training: TrainingSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dd_payne, "POINTS", 20)
    settings = options(resolution=RESOLUTION)
    model = dd_payne.learn(training, settings)
    assert model.labels == LABELS
    synthetic = dd_payne.physics(training, settings)
    assert synthetic.gradient.shape == (len(synthetic.theta), len(GRID), 5)
    # The correlation of the training set is gone from the points.
    assert abs(np.corrcoef(synthetic.theta[:, TI], synthetic.theta[:, SI])[0, 1]) < 0.4
    unknown = training._replace(labels=("teff", "logg", "fe_h", "ti_fe", "eu_fe"))
    assert np.isnan(dd_payne.physics(unknown, settings).gradient[:, :, 4]).all()
    smoothed = dd_payne.physics(training, options(resolution=RESOLUTION, width=50.0))
    assert not np.allclose(smoothed.gradient, synthetic.gradient, atol=1e-4)
    file = tmp_path / "slopes.npz"
    order = [4, 0, 1, 2, 3]
    np.savez(
        file,
        labels=np.array(LABELS)[order],
        theta=synthetic.theta[:, order],
        wavelength=GRID,
        gradient=synthetic.gradient[:, :, order],
    )
    again = dd_payne.physics(training, options(physics=str(file)))
    assert np.array_equal(again.gradient, synthetic.gradient)
    assert np.array_equal(again.theta, synthetic.theta)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wavelength": GRID[:-1]}, "do not agree"),
        ({"wavelength": GRID + 1.0}, "not those of the training"),
        ({"labels": np.array(["teff", "logg", "fe_h", "ti_fe", "k_fe"])}, "has no si_fe"),
        ({"gradient": None}, "needs labels"),
    ],
)
def test_what_is_wrong_with_a_file_of_slopes_is_said(
    training: TrainingSet, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    arrays: dict[str, Any] = {
        "labels": np.array(LABELS),
        "theta": training.theta[:3],
        "wavelength": GRID,
        "gradient": np.zeros((3, len(GRID), 5)),
    }
    arrays = {name: each for name, each in (arrays | change).items() if each is not None}
    np.savez(tmp_path / "slopes.npz", **arrays)
    with pytest.raises(AnalysisError, match=words):
        dd_payne.physics(training, options(physics=str(tmp_path / "slopes.npz")))


def test_labels_that_physics_does_not_know_are_refused(training: TrainingSet) -> None:
    with pytest.raises(AnalysisError, match="none of the labels"):
        dd_payne.physics(training._replace(labels=("age", "a", "b", "c", "d")), options())
