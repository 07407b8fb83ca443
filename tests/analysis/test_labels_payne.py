"""The Payne: slopes against differences, training that can be cut short, and what it reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analysis.labels import doppler
from analysis.labels.backprop import slope_loss, value_loss
from analysis.labels.boxes import Box
from analysis.labels.checkpoints import load, save
from analysis.labels.fit import fit
from analysis.labels.kinds import rebuilt
from analysis.labels.model import TrainingSet
from analysis.labels.network_jobs import OPTIONS, learn
from analysis.labels.payne import Layers, Network
from analysis.labels.payne_training import Recipe, train
from analysis.labels.velocity import WithVelocity
from catalogdb.errors import AnalysisError
from tests.analysis.toy_spectra import GRID, HIGH, LOW, NAMES, labels, truth


@pytest.fixture(scope="module")
def network() -> Network:
    theta = labels(300, 1)
    return train(theta, truth(theta), None, NAMES, GRID, Recipe(hidden=(30, 30), epochs=120, batch=60))


def random_network(activation: str = "silu", sizes: tuple[int, ...] = (3, 7, 6, 300)) -> Network:
    random = np.random.default_rng(3)
    pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
    weights = tuple(random.normal(size=(out, into)) for into, out in pairs)
    layers = Layers(weights, tuple(random.normal(size=out) for _, out in pairs), activation)
    return Network(NAMES, GRID, layers, LOW, HIGH, np.zeros(300), Box.between(LOW, HIGH))


@pytest.mark.parametrize("activation", ["silu", "sigmoid", "leaky_relu"])
def test_derivatives_of_the_loss_are_those_of_differences(activation: str) -> None:
    layers = random_network(activation, (3, 5, 4, 6)).layers
    random = np.random.default_rng(1)
    x, direction = random.normal(size=(2, 4, 3))
    y, weight = random.normal(size=(4, 6)), random.random((4, 6))

    def value(net: Layers) -> Any:
        return value_loss(net, x, y, weight)

    def slope(net: Layers) -> Any:
        return slope_loss(net, x, direction, y, weight)

    for loss in (value, slope):
        _, by = loss(layers)
        pairs = [*zip(layers.weights, by.weights, strict=True), *zip(layers.biases, by.biases, strict=True)]
        for parameters, found in pairs:
            for at in list(np.ndindex(parameters.shape))[:6]:
                kept = parameters[at]
                ends = []
                for step in (1e-6, -1e-6):
                    parameters[at] = kept + step
                    ends.append(loss(layers)[0])
                parameters[at] = kept
                assert found[at] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=2e-7)


def test_gradient_by_labels_and_velocity_is_that_of_differences() -> None:
    model = WithVelocity(random_network())
    theta = np.column_stack([labels(4, 2), [-7.3, 0.4, 2.2, 11.0]])
    _, gradient = model.flux_and_gradient(theta)
    for j, step in enumerate((1e-2, 1e-5, 1e-5, 1e-5)):
        move = np.eye(4)[j] * step
        difference = (model.flux(theta + move) - model.flux(theta - move)) / (2.0 * step)
        assert np.abs(gradient[:, :, j] - difference).max() < 1e-6 * np.abs(difference).max()


@pytest.mark.parametrize("grid", [GRID, np.linspace(5000.0, 5040.0, 300)], ids=["even in ln", "linear"])
def test_a_shift_is_that_of_a_spline_and_has_its_transpose(grid: np.ndarray) -> None:
    from scipy.interpolate import CubicSpline

    flux = 1.0 - 0.5 * np.exp(-0.5 * ((grid - np.array([[5010.0], [5025.3]])) / 0.5) ** 2)
    velocity = np.array([-8.0, 21.7])
    moved = doppler.shift(grid, velocity)
    beta = velocity[:, None] / 299792.458
    wanted = [
        CubicSpline(grid, each)(at)
        for each, at in zip(flux, grid * np.sqrt((1 - beta) / (1 + beta)), strict=True)
    ]
    assert np.abs(moved.apply(flux) - wanted).max() < 1.5e-3
    linear = [np.interp(at, grid, each) for each, at in zip(flux, grid * (1 - beta), strict=True)]
    assert np.abs(np.array(linear) - wanted).max() > 2e-3
    a, b = np.random.default_rng(1).normal(size=(2, 2, 300))
    assert np.vdot(moved.apply(a), b) == pytest.approx(np.vdot(a, moved.transposed(b)), rel=1e-12)
    many = moved.apply(np.stack([a, b], axis=1))
    assert np.allclose(many[:, 1], moved.apply(b), atol=1e-14)


def test_fluxes_do_not_come_from_another_detector() -> None:
    grid = np.concatenate([GRID[:150], GRID[150:] + 300.0])
    flux = np.repeat([[0.2, 1.0]], 150, axis=1)
    moved = doppler.shift(grid, np.array([30.0])).apply(flux)
    assert np.allclose(moved[0, :150], 0.2, atol=1e-12)
    assert np.allclose(moved[0, 150:], 1.0, atol=1e-12)


def test_a_network_learns_to_a_tenth_of_the_cramer_rao_bound(network: Network) -> None:
    theta = labels(200, 2)
    sigma = 0.02
    assert np.sqrt(np.mean((network.flux(theta) - truth(theta)) ** 2)) < 0.15 * sigma
    seen = truth(theta) + np.random.default_rng(3).normal(0.0, sigma, (200, 300))
    found = fit(network, seen, np.full(seen.shape, sigma**-2))
    step = (HIGH - LOW) * 1e-5
    slopes = np.stack(
        [(truth(theta + step * e) - truth(theta - step * e)) / (2 * step @ e) for e in np.eye(3)], axis=2
    )
    bound = np.linalg.inv(np.einsum("npk,npl->nkl", slopes, slopes) / sigma**2)
    inside = found.converged
    assert inside.mean() > 0.97
    z = (found.theta - theta) / np.sqrt(np.einsum("nkk->nk", bound))
    assert np.sqrt(np.mean(z[inside] ** 2)) < 1.1
    # What it says of itself is what it is: the errors, and its own one as the validation saw it.
    own = (found.theta - theta) / np.sqrt(np.einsum("nkk->nk", found.covariance))
    assert 0.9 < own[inside].std() < 1.1
    assert 0.5 < network.scatter.mean() / np.abs(network.flux(theta) - truth(theta)).mean() < 2.5


def test_leaky_relu_is_worse_where_derivatives_count(network: Network) -> None:
    theta = labels(300, 1)
    recipe = Recipe(hidden=(30, 30), epochs=120, batch=60, activation="leaky_relu")
    kinked = train(theta, truth(theta), None, NAMES, GRID, recipe)
    test = labels(100, 2)
    move = np.array([5.0, 0.0, 0.0])
    true = (truth(test + move) - truth(test - move)) / 10.0
    errors = [np.abs(each.flux_and_gradient(test)[1][:, :, 0] - true).mean() for each in (network, kinked)]
    assert errors[1] > 2.0 * errors[0]
    assert network.smooth
    assert not kinked.smooth


def test_quick_steps_end_where_plain_ones_do(network: Network) -> None:
    sigma = np.random.default_rng(5).uniform(0.01, 0.03, (40, 300))
    sigma[:, 100:110] = np.inf
    theta = labels(40, 4)
    model = WithVelocity(network)
    seen = model.flux(np.column_stack([theta, np.linspace(-6.0, 6.0, 40)]))
    seen = seen + np.random.default_rng(6).normal(size=seen.shape) * np.minimum(sigma, 1.0)
    quick = fit(model, seen, sigma**-2.0)
    plain = [fit(model, seen[rows], sigma[rows] ** -2.0) for rows in np.array_split(np.arange(40), 8)]
    theta_plain = np.concatenate([each.theta for each in plain])
    covariance = np.concatenate([each.covariance for each in plain])
    errors = np.sqrt(np.einsum("nkk->nk", covariance))
    assert quick.converged.all()
    assert np.abs((quick.theta - theta_plain) / errors).max() < 0.02
    assert np.allclose(quick.chi2, np.concatenate([each.chi2 for each in plain]), atol=0.01)
    assert np.allclose(np.sqrt(np.einsum("nkk->nk", quick.covariance)), errors, rtol=0.02)


def test_training_is_the_same_again_and_goes_on_where_it_was_cut(tmp_path: Any) -> None:
    theta = labels(60, 1)
    flux = truth(theta)
    recipe = Recipe(hidden=(8, 8), epochs=6, batch=20)
    file = tmp_path / "state.npz"

    class Cut(Exception):
        pass

    def cut(state: Any) -> None:
        save(file, state, "mark")
        if state.epoch == 3:
            raise Cut

    whole = train(theta, flux, None, NAMES, GRID, recipe)
    with pytest.raises(Cut):
        train(theta, flux, None, NAMES, GRID, recipe, after_epoch=cut)
    again = train(theta, flux, None, NAMES, GRID, recipe, state=load(file, "mark"))
    for one, other in zip(whole.layers.weights, again.layers.weights, strict=True):
        assert np.array_equal(one, other)
    assert [each.name for each in tmp_path.iterdir()] == ["state.npz"]
    with pytest.raises(AnalysisError, match="another training"):
        load(file, "other")
    file.write_bytes(b"PK torn")
    with pytest.raises(AnalysisError, match="no state of a training"):
        load(file, "mark")
    assert load(tmp_path / "none.npz", "mark") is None


def test_learning_leaves_out_stars_without_labels_and_says_what_is_wrong(tmp_path: Any) -> None:
    theta = labels(40, 1)
    flux = truth(theta)
    settings = {option.name: option.default for option in OPTIONS}
    settings |= {"hidden": "5", "epochs": 2, "checkpoint": str(tmp_path / "states")}
    gaps = theta.copy()
    gaps[35:, 1] = np.nan
    ivar = np.full(flux.shape, 1e4)
    ivar[3, 5] = 0.0
    flux[3, 5] = np.nan
    told = []
    found = learn(
        TrainingSet(gaps, flux, ivar, NAMES, GRID), settings, progress=lambda *each: told.append(each)
    )
    some = learn(TrainingSet(theta[:35], flux[:35], ivar[:35], NAMES, GRID), settings)
    assert np.array_equal(found.layers.weights[-1], some.layers.weights[-1])
    assert np.isfinite(found.flux(theta)).all()
    assert told[-1] == ("training", 1.0)
    assert len(list((tmp_path / "states").iterdir())) == 1  # both are the same training
    told.clear()
    again = learn(
        TrainingSet(gaps, flux, ivar, NAMES, GRID), settings, progress=lambda *each: told.append(each)
    )
    assert np.array_equal(again.layers.weights[0], found.layers.weights[0])
    assert not told  # it was finished: nothing is trained again
    (tmp_path / "file").write_text("")
    with pytest.raises(AnalysisError, match="no folder"):
        learn(TrainingSet(theta, flux, ivar, NAMES, GRID), settings | {"checkpoint": str(tmp_path / "file")})
    for wrong, words in (
        ({"hidden": "ten"}, "neurons"),
        ({"hidden": "0"}, "neurons"),
        ({"validation": 0.9}, "half"),
    ):
        with pytest.raises(AnalysisError, match=words):
            learn(TrainingSet(theta, flux, ivar, NAMES, GRID), settings | wrong)
    with pytest.raises(AnalysisError, match="20 stars"):
        learn(TrainingSet(theta[:9], flux[:9], ivar[:9], NAMES, GRID), settings)
    same = np.column_stack([theta[:, :2], np.zeros(40)])
    with pytest.raises(AnalysisError, match="same fe_h"):
        learn(TrainingSet(same, flux, ivar, NAMES, GRID), settings)


def test_the_models_own_error_is_that_beyond_the_noise(network: Network) -> None:
    from analysis.labels.payne_training import model_error

    random = np.random.default_rng(1)
    theta = labels(4000, 5)[:, :]
    ivar = random.uniform(1e3, 1e4, (4000, 300))
    seen = network.flux(theta) + random.normal(size=ivar.shape) * np.sqrt(1.0 / ivar + 0.03**2)
    assert model_error(network, theta, seen, ivar).mean() == pytest.approx(0.03, rel=0.02)


def test_a_network_is_saved_and_rebuilt(network: Network) -> None:
    theta = labels(3, 9)
    for model in (network, replace(network, hull=Box.between(LOW, HIGH))):
        again = rebuilt("payne", model.saved())
        assert np.array_equal(again.flux(theta), model.flux(theta))
        assert np.allclose(again.hull.distance(theta), model.hull.distance(theta))
    beyond = np.array([[5000.0, 3.0, 0.0], [6500.0, 3.0, 0.0]])
    assert (network.hull.distance(beyond) > 1.0).tolist() == [False, True]
    assert Box.between(LOW, HIGH).distance(np.array([[5000.0, 5.0, 0.0]]))[0] == pytest.approx(1.0)
