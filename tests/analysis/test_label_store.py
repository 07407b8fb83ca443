"""Spectra of a store from training to judgement: information, quality with the black box, joint fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import catalogdb
from analysis import find
from analysis.label_joint.simulated import BANDS, EXTINCTION, magnitudes, simulate
from analysis.label_quality.own_lines import element_of, pixels
from analysis.labels.synthetic import Synthetic, lines
from catalogdb.errors import AnalysisError
from catalogdb.schema import Column, Table

LABELS = ("teff", "logg", "vmic", "fe_h")
WAVELENGTH = np.linspace(5150.0, 5210.0, 90)
SNR = 80.0
N = 120


def column(name: str, kind: str, ucd: str = "meta.code", unit: str | None = None) -> Column:
    return Column(name=name, type=kind, ucd=ucd, unit=unit, about=name)


def table(name: str, columns: list[Column], **more: Any) -> Table:
    return Table(
        name=name, schema="catalogs", title=name, about=name, unique=False, columns=tuple(columns), **more
    )


SPECTRA = table(
    "spectrum",
    [
        column("spec_id", "VARCHAR", "meta.id;meta.main"),
        column("object_id", "VARCHAR", "meta.id"),
        column("grid_id", "VARCHAR", "meta.id"),
        column("flux", "DOUBLE[]", "phot.flux.density", ""),
        column("ivar", "DOUBLE[]", "stat.weight", ""),
        column("normalised", "BOOLEAN"),
    ],
    extra={"grid_table": "catalogs.spectrum_grid"},
)
GRIDS = table(
    "spectrum_grid",
    [
        column("grid_id", "VARCHAR", "meta.id;meta.main"),
        column("wavelength", "DOUBLE[]", "em.wl", "0.1nm"),
        column("medium", "VARCHAR"),
        column("frame", "VARCHAR"),
    ],
)
NUMBERS = (*LABELS, "parallax", "parallax_error", *BANDS, "dust")
STARS = table(
    "giants",
    [column("source_id", "VARCHAR", "meta.id;meta.main")]
    + [column(name, "DOUBLE", "meta.number", "") for name in NUMBERS],
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[catalogdb.Store]:
    """Giants with two normalised spectra each, labels, magnitudes and parallaxes, and a Cannon of them."""
    random = np.random.default_rng(1)
    teff = random.uniform(4600.0, 5000.0, N)
    theta = np.column_stack(
        [
            teff,
            2.5 + (teff - 4800.0) / 400.0 + random.normal(0.0, 0.3, N),
            random.normal(1.5, 0.15, N),
            random.uniform(-0.5, 0.2, N),
        ]
    )
    flux = Synthetic.of(LABELS, WAVELENGTH, 6000.0).flux(theta)
    modulus, dust = random.uniform(8.5, 12.0, N), random.uniform(0.2, 0.4, N)
    bright = magnitudes(theta) + modulus[:, None] + dust[:, None] * EXTINCTION
    bright += random.normal(0.0, 0.02, bright.shape)
    parallax = 10.0 ** ((10.0 - modulus) / 5.0) - 0.02 + random.normal(0.0, 0.01, N)
    names = [f"star {k}" for k in range(N)]
    numbers = np.column_stack([theta, parallax, np.full(N, 0.01), bright, dust])
    spectra: dict[str, list[Any]] = {each.name: [] for each in SPECTRA.columns}
    for k, name in enumerate(names):
        for visit in range(2):
            noisy = flux[k] + random.normal(0.0, 1.0 / SNR, len(WAVELENGTH))
            row = (f"{name} {visit}", name, "grid", noisy.tolist(), [SNR**2] * len(WAVELENGTH), True)
            for key, value in zip(spectra, row, strict=True):
                spectra[key].append(value)
    grid = {"grid_id": ["grid"], "wavelength": [WAVELENGTH.tolist()], "medium": ["air"], "frame": ["rest"]}
    giants = {"source_id": names} | {name: numbers[:, k] for k, name in enumerate(NUMBERS)}
    with catalogdb.open(tmp_path_factory.mktemp("labels") / "sky", create=True) as made:
        made.publish(SPECTRA, pa.table(spectra))
        made.publish(GRIDS, pa.table(grid))
        made.publish(STARS, pa.table(giants))
        names_of = ",".join(LABELS)
        how = {"labels": "giants", "label_names": names_of, "width": 0.0, "cross_validation": 2}
        find("label_training").run(made, how)
        find("star_labels").run(made, {})
        yield made


def rows_of(store: catalogdb.Store, name: str, report: Any) -> list[dict[str, Any]]:
    query = f"SELECT * FROM results.{name} WHERE run_id = $run_id"
    return store.sql(query, {"run_id": report.run_id}).arrow().to_pylist()


def test_white_and_black_box_are_cross_validated_alike(store: catalogdb.Store) -> None:
    report = find("label_quality").run(store, {"baseline": True, "folds": 2, "benchmarks": "giants"})
    rows = rows_of(store, "label_quality", report)
    for label, most in (("teff", 120.0), ("fe_h", 0.15)):
        mine = [row for row in rows if row["label"] == label and row["test"] == "cross_validation"]
        white, black = sorted(mine, key=lambda row: row["method"] == "black_box")
        assert black["method"] == "black_box"
        assert black["scale"] is None
        assert white["n_spectrum"] <= black["n_spectrum"] == 2.0 * N
        assert 0.0 < black["scatter"] < most
        assert 0.0 < white["scatter"] < 2.0 * most
        repeated = next(row for row in rows if row["label"] == label and row["test"] == "repeats")
        # Errors have in them the bias by a training as noisy as this one, which repeats share.
        assert 0.4 < repeated["scale"] < 2.0
        truth = next(row for row in rows if row["label"] == label and row["test"] == "benchmarks")
        assert abs(truth["bias"]) < 5.0 * truth["bias_error"]


def test_a_trained_model_is_held_to_a_list_of_lines(store: catalogdb.Store) -> None:
    known = lines().within(5150.0, 5210.0)
    iron = known.wavelength_angstrom[(known.element == "fe") & (known.log_eta_sun > 1.0)]
    listed = table("lines", [column("element", "VARCHAR"), column("wavelength", "DOUBLE", "em.wl", "0.1nm")])
    empty = np.array([5158.0, 5161.0])
    rows = {"element": ["Fe I"] * len(iron) + ["Mg I"] * 2, "wavelength": [*iron, *empty]}
    store.publish(listed, pa.table(rows))
    report = find("label_quality").run(store, {"line_list": "lines", "line_width": 0.5})
    (row,) = rows_of(store, "label_line_test", report)
    assert (row["label"], row["simulated"], row["verdict"]) == ("fe_h", False, "own lines")
    assert row["share_own"] > 2.0 * row["share_chance"]
    assert any(line.startswith("own lines") for line in report.lines)
    none = {"element": ["Na I"], "wavelength": [5180.0]}
    store.publish(table("sodium", list(listed.columns)), pa.table(none))
    with pytest.raises(AnalysisError, match="has no line of an element of teff, logg, vmic, fe_h"):
        find("label_quality").run(store, {"line_list": "sodium"})


def test_elements_of_labels_and_pixels_of_lines() -> None:
    assert [element_of(name) for name in ("mg_fe", "fe_h", "teff", "m_h", "alpha_fe")] == [
        *("mg", "fe", None, None, None)
    ]
    near = pixels(np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.4, 1.9]), 0.5)
    assert near.tolist() == [False, True, True, False]


def test_a_trained_model_is_asked_what_it_can_tell(store: catalogdb.Store) -> None:
    report = find("label_information").run(store, {"model": "latest", "snr": "80", "at": "teff=4800"})
    rows = {row["label"]: row for row in rows_of(store, "label_information", report)}
    assert set(rows) == set(LABELS)
    assert not any(row["simulated"] for row in rows.values())
    true = Synthetic.of(LABELS, WAVELENGTH, 6000.0)
    middle = np.array([rows[label]["param_value"] for label in LABELS])
    slope = true.flux_and_gradient(middle[None])[1][0]
    bound = np.sqrt(np.diag(np.linalg.inv(slope.T @ slope * SNR**2)))
    # The model learnt its slopes from noisy spectra: near the truth, not equal to it.
    for k, label in enumerate(LABELS):
        assert rows[label]["crlb"] == pytest.approx(bound[k], rel=0.35)
    with pytest.raises(AnalysisError, match="resolution can not be changed of a trained model"):
        find("label_information").run(store, {"model": "latest", "resolution": "1000"})
    with pytest.raises(AnalysisError, match="no usable pixel from 6000"):
        find("label_information").run(store, {"model": "latest", "low": 6000.0})


JOINT = {"stars": "giants", "bands": "g=0.84,rp=0.6,k=0.08", "zero_point": -0.02, "known_extinction": "dust"}


def test_magnitudes_and_parallaxes_of_stars_of_the_store(store: catalogdb.Store, tmp_path: Any) -> None:
    report = find("label_joint").run(store, JOINT | {"extinction": "0.3:0.1", "least": 10.0})
    rows = [row for row in rows_of(store, "label_joint", report) if row["label"] == "logg"]
    assert len(rows) == 2 * N
    good = [row for row in rows if row["flag"] is None]
    assert len(good) > 1.5 * N
    true = dict(store.sql("SELECT source_id, logg FROM catalogs.giants").fetchall())
    off, alone = (
        np.array([row[name] - true[row["source_id"]] for row in good])
        for name in ("param_value", "alone_value")
    )
    assert np.sqrt((off**2).mean()) < 0.5 * np.sqrt((alone**2).mean())
    assert np.median([row["sig_stat"] / row["alone_sig"] for row in good]) < 0.6
    find("label_joint").plot(store, tmp_path / "joint.png", source_id=good[0]["source_id"])
    assert (tmp_path / "joint.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bands": None}, "bands is needed"),
        ({"stars": None}, "stars is needed"),
        ({"bands": "h=1"}, "no label h"),
        ({"extinction": "0.3"}, "is not mean:deviation"),
        ({"simulate": 5}, "give one of both"),
        ({"by": "teff,mg_fe"}, "the model has no label mg_fe"),
        ({"known_extinction": "a_v"}, "has no column a_v"),
        ({"star_id": "parallax"}, "no spectrum of"),
    ],
)
def test_wrong_input_of_a_joint_fit_is_told(
    store: catalogdb.Store, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(AnalysisError, match=words):
        find("label_joint").run(store, JOINT | given)


def test_the_error_of_gravity_shrinks_as_the_bound_says() -> None:
    found = simulate(60, 50.0, 0.02, 2, train=300, pixels=200)
    k = found.labels.index("logg")
    good = found.alone.converged & found.together.converged
    bound = [np.sqrt((each[:, k] ** 2).mean()) for each in (found.bound_alone, found.bound_together)]
    assert bound[1] < 0.5 * bound[0]
    off = found.together.theta[good] - np.column_stack([found.true, np.zeros(60)])[good]
    rms = np.sqrt((off[:, k] ** 2).mean())
    # 60 stars tell a root mean square to 9 %, three of which are 27 %.
    assert rms == pytest.approx(bound[1], rel=0.35)
    sigma = np.sqrt(np.einsum("nkk->nk", found.together.covariance))[good]
    inside = (np.abs(off) < sigma)[:, [*range(len(found.labels)), len(found.labels)]].mean()
    assert 0.55 < inside < 0.8
