"""What the acceleration test would have seen: against exact signals, injections, and long periods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import analysis
from analysis.acceleration import core as fit
from analysis.epochs_table import RESULT as EPOCHS
from analysis.kernels.orbit import sky_path
from analysis.sensitivity import orbits as simulated
from analysis.sensitivity.filters import Detection, filters
from catalogdb import epoch
from catalogdb.errors import AnalysisError

YEARS = np.array([1955.0, 1991.25, 2000.0, 2010.5, 2016.0])
ERRORS = np.array([150.0, 0.8, 70.0, 5.0, 0.03])
WINDOWS = np.array([0.0, 3.37, 0.0, 0.0, 34.0 / 12.0])
PARALLAX = 20.0


@pytest.fixture
def few(stars, observed):
    """Eight stars without noise, away from the poles, where east turns along the path."""
    star = stars(40, 1)
    star = star[np.abs(star.dec) < 70.0][:8]
    return observed(star, YEARS, ERRORS, 1, motion_error=0.04, noise=0.0)


def signal(t, window, draws, k, o, period):
    """East, north, and rates [mas, mas/yr] of an orbit of 1 mas, as the line through dense samples."""
    since = np.linspace(-0.5, 0.5, 2001) * max(window, 1e-4)
    # Positions on a line through the middle: the ends count half.
    weight = np.ones(2001)
    weight[[0, -1]] = 0.5
    path = sky_path(
        t + since,
        period=period,
        eccentricity=draws.eccentricity[k],
        periastron_time=-draws.phase[k] * period / (2.0 * np.pi),
        a=1.0,
        inclination_rad=draws.inclination[k, o],
        node_rad=draws.node[k, o],
        arg_periastron_rad=draws.periastron[k, o],
    )
    lines = [np.polyfit(since, values, 1, w=np.sqrt(weight)) for values in (path.east, path.north)]
    return np.array([lines[0][1], lines[1][1], lines[0][0], lines[1][0]])


def moved(rows, offset):
    """Entries displaced by (m, 4) east, north and rates."""
    place = epoch.propagate(
        epoch.astrometry(rows.ra, rows.dec, 0.0, pmra_mas_yr=offset[:, 0], pmdec_mas_yr=offset[:, 1]), 1.0
    )
    return replace(
        rows, ra=place.ra, dec=place.dec, pmra=rows.pmra + offset[:, 2], pmdec=rows.pmdec + offset[:, 3]
    )


@pytest.mark.parametrize("period", [0.4, 2.9, 11.0, 40.0, 3000.0])
@pytest.mark.parametrize("eccentricity", ["circular", "thermal"])
def test_non_centrality_is_what_the_fit_gains(few, period, eccentricity):
    """Of noise-free signals: chi2_lin - chi2_acc, and chi2_lin, come out of the fit itself."""
    draws = simulated.draw(8, eccentricity, (1,))
    scale = 100.0 if period < 1000.0 else 1e4
    offset = np.array(
        [scale * signal(t, w, draws, 1, 2, period) for t, w in zip(YEARS, WINDOWS, strict=True)]
    )
    # What is linear is no signal; as large as here, it would turn with the meridians.
    since = (YEARS - 2016.0)[:, None]
    offset -= np.hstack([offset[-1:, :2] + since * offset[-1:, 2:], 0.0 * since + offset[-1:, 2:]])
    found = fit(moved(few, np.tile(offset, (8, 1))))
    windows = np.tile(WINDOWS, 8)
    for test, gained in (
        ("acceleration", found.chi2_lin - found.chi2_acc),
        ("linear", found.chi2_lin),
    ):
        lengths = [
            simulated.unit_lengths(each, np.array([period]), draws)[0, 1 * simulated.ORIENTATIONS + 2]
            for each in filters(few, windows, test)
        ]
        np.testing.assert_allclose((scale * np.array(lengths)) ** 2, gained, rtol=0.02)


def test_a_window_is_a_line_through_all_instants():
    phase = np.array([0.3, -2.0, 3.1])
    since = (np.arange(40001) + 0.5) / 40001 - 0.5
    for e in (0.0, 0.4, 0.95):
        for width in (0.02, 1.0, 20.0):
            exact = simulated.over(phase, np.full(3, width), np.full(3, e))
            for i in range(3):
                dense = simulated.at_once(phase[i] + width * since, np.full(40001, e))
                for line, path in zip(exact, dense, strict=True):
                    assert line[i, 0] == pytest.approx(path[:, 0].mean(), abs=1e-6)
                    slope = (path[:, 0] @ since) / (since @ since) / width
                    assert line[i, 1] == pytest.approx(slope, abs=1e-6)


def test_long_periods_are_constant_acceleration(few):
    """At 3000 times the baseline: a' C^-1 a with the acceleration's covariance of the fit itself."""
    fitted = fit(few)
    period, draws = 2e5, simulated.draw(64, "circular", (2,))
    made = filters(few, np.tile(WINDOWS, 8), "acceleration")
    for i, each in enumerate(made):
        lengths = simulated.unit_lengths(each, np.array([period]), draws)[0]
        path = sky_path(
            np.full(draws.node.shape, 2016.0),
            period=period,
            eccentricity=0.0,
            periastron_time=-draws.phase[:, None] * period / (2.0 * np.pi),
            a=1.0,
            inclination_rad=draws.inclination,
            node_rad=draws.node,
            arg_periastron_rad=draws.periastron,
        )
        a = -((2.0 * np.pi / period) ** 2) * np.stack([path.east.ravel(), path.north.ravel()], axis=1)
        x, y, rho = (
            a[:, 0] / fitted.acc_ra_error[i],
            a[:, 1] / fitted.acc_dec_error[i],
            fitted.acc_ra_acc_dec_corr[i],
        )
        expected = np.sqrt((x**2 - 2.0 * rho * x * y + y**2) / (1.0 - rho**2))
        np.testing.assert_allclose(lengths, expected, rtol=5e-3, atol=5e-3 * expected.max())


@pytest.mark.parametrize("test", ["acceleration", "linear"])
def test_as_often_found_as_injected_orbits(few, test):
    """5 companions of 8 stars, 64 orbits each, injected with noise: the share that the fit itself finds."""
    p, draws = 0.01, simulated.draw(64, "uniform", (3,))
    detection = Detection(p)
    masses, separations = np.array([0.01, 0.1]), np.array([1.2, 5.0, 30.0])
    made = filters(few, np.tile(WINDOWS, 8), test)
    n = draws.node.size
    filled = np.where(few.has_motion[:, None, None], 0.0, np.diag([0.0, 0.0, 1.0, 1.0]))
    noise = np.linalg.cholesky(np.linalg.inv(few.weight + filled))
    measured = np.where(few.has_motion[:, None], 1.0, [1.0, 1.0, 0.0, 0.0])
    rng = np.random.default_rng(4)
    for mass, separation in [(0.01, 5.0), (0.01, 30.0), (0.1, 1.2), (0.1, 5.0), (0.1, 30.0)]:
        period = np.sqrt(separation**3 / (1.0 + mass))
        size = PARALLAX * separation * mass / (1.0 + mass)
        predicted = np.array(
            [
                simulated.core(
                    each, PARALLAX, masses, separations, primary_mass=1.0, detection=detection, draws=draws
                )[list(masses).index(mass), list(separations).index(separation)]
                for each in made
            ]
        )
        offset = np.array(
            [
                [size * signal(t, w, draws, k, o, period) for t, w in zip(YEARS, WINDOWS, strict=True)]
                for k in range(draws.node.shape[0])
                for o in range(simulated.ORIENTATIONS)
            ]
        )
        found = 0
        for i in range(n):
            white = rng.normal(size=(len(few), 4))
            noisy = (noise @ white[:, :, None])[:, :, 0] * measured
            result = fit(moved(few, np.tile(offset[i], (8, 1)) + noisy))
            found += int(((result.p_acc if test == "acceleration" else result.p_lin) < p).sum())
        expected = predicted.mean()
        spread = np.sqrt(max(expected * (1.0 - expected), 1e-3) / (8 * n))
        assert abs(found / (8 * n) - expected) < 4.0 * spread


def test_without_a_companion_the_threshold_is_the_probability():
    for dof in (2, 12):
        assert Detection(0.001)(dof, np.array([0.0]))[0] == pytest.approx(0.001, rel=1e-3)
        assert Detection(0.001)(dof, np.array([50.0]))[0] == pytest.approx(1.0, abs=1e-9)


def test_a_star_without_a_test_or_a_parallax_has_no_probability(few):
    two = few.rows(few.ra_epoch == 2016.0)
    one = filters(two, np.zeros(len(two)), "acceleration")[0]
    assert len(one.gain) == 0
    given = {"primary_mass": 1.0, "detection": Detection(0.01), "draws": simulated.draw(8, "circular", (1,))}
    assert np.isnan(simulated.core(one, 10.0, np.ones(1), np.ones(2), **given)).all()
    whole = filters(few, np.zeros(len(few)), "acceleration")[0]
    assert np.isnan(simulated.core(whole, np.nan, np.ones(1), np.ones(2), **given)).all()


def _publish(store, rows):
    names = np.array(["npm1", "hipparcos2", "twomass", "allwise", "gaia_dr3"])
    given = {
        "obj_id": [f"s{i}" for i in rows.star],
        "catalogue_name": np.tile(names, rows.n_stars),
        "epoch": rows.ra_epoch,
        "parallax": np.where(rows.has_motion, PARALLAX, np.nan),
        "parallax_error": np.where(rows.has_motion, 0.1, np.nan),
        "pmra_error": np.where(rows.has_motion, 0.04, np.nan),
        "pmdec_error": np.where(rows.has_motion, 0.04, np.nan),
        **{name: getattr(rows, name) for name in ("ra", "dec", "ra_error", "dec_error")},
        **{name: np.where(rows.has_motion, getattr(rows, name), np.nan) for name in ("pmra", "pmdec")},
    }
    kept = [column.name for column in EPOCHS.columns if column.name in given]
    mine = replace(
        EPOCHS,
        name="mine",
        positions=(),
        columns=tuple(column for column in EPOCHS.columns if column.name in kept),
    )
    store.publish(mine, pa.table({name: pa.array(given[name], from_pandas=True) for name in kept}))


def test_a_run_and_its_picture(store, few, tmp_path):
    _publish(store, few)
    found = analysis.find("sensitivity")
    with pytest.raises(AnalysisError, match="mass_min is not below"):
        found.run(store, {"mass_min": 2.0})
    for name in ("p", "q"):
        with pytest.raises(AnalysisError, match=f"{name} is 2, not between 0 and 1"):
            found.run(store, {name: 2.0})
    analysis.find("acceleration").run(store, {"epochs": "mine"})
    given = {"cells": 6, "orbits": 16}
    first, again = found.run(store, given), found.run(store, given)
    query = "SELECT * EXCLUDE run_id FROM results.acceleration_sensitivity WHERE run_id = $run ORDER BY ALL"
    assert store.sql("SELECT count(DISTINCT run_id) FROM results.acceleration_sensitivity").fetchall() == [
        (1,)
    ]
    rows = store.sql(query, {"run": again.run_id}).arrow().to_pylist()
    assert len(rows) == first.rows == 36
    assert {row["n_star"] for row in rows} == {8}
    one = found.run(store, {**given, "stars": 1, "p": 0.01})
    assert {row["n_star"] for row in store.sql(query, {"run": one.run_id}).arrow().to_pylist()} == {1}
    heavy = [row["detection"] for row in rows if row["companion_mass"] == rows[-1]["companion_mass"]]
    light = [row["detection"] for row in rows if row["companion_mass"] == rows[0]["companion_mass"]]
    assert max(heavy) > 0.95
    assert max(light) < 0.5
    # Nothing accelerates: the first discovery would have needed p = q / n.
    by_q = found.run(store, {**given, "q": 0.01})
    assert store.sql(query, {"run": by_q.run_id}).arrow()["p_threshold"][0].as_py() == pytest.approx(0.01 / 8)
    for suffix in ("png", "pdf"):
        found.plot(store, tmp_path / f"map.{suffix}")
        assert (tmp_path / f"map.{suffix}").stat().st_size > 5_000
    with pytest.raises(AnalysisError, match="no picture of one"):
        found.plot(store, tmp_path / "one.png", source_id="s1")
    with pytest.raises(AnalysisError, match="no rows of run nothing"):
        found.plot(store, tmp_path / "one.png", run_id="nothing")
    with pytest.raises(AnalysisError, match="has no run nothing"):
        found.run(store, {"acceleration_run": "nothing"})
    with pytest.raises(AnalysisError, match="q is of p_acc"):
        found.run(store, {"q": 0.01, "test": "linear"})
