"""Lines through rotation curves: against numpy, truths by simulation, and the published tables."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.galaxy.line import fit, fit_scatter
from catalogdb.errors import AnalysisError

R0 = 8.122


def test_least_squares_is_that_of_numpy_and_the_full_covariance_that_of_the_textbook():
    rng = np.random.default_rng(1)
    r, error = np.linspace(5.0, 25.0, 34), rng.uniform(0.2, 2.0, 34)
    v = 230.0 - 1.5 * (r - R0) + error * rng.normal(size=34)
    found = fit(r, v, error, R0)
    (slope, level), covariance = np.polyfit(r - R0, v, 1, w=1.0 / error, cov="unscaled")
    assert (found.vc_r0, found.slope) == pytest.approx((level, slope), rel=1e-10)
    assert found.covariance[::-1, ::-1] == pytest.approx(covariance, rel=1e-8)
    shared = np.diag(error**2) + 1.3**2  # an offset that all points share moves vc_r0 alone
    moved = fit(r, v, shared, R0)
    assert moved.slope == pytest.approx(found.slope, abs=1e-9)
    assert moved.vc_error**2 == pytest.approx(found.vc_error**2 + 1.3**2, rel=1e-6)
    value, sd = moved.at([R0, 20.0])
    assert value[1] - value[0] == pytest.approx(moved.slope * (20.0 - R0))
    assert sd[0] == pytest.approx(moved.vc_error)


def test_the_judgement_of_errors():
    rng = np.random.default_rng(2)
    r = np.linspace(5.0, 25.0, 40)
    v = 230.0 - 1.5 * (r - R0) + rng.normal(size=40)
    assert "agree" in fit(r, v, np.ones(40), R0).judgement()
    small = fit(r, v, np.full(40, 0.2), R0)
    assert "times more" in small.judgement()
    assert np.sqrt(np.diag(small.scaled_covariance)) == pytest.approx(
        np.sqrt(np.diag(small.covariance)) * np.sqrt(small.chi2_per_dof)
    )
    assert "larger than the scatter" in fit(r, v, np.full(40, 10.0), R0).judgement()
    assert "nothing can be said" in fit(r[:2], v[:2], np.ones(2), R0).judgement()


@pytest.mark.parametrize("student", [None, 4.0])
def test_line_and_scatter_are_recovered_and_their_errors_cover(student):
    rng = np.random.default_rng(3)
    pulls, scatters = [], []
    for _ in range(60):
        r = rng.uniform(5.0, 15.0, 300)
        error, r_error = rng.uniform(1.0, 6.0, 300), 0.05 * r
        noise = rng.normal(size=300) if student is None else rng.standard_t(student, 300)
        total = np.sqrt(11.0**2 + error**2 + (1.4 * r_error) ** 2)
        v = 233.0 - 1.4 * (r - R0) + total * noise
        found = fit_scatter(r, v, error, R0, r_error_kpc=r_error, student=student)
        pulls.append([(found.vc_r0 - 233.0) / found.vc_error, (found.slope + 1.4) / found.slope_error])
        scatters.append((found.scatter_km_s - 11.0) / found.scatter_error_km_s)
    assert np.abs(np.mean(pulls, axis=0)).max() < 3.0 / np.sqrt(60)
    assert np.std(pulls, axis=0) == pytest.approx([1.0, 1.0], abs=3.0 / np.sqrt(120))
    assert abs(np.mean(scatters)) < 3.5 / np.sqrt(60)


@pytest.mark.parametrize(
    ("r", "v", "error", "says"),
    [
        ([8.0], [230.0], [1.0], "two radii"),
        ([8.0, 8.0], [230.0, 231.0], [1.0, 1.0], "two radii"),
        ([8.0, 9.0], [230.0, np.nan], [1.0, 1.0], "finite"),
        ([8.0, 9.0], [230.0, 231.0], [1.0, 0.0], "above 0"),
        ([8.0, 9.0], [230.0], [1.0, 1.0], "as many"),
        ([8.0, 9.0], [230.0, 231.0], [[1.0, 2.0], [2.0, 1.0]], "positive definite"),
    ],
)
def test_what_can_not_be_a_line_is_refused(r, v, error, says):
    with pytest.raises(AnalysisError, match=says):
        fit(r, v, error, R0)


def table(data, name):
    return np.loadtxt(data / "rotation_curves" / name, unpack=True)


def test_the_published_tables(data):
    r, v, e = table(data, "rc_Zhou23.txt")
    zhou = fit(r, v, e, R0)
    assert (zhou.vc_r0, zhou.slope) == pytest.approx((234.03, -1.827), abs=6e-3)
    assert (zhou.vc_error, zhou.slope_error) == pytest.approx((0.08, 0.024), abs=6e-3)
    assert zhou.chi2_per_dof == pytest.approx(23.0, abs=0.5)
    assert "4.8 times more" in zhou.judgement()
    r, v, low, high = table(data, "rc_Eilers19.txt")
    eilers = fit(r, v, (low + high) / 2.0, R0)
    assert (eilers.vc_r0, eilers.slope) == pytest.approx((229.02, -1.737), abs=6e-3)
    assert (eilers.vc_error, eilers.slope_error) == pytest.approx((0.22, 0.052), abs=6e-3)


def test_the_cepheids_slope_is_that_of_mroz_2019(data):
    r, r_error, v, v_error = table(data, "rc_Mroz19.txt")
    found = fit_scatter(r, v, v_error, R0, r_error_kpc=r_error)
    assert found.slope == pytest.approx(-1.34, abs=0.21)
    assert found.slope_error == pytest.approx(0.20, abs=0.02)
    assert found.scatter_km_s == pytest.approx(12.8, abs=0.5)
    # The level that these 773 velocities give; the paper's 233.6 went into them with the Sun's motion.
    assert found.vc_r0 == pytest.approx(229.3, abs=0.2)
    assert found.vc_error == pytest.approx(0.56, abs=0.05)
