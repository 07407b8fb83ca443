"""Batched inverses against LAPACK, false-discovery rates against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.kernels.fdr import benjamini_hochberg
from analysis.kernels.spd import invert


@pytest.mark.parametrize("k", [1, 2, 4, 6])
def test_inverse_agrees_with_lapack_whatever_the_units(k):
    rng = np.random.default_rng(k)
    root = rng.normal(size=(200, k, k + 3))
    units = 10.0 ** rng.uniform(-6, 6, (200, k))
    matrices = root @ np.swapaxes(root, 1, 2) * units[:, :, None] * units[:, None, :]
    inverse, ok = invert(matrices)
    assert ok.all()
    theirs = np.linalg.inv(root @ np.swapaxes(root, 1, 2)) / units[:, :, None] / units[:, None, :]
    assert np.allclose(
        inverse * units[:, :, None] * units[:, None, :],
        theirs * units[:, :, None] * units[:, None, :],
        rtol=1e-9,
        atol=1e-9,
    )


def test_what_has_no_inverse_is_told_and_leaves_the_others():
    good = np.diag([4.0, 9.0])
    singular = np.array([[1.0, 1.0], [1.0, 1.0]])
    indefinite = np.array([[1.0, 2.0], [2.0, 1.0]])
    missing = np.array([[np.nan, 0.0], [0.0, 1.0]])
    zero = np.zeros((2, 2))
    inverse, ok = invert(np.array([good, singular, indefinite, missing, zero]))
    assert ok.tolist() == [True, False, False, False, False]
    assert np.allclose(inverse[0], np.diag([0.25, 1.0 / 9.0]))
    assert np.isnan(inverse[1:]).all()


def test_no_matrices_have_no_inverses():
    assert invert(np.zeros((0, 3, 3))).matrix.shape == (0, 3, 3)


def test_q_is_the_smallest_rate_at_which_a_star_is_found():
    rng = np.random.default_rng(1)
    p = np.concatenate([rng.uniform(size=50), rng.uniform(size=10) * 1e-4, [np.nan, 0.5, 0.5]])
    q = benjamini_hochberg(p)
    assert np.isnan(q[60])
    known = p[~np.isnan(p)]
    for i in np.flatnonzero(~np.isnan(p)):
        # Benjamini and Hochberg's step-up rule at rate x finds all p <= c, c = max p(k) <= k x / m.
        def finds(rate, value=p[i]):
            ranked = np.sort(known)
            passing = ranked <= np.arange(1, len(known) + 1) * rate / len(known)
            return passing.any() and value <= ranked[passing].max()

        assert finds(q[i] * (1 + 1e-12))
        assert not finds(q[i] * (1 - 1e-9))


def test_nothing_tested_gives_nothing():
    assert np.isnan(benjamini_hochberg(np.full(3, np.nan))).all()
    assert benjamini_hochberg(np.empty(0)).shape == (0,)
