"""Networks in a store: trained or taken over by a command, and used by star_labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import catalogdb
from analysis.labels.stored import load
from analysis.labels.two_stars import TwoStars
from analysis.labels.velocity import WithVelocity
from catalogdb.errors import AnalysisError
from tests.analysis.test_star_labels import GRIDS, SPECTRUM, STARS
from tests.analysis.toy_spectra import GRID, labels, truth


def _publish(
    store: Any,
    grid: np.ndarray,
    flux: np.ndarray,
    sigma: np.ndarray,
    *,
    normalised: bool = True,
    name: str = "spectrum",
) -> None:
    n = len(flux)
    rows = {
        "spec_id": [f"spectrum {j:03d}" for j in range(n)],
        "object_id": [f"star {j:03d}" for j in range(n)],
        "arm": pa.array([None] * n, pa.string()),
        "radial_velocity": [0.0] * n,
        "snr": [100.0] * n,
        "grid_id": ["grid"] * n,
        "flux": flux.tolist(),
        "ivar": (sigma**-2.0).tolist(),
        "mask": pa.array([None] * n, pa.list_(pa.int32())),
        "bad_bits": pa.array([None] * n, pa.int32()),
        "normalised": [normalised] * n,
    }
    store.publish(replace(SPECTRUM, name=name), pa.table(rows))
    of = {"grid_id": ["grid"], "wavelength": [grid.tolist()], "medium": ["vacuum"], "frame": ["rest"]}
    if name == "spectrum":
        store.publish(GRIDS, pa.table(of))


TRAINING: dict[str, Any] = {
    "labels": "known",
    "label_names": "teff, logg, fe_h=m_h",
    "width": 0.0,
    "cross_validation": 2,
    "hidden": "15,15",
    "epochs": 40,
    "model": "dd_payne",
    "physics": "synthetic",
    "physics_weight": 0.001,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = catalogdb.open(tmp_path_factory.mktemp("networks") / "sky", create=True)
    theta = labels(120, 1)
    sigma = np.full((120, len(GRID)), 0.005)
    noise = np.random.default_rng(2).normal(size=sigma.shape) * sigma
    _publish(made, GRID, truth(theta) + noise, sigma)
    star = [f"star {j:03d}" for j in range(120)]
    known = {"source_id": star, "teff": theta[:, 0], "logg": theta[:, 1], "m_h": theta[:, 2]}
    made.publish(STARS, pa.table(known))
    made.analyze("label_training", name="mine", checkpoint=str(made.path.parent / "states"), **TRAINING)
    yield made, theta
    made.close()


def _found(store: Any, run_id: str) -> Any:
    query = "SELECT * FROM results.star_label WHERE run_id = $run ORDER BY spec_id, label"
    return store.sql(query, {"run": run_id}).arrow().to_pylist()


def test_a_network_is_trained_again_the_same_and_fits_labels(store: Any) -> None:
    made, theta = store
    query = "SELECT array_name, entries FROM results.label_model_array WHERE model_id = $m ORDER BY 1"
    models = [made.sql(query, {"m": "mine"}).arrow().to_pylist()]
    states = made.path.parent / "states"
    assert len(list(states.iterdir())) == 3  # the model and two parts of the cross-validation
    report = made.analyze("label_training", name="again", checkpoint=str(states), **TRAINING)
    models.append(made.sql(query, {"m": "again"}).arrow().to_pylist())
    assert any("again" in line for line in report.lines)
    assert models[0] == models[1]
    (row,) = made.sql("SELECT kind FROM results.label_model WHERE model_id = 'mine'").arrow().to_pylist()
    assert row == {"kind": "dd_payne"}
    quality = made.sql(
        "SELECT cv_mad FROM results.label_model_label WHERE model_id = 'mine' AND label = 'teff'"
    )
    assert 0.0 < quality.arrow().to_pylist()[0]["cv_mad"] < 150.0
    run = made.analyze("star_labels", model="mine")
    rows = _found(made, run.run_id)
    assert len(rows) == 3 * 120
    found = {row["spec_id"]: row["param_value"] for row in rows if row["label"] == "teff"}
    z = [found[f"spectrum {j:03d}"] - theta[j, 0] for j in range(120)]
    assert np.median(np.abs(z)) < 60.0


def test_a_published_network_is_taken_over(data: Path, tmp_path: Path) -> None:
    folder = data / "spectra" / "payne"
    with np.load(folder / "apogee_wavelength.npz") as opened:
        grid = opened["wavelength"]
    with np.load(folder / "combined_2M13012770+5754582.npz") as opened:
        flux, sigma = (opened[name].astype(np.float64)[None] for name in ("spectrum", "spec_err"))
    made = catalogdb.open(tmp_path / "sky", create=True)
    # Behind a slope on each detector, which the pixels of the continuum tell.
    slope = 2.0 + np.concatenate([np.linspace(0.0, 1.0, n) ** 2 for n in (2920, 2400, 1894)])
    _publish(made, grid, flux * slope, sigma * slope, normalised=False)
    made.analyze(
        "label_training",
        network=str(folder / "NN_normalized_spectra_old.npz"),
        wavelengths=str(folder / "apogee_wavelength.npz"),
        mask=str(folder / "apogee_mask.npz"),
        continuum=str(folder / "cannon_cont_pixels_apogee.npz"),
        name="payne 2019",
    )
    run = made.analyze("star_labels", velocity="fit", velocity_max=5.0)
    rows = {row["label"]: row for row in _found(made, run.run_id)}
    assert list(rows) == ["alpha_fe", "fe_h", "logg", "radial_velocity", "teff", "vmacro"]
    assert rows["teff"]["param_value"] == pytest.approx(4938.0, abs=25.0)
    assert rows["logg"]["param_value"] == pytest.approx(4.53, abs=0.02)
    assert rows["fe_h"]["param_value"] == pytest.approx(-0.19, abs=0.02)
    assert rows["radial_velocity"]["param_value"] == pytest.approx(0.9, abs=0.15)
    assert rows["teff"]["model_id"] == "payne 2019"
    assert rows["teff"]["flag"] == "poor_fit"
    covariance = made.sql("SELECT count(*) AS n FROM results.star_label_cov").arrow().to_pylist()
    assert covariance == [{"n": 15}]
    made.close()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"network": "net.npz"}, "needs wavelengths"),
        ({"network": "net.npz", "pivots": "p"}, "pivots does not go with network"),
        ({"network": "net.npz", "wavelengths": "GRID"}, "no npz file"),
        ({"network": "net.npz", "wavelengths": "GRID", "scatter": "-1"}, "scatter is -1"),
        ({"mask": "m.npz"}, "goes with coefficients or network"),
    ],
)
def test_what_is_missing_is_said(store: Any, tmp_path: Path, given: dict[str, str], words: str) -> None:
    made, _ = store
    (tmp_path / "net.npz").write_text("none")
    np.savetxt(tmp_path / "grid.txt", GRID)
    files = {"net.npz": str(tmp_path / "net.npz"), "GRID": str(tmp_path / "grid.txt")}
    with pytest.raises(AnalysisError, match=words):
        made.analyze("label_training", **{name: files.get(value, value) for name, value in given.items()})


def test_two_stars_are_looked_for_and_written(store: Any) -> None:
    made, _ = store
    model = load(made, "test", "mine").model
    one = np.array([[5400.0, 3.5, 0.0, 0.0]])
    two = np.array([[5400.0, 3.5, 0.0, 0.0, 4900.0, 3.2, -0.5, 90.0]])
    flux = np.vstack([WithVelocity(model).flux(one), TwoStars(model).flux(two)])
    sigma = np.full(flux.shape, 0.005)
    flux = flux + np.random.default_rng(3).normal(size=flux.shape) * sigma
    _publish(made, GRID, flux, sigma, name="pairs")
    run = made.analyze(
        "star_labels", spectra="pairs", model="mine", binary=True, velocity="fit", velocity_max=120.0
    )
    assert "1 spectra of two stars" in run.lines
    rows = made.sql("SELECT * FROM results.star_binary ORDER BY spec_id").arrow().to_pylist()
    assert [row["is_binary"] for row in rows] == [False, True]
    assert rows[1]["delta_bic"] > 100.0
    assert abs(rows[1]["velocity_difference"] - 90.0) < 4.0 * rows[1]["velocity_difference_error"]
    assert abs(rows[1]["light_share"] - 1.0 / (1.0 + np.exp(0.5))) < 4.0 * rows[1]["light_share_error"]
    query = "SELECT * FROM results.star_binary_label WHERE spec_id = 'spectrum 001' AND label = 'teff'"
    teff = {row["component"]: row for row in made.sql(query).arrow().to_pylist()}
    assert abs(teff[1]["param_value"] - 5400.0) < 4.0 * teff[1]["sig_stat"]
    assert abs(teff[2]["param_value"] - 4900.0) < 4.0 * teff[2]["sig_stat"]
