"""Cramer-Rao bounds: against the scatter of fits, their scaling, and what the analysis writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import catalogdb
from analysis import find
from analysis.label_information import core
from analysis.label_information.bounds import fisher
from analysis.label_information.surveys import SURVEYS, at_resolution
from analysis.labels.synthetic import DEFAULTS, Synthetic
from catalogdb.errors import AnalysisError

LABELS = ("teff", "logg", "fe_h", "mg_fe")
STAR = np.array([DEFAULTS[name] for name in LABELS])


def test_a_bound_by_hand() -> None:
    """Two pixels, two labels: the inverse of a matrix of two rows typed out."""
    found = core(fisher([[1.0, 1.0], [0.0, 2.0]], [4.0, 9.0]))
    # F = [[4, 4], [4, 4 + 36]]; det = 144
    np.testing.assert_allclose(found.together, [np.sqrt(40.0 / 144.0), np.sqrt(4.0 / 144.0)])
    np.testing.assert_allclose(found.alone, [0.5, np.sqrt(1.0 / 40.0)])
    assert found.correlation[0, 1] == pytest.approx(-4.0 / np.sqrt(160.0))


def test_least_squares_reach_the_bound() -> None:
    """One Gauss-Newton step from the truth is the best linear unbiased estimate: its scatter is the bound."""
    model = Synthetic.of(LABELS, np.linspace(5150.0, 5250.0, 300), 5000.0)
    gradient = model.flux_and_gradient(STAR[None])[1][0]
    bound = core(fisher(gradient, np.full(300, 100.0**2)))
    noise = np.random.default_rng(1).normal(0.0, 0.01, (2000, 300))
    step = np.linalg.lstsq(gradient, noise.T, rcond=None)[0]
    # 2000 draws tell a standard deviation to 1.6 %.
    np.testing.assert_allclose(step.std(axis=1), bound.together, rtol=0.06)


def test_labels_without_information_and_degenerate_ones_have_no_bound() -> None:
    nothing = core(np.diag([4.0, 0.0]))
    np.testing.assert_allclose(nothing.together, [0.5, np.inf])
    same = core(np.array([[1.0, 1.0], [1.0, 1.0]]))
    assert np.isinf(same.together).all()
    np.testing.assert_allclose(same.alone, 1.0)


def test_the_same_pixels_cover_more_at_lower_resolution() -> None:
    galah = next(survey for survey in SURVEYS if survey.name == "galah")
    wide = at_resolution(galah, 7000.0, same_pixels=True).arms[1]
    assert wide.high_angstrom - wide.low_angstrom == pytest.approx(4.0 * (5873.0 - 5649.0))
    assert (wide.high_angstrom + wide.low_angstrom) / 2.0 == pytest.approx((5873.0 + 5649.0) / 2.0)
    edge = at_resolution(galah, 100.0, same_pixels=True).arms[0]
    assert (edge.low_angstrom, edge.high_angstrom) == (3600.0, 17_500.0)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Any:
    given = {"surveys": "galah", "labels": "teff,logg,fe_h", "snr": "50,100", "high": 4760.0}
    with catalogdb.open(tmp_path_factory.mktemp("information") / "sky", create=True) as store:
        report = find("label_information").run(store, given | {"resolution": "7000,14000"})
        yield store, report


def test_bounds_scale_with_noise_and_exposure(asked: Any) -> None:
    store, report = asked
    rows = store.sql("SELECT * FROM results.label_information").arrow().to_pylist()
    assert len(rows) == report.rows == 3 * 2 * 3
    assert all(row["simulated"] for row in rows)
    own = {(row["label"], row["snr"]): row["crlb"] for row in rows if row["resolution"] == 28_000.0}
    for label in ("teff", "logg", "fe_h"):
        assert own[label, 50.0] == pytest.approx(2.0 * own[label, 100.0])
    # The same photons on half as many pixels.
    halved = [row["snr"] for row in rows if row["resolution"] == 14_000.0]
    assert sorted(set(halved)) == pytest.approx([50.0 * np.sqrt(2.0), 100.0 * np.sqrt(2.0)])
    by_r = {row["resolution"]: row["crlb"] for row in rows if row["label"] == "fe_h" and row["snr"] >= 100.0}
    assert by_r[28_000.0] < by_r[14_000.0] < by_r[7000.0]
    assert "simulated" in report.lines[-1]


def test_a_picture_is_drawn(asked: Any, tmp_path: Any) -> None:
    find("label_information").plot(asked[0], tmp_path / "bounds.png")
    assert (tmp_path / "bounds.png").stat().st_size > 10_000


def test_a_continuum_that_is_not_known_costs_information_and_a_prior_gives_some(asked: Any) -> None:
    store, _ = asked
    found = {}
    for name, more in (("known", {}), ("smoothed", {"smoothing": 5.0}), ("prior", {"prior": "logg=0.02"})):
        given = {"surveys": "galah", "labels": "teff,logg,fe_h", "snr": "100", "high": 4760.0} | more
        report = find("label_information").run(store, given)
        query = "SELECT label, crlb FROM results.label_information WHERE run_id = $run_id"
        found[name] = dict(store.sql(query, {"run_id": report.run_id}).fetchall())
    for label in ("teff", "logg", "fe_h"):
        assert found["known"][label] < found["smoothed"][label] < 10.0 * found["known"][label]
    # Two independent pieces of knowledge of one label: their inverse squares add up.
    alone = found["known"]["logg"]
    assert found["prior"]["logg"] == pytest.approx((alone**-2 + 0.02**-2) ** -0.5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"surveys": "galax"}, "no survey galax"),
        ({"labels": "teff,xx_fe"}, "no label xx_fe"),
        ({"snr": "0"}, "needs one or more numbers above 0"),
        ({"snr": "a"}, "is not numbers"),
        ({"at": "teff"}, "is not LABEL=NUMBER"),
        ({"prior": "teff=-1"}, "above 0"),
        ({"surveys": "apogee", "high": 9000.0}, "apogee has no wavelength from 0 to 9000"),
    ],
)
def test_wrong_input_is_told(asked: Any, given: dict[str, Any], words: str) -> None:
    with pytest.raises(AnalysisError, match=words):
        find("label_information").run(asked[0], given)
