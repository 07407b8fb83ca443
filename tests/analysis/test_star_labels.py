"""Models trained from tables of spectra and labels, and labels fitted with them, in a store."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import catalogdb
from analysis import find, settings
from catalogdb.errors import AnalysisError, CatalogError
from catalogdb.schema import Column, Table

C = 299792.458
GRID = np.exp(np.linspace(np.log(5000.0), np.log(5400.0), 320))
PIXEL_KM_S = float(np.log(GRID[1] / GRID[0])) * C
LABELS = ("teff", "logg", "fe_h")
MEAN, SPREAD = np.array([5000.0, 3.0, -0.2]), np.array([300.0, 0.6, 0.3])


def _column(name: str, kind: str, ucd: str = "meta.code", unit: str | None = None) -> Column:
    return Column(name=name, type=kind, ucd=ucd, unit=unit, about=name)


SPECTRUM = Table(
    name="spectrum",
    schema="catalogs",
    title="Spectra",
    about="Simulated spectra",
    unique=False,
    extra={"grid_table": "catalogs.spectrum_grid"},
    columns=(
        _column("spec_id", "VARCHAR", "meta.id;meta.main"),
        _column("object_id", "VARCHAR", "meta.id"),
        _column("arm", "VARCHAR"),
        _column("radial_velocity", "DOUBLE", "spect.dopplerVeloc", "km.s**-1"),
        _column("snr", "DOUBLE", "stat.snr", ""),
        _column("grid_id", "VARCHAR", "meta.id"),
        _column("flux", "DOUBLE[]", "phot.flux.density", ""),
        _column("ivar", "DOUBLE[]", "stat.weight", ""),
        _column("mask", "INTEGER[]", "meta.code.qual", ""),
        _column("bad_bits", "INTEGER", "meta.code.qual", ""),
        _column("normalised", "BOOLEAN"),
    ),
)
GRIDS = Table(
    name="spectrum_grid",
    schema="catalogs",
    title="Grids",
    about="Wavelength grids",
    unique=False,
    columns=(
        _column("grid_id", "VARCHAR", "meta.id;meta.main"),
        _column("wavelength", "DOUBLE[]", "em.wl", "0.1nm"),
        _column("medium", "VARCHAR"),
        _column("frame", "VARCHAR"),
    ),
)
STARS = Table(
    name="known",
    schema="catalogs",
    title="Labels",
    about="Labels of stars",
    unique=False,
    columns=(
        _column("source_id", "VARCHAR", "meta.id;meta.main"),
        _column("teff", "DOUBLE", "phys.temperature.effective", "K"),
        _column("logg", "DOUBLE", "phys.gravity", ""),
        _column("m_h", "DOUBLE", "phys.abund.Fe", ""),
    ),
)


def _lines(x: Any, wavelength: Any) -> Any:
    """Lines whose depth goes with the labels (n, 3), at wavelengths at rest (n, p)."""
    rng = np.random.default_rng(8)
    flux = np.ones(wavelength.shape)
    for centre in np.linspace(5015.0, 5385.0, 46):
        depth = 0.25 + x @ rng.normal(0.0, 0.05, 3) + x**2 @ rng.normal(0.0, 0.008, 3)
        flux -= depth[:, None] * np.exp(-0.5 * ((wavelength - centre) / 2.2) ** 2)
    return flux


def _simulated(n: int, seed: int) -> tuple[Any, dict[str, list[Any]]]:
    """Labels (n, 3) and rows: moving stars behind a smooth response, with bad pixels."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.7, 1.7, (n, 3))
    velocity = rng.uniform(-80.0, 80.0, n)
    flux = _lines(x, GRID / (1.0 + velocity[:, None] / C))
    response = 3.0 + np.sin(GRID / 150.0 + rng.uniform(0.0, 6.0, n)[:, None])
    sigma = 0.01 * response
    flux = flux * response + rng.normal(0.0, 1.0, flux.shape) * sigma
    ivar = sigma**-2.0
    mask = np.zeros(flux.shape, np.int64)
    spoilt = rng.random(flux.shape) < 0.01
    flux[spoilt], mask[spoilt] = 50.0, 4
    return MEAN + SPREAD * x, {
        "spec_id": [f"spec {seed} {k:04d}" for k in range(n)],
        "object_id": [f"star {seed} {k:04d}" for k in range(n)],
        "arm": [None] * n,
        "radial_velocity": velocity.tolist(),
        "snr": [100.0 * seed] * n,
        "grid_id": ["g"] * n,
        "flux": flux.tolist(),
        "ivar": ivar.tolist(),
        "mask": mask.tolist(),
        "bad_bits": [4] * n,
        "normalised": [False] * n,
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = catalogdb.open(tmp_path_factory.mktemp("labels") / "sky", create=True)
    theta, rows = _simulated(110, 1)
    given = theta.copy()
    given[::20, 2] = np.nan
    test, seen = _simulated(50, 2)
    far = seen["flux"][0]
    seen["radial_velocity"][1] = None
    seen["ivar"][2] = [0.0] * len(GRID)
    seen["flux"][3] = [float(x) * (1.0 if k % 7 else 3.0) for k, x in enumerate(far)]
    everything = {name: [*rows[name], *seen[name]] for name in rows}
    grid = {"grid_id": ["g"], "wavelength": [GRID.tolist()], "medium": ["air"], "frame": ["heliocentric"]}
    known = {"source_id": rows["object_id"], "teff": theta[:, 0], "logg": theta[:, 1], "m_h": given[:, 2]}
    for table, columns in ((SPECTRUM, everything), (GRIDS, grid), (STARS, known)):
        made.publish(table, pa.table(columns))
    names = "teff, logg, fe_h=m_h"
    made.analyze(
        "label_training",
        labels="known",
        label_names=names,
        width=60.0,
        wave_min=5010.0,
        wave_max=5390.0,
        cross_validation=2,
    )
    made.analyze("star_labels", batch=37)
    yield made, test
    made.close()


def _labels(store: Any, where: str = "true") -> Any:
    return store.sql(f"SELECT * FROM results.star_label WHERE {where} ORDER BY spec_id, label").arrow()


def test_labels_of_stars_that_were_not_trained_come_back_with_honest_errors(store: Any) -> None:
    store, test = store
    pulls = []
    for j, label in enumerate(LABELS):
        rows = _labels(store, f"label = '{label}' AND starts_with(spec_id, 'spec 2')").to_pylist()
        good = [row for row in rows if row["flag"] is None]
        assert len(good) > 35
        assert {row["unit"] for row in rows} == {"K" if label == "teff" else "dex"}
        for row in good:
            truth = test[int(row["spec_id"][-4:]), j]
            pulls.append((row["param_value"] - truth) / row["sig_stat"])
            assert abs(row["param_value"] - truth) < 0.15 * SPREAD[j] * 4.0
    inside = np.mean(np.abs(pulls) < 1.0)
    # 114 labels tell 0.683 to 0.044, to 0.05 as those of a star go together, 0.954 to 0.02: thrice that.
    assert 0.53 < inside < 0.84
    assert np.mean(np.abs(pulls) < 2.0) > 0.89


def test_what_can_not_be_fitted_is_told(store: Any) -> None:
    store, _ = store
    assert not len(_labels(store, "spec_id = 'spec 2 0001'"))  # no velocity
    few = _labels(store, "spec_id = 'spec 2 0002'").to_pylist()
    assert {row["flag"] for row in few} == {"too_few_pixels"}
    assert all(row["param_value"] is None and row["sig_stat"] is None for row in few)
    assert all("poor_fit" in row["flag"] for row in _labels(store, "spec_id = 'spec 2 0003'").to_pylist())


def test_a_model_says_where_it_is_from_and_how_good_it_is(store: Any) -> None:
    store, _ = store
    (row,) = store.sql("SELECT * FROM results.label_model").arrow().to_pylist()
    assert (row["kind"], row["labels"]) == ("cannon", list(LABELS))
    assert row["n_training"] == 110
    assert row["medium"] == "air"
    assert row["label_table"] == "catalogs.known"
    (run,) = (
        store.sql("SELECT settings FROM provenance.runs JOIN results.label_model USING (run_id)")
        .arrow()
        .to_pylist()
    )
    assert json.loads(run["settings"])["width"] == 60.0
    rows = {r["label"]: r for r in store.sql("SELECT * FROM results.label_model_label").arrow().to_pylist()}
    assert rows["fe_h"]["n_known"] == 104
    for j, label in enumerate(LABELS):
        assert rows[label]["cv_rms"] < 0.1 * SPREAD[j]
        assert abs(rows[label]["cv_bias"]) < rows[label]["cv_rms"]
        assert rows[label]["cv_sig_stat"] == pytest.approx(rows[label]["cv_mad"], rel=0.35)
    pixels = store.sql("SELECT * FROM results.label_model_pixel ORDER BY pixel").arrow()
    assert len(pixels) == row["n_pixel"]
    assert len(pixels["gradient"][10].as_py()) == 3


def test_a_model_is_rebuilt_from_the_store_alone(store: Any) -> None:
    from analysis.labels.stored import load

    store, _ = store
    stored = load(store, "star_labels", None)
    pixels = store.sql("SELECT * FROM results.label_model_pixel ORDER BY pixel").arrow()
    rows = {r["label"]: r for r in store.sql("SELECT * FROM results.label_model_label").arrow().to_pylist()}
    mean = np.array([[rows[label]["label_mean"] for label in LABELS]])
    made = stored.model.flux(mean)[0]
    kept = np.array(pixels["flux"].to_numpy(zero_copy_only=False), np.float64)
    assert np.nanmax(np.abs(made - kept)) < 1e-12
    with pytest.raises(AnalysisError, match="no model cannon_1"):
        store.analyze("star_labels", model="cannon_1")


def test_published_coefficients_give_the_same_labels(store: Any, tmp_path: Path) -> None:
    from analysis.labels.stored import load

    store, _ = store
    before = {(r["spec_id"], r["label"]): r for r in _labels(store).to_pylist()}
    (name,) = store.sql("SELECT model_id FROM results.label_model").arrow()["model_id"].to_pylist()
    model: Any = load(store, "star_labels", name).model
    unscaled = model.coefficients / np.prod(model.scale**model.powers, axis=1)[:, None]
    files = {}
    for what, numbers in (
        ("coefficients", unscaled),
        ("scatter", model.scatter),
        ("pivots", model.pivot),
        ("wavelengths", model.wavelength_angstrom),
    ):
        files[what] = str(tmp_path / f"{what}.txt")
        np.savetxt(files[what], numbers)
    within = "teff=4400:5600, logg=1.9:4.1, fe_h=-0.8:0.4"
    store.analyze(
        "label_training", name="taken", ranges=within, medium="air", width=60.0, smoothed=True, **files
    )
    store.analyze("star_labels", model="taken", snr_min=150.0)
    (trained,) = (
        store.sql("SELECT run_id FROM results.label_model WHERE model_id = 'taken'").arrow()[0].to_pylist()
    )
    rows = _labels(store, "model_id = 'taken' AND flag IS NULL").to_pylist()
    assert len(rows) > 110
    assert {row["model_run"] for row in rows} == {trained}
    assert all(row["sig_sys"] is None for row in rows)  # without cross-validation nobody knows
    away = [
        (r["param_value"] - (o := before[r["spec_id"], r["label"]])["param_value"]) / o["sig_stat"]
        for r in rows
    ]
    # Apart from the correction for the noise of the training, which published numbers do not tell.
    assert np.std(away) < 0.5


def test_a_fitted_velocity_is_that_of_the_header(store: Any) -> None:
    store, test = store
    before = _labels(store, "model_id <> 'taken'")
    (name,) = set(before["model_id"].to_pylist())
    store.analyze("star_labels", velocity="fit", model=name, snr_min=150.0)
    rows = (
        store.sql(
            "SELECT l.*, s.radial_velocity FROM results.star_label l "
            "JOIN catalogs.spectrum s USING (spec_id) "
            "WHERE label = 'radial_velocity' AND flag IS NULL AND s.radial_velocity IS NOT NULL"
        )
        .arrow()
        .to_pylist()
    )
    assert len(rows) > 33
    away = np.array([row["param_value"] - row["radial_velocity"] for row in rows])
    sig = np.array([row["sig_stat"] for row in rows])
    assert np.std(away / sig) < 1.5
    assert abs(np.mean(away)) < 0.4
    unseen = _labels(store, "spec_id = 'spec 2 0001' AND label = 'teff'").to_pylist()
    assert unseen[0]["param_value"] == pytest.approx(test[1, 0], abs=60.0)
    again = store.sql(
        "SELECT count(*) AS n FROM results.star_label WHERE run_id = $run",
        {"run": before["run_id"][0].as_py()},
    ).arrow()
    assert again["n"][0].as_py() == len(before)


def test_covariances_are_those_of_the_errors(store: Any) -> None:
    store, _ = store
    rows = (
        store.sql(
            "SELECT c.covariance, c.correlation, a.sig_stat AS s1, b.sig_stat AS s2 "
            "FROM results.star_label_cov c "
            "JOIN results.star_label a ON (a.spec_id, a.run_id, a.label) = (c.spec_id, c.run_id, c.label_1) "
            "JOIN results.star_label b ON (b.spec_id, b.run_id, b.label) = (c.spec_id, c.run_id, c.label_2)"
        )
        .arrow()
        .to_pylist()
    )
    assert len(rows) >= 3 * 160
    for row in rows:
        assert row["covariance"] == pytest.approx(row["correlation"] * row["s1"] * row["s2"])
        assert abs(row["correlation"]) < 1.0


def test_pictures(store: Any, tmp_path: Path) -> None:
    store, _ = store
    for name, star in (("label_training", None), ("star_labels", "star 2 0005")):
        file = tmp_path / f"{name} {star}.png"
        find(name).plot(store, file, source_id=star)
        assert file.stat().st_size > 20_000
    for known in ("star 2 0005", "spec 2 0005"):
        find("star_labels").check_star(store, {}, known)
    with pytest.raises(AnalysisError, match="no star 'nobody': names are like 'spec 1 0000'"):
        find("star_labels").check_star(store, {}, "nobody")
    with pytest.raises(AnalysisError, match="no labels of 'nobody'"):
        find("star_labels").plot(store, tmp_path / "x.png", source_id="nobody")


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("label_training", {"spectra": "nothing"}, "nothing"),
        ("label_training", {}, r"catalogs.spectrum has no column teff.*name the table of the labels"),
        ("label_training", {"labels": "known"}, "has no column fe_h"),
        ("label_training", {"labels": "known", "label_names": "Teff"}, "'Teff' is no label"),
        ("label_training", {"labels": "known", "label_names": "teff,teff"}, "teff twice"),
        ("label_training", {"labels": "known", "label_names": "teff", "width": 0.0}, "are not normalised"),
        (
            "label_training",
            {"labels": "known", "label_names": "teff", "wave_min": 9e3},
            "no pixels from 9000",
        ),
        ("label_training", {"labels": "known", "label_names": "teff", "arm": "B"}, "no spectrum of arm B"),
        (
            "label_training",
            {"labels": "known", "label_names": "teff", "label_star": "m_h"},
            "identify the star",
        ),
        ("label_training", {"labels": "known", "label_names": "teff", "cross_validation": 1}, "in 1 part"),
        (
            "label_training",
            {"labels": "known", "label_names": "teff", "scatter": "x"},
            "goes with coefficients",
        ),
        (
            "label_training",
            {"labels": "known", "physics_weight": 3.0},
            "goes with model dd_payne, not cannon",
        ),
        ("label_training", {"labels": "known", "epochs": 3}, "epochs goes with model payne or dd_payne"),
        ("label_training", {"labels": "known", "model": "payne", "resolution": 9e3}, "dd_payne, not payne"),
        ("label_training", {"coefficients": "x"}, "coefficients needs scatter too"),
        ("star_labels", {"prior": "logg=4"}, "write label=mean:deviation"),
        ("star_labels", {"prior": "age=4:1"}, "the model has no label age"),
        ("star_labels", {"snr_min": 1e4}, "no spectrum of snr_min"),
    ],
)
def test_what_can_not_be_done_is_refused(store: Any, name: str, options: Any, says: str) -> None:
    analysis = find(name)
    checked = settings(name, analysis.options, options)
    with pytest.raises(CatalogError, match=says):
        analysis.module.run(store[0], checked)


def test_spectra_without_a_radial_velocity_come_to_rest_as_the_user_says(store: Any) -> None:
    from analysis.label_training.gather import gathered

    store, _ = store
    query = "SELECT * REPLACE (NULL AS radial_velocity) FROM catalogs.spectrum WHERE spec_id < 'spec 2'"
    store.publish(replace(SPECTRUM, name="still"), store.sql(query).arrow())
    velocity = _column("rv", "DOUBLE", "spect.dopplerVeloc", "km.s**-1")
    query = (
        "SELECT k.*, s.radial_velocity AS rv FROM catalogs.known k "
        "JOIN catalogs.spectrum s ON s.object_id = k.source_id"
    )
    moving = replace(STARS, name="moving", columns=(*STARS.columns, velocity))
    store.publish(moving, store.sql(query).arrow())

    def found(**options: Any) -> Any:
        of = {"labels": "moving", "label_names": "teff,logg,fe_h=m_h", "spectra": "still"} | options
        return gathered(store, settings("label_training", find("label_training").options, of))

    with pytest.raises(AnalysisError, match=r"can be used: 110 with no radial velocity.*--velocity-column"):
        found()
    with pytest.raises(AnalysisError, match="velocity_column goes with velocity header"):
        found(velocity="none", velocity_column="rv")
    with pytest.raises(AnalysisError, match="has no column rw"):
        found(velocity_column="rw")
    by_header, by_column, as_they_are = (
        found(spectra="spectrum"),
        found(velocity_column="rv"),
        found(velocity="none"),
    )
    assert by_column.said == ()
    assert by_column.spec_id == by_header.spec_id
    np.testing.assert_array_equal(by_column.training.theta, by_header.training.theta)
    np.testing.assert_array_equal(by_column.training.flux, by_header.training.flux)
    good = (by_header.training.ivar > 0.0) & (as_they_are.training.ivar > 0.0)
    assert np.abs(as_they_are.training.flux - by_header.training.flux)[good].max() > 0.2


def test_training_spectra_are_told_without_a_cross_validation_too(store: Any) -> None:
    store, _ = store
    store.analyze("label_training", name="bare", labels="known", label_names="teff,logg", cross_validation=0)
    (row,) = (
        store.sql(
            "SELECT count(DISTINCT spec_id) AS spectra, count(given) AS given, count(param_value) AS found "
            "FROM results.label_validation WHERE model_id = 'bare'"
        )
        .arrow()
        .to_pylist()
    )
    assert row == {"spectra": 110, "given": 220, "found": 0}


def test_spectra_of_other_wavelengths_than_the_model_are_refused(store: Any) -> None:
    store, _ = store
    of = {"spec_id": ["red"], "object_id": ["red"], "arm": [None], "radial_velocity": [0.0], "snr": [9.0]}
    of |= {"grid_id": ["r"], "flux": [[1.0, 1.0]], "ivar": [[1.0, 1.0]], "mask": [[0, 0]], "bad_bits": [0]}
    grids = replace(GRIDS, name="red_grid")
    store.publish(
        replace(SPECTRUM, name="red", extra={"grid_table": "catalogs.red_grid"}),
        pa.table(of | {"normalised": [False]}),
    )
    grid = {"grid_id": ["r"], "wavelength": [[8000.0, 8001.0]], "medium": ["air"], "frame": ["rest"]}
    store.publish(grids, pa.table(grid))
    with pytest.raises(
        AnalysisError, match=r"model is of 50\d\d.* Angstrom, the spectra .* have 8000 to 8001"
    ):
        store.analyze("star_labels", spectra="red")
