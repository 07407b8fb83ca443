"""Published networks: evaluated as their programs do, fitted to the spectrum that comes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.labels.continuum import continuum, divided
from analysis.labels.fit import fit, words
from analysis.labels.kinds import rebuilt
from analysis.labels.payne_published import LABELS, PixelNetworks, read
from analysis.labels.velocity import WithVelocity
from catalogdb.errors import AnalysisError


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-z))


def leaky_relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(0, z) + 0.01 * np.minimum(0, z)


def one_hidden(x: np.ndarray, of: dict[str, np.ndarray]) -> Any:
    """binspec's get_spectrum_from_neural_net."""
    inside = np.einsum("ijk,k->ij", of["w_array_0"], x) + of["b_array_0"]
    return np.einsum("ij,ij->i", of["w_array_1"], sigmoid(inside)) + of["b_array_1"]


def two_hidden(x: np.ndarray, of: dict[str, np.ndarray]) -> Any:
    """The_Payne's get_spectrum_from_neural_net of 2018."""
    inside = np.einsum("ijk,k->ij", of["w_array_0"], x) + of["b_array_0"]
    outside = np.einsum("ik,ik->i", of["w_array_1"], sigmoid(inside)) + of["b_array_1"]
    return of["w_array_2"] * sigmoid(outside) + of["b_array_2"]


def all_pixels(x: np.ndarray, of: dict[str, np.ndarray]) -> Any:
    """The_Payne's get_spectrum_from_neural_net of 2019 and since."""
    inside = np.einsum("ij,j->i", of["w_array_0"], x) + of["b_array_0"]
    outside = np.einsum("ij,j->i", of["w_array_1"], leaky_relu(inside)) + of["b_array_1"]
    return np.einsum("ij,j->i", of["w_array_2"], leaky_relu(outside)) + of["b_array_2"]


SHAPES = {
    one_hidden: {"w_array_0": (30, 6, 5), "b_array_0": (30, 6), "w_array_1": (30, 6), "b_array_1": (30,)},
    all_pixels: {
        "w_array_0": (6, 5),
        "b_array_0": (6,),
        "w_array_1": (7, 6),
        "b_array_1": (7,),
        "w_array_2": (30, 7),
        "b_array_2": (30,),
    },
}
SHAPES[two_hidden] = SHAPES[one_hidden] | {"w_array_2": (30,), "b_array_2": (30,)}
GRID = np.linspace(15000.0, 15100.0, 30)


def network(file: Path, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    arrays = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    arrays |= {"x_min": np.arange(5.0), "x_max": np.arange(5.0) * 2.0 + 3.0}
    np.savez(file, **arrays)
    return arrays


@pytest.mark.parametrize("formula", SHAPES)
def test_a_network_gives_what_its_authors_program_gives(formula: Any, tmp_path: Path) -> None:
    arrays = network(tmp_path / "net.npz", SHAPES[formula])
    mask = np.arange(30) == 4
    model = read(tmp_path / "net.npz", GRID, scatter=0.01, mask=mask)
    assert model.labels == LABELS[5]
    low, high = arrays["x_min"], arrays["x_max"]
    theta = low + (high - low) * np.random.default_rng(2).random((6, 5))
    wanted = [formula((each - low) / (high - low) - 0.5, arrays) for each in theta]
    flux, gradient = model.flux_and_gradient(theta)
    assert np.allclose(flux, wanted, atol=1e-6)
    assert np.array_equal(model.flux(theta), flux)
    if formula is not all_pixels:
        for j in range(5):
            move = np.eye(5)[j] * 1e-5
            difference = (model.flux(theta + move) - model.flux(theta - move)) / 2e-5
            assert np.allclose(gradient[:, :, j], difference, atol=1e-7)
    assert np.isinf(model.scatter[4])
    assert (model.scatter[~mask] == 0.01).all()
    assert model.hull.distance(np.array([high, low - 1.0])).tolist() == pytest.approx([1.0, 1.0 + 2.0 / 3.0])
    kind = "payne_pixels" if isinstance(model, PixelNetworks) else "payne"
    again = rebuilt(kind, model.saved())
    assert np.array_equal(again.flux(theta), flux)
    assert np.array_equal(again.scatter, model.scatter)


def test_what_is_wrong_with_a_file_is_said(tmp_path: Path) -> None:
    file = tmp_path / "net.npz"
    network(file, SHAPES[all_pixels])
    with pytest.raises(AnalysisError, match="30 pixels, there are 29"):
        read(file, GRID[:-1])
    with pytest.raises(AnalysisError, match="5 labels, 2 names"):
        read(file, GRID, ("teff", "logg"))
    network(file, SHAPES[all_pixels] | {"w_array_1": (7, 5)})
    with pytest.raises(AnalysisError, match="do not agree"):
        read(file, GRID)
    network(file, {name: shape for name, shape in SHAPES[all_pixels].items() if name[-1] != "2"})
    with pytest.raises(AnalysisError, match="w_array_2"):
        read(file, GRID)
    arrays = network(file, SHAPES[one_hidden])
    arrays["b_array_1"][3] = np.nan
    np.savez(file, **arrays)
    with pytest.raises(AnalysisError, match="not finite"):
        read(file, GRID)
    file.write_text("no network")
    with pytest.raises(AnalysisError, match="no npz file"):
        read(file, GRID)


def test_the_published_network_on_its_apogee_spectrum(data: Path) -> None:
    folder = data / "spectra" / "payne"

    def array(name: str, key: str) -> np.ndarray:
        with np.load(folder / name) as opened:
            return np.asarray(opened[key])

    grid = array("apogee_wavelength.npz", "wavelength")
    file, mask = folder / "NN_normalized_spectra_old.npz", array("apogee_mask.npz", "apogee_mask")
    spectrum = array("combined_2M13012770+5754582.npz", "spectrum").astype(np.float64)
    sigma = array("combined_2M13012770+5754582.npz", "spec_err").astype(np.float64)
    model = WithVelocity(read(file, grid, mask=mask))
    low, high = model.hull.theta
    random = np.random.default_rng(1)
    begin = np.column_stack(
        [low + (high - low) * random.uniform(0.05, 0.95, (4, 5)), random.uniform(-4, 4, 4)]
    )
    many = np.repeat([spectrum, sigma**-2.0], 4, axis=0).reshape(2, 4, -1)
    found = fit(model, *many, start=begin)
    assert found.converged.all()
    # From wherever it begins it ends at the same labels, far nearer to each other than their errors.
    errors = np.sqrt(np.einsum("nkk->nk", found.covariance))
    assert (np.ptp(found.theta, axis=0) < 0.02 * errors[0]).all()
    teff, logg, fe_h, _, _, velocity = found.theta[0]
    assert (teff, logg, fe_h) == (
        pytest.approx(4938.0, abs=20.0),
        pytest.approx(4.53, abs=0.02),
        pytest.approx(-0.19, abs=0.02),
    )
    assert velocity == pytest.approx(0.9, abs=0.1)
    assert 3.0 < errors[0, 0] < 6.0
    # The network is not the star: chi2 / dof of 4 says so, and the fit does too.
    assert 3.5 < found.chi2[0] / found.dof[0] < 4.5
    assert words(int(found.flags[0])) == "poor_fit"
    whole = fit(WithVelocity(read(file, grid)), spectrum, sigma**-2.0)
    assert whole.theta[0, 0] == pytest.approx(4938.0, abs=20.0)
    assert whole.theta[0, 1:3] == pytest.approx([4.53, -0.19], abs=0.02)
    assert abs(whole.theta[0, 0] - teff) > 10.0


def test_quick_steps_of_small_networks_end_where_plain_ones_do(tmp_path: Path) -> None:
    for formula in (one_hidden, two_hidden):
        network(tmp_path / "net.npz", SHAPES[formula])
        model = read(tmp_path / "net.npz", GRID)
        moving = WithVelocity(model)
        low, high = model.hull.theta
        random = np.random.default_rng(4)
        theta = np.column_stack([low + (high - low) * random.uniform(0.3, 0.7, (12, 5)), np.zeros(12)])
        for each, at in ((model, theta[:, :5]), (moving, theta)):
            seen = each.flux(at) + random.normal(0.0, 1e-3, (12, 30))
            ivar = np.full(seen.shape, 1e6)
            quick = fit(each, seen, ivar, start=at)
            parts = [fit(each, seen[j : j + 1], ivar[j : j + 1], start=at[j]) for j in range(12)]
            plain = np.concatenate([part.theta for part in parts])
            errors = np.sqrt(np.einsum("nkk->nk", np.concatenate([part.covariance for part in parts])))
            both = quick.converged & np.concatenate([part.converged for part in parts])
            assert both.mean() > 0.7
            assert np.abs((quick.theta - plain) / errors)[both].max() < 0.02


def test_the_continuum_is_that_of_chebyshev_fits_on_each_detector() -> None:
    random = np.random.default_rng(1)
    grid = np.concatenate([np.linspace(15000.0, 15100.0, 200), np.linspace(15200.0, 15280.0, 160)])
    flux = 3.0 + np.sin(grid / 60.0) + random.normal(0.0, 0.02, (3, 360))
    sigma = random.uniform(0.01, 0.03, (3, 360))
    pixels = random.random(360) < 0.2
    flux[1, 7], sigma[2, 250] = np.nan, np.inf
    flux[0, 200:] = -1.0
    found = continuum(flux, sigma**-2.0, grid, pixels)
    for star in (1, 2):
        for first, last in ((0, 200), (200, 360)):
            x = 2.0 * np.arange(last - first) / (last - first - 1) - 1.0
            use = pixels[first:last] & np.isfinite(flux[star, first:last] * sigma[star, first:last])
            fitted = np.polynomial.Chebyshev.fit(
                x[use], flux[star, first:last][use], 4, w=1.0 / sigma[star, first:last][use]
            )
            assert np.allclose(found[star, first:last], fitted(x), rtol=1e-8)
    assert np.isnan(found[0, 200:]).all()
    assert np.isfinite(found[0, :200]).all()
    level, ivar = divided(flux, sigma**-2.0, grid, pixels)
    assert np.allclose(level[2, 200:] * found[2, 200:], flux[2, 200:])
    assert (ivar[0, 200:] == 0.0).all()
    assert ivar[2, 9] == pytest.approx((found[2, 9] / sigma[2, 9]) ** 2)
