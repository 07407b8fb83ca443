"""The scores of the demo, and how it tells them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from catalogdb.demo.scores import (
    ALPHA,
    expected_alarms,
    injected_significance,
    pulls,
    recoveries,
    significance,
)
from catalogdb.demo.teller import Teller, cell


def test_significance_is_the_root_of_chi_square_under_the_covariance():
    rng = np.random.default_rng(1)
    acc = rng.normal(size=(50, 2))
    errors = rng.uniform(0.1, 2.0, (50, 2))
    corr = rng.uniform(-0.9, 0.9, 50)
    covariance = np.einsum("ni,nj->nij", errors, errors)
    covariance[:, 0, 1] *= corr
    covariance[:, 1, 0] *= corr
    expected = np.sqrt(np.einsum("ni,nij,nj->n", acc, np.linalg.inv(covariance), acc))
    ours = significance(acc[:, 0], acc[:, 1], (errors[:, 0], errors[:, 1]), corr)
    np.testing.assert_allclose(ours, expected, rtol=1e-10)


def test_injected_significance_takes_a_missing_correlation_for_none():
    stars = {
        "true_acc_ra": np.array([3.0]),
        "true_acc_dec": np.array([4.0]),
        "acc_ra_error": np.array([1.0]),
        "acc_dec_error": np.array([1.0]),
        "acc_ra_acc_dec_corr": np.array([np.nan]),
    }
    assert injected_significance(stars) == pytest.approx([5.0])


def test_pulls_are_of_the_chosen_stars_and_leave_out_what_has_no_fit():
    stars = {
        "acc_ra": np.array([1.0, 9.0, np.nan]),
        "true_acc_ra": np.array([0.0, 0.0, 0.0]),
        "acc_ra_error": np.array([0.5, 1.0, 1.0]),
        "acc_dec": np.array([0.0, 9.0, np.nan]),
        "true_acc_dec": np.array([1.0, 0.0, 0.0]),
        "acc_dec_error": np.array([1.0, 1.0, 1.0]),
    }
    assert pulls(stars, np.array([True, False, True])).tolist() == [2.0, -1.0]


def test_recoveries_put_every_accelerating_star_into_one_bin():
    sigma = np.array([0.0, 0.5, 3.0, 6.9, 7.0, 500.0, 8.0])
    found = np.array([False, False, True, False, True, True, True])
    accelerating = np.array([True] * 6 + [False])
    bins = recoveries(sigma, found, accelerating)
    assert sum(b.injected for b in bins) == 6
    assert [(b.injected, b.found) for b in bins if b.injected] == [(2, 0), (1, 1), (1, 0), (1, 1), (1, 1)]


def test_expected_alarms_hold_all_but_one_in_a_thousand():
    low, high = expected_alarms(3800)
    assert low <= 3.8 <= high
    assert stats.binom.cdf(high, 3800, ALPHA) - stats.binom.cdf(low - 1, 3800, ALPHA) >= 0.999
    assert expected_alarms(0) == (0, 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "yes"), (46745, "46,745"), (0.123456, "0.1235"), ("a [b] c", "a [b] c")],
)
def test_cells(value, text):
    assert cell(value) == text


def test_teller_keeps_what_it_tells():
    shown = []
    tell = Teller(shown.append)
    tell.heading("one")
    tell.check("rows", "2", "3", False)
    tell.check("columns", "2", "2", True)
    tell.skip("ngc188", "there is no folder")
    tell.grid(("name", "rows"), [("a", 1), ("b", 2)])
    assert [check.holds for check in tell.checks] == [False, True]
    assert tell.absent == ["ngc188"]
    texts = [str(item) for item in shown]
    assert "  DIFFERS rows: expected 2, ours 3" in texts
    assert "ngc188: left out, there is no folder" in texts
    assert tell.seconds >= 0.0
