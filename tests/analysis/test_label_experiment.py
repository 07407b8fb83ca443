"""Methods on simulated spectra: the bound, the flag, and whose lines abundances are read from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import catalogdb
from analysis import find
from analysis.label_experiment.compare import Setup, core
from analysis.label_experiment.population import LABELS, beyond, stars
from analysis.labels import baseline, line_test
from analysis.labels.hull import Hull
from analysis.labels.synthetic import Synthetic
from catalogdb.errors import AnalysisError


def quiet(label: str, done: int, total: int | None) -> None:
    """Progress that nobody sees."""


def test_the_cannon_reaches_the_bound_and_flags_what_is_beyond() -> None:
    """Section E in small: 200 px and 400 training stars of S/N 400, tried on 80 of S/N 50."""
    rows = core(Setup(("cannon",), 400, 80, 200, 5000.0, 50.0, 400.0, 0.6, 1, 0.0, 1, 5150.0, 5220.0), quiet)
    whole = rows[-1]
    assert whole["label"] == "all"
    # 80 stars of 8 labels tell a root mean square to a few percent.
    assert 0.8 < whole["ratio"] < 1.15
    assert whole["recall_true"] >= 0.95
    assert 0.9 < whole["pull"] < 2.0


def test_the_hull_by_labels_alone() -> None:
    random = np.random.default_rng(2)
    hull = Hull.of(stars(1500, random))
    assert (hull.distance(beyond(400, random)) > 1.0).mean() >= 0.95
    assert (hull.distance(stars(1000, random)) > 1.0).mean() < 0.03


def reader(matrix: np.ndarray) -> line_test.Reader:
    """A linear method: labels are the flux times a matrix."""
    return lambda flux: flux @ matrix.T


def test_answers_of_a_method_that_reads_the_lines_of_another() -> None:
    """Two pixels, two elements with a line each: the honest method inverts, the other takes the mean."""
    slopes = np.eye(2)[None]
    honest, lazy = np.eye(2), np.full((2, 2), 0.5)
    step = np.array([0.1, 0.1])
    for matrix, words in ((honest, line_test.OWN), (lazy, line_test.INFERRED)):
        found = line_test.Test(line_test.responses(reader(matrix), np.ones((1, 2)), slopes, step), ("a", "b"))
        np.testing.assert_allclose(found.response, matrix)
        (leak, whose), own = found.leak(), found.own()
        assert whose == ["b", "a"]
        assert line_test.verdict(own[0], leak[0]) == words
    assert line_test.verdict(0.9, -0.5) == line_test.MIXED


def test_slopes_on_decorrelated_stars() -> None:
    random = np.random.default_rng(1)
    true = random.normal(0.0, 0.1, (4000, 2))
    told = true @ np.array([[0.5, 0.2], [0.5, 0.8]]) + random.normal(0.0, 0.01, true.shape)
    np.testing.assert_allclose(line_test.swapped(told, true), [[0.5, 0.5], [0.2, 0.8]], atol=0.01)
    gone = told.copy()
    gone[::2] = np.nan
    np.testing.assert_allclose(line_test.swapped(gone, true), [[0.5, 0.5], [0.2, 0.8]], atol=0.01)


def test_shares_and_cosines() -> None:
    assert line_test.share(np.array([3.0, 4.0]), np.array([True, False])) == pytest.approx(0.36)
    assert line_test.cosine(np.array([1.0, 0.0]), np.array([1.0, 1.0])) == pytest.approx(np.sqrt(0.5))
    assert np.isnan(line_test.share(np.zeros(2), np.array([True, False])))


@pytest.fixture(scope="module")
def together() -> Any:
    """Spectra of giants whose alpha elements go together, and the truth they were made with."""
    random = np.random.default_rng(3)
    physical = Synthetic.of(LABELS, np.linspace(5160.0, 5200.0, 200), 5000.0)
    theta = stars(400, random, together=True)
    flux = physical.flux(theta)
    return physical, theta, flux + random.normal(0.0, 0.003, flux.shape)


def test_the_black_box_is_right_for_stars_like_its_own_and_reads_other_lines(together: Any) -> None:
    physical, theta, flux = together
    box = baseline.train(theta, flux, LABELS)
    off = box.predict(flux) - theta
    assert np.sqrt((off[:, 3] ** 2).mean()) < 0.03
    base, gradient = physical.flux_and_gradient(theta[:5])
    step = np.array([20.0, *(0.05 for _ in LABELS[1:])])
    answer = line_test.responses(box.predict, base, gradient, step)
    # Silicon has hardly a line here: what is told of it is what magnesium does.
    assert answer[5, 5] < line_test.OWN_LEAST
    assert np.abs(answer[5, [4, 6, 7]]).max() > 0.2


def test_the_sensitivity_of_the_black_box_is_its_derivative(together: Any) -> None:
    _, theta, flux = together
    box = baseline.train(theta, flux, LABELS)
    change = 1e-4 * np.random.default_rng(4).normal(size=200)
    expected = (box.predict((flux[0] + change)[None]) - box.predict((flux[0] - change)[None]))[0] / 2.0
    np.testing.assert_allclose(box.sensitivity(flux[0]) @ change, expected, rtol=1e-4, atol=1e-9)


def test_the_black_box_fills_gaps_and_needs_stars(together: Any) -> None:
    _, theta, flux = together
    holes = flux.copy()
    holes[0, :5] = np.nan
    known = theta.copy()
    known[1, 0] = np.nan
    assert np.isfinite(baseline.train(known, holes, LABELS).predict(holes)).all()
    with pytest.raises(AnalysisError, match="10 stars with every label: it needs 30"):
        baseline.train(theta[:10], flux[:10], LABELS)


def test_a_run_writes_both_tables_and_draws(tmp_path: Any) -> None:
    given = {"methods": "black_box", "train": 100, "test": 20, "pixels": 60, "low": 5160.0, "high": 5190.0}
    with catalogdb.open(tmp_path / "sky", create=True) as store:
        with pytest.raises(AnalysisError, match="no method cannnon"):
            find("label_experiment").run(store, given | {"methods": "cannnon"})
        with pytest.raises(AnalysisError, match="low is 6000, not below high, 5190"):
            find("label_experiment").run(store, given | {"low": 6000.0})
        report = find("label_experiment").run(store, given)
        assert report.rows == 9 + 8
        rows = store.sql("SELECT * FROM results.label_experiment").arrow().to_pylist()
        assert {row["recall"] for row in rows} == {None}
        lines = store.sql("SELECT DISTINCT training FROM results.label_line_test").fetchall()
        assert {row[0] for row in lines} == {"together", "independent"}
        find("label_experiment").plot(store, tmp_path / "experiment.png")
        assert (tmp_path / "experiment.png").stat().st_size > 10_000
