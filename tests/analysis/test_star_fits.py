"""The compiled fit against dense algebra, extended precision, the vector model and its own pieces."""

from __future__ import annotations

import mpmath as mp
import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.stats import chi2

from analysis.acceleration import gls
from analysis.acceleration.entries import Entries, entries, without_shared
from analysis.acceleration.reference import residuals
from analysis.kernels import star_fits
from analysis.kernels.spd import invert
from catalogdb import epoch

MAS_PER_RAD = 180.0 * 3600.0e3 / np.pi
PARAMETERS = (4, 6, 8)


def mixed(n: int, seed: int, *, most: int = 12) -> tuple[Entries, np.ndarray]:
    """Stars with four or more entries of every kind, correlated, with motion, two epochs; covariances."""
    rng = np.random.default_rng(seed)
    star = np.repeat(np.arange(n), rng.integers(4, most + 1, n))
    m = len(star)
    root = rng.normal(size=(m, 4, 6)) * 10.0 ** rng.uniform(-2.0, 2.0, (m, 1, 1))
    covariance = root @ np.swapaxes(root, 1, 2)
    sigma = np.sqrt(np.einsum("mii->mi", covariance))
    names = ("ra", "dec", "pmra", "pmdec")
    ra, dec = rng.uniform(0.0, 360.0, n)[star], rng.uniform(-85.0, 85.0, n)[star]
    columns = {"epoch": rng.uniform(1950.0, 2020.0, m), "ra": ra + rng.normal(0.0, 1e-6, m)}
    columns |= {"dec": dec + rng.normal(0.0, 1e-6, m), "pmdec": rng.normal(0.0, 1.0, m)}
    columns["pmra"] = rng.normal(0.0, 1.0, m) + np.where(rng.random(m) < 0.5, 0.0, np.nan)
    columns["ra_epoch"] = columns["epoch"] + rng.uniform(-2.0, 2.0, m)
    columns["dec_epoch"] = columns["epoch"] + rng.uniform(-2.0, 2.0, m)
    for i, a in enumerate(names):
        columns[f"{a}_error"] = sigma[:, i]
        for j in range(i):
            columns[f"{names[j]}_{a}_corr"] = covariance[:, i, j] / sigma[:, i] / sigma[:, j]
    return entries(star, n, columns), covariance


def stacked(rows: Entries, covariance: np.ndarray, i: int):
    """One star's whole system: covariance, design of eight parameters, and what was observed."""
    reference = gls.refine(rows)
    left = residuals(rows, reference)
    model = gls.design(left)
    own = np.flatnonzero(rows.star == i)
    size = [4 if rows.has_motion[row] else 2 for row in own]
    dense = block_diag(*(covariance[row, :c, :c] for row, c in zip(own, size, strict=True)))
    a = np.concatenate([model[row, :c] for row, c in zip(own, size, strict=True)])
    y = np.concatenate([left.values[row, :c] for row, c in zip(own, size, strict=True)])
    return dense, a, y, reference


def compare(fit: gls.Fit, i: int, reference, solutions, rel: float) -> None:
    """Hold a star's fit against (value, covariance, chi2) of the three models."""
    (line, c4, q4), (curve, c6, q6), (_, _, q8) = (solutions[k] for k in PARAMETERS)
    errors = np.sqrt(np.diag(c4))
    assert fit.pmra[i] - reference.pmra[i] == pytest.approx(line[2], rel=rel, abs=rel * errors[2])
    assert fit.pmdec[i] - reference.pmdec[i] == pytest.approx(line[3], rel=rel, abs=rel * errors[3])
    assert fit.pmra_error[i] == pytest.approx(errors[2], rel=rel)
    assert fit.pmdec_error[i] == pytest.approx(errors[3], rel=rel)
    assert fit.pmra_pmdec_corr[i] == pytest.approx(c4[2, 3] / errors[2] / errors[3], abs=rel)
    errors = np.sqrt(np.diag(c6))
    assert fit.acc_ra[i] == pytest.approx(curve[4], rel=rel, abs=rel * errors[4])
    assert fit.acc_dec[i] == pytest.approx(curve[5], rel=rel, abs=rel * errors[5])
    assert fit.acc_ra_error[i] == pytest.approx(errors[4], rel=rel)
    assert fit.acc_dec_error[i] == pytest.approx(errors[5], rel=rel)
    assert fit.acc_ra_acc_dec_corr[i] == pytest.approx(c6[4, 5] / errors[4] / errors[5], abs=rel)
    assert fit.chi2_lin[i] == pytest.approx(q4, rel=rel)
    assert fit.chi2_acc[i] == pytest.approx(q6, rel=rel, abs=1e-9)
    assert fit.chi2_jerk[i] == pytest.approx(q8, rel=rel, abs=1e-9)
    assert fit.acc_snr[i] ** 2 == pytest.approx(q4 - q6, rel=rel, abs=rel * q4)
    assert fit.p_acc[i] == pytest.approx(chi2.sf(q4 - q6, 2), rel=rel * max(1.0, q4))
    assert fit.p_jerk[i] == pytest.approx(chi2.sf(q6 - q8, 2), rel=rel * max(1.0, q6))


def test_fit_equals_dense_least_squares_with_the_full_covariance():
    rows, covariance = mixed(60, seed=1)
    assert rows.usable.all()
    fit = gls.core(rows)
    for i in range(60):
        dense, a, y, reference = stacked(rows, covariance, i)
        white = np.linalg.solve(np.linalg.cholesky(dense), np.column_stack([a, y]))
        solutions = {}
        for k in PARAMETERS:
            # Columns of length one: LAPACK's errors are those of the units otherwise.
            unit = np.linalg.norm(white[:, :k], axis=0)
            value, *_ = np.linalg.lstsq(white[:, :k] / unit, white[:, 8], rcond=None)
            inverse = np.linalg.pinv(white[:, :k] / unit)
            left = white[:, 8] - white[:, :k] / unit @ value
            solutions[k] = (value / unit, inverse @ inverse.T / np.outer(unit, unit), left @ left)
        compare(fit, i, reference, solutions, 1e-10)


def test_fit_equals_normal_equations_in_fifty_digits():
    rows, covariance = mixed(3, seed=2)
    fit = gls.core(rows)
    for i in range(3):
        dense, a, y, reference = stacked(rows, covariance, i)
        solutions = {}
        with mp.workdps(50):
            weight, y = mp.matrix(dense.tolist()) ** -1, mp.matrix(y.tolist())
            for k in PARAMETERS:
                model = mp.matrix(a[:, :k].tolist())
                scatter = (model.T * weight * model) ** -1
                value = scatter * (model.T * weight * y)
                left = y - model * value
                numbers = np.array(value.tolist(), float)[:, 0], np.array(scatter.tolist(), float)
                solutions[k] = (*numbers, float((left.T * weight * left)[0]))
        compare(fit, i, reference, solutions, 1e-10)


def test_the_remainders_are_those_of_the_vector_model_in_fifty_digits(stars):
    """Positions of the observed and of the computed star as vectors in mpmath: 1e-7 mas everywhere."""
    n = 40
    star = stars(n, 1)
    rng = np.random.default_rng(2)
    t = rng.uniform(1950.0, 2016.0, n)
    then = epoch.propagate(star, t)
    ra = then.ra + rng.normal(0.0, 1e-4, n) / np.maximum(np.cos(np.radians(then.dec)), 1e-3)
    columns = {"epoch": t, "ra": ra, "dec": np.clip(then.dec + rng.normal(0.0, 1e-4, n), -90.0, 90.0)}
    columns |= {"ra_error": np.ones(n), "dec_error": np.ones(n)}
    columns |= {name: rng.normal(0.0, 100.0, n) for name in ("pmra", "pmdec")}
    columns |= {f"{name}_error": np.ones(n) for name in ("pmra", "pmdec")}
    rows = entries(np.arange(n), n, columns)
    left = residuals(rows, star)
    for i in range(n):
        place, motion, turn = _remainder_mp(star, rows, i)
        assert np.abs(left.values[i, :2] - place).max() < 1e-7
        assert np.abs(left.values[i, 2:] - motion).max() < 1e-9
        assert np.abs(left.turn[i] - turn).max() < 1e-9


def _triad(ra_deg, dec_deg):
    a, d = mp.radians(mp.mpf(float(ra_deg))), mp.radians(mp.mpf(float(dec_deg)))
    east = mp.matrix([-mp.sin(a), mp.cos(a), 0])
    north = mp.matrix([-mp.sin(d) * mp.cos(a), -mp.sin(d) * mp.sin(a), mp.cos(d)])
    return east, north, mp.matrix([mp.cos(d) * mp.cos(a), mp.cos(d) * mp.sin(a), mp.sin(d)])


def _dot(a, b):
    return (a.T * b)[0]


def _remainder_mp(star, rows, i):
    with mp.workdps(50):
        east, north, outward = _triad(star.ra[i], star.dec[i])
        mu = [mp.mpf(float(v[i])) / mp.mpf(MAS_PER_RAD) for v in (star.pmra, star.pmdec, star.radial_motion)]
        velocity = east * mu[0] + north * mu[1] + outward * mu[2]
        place = outward + velocity * (mp.mpf(float(rows.ra_epoch[i])) - mp.mpf(float(star.epoch_yr[i])))
        distance = mp.sqrt(_dot(place, place))
        place /= distance
        e, n, seen = _triad(rows.ra[i], rows.dec[i])
        offset = [float(_dot(seen - place, axis)) * MAS_PER_RAD for axis in (e, n)]
        across = (velocity - place * _dot(velocity, place)) / distance
        across = _carried(across, place, seen)
        speed = [float(_dot(across, axis)) * MAS_PER_RAD for axis in (e, n)]
        east = _carried(east, outward, seen)
        turn = float(mp.atan2(-_dot(east, n), _dot(east, e)))
    return np.array(offset), np.array([rows.pmra[i], rows.pmdec[i]]) - speed, turn


def _carried(vector, start, end):
    """A tangent vector carried along the great circle between two places."""
    halfway = start + end
    return vector - halfway * (2 * _dot(vector, halfway) / _dot(halfway, halfway))


def test_pieces_joined_are_the_whole_bit_for_bit(stars, observed):
    years, errors = np.array([1955.0, 1991.25, 2000.0, 2016.0]), np.array([150.0, 1.0, 60.0, 0.03])
    rows = observed(stars(3000, 4), years, errors, 5, motion_error=0.03)
    whole = gls.core(rows, threads=1)
    index = np.arange(rows.n_stars)
    edges = (0, 1, 2, 700, 703, 2999, 3000)
    pieces = [
        gls.core(rows.of_stars((index >= a) & (index < b)), threads=3)
        for a, b in zip(edges, edges[1:], strict=False)
    ]
    scattered = np.random.default_rng(6).random(rows.n_stars) < 0.5
    some = gls.core(rows.of_stars(scattered))
    for name in gls.Fit._fields:
        joined = np.concatenate([getattr(piece, name) for piece in pieces])
        assert getattr(whole, name).tobytes() == joined.tobytes(), name
        assert getattr(whole, name)[scattered].tobytes() == getattr(some, name).tobytes(), name


def test_weights_are_inverse_covariances_and_the_order_of_entries_does_not_matter():
    rows, covariance = mixed(50, seed=3)
    for row in range(len(rows)):
        size = 4 if rows.has_motion[row] else 2
        theirs = np.linalg.inv(covariance[row, :size, :size])
        scale = np.sqrt(np.outer(np.diag(theirs), np.diag(theirs)))
        assert np.abs((rows.weight[row, :size, :size] - theirs) / scale).max() < 1e-10
        assert not rows.weight[row, size:].any()
        assert not rows.weight[row, :, size:].any()
    order = np.lexsort((np.random.default_rng(1).random(len(rows)), rows.star))
    mixed_up = rows.rows(order)
    first, second = gls.core(rows), gls.core(mixed_up)
    for name in gls.Fit._fields:
        assert np.allclose(getattr(first, name), getattr(second, name), rtol=1e-9, equal_nan=True), name


def test_models_without_enough_epochs_are_unknown_and_the_smaller_ones_stand():
    """Motion and place once, and one, two, three or four further places."""
    columns = {name: [] for name in ("epoch", "ra", "dec", "ra_error", "dec_error", "pmra", "pmra_error")}
    star = []
    for i, more in enumerate(((), (1991.25,), (1991.25, 2000.0), (1955.0, 1991.25, 2000.0))):
        for year in (*more, 2016.0):
            star.append(i)
            last = 1.0 if year == 2016.0 else np.nan
            for name, value in (("epoch", year), ("ra", 10.0), ("dec", 20.0), ("ra_error", 1.0)):
                columns[name].append(value)
            columns["dec_error"].append(1.0)
            columns["pmra"].append(last)
            columns["pmra_error"].append(last)
    columns = {name: np.array(values) for name, values in columns.items()}
    columns |= {"pmdec": columns["pmra"], "pmdec_error": columns["pmra_error"]}
    fit = gls.core(entries(np.array(star), 4, columns))
    assert fit.dof.tolist() == [0, 2, 4, 6]
    assert np.isfinite(fit.chi2_lin).all()
    assert np.isfinite(fit.p_lin).tolist() == [False, True, True, True]
    assert np.isfinite(fit.p_acc).tolist() == [False, True, True, True]
    assert np.isfinite(fit.p_jerk).tolist() == [False, False, True, True]
    assert fit.epoch_first.tolist() == [2016.0, 1991.25, 1991.25, 1955.0]
    assert (fit.epoch_last == 2016.0).all()


def test_shared_data_of_many_groups_counts_once_each():
    """Against the definition, star by star and group by group."""
    rng = np.random.default_rng(7)
    m = 600
    star = np.sort(rng.integers(0, 60, m))
    errors = rng.integers(1, 4, m).astype(float)
    columns = {"epoch": rng.integers(2000, 2004, m).astype(float), "ra": np.zeros(m), "dec": np.zeros(m)}
    columns |= {"ra_error": np.where(rng.random(m) < 0.2, np.nan, errors), "dec_error": errors}
    rows = entries(star, 60, columns, rng.integers(-1, 3, m))
    for keep in ("best", "latest"):
        counts = without_shared(rows, keep)
        assert counts[rows.group < 0].all()
        for i in range(60):
            for group in range(3):
                own = np.flatnonzero((rows.star == i) & (rows.group == group))
                if not len(own):
                    continue
                error, year = 2.0 * errors[own] ** 2, -columns["epoch"][own]
                keys = (error, year) if keep == "best" else (year, error)
                best = own[np.lexsort((own, keys[1], keys[0], ~rows.usable[own]))[0]]
                if rows.usable[own].any():
                    assert own[counts[own]].tolist() == [best]
                else:
                    assert counts[own].sum() == 1


def test_the_solver_of_any_design_agrees_with_the_compiled_one():
    rows, _ = mixed(200, seed=8)
    star = gls.refine(rows)
    left = residuals(rows, star)
    fit = gls.core(rows)
    for k, name in ((4, "chi2_lin"), (6, "chi2_acc"), (8, "chi2_jerk")):
        ours = gls.solve(rows, left.values, gls.design(left)[:, :, :k])
        known = np.isfinite(ours.chi2)
        assert known.sum() > 190
        assert np.allclose(ours.chi2[known], getattr(fit, name)[known], rtol=1e-6, atol=1e-6)
    assert invert(ours.covariance[known][:1]).ok.all()


def test_a_fit_that_does_not_settle_is_unknown(observed, monkeypatch):
    """A star of 5 arcsec a year without a listed motion takes a step; without one nothing is claimed."""
    fast = epoch.astrometry([10.0], [20.0], 2016.0, pmra_mas_yr=-4000.0, pmdec_mas_yr=3000.0)
    rows = observed(fast, np.array([1955.0, 1991.25, 2000.0, 2016.0]), np.ones(4), 1)
    assert np.isfinite(gls.core(rows).p_lin).all()
    monkeypatch.setattr(star_fits, "MAX_STEPS", 0)
    fit = gls.core(rows)
    assert fit.n_epoch.tolist() == [4]
    for name in ("chi2_lin", "p_lin", "pmra", "p_acc", "acc_ra", "p_jerk"):
        assert np.isnan(getattr(fit, name)).all(), name
