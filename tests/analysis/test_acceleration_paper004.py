"""F1 and F2 of paper 004, with the numbers of science.md item C1."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.acceleration import gls, paper004

N = 20_000


def _deviation(fit, star):
    return np.hypot(fit.pmra - star.pmra, fit.pmdec - star.pmdec)


def test_f2_is_eleven_times_worse_than_f1(paper_sky):
    star, rows = paper_sky(N, 1)
    f1, f2 = (paper004.core(rows, weighting=w) for w in ("F1", "F2"))
    one, two = _deviation(f1, star), _deviation(f2, star)
    assert one.mean() == pytest.approx(0.099, abs=0.002)  # mas/yr
    assert two.mean() == pytest.approx(1.107, abs=0.015)
    assert (two < one).mean() == pytest.approx(0.007, abs=0.002)
    assert f1.pmra_error.mean() == pytest.approx(0.079, abs=0.001)
    assert f2.pmra_error.mean() == pytest.approx(0.88, abs=0.01)


def test_f2_is_worse_with_a_free_position_too(paper_sky):
    star, rows = paper_sky(N, 2)
    f1, f2 = (paper004.core(rows, weighting=w, free=True) for w in ("F1", "F2"))
    assert _deviation(f1, star).mean() == pytest.approx(0.099, abs=0.002)
    assert _deviation(f2, star).mean() == pytest.approx(1.247, abs=0.015)


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("weighting", ["F1", "F2"])
def test_motion_errors_are_honest(paper_sky, weighting, free):
    star, rows = paper_sky(N, 3)
    fit = paper004.core(rows, weighting=weighting, free=free)
    for pull in ((fit.pmra - star.pmra) / fit.pmra_error, (fit.pmdec - star.pmdec) / fit.pmdec_error):
        assert abs(pull.mean()) < 0.03
        assert pull.std() == pytest.approx(1.0, abs=0.02)
    assert (fit.dof == 16).all()


@pytest.mark.parametrize("free", [False, True])
def test_f2_has_the_mean_of_a_chi_square_but_not_its_tails(paper_sky, free):
    _, rows = paper_sky(2 * N, 4)
    fit = paper004.core(rows, weighting="F2", free=free)
    assert fit.chi2_lin.mean() == pytest.approx(16.0, abs=0.2)
    assert fit.chi2_lin.var() == pytest.approx(105.0, abs=6.0)
    assert (fit.chi2_lin > 39.252).mean() == pytest.approx(0.035, abs=0.003)
    assert (fit.chi2_lin < 3.942).mean() == pytest.approx(0.036, abs=0.003)
    assert np.isnan(fit.p_acc).all()


def test_f1_with_a_free_position_is_least_squares(paper_sky):
    _, rows = paper_sky(300, 5)
    ours, theirs = paper004.core(rows, weighting="F1", free=True), gls.core(rows)
    for name in ("pmra", "pmdec", "pmra_error", "pmdec_error", "p_lin"):
        assert np.allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-8), name
    assert np.allclose(ours.chi2_lin, theirs.chi2_lin, rtol=1e-8)


@pytest.mark.parametrize("weighting", ["F1", "F2"])
def test_a_fixed_position_gives_the_weighted_slope_through_it(weighting):
    """One star, one coordinate, by the paper's own equations 7 to 9."""
    rng = np.random.default_rng(1)
    t, sigma = np.array([1960.0, 1990.0, 2005.0, 2015.0, 2016.0]), np.array([100.0, 30.0, 60.0, 2.0, 0.1])
    y = rng.normal(0.0, sigma)
    from analysis.acceleration.entries import entries

    columns = {"epoch": t, "ra": np.full(5, 30.0), "dec": y / 3.6e6, "ra_error": sigma, "dec_error": sigma}
    fit = paper004.core(entries(np.zeros(5, int), 1, columns), weighting=weighting)
    since, offset = t - 2016.0, y - y[-1]
    sigma_f = sigma[:-1] if weighting == "F1" else sigma[:-1] / np.abs(since[:-1])
    slope = (since * offset)[:-1] @ sigma_f**-2.0 / (since[:-1] ** 2 @ sigma_f**-2.0)
    assert fit.pmdec[0] == pytest.approx(slope, rel=1e-6)
    assert fit.ref_epoch[0] == 2016.0
    assert fit.dof[0] == 6
    if weighting == "F1":
        q = ((offset - slope * since)[:-1] ** 2) @ sigma_f**-2.0
        assert fit.chi2_lin[0] == pytest.approx(q, rel=1e-4, abs=1e-6)


def test_stars_without_entries_keep_their_place(paper_sky):
    _, rows = paper_sky(3, 6)
    keep = (rows.star != 1) & ~((rows.star == 2) & (rows.ra_epoch > 1960.0))
    fit = paper004.core(rows.rows(keep), weighting="F2")
    assert fit.n_epoch.tolist() == [10, 0, 1]
    assert fit.dof.tolist() == [16, -4, -2]
    assert np.isfinite(fit.pmra).tolist() == [True, False, False]
    assert np.isfinite(fit.p_lin).tolist() == [True, False, False]
